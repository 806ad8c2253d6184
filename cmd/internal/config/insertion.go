package config

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// insertion is a place for entries in a file, and how those around it are set.
type insertion struct {
	offset int
	before string // a line that the entries need before them
	layout layout
}

// layout is how a list of entries is set.
type layout struct {
	indent string // before the dash
	gap    string // between the dash and the first key
	end    string // of a line
}

func newLayout() layout { return layout{indent: "  ", gap: " ", end: "\n"} }

func (p insertion) text(existing []byte, add []checks.Waiver) []byte {
	var b []byte
	if p.offset > 0 && existing[p.offset-1] != '\n' {
		b = append(b, p.layout.end...)
	}
	b = append(b, p.before...)
	return append(b, entries(add, p.layout)...)
}

// insertions finds the places where entries may go, best first. data has been
// read without a fault.
func insertions(file string, data []byte) ([]insertion, error) {
	root := open(data, &faults{}).Root
	lines := newLineOffsets(data)
	set := newLayout()
	if bytes.Contains(data, []byte("\r\n")) {
		set.end = "\r\n"
	}
	list := root.Get("waivers")
	switch {
	case bytes.Contains(bytes.ReplaceAll(data, []byte("\r\n"), nil), []byte("\r")):
		return nil, fileFault(file, 1, 1, "a line ends with a bare carriage return", "let each line end with LF or CRLF")
	case root.Style == manifest.Flow:
		return nil, fileFault(file, 1, 1, "the file is written in braces, to which nothing can be appended", `write "version: 1" and "waivers:" as two lines`)
	case list == nil:
		at, err := lines.end(file, root.Items[len(root.Items)-1].KeyAt.Line)
		return []insertion{{offset: at, before: "waivers:" + set.end, layout: set}}, err
	case list.Style == manifest.Flow:
		return nil, fileFault(file, int(list.KeyAt.Line), int(list.KeyAt.Column), "the list is written in brackets, to which nothing can be appended", `write "waivers:" alone on its line, with each entry below it as "- check: …"`)
	case list.KeyAt.Column != 1:
		return nil, fileFault(file, int(list.KeyAt.Line), int(list.KeyAt.Column), `"waivers:" does not begin its line`, "move it to the first column")
	}
	if len(list.Items) > 0 {
		found, err := lines.layoutOf(&list.Items[len(list.Items)-1], set)
		if err != nil {
			return nil, fileFault(file, int(list.Items[len(list.Items)-1].At.Line), 1, err.Error(), `begin the entry with "- check: …" on one line`)
		}
		set = found
	}
	if next := keyAfter(root, list); next != nil {
		at := lines.start(int(next.KeyAt.Line))
		return []insertion{{offset: lines.beforeComments(at), layout: set}, {offset: at, layout: set}}, nil
	}
	at, err := lines.end(file, list.KeyAt.Line)
	return []insertion{{offset: at, layout: set}}, err
}

// keyAfter returns the key of root that is written next after list, or nil.
func keyAfter(root, list *manifest.Node) *manifest.Node {
	var next *manifest.Node
	for i := range root.Items {
		n := &root.Items[i]
		if n.KeyAt.Line > list.KeyAt.Line && (next == nil || n.KeyAt.Line < next.KeyAt.Line) {
			next = n
		}
	}
	return next
}

// lineOffsets knows where the lines of a file begin.
type lineOffsets struct {
	data   []byte
	starts []int // by line, from 0
}

func newLineOffsets(data []byte) lineOffsets {
	l := lineOffsets{data: data}
	at := 0
	for line := range bytes.Lines(data) {
		l.starts = append(l.starts, at)
		at += len(line)
	}
	return l
}

// start returns where a line begins, counted from 1.
func (l lineOffsets) start(line int) int {
	if line > len(l.starts) {
		return len(l.data)
	}
	return l.starts[max(1, line)-1]
}

func (l lineOffsets) line(line int) string {
	return strings.TrimRight(string(l.data[l.start(line):l.start(line+1)]), "\r\n")
}

// end returns the end of the file, for what is appended to a key on a line. A
// document marker behind the key would keep it from belonging there.
func (l lineOffsets) end(file string, from uint32) (int, error) {
	for n := int(from) + 1; n <= len(l.starts); n++ {
		if text := l.line(n); strings.HasPrefix(text, "...") || strings.HasPrefix(text, "---") {
			return 0, fileFault(file, n, 1, "a document marker ends the list", "remove this line")
		}
	}
	return len(l.data), nil
}

// beforeComments returns where the comments and blank lines begin that stand
// right before an offset, which is the beginning of a line.
func (l lineOffsets) beforeComments(at int) int {
	n, _ := slices.BinarySearch(l.starts, at) // the number of lines before it
	for n > 0 {
		text := strings.TrimSpace(l.line(n))
		if text != "" && text[0] != '#' {
			break
		}
		n--
	}
	return l.start(n + 1)
}

// dash is the beginning of a list entry that has its first key on the same line.
var dash = regexp.MustCompile(`^( *)-( +)[^ #]`)

// aloneDash is one that has its first key on a line below.
var aloneDash = regexp.MustCompile(`^( *)-[ \t]*(#.*)?$`)

// layoutOf finds how the entry n of a list is set.
func (l lineOffsets) layoutOf(n *manifest.Node, set layout) (layout, error) {
	for line := int(n.At.Line); line > 0; line-- {
		text := strings.TrimPrefix(l.line(line), "\uFEFF")
		if m := dash.FindStringSubmatch(text); m != nil {
			set.indent, set.gap = m[1], m[2]
			return set, nil
		}
		if m := aloneDash.FindStringSubmatch(text); m != nil {
			set.indent = m[1]
			return set, nil
		}
	}
	return set, errors.New("the beginning of this entry cannot be found")
}
