package manifest

import (
	"bytes"
	"unicode/utf8"
)

// columnTable turns the positions of the YAML reader into those of an editor.
// The reader counts a column for each character, an editor one for each UTF-16
// unit; and the reader ends a line also at NEL, LS and PS, which editors do not.
type columnTable struct {
	lines [][]byte // as the YAML reader ends them
	real  []uint32 // by line of the reader: the editor's line, from 1
	start []uint32 // by line of the reader: the editor's column where it begins, from 1
}

// newColumnTable returns nil where both count alike: no character outside the
// basic plane and no line end of YAML's own.
func newColumnTable(text []byte) *columnTable {
	if !bytes.ContainsFunc(text, needsTable) {
		return nil
	}
	t := &columnTable{}
	line, column := uint32(1), uint32(1)
	for len(text) > 0 {
		n, real := yamlLine(text)
		t.lines = append(t.lines, text[:n])
		t.real = append(t.real, line)
		t.start = append(t.start, column)
		if real {
			line, column = line+1, 1
		} else {
			column += utf16Len(text[:n])
		}
		text = text[n:]
	}
	return t
}

func needsTable(r rune) bool {
	return r >= 0x10000 || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// yamlLine returns the length of the first line of text with its end, and
// whether that end is one for editors too.
func yamlLine(text []byte) (n int, real bool) {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		i += size
		switch r {
		case '\n':
			return i, true
		case '\r':
			if i < len(text) && text[i] == '\n' {
				i++
			}
			return i, true
		case '\u0085', '\u2028', '\u2029':
			return i, false
		}
	}
	return len(text), true
}

func (t *columnTable) position(p Pos) Pos {
	i := int(p.Line) - 1
	if i < 0 || i >= len(t.lines) {
		return p
	}
	line := t.lines[i]
	column := t.start[i]
	for n := uint32(1); n < p.Column && len(line) > 0; n++ {
		r, size := utf8.DecodeRune(line)
		column += utf16Units(r)
		line = line[size:]
	}
	return Pos{Line: t.real[i], Column: column}
}

func utf16Len(text []byte) uint32 {
	var n uint32
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		n += utf16Units(r)
		text = text[size:]
	}
	return n
}

func utf16Units(r rune) uint32 {
	if r >= 0x10000 {
		return 2
	}
	return 1
}
