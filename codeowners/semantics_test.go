package codeowners

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const talk = "* @global\n/apps/base/* @cloud-ops\n/apps/production/* @team-leads\n"

var talkTree = []string{
	"README.md",
	"apps/base/kustomization.yaml",
	"apps/base/podinfo/deployment.yaml",
	"apps/production/kustomization.yaml",
	"apps/production/podinfo/x.yaml",
}

func lines(text ...string) []byte { return []byte(strings.Join(text, "\n") + "\n") }

func TestOwnership(t *testing.T) {
	f := Parse(lines("* @all", "/prod/ @prod @gone", "/prod/open/", "/old/ @gone", "/odd/ @a@b"), GitHub)
	gone := NewOwnerSet("@GONE")
	for _, c := range []struct {
		path     string
		state    State
		owners   []string
		line     int
		fallback bool
		orphaned bool
	}{
		{"x", Owned, []string{"@all"}, 1, true, false},
		{"prod/x", Owned, []string{"@prod"}, 2, false, false},
		{"prod/open/x", Cleared, nil, 3, false, false},
		{"old/x", Owned, nil, 4, false, true},
		{"odd/x", Owned, nil, 5, false, true},
	} {
		o := f.Owners(c.path).Without(gone)
		got := []any{o.State, Names(o.Owners), o.Line, o.Fallback, o.Orphaned}
		want := []any{c.state, append([]string{}, c.owners...), c.line, c.fallback, c.orphaned}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.path, diff)
		}
	}
	if o := f.Owners("prod/x"); len(o.Owners) != 2 {
		t.Errorf("taking owners away changed the file: %v", o.Owners)
	}
	if o := Parse(lines("/a @a"), GitHub).Owners("b"); o.State != Unmatched || o.Line != 0 || o.Asks() {
		t.Errorf("an unmatched path: %+v", o)
	}
}

func TestFallbackOnGitLabNeedsEverySection(t *testing.T) {
	f := Parse(lines("* @all", "[S]", "* @s", "[T]", "/a @t"), GitLab)
	if o := f.Owners("b"); !o.Fallback {
		t.Errorf("b: %+v", o)
	}
	if o := f.Owners("a"); o.Fallback || len(o.Owners) != 3 {
		t.Errorf("a: %+v", o)
	}
}

func TestEverythingIsRecognised(t *testing.T) {
	for dialect, patterns := range map[Dialect][]string{
		GitHub: {"*", "**", "/**", "**/*", "**/**", "/**/*", "/**/"},
		GitLab: {"*", "**", "**/*", "/**/*", "/"},
		Gitea:  {".*", ".+", "(.*)", "^.*$"},
	} {
		for _, p := range patterns {
			if o := Parse(lines(p+" @a"), dialect).Owners("x/y"); !o.Fallback {
				t.Errorf("%s: %s: %+v", dialect, p, o)
			}
		}
	}
	for _, p := range []string{"/*", "*/", "*.yaml", "/*/*", "**/"} {
		if f := Parse(lines(p+" @a"), GitHub); f.Rules[0].Everything {
			t.Errorf("%s counts as everything", p)
		}
	}
}

