package source

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks"
)

var exposures = map[checks.Exposure]string{checks.Unknown: "unknown", checks.Committed: "committed", checks.Pushed: "pushed"}

// describeVersions writes versions as lines: path, content, how far it got, and what
// is known of a commit that was not pushed.
func describeVersions(t *testing.T, list []checks.Version) []string {
	t.Helper()
	lines := []string{}
	for _, v := range list {
		data, err := v.Load()
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%s %q %s", v.Path, data, exposures[v.Commit.Exposure])
		if v.Commit.Exposure == checks.Committed {
			line += " " + v.Commit.ID
		}
		if v.Commit.Last {
			line += " last"
		}
		if v.Commit.Root {
			line += " root"
		}
		lines = append(lines, line)
	}
	return lines
}

func (s sandbox) past(head string, opts Options) checks.Past {
	return s.open().past(context.Background(), head, opts)
}

func (s sandbox) wantPast(p checks.Past, what string, far, complete bool, lines ...string) {
	s.t.Helper()
	list, all := p.Versions([]string{"f", "sub/*", "absent"}, far)
	if all != complete {
		s.t.Errorf("%s: complete is %t", what, all)
	}
	got := describeVersions(s.t.(*testing.T), list)
	slices.Sort(lines)
	slices.Sort(got)
	want(s.t.(*testing.T), what, got, lines...)
}

