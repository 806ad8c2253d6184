package settings

import (
	"bytes"
	"path"
	"strings"
)

// maxSniffed bounds how much of a text is looked at to tell its format.
const maxSniffed = 1 << 16

// Embedded tells the format of a text that stands as a value under a key, as in a
// ConfigMap: the key is a file name ("application.properties", ".env") or tells
// nothing ("config"), and then the text does.
func Embedded(key string, text string) Format {
	head := []byte(text[:min(len(text), maxSniffed)])
	if f, ok := formatOfName(key); ok && f != Unknown {
		return settle(f, head)
	}
	if !strings.Contains(strings.TrimSpace(text), "\n") {
		return opening(head)
	}
	return sniff(head)
}

// sniff tells the format of a text by what it looks like.
func sniff(text []byte) Format {
	text = text[:min(len(text), maxSniffed)]
	if bytes.IndexByte(text, 0) >= 0 {
		return Unknown
	}
	if f := interpreter(text); f != Unknown {
		return f
	}
	if f := opening(text); f != Unknown {
		return f
	}
	return countLines(text).format()
}

var interpreters = map[string]Format{
	"sh": Shell, "bash": Shell, "zsh": Shell, "ash": Shell, "dash": Shell, "ksh": Shell, "fish": Shell, "bats": Shell,
	"python": Python, "ruby": Ruby, "node": JavaScript, "deno": JavaScript, "php": PHP, "lua": Lua, "groovy": Groovy, "pwsh": PowerShell, "make": Makefile,
}

// interpreter tells the language of a script by its first line.
func interpreter(text []byte) Format {
	line, _, _ := bytes.Cut(bytes.TrimLeft(text, " \t\r\n"), []byte("\n"))
	rest, ok := bytes.CutPrefix(line, []byte("#!"))
	if !ok {
		return Unknown
	}
	for word := range strings.FieldsSeq(string(rest)) {
		if f, ok := interpreters[strings.TrimRight(path.Base(word), "0123456789.")]; ok {
			return f
		}
	}
	return Unknown
}

// opening tells the formats that the first sign of a text tells.
func opening(text []byte) Format {
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n")
	switch {
	case len(text) < 2:
		return Unknown
	case bytes.HasPrefix(text, []byte("<?php")):
		return PHP
	case text[0] == '<' && (isLetter(text[1]) && bytes.Contains(text, []byte("</")) || bytes.HasPrefix(text, []byte("<?xml")) || bytes.HasPrefix(text, []byte("<!--"))):
		if bytes.HasPrefix(bytes.ToLower(text[:min(len(text), 5)]), []byte("<html")) {
			return Unknown
		}
		return XML
	case text[0] == '[' && isTermOfErlang(text):
		return Erlang
	case text[0] == '{' && text[1] != '{' && text[1] != '%', text[0] == '[' && isListOfJSON(text):
		return JSON
	}
	return Unknown
}

// isListOfJSON tells a JSON list from the header of a section.
func isListOfJSON(text []byte) bool {
	rest := bytes.TrimLeft(text[1:], " \t\r\n")
	return len(rest) > 0 && (rest[0] == '{' || rest[0] == '"' || rest[0] == '[' && bytes.Contains(text, []byte(",")))
}

// isTermOfErlang tells a list of Erlang, as in the files of RabbitMQ: a tuple whose
// first element is a bare word begins it.
func isTermOfErlang(text []byte) bool {
	rest := bytes.TrimLeft(text[1:], " \t\r\n")
	if len(rest) < 2 || rest[0] != '{' {
		return false
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n")
	return len(rest) > 0 && isLetter(rest[0])
}

// shape counts the kinds of lines of a text.
type shape struct {
	lines, assigned, upper, exported, sections, colons, nested, documents, statements, blocks, touching int
}

const maxShapeLines = 400

func countLines(text []byte) shape {
	var s shape
	for line := range bytes.Lines(text) {
		indented := isSpace(line[0])
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' || line[0] == ';' {
			continue
		}
		s.count(line, indented)
		if s.lines == maxShapeLines {
			break
		}
	}
	return s
}

func (s *shape) count(line []byte, indented bool) {
	s.lines++
	if bytes.Equal(line, []byte("---")) {
		s.documents++
		s.lines--
		return
	}
	if line[0] == '[' && line[len(line)-1] == ']' {
		s.sections++
		return
	}
	if last := line[len(line)-1]; last == '{' || last == ';' || last == '}' {
		s.blocks++
	}
	if rest, ok := bytes.CutPrefix(line, []byte("export ")); ok {
		s.exported++
		line = bytes.TrimSpace(rest)
	}
	if isStatement(line) {
		s.statements++
	}
	s.countKey(line, indented)
}

