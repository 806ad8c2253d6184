package survey

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// forgotten stands for a value that somebody silenced by writing it down.
const forgotten = "f0rgotten-value"

const gitleaksToml = `
[extend]
useDefault = true
disabledRules = ["generic-api-key"]
[[rules]]
id = "acme-token"
regex = 'acme_\w+'
[[rules.allowlists]]
description = "was ` + forgotten + `"
stopwords = ["` + forgotten + `"]
[[rules]]
id = "keystore"
path = '\.jks$'
[allowlist]
paths = ['(^|/)fixtures/', '^docs/env\.md$', '^gone/', '[']
regexes = ['` + forgotten + `', 'b']
commits = ["0123456789abcdef0123456789abcdef01234567"]
`

const gitleaksIgnore = "# seen\n\nfixtures/a.yaml:generic-api-key:3\n0123456789abcdef:gone/b.yaml:acme-token:1\ngone\\b.yaml:acme-token:2\nnot an entry\n"

func noteOn(s Survey, tool Tool) string {
	for _, f := range s.Finds {
		if f.Tool == tool {
			return f.Note
		}
	}
	return ""
}

func TestSilenced(t *testing.T) {
	s := repo{
		".gitleaks.toml": gitleaksToml, ".gitleaksignore": gitleaksIgnore,
		"fixtures/a.yaml": "", "x/fixtures/b.yaml": "", "x/fixtures/c.yaml": "", "x/fixtures/d.yaml": "", "docs/env.md": "",
	}.look("")
	const note = "2 rules are read as they stand; 8 allowlist entries waive nothing; what is ignored in 2 files is judged"
	if got := noteOn(s, Gitleaks); got != note {
		t.Errorf("the note is %q", got)
	}
	const want = `Nothing of this is silent in Gatehouse: a waiver names one finding, and is bound to its value.

4 paths: where nothing is to be judged at all, such as in the code of others, write the
folder under exclude in .gatehouse/config.yaml, and it is counted as left out. Else waive what is found there.
  (^|/)fixtures/  fixtures/a.yaml, x/fixtures/b.yaml, x/fixtures/c.yaml and 1 more
  ^docs/env\.md$  docs/env.md
  ^gone/          no file here
  [               not looked up

3 regular expressions and stop words: references, placeholders, sealed values and the examples of
vendors' documentation are told apart without them. Waive what is left.

1 commit: what was pushed is known to others. Rotate it, and say so:
  gatehouse waive FINGERPRINT --rotated-by TEAM

1 disabled rule of Gitleaks: no family of tokens is left out here. Waive what is found.

.gitleaksignore: waive what is found in these files.
  fixtures/a.yaml  1 finding
  gone/b.yaml      2 findings in a file that is no more

To see what they hid, and to waive one finding of it:
  gatehouse check --only secrets -o json
  gatehouse waive FINGERPRINT --owner TEAM --expires YYYY-MM-DD --reason "WHY"
`
	if diff := cmp.Diff(want, s.Silenced()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.Contains(s.Silenced()+s.Summary(), forgotten) {
		t.Error("a value that was silenced is told")
	}
}

func TestPatternsAreSafeToShow(t *testing.T) {
	for pattern, want := range map[string]string{
		`^a\.b$`:                 `^a\.b$`,
		"a\x1b[2J":               `"a\x1b[2J"`,
		"a\nb":                   `"a\nb"`,
		"a\u202eb":               `"a\u202eb"`,
		"\xff":                   `"\xff"`,
		strings.Repeat("é", 100): strings.Repeat("é", 60) + "…",
	} {
		if got := asText(pattern); got != want {
			t.Errorf("%q: got %s, want %s", pattern, got, want)
		}
	}
}

func TestNothingIsSilenced(t *testing.T) {
	for name, r := range map[string]repo{
		"no Gitleaks": {"a.yaml": ""},
		"empty files": {".gitleaks.toml": "", ".gitleaksignore": "# nothing\n"},
		"one rule":    {".gitleaks.toml": "[[rules]]\nid='a'\nregex='b'\n"},
		"below":       {"sub/.gitleaks.toml": gitleaksToml},
	} {
		s := r.look("")
		want := ""
		if name == "one rule" {
			want = "1 rule is read as it stands"
		}
		if got := noteOn(s, Gitleaks); s.Silenced() != "" || got != want {
			t.Errorf("%s: the note is %q, silenced is %q", name, got, s.Silenced())
		}
	}
}

func TestAConfigurationOfGitleaksThatCannotBeRead(t *testing.T) {
	s := repo{".gitleaks.toml": "[[rules]]\nid = 'my-rule'\nregex = '(" + forgotten + "'\n"}.look("")
	if got := noteOn(s, Gitleaks); got != `cannot be read: rule "my-rule": regex does not compile: missing closing )` {
		t.Errorf("the note is %q", got)
	}
}

// TestManyAreSilenced holds that a large configuration makes no long story.
func TestManyAreSilenced(t *testing.T) {
	r := repo{}
	for i := range 2_000 {
		r[fmt.Sprintf("apps/a%d.yaml", i)] = ""
	}
	var paths, ignored strings.Builder
	for i := range 5_000 {
		fmt.Fprintf(&paths, "'apps/.*%d%s', ", i, strings.Repeat("x?", 100))
		fmt.Fprintf(&ignored, "a%d:b:1\n", i)
	}
	r[".gitleaks.toml"] = "[[allowlists]]\npaths = [" + paths.String()[:900_000] + "0']\n"
	r[".gitleaksignore"] = ignored.String()
	text := r.look("").Silenced()
	if lines := strings.Count(text, "\n"); lines > 60 || len(text) > 10_000 {
		t.Errorf("%d lines, %d bytes", lines, len(text))
	}
}
