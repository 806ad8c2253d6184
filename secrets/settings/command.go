package settings

import (
	"path"
	"slices"
	"strings"
)

// Command reads the settings in the words of a command line, such as the command and
// the args of a container: flags with their values, KEY=value words, scripts behind
// sh -c. Offsets are in the word that Setting.Word counts; where the key stands in
// an earlier word, KeyAt is At.
func Command(words []string) []Setting {
	r := newReader(strings.Join(words, "\n"))
	line := make([]word, len(words))
	at := 0
	for i, text := range words {
		line[i] = word{value: text, at: at, end: at + len(text)}
		at += len(text) + 1
	}
	if len(words) > 0 {
		r.command(line, nil)
	}
	for i, s := range r.out {
		n, found := slices.BinarySearchFunc(line, s.At, func(w word, at int) int { return w.at - at })
		if !found {
			n--
		}
		start := line[n].at
		r.out[i].Word, r.out[i].At, r.out[i].End = n, s.At-start, min(s.End-start, len(words[n]))
		r.out[i].KeyAt = s.KeyAt - start
		if s.KeyAt < start {
			r.out[i].KeyAt = s.At - start
		}
	}
	return r.settings()
}

// reserved are the words of the shell, and the programs, behind which the command
// proper begins.
var reserved = map[string]bool{
	"{": true, "}": true, "!": true, "if": true, "then": true, "else": true, "elif": true, "do": true, "while": true, "until": true, "time": true,
	"CMD": true, "sudo": true, "exec": true, "command": true, "nohup": true, "eval": true, "builtin": true, "tini": true, "$": true, "dumb-init": true, "--": true,
}

// command reads the words of one command. input are the words of the command whose
// output it reads.
func (r *reader) command(words, input []word) {
	i := 0
	for i < len(words) && (reserved[words[i].value] || r.keyValue(&words[i], 0, "")) {
		i++
	}
	if i == len(words) {
		return
	}
	if words[i].value == ":" {
		r.defaults(words[i+1:])
		return
	}
	c := call{reader: r, words: words[i:], input: input}
	if first := words[i].value; !strings.HasPrefix(first, "-") {
		c.program = programName(first)
		c.word(0, first)
		c.words = words[i+1:]
		r.named(c.program, c.words)
	}
	c.read()
}

// defaults reads the variables that ": ${NAME:=value}" sets if they are not.
func (r *reader) defaults(words []word) {
	for i := range words {
		w := &words[i]
		inner, ok := strings.CutPrefix(w.value, "${")
		if !ok || !strings.HasSuffix(inner, "}") {
			continue
		}
		name, value, ok := strings.Cut(inner, "=")
		if name = strings.TrimSuffix(name, ":"); !ok || !isName(name) {
			continue
		}
		end := len(w.value) - 1
		keyAt, _, _ := r.span(w, len("${"), end)
		r.addWord(name, keyAt, w, end-len(value)+1, end)
	}
}

func programName(s string) string {
	return strings.TrimSuffix(strings.ToLower(path.Base(s)), ".exe")
}

// keyValue reads a word that from an offset on is KEY=value. path stands before the
// key.
func (r *reader) keyValue(w *word, from int, path string) bool {
	eq := strings.IndexByte(w.value[from:], '=')
	if eq <= 0 {
		return false
	}
	key := strings.TrimSuffix(w.value[from:from+eq], "+")
	if inner, ok := strings.CutPrefix(key, "["); ok { // an element of an array of a shell
		key = strings.Trim(inner, "]\"'")
	}
	if !isKey(key) && !isDottedKey(key) {
		return false
	}
	keyAt, _, _ := r.span(w, from, from+eq)
	r.addWord(r.join(path, key), keyAt, w, from+eq+1, len(w.value))
	return true
}

// isDottedKey tells whether a text is a path of a value, as behind helm's --set.
func isDottedKey(s string) bool {
	if s == "" || !isLetter(s[0]) && s[0] != '_' || len(s) > 256 {
		return false
	}
	for i := range len(s) {
		if !isKeyByte(s[i]) && strings.IndexByte(`[]\/:`, s[i]) < 0 {
			return false
		}
	}
	return !strings.Contains(s, "://")
}

