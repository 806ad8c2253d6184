package codeowners

import (
	"strings"
	"unicode/utf8"
)

// A segment is what a pattern says about one part of a path, between slashes.
type segment struct {
	shape  shape
	text   string  // the literal, suffix or prefix
	tokens []token // of a glob
	source string  // as written; equal sources of one dialect mean the same
}

type shape uint8

const (
	literal  shape = iota // exactly text
	deep                  // "**": any number of parts, none as well
	anything              // "*": any one part
	suffix                // "*.yaml"
	prefix                // "app-*"
	glob                  // the rest
	nothing               // matches no part at all
)

type token struct {
	op     tokenOp
	text   string  // of lit
	ranges []runes // of set
	not    bool    // of set
}

type tokenOp uint8

const (
	lit  tokenOp = iota
	one          // "?"
	star         // "*"
	set          // "[a-z]"
)

type runes struct{ low, high rune }

// newSegment gives the tokens of one part the cheapest shape that means the
// same.
func newSegment(source string, tokens []token) segment {
	s := segment{source: source}
	switch {
	case len(tokens) == 0:
		s.shape = literal
	case len(tokens) == 1 && tokens[0].op == lit:
		s.shape, s.text = literal, tokens[0].text
	case len(tokens) == 1 && tokens[0].op == star:
		s.shape = anything
	case len(tokens) == 2 && tokens[0].op == star && tokens[1].op == lit:
		s.shape, s.text = suffix, tokens[1].text
	case len(tokens) == 2 && tokens[0].op == lit && tokens[1].op == star:
		s.shape, s.text = prefix, tokens[0].text
	default:
		s.shape, s.tokens = glob, tokens
	}
	return s
}

// matches reports whether one part of a path is as the segment says. A lone
// star asks for at least one character.
func (s segment) matches(part string) bool {
	switch s.shape {
	case literal:
		return part == s.text
	case anything:
		return part != ""
	case suffix:
		return strings.HasSuffix(part, s.text)
	case prefix:
		return strings.HasPrefix(part, s.text)
	case glob:
		return matchTokens(s.tokens, part)
	}
	return false
}

// matchTokens goes back to the last star only, which is enough and keeps the
// cost at the product of the two lengths.
func matchTokens(tokens []token, name string) bool {
	t, n := 0, 0
	starToken, starName := -1, 0
	for {
		if t == len(tokens) {
			if n == len(name) {
				return true
			}
		} else if tokens[t].op == star {
			starToken, starName = t, n
			t++
			continue
		} else if width, ok := tokens[t].at(name[n:]); ok {
			t, n = t+1, n+width
			continue
		}
		if starToken < 0 || starName >= len(name) {
			return false
		}
		_, width := utf8.DecodeRuneInString(name[starName:])
		starName += width
		t, n = starToken+1, starName
	}
}

// at reports whether the token, no star, stands at the start of s, and how many
// bytes it takes.
func (t token) at(s string) (width int, ok bool) {
	if t.op == lit {
		return len(t.text), strings.HasPrefix(s, t.text)
	}
	if s == "" {
		return 0, false
	}
	r, width := utf8.DecodeRuneInString(s)
	if t.op == one {
		return width, true
	}
	for _, span := range t.ranges {
		if span.low <= r && r <= span.high {
			return width, !t.not
		}
	}
	return width, t.not
}

// sample is a part the segment matches; filler stands for what is free.
func (s segment) sample(filler string) string {
	switch s.shape {
	case literal:
		return s.text
	case anything:
		return filler
	case suffix:
		return filler + s.text
	case prefix:
		return s.text + filler
	case glob:
		return sampleTokens(s.tokens, filler)
	}
	return ""
}

func sampleTokens(tokens []token, filler string) string {
	var b strings.Builder
	for _, t := range tokens {
		switch t.op {
		case lit:
			b.WriteString(t.text)
		case star:
			b.WriteString(filler)
		case one:
			b.WriteByte(filler[0])
		case set:
			b.WriteRune(t.member())
		}
	}
	return b.String()
}

// member is a character the set takes, "x" where none is found.
func (t token) member() rune {
	if !t.not && len(t.ranges) > 0 {
		return t.ranges[0].low
	}
	for _, r := range "qxz0_~" {
		if _, ok := t.at(string(r)); ok {
			return r
		}
	}
	return 'x'
}

// A tokenList is a part being read. Bytes gather until something else than a
// literal comes, so that a long part costs its length and no more.
type tokenList struct {
	tokens  []token
	pending []byte
}

func (l *tokenList) literal(c byte) { l.pending = append(l.pending, c) }

func (l *tokenList) add(t token) {
	l.flush()
	l.tokens = append(l.tokens, t)
}

// star adds a star; two in a row mean no more than one.
func (l *tokenList) star() {
	l.flush()
	if n := len(l.tokens); n > 0 && l.tokens[n-1].op == star {
		return
	}
	l.tokens = append(l.tokens, token{op: star})
}

func (l *tokenList) flush() {
	if len(l.pending) > 0 {
		l.tokens = append(l.tokens, token{op: lit, text: string(l.pending)})
		l.pending = nil
	}
}

func (l *tokenList) done() []token {
	l.flush()
	return l.tokens
}
