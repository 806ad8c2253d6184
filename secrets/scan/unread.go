package scan

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// unread judges the lines of YAML that no document was read from: a template whose
// actions hide its structure, or a broken document. Each line has a key of its own,
// and a name above a value names it.
func (s *scanner) unread() {
	read := s.readLines()
	w := &walker{scanner: s, tree: &manifest.Node{}, source: s.lines}
	st := state{place: Setting, in: secrets.Named, quiet: s.isQuiet()}
	name, nameColumn, quiet := "", uint32(0), false
	for number := uint32(1); number <= s.lines.count() && !s.halted(); number++ {
		for len(read) > 0 && read[0].to < number {
			read = read[1:]
		}
		line := s.lines.line(number)
		column := 1 + uint32(len(line)-len(bytes.TrimLeft(line, " \t-")))
		if len(bytes.TrimSpace(line)) > 0 && column < nameColumn {
			name, nameColumn = "", 0
		}
		if quiet = isQuietLine(line, quiet); quiet || s.judged[number] || len(read) > 0 && read[0].from <= number {
			continue
		}
		if bytes.Contains(line, []byte("{{")) {
			if masked := withoutActions(line); strings.IndexByte(strings.ReplaceAll(masked, "${", ""), '{') >= 0 {
				w.flow(masked, number, st)
			}
			continue
		}
		if bytes.IndexByte(line, '{') >= 0 && bytes.IndexByte(line, ':') >= 0 && !bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) {
			w.flow(string(line), number, st)
			continue
		}
		key, rest := keyOfLine(line)
		text := plainScalar(rest)
		switch {
		case key == "" || text == "" || strings.HasPrefix(string(bytes.TrimSpace(line)), "#"):
			continue
		case isNameKey(key):
			name, nameColumn = text, column
			continue
		case isValueKey(key) && name != "" && column == nameColumn:
			key = name
		}
		at := manifest.Pos{Line: number, Column: column}
		w.setting(w.tree, value{key: key, text: text, raw: text, at: at, end: number}, st)
		name, nameColumn = "", 0
	}
}

// withoutActions is a line with variables of the same length in the place of the actions
// of a template.
func withoutActions(line []byte) string {
	var b strings.Builder
	for {
		start := bytes.Index(line, []byte("{{"))
		if start < 0 {
			break
		}
		end := actionEnd(line, start)
		b.Write(line[:start])
		b.WriteString("${" + strings.Repeat("A", max(end-start-3, 1)) + "}")
		line = line[end:]
	}
	b.Write(line)
	return b.String()
}

// isQuietLine tells whether the object that a line belongs to is of a kind that names
// secrets and keeps them elsewhere. quiet is what the line above says.
func isQuietLine(line []byte, quiet bool) bool {
	if bytes.HasPrefix(line, []byte("---")) {
		return false
	}
	if kind, ok := bytes.CutPrefix(line, []byte("kind:")); ok {
		return isQuietKind(plainScalar(kind))
	}
	return quiet
}

// isYAMLTemplate tells whether a file is YAML by its name, as it is or as a template.
func isYAMLTemplate(name string) bool {
	name = strings.ToLower(name)
	ext := path.Ext(name)
	switch ext {
	case ".tpl":
		return true
	case ".j2", ".jinja", ".jinja2", ".tmpl", ".gotmpl", ".template":
		ext = path.Ext(strings.TrimSuffix(name, ext))
	}
	return ext == ".yaml" || ext == ".yml"
}

// isProseFile knows texts for people, in which an example of a template is none.
func isProseFile(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".mdx", ".markdown", ".rst", ".adoc", ".html", ".htm", ".txt":
		return true
	}
	return false
}

// readLines are the lines from which documents were read, in order.
func (s *scanner) readLines() []lineSpan {
	var spans []lineSpan
	for _, d := range s.file.Documents {
		spans = append(spans, lineSpan{d.At().Line, d.Root.EndLine()})
	}
	slices.SortFunc(spans, func(a, b lineSpan) int { return int(a.from) - int(b.from) })
	return spans
}

// plainScalar is the text of a scalar on the rest of a line, or "" where what stands
// there is no text of one line.
func plainScalar(rest []byte) string {
	text := string(bytes.TrimSpace(rest))
	if text == "" || strings.IndexByte("|>&*[{!%@`#", text[0]) >= 0 {
		return ""
	}
	if quote := text[0]; quote == '"' || quote == '\'' {
		if end := strings.IndexByte(text[1:], quote); end >= 0 {
			return text[1 : 1+end]
		}
		return ""
	}
	if i := strings.Index(text, " #"); i >= 0 {
		text = strings.TrimSpace(text[:i])
	}
	return text
}
