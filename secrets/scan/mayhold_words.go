package scan

import (
	"bytes"
	"strings"

	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// mostWords is how many words a line has in the formats that put a blank between a
// name and its value, where nothing else tells the format.
const mostWords = 10

// mostInComment is how many blanks there are in a directive that is commented out.
const mostInComment = 3

// isCommand tells whether a line may be one of a format that puts a blank between a
// name and its value: requirepass x, machine h login u password p, IDENTIFIED BY 'x'.
func (s *sweep) isCommand(line []byte, all signs) bool {
	return s.isDirective(line, all, s.file < 0 && bytes.Count(line, []byte(" ")) >= mostWords && bytes.IndexByte(line, '"') < 0)
}

// isDirective does so. Of a long line, which is prose, only the words of a few commands
// count.
func (s *sweep) isDirective(line []byte, all signs, long bool) bool {
	if all&hasBracket != 0 && isCiphertext(line) {
		return false
	}
	first, rest := true, line
	for len(rest) > 0 {
		n := 0
		for n < len(rest) && rest[n] != ' ' && rest[n] != '\t' && rest[n] != ',' {
			n++
		}
		word := rest[:n]
		for n < len(rest) && (rest[n] == ' ' || rest[n] == '\t' || rest[n] == ',') {
			n++
		}
		rest = rest[n:]
		if word = trimBrackets(word); len(word) == 0 {
			continue
		}
		if len(word) == len("identified") && bytes.EqualFold(word, []byte("identified")) || isVerb(word) && s.runsVerb.once(s.holdsVerb) {
			return true
		}
		if long || len(rest) == 0 && s.file < 0 {
			continue
		}
		if level := s.level(word); level == secrets.Promises || first && level == secrets.Suggests {
			return true
		}
		first = false
	}
	return false
}

// trimBrackets cuts quotes, brackets and their like off both ends of a word.
func trimBrackets(word []byte) []byte {
	for len(word) > 0 && isBracket(word[0]) {
		word = word[1:]
	}
	for len(word) > 0 && isBracket(word[len(word)-1]) {
		word = word[:len(word)-1]
	}
	return word
}

func isBracket(c byte) bool {
	switch c {
	case '"', '\'', ';', ',', '[', ']', '{', '}', '(', ')', '<', '>':
		return true
	}
	return false
}

// isVerb knows the words of commands that take a password by its place.
func isVerb(word []byte) bool {
	switch string(word) {
	case "auth", "AUTH", "add_user", "change_password", "authenticate_user", "login", "unseal", "alias", "host", "user", "chpasswd", "passwd", "htpasswd":
		return true
	}
	return false
}

// holdsVerb tells whether the text names a program that takes a password by its place.
func (s *sweep) holdsVerb() bool {
	for _, program := range []string{"redis-cli", "keydb-cli", "valkey-cli", "rabbitmqctl", "vault ", "vault\n", "vault\"", "vault'", "vault,", "mc ", "mc\n", "mc,", "mc\"", "net ", "chpasswd", "passwd ", "htpasswd"} {
		if bytes.Contains(s.text, []byte(program)) {
			return true
		}
	}
	return false
}

// tells tells whether a part of a line of JSON or flow YAML has a key below which
// every value may be a secret, or a text of its own that has to be looked at.
func (s *sweep) tells(text []byte, all signs) bool {
	if all&hasBracket != 0 && isCiphertext(text) {
		return false
	}
	if all&hasColon == 0 {
		return s.holdsText(text, all)
	}
	for i := 0; i < len(text); {
		if !isWordByte(text[i]) {
			i++
			continue
		}
		start := i
		for i < len(text) && isWordByte(text[i]) {
			i++
		}
		if word := text[start:i]; len(word) >= 3 && isSet(text[i:]) && s.tellsBefore(word, text[i:]) {
			return true
		}
	}
	return s.holdsText(text, all)
}

// tellsBefore does so for one key and what stands behind it.
func (s *sweep) tellsBefore(key, rest []byte) bool {
	switch string(key) {
	case "kind":
		value := bytes.TrimLeft(rest, "\\\"' :")
		return len(value) == 0 || tellsKind(value[:wordLength(value)]) || strings.IndexByte("*&!|>", value[0]) >= 0
	case "path":
		value := bytes.TrimLeft(rest, "\\\"' :")
		if end := bytes.IndexAny(value, "\"', }"); end >= 0 {
			value = value[:end]
		}
		return s.isPatch.once(s.holdsPatch) && pathTells(value)
	case "content", "contents":
		return s.hasPath.once(func() bool {
			return bytes.Contains(s.text, []byte("path")) || bytes.Contains(s.text, []byte("dest")) || bytes.Contains(s.text, []byte("filename"))
		})
	}
	return s.isTellingKey(s.key(key).traits)
}

func wordLength(text []byte) int {
	n := 0
	for n < len(text) && isWordByte(text[n]) {
		n++
	}
	return n
}

// holdsText tells whether a line has a text in it that may hold something: one of
// several lines that is written with escapes, or one in base64.
func (s *sweep) holdsText(line []byte, all signs) bool {
	if len(line) >= shortestText && mayHoldEncoded(line) {
		return true
	}
	if all&hasQuote == 0 || all&hasEscape == 0 || bytes.IndexByte(line, '"') < 0 || !bytes.Contains(line, []byte(`\n`)) {
		return false
	}
	if s.nested == maxEmbedded {
		return true
	}
	inner := sweep{known: s.known, nested: s.nested + 1, text: []byte(escapes.Replace(string(line)))}
	inner.hasAction = bytes.Contains(inner.text, []byte("{{"))
	inner.newDocument()
	inner.file, inner.kind, inner.quiet = 0, s.kind, s.quiet
	for part := range bytes.SplitSeq(inner.text, []byte("\n")) {
		if inner.line(append([]byte("  "), part...)) {
			return true
		}
	}
	return false
}

var escapes = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "", `\"`, `"`, `\\`, `\`)

// mayHoldEncoded tells whether a line has a run of base64 that may be a text of
// several lines. Every run that is long enough covers one of the bytes that are
// looked at.
func mayHoldEncoded(line []byte) bool {
	for at := shortestText - 1; at < len(line); at += shortestText {
		if !isBase64Byte(line[at]) {
			continue
		}
		start, end := at, at+1
		for start > 0 && isBase64Byte(line[start-1]) {
			start--
		}
		for end < len(line) && isBase64Byte(line[end]) {
			end++
		}
		if text := string(line[start:end]); mayEncodeText(text) {
			if plain, _, ok := secrets.Decode(text); ok && (textForm(plain) != "" || isExport(plain)) {
				return true
			}
		}
		at = max(at, end-1)
	}
	return false
}

func isBase64Byte(c byte) bool {
	return isAlnum(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_'
}

// urlLeaks tells whether a text on one line may be reported for a URL in it, whatever
// its key says: something stands between its scheme and an @, or it has parameters, or it
// is the address of a hook.
func urlLeaks(key, text []byte, all signs) bool {
	if all&(hasColon|hasSlash) != hasColon|hasSlash {
		return false
	}
	i := bytes.Index(text, []byte("://"))
	if i < 0 {
		return false
	}
	at := bytes.IndexByte(text[i:], '@') >= 0
	if !at && bytes.IndexByte(text[i:], '?') < 0 && !bytes.Contains(text, []byte("hook")) {
		return false
	}
	bare := unquote(text)
	if !bytes.ContainsAny(bare, "\"'\\ ,") {
		return isLoud(classify(string(key), string(bare), secrets.Named).Class, secrets.SaysNothing, false)
	}
	if at && bytes.IndexByte(text[i+len("://"):], ':') >= 0 {
		return true
	}
	for part := range bytes.FieldsFuncSeq(bare, func(r rune) bool { return r == ' ' || r == '"' || r == '\'' || r == '\\' || r == ',' }) {
		if bytes.Contains(part, []byte("://")) && isLoud(classify(string(key), string(part), secrets.Named).Class, secrets.SaysNothing, false) {
			return true
		}
	}
	return false
}

// comment tells whether a comment may hold something.
func (s *sweep) comment(body []byte) bool {
	named := s.named
	s.named = false
	bare := bytes.TrimLeft(body, "# \t-")
	key, value, ok := cutKey(bare)
	if ok && isNameKey(string(key)) {
		s.named = s.level(unquote(withoutComment(value))) >= secrets.Suggests
	}
	if !holdsChosen(bare, isMixed) {
		return false
	}
	switch {
	case !ok:
		all := signsOf(bare)
		return s.inside(bare, all) || s.isDirective(bare, all, bytes.Count(bare, []byte(" ")) > mostInComment)
	case isValueKey(string(key)) && named:
		return true
	case s.level(key) >= secrets.Suggests && s.commentCounts(key, value):
		return true
	}
	all := signsOf(value)
	return s.inside(value, all) || s.isDirective(value, all, bytes.Count(value, []byte(" ")) > mostInComment)
}

// templateComment judges a comment with an action of a template, which is run all the
// same.
func (s *sweep) templateComment(body []byte) bool {
	found, _ := s.action(body)
	return found || s.bare(body, signsOf(body), false)
}

// commentCounts tells whether a value that is commented out may be reported.
func (s *sweep) commentCounts(key, value []byte) bool {
	if bytes.ContainsAny(value, "\\{$") {
		return true
	}
	text := string(unquote(bytes.TrimSuffix(withoutComment(value), []byte(","))))
	return countsInComment(classify(string(key), text, secrets.Named).Class, text)
}

// holdsAction tells whether a part of a line is in an action of a template.
func (s *sweep) holdsAction(line []byte) bool {
	return len(s.pending) > 0 || bytes.IndexByte(line, '{') >= 0 && bytes.Contains(line, []byte("{{"))
}

// maxPending is the longest action of a template over several lines that is looked at.
const maxPending = 16 << 10

// action tells whether the actions of a template on a line may give out a literal, and
// whether the line is nothing but actions.
func (s *sweep) action(line []byte) (found, whole bool) {
	if len(s.pending) > 0 {
		s.pending = append(append(s.pending, ' '), line...)
		if len(s.pending) > maxPending {
			return true, true
		}
		if bytes.Contains(line, []byte("}}")) {
			found = s.givesOut(s.pending)
			s.pending = s.pending[:0]
		}
	}
	start := bytes.Index(line, []byte("{{"))
	if start < 0 {
		return found, false
	}
	s.template.read(line[start:])
	if open := bytes.LastIndex(line, []byte("{{")); len(s.pending) == 0 && !bytes.Contains(line[open:], []byte("}}")) {
		s.pending = append(s.pending, line[open:]...)
	}
	whole = start == 0 && bytes.Index(line, []byte("}}")) == len(line)-len("}}") && bytes.Count(line, []byte("{{")) == 1
	return found || s.givesOut(line), whole
}

// givesOut tells whether the actions of a text may give out a literal that is a secret.
func (s *sweep) givesOut(text []byte) (found bool) {
	if !bytes.ContainsAny(text, "\"`'") {
		return false
	}
	promised := s.template.name != "" && s.level([]byte(s.template.name)) >= secrets.Suggests
	for _, l := range literalsIn(string(text), func() { found = true }) {
		found = found || promised || l.variable != "" && s.level([]byte(l.variable)) >= secrets.Suggests && !l.isName()
	}
	return found
}

