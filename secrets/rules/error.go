package rules

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// Error is why a configuration of Gitleaks cannot be read. It holds no text of
// the file but the ID of a rule, where that looks like a name.
type Error struct {
	Line    int    // from 1; 1 where it is not known
	Column  int    // from 1, in bytes; 1 where it is not known
	Rule    string // `rule "the-id"` or "rule 3"; "" where it is not of one rule
	Field   string // the key, or ""
	Message string
}

// Error writes what is wrong, without the place.
func (e *Error) Error() string {
	switch {
	case e.Rule != "" && e.Field != "":
		return e.Rule + ": " + e.Field + " " + e.Message
	case e.Rule != "":
		return e.Rule + " " + e.Message
	case e.Field != "":
		return e.Field + " " + e.Message
	}
	return e.Message
}

// faultOf makes an Error of one of build.
func faultOf(id string, err error) *Error {
	e := &Error{Line: 1, Column: 1, Rule: ruleName(id, 0), Message: "cannot be used"}
	var f *FieldError
	if errors.As(err, &f) {
		e.Field, e.Message = f.Field, f.Message
	}
	return e
}

// looksLikeName and looksLikeKey know texts that a person takes for the name of a
// rule or for a key, and that hold no credential.
var (
	looksLikeName = regexp.MustCompile(`^[A-Za-z0-9]{1,16}([ ._/-][A-Za-z0-9]{1,16}){0,8}$`)
	looksLikeKey  = regexp.MustCompile(`^[A-Za-z][A-Za-z_-]{0,39}$`)
)

// ruleName names a rule in a sentence: by its ID or, where that is no name, by
// its number in the file, if that is known.
func ruleName(id string, number int) string {
	switch {
	case looksLikeName.MatchString(id):
		return "rule " + strconv.Quote(id)
	case number > 0:
		return "rule " + strconv.Itoa(number)
	}
	return "a rule"
}

// keyName names a key in a sentence.
func keyName(table, key string) string {
	if !looksLikeKey.MatchString(key) {
		return "a key that is no word, in " + table
	}
	return strings.TrimPrefix(table+"."+key, "the file.")
}
