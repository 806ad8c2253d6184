package scan

import (
	"bytes"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
	"github.com/gatehouse-dev/gatehouse/secrets/token"
)

// MayHold tells whether File could find anything in a file of this name and text.
// False is certain, and costs a fraction of reading the file: most manifests hold
// no key that says anything of a secret, and no credential.
//
// Only YAML and JSON in UTF-8 is looked at so; for everything else it is true.
func MayHold(name string, text []byte) bool {
	var s Sweeper
	return s.MayHold(name, text)
}

// A Sweeper is MayHold for many files, one after the other: it remembers what keys
// say, and most files have the keys of others. The zero value is ready; it is for one
// goroutine at a time.
type Sweeper struct {
	known [1024]knownKey // a direct-mapped table
}

// MayHold is the function of that name.
func (w *Sweeper) MayHold(name string, text []byte) bool {
	if !isYAMLName(name) || bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) || bytes.HasPrefix(text, []byte("\ufeff")) || endsInCR(text) {
		return true
	}
	s := sweep{text: text, known: &w.known}
	return !beginsAsYAML(text) || s.run() || token.MayHold(text)
}

// endsInCR tells whether a line of a text ends in nothing but a carriage return, which
// is a line break to YAML.
func endsInCR(text []byte) bool {
	return bytes.IndexByte(text, '\r') >= 0 && bytes.Count(text, []byte("\r")) != bytes.Count(text, []byte("\r\n"))
}

// beginsAsYAML tells whether the first line with anything on it is one of a map or a
// list. Of another text its name may say the wrong thing.
func beginsAsYAML(text []byte) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		_, _, isKey := cutKey(line)
		return isKey || bytes.IndexByte([]byte("-{[%"), line[0]) >= 0
	}
	return true
}

func isYAMLName(name string) bool {
	base := path.Base(name)
	switch strings.ToLower(path.Ext(base)) {
	case ".yaml", ".yml", ".json":
		return !isQuietFile(name)
	}
	return false
}

// sweep looks at the lines of a text as keys and values, without a tree. Whatever
// it is not sure of counts as a hit.
type sweep struct {
	text  []byte
	above []heading // the keys around the line that suggest a secret
	known *[1024]knownKey

	kind     string // of the object, where the text has said it at its margin
	quiet    bool   // only recognised credentials count in an object of this kind
	names    []side // the names that suggest a secret, whose value may come
	values   []side // the values whose name may come
	headed   bool   // the line above is a heading with nothing beside it
	plain    int    // indent of a key that suggests a secret and whose value may go on below; -1 for none
	prose    int    // indent of a key with a text for people; -1 for none
	openKind bool   // the line above is the key kind with nothing beside it
	file     int    // indent of the name of a file whose content stands below; -1 for none
	template namedTemplate
	nested   int // texts in quotes around this one

	items   bool   // it is an item of a list, below which another one begins
	pending []byte // an action of a template that has not ended
	named   bool   // the comment above is a name that suggests a secret

	isPatch, runsTool, runsVerb, isExternal, hasPath, hasAction tristate
}

// heading is a key with its values on the lines below it.
type heading struct {
	indent int
	key    string
}

// knownKey is what a word says.
type knownKey struct {
	word  string
	level secrets.Level
	file  tristate // whether it names a file
}

// tristate is the answer to a question that is asked once; the zero value is none.
type tristate int8

func (t *tristate) once(ask func() bool) bool {
	if *t == 0 {
		*t = 1
		if ask() {
			*t = 2
		}
	}
	return *t == 2
}

// level is secrets.Promise, remembered: the keys of a file repeat.
func (s *sweep) level(word []byte) secrets.Level {
	if len(word) > maxName {
		return secrets.Promise(string(word))
	}
	return s.slot(word).level
}

// isFile is isFileKey, remembered.
func (s *sweep) isFile(key []byte) bool {
	if len(key) > maxName {
		return isFileKey(string(key))
	}
	slot := s.slot(key)
	return slot.file.once(func() bool { return isFileKey(slot.word) })
}

