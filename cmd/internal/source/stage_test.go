package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stagedFiles lists what StagedFiles gives as lines: the path and the content.
func (s sandbox) stagedFiles(r *Repo) ([]StagedFile, []string) {
	s.t.Helper()
	files, err := r.StagedFiles(context.Background(), Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	lines := []string{}
	for _, f := range files {
		data, err := f.Load()
		line := fmt.Sprintf("%q %q", f.Path, data)
		if err != nil {
			line = fmt.Sprintf("%q ERROR %v", f.Path, err)
		}
		lines = append(lines, line)
	}
	return files, lines
}

func TestStagedFiles(t *testing.T) {
	s := newSandbox(t)
	_, lines := s.stagedFiles(s.open())
	want(t, "nothing at all", lines)

	s.write("new", "first")
	s.git("add", "new")
	s.write("new", "not staged")
	_, lines = s.stagedFiles(s.open())
	want(t, "before the first commit", lines, `"new" "first"`)

	s.write("same", "same", "changed", "old", "gone", "gone", "mode", "mode")
	s.link("link", "same")
	s.commit("start")
	s.write("changed", "new", "added", "added", "intended", "x", "untracked", "x")
	s.remove("gone")
	s.remove("link")
	s.link("link", "changed")
	if err := os.Chmod(filepath.Join(s.dir, "mode"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.git("add", "changed", "added", "gone", "link", "mode")
	s.git("add", "--intent-to-add", "intended")
	id := s.git("rev-parse", "HEAD")
	s.git("update-index", "--add", "--cacheinfo", "160000,"+id+",module")
	_, lines = s.stagedFiles(s.open())
	want(t, "changes", lines, `"added" "added"`, `"changed" "new"`)
}

func TestStagedFilesInConflict(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "base")
	s.commit("base")
	s.git("checkout", "--quiet", "-b", "side")
	s.write("f", "side")
	s.commit("side")
	s.git("checkout", "--quiet", "main")
	s.write("f", "main")
	s.commit("main")
	if err := merge(s); err == nil {
		t.Fatal("the merge has no conflict")
	}
	files, lines := s.stagedFiles(s.open())
	want(t, "conflict", lines, `"f" ERROR `+errUnmerged.Error())
	if err := s.open().Restage(context.Background(), files[0], nil); err == nil {
		t.Error("a path in conflict was staged")
	}
}

// merge merges the branch side, and gives the error where that has a conflict.
func merge(s sandbox) error {
	cmd := git{dir: s.dir, env: os.Environ(), max: maxReply}
	_, err := cmd.run(context.Background(), "merge", "--quiet", "side")
	return err
}

func TestRestage(t *testing.T) {
	s := newSandbox(t)
	names := append([]string{"dir/plain", "tool", "empty"}, oddNames...)
	for _, name := range names {
		s.write(name, "staged "+name)
	}
	if err := os.Chmod(filepath.Join(s.dir, "tool"), 0o755); err != nil {
		t.Fatal(err)
	}
	// What is given is taken as it is, whatever filters the repository has.
	s.write(".gitattributes", "* text eol=crlf filter=shout\n")
	s.git("config", "filter.shout.clean", "tr a-z A-Z")
	s.git("add", ".")
	for _, name := range names {
		s.write(name, "in the work tree")
	}
	r := s.open()
	files, _ := s.stagedFiles(r)
	if len(files) != len(names)+1 {
		t.Fatalf("%d files are staged, want %d", len(files), len(names)+1)
	}
	for _, f := range files {
		if f.Path == ".gitattributes" {
			continue
		}
		content := []byte("sealed " + f.Path + "\r\n\x00")
		if f.Path == "empty" {
			content = nil
		}
		if err := r.Restage(context.Background(), f, content); err != nil {
			t.Errorf("%q: %v", f.Path, err)
		}
	}
	for _, e := range must(r.index(context.Background(), "")) {
		if e.path == ".gitattributes" {
			continue
		}
		data := must(r.blobs.read(e.id, "blob", 1000))
		content, mode := "sealed "+e.path+"\r\n\x00", "100644"
		if e.path == "empty" {
			content = ""
		}
		if e.path == "tool" {
			mode = "100755"
		}
		if string(data) != content || e.mode != mode {
			t.Errorf("%q is %s %q in the index", e.path, e.mode, data)
		}
		if data, err := os.ReadFile(filepath.Join(s.dir, e.path)); err != nil || string(data) != "in the work tree" {
			t.Errorf("%q is %q in the work tree (%v)", e.path, data, err)
		}
	}
	s.git("commit", "--quiet", "-m", "sealed")
	if got := s.git("show", "HEAD:dir/plain"); got != "sealed dir/plain\r\n\x00" {
		t.Errorf("the commit holds %q", got)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestRestageOfSomethingElse(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "one")
	s.git("add", "f")
	r := s.open()
	files, _ := s.stagedFiles(r)
	s.write("f", "two")
	s.git("add", "f")
	if err := r.Restage(context.Background(), files[0], []byte("three")); err == nil || err.Error() != "f was staged anew meanwhile" {
		t.Errorf("got %v", err)
	}
	_, lines := s.stagedFiles(r)
	want(t, "index", lines, `"f" "two"`)
}

func TestRestageOfALockedIndex(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "one")
	s.git("add", "f")
	r := s.open()
	files, _ := s.stagedFiles(r)
	s.write(".git/index.lock", "")
	err := r.Restage(context.Background(), files[0], []byte("two"))
	if err == nil || !strings.Contains(err.Error(), "index.lock") {
		t.Errorf("got %v", err)
	}
	s.remove(".git/index.lock")
	_, lines := s.stagedFiles(r)
	want(t, "index", lines, `"f" "one"`)
}

// versions lists what Versions gives as lines: the commit's message, the content.
func (s sandbox) versions(path string) ([]string, bool) {
	s.t.Helper()
	list, complete, err := s.open().Versions(context.Background(), path, Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	lines := []string{}
	for _, v := range list {
		data, err := v.Load()
		if err != nil {
			s.t.Error(err)
		}
		lines = append(lines, fmt.Sprintf("%s %q", s.git("show", "--no-patch", "--format=%s", v.Commit), data))
	}
	return lines, complete
}

func TestVersions(t *testing.T) {
	s := newSandbox(t)
	if lines, complete := s.versions("f"); len(lines) != 0 || !complete {
		t.Errorf("before the first commit: %q, %t", lines, complete)
	}
	s.write("f", "1", "other", "x", "f[0]", "odd")
	s.commit("one")
	s.write("other", "y")
	s.commit("other")
	s.git("checkout", "--quiet", "-b", "side")
	s.write("f", "side")
	s.commit("on the side")
	s.git("checkout", "--quiet", "main")
	s.write("f", "2")
	s.commit("two")
	// The merge takes nothing of the side.
	s.git("merge", "--quiet", "--strategy=ours", "-m", "merge", "side")
	s.remove("f")
	s.link("f", "other")
	s.commit("a link")
	s.remove("f")
	s.commit("gone")
	s.write("f", "1")
	s.commit("back")
	lines, complete := s.versions("f")
	want(t, "versions", lines, `one "1"`, `on the side "side"`, `two "2"`)
	if !complete {
		t.Error("a whole clone is not complete")
	}
	lines, _ = s.versions("f[0]")
	want(t, "a name like a pattern", lines, `one "odd"`)
	lines, _ = s.versions("nothing")
	want(t, "no such path", lines)
}

func TestVersionsOfRemotes(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1")
	s.commit("one")
	clone := sandbox{t, filepath.Join(realTemp(t), "clone")}
	s.git("clone", "--quiet", s.dir, clone.dir)
	s.git("checkout", "--quiet", "-b", "theirs")
	s.write("f", "theirs")
	s.commit("theirs")
	clone.git("fetch", "--quiet")
	clone.git("checkout", "--quiet", "-b", "unrelated")
	clone.write("f", "mine")
	clone.commit("mine")
	clone.git("checkout", "--quiet", "main")
	lines, complete := clone.versions("f")
	want(t, "versions", lines, `one "1"`, `theirs "theirs"`)
	if !complete {
		t.Error("a whole clone is not complete")
	}
	shallow := sandbox{t, filepath.Join(realTemp(t), "shallow")}
	s.git("clone", "--quiet", "--depth=1", "file://"+s.dir, shallow.dir)
	lines, complete = shallow.versions("f")
	want(t, "versions", lines, `theirs "theirs"`)
	if complete {
		t.Error("a shallow clone is complete")
	}
}
