package scan

import (
	"bytes"
	"sort"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// lines finds the lines of a text as an editor shows them: they end at LF, CRLF
// and CR. It reads the text when it is first asked.
type lines struct {
	text   []byte
	starts []int // offset of each line

	last   int // the offset that was asked for last, and its place
	lastAt manifest.Pos
}

func newLines(text []byte) *lines { return &lines{text: text} }

func (l *lines) index() {
	if l.starts != nil {
		return
	}
	l.starts = []int{0}
	for at := 0; ; {
		i := bytes.IndexAny(l.text[at:], "\r\n")
		if i < 0 {
			return
		}
		at += i + 1
		if l.text[at-1] == '\r' && at < len(l.text) && l.text[at] == '\n' {
			at++
		}
		l.starts = append(l.starts, at)
	}
}

// count returns how many lines there are.
func (l *lines) count() uint32 {
	l.index()
	return uint32(len(l.starts))
}

// line returns line n, counted from 1, without its end; nil where there is none.
func (l *lines) line(n uint32) []byte {
	start, end, ok := l.span(n)
	if !ok {
		return nil
	}
	return l.text[start:end]
}

// span returns where line n begins and ends, without its end of line.
func (l *lines) span(n uint32) (start, end int, ok bool) {
	l.index()
	if n == 0 || int(n) > len(l.starts) {
		return 0, 0, false
	}
	start, end = l.starts[n-1], len(l.text)
	if int(n) < len(l.starts) {
		end = l.starts[n]
	}
	end = start + len(bytes.TrimRight(l.text[start:end], "\r\n"))
	return start, end, true
}

// at returns the place of a byte offset. Offsets that are asked for in order cost
// one pass over a long line, all together.
func (l *lines) at(offset int) manifest.Pos {
	l.index()
	offset = min(max(offset, 0), len(l.text))
	n := sort.Search(len(l.starts), func(i int) bool { return l.starts[i] > offset })
	p, from := manifest.Pos{Line: uint32(n), Column: 1}, l.starts[n-1]
	if l.lastAt.Line == p.Line && l.last <= offset {
		p, from = l.lastAt, l.last
	}
	p.Column += utf16Length(l.text[from:offset])
	l.last, l.lastAt = offset, p
	return p
}

// offset returns the byte offset of a place, at most the end of its line.
func (l *lines) offset(p manifest.Pos) int {
	start, end, ok := l.span(p.Line)
	if !ok {
		return len(l.text)
	}
	column := uint32(1)
	if l.lastAt.Line == p.Line && l.lastAt.Column <= p.Column && l.last <= end {
		start, column = l.last, l.lastAt.Column
	}
	for start < end && column < p.Column {
		r, size := utf8.DecodeRune(l.text[start:end])
		start += size
		column += utf16Units(r)
	}
	l.last, l.lastAt = start, manifest.Pos{Line: p.Line, Column: column}
	return start
}

func utf16Length(text []byte) uint32 {
	n := uint32(0)
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