// isCiphertext recognises what SOPS writes for a value: ENC[AES256_GCM,data:…,iv:…,
// tag:…,type:…], all but the type in base64.
func isCiphertext(value []byte) bool {
	value = bytes.Trim(value, `"',`)
	rest, begins := bytes.CutPrefix(value, []byte("ENC[AES256_GCM,"))
	rest, ok := bytes.CutSuffix(rest, []byte("]"))
	if !begins || !ok {
		return false
	}
	for _, name := range [...]string{"data:", "iv:", "tag:", "type:"} {
		if rest, ok = bytes.CutPrefix(rest, []byte(name)); !ok {
			return false
		}
		for len(rest) > 0 && (isAlnum(rest[0]) || rest[0] == '+' || rest[0] == '/') {
			rest = rest[1:]
		}
		for len(rest) > 0 && rest[0] == '=' {
			rest = rest[1:]
		}
		rest = bytes.TrimPrefix(rest, []byte(","))
	}
	return len(rest) == 0
}

// inside tells whether a text on one line holds a word that promises a secret and
// that is set to something there: password=x, "password": x, --password x,
// ${PASSWORD:-x}.
func (s *sweep) inside(text []byte, all signs) bool {
	if all&hasBracket != 0 && isCiphertext(text) {
		return false
	}
	if s.tells(text, all) || all&hasBlank != 0 && mayBeStatement(text) {
		return true
	}
	if all&(hasEquals|hasColon|hasDash|hasEscape|hasBrace|hasLess) == 0 {
		return false
	}
	if all&hasEscape != 0 {
		if i := bytes.IndexByte(text, '\\'); i+1 < len(text) && (text[i+1] == 'x' || text[i+1] == 'u' || text[i+1] == 'U') {
			return true
		}
	}
	if s.setsWord(text, all) {
		return true
	}
	// A shell leaves the backslash in a word out.
	return all&hasEscape != 0 && all&hasEquals != 0 && s.setsWord(bytes.ReplaceAll(text, []byte{'\\'}, nil), all)
}

