package sealed

import (
	"bytes"
	"sort"
	"strings"
)

// A comment is one of the text of a file. Trees have none.
type comment struct {
	line uint32
	text string // without its sign
	own  bool   // it has a line of its own
}

// comments are in order of their lines.
type comments []comment

// readComments finds what may be a comment: a sign at the beginning of a line or
// behind a blank. In a quoted or folded text it is none, which makes more of them than
// there are.
func readComments(text []byte, signs string) comments {
	var list comments
	line := uint32(0)
	for row := range bytes.Lines(text) {
		line++
		at := commentSign(row, signs)
		if at < 0 {
			continue
		}
		list = append(list, comment{line, strings.TrimRight(string(row[at+1:]), "\r\n"), len(bytes.TrimSpace(row[:at])) == 0})
	}
	return list
}

func commentSign(row []byte, signs string) int {
	for i, c := range row {
		if strings.IndexByte(signs, c) >= 0 && (i == 0 || row[i-1] == ' ' || row[i-1] == '\t') {
			return i
		}
	}
	return -1
}

// marks are the lines at which comments decide for one selection.
type marks struct {
	// anywhere are lines with a comment that matches, in order: for a rule that keeps
	// values in the clear.
	anywhere []uint32
	// below are the lines under a block of comments of which one matches: for a rule
	// that encrypts.
	below map[uint32]bool
}

// marksOf finds where comments decide. For a rule that keeps values in the clear any
// comment near a value counts; for one that encrypts only those that have the lines
// directly above for themselves. Either way a doubt is no fault.
func (c comments) marksOf(sel Selection) marks {
	m := marks{below: map[uint32]bool{}}
	if !sel.byComment() || sel.expression.compiled == nil {
		return m
	}
	var cost meter
	for i, one := range c {
		matches := cost.matches(sel.expression, one.text)
		if sel.inverted() {
			if matches {
				m.anywhere = append(m.anywhere, one.line)
			}
			continue
		}
		if one.own && (matches || i > 0 && m.below[one.line]) {
			m.below[one.line+1] = true
		}
	}
	return m
}

// decide tells whether a comment decides about the value on line at, where the value
// before it, or what holds both, begins on line from.
func (m marks) decide(from, at uint32) bool {
	if m.below[at] {
		return true
	}
	i := sort.Search(len(m.anywhere), func(i int) bool { return m.anywhere[i] >= from })
	return i < len(m.anywhere) && m.anywhere[i] <= at
}
