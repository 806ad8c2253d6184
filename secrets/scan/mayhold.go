package scan

import (
	"bytes"
	"encoding/binary"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/secrets/token"
)

// MayHold tells whether File could find anything in a file of this name and text, for
// a fraction of what it costs to read the file: most manifests hold no key that says
// anything of a secret, and no credential.
//
// False is certain of a file that can be read, or is the template of a chart; only YAML
// and JSON in UTF-8 is looked at so, and for everything else it is true.
func MayHold(name string, text []byte) bool {
	var s Sweeper
	return s.MayHold(name, text)
}

// A Sweeper is MayHold for many files, one after the other: it remembers what keys
// say, and most files have the keys of others. The zero value is ready; it is for one
// goroutine at a time.
type Sweeper struct {
	// Stop tells that nobody waits for the answer, which is true from then on. Nil where
	// nobody stops.
	Stop  func() bool
	known [4096]knownKey // a direct-mapped table
}

// MayHold is the function of that name.
func (w *Sweeper) MayHold(name string, text []byte) bool {
	if !isYAMLName(name) || bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) || bytes.HasPrefix(text, []byte(byteOrderMark)) || endsInCR(text) {
		return true
	}
	return w.mayHold(text)
}

// Documents returns what tells of each document of a file whether File could find
// anything in it, for manifest.ReadWhere; nil where File has to see the whole file.
func (w *Sweeper) Documents(name string, text []byte) (may func(document []byte) bool) {
	if !isYAMLName(name) {
		return nil
	}
	if !bytes.Contains(text, []byte("{{")) {
		return w.mayHold
	}
	// What an action of a template begins may end in another document.
	whole := w.mayHold(bytes.TrimPrefix(text, []byte(byteOrderMark)))
	return func([]byte) bool { return whole }
}

const byteOrderMark = "\ufeff"

func (w *Sweeper) mayHold(text []byte) bool {
	s := sweep{text: text, known: &w.known, hasAction: bytes.Contains(text, []byte("{{")), stop: w.Stop}
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
	text      []byte
	hasAction bool      // it may be a template
	above     []heading // the keys around the line that suggest a secret
	known     *[4096]knownKey
	path      []byte // see below
	stop      func() bool

	kind     string // of the object, where the text has said it at its margin
	version  bool   // the text has said the version of the object, too
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

	flow                  int // how deep the line is in flow collections that began above it
	flowing               bool
	flowNames, flowValues bool // names that suggest a secret, and values, are in them

	items   bool   // it is an item of a list, below which another one begins
	pending []byte // an action of a template that has not ended
	named   bool   // the comment above is a name that suggests a secret

	isPatch, runsTool, runsVerb, isExternal, hasPath tristate
}

