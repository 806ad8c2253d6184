package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks"
)

func TestTreeOfRepository(t *testing.T) {
	s := newSandbox(t)
	s.write(".gitignore", "ignored*\n", "apps/a.yaml", "a", "apps/gone.yaml", "gone", "ignored-but-tracked", "t")
	s.git("add", "--all")
	s.git("add", "--force", "ignored-but-tracked")
	s.git("commit", "--quiet", "-m", "start")
	s.remove("apps/gone.yaml")
	s.write("apps/a.yaml", "a2", "apps/new.yaml", "n", "ignored", "no", "ignored-folder/x", "no", "apps/ignored", "no")

	want(t, "whole", s.tree("."),
		`".gitignore" "ignored*\n"`, `"apps/a.yaml" "a2"`, `"apps/new.yaml" "n"`, `"ignored-but-tracked" "t"`)
	want(t, "subfolder", s.tree("apps"), `"apps/a.yaml" "a2"`, `"apps/new.yaml" "n"`)
	want(t, "one file", s.tree("apps/new.yaml"), `"apps/new.yaml" "n"`)
	want(t, "an ignored file that is named", s.tree("ignored"), `"ignored" "no"`)
	want(t, "what stands in an ignored folder", s.tree("ignored-folder/x"), `"ignored-folder/x" "no"`)
	want(t, "an ignored folder that is named", s.tree("ignored-folder"), `"ignored-folder/x" "no"`)
}

