package sops

import (
	"bytes"
	"strings"
)

// insert adds an entry at the end of a map.
func (yamlSyntax) insert(f *file, below *node, keys []string, ciphertext string) (edit, error) {
	switch {
	case below.shape == isMap && below.flow:
		return insertFlow(f, below, keys, ciphertext, yamlKey)
	case below.shape == isMap && len(below.entries()) > 0:
		column := f.lines.column(below.entries()[0].keyAt.start)
		at := f.lines.end(below.span.end)
		return edit{extent{at, at}, f.brk + strings.Join(f.newEntry(column, keys, ciphertext), f.brk)}, nil
	case below.shape == isLeaf && below.value.kind == null && below.spot.form == emptyForm && !below.spot.flow && below.spot.tag == "":
		column := f.lines.column(below.keyAt.start) + f.unit
		at := f.lines.end(below.keyAt.end)
		return edit{extent{at, at}, f.brk + strings.Join(f.newEntry(column, keys, ciphertext), f.brk)}, nil
	case below.shape == isLeaf && below.value.kind == null && below.spot.form == plainForm:
		return edit{below.spot.extent, flowEntries(keys, ciphertext, yamlKey)}, nil
	}
	return edit{}, refuse(below.line, "", "nothing can be added here")
}

// newEntry gives the lines of an entry, with those of the maps that it is in.
func (f *file) newEntry(column int, keys []string, ciphertext string) []string {
	var rows []string
	for i, key := range keys {
		row := strings.Repeat(" ", column+i*f.unit) + yamlKey(key) + ":"
		if i == len(keys)-1 {
			row += " " + ciphertext
		}
		rows = append(rows, row)
	}
	return rows
}

// fill puts a ciphertext where nothing is written: behind the colon or the dash.
func (f *file) fill(n *node, ciphertext string) (edit, bool) {
	at := n.keyAt.end
	for isBlank(f.lines.char(at)) {
		at++
	}
	switch {
	case f.lines.char(n.keyAt.start) == '-' && n.key == "":
		at = n.keyAt.end
	case f.lines.char(at) == ':':
		at++
	default:
		return edit{}, false
	}
	if n.spot.flow {
		ciphertext = "'" + ciphertext + "'"
	}
	return edit{extent{at, at}, " " + ciphertext}, true
}

// remove takes an entry or an item out, with its lines. Of the last one an empty map or
// list stays.
func (yamlSyntax) remove(f *file, from, which *node) (edit, error) {
	others := from.entries()
	if from.flow {
		return dropFlow(f, which, others), nil
	}
	if which.keyAt.isEmpty() || which.alias != 0 || from.alias != 0 {
		return edit{}, refuse(which.line, "", "this cannot be taken out byte for byte")
	}
	end := max(which.span.end, which.keyAt.end)
	if len(others) == 1 {
		empty := "{}"
		if from.shape == isList {
			empty = "[]"
		}
		return edit{extent{which.keyAt.start, end}, empty}, nil
	}
	start := f.lines.start(which.keyAt.start)
	if len(bytes.TrimSpace(f.text[start:which.keyAt.start])) == 0 {
		return edit{extent: extent{start, f.lines.next(end)}}, nil
	}
	// It stands behind the dash of a list: the next entry takes its place.
	for i, other := range others {
		if other != which || i+1 == len(others) {
			continue
		}
		next := others[i+1].keyAt.start
		if bytes.IndexByte(f.text[end:next], '#') >= 0 {
			break
		}
		return edit{extent: extent{which.keyAt.start, next}}, nil
	}
	return edit{}, refuse(which.line, "", "this cannot be taken out byte for byte")
}
