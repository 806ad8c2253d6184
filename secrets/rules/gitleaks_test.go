package rules

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const example = `# Our own
title = "ours"
minVersion = "v8.25.0"
color = "blue"

[extend]
useDefault = true
disabledRules = ["generic-api-key", "jwt"]

[[rules]]
id = "internal-token"
description = "A token of ours"
regex = '''(?i)\btok_([a-z0-9]{8})\b'''
SecretGroup = 1
entropy = 2
keywords = ["TOK_"]
tags = ["internal"]
path = '''\.ya?ml$'''
frequency = "often"

  [[rules.required]]
  id = "internal-id"
  withinLines = 2

  [rules.allowlist]
  description = "tests"
  paths = ['''(^|/)testdata/''']

[[rules]]
id = "internal-id"
regex = '''cid-\d+'''
skipReport = true

[[rules.allowlists]]
condition = "AND"
regexTarget = "line"
regexes = ['''example''', '''demo''']
stopwords = ["sample"]
commits = ["0123456789abcdef0123456789abcdef01234567"]

[[rules]]
id = "keystore"
path = '''\.jks$'''

[[rules]]
id = "aws-access-token"
[[rules.allowlists]]
stopwords = ["EXAMPLE"]

[allowlist]
paths = ['''gitleaks\.toml''']

[[allowlists]]
targetRules = ["keystore", "internal-id"]
paths = ['''^a$''']
`

