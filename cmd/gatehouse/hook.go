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

// hookNames are the hooks that are written: git runs the second one, and not the
// first, for a merge that needs no hand.
var hookNames = [...]string{"pre-commit", "pre-merge-commit"}

const (
	// keptSuffix is appended to the name of a hook that was there before.
	keptSuffix = ".before-gatehouse"
	hookMark   = "# Written by `gatehouse hook install`."
)

// hookScript runs the kept hook, then judges what is staged. A program that is
// gone stops the commit: what is not judged does not pass.
func hookScript(name, program string) string {
	return `#!/bin/sh
` + hookMark + `
kept=$(dirname "$0")/` + name + keptSuffix + `
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
	for _, name := range hookNames {
		if err := p.writeHook(filepath.Join(folder, name), hookScript(name, program)); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(p.stdout, "%s judges what is staged before every commit, and %s before every merge\n", filepath.Join(folder, hookNames[0]), hookNames[1])
	return err
}

// writeHook writes one hook. One that is there already is kept beside it.
func (p program) writeHook(hook, script string) error {
	ours, err := isOurHook(hook)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("read the hook: %w", err)
	case !ours:
		if err := moveAside(hook, hook+keptSuffix); err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "the hook that was there is kept as %s and runs first\n", hook+keptSuffix)
	}
	if err := os.MkdirAll(filepath.Dir(hook), 0o755); err != nil {
		return err
	}
	if err := report.WriteFile(hook, []byte(script)); err != nil {
		return err
	}
	return os.Chmod(hook, 0o755)
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
	removed := 0
	for _, name := range hookNames {
		hook := filepath.Join(folder, name)
		ours, err := isOurHook(hook)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !ours {
			continue
		}
		if err == nil {
			err = restoreHook(hook)
		}
		if err != nil {
			return err
		}
		removed++
		fmt.Fprintf(p.stdout, "%s is removed\n", hook)
	}
	if removed == 0 {
		return usage("there is no hook of gatehouse in %s", folder)
	}
	return nil
}

// restoreHook puts the hook back that was there before, or leaves none.
func restoreHook(hook string) error {
	err := os.Rename(hook+keptSuffix, hook)
	if errors.Is(err, fs.ErrNotExist) {
		return os.Remove(hook)
	}
	return err
}
