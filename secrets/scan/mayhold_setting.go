package scan

import (
	"bytes"
	"path"

	"github.com/gatehouse-dev/gatehouse/secrets"
)

// setting judges a key and what stands beside it on its line.
func (s *sweep) setting(indent int, key, value []byte) bool {
	if s.flowing {
		value = bytes.TrimSuffix(value, []byte(","))
	}
	value = withoutComment(value)
	k := s.key(key)
	if indent == 0 && k.traits&(kindKey|versionKey) != 0 && s.ofObject(k, value) {
		return true
	}
	if k.traits&(telling|tellingIf|kindKey|pointerKey) != 0 && s.isTelling(k, value) && !isCiphertext(value) {
		return true
	}
	if k.traits&proseKey != 0 && s.isText(value) {
		s.prose = indent
		return false
	}
	switch string(value) {
	case "{}", "[]", `""`, "''":
		return false
	case "true", "false", "null", "~":
		return k.level >= secrets.Suggests && s.goesOn(indent, k, value)
	}
	if len(value) == 0 || value[0] == '&' || value[0] == '{' || value[0] == '[' || value[0] == '!' || value[0] == '*' {
		if path, ok := s.heading(key, k.level); ok && len(s.above) < maxEmbedded*8 {
			s.above = append(s.above, heading{indent, path})
			s.headed = len(value) == 0
		}
		if len(value) == 0 || len(value) == 1 && value[0] != '*' {
			return s.sideInFlow(k, nil)
		}
	}
	all := signsOf(value)
	if s.quiet {
		// A schema may give a default to a property.
		return (len(value) >= shortestText || !isOneWord(value, all)) && s.tells(value, all) || s.kind == "CustomResourceDefinition" && k.word == "default" && len(s.above) > 0
	}
	if k.traits&(fileKey|contentKey) != 0 {
		s.file = indent
	}
	if k.traits&contentKey != 0 && all&hasBlank != 0 && mayHoldEncoded(bytes.ReplaceAll(value, []byte(" "), nil)) {
		return true
	}
	return s.isSecret(indent, k, value) || s.mayHide(indent, k, value, all)
}

// goesOn judges a word that is no secret and may be the first of several lines.
func (s *sweep) goesOn(indent int, k knownKey, value []byte) bool {
	s.plain, s.items = indent, false
	// What cannot be read has no values but texts.
	return s.hasAction && s.leaks(k.word, value, k.level)
}

// isSecret judges a value by its key, and by what stands around it.
func (s *sweep) isSecret(indent int, k knownKey, value []byte) bool {
	if k.traits&(valueKey|contentKey|nameKey|pathKey) != 0 && (s.isPair(indent, k, value) || s.sideInFlow(k, value)) {
		return true
	}
	if k.level >= secrets.Suggests {
		if s.leaks(k.word, value, k.level) {
			return true
		}
		s.plain, s.items = indent, false
	}
	if k.traits&wordsKey != 0 && s.anyAbove(value) {
		return true
	}
	n := len(s.above)
	if n == 0 || k.level == secrets.NamesPublic {
		return false
	}
	above := s.above[n-1].key
	if plural := lastPart(above); (isPlural(plural) || isUsers(plural)) && s.leaks(plural, value, secrets.Promises) {
		return true
	}
	path := s.below(above, []byte(k.word))
	return s.level(path) >= secrets.Suggests && s.leaks(string(path), value, secrets.Promises)
}

// anyAbove tells whether a value leaks under one of the headings that suggest a secret.
func (s *sweep) anyAbove(value []byte) bool {
	for _, above := range s.above {
		if s.leaks(above.key, value, secrets.Promises) {
			return true
		}
	}
	return false
}

// mayHide judges a value by what stands in it.
func (s *sweep) mayHide(indent int, k knownKey, value []byte, all signs) bool {
	if isOneWord(value, all) && len(value) < shortestText && s.file != indent {
		return false
	}
	if urlLeaks([]byte(k.word), value, all) || s.inside(value, all) {
		return true
	}
	return (s.file == indent || all&hasBlank != 0 && k.traits&shellKey != 0) && s.isCommand(value, all)
}

// ofObject takes note of the kind and the version of the object, and tells whether lines
// were passed by that should not have been.
func (s *sweep) ofObject(k knownKey, value []byte) bool {
	if k.traits&versionKey != 0 {
		s.version = s.version || len(unquote(value)) > 0
		return false
	}
	wasQuiet := s.quiet
	s.kind = string(unquote(value))
	s.quiet = isQuietKind(s.kind)
	return wasQuiet && !s.quiet
}

