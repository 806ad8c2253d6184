package token

import "bytes"

// maxUserinfo is how much may stand between :// and @.
const maxUserinfo = 512

// addressesIn looks for passwords in URLs: scheme://user:password@host.
func (f *finder) addressesIn(lo, hi int) {
	for lo = max(lo, f.at); lo < hi && !f.seen; {
		n := bytes.IndexByte(f.text[lo:hi], '@')
		if n < 0 {
			return
		}
		at := lo + n
		f.address(at)
		lo = max(at+1, f.at)
	}
}

// address looks at the URL around an @. Where a password holds one itself, the last
// of them ends it.
func (f *finder) address(at int) {
	low := max(f.at, at-maxUserinfo)
	user := f.startOfUser(at, low)
	f.work += at - user
	f.at = at + 1
	if isDriverAddress(f.text[at+1:]) {
		f.dataSource(max(0, at-maxUserinfo), at)
		return
	}
	if user < 3 || !cut(f.text, user-3, "://") {
		return
	}
	colon := bytes.IndexByte(f.text[user:at], ':') >= 0
	end := at + 1
	for end < len(f.text) && end-at < maxUserinfo && (isUserinfo(f.text[end]) || !colon && f.text[end] == '#') {
		if f.text[end] == '@' {
			at = end
		}
		end++
	}
	f.at = end
	f.work += end - at
	f.login(user, at)
}

// startOfUser returns where the name and password before an @ begin. A password may
// hold a # that should have been escaped; the port of a host and its anchor are none.
func (f *finder) startOfUser(at, low int) int {
	i := at
	for i > low && isUserinfo(f.text[i-1]) {
		i--
	}
	hash := i - 1
	if i == low || f.text[hash] != '#' {
		return i
	}
	for i > low && (isUserinfo(f.text[i-1]) || f.text[i-1] == '#') {
		i--
	}
	if colon := bytes.IndexByte(f.text[i:hash+1], ':'); colon < 0 || allIn(f.text[i+colon+1:hash], isDigit) {
		return hash + 1
	}
	return i
}

// isDriverAddress tells what stands behind the @ in a data source name of Go's driver
// for MySQL: tcp(host:3306)/name, or only the brackets.
// https://github.com/go-sql-driver/mysql#dsn-data-source-name
func isDriverAddress(after []byte) bool {
	for _, protocol := range [...]string{"tcp(", "tcp6(", "unix(", "cloudsql(", "("} {
		if cut(after, 0, protocol) {
			n := bytes.IndexByte(after[:min(len(after), maxUserinfo)], ')')
			return n > len(protocol) && cut(after, n+1, "/") && allIn(after[len(protocol):n], isURL)
		}
	}
	return false
}

// dataSource judges a data source name of Go's driver for MySQL. Its password may hold
// all but what ends a text.
func (f *finder) dataSource(low, at int) {
	start := at
	for start > low && isURL(f.text[start-1]) && f.text[start-1] != '=' {
		start--
	}
	f.work += at - start
	user, password, ok := bytes.Cut(f.text[start:at], []byte(":"))
	if !ok || len(user) == 0 || len(password) == 0 || !allIn(user, isUserinfo) || isTemplate(password) || bytes.Contains(password, []byte("://")) {
		return
	}
	end := at + 1
	for end < len(f.text) && isURL(f.text[end]) {
		end++
	}
	f.at = end
	f.add(Hit{Start: start, End: end, Family: f.family("mysql-data-source"), Proof: Structure, Example: isStandIn(password)})
}

// isUserinfo leaves out what ends the name and password of a URL.
func isUserinfo(c byte) bool {
	switch c {
	case '/', '?', '#', '"', '\'', '`', '<', '>', '\\', '|':
		return false
	}
	return c > ' ' && c != 0x7f
}

// login judges the text between :// and @.
func (f *finder) login(user, at int) {
	colon := bytes.IndexByte(f.text[user:at], ':')
	if colon < 0 || user+colon+1 == at || at+1 >= len(f.text) || !isHost(f.text[at+1]) {
		return
	}
	password := f.text[user+colon+1 : at]
	if isTemplate(password) {
		return
	}
	start := user - 3
	for start > 0 && user-start < 40 && isScheme(f.text[start-1]) {
		start--
	}
	if start > 0 && f.text[start-1] == '\\' && isEscape(f.text[start]) {
		start++
	}
	end := at + 1
	for end < len(f.text) && isURL(f.text[end]) {
		end++
	}
	for end > at+2 && bytes.IndexByte([]byte(".,;:)]}!"), f.text[end-1]) >= 0 {
		end--
	}
	if start == user-3 || end == at+1 {
		return
	}
	f.add(Hit{Start: start, End: end, Family: f.family("url-password"), Proof: Structure,
		Example: isStandIn(password) || isShown(f.text[user:user+colon], password, f.text[at+1:end])})
}

// isShown tells whether a URL shows where its parts go.
func isShown(user, password, host []byte) bool {
	if string(user) == "foo" && string(password) == "bar" {
		return true
	}
	return (bytes.EqualFold(user, []byte("user")) || bytes.EqualFold(user, []byte("username"))) &&
		(bytes.HasPrefix(host, []byte("host")) || bytes.HasPrefix(host, []byte("example.")))
}

func isScheme(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '+' || c == '.' || c == '-' || c == ':'
}

func isHost(c byte) bool {
	return isLetter(c) || isDigit(c) || bytes.IndexByte([]byte("[-_{$<(%"), c) >= 0 || c >= 0x80
}

func isURL(c byte) bool {
	switch c {
	case '"', '\'', '`', '<', '>', '\\', '|', '^':
		return false
	}
	return c > ' ' && c < 0x7f
}
