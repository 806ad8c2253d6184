package codeowners

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The index must answer what comparing every rule in turn answers.
func TestIndexAgreesWithEveryRuleInTurn(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 200 {
		var text strings.Builder
		for i := range 40 {
			fmt.Fprintf(&text, "%s @o%d\n", randomPattern(random), i)
		}
		for _, dialect := range []Dialect{GitHub, Bitbucket, GitLab} {
			f := Parse([]byte(text.String()), dialect)
			for range 50 {
				path := randomPath(random)
				if random.IntN(10) == 0 {
					path += "/"
				}
				want := -1
				var all []int32
				for i, s := range f.slots {
					if f.Rules[s.rule].Matches(path) {
						want = i
						all = append([]int32{int32(i)}, all...)
					}
				}
				if got := int(f.index.last(path)); got != want {
					t.Fatalf("round %d, %s: last rule for %s: %d, want %d\n%s", round, dialect, path, got, want, text.String())
				}
				if diff := cmp.Diff(all, f.index.all(path)); diff != "" {
					t.Fatalf("round %d, %s: rules for %s (-in turn +index):\n%s", round, dialect, path, diff)
				}
			}
		}
	}
}

// What an expression must begin and end with is only a short cut.
func TestExpressionsAgreeWithTheIndex(t *testing.T) {
	expressions := []string{"a/.*", `.*\\.b`, "a|b", "(a|b)/c", "(?i)A/B", "(?i).*B", "!a/.*", "!.*b", "a.*b|c", ".*(a|b)", "a+", "", "x*", ".*é"}
	paths := []string{"a", "b", "a/b", "A/B", "a/c", "b/c", "x.b", "c", "ab", "aab", "/", "é", "a/é", "a.b/c"}
	for _, e := range expressions {
		f := Parse([]byte(e+" @a\n"), Gitea)
		for _, r := range f.Rules {
			for _, path := range paths {
				if got, want := f.Owners(path).State == Owned, r.Matches(path); got != want {
					t.Errorf("%s owns %s: %v, compared alone %v", e, path, got, want)
				}
			}
		}
	}
}

func TestOwnersInParallel(t *testing.T) {
	f := Parse([]byte(manyRules(200)), GitHub)
	paths := manyPaths(500)
	want := make([]int, len(paths))
	for i, path := range paths {
		want[i] = f.Owners(path).Line
	}
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for i, path := range paths {
				if got := f.Owners(path).Line; got != want[i] {
					t.Errorf("%s: line %d, alone %d", path, got, want[i])
				}
			}
		})
	}
}

// A thousand rules of all shapes, as a large configuration repository has them.
func manyRules(n int) string {
	var b strings.Builder
	b.WriteString("* @org/fallback\n")
	for i := 1; i < n; i++ {
		switch i % 10 {
		case 0:
			fmt.Fprintf(&b, "*.ext%d @org/t%d\n", i, i)
		case 1:
			fmt.Fprintf(&b, "/clusters/c%d/**/secrets/ @org/t%d\n", i, i)
		case 2:
			fmt.Fprintf(&b, "**/team-%d/* @org/t%d\n", i, i)
		case 3:
			fmt.Fprintf(&b, "name%d.yaml @org/t%d\n", i, i)
		case 4:
			fmt.Fprintf(&b, "/apps/*/env%d/ @org/t%d\n", i, i)
		case 5:
			fmt.Fprintf(&b, "/apps/app%d/*.y?ml @org/t%d\n", i, i)
		case 6:
			fmt.Fprintf(&b, "app-%d-* @org/t%d\n", i, i)
		default:
			fmt.Fprintf(&b, "/apps/app%d/ @org/t%d someone@example.com\n", i, i)
		}
	}
	return b.String()
}

func manyPaths(n int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	paths := make([]string, n)
	for i := range paths {
		switch i % 4 {
		case 0:
			paths[i] = fmt.Sprintf("apps/app%d/env%d/deployment-%d.yaml", random.IntN(1000), random.IntN(1000), i)
		case 1:
			paths[i] = fmt.Sprintf("clusters/c%d/flux/%d/secrets/s%d.yaml", random.IntN(1000), random.IntN(50), i)
		case 2:
			paths[i] = fmt.Sprintf("teams/team-%d/name%d.yaml", random.IntN(1000), random.IntN(1000))
		default:
			paths[i] = fmt.Sprintf("x/y/z/app-%d-%d/file%d.ext%d", random.IntN(1000), i, i, random.IntN(1000))
		}
	}
	return paths
}

// The promise is half a second of one processor; the test allows a busy machine
// more, and a comparison of every rule with every path still cannot pass.
func TestThousandRulesAgainstHundredThousandPaths(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: measures time")
	}
	for _, dialect := range []Dialect{GitHub, GitLab} {
		f := Parse([]byte(manyRules(1000)), dialect)
		paths := manyPaths(100_000)
		start := time.Now()
		owned := 0
		for _, path := range paths {
			if f.Owners(path).State == Owned {
				owned++
			}
		}
		took := time.Since(start)
		t.Logf("%s: %v", dialect, took)
		if owned != len(paths) {
			t.Errorf("%s: %d of %d paths are owned", dialect, owned, len(paths))
		}
		if took > 5*time.Second {
			t.Errorf("%s: %v", dialect, took)
		}
	}
}

func BenchmarkOwners(b *testing.B) {
	paths := manyPaths(100_000)
	for _, dialect := range []Dialect{GitHub, GitLab} {
		b.Run(string(dialect)+"/1000x100000", func(b *testing.B) {
			f := Parse([]byte(manyRules(1000)), dialect)
			b.ReportAllocs()
			for b.Loop() {
				for _, path := range paths {
					f.Owners(path)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	data := []byte(manyRules(1000))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(data, GitHub)
	}
}
