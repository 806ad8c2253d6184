package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Error is one fault of a configuration file: where it is, what is wrong, and
// what to do about it. Line and Column count from 1, the column in UTF-16 units.
type Error struct {
	File    string
	Line    int
	Column  int
	Message string
	Hint    string // may be empty
}

// Error writes e on one line: "file:line:column: message; hint".
func (e Error) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Errors are the faults of one or more configuration files, in the order of the
// files, sorted by place in each.
type Errors []Error

// Error writes one line for each fault.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// asError returns nil for no faults, so that a nil Errors is no error.
func (e Errors) asError() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// mostErrors is the number of faults that are told of one file. A stranger's file
// of a million unknown keys must not become a million lines.
const mostErrors = 100

// faults collects the errors of one file: one for each field, since a field that
// has the wrong type has no other fault worth telling.
type faults struct {
	file  string
	list  Errors
	paths []string
	more  bool
}

// add tells a fault of the field at path, unless one of the field itself or of
// what it stands in was told before. An empty path is no field.
func (f *faults) add(path string, at manifest.Pos, message, hint string) {
	switch {
	case f.more || f.told(path):
		return
	case f.full():
		f.more = true
		return
	}
	f.list = append(f.list, Error{
		File: f.file, Line: max(1, int(at.Line)), Column: max(1, int(at.Column)),
		Message: message, Hint: hint,
	})
	f.paths = append(f.paths, path)
}

// full tells whether no further fault is told.
func (f *faults) full() bool { return len(f.list) >= mostErrors }

func (f *faults) told(path string) bool {
	return path != "" && slices.ContainsFunc(f.paths, func(told string) bool {
		rest, ok := strings.CutPrefix(path, told)
		return ok && told != "" && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// sorted returns the faults by place, or nil.
func (f *faults) sorted() Errors {
	slices.SortStableFunc(f.list, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if f.more {
		last := f.list[len(f.list)-1]
		last.Message, last.Hint = "there are more faults than are told here", "repair these first"
		return append(f.list, last)
	}
	return f.list
}

// longestQuoted is the number of bytes of a word of a file that a message repeats.
const longestQuoted = 48

// quote writes a word of the file for a message: in quotes, with control
// characters escaped, and cut where it is too long to be a key or a check.
func quote(word string) string { return strconv.Quote(shorten(word)) }

func shorten(word string) string {
	if len(word) <= longestQuoted {
		return word
	}
	cut := longestQuoted
	for cut > 0 && !utf8.RuneStart(word[cut]) {
		cut--
	}
	return word[:cut] + "…"
}

// didYouMean is the hint that names the nearest word, or "".
func didYouMean(nearest string) string {
	if nearest == "" {
		return ""
	}
	return "did you mean " + strconv.Quote(nearest) + "?"
}

// andList writes words as "a, b and c".
func andList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// orList writes words as "a, b or c".
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
