package source

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func (s sandbox) ranged(base, head string, opts Options) *Range {
	s.t.Helper()
	r, err := s.open().Range(context.Background(), base, head, opts)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// merge merges a branch without a commit, so that the test can change the result.
func (s sandbox) merge(branch string) {
	s.t.Helper()
	s.git("merge", "--quiet", "--no-ff", "--no-commit", "--strategy=ours", branch)
	s.git("checkout", branch, "--", ".")
}

func TestRange(t *testing.T) {
	for _, hash := range []string{"sha1", "sha256"} {
		t.Run(hash, func(t *testing.T) {
			s := newSandbox(t, "--object-format="+hash)
			s.write("same", "same", "changed", "old", "deleted", "gone", "renamed", "r", "reverted", "v1")
			start := s.commit("start")
			s.write("main-only", "m")
			base := s.commit("base moves on")
			s.git("checkout", "--quiet", "-b", "topic", start)
			s.write("changed", "between", "reverted", "v2", "secret", "s3cret")
			one := s.commit("one\n\nbody")
			s.write("changed", "new", "reverted", "v1", "added", "a")
			s.remove("secret")
			s.remove("deleted")
			s.git("mv", "renamed", "renamed-to")
			two := s.commit("two")

			got := s.ranged("main", "topic", Options{})
			want(t, "files", describe(got.Files),
				`"added" "a"`, `"changed" "new"`, `"renamed-to" "r"`, `"reverted" = "v1"`, `"same" = "same"`)
			want(t, "before", describe(got.Before), `"changed" "old"`, `"deleted" "gone"`, `"renamed" "r"`)
			want(t, "history", describe(got.History),
				`"changed" @`+one+` "between"`, `"reverted" @`+one+` "v2"`, `"secret" @`+one+` "s3cret"`)
			messages := []Message{{one, "one\n\nbody\n"}, {two, "two\n"}}
			if diff := cmp.Diff(messages, got.Messages); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if got.Base != base || got.MergeBase != start || got.Head != two {
				t.Errorf("base %s, merge base %s, head %s", got.Base, got.MergeBase, got.Head)
			}
			if got.Commits != 2 || got.Changed != 5 || got.Blobs != 5 {
				t.Errorf("%d commits, %d changed, %d blobs", got.Commits, got.Changed, got.Blobs)
			}
			changed := s.ranged("main", "topic", Options{ChangedOnly: true})
			want(t, "changed only", describe(changed.Files), `"added" "a"`, `"changed" "new"`, `"renamed-to" "r"`)
			if len(changed.Before) != 3 || len(changed.History) != 3 {
				t.Errorf("changed only: before %v, history %v", describe(changed.Before), describe(changed.History))
			}
			none := s.ranged("topic", "topic", Options{})
			if none.Commits != 0 || len(none.History) != 0 || len(none.Before) != 0 || len(none.Files) != 5 {
				t.Errorf("empty range: %+v", none)
			}
		})
	}
}

// What only a merge commit brings, and what a side branch brings and takes away.
func TestRangeWithMerges(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1", "g", "1")
	s.commit("start")
	s.git("checkout", "--quiet", "-b", "topic")
	s.write("g", "2")
	s.commit("topic")
	s.git("checkout", "--quiet", "-b", "side")
	s.write("side-secret", "s1")
	side := s.commit("add a secret")
	s.remove("side-secret")
	s.write("side", "kept")
	s.commit("remove it")
	s.git("checkout", "--quiet", "topic")
	s.merge("side")
	s.write("evil", "e1", "f", "evil")
	s.remove("side-secret")
	evil := s.commit("merge")
	s.remove("evil")
	s.write("f", "1")
	s.commit("clean up")

	got := s.ranged("main", "topic", Options{})
	want(t, "files", describe(got.Files), `"f" = "1"`, `"g" "2"`, `"side" "kept"`)
	want(t, "history", describe(got.History),
		`"evil" @`+evil+` "e1"`, `"f" @`+evil+` "evil"`, `"side-secret" @`+side+` "s1"`)
	if got.Commits != 5 || len(got.Messages) != 5 {
		t.Errorf("%d commits, %d messages", got.Commits, len(got.Messages))
	}
}

// What comes from the base by merging it is not brought by the range, however
// often that was done.
func TestRangeThatMergedItsBase(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1")
	s.commit("start")
	s.git("branch", "topic")
	for _, version := range []string{"m1", "m2"} {
		s.git("checkout", "--quiet", "main")
		s.write("main", version)
		s.commit(version)
		s.git("checkout", "--quiet", "topic")
		s.write("topic", version)
		s.commit("topic " + version)
		s.git("merge", "--quiet", "-m", "merge main", "main")
	}
	got := s.ranged("main", "topic", Options{})
	want(t, "files", describe(got.Files), `"f" = "1"`, `"main" = "m2"`, `"topic" "m2"`)
	first := s.git("rev-list", "--grep=topic m1", "topic", "--")
	want(t, "history", describe(got.History), `"topic" @`+first+` "m1"`)
}

// A blob is judged at each new path, also if the base has it elsewhere or had it
// long ago, whatever index the repository has over it.
func TestRangeWithKnownBlobs(t *testing.T) {
	s := newSandbox(t)
	s.write("dev/key", "k1", "retired", "k0")
	s.commit("start")
	s.remove("retired")
	s.commit("retire")
	s.git("checkout", "--quiet", "-b", "topic")
	s.write("prod/key", "k1", "retired", "k0", "short", "k1")
	one := s.commit("copy")
	s.remove("short")
	s.commit("clean up")
	check := func(what string) {
		t.Helper()
		got := s.ranged("main", "topic", Options{})
		want(t, what, describe(got.Files), `"dev/key" = "k1"`, `"prod/key" "k1"`, `"retired" "k0"`)
		want(t, what+", history", describe(got.History), `"short" @`+one+` "k1"`)
		if got.Blobs != 1 {
			t.Errorf("%s: %d blobs, want that of retired, which no tree at the edge of the range has", what, got.Blobs)
		}
	}
	check("plain")
	s.git("repack", "-a", "-d", "--quiet", "--write-bitmap-index")
	s.git("commit-graph", "write", "--reachable", "--changed-paths")
	check("with a bitmap index")
}

func TestRangeFromRoot(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1")
	s.commit("start")
	s.git("checkout", "--quiet", "--orphan", "other")
	s.write("o", "secret")
	root := s.commit("other root")
	s.remove("o")
	s.commit("clean up")
	s.git("checkout", "--quiet", "main")
	s.git("checkout", "--quiet", "-b", "topic")
	s.git("merge", "--quiet", "--allow-unrelated-histories", "-m", "merge", "other")
	want(t, "history", describe(s.ranged("main", "topic", Options{}).History), `"o" @`+root+` "secret"`)
}

// Trees that git would not write but reads.
func TestHandmadeTrees(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1")
	s.commit("start")
	hex := func(content string) string { return s.gitIn(content, "hash-object", "-w", "--stdin") }
	raw := func(id string) string {
		var b strings.Builder
		for i := 0; i < len(id); i += 2 {
			b.WriteByte(unhex(id[i])<<4 | unhex(id[i+1]))
		}
		return b.String()
	}
	inner := s.gitIn("100644 x\x00"+raw(hex("up")), "hash-object", "-t", "tree", "-w", "--stdin", "--literally")
	tree := s.gitIn("40000 ..\x00"+raw(inner)+"100644 f\x00"+raw(hex("2"))+"100644 f\x00"+raw(hex("3")), "hash-object", "-t", "tree", "-w", "--stdin", "--literally")
	bad := s.git("commit-tree", "-p", "HEAD", "-m", "bad", tree)
	good := s.git("commit-tree", "-p", bad, "-m", "good", "HEAD^{tree}")

	got := s.ranged("HEAD", bad, Options{})
	files := strings.Join(append(describe(got.Files), describe(got.History)...), "\n")
	for _, line := range []string{`"../x" ERROR its path is one that git never writes`, `"f" "2"`, `"f" "3"`} {
		if !strings.Contains(files, line) {
			t.Errorf("at the head: no %s in\n%s", line, files)
		}
	}
	files = strings.Join(describe(s.ranged("HEAD", good, Options{}).History), "\n")
	for _, line := range []string{`"../x" @` + bad + ` ERROR its path is one that git never writes`, ` "2"`, ` "3"`} {
		if !strings.Contains(files, line) {
			t.Errorf("in history: no %s in\n%s", line, files)
		}
	}
}

// A new blob that no change shows is listed all the same.
func TestBlobWithoutPair(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1")
	s.commit("start")
	s.git("checkout", "--quiet", "-b", "topic")
	s.write("f", "2")
	two := s.commit("two")
	r := s.open()
	ends, err := r.preflight(context.Background(), "main", "topic")
	if err != nil {
		t.Fatal(err)
	}
	w := walk{repo: r, ctx: context.Background(), limit: 100, out: ends}
	for _, step := range []func(bool) error{w.countBlobs, w.compareEnds} {
		if err := step(false); err != nil {
			t.Fatal(err)
		}
	}
	w.blobs = append(w.blobs, entry{path: "hidden", id: s.gitIn("h", "hash-object", "-w", "--stdin")})
	if err := w.collectHistory(false); err != nil {
		t.Fatal(err)
	}
	want(t, "history", describe(w.out.History), `"hidden" @`+two+` "h"`)
}

func unhex(c byte) byte { return byte(strings.IndexByte("0123456789abcdef", c)) }

// clones are clones that do not hold the range origin/main..HEAD. What the error
// says mends each, in a few steps at most.
var clones = []struct {
	name, reason string
	args         []string
}{
	{"depth 1", "the clone is shallow", []string{"--depth=1", "--branch=topic"}},
	{"depth 2, all branches", "the clone is shallow", []string{"--depth=2", "--no-single-branch", "--branch=topic"}},
	{"single branch", "the base origin/main is not in this clone", []string{"--single-branch", "--branch=topic"}},
	{"without blobs", "objects of the range are missing", []string{"--filter=blob:none", "--branch=topic"}},
	{"without trees", "objects of the range are missing", []string{"--filter=tree:0", "--branch=topic"}},
}

func TestIncompleteClones(t *testing.T) {
	s := newSandbox(t)
	s.git("config", "uploadpack.allowFilter", "true")
	s.git("config", "uploadpack.allowAnySHA1InWant", "true")
	s.write("f", "1", "g", "1")
	s.commit("start")
	s.git("checkout", "--quiet", "-b", "topic")
	s.write("f", "2", "secret", "x")
	one := s.commit("one")
	s.remove("secret")
	s.write("f", "3")
	s.commit("two")
	s.git("checkout", "--quiet", "main")
	s.write("m", "m")
	s.commit("base moves on")
	for _, c := range clones {
		t.Run(c.name, func(t *testing.T) {
			clone := sandbox{t, filepath.Join(realTemp(t), "clone")}
			args := append([]string{"-c", "protocol.file.allow=always", "clone", "--quiet"}, c.args...)
			s.git(append(args, "file://"+s.dir, clone.dir)...)
			for range 3 {
				got, err := clone.open().Range(context.Background(), "origin/main", "HEAD", Options{})
				lack, incomplete := errors.AsType[*Incomplete](err)
				if !incomplete {
					if err != nil {
						t.Fatal(err)
					}
					want(t, "files", describe(got.Files), `"f" "3"`, `"g" = "1"`)
					want(t, "before", describe(got.Before), `"f" "1"`)
					want(t, "history", describe(got.History), `"f" @`+one+` "2"`, `"secret" @`+one+` "x"`)
					if c.reason != "" {
						t.Errorf("never said %q", c.reason)
					}
					return
				}
				if strings.Contains(lack.Reason, c.reason) {
					c.reason = ""
				}
				t.Log(lack)
				clone.mend(lack)
			}
			t.Error("not mended")
		})
	}
}

func TestRangeWithoutItsEnds(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1")
	s.commit("start")
	unknown := strings.Repeat("0123456789", 4)
	lack := func(base, head string) *Incomplete {
		t.Helper()
		_, err := s.open().Range(context.Background(), base, head, Options{})
		lack, ok := errors.AsType[*Incomplete](err)
		if !ok {
			t.Fatalf("%s..%s: %v", base, head, err)
		}
		return lack
	}
	if got := lack("gone", "HEAD"); got.Mend != "git remote add origin URL && git fetch origin" {
		t.Errorf("without a remote: %v", got)
	}
	s.git("remote", "add", "origin", "https://example.com/x")
	for _, c := range []struct{ base, head, reason, mend string }{
		{"gone", "HEAD", "the base gone is not in this clone", "git fetch origin gone:gone"},
		{"origin/gone", "HEAD", "the base origin/gone is not in this clone", "git fetch origin +refs/heads/gone:refs/remotes/origin/gone"},
		{unknown, "HEAD", "the base " + unknown + " is not in this clone", "git fetch origin " + unknown},
		{"HEAD", "gone~1", "the head gone~1 is not in this clone", "git fetch origin"},
		{"a;touch $(x)", "HEAD", "the base a;touch $(x) is not in this clone", "git fetch origin 'a;touch $(x):a;touch $(x)'"},
		{"it's", "HEAD", "the base it's is not in this clone", `git fetch origin 'it'\''s:it'\''s'`},
	} {
		if got := lack(c.base, c.head); got.Reason != c.reason || got.Mend != c.mend {
			t.Errorf("%s..%s:\n%s\n%s", c.base, c.head, got.Reason, got.Mend)
		}
	}
	for _, rev := range []string{"", "--output=x", "-x", "a\nb"} {
		if _, err := s.open().Range(context.Background(), rev, "HEAD", Options{}); err == nil || !strings.Contains(err.Error(), "not a revision") {
			t.Errorf("%q: %v", rev, err)
		}
	}
	s.git("checkout", "--quiet", "--orphan", "other")
	s.write("f", "2")
	s.commit("other")
	if got := lack("main", "HEAD"); !strings.Contains(got.Reason, "no commit in common") {
		t.Error(got)
	}
	unborn := newSandbox(t)
	_, err := unborn.open().Range(context.Background(), "HEAD", "HEAD", Options{})
	if _, ok := errors.AsType[*Incomplete](err); !ok {
		t.Errorf("before the first commit: %v", err)
	}
}

// An object that nobody promised to give later is missing all the same.
func TestRangeInDamagedRepository(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1")
	s.commit("start")
	s.git("checkout", "--quiet", "-b", "topic")
	s.write("f", "2")
	s.commit("two")
	s.write("f", "3")
	s.commit("three")
	id := s.git("rev-parse", "topic~1:f")
	s.remove(filepath.Join(".git/objects", id[:2], id[2:]))
	_, err := s.open().Range(context.Background(), "main", "topic", Options{})
	if lack, ok := errors.AsType[*Incomplete](err); !ok || lack.Mend != "git fsck --full" {
		t.Errorf("%v", err)
	}
}
