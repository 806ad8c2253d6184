package settings

import "strings"

// properties reads Java properties: the key ends at the first unescaped "=", ":" or
// blank, a backslash at the end of a line continues it (java.util.Properties.load).
func (r *reader) properties(from, to int) {
	for at := from; at < to; {
		line, _ := r.trim(at, r.lineEnd(at, to))
		if line < to && (r.text[line] == '#' || r.text[line] == '!') {
			end := r.lineEnd(line, to)
			r.commented(line, end, "=:")
			at = end + 1
			continue
		}
		end := r.logicalEnd(line, to)
		r.property(line, end)
		at = max(end, at) + 1
	}
}

// logicalEnd is the end of a line that a backslash before its break continues.
func (r *reader) logicalEnd(at, to int) int {
	for i := at; ; i++ {
		i = r.lineEnd(i, to)
		last := i
		if last > at && r.text[last-1] == '\r' {
			last--
		}
		if i >= to || !r.escaped(at, last) {
			return i
		}
	}
}

func (r *reader) property(at, end int) {
	_, end = r.trim(at, end)
	keyEnd := at
	for keyEnd < end && !isSpace(r.text[keyEnd]) && r.text[keyEnd] != '=' && r.text[keyEnd] != ':' {
		if r.text[keyEnd] == '\\' {
			keyEnd++
		}
		keyEnd++
	}
	keyEnd = min(keyEnd, end)
	if keyEnd == at {
		return
	}
	sep := r.skipBlanks(keyEnd, end)
	if sep < end && (r.text[sep] == '=' || r.text[sep] == ':') {
		sep = r.skipBlanks(sep+1, end)
	}
	r.add(Setting{Key: unescape(r.text[at:keyEnd]), Value: joinLines(r.text[sep:end]), KeyAt: at, At: sep, End: end})
}

// joinLines resolves the escapes of a value of properties; the blanks at the start
// of a continued line do not count.
func joinLines(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	if strings.IndexByte(s, '\n') < 0 {
		return unescape(s)
	}
	var joined strings.Builder
	for line := range strings.Lines(s) {
		line = strings.TrimLeft(line, " \t\f")
		body := strings.TrimRight(line, "\r\n")
		if len(body) < len(line) {
			body = strings.TrimSuffix(body, "\\")
		}
		joined.WriteString(body)
	}
	return unescape(joined.String())
}
