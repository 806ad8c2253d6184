package codeowners

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// remarks are the issues as "line kind effect".
func remarks(f *File) []string {
	var all []string
	for _, i := range f.Issues {
		all = append(all, fmt.Sprintf("%d %s %s", i.Line, i.Kind, i.Effect))
	}
	return all
}

func TestIssues(t *testing.T) {
	for _, c := range []struct {
		name    string
		dialect Dialect
		text    string
		want    []string
	}{
		{"a clean file", GitHub, "# x\n* @a\n/b/ @o/t a@b.example # c\n/c\n", nil},
		{"what GitHub skips", GitHub, "!a @a\n\\#b @a\n***/c @a\n/ @a\na//b @a\nd\\\n[e] @a\nf @a b\ng @a/b/c\n",
			[]string{"1 invalid-pattern skipped", "2 invalid-pattern skipped", "3 invalid-pattern skipped", "4 never-matches skipped", "5 never-matches skipped",
				"6 invalid-pattern skipped", "7 invalid-pattern skipped", "8 invalid-owner skipped", "9 invalid-owner skipped"}},
		{"what GitHub takes and people do not mean", GitHub, "@o/t\na @b@c\nd#e @a\n{f,g} @a\nh\u00a0@a\n\xff @a\n",
			[]string{"1 looks-like-owner altered", "2 owned-by-nobody altered", "3 hash-in-pattern noted", "4 literal-braces noted", "5 odd-space noted", "6 not-utf-8 noted"}},
		{"a byte-order mark", GitHub, "\ufeff* @a\n", []string{"1 byte-order-mark noted"}},
		{"one bad line on an older host", GitHubLegacy, "* @a\n[x] @a\n", []string{"2 invalid-pattern skipped", "2 whole-file ignored"}},
		{"an inline comment on an older host", GitHubLegacy, "* @a # b\n", []string{"1 inline-comment skipped", "1 whole-file ignored"}},
		{"a clean file on an older host", GitHubLegacy, "# b\n* @a\n", nil},
		{"GitLab", GitLab, "/a @x\n* @y # by @z\n/a @q word\n/b\n[A\n[B][0] @b\n[C].yml @c\n[]\n! @x\n/d @@guest\n",
			[]string{"2 inline-comment altered", "3 malformed-owner altered", "3 redeclared altered", "4 missing-owners noted", "5 broken-heading altered", "5 missing-owners noted",
				"6 bad-approvals altered", "7 heading-text altered", "8 nameless-heading noted", "9 invalid-pattern skipped", "10 malformed-owner altered", "10 missing-owners noted"}},
		{"prose after a hash on GitLab is no finding", GitLab, "/a @x # the team that owns it\n", nil},
		{"Gitea", Gitea, "a @b # c\nd\n( @a\n(?=x) @a\ne a@b.example\nf a/b/c @g\n(x)\\\\1 @a\n",
			[]string{"2 missing-owners skipped", "3 invalid-pattern skipped", "4 regexp-unjudged unjudged", "5 owned-by-nobody altered", "6 malformed-owner altered", "7 regexp-unjudged unjudged"}},
		{"a dialect nobody knows", "svn", "* @a\n", []string{"0 unknown-dialect unjudged"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := Parse([]byte(c.text), c.dialect)
			if diff := cmp.Diff(c.want, remarks(f)); diff != "" {
				t.Errorf("issues (-want +got):\n%s", diff)
			}
		})
	}
}