// call is the reading of the arguments of one command.
type call struct {
	*reader
	program string
	login   bool // the word login stands among the arguments
	words   []word
	input   []word
}

func (c *call) read() {
	for i := 0; i < len(c.words); i++ {
		if c.argument(i) {
			i++
		}
	}
	c.positions()
	c.fromInput()
}

// word takes note of an argument that is no flag: the program may be one that
// another one starts. A script as a whole is read as one.
func (c *call) word(i int, v string) {
	if name := programName(v); passwordFlags[name] != (flags{}) || shells[name] {
		c.program = name
	}
	if v == "login" || v == "registry" {
		c.login = true
	}
	if i < len(c.words) && strings.ContainsAny(v, "\n;|&") && strings.Contains(v, " ") {
		c.scriptIn(&c.words[i])
	}
}

// argument reads an argument, and tells whether it has read the one behind it too.
func (c *call) argument(i int) bool {
	w := &c.words[i]
	v := w.value
	if len(v) < 2 || v[0] != '-' {
		if IsStatement(v) {
			c.textIn(SQL, w, 0)
			return false
		}
		if !(areAssigned(v) && c.pairs(w, 0, " ")) && !c.keyValue(w, 0, "") {
			c.word(i, v)
		}
		return false
	}
	if c.isScript(i + 1) {
		c.scriptIn(&c.words[i+1])
		return true
	}
	name := strings.TrimLeft(v, "-")
	from := len(v) - len(name)
	if c.short(i, name) {
		return false
	}
	if eq := strings.IndexByte(name, '='); eq > 0 {
		c.flagWithValue(w, name, from, eq)
		return false
	}
	if i+1 == len(c.words) || strings.HasPrefix(c.words[i+1].value, "-") && len(c.words[i+1].value) > 1 {
		return false
	}
	return c.flag(name, w.at+from, &c.words[i+1], 0)
}

// flagWithValue reads --name=value and -Dname=value.
func (c *call) flagWithValue(w *word, name string, from, eq int) {
	keyAt, _, _ := c.span(w, from, from+eq)
	if letter := name[0]; from == 1 && eq > 1 && (letter == 'D' || letter == 'P' && c.program != "mysql") && isLetter(name[1]) {
		c.addWord(name[1:eq], keyAt+1, w, from+eq+1, len(w.value))
		return
	}
	c.flag(name[:eq], keyAt, w, from+eq+1)
}

// pairFlags are the flags whose values are settings of their own, and the sign that
// parts these.
var pairFlags = map[string]string{
	"set": ",", "set-string": ",", "set-literal": "", "helm-set": ",", "helm-set-string": ",", "from-literal": "", "env": "", "e": "", "build-arg": "", "var": "", "extra-vars": " ", "backend-config": "",
	"setParameter": "", "o": ",", "opt": "", "define": "", "D": "", "P": "", "property": "", "prop": "", "conf": "", "parameter": "", "param": "", "parameters": ",", "parameter-overrides": " ", "p": "",
	"v": "", "a": "", "c": "", "config": "", "set-env-vars": ",", "update-env-vars": ",", "plugin-opt": "", "annotations": ",", "secret": ",", "driver-opts": ",", "option": "",
	"d": "&", "data": "&", "data-raw": "&", "data-binary": "&", "data-urlencode": "&", "form": "", "F": "", "post-data": "&", "form-string": "",
}

// flag reads the value of a flag, which begins at an offset of a word. It tells
// whether that is made of settings of its own.
func (c *call) flag(name string, keyAt int, w *word, from int) bool {
	value := w.value[from:]
	if IsStatement(value) {
		c.textIn(SQL, w, from)
		return true
	}
	if name == "H" || name == "header" || name == "add-header" {
		if c.header(w, from) {
			return true
		}
	}
	if userFlags[name] && c.credentials(name, keyAt, w, from) {
		return true
	}
	if c.program == "openssl" && strings.HasPrefix(value, "pass:") {
		from += len("pass:")
	}
	if separator, ok := pairFlags[name]; ok {
		if strings.HasPrefix(value, "{") && w.exactly(from) {
			at, end, _ := c.span(w, from, len(w.value))
			c.inside(JavaScript, at, end)
			return true
		}
		if strings.HasPrefix(c.program, "ansible") {
			separator = " "
		}
		if strings.IndexByte(value, '=') > 0 && c.pairs(w, from, separator) {
			return true
		}
	}
	if len(name) < 2 || !isKey(name) || from == 0 && isAssigned(value) || c.program == "htpasswd" {
		return false
	}
	c.addWord(name, keyAt, w, from, len(w.value))
	return false
}

