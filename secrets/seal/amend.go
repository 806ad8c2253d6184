package seal

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// amend gives the edits that make what is written at a place say what a tree says. Only
// the lines of what differs change; new fields are written as those beside them are,
// behind those that the tree has before them. unit is how much the text indents a map
// in a map.
func (s *surface) amend(p place, want *manifest.Node, unit int) ([]edit, error) {
	a := amender{surface: s, unit: unit}
	if says(p.node, want) {
		return nil, nil
	}
	if p.alias || p.node.Kind != manifest.Map || want.Kind != manifest.Map || len(p.fields) == 0 {
		return nil, s.unknown(p.start)
	}
	err := a.fieldsOf(p, want, -1)
	return a.edits, err
}

// amender collects the edits of one object.
type amender struct {
	*surface
	unit  int
	edits []edit
}

func (a *amender) change(start, end int, text string) {
	a.edits = append(a.edits, edit{extent{start, end}, text})
}

// fieldsOf amends the fields of a map that has some. colon is where the map is opened,
// or negative.
func (a *amender) fieldsOf(p place, want *manifest.Node, colon int) error {
	both := pair{place: p, want: want, written: make(map[string]*field, len(p.fields)), wanted: make(map[string]*manifest.Node, len(want.Items))}
	for i := range p.fields {
		both.written[p.fields[i].name] = &p.fields[i]
	}
	for i := range want.Items {
		both.wanted[want.Items[i].Key] = &want.Items[i]
	}
	both.want = both.arranged()
	if p.flow {
		return a.flowMap(both)
	}
	return a.blockMap(both, colon)
}

// pair is a map as it is written, and what it is to say.
type pair struct {
	place
	want    *manifest.Node
	written map[string]*field
	wanted  map[string]*manifest.Node
}

// arranged brings the fields of want that are written into the order in which they are.
func (p pair) arranged() *manifest.Node {
	behind, before := map[string][]manifest.Node{}, ""
	for _, n := range p.want.Items {
		if p.written[n.Key] != nil {
			before = n.Key
			continue
		}
		behind[before] = append(behind[before], n)
	}
	out := *p.want
	out.Items = slices.Clone(behind[""])
	for i := range p.fields {
		if n := p.wanted[p.fields[i].name]; n != nil {
			out.Items = append(append(out.Items, *n), behind[n.Key]...)
		}
	}
	return &out
}

// missing are the names of the fields that are written and not wanted.
func (p pair) missing() map[string]bool {
	names := map[string]bool{}
	for i := range p.fields {
		if p.wanted[p.fields[i].name] == nil {
			names[p.fields[i].name] = true
		}
	}
	return names
}

// value amends the value of a field. in is the style of the braces that it stands in,
// or nil.
func (a *amender) value(f *field, want *manifest.Node, in *flowStyle) error {
	p := f.value
	switch {
	case says(p.node, want):
		return nil
	case p.alias && want.Kind != manifest.String:
		return strange{p.start, f.name + " is an alias, which names something that is written elsewhere"}
	case p.alias:
		a.change(p.start, p.end, scalarLike(0, want))
		return nil
	case want.Kind == manifest.Map && p.node.Kind == manifest.Map && len(p.fields) > 0 && len(want.Items) > 0:
		return a.fieldsOf(p, want, f.colon)
	case want.Kind == manifest.Map && p.start != p.body:
		return a.unknown(p.start)
	case want.Kind == manifest.Map:
		return a.opened(f, want, in)
	case want.Kind == manifest.List && len(want.Items) > 0 && len(p.items) > 0:
		return a.listOf(p, want)
	case p.isCollection():
		return a.unknown(p.start)
	case a.isNamed(p.anchor):
		return strange{p.start, f.name + " has an anchor, and what names it would change, too"}
	}
	a.scalar(f, want, in)
	return nil
}

// isNamed tells whether an alias may name one of some anchors.
func (a *amender) isNamed(anchors []string) bool {
	return slices.ContainsFunc(anchors, func(name string) bool { return bytes.Contains(a.text, []byte("*"+name)) })
}