// setsWord does so for one word after the other.
func (s *sweep) setsWord(text []byte, all signs) bool {
	// In a tag of XML, and where a name and a value stand on one line, a word is set
	// that has no sign behind it.
	flow := all&hasLess != 0 || hasValue(text)
	braces := all&hasBrace != 0 && !bytes.Contains(text, []byte("{{"))
	named := false
	var before []byte
	for i := 0; i < len(text); {
		if !isWordByte(text[i]) {
			i++
			continue
		}
		start := i
		for i < len(text) && isWordByte(text[i]) {
			i++
		}
		word := text[start:i]
		if word[0] == '-' && (start == 0 || !isWordByte(text[start-1]) && text[start-1] != '}') {
			if s.flag(word, before, text[i:]) {
				return true
			}
			before = word
			continue
		}
		before = word
		set := isSet(text[i:])
		if len(word) >= 2 && (flow || set || braces && isSetLoosely(text[i:])) {
			if name := bytes.Trim(word, ".$-"); s.level(name) >= secrets.Suggests && (flow || !s.isSetToWord(name, text[i:])) {
				return true
			}
		}
		if s.flowing {
			if set {
				k := s.key(word)
				named = k.traits&(nameKey|pathKey) != 0
				s.flowValues = s.flowValues || k.traits&(valueKey|contentKey) != 0
			} else if named && s.level(word) >= secrets.Suggests {
				s.flowNames = true
			}
			if s.flowNames && s.flowValues {
				return true
			}
		}
	}
	return false
}

