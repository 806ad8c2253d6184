package suggest_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

func TestNearest(t *testing.T) {
	formats := []string{"text", "json", "sarif", "junit", "github", "gitlab", "markdown"}
	keys := []string{"environments", "overrides", "failOn", "checks", "paths", "severity", "minimumVersion"}
	tests := []struct {
		name, word string
		known      []string
		want       string
	}{
		{"a letter swapped", "srarif", formats, "sarif"},
		{"two neighbours swapped", "jsno", formats, "json"},
		{"a letter missing", "marksown", formats, "markdown"},
		{"a prefix", "markdwn", formats, "markdown"},
		{"case", "SARIF", formats, "sarif"},
		{"underscore for hyphen", "plaintext_secret", []string{"duplicate-key", "plaintext-secret"}, "plaintext-secret"},
		{"plural", "environment", keys, "environments"},
		{"case inside", "failon", keys, "failOn"},
		{"the word itself", "json", formats, "json"},
		{"of equals the first", "gitxab", []string{"gitlab", "gitxxb"}, "gitlab"},
		{"nearer wins over first", "gitlub", []string{"github", "gitlab", "gitlub"}, "gitlub"},
		{"nothing like it", "yaml", formats, ""},
		{"empty", "", formats, ""},
		{"one letter is no hint", "x", []string{"a", "b"}, ""},
		{"no known words", "json", nil, ""},
		{"not ASCII", "jsön", formats, "json"},
		{"invalid UTF-8", "js\xffn", formats, "json"},
		{"endless", strings.Repeat("json", 1<<20), formats, ""},
		{"endless known word", "json", []string{strings.Repeat("json", 1<<20)}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := suggest.Nearest(test.word, test.known); got != test.want {
				t.Errorf("Nearest(%.40q) = %q, want %q", test.word, got, test.want)
			}
		})
	}
}

func TestSentence(t *testing.T) {
	if got, want := suggest.Sentence("jsno", []string{"json"}), ` (did you mean "json"?)`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := suggest.Sentence("zzzz", []string{"json"}); got != "" {
		t.Errorf("got %q for a word like no other", got)
	}
}
