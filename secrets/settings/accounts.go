package settings

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// eachLine gives the lines of a part of the text, without the blanks at their ends,
// that are not empty.
func (r *reader) eachLine(from, to int, do func(at, end int)) {
	for at := from; at < to; {
		stop := r.lineEnd(at, to)
		if start, end := r.trim(at, stop); start < end {
			do(start, end)
		}
		at = stop + 1
	}
}

// wordAt is the next word at or behind at that blanks part.
func (r *reader) wordAt(at, to int) (start, end int) {
	for at < to && isSpace(r.text[at]) {
		at++
	}
	end = at
	for end < to && !isSpace(r.text[end]) {
		end++
	}
	return at, end
}

// netrc reads the tokens of a .netrc file: "machine h login u password p".
func (r *reader) netrc(from, to int) {
	host := "default"
	for at := from; at < to; {
		keyAt, keyEnd := r.wordAt(at, to)
		at = keyEnd
		switch key := r.text[keyAt:keyEnd]; key {
		case "machine", "login", "password", "passwd", "account", "user":
			start, end := r.wordAt(keyEnd, to)
			if key == "machine" {
				host = r.text[start:end]
			} else {
				r.add(Setting{Key: r.join(host, key), Value: r.text[start:end], KeyAt: keyAt, At: start, End: end})
			}
			at = end
		case "default":
			host = key
		}
	}
}

// pgpass reads "host:port:database:user:password" lines (PostgreSQL, libpq-pgpass):
// a backslash before a colon takes its meaning off.
func (r *reader) pgpass(from, to int) {
	r.eachLine(from, to, func(at, end int) {
		comment := r.text[at] == '#'
		if comment {
			at = r.skipBlanks(at+1, end)
		}
		start := at
		for range 4 {
			i := unescapedIndex(r.text[at:end], ':')
			if i < 0 {
				return
			}
			at += i + 1
		}
		if comment && strings.ContainsAny(r.text[at:end], " \t") {
			return
		}
		key := strings.ReplaceAll(r.text[start:at-1], ":", ".") + ".password"
		r.add(Setting{Key: key, Value: unescape(r.text[at:end]), KeyAt: start, At: at, End: end, Comment: comment})
	})
}

// gitCredentials reads the URL of each line.
func (r *reader) gitCredentials(from, to int) {
	r.eachLine(from, to, func(at, end int) {
		if r.text[at] != '#' && strings.Contains(r.text[at:end], "://") {
			r.add(Setting{Key: "url", Value: r.text[at:end], KeyAt: at, At: at, End: end})
		}
	})
}

// accounts reads "user:hash" lines, with fields behind them or not. An account that
// has no password, or one that stands elsewhere, has none here.
func (r *reader) accounts(kind string, from, to int) {
	r.eachLine(from, to, func(at, end int) {
		comment := r.text[at] == '#'
		if comment {
			at = r.skipBlanks(at+1, end)
		}
		user, rest, ok := strings.Cut(r.text[at:end], ":")
		hash, _, _ := strings.Cut(rest, ":")
		if !ok || user == "" || len(user) > 256 || strings.ContainsAny(user, " \t") || strings.Trim(hash, "*!x") == "" {
			return
		}
		start := at + len(user) + 1
		r.add(Setting{Key: r.join(kind, user), Value: hash, KeyAt: at, At: start, End: start + len(hash), Comment: comment})
	})
}

// ldif reads the attributes of the entries of a directory (RFC 2849): "attr: value",
// "attr:: base64", continued by a line that begins with a blank.
func (r *reader) ldif(from, to int) {
	for at := from; at < to; {
		end := r.lineEnd(at, to)
		for end+1 < to && r.text[end+1] == ' ' {
			end = r.lineEnd(end+1, to)
		}
		r.attribute(at, end)
		at = end + 1
	}
}

func (r *reader) attribute(at, end int) {
	if at < end && r.text[at] == '#' {
		r.commented(at, end, ":")
		return
	}
	keyEnd := r.keyEnd(at, end)
	for keyEnd < end && r.text[keyEnd] == ';' {
		keyEnd = r.keyEnd(keyEnd+1, end)
	}
	if keyEnd == at || keyEnd == end || r.text[keyEnd] != ':' {
		return
	}
	key, _, _ := strings.Cut(r.text[at:keyEnd], ";")
	coded := keyEnd+1 < end && r.text[keyEnd+1] == ':'
	start := keyEnd + 1
	if coded {
		start++
	}
	start, stop := r.trim(start, end)
	value := r.text[start:stop]
	if strings.IndexByte(value, '\n') >= 0 {
		value = strings.NewReplacer("\r\n ", "", "\n ", "").Replace(value)
	}
	if coded {
		if b, err := base64.StdEncoding.DecodeString(value); err == nil && utf8.Valid(b) {
			value = string(b)
		}
	}
	r.add(Setting{Key: key, Value: value, KeyAt: at, At: start, End: stop})
}
