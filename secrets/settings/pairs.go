package settings

import "strings"

// Pairs splits a connection string such as "Server=db;Uid=app;Password=x;",
// "host=db user=app password=x" or "jdbc:mysql://db/app?user=app&password=x" into its
// settings, with offsets in the string. It is nil where the text is none.
func Pairs(connection string) []Setting {
	const maxConnection = 1 << 16
	if len(connection) > maxConnection || strings.IndexByte(connection, '=') < 0 {
		return nil
	}
	from, separators := 0, ";"
	if i := strings.IndexAny(connection, "?;"); i >= 0 && strings.Contains(connection[:i], "://") {
		from, separators = i+1, "&;"
	} else if i < 0 || strings.IndexByte(connection, ';') < 0 {
		separators = " \t\r\n,"
	}
	r := newReader(connection)
	for at := from; at < len(connection); {
		at = r.pair(at, separators) + 1
	}
	return r.settings()
}

// pair reads one key=value and gives the offset of the separator behind it.
func (r *reader) pair(at int, separators string) int {
	end := at
	for end < len(r.text) && r.text[end] != '=' && strings.IndexByte(separators, r.text[end]) < 0 {
		end++
	}
	keyAt, keyEnd := r.trim(at, end)
	if end == len(r.text) || r.text[end] != '=' || !isPairKey(r.text[keyAt:keyEnd]) {
		return end
	}
	at = end + 1
	if at < len(r.text) && (r.text[at] == '"' || r.text[at] == '\'') {
		if lit, ok := r.quotedValue(at, len(r.text), len(r.text)); ok {
			r.add(Setting{Key: r.text[keyAt:keyEnd], Value: lit.value, KeyAt: keyAt, At: lit.at, End: lit.end, Quoted: true})
			return lit.next
		}
	}
	end = at
	for end < len(r.text) && strings.IndexByte(separators, r.text[end]) < 0 {
		end = r.behindHole(end)
	}
	from, to := r.trim(at, end)
	r.add(Setting{Key: r.text[keyAt:keyEnd], Value: r.text[from:to], KeyAt: keyAt, At: from, End: to})
	return end
}

// behindHole is the offset behind a part that an engine fills in, which may hold
// separators, or behind the byte at at.
func (r *reader) behindHole(at int) int {
	for _, marks := range [...][2]string{{"{{", "}}"}, {"${", "}"}} {
		if rest := r.text[at:]; strings.HasPrefix(rest, marks[0]) && r.ahead >= 0 {
			if i := strings.Index(rest, marks[1]); i >= 0 {
				return at + i + len(marks[1])
			}
			r.searchedInVain(len(rest), at)
		}
	}
	return at + 1
}

// isPairKey tells whether a text is a key of a connection string: words of letters,
// such as "User Id".
func isPairKey(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if !isKeyByte(s[i]) && s[i] != ' ' {
			return false
		}
	}
	return true
}