// hasValue tells whether a text sets something that ends in "alue": the value of a name.
func hasValue(text []byte) bool {
	for rest := text; ; {
		i := bytes.Index(rest, []byte("alue"))
		if i < 0 || i+4 == len(rest) {
			return false
		}
		if c := rest[i+4]; c == ':' || c == '=' || c == '"' || c == '\'' {
			return true
		}
		rest = rest[i+4:]
	}
}

// mayBeStatement tells whether a value is a statement of SQL or of PHP, which may name a
// secret in words of its own.
func mayBeStatement(text []byte) bool {
	for len(text) > 0 && (text[0] == '"' || text[0] == '\'' || text[0] == ' ' || text[0] == '(') {
		text = text[1:]
	}
	if len(text) < 16 || strings.IndexByte("acdegimrsu", text[0]|0x20) < 0 {
		return false
	}
	return bytes.HasPrefix(text, []byte("define(")) || bytes.IndexByte(text[2:9], ' ') >= 0 && bytes.ContainsAny(text, "'\"$") && settings.IsStatement(string(text))
}

// isSet tells whether what follows a word sets it to something. In a text that stands
// in others, many backslashes may come before the sign.
func isSet(rest []byte) bool {
	for _, c := range rest {
		switch c {
		case '"', '\'', ' ', '\\', ']', '>', '\t':
		default:
			return c == '=' || c == ':'
		}
	}
	return false
}

