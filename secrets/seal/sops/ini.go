package sops

import (
	"bytes"
	"strings"
	"unicode"
)

// iniSyntax reads and writes INI as SOPS does (stores/ini/store.go), which has
// gopkg.in/ini.v1 read it. What that reader does with a backslash at the end of a line
// or with names in quotes is refused here.
type iniSyntax struct{}

// topSection is the name of the section that has the keys before the first.
const topSection = "DEFAULT"

func (iniSyntax) read(source []byte, limits readLimits) (*file, error) {
	if at := oddBreak(source); at >= 0 {
		return nil, refuse(newLines(source).number(at), "save the file with the line ends of Unix (LF) or Windows (CRLF)",
			"here is a character that only some readers take for the end of a line").because(Broken)
	}
	f := &file{syntax: iniSyntax{}, text: source, lines: newLines(source), brk: lineBreak(source)}
	p := &iniParser{file: f, root: &node{shape: isMap, line: 1, span: extent{0, len(source)}}, nodes: limits.nodes}
	p.begin(topSection, 0)
	for p.at < len(source) {
		at := p.at
		if err := p.line(); err != nil {
			err.Line = f.lines.number(at)
			return nil, err.because(Broken)
		}
	}
	p.remarks(p.section)
	f.docs, f.metas = []*node{p.root}, []*node{nil}
	return f, p.metadata()
}

// iniParser makes a tree of sections.
type iniParser struct {
	*file
	at      int
	root    *node
	section *node
	names   map[string]bool // of the keys of the section
	pending []remark        // comments that belong to what comes next
	nodes   int
}

// remark is a comment, of several lines where it has lines of its own.
type remark struct {
	extent
	inline bool // it stands behind something
}

func (p *iniParser) begin(name string, at int) {
	p.section = &node{shape: isMap, key: name, line: p.lines.number(at), keyAt: extent{at, at}, span: extent{at, at}}
	p.names = map[string]bool{}
	p.root.items = append(p.root.items, p.section)
}

// line reads the line at hand, or the lines of a value of several.
func (p *iniParser) line() *Error {
	if p.nodes--; p.nodes < 0 {
		return refuse(0, "", "the file has too many lines")
	}
	next := p.lines.next(p.at)
	raw := p.text[p.at:next]
	line := bytes.TrimLeftFunc(raw, unicode.IsSpace)
	start := next - len(line)
	if len(line) == 0 {
		p.at = next
		return nil
	}
	switch line[0] {
	case '#', ';':
		p.remember(start, start+len(bytes.TrimRightFunc(line, unicode.IsSpace)))
	case '[':
		closing := bytes.LastIndexByte(line, ']')
		if closing < 2 {
			return refuse(0, "write [name]", "a section has no name, or its bracket is not closed")
		}
		p.begin(string(line[1:closing]), start)
		p.inline(start+closing+1, next)
		p.remarks(p.section)
	default:
		return p.entry(start, next)
	}
	p.at = next
	return nil
}

// remember keeps a comment. Those of several lines are one, as the reader of SOPS has
// them.
func (p *iniParser) remember(start, end int) {
	if n := len(p.pending); n > 0 && !p.pending[n-1].inline {
		p.pending[n-1].end = end
		return
	}
	p.pending = append(p.pending, remark{extent: extent{start, end}})
}

// inline keeps a comment behind something.
func (p *iniParser) inline(start, end int) {
	if i := bytes.IndexAny(p.text[start:end], "#;"); i >= 0 {
		end = start + i + len(bytes.TrimRightFunc(p.text[start+i:end], unicode.IsSpace))
		p.pending = append(p.pending, remark{extent{start + i, end}, true})
	}
}

// remarks puts the comments at hand into a section, without their signs.
func (p *iniParser) remarks(section *node) {
	for _, e := range p.pending {
		sign := p.text[e.start]
		for e.start < e.end && (p.text[e.start] == sign || p.text[e.start] == ' ') {
			e.start++
		}
		s := &spot{extent: e.extent, form: commentForm, line: p.lines.number(e.start), remark: e.inline}
		section.items = append(section.items, &node{shape: isComment, value: value{remarked, string(p.text[e.start:e.end])}, spot: s, line: s.line})
	}
	p.pending = nil
}

