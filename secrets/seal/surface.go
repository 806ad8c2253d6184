package seal

import (
	"bytes"
	"fmt"
	"sort"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// extent is a part of a text: the bytes from start up to end.
type extent struct{ start, end int }

// place is where one value is written.
type place struct {
	extent // with its tag and anchor; empty where nothing is written
	node   *manifest.Node
	body   int     // where the content begins, behind tag and anchor
	alias  bool    // it is written as *name
	flow   bool    // a map or list in braces or brackets
	header extent  // the comment behind the | or > of a block scalar
	fields []field // of a map, in source order
	items  []listItem
	anchor []string
}

// isCollection tells whether a map or list is written here, and not only named.
func (p place) isCollection() bool {
	return !p.alias && (p.node.Kind == manifest.Map || p.node.Kind == manifest.List)
}

// field is where one field of a map is written.
type field struct {
	name  string
	key   extent
	colon int // the offset behind the colon
	value place
}

func (p place) field(name string) *field {
	for i := range p.fields {
		if p.fields[i].name == name {
			return &p.fields[i]
		}
	}
	return nil
}

// surface finds where the nodes of a document are written, to the byte.
//
// The reader of manifests says where a node begins. Where it ends follows from
// what is written there, by the rules of YAML 1.2 chapters 6 to 8; JSON is written
// as flow collections are. Everything between two nodes must be a blank or a
// comment. Where that does not hold (a merge key, an explicit key, something that
// only one of two readers takes for a value), the text is refused and not guessed.
type surface struct {
	text  []byte
	lines []int // offsets at which lines begin

	// The last place that was looked for, since the next one is mostly behind it and
	// a file may be one long line.
	last   manifest.Pos
	lastAt int
}

func newSurface(text []byte) *surface {
	s := &surface{text: text, lines: []int{0}}
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			return s
		}
		at += i + 1
		s.lines = append(s.lines, at)
	}
}

// strange is the error of a text that cannot be taken apart, with the place.
type strange struct {
	at     int
	reason string
}

func (e strange) Error() string { return e.reason }

func (s *surface) unknown(at int) error {
	switch rest := s.text[min(at, len(s.text)):]; {
	case bytes.HasPrefix(rest, []byte("<<")):
		return strange{at, "a merge key (<<) brings in fields that are written elsewhere"}
	case bytes.HasPrefix(rest, []byte("? ")):
		return strange{at, "an explicit key (?) cannot be rewritten"}
	case len(rest) > 0 && (rest[0] == '*' || rest[0] == '&' || rest[0] == '!'):
		return strange{at, "a key with an anchor, an alias or a tag cannot be rewritten"}
	}
	return strange{at, "this is written in a way that cannot be rewritten byte for byte"}
}

// offset gives the place of a node. Lines and columns are those of an editor:
// columns in UTF-16 units, from 1.
func (s *surface) offset(p manifest.Pos) int {
	if p.Line < 1 || int(p.Line) > len(s.lines) {
		return -1
	}
	at, column := s.lines[p.Line-1], uint32(1)
	if s.last.Line == p.Line && s.last.Column <= p.Column {
		at, column = s.lastAt, s.last.Column
	}
	for column < p.Column {
		if at >= len(s.text) || s.text[at] == '\n' {
			return -1
		}
		r, size := utf8.DecodeRune(s.text[at:])
		column++
		if r >= 0x10000 {
			column++
		}
		at += size
	}
	s.last, s.lastAt = manifest.Pos{Line: p.Line, Column: column}, at
	return at
}

// line gives the line of an offset, from 1.
func (s *surface) line(at int) uint32 {
	return uint32(sort.SearchInts(s.lines, at+1))
}

// column counts the bytes before an offset on its line.
func (s *surface) column(at int) int { return at - s.lineStart(at) }

func (s *surface) lineStart(at int) int { return s.lines[s.line(at)-1] }

// lineEnd is where the line of an offset ends, before its line break.
func (s *surface) lineEnd(at int) int {
	end := len(s.text)
	if i := bytes.IndexByte(s.text[at:], '\n'); i >= 0 {
		end = at + i
	}
	if end > at && s.text[end-1] == '\r' {
		end--
	}
	return end
}

