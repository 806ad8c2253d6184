package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/sandbox"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

// Exit codes of all commands.
const (
	exitOK         = 0 // the verdict is pass
	exitFail       = 1 // the verdict is fail
	exitUsage      = 2 // wrong usage or configuration; nothing was judged
	exitIncomplete = 3 // nothing failed, and something could not be judged
)

// program is one call of the program: all it has from the world outside.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) string
	now            func() time.Time

	apart bool // this process is a child in a sandbox
}

// exit is how a command ends with another code than 0. An empty message says
// nothing: the report has said it.
type exit struct {
	code    int
	message string
	hint    string // the next step
}

func (e exit) Error() string { return e.message }

// usage is an exit for a wrong call.
func usage(format string, args ...any) error {
	return exit{code: exitUsage, message: fmt.Sprintf(format, args...)}
}

// run runs the program and returns its exit code.
func (p program) run(ctx context.Context, args []string) int {
	if rest, ok := conftestArgs(args); ok {
		return p.conftest(ctx, rest)
	}
	if len(args) > 1 && args[1] == sandbox.Command && !p.apart {
		return p.asChild(ctx, args)
	}
	if len(args) == 2 && args[1] == "--version" {
		args = []string{args[0], "version"}
	}
	app := p.app()
	err := app.RunContext(ctx, permute(app, args))
	if err == nil {
		return exitOK
	}
	var e exit
	if !errors.As(err, &e) {
		e = exit{code: exitUsage, message: err.Error()}
	}
	if e.message != "" {
		fmt.Fprintf(p.stderr, "gatehouse: %s\n", e.message)
	}
	if e.hint != "" {
		fmt.Fprintf(p.stderr, "hint: %s\n", e.hint)
	}
	return e.code
}

func (p program) app() *cli.App {
	return &cli.App{
		Name:                 "gatehouse",
		Usage:                "a policy and secrets gate for config repositories",
		Version:              version(),
		HideVersion:          true,
		Reader:               p.stdin,
		Writer:               p.stdout,
		ErrWriter:            p.stderr,
		EnableBashCompletion: true,
		Suggest:              false,
		// Without it, the library would end the process with the code of any error
		// that has one, such as that of a git that was run.
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   onUsageError,
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return unknownCommand(c.App, name)
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{
			p.checkCommand(),
			p.explainCommand(),
			p.initCommand(),
			p.sealCommand(),
			p.ownersCommand(),
			p.waiveCommand(),
			p.webhookCommand(),
			p.policyCommand(),
			p.conftestCommand(),
			p.hookCommand(),
			p.actionCommand(),
			p.versionCommand(),
			p.completionCommand(),
			p.docsCommand(),
		},
	}
}

func unknownCommand(app *cli.App, name string) error {
	var names []string
	for _, c := range app.VisibleCommands() {
		names = append(names, c.Name)
	}
	return usage("unknown command %q%s; the commands are: %s", name, suggest.Sentence(name, names), strings.Join(names, ", "))
}

// onUsageError words the errors of flag parsing, with the flag that was meant.
func onUsageError(c *cli.Context, err error, _ bool) error {
	message := err.Error()
	name, ok := strings.CutPrefix(message, "flag provided but not defined: -")
	if !ok {
		return usage("%s", message)
	}
	name = strings.TrimLeft(name, "-")
	var known []string
	for _, f := range c.Command.Flags {
		known = append(known, f.Names()...)
	}
	help := "gatehouse --help"
	if c.Command.Name != "" && c.Command.Name != c.App.Name {
		help = "gatehouse " + c.Command.Name + " --help"
	}
	return usage("unknown flag --%s%s; see %s", name, suggest.Sentence(name, known), help)
}

// permute puts the flags of a command before its arguments, since the library
// takes every word behind the first argument for an argument. What follows "--"
// stays as it is.
func permute(app *cli.App, args []string) []string {
	if len(args) < 2 || args[len(args)-1] == "--generate-bash-completion" {
		return args
	}
	commands := app.Commands
	var last *cli.Command
	head := 1
	for head < len(args) {
		c := find(commands, args[head])
		if c == nil {
			break
		}
		head++
		last, commands = c, c.Subcommands
	}
	if last == nil || len(commands) > 0 && len(last.Flags) == 0 {
		return args
	}
	return append(args[:head:head], flagsFirst(last.Flags, args[head:])...)
}

func find(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

func flagsFirst(flags []cli.Flag, args []string) []string {
	var first, rest []string
	for i := 0; i < len(args); i++ {
		word := args[i]
		if word == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		if len(word) < 2 || word[0] != '-' {
			rest = append(rest, word)
			continue
		}
		first = append(first, word)
		if takesValue(flags, word) && i+1 < len(args) {
			i++
			first = append(first, args[i])
		}
	}
	return append(append(first, "--"), rest...)
}

// takesValue tells whether the word behind a flag is its value.
func takesValue(flags []cli.Flag, word string) bool {
	name := strings.TrimLeft(word, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range flags {
		for _, n := range f.Names() {
			if n == name {
				doc, ok := f.(cli.DocGenerationFlag)
				return ok && doc.TakesValue()
			}
		}
	}
	return false
}

// isTerminal tells whether people read what is written to w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colored tells whether w takes colours: a terminal, unless NO_COLOR is set
// (https://no-color.org) or the terminal is dumb.
func (p program) colored(w io.Writer) bool {
	return isTerminal(w) && p.env("NO_COLOR") == "" && p.env("TERM") != "dumb"
}

// width is the number of columns of the terminal behind w, or 0.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			return columns
		}
	}
	return 0
}
