package source

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLastChanges(t *testing.T) {
	ctx := context.Background()
	s := newSandbox(t)
	if last, complete, err := s.open().LastChanges(ctx, []string{"a"}); err != nil || len(last) != 0 || !complete {
		t.Errorf("before the first commit: %v, %v, %v", last, complete, err)
	}
	at := func(day string) {
		t.Setenv("GIT_COMMITTER_DATE", day+"T00:00:00Z")
	}
	at("2026-01-01")
	s.write("a", "1", "b", "1", "sub/*", "1", "c", "1")
	s.commit("first")
	s.git("checkout", "--quiet", "-b", "side")
	at("2026-01-02")
	s.write("b", "2")
	s.commit("second")
	s.git("checkout", "--quiet", "main")
	at("2026-01-03")
	s.write("a", "2")
	s.commit("third")
	at("2026-01-04")
	s.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
	s.write("sub/*", "of the merge itself")
	s.commit("merge")
	at("2026-01-05")
	s.write("c", "2")
	s.git("add", "c")

	last, complete, err := s.open().LastChanges(ctx, []string{"a", "b", "c", "sub/*", "nowhere"})
	if err != nil || !complete {
		t.Fatal(complete, err)
	}
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	want := map[string]time.Time{"a": day(3), "b": day(2), "c": day(1), "sub/*": day(4)}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	clone := sandbox{t, filepath.Join(realTemp(t), "clone")}
	s.git("-c", "protocol.file.allow=always", "clone", "--quiet", "--depth=1", "file://"+s.dir, clone.dir)
	if _, complete, err := clone.open().LastChanges(ctx, []string{"a"}); err != nil || complete {
		t.Errorf("a shallow clone is complete: %v, %v", complete, err)
	}
}

func TestDefaultBranch(t *testing.T) {
	ctx := context.Background()
	s := newSandbox(t)
	is := func(r sandbox, want Branch) {
		t.Helper()
		got, err := r.open().DefaultBranch(ctx)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v\n-want +got:\n%s", err, diff)
		}
	}
	is(s, Branch{})
	first := s.commit("first")
	is(s, Branch{"main", first})
	s.git("branch", "--move", "trunk")
	is(s, Branch{})
	s.git("branch", "master")
	s.commit("second")
	is(s, Branch{"master", first})

	clone := sandbox{t, filepath.Join(realTemp(t), "clone")}
	s.git("-c", "protocol.file.allow=always", "clone", "--quiet", "file://"+s.dir, clone.dir)
	is(clone, Branch{"origin/trunk", s.git("rev-parse", "trunk")})
	clone.git("checkout", "--quiet", "-b", "main")
	clone.commit("own")
	is(clone, Branch{"origin/trunk", s.git("rev-parse", "trunk")})
	clone.git("remote", "set-head", "origin", "--delete")
	is(clone, Branch{"origin/master", first})

	for want, r := range map[bool]sandbox{true: clone, false: s} {
		if got, err := r.open().HasRemoteBranches(ctx); err != nil || got != want {
			t.Errorf("has branches of a remote: %v, %v, want %v", got, err, want)
		}
	}
}