// slot is what is known of a word.
func (s *sweep) slot(word []byte) *knownKey {
	h := uint32(2166136261)
	for _, c := range word {
		h = (h ^ uint32(c)) * 16777619
	}
	slot := &s.known[(h^h>>15)%uint32(len(s.known))]
	if slot.word != string(word) {
		*slot = knownKey{word: string(word)}
		slot.level = secrets.Promise(slot.word)
	}
	return slot
}

// run tells whether any line may hold something.
func (s *sweep) run() bool {
	s.newDocument()
	for rest := s.text; len(rest) > 0; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		if s.line(line) {
			return true
		}
	}
	return false
}

func (s *sweep) newDocument() {
	s.above, s.kind, s.quiet, s.names, s.values, s.headed = s.above[:0], "", false, s.names[:0], s.values[:0], false
	s.plain, s.file, s.prose, s.openKind = -1, -1, -1, false
}

func (s *sweep) line(line []byte) bool {
	indent := 0
	for indent < len(line) && (line[indent] == ' ' || line[indent] == '\t') {
		indent++
	}
	body := bytes.TrimRight(line[indent:], " \t\r")
	if len(body) == 0 {
		return false
	}
	if indent <= s.prose {
		s.prose = -1
	}
	if s.prose >= 0 {
		return false
	}
	if body[0] == '#' {
		return s.comment(body)
	}
	if indent == 0 && bytes.HasPrefix(body, []byte("---")) {
		s.newDocument()
		return len(body) > 3 && s.inside(body)
	}
	s.names, s.values = within(s.names, indent), within(s.values, indent)
	if indent <= s.file {
		s.file = -1
	}
	if s.hasAction.once(s.holdsAction) {
		if found, whole := s.action(body); found || whole {
			return found
		}
	}
	item, dash := false, 0
	for len(body) > 1 && body[0] == '-' && body[1] == ' ' {
		n := 1
		for n < len(body) && body[n] == ' ' {
			n++
		}
		dash = indent
		body, indent, item = body[n:], indent+n, true
	}
	for len(s.above) > 0 && s.above[len(s.above)-1].indent >= indent && body[0] != '}' && body[0] != ']' {
		s.above = s.above[:len(s.above)-1]
	}
	headed, goesOn, openKind := s.headed, s.plain >= 0 && s.plain < indent && !(item && s.items), s.openKind
	s.headed, s.plain, s.openKind = false, -1, false
	if key, value, ok := cutKey(body); ok {
		if len(key) > 1 && key[0] == '*' && key[len(key)-1] == ' ' {
			return true // an alias in the place of a key
		}
		return s.setting(indent, bareKey(key), value)
	}
	if key, value, ok := looseKey(body); ok && s.setting(indent, key, value) {
		return true
	}
	if goesOn || bytes.HasPrefix(body, []byte("? ")) || bytes.HasPrefix(body, []byte(": ")) || openKind && tellsKind(unquote(body)) {
		return true
	}
	if n := len(s.above); n > 0 && (item || headed) {
		s.plain, s.items = s.above[n-1].indent, item
		if item {
			s.plain = dash
		}
	}
	return s.bare(body, item || headed)
}

// cutKey cuts a line "key: value", with or without quotes around the key.
func cutKey(body []byte) (key, value []byte, ok bool) {
	if len(body) == 0 {
		return nil, nil, false
	}
	if body[0] == '"' || body[0] == '\'' {
		end := bytes.IndexByte(body[1:], body[0])
		if end < 0 || bytes.IndexByte(body[1:1+end], '\\') >= 0 {
			return nil, nil, false
		}
		key, value = body[1:1+end], bytes.TrimLeft(body[end+2:], " \t")
		if len(value) == 0 || value[0] != ':' {
			return nil, nil, false
		}
		return key, bytes.TrimSpace(value[1:]), true
	}
	for i, c := range body {
		switch {
		case c == ':' && (i+1 == len(body) || body[i+1] == ' ' || body[i+1] == '\t'):
			return body[:i], bytes.TrimSpace(body[i+1:]), i > 0
		case c == '=' || c == '"' || c == '{' || c == '[' || c == '\\':
			return nil, nil, false
		}
	}
	return nil, nil, false
}

