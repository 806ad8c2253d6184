// Package editor has a person edit a text that nobody else may read.
//
// The text is a file for as long as the editor runs: in memory where the machine has a
// file system there, else in a folder that the caller names, in either case in a new
// folder that only its owner can enter, so that what editors put beside a file is as
// safe as the file. All of it is removed when the editor ends, and when the program is
// asked to end. The package does not know what the text means.
package editor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// memory is where Linux has a file system in memory.
const memory = "/dev/shm"

// limit is the size from which an edited text is not read.
const limit = 16 << 20

// ErrTooLarge is the error of a text that grew beyond 16 MiB.
var ErrTooLarge = errors.New("the edited text is larger than 16 MiB")

// Session is how an editor is run.
type Session struct {
	// Command is a command line for the shell, to which the path of the file is added,
	// as in VISUAL and EDITOR.
	Command string
	// Name is the base name of the file; editors go by its ending.
	Name string
	// Folder is where the file goes if there is no memory for it.
	Folder         string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Edit runs the editor on a text and returns what it has become, which is the caller's
// to overwrite. The error holds nothing of the text. Where ctx ends, so does the editor,
// and what was written so far is gone.
func (s Session) Edit(ctx context.Context, text []byte) (edited []byte, err error) {
	folder, err := s.folder()
	if err != nil {
		return nil, fmt.Errorf("make a place for the text: %w", err)
	}
	file := filepath.Join(folder, filepath.Base(s.Name))
	defer func() { err = errors.Join(err, remove(folder)) }()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGHUP, syscall.SIGTERM)
	defer stop()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, fmt.Errorf("write the text: %w", err)
	}
	if err := s.run(ctx, file); err != nil {
		return nil, err
	}
	return read(file)
}

// folder makes a folder that only its owner can enter.
func (s Session) folder() (string, error) {
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		if folder, err := os.MkdirTemp(memory, ".gatehouse-"); err == nil {
			return folder, nil
		}
	}
	return os.MkdirTemp(s.Folder, ".gatehouse-")
}

// afterEnd is how long the ends of pipes are waited for once the editor was ended.
const afterEnd = time.Second

// run runs the editor to its end.
func (s Session) run(ctx context.Context, file string) error {
	cmd := exec.CommandContext(ctx, "sh", "-c", s.Command+` "$@"`, "editor", file)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = s.Stdin, s.Stdout, s.Stderr, afterEnd
	err := cmd.Run()
	var exited *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the editor was ended: %w", context.Cause(ctx))
	case errors.As(err, &exited):
		return fmt.Errorf("the editor %q ended with %d", s.Command, exited.ExitCode())
	case err != nil:
		return fmt.Errorf("the editor %q cannot be run", s.Command)
	}
	return nil
}

func read(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, errors.New("the editor left no file")
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && len(text) > limit {
		clear(text)
		return nil, ErrTooLarge
	}
	return text, err
}

// remove overwrites what is left in a folder, and removes it. Overwriting helps in
// memory; on a disk, the file system may have kept other copies.
func remove(folder string) error {
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.Size() <= limit {
			_ = os.WriteFile(filepath.Join(folder, e.Name()), make([]byte, info.Size()), 0o600) // it goes all the same
		}
	}
	return errors.Join(err, os.RemoveAll(folder))
}
