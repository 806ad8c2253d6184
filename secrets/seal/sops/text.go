package sops

import (
	"bytes"
	"slices"
	"sort"
	"unicode/utf8"
)

// extent is a part of a text: the bytes from start up to end.
type extent struct{ start, end int }

func (e extent) isEmpty() bool { return e.end <= e.start }

// edit replaces a part of a text.
type edit struct {
	extent
	text string
}

// apply makes edits in the order of the text. ok is false where two overlap.
func apply(text []byte, edits []edit) (_ []byte, ok bool) {
	slices.SortStableFunc(edits, func(a, b edit) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return a.end - b.end
	})
	size := len(text)
	for _, e := range edits {
		size += len(e.text)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, e := range edits {
		if e.start < at || e.end < e.start || e.end > len(text) {
			return nil, false
		}
		out = append(append(out, text[at:e.start]...), e.text...)
		at = e.end
	}
	return append(out, text[at:]...), true
}

// lines knows where the lines of a text begin.
type lines struct {
	text   []byte
	starts []int

	lastLine, lastColumn, lastAt int // the next place is mostly behind the last
}

func newLines(text []byte) *lines {
	l := &lines{text: text, starts: []int{0}}
	for i, c := range text {
		if c == '\n' {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

// offset gives the place of a line and a column, both from 1, the column in
// characters. It is -1 where there is none.
func (l *lines) offset(line, column int) int {
	if line < 1 || line > len(l.starts) {
		return -1
	}
	at, c := l.starts[line-1], 1
	if line == l.lastLine && column >= l.lastColumn {
		at, c = l.lastAt, l.lastColumn
	}
	for ; c < column; c++ {
		if at >= len(l.text) || l.text[at] == '\n' {
			return -1
		}
		_, size := utf8.DecodeRune(l.text[at:])
		at += size
	}
	l.lastLine, l.lastColumn, l.lastAt = line, column, at
	return at
}

// number gives the line of an offset, from 1.
func (l *lines) number(at int) int { return sort.SearchInts(l.starts, at+1) }

// start is where the line of an offset begins.
func (l *lines) start(at int) int { return l.starts[l.number(at)-1] }

// column counts the bytes before an offset on its line.
func (l *lines) column(at int) int { return at - l.start(at) }

// end is where the line of an offset ends, before its line break.
func (l *lines) end(at int) int {
	end := len(l.text)
	if i := bytes.IndexByte(l.text[at:], '\n'); i >= 0 {
		end = at + i
	}
	if end > at && l.text[end-1] == '\r' {
		end--
	}
	return end
}

// next is where the line behind that of an offset begins, or the end of the text.
func (l *lines) next(at int) int {
	if i := bytes.IndexByte(l.text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(l.text)
}

// beforeBreak is the offset before a line break that ends at an offset, or the offset
// where there is none.
func (l *lines) beforeBreak(at int, brk string) int {
	switch {
	case bytes.HasSuffix(l.text[:at], []byte(brk)):
		return at - len(brk)
	case at > 0 && l.text[at-1] == '\n':
		return at - 1
	}
	return at
}

// char is the byte at an offset, or 0 behind the end.
func (l *lines) char(at int) byte {
	if at < 0 || at >= len(l.text) {
		return 0
	}
	return l.text[at]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func isSpace(c byte) bool { return isBlank(c) || c == '\n' || c == '\r' }

// lineBreak is how the lines of a text mostly end: as its first does.
func lineBreak(text []byte) string {
	if i := bytes.IndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// endsLine tells whether the last line of a text is ended.
func endsLine(text []byte) bool { return bytes.HasSuffix(text, []byte("\n")) }

// oddBreak finds what some readers take for a line break and others do not, or -1: a
// lone carriage return, and the breaks that only Unicode and YAML 1.1 know.
func oddBreak(text []byte) int {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			return i
		case c == 0xC2 && bytes.HasPrefix(text[i:], []byte("\u0085")),
			c == 0xE2 && (bytes.HasPrefix(text[i:], []byte("\u2028")) || bytes.HasPrefix(text[i:], []byte("\u2029"))):
			return i
		}
	}
	return -1
}
