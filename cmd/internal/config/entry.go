package config

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// entries writes waivers as entries of a block list.
func entries(add []checks.Waiver, set layout) []byte {
	var b strings.Builder
	for _, w := range add {
		rest := set.indent + " " + strings.Repeat(" ", len(set.gap))
		e := entry{out: &b, next: set.indent + "-" + set.gap, rest: rest, end: set.end}
		e.write(entryOf(w))
	}
	return []byte(b.String())
}

// entry writes the lines of one map.
type entry struct {
	out  *strings.Builder
	next string // before the next line
	rest string // before those after it
	end  string // of a line
}

func (e *entry) write(w Waiver) {
	e.field("check", w.Check)
	if o := w.Object; o != nil {
		e.line("object:")
		inner := entry{out: e.out, next: e.rest + "  ", rest: e.rest + "  ", end: e.end}
		inner.field("apiVersion", o.APIVersion)
		inner.field("kind", o.Kind)
		inner.field("namespace", o.Namespace)
		inner.field("name", o.Name)
	}
	e.field("path", w.Path)
	e.field("file", w.File)
	e.field("field", w.Field)
	e.field("reason", w.Reason)
	e.field("owner", w.Owner)
	if w.Expires != "" {
		e.line("expires: " + w.Expires)
	}
	e.field("value", w.Value)
	if r := w.Rotated; r != nil {
		e.line("rotated:")
		inner := entry{out: e.out, next: e.rest + "  ", rest: e.rest + "  ", end: e.end}
		inner.field("by", r.By)
		inner.line("date: " + r.Date)
	}
}

// field writes a key that has a value.
func (e *entry) field(key, value string) {
	if value != "" {
		e.line(key + ": " + scalar(value))
	}
}

func (e *entry) line(text string) {
	e.out.WriteString(e.next + text + e.end)
	e.next = e.rest
}

// plainText is text that every YAML reader takes for a string of just that text:
// words that begin with a letter, without the characters of YAML's syntax.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./()=\[\]-]*([ ,;]+[A-Za-z0-9_./()=\[\]-]+)*$`)

// scalar writes a string as a YAML scalar on one line: plain where that is safe
// by YAML 1.1 and 1.2, else in double quotes, whose escapes are those of Go.
func scalar(s string) string {
	if plainText.MatchString(s) && !isReserved(s) {
		return s
	}
	return strconv.Quote(s)
}

// isReserved knows the words that YAML 1.1 or 1.2 reads as something else than
// text and that plainText allows.
func isReserved(s string) bool {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return true
	}
	return false
}
