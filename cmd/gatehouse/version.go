package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

// release is the version of a release build, set by the linker.
var release string

// version returns the version of the running program.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

func (p program) versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Flags: []cli.Flag{&cli.StringSliceFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FORMAT[=FILE]`: text or json; may be given several times"}},

		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			outputs := c.StringSlice("output")
			if len(outputs) == 0 {
				outputs = []string{"text"}
			}
			for _, o := range outputs {
				format, file, _ := strings.Cut(o, "=")
				text, err := versionText(format)
				if err != nil {
					return err
				}
				if err := p.deliver(file, text); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func versionText(format string) (string, error) {
	switch format {
	case "text":
		return fmt.Sprintf("gatehouse %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH), nil
	case "json":
		text, err := json.Marshal(map[string]string{"version": version(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
		return string(text) + "\n", err
	}
	return "", usage("unknown output format %q%s: must be text or json", format, suggest.Sentence(format, []string{"text", "json"}))
}
