package token

import (
	"fmt"
	"strconv"
	"strings"
)

// A form is a pattern for values, written in a small part of the language of
// regular expressions: characters that stand for themselves, and sets such as
// [A-Za-z0-9_-] with {n} or {n,m}. A set takes all that it can and gives nothing
// back, so that a form costs no more than the length of what it reads.
type form struct {
	family  *Family
	prefix  string // the characters that it begins with
	pieces  []piece
	heads   [3]*set // of its first three bytes
	last    *set    // of the last piece: the value ends where this ends
	min     int     // of the whole
	telling bool    // whether prefix is enough to name the family
	long    bool    // whether it can be so long that trying it is dear
	fixed   int     // characters that stand for themselves: the more, the surer
}

type piece struct {
	literal string
	set     *set
	min     int
	max     int
}

// set is a set of bytes.
type set [256]bool

func (s *set) members() []byte {
	var out []byte
	for c := range 256 {
		if s[c] {
			out = append(out, byte(c))
		}
	}
	return out
}

// sets keeps one copy of each set that patterns name.
type sets map[string]*set

func (s sets) named(class string) *set {
	if known, ok := s[class]; ok {
		return known
	}
	made := &set{}
	for i := 0; i < len(class); i++ {
		from, to := class[i], class[i]
		if i+2 < len(class) && class[i+1] == '-' {
			to = class[i+2]
			i += 2
		}
		for c := int(from); c <= int(to); c++ {
			made[c] = true
		}
	}
	s[class] = made
	return made
}

// compile reads a pattern. A pattern is written in this package, so that a wrong one
// is a mistake of the programmer.
func (s sets) compile(family *Family, pattern string) *form {
	f := &form{family: family}
	rest := pattern
	for rest != "" {
		if rest[0] != '[' {
			n := strings.IndexByte(rest, '[')
			if n < 0 {
				n = len(rest)
			}
			f.pieces = append(f.pieces, piece{literal: rest[:n]})
			rest = rest[n:]
			continue
		}
		class, after, ok := strings.Cut(rest[1:], "]")
		if !ok {
			panic(fmt.Sprintf("pattern %s: a set without an end", pattern))
		}
		p := piece{set: s.named(class), min: 1, max: 1}
		rest = after
		if strings.HasPrefix(rest, "{") {
			count, after, _ := strings.Cut(rest[1:], "}")
			p.min, p.max = bounds(pattern, count)
			rest = after
		}
		f.pieces = append(f.pieces, p)
	}
	f.finish()
	return f
}

func bounds(pattern, count string) (low, high int) {
	from, to, ranged := strings.Cut(count, ",")
	low, err := strconv.Atoi(from)
	if err != nil {
		panic(fmt.Sprintf("pattern %s: count %s", pattern, count))
	}
	if !ranged {
		return low, low
	}
	if high, err = strconv.Atoi(to); err != nil {
		panic(fmt.Sprintf("pattern %s: count %s", pattern, count))
	}
	return low, high
}

func (f *form) finish() {
	onlyPadding := set{'=': true}
	most := 0
	if f.pieces[0].set == nil {
		f.prefix = f.pieces[0].literal
	}
	for _, p := range f.pieces {
		f.min += len(p.literal) + p.min
		f.fixed += len(p.literal)
		most += p.max
		if p.set != nil && *p.set != onlyPadding {
			f.last = p.set
		}
	}
	if f.last == nil {
		f.last = &set{}
	}
	f.long = most > 400
	f.telling = isTelling(f.prefix)
}

// end returns where the value that begins at the offset ends, if one does, and else
// how far the text was read. What follows must be neither a character of the value's last set nor one of a word.
func (f *form) end(text []byte, at int) (stop int, ok bool) {
	if len(text)-at < f.min {
		return at, false
	}
	i := at
	for k := range f.pieces {
		p := &f.pieces[k]
		if p.set == nil {
			if !cut(text, i, p.literal) {
				return i, false
			}
			i += len(p.literal)
			continue
		}
		limit := min(len(text), i+p.max)
		from := i
		for i < limit && p.set[text[i]] {
			i++
		}
		if i-from < p.min {
			return i, false
		}
	}
	if f.last['.'] {
		for i > at && text[i-1] == '.' {
			i--
		}
		if i-at < f.min {
			return i, false
		}
	}
	if i < len(text) && text[i] != '.' && (f.last[text[i]] || isWord(text[i])) {
		return i, false
	}
	return i, true
}

func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func allIn(text []byte, in func(byte) bool) bool {
	for _, c := range text {
		if !in(c) {
			return false
		}
	}
	return true
}
