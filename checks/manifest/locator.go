package manifest

import (
	"bytes"
	"unicode/utf8"
)

// A locator turns places as a reader counts them into places as an editor shows
// them. An editor ends a line at LF, CRLF and CR and counts a column for each
// UTF-16 unit. The YAML reader counts one for each character and ends a line also
// at NEL, LS and PS; the JSON reader counts bytes.
//
// It moves forward through the text: readers ask for places in the order in which
// they stand, so that all of them together cost one pass.
type locator struct {
	text   []byte
	offset int
	at     Pos // the editor's place of offset
	line   int // the YAML reader's place of offset, from 1
	column int
}

func newLocator(text []byte) *locator {
	return &locator{text: text, at: Pos{1, 1}, line: 1, column: 1}
}

// countsAlike tells whether the YAML reader and an editor count alike in text: it
// has no character outside the basic plane and no line end of YAML's own.
func countsAlike(text []byte) bool {
	for _, lead := range []byte{0xC2, 0xE2} {
		if bytes.IndexByte(text, lead) >= 0 && bytes.ContainsAny(text, "\u0085\u2028\u2029") {
			return false
		}
	}
	for lead := byte(0xF0); lead <= 0xF4; lead++ {
		if bytes.IndexByte(text, lead) >= 0 {
			return false
		}
	}
	return true
}

// seek returns the editor's place of what the YAML reader counts as line and
// column, and leaves the locator there.
func (l *locator) seek(line, column int) Pos {
	if line < l.line || line == l.line && column < l.column {
		*l = *newLocator(l.text)
	}
	for l.offset < len(l.text) && (l.line < line || l.line == line && l.column < column) {
		l.step()
	}
	return l.at
}

// advance returns the editor's place of a byte offset, and leaves the locator
// there.
func (l *locator) advance(offset int) Pos {
	if offset < l.offset {
		*l = *newLocator(l.text)
	}
	for l.offset < len(l.text) && l.offset < offset {
		l.step()
	}
	return l.at
}

// rest is the text behind the last place that was asked for.
func (l *locator) rest() []byte { return l.text[l.offset:] }

// step moves behind the next character, or the next CRLF.
func (l *locator) step() {
	r, size := utf8.DecodeRune(l.text[l.offset:])
	l.offset += size
	switch {
	case r == '\r' && l.offset < len(l.text) && l.text[l.offset] == '\n':
		l.offset++
		fallthrough
	case r == '\n' || r == '\r':
		l.line, l.column = l.line+1, 1
		l.at = Pos{l.at.Line + 1, 1}
	case isYAMLBreak(r):
		l.line, l.column = l.line+1, 1
		l.at.Column++
	default:
		l.column++
		l.at.Column += utf16Units(r)
	}
}

// isYAMLBreak knows the characters at which YAML ends a line and editors do not.
func isYAMLBreak(r rune) bool { return r == '\u0085' || r == '\u2028' || r == '\u2029' }

func utf16Units(r rune) uint32 {
	if r >= 0x10000 {
		return 2
	}
	return 1
}
