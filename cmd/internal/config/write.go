package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// newWaiversFile is what a waivers file begins with. It ends where entries go.
const newWaiversFile = "# Findings that are accepted for a time, and who answers for them.\nversion: 1\nwaivers:\n"

// AddWaivers appends waivers to the waivers file named file and returns its new
// content. existing stays as it is, byte for byte, around the entries, which come
// at the end of its list; an empty file gets a beginning. Source and At of the
// waivers do not matter.
//
// The result has been read back and says what it should. The error is an Errors
// where existing cannot be read, or has a shape to which nothing can be appended,
// and otherwise says why a waiver cannot stand in a file.
func AddWaivers(file string, existing []byte, add []checks.Waiver, known []checks.Check) ([]byte, error) {
	for i, w := range add {
		if err := writable(w, known); err != nil {
			return nil, fmt.Errorf("waiver %d of %d: %w", i+1, len(add), err)
		}
	}
	if isBlank(existing) {
		start := existing
		if len(start) > 0 && !bytes.HasSuffix(start, []byte("\n")) {
			start = append(slices.Clip(start), '\n')
		}
		return appendedTo(file, nil, slices.Concat(start, []byte(newWaiversFile), entries(add, newLayout())), add, known)
	}
	_, before, list := readWaivers(file, existing, &names{known: known})
	if len(list) > 0 {
		return nil, list
	}
	if len(add) == 0 {
		return existing, nil
	}
	places, err := insertions(file, existing)
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		out := slices.Concat(existing[:p.offset], p.text(existing, add), existing[p.offset:])
		if out, err = appendedTo(file, before, out, add, known); err == nil {
			return out, nil
		}
	}
	return nil, err
}

// writable tells why w cannot stand in a file.
func writable(w checks.Waiver, known []checks.Check) error {
	check, ok := checkByID(known, w.Check)
	if !ok {
		return fmt.Errorf("unknown check %s", quote(w.Check))
	}
	if w.Expires.IsZero() && w.Rotated.By == "" {
		return errors.New("it has no date on which it expires")
	}
	return firstFault(entryOf(w), check.Category)
}

func firstFault(w Waiver, category checks.Category) error {
	var first error
	w.faults(category, func(_, message, _ string) {
		if first == nil {
			first = errors.New(message)
		}
	})
	for _, text := range w.texts() {
		if first == nil && (strings.ContainsFunc(text, isControl) || !utf8.ValidString(text)) {
			first = errors.New("it holds a character that cannot stand in the file")
		}
	}
	return first
}

// texts are what of a waiver may hold any characters.
func (w Waiver) texts() []string {
	list := []string{w.Path, w.File, w.Field, w.Reason, w.Owner}
	if w.Rotated != nil {
		list = append(list, w.Rotated.By)
	}
	if o := w.Object; o != nil {
		list = append(list, o.APIVersion, o.Kind, o.Namespace, o.Name)
	}
	return list
}

// appendedTo returns out where it reads back as before and add, in that order.
func appendedTo(file string, before []checks.Waiver, out []byte, add []checks.Waiver, known []checks.Check) ([]byte, error) {
	_, after, list := readWaivers(file, out, &names{known: known})
	if len(list) > 0 {
		return nil, oddShape(file, list[0].Line)
	}
	want := slices.Concat(before, add)
	if !slices.EqualFunc(after, want, sameWaiver) {
		return nil, oddShape(file, 1)
	}
	return out, nil
}

// sameWaiver compares what two waivers say, not where they stand.
func sameWaiver(a, b checks.Waiver) bool {
	x, y := entryOf(a), entryOf(b)
	sameObject := x.Object == nil && y.Object == nil || x.Object != nil && y.Object != nil && *x.Object == *y.Object
	sameRotation := x.Rotated == nil && y.Rotated == nil || x.Rotated != nil && y.Rotated != nil && *x.Rotated == *y.Rotated
	x.Object, y.Object, x.Rotated, y.Rotated = nil, nil, nil, nil
	return sameObject && sameRotation && x == y
}

func oddShape(file string, line int) error {
	return fileFault(file, line, 1, "nothing can be appended to this file without changing what it says",
		`let "waivers:" be the last key, with one "- check: …" entry below the other`)
}

func fileFault(file string, line, column int, message, hint string) Errors {
	return Errors{{File: file, Line: line, Column: column, Message: message, Hint: hint}}
}

// isBlank tells whether a file holds nothing but comments.
func isBlank(data []byte) bool {
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
}
