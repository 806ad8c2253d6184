// Package conftest is conftest's command line over Gatehouse's own evaluation: the
// flags, the configuration file, the outputs and the exit codes of conftest v0.71.1.
//
// It fetches nothing, hands no environment to policies, and knows nothing of the
// configuration of Gatehouse.
package conftest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

// A Program is one call: what it has from the world outside.
type Program struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Env            func(string) string
	Now            func() time.Time
	Version        string // of Gatehouse
}

// status is how a command ends that has said all.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// The commands that are here, and what to use instead of those that are not.
var (
	commands = []string{"test", "verify", "parse", "reformat"}
	others   = map[string]string{
		"fmt":        "use `opa fmt`",
		"doc":        "`gatehouse explain` tells of every policy with METADATA; for pages of Rego use conftest",
		"pull":       "Gatehouse downloads no policies: fetch them with git, or vendor them, and name their folder with --policy",
		"push":       "Gatehouse pushes no bundles: use conftest or `oras`",
		"plugin":     "Gatehouse runs no plugins: call the program itself",
		"completion": "use `gatehouse completion`",
	}
)

// Run runs one command line, without the name of the program, and returns the exit
// code: that of conftest, and 1 for what cannot be run.
func (p Program) Run(ctx context.Context, args []string) int {
	err := p.run(ctx, args)
	var code status
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintf(p.Stderr, "Error: %s\n", printable(err.Error()))
	return 1
}

func (p Program) run(ctx context.Context, args []string) error {
	name, rest := command(args)
	switch {
	case name == "":
		return p.bare(args)
	case name == "help":
		return p.print(help(""))
	case others[name] != "":
		return fmt.Errorf("conftest %s is not part of Gatehouse: %s", name, others[name])
	case !slices.Contains(commands, name):
		return fmt.Errorf("unknown command %q for conftest%s; the commands are: %s", name, suggest.Sentence(name, commands), strings.Join(commands, ", "))
	}
	given, err := parseFlags(flagsOf(name), rest)
	if err != nil {
		return err
	}
	if given.bool("help") {
		return p.print(help(name))
	}
	if err := given.complete(p.Env, configKeys(name)); err != nil {
		return err
	}
	switch name {
	case "test":
		return p.test(ctx, given)
	case "verify":
		return p.verify(ctx, given)
	case "parse":
		return p.parse(given)
	}
	return p.reformat(given)
}

// bare is a call without a command.
func (p Program) bare(args []string) error {
	given, err := parseFlags(append(common(), flag{name: "version", short: "v", kind: boolFlag}), args)
	if err != nil {
		return err
	}
	if given.bool("version") {
		return p.print(fmt.Sprintf("Conftest: %s (the command line of v0.71.1, in Gatehouse)\n", p.Version))
	}
	return p.print(help(""))
}

// command cuts the name of the command out of the words of a call; flags may stand
// before it.
func command(args []string) (name string, rest []string) {
	for i := 0; i < len(args); i++ {
		switch word := args[i]; {
		case word == "-c" || word == "--config-file":
			i++
		case !strings.HasPrefix(word, "-"):
			return word, slices.Concat(args[:i], args[i+1:])
		}
	}
	return "", args
}

func (p Program) print(text string) error {
	if _, err := io.WriteString(p.Stdout, text); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

// printable takes control characters out of a text for a terminal, line ends left
// aside: what a manifest says must not move the cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '\ufffd'
		}
		return r
	}, s)
}
