package source

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestStaged(t *testing.T) {
	for _, hash := range []string{"sha1", "sha256"} {
		t.Run(hash, func(t *testing.T) {
			s := newSandbox(t, "--object-format="+hash)
			s.write("same", "same", "changed", "old", "deleted", "gone", "mode", "mode", "kind", "target", "moved", "m", "unstaged", "u")
			s.commit("start")
			s.write("changed", "new", "added", "a", "unstaged", "not staged", "untracked", "no")
			s.remove("deleted")
			s.remove("kind")
			s.link("kind", "target")
			s.git("mv", "moved", "moved-to")
			s.git("add", "changed", "added", "kind")
			s.git("rm", "--quiet", "--cached", "deleted")
			s.git("update-index", "--chmod=+x", "mode")
			s.write("changed", "work tree only")
			set := s.staged(Options{})
			want(t, "now", describe(set.Files),
				`"added" "a"`, `"changed" "new"`, `"kind" "target"`, `"mode" = "mode"`, `"moved-to" "m"`, `"same" = "same"`, `"unstaged" = "u"`)
			before := []string{`"changed" "old"`, `"deleted" "gone"`, `"kind" "target"`, `"moved" "m"`}
			want(t, "before", describe(set.Before), before...)
			if !set.HasOld || set.Root != s.dir {
				t.Errorf("old %v, root %q", set.HasOld, set.Root)
			}
			changed := s.staged(Options{ChangedOnly: true})
			want(t, "changed only", describe(changed.Files), `"added" "a"`, `"changed" "new"`, `"kind" "target"`, `"moved-to" "m"`)
			want(t, "changed only, before", describe(changed.Before), before...)
		})
	}
}

func TestStagedBeforeFirstCommit(t *testing.T) {
	for _, hash := range []string{"sha1", "sha256"} {
		s := newSandbox(t, "--object-format="+hash)
		want(t, "nothing", describe(s.staged(Options{}).Files))
		s.write("a", "a")
		s.git("add", "a")
		set := s.staged(Options{})
		want(t, hash, describe(set.Files), `"a" "a"`)
		want(t, hash+" before", describe(set.Before))
		if !set.HasOld {
			t.Error("an empty old side is an old side")
		}
		if head, err := s.open().Head(context.Background()); head != "" || err != nil {
			t.Errorf("HEAD %q, %v", head, err)
		}
	}
}

