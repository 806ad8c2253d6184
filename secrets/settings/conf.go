package settings

import "strings"

// conf reads the directives of servers, as of nginx, Apache, Redis, HAProxy and
// routers: "key value", "key = value", "verb key value", in blocks or not.
type conf struct {
	*reader
	to    int
	paths []string // of the open blocks
	deep  int
	words []word
	relay *bool // whether the text is that of coturn; nil while nobody asks
}

// maxBlocks bounds the blocks whose names are kept; maxDirective the words of a
// directive that are read.
const (
	maxBlocks    = 32
	maxDirective = 16
)

func (r *reader) conf(from, to int) {
	c := &conf{reader: r, to: to}
	for at := from; at < to; {
		end := r.lineEnd(at, to)
		start, stop := r.trim(at, end)
		at = end + 1
		if start == stop {
			continue
		}
		if strings.HasPrefix(r.text[start:stop], "<auth-user-pass>") {
			at = c.authUserPass(end+1, to)
			continue
		}
		if next := c.blockComment(start); next > 0 {
			at = next
			continue
		}
		c.line(start, stop)
	}
}

// authUserPass reads the user and the password that stand in a configuration of
// OpenVPN, a line each.
func (c *conf) authUserPass(at, to int) int {
	for _, part := range []string{"username", "password"} {
		end := c.lineEnd(min(at, to), to)
		from, stop := c.trim(min(at, to), end)
		if from == stop || c.text[from] == '<' {
			break
		}
		c.add(Setting{Key: "auth-user-pass." + part, Value: c.text[from:stop], KeyAt: from, At: from, End: stop})
		at = end + 1
	}
	return min(at, to)
}

// blockComment reads the lines of a comment between /* and */ that begins at at, and
// gives the offset behind it; 0 where there is none.
func (c *conf) blockComment(at int) int {
	if !strings.HasPrefix(c.text[at:c.to], "/*") || c.ahead < 0 {
		return 0
	}
	end := strings.Index(c.text[at:c.to], "*/")
	if end < 0 {
		c.searchedInVain(c.to-at, at)
		return 0
	}
	end += at
	for at += len("/*"); at < end; {
		stop := c.lineEnd(at, end)
		start := at
		for start < stop && (isSpace(c.text[start]) || c.text[start] == '*') {
			start++
		}
		if _, last := c.trim(start, stop); start < last {
			c.commentedDirective(start, last)
		}
		at = stop + 1
	}
	return end + len("*/")
}

func (c *conf) line(at, end int) {
	switch c.text[at] {
	case '#', ';', '!':
		c.commentedDirective(at, end)
		return
	case '/':
		if strings.HasPrefix(c.text[at:end], "//") && !strings.Contains(c.text[at:end], ":_") {
			c.commentedDirective(at, end)
			return
		}
	}
	for at < end {
		at = c.statement(at, end)
	}
}

// commentedDirective reads a directive that is commented out. Of two words the second
// has to be no word of a sentence.
func (c *conf) commentedDirective(at, end int) {
	before := len(c.out)
	c.commented(at, end, "=:")
	if len(c.out) > before {
		c.commentedEquation(c.out[before])
		return
	}
	for at < end && strings.IndexByte("#;!/ \t", c.text[at]) >= 0 {
		at++
	}
	keyEnd := c.keyEnd(at, end)
	from, stop := c.trim(keyEnd, end)
	value := c.text[from:stop]
	if verbs[strings.ToLower(c.text[at:keyEnd])] && strings.ContainsAny(value, `"'`) {
		outer := c.comment
		c.comment = true
		c.statement(at, end)
		c.comment = outer
		return
	}
	if !isKey(c.text[at:keyEnd]) || from == keyEnd || strings.ContainsAny(value, " \t") || !strings.ContainsAny(value, `"'0123456789`) {
		return
	}
	lit := c.value(from, stop, stop, "")
	c.add(Setting{Key: c.text[at:keyEnd], Value: strings.TrimSuffix(lit.value, ";"), KeyAt: at, At: lit.at, End: lit.at + len(strings.TrimSuffix(c.text[lit.at:lit.end], ";")), Quoted: lit.quoted, Comment: true})
}

// commentedEquation takes a setting that was commented out for what it holds, where its
// key does not say so.
func (c *conf) commentedEquation(s Setting) {
	outer, before := c.comment, len(c.out)
	c.comment = true
	if c.ofEquation(s.Key, literal{value: s.Value, at: s.At, end: s.End}) {
		c.out = append(c.out[:before-1], c.out[before:]...)
	}
	c.comment = outer
}

