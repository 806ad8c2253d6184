package sops

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// written is where a node of YAML is written.
type written struct {
	span  extent // with its tag and anchor; empty where nothing is written
	body  int    // where the content begins, behind tag and anchor
	form  form
	lines extent // of a block scalar
	// column is how far the lines of a block scalar are indented, or in which column a
	// block begins.
	column int
	above  int // the column of the block around it, -1 for none
	tag    string
	line   int
	flow   bool  // inside of braces or brackets
	spot   *spot // of a scalar, once it is made
}

// yamlScan finds where the nodes of a text are written, to the byte.
//
// The reader says where a node begins. Where it ends follows from what is written
// there, by the rules of YAML as the scanner of go.yaml.in/yaml/v3 has them. What
// cannot be taken apart is refused and not guessed; whatever is made of it is read
// again and compared.
type yamlScan struct {
	*lines
	places map[*yaml.Node]*written
	taken  []extent // scalars, tags and anchors: no comment begins in them
}

func (s *yamlScan) strange(at int) *Error {
	return refuse(s.number(at), "write it in plain block style", "this is written in a way that cannot be edited byte for byte")
}

// scan finds a node and all below it. above is the column of the block around it.
func (s *yamlScan) scan(n *yaml.Node, above int, flow bool) *Error {
	at := s.offset(n.Line, n.Column)
	if at < 0 && n.Kind == yaml.ScalarNode && n.Value == "" && n.Style == 0 {
		at = len(s.text) // nothing is written, and the reader gives a place behind the end
	}
	if at < 0 {
		return refuse(n.Line, "", "this cannot be found in the text")
	}
	w := &written{span: extent{at, at}, body: at, above: above, line: n.Line, flow: flow}
	s.places[n] = w
	if n.Kind == yaml.AliasNode {
		w.span.end = s.nameEnd(at, flow)
		s.taken = append(s.taken, w.span)
		return nil
	}
	s.properties(w, flow)
	switch n.Kind {
	case yaml.MappingNode, yaml.SequenceNode:
		return s.collection(n, w, flow)
	case yaml.ScalarNode:
		return s.scalar(n, w, flow)
	}
	return s.strange(at)
}

// properties goes over the tag and the anchor of a node.
func (s *yamlScan) properties(w *written, flow bool) {
	for c := s.char(w.body); c == '&' || c == '!'; c = s.char(w.body) {
		end := s.nameEnd(w.body, flow)
		s.taken = append(s.taken, extent{w.body, end})
		if c == '!' {
			w.tag = string(s.text[w.body:end])
		}
		w.span.end = end
		w.body = s.skip(end)
	}
}

// nameEnd is where an anchor, alias or tag ends.
func (s *yamlScan) nameEnd(at int, flow bool) int {
	for at < len(s.text) && !isSpace(s.text[at]) && !(flow && isFlowSign(s.text[at])) {
		at++
	}
	return at
}

func isFlowSign(c byte) bool { return c == ',' || c == '[' || c == ']' || c == '{' || c == '}' }

// skip goes over blanks, line breaks and comments.
func (s *yamlScan) skip(at int) int {
	for at < len(s.text) {
		switch c := s.text[at]; {
		case isSpace(c):
			at++
		case c == '#':
			at = s.end(at)
		default:
			return at
		}
	}
	return at
}

// collection finds what is in a map or list, and where it ends.
func (s *yamlScan) collection(n *yaml.Node, w *written, flow bool) *Error {
	opens := s.char(w.body)
	braced := n.Style&yaml.FlowStyle != 0 && (opens == '{' && n.Kind == yaml.MappingNode || opens == '[' && n.Kind == yaml.SequenceNode)
	w.column = s.column(w.body)
	column := w.column
	if braced || flow {
		column = w.above
		flow = true
	}
	end := w.body
	if braced {
		end++
	}
	for _, child := range n.Content {
		if err := s.scan(child, column, flow); err != nil {
			return err
		}
		end = max(end, s.places[child].span.end)
	}
	if braced {
		closing := s.closing(end)
		if c := s.char(closing); c != '}' && c != ']' {
			return s.strange(closing)
		}
		end = closing + 1
	}
	w.span.end = end
	return nil
}

// closing goes from the last item in braces to the brace that ends them.
func (s *yamlScan) closing(at int) int {
	for {
		at = s.skip(at)
		if c := s.char(at); c != ',' && c != ':' && c != '?' {
			return at
		}
		at++
	}
}

