package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	maxReply    = 256 << 20       // bytes of one listing; a tree of a million files has some 100 MB
	maxWarnings = 16 << 10        // bytes of standard error that are looked at
	killDelay   = 2 * time.Second // after a kill, for pipes that a grandchild holds open
)

// git runs git in one folder. A repository is written by strangers and its
// configuration may be too, so every command is built here: no shell, no hook,
// no monitor, no pager, no network, no lock, nothing on standard input.
type git struct {
	dir string
	env []string
	max int // bytes of one answer
}

// hardening stands before every subcommand.
func hardening() []string {
	return []string{
		"--no-pager",
		"-c", "core.fsmonitor=false",
		"-c", "core.hooksPath=" + os.DevNull,
		"-c", "core.quotePath=false",
		"-c", "protocol.allow=never",
		"-c", "safe.bareRepository=explicit",
		// Makes cat-file stream blobs of a pack instead of holding them whole.
		"-c", "core.bigFileThreshold=1m",
	}
}

// environment is that of this process without the variables that make git run
// programs, write or look elsewhere. Those that name a repository, which git sets
// for hooks, are kept only where named is true.
func environment(named bool) []string {
	env := []string{
		"LC_ALL=C", // messages are looked at
		"GIT_NO_REPLACE_OBJECTS=1",
		"GIT_NO_LAZY_FETCH=1",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_TERMINAL_PROMPT=0",
		// Unlike protocol.allow, no protocol.<name>.allow of a repository overrides it.
		"GIT_ALLOW_PROTOCOL=",
		"GIT_GRAFT_FILE=" + os.DevNull,
	}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case name == "LC_ALL" || name == "LANGUAGE" || name == "PWD" || name == "PAGER":
		case !strings.HasPrefix(name, "GIT_"):
			env = append(env, pair)
		case namesRepository(name):
			if named {
				env = append(env, name+"="+anchored(name, value))
			}
		case settles(name):
			env = append(env, pair)
		}
	}
	return env
}

// namesRepository tells whether a variable says which repository git works on.
func namesRepository(name string) bool {
	switch name {
	case "GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
		"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_SHALLOW_FILE":
		return true
	}
	return false
}

// settles tells whether a variable says how git finds a repository and its
// configuration; continuous integration names safe directories by these.
func settles(name string) bool {
	switch name {
	case "GIT_EXEC_PATH", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM",
		"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT":
		return true
	}
	return strings.HasPrefix(name, "GIT_CONFIG_KEY_") || strings.HasPrefix(name, "GIT_CONFIG_VALUE_")
}

// anchored makes the value of a variable hold in another working folder. Git
// itself reads a relative GIT_INDEX_FILE from the root of the work tree, where
// commands run, so it stays.
func anchored(name, value string) string {
	absolute := func(path string) string {
		if path == "" || filepath.IsAbs(path) || strings.HasPrefix(path, `"`) {
			return path
		}
		if abs, err := filepath.Abs(path); err == nil {
			return abs
		}
		return path
	}
	switch name {
	case "GIT_INDEX_FILE":
		return value
	case "GIT_ALTERNATE_OBJECT_DIRECTORIES":
		list := filepath.SplitList(value)
		for i := range list {
			list[i] = absolute(list[i])
		}
		return strings.Join(list, string(filepath.ListSeparator))
	}
	return absolute(value)
}

func (g git) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", slices.Concat(hardening(), args)...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = g.dir, g.env, killDelay
	return cmd
}

// reply is what a command that succeeded said.
type reply struct {
	out      []byte
	warnings string
}

// run runs one command to its end. The error of a command that failed is a
// *gitError.
func (g git) run(ctx context.Context, args ...string) (reply, error) {
	return g.feed(ctx, nil, args...)
}

// feed is run with something on standard input.
func (g git) feed(ctx context.Context, in []byte, args ...string) (reply, error) {
	cmd := g.command(ctx, args...)
	if in != nil {
		cmd.Stdin = bytes.NewReader(in)
	}
	out, warnings := &capped{max: g.max, refuse: true}, &capped{max: maxWarnings}
	cmd.Stdout, cmd.Stderr = out, warnings
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return reply{}, fmt.Errorf("git %s: %w", args[0], context.Cause(ctx))
	case out.over:
		return reply{}, fmt.Errorf("git %s: more than %d bytes of output", args[0], g.max)
	case err != nil:
		return reply{}, &gitError{command: args[0], said: warnings.kept.String(), err: err}
	}
	return reply{out: out.kept.Bytes(), warnings: warnings.kept.String()}, nil
}

// capped keeps the first max bytes and drops the rest, or refuses it. It does not
// embed its buffer, whose ReadFrom io.Copy would use past the limit.
type capped struct {
	max          int
	refuse, over bool
	kept         bytes.Buffer
}

func (c *capped) Write(p []byte) (int, error) {
	room := c.max - c.kept.Len()
	if len(p) <= room {
		return c.kept.Write(p)
	}
	c.over = true
	if c.refuse {
		return 0, errors.New("too much output")
	}
	c.kept.Write(p[:room])
	return len(p), nil
}

// gitError is the error of a command that failed.
type gitError struct {
	command string
	said    string // standard error
	err     error
}

func (e *gitError) Error() string {
	if errors.Is(e.err, exec.ErrNotFound) {
		return "git is not on PATH: install git 2.32 or newer"
	}
	if line := e.line(); line != "" {
		return "git " + e.command + ": " + line
	}
	return fmt.Sprintf("git %s: %v", e.command, e.err)
}

func (e *gitError) Unwrap() error { return e.err }

// line is the last line of what git said that tells the reason, without its
// prefix.
func (e *gitError) line() string {
	found := ""
	for line := range strings.Lines(e.said) {
		for _, prefix := range []string{"fatal: ", "error: "} {
			if text, ok := strings.CutPrefix(line, prefix); ok {
				found = text
			}
		}
	}
	found = strings.TrimSpace(found)
	return printable(found[:min(len(found), 300)])
}

// exitedWith tells whether err is a command that ended with an exit status.
func exitedWith(err error, status int) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	return ok && exit.ExitCode() == status
}