// exactly tells whether the value of a word from an offset on stands as it is.
func (w *word) exactly(from int) bool {
	n := w.end - w.at - len(w.value)
	return n == 0 || n == 2
}

// isAssigned tells whether a word is KEY=value.
func isAssigned(s string) bool {
	eq := strings.IndexByte(s, '=')
	return eq > 0 && isKey(s[:eq])
}

// areAssigned tells whether a word holds several key=value, as "host=db password=x".
func areAssigned(s string) bool {
	if strings.IndexByte(s, ' ') < 0 {
		return false
	}
	for field := range strings.FieldsSeq(s) {
		if !isAssigned(field) {
			return false
		}
	}
	return true
}

// pairs reads a list of key=value.
func (c *call) pairs(w *word, from int, separator string) bool {
	found := false
	for from < len(w.value) {
		end := len(w.value)
		if separator != "" {
			if i := unescapedIndex(w.value[from:], separator[0]); i >= 0 {
				end = from + i
			}
		}
		if eq := strings.IndexByte(w.value[from:end], '='); eq > 0 && isDottedKey(w.value[from:from+eq]) {
			keyAt, _, _ := c.span(w, from, from+eq)
			c.addWord(w.value[from:from+eq], keyAt, w, from+eq+1, end)
			found = true
		}
		from = end + 1
	}
	return found
}

// unescapedIndex is the place of a sign that no backslash stands before.
func unescapedIndex(s string, sign byte) int {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		} else if s[i] == sign {
			return i
		}
	}
	return -1
}

// header reads "Name: value".
func (c *call) header(w *word, from int) bool {
	name, value, ok := strings.Cut(w.value[from:], ":")
	if !ok || !isKey(name) || strings.HasPrefix(value, "//") {
		return false
	}
	start := len(w.value) - len(strings.TrimLeft(value, " "))
	keyAt, _, _ := c.span(w, from, from+len(name))
	c.addWord(name, keyAt, w, start, len(w.value))
	return true
}

// isScript tells whether a word is a script: the one behind the -c of a shell.
func (c *call) isScript(i int) bool {
	if i < 1 || i >= len(c.words) {
		return false
	}
	f := c.words[i-1].value
	if len(f) < 2 || f[0] != '-' || f[1] == '-' || f[len(f)-1] != 'c' || len(f) > 8 {
		return false
	}
	return shells[c.program] || c.program == "" && strings.ContainsAny(c.words[i].value, " \n;")
}

// scriptIn reads a word as a script of its own.
func (c *call) scriptIn(w *word) {
	if at, end, _ := c.span(w, 0, len(w.value)); !w.exactly(0) || c.script != [2]int{at, end} { // a word that is all of the script has been read
		c.textIn(Shell, w, 0)
	}
}

// textIn reads what a word holds from an offset on as a text of its own.
func (r *reader) textIn(f Format, w *word, from int) {
	if w.exactly(from) {
		at, end, _ := r.span(w, from, len(w.value))
		r.inside(f, at, end)
		return
	}
	if r.nested >= maxNesting {
		r.cut(LimitNesting, w.at)
		return
	}
	inner := newReader(w.value)
	inner.over = func(limit string, _ int) { r.cut(limit, w.at) }
	inner.nested = r.nested + 1
	inner.read(f, from, len(w.value))
	for _, s := range inner.out {
		s.At, s.End, _ = r.span(w, s.At, s.End)
		s.KeyAt, _, _ = r.span(w, s.KeyAt, s.KeyAt)
		r.add(s)
	}
}