func TestTreeOutsideGit(t *testing.T) {
	s := sandbox{t, realTemp(t)}
	s.write("b.yaml", "b", "a/c.yaml", "c", "a.yaml", "a", ".hidden/x", "x", "sub/.git/config", "no", ".git/HEAD", "no", "z/.git", "a file")
	if _, err := Open(context.Background(), s.dir); !errors.Is(err, ErrNotRepository) || !strings.Contains(err.Error(), "git init") {
		t.Fatalf("Open: %v", err)
	}
	set, err := Tree(context.Background(), nil, s.dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "all", describe(set.Files),
		`".hidden/x" "x"`, `"a.yaml" "a"`, `"a/c.yaml" "c"`, `"b.yaml" "b"`, `"z/.git" "a file"`)
	if set.Root != s.dir || set.HasOld {
		t.Errorf("root %q, old %v", set.Root, set.HasOld)
	}
	set, err = Tree(context.Background(), nil, filepath.Join(s.dir, "a/c.yaml"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "one file", describe(set.Files), `"c.yaml" "c"`)
	if set.Root != filepath.Join(s.dir, "a") {
		t.Errorf("root %q", set.Root)
	}
	if _, err := Tree(context.Background(), nil, filepath.Join(s.dir, "none"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing path: %v", err)
	}
}

var oddNames = []string{"-x", "--", "new\nline", "tab\t", `q"uote`, `back\slash`, ":(top)*", "*", "b\xff", "ü", " ", "#", "@{u}"}

func TestOddNames(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("the file system of " + runtime.GOOS + " refuses these names")
	}
	s := newSandbox(t)
	for _, name := range oddNames {
		s.write(name, name, "folder/"+name, "old")
	}
	s.commit("start")
	for _, name := range oddNames {
		s.write("untracked/"+name, name, "folder/"+name, name)
	}
	byPath := func(files []checks.File) map[string]string {
		contents := map[string]string{}
		for _, f := range files {
			data, err := load(f)
			if err != nil {
				t.Errorf("%q: %v", f.Path, err)
			}
			contents[f.Path] = string(data)
		}
		return contents
	}
	set, err := Tree(context.Background(), s.open(), s.dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	inTree := byPath(set.Files)
	s.git("add", "--all")
	staged := s.staged(Options{})
	now, before := byPath(staged.Files), byPath(staged.Before)
	commit := s.commit("more")
	r := s.open()
	ranged, err := r.Range(context.Background(), "HEAD~1", "HEAD", Options{})
	if err != nil {
		t.Fatal(err)
	}
	inRange := byPath(ranged.Files)
	for _, name := range oddNames {
		for _, folder := range []string{"", "folder/", "untracked/"} {
			path := folder + name
			if inTree[path] != name || now[path] != name || inRange[path] != name {
				t.Errorf("%q: tree %q, staged %q, range %q", path, inTree[path], now[path], inRange[path])
			}
			data, err := r.ReadAt(context.Background(), commit, path, Options{})
			if err != nil || string(data) != name {
				t.Errorf("ReadAt %q: %q, %v", path, data, err)
			}
		}
		if before["folder/"+name] != "old" {
			t.Errorf("%q: before %q", name, before["folder/"+name])
		}
		one, err := Tree(context.Background(), r, filepath.Join(s.dir, name), Options{})
		if err != nil || len(one.Files) != 1 || one.Files[0].Path != name {
			t.Errorf("tree of %q alone: %v, %v", name, one.Files, err)
		}
	}
	for _, name := range []string{"*", ":(top)*", "-x"} {
		s.write("dir/"+name+"/f", "f", "dir/plain/g", "g", "dir/.gitignore", "/**/ignored\n")
		s.write("dir/"+name+"/ignored", "no")
		want(t, "folder "+name, s.tree("dir/"+name), fmt.Sprintf("%q \"f\"", "dir/"+name+"/f"))
	}
	if n := 3 * len(oddNames); len(set.Files) != n || len(staged.Files) != n || len(ranged.Files) != n {
		t.Errorf("tree %d, staged %d, range %d files, want %d", len(set.Files), len(staged.Files), len(ranged.Files), n)
	}
}

// links are links by path and text, and what each is.
var links = []struct{ path, text, want string }{
	{"apps/inside", "../base/x.yaml", `"apps/inside" "../base/x.yaml"`},
	{"apps/folder", "../base", `"apps/folder" "../base"`},
	{"apps/dangling", "nowhere", `"apps/dangling" "nowhere"`},
	{"apps/root", "..", `"apps/root" ".."`},
	{"apps/out", "../../x", `"apps/out" OPAQUE symbolic link`},
	{"apps/absolute", "/etc/passwd", `"apps/absolute" OPAQUE symbolic link`},
	{"apps/into-git", "../.git/config", `"apps/into-git" OPAQUE symbolic link`},
	{"apps/chain", "hop/x", `"apps/chain" OPAQUE symbolic link`},
	{"apps/hop", "../../elsewhere", `"apps/hop" OPAQUE symbolic link`},
	{"apps/by-link", "folder/../../x", `"apps/by-link" OPAQUE symbolic link`},
	{"loop/a", "b", `"loop/a" "b"`},
	{"loop/b", "a", `"loop/b" "a"`},
	{"loop/self", "self/self", `"loop/self" "self/self"`},
	{"loop/growing", "growing/growing/x", `"loop/growing" "growing/growing/x"`},
}

func TestLinksAreTheSameAtEverySource(t *testing.T) {
	s := newSandbox(t)
	s.commit("start")
	lines := map[string]bool{}
	for _, l := range links {
		s.link(l.path, l.text)
		lines[l.want] = true
	}
	s.write("base/x.yaml", "x")
	lines[`"base/x.yaml" "x"`] = true
	check := func(what string, got []string) {
		t.Helper()
		for _, line := range got {
			if !lines[line] {
				t.Errorf("%s: unexpected %s", what, line)
			}
		}
		if len(got) != len(lines) {
			t.Errorf("%s: %d files, want %d", what, len(got), len(lines))
		}
	}
	check("untracked", s.tree("."))
	outside, err := Tree(context.Background(), nil, s.dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	check("outside git", describe(outside.Files))
	s.git("add", "--all")
	check("tracked", s.tree("."))
	check("staged", describe(s.staged(Options{}).Files))
	check("changed only", describe(s.staged(Options{ChangedOnly: true}).Files))
	s.commit("links")
	ranged, err := s.open().Range(context.Background(), "HEAD~1", "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	check("range", describe(ranged.Files))
	at, err := s.open().ListAt(context.Background(), "HEAD", "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	check("revision", describe(at))
}

func TestPathThroughLinks(t *testing.T) {
	s := newSandbox(t)
	s.write("apps/a.yaml", "a")
	s.commit("start")
	way := filepath.Join(realTemp(t), "way")
	if err := os.Symlink(filepath.Join(s.dir, "apps"), way); err != nil {
		t.Fatal(err)
	}
	r := openRepo(t, way)
	set, err := Tree(context.Background(), r, way, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "tree", describe(set.Files), `"apps/a.yaml" "a"`)
}

// A tracked file below a folder that became a link is gone, as git sees it.
func TestFolderBecameLink(t *testing.T) {
	s := newSandbox(t)
	s.write("a/f", "mine", "b/f", "other", "c", "file", "d/e", "deep")
	s.commit("start")
	outside := sandbox{t, realTemp(t)}
	outside.write("f", "outside")
	s.remove("a")
	s.link("a", outside.dir)
	s.remove("c")
	s.write("c/g", "folder now")
	s.remove("d")
	s.write("d", "file now")
	want(t, "tree", s.tree("."), `"a" OPAQUE symbolic link`, `"b/f" "other"`, `"c/g" "folder now"`, `"d" "file now"`)
}

func TestFileSizeLimit(t *testing.T) {
	s := newSandbox(t)
	s.write("at", strings.Repeat("a", 100), "over", strings.Repeat("b", 101), "far", strings.Repeat("c", maxDrain+1))
	s.commit("start")
	s.write("later", "x")
	s.git("add", "--all")
	opts := Options{MaxBytes: 100}
	tooLarge := checks.ErrTooLarge.Error()
	lines := func(mark string) []string {
		return []string{`"at"` + mark + ` "` + strings.Repeat("a", 100) + `"`, `"far"` + mark + ` ERROR ` + tooLarge,
			`"later" "x"`, `"over"` + mark + ` ERROR ` + tooLarge}
	}
	set, err := Tree(context.Background(), s.open(), s.dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "tree", describe(set.Files), lines("")...)
	want(t, "staged", describe(s.staged(opts).Files), lines(" =")...)
	for _, f := range s.staged(opts).Files {
		if _, err := f.Load(); f.Path == "over" && !errors.Is(err, checks.ErrTooLarge) {
			t.Errorf("%v is not ErrTooLarge", err)
		}
	}
	long := strings.NewReader(strings.Repeat("x", 101))
	want(t, "stdin over", describe(Stdin(long, "-", 100).Files), `"-" ERROR `+tooLarge)
	want(t, "stdin", describe(Stdin(strings.NewReader("x"), "-", 100).Files), `"-" "x"`)
}

func TestSubmodulesAndNestedRepositories(t *testing.T) {
	s := newSandbox(t)
	s.write("a", "a")
	s.commit("start")
	id := s.git("rev-parse", "HEAD")
	s.git("update-index", "--add", "--cacheinfo", "160000,"+id+",vendor/module")
	s.write("nested/f", "f")
	sandbox{t, filepath.Join(s.dir, "nested")}.git("init", "--quiet")
	want(t, "tree", s.tree("."), `"a" "a"`, `"nested" OPAQUE nested repository`, `"vendor/module" OPAQUE submodule`)
	want(t, "nested", sandbox{t, filepath.Join(s.dir, "nested")}.tree("."), `"f" "f"`)
	if err := os.MkdirAll(filepath.Join(s.dir, "vendor/module"), 0o755); err != nil {
		t.Fatal(err)
	}
	want(t, "submodule that is not checked out", s.tree("vendor/module"), `"vendor/module" OPAQUE submodule`)
}

func TestSparseCheckout(t *testing.T) {
	s := newSandbox(t)
	s.write("in/f", "f", "out/g", "g", "gone", "x")
	s.commit("start")
	s.git("sparse-checkout", "set", "--no-cone", "in/", "/gone")
	s.remove("gone")
	want(t, "tree", s.tree("."), `"in/f" "f"`, `"out/g" OPAQUE sparse checkout`)
	want(t, "staged", describe(s.staged(Options{}).Files), `"gone" = "x"`, `"in/f" = "f"`, `"out/g" = "g"`)
}

// A folder that cannot be looked into must not look like an empty one. Rights
// do not bind root, so a process without them looks.
func TestFolderThatCannotBeRead(t *testing.T) {
	if os.Getenv("SOURCE_TEST_LOCKED") == "" {
		lockedFolder(t)
		return
	}
	dir := os.Getenv("SOURCE_TEST_LOCKED")
	set, err := Tree(context.Background(), nil, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "outside git", describe(set.Files), `"locked" ERROR look into the folder: permission denied`, `"open" "x"`)
	if out, err := exec.Command("git", "init", "--quiet", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want(t, "repository", sandbox{t, dir}.tree("."), `"locked" ERROR look into the folder: permission denied`, `"open" "x"`)
}

func TestWorktreeAndBare(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "main")
	s.commit("start")
	other := sandbox{t, filepath.Join(realTemp(t), "other")}
	s.git("worktree", "add", "--quiet", "-b", "side", other.dir)
	other.write("f", "side", "g", "new")
	other.git("add", "--all")
	want(t, "tree", other.tree("."), `"f" "side"`, `"g" "new"`)
	want(t, "staged", describe(other.staged(Options{}).Files), `"f" "side"`, `"g" "new"`)
	want(t, "staged in the main one", describe(s.staged(Options{}).Files), `"f" = "main"`)
	other.commit("side")

	bare := filepath.Join(realTemp(t), "bare.git")
	s.git("clone", "--quiet", "--bare", s.dir, bare)
	if _, err := Open(context.Background(), bare); err == nil || !strings.Contains(err.Error(), "GIT_DIR") {
		t.Errorf("bare repository: %v", err)
	}
	t.Setenv("GIT_DIR", bare)
	r := openRepo(t, ".")
	ranged, err := r.Range(context.Background(), "main", "side", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "range in a bare repository", describe(ranged.Files), `"f" "side"`, `"g" "new"`)
	if _, err := Tree(context.Background(), r, ".", Options{}); err == nil {
		t.Error("a bare repository has a work tree")
	}
}
