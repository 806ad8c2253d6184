package sops

import (
	"bytes"
	"strings"
)

// seal puts a ciphertext where a scalar or a comment is. The quotes stay, and a block
// stays a block: so the text can be written in the same way again. In braces a
// ciphertext needs quotes, and single ones stand for none.
func (yamlSyntax) seal(f *file, s *spot, ciphertext string) []edit {
	switch s.form {
	case literalForm, foldedForm:
		header := "|-"
		if s.form == foldedForm {
			header = ">-"
		}
		return []edit{{s.extent, header}, {s.lines, strings.Repeat(" ", f.columnOf(s)) + ciphertext}}
	case doubleForm:
		return []edit{{s.extent, `"` + ciphertext + `"`}}
	case singleForm:
		return []edit{{s.extent, "'" + ciphertext + "'"}}
	case plainForm:
		if s.flow {
			return []edit{{s.extent, "'" + ciphertext + "'"}}
		}
	}
	return []edit{{s.extent, ciphertext}}
}

// columnOf is how far a block scalar at a spot is indented.
func (f *file) columnOf(s *spot) int {
	if s.column > 0 {
		return s.column
	}
	return max(s.above, 0) + f.unit
}

// open puts a value where a ciphertext is.
func (yamlSyntax) open(f *file, s *spot, v value, safe bool) ([]edit, bool) {
	switch {
	case s.form == commentForm:
		return f.openComment(s.extent, s.start-1, v.text)
	case v.kind == remarked:
		// SOPS writes the comments of a list as items of it.
		if s.dash.isEmpty() || s.form != plainForm {
			return nil, false
		}
		return f.openComment(extent{s.dash.start, s.end}, s.dash.start, v.text)
	case v.kind != text && v.kind != octets:
		return f.openOneLine(s, v.spelling())
	}
	if edits, ok := f.openBlock(s, v.text); ok && !safe {
		return edits, true
	}
	if !validText(v.text) {
		return nil, false
	}
	switch {
	case s.form == doubleForm, safe:
		return f.openOneLine(s, inDouble(v.text))
	case s.form == singleForm && !(s.flow && plainFits(v.text, true)) && isPrintable(v.text):
		return f.openOneLine(s, inSingle(v.text))
	case s.form == singleForm && !s.flow:
		return f.openOneLine(s, inDouble(v.text))
	}
	return f.openOneLine(s, yamlText(v.text, s.flow))
}

// openComment writes a comment whose sign stands at an offset. One of several lines
// gets a sign on each.
func (f *file) openComment(e extent, sign int, s string) ([]edit, bool) {
	if !isPrintable(strings.ReplaceAll(s, "\n", "")) {
		return nil, false
	}
	s = strings.ReplaceAll(s, "\n", f.brk+strings.Repeat(" ", f.lines.column(sign))+"#")
	if e.start == sign {
		s = "#" + s
	}
	return []edit{{e, s}}, true
}

// openOneLine writes a scalar on one line, also where a block was: then its lines go,
// with the break before them, and a comment behind its header stays.
func (f *file) openOneLine(s *spot, written string) ([]edit, bool) {
	if s.lines.isEmpty() {
		return []edit{{s.extent, written}}, true
	}
	return []edit{{s.extent, written}, {extent{f.lines.end(s.end), s.lines.end}, ""}}, true
}

// openBlock writes a text as a block, where a block was, or where a text of several
// lines stands without quotes.
func (f *file) openBlock(s *spot, content string) ([]edit, bool) {
	column := f.columnOf(s)
	var header string
	var rows []string
	ok := false
	switch {
	case s.flow:
		return nil, false
	case s.form == foldedForm:
		if header, rows, ok = folded(content); ok {
			break
		}
		header, rows, ok = literal(content, s.above, column)
	case s.form == literalForm, s.form == plainForm && strings.Contains(content, "\n"):
		header, rows, ok = literal(content, s.above, column)
	}
	end := s.end
	if !s.lines.isEmpty() {
		end = s.lines.end
	}
	if !ok || strings.HasSuffix(header, "+") && f.blankBelow(end) {
		return nil, false
	}
	indented := strings.Join(indent(rows, column), f.brk)
	if !s.lines.isEmpty() {
		return []edit{{s.extent, header}, {s.lines, indented}}, true
	}
	behind := f.lines.end(s.end) // of a comment on the same line
	return []edit{{s.extent, header}, {extent{behind, behind}, f.brk + indented}}, true
}

func indent(rows []string, column int) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		if row != "" {
			out[i] = strings.Repeat(" ", column) + row
		}
	}
	return out
}

// blankBelow tells whether the line below that of an offset is blank, or the last is
// not ended: a block that keeps its line breaks would change.
func (f *file) blankBelow(at int) bool {
	next := f.lines.next(at)
	if next == len(f.text) {
		return !endsLine(f.text)
	}
	return len(bytes.TrimSpace(f.text[next:f.lines.end(next)])) == 0
}

