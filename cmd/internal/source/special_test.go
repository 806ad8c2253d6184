//go:build unix

package source

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestSpecialFilesAreNotOpened(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "f", "becomes-pipe", "x")
	s.commit("start")
	s.remove("becomes-pipe")
	for _, name := range []string{"becomes-pipe", "pipe"} {
		if err := syscall.Mkfifo(filepath.Join(s.dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	socket, err := net.Listen("unix", filepath.Join(s.dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	done := make(chan bool)
	go func() {
		defer close(done)
		want(t, "repository", s.tree("."), `"becomes-pipe" ERROR it is a named pipe, not a regular file`, `"f" "f"`)
		want(t, "pipe by name", s.tree("pipe"), `"pipe" ERROR it is a named pipe, not a regular file`)
		set, err := Tree(context.Background(), nil, s.dir, Options{})
		if err != nil {
			t.Error(err)
		}
		want(t, "outside git", describe(set.Files),
			`"becomes-pipe" ERROR it is a named pipe, not a regular file`, `"f" "f"`,
			`"pipe" ERROR it is a named pipe, not a regular file`, `"socket" ERROR it is a socket, not a regular file`)
		// A pipe that takes the place of a file after the listing.
		set, err = Tree(context.Background(), nil, filepath.Join(s.dir, "f"), Options{})
		if err != nil {
			t.Error(err)
		}
		s.remove("f")
		if err := syscall.Mkfifo(filepath.Join(s.dir, "f"), 0o644); err != nil {
			t.Error(err)
		}
		want(t, "replaced", describe(set.Files), `"f" ERROR it is a named pipe, not a regular file`)
		// And after it was looked at.
		if file, err := openAtOnce(filepath.Join(s.dir, "f")); err == nil {
			syscall.Close(file)
		}
		s.link("link", "becomes-pipe")
		if _, err := openAtOnce(filepath.Join(s.dir, "link")); !errors.Is(err, syscall.ELOOP) {
			t.Errorf("a link is opened: %v", err)
		}
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("hangs at a named pipe")
	}
}
