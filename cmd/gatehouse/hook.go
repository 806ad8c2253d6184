package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
)

func (p program) hookCommand() *cli.Command {
	return &cli.Command{
		Name:  "hook",
		Usage: "install or remove the git hook that judges every commit",
		Subcommands: []*cli.Command{
			{
				Name: "install", Usage: "judge what is staged before every commit", ArgsUsage: "[PATH]",
				Description:  "Writes the pre-commit hook of the repository at PATH, where core.hooksPath says. A hook that is\nthere already is kept and runs first.",
				OnUsageError: onUsageError, Action: p.hookInstall,
			},
			{
				Name: "uninstall", Usage: "remove the hook, and put back the one that was there before", ArgsUsage: "[PATH]",
				OnUsageError: onUsageError, Action: p.hookUninstall,
			},
		},
	}
}

const (
	hookName = "pre-commit"
	// hookKept is the name under which the hook stays that was there before.
	hookKept = "pre-commit.before-gatehouse"
	hookMark = "# Written by `gatehouse hook install`."
)

// hookScript runs the kept hook, then judges what is staged. A program that is
// gone stops the commit: what is not judged does not pass.
func hookScript(program string) string {
	return `#!/bin/sh
` + hookMark + `
kept=$(dirname "$0")/` + hookKept + `
if [ -x "$kept" ]; then
  "$kept" "$@" || exit $?
fi
if command -v gatehouse >/dev/null 2>&1; then
  exec gatehouse check --staged
fi
if [ -x ` + shellQuoted(program) + ` ]; then
  exec ` + shellQuoted(program) + ` check --staged
fi
echo "gatehouse: the program is not on PATH, so this commit was not judged; install it, or remove $0" >&2
exit 3
`
}

func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// hookFolder finds the folder of the hooks for the repository at PATH.
func (p program) hookFolder(c *cli.Context) (string, error) {
	if c.NArg() > 1 {
		return "", usage("hook takes one PATH, and %d were given", c.NArg())
	}
	path := "."
	if c.NArg() == 1 {
		path = c.Args().First()
	}
	repo, err := source.Open(c.Context, path)
	if errors.Is(err, source.ErrNotRepository) {
		return "", usage("%s is not in a git repository, so there are no commits to judge", path)
	}
	if err != nil {
		return "", sourceExit(err)
	}
	defer subject{repo: repo}.close()
	folder, err := repo.HooksDir(c.Context)
	return folder, sourceExit(err)
}

func (p program) hookInstall(c *cli.Context) error {
	folder, err := p.hookFolder(c)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the path of this program: %w", err)
	}
	hook, kept := filepath.Join(folder, hookName), filepath.Join(folder, hookKept)
	ours, err := isOurHook(hook)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("read the hook: %w", err)
	case !ours:
		if err := moveAside(hook, kept); err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "the hook that was there is kept as %s and runs first\n", kept)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := report.WriteFile(hook, []byte(hookScript(program))); err != nil {
		return err
	}
	if err := os.Chmod(hook, 0o755); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s judges what is staged before every commit\n", hook)
	return err
}

// moveAside renames a hook, and never over another file.
func moveAside(hook, kept string) error {
	if _, err := os.Lstat(kept); err == nil {
		return usage("%s and %s are both there: join them in the first by hand, and remove the second", hook, kept)
	}
	return os.Rename(hook, kept)
}

func isOurHook(file string) (bool, error) {
	text, err := os.ReadFile(file)
	return strings.Contains(string(text), "\n"+hookMark+"\n"), err
}

func (p program) hookUninstall(c *cli.Context) error {
	folder, err := p.hookFolder(c)
	if err != nil {
		return err
	}
	hook, kept := filepath.Join(folder, hookName), filepath.Join(folder, hookKept)
	ours, err := isOurHook(hook)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !ours {
		return usage("%s is not a hook of gatehouse", hook)
	}
	if err != nil {
		return err
	}
	err = os.Rename(kept, hook)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Remove(hook)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s is removed\n", hook)
	return err
}