func TestPast(t *testing.T) {
	s := newSandbox(t)
	s.wantPast(s.past("", Options{}), "before the first commit", false, true)
	s.wantPast(s.past("", Options{}), "before the first commit, far", true, true)
	s.write("f", "1", "sub/*", "star", "sub/other", "x")
	root := s.commit("start")
	s.write("f", "2")
	two := s.commit("two")
	s.wantPast(s.past("", Options{}), "no remote", false, true,
		`f "1" committed `+root+` root`, `f "2" committed `+two+` last`, `sub/* "star" committed `+root+` root`)
	s.wantPast(s.past("", Options{}), "no remote, far", true, true)

	s.git("update-ref", "refs/remotes/origin/main", root)
	s.write("f", "3")
	three := s.commit("three")
	p := s.past("", Options{})
	s.wantPast(p, "two commits ahead", false, true, `f "2" committed `+two, `f "3" committed `+three+` last`, `sub/* "star" pushed`)
	s.wantPast(p, "two commits ahead, far", true, true, `f "1" pushed`, `sub/* "star" pushed`)
	s.wantPast(s.past(root, Options{}), "of a pushed commit", false, true, `f "1" pushed`, `sub/* "star" pushed`)
	for id, want := range map[string]checks.Commit{
		root: {ID: root, Exposure: checks.Pushed}, two: {ID: two, Exposure: checks.Committed}, three: {ID: three, Exposure: checks.Committed, Last: true},
	} {
		if got := p.Commit(id); got != want {
			t.Errorf("commit %s: %+v, want %+v", id, got, want)
		}
	}
	known := s.past("", Options{OnRemote: true})
	s.wantPast(known, "known to be on a remote", false, true, `f "3" pushed`, `sub/* "star" pushed`)
	s.wantPast(known, "known to be on a remote, far", true, true, `f "1" pushed`, `f "2" pushed`, `f "3" pushed`, `sub/* "star" pushed`)
	if got := known.Commit(two); got.Exposure != checks.Pushed {
		t.Errorf("known to be on a remote: %+v", got)
	}

	// Fetched, and on no branch; and from the repository itself, which is no remote.
	fetchHead := filepath.Join(s.dir, ".git/FETCH_HEAD")
	for line, want := range map[string]checks.Exposure{
		two + "\t\tbranch 'x' of https://example.org/x\n":               checks.Pushed,
		two + "\tnot-for-merge\t'refs/pipelines/7' of example.org:x\n":  checks.Pushed,
		two + "\t\tbranch 'x' of .\n":                                   checks.Committed,
		strings.Repeat("0123456789", 4) + "\t\tgone of example.org:x\n": checks.Committed,
		"no ID\n": checks.Committed,
	} {
		if err := os.WriteFile(fetchHead, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := s.past("", Options{}).Commit(two).Exposure; got != want {
			t.Errorf("%q: %s, want %s", line, exposures[got], exposures[want])
		}
	}
}

// A value that came by merging a branch of a remote is not one of the commit that
// merged it, and a commit that was rewritten after it was pushed was pushed.
func TestPastOfMergesAndRebases(t *testing.T) {
	s := newSandbox(t)
	s.write("g", "1")
	s.commit("start")
	s.git("checkout", "--quiet", "-b", "theirs")
	s.write("f", "theirs")
	s.git("update-ref", "refs/remotes/origin/theirs", s.commit("theirs"))
	s.git("checkout", "--quiet", "main")
	s.write("g", "2")
	s.commit("mine")
	s.git("merge", "--quiet", "--no-ff", "-m", "merge", "theirs")
	p := s.past("", Options{})
	list, complete := p.Versions([]string{"f"}, true)
	want(t, "far", describeVersions(t, list), `f "theirs" pushed`)
	if !complete {
		t.Error("not complete")
	}

	s.write("f", "mine")
	s.git("update-ref", "refs/remotes/origin/main", s.commit("pushed"))
	s.git("commit", "--quiet", "--amend", "-m", "rewritten")
	list, _ = s.past("", Options{}).Versions([]string{"f"}, true)
	want(t, "far after a rewrite", describeVersions(t, list), `f "theirs" pushed`, `f "mine" pushed`)
}

func TestPastOfAShallowClone(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1")
	s.commit("start")
	s.write("f", "2")
	s.commit("two")
	clone := sandbox{t, filepath.Join(realTemp(t), "clone")}
	s.git("-c", "protocol.file.allow=always", "clone", "--quiet", "--depth=1", "file://"+s.dir, clone.dir)
	clone.wantPast(clone.past("", Options{}), "shallow", false, true, `f "2" pushed`)
	clone.wantPast(clone.past("", Options{}), "shallow, far", true, false, `f "2" pushed`)
}

// What is not in a repository has no past, and nothing is claimed of it.
func TestNoPast(t *testing.T) {
	set := Stdin(strings.NewReader("x"), "x", 0)
	if list, complete := set.Past.Versions([]string{"x"}, true); len(list) > 0 || complete {
		t.Errorf("%v, complete %t", list, complete)
	}
}

func TestMessageFiles(t *testing.T) {
	r := Range{Messages: []Message{{"0123", "short"}, {"4567", "too long"}}}
	files := r.MessageFiles(Options{MaxBytes: 5})
	want(t, "messages", describe(files), `"commit message" @0123 "short"`, `"commit message" @4567 ERROR `+checks.ErrTooLarge.Error())
	if !files[0].Message {
		t.Error("not marked as a message")
	}
}

// The number of git commands does not depend on the number of files.
func TestPastAsksGitInBatches(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("left out: the commands are counted by a shell script")
	}
	s := newSandbox(t)
	var paths []string
	for i := range 300 {
		paths = append(paths, fmt.Sprintf("f%d", i))
		s.write(paths[i], fmt.Sprint(i))
	}
	s.git("update-ref", "refs/remotes/origin/main", s.commit("start"))
	s.write("f0", "new")
	s.commit("more")

	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	bin, calls := realTemp(t), filepath.Join(realTemp(t), "calls")
	script := fmt.Sprintf("#!/bin/sh\necho \"$*\" >> '%s'\nexec '%s' \"$@\"\n", calls, real)
	if err := os.WriteFile(filepath.Join(bin, "git"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	set, err := Tree(context.Background(), s.open(), s.dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	asked := func() int {
		data, err := os.ReadFile(calls)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(data), "\n")
	}
	before := asked()
	for _, far := range []bool{false, true} {
		list, complete := set.Past.Versions(paths, far)
		if len(list) != 300 || !complete {
			t.Errorf("far %t: %d versions, want 300", far, len(list))
		}
		for _, v := range list {
			if _, err := v.Load(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := asked() - before; before == 0 || n > 14 {
		t.Errorf("%d commands of git, after %d that list the tree", n, before)
	}
}