func (p *iniParser) entry(start, next int) *Error {
	line := p.text[start:next]
	i := bytes.IndexAny(line, "=:")
	if i <= 0 || line[0] == '"' || line[0] == '`' {
		return refuse(0, "write key = value", "a line is neither a section, nor a comment, nor key = value in the common form")
	}
	name := string(bytes.TrimSpace(line[:i]))
	switch {
	case name == "-":
		return refuse(0, "give the key a name", "a key that the reader numbers cannot be encrypted")
	case p.names[name]:
		return refuse(0, "leave one of them", "a key stands twice in a section")
	}
	p.names[name] = true
	n := &node{key: name, line: p.lines.number(start), keyAt: extent{start, start + len(name)}}
	if err := p.value(n, start+i+1, next); err != nil {
		return err
	}
	n.spot.line = n.line
	n.span = n.spot.extent
	p.section.items = append(p.section.items, n)
	p.section.span.end = n.span.end
	p.remarks(p.section)
	return nil
}

// value reads what stands behind the sign, and goes on to the line behind it.
func (p *iniParser) value(n *node, start, next int) *Error {
	p.at = next
	rest := bytes.TrimLeftFunc(p.text[start:next], unicode.IsSpace)
	at := next - len(rest)
	switch {
	case len(rest) == 0:
		n.spot, n.value = &spot{extent: extent{start, start}, form: rawForm}, value{kind: text}
		return nil
	case len(rest) > 3 && bytes.HasPrefix(rest, []byte(`"""`)):
		return p.fenced(n, at, next, `"""`, threefoldForm)
	case rest[0] == '`':
		return p.fenced(n, at, next, "`", tickForm)
	}
	rest = bytes.TrimSpace(rest)
	if rest[len(rest)-1] == '\\' {
		return refuse(0, "write it on one line", "a value goes on in the next line")
	}
	remark := bytes.IndexAny(rest, "#;")
	if remark >= 0 {
		p.inline(at+remark, next)
		rest = bytes.TrimSpace(rest[:remark])
	}
	n.spot = &spot{extent: extent{at, at + len(rest)}, form: rawForm, remark: remark >= 0}
	for _, quote := range [...]struct {
		sign byte
		form form
	}{{'\'', singleForm}, {'"', doubleForm}} {
		if len(rest) >= 2 && rest[0] == quote.sign && rest[len(rest)-1] == quote.sign && bytes.IndexByte(rest[1:], quote.sign) == len(rest)-2 {
			n.spot.form = quote.form
			rest = rest[1 : len(rest)-1]
			break
		}
	}
	n.value = value{text, string(rest)}
	return nil
}

// fenced reads a value between quotes that may go over lines.
func (p *iniParser) fenced(n *node, at, next int, fence string, f form) *Error {
	from := at + len(fence)
	end := bytes.LastIndex(p.text[from:next], []byte(fence))
	first := true
	for end < 0 {
		first = false
		if p.at == len(p.text) {
			return refuse(0, "close it", "a value in quotes is not closed")
		}
		line := p.at
		p.at = p.lines.next(p.at)
		if end = bytes.LastIndex(p.text[line:p.at], []byte(fence)); end >= 0 {
			end += line - from
		}
	}
	end += from
	behind := bytes.TrimSpace(p.text[end+len(fence) : p.at])
	if !first && len(behind) > 0 {
		return refuse(0, "put it on a line of its own", "something stands behind a value of several lines")
	}
	n.spot = &spot{extent: extent{at, end + len(fence)}, form: f}
	n.value = value{text, string(p.text[from:end])}
	return nil
}

// metadata moves the section of SOPS out of the tree.
func (p *iniParser) metadata() error {
	kept := p.root.items[:0:0]
	for i, section := range p.root.items {
		if section.key != metadataKey {
			kept = append(kept, section)
			continue
		}
		if p.metas[0] != nil {
			return refuse(section.line, "leave one of them", "there are two sections %q", metadataKey).because(Broken)
		}
		var flat []*node
		for _, item := range section.entries() {
			item.value.text = strings.ReplaceAll(item.value.text, `\n`, "\n")
			flat = append(flat, item)
		}
		meta := unflatten(flat)
		meta.line, meta.span = section.line, extent{section.keyAt.start, p.lines.end(section.span.end)}
		if i+1 < len(p.root.items) && len(flat) == 0 {
			meta.span.end = p.lines.end(section.keyAt.start)
		}
		p.metas[0] = meta
	}
	p.root.items = kept
	return nil
}

