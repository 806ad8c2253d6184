package rules

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewRefuses(t *testing.T) {
	const canary = "hunter2canary"
	tests := []struct {
		name string
		spec Spec
		want string
	}{
		{"no id", Spec{Regex: "a"}, "id is missing"},
		{"blank id", Spec{ID: " ", Regex: "a"}, "id is missing"},
		{"long id", Spec{ID: strings.Repeat("i", 101), Regex: "a"}, "id is longer than 100 bytes"},
		{"id of two lines", Spec{ID: "a\nb", Regex: "a"}, "id holds a control character"},
		{"nothing to find", Spec{ID: "r", Keywords: []string{"a"}}, "regex is missing, and so is path: the rule would find nothing"},
		{"open group", Spec{ID: "r", Regex: "(" + canary}, "regex does not compile: missing closing )"},
		{"lookahead", Spec{ID: "r", Regex: "(?=" + canary + ")"}, "regex does not compile: invalid or unsupported Perl syntax"},
		{"back reference", Spec{ID: "r", Regex: `(a)\1` + canary}, "regex does not compile: invalid escape sequence"},
		{"repetition", Spec{ID: "r", Regex: "a{1001}"}, "regex does not compile: invalid repeat count"},
		{"path", Spec{ID: "r", Path: "*" + canary}, "path does not compile: missing argument to repetition operator"},
		{"long", Spec{ID: "r", Regex: strings.Repeat("a", 10_001)}, "regex is longer than 10000 bytes"},
		{"empty match", Spec{ID: "r", Regex: "a*"}, "regex matches the empty text"},
		{"empty match of a choice", Spec{ID: "r", Regex: `foo|\b`}, "regex matches the empty text"},
		{"empty match of a group", Spec{ID: "r", Regex: `^(a?b{0,3})$`}, "regex matches the empty text"},
		{"group", Spec{ID: "r", Regex: "(a)", SecretGroup: 2}, "secretGroup is 2, and the regex has 1 groups"},
		{"negative group", Spec{ID: "r", Regex: "(a)", SecretGroup: -1}, "secretGroup is negative"},
		{"entropy", Spec{ID: "r", Regex: "a", Entropy: 9}, "entropy is not between 0 and 8 bits"},
		{"keyword", Spec{ID: "r", Regex: "a", Keywords: []string{strings.Repeat("k", 201)}}, "keywords hold one of more than 200 bytes"},
	}
	for _, test := range tests {
		_, err := New(test.spec)
		var field *FieldError
		if !errors.As(err, &field) || err.Error() != test.want || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error is %v, want %s", test.name, err, test.want)
		}
	}
}

// find gives the secrets that rules find, each as "rule=secret".
func find(t *testing.T, s Set, path, text string) []string {
	t.Helper()
	hits, complete := s.Find(path, []byte(text))
	if !complete {
		t.Errorf("the search of %d bytes is not complete", len(text))
	}
	var list []string
	for _, h := range hits {
		list = append(list, h.Rule.ID+"="+text[h.Start:h.End])
	}
	return list
}