func TestCoverage(t *testing.T) {
	f := Parse(append([]byte(talk), "/apps/base/podinfo/\n/gone/ @gone\n"...), GitHub)
	got := f.Coverage(append(slices.Clone(talkTree), "gone/x"), NewOwnerSet("@gone"))
	want := []Coverage{
		{Folder: "", Paths: 6, Owned: 2, Fallback: 2, Orphaned: 1, Cleared: 1},
		{Folder: "apps", Paths: 4, Owned: 2, Fallback: 1, Cleared: 1},
		{Folder: "apps/base", Paths: 2, Owned: 1, Cleared: 1},
		{Folder: "apps/base/podinfo", Paths: 1, Cleared: 1},
		{Folder: "apps/production", Paths: 2, Owned: 1, Fallback: 1},
		{Folder: "apps/production/podinfo", Paths: 1, Fallback: 1},
		{Folder: "gone", Paths: 1, Orphaned: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
}

func falls(all []Fall) []string {
	var said []string
	for _, f := range all {
		said = append(said, fmt.Sprintf("%s: %s -> %s", f.Path, strings.Join(Names(f.Meant), " "), answer(f.To)))
	}
	return said
}

func TestShallow(t *testing.T) {
	for _, c := range []struct {
		name    string
		dialect Dialect
		text    []byte
		want    []string
	}{
		{"the talk's layout", GitHub, []byte(talk), []string{
			"2 /apps/base/: apps/base/podinfo/deployment.yaml: @cloud-ops -> @global",
			"3 /apps/production/: apps/production/podinfo/x.yaml: @team-leads -> @global"}},
		{"the same owners below", GitHub, lines("* @a", "/apps/base/* @a", "/apps/production/ @b"), nil},
		{"a later line takes the deeper files on purpose", GitHub, lines("/apps/base/* @a", "/apps/base/podinfo/ @b"), nil},
		{"an earlier line has them", GitHub, lines("/apps/base/podinfo/ @b", "/apps/base/* @a"), []string{
			"2 /apps/base/: apps/base/podinfo/deployment.yaml: @a -> @b"}},
		{"the files of the root are meant", GitHub, lines("/* @root"), nil},
		{"Bitbucket goes deep", Bitbucket, []byte(talk), nil},
		{"GitLab's other two", GitLab, lines("/apps/base @a", "/apps/production/** @b"), []string{
			"1 /apps/base/: apps/base/kustomization.yaml: @a -> unmatched",
			"1 /apps/base/: apps/base/podinfo/deployment.yaml: @a -> unmatched",
			"2 /apps/production/: apps/production/podinfo/x.yaml: @b -> unmatched"}},
		{"GitLab within a section", GitLab, lines("* @all", "[S]", "/apps/base/* @a"), []string{
			"3 /apps/base/: apps/base/podinfo/deployment.yaml: @a -> @all"}},
	} {
		var got []string
		for _, s := range Parse(c.text, c.dialect).Shallow(talkTree) {
			for _, fall := range falls(s.Falls) {
				got = append(got, fmt.Sprintf("%d %s: %s", s.Rule.Line, s.Suggestion, fall))
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestDead(t *testing.T) {
	f := Parse(lines("* @a", "/Apps/BASE/ @b", "/nothing/*.x @c", "*.yaml @d"), GitHub)
	var got []string
	for _, d := range f.Dead(talkTree) {
		got = append(got, fmt.Sprintf("%d %s", d.Rule.Line, strings.Join(d.OtherCase, " ")))
	}
	want := []string{"2 apps/base/kustomization.yaml apps/base/podinfo/deployment.yaml", "3 "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("dead (-want +got):\n%s", diff)
	}
}

func TestShadowed(t *testing.T) {
	for _, c := range []struct {
		name    string
		dialect Dialect
		text    []byte
		want    []string
	}{
		{"a fallback at the end", GitHub, lines("/apps/base/ @a", "* @all"), []string{"1 by [2], 2 files, same false"}},
		{"different words, same paths", GitHub, lines("/apps/base/** @a", "/apps/base/ @b"), []string{"1 by [2], 2 files, same false"}},
		{"only superfluous", GitHub, lines("/apps/base/ @A", "/apps/ @a"), []string{"1 by [2], 2 files, same true"}},
		{"two later lines together", GitHub, lines("/apps/base/**/* @a", "/apps/base/* @b", "/apps/base/*/** @c"), []string{"1 by [2 3], 2 files, same false"}},
		{"only the present files", GitHub, lines("/apps/base/ @a", "*.yaml @y"), nil},
		{"a name still free", GitHub, lines("/apps/base/*.yaml @a", "/apps/base/kustomization.yaml @b"), nil},
		{"the other order", GitHub, lines("* @all", "/apps/base/ @a"), nil},
		{"nothing matches it, and never will alone", GitHub, lines("/x/y/ @a", "/x/ @b"), []string{"1 by [2], 0 files, same false"}},
		{"cleared by a later line", GitHub, lines("/apps/base/ @a", "/apps/"), []string{"1 by [2], 2 files, same false"}},
		{"sections do not shadow each other", GitLab, lines("/apps/base/ @a", "[S]", "* @all"), nil},
		{"an exclusion, wherever it stands", GitLab, lines("!/apps/", "/apps/base/ @a"), []string{"2 by [1], 2 files, same false"}},
		{"every line speaks", Gitea, lines("apps/.* @a", ".* @b"), nil},
	} {
		var got []string
		for _, s := range Parse(c.text, c.dialect).Shadowed(talkTree) {
			got = append(got, fmt.Sprintf("%d by %v, %d files, same %v", s.Rule.Line, s.By, s.Matched, s.SameOwners))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestUsage(t *testing.T) {
	var got []string
	for _, u := range Parse([]byte(talk), GitHub).Usage(talkTree) {
		got = append(got, fmt.Sprintf("%d: %d of %d, others %v", u.Rule.Line, u.Decided, u.Matched, u.By))
	}
	want := []string{"1: 3 of 5, others [2 3]", "2: 1 of 1, others []", "3: 1 of 1, others []"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
}

func TestConsequences(t *testing.T) {
	tree := append(slices.Clone(talkTree), "pages/[id]/x.tsx", "pages/i/x.tsx")
	for _, c := range []struct {
		name    string
		dialect Dialect
		text    []byte
		want    []string
	}{
		{"production falls to everyone", GitHub, lines("* @all", "/apps/production/ @team-leads oops"), []string{
			"2 apps/production/kustomization.yaml: @team-leads -> @all",
			"2 apps/production/podinfo/x.yaml: @team-leads -> @all"}},
		{"to nobody", GitHub, lines("/apps/production/podinfo/ @a b"), []string{"1 apps/production/podinfo/x.yaml: @a -> unmatched"}},
		{"both readings of brackets", GitHub, lines("* @all", "/pages/[id]/ @web"), []string{
			"2 pages/[id]/x.tsx: @web -> @all", "2 pages/i/x.tsx: @web -> @all"}},
		{"no readable owner", GitHub, lines("* @all", "README.md user"), []string{"2 README.md:  -> @all"}},
		{"a later line decides anyway", GitHub, lines("/apps/[base]/ @a", "* @all"), nil},
		{"the same owners anyway", GitHub, lines("* @all", "README.md @all x"), nil},
		{"a negation was to open", GitHub, lines("* @all", "!README.md"), []string{"2 README.md:  -> @all"}},
		{"the whole file", GitHubLegacy, lines("/apps/base/ @a", "README.md @b # x"), []string{
			"2 README.md: @b -> unmatched", "2 apps/base/kustomization.yaml: @a -> unmatched", "2 apps/base/podinfo/deployment.yaml: @a -> unmatched"}},
		{"a file too large", GitHub, append(lines("README.md @b"), "#"+strings.Repeat("x", HostLimit)...), []string{"0 README.md: @b -> unmatched"}},
		{"a clean file", GitHub, []byte(talk), nil},
	} {
		var got []string
		for _, s := range Parse(c.text, c.dialect).Consequences(tree) {
			for _, fall := range falls(s.Falls) {
				got = append(got, fmt.Sprintf("%d %s", s.Issue.Line, fall))
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestPortability(t *testing.T) {
	text := lines("foo/* @a", "/docs @b", "envs/prod/ @c", "p @o # @c", "/same/ @s")
	paths := []string{"x/foo/bar", "foo/bar", "docs/a", "x/envs/prod/a", "envs/prod/a", "p", "same/x"}
	var got []string
	for _, u := range Portability(text, GitHub, GitLab, paths) {
		got = append(got, fmt.Sprintf("%s: %s, on %s %s", u.Path, answer(u.Here), u.Dialect, answer(u.There)))
	}
	want := []string{
		"x/foo/bar: unmatched, on gitlab @a",
		"docs/a: @b, on gitlab unmatched",
		"x/envs/prod/a: unmatched, on gitlab @c",
		"p: @o, on gitlab @o @c",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("portability (-want +got):\n%s", diff)
	}
}

// Nothing comes to lie below a file.
func TestProbesBelowFiles(t *testing.T) {
	got := Probes([]string{"a"}, Parse(lines("/a @x", "/b @x"), GitHub))
	want := []string{"__new__.yaml", "__new__/__new__.yaml", "b", "b/__new__", "b/__new__/__new__.yaml"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("probes (-want +got):\n%s", diff)
	}
}

func TestProbes(t *testing.T) {
	f := Parse(lines("/apps/*/prod/*.tf @a"), GitHub)
	got := Probes([]string{"a/b/c.yaml", "__new__.yaml"}, f, nil)
	want := []string{"__new__/__new__.yaml", "a/__new__.yaml", "a/__new__/__new__.yaml", "a/b/__new__.yaml", "a/b/__new__/__new__.yaml",
		"apps/__new__/prod/__new__.tf", "apps/__new__/prod/__new__.tf/__new__", "apps/__new__/prod/__new__.tf/__new__/__new__.yaml"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("probes (-want +got):\n%s", diff)
	}
}
