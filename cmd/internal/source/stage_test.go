package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
	if err := s.open().Restage(context.Background(), []Restaged{{files[0], nil}}); err == nil {
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
	var list []Restaged
	for _, f := range files {
		content := []byte("sealed " + f.Path + "\r\n\x00")
		if f.Path == "empty" {
			content = nil
		}
		if f.Path != ".gitattributes" {
			list = append(list, Restaged{f, content})
		}
	}
	if err := r.Restage(context.Background(), list); err != nil {
		t.Fatal(err)
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
	s.write("a", "one", "f", "one")
	s.git("add", ".")
	r := s.open()
	files, _ := s.stagedFiles(r)
	s.write("f", "two")
	s.git("add", "f")
	err := r.Restage(context.Background(), []Restaged{{files[0], []byte("three")}, {files[1], []byte("three")}})
	if err == nil || err.Error() != "f was staged anew meanwhile" {
		t.Errorf("got %v", err)
	}
	_, lines := s.stagedFiles(r)
	want(t, "index", lines, `"a" "one"`, `"f" "two"`)
}

func TestRestageOfALockedIndex(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "one")
	s.git("add", "f")
	r := s.open()
	files, _ := s.stagedFiles(r)
	s.write(".git/index.lock", "")
	err := r.Restage(context.Background(), []Restaged{{files[0], []byte("two")}})
	if err == nil || !strings.Contains(err.Error(), "index.lock") {
		t.Errorf("got %v", err)
	}
	s.remove(".git/index.lock")
	_, lines := s.stagedFiles(r)
	want(t, "index", lines, `"f" "one"`)
}

// versions lists what Versions gives as lines: the commit's message, the path, the
// content.
func (s sandbox) versions(paths ...string) ([]string, bool) {
	s.t.Helper()
	list, complete, err := s.open().Versions(context.Background(), paths, Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	lines := []string{}
	for _, v := range list {
		data, err := v.Load()
		if err != nil {
			s.t.Error(err)
		}
		message := "(index)"
		if v.Commit != "" {
			message = s.git("show", "--no-patch", "--format=%s", v.Commit)
		}
		lines = append(lines, fmt.Sprintf("%s: %s %q", message, v.Path, data))
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
	s.write("f/below", "3")
	s.commit("a folder")
	s.remove("f")
	s.write("f", "1")
	s.commit("back")
	s.write("f", "staged")
	s.git("add", "f")
	s.write("f", "not staged")
	lines, complete := s.versions("f")
	slices.Sort(lines) // the two sides of the merge have no order
	want(t, "versions", lines, `(index): f "staged"`, `on the side: f "side"`, `one: f "1"`, `two: f "2"`)
	if !complete {
		t.Error("a whole clone is not complete")
	}
	lines, _ = s.versions("f[0]", "other", "nothing")
	want(t, "several", lines, `one: f[0] "odd"`, `one: other "x"`, `other: other "y"`, `(index): f[0] "odd"`, `(index): other "y"`)
	if lines, _ := s.versions(); len(lines) != 0 {
		t.Errorf("of no path: %q", lines)
	}
}

func TestVersionsOfManyPaths(t *testing.T) {
	s := newSandbox(t)
	var paths, lines []string
	for i := range 2*maxListed + 1 {
		path := fmt.Sprintf("f%04d", i)
		s.write(path, path)
		paths = append(paths, path)
	}
	s.commit("one")
	for _, message := range []string{"one", "(index)"} {
		for _, path := range paths {
			lines = append(lines, fmt.Sprintf("%s: %s %q", message, path, path))
		}
	}
	got := []string{}
	list, _, err := s.open().Versions(context.Background(), paths, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		data := must(v.Load())
		message := "one"
		if v.Commit == "" {
			message = "(index)"
		}
		got = append(got, fmt.Sprintf("%s: %s %q", message, v.Path, data))
	}
	want(t, "versions", got, lines...)
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
	want(t, "versions", lines, `one: f "1"`, `theirs: f "theirs"`, `(index): f "1"`)
	if !complete {
		t.Error("a whole clone is not complete")
	}
	shallow := sandbox{t, filepath.Join(realTemp(t), "shallow")}
	s.git("clone", "--quiet", "--depth=1", "file://"+s.dir, shallow.dir)
	lines, complete = shallow.versions("f")
	want(t, "versions", lines, `theirs: f "theirs"`, `(index): f "theirs"`)
	if complete {
		t.Error("a shallow clone is complete")
	}
}