func TestReadGitleaks(t *testing.T) {
	s, err := ReadGitleaks([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	var specs []Spec
	for _, r := range s.Rules {
		specs = append(specs, r.Spec)
	}
	wantSpecs := []Spec{
		{
			ID: "internal-token", Description: "A token of ours", Regex: `(?i)\btok_([a-z0-9]{8})\b`, Path: `\.ya?ml$`, SecretGroup: 1, Entropy: 2,
			Keywords: []string{"TOK_"}, Tags: []string{"internal"}, Required: []Required{{ID: "internal-id", WithinLines: number(2)}},
		},
		{ID: "internal-id", Regex: `cid-\d+`, Unreported: true},
		{ID: "keystore", Path: `\.jks$`},
	}
	if diff := cmp.Diff(wantSpecs, specs); diff != "" {
		t.Errorf("the rules (-want +got):\n%s", diff)
	}
	wantLists := []Allowlist{
		{Description: "tests", Paths: []string{`(^|/)testdata/`}, RegexTarget: "secret", Condition: "OR", Rule: "internal-token"},
		{
			Regexes: []string{"example", "demo"}, StopWords: []string{"sample"}, Commits: []string{"0123456789abcdef0123456789abcdef01234567"},
			RegexTarget: "line", Condition: "AND", Rule: "internal-id",
		},
		{StopWords: []string{"EXAMPLE"}, RegexTarget: "secret", Condition: "OR", Rule: "aws-access-token"},
		{Paths: []string{`gitleaks\.toml`}, RegexTarget: "secret", Condition: "OR"},
		{Paths: []string{"^a$"}, RegexTarget: "secret", Condition: "OR", Rule: "keystore"},
		{Paths: []string{"^a$"}, RegexTarget: "secret", Condition: "OR", Rule: "internal-id"},
	}
	if diff := cmp.Diff(wantLists, s.Allowlists); diff != "" {
		t.Errorf("the allowlists (-want +got):\n%s", diff)
	}
	if !s.ExtendsDefault || s.Extends != "" || !cmp.Equal(s.Disabled, []string{"generic-api-key", "jwt"}) {
		t.Errorf("extends %v %q without %q", s.ExtendsDefault, s.Extends, s.Disabled)
	}
	wantNotes := []string{"unknown key: color", "unknown key: rules.frequency", `rule "aws-access-token" has neither regex nor path: it changes a rule of what the file builds on`}
	if diff := cmp.Diff(wantNotes, s.Notes); diff != "" {
		t.Errorf("the notes (-want +got):\n%s", diff)
	}

	// An allowlist silences nothing.
	got := find(t, s, "testdata/x.yaml", "id: cid-77\ntoken: tok_abcd1234\n")
	if diff := cmp.Diff([]string{"internal-token=abcd1234"}, got); diff != "" {
		t.Errorf("the hits (-want +got):\n%s", diff)
	}
}

// TestWaysToWrite holds the forms that Gitleaks takes for the same.
func TestWaysToWrite(t *testing.T) {
	tests := map[string]string{
		"keys in another case":  "[[Rules]]\nID = 'r'\nREGEX = 'ab(c)'\nsecretgroup = 1\nEntropy = 0\n",
		"values of other types": "[[rules]]\nid = 'r'\nregex = 'ab(c)'\nsecretGroup = '1'\nentropy = '0.0'\n",
		"floats for integers":   "[[rules]]\nid = 'r'\nregex = 'ab(c)'\nsecretGroup = 1.0\n",
		"inline tables":         "rules = [{id = 'r', regex = 'ab(c)', secretGroup = 1}]\n",
		"a single table":        "[rules]\nid = 'r'\nregex = 'ab(c)'\nsecretGroup = 1\n",
		"the last of two":       "[[rules]]\nid = 'r'\nregex = 'zzz'\n[[rules]]\nid = 'r'\nregex = 'ab(c)'\nsecretGroup = 1\n",
		"a negative group":      "[[rules]]\nid = 'r'\nregex = 'ab(c)'\nsecretGroup = -1\n",
		"CRLF":                  "[[rules]]\r\nid = 'r'\r\nregex = 'ab(c)'\r\n",
	}
	for name, text := range tests {
		s, err := ReadGitleaks([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := find(t, s, "f", "abc zzz"); !cmp.Equal(got, []string{"r=c"}) {
			t.Errorf("%s: found %q", name, got)
		}
	}
	s, err := ReadGitleaks([]byte("[[rules]]\nid = 'r'\nregex = '\\d'\nkeywords = 'key,word'\n"))
	if err != nil || !cmp.Equal(s.Rules[0].Keywords, []string{"key", "word"}) {
		t.Errorf("keywords in one string are %q, %v", s.Rules[0].Keywords, err)
	}
}

func TestReadGitleaksRefuses(t *testing.T) {
	const canary = "hunter2canary"
	tests := []struct {
		name, text string
		line       int
		want       string
	}{
		{"no TOML", "title = 'x'\n\n= " + canary + "\n", 3, "the file is not valid TOML from here on"},
		{"an open string", "[[rules]]\nid = '" + canary + "\n", 2, "the file is not valid TOML from here on"},
		{"a key twice", "[[rules]]\nid = 'a'\nid = '" + canary + "'\n", 3, "the file is not valid TOML from here on"},
		{"regex", "title = ''\n[[rules]]\nid = 'a'\nregex = 'a'\n\n[[rules]]\nid = 'my-rule'\ndescription = '''\n[[rules]]\n'''\nregex = '''(" + canary + "'''\n", 11, `rule "my-rule": regex does not compile: missing closing )`},
		{"path", "[[rules]]\nid = 'my-rule'\nPath = '[" + canary + "'\n", 3, `rule "my-rule": path does not compile: missing closing ]`},
		{"group", "[[rules]]\nid = 'my-rule'\nregex = '" + canary + "'\nsecretGroup = 1\n", 4, `rule "my-rule": secretGroup is 1, and the regex has 0 groups`},
		{"no id", "[[rules]]\nid = 'a'\nregex = 'a'\n[[ rules ]] # two\nregex = '" + canary + "'\n", 4, "rule 2: id is missing"},
		{"an id that is no name", "[[rules]]\nid = '" + canary + strings.Repeat("0", 20) + "'\n", 1, "rule 1: regex is missing, and so is path: the rule would find nothing"},
		{"neither regex nor path", "[[rules]]\nid = 'my-rule'\n", 1, `rule "my-rule": regex is missing, and so is path: the rule would find nothing`},
		{"a list for a text", "[[rules]]\nid = 'my-rule'\nregex = ['" + canary + "']\n", 3, `rule "my-rule": regex has a value of another type than it should`},
		{"a word for a number", "[[rules]]\nid = 'my-rule'\nregex = 'a'\nentropy = '" + canary + "'\n", 4, `rule "my-rule": entropy has a value of another type than it should`},
		{"half a group", "[[rules]]\nid = 'my-rule'\nregex = 'a'\nsecretGroup = 0.5\n", 4, `rule "my-rule": secretGroup has a value of another type than it should`},
		{"nan", "[[rules]]\nid = 'my-rule'\nregex = 'a'\nentropy = nan\n", 4, `rule "my-rule": entropy is no number`},
		{"rules that are no tables", "rules = ['" + canary + "']\n", 1, "rules are no tables"},
		{"a requirement without a name", "[[rules]]\nid = 'my-rule'\nregex = 'a'\n[[rules.required]]\nwithinLines = 1\n", 1, `rule "my-rule": required does not name rules`},
		{"a deep key", "title = ''\n" + strings.Repeat("a.", 100_000) + "a = 1\n", 2, "the nesting is too deep"},
		{"a deep table", "[" + strings.Repeat("a.", 100_000) + "a]\n", 1, "the nesting is too deep"},
		{"a deep list", "a = " + strings.Repeat("[", 100_000) + "\n", 1, "the nesting is too deep"},
		{"deep inline tables", "a = " + strings.Repeat("{a=", 100_000) + "\n", 1, "the nesting is too deep"},
		{"large", strings.Repeat("# comment\n", 120_000), 1, "the file is larger than 1 MiB"},
		{"many rules", strings.Repeat("[[rules]]\nid='a'\nregex='a'\n", 2_001), 1, "rules are more than 2000"},
		{"not UTF-8", "title = '\xff'\n", 1, "the file is not valid TOML from here on"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadGitleaks([]byte(test.text))
			var fault *Error
			if !errors.As(err, &fault) {
				t.Fatalf("the error is %v", err)
			}
			if got := fault.Error(); got != test.want || fault.Line != test.line || strings.Contains(got, canary) {
				t.Errorf("line %d: %s\nwant %d: %s", fault.Line, got, test.line, test.want)
			}
		})
	}
}

func TestWhatIsRequiredAndNowhere(t *testing.T) {
	s, err := ReadGitleaks([]byte("[[rules]]\nid = 'a'\nregex = 'abc'\n[[rules.required]]\nid = 'nowhere'\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := find(t, s, "f", "abc"); len(got) != 1 || len(s.Notes) != 1 {
		t.Errorf("found %q, notes %q", got, s.Notes)
	}
}

func TestExtend(t *testing.T) {
	read := func(text string) Set {
		s, err := ReadGitleaks([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	base := read(`
extend.path = "deeper.toml"
[[rules]]
id = "a"
regex = 'aa(\d+)'
entropy = 1
keywords = ["aa"]
[[rules]]
id = "b"
regex = 'bb\d'
[[rules]]
id = "c"
regex = 'cc\d'
[allowlist]
stopwords = ["x"]
`)
	s := read(`
[extend]
path = "base.toml"
disabledRules = ["b", "c"]
[[rules]]
id = "a"
entropy = 0.5
[[rules]]
id = "b"
regex = 'BB\d'
[[rules]]
id = "d"
regex = 'dd\d'
[[rules]]
id = "nowhere"
entropy = 2
`)
	out, err := s.Extend(base)
	if err != nil {
		t.Fatal(err)
	}
	got := find(t, out, "f", "aa12 bb1 BB2 cc1 dd1")
	if diff := cmp.Diff([]string{"a=12", "b=BB2", "d=dd1"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if out.Extends != "deeper.toml" || len(out.Allowlists) != 1 || len(out.changes) != 1 {
		t.Errorf("extends %q, %d allowlists, %d changes", out.Extends, len(out.Allowlists), len(out.changes))
	}
	if _, err := read("[extend]\npath='b'\n[[rules]]\nid='a'\nsecretGroup=2\n").Extend(base); err == nil || err.Error() != `rule "a": secretGroup is 2, and the regex has 1 groups` {
		t.Errorf("the error is %v", err)
	}
}

// TestDefaultRules reads the configuration that Gitleaks brings along, where it is
// in the cache of modules.
func TestDefaultRules(t *testing.T) {
	s, _ := defaultRules(t)
	if len(s.Rules) != 222 || len(s.Notes) > 0 {
		t.Errorf("%d rules, want 222; notes %q", len(s.Rules), s.Notes)
	}
	waiting := 0
	for _, r := range s.Rules {
		if r.regex != nil && r.regex().NumSubexp() < 0 || r.path != nil && r.path() == nil {
			t.Errorf("%s does not compile", r.ID)
		}
		if len(r.implied) > 0 || len(r.Keywords) > 0 {
			waiting++
		}
	}
	t.Logf("%d rules, %d of them wait for a word, %d allowlists", len(s.Rules), waiting, len(s.Allowlists))
	text := "config:\n  token: glpat-" + "AbCd3fGh1jKlMnOpQrSt" + "\n"
	if diff := cmp.Diff([]string{"gitlab-pat=glpat-" + "AbCd3fGh1jKlMnOpQrSt"}, find(t, s, "values.yaml", text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func defaultRules(t testing.TB) (Set, []byte) {
	t.Helper()
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Skipf("go env GOMODCACHE: %v", err)
	}
	file := filepath.Join(strings.TrimSpace(string(out)), "github.com/zricethezav/gitleaks/v8@v8.30.1/config/gitleaks.toml")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("the module of Gitleaks v8.30.1 is not in the cache: %v", err)
	}
	s, err := ReadGitleaks(data)
	if err != nil {
		t.Fatal(err)
	}
	return s, data
}

// TestHostileFiles holds that no file takes much time or memory.
func TestHostileFiles(t *testing.T) {
	repeated := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < MostFileBytes-200; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for name, text := range map[string]string{
		"keys":       repeated("k%d=1\n"),
		"dots":       repeated("a.a.a.a.a.a.a.k%d=1\n"),
		"headers":    repeated("[a.a.a.a.a.a.k%d]\n"),
		"tables":     repeated("[[rules]]#%d\n"),
		"allowlists": repeated("[[allowlists]]#%d\n"),
		"a string":   "a='''" + repeated("x%d"),
		"quotes":     strings.Repeat(`"`, 1<<19),
		"brackets":   "a=" + strings.Repeat("[],", 1<<18),
		"keywords":   "[[rules]]\nid='a'\nregex='a'\nkeywords=[" + repeated("'k%d',") + "]\n",
	} {
		_, err := ReadGitleaks([]byte(text))
		mustBeSafe(t, name, err)
	}
	runtime.ReadMemStats(&after)
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 4_000 {
		t.Errorf("%d MB were used", used)
	}
}

// safe is what an error may look like: a rule by its ID or number, a key that is
// known, and one of the messages of this package.
var safe = regexp.MustCompile(`^((rule ("[A-Za-z0-9 ._/-]{1,153}"|\d+)|a rule):? ?)?` +
	`((id|description|regex|path|secretGroup|entropy|keywords|tags|required|allowlists?|skipReport|rules|extend|extend\.(useDefault|path|url|disabledRules)) )?` +
	`(the file is not valid TOML from here on|the file is larger than 1 MiB|the nesting is too deep|(are|is) no tables?(, or more than \d+)?|are more than \d+|` +
	`is missing(, and so is path: the rule would find nothing)?|is longer than \d+ bytes|holds a control character|hold one of more than \d+ bytes|is no number|` +
	`is \d+, and the regex has \d+ groups|has a value of another type than it should|does not name rules|does not compile: (` +
	`internal error|invalid character class|invalid character class range|invalid escape sequence|invalid named capture|invalid or unsupported Perl syntax|` +
	`invalid repeat count|trailing backslash at end of expression|missing argument to repetition operator|missing closing \)|missing closing \]|` +
	`unexpected \)|invalid UTF-8|invalid nested repetition operator|expression nests too deeply|expression too large))$`)

func mustBeSafe(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var fault *Error
	if !errors.As(err, &fault) {
		t.Fatalf("%s: the error is %v", what, err)
	}
	if fault.Line < 1 || fault.Column < 1 || len(fault.Error()) > 300 || !safe.MatchString(fault.Error()) {
		t.Errorf("%s: the error at %d:%d is %.400q", what, fault.Line, fault.Column, fault.Error())
	}
}

// FuzzReadGitleaks holds that no file makes the reader panic or quote it, and that
// the rules which are read can be used.
func FuzzReadGitleaks(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte("rules = [{id = 'r', regex = 'ab(c)', secretGroup = 1}]\nextend.path='x'\n"))
	f.Add([]byte("[[rules]]\nid = \"\"\"\na\\\n\"\"\"\nregex = 'a|b*'\nallowlist = {paths=['a']}\n"))
	f.Add([]byte("[[rules]]\nid='a'\nregex='''[a-z]+'''''\nentropy='x'\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ReadGitleaks(data)
		if err != nil {
			mustBeSafe(t, "the file", err)
			if fault := new(Error); errors.As(err, &fault) && fault.Line > 1+strings.Count(string(data), "\n") {
				t.Errorf("line %d is behind the end", fault.Line)
			}
			return
		}
		for _, note := range s.Notes {
			if len(note) > 300 || strings.ContainsAny(note, "\n\x1b") {
				t.Errorf("the note %.400q", note)
			}
		}
		text := []byte("abc key: tok_abcd1234 cid-77\n\n=\xff")
		hits, _ := s.Find("a/b.yaml", text)
		for _, h := range hits {
			if h.Start < 0 || h.End > len(text) || h.Start > h.End || h.Start == h.End && h.End != 0 || h.Rule.ID == "" {
				t.Errorf("the hit %+v", h)
			}
		}
		if _, err := s.Extend(s); err != nil {
			mustBeSafe(t, "the file upon itself", err)
		}
	})
}

func BenchmarkReadGitleaks(b *testing.B) {
	_, data := defaultRules(b)
	for b.Loop() {
		if _, err := ReadGitleaks(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	s, _ := defaultRules(b)
	text := []byte(strings.Repeat("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n", 1_000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s.Find("a.yaml", text)
	}
}