// countKey counts a line by the sign behind its key.
func (s *shape) countKey(line []byte, indented bool) {
	item := bytes.TrimLeft(line, "- ")
	n := 0
	for n < len(item) && isKeyByte(item[n]) {
		n++
	}
	sep := n
	for sep < len(item) && isBlank(item[sep]) {
		sep++
	}
	switch {
	case n == 0 || sep == len(item):
		if len(item) < len(line) {
			s.nested++
		}
	case item[sep] == '=' && len(item) == len(line) && (sep+1 == len(item) || item[sep+1] != '=' && item[sep+1] != '>'):
		s.assigned++
		if isUpper(item[:n]) {
			s.upper++
		}
	case item[sep] == ':' && (sep+1 == len(item) || isBlank(item[sep+1])):
		s.colons++
		if indented || sep+1 == len(item) || len(item) < len(line) {
			s.nested++
		}
	case item[sep] == ':' && sep == n && len(item) == len(line) && !strings.HasPrefix(string(item[sep:min(len(item), sep+3)]), "://"):
		s.touching++
	}
}

func isUpper(key []byte) bool {
	for _, c := range key {
		if 'a' <= c && c <= 'z' || c == '.' || c == '-' {
			return false
		}
	}
	return true
}

// isStatement tells whether a line begins as the statements of SQL do.
func isStatement(line []byte) bool {
	verb, _, _ := strings.Cut(string(line[:min(len(line), 16)]), " ")
	switch strings.ToUpper(verb) {
	case "CREATE", "INSERT", "ALTER", "GRANT", "UPDATE", "DROP", "USE", "FLUSH", "--":
		return true
	}
	return false
}

// format is the one that the kinds of lines tell. Assignments alone make a format
// only if there are several, and most lines are.
func (s shape) format() Format {
	switch {
	case s.statements > 0 && s.blocks > 0 && s.statements >= s.assigned && s.colons == 0:
		return SQL
	case s.sections > 0 && s.assigned+s.colons > 0 && 10*(s.assigned+s.colons+s.sections) >= 6*s.lines:
		return INI
	case s.assigned >= 3 && 10*s.assigned >= 6*s.lines && (s.upper == s.assigned || s.exported > 0):
		return Dotenv
	case s.assigned >= 3 && 10*s.assigned >= 6*s.lines:
		return Properties
	case s.colons > 0 && (s.nested > 0 || s.documents > 0 || s.lines <= 3 || s.colons == s.lines) && 10*(s.colons+s.nested) >= 6*s.lines:
		return YAML
	case s.touching > 0 && s.touching+s.colons+s.assigned == s.lines:
		return Properties
	}
	return Unknown
}

// hasDirectives tells whether a text has neither sections nor assignments: its lines
// are directives, as those of HAProxy.
func hasDirectives(text []byte) bool {
	s := countLines(text[:min(len(text), maxSniffed)])
	return s.lines > 0 && s.sections == 0 && s.assigned == 0 && s.colons == 0
}

// confLike tells the form of a text that its name calls a configuration.
func confLike(text []byte) Format {
	text = text[:min(len(text), maxSniffed)]
	if f := opening(text); f != Unknown && f != PHP {
		if f != XML || !bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) || isXML(text) {
			return f
		}
	}
	if s := countLines(text); s.sections > 0 && s.assigned+s.colons > 0 {
		return INI
	}
	return Conf
}

// isXML tells XML from the blocks of Apache, Fluentd and OpenVPN, which are no
// elements.
func isXML(text []byte) bool {
	head, rest, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	head, rest = bytes.TrimSpace(head), bytes.TrimSpace(rest)
	if head[len(head)-1] == '>' && !bytes.Contains(head, []byte("</")) && len(rest) > 0 && rest[0] != '<' {
		return false // a directive stands in it, as in the files of Fluentd
	}
	for _, block := range []string{"<Directory", "<VirtualHost", "<IfModule", "<Location", "<Files", "<Proxy", "<Limit", "<If", "<auth-user-pass", "<ca>", "<key>", "<cert>"} {
		if bytes.HasPrefix(head, []byte(block)) {
			return false
		}
	}
	return true
}
