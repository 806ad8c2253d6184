package codeowners

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func compared(base, head []byte, dialect Dialect, trees Trees) []string {
	var got []string
	for _, d := range Compare(Parse(base, dialect), Parse(head, dialect), trees) {
		said := d.Path
		if d.From != "" {
			said = d.From + " => " + d.Path
		}
		if d.Section != "" {
			said += " [" + d.Section + "]"
		}
		said += fmt.Sprintf(": %s, %s: %s (%d) -> %s (%d)", d.Shift, d.Cause, strings.Join(Names(d.Before), " "), d.BaseLine, strings.Join(Names(d.After), " "), d.HeadLine)
		if d.ToFallback {
			said += " fallback"
		}
		if !d.Weakens() {
			said += " stronger"
		}
		got = append(got, said)
	}
	return got
}

func TestCompare(t *testing.T) {
	tree := []string{"prod/a.yaml", "prod/x/b.yaml", "web/c.yaml"}
	for _, c := range []struct {
		name       string
		dialect    Dialect
		base, head []byte
		renames    map[string]string
		want       []string
	}{
		{"nothing", GitHub, lines("/prod/ @p"), lines("# moved", "/prod/ @P"), nil, nil},
		{"the rule goes, nobody is left", GitHub, lines("/prod/ @p", "/web/ @w"), lines("/web/ @w"), nil, []string{
			"prod/a.yaml: removed, rule-deleted: @p (1) ->  (0)",
			"prod/x/b.yaml: removed, rule-deleted: @p (1) ->  (0)"}},
		{"the rule goes, everyone is left", GitHub, lines("* @all", "/prod/ @p"), lines("* @all"), nil, []string{
			"prod/a.yaml: replaced, rule-deleted: @p (2) -> @all (1) fallback",
			"prod/x/b.yaml: replaced, rule-deleted: @p (2) -> @all (1) fallback"}},
		{"the owners go", GitHub, lines("/prod/x/ @p"), lines("/prod/x/"), nil, []string{
			"prod/x/b.yaml: cleared, rule-edited: @p (1) ->  (1)"}},
		{"another owner", GitHub, lines("/prod/x/ @p"), lines("/prod/x/ @q"), nil, []string{
			"prod/x/b.yaml: replaced, rule-edited: @p (1) -> @q (1)"}},
		{"one owner more", GitHub, lines("/prod/x/ @p"), lines("/prod/x/ @q @p"), nil, []string{
			"prod/x/b.yaml: widened, rule-edited: @p (1) -> @q @p (1)"}},
		{"one owner less", GitHub, lines("/prod/x/ @p @q"), lines("/prod/x/ @p"), nil, []string{
			"prod/x/b.yaml: narrowed, rule-edited: @p @q (1) -> @p (1) stronger"}},
		{"a later line", GitHub, lines("/prod/ @p"), lines("/prod/ @p", "*.yaml @y"), nil, []string{
			"prod/a.yaml: replaced, hijacked: @p (1) -> @y (2)",
			"prod/x/b.yaml: replaced, hijacked: @p (1) -> @y (2)",
			"web/c.yaml: gained, rule-added:  (0) -> @y (2) stronger"}},
		{"a later line without owners", GitHub, lines("/prod/ @p"), lines("/prod/ @p", "/prod/x/"), nil, []string{
			"prod/x/b.yaml: cleared, hijacked: @p (1) ->  (2)"}},
		{"the same line again, for others", GitHub, lines("* @all", "/prod/x/ @p"), lines("* @all", "/prod/x/ @p", "/prod/x/ @me"), nil, []string{
			"prod/x/b.yaml: replaced, hijacked: @p (2) -> @me (3)"}},
		{"the lines change places", GitHub, lines("* @all", "/prod/x/ @p"), lines("/prod/x/ @p", "* @all"), nil, []string{
			"prod/x/b.yaml: replaced, hijacked: @p (2) -> @all (2) fallback"}},
		{"the line is spoiled", GitHub, lines("* @all", "/prod/x/ @p"), lines("* @all", "/prod/x/ @p p"), nil, []string{
			"prod/x/b.yaml: replaced, line-skipped: @p (2) -> @all (1) fallback"}},
		{"one spoiled line on an older host", GitHubLegacy, lines("/web/ @w"), lines("/web/ @w", "[x] @y"), nil, []string{
			"web/c.yaml: removed, file-ignored: @w (1) ->  (0)"}},
		{"the pattern becomes shallow", GitHub, lines("/prod/ @p"), lines("/prod/* @p"), nil, []string{
			"prod/x/b.yaml: removed, rule-deleted: @p (1) ->  (0)"}},
		{"moved out of an owned folder", GitHub, lines("* @all", "/prod/ @p"), lines("* @all", "/prod/ @p"), map[string]string{"web/c.yaml": "prod/c.yaml"}, []string{
			"prod/c.yaml => web/c.yaml: replaced, renamed: @p (2) -> @all (1) fallback"}},
		{"moved within it", GitHub, lines("/prod/ @p"), lines("/prod/ @p"), map[string]string{"prod/x/b.yaml": "prod/b.yaml"}, nil},
		{"a section goes", GitLab, lines("* @all", "[S]", "/prod/x/ @s"), lines("* @all"), nil, []string{
			"prod/x/b.yaml [S]: removed, rule-deleted: @s (3) ->  (0) fallback"}},
		{"a section becomes optional", GitLab, lines("[S]", "/prod/x/ @s"), lines("^[S]", "/prod/x/ @s"), nil, []string{
			"prod/x/b.yaml [S]: lowered, rule-edited: @s (2) -> @s (2)"}},
		{"fewer approvals", GitLab, lines("[S][2]", "/prod/x/ @s"), lines("[s]", "/prod/x/ @s"), nil, []string{
			"prod/x/b.yaml [S]: lowered, rule-edited: @s (2) -> @s (2)"}},
		{"an exclusion", GitLab, lines("[S]", "/prod/ @s"), lines("[S]", "/prod/ @s", "!/prod/x/"), nil, []string{
			"prod/x/b.yaml [S]: cleared, hijacked: @s (2) ->  (3)"}},
		{"a section of another name that asks the same", GitLab, lines("[S][2] @s", "/prod/x/"), lines("[T][2]", "/prod/x/ @S"), nil, []string{
			"prod/x/b.yaml [T]: gained, rule-added:  (0) -> @S (2) stronger"}},
		{"a section of another name that asks less", GitLab, lines("[S][2] @s", "/prod/x/"), lines("[T]", "/prod/x/ @s"), nil, []string{
			"prod/x/b.yaml [S]: removed, rule-deleted: @s (2) ->  (0)",
			"prod/x/b.yaml [T]: gained, rule-added:  (0) -> @s (2) stronger"}},
		{"a section of another name that is optional", GitLab, lines("[S]", "/prod/x/ @s"), lines("^[T]", "/prod/x/ @s"), nil, []string{
			"prod/x/b.yaml [S]: removed, rule-deleted: @s (2) ->  (0)",
			"prod/x/b.yaml [T]: gained, rule-added:  (0) -> @s (2) stronger"}},
		{"one section goes, the other stays and asks the same", GitLab, lines("[S]", "/prod/x/ @s", "[T]", "/prod/x/ @s @t"), lines("[T]", "/prod/x/ @s"), nil, []string{
			"prod/x/b.yaml [S]: removed, rule-deleted: @s (2) ->  (0)",
			"prod/x/b.yaml [T]: narrowed, rule-edited: @s @t (4) -> @s (2) stronger"}},
		{"moved to owners of its own", GitHub, lines("* @all", "/prod/ @p"), lines("* @all", "/prod/ @p"), map[string]string{"prod/a.yaml": "web/a.yaml"}, []string{
			"web/a.yaml => prod/a.yaml: assigned, renamed: @all (1) -> @p (2) stronger"}},
		{"another section more", GitLab, lines("* @all"), lines("* @all", "[S]", "/prod/x/ @s"), nil, []string{
			"prod/x/b.yaml [S]: gained, rule-added:  (0) -> @s (3) stronger"}},
		{"every line speaks", Gitea, lines(".* @a", "web/.* @w"), lines(".* @a"), nil, []string{
			"web/c.yaml: narrowed, rule-deleted: @a @w (2) -> @a (1) fallback stronger"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := compared(c.base, c.head, c.dialect, Trees{Base: tree, Head: tree, Renames: c.renames})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}

// A change no present file feels shows in the probes.
func TestCompareSeesTheFuture(t *testing.T) {
	base, head := lines("* @all", "/prod/ @p"), lines("* @all", "/prod/*.yaml @p")
	tree := []string{"prod/a.yaml"}
	if got := compared(base, head, GitHub, Trees{Base: tree, Head: tree}); len(got) > 0 {
		t.Errorf("without probes: %v", got)
	}
	trees := Trees{Base: tree, Head: tree, Probes: Probes(tree, Parse(base, GitHub), Parse(head, GitHub))}
	groups := GroupDifferences(Compare(Parse(base, GitHub), Parse(head, GitHub), trees))
	if len(groups) != 1 || groups[0].Shift != Replaced || !groups[0].ToFallback || len(groups[0].Paths) < 2 {
		t.Errorf("with probes: %+v", groups)
	}
}

// What is new and had only the owners of everything may get its own.
func TestCompareOfNewPaths(t *testing.T) {
	base := []string{"web/a.yaml"}
	trees := Trees{Base: base, Head: append(slices.Clone(base), "new/b.yaml"), Probes: []string{"more/__new__.yaml", "web/__new__.yaml"}}
	for _, c := range []struct {
		name       string
		base, head []byte
		want       []string
	}{
		{"owners of its own", lines("* @all"), lines("* @all", "/new/ @n", "/more/ @all @m"), []string{
			"more/__new__.yaml: assigned, hijacked: @all (1) -> @all @m (3) stronger",
			"new/b.yaml: assigned, hijacked: @all (1) -> @n (2) stronger"}},
		{"nobody", lines("* @all"), lines("* @all", "/new/"), []string{
			"new/b.yaml: cleared, hijacked: @all (1) ->  (2)"}},
		{"what is there already", lines("* @all"), lines("* @all", "/web/ @w"), []string{
			"web/__new__.yaml: assigned, hijacked: @all (1) -> @w (2) stronger",
			"web/a.yaml: replaced, hijacked: @all (1) -> @w (2)"}},
		{"others for everything", lines("* @all"), lines("* @else"), []string{
			"more/__new__.yaml: replaced, rule-edited: @all (1) -> @else (1)",
			"new/b.yaml: replaced, rule-edited: @all (1) -> @else (1)",
			"web/__new__.yaml: replaced, rule-edited: @all (1) -> @else (1)",
			"web/a.yaml: replaced, rule-edited: @all (1) -> @else (1)"}},
		{"owners in particular lose it", lines("* @all", "/new/ @n"), lines("* @all", "/new/ @m"), []string{
			"new/b.yaml: replaced, rule-edited: @n (2) -> @m (2)"}},
	} {
		if diff := cmp.Diff(c.want, compared(c.base, c.head, GitHub, trees)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// Whoever owned what goes has to approve that it goes, rule and all.
func TestCompareOfWhatIsGone(t *testing.T) {
	trees := Trees{
		Base: []string{"old/a", "old/x/b", "web/c", "web/d/e"}, Head: []string{"web/c"},
		Probes: []string{"old/__new__.yaml", "old/x/__new__.yaml", "web/d/__new__.yaml", "web/__new__.yaml", "never/__new__.yaml"},
	}
	got := compared(lines("/old/ @o", "/web/ @w", "/never/ @n"), lines("# nothing"), GitHub, trees)
	want := []string{
		"never/__new__.yaml: removed, rule-deleted: @n (3) ->  (0)",
		"web/__new__.yaml: removed, rule-deleted: @w (2) ->  (0)",
		"web/c: removed, rule-deleted: @w (2) ->  (0)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
}

func TestCompareWithoutAFile(t *testing.T) {
	f := Parse(lines("/a @a"), GitHub)
	for _, c := range []struct {
		base, head *File
		want       Shift
	}{{f, nil, Removed}, {nil, f, Gained}} {
		got := Compare(c.base, c.head, Trees{Base: []string{"a"}, Head: []string{"a"}})
		if len(got) != 1 || got[0].Shift != c.want {
			t.Errorf("want %s: %+v", c.want, got)
		}
	}
}

func TestFormerOwnersApproveWhatWeakens(t *testing.T) {
	tree := []string{"prod/a", "web/b", "new/c"}
	base := Parse(lines("/prod/ @p @gone", "/web/ @w @v"), GitHub)
	head := Parse(lines("/web/ @w", "/new/ @n"), GitHub)
	got := FormerOwners(Compare(base, head, Trees{Base: tree, Head: tree}), NewOwnerSet("@gone"))
	want := []Requirement{{Owners: []Owner{{Kind: User, Text: "@p"}}, Approvals: 1, Lines: []int{1}, Paths: []string{"prod/a"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requirements (-want +got):\n%s", diff)
	}
}

func demanded(d Demand) []string {
	var got []string
	say := func(word string, all []Requirement) {
		for _, r := range all {
			got = append(got, fmt.Sprintf("%s %s%d of %s for %s by %v", word, r.Section, r.Approvals, strings.Join(Names(r.Owners), " "), strings.Join(r.Paths, " "), r.Lines))
		}
	}
	say("must", d.Requirements)
	say("may", d.Suggested)
	for _, p := range d.Unowned {
		got = append(got, "unowned "+p)
	}
	for _, p := range d.Orphaned {
		got = append(got, "orphaned "+p)
	}
	return got
}

func TestRequired(t *testing.T) {
	text := lines("/a/ @x @y", "/b/ @Y @X", "/c/ @z @gone", "/c/open/", "/d/ @gone")
	changes := []Change{{Path: "b/2"}, {Path: "a/1"}, {Path: "c/open/3"}, {Path: "e/5", From: "c/4"}, {Path: "d/6"}}
	for dialect, want := range map[Dialect][]string{
		GitHub:    {"must 1 of @x @y for a/1 b/2 by [1 2]", "must 1 of @z for c/4 by [3]", "unowned c/open/3", "unowned e/5", "orphaned d/6"},
		Bitbucket: {"may 1 of @x @y for a/1 b/2 by [1 2]", "may 1 of @z for c/4 by [3]", "unowned c/open/3", "unowned e/5", "orphaned d/6"},
	} {
		f := Parse(text, dialect)
		got := demanded(f.Required(changes, NewOwnerSet("@gone")))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", dialect, diff)
		}
		reversed := slices.Clone(changes)
		slices.Reverse(reversed)
		if diff := cmp.Diff(got, demanded(f.Required(reversed, NewOwnerSet("@gone")))); diff != "" {
			t.Errorf("%s: the order of the changes shows:\n%s", dialect, diff)
		}
	}
	f := Parse(lines("* @all", "[A][2] @a @b @c", "/a/", "^[O]", "/a/ @o"), GitLab)
	want := []string{"must 1 of @all for a/1 by [1]", "must A2 of @a @b @c for a/1 by [3]", "may O1 of @o for a/1 by [5]"}
	if diff := cmp.Diff(want, demanded(f.Required([]Change{{Path: "a/1"}}, nil))); diff != "" {
		t.Errorf("gitlab (-want +got):\n%s", diff)
	}
}

func TestMissing(t *testing.T) {
	f := Parse(lines("* @all", "[A][2] @a @b @org/team", "/a/"), GitLab)
	demand := f.Required([]Change{{Path: "a/1"}}, nil)
	inTeam := func(person string, o Owner) bool { return o.Text == "@org/team" && person == "tess" }
	for _, c := range []struct {
		approvers []string
		want      []string
	}{
		{nil, []string{"must 1 of @all for a/1 by [1]", "must A2 of @a @b @org/team for a/1 by [3]"}},
		{[]string{"All", "a"}, []string{"must A1 of @a @b @org/team for a/1 by [3]"}},
		{[]string{"a", "@A"}, []string{"must 1 of @all for a/1 by [1]", "must A1 of @a @b @org/team for a/1 by [3]"}},
		{[]string{"all", "b", "tess"}, nil},
		{[]string{"stranger"}, []string{"must 1 of @all for a/1 by [1]", "must A2 of @a @b @org/team for a/1 by [3]"}},
	} {
		got := demanded(Demand{Requirements: Missing(demand.Requirements, c.approvers, inTeam)})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.approvers, diff)
		}
	}
}

func requirement(approvals int, owners ...string) Requirement {
	r := Requirement{Approvals: approvals, Lines: []int{1}}
	for _, o := range owners {
		kind := User
		if strings.Contains(o, "/") {
			kind = Team
		}
		r.Owners = append(r.Owners, Owner{Kind: kind, Text: o})
	}
	return r
}

func TestSmallest(t *testing.T) {
	teams := func(o Owner) ([]string, bool) {
		if o.Text == "@org/small" {
			return []string{"@ann", "@bob"}, true
		}
		return nil, false
	}
	for _, c := range []struct {
		name         string
		requirements []Requirement
		not          OwnerSet
		want         []string
		unmet        int
	}{
		{"nothing asked", nil, nil, nil, 0},
		{"one for all", []Requirement{requirement(1, "@a", "@c"), requirement(1, "@b", "@c")}, nil, []string{"@c"}, 0},
		{"greedy would take three", []Requirement{
			requirement(1, "@a", "@x"), requirement(1, "@a", "@y"), requirement(1, "@a", "@x"),
			requirement(1, "@x", "@b"), requirement(1, "@y", "@c")}, nil, []string{"@x", "@y"}, 0},
		{"a team in place of its people", []Requirement{requirement(2, "@org/big", "@a")}, nil, []string{"@org/big"}, 0},
		{"people of a known team", []Requirement{requirement(1, "@org/small"), requirement(1, "@bob", "@z")}, nil, []string{"@bob"}, 0},
		{"two people", []Requirement{requirement(2, "@a", "@b", "@c")}, nil, []string{"@a", "@b"}, 0},
		{"not the author", []Requirement{requirement(1, "@Ann", "@z")}, NewOwnerSet("@ann"), []string{"@z"}, 0},
		{"nobody is left", []Requirement{requirement(1, "@ann"), requirement(1, "@z")}, NewOwnerSet("@ann"), []string{"@z"}, 1},
		{"too few", []Requirement{requirement(3, "@org/small")}, nil, nil, 1},
		{"spelled in two ways", []Requirement{requirement(1, "@Al"), requirement(1, "@al", "@b")}, nil, []string{"@Al"}, 0},
	} {
		got := Smallest(c.requirements, teams, c.not)
		if diff := cmp.Diff(c.want, got.Names); diff != "" || !got.Exact || len(got.Unmet) != c.unmet {
			t.Errorf("%s: exact %v, unmet %v (-want +got):\n%s", c.name, got.Exact, got.Unmet, diff)
		}
		backwards := slices.Clone(c.requirements)
		slices.Reverse(backwards)
		if again := Smallest(backwards, teams, c.not); !slices.EqualFunc(again.Names, got.Names, strings.EqualFold) {
			t.Errorf("%s: %v, the other way round %v", c.name, got.Names, again.Names)
		}
	}
}

// Small problems are compared with trying every set.
func TestSmallestIsSmallest(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 400 {
		var requirements []Requirement
		var masks []uint
		var counts []int
		for range 1 + random.IntN(7) {
			mask := uint(random.IntN(1<<8-1) + 1)
			count := 1 + random.IntN(min(2, bits.OnesCount(mask)))
			var owners []string
			for i := range 8 {
				if mask&(1<<i) != 0 {
					owners = append(owners, fmt.Sprintf("@p%d", i))
				}
			}
			requirements = append(requirements, requirement(count, owners...))
			masks, counts = append(masks, mask), append(counts, count)
		}
		best := 9
		for chosen := range uint(1 << 8) {
			meets := true
			for i, mask := range masks {
				meets = meets && bits.OnesCount(chosen&mask) >= counts[i]
			}
			if meets {
				best = min(best, bits.OnesCount(chosen))
			}
		}
		got := Smallest(requirements, nil, nil)
		if !got.Exact || len(got.Names) != best || len(Missing(requirements, got.Names, nil)) > 0 {
			t.Fatalf("%+v for %+v, the smallest has %d", got, requirements, best)
		}
	}
}

// A large problem ends, with a set that meets it and an honest bound.
func TestSmallestOfMany(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	var requirements []Requirement
	for range 300 {
		var owners []string
		for range 6 {
			owners = append(owners, fmt.Sprintf("@p%d", random.IntN(200)))
		}
		requirements = append(requirements, requirement(1, owners...))
	}
	got := Smallest(requirements, nil, nil)
	if missing := Missing(requirements, got.Names, nil); len(missing) > 0 || got.AtLeast > len(got.Names) || got.AtLeast < 1 {
		t.Errorf("%d names, at least %d, %d not met", len(got.Names), got.AtLeast, len(missing))
	}
	t.Logf("%d names, at least %d, exact %v", len(got.Names), got.AtLeast, got.Exact)
}
