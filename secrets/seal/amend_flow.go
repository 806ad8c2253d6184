package seal

import (
	"bytes"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// flowMap amends a map in braces that has fields.
func (a *amender) flowMap(p pair) error {
	style := a.flowStyle(p.place)
	kept := 0
	for i := range p.want.Items {
		f := p.written[p.want.Items[i].Key]
		if f == nil {
			continue
		}
		kept++
		if err := a.value(f, &p.want.Items[i], &style); err != nil {
			return err
		}
	}
	switch {
	case kept == len(p.fields) && kept == len(p.want.Items):
		return nil
	case kept == 0:
		return a.flowAnew(p.place, p.want, style)
	case style.lines && a.eachOnItsLines(p.place):
		a.flowLines(p, style)
		return nil
	}
	return a.flowInline(p, style)
}

// flowField writes a new field as the one beside it is written.
func (a *amender) flowField(item *manifest.Node, beside *field, style flowStyle) string {
	if style.quotes || item.Kind != manifest.String || beside.value.isCollection() || beside.value.alias {
		return style.write(item)
	}
	key := text("", item.Key)
	return scalarLike(a.char(beside.key.start), &key) + style.colon + scalarLike(a.char(beside.value.body), item)
}

// write gives a field as it stands in braces.
func (f flowStyle) write(item *manifest.Node) string {
	var b strings.Builder
	b.WriteString(f.text(item.Key) + f.colon)
	f.node(&b, item, 0)
	return b.String()
}

// flowAnew writes other fields in the place of all.
func (a *amender) flowAnew(p place, want *manifest.Node, style flowStyle) error {
	e := extent{p.fields[0].key.start, p.fields[len(p.fields)-1].last()}
	if err := a.noComment(e); err != nil {
		return err
	}
	var written []string
	for i := range want.Items {
		written = append(written, style.write(&want.Items[i]))
	}
	a.change(e.start, e.end, strings.Join(written, style.separator()))
	return nil
}

// flowInline adds and drops fields of a map that has several on one line.
func (a *amender) flowInline(p pair, style flowStyle) error {
	var before *field
	var waiting []string
	for i := range p.want.Items {
		item := &p.want.Items[i]
		f := p.written[item.Key]
		switch {
		case f == nil && before != nil:
			a.change(before.last(), before.last(), style.separator()+a.flowField(item, before, style))
		case f == nil:
			waiting = append(waiting, a.flowField(item, &p.fields[0], style)+style.separator())
		case before == nil && len(waiting) > 0:
			a.change(f.key.start, f.key.start, strings.Join(waiting, ""))
			before = f
		default:
			before = f
		}
	}
	drops, err := a.dropFlow(p.place, p.missing())
	a.edits = append(a.edits, drops...)
	return err
}

// comma is where the comma behind a field is, or where its value ends and false.
func (s *surface) comma(f *field) (int, bool) {
	if at := s.skip(f.last()); s.char(at) == ',' {
		return at, true
	}
	return f.last(), false
}

// eachOnItsLines tells whether nothing but blanks and a comment stands beside any field
// of a map in braces.
func (s *surface) eachOnItsLines(p place) bool {
	clear := func(from, to int) bool {
		rest := bytes.TrimLeft(s.text[from:to], " \t")
		return len(rest) == 0 || rest[0] == '#'
	}
	for i := range p.fields {
		f := &p.fields[i]
		at, found := s.comma(f)
		if found {
			if s.line(at) != s.line(f.last()) {
				return false
			}
			at++
		}
		if len(bytes.TrimLeft(s.text[s.lineStart(f.key.start):f.key.start], " \t")) > 0 || !clear(at, s.lineEnd(at)) {
			return false
		}
	}
	return clear(p.body+1, s.lineEnd(p.body))
}

// flowLines adds and drops the lines of fields in braces that stand each on their own.
func (a *amender) flowLines(p pair, style flowStyle) {
	_, trailing := a.comma(&p.fields[len(p.fields)-1])
	at, beside := a.lineEnd(p.body), &p.fields[0]
	for i := range p.want.Items {
		needed := trailing || i+1 < len(p.want.Items)
		f := p.written[p.want.Items[i].Key]
		if f == nil {
			line := style.lineBreak + style.base + a.flowField(&p.want.Items[i], beside, style)
			if needed {
				line += ","
			}
			a.change(at, at, line)
			continue
		}
		comma, has := a.comma(f)
		switch {
		case has && !needed:
			a.change(comma, comma+1, "")
		case !has && needed:
			a.change(comma, comma, ",")
		}
		at, beside = a.lineEnd(comma), f
	}
	for _, f := range p.fields {
		if p.wanted[f.name] != nil {
			continue
		}
		comma, _ := a.comma(&f)
		e := a.wholeLines(a.lineStart(f.key.start), a.lineEnd(comma))
		a.change(e.start, e.end, "")
	}
}