// scalar finds the end of a scalar.
func (s *yamlScan) scalar(n *yaml.Node, w *written, flow bool) *Error {
	c := s.char(w.body)
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && (c == '|' || c == '>'):
		return s.block(n, w)
	case n.Style&yaml.DoubleQuotedStyle != 0 && c == '"', n.Style&yaml.SingleQuotedStyle != 0 && c == '\'':
		end := s.quoteEnd(w.body)
		if end < 0 {
			return s.strange(w.body)
		}
		w.form = singleForm
		if c == '"' {
			w.form = doubleForm
		}
		w.span.end = end
	case n.Style&^yaml.TaggedStyle != 0:
		return s.strange(w.body)
	case n.Value == "": // of what is not written the reader gives a place near by
		w.form = emptyForm
		if w.tag == "" {
			w.span.end = w.span.start
		}
		w.body = w.span.end
		return nil
	default:
		end := s.plainEnd(w.body, w.above, flow)
		if unfold(s.text[w.body:end]) != n.Value {
			return s.strange(w.body)
		}
		w.span.end = end
	}
	s.taken = append(s.taken, extent{w.body, w.span.end})
	return nil
}

// quoteEnd finds the end of a quoted scalar, or -1.
func (s *yamlScan) quoteEnd(at int) int {
	quote := s.text[at]
	for p := at + 1; p < len(s.text); p++ {
		switch {
		case s.text[p] == '\\' && quote == '"':
			p++
		case s.text[p] == quote && quote == '\'' && s.char(p+1) == '\'':
			p++
		case s.text[p] == quote:
			return p + 1
		}
	}
	return -1
}

// plainEnd finds the end of a scalar without quotes, which goes on over the lines that
// are indented more than the block around it.
func (s *yamlScan) plainEnd(at, above int, flow bool) int {
	end := at
	for p := at; ; {
		for ; p < len(s.text) && !isSpace(s.text[p]); p++ {
			c := s.text[p]
			if c == ':' && (p+1 == len(s.text) || isSpace(s.text[p+1])) || flow && (isFlowSign(c) || c == '?') {
				return end
			}
			end = p + 1
		}
		broke := false
		for p < len(s.text) && isSpace(s.text[p]) {
			broke = broke || s.text[p] == '\n'
			p++
		}
		if p == len(s.text) || s.text[p] == '#' || broke && (!flow && s.column(p) <= above || s.isMarker(p)) {
			return end
		}
	}
}

// isMarker tells whether a document ends or begins at an offset.
func (s *lines) isMarker(at int) bool {
	rest := s.text[at:]
	return (at == 0 || s.text[at-1] == '\n') && (bytes.HasPrefix(rest, []byte("---")) || bytes.HasPrefix(rest, []byte("..."))) &&
		(len(rest) == 3 || isSpace(rest[3]))
}

// unfold reads a scalar without quotes: line breaks become blanks, and blank lines
// line breaks.
func unfold(raw []byte) string {
	if bytes.IndexByte(raw, '\n') < 0 {
		return string(raw)
	}
	var b strings.Builder
	blank := 0
	for i, line := range strings.Split(string(raw), "\n") {
		line = strings.Trim(line, " \t\r")
		switch {
		case i == 0:
		case line == "":
			blank++
			continue
		case blank > 0:
			b.WriteString(strings.Repeat("\n", blank))
		default:
			b.WriteByte(' ')
		}
		blank = 0
		b.WriteString(line)
	}
	return b.String()
}

// block finds the header and the lines of a block scalar. What stands behind the
// header is a comment.
func (s *yamlScan) block(n *yaml.Node, w *written) *Error {
	w.form = literalForm
	if s.text[w.body] == '>' {
		w.form = foldedForm
	}
	keep := false
	end := w.body + 1
	for ; end < len(s.text) && !isSpace(s.text[end]); end++ {
		switch c := s.text[end]; {
		case c >= '1' && c <= '9':
			w.column = max(w.above, 0) + int(c-'0')
		case c == '+':
			keep = true
		case c != '-':
			return s.strange(end)
		}
	}
	s.taken = append(s.taken, extent{w.body, end})
	start := s.next(end)
	w.lines = extent{start, start}
	for at := start; at < len(s.text); at = s.next(at) {
		line := s.text[at:s.end(at)]
		bare := bytes.TrimLeft(line, " ")
		column := len(line) - len(bare)
		if len(bare) > 0 && w.column == 0 {
			w.column = max(column, w.above+1, 1)
		}
		if len(bare) > 0 && (column < w.column || s.isMarker(at)) {
			break
		}
		if len(bare) > 0 || keep || w.column > 0 && column > w.column {
			w.lines.end = at + len(line)
		}
	}
	w.span.end = max(end, w.lines.end)
	s.taken = append(s.taken, w.lines)
	return nil
}

// comments finds all comments: what is in no scalar begins one with its sign.
func (s *yamlScan) comments() []extent {
	var list []extent
	next := 0
	for at := 0; at < len(s.text); {
		for next < len(s.taken) && s.taken[next].end <= at {
			next++
		}
		switch {
		case next < len(s.taken) && at >= s.taken[next].start:
			at = s.taken[next].end
		case s.text[at] == '#':
			end := s.end(at)
			list = append(list, extent{at, end})
			at = end
		case s.text[at] == '%' && (at == 0 || s.text[at-1] == '\n'): // a directive
			at = s.end(at)
		default:
			at++
		}
	}
	return list
}
