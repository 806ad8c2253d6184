package sops

import (
	"fmt"
	"strings"
)

// Cause is why something was refused, for callers that go on by it.
type Cause uint8

// The causes of an Error. Invalid is every one without a name of its own.
const (
	Invalid Cause = iota
	// Broken: the text cannot be read in its format.
	Broken
	// NotEncrypted: the file has no metadata of SOPS.
	NotEncrypted
	// HalfSealed: a value that must be encrypted stands in the clear; Complete mends it.
	HalfSealed
	// NoKey: no key is at hand that opens the file. Recipients tells which could.
	NoKey
	// Mismatch: the MAC does not fit the content; Options.AcceptMismatch goes on.
	Mismatch
	// NoRecipient: the rule names nobody who could open the file.
	NoRecipient
	// Unreachable: a recipient could not be asked, or refused.
	Unreachable
	// Uncovered: the rule leaves the value in the clear.
	Uncovered
	// Missing: the place that was named is not in the file.
	Missing
)

// Error says why a file was left as it is.
type Error struct {
	File   string
	Line   int    // 0 for the file as a whole
	Path   string // the field that is meant, or ""
	Cause  Cause
	Reason string // without a value
	Fix    string // the next step, or ""
	// Recipients are those who could open the file, where the cause is NoKey.
	Recipients []Recipient

	limit string // the name of the limit that was gone over, or ""
}

// Error gives file, line, field and reason.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Path != "" {
		b.WriteString(": " + e.Path)
	}
	return b.String() + ": " + e.Reason
}

// refuse makes an error of the file as a whole, or of one line.
func refuse(line int, fix, format string, args ...any) *Error {
	return &Error{Line: line, Reason: fmt.Sprintf(format, args...), Fix: fix}
}

func (e *Error) because(c Cause) *Error {
	e.Cause = c
	return e
}

func (e *Error) at(path string) *Error {
	e.Path = path
	return e
}

// answer runs what answers for one file. Every error gets the file that it is about and
// is an *Error. What panics (readers of YAML and OpenPGP on text that nobody foresaw)
// changes nothing and says nothing of the text.
func answer[T any](name string, do func() (T, error)) (out T, err error) {
	defer func() {
		if recover() != nil {
			var none T
			out, err = none, refuse(0, "report it, with a file that holds no secret", "the file could not be taken apart, which is a fault of this program")
		}
		if e, ok := err.(*Error); ok {
			e.File = name
		}
	}()
	return do()
}

// unlike is the error of a text that does not read as it must after a change; err says
// why, or is nil.
func unlike(err error) error {
	if e, ok := err.(*Error); ok && e.limit != "" {
		return refuse(0, "split the file", "encrypted, the file would go over the limit %s", e.limit)
	}
	return refuse(0, "write the file in plain block style", "the file would not read as it must after the change: it is written in a way that cannot be edited byte for byte")
}