// isSetLoosely does so for a word that is a part of a key with signs in it.
func isSetLoosely(rest []byte) bool {
	for _, c := range rest[:min(len(rest), maxName)] {
		switch c {
		case ':':
			return true
		case ',', '{', '}':
			return false
		}
	}
	return false
}

// isSetToWord tells of a name that is set to nothing but one word, up to the end of the
// line, that it is no secret: auth = login_hook.
func (s *sweep) isSetToWord(name, rest []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(rest, " "), []byte("="))
	if rest = bytes.TrimLeft(rest, " "); !ok || len(rest) == 0 || len(rest) > maxName {
		return false
	}
	for _, c := range rest {
		if !isWordByte(c) || c == '$' {
			return false
		}
	}
	return !s.leaks(string(name), rest, secrets.Promises)
}

// flag tells whether a word of a command line may be the flag of a secret. before is the
// word before it, and rest what follows.
func (s *sweep) flag(word, before, rest []byte) bool {
	name := bytes.TrimLeft(word, "-")
	if len(name) == 0 {
		return false
	}
	if s.level(name) >= secrets.Suggests {
		value := flagValue(rest)
		return len(value) == 0 || s.leaks(string(name), value, secrets.Promises)
	}
	return len(word)-len(name) == 1 && strings.IndexByte("pPuUawWxkA", name[0]) >= 0 && !takesNone(before) && s.runsTool.once(s.holdsTool)
}

// flagValue is what follows a flag and its =, up to a blank or quote that is in no action
// of a template; nothing where that is not all.
func flagValue(rest []byte) []byte {
	rest, ok := bytes.CutPrefix(rest, []byte("="))
	if !ok {
		return nil
	}
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '{' && i+1 < len(rest) && rest[i+1] == '{':
			end := bytes.Index(rest[i:], []byte("}}"))
			if end < 0 {
				return nil
			}
			i += end + 1
		case c == '\\':
			return nil
		case c == ' ' || c == '\t' || c == '"' || c == '\'':
			return rest[:i]
		}
	}
	return rest
}

// takesNone knows programs that take no password, and have a flag that is one letter and
// takes one elsewhere.
func takesNone(program []byte) bool {
	switch string(program) {
	case "mkdir", "set", "sysctl", "read", "cp", "grep", "uname", "ls", "ps", "xargs", "type", "test", "export", "shopt":
		return true
	}
	return false
}

// holdsTool tells whether the text names a program with a one-letter flag for a
// password.
func (s *sweep) holdsTool() bool {
	for i := 0; i < len(s.text); {
		if !isToolByte(s.text[i]) {
			i++
			continue
		}
		start := i
		for i < len(s.text) && isToolByte(s.text[i]) {
			i++
		}
		if settings.TakesPassword(string(s.text[start:i])) {
			return true
		}
	}
	return false
}

func isToolByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}