// heading is a key with its values on the lines below it.
type heading struct {
	indent int
	key    string
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

// run tells whether any line may hold something.
func (s *sweep) run() bool {
	s.newDocument()
	lines := 0
	for rest := s.text; len(rest) > 0; lines++ {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		if s.line(line) || lines%askEvery == askEvery-1 && s.stop != nil && s.stop() {
			return true
		}
	}
	return s.wasQuiet()
}

func (s *sweep) newDocument() {
	s.above, s.kind, s.version, s.quiet, s.names, s.values, s.headed = s.above[:0], "", false, false, s.names[:0], s.values[:0], false
	s.plain, s.file, s.prose, s.openKind, s.flow = -1, -1, -1, false, 0
}

// wasQuiet tells whether lines were passed by for the kind of an object that turns out
// to be none: it has no version.
func (s *sweep) wasQuiet() bool { return s.quiet && !s.version && s.nested == 0 }

// blanks returns how many blanks and tabs a line begins with.
func blanks(line []byte) int {
	n := 0
	for len(line)-n >= 8 && binary.LittleEndian.Uint64(line[n:]) == 0x2020202020202020 {
		n += 8
	}
	for n < len(line) && (line[n] == ' ' || line[n] == '\t') {
		n++
	}
	return n
}

// trimEnd cuts blanks off the end of a line.
func trimEnd(line []byte) []byte {
	for n := len(line); n > 0; n-- {
		if c := line[n-1]; c != ' ' && c != '\t' && c != '\r' {
			return line[:n]
		}
	}
	return nil
}

func (s *sweep) line(line []byte) bool {
	indent := blanks(line)
	if s.prose >= 0 && indent > s.prose && !(s.hasAction && s.holdsAction(line)) {
		return false
	}
	body := trimEnd(line[indent:])
	if len(body) == 0 {
		return false
	}
	if indent <= s.prose {
		s.prose = -1
	}
	if body[0] == '#' {
		return s.comment(body) || s.hasAction && s.holdsAction(body) && s.templateComment(body)
	}
	if indent == 0 && bytes.HasPrefix(body, []byte("---")) {
		found := s.wasQuiet()
		s.newDocument()
		return found || len(body) > 3 && s.inside(body, signsOf(body))
	}
	if len(s.names) > 0 {
		s.names = within(s.names, indent)
	}
	if len(s.values) > 0 {
		s.values = within(s.values, indent)
	}
	if indent <= s.file {
		s.file = -1
	}
	if s.hasAction {
		if found, whole := s.action(body); found || whole {
			return found
		}
	}
	item, dash := false, 0
	for len(body) > 1 && body[0] == '-' && body[1] == ' ' {
		n := 1 + blanks(body[1:])
		dash = indent
		body, indent, item = body[n:], indent+n, true
	}
	for len(s.above) > 0 && s.above[len(s.above)-1].indent >= indent && body[0] != '}' && body[0] != ']' && !(s.headed && s.flow > 0) {
		s.above = s.above[:len(s.above)-1]
	}
	return s.content(indent, body, item, dash)
}

// content judges a line without its dashes, the last of which stands at dash.
func (s *sweep) content(indent int, body []byte, item bool, dash int) bool {
	headed, goesOn, openKind := s.headed, s.plain >= 0 && s.plain < indent && !(item && s.items), s.openKind
	s.headed, s.plain, s.openKind = false, -1, false
	key, value, ok := cutKey(body)
	if ok {
		if len(key) > 1 && key[0] == '*' && key[len(key)-1] == ' ' {
			return true // an alias in the place of a key
		}
		s.inFlow(body, value)
		// What cannot be read may be cut at another sign.
		return s.setting(indent, bareKey(key), value) || s.hasAction && bytes.IndexByte(key, '=') >= 0 && s.inside(key, signsOf(key))
	}
	all := signsOf(body)
	if all&hasColon != 0 {
		key, value, ok = looseKey(body)
	}
	s.inFlow(body, value)
	if ok {
		filled := bytes.HasPrefix(body, []byte("{{"))
		if filled {
			indent++ // it is not known to be the key that it ends in
		}
		if s.setting(indent, key, value) || filled && len(value) > 0 && s.anyAbove(value) {
			return true
		}
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
	return s.bare(body, all, item || headed)
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
// something else. A key may begin with an action of a template.
func looseKey(body []byte) (key, value []byte, ok bool) {
	if bytes.HasPrefix(body, []byte("{{")) {
		end := bytes.Index(body, []byte("}}"))
		if end < 0 {
			return nil, nil, false
		}
		body = body[end+len("}}"):]
	}
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

func unquote(value []byte) []byte {
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		return value[1 : n-1]
	}
	return value
}

// bare judges a line that is no key with a value: an item of a list, a line of a
// text, a part of a flow map. valued tells that it is the value of a heading.
func (s *sweep) bare(body []byte, all signs, valued bool) bool {
	if s.quiet {
		return s.tells(body, all)
	}
	// The items of a flow list stand on lines of their own.
	value := withoutComment(body)
	if s.flowing {
		value = bytes.TrimSuffix(value, []byte(","))
	}
	if (valued || s.flowing) && len(value) > 0 && s.anyAbove(value) {
		return true
	}
	return urlLeaks(nil, body, all) || s.inside(body, all) || s.isCommand(body, all)
}
