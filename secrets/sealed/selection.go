package sealed

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// A Selection is a rule of which values SOPS encrypts: by a suffix or an expression
// that any key on the way to the value has, or by a comment above it. The zero value
// is not known and selects nothing.
type Selection struct {
	// Field is the name of the rule: encrypted_regex and so on. Where none is given it
	// is unencrypted_suffix with "_unencrypted".
	Field string
	Text  string

	expression expression
}

// selectionFields are the rules of which a file or a creation rule has at most one
// (sops v3.13, stores/stores.go and config/config.go).
var selectionFields = [...]string{"unencrypted_suffix", "encrypted_suffix", "unencrypted_regex", "encrypted_regex",
	"unencrypted_comment_regex", "encrypted_comment_regex"}

const defaultSuffix = "_unencrypted"

// readSelection reads the rule of a map. Faults are about the rule as such.
func readSelection(n *manifest.Node, on ground) (Selection, []Fault) {
	sel := Selection{Field: "unencrypted_suffix", Text: defaultSuffix}
	var list []Fault
	var first *manifest.Node
	for _, field := range selectionFields {
		item := n.Get(field)
		if item.Str() == "" {
			continue
		}
		if first != nil {
			list = append(list, fault(on, item, "%s and %s stand together, and SOPS allows one of them: it refuses this", first.Key, item.Key))
			continue
		}
		first = item
		sel = Selection{Field: field, Text: item.Text}
	}
	if len(list) > 0 {
		return Selection{}, list // which one counts is not told
	}
	if !strings.HasSuffix(sel.Field, "regex") {
		return sel, nil
	}
	var err error
	switch sel.expression, err = compile(sel.Text); {
	case errors.Is(err, errLarge):
		list = append(list, fault(onRegex, first, "%s, so that the values were not judged by it", err))
	case err != nil:
		list = append(list, fault(onRegex, first, "%s, and SOPS takes it as one that matches nothing", err))
	}
	return sel, list
}

// same tells whether two selections are written alike, or are lists of the same keys.
func (s Selection) same(other Selection) bool {
	if s.Field != other.Field {
		return false
	}
	a := keysListed(s.Text)
	return s.Text == other.Text || strings.HasSuffix(s.Field, "regex") && a != nil && slices.Equal(a, keysListed(other.Text))
}

// keysListed returns the keys, in order, of an expression that is a plain list of them:
// ^(data|stringData)$. nil for every other.
func keysListed(expression string) []string {
	list, ok := strings.CutPrefix(expression, "^")
	list, closed := strings.CutSuffix(list, "$")
	if !ok || !closed {
		return nil
	}
	if inner, ok := strings.CutPrefix(list, "("); ok {
		if list, closed = strings.CutSuffix(strings.TrimPrefix(inner, "?:"), ")"); !closed {
			return nil
		}
	} else if strings.Contains(list, "|") {
		return nil // ^a|b$ is two expressions
	}
	keys := strings.Split(list, "|")
	for _, key := range keys {
		if key == "" || strings.Trim(key, wordCharacters) != "" {
			return nil
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

const wordCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// words names the selection for people.
func (s Selection) words() string { return fmt.Sprintf("%s %q", s.Field, s.Text) }

// inverted tells that what matches stays in the clear.
func (s Selection) inverted() bool { return strings.HasPrefix(s.Field, "unencrypted_") }

// byComment tells that comments decide.
func (s Selection) byComment() bool { return strings.HasSuffix(s.Field, "comment_regex") }

// judged tells whether the selection is known: an expression that could not be
// compiled selects nothing that could be told.
func (s Selection) judged() bool {
	return s.Field != "" && (s.expression.compiled != nil || strings.HasSuffix(s.Field, "suffix"))
}

// matches tells whether one key matches.
func (s Selection) matches(key string, m *meter) bool {
	switch {
	case s.byComment() || !s.judged():
		return false
	case s.expression.compiled != nil:
		return m.matches(s.expression, key)
	}
	return strings.HasSuffix(key, s.Text)
}

// covers tells whether a value is encrypted, given whether something on the way to
// it matches.
func (s Selection) covers(matched bool) bool { return s.judged() && matched != s.inverted() }
