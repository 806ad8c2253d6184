package seal

import (
	"bytes"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// listItem is where one item of a list is written, and its dash; in brackets it has
// none, and mark is where it begins.
type listItem struct {
	place
	mark int
}

// listOf amends a list that has items: some of them go, and others come behind the last.
func (a *amender) listOf(p place, want *manifest.Node) error {
	if a.isNamed(p.anchor) {
		return strange{p.start, "a list has an anchor, and what names it would change, too"}
	}
	gone, come := p.differences(want)
	if len(gone) == len(p.items) {
		return a.unknown(p.start)
	}
	if p.flow {
		return a.flowItems(p, gone, come)
	}
	for i, item := range p.items {
		if !gone[i] {
			continue
		}
		start := a.lineStart(item.mark)
		if len(bytes.TrimLeft(a.text[start:item.mark], " ")) > 0 {
			return a.unknown(item.mark)
		}
		e := a.wholeLines(start, a.lineEnd(max(item.end, item.mark+1)))
		a.change(e.start, e.end, "")
	}
	beside := p.items[len(p.items)-1]
	column, br := a.column(beside.mark), a.lineBreak(p.body)
	at := a.tailEnd(a.lineEnd(max(beside.end, beside.mark+1)), column)
	for i := range come {
		for _, line := range a.itemLike(beside, &come[i], column) {
			a.change(at, at, br+line)
		}
	}
	return nil
}

// differences are the items of p that a list has no more, by their indexes, and those
// that it has behind the others.
func (p place) differences(want *manifest.Node) (gone map[int]bool, come []manifest.Node) {
	gone, next := map[int]bool{}, 0
	for i := range p.items {
		if next < len(want.Items) && says(p.items[i].node, &want.Items[next]) {
			next++
			continue
		}
		gone[i] = true
	}
	return gone, want.Items[next:]
}

// itemLike writes an item of a block list as its neighbour is written.
func (a *amender) itemLike(beside listItem, want *manifest.Node, column int) []string {
	gap := beside.start - beside.mark
	if a.line(beside.start) != a.line(beside.mark) || gap < len(dash) {
		gap = len(dash)
	}
	indent := strings.Repeat(" ", column) + "-" + strings.Repeat(" ", gap-1)
	switch {
	case want.Kind != manifest.Map || len(want.Items) == 0:
		return []string{indent + scalarLike(a.char(beside.body), want)}
	case beside.flow && len(beside.fields) > 0:
		return []string{indent + a.inBraces(beside.place, want)}
	}
	lines := a.fieldsLike(beside.place, want, column+gap)
	lines[0] = indent + lines[0][len(indent):]
	return lines
}

// fieldsLike writes the fields of a map as those of another map in block style are.
func (a *amender) fieldsLike(p place, want *manifest.Node, column int) (lines []string) {
	for i := range want.Items {
		n := &want.Items[i]
		f := p.field(n.Key)
		if f == nil || f.value.alias {
			lines = append(lines, blockLines([]manifest.Node{*n}, column, a.unit)...)
			continue
		}
		key := text("", n.Key)
		begin := strings.Repeat(" ", column) + scalarLike(a.char(f.key.start), &key) + ":"
		switch inner := f.value; {
		case n.Kind == manifest.Map && len(n.Items) > 0 && inner.flow && len(inner.fields) > 0:
			lines = append(lines, begin+" "+a.inBraces(inner, n))
		case n.Kind == manifest.Map && len(n.Items) > 0 && len(inner.fields) > 0:
			lines = append(lines, begin)
			lines = append(lines, a.fieldsLike(inner, n, column+a.column(inner.fields[0].key.start)-a.column(f.key.start))...)
		default:
			lines = append(lines, a.newLines(n, f, column)...)
		}
	}
	return lines
}

// inBraces writes a map on one line, in the style of another one.
func (a *amender) inBraces(p place, want *manifest.Node) string {
	var b strings.Builder
	style := a.flowStyle(p)
	style.lines = false
	style.node(&b, want, 0)
	return b.String()
}

// flowItems takes items out of a list in brackets, and adds others behind the last.
func (a *amender) flowItems(p place, gone map[int]bool, come []manifest.Node) error {
	for i := 0; i < len(p.items); i++ {
		if !gone[i] {
			continue
		}
		first := i
		for gone[i+1] {
			i++
		}
		e := extent{p.items[first].start, p.items[i].end}
		switch {
		case i+1 < len(p.items):
			e.end = p.items[i+1].start
		case first > 0:
			e.start = p.items[first-1].end
		}
		if err := a.noComment(e); err != nil {
			return err
		}
		a.change(e.start, e.end, "")
	}
	beside := p.items[len(p.items)-1]
	for i := range come {
		var b strings.Builder
		if len(beside.fields) > 0 {
			style := a.flowStyle(beside.place)
			style.base = strings.TrimSuffix(style.base, style.unit) // the item stands one level above its fields
			style.node(&b, &come[i], 0)
		} else {
			b.WriteString(scalarLike(a.char(beside.body), &come[i]))
		}
		a.change(beside.end, beside.end, a.betweenItems(p)+b.String())
	}
	return nil
}

// betweenItems is what stands between two items of a list in brackets.
func (a *amender) betweenItems(p place) string {
	n := len(p.items)
	if n > 1 {
		between := string(a.text[p.items[n-2].end:p.items[n-1].start])
		if strings.Trim(between, ", \t\r\n") == "" {
			return between
		}
	}
	only := p.items[n-1]
	if a.line(only.start) == a.line(p.body) {
		return ", "
	}
	return "," + a.lineBreak(p.body) + strings.Repeat(" ", a.column(only.start))
}
