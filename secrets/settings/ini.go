package settings

import "strings"

// ini reads sections of "key = value" and "key: value" lines, and the inventories of
// Ansible, whose lines are a host with its variables behind it.
func (r *reader) ini(from, to int) {
	section := ""
	for at := from; at < to; {
		line, end := r.trim(at, r.lineEnd(at, to))
		at = r.lineEnd(max(at, end), to) + 1
		if line >= end {
			continue
		}
		switch r.text[line] {
		case '#', ';':
			r.commented(line, end, "=:")
		case '[':
			section = sectionName(r.text[line:end])
		default:
			r.iniLine(section, line, end)
		}
	}
}

// sectionName is the name in a header such as [db], [credential "https://host"] or
// [web:vars].
func sectionName(header string) string {
	name, _, _ := strings.Cut(header[1:], "]")
	name = strings.TrimSpace(strings.Trim(name, "["))
	name = strings.TrimSuffix(strings.TrimSuffix(name, ":vars"), ":children")
	if kind, rest, ok := strings.Cut(name, " "); ok {
		return kind + "." + strings.Trim(strings.TrimSpace(rest), `"`)
	}
	return name
}

// iniLine reads one line of a section.
func (r *reader) iniLine(section string, at, end int) {
	sep := separator(r.text[at:end])
	if sep < 0 {
		return
	}
	_, keyEnd := r.trim(at, at+sep)
	key := r.text[at:keyEnd]
	if isInventory(r.text[at:end], sep) {
		r.assignments(section, at, end)
		return
	}
	if key == "" || len(key) > 256 {
		return
	}
	if r.text[at+sep] == '=' && at+sep+1 < end && r.text[at+sep+1] == '>' {
		sep++ // as Asterisk writes objects
		if key == "register" {
			r.register(at, at+sep+1, end)
			return
		}
	}
	lit := r.value(at+sep+1, end, end, "#;")
	r.add(Setting{Key: r.join(section, iniKey(key)), Value: lit.value, KeyAt: at, At: lit.at, End: lit.end, Quoted: lit.quoted})
}

// register reads what Asterisk signs in with: user:password@host, or with another name
// behind the password (sip.conf).
func (r *reader) register(keyAt, at, end int) {
	at, end = r.trim(at, end)
	host := strings.LastIndexByte(r.text[at:end], '@')
	if i := strings.Index(r.text[at:end], "://"); i >= 0 {
		at, host = at+i+len("://"), host-i-len("://")
	}
	colon := -1
	if host > 0 {
		colon = strings.IndexByte(r.text[at:at+host], ':')
	}
	if colon < 0 {
		return
	}
	password, _, _ := strings.Cut(r.text[at+colon+1:at+host], ":")
	r.secret("register", keyAt, at+colon+1, at+colon+1+len(password))
}

// iniKey is a key without its quotes, and of npm's keys that are bound to a registry
// the part behind it: //registry.npmjs.org/:_authToken.
func iniKey(key string) string {
	if strings.HasPrefix(key, "//") {
		return key[strings.LastIndexByte(key, ':')+1:]
	}
	return strings.Trim(key, `"'`)
}

// separator finds the sign between key and value: the first "=", unless a colon
// stands before it that a blank follows.
func separator(line string) int {
	eq := strings.IndexByte(line, '=')
	colon := strings.IndexByte(line, ':')
	switch {
	case colon < 0 || eq >= 0 && eq < colon:
		return eq
	case eq < 0:
		if strings.HasPrefix(line[colon:], "://") {
			return -1
		}
		return colon
	case strings.ContainsAny(strings.TrimRight(line[:eq], " \t"), " \t") && !strings.HasPrefix(line[colon:], "://"):
		return colon
	}
	return eq
}

// isInventory tells whether a line is a host with variables: a word, a blank, and an
// "=" that touches its key and its value.
func isInventory(line string, sep int) bool {
	return line[sep] == '=' && sep > 0 && !isBlank(line[sep-1]) && sep+1 < len(line) && !isBlank(line[sep+1]) &&
		strings.ContainsAny(line[:sep], " \t")
}

// assignments reads the key=value words of a line, quoted as in a shell.
func (r *reader) assignments(path string, at, end int) {
	for at < end {
		at = r.skipBlanks(at, end)
		if at < end && r.text[at] == '#' {
			return
		}
		whole := at < end && (r.text[at] == '"' || r.text[at] == '\'')
		stop := end
		if whole {
			stop = r.closing(r.text[at], at+1, end, true)
			at++
		}
		if stop < 0 {
			stop = end
		}
		at = r.assignment(path, at, stop, whole)
	}
}

// assignment reads one key=value word and gives the offset behind it. A word that is
// quoted as a whole ends at stop.
func (r *reader) assignment(path string, at, stop int, whole bool) int {
	keyEnd := r.keyEnd(at, stop)
	next := keyEnd
	if keyEnd < stop && r.text[keyEnd] == '=' && isKey(r.text[at:keyEnd]) {
		var lit literal
		if whole {
			lit = literal{at: keyEnd + 1, end: stop, value: unescape(r.text[keyEnd+1 : stop]), quoted: true, next: stop}
		} else {
			lit = r.wordValue(keyEnd+1, stop)
		}
		r.add(Setting{Key: r.join(path, r.text[at:keyEnd]), Value: lit.value, KeyAt: at, At: lit.at, End: lit.end, Quoted: lit.quoted})
		next = lit.next
	}
	if whole {
		return stop + 1
	}
	for next < stop && !isBlank(r.text[next]) {
		next++
	}
	return max(next, at+1)
}

// wordValue reads a value that ends at the next blank, or at its quote.
func (r *reader) wordValue(at, end int) literal {
	if at < end && (r.text[at] == '"' || r.text[at] == '\'') {
		if lit, ok := r.quotedValue(at, end, end); ok {
			return lit
		}
	}
	stop := at
	for stop < end && !isBlank(r.text[stop]) {
		stop++
	}
	return literal{value: r.text[at:stop], at: at, end: stop, next: stop}
}
