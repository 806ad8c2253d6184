package settings

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unescape resolves the backslash escapes that most formats share. An escape that
// none of them knows stays as it is written.
func unescape(s string) string {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i >= 0 && i+1 < len(s) {
		out = append(out, s[:i]...)
		var n int
		out, n = appendEscape(out, s[i:])
		s = s[i+n:]
		i = strings.IndexByte(s, '\\')
	}
	return string(append(out, s...))
}

var simpleEscapes = [256]byte{
	'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f', '0': 0, '\\': '\\', '"': '"', '\'': '\'', '`': '`', '/': '/', '$': '$', ' ': ' ', '#': '#', ':': ':', '=': '=', '!': '!',
}

// appendEscape appends what the escape at the start of s stands for, and tells how
// long it is.
func appendEscape(out []byte, s string) ([]byte, int) {
	c := s[1]
	if c == '\n' {
		return out, 2
	}
	digits := 0
	switch c {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	}
	if digits > 0 && len(s) >= 2+digits {
		if v, err := strconv.ParseUint(s[2:2+digits], 16, 32); err == nil && v <= utf8.MaxRune {
			if c == 'x' {
				return append(out, byte(v)), 2 + digits
			}
			return utf8.AppendRune(out, rune(v)), 2 + digits
		}
	}
	if e := simpleEscapes[c]; e != 0 || c == '0' {
		return append(out, e), 2
	}
	return append(out, s[0], c), 2
}