// seal leaves the quotes, but for single ones, which fewer readers know.
func (iniSyntax) seal(_ *file, s *spot, ciphertext string) []edit {
	fence := iniFence(s.form)
	if s.form == singleForm {
		fence = iniFence(doubleForm)
	}
	return []edit{{s.extent, fence + ciphertext + fence}}
}

func iniFence(f form) string {
	switch f {
	case singleForm:
		return "'"
	case doubleForm:
		return `"`
	case tickForm:
		return "`"
	case threefoldForm:
		return `"""`
	}
	return ""
}

func (iniSyntax) open(_ *file, s *spot, v value, _ bool) ([]edit, bool) {
	if s.form == commentForm {
		return []edit{{s.extent, v.text}}, iniComment(v.text)
	}
	if v.kind == remarked {
		return nil, false
	}
	written, ok := iniValue(v.text, s.form)
	return []edit{{s.extent, written}}, ok
}

// iniComment tells whether all lines of a comment are comments.
func iniComment(s string) bool {
	for i, line := range strings.Split(s, "\n") {
		if line = strings.TrimSpace(line); i > 0 && line != "" && line[0] != '#' && line[0] != ';' {
			return false
		}
	}
	return !strings.Contains(strings.ReplaceAll(s, "\r\n", ""), "\r")
}

// iniValue writes a text so that it is read as the same: in the form that it has, else
// in the first that can hold it.
func iniValue(s string, have form) (string, bool) {
	for _, f := range [...]form{have, rawForm, tickForm, threefoldForm} {
		if iniHolds(s, f) {
			return iniFence(f) + s + iniFence(f), true
		}
	}
	return "", false
}

func iniHolds(s string, f form) bool {
	oneLine := !strings.ContainsAny(s, "\r\n")
	switch f {
	case rawForm:
		return oneLine && s == strings.TrimSpace(s) && !strings.ContainsAny(s, "#;`") && !strings.HasSuffix(s, `\`) &&
			(s == "" || s[0] != '"' && s[0] != '\'')
	case singleForm:
		return oneLine && !strings.ContainsAny(s, "#;'")
	case doubleForm:
		return oneLine && !strings.ContainsAny(s, `#;"`)
	case tickForm:
		return oneLine && !strings.Contains(s, "`") && s != ""
	case threefoldForm:
		return !strings.Contains(s, `"""`) && !strings.HasSuffix(s, `"`) && s != "" && !strings.Contains(strings.ReplaceAll(s, "\r\n", ""), "\r")
	}
	return false
}

func (iniSyntax) metadata(f *file, _ int, meta *node) string {
	rows := []string{"[" + metadataKey + "]"}
	flatten(meta, "", func(name string, v value) {
		written, _ := iniValue(flatText(v), rawForm)
		rows = append(rows, name+" = "+written)
	})
	return strings.Join(rows, f.brk)
}

func (iniSyntax) attach(f *file, document int, entry string) edit {
	return f.attachLines(f.metas[document], entry)
}

func (iniSyntax) entryStart(f *file, document int) int { return f.metas[document].span.start }

func (iniSyntax) detach(f *file, document int) edit { return f.detachLines(f.metas[document].span) }

func (iniSyntax) insert(f *file, below *node, keys []string, ciphertext string) (edit, error) {
	for _, key := range keys {
		if key == "" || key != strings.TrimSpace(key) || strings.ContainsAny(key, "=:#;[]\"`\r\n") || key == "-" {
			return edit{}, refuse(0, "", "a key of this name cannot stand in an INI file")
		}
	}
	row := keys[len(keys)-1] + " = " + ciphertext
	switch {
	case len(keys) == 2 && below == f.docs[0] && keys[0] != metadataKey && keys[0] != topSection:
		at := f.metas[0].span.start
		return edit{extent{at, at}, "[" + keys[0] + "]" + f.brk + row + f.brk}, nil
	case len(keys) == 1 && below != f.docs[0] && below.shape == isMap && (len(below.entries()) > 0 || below.key != topSection):
		at := f.lines.end(max(below.span.end, below.keyAt.end))
		return edit{extent{at, at}, f.brk + row}, nil
	}
	return edit{}, refuse(0, "name a section and a key", "nothing can be added here")
}

func (iniSyntax) remove(f *file, from, which *node) (edit, error) {
	if which.shape != isLeaf {
		return edit{}, refuse(which.line, "", "a section cannot be taken out")
	}
	return edit{extent: extent{f.lines.start(which.keyAt.start), f.lines.next(which.span.end)}}, nil
}