func TestStagedFromSubfolder(t *testing.T) {
	s := newSandbox(t)
	s.write("a/b", "b", "c", "c")
	s.git("add", "--all")
	set, err := openRepo(t, filepath.Join(s.dir, "a/b")).Staged(context.Background(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "whole index", describe(set.Files), `"a/b" "b"`, `"c" "c"`)
}

func TestIntentToAdd(t *testing.T) {
	s := newSandbox(t)
	s.write("empty", "", "replaced", "x")
	s.commit("start")
	s.write("intended", "later", "new-and-empty", "")
	s.git("add", "new-and-empty")
	s.git("add", "--intent-to-add", "intended")
	s.git("rm", "--quiet", "--cached", "replaced")
	s.git("add", "--intent-to-add", "replaced")
	set := s.staged(Options{})
	want(t, "now", describe(set.Files), `"empty" = ""`, `"new-and-empty" ""`)
	want(t, "before", describe(set.Before), `"replaced" "x"`)
	want(t, "changed only", describe(s.staged(Options{ChangedOnly: true}).Files), `"new-and-empty" ""`)
	s.git("commit", "--quiet", "-m", "git agrees")
	if got := s.git("ls-tree", "-r", "--name-only", "HEAD"); got != "empty\nnew-and-empty" {
		t.Errorf("git committed %q", got)
	}
}

func TestUnmerged(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "base", "g", "g", "h", "h")
	s.commit("start")
	s.git("checkout", "--quiet", "-b", "side")
	s.write("f", "side")
	s.remove("h")
	s.commit("side")
	s.git("checkout", "--quiet", "main")
	s.write("f", "main", "h", "h main")
	s.commit("main")
	if err := exec.Command("git", "-C", s.dir, "merge", "side").Run(); err == nil {
		t.Fatal("the merge has no conflict")
	}
	unmerged := " ERROR it is unmerged: resolve the conflict and stage it"
	set := s.staged(Options{})
	want(t, "now", describe(set.Files), `"f"`+unmerged, `"g" = "g"`, `"h"`+unmerged)
	want(t, "before", describe(set.Before), `"f" "main"`, `"h" "h main"`)
	want(t, "changed only", describe(s.staged(Options{ChangedOnly: true}).Files), `"f"`+unmerged, `"h"`+unmerged)
	at, err := s.open().ListAt(context.Background(), Index, "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "index", describe(at), `"f"`+unmerged, `"g" "g"`, `"h"`+unmerged)
}

// A hook sees the index that git prepared for this commit, and by it what will
// be committed, in whatever way the commit was asked for.
func TestInHook(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	commit := func(s sandbox, args ...string) string {
		t.Helper()
		report := filepath.Join(realTemp(t), "report")
		hooks := sandbox{t, realTemp(t)}
		hooks.write("pre-commit", "#!/bin/sh\nSOURCE_TEST_HOOK='"+report+"' exec '"+own+"' -test.run='^TestHookProcess$'\n")
		if err := os.Chmod(filepath.Join(hooks.dir, "pre-commit"), 0o755); err != nil {
			t.Fatal(err)
		}
		s.git(append([]string{"-c", "core.hooksPath=" + hooks.dir, "commit", "--quiet", "-m", "x"}, args...)...)
		data, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	s := newSandbox(t)
	s.write("a", "1", "b", "1", "sub/c", "1")
	if got, want := commit(s, "--allow-empty"), ""; got != want {
		t.Errorf("empty first commit: %q", got)
	}
	s.git("add", "--all")
	if got, want := commit(s), `"a" "1" "b" "1" "sub/c" "1"`; got != want {
		t.Errorf("commit: %s", got)
	}
	s.write("a", "2", "b", "2", "sub/c", "2")
	s.git("add", "b")
	if got, want := commit(s, "--only", "a"), `"a" "2"`; got != want {
		t.Errorf("commit --only: got %s, want %s", got, want)
	}
	s.write("b", "work tree")
	if got, want := commit(sandbox{t, filepath.Join(s.dir, "sub")}), `"b" "2"`; got != want {
		t.Errorf("commit from a subfolder: got %s, want %s", got, want)
	}
	if got, want := commit(s, "--all"), `"b" "work tree" "sub/c" "2"`; got != want {
		t.Errorf("commit --all: got %s, want %s", got, want)
	}
	other := sandbox{t, filepath.Join(realTemp(t), "other")}
	s.git("worktree", "add", "--quiet", "-b", "side", other.dir)
	other.write("sub/c", "side")
	if got, want := commit(other, "--all"), `"sub/c" "side"`; got != want {
		t.Errorf("commit --all in a worktree: got %s, want %s", got, want)
	}
}

// TestHookProcess is what the hook of TestInHook runs.
func TestHookProcess(t *testing.T) {
	report := os.Getenv("SOURCE_TEST_HOOK")
	if report == "" {
		t.Skip("only TestInHook runs this, from a hook")
	}
	set, err := openRepo(t, ".").Staged(context.Background(), Options{ChangedOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(report, []byte(strings.Join(describe(set.Files), " ")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Variables of a hook name one repository; a path in another one is not in it.
func TestVariablesHoldForTheirRepositoryOnly(t *testing.T) {
	mine, other, outside := newSandbox(t), newSandbox(t), sandbox{t, realTemp(t)}
	mine.write("mine", "1")
	other.write("other", "1")
	outside.write("x", "1")
	for _, s := range []sandbox{mine, other} {
		s.git("add", "--all")
	}
	inner := sandbox{t, filepath.Join(mine.dir, "inner")}
	inner.write("inner", "1")
	inner.git("init", "--quiet")
	inner.git("add", "--all")
	mine.git("read-tree", "--empty", "--index-output="+filepath.Join(mine.dir, ".git", "alternative"))
	t.Chdir(mine.dir)
	check := func(env string) {
		t.Helper()
		want(t, env+": another repository", describe(other.staged(Options{}).Files), `"other" "1"`)
		want(t, env+": a repository inside", describe(inner.staged(Options{}).Files), `"inner" "1"`)
		if _, err := Open(context.Background(), outside.dir); !errors.Is(err, ErrNotRepository) {
			t.Errorf("%s: outside: %v", env, err)
		}
	}
	t.Setenv("GIT_INDEX_FILE", ".git/alternative")
	want(t, "another index", describe(mine.staged(Options{}).Files))
	check("GIT_INDEX_FILE")
	t.Setenv("GIT_DIR", ".git")
	want(t, "another index", describe(mine.staged(Options{}).Files))
	t.Setenv("GIT_INDEX_FILE", ".git/index")
	want(t, "named repository, from below", describe(sandbox{t, mine.dir}.staged(Options{}).Files), `"mine" "1"`)
	check("GIT_DIR")
}

func TestBrokenIndex(t *testing.T) {
	s := newSandbox(t)
	s.write("a", "a")
	s.commit("start")
	for _, content := range []string{"x", strings.Repeat("garbage", 100)} {
		s.write(".git/index", content)
		_, err := s.open().Staged(context.Background(), Options{})
		var broken *Incomplete
		if !errors.As(err, &broken) {
			t.Fatalf("broken index: %v", err)
		}
		s.mend(broken)
		want(t, "mended", describe(s.staged(Options{}).Files), `"a" = "a"`)
	}
}

// mend does what the error says.
func (s sandbox) mend(e *Incomplete) {
	s.t.Helper()
	cmd := exec.Command("sh", "-c", e.Mend)
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", e.Mend, err, out)
	}
}

func TestSubmoduleIsKnownByItsSource(t *testing.T) {
	s := newSandbox(t)
	module := func(url string) string { return "[submodule \"m\"]\n\tpath = m\n\turl = " + url + "\n" }
	set := func(id string) { s.git("update-index", "--add", "--cacheinfo", "160000,"+id+",m") }
	s.write(".gitmodules", module("https://a.example/m"))
	one := s.commit("start")
	set(one)
	s.git("commit", "--quiet", "-m", "module")
	two := s.git("rev-parse", "HEAD")
	s.git("config", "submodule.m.ignore", "all")

	set(two)
	got := s.staged(Options{})
	want(t, "new version", describe(got.Files[1:]), `"m" = OPAQUE submodule`)
	want(t, "new version, before", describe(got.Before))
	s.write(".gitmodules", module("https://a.example/m")+"\tbranch = x\n")
	s.git("add", ".gitmodules")
	want(t, "other setting", describe(s.staged(Options{}).Files[1:]), `"m" = OPAQUE submodule`)
	s.write(".gitmodules", module("https://b.example/m"))
	s.git("add", ".gitmodules")
	got = s.staged(Options{})
	want(t, "new source", describe(got.Files[1:]), `"m" OPAQUE submodule`)
	want(t, "new source, before", describe(got.Before[1:]), `"m" OPAQUE submodule`)
	s.write(".gitmodules", "[broken")
	s.git("add", ".gitmodules")
	want(t, "broken", describe(s.staged(Options{}).Files[1:]), `"m" OPAQUE submodule`)
}
