package editor

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// session is one in which a script of the shell stands for the editor.
func session(t *testing.T, script string) Session {
	t.Helper()
	path := filepath.Join(t.TempDir(), "editor.sh")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	return Session{Command: "sh " + path, Name: "a.yaml", Folder: t.TempDir(), Stdin: strings.NewReader(""), Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)}
}

func TestEdit(t *testing.T) {
	seen := filepath.Join(t.TempDir(), "seen")
	s := session(t, `echo more >> "$1"; echo copy > "$1.bak"; stat -c '%a %n' "$1" "$(dirname "$1")" > `+seen)
	text, err := s.Edit(context.Background(), []byte("text\n"))
	if err != nil || string(text) != "text\nmore\n" {
		t.Fatalf("%q, %v", text, err)
	}
	said, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "600 ") || !strings.HasSuffix(lines[0], "/a.yaml") || !strings.HasPrefix(lines[1], "700 ") {
		t.Fatalf("the editor saw %q", lines)
	}
	if _, err := os.Stat(strings.TrimPrefix(lines[1], "700 ")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
}

// An editor that replaces the file, as most do, is one like others.
func TestEditorThatRenames(t *testing.T) {
	text, err := session(t, `echo new > "$1.tmp" && mv "$1.tmp" "$1"`).Edit(context.Background(), []byte("text\n"))
	if err != nil || string(text) != "new\n" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestEditInVain(t *testing.T) {
	for script, says := range map[string]string{
		`exit 3`:     "ended with 3",
		`rm "$1"`:    "left no file",
		`kill -9 $$`: "ended with",
	} {
		s := session(t, script)
		text, err := s.Edit(context.Background(), []byte("a-text-of-their-own"))
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "a-text") || text != nil {
			t.Errorf("%s: %q, %v", script, text, err)
		}
		if left, _ := filepath.Glob(filepath.Join(s.Folder, ".gatehouse-*")); len(left) > 0 {
			t.Errorf("%s: %q is left", script, left)
		}
	}
	s := session(t, `head -c 17000000 /dev/zero > "$1"`)
	if _, err := s.Edit(context.Background(), []byte("text")); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a text of 17 MB: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := session(t, `echo`).Edit(ctx, []byte("text")); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that has ended: %v", err)
	}
}
