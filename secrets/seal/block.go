package seal

import (
	"bytes"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// remarks are the comments between two things.
type remarks struct {
	trail string   // the comment on the line of the first, with the blanks before it
	lines []string // comments and blank lines on lines of their own
}

// remarks finds the comments between two offsets, between which there are only
// blanks, comments, and what separates the fields of a map.
func (s *surface) remarks(from, to int) (r remarks) {
	for at, first := from, true; at < to; first = false {
		end := min(s.lineEnd(at), to)
		line := string(s.text[at:end])
		comment := strings.IndexByte(line, '#')
		switch {
		case comment >= 0 && first:
			head := strings.TrimRight(line[:comment], " \t")
			r.trail = strings.TrimRight(line[len(head):], " \t")
		case comment >= 0:
			head := strings.TrimRight(line[:comment], " \t,{}")
			r.lines = append(r.lines, strings.Repeat(" ", len(head))+strings.TrimRight(line[len(head):], " \t"))
		case !first && end < to && strings.TrimSpace(line) == "":
			r.lines = append(r.lines, "")
		}
		at = s.behindBreak(end)
		if at == end {
			break
		}
	}
	return r
}

// row is a field of the root of a Secret in block style, with what belongs to it.
type row struct {
	*field
	lead  extent // from the end of the line of the field above to the line of this one
	trail string // the comment behind its value
	tail  []string
	end   int // where its last line ends, before the line break
}

// rows cuts the root into its fields. Comments above a field belong to it, and so
// do those below that are indented more.
func (s *surface) rows(root place) []row {
	column := s.column(root.body)
	rows := make([]row, len(root.fields))
	for i := range root.fields {
		r := &rows[i]
		r.field = &root.fields[i]
		r.lead = extent{r.key.start, r.key.start}
		if i > 0 {
			r.lead = extent{rows[i-1].end, s.lineStart(r.key.start)}
		}
		lineEnd := s.lineEnd(r.last())
		if !r.value.isCollection() || r.value.flow {
			r.trail = s.trailOf(r.value, r.last(), lineEnd)
		}
		r.end = s.tailEnd(lineEnd, column)
		r.tail = s.remarks(lineEnd, r.end).lines
	}
	return rows
}

// last is where a field ends.
func (f *field) last() int { return max(f.value.end, f.colon) }

// trailOf is the comment behind a value that ends on this line, or behind the
// indicator of a block scalar.
func (s *surface) trailOf(p place, from, to int) string {
	if p.header.end > p.header.start {
		return s.remarks(p.header.start, p.header.end).trail
	}
	return s.remarks(from, to).trail
}

// tailEnd goes over the comments below a line that are indented more than column.
func (s *surface) tailEnd(end, column int) int {
	for at := s.behindBreak(end); at < len(s.text); {
		lineEnd := s.lineEnd(at)
		bare := bytes.TrimLeft(s.text[at:lineEnd], " \t")
		if len(bare) > 0 {
			if bare[0] != '#' || lineEnd-at-len(bare) <= column {
				return end
			}
			end = lineEnd
		}
		next := s.behindBreak(lineEnd)
		if next == lineEnd {
			return end
		}
		at = next
	}
	return end
}

// blockSpec puts spec in the place of the first of data and stringData, and takes
// out the fields that move into it.
func (s *surface) blockSpec(of *secret, root place, ciphertexts map[string]string, form secretForm) []edit {
	rows := s.rows(root)
	b := blockWriter{surface: s, secret: of, root: root, ciphertexts: ciphertexts, column: s.column(root.body), anchor: specPlace(rows)}
	b.unit = s.indentation(root)
	form.lines(&b, rows)
	var edits []edit
	for i, r := range rows {
		switch {
		case i == b.anchor:
			edits = append(edits, edit{extent{r.key.start, r.end}, strings.Join(b.lines, s.lineBreak(root.start))})
		case moves(r.name):
			edits = append(edits, edit{extent: s.wholeLines(s.behindBreak(r.lead.start), r.end)})
		}
	}
	return edits
}

// moves tells whether a field of a Secret goes into spec.
func moves(name string) bool { return isSection(name) || name == "type" || name == "immutable" }

func isSection(name string) bool { return name == "data" || name == "stringData" }

// specPlace says which row spec takes the place of. A first row, which may stand
// behind the dash of a list, cannot be taken out with its line.
func specPlace(rows []row) int {
	for i, r := range rows {
		if isSection(r.name) || i == 0 && moves(r.name) {
			return i
		}
	}
	return 0
}

// blockWriter writes the spec of one object in block style.
type blockWriter struct {
	*surface
	*secret
	root         place
	ciphertexts  map[string]string
	column, unit int
	anchor       int // the row that spec takes the place of
	lines        []string
}

// indentation is how much the text of an object indents a map in a map.
func (s *surface) indentation(root place) int {
	for _, name := range []string{"metadata", "spec", "data", "stringData"} {
		f := root.field(name)
		if f != nil && !f.value.flow && !f.value.alias && len(f.value.fields) > 0 {
			if n := s.column(f.value.fields[0].key.start) - s.column(root.body); n > 0 && n <= 8 {
				return n
			}
		}
	}
	return 2
}

// line adds a line. The very first takes the place of a key and has the
// indentation of that.
func (b *blockWriter) line(depth int, text string) {
	if len(b.lines) > 0 {
		text = strings.Repeat(" ", b.column+depth*b.unit) + text
	}
	b.lines = append(b.lines, text)
}

// remark adds comments that belonged to a column. What one of them is indented
// more than that is kept.
func (b *blockWriter) remark(depth, column int, lines ...string) {
	for _, line := range lines {
		bare := strings.TrimLeft(line, " \t")
		if bare == "" {
			b.lines = append(b.lines, "")
			continue
		}
		b.line(depth, strings.Repeat(" ", max(0, len(line)-len(bare)-column))+bare)
	}
}

// sealedSpec writes the spec of a SealedSecret.
func sealedSpec(b *blockWriter, rows []row) {
	b.line(0, "spec:")
	b.values(rows, "encryptedData", func(it item) {
		b.line(2, it.key+": "+b.ciphertexts[it.value.key]+it.trail)
	})
	b.line(1, "template:")
	b.tree(2, b.template().Items[:1], place{fields: []field{*b.root.field("metadata")}})
	for i, r := range rows {
		if moves(r.name) && !isSection(r.name) {
			b.scalarRow(2, r, i != b.anchor)
		}
	}
}

// values writes a field of spec with what write makes of each value, and the comments
// of the values.
func (b *blockWriter) values(rows []row, name string, write func(item)) {
	opened := false
	for i, r := range rows {
		if !isSection(r.name) {
			continue
		}
		sec := b.section(r)
		if !opened {
			b.line(1, name+":"+sec.trail)
			sec.trail, opened = "", true
		}
		if i != b.anchor {
			b.remark(2, b.column, trimBlank(b.remarks(r.lead.start, r.lead.end).lines)...)
		}
		if sec.trail != "" {
			b.remark(2, 0, strings.TrimLeft(sec.trail, " \t"))
		}
		for _, it := range sec.items {
			b.remark(2, sec.column, it.lead...)
			write(it)
		}
		b.remark(2, sec.column, sec.tail...)
	}
}

// trimBlank drops the blank lines around comments.
func trimBlank(lines []string) []string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// farRight is a column from which no comment is indented more.
const farRight = 1 << 30

// section is data or stringData, sealed.
type section struct {
	trail  string
	column int // to which its comments belong
	items  []item
	tail   []string
}

// item is one key with the comments above and behind it.
type item struct {
	lead       []string
	key, trail string
	value      *value // nil where another section has the value of the key
}

func (b *blockWriter) section(r row) section {
	p := r.value
	sec := section{trail: r.trail, column: b.column}
	tail := r.tail
	if p.flow {
		// The comments in braces are indented in many ways, and those behind them are
		// not the first.
		sec.trail, sec.column = "", farRight
		tail = remarks{r.trail, r.tail}.own()
	}
	if len(p.fields) == 0 {
		if p.flow {
			tail = append(b.remarks(p.body+1, p.end-1).own(), tail...)
		}
		sec.tail = tail
		return sec
	}
	first := p.fields[0].key.start
	opening := []remarks{b.remarks(r.colon, first)}
	if p.flow {
		opening = []remarks{b.remarks(r.colon, p.body), b.remarks(p.body+1, first)}
	} else {
		sec.column = b.surface.column(first)
	}
	var pending []string
	for _, c := range opening {
		if sec.trail == "" {
			sec.trail, c.trail = c.trail, ""
		}
		pending = append(pending, c.own()...)
	}
	for i := range p.fields {
		it, after := b.item(p, i)
		it.lead = append(pending, it.lead...)
		pending = after
		if it.value == nil {
			pending = append(it.lead, remarks{it.trail, after}.own()...)
			continue
		}
		sec.items = append(sec.items, it)
	}
	sec.tail = append(pending, tail...)
	return sec
}

// own makes lines of all comments.
func (r remarks) own() []string {
	if r.trail == "" {
		return r.lines
	}
	return append([]string{strings.TrimLeft(r.trail, " \t")}, r.lines...)
}

// item is one field of a section, and the comments below it.
func (b *blockWriter) item(p place, i int) (it item, below []string) {
	f := &p.fields[i]
	it.key = string(b.text[f.key.start:f.key.end])
	it.value = b.valueOf(f.value.node)
	end := b.lineEnd(f.last())
	switch {
	case i+1 < len(p.fields):
		end = p.fields[i+1].key.start
	case p.flow:
		end = p.end - 1
	}
	after := b.remarks(f.last(), end)
	it.trail, below = after.trail, after.lines
	if f.value.end > f.value.start {
		between := b.remarks(f.colon, f.value.body)
		if h := f.value.header; h.end > h.start {
			between.trail = b.remarks(h.start, h.end).trail
		}
		if it.trail == "" {
			it.trail, between.trail = between.trail, ""
		}
		it.lead = between.own()
	}
	return it, below
}

// scalarRow moves type or immutable to another depth.
func (b *blockWriter) scalarRow(depth int, r row, withLead bool) {
	if withLead {
		b.remark(depth, b.column, trimBlank(b.remarks(r.lead.start, r.lead.end).lines)...)
	}
	text, ok := b.asWritten(r.value)
	if !ok {
		text = yamlScalar(r.value.node)
	}
	if r.value.node.Kind != manifest.Null {
		b.line(depth, r.name+": "+text+r.trail)
	} else if r.trail != "" {
		b.remark(depth, 0, strings.TrimLeft(r.trail, " \t"))
	}
	b.remark(depth, b.column, r.tail...)
}

// tree adds fields in block style. at is where they are written, if they are: a
// text on one line keeps its quotes.
func (b *blockWriter) tree(depth int, items []manifest.Node, at place) {
	for i := range items {
		n := &items[i]
		name, value := yamlString(n.Key), place{}
		if f := at.field(n.Key); f != nil && !at.alias {
			value = f.value
		}
		if n.Kind == manifest.Map && len(n.Items) > 0 {
			b.line(depth, name+":")
			b.tree(depth+1, n.Items, value)
			continue
		}
		if text, ok := b.asWritten(value); ok && value.node.Kind == n.Kind && value.node.Text == n.Text {
			b.line(depth, name+": "+text)
			continue
		}
		b.lines = append(b.lines, blockField(name, n, b.column+depth*b.unit, b.unit)...)
	}
}

// asWritten is the text of a scalar that stands on one line, in its quotes. What
// is plain in braces is plain outside of them.
func (b *blockWriter) asWritten(p place) (string, bool) {
	text := b.text[p.body:p.end]
	if p.alias || p.body != p.start || len(text) == 0 || p.isCollection() || text[0] == '|' || text[0] == '>' || bytes.ContainsAny(text, "\r\n") {
		return "", false
	}
	return string(text), true
}

// rowRemarks adds the comments of the rows whose values are written elsewhere.
func (b *blockWriter) rowRemarks(rows []row) {
	for i, r := range rows {
		if !moves(r.name) || isSection(r.name) {
			continue
		}
		if i != b.anchor {
			b.remark(1, b.column, trimBlank(b.remarks(r.lead.start, r.lead.end).lines)...)
		}
		b.remark(1, b.column, remarks{r.trail, r.tail}.own()...)
	}
}

// valueRemarks adds the comments of values that are not written out.
func (b *blockWriter) valueRemarks(rows []row) {
	for i, r := range rows {
		if !isSection(r.name) {
			continue
		}
		sec := b.section(r)
		if i != b.anchor {
			b.remark(1, b.column, trimBlank(b.remarks(r.lead.start, r.lead.end).lines)...)
		}
		b.remark(1, 0, remarks{trail: sec.trail}.own()...)
		for _, it := range sec.items {
			b.remark(1, sec.column, it.lead...)
			b.remark(1, 0, remarks{trail: it.trail}.own()...)
		}
		b.remark(1, sec.column, sec.tail...)
	}
}
