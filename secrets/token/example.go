package token

import "bytes"

// A value that a person made up to show a form is no leak.

// fillers are words that stand in made-up values, in lower case.
var fillers = [...]string{
	"example", "sample", "dummy", "placeholder", "changeme", "replace", "redacted", "insert", "your-", "your_", "yourt", "yourk", "yours",
	"-here", "_here", "token-", "-token", "_token", "secret", "xxxx", "testtest", "foobar", "0123456", "1234567", "abcdefg", "8765432", "gfedcba",
}

// isExample tells whether the part of a value that a service draws at random was not drawn.
func isExample(random []byte) bool {
	if len(random) == 0 {
		return false
	}
	var folded [256]byte
	lower := folded[:min(len(random), len(folded))]
	var seen [256]bool
	distinct, same, longest := 0, 1, 1
	for i := range lower {
		c := random[i]
		if !seen[c] {
			seen[c] = true
			distinct++
		}
		if i > 0 && c == random[i-1] {
			same++
			longest = max(longest, same)
		} else {
			same = 1
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	if len(lower) >= 12 && (distinct < leastVariety(len(lower)) || longest >= 7) {
		return true
	}
	for i := range fillers {
		if bytes.Contains(lower, []byte(fillers[i])) {
			return true
		}
	}
	return repeats(lower) || isPhrase(random)
}

// leastVariety is the number of different characters that a drawn value of n
// characters has at the very least, if it is drawn from sixteen.
func leastVariety(n int) int {
	switch {
	case n < 16:
		return 4
	case n < 24:
		return 6
	}
	return 8
}

// repeats tells whether a text is one short piece over and over.
func repeats(text []byte) bool {
	for period := 1; period <= 10 && period*2 <= len(text) && len(text) >= 16; period++ {
		if bytes.Equal(text[period:], text[:len(text)-period]) {
			return true
		}
	}
	return false
}

// isPhrase tells whether a text is words of one case with a - or _ between them.
func isPhrase(text []byte) bool {
	if len(text) < 12 {
		return false
	}
	gaps, upper, lower := 0, 0, 0
	for _, c := range text {
		switch {
		case c == '-' || c == '_' || c == '.' || c == ' ':
			gaps++
		case 'a' <= c && c <= 'z':
			lower++
		case 'A' <= c && c <= 'Z':
			upper++
		default:
			return false
		}
	}
	return gaps > 0 && (upper == 0 || lower == 0)
}

// isFiller tells whether a text asks to be replaced.
func isFiller(text []byte) bool {
	if len(text) >= 3 && allIn(text, func(c byte) bool { return c == text[0] || c == '-' || c == '_' || c == '.' }) {
		return true
	}
	return bytes.Contains(text, []byte("...")) || bytes.IndexByte(text, '<') >= 0 || isExample(text) && allIn(text, isPrintable) || isMade(text)
}

func isPrintable(c byte) bool { return ' ' < c && c < 0x7f }

// isMade tells whether a text names what is to stand in its place.
func isMade(text []byte) bool {
	if !allIn(text, func(c byte) bool { return isWord(c) || c == '-' }) {
		return false
	}
	for _, word := range []string{"your", "token", "here", "example", "xxx", "secret", "fake"} {
		for i := range text {
			if i+len(word) <= len(text) && bytes.EqualFold(text[i:i+len(word)], []byte(word)) {
				return true
			}
		}
	}
	return false
}

// isTemplate tells whether a text is filled in before it is used.
func isTemplate(text []byte) bool {
	for _, mark := range []string{"${", "$(", "{{", "}}", "%s", "%v", "%d", "%[", "#{", "<%", "$$"} {
		if bytes.Contains(text, []byte(mark)) {
			return true
		}
	}
	first, last := text[0], text[len(text)-1]
	return first == '<' || first == '{' && last == '}' || first == '[' && last == ']' || first == '%' && last == '%' && len(text) > 1 ||
		first == '$' && len(text) > 1 && allIn(text[1:], isWord) && !isDigit(text[1]) || first == '@' && last == '@' || allIn(text, func(c byte) bool { return c == '*' || c == '.' })
}

// isStandIn tells whether a password is the word for one: "password", "xxxx".
func isStandIn(text []byte) bool {
	for _, word := range []string{
		"password", "passwd", "pass", "pwd", "secret", "token", "mypassword", "mypass", "yourpassword", "your-password", "your_password",
		"changeme", "change-me", "change_me", "placeholder", "example", "redacted", "pw", "passphrase", "apikey", "api_key", "secretkey", "credentials", "key",
	} {
		if bytes.EqualFold(text, []byte(word)) {
			return true
		}
	}
	if len(text) >= 3 && allIn(text, func(c byte) bool { return c|0x20 == 'x' || c == '-' || c == '_' }) {
		return true
	}
	return containsFold(text, "your") && len(text) > 6 || containsFold(text, "changeme") || containsFold(text, "placeholder") || containsFold(text, "example")
}

func containsFold(text []byte, word string) bool {
	for i := 0; i+len(word) <= len(text); i++ {
		if bytes.EqualFold(text[i:i+len(word)], []byte(word)) {
			return true
		}
	}
	return false
}
