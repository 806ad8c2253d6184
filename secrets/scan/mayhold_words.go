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
func (s *sweep) isCommand(line []byte) bool {
	return s.isDirective(line, s.file < 0 && bytes.Count(line, []byte(" ")) >= mostWords && bytes.IndexByte(line, '"') < 0)
}

// isDirective does so. Of a long line, which is prose, only the words of a few commands
// count.
func (s *sweep) isDirective(line []byte, long bool) bool {
	if isCiphertext(line) {
		return false
	}
	first, rest := true, line
	for len(rest) > 0 {
		var word []byte
		if i := bytes.IndexAny(rest, " \t,"); i >= 0 {
			word, rest = rest[:i], bytes.TrimLeft(rest[i+1:], " \t")
		} else {
			word, rest = rest, nil
		}
		if word = bytes.Trim(word, `"';,[]{}()<>`); len(word) == 0 {
			continue
		}
		if bytes.EqualFold(word, []byte("identified")) || isVerb(word) && s.runsVerb.once(s.holdsVerb) {
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
func (s *sweep) tells(text []byte) bool {
	if bytes.IndexByte(text, ':') < 0 {
		return s.holdsText(text)
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
	return s.holdsText(text)
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
	return s.isTellingWord(key)
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
func (s *sweep) holdsText(line []byte) bool {
	if mayHoldEncoded(line) {
		return true
	}
	if bytes.IndexByte(line, '"') < 0 || !bytes.Contains(line, []byte(`\n`)) {
		return false
	}
	if s.nested == maxEmbedded {
		return true
	}
	inner := sweep{known: s.known, nested: s.nested + 1, text: []byte(escapes.Replace(string(line)))}
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
			if plain, _, ok := secrets.Decode(text); ok && textForm(plain) != "" {
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
// its key says: something stands between its scheme and an @.
func urlLeaks(key, text []byte) bool {
	i := bytes.Index(text, []byte("://"))
	if i < 0 || bytes.IndexByte(text[i:], '@') < 0 {
		return false
	}
	bare := unquote(text)
	if bytes.ContainsAny(bare, "\"'\\ ,") {
		return bytes.IndexByte(text[i+len("://"):], ':') >= 0
	}
	return isLoud(classify(string(key), string(bare), secrets.Named).Class, secrets.SaysNothing, false)
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
		return s.inside(bare) || s.isDirective(bare, bytes.Count(bare, []byte(" ")) > mostInComment)
	case isValueKey(string(key)) && named:
		return true
	case s.level(key) >= secrets.Suggests && s.commentCounts(key, value):
		return true
	}
	return s.inside(value) || s.isDirective(value, bytes.Count(value, []byte(" ")) > mostInComment)
}

// commentCounts tells whether a value that is commented out may be reported.
func (s *sweep) commentCounts(key, value []byte) bool {
	if bytes.ContainsAny(value, "\\{$") {
		return true
	}
	text := string(unquote(bytes.TrimSuffix(withoutComment(value), []byte(","))))
	return countsInComment(classify(string(key), text, secrets.Named).Class, text)
}

func (s *sweep) holdsAction() bool { return bytes.Contains(s.text, []byte("{{")) }

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
	whole = start == 0 && bytes.HasSuffix(line, []byte("}}")) && bytes.Count(line, []byte("{{")) == 1
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

// isCiphertext recognises what SOPS writes for a value.
func isCiphertext(value []byte) bool {
	value = bytes.Trim(value, `"',`)
	return bytes.HasPrefix(value, []byte("ENC[AES256_GCM,data:")) && bytes.IndexByte(value, ']') == len(value)-1
}

// inside tells whether a text on one line holds a word that promises a secret and
// that is set to something there: password=x, "password": x, --password x,
// ${PASSWORD:-x}.
func (s *sweep) inside(text []byte) bool {
	if isCiphertext(text) {
		return false
	}
	if s.tells(text) {
		return true
	}
	if !bytes.ContainsAny(text, "=:-\\{<") {
		return false
	}
	if i := bytes.IndexByte(text, '\\'); i >= 0 && i+1 < len(text) && (text[i+1] == 'x' || text[i+1] == 'u' || text[i+1] == 'U') {
		return true
	}
	// In a tag of XML, and where a name and a value stand on one line, a word is set
	// that has no sign behind it.
	flow := bytes.IndexByte(text, '<') >= 0 || bytes.Contains(text, []byte("alue:")) || bytes.Contains(text, []byte("alue=")) ||
		bytes.Contains(text, []byte(`alue"`)) || bytes.Contains(text, []byte("alue'"))
	braces := bytes.IndexByte(text, '{') >= 0 && !bytes.Contains(text, []byte("{{"))
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
			if s.flag(word) {
				return true
			}
			continue
		}
		if len(word) >= 2 && (flow || isSet(text[i:]) || braces && isSetLoosely(text[i:])) && s.level(bytes.Trim(word, ".$-")) >= secrets.Suggests {
			return true
		}
	}
	return false
}

// isSet tells whether what follows a word sets it to something. In a text that stands
// in others, many backslashes may come before the sign.
func isSet(rest []byte) bool {
	i := 0
	for i < len(rest) && bytes.IndexByte([]byte("\"' \\]>\t"), rest[i]) >= 0 {
		i++
	}
	return i < len(rest) && (rest[i] == '=' || rest[i] == ':')
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

// flag tells whether a word of a command line is the flag of a secret.
func (s *sweep) flag(word []byte) bool {
	name := bytes.TrimLeft(word, "-")
	if len(name) == 0 {
		return false
	}
	if s.level(name) >= secrets.Suggests {
		return true
	}
	return len(word)-len(name) == 1 && strings.IndexByte("pPuUawWxkA", name[0]) >= 0 && s.runsTool.once(s.holdsTool)
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