// looseKey cuts a line at a key that has signs in it with which other formats begin
// something else.
func looseKey(body []byte) (key, value []byte, ok bool) {
	i := bytes.Index(body, []byte(": "))
	if i < 0 && len(body) > 0 && body[len(body)-1] == ':' {
		i = len(body) - 1
	}
	if i <= 0 || strings.IndexByte("\"'{[", body[0]) >= 0 {
		return nil, nil, false
	}
	return bytes.TrimSpace(body[:i]), bytes.TrimSpace(body[i+1:]), true
}

// bareKey is a key without the tag and the anchor before it.
func bareKey(key []byte) []byte {
	for len(key) > 0 && (key[0] == '!' || key[0] == '&') {
		i := bytes.IndexByte(key, ' ')
		if i < 0 {
			break
		}
		key = bytes.TrimLeft(key[i:], " ")
	}
	return bytes.TrimSpace(unquote(key))
}

// setting judges a key and what stands beside it on its line.
func (s *sweep) setting(indent int, key, value []byte) bool {
	value = withoutComment(bytes.TrimSuffix(value, []byte(",")))
	if indent == 0 && string(key) == "kind" {
		wasQuiet := s.quiet
		s.kind = string(unquote(value))
		if s.quiet = isQuietKind(s.kind); wasQuiet && !s.quiet {
			return true // what stands between them was passed by
		}
	}
	if s.isTelling(key, value) && !isCiphertext(value) {
		return true
	}
	if isProseKey(string(key)) && len(value) > 0 && value[0] != '&' && value[0] != '{' && value[0] != '[' && !s.hasAction.once(s.holdsAction) {
		s.prose = indent
		return false
	}
	switch string(value) {
	case "{}", "[]", "true", "false", "null", "~", `""`, "''":
		return false
	}
	level := s.level(key)
	if len(value) == 0 || value[0] == '&' || value[0] == '{' || value[0] == '[' || value[0] == '!' || value[0] == '*' {
		if path, ok := s.heading(key, level); ok && len(s.above) < maxEmbedded*8 {
			s.above = append(s.above, heading{indent, path})
			s.headed = len(value) == 0
		}
		if len(value) == 0 || len(value) == 1 && value[0] != '*' {
			return false
		}
	}
	if len(value) > 0 && s.isFile(key) {
		s.file = indent
	}
	if s.quiet {
		// A schema may give a default to a property.
		if s.tells(value) {
			return true
		}
		return s.kind == "CustomResourceDefinition" && string(key) == "default" && len(s.above) > 0
	}
	if s.isPair(indent, key, value) {
		return true
	}
	if level >= secrets.Suggests {
		if s.leaks(string(key), value, level) {
			return true
		}
		s.plain, s.items = indent, false
	}
	if n := len(s.above); level != secrets.NamesPublic && n > 0 {
		above := s.above[n-1].key
		if isPlural(lastPart(above)) {
			return true
		}
		if path := above + "." + string(key); secrets.Promise(path) >= secrets.Suggests && s.leaks(path, value, secrets.Promises) {
			return true
		}
	}
	return urlLeaks(key, value) || s.inside(value) || (s.file == indent || bytes.IndexByte(value, ' ') >= 0 && isShellKey(string(key))) && s.isCommand(value)
}

// heading is what the values below a key stand under, where that suggests a secret.
func (s *sweep) heading(key []byte, level secrets.Level) (string, bool) {
	if level >= secrets.Suggests {
		return string(key), true
	}
	if n := len(s.above); n > 0 && level != secrets.NamesPublic {
		path := pushed(s.above[n-1].key, string(key))
		return path, s.level([]byte(path)) >= secrets.Suggests
	}
	return "", false
}

// isFileKey tells whether a key names a file of a known format.
func isFileKey(key string) bool {
	return isFileName(key) || settings.FormatOf(key, nil) != settings.Unknown
}