func (yamlSyntax) metadata(f *file, document int, meta *node) string {
	if root := f.docs[document]; root.flow {
		return flowMetadata(f, root, meta)
	}
	column := 0
	if first := f.firstEntry(document); first != nil {
		column = f.lines.column(first.keyAt.start)
	}
	w := yamlBlock{unit: f.unit, dash: f.dashIndent()}
	w.entry(column, column+w.unit, metadataKey, meta)
	return strings.Join(w.rows, f.brk)
}

// attach writes an entry at the end of a document, or in the place of the old one.
func (yamlSyntax) attach(f *file, document int, entry string) edit {
	root, old := f.docs[document], f.metas[document]
	if root.flow {
		return attachFlow(f, root, old, entry)
	}
	if old != nil {
		return edit{extent{f.lines.start(old.keyAt.start), old.span.end}, entry}
	}
	at := f.documentEnd(root)
	if at > 0 && f.text[at-1] != '\n' {
		return edit{extent{at, at}, f.brk + entry}
	}
	return edit{extent{at, at}, entry + f.brk}
}

func (yamlSyntax) entryStart(f *file, document int) int {
	at := f.metas[document].keyAt.start
	if f.docs[document].flow {
		return at
	}
	return f.lines.start(at)
}

// firstEntry is the first entry of a document, the metadata included.
func (f *file) firstEntry(document int) *node {
	first := f.metas[document]
	if all := f.docs[document].entries(); len(all) > 0 && (first == nil || all[0].keyAt.start < first.keyAt.start) {
		first = all[0]
	}
	return first
}

// documentEnd is where a document ends: at the next sign of one, or with the text.
func (f *file) documentEnd(root *node) int {
	for at := f.lines.next(root.span.end); at < len(f.text); at = f.lines.next(at) {
		if f.lines.isMarker(at) {
			return at
		}
	}
	return len(f.text)
}

// dashIndent is by how much the items of lists are indented under their key: as in the
// first list, or as SOPS does it.
func (f *file) dashIndent() int {
	for _, doc := range f.docs {
		for _, item := range doc.entries() {
			if first := item.firstBlock(isList); first != nil {
				return max(0, f.lines.column(first.keyAt.start)-f.lines.column(item.keyAt.start))
			}
		}
	}
	return f.unit
}

// yamlBlock writes a tree in block style.
type yamlBlock struct {
	unit, dash int
	rows       []string
}

func (w *yamlBlock) add(column int, s string) {
	w.rows = append(w.rows, strings.Repeat(" ", column)+s)
}

// entry writes an entry. block is the column of a block scalar in it.
func (w *yamlBlock) entry(column, block int, key string, n *node) {
	switch {
	case n.shape == isLeaf:
		w.leaf(column, block, yamlKey(key)+": ", n.value)
	case len(n.items) == 0 && n.shape == isList:
		w.add(column, yamlKey(key)+": []")
	case n.shape == isList:
		w.add(column, yamlKey(key)+":")
		for _, item := range n.items {
			w.item(column+w.dash, item)
		}
	default:
		w.add(column, yamlKey(key)+":")
		for _, item := range n.items {
			w.entry(column+w.unit, column+2*w.unit, item.key, item)
		}
	}
}

// item writes a map as an item of a list: its first entry stands behind the dash.
func (w *yamlBlock) item(column int, n *node) {
	start := len(w.rows)
	for _, item := range n.items {
		w.entry(column+2, max(column+w.unit, column+4), item.key, item)
	}
	if start < len(w.rows) {
		row := w.rows[start]
		w.rows[start] = row[:column] + "-" + row[column+1:]
	}
}

func (w *yamlBlock) leaf(column, block int, lead string, v value) {
	if v.kind != text {
		w.add(column, lead+v.spelling())
		return
	}
	if strings.Contains(v.text, "\n") {
		if header, rows, ok := literal(v.text, column, block); ok {
			w.add(column, lead+header)
			w.rows = append(w.rows, indent(rows, block)...)
			return
		}
	}
	w.add(column, lead+yamlText(v.text, false))
}

// detach takes the metadata out of a document, with their lines.
func (yamlSyntax) detach(f *file, document int) edit {
	root, old := f.docs[document], f.metas[document]
	if root.flow {
		return dropFlow(f, old, root.entries())
	}
	start, end := f.lines.start(old.keyAt.start), f.lines.next(old.span.end)
	if end == len(f.text) && !endsLine(f.text) && !f.endBreak {
		start = f.lines.beforeBreak(start, f.brk) // the text had none at its end
	}
	return edit{extent: extent{start, end}}
}