func mustNew(t *testing.T, spec Spec) Rule {
	t.Helper()
	if spec.ID == "" {
		spec.ID = "r"
	}
	r, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func number(n int) *int { return &n }

// TestFind holds the meaning of each field.
func TestFind(t *testing.T) {
	const text = "Token: abc123\nother: zzz\ntoken: def456\n"
	tests := []struct {
		name string
		spec Spec
		path string
		text string
		want []string
	}{
		{"every match, whole", Spec{Regex: `[Tt]oken: \w+`}, "f", text, []string{"r=Token: abc123", "r=token: def456"}},
		{"the first group", Spec{Regex: `[Tt]oken: (\w+)`}, "f", text, []string{"r=abc123", "r=def456"}},
		{"the first group that is not empty", Spec{Regex: `token: (x*)(\w+)`}, "f", text, []string{"r=def456"}},
		{"a named group", Spec{Regex: `(token): (\w+)`, SecretGroup: 2}, "f", text, []string{"r=def456"}},
		{"a group that takes no part is the match", Spec{Regex: `token: (?:(xyz)|\w+)`, SecretGroup: 1}, "f", text, []string{"r=token: def456"}},
		{"newlines around", Spec{Regex: `\n\w+: zzz\n`}, "f", text, []string{"r=other: zzz"}},
		{"a group that needs the newline is the match", Spec{Regex: `other: (\w+)\n`}, "f", text, []string{"r=other: zzz"}},
		{"several lines", Spec{Regex: `(?s)abc.*def`}, "f", text, []string{"r=abc123\nother: zzz\ntoken: def"}},

		{"keyword in another case", Spec{Regex: `\w+\d{3}`, Keywords: []string{"OTHER"}}, "f", text, []string{"r=abc123", "r=def456"}},
		{"one keyword of two", Spec{Regex: `\w+\d{3}`, Keywords: []string{"absent", "zz"}}, "f", text, []string{"r=abc123", "r=def456"}},
		{"no keyword", Spec{Regex: `\w+\d{3}`, Keywords: []string{"absent"}}, "f", text, nil},
		{"a keyword of wide letters", Spec{Regex: `\d{3}`, Keywords: []string{"schlüssel"}}, "f", "SCHLÜSSEL 123", []string{"r=123"}},
		{"the Kelvin sign is a k", Spec{Regex: `(?i)toKen\d+`, Keywords: []string{"token"}}, "f", "to\u212aen77", []string{"r=to\u212aen77"}},
		{"the long s is an s", Spec{Regex: `(?i)secret\d+`}, "f", "\u017fecret77", []string{"r=\u017fecret77"}},
		{"an empty keyword is none", Spec{Regex: `\d{3}`, Keywords: []string{""}}, "f", "123", []string{"r=123"}},

		{"entropy over", Spec{Regex: `: (\w+)`, Entropy: 2.5}, "f", text, []string{"r=abc123", "r=def456"}},
		{"entropy equal is not over", Spec{Regex: `\w+`, Entropy: 2}, "f", "abcd abcde", []string{"r=abcde"}},
		{"entropy is of the secret alone", Spec{Regex: `[a-z]+=(a+)`, Entropy: 1}, "f", "key=aaaaaaa", nil},
		{"entropy of a group that takes no part", Spec{Regex: `token: (?:(xyz)|\w+)`, SecretGroup: 1, Entropy: 0.1}, "f", text, nil},

		{"path", Spec{Regex: `\w+\d{3}`, Path: `\.env$`}, "a/.env", text, []string{"r=abc123", "r=def456"}},
		{"another path", Spec{Regex: `\w+\d{3}`, Path: `\.env$`}, "a/.envrc", text, nil},
		{"a path alone", Spec{Path: `\.p12$`}, "a/key.p12", text, []string{"r="}},
		{"a path alone, of an empty file", Spec{Path: `\.p12$`}, "a/key.p12", "", []string{"r="}},
		{"a path alone that waits for a word", Spec{Path: `\.p12$`, Keywords: []string{"absent"}}, "a/key.p12", text, nil},
		{"another path alone", Spec{Path: `\.p12$`}, "a/key.p12.txt", text, nil},

		{"no text", Spec{Regex: "a"}, "f", "", nil},
		{"not UTF-8", Spec{Regex: `key-[^ ]+`}, "f", "\xff\xfe key-\xff\x00z \x80", []string{"r=key-\xff\x00z"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := NewSet([]Rule{mustNew(t, test.spec)})
			if diff := cmp.Diff(test.want, find(t, s, test.path, test.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindWithRequired(t *testing.T) {
	const text = "id=AAA\n\n\nkey=k1\n" + "x id=BBB key=k2\n" + "key=k3\n"
	tests := []struct {
		name     string
		required []Required
		want     []string
	}{
		{"anywhere", []Required{{ID: "id"}}, []string{"key=k1", "key=k2", "key=k3"}},
		{"on the same line", []Required{{"id", number(0), nil}}, []string{"key=k2"}},
		{"one line away", []Required{{"id", number(1), nil}}, []string{"key=k1", "key=k2", "key=k3"}},
		{"in the same column", []Required{{"id", nil, number(0)}}, []string{"key=k1", "key=k3"}},
		{"near in both", []Required{{"id", number(3), number(0)}}, []string{"key=k1"}},
		{"two of which one is absent", []Required{{ID: "id"}, {ID: "absent"}}, nil},
	}
	for _, test := range tests {
		s := NewSet([]Rule{
			mustNew(t, Spec{ID: "key", Regex: `key=(\w+)`, Required: test.required}),
			// What another requires needs no keyword of its own.
			mustNew(t, Spec{ID: "id", Regex: `id=(\w+)`, Unreported: true, Keywords: []string{"nowhere"}}),
			mustNew(t, Spec{ID: "absent", Regex: `absent`, Unreported: true}),
		})
		if diff := cmp.Diff(test.want, find(t, s, "f", text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestAGenericRuleGivesWay(t *testing.T) {
	s := NewSet([]Rule{
		mustNew(t, Spec{ID: "Generic-key", Regex: `key = (\w+)`}),
		mustNew(t, Spec{ID: "acme-key", Regex: `acme_\w+`}),
		mustNew(t, Spec{ID: "short", Regex: `acme`}),
		mustNew(t, Spec{ID: "kind", Regex: `kind\nkey = (\w+)`}), // on the same value, from another line
	})
	want := []string{"short=acme", "acme-key=acme_123", "Generic-key=else", "kind=data", "Generic-key=data"}
	got := find(t, s, "f", "key = acme_123\nkey = else\nkind\nkey = data\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLargeTexts holds that the borders of windows are not seen: wherever a match
// lies, it is found once.
func TestLargeTexts(t *testing.T) {
	s := NewSet([]Rule{mustNew(t, Spec{Regex: `\bkey-[0-9]{4}(?:\s|$)`}), mustNew(t, Spec{ID: "long", Regex: `(?s)BEGIN.*?END`})})
	for _, newline := range []string{"\n", " "} {
		var b strings.Builder
		var want []string
		for i := 0; b.Len() < 5*windowBytes; i++ {
			switch {
			case i%401 == 0:
				b.WriteString("key-1234" + newline)
				want = append(want, "r=key-1234"+strings.Trim(newline, "\n"))
			case i%4001 == 1:
				long := "BEGIN" + strings.Repeat("é", LongestMatch/2-10) + "END"
				b.WriteString(long + newline)
				want = append(want, "long="+long)
			default:
				b.WriteString("éx" + newline)
			}
		}
		if diff := cmp.Diff(want, find(t, s, "f", b.String())); diff != "" {
			t.Errorf("%q (-want +got):\n%.1000s", newline, diff)
		}
	}
}

// TestHostileTexts holds that no text takes long, and that what is cut is said.
func TestHostileTexts(t *testing.T) {
	many := strings.Repeat("a", 4<<20)
	tests := []struct {
		name, regex, text string
		complete          bool
	}{
		{"a match at each byte", `a`, many, false},
		{"one letter", `(a+)+b`, many, true},
		{"a view to the end from each match", `key=\w+(?:\s.*END)?`, strings.Repeat("key=a ", 4<<20/6), false},
		{"dots", `(?s).*.*.*=.*x`, strings.Repeat("=", 1<<19), true},
	}
	for _, test := range tests {
		spec := Spec{Regex: test.regex}
		hits, complete := NewSet([]Rule{mustNew(t, spec)}).Find("f", []byte(test.text))
		if complete != test.complete || len(hits) > MostHits {
			t.Errorf("%s: %d hits, complete %v", test.name, len(hits), complete)
		}
	}
}

func TestASetWithoutRulesFindsNothing(t *testing.T) {
	if hits, complete := (Set{}).Find("f", []byte("x")); len(hits) > 0 || !complete {
		t.Errorf("%v, %v", hits, complete)
	}
	s := Set{Rules: []Rule{mustNew(t, Spec{Regex: "x"})}}
	if hits, _ := s.Find("f", []byte("x")); len(hits) != 1 {
		t.Errorf("a set that is written out finds %v", hits)
	}
}

func TestJoin(t *testing.T) {
	a, b := NewSet([]Rule{mustNew(t, Spec{ID: "a", Regex: "aa"})}), NewSet([]Rule{mustNew(t, Spec{ID: "b", Regex: "bb"})})
	if diff := cmp.Diff([]string{"a=aa", "b=bb"}, find(t, Join(a, b), "f", "aa bb")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNothingIsCompiledUntilItIsNeeded(t *testing.T) {
	r := mustNew(t, Spec{Regex: `internal-\d{4}`, Path: `\.yaml$`, Keywords: []string{"internal"}})
	compiled := 0
	count := func(f func() bool) { // counts the calls that compile
		if f() {
			compiled++
		}
	}
	regex, path := r.regex, r.path
	r.regex = func() *regexp.Regexp { count(func() bool { return true }); return regex() }
	r.path = func() *regexp.Regexp { count(func() bool { return true }); return path() }
	s := NewSet([]Rule{r})
	s.Find("a.yaml", []byte("nothing of interest"))
	if compiled != 0 {
		t.Errorf("%d regular expressions were asked for", compiled)
	}
	s.Find("a.json", []byte("Internal-1234"))
	if compiled != 1 {
		t.Errorf("%d regular expressions were asked for, want that of the path", compiled)
	}
}

// TestImpliedWords holds that a word which a rule waits for by itself stands in
// each of its matches.
func TestImpliedWords(t *testing.T) {
	for pattern, want := range map[string][]string{
		`token=\w+`:            {"token="},
		`(?i)Token`:            {"token"},
		`ab`:                   nil,
		`[a-z]+`:               nil,
		`(?:abc|defg)x*`:       {"abc", "defg"},
		`(?:abc|d)`:            nil,
		`(?:abc)?`:             nil,
		`(?:abc)*d`:            nil,
		`(?:abc){0,2}`:         nil,
		`(?:abc){2,}`:          {"abc"},
		`(?P<x>abc)+`:          {"abc"},
		`short[0-9]longest`:    {"longest"},
		`schlüssel`:            {"schl"},
		`abc(?:x|y)(?:def|gh)`: {"abc"},
	} {
		r, parsed, err := build(Spec{ID: "r", Regex: pattern})
		if err != nil || parsed == nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, r.implied); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
}

func TestAutomaton(t *testing.T) {
	words := []string{"he", "she", "his", "hers", "s", "kub\xc3\xa9", "e", "zzzz"}
	for _, text := range []string{"", "ushers", "HIS", "KUBÉ kubé", "zzz", "xSHEx", "\xff\x00e"} {
		got := newAutomaton(words).in([]byte(text), len(words))
		lower := asciiLower(text)
		for i, w := range words {
			if want := strings.Contains(lower, w); got[i] != want {
				t.Errorf("%q in %q: %v, want %v", w, text, got[i], want)
			}
		}
	}
	many := make([]string, 2_000)
	for i := range many {
		many[i] = strings.Repeat(string(rune('a'+i%26)), 60) + strings.Repeat("x", i%50)
	}
	if a := newAutomaton(many); a.step != nil {
		t.Error("too many words make a table")
	} else if got := a.in([]byte(strings.ToUpper(many[7])), len(many)); !got[7] || got[8] {
		t.Error("too many words are not found one by one")
	}
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