// isText tells whether the value of a key is a text for people, so that the lines below
// it need not be looked at. In a flow collection they may be anything. Of a template it
// is not known whether it can be read, and line by line they may be anything as well,
// but in an object in which only recognised credentials count.
func (s *sweep) isText(value []byte) bool {
	return len(value) > 0 && value[0] != '&' && value[0] != '{' && value[0] != '[' && (!s.hasAction || s.quiet) && !s.flowing
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

// withoutComment cuts the comment off a value that is written plainly or in quotes.
func withoutComment(value []byte) []byte {
	if bytes.IndexByte(value, '#') < 0 {
		return value
	}
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
func (s *sweep) isPair(indent int, k knownKey, value []byte) bool {
	switch {
	case k.traits&(valueKey|contentKey) != 0:
		s.values = put(s.values, side{indent, value})
		return anySide(s.names, indent, func(name []byte) bool { return s.leaks(string(name), value, secrets.Promises) })
	case k.traits&nameKey != 0 && s.level(unquote(value)) >= secrets.Suggests:
		return s.namesSide(indent, unquote(value))
	case k.traits&pathKey != 0 && s.level([]byte(path.Base(string(unquote(value))))) >= secrets.Suggests:
		return s.namesSide(indent, []byte(path.Base(string(unquote(value)))))
	}
	return false
}

// sideInFlow takes note of a side of a pair in a flow collection, where the indent says
// nothing, and tells whether the other one is there. Without a value it stands below.
func (s *sweep) sideInFlow(k knownKey, value []byte) bool {
	if !s.flowing || s.quiet || k.traits&(valueKey|contentKey|nameKey|pathKey) == 0 {
		return false
	}
	if k.traits&(valueKey|contentKey) != 0 {
		s.flowValues = true
	} else if len(value) == 0 || s.level([]byte(path.Base(string(unquote(value))))) >= secrets.Suggests {
		s.flowNames = true
	}
	return s.flowNames && s.flowValues
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
	if len(value) == 0 || isAction(value) && !mayFallBack(value) {
		return false
	}
	if s.hasAction && bytes.Contains(value, []byte("{{")) {
		// What only steers the engine is gone afterwards; and what cannot be read may be
		// taken for a flow collection.
		value = withoutSteering(value)
		if len(value) == 0 || bytes.Count(value, []byte("{")) != 2*bytes.Count(value, []byte("{{")) {
			return len(value) > 0
		}
	}
	return mayFallBack(value) || isLoud(classify(key, string(value), secrets.Named).Class, level, false)
}

// withoutSteering leaves out the actions of a text that write nothing themselves.
func withoutSteering(text []byte) []byte {
	var out []byte
	for {
		start := bytes.Index(text, []byte("{{"))
		if start < 0 {
			break
		}
		end := bytes.Index(text[start:], []byte("}}"))
		if end < 0 {
			break
		}
		end += start + len("}}")
		out = append(out, text[:start]...)
		if !steers(text[start:end]) {
			out = append(out, text[start:end]...)
		}
		text = text[end:]
	}
	return bytes.TrimSpace(append(out, text...))
}

// steers tells whether an action begins with a word that writes nothing, or sets a
// variable.
func steers(action []byte) bool {
	word := bytes.TrimLeft(action, "{- \t")
	if len(word) > 0 && word[0] == '$' || bytes.HasPrefix(word, []byte("/*")) {
		return true
	}
	switch string(word[:wordLength(word)]) {
	case "if", "else", "end", "range", "with", "define", "block", "break", "continue", "end-", "else-":
		return true
	}
	return false
}

// isAction tells of a value that is nothing but one action of a template.
func isAction(value []byte) bool {
	return bytes.HasPrefix(value, []byte("{{")) && bytes.Index(value, []byte("}}")) == len(value)-len("}}") && bytes.Count(value, []byte("{{")) == 1
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

// isTelling tells whether every value below a key may be a secret, or the whole object.
func (s *sweep) isTelling(k knownKey, value []byte) bool {
	switch {
	case k.traits&kindKey != 0:
		s.openKind = len(value) == 0
		return tellsKind(unquote(value)) || len(value) > 0 && bytes.IndexByte([]byte("*&!|>"), value[0]) >= 0 || bytes.IndexByte(value, '\\') >= 0
	case k.traits&pointerKey != 0:
		return bytes.HasPrefix(unquote(value), []byte("/")) && s.isPatch.once(s.holdsPatch) && pathTells(unquote(value))
	}
	return s.isTellingKey(k.traits)
}

// isTellingKey tells whether every value below a key may be a secret.
func (s *sweep) isTellingKey(t traits) bool {
	return t&telling != 0 || t&tellingIf != 0 && s.isExternal.once(func() bool {
		// Literals in the template of an ExternalSecret become a Secret.
		return bytes.Contains(s.text, []byte("ExternalSecret")) || bytes.Contains(s.text, []byte("PushSecret"))
	})
}

// tellsKind knows the kinds whose values are secrets.
func tellsKind(kind []byte) bool {
	switch string(kind) {
	case "Secret", "SecretList", "SealedSecret", "SealedSecretList", "SopsSecret", "SopsSecretList":
		return true
	}
	return false
}

// holdsPatch tells whether the text has operations of JSON patches.
func (s *sweep) holdsPatch() bool {
	for rest := s.text; ; {
		i := bytes.Index(rest, []byte("op"))
		if i < 0 {
			return false
		}
		if after := rest[i+2:]; (i == 0 || !isWordByte(rest[i-1])) && isSet(after) {
			return true
		}
		rest = rest[i+2:]
	}
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