// opened writes a map with fields where there was none: nothing, null or {}.
func (a *amender) opened(f *field, want *manifest.Node, in *flowStyle) error {
	p := f.value
	if p.node.Kind != manifest.Null && (p.node.Kind != manifest.Map || len(p.node.Items) > 0) {
		return a.unknown(p.start)
	}
	if in != nil {
		var b strings.Builder
		in.node(&b, want, 0)
		glue := ""
		if p.end == p.start {
			glue = strings.TrimLeft(in.colon, ":")
		}
		a.change(p.start, p.end, glue+b.String())
		return nil
	}
	end := a.lineEnd(max(p.end, f.colon))
	a.change(f.colon, max(p.end, f.colon), "")
	lines := blockLines(want.Items, a.column(f.key.start)+a.unit, a.unit)
	br := a.lineBreak(f.key.start)
	a.change(end, end, br+strings.Join(lines, br))
	return nil
}

// scalar writes a scalar in the place of another one, in the same quotes. The comment
// behind the indicator of a block scalar stays behind the value.
func (a *amender) scalar(f *field, want *manifest.Node, in *flowStyle) {
	p := f.value
	text := scalarLike(a.char(p.body), want)
	if in != nil && in.quotes {
		text = jsonScalar(want)
	}
	switch c := a.char(p.body); {
	case p.body >= p.end:
		a.change(p.end, p.end, " "+text)
	case c == '|' || c == '>':
		a.change(p.body, p.end, text+a.remarks(p.header.start, p.header.end).trail)
	default:
		a.change(p.body, p.end, text)
	}
}

// blockMap amends a map in block style.
func (a *amender) blockMap(p pair, colon int) error {
	column := a.column(p.fields[0].key.start)
	br := a.lineBreak(p.body)
	at, kept := -1, (*field)(nil)
	if colon >= 0 {
		at = a.lineEnd(colon)
	}
	for i := range p.want.Items {
		item := &p.want.Items[i]
		if f := p.written[item.Key]; f != nil {
			if err := a.value(f, item, nil); err != nil {
				return err
			}
			at, kept = a.tailEnd(a.lineEnd(f.last()), column), f
			continue
		}
		if at < 0 || kept == nil && a.line(p.body) == a.line(colon) {
			return a.unknown(p.body)
		}
		beside := kept
		if beside == nil {
			beside = &p.fields[0]
		}
		for _, line := range a.newLines(item, beside, column) {
			a.change(at, at, br+line)
		}
	}
	return a.dropLines(p.place, p.missing())
}

// newLines writes a new field as the one beside it is written.
func (a *amender) newLines(item *manifest.Node, beside *field, column int) []string {
	if item.Kind != manifest.String || strings.Contains(item.Text, "\n") {
		return blockLines([]manifest.Node{*item}, column, a.unit)
	}
	quote := byte(0)
	if !beside.value.isCollection() && !beside.value.alias {
		quote = a.char(beside.value.body)
	}
	key := text("", item.Key)
	return []string{strings.Repeat(" ", column) + scalarLike(a.char(beside.key.start), &key) + ": " + scalarLike(quote, item)}
}

// dropLines takes fields out of a map in block style, with their lines. Comments in a
// map that goes away stay.
func (a *amender) dropLines(p place, names map[string]bool) error {
	for _, f := range p.fields {
		if !names[f.name] {
			continue
		}
		start := a.lineStart(f.key.start)
		if len(bytes.TrimLeft(a.text[start:f.key.start], " ")) > 0 {
			return a.unknown(f.key.start)
		}
		text := ""
		for _, line := range a.commentsAbove(f) {
			text += line + a.lineBreak(start)
		}
		e := a.wholeLines(start, a.lineEnd(f.last()))
		a.change(e.start, e.end, text)
	}
	return nil
}

// commentsAbove are the comments above the fields of a map in a map, which stay
// when it goes.
func (s *surface) commentsAbove(f field) (lines []string) {
	from := f.colon
	for _, inner := range f.value.fields {
		lines = append(lines, trimBlank(s.remarks(from, inner.key.start).lines)...)
		from = inner.last()
	}
	return lines
}

// wholeLines is an extent of lines with the line break behind them.
func (s *surface) wholeLines(start, end int) extent { return extent{start, s.behindBreak(end)} }

// lineBreak is the line break that the text around an offset uses.
func (s *surface) lineBreak(at int) string {
	end := s.lineEnd(at)
	if s.char(end) == '\r' || end == len(s.text) && bytes.Contains(s.text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}