// withoutComment cuts the comment off a value that is written plainly or in quotes.
func withoutComment(value []byte) []byte {
	from := 0
	if len(value) > 0 && (value[0] == '"' || value[0] == '\'') {
		from = 1 + bytes.IndexByte(value[1:], value[0])
	}
	for i := from + 1; i < len(value); i++ {
		if value[i] == '#' && (value[i-1] == ' ' || value[i-1] == '\t') {
			return bytes.TrimSpace(value[:i])
		}
	}
	if len(value) > 0 && value[0] == '#' {
		return nil
	}
	return value
}

// isPair tells whether a name that suggests a secret and a value stand side by side,
// whichever comes first.
func (s *sweep) isPair(indent int, key, value []byte) bool {
	switch {
	case isValueKey(string(key)), isContentKey(string(key)):
		s.values = put(s.values, side{indent, value})
		return anySide(s.names, indent, func(name []byte) bool { return s.leaks(string(name), value, secrets.Promises) })
	case isNameKey(string(key)) && s.level(unquote(value)) >= secrets.Suggests:
		return s.namesSide(indent, unquote(value))
	case isPathKey(string(key)) && s.level([]byte(path.Base(string(unquote(value))))) >= secrets.Suggests:
		return s.namesSide(indent, []byte(path.Base(string(unquote(value)))))
	}
	return false
}

// namesSide judges a name with the values before it.
func (s *sweep) namesSide(indent int, name []byte) bool {
	s.names = put(s.names, side{indent, name})
	return anySide(s.values, indent, func(value []byte) bool { return s.leaks(string(name), value, secrets.Promises) })
}

// side is a name or a value of a pair, of which the other one may come.
type side struct {
	indent int
	text   []byte
}

// within leaves out those that are indented deeper.
func within(list []side, indent int) []side {
	for len(list) > 0 && list[len(list)-1].indent > indent {
		list = list[:len(list)-1]
	}
	return list
}

// put adds one in the place of the one of the same indent.
func put(list []side, s side) []side {
	if list = within(list, s.indent-1); len(s.text) > 0 {
		list = append(list, s)
	}
	return list
}

func anySide(list []side, indent int, leaks func(text []byte) bool) bool {
	n := len(list)
	return n > 0 && list[n-1].indent == indent && leaks(list[n-1].text)
}

// leaks tells whether a value under a key that suggests a secret may be reported.
// What goes on below its line, and what is not written plainly, may.
func (s *sweep) leaks(key string, value []byte, level secrets.Level) bool {
	switch value[0] {
	case '|', '>', '*', '&', '!', '\\':
		return true
	case '[':
		return s.anyLeaks(key, value, level)
	case '{':
		if !bytes.HasPrefix(value, []byte("{{")) {
			return s.flowLeaks(key, value)
		}
	case '"', '\'':
		if len(value) < 2 || value[len(value)-1] != value[0] || bytes.IndexByte(value, '\\') >= 0 || bytes.IndexByte(value[1:len(value)-1], value[0]) >= 0 {
			return true
		}
		value = value[1 : len(value)-1]
	}
	if len(value) == 0 || bytes.LastIndex(value, []byte("}}")) > bytes.LastIndex(value, []byte("{{")) && !mayFallBack(value) && bytes.Contains(value, []byte("{{")) {
		return false
	}
	return mayFallBack(value) || isLoud(classify(key, string(value), secrets.Named).Class, level, false)
}

// anyLeaks does so for the items of a flow list on one line.
func (s *sweep) anyLeaks(key string, list []byte, level secrets.Level) bool {
	if list[len(list)-1] != ']' || bytes.ContainsAny(list[1:], "[{&*!") {
		return true
	}
	for item := range bytes.SplitSeq(list[1:len(list)-1], []byte(",")) {
		if item = bytes.TrimSpace(item); len(item) > 0 && s.leaks(key, item, level) {
			return true
		}
	}
	return false
}

