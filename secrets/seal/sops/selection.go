package sops

import (
	"regexp"
	resyntax "regexp/syntax"
	"strings"

	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// Limits of expressions, which come from files. RE2 takes time by the length of a text
// and by the size of the program.
const (
	longestExpression = 2000
	largestExpression = 5000
	// mostMatching is what one file may spend on matching, in steps of a program over
	// characters of a text.
	mostMatching = 500_000_000
)

// The rule that SOPS takes where a file names none (sops.go).
var defaultSelection = sealed.Selection{Field: "unencrypted_suffix", Text: "_unencrypted"}

// selector tells which values and comments of a file are encrypted (sops.go,
// shouldBeEncrypted).
type selector struct {
	inverted  bool // what matches stays in the clear
	byComment bool
	suffix    string
	regex     *regexp.Regexp
	size      int
	known     map[string]bool // keys that were matched
	spent     int
}

func newSelector(s sealed.Selection) (*selector, error) {
	if s.Field == "" {
		s = defaultSelection
	}
	sel := &selector{inverted: strings.HasPrefix(s.Field, "unencrypted_"), byComment: strings.HasSuffix(s.Field, "_comment_regex"), known: map[string]bool{}}
	switch s.Field {
	case "unencrypted_suffix", "encrypted_suffix":
		sel.suffix = s.Text
		return sel, nil
	case "unencrypted_regex", "encrypted_regex", "unencrypted_comment_regex", "encrypted_comment_regex":
	default:
		return nil, refuse(0, "", "the rule %q of what to encrypt is none of SOPS", s.Field)
	}
	fix := "write an expression that RE2 compiles, in at most 2000 characters"
	parsed, err := resyntax.Parse(s.Text, resyntax.Perl)
	if err != nil || len(s.Text) > longestExpression {
		return nil, refuse(0, fix, "the expression of %s cannot be used", s.Field)
	}
	if sel.size = steps(parsed); sel.size > largestExpression {
		return nil, refuse(0, fix, "the expression of %s is too large", s.Field)
	}
	if sel.regex, err = regexp.Compile(s.Text); err != nil {
		return nil, refuse(0, fix, "the expression of %s cannot be used", s.Field)
	}
	return sel, nil
}

// steps is about the size of the program of an expression. It stops counting where it
// is too large.
func steps(re *resyntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n = min(n+steps(sub), largestExpression+1)
	}
	if re.Op == resyntax.OpRepeat {
		n = min(n*max(1, re.Min, re.Max), largestExpression+1)
	}
	return n
}

func (s *selector) over() bool { return s.spent > mostMatching }

// matchesKey tells whether a key on the way to a value matches.
func (s *selector) matchesKey(key string) bool {
	if s.byComment {
		return false
	}
	if s.regex == nil {
		return strings.HasSuffix(key, s.suffix)
	}
	matched, seen := s.known[key]
	if !seen {
		matched = s.match(key)
		s.known[key] = matched
	}
	return matched
}

// matchesComment tells whether a comment decides about what stands below it.
func (s *selector) matchesComment(text string) bool { return s.byComment && s.match(text) }

func (s *selector) match(text string) bool {
	s.spent += s.size * (len(text) + 1)
	return !s.over() && s.regex.MatchString(text)
}

// covers tells whether a value is encrypted, given what matches on the way to it.
func (s *selector) covers(key, comment bool) bool {
	if s.byComment {
		return comment != s.inverted
	}
	return key != s.inverted
}
