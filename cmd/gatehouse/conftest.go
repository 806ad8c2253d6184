package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/conftest"
)

const conftestName = "conftest"

// conftestArgs cuts the arguments of conftest's command line out of a call: that of a
// program named conftest, or of the command.
func conftestArgs(args []string) (rest []string, ok bool) {
	if len(args) > 0 && strings.TrimSuffix(filepath.Base(args[0]), ".exe") == conftestName {
		return args[1:], true
	}
	if len(args) > 1 && args[1] == conftestName {
		return args[2:], true
	}
	return nil, false
}

// conftestCommand is there for the help: Run hands the call on before its flags are
// read, which are conftest's own.
func (p program) conftestCommand() *cli.Command {
	return &cli.Command{
		Name:      conftestName,
		Usage:     "run policies as conftest does, by its command line",
		ArgsUsage: "test|verify|parse|reformat [ARGUMENT...]",
		Description: "It takes the flags of conftest v0.71.1, reads its configuration file, and gives its outputs and exit\n" +
			"codes. A link to this program that is named conftest does so, too. What is different, docs/CONFTEST.md tells.",
		SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			return exit{code: p.conftest(c.Context, c.Args().Slice())}
		},
	}
}

func (p program) conftest(ctx context.Context, args []string) int {
	return conftest.Program{Stdin: p.stdin, Stdout: p.stdout, Stderr: p.stderr, Env: p.env, Now: p.now, Version: version()}.Run(ctx, args)
}