// flowLeaks does so for a flow map on one line, of plain values.
func (s *sweep) flowLeaks(key string, flow []byte) bool {
	if flow[len(flow)-1] != '}' || bytes.ContainsAny(flow[1:], "[{&*!\"'#") || isPlural(key) {
		return true
	}
	for field := range bytes.SplitSeq(flow[1:len(flow)-1], []byte(",")) {
		name, value, ok := cutKey(bytes.TrimSpace(field))
		if !ok {
			return true
		}
		path := key + "." + string(name)
		if isNameKey(string(name)) || isValueKey(string(name)) {
			path = key
		}
		if level := secrets.Promise(path); len(value) > 0 && level >= secrets.Suggests && s.leaks(path, value, level) {
			return true
		}
	}
	return false
}

// mayFallBack tells whether a value with holes may hold a literal besides.
func mayFallBack(value []byte) bool {
	if !bytes.Contains(value, []byte("{{")) && !bytes.Contains(value, []byte("${")) {
		return false
	}
	return bytes.ContainsAny(value, "\"'`") || bytes.Contains(value, []byte(":-")) || bytes.Contains(value, []byte(":=")) ||
		bytes.Contains(value, []byte("default")) || bytes.Contains(value, []byte("||"))
}

// isTelling knows the keys and kinds below which every value may be a secret.
func (s *sweep) isTelling(key, value []byte) bool {
	switch string(key) {
	case "kind":
		s.openKind = len(value) == 0
		return tellsKind(unquote(value)) || bytes.ContainsAny(value, "*&!\\|>")
	case "path":
		return bytes.HasPrefix(unquote(value), []byte("/")) && s.isPatch.once(s.holdsPatch) && pathTells(unquote(value))
	}
	return s.isTellingWord(key)
}

// isTellingWord knows the keys below which every value may be a secret.
func (s *sweep) isTellingWord(key []byte) bool {
	switch string(key) {
	case "stringData", "secretGenerator", "configMapGenerator", "encryptedData", "binaryData", "secretTemplates",
		"encrypted_regex", "encrypted_suffix", "kty", "fake", "chpasswd":
		return true
	case "template", "literal":
		// Literals in the template of an ExternalSecret become a Secret.
		return s.isExternal.once(func() bool {
			return bytes.Contains(s.text, []byte("ExternalSecret")) || bytes.Contains(s.text, []byte("PushSecret"))
		})
	}
	return len(key) >= len("data") && key[0]|0x20 == 's' && dataKey(string(key)) != ""
}

// tellsKind knows the kinds whose values are secrets.
func tellsKind(kind []byte) bool {
	switch string(kind) {
	case "Secret", "SecretList", "SealedSecret", "SealedSecretList", "SopsSecret", "SopsSecretList":
		return true
	}
	return false
}

// isContentKey and isPathKey know the keys of a file that is written out: its content,
// and where it goes.
func isContentKey(key string) bool { return key == "content" || key == "contents" }

func isPathKey(key string) bool {
	return key == "path" || key == "filename" || key == "dest" || key == "destination"
}

// holdsPatch tells whether the text has operations of JSON patches.
func (s *sweep) holdsPatch() bool {
	for _, op := range []string{"op:", `"op"`, "'op'", "op :"} {
		if bytes.Contains(s.text, []byte(op)) {
			return true
		}
	}
	return false
}

// pathTells tells whether the path of a JSON patch says something of a secret.
func pathTells(pointer []byte) bool {
	for _, segment := range pointerSegments(string(pointer)) {
		if segment == "data" || segment == "stringData" || secrets.Promise(segment) >= secrets.Suggests {
			return true
		}
	}
	return false
}

func unquote(value []byte) []byte {
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		return value[1 : n-1]
	}
	return value
}

// bare judges a line that is no key with a value: an item of a list, a line of a
// text, a part of a flow map. valued tells that it is the value of a heading.
func (s *sweep) bare(body []byte, valued bool) bool {
	if s.quiet {
		return !isCiphertext(body) && s.tells(body)
	}
	if n := len(s.above); valued && n > 0 && s.leaks(s.above[n-1].key, body, secrets.Promises) {
		return true
	}
	return urlLeaks(nil, body) || s.inside(body) || s.isCommand(body)
}
