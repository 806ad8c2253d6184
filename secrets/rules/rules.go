// Package rules finds secrets by rules that users bring along: their own, and
// those of an existing configuration of Gitleaks.
//
// A rule says what a secret looks like in raw text, and in files of which path.
// The package does not know what the text means, reads no files, and waives
// nothing: the allowlists of Gitleaks are read so that a person can be told of
// them, and change no result.
package rules

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// The limits of one rule. A rule over one is refused.
const (
	MostIDBytes      = 100
	MostPatternBytes = 10_000 // of a regular expression
	MostKeywords     = 1_000
	MostKeywordBytes = 200
	MostRequired     = 20
)

// Spec is a rule as it is written.
type Spec struct {
	// ID is the name of the rule, unique in its file.
	ID          string
	Description string
	// Regex finds a match in the text, in the syntax of RE2. Where it is empty, the
	// rule is of Path alone and finds the file as a whole.
	Regex string
	// Path finds something in the path of each file that the rule is for, in the
	// syntax of RE2. Where it is empty, the rule is for every file.
	Path string
	// Keywords are words of which at least one stands in a text that is searched,
	// in whatever case. Where there are none, every text is searched.
	Keywords []string
	// SecretGroup is the number of the group of Regex that is the secret. 0 is the
	// first group that is not empty, or the whole match where there is none.
	SecretGroup int
	// Entropy is the Shannon entropy, in bits for each character, which the secret
	// must exceed. 0 is no condition.
	Entropy float64
	Tags    []string
	// Required are rules that must all match near a match of this one.
	Required []Required
	// Unreported tells that the rule serves only as Required of others.
	Unreported bool
}

// Required is a rule that must match near a match of another.
type Required struct {
	ID string
	// WithinLines and WithinColumns are the greatest distances between the
	// beginnings of the two matches. nil is any distance in the same text.
	WithinLines, WithinColumns *int
}

// Rule is a rule that can be used. Its regular expressions are compiled when a
// text needs them for the first time. Rules are made by New and ReadGitleaks; a
// copy of one shares what is compiled.
type Rule struct {
	Spec
	regex, path func() *regexp.Regexp
	// implied are words in lower case of which each match holds one, or nil.
	implied []string
}

// FieldError is what is wrong with one field of a Spec. It never holds the text
// of the field.
type FieldError struct {
	Field   string // as Gitleaks and config.yaml write it: "id", "regex", "secretGroup", …
	Message string
}

// Error writes the field and the message.
func (e *FieldError) Error() string { return e.Field + " " + e.Message }

// New makes a rule. The error is a *FieldError. Besides what can never work, New
// refuses a regular expression that matches the empty text, which is a slip: such
// a rule would match everywhere.
func New(spec Spec) (Rule, error) {
	r, parsed, err := build(spec)
	switch {
	case err != nil:
		return Rule{}, err
	case parsed != nil && matchesEmpty(parsed):
		return Rule{}, &FieldError{"regex", "matches the empty text"}
	case spec.SecretGroup < 0:
		return Rule{}, &FieldError{"secretGroup", "is negative"}
	case spec.Entropy < 0 || spec.Entropy > 8:
		return Rule{}, &FieldError{"entropy", "is not between 0 and 8 bits"}
	}
	return r, nil
}

// build checks what every rule must keep, and makes it.
func build(spec Spec) (Rule, *syntax.Regexp, error) {
	if err := checkPlain(spec); err != nil {
		return Rule{}, nil, err
	}
	path, err := parse("path", spec.Path)
	if err != nil {
		return Rule{}, nil, err
	}
	regex, err := parse("regex", spec.Regex)
	if err != nil {
		return Rule{}, nil, err
	}
	r := Rule{Spec: spec}
	if path != nil {
		r.path = compileOnce(spec.Path)
	}
	if regex != nil {
		if groups := regex.MaxCap(); spec.SecretGroup > groups {
			return Rule{}, nil, &FieldError{"secretGroup", fmt.Sprintf("is %d, and the regex has %d groups", spec.SecretGroup, groups)}
		}
		r.regex, r.implied = compileOnce(spec.Regex), impliedWords(regex)
	}
	return r, regex, nil
}

func checkPlain(spec Spec) error {
	switch {
	case strings.TrimSpace(spec.ID) == "":
		return &FieldError{"id", "is missing"}
	case len(spec.ID) > MostIDBytes:
		return &FieldError{"id", fmt.Sprintf("is longer than %d bytes", MostIDBytes)}
	case strings.ContainsFunc(spec.ID, unicode.IsControl):
		return &FieldError{"id", "holds a control character"}
	case spec.Regex == "" && spec.Path == "":
		return &FieldError{"regex", "is missing, and so is path: the rule would find nothing"}
	case len(spec.Keywords) > MostKeywords:
		return &FieldError{"keywords", fmt.Sprintf("are more than %d", MostKeywords)}
	case slices.ContainsFunc(spec.Keywords, func(k string) bool { return len(k) > MostKeywordBytes }):
		return &FieldError{"keywords", fmt.Sprintf("hold one of more than %d bytes", MostKeywordBytes)}
	case math.IsNaN(spec.Entropy) || math.IsInf(spec.Entropy, 0):
		return &FieldError{"entropy", "is no number"}
	case len(spec.Required) > MostRequired:
		return &FieldError{"required", fmt.Sprintf("are more than %d", MostRequired)}
	}
	return nil
}

// parse reads a regular expression, which may be missing.
func parse(field, pattern string) (*syntax.Regexp, error) {
	if pattern == "" {
		return nil, nil
	}
	if len(pattern) > MostPatternBytes {
		return nil, &FieldError{field, fmt.Sprintf("is longer than %d bytes", MostPatternBytes)}
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	var fault *syntax.Error
	switch {
	case err == nil:
		return re, nil
	case errors.As(err, &fault):
		// Its Expr is a part of the pattern, its Code one of a few phrases.
		return nil, &FieldError{field, "does not compile: " + fault.Code.String()}
	}
	return nil, &FieldError{field, "does not compile"}
}

// compileOnce compiles a pattern that has been parsed, when it is called first.
func compileOnce(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