// statement reads one statement of a line and gives the offset behind it.
func (c *conf) statement(at, end int) int {
	for _, verb := range []string{"set ", "export "} {
		if rest := c.text[at:end]; strings.HasPrefix(rest, verb) && isAssignedLoosely(rest[len(verb):]) {
			at = c.skipBlanks(at+len(verb), end)
		}
	}
	if next := c.equation(at, end); next > 0 {
		return next
	}
	c.words = c.words[:0]
	for at < end {
		at = c.skipBlanks(at, end)
		if at == end {
			break
		}
		switch c.text[at] {
		case '{':
			if !strings.HasPrefix(c.text[at:end], "{{") {
				c.openBlock()
				return at + 1
			}
		case '}':
			c.directive()
			c.closeBlock()
			return at + 1
		case ';':
			c.directive()
			return c.skipBlanks(at+1, end)
		}
		at = c.nextWord(at, end)
	}
	c.directive()
	return end
}

// isAssignedLoosely tells whether a text begins with a key and an "=".
func isAssignedLoosely(s string) bool {
	s = strings.TrimLeft(s, " ")
	n := 0
	for n < len(s) && isKeyByte(s[n]) {
		n++
	}
	return n > 0 && strings.HasPrefix(strings.TrimLeft(s[n:], " "), "=")
}

// equation reads "key = value" and "key: value", and is 0 where none begins.
func (c *conf) equation(at, end int) int {
	start := at
	if at < end && (c.text[at] == '"' || c.text[at] == '\'') {
		at++
	}
	keyEnd := c.keyEnd(at, end)
	if strings.HasPrefix(c.text[at:end], "//") {
		if i := strings.Index(c.text[at:end], ":_"); i >= 0 {
			at += i + 1
			keyEnd = c.keyEnd(at, end)
		}
	}
	sep := keyEnd
	if sep < end && start < at && (c.text[sep] == '"' || c.text[sep] == '\'') {
		sep++
	}
	sep = c.skipBlanks(sep, end)
	if keyEnd == at || sep == end {
		return 0
	}
	arrow := false
	switch c.text[sep] {
	case '=':
		if sep+1 < end && (c.text[sep+1] == '=' || c.text[sep+1] == '~') {
			return 0
		}
		if sep+1 < end && c.text[sep+1] == '>' {
			sep++
			arrow = true
		}
	case ':':
		if sep+1 < end && !isBlank(c.text[sep+1]) {
			return 0
		}
	default:
		return 0
	}
	stop := end
	from := c.skipBlanks(sep+1, end)
	if from < end && c.text[from] == '{' && !strings.HasPrefix(c.text[from:end], "{{") {
		c.push(c.text[at:keyEnd])
		return from + 1
	}
	if arrow && c.text[at:keyEnd] == "register" {
		c.register(at, from, end)
		return end
	}
	if from < end && c.text[from] != '"' && c.text[from] != '\'' {
		stop = c.nextSetting(from, end, arrow)
	}
	lit := c.value(from, stop, stop, "#")
	if !lit.quoted {
		if rest, ok := strings.CutSuffix(lit.value, " }"); ok && len(c.paths) > 0 {
			lit.value = strings.TrimRight(rest, " \t")
			defer c.closeBlock()
		}
		lit.value = strings.TrimRight(lit.value, ",;")
		lit.end = lit.at + len(lit.value)
	}
	if c.ofEquation(c.text[at:keyEnd], lit) {
		return end
	}
	c.add(Setting{Key: c.join(c.path(), c.text[at:keyEnd]), Value: lit.value, KeyAt: at, At: lit.at, End: lit.end, Quoted: lit.quoted})
	if lit.quoted {
		for lit.next < end && strings.IndexByte(",; \t", c.text[lit.next]) >= 0 {
			lit.next++
		}
		return lit.next
	}
	return c.skipBlanks(stop, end)
}

// nextSetting is where another setting may begin on the line of a value that stands in no
// quotes: behind a semicolon in a block, or behind a blank where arrows part names from
// values.
func (c *conf) nextSetting(at, end int, arrow bool) int {
	if arrow && at < end && c.text[at] != '[' {
		if i := strings.IndexByte(c.text[at:end], ' '); i >= 0 {
			return at + i
		}
	}
	if len(c.paths) > 0 {
		if i := strings.Index(c.text[at:end], "; "); i >= 0 {
			return at + i + 1
		}
	}
	return end
}

// nextWord takes a word of a directive and gives the offset behind it.
func (c *conf) nextWord(at, end int) int {
	next := at
	var w word
	if lit, ok := c.quotedWord(at, end); ok {
		w = word{value: lit.value, at: lit.at, end: lit.end}
		next = lit.next
	} else {
		for next < end && !isBlank(c.text[next]) && !(c.text[next] == ';' && (next+1 == end || isBlank(c.text[next+1]))) {
			next++
		}
		w = word{value: c.text[at:next], at: at, end: next}
	}
	if len(c.words) < maxDirective {
		c.words = append(c.words, w)
	}
	return max(next, at+1)
}

func (c *conf) quotedWord(at, end int) (literal, bool) {
	if c.text[at] != '"' && c.text[at] != '\'' {
		return literal{}, false
	}
	return c.quotedValue(at, end, end)
}

