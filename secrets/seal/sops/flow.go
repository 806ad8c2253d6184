package sops

import (
	"bytes"
	"encoding/json"
	"strings"
)

// What follows edits maps in braces: JSON, and YAML in flow style.

// flowStyle is how such a map is written.
type flowStyle struct {
	lines      bool   // each entry has a line of its own
	brk        string // where lines
	base, unit string // indentation of the entries, and of a map in a map
	comma      string // between entries on one line
	colon      string
}

// flowStyle looks how the first entries of a map are written.
func (f *file) flowStyle(n *node) flowStyle {
	style := flowStyle{comma: ", ", colon: ": ", brk: f.brk, unit: "  "}
	all := n.entries()
	if len(all) == 0 {
		return style
	}
	first := all[0]
	if between := string(f.text[first.keyAt.end:max(first.keyAt.end, first.span.start)]); strings.Trim(between, ": \t") == "" && strings.Contains(between, ":") {
		style.colon = between
	}
	if len(all) > 1 {
		between := string(f.text[max(first.span.end, first.keyAt.end):all[1].keyAt.start])
		if strings.Trim(between, ", \t") == "" {
			style.comma = between
		}
	}
	start := f.lines.start(first.keyAt.start)
	base := f.text[start:first.keyAt.start]
	if start <= n.span.start || len(bytes.TrimLeft(base, " \t")) > 0 {
		return style
	}
	style.lines, style.base = true, string(base)
	closing := f.text[f.lines.start(n.span.end-1) : n.span.end-1]
	if len(bytes.TrimLeft(closing, " \t")) == 0 && bytes.HasPrefix(base, closing) && len(base) > len(closing) {
		style.unit = string(base[len(closing):])
	}
	return style
}

func (s flowStyle) separator() string {
	if s.lines {
		return "," + s.brk + s.base
	}
	return s.comma
}

// node writes a tree. depth is how many maps it is inside of, below the root.
func (s flowStyle) node(b *strings.Builder, n *node, depth int) {
	if n.shape == isLeaf {
		b.WriteString(jsonScalar(n.value))
		return
	}
	open, end := "{", "}"
	if n.shape == isList {
		open, end = "[", "]"
	}
	b.WriteString(open)
	for i, item := range n.items {
		switch {
		case s.lines && i > 0:
			b.WriteString(",")
			fallthrough
		case s.lines:
			b.WriteString(s.brk + s.base + strings.Repeat(s.unit, depth+1))
		case i > 0:
			b.WriteString(s.comma)
		}
		if n.shape == isMap {
			b.WriteString(jsonText(item.key) + s.colon)
		}
		s.node(b, item, depth+1)
	}
	if s.lines && len(n.items) > 0 {
		b.WriteString(s.brk + s.base + strings.Repeat(s.unit, depth))
	}
	b.WriteString(end)
}

func jsonScalar(v value) string {
	if v.kind == text || v.kind == octets || v.kind == instant {
		return jsonText(v.text)
	}
	return v.spelling()
}

// jsonText writes a text in double quotes, with the escapes that JSON needs and no
// others. It is YAML as well.
func jsonText(s string) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // of a string never fails
	return strings.TrimSuffix(out.String(), "\n")
}

// flowMetadata writes metadata as an entry of a map.
func flowMetadata(f *file, root, meta *node) string {
	style := f.flowStyle(root)
	var b strings.Builder
	b.WriteString(jsonText(metadataKey) + style.colon)
	style.node(&b, meta, 0)
	return b.String()
}

// attachFlow adds an entry at the end of a map, or puts it in the place of an old one.
func attachFlow(f *file, root, old *node, entry string) edit {
	if old != nil {
		return edit{extent{old.keyAt.start, old.span.end}, entry}
	}
	all := root.entries()
	if len(all) == 0 {
		return edit{extent{root.span.start + 1, root.span.start + 1}, entry}
	}
	last := all[len(all)-1]
	at := max(last.span.end, last.keyAt.end)
	return edit{extent{at, at}, f.flowStyle(root).separator() + entry}
}

// dropFlow takes an entry out, with the comma behind it, or before it where it is the
// last. others are those beside it, itself included or not.
func dropFlow(f *file, which *node, others []*node) edit {
	gone := extent{which.keyAt.start, max(which.span.end, which.keyAt.end)}
	if which.keyAt.isEmpty() {
		gone.start = which.span.start
	}
	before, behind := -1, -1
	for _, other := range others {
		start := other.keyAt.start
		if other.keyAt.isEmpty() {
			start = other.span.start
		}
		switch {
		case other == which:
		case start < gone.start:
			before = max(other.span.end, other.keyAt.end)
		case behind < 0:
			behind = start
		}
	}
	switch {
	case behind >= 0:
		gone.end = behind
	case before >= 0:
		gone.start = before
	}
	return edit{extent: gone}
}

// insertFlow adds an entry at the end of a map in braces.
func insertFlow(f *file, below *node, keys []string, ciphertext string, key func(string) string) (edit, error) {
	all := below.entries()
	if len(all) == 0 {
		at := below.span.end - 1
		entry := flowEntries(keys, ciphertext, key)
		return edit{extent{at, at}, entry[1 : len(entry)-1]}, nil
	}
	style := f.flowStyle(below)
	last := all[len(all)-1]
	at := max(last.span.end, last.keyAt.end)
	entry := key(keys[0]) + style.colon
	if len(keys) > 1 {
		entry += flowEntries(keys[1:], ciphertext, key)
	} else {
		entry += jsonText(ciphertext)
	}
	return edit{extent{at, at}, style.separator() + entry}, nil
}

// flowEntries writes a ciphertext below keys.
func flowEntries(keys []string, ciphertext string, key func(string) string) string {
	var b strings.Builder
	for _, k := range keys {
		b.WriteString("{" + key(k) + ": ")
	}
	b.WriteString(jsonText(ciphertext) + strings.Repeat("}", len(keys)))
	return b.String()
}