// behindBreak is the offset behind the line break at an offset, or the offset
// itself at the end of the text.
func (s *surface) behindBreak(at int) int {
	if at < len(s.text) && s.text[at] == '\r' {
		at++
	}
	if at < len(s.text) && s.text[at] == '\n' {
		at++
	}
	return at
}

// char is the byte at an offset, or 0 behind the end.
func (s *surface) char(at int) byte {
	if at < 0 || at >= len(s.text) {
		return 0
	}
	return s.text[at]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func isSpace(c byte) bool { return isBlank(c) || c == '\n' || c == '\r' }

func isFlowIndicator(c byte) bool { return c == ',' || c == '[' || c == ']' || c == '{' || c == '}' }

// endsToken tells whether what stands before an offset ends there.
func (s *surface) endsToken(at int, flow bool) bool {
	return at >= len(s.text) || isSpace(s.text[at]) || flow && isFlowIndicator(s.text[at])
}

// skip goes over blanks, line breaks and comments.
func (s *surface) skip(at int) int {
	for at < len(s.text) {
		switch c := s.text[at]; {
		case isSpace(c):
			at++
		case c == '#' && (at == 0 || isSpace(s.text[at-1])):
			at = s.lineEnd(at)
		default:
			return at
		}
	}
	return at
}

// isMarker tells whether a line that begins at an offset ends the document.
func (s *surface) isMarker(at int) bool {
	rest := s.text[at:]
	return s.column(at) == 0 && (bytes.HasPrefix(rest, []byte("---")) || bytes.HasPrefix(rest, []byte("..."))) && s.endsToken(at+3, false)
}

// find finds the root of a document, or the item of a list.
func (s *surface) find(n *manifest.Node) (place, error) {
	at := s.offset(n.At)
	if at < 0 || at >= len(s.text) {
		return place{}, strange{0, "this is written in a way that cannot be rewritten byte for byte"}
	}
	return s.value(n, at, -1, false)
}

// value finds a value that begins at an offset, inside a block of the given
// indentation.
func (s *surface) value(n *manifest.Node, at, indent int, flow bool) (place, error) {
	p := place{extent: extent{at, at}, node: n, body: at}
	if s.char(at) == '*' {
		p.alias, p.end = true, s.nameEnd(at, flow)
		return p, nil
	}
	if s.offset(n.At) != at {
		return p, s.unknown(at)
	}
	for c := s.char(p.body); c == '&' || c == '!'; c = s.char(p.body) {
		end := s.nameEnd(p.body, flow)
		if c == '&' {
			p.anchor = append(p.anchor, string(s.text[p.body+1:end]))
		}
		p.end, p.body = end, s.skip(end)
	}
	err := s.content(&p, indent, flow)
	return p, err
}

// nameEnd is where an anchor, alias or tag ends.
func (s *surface) nameEnd(at int, flow bool) int {
	for !s.endsToken(at, flow) {
		at++
	}
	return at
}

// content finds the end of a value whose content begins at p.body.
func (s *surface) content(p *place, indent int, flow bool) error {
	switch c := s.char(p.body); {
	case p.node.Kind == manifest.Map && c == '{':
		return s.flowMap(p)
	case p.node.Kind == manifest.Map:
		return s.blockMap(p)
	case p.node.Kind == manifest.List && c == '[':
		return s.flowList(p)
	case p.node.Kind == manifest.List:
		return s.blockList(p)
	case c == '"' || c == '\'':
		end, ok := s.quoteEnd(p.body)
		p.end = end
		if !ok {
			return s.unknown(p.body)
		}
		return nil
	case (c == '|' || c == '>') && !flow:
		return s.blockScalar(p, indent)
	}
	return s.plain(p, indent, flow)
}

// plain finds the end of a plain scalar, or of one that is written as nothing.
func (s *surface) plain(p *place, indent int, flow bool) error {
	if p.node.Kind == manifest.Null && !s.isNullWord(p.body, flow) {
		return nil // only its tag or anchor is written
	}
	end, lines := s.plainEnd(p.body, indent, flow)
	p.end = end
	if p.node.Kind == manifest.String && lines == 1 && string(s.text[p.body:end]) != p.node.Text {
		return s.unknown(p.body)
	}
	return nil
}

func (s *surface) isNullWord(at int, flow bool) bool {
	for _, word := range []string{"~", "null", "Null", "NULL"} {
		if bytes.HasPrefix(s.text[min(at, len(s.text)):], []byte(word)) && s.endsToken(at+len(word), flow) {
			return true
		}
	}
	return false
}

// plainEnd scans a plain scalar, which goes on over the lines that are indented
// more than its block.
func (s *surface) plainEnd(at, indent int, flow bool) (end, lines int) {
	end, lines = at, 1
	for p := at; ; {
		for ; p < len(s.text) && s.text[p] != '\n' && s.text[p] != '\r'; p++ {
			c := s.text[p]
			if c == '#' && p > at && isBlank(s.text[p-1]) ||
				c == ':' && s.endsToken(p+1, flow) ||
				flow && isFlowIndicator(c) {
				return end, lines
			}
			if !isBlank(c) {
				end = p + 1
			}
		}
		for p < len(s.text) && isSpace(s.text[p]) {
			p++
		}
		if p >= len(s.text) || s.text[p] == '#' || !flow && s.column(p) <= indent || s.isMarker(p) {
			return end, lines
		}
		lines++
	}
}

// quoteEnd finds the end of a quoted scalar.
func (s *surface) quoteEnd(at int) (end int, ok bool) {
	quote := s.text[at]
	for p := at + 1; p < len(s.text); p++ {
		switch {
		case s.text[p] == '\\' && quote == '"':
			p++
		case s.text[p] == quote && quote == '\'' && s.char(p+1) == '\'':
			p++
		case s.text[p] == quote:
			return p + 1, true
		}
	}
	return at, false
}

// blockScalar finds the end of a literal or folded scalar: the end of its last
// line that is not blank.
func (s *surface) blockScalar(p *place, indent int) error {
	header := s.lineEnd(p.body)
	p.end = p.body
	inner := 0
	for c := s.char(p.end); p.end < header && !isBlank(c); c = s.char(p.end) {
		if c >= '1' && c <= '9' {
			inner = max(indent, 0) + int(c-'0')
		}
		p.end++
	}
	if rest := bytes.TrimLeft(s.text[p.end:header], " \t"); len(rest) > 0 {
		if rest[0] != '#' {
			return s.unknown(p.body)
		}
		p.header = extent{p.end, header}
	}
	for at := s.behindBreak(header); at < len(s.text); {
		end := s.lineEnd(at)
		line := s.text[at:end]
		if bare := bytes.TrimLeft(line, " "); len(bare) > 0 {
			column := len(line) - len(bare)
			if inner == 0 {
				inner = max(column, indent+1)
			}
			if column < inner || s.isMarker(at) {
				return nil
			}
			p.end = end
		}
		if next := s.behindBreak(end); next > end {
			at = next
			continue
		}
		break
	}
	return nil
}

// blockMap finds the fields of a block map: all at one column.
func (s *surface) blockMap(p *place) error {
	column, at := s.column(p.body), p.body
	for i := range p.node.Items {
		item := &p.node.Items[i]
		if s.offset(item.KeyAt) != at || s.column(at) != column {
			return s.unknown(at)
		}
		f, err := s.blockField(item, at, column)
		if err != nil {
			return err
		}
		p.add(f)
		at = s.skip(p.end)
	}
	if at < len(s.text) && s.column(at) >= column && !s.isMarker(at) {
		return s.unknown(at)
	}
	return nil
}

func (p *place) add(f field) {
	p.fields = append(p.fields, f)
	p.end = max(f.value.end, f.colon)
	p.anchor = append(p.anchor, f.value.anchor...)
}

func (s *surface) blockField(item *manifest.Node, at, indent int) (field, error) {
	f, err := s.key(item, at, false)
	if err != nil {
		return f, err
	}
	if s.char(f.key.end) != ':' && !isBlank(s.char(f.key.end)) {
		return f, s.unknown(at)
	}
	colon := f.key.end
	for isBlank(s.char(colon)) {
		colon++
	}
	if s.char(colon) != ':' || !s.endsToken(colon+1, false) {
		return f, s.unknown(at)
	}
	f.colon = colon + 1
	f.value, err = s.fieldValue(item, f.colon, indent, false)
	return f, err
}

// key finds the end of a key.
func (s *surface) key(item *manifest.Node, at int, flow bool) (field, error) {
	f := field{name: item.Key, key: extent{at, at}}
	switch c := s.char(at); {
	case c == '"' || c == '\'':
		end, ok := s.quoteEnd(at)
		f.key.end = end
		if !ok {
			return f, s.unknown(at)
		}
	case bytes.IndexByte([]byte("&*!?[]{}|>%@`,#"), c) >= 0 || bytes.HasPrefix(s.text[at:], []byte("<<")):
		return f, s.unknown(at)
	default:
		end, lines := s.plainEnd(at, s.column(at), flow)
		f.key.end = end
		if lines != 1 || end == at {
			return f, s.unknown(at)
		}
	}
	return f, nil
}

// fieldValue finds the value behind a colon or a dash.
func (s *surface) fieldValue(n *manifest.Node, from, indent int, flow bool) (place, error) {
	at := s.skip(from)
	if s.char(at) == '*' && (flow || s.column(at) > indent) {
		return s.value(n, at, indent, flow)
	}
	if n.Kind == manifest.Null {
		at = s.offset(n.At)
		if c := s.char(at); at < from || c != '&' && c != '!' && !s.isNullWord(at, flow) {
			return place{extent: extent{from, from}, node: n, body: from}, nil
		}
	}
	return s.value(n, at, indent, flow)
}

// blockList finds the items of a block list.
func (s *surface) blockList(p *place) error {
	column, at := s.column(p.body), p.body
	for i := range p.node.Items {
		if s.char(at) != '-' || s.column(at) != column || !s.endsToken(at+1, false) {
			return s.unknown(at)
		}
		v, err := s.fieldValue(&p.node.Items[i], at+1, column, false)
		if err != nil {
			return err
		}
		p.end = max(v.end, at+1)
		p.anchor = append(p.anchor, v.anchor...)
		p.items = append(p.items, listItem{v, at})
		at = s.skip(p.end)
	}
	return nil
}

func (s *surface) flowMap(p *place) error {
	p.flow = true
	at := s.skip(p.body + 1)
	for i := range p.node.Items {
		item := &p.node.Items[i]
		if s.offset(item.KeyAt) != at {
			return s.unknown(at)
		}
		f, err := s.flowField(item, at)
		if err != nil {
			return err
		}
		p.add(f)
		if at, err = s.separator(p.end, '}'); err != nil {
			return err
		}
	}
	return s.closing(p, at, '}')
}

func (s *surface) flowField(item *manifest.Node, at int) (field, error) {
	f, err := s.key(item, at, true)
	if err != nil {
		return f, err
	}
	colon := s.skip(f.key.end)
	if s.char(colon) != ':' {
		f.colon = f.key.end // a key without a value
		f.value = place{extent: extent{f.colon, f.colon}, node: item, body: f.colon}
		if item.Kind != manifest.Null {
			return f, s.unknown(at)
		}
		return f, nil
	}
	f.colon = colon + 1
	f.value, err = s.fieldValue(item, f.colon, -1, true)
	return f, err
}

func (s *surface) flowList(p *place) error {
	p.flow = true
	at := s.skip(p.body + 1)
	for i := range p.node.Items {
		v, err := s.fieldValue(&p.node.Items[i], at, -1, true)
		if err != nil {
			return err
		}
		p.anchor = append(p.anchor, v.anchor...)
		p.items = append(p.items, listItem{v, v.start})
		if at, err = s.separator(v.end, ']'); err != nil {
			return err
		}
	}
	return s.closing(p, at, ']')
}

// separator goes over the comma behind an item, or up to the closing bracket.
func (s *surface) separator(at int, closing byte) (int, error) {
	at = s.skip(at)
	switch s.char(at) {
	case ',':
		return s.skip(at + 1), nil
	case closing:
		return at, nil
	}
	return at, s.unknown(at)
}

func (s *surface) closing(p *place, at int, closing byte) error {
	if s.char(at) != closing {
		return s.unknown(at)
	}
	p.end = at + 1
	return nil
}

// edit replaces a part of a text.
type edit struct {
	extent
	text string
}

// apply makes edits, which must be in order and must not overlap.
func apply(text []byte, edits []edit) ([]byte, error) {
	size := len(text)
	for _, e := range edits {
		size += len(e.text)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, e := range edits {
		if e.start < at || e.end < e.start || e.end > len(text) {
			return nil, fmt.Errorf("two changes of the file overlap")
		}
		out = append(append(out, text[at:e.start]...), e.text...)
		at = e.end
	}
	return append(out, text[at:]...), nil
}
