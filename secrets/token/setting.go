package token

import "bytes"

// settingsIn looks for the passwords of connection strings: "Server=db;User
// Id=sa;Password=…" and "jdbc:…?user=…&password=…".
func (f *finder) settingsIn(lo, hi int) {
	for lo < hi && !f.seen {
		n := bytes.IndexByte(f.text[lo:hi], '=')
		if n < 0 {
			return
		}
		at := lo + n
		lo = at + 1
		if at < 3 || f.text[at-1]|0x20 != 'd' {
			continue
		}
		f.setting(at)
	}
}

// passwordKeys are the names of the password of a connection.
var passwordKeys = [...]string{"password", "passwd", "pwd"}

func (f *finder) setting(at int) {
	key := -1
	for i := range passwordKeys {
		if foldedSuffix(f.text, at, passwordKeys[i]) {
			key = at - len(passwordKeys[i])
			break
		}
	}
	if key < 0 {
		return
	}
	low := max(0, key-maxUserinfo+1)
	if line := bytes.LastIndexByte(f.text[low:key], '\n'); line >= 0 {
		low += line + 1
	}
	f.work += key - low
	end, ok := f.ofConnection(f.text[low:key], at)
	value := f.text[at+1 : max(end, at+1)]
	if !ok || len(value) == 0 || isTemplate(value) {
		return
	}
	f.add(Hit{Start: at + 1, End: end, Family: f.family("connection-string-password"), Proof: Structure, Example: isStandIn(value)})
}

// ofConnection tells whether the password whose = stands at an offset is that of a
// connection, by what stands before it on its line or after it, and where it ends.
func (f *finder) ofConnection(before []byte, at int) (end int, ok bool) {
	inURL := bytes.Contains(before, []byte("://"))
	last := byte(' ')
	if len(before) > 0 {
		last = before[len(before)-1]
	}
	switch {
	case last == '&' || last == '?' || last == ';' && inURL:
		return endOfValue(f.text, at+1, "&;"), inURL
	case last == ';' || last == ' ' && trimmedEnd(before) == ';':
		return endOfValue(f.text, at+1, ";"), isConnection(before)
	case last == ' ' && bytes.Contains(before, []byte("host=")) && bytes.Contains(before, []byte("user=")):
		return endOfValue(f.text, at+1, ";,"), true // the keywords of libpq
	case last == ' ' || last == '"' || last == '\'':
		end = endOfValue(f.text, at+1, ";")
		after := f.text[end:min(len(f.text), end+maxUserinfo)]
		line, _, _ := bytes.Cut(after, []byte("\n"))
		return end, len(line) > 0 && line[0] == ';' && isConnection(line)
	}
	return at, false
}

func trimmedEnd(text []byte) byte {
	text = bytes.TrimRight(text, " ")
	if len(text) == 0 {
		return 0
	}
	return text[len(text)-1]
}

// isConnection tells whether a line begins as a connection string of ADO.NET or ODBC does.
func isConnection(before []byte) bool {
	var folded [maxUserinfo]byte
	n := copy(folded[:], before)
	for i := range folded[:n] {
		folded[i] = lowered(folded[i])
	}
	for _, key := range connectionKeys {
		if bytes.Contains(folded[:n], []byte(key)) {
			return true
		}
	}
	return false
}

var connectionKeys = [...]string{
	"server=", "data source=", "user id=", "uid=", "initial catalog=", "database=", "host=", "endpoint=", "username=", "user=", "driver=", "addr=",
}

func endOfValue(text []byte, at int, stops string) int {
	for end := at; ; end++ {
		if end == len(text) || end-at > maxUserinfo {
			return end
		}
		switch c := text[end]; {
		case c <= ' ' || c == '"' || c == '\'' || c == '`' || c == '<' || c == '\\' || c == 0x7f:
			return end
		case bytes.IndexByte([]byte(stops), c) >= 0:
			return end
		}
	}
}