func (c *conf) path() string {
	if n := len(c.paths); n > 0 {
		return c.paths[n-1]
	}
	return ""
}

func (c *conf) openBlock() {
	switch {
	case len(c.words) == 1 && isKey(c.words[0].value):
		c.push(c.words[0].value)
	default:
		c.push("")
	}
}

func (c *conf) push(name string) {
	if len(c.paths) == maxBlocks {
		c.deep++
		return
	}
	path := c.path()
	if name != "" {
		path = c.join(path, name)
	}
	c.paths = append(c.paths, path)
}

func (c *conf) closeBlock() {
	if c.deep > 0 {
		c.deep--
	} else if n := len(c.paths); n > 0 {
		c.paths = c.paths[:n-1]
	}
}

// verbs are the directives that take a name and a value.
var verbs = map[string]bool{
	"proxy_set_header": true, "add_header": true, "set": true, "setenv": true, "fastcgi_param": true, "uwsgi_param": true, "scgi_param": true, "env": true, "define": true, "header": true, "requestheader": true,
	"grpc_set_header": true, "http-request": true, "reqadd": true, "export": true, "auth_param": true,
}

// directive reads the words of a statement.
func (c *conf) directive() {
	words := c.words
	if len(words) < 2 {
		return
	}
	first := strings.ToLower(words[0].value)
	if c.special(first, words) {
		return
	}
	if verbs[first] {
		words = words[1:]
		for len(words) > 2 && actions[strings.ToLower(words[0].value)] {
			words = words[1:]
		}
	}
	for i := range words {
		c.directiveWord(first, words, i)
	}
}

var actions = map[string]bool{"set": true, "add": true, "append": true, "always": true, "onsuccess": true, "merge": true, "set-header": true, "add-header": true, "setifempty": true}

// directiveWord reads a word with the one behind it, which is its value if the first
// one is a key.
func (c *conf) directiveWord(first string, words []word, i int) {
	w := words[i]
	switch {
	case first == "user" && len(w.value) > 1 && w.value[0] == '>':
		c.add(Setting{Key: "user.password", Value: w.value[1:], KeyAt: w.at, At: w.at + 1, End: w.end})
		return
	case i > 0 && isAssigned(w.value) && w.exact():
		c.assignment("", w.at, w.end, false)
		return
	case strings.HasPrefix(w.value, "--"):
		if name := strings.TrimLeft(w.value, "-"); w.exact() && isAssigned(name) {
			c.assignment("", w.end-len(name), w.end, false) // an option, as of kickstart
		}
		return
	}
	key := strings.TrimLeft(iniKey(w.value), "$")
	if i+1 == len(words) || !isKey(key) || len(key) > 64 {
		return
	}
	next := words[i+1]
	if (isOperator(next.value) || strings.HasPrefix(next.value, "--") && !strings.Contains(next.value, "=")) && i+2 < len(words) {
		next = words[i+2]
	}
	if len(next.value) == 1 && isDigit(next.value[0]) && i+2 < len(words) {
		next = words[i+2] // the kind of the password, as routers write it
	}
	quoted := next.at > 0 && (c.text[next.at-1] == '"' || c.text[next.at-1] == '\'')
	c.add(Setting{Key: c.join(c.path(), key), Value: next.value, KeyAt: w.at, At: next.at, End: next.end, Quoted: quoted})
}

// isOperator tells the signs that stand between a name and its value.
func isOperator(word string) bool {
	return word == "=>" || word == ":=" || word == "=" || word == "==" || word == "+="
}

// systemd reads a unit: its settings, the variables of Environment= and the commands
// of Exec…= (systemd.exec(5)).
func (r *reader) systemd(from, to int) {
	section := ""
	for at := from; at < to; {
		stop := r.logicalEnd(at, to)
		start, end := r.trim(at, stop)
		at = stop + 1
		if start == end {
			continue
		}
		key, _, _ := strings.Cut(r.text[start:end], "=")
		value := min(start+len(key)+1, end)
		switch {
		case r.text[start] == '#' || r.text[start] == ';':
			r.commentedUnitLine(start, end)
		case r.text[start] == '[':
			section = sectionName(r.text[start:end])
		case strings.TrimSpace(key) == "Environment":
			r.assignments("", value, end)
		case strings.HasPrefix(key, "Exec"):
			for value < end && strings.IndexByte("@-:+! ", r.text[value]) >= 0 {
				value++
			}
			r.inside(Shell, value, end)
		default:
			r.iniLine(section, start, end)
		}
	}
}

// commentedUnitLine reads a line of a unit that is commented out.
func (r *reader) commentedUnitLine(at, end int) {
	for at < end && strings.IndexByte("#; \t", r.text[at]) >= 0 {
		at++
	}
	rest, ok := strings.CutPrefix(r.text[at:end], "Environment=")
	if !ok {
		r.commented(at, end, "=")
		return
	}
	outer := r.comment
	r.comment = true
	r.assignments("", end-len(rest), end)
	r.comment = outer
}
