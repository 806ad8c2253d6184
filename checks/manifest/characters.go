package manifest

import (
	"encoding/binary"
	"unicode/utf8"
)

// oddities are the characters of a text that readers treat in a way of their own.
type oddities struct{ tabs, returns bool }

// characters tells whether YAML allows every character of a text, and nothing but LF
// and CRLF ends a line. (YAML 1.1, which the libraries follow, ends lines at CR, NEL, LS
// and PS, too.)
func characters(text []byte) (odd oddities, ok bool) {
	const (
		ones = 0x0101010101010101
		high = 0x80 * ones
	)
	for len(text) >= 8 {
		word := binary.LittleEndian.Uint64(text)
		// The high bit of each byte tells: it is under ' ', it is LF, it is DEL.
		low := ^((word | high) - ' '*ones) & high
		feed, del := word^'\n'*ones, word^0x7f*ones
		feed = ^((feed&^high + 0x7f*ones) | feed) & high
		del = ^((del&^high + 0x7f*ones) | del) & high
		if low&^feed|del|word&high == 0 {
			text = text[8:]
			continue
		}
		n, more, ok := odd.read(text)
		if !ok {
			return odd, false
		}
		odd, text = more, text[n:]
	}
	for len(text) > 0 {
		n, more, ok := odd.read(text)
		if !ok {
			return odd, false
		}
		odd, text = more, text[n:]
	}
	return odd, true
}

// read reads the next eight bytes of a text, with what is left of the last character.
func (o oddities) read(text []byte) (n int, more oddities, ok bool) {
	for n < min(8, len(text)) {
		c := text[n]
		switch {
		case c == '\t':
			o.tabs = true
		case c == '\r' && n+1 < len(text) && text[n+1] == '\n':
			o.returns = true
		case c < ' ' && c != '\n' || c == 0x7f:
			return n, o, false
		}
		if c < utf8.RuneSelf {
			n++
			continue
		}
		r, size := utf8.DecodeRune(text[n:])
		if r == utf8.RuneError && size <= 1 || r < 0xA0 || r == 0x2028 || r == 0x2029 || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF {
			return n, o, false
		}
		n += size
	}
	return n, o, true
}
