package source

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// randomHistory is a history with merges, each commit with any of a few contents
// at a few paths. It gives the IDs and the parents, by number.
func randomHistory(s sandbox, random *rand.Rand, commits int) (ids []string, parents [][]int) {
	var stream strings.Builder
	for n := range commits {
		var from []int
		for range min(n, 1+random.IntN(3)) {
			from = append(from, max(0, n-1-random.IntN(6)))
		}
		parents = append(parents, from)
		fmt.Fprintf(&stream, "commit refs/heads/c%d\nmark :%d\ncommitter Ada <ada@example.com> %d +0000\ndata 1\nx\n", n, n+1, 1767322800+n)
		for i, p := range from {
			fmt.Fprintf(&stream, "%s :%d\n", []string{"from", "merge", "merge"}[i], p+1)
		}
		stream.WriteString("deleteall\n")
		for path := range 4 {
			if content := random.IntN(6); content > 0 {
				fmt.Fprintf(&stream, "M 100644 inline d%d/f%d\ndata 2\n%d\n\n", path%2, path, content)
			}
		}
	}
	s.gitIn(stream.String(), "fast-import", "--quiet")
	for n := range commits {
		ids = append(ids, s.git("rev-parse", fmt.Sprintf("c%d", n)))
	}
	return ids, parents
}

// TestRangeMissesNothing compares a range with what looking into every tree of
// every commit finds.
func TestRangeMissesNothing(t *testing.T) {
	ctx := context.Background()
	found := 0
	for seed := range uint64(6) {
		s := newSandbox(t)
		random := rand.New(rand.NewPCG(seed, 0))
		ids, parents := randomHistory(s, random, 25)
		r := s.open()
		trees, number := map[string]map[pair]bool{}, map[string]int{}
		for n, id := range ids {
			number[id], trees[id] = n, map[pair]bool{}
			entries, err := r.tree(ctx, id, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				trees[id][pair{e.path, e.id}] = true
			}
		}
		for range 6 {
			base, head := ids[random.IntN(len(ids))], ids[random.IntN(len(ids))]
			got, err := r.Range(ctx, base, head, Options{})
			if _, unrelated := errors.AsType[*Incomplete](err); unrelated {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			var known []pair // at the ends and in the whole past of the base
			for p := range trees[head] {
				known = append(known, p)
			}
			for _, id := range strings.Fields(s.git("rev-list", base)) {
				for p := range trees[id] {
					known = append(known, p)
				}
			}
			seen, exact := map[pair]bool{}, map[pair]bool{}
			for _, p := range known {
				seen[p] = true
			}
			for _, f := range got.History {
				data, err := f.Load()
				if err != nil {
					t.Fatal(err)
				}
				p := pair{f.Path, s.gitIn(string(data), "hash-object", "--stdin")}
				if exact[p] || trees[head][p] || trees[got.MergeBase][p] {
					t.Errorf("seed %d, %s..%s: %v is listed twice or stands at an end", seed, base, head, p)
				}
				n := number[f.Commit]
				for _, parent := range parents[n] {
					if trees[ids[parent]][p] || !trees[f.Commit][p] {
						t.Errorf("seed %d, %s..%s: commit %d does not bring %v", seed, base, head, n, p)
					}
				}
				exact[p], seen[p] = true, true
				found++
			}
			commits := strings.Fields(s.git("rev-list", head, "^"+base))
			for _, id := range commits {
				for p := range trees[id] {
					if !seen[p] {
						t.Errorf("seed %d, %s..%s: %v of commit %d is missed", seed, base, head, p, number[id])
					}
				}
			}
			if got.Commits != len(commits) || got.Base != base || got.Head != head {
				t.Errorf("seed %d: %d commits, want %d", seed, got.Commits, len(commits))
			}
			checkSides(t, got, trees[got.MergeBase], trees[head])
		}
	}
	if found < 20 {
		t.Errorf("only %d pairs in all histories: this test shows too little", found)
	}
}

// checkSides compares the files of both sides with the trees.
func checkSides(t *testing.T, got *Range, old, now map[pair]bool) {
	t.Helper()
	at := func(tree map[pair]bool, path string) string {
		for p := range tree {
			if p.path == path {
				return p.id
			}
		}
		return ""
	}
	before := map[string]bool{}
	for _, f := range got.Before {
		before[f.Path] = true
		if id := at(old, f.Path); id == "" || id == at(now, f.Path) {
			t.Errorf("before: %s did not change", f.Path)
		}
	}
	for _, f := range got.Files {
		id := at(now, f.Path)
		if same := id == at(old, f.Path); id == "" || f.Unchanged != same {
			t.Errorf("%s: unchanged is %v", f.Path, f.Unchanged)
		}
	}
	for p := range old {
		if at(now, p.path) != p.id && !before[p.path] {
			t.Errorf("before: %s is missing", p.path)
		}
	}
	if len(got.Files) != len(now) {
		t.Errorf("%d files, want %d", len(got.Files), len(now))
	}
}
