package seal

import (
	"bytes"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// flowStyle is how a map in braces is written: JSON, or YAML in flow style.
type flowStyle struct {
	lines      bool   // each field on a line of its own
	lineBreak  string // where lines
	base, unit string // indentation of the fields, and of a map in a map
	comma      string // between two fields on one line
	colon      string
	quotes     bool // names and texts stand in double quotes
}

// flowStyle looks how the first fields of a map, of which there is at least one,
// are written.
func (s *surface) flowStyle(p place) flowStyle {
	first := p.fields[0]
	style := flowStyle{comma: ",", colon: ":", quotes: s.char(first.key.start) == '"'}
	if between := string(s.text[first.key.end:max(first.key.end, first.value.start)]); strings.TrimLeft(between, " :\t") == "" && between != "" {
		style.colon = between
	}
	if !style.quotes && !strings.HasSuffix(style.colon, " ") {
		style.colon += " "
	}
	if strings.HasSuffix(style.colon, " ") {
		style.comma = ", "
	}
	if len(p.fields) > 1 {
		if between := string(s.text[first.last():p.fields[1].key.start]); strings.TrimLeft(between, " ,\t") == "" {
			style.comma = between
		}
	}
	start := s.lineStart(first.key.start)
	base := s.text[start:first.key.start]
	if start <= p.body || len(bytes.TrimLeft(base, " \t")) > 0 {
		return style
	}
	style.lines, style.lineBreak = true, s.lineBreak(p.body)
	style.base, style.unit = string(base), "  "
	closing := s.text[s.lineStart(p.end-1) : p.end-1]
	if len(bytes.TrimLeft(closing, " \t")) == 0 && bytes.HasPrefix(base, closing) && len(base) > len(closing) {
		style.unit = string(base[len(closing):])
	}
	return style
}

// separator is what stands between two fields.
func (f flowStyle) separator() string {
	if f.lines {
		return "," + f.lineBreak + f.base
	}
	return f.comma
}

func (f flowStyle) text(s string) string {
	if f.quotes {
		return quoted(s)
	}
	return yamlString(s)
}

// node writes a value. depth is how many maps it is inside of, below the root.
func (f flowStyle) node(b *strings.Builder, n *manifest.Node, depth int) {
	switch {
	case !isNested(n) && f.quotes:
		b.WriteString(jsonScalar(n))
	case !isNested(n):
		b.WriteString(yamlScalar(n))
	case n.Kind == manifest.List:
		f.list(b, n, depth)
	case len(n.Items) == 0:
		b.WriteString("{}")
	default:
		f.open(b, depth)
		for i := range n.Items {
			if i > 0 {
				f.next(b, depth)
			}
			b.WriteString(f.text(n.Items[i].Key) + f.colon)
			f.node(b, &n.Items[i], depth+1)
		}
		f.close(b, depth)
	}
}

func isNested(n *manifest.Node) bool { return n.Kind == manifest.Map || n.Kind == manifest.List }

// list writes a list. depth is that of its maps.
func (f flowStyle) list(b *strings.Builder, n *manifest.Node, depth int) {
	b.WriteByte('[')
	for i := range n.Items {
		if i > 0 {
			f.next(b, depth)
		} else if f.lines {
			b.WriteString(f.lineBreak + f.base + strings.Repeat(f.unit, depth+1))
		}
		f.node(b, &n.Items[i], depth+1)
	}
	if f.lines && len(n.Items) > 0 {
		b.WriteString(f.lineBreak + f.base + strings.Repeat(f.unit, depth))
	}
	b.WriteByte(']')
}

func (f flowStyle) open(b *strings.Builder, depth int) {
	b.WriteByte('{')
	if f.lines {
		b.WriteString(f.lineBreak + f.base + strings.Repeat(f.unit, depth+1))
	}
}

func (f flowStyle) next(b *strings.Builder, depth int) {
	if f.lines {
		b.WriteString("," + f.lineBreak + f.base + strings.Repeat(f.unit, depth+1))
		return
	}
	b.WriteString(f.comma)
}

func (f flowStyle) close(b *strings.Builder, depth int) {
	if f.lines {
		b.WriteString(f.lineBreak + f.base + strings.Repeat(f.unit, depth))
	}
	b.WriteByte('}')
}

// flowSpec puts spec in the place of the first of data and stringData, and takes
// out the fields that move into it.
func (s *surface) flowSpec(root place, spec manifest.Node) ([]edit, error) {
	anchor, drop := -1, map[string]bool{}
	for i, f := range root.fields {
		switch {
		case isSection(f.name) && anchor < 0:
			anchor = i
		case moves(f.name):
			drop[f.name] = true
		}
	}
	field := root.fields[anchor]
	if err := s.noComment(extent{field.key.start, field.last()}); err != nil {
		return nil, err
	}
	edits, err := s.dropFlow(root, drop)
	if err != nil {
		return nil, err
	}
	return append(edits, edit{extent{field.key.start, field.last()}, s.flowStyle(root).write(&spec)}), nil
}

// dropFlow takes fields out of a map in braces, with the comma behind each, or
// before the last.
func (s *surface) dropFlow(p place, names map[string]bool) ([]edit, error) {
	drop := func(i int) bool { return names[p.fields[i].name] }
	var edits []edit
	for i := 0; i < len(p.fields); i++ {
		if !drop(i) {
			continue
		}
		first := i
		for i+1 < len(p.fields) && drop(i+1) {
			i++
		}
		e := extent{p.fields[first].key.start, p.fields[i].last()}
		switch {
		case i+1 < len(p.fields):
			e.end = p.fields[i+1].key.start
		case first > 0:
			e.start = p.fields[first-1].last()
		}
		if err := s.noComment(e); err != nil {
			return nil, err
		}
		edits = append(edits, edit{extent: e})
	}
	return edits, nil
}

// noComment refuses comments in a part of a map in braces that is rewritten: they
// would be lost.
func (s *surface) noComment(e extent) error {
	opens := byte('{') // the last byte that is no blank
	for at := e.start; at < e.end; at++ {
		c := s.text[at]
		switch {
		case c == '#' && isSpace(s.text[at-1]):
			return strange{at, "a comment stands in a map in braces that must be rewritten"}
		case (c == '"' || c == '\'') && bytes.IndexByte([]byte("{[,:"), opens) >= 0:
			end, _ := s.quoteEnd(at)
			at = max(end-1, at)
		}
		if !isSpace(c) {
			opens = c
		}
	}
	return nil
}
