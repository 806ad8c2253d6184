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
	if f := countLines(text).format(); f != Unknown {
		return f
	}
	return ofDaemon(text)
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
	lines, assigned, upper, exported, sections, colons, nested, documents, statements, blocks, closed, touching, commands int
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
		if bytes.HasSuffix(line, []byte("}")) && bytes.Contains(line, []byte(" { ")) || bytes.HasSuffix(line, []byte("};")) {
			s.closed++
		}
	}
	if rest, ok := bytes.CutPrefix(line, []byte("export ")); ok {
		s.exported++
		line = bytes.TrimSpace(rest)
	}
	if isStatement(line) {
		s.statements++
	} else if isCommandOfScript(string(line[:min(len(line), 256)])) {
		s.commands++
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
	case "CREATE", "INSERT", "ALTER", "GRANT", "UPDATE", "DROP", "USE", "FLUSH", "--", "REPLACE", "MERGE":
		return true
	}
	return false
}

// isCommandOfScript tells whether a line begins as a command of a script does: with a
// program that is no word of a sentence, or a word of the shell with its sign behind it.
func isCommandOfScript(line string) bool {
	for {
		word, rest, _ := strings.Cut(line, " ")
		name, _, assigned := strings.Cut(word, "=")
		if assigned && isName(name) && rest != "" || word == "sudo" || word == "exec" || word == "then" || word == "else" || word == "do" || word == "&&" {
			line = strings.TrimLeft(rest, " ")
			continue
		}
		word = strings.TrimRight(word, ";")
		switch word {
		case "if", "elif", "while", "until":
			rest = strings.TrimPrefix(strings.TrimLeft(rest, " "), "! ")
			return strings.HasPrefix(rest, "[") || isCommandOfScript(rest)
		case "set":
			return strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "+")
		case "fi", "done", "esac":
			return true
		}
		return passwordFlags[word] != (flags{}) || withUser[word] || programs[word] && rest != ""
	}
}

// programs are those that scripts call, beside the ones that take a password.
var programs = map[string]bool{
	"echo": true, "printf": true, "wget": true, "psql": true, "pg_dump": true, "pg_restore": true, "pg_dumpall": true, "createuser": true, "kubectl": true, "aws": true, "gcloud": true, "gsutil": true, "terraform": true, "vault": true,
	"rabbitmqctl": true, "apt-get": true, "apk": true, "yum": true, "dnf": true, "npm": true, "npx": true, "yarn": true, "pnpm": true, "pip": true, "pip3": true, "mvn": true, "./mvnw": true, "gradle": true, "./gradlew": true, "sonar-scanner": true,
	"ssh": true, "scp": true, "rsync": true, "chpasswd": true, "mkdir": true, "chmod": true, "chown": true, "rm": true, "cp": true, "mv": true, "cd": true, "sed": true, "awk": true, "grep": true, "sleep": true, "systemctl": true, "cat": true,
	"sh": true, "bash": true, "python": true, "python3": true, "node": true, "java": true, "ansible-playbook": true, "k3s": true, "kubeadm": true, "etcdctl": true, "mc": true, "rclone": true, "restic": true, "borg": true, "velero": true, "flux": true,
	"consul": true, "nomad": true, "pulumi": true, "heroku": true, "firebase": true, "dotnet": true, "nuget": true, "twine": true, "poetry": true, "composer": true, "php": true, "rails": true, "bundle": true, "rake": true, "git": true, "jq": true, "tee": true,
	"gpg": true, "mount": true, "mount.cifs": true, "redis-server": true, "mysqld": true, "mongod": true, "source": true, "wp": true, "drush": true, "occ": true, "keytool": true, "kcadm.sh": true, "snyk": true, "trivy": true, "docker-compose": true,
}

// Script is the format of a script that names its interpreter on its first line, or
// Unknown.
func Script(text []byte) Format { return interpreter(text) }

// Interpreter is the format of the scripts that a program runs, or Unknown.
func Interpreter(program string) Format {
	return interpreters[strings.TrimRight(path.Base(program), "0123456789.")]
}

// format is the one that the kinds of lines tell. Assignments alone make a format
// only if there are several, and most lines are.
func (s shape) format() Format {
	switch {
	case s.statements > 0 && s.blocks > 0 && s.statements >= s.assigned && s.colons == 0 && s.commands < s.statements:
		return SQL
	case s.sections > 0 && s.assigned+s.colons > 0 && 10*(s.assigned+s.colons+s.sections) >= 6*s.lines:
		return INI
	case s.commands > 0 && s.exported == 0 && s.assigned+s.commands >= s.lines && s.upper == s.assigned, s.commands > 0 && s.exported > 0 && 2*(s.assigned+s.commands) >= s.lines:
		return Shell
	case s.assigned >= 3 && 10*s.assigned >= 6*s.lines && (s.upper == s.assigned || s.exported > 0):
		return Dotenv
	case s.assigned >= 3 && 10*s.assigned >= 6*s.lines:
		return Properties
	case s.colons > 0 && (s.nested > 0 || s.documents > 0 || s.lines <= 3 || s.colons == s.lines) && 10*(s.colons+s.nested) >= 6*s.lines:
		return YAML
	case s.touching > 0 && s.touching+s.colons+s.assigned == s.lines:
		return Properties
	case s.commands > 0 && 3*s.commands >= s.lines && s.colons == 0:
		return Shell
	case s.blocks >= 3 && 10*s.blocks >= 8*s.lines && s.sections == 0, s.blocks > 0 && s.blocks == s.lines && s.closed > 0:
		return Conf
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
	} else if s.assigned == 0 && s.blocks == 0 && ofDaemon(text) == Router {
		return Router
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
	if bytes.IndexByte(head, ' ') > 0 && bytes.IndexByte(head, '=') < 0 && isLetter(head[1]) && bytes.IndexByte(head, '>') == len(head)-1 {
		return false // a block with a name, as in the files of collectd
	}
	for _, block := range []string{"<Directory", "<VirtualHost", "<IfModule", "<Location", "<Files", "<Proxy", "<Limit", "<If", "<auth-user-pass", "<ca>", "<key>", "<cert>"} {
		if bytes.HasPrefix(head, []byte(block)) {
			return false
		}
	}
	return true
}
