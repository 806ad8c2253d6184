package source

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// useAll reads everything that the package can read of a repository.
func useAll(t *testing.T, s sandbox) {
	t.Helper()
	ctx := context.Background()
	r := s.open()
	tree, err := Tree(ctx, r, s.dir, Options{})
	if err != nil {
		t.Error(err)
	}
	staged, err := r.Staged(ctx, Options{})
	if err != nil {
		t.Error(err)
	}
	describe(append(append(tree.Files, staged.Files...), staged.Before...))
	if ranged, err := r.Range(ctx, "HEAD~1", "HEAD", Options{}); err == nil {
		describe(append(append(ranged.Files, ranged.Before...), ranged.History...))
	}
	if files, err := r.ListAt(ctx, "HEAD", "", Options{}); err == nil {
		describe(files)
	}
	if _, err := r.Name(ctx); err != nil {
		t.Error(err)
	}
	head, err := r.Head(ctx)
	if err != nil {
		t.Error(err)
	}
	if _, err := r.Pushed(ctx, head); err != nil {
		t.Error(err)
	}
}

// A repository's own configuration, and variables around it, can name programs.
// None of them runs, nothing is fetched and nothing is written.
func TestNothingRuns(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the programs of this test are shell scripts")
	}
	s := newSandbox(t)
	tools := sandbox{t, realTemp(t)}
	marker := filepath.Join(tools.dir, "ran")
	tools.write("tool", "#!/bin/sh\necho \"$0 $*\" >> "+marker+"\n")
	tool := filepath.Join(tools.dir, "tool")
	for _, hook := range []string{"post-index-change", "reference-transaction", "pre-commit", "post-checkout"} {
		tools.write("hooks/"+hook, "#!/bin/sh\necho \"$0\" >> "+marker+"\n")
		if err := os.Chmod(filepath.Join(tools.dir, "hooks", hook), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(tool, 0o755); err != nil {
		t.Fatal(err)
	}
	s.write("f", "1", "lost", "x", ".gitattributes", "* filter=evil diff=evil\n")
	s.commit("start")
	s.write("f", "2", "lost", "y")
	s.commit("two")
	s.write("f", "3")
	s.git("add", "f")
	lost := s.git("rev-parse", "HEAD:lost")
	s.remove(filepath.Join(".git/objects", lost[:2], lost[2:]))
	for key, value := range map[string]string{
		"core.fsmonitor": tool, "core.hooksPath": filepath.Join(tools.dir, "hooks"), "core.pager": tool, "core.editor": tool,
		"core.sshCommand": tool, "core.gitProxy": tool, "core.askPass": tool, "credential.helper": tool, "gpg.program": tool,
		"filter.evil.clean": tool, "filter.evil.smudge": tool, "filter.evil.process": tool, "filter.evil.required": "true",
		"diff.evil.textconv": tool, "diff.evil.command": tool, "diff.external": tool, "alias.ls-files": "!" + tool,
		"pager.ls-tree": "true", "log.showSignature": "true", "protocol.ext.allow": "always",
		"remote.origin.url": "ext::" + tool, "remote.origin.promisor": "true", "extensions.partialClone": "origin",
		"core.repositoryFormatVersion": "1",
	} {
		s.git("config", key, value)
	}
	for _, name := range []string{"GIT_EXTERNAL_DIFF", "GIT_PAGER", "PAGER", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_EDITOR"} {
		t.Setenv(name, tool)
	}
	t.Setenv("GIT_TRACE", marker)
	t.Setenv("GIT_ALLOW_PROTOCOL", "ext")
	before := snapshot(t, s)
	useAll(t, s)
	if data, err := os.ReadFile(marker); err == nil {
		t.Errorf("a program ran:\n%s", data)
	}
	if diff := cmp.Diff(before, snapshot(t, s)); diff != "" {
		t.Errorf("the repository changed (-before +after):\n%s", diff)
	}
	os.Unsetenv("GIT_TRACE") // t.Setenv sets it back
	cmd := exec.Command("git", "cat-file", "-p", lost)
	cmd.Dir = s.dir
	cmd.Run()
	if data, err := os.ReadFile(marker); err != nil || !strings.Contains(string(data), tool) {
		t.Errorf("git alone runs none of the programs either, so this test shows nothing: %s", data)
	}
}

// snapshot gives the times of the files of a repository.
func snapshot(t *testing.T, s sandbox) map[string]string {
	t.Helper()
	times := map[string]string{}
	err := filepath.Walk(s.dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			times[path] = info.ModTime().String()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return times
}

// A replacement would show other content than what is pushed.
func TestReplacementsAreNotSeen(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "secret")
	s.commit("start")
	harmless := s.gitIn("harmless", "hash-object", "-w", "--stdin")
	s.git("replace", s.git("rev-parse", "HEAD:f"), harmless)
	want(t, "staged", describe(s.staged(Options{}).Files), `"f" = "secret"`)
}

func TestFileNamedLikeCommit(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1")
	one := s.commit("one")
	s.write(one, "x")
	two := s.commit("two")
	s.write(two, "y")
	want(t, "range", describe(s.ranged(one, two, Options{ChangedOnly: true}).Files), `"`+one+`" "x"`)
	want(t, "staged", describe(s.staged(Options{ChangedOnly: true}).Files))
}

func TestOwnerIsAnother(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a folder to another user")
	}
	s := newSandbox(t)
	s.write("f", "1")
	s.commit("start")
	for _, name := range []string{"", ".git"} {
		if err := os.Chown(filepath.Join(s.dir, name), 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(realTemp(t), "config"))
	_, err := Open(context.Background(), s.dir)
	refused, ok := errors.AsType[*Incomplete](err)
	if !ok || refused.Mend != "git config --global --add safe.directory "+s.dir {
		t.Fatalf("%v", err)
	}
	s.mend(refused)
	want(t, "mended", s.tree("."), `"f" "1"`)
}

func TestWithoutGit(t *testing.T) {
	s := newSandbox(t)
	outside := realTemp(t)
	s.write("sub/f", "1")
	t.Setenv("PATH", realTemp(t))
	if _, err := Open(context.Background(), filepath.Join(s.dir, "sub")); err == nil || !strings.Contains(err.Error(), "install git") {
		t.Errorf("in a repository: %v", err)
	}
	if _, err := Open(context.Background(), outside); !errors.Is(err, ErrNotRepository) {
		t.Errorf("outside: %v", err)
	}
}

func TestBrokenRepository(t *testing.T) {
	s := newSandbox(t)
	s.write(".git/config", "[broken")
	if _, err := Open(context.Background(), s.dir); err == nil || errors.Is(err, ErrNotRepository) || !strings.Contains(err.Error(), "bad config line") {
		t.Errorf("broken configuration: %v", err)
	}
	lost := sandbox{t, realTemp(t)}
	lost.write(".git", "gitdir: /nowhere/at/all\n")
	if _, err := Open(context.Background(), lost.dir); err == nil || errors.Is(err, ErrNotRepository) {
		t.Errorf("a worktree whose repository is gone: %v", err)
	}
}

func TestDamagedObject(t *testing.T) {
	s := newSandbox(t)
	s.write("a", "a", "b", "b", "c", "c", "gone", "g")
	s.git("add", "--all")
	for name, content := range map[string]string{"b": "garbage", "gone": ""} {
		id := s.git("rev-parse", ":"+name)
		object := filepath.Join(".git/objects", id[:2], id[2:])
		s.remove(object)
		if content != "" {
			s.write(object, content)
		}
	}
	files := s.staged(Options{}).Files
	for _, f := range files {
		data, err := f.Load()
		healthy := f.Path == "a" || f.Path == "c"
		if healthy != (err == nil) || healthy && string(data) != f.Path {
			t.Errorf("%s: %q, %v", f.Path, data, err)
		}
	}
}

func TestManyReadersAtOnce(t *testing.T) {
	s := newSandbox(t)
	var paths []string
	for i := range 200 {
		path := "f" + strings.Repeat("x", i)
		paths = append(paths, path)
		s.write(path, strings.Repeat(path, 100))
	}
	s.git("add", "--all")
	set := s.staged(Options{})
	var group sync.WaitGroup
	for i, f := range set.Files {
		group.Go(func() {
			data, err := f.Load()
			if err != nil || string(data) != strings.Repeat(paths[i], 100) {
				t.Errorf("%s: %d bytes, %v", f.Path, len(data), err)
			}
		})
	}
	group.Wait()
}

// children is the number of processes that this one has started and not ended.
func children(t *testing.T) int {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(lists) == 0 {
		t.Skip("this system does not list the children of a process")
	}
	n := 0
	for _, list := range lists {
		data, err := os.ReadFile(list)
		if err == nil {
			n += len(strings.Fields(string(data)))
		}
	}
	return n
}

func TestNothingIsLeftBehind(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1")
	s.commit("start")
	goroutines, processes := runtime.NumGoroutine(), children(t)
	for range 5 {
		ctx, cancel := context.WithCancel(context.Background())
		r, err := Open(ctx, s.dir)
		if err != nil {
			t.Fatal(err)
		}
		set, err := r.Staged(ctx, Options{})
		if err != nil {
			t.Fatal(err)
		}
		want(t, "staged", describe(set.Files), `"f" = "1"`)
		if children(t) != processes+1 {
			t.Errorf("%d processes of git, want one", children(t)-processes)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, err := set.Files[0].Load(); !errors.Is(err, errClosed) {
			t.Errorf("Load after Close: %v", err)
		}
		cancel()
	}
	for wait := 0; runtime.NumGoroutine() > goroutines && wait < 100; wait++ {
		time.Sleep(20 * time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > goroutines {
		t.Errorf("%d goroutines are left", now-goroutines)
	}
	if now := children(t); now > processes {
		t.Errorf("%d processes are left", now-processes)
	}
}

func TestCancel(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1", "g", "2")
	s.git("add", "--all")
	processes := children(t)
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Open(ctx, s.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	set, err := r.Staged(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.Files[0].Load(); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := set.Files[1].Load(); !errors.Is(err, context.Canceled) {
		t.Errorf("Load: %v", err)
	}
	if _, err := r.Staged(ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Staged: %v", err)
	}
	if _, err := Tree(ctx, r, s.dir, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Tree: %v", err)
	}
	if now := children(t); now > processes {
		t.Errorf("%d processes are left", now-processes)
	}
}

// A git that hangs, and one that leaves a child with its standard output, are
// given up when the time is over.
func TestGitThatHangs(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the programs of this test are shell scripts")
	}
	for _, script := range []string{"exec sleep 60", "sleep 60"} {
		tools := sandbox{t, realTemp(t)}
		tools.write("git", "#!/bin/sh\n"+script+"\n")
		if err := os.Chmod(filepath.Join(tools.dir, "git"), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", tools.dir+":/usr/bin:/bin")
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		start := time.Now()
		if _, err := Open(ctx, tools.dir); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", script, err)
		}
		cancel()
		if took := time.Since(start); took > killDelay+5*time.Second {
			t.Errorf("%s: took %s", script, took)
		}
	}
}

func TestTooMuchOutput(t *testing.T) {
	s := newSandbox(t)
	for i := range 100 {
		s.write(strings.Repeat("x", i+1), "")
	}
	s.git("add", "--all")
	r := s.open()
	r.git.max = 1000
	if _, err := r.Staged(context.Background(), Options{}); err == nil || !strings.Contains(err.Error(), "more than 1000 bytes of output") {
		t.Errorf("%v", err)
	}
}

func TestLargeMessages(t *testing.T) {
	s := newSandbox(t)
	s.commit("start")
	id := s.gitIn(strings.Repeat("message\n", maxMessages/8+1), "commit-tree", "-p", "HEAD", "HEAD^{tree}")
	_, err := s.open().Range(context.Background(), "HEAD", id, Options{})
	if lack, ok := errors.AsType[*Incomplete](err); !ok || !strings.Contains(lack.Reason, "messages") {
		t.Errorf("%v", err)
	}
}

func TestReadUpTo(t *testing.T) {
	for _, c := range []struct {
		text        string
		limit, hint int64
		err         error
	}{
		{"", 0, 0, nil}, {"x", 0, 0, checks.ErrTooLarge}, {"abc", 3, 0, nil}, {"abc", 3, 99, nil}, {"abcd", 3, -1, checks.ErrTooLarge},
	} {
		data, err := readUpTo(strings.NewReader(c.text), c.limit, c.hint)
		if !errors.Is(err, c.err) || err == nil && string(data) != c.text {
			t.Errorf("%q, limit %d: %q, %v", c.text, c.limit, data, err)
		}
	}
}
