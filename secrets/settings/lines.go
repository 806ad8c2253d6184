package settings

import "strings"

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' }

func isSpace(c byte) bool { return isBlank(c) || c == '\n' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isWordByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }

// isKeyByte tells of the bytes of a key as people name settings.
func isKeyByte(c byte) bool { return isWordByte(c) || c == '.' || c == '-' }

// lineEnd is the end of the line that at stands in: its line break, or to.
func (r *reader) lineEnd(at, to int) int {
	if i := strings.IndexByte(r.text[at:to], '\n'); i >= 0 {
		return at + i
	}
	return to
}

// trim takes the blanks off both ends.
func (r *reader) trim(at, end int) (int, int) {
	for at < end && isSpace(r.text[at]) {
		at++
	}
	for at < end && isSpace(r.text[end-1]) {
		end--
	}
	return at, end
}

func (r *reader) skipBlanks(at, end int) int {
	for at < end && isBlank(r.text[at]) {
		at++
	}
	return at
}

// keyEnd is the end of the key that begins at at.
func (r *reader) keyEnd(at, end int) int {
	for at < end && isKeyByte(r.text[at]) {
		at++
	}
	return at
}

// isKey tells whether a text is a key as people name settings: it begins with a
// letter or an underscore.
func isKey(s string) bool {
	if s == "" || isDigit(s[0]) || s[0] == '.' || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if !isKeyByte(s[i]) {
			return false
		}
	}
	return true
}

// isName tells whether a text is the name of a variable.
func isName(s string) bool { return isKey(s) && !strings.ContainsAny(s, ".-") }

// maxAhead bounds how far the end of a literal is looked for in a text in which it
// has been looked for in vain too often.
const maxAhead = 64

// closing finds the quote that ends a literal that begins at at, behind its opening
// quote, and is -1 where there is none before to. Where escapes holds, a backslash
// takes the meaning off the quote behind it.
func (r *reader) closing(quote byte, at, to int, escapes bool) int {
	if r.ahead < 0 {
		to = min(to, at+maxAhead)
	}
	for i := at; i < to; i++ {
		j := strings.IndexByte(r.text[i:to], quote)
		if j < 0 {
			break
		}
		i += j
		if !escapes || !r.escaped(at, i) {
			return i
		}
	}
	r.searchedInVain(to-at, at)
	return -1
}

// doubledEnd finds the quote that ends a literal in which a doubled one stands for
// itself, and is -1 where there is none.
func (r *reader) doubledEnd(quote byte, at, to int, escapes bool) int {
	if r.ahead < 0 {
		to = min(to, at+maxAhead)
	}
	for i := at; i < to; {
		end := r.closing(quote, i, to, escapes)
		if end < 0 || end+1 >= to || r.text[end+1] != quote {
			if end < 0 {
				r.searchedInVain(i-at, at)
			}
			return end
		}
		i = end + 2
	}
	r.searchedInVain(to-at, at)
	return -1
}

// escaped tells whether an odd number of backslashes stands before i.
func (r *reader) escaped(from, i int) bool {
	n := 0
	for i > from && r.text[i-1] == '\\' {
		n++
		i--
	}
	return n%2 == 1
}

// literal is a value as it is written in a line.
type literal struct {
	value   string
	at, end int
	quoted  bool
	next    int // behind the value and its quote
}

// maxQuoted bounds a quoted value that goes over several lines.
const maxQuoted = 1 << 16

// value reads a value that begins at at: a quoted literal, which may go over the
// end of its line as far as to, or the rest of the line up to a comment. comments
// are the bytes that begin one behind a blank.
func (r *reader) value(at, end, to int, comments string) literal {
	at = r.skipBlanks(at, end)
	if at < end && (r.text[at] == '"' || r.text[at] == '\'' || r.text[at] == '`') {
		if lit, ok := r.tripleValue(at, end); ok {
			return lit
		}
		if lit, ok := r.quotedValue(at, end, to); ok {
			return lit
		}
	}
	stop := end
	if comments != "" {
		stop = r.commentStart(at, end, comments)
	}
	_, stop = r.trim(at, stop)
	return literal{value: r.text[at:stop], at: at, end: stop, next: end}
}

// tripleValue reads a literal between three quotes that ends in its line, as in the
// files of Grafana.
func (r *reader) tripleValue(at, end int) (literal, bool) {
	const n = len(`"""`)
	if end-at < 2*n || r.text[at+1] != r.text[at] || r.text[at+2] != r.text[at] {
		return literal{}, false
	}
	i := strings.Index(r.text[at+n:end], r.text[at:at+n])
	if i <= 0 {
		return literal{}, false
	}
	stop := at + n + i
	return literal{value: r.text[at+n : stop], at: at + n, end: stop, quoted: true, next: stop + n}, true
}

// quotedValue reads a quoted literal. One that ends in a later line is one only if
// nothing follows there: else a forgotten quote would swallow the lines below.
func (r *reader) quotedValue(at, end, to int) (literal, bool) {
	quote := r.text[at]
	stop := r.closing(quote, at+1, min(max(to, end), at+maxQuoted), quote == '"')
	if stop < 0 {
		return literal{}, false
	}
	if stop > end {
		rest := r.skipBlanks(stop+1, to)
		if rest < to && r.text[rest] != '\n' && r.text[rest] != '#' && r.text[rest] != ';' {
			return literal{}, false
		}
	}
	lit := literal{value: r.text[at+1 : stop], at: at + 1, end: stop, quoted: true, next: stop + 1}
	if quote == '"' {
		lit.value = unescape(lit.value)
	}
	return lit, true
}

// commentStart is where a comment behind a value begins, or end.
func (r *reader) commentStart(at, end int, comments string) int {
	if at < end && strings.IndexByte(comments, r.text[at]) >= 0 && at > 0 && isBlank(r.text[at-1]) {
		return at
	}
	for i := at; i+1 < end; i++ {
		if isBlank(r.text[i]) && strings.IndexByte(comments, r.text[i+1]) >= 0 {
			return i
		}
	}
	return end
}

// commented reads a line of a comment, from behind its sign, that clearly is one
// setting: a key, one of the separators, and either one word or a quoted literal.
func (r *reader) commented(at, end int, separators string) {
	for at < end && (isBlank(r.text[at]) || strings.IndexByte("#;!/", r.text[at]) >= 0) {
		at++
	}
	if strings.HasPrefix(r.text[at:end], "export ") {
		at = r.skipBlanks(at+len("export "), end)
	}
	keyEnd := r.keyEnd(at, end)
	if registry, _, ok := strings.Cut(r.text[at:end], ":_"); ok && !strings.ContainsAny(registry, " \t=") {
		at += len(registry) + 1
		keyEnd = r.keyEnd(at, end)
	}
	key := r.text[at:keyEnd]
	sep := r.skipBlanks(keyEnd, end)
	if !isKey(key) || sep >= end || strings.IndexByte(separators, r.text[sep]) < 0 {
		return
	}
	lit := r.value(sep+1, end, end, "#")
	if lit.value == "" || !lit.quoted && strings.ContainsAny(lit.value, " \t") {
		return
	}
	r.add(Setting{Key: key, Value: lit.value, KeyAt: at, At: lit.at, End: lit.end, Quoted: lit.quoted, Comment: true})
}
