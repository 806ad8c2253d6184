package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func (s sandbox) changed(base, head string) []string {
	s.t.Helper()
	c, err := s.open().Changed(context.Background(), base, head)
	if err != nil {
		s.t.Fatal(err)
	}
	lines := []string{}
	for _, f := range c.Files {
		line := f.Path
		switch {
		case f.From != "":
			line += " from " + f.From
		case f.Added:
			line += " added"
		case f.Deleted:
			line += " deleted"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestChanged(t *testing.T) {
	s := newSandbox(t)
	long := strings.Repeat("a line\n", 50)
	s.write("same", "same", "content", "old", "deleted", "gone", "moved", long, "moved-and-edited", long+"b", "a\tb\n\"ü", "odd", "mode", "m", "kind", "k")
	start := s.commit("start")
	s.write("main-only", "m")
	base := s.commit("base moves on")
	s.git("checkout", "--quiet", "-b", "topic", start)
	s.write("content", "new", "added", "a", "a\tb\n\"ü", "odd too", "reverted", "r")
	s.commit("one")
	s.remove("reverted")
	s.remove("deleted")
	s.git("mv", "moved", "x")
	s.git("mv", "moved-and-edited", "y")
	s.write("y", long+"c")
	if err := os.Chmod(filepath.Join(s.dir, "mode"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.remove("kind")
	s.link("kind", "same")
	head := s.commit("two")
	// A repository's own settings change nothing.
	s.git("config", "diff.renames", "false")
	s.git("config", "diff.renameLimit", "1")
	s.git("config", "diff.noprefix", "true")

	want(t, "changed", s.changed("main", "topic"),
		"a\tb\n\"ü", "added added", "content", "deleted deleted", "kind", "mode", "x from moved", "y from moved-and-edited")
	c, err := s.open().Changed(context.Background(), "main", "")
	if err != nil || c.Base != base || c.MergeBase != start || c.Head != head {
		t.Errorf("%+v, %v", c, err)
	}
	want(t, "nothing changed", s.changed("topic", "topic"))
}

// A new version of a submodule changes what is built, so it is a change.
func TestChangedSubmodule(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1")
	first := s.commit("start")
	s.git("update-index", "--add", "--cacheinfo", "160000,"+first+",module")
	s.git("commit", "--quiet", "-m", "module")
	second := s.git("rev-parse", "HEAD")
	s.git("checkout", "--quiet", "-b", "topic")
	s.git("update-index", "--add", "--cacheinfo", "160000,"+second+",module")
	s.git("commit", "--quiet", "-m", "newer")
	s.git("config", "diff.ignoreSubmodules", "all")
	want(t, "changed", s.changed("main", "topic"), "module")
}

// Over the bound, a rename with an edit is a file less and a file more.
func TestChangedManyRenames(t *testing.T) {
	s := newSandbox(t)
	const n = 1100
	for i := range n {
		s.write(fmt.Sprintf("old/%d", i), fmt.Sprintf("%d\n%s", i, strings.Repeat("x\n", 20)))
	}
	s.commit("start")
	s.git("checkout", "--quiet", "-b", "topic")
	s.remove("old")
	for i := range n {
		s.write(fmt.Sprintf("new/to%d", i), fmt.Sprintf("%d\n%sy", i, strings.Repeat("x\n", 20)))
	}
	s.commit("moved")
	if got := s.changed("main", "topic"); len(got) != 2*n {
		t.Errorf("%d changed files, want %d", len(got), 2*n)
	}
}

func TestChangedInIncompleteClones(t *testing.T) {
	s := newSandbox(t)
	s.git("config", "uploadpack.allowFilter", "true")
	s.git("config", "uploadpack.allowAnySHA1InWant", "true")
	s.write("f", "1")
	s.commit("start")
	s.git("checkout", "--quiet", "-b", "topic")
	s.write("f", "2")
	s.commit("one")
	s.git("checkout", "--quiet", "main")
	s.write("m", "m")
	s.commit("base moves on")
	for _, c := range clones {
		t.Run(c.name, func(t *testing.T) {
			clone := sandbox{t, filepath.Join(realTemp(t), "clone")}
			args := append([]string{"-c", "protocol.file.allow=always", "clone", "--quiet"}, c.args...)
			s.git(append(args, "file://"+s.dir, clone.dir)...)
			for range 3 {
				_, err := clone.open().Changed(context.Background(), "origin/main", "HEAD")
				lack, incomplete := errors.AsType[*Incomplete](err)
				if !incomplete {
					if err != nil {
						t.Fatal(err)
					}
					want(t, "changed", clone.changed("origin/main", "HEAD"), "f")
					if c.reason != "" {
						t.Errorf("never said %q", c.reason)
					}
					return
				}
				if strings.Contains(lack.Reason, c.reason) {
					c.reason = ""
				}
				clone.mend(lack)
			}
			t.Error("not mended")
		})
	}
}

func TestParseNameStatus(t *testing.T) {
	for _, out := range []string{"M", "M\x00", "R100\x00a\x00", "X\x00a\x00", "\x00a\x00", "C100\x00a\x00b\x00"} {
		if files, err := parseNameStatus([]byte(out)); err == nil {
			t.Errorf("%q: %v, want an error", out, files)
		}
	}
}
