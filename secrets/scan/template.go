package scan

import (
	"bytes"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// filledIn is what the reader of templates makes of a value that holds an action.
const filledIn = "{{ . }}"

// isFilled tells whether a template engine fills in the value of n, or a part of it.
func (w *walker) isFilled(n *manifest.Node) bool {
	return w.templated && n.Kind == manifest.String && n.Text == filledIn
}

// filled judges what is written out in a value that a template engine fills in: the
// literals of its actions, and the text around them where it has lines of its own.
func (w *walker) filled(n *manifest.Node, key string, st state) {
	if n.Style == manifest.Literal || n.Style == manifest.Folded {
		w.filledBlock(n, key, st)
		return
	}
	_, end, ok := w.source.span(n.At.Line)
	start := w.source.offset(n.At)
	if !ok || start >= end {
		return
	}
	if w.inside == nil {
		w.markJudged(n.At.Line)
	}
	text := string(valueOnLine(w.source.text[start:end]))
	if strings.Contains(text, "{{") {
		if name, rest, ok := assignment(text); ok && n.Key == "" {
			key, text = name, rest
		}
		w.judge(n, value{key: key, text: closed(text), raw: text}, st)
	}
}

// closed is a line whose last action ends, where it goes on below: no more of it is
// known here.
func closed(text string) string {
	if i := strings.LastIndex(text, "{{"); i >= 0 && !strings.Contains(text[i:], "}}") {
		return text + "}}"
	}
	return text
}

// markJudged notes that the actions on a line have been read.
func (s *scanner) markJudged(line uint32) {
	if s.judged == nil {
		s.judged = map[uint32]bool{}
	}
	s.judged[line] = true
}

// filledBlock judges a block scalar that holds actions, line by line as settings.
func (w *walker) filledBlock(n *manifest.Node, key string, st state) {
	text := w.block(n)
	if len(text) == 0 || w.isTooDeep(n, string(text)) {
		return
	}
	whole := *n
	whole.Text, whole.Style = string(text), manifest.Literal
	if w.inside == nil {
		for line := n.At.Line; line <= whole.EndLine(); line++ {
			w.markJudged(line)
		}
	}
	in := state{place: st.place, in: secrets.Named, kind: st.kind, key: key}
	form := textForm(string(text))
	if form == "" {
		w.judge(&whole, value{key: key, text: whole.Text, raw: whole.Text}, st)
		return
	}
	w.readInside(&whole, text, key, in, form)
}

// block returns the text of a block scalar as it is written, without its margin.
func (w *walker) block(n *manifest.Node) []byte {
	var out []byte
	margin := -1
	parent := leadingBlanks(w.source.line(n.At.Line))
	for line := n.At.Line + 1; line <= w.source.count(); line++ {
		text := w.source.line(line)
		blanks, bare := leadingBlanks(text), bytes.TrimSpace(text)
		steers := bytes.HasPrefix(bare, []byte("{{")) && bytes.HasSuffix(bare, []byte("}}"))
		if len(bare) > 0 && !steers {
			if margin < 0 && blanks > parent {
				margin = blanks
			}
			if margin < 0 || blanks < margin {
				break
			}
		}
		out = append(out, text[min(len(text), max(0, min(margin, blanks))):]...)
		out = append(out, '\n')
	}
	return bytes.TrimRight(out, "\n")
}

// valueOnLine returns the value with which the rest of a line begins, its actions
// with it.
func valueOnLine(text []byte) []byte {
	quote := byte(0)
	if len(text) > 0 && (text[0] == '"' || text[0] == '\'') {
		quote = text[0]
	}
	for i := 0; i < len(text); i++ {
		switch {
		case bytes.HasPrefix(text[i:], []byte("{{")):
			i = actionEnd(text, i) - 1
		case quote == '"' && text[i] == '\\':
			i++
		case quote != 0 && i > 0 && text[i] == quote:
			return text[1:i]
		case quote == 0 && text[i] == '#' && i > 0 && text[i-1] == ' ':
			return text[:i]
		}
	}
	return text
}

// actionEnd returns where the action that begins at start ends.
func actionEnd(text []byte, start int) int {
	if end := bytes.Index(text[start:], []byte("}}")); end >= 0 {
		return start + end + len("}}")
	}
	return len(text)
}

// templateText judges the actions on the lines of a template that no document of
// the file was read from.
func (s *scanner) templateText() {
	text := s.file.Text
	var named namedTemplate
	quiet, next := false, uint32(1)
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte("{{"))
		if i < 0 || s.halted() {
			return
		}
		line := s.lines.at(at + i).Line
		start, end, _ := s.lines.span(line)
		named.read(text[at+i : end])
		for ; next <= line; next++ {
			quiet = isQuietLine(s.lines.line(next), quiet)
		}
		if !s.judged[line] {
			s.templateLine(line, text[start:end], named.name, quiet)
		}
		at = max(end, at+i+len("{{"))
	}
}

// namedTemplate follows the actions of a text: which named template they stand in.
type namedTemplate struct {
	name  string
	depth int // of what has begun in it and not ended
}

// read reads the actions of a line.
func (t *namedTemplate) read(line []byte) {
	for action := range bytes.SplitSeq(line, []byte("{{")) {
		word, rest, _ := bytes.Cut(bytes.TrimLeft(action, "- "), []byte(" "))
		switch string(word) {
		case "define":
			name, _, _ := bytes.Cut(bytes.TrimLeft(rest, " \"`"), []byte{'"'})
			t.name, t.depth = short(string(name)), 1
		case "if", "range", "with", "block":
			t.depth++
		case "end", "end-}}", "end}}":
			if t.depth--; t.depth <= 0 {
				t.name = ""
			}
		}
	}
}

// templateLine judges one line of a template by its key, or the literals on it by the
// name of the template that it stands in.
func (s *scanner) templateLine(line uint32, text []byte, name string, quiet bool) {
	key, rest := keyOfLine(text)
	v := value{key: key, text: closed(string(rest)), raw: string(rest), end: line}
	v.at = manifest.Pos{Line: line, Column: uint32(leadingBlanks(text)) + 1}
	w := &walker{scanner: s, tree: &manifest.Node{At: v.at}, source: s.lines}
	st := state{place: Template, in: secrets.Named, quiet: quiet || s.isQuiet()}
	if w.judge(w.tree, v, st) || key != "" || w.promise(name) < secrets.Suggests || st.quiet {
		return
	}
	for _, l := range w.literals(w.tree, v.text) {
		if l.variable == "" {
			l.variable = name
		}
		if a := classify(name, l.text, secrets.Named); !l.format && !l.isName() && a.Class.Leaks() {
			v.key, v.text, v.raw = name, l.text, l.text
			w.report(w.tree, Template, v, a)
		}
	}
}

// keyOfLine cuts a line at its key: "  - password: {{ … }}" or "password={{ … }}".
func keyOfLine(line []byte) (key string, rest []byte) {
	trimmed := bytes.TrimLeft(line, " \t-")
	if bytes.HasPrefix(trimmed, []byte("{{")) {
		return "", trimmed
	}
	i := bytes.IndexAny(trimmed[:min(len(trimmed), maxName)], ":=")
	if i <= 0 {
		return "", trimmed
	}
	key = string(bytes.Trim(bytes.TrimSpace(trimmed[:i]), `"'`))
	if !isName(key) || trimmed[i] == ':' && i+1 < len(trimmed) && trimmed[i+1] != ' ' && trimmed[i+1] != '\t' {
		return "", trimmed
	}
	return key, bytes.TrimSpace(trimmed[i+1:])
}