func TestIssuePlacesAndSuggestions(t *testing.T) {
	f := Parse([]byte("* @all\n  /x/[id]/*.ts @web\n*.txt docs@ # c\n***/*.rb @r\n/ @r\n"), GitHub)
	got := f.Issues
	for i := range got {
		got[i].Message = ""
	}
	want := []Issue{
		{Line: 2, Column: 1, Kind: InvalidPattern, Effect: Skipped, Source: "/x/[id]/*.ts @web", Suggestion: `/x/\[id\]/*.ts`},
		{Line: 3, Column: 7, Kind: InvalidOwner, Effect: Skipped, Source: "*.txt docs@ # c"},
		{Line: 4, Column: 1, Kind: InvalidPattern, Effect: Skipped, Source: "***/*.rb @r", Suggestion: "**/*.rb"},
		{Line: 5, Column: 1, Kind: NeverMatches, Effect: Skipped, Source: "/ @r", Suggestion: "*"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}
}

// A line longer than any buffer is a line like another: what follows counts.
func TestLongLines(t *testing.T) {
	long := "/a " + strings.Repeat("@owner ", 20_000)
	f := Parse([]byte("# "+strings.Repeat("x", 200_000)+"\n"+long+"\n/prod/ @prod\n"), GitHub)
	if o := f.Owners("prod/x"); o.Line != 3 || answer(o) != "@prod" {
		t.Errorf("prod/x: %+v", o)
	}
	if len(f.Issues) > 0 {
		t.Errorf("issues: %v", remarks(f))
	}
}

func TestSizeLimits(t *testing.T) {
	file := func(size int) []byte {
		text := "* @all\n/prod/ @prod\n#"
		return []byte(text + strings.Repeat("x", size-len(text)))
	}
	for _, c := range []struct {
		dialect           Dialect
		size              int
		want              []string
		ignored, unjudged bool
	}{
		{GitHub, 1000, nil, false, false},
		{GitHub, NearLimit, []string{"0 near-the-limit noted"}, false, false},
		{GitHub, HostLimit - 1, []string{"0 near-the-limit noted"}, false, false},
		{GitHub, HostLimit, []string{"0 too-large ignored"}, true, false},
		{GitHub, MaxSize + 1, []string{"0 too-large ignored"}, true, false},
		{GitLab, HostLimit, nil, false, false},
		{GitLab, MaxSize + 1, []string{"0 too-large unjudged"}, false, true},
	} {
		f := Parse(file(c.size), c.dialect)
		if diff := cmp.Diff(c.want, remarks(f)); diff != "" || f.Ignored != c.ignored || f.Unjudged() != c.unjudged {
			t.Errorf("%s, %d bytes: ignored %v, unjudged %v, issues %s", c.dialect, c.size, f.Ignored, f.Unjudged(), diff)
		}
		if owned := f.Owners("prod/x").State == Owned; owned == (c.ignored || c.unjudged) {
			t.Errorf("%s, %d bytes: prod/x owned: %v", c.dialect, c.size, owned)
		}
	}
}

func TestTooManyLines(t *testing.T) {
	f := Parse([]byte(strings.Repeat("a @b\n", MaxRules+1)), GitHub)
	if !f.Unjudged() {
		t.Error("a file that was not read to its end counts as judged")
	}
}

func TestLocate(t *testing.T) {
	for _, c := range []struct {
		name    string
		dialect Dialect
		paths   []string
		want    Location
	}{
		{"none", GitHub, []string{"README.md", "sub/CODEOWNERS", "CODEOWNERS.md"}, Location{}},
		{"GitHub's own folder first", GitHub, []string{"CODEOWNERS", "docs/CODEOWNERS", ".github/CODEOWNERS"},
			Location{File: ".github/CODEOWNERS", Shadowed: []string{"CODEOWNERS", "docs/CODEOWNERS"}}},
		{"root before docs", GitHub, []string{"docs/CODEOWNERS", "CODEOWNERS"}, Location{File: "CODEOWNERS", Shadowed: []string{"docs/CODEOWNERS"}}},
		{"older host alike", GitHubLegacy, []string{"docs/CODEOWNERS"}, Location{File: "docs/CODEOWNERS"}},
		{"another host's folder and another case", GitHub, []string{".gitlab/CODEOWNERS", "codeowners", ".GitHub/CODEOWNERS", "docs/CODEOWNERS"},
			Location{File: "docs/CODEOWNERS", Unread: []string{".GitHub/CODEOWNERS", ".gitlab/CODEOWNERS", "codeowners"}}},
		{"GitLab: root first", GitLab, []string{".gitlab/CODEOWNERS", "docs/CODEOWNERS", "CODEOWNERS", ".github/CODEOWNERS"},
			Location{File: "CODEOWNERS", Shadowed: []string{"docs/CODEOWNERS", ".gitlab/CODEOWNERS"}, Unread: []string{".github/CODEOWNERS"}}},
		{"Bitbucket: one place", Bitbucket, []string{"CODEOWNERS", ".bitbucket/CODEOWNERS"}, Location{File: ".bitbucket/CODEOWNERS", Unread: []string{"CODEOWNERS"}}},
		{"Gitea", Gitea, []string{".gitea/CODEOWNERS", ".forgejo/CODEOWNERS"}, Location{File: ".gitea/CODEOWNERS", Unread: []string{".forgejo/CODEOWNERS"}}},
		{"Forgejo", Forgejo, []string{".forgejo/CODEOWNERS", "./docs/CODEOWNERS"}, Location{File: "docs/CODEOWNERS", Shadowed: []string{".forgejo/CODEOWNERS"}}},
	} {
		if diff := cmp.Diff(c.want, Locate(c.dialect, c.paths)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestParseDialect(t *testing.T) {
	for _, d := range Dialects() {
		if got, err := ParseDialect(strings.ToUpper(string(d))); got != d || err != nil {
			t.Errorf("%s: %s, %v", d, got, err)
		}
	}
	if got, err := ParseDialect(""); got != GitHub || err != nil {
		t.Errorf("the empty name: %s, %v", got, err)
	}
	if _, err := ParseDialect("svn"); err == nil || !strings.Contains(err.Error(), "gitlab") {
		t.Errorf("an unknown name: %v", err)
	}
}

// Set GATEHOUSE_CORPORA to a folder of cloned repositories to read the
// CODEOWNERS files of the field: none may give a remark, a dead line apart.
func TestCorporaGiveNoFalseReports(t *testing.T) {
	root := os.Getenv("GATEHOUSE_CORPORA")
	if root == "" {
		t.Skip("skipped: GATEHOUSE_CORPORA names no folder of repositories")
	}
	repositories, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, repository := range repositories {
		dir := filepath.Join(root, repository.Name())
		paths := treeOf(t, dir)
		location := Locate(GitHub, paths)
		if location.File == "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, location.File))
		if err != nil {
			t.Fatal(err)
		}
		read++
		f := Parse(data, GitHub)
		shadowed, shallow := f.Shadowed(paths), f.Shallow(paths)
		if len(f.Issues) > 0 || len(shadowed) > 0 || len(shallow) > 0 || len(location.Shadowed) > 0 || len(location.Unread) > 0 {
			t.Errorf("%s: issues %v, shadowed %v, shallow %v, location %+v", repository.Name(), remarks(f), shadowed, shallow, location)
		}
		t.Logf("%s: %d rules, %d paths, %d dead", repository.Name(), len(f.Rules), len(paths), len(f.Dead(paths)))
	}
	if read == 0 {
		t.Errorf("no CODEOWNERS file in %s", root)
	}
}

func treeOf(t *testing.T, dir string) []string {
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.Name() == ".git" {
				return filepath.SkipDir
			}
			return err
		}
		relative, err := filepath.Rel(dir, path)
		paths = append(paths, filepath.ToSlash(relative))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	return paths
}
