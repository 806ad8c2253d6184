package sops

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// jsonSyntax reads and writes JSON.
type jsonSyntax struct{}

func (jsonSyntax) read(source []byte, limits readLimits) (*file, error) {
	f := &file{syntax: jsonSyntax{}, text: source, lines: newLines(source), brk: lineBreak(source)}
	p := &jsonParser{lines: f.lines, nodes: limits.nodes}
	p.space()
	if p.char(p.at) != '{' {
		return nil, p.fail("put it under a key", "SOPS encrypts JSON that is an object, and this is something else")
	}
	root, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.space(); p.at != len(source) {
		return nil, p.fail("leave it out", "something stands behind the object, which SOPS would drop")
	}
	f.docs = []*node{root}
	return f, f.takeMetadata()
}

// jsonParser makes a tree, with the place of every value.
type jsonParser struct {
	*lines
	at    int
	depth int
	nodes int
}

func (p *jsonParser) fail(fix, format string, args ...any) error {
	return refuse(p.number(p.at), fix, format, args...).because(Broken)
}

func (p *jsonParser) broken() error { return p.fail("", "this is no JSON that can be read") }

func (p *jsonParser) space() {
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
}

func (p *jsonParser) value() (*node, error) {
	if p.nodes--; p.nodes < 0 || p.depth > deepestTree {
		return nil, p.fail("", "the file is too large or nested too deep")
	}
	p.depth++
	defer func() { p.depth-- }()
	n := &node{line: p.number(p.at), span: extent{start: p.at}}
	var err error
	switch p.char(p.at) {
	case '{':
		n.shape, n.flow = isMap, true
		err = p.items('}', func() (*node, error) { return p.entry(n) }, n)
	case '[':
		n.shape, n.flow = isList, true
		err = p.items(']', p.value, n)
	default:
		n.value, err = p.scalar()
		form := plainForm
		if p.char(n.span.start) == '"' {
			form = doubleForm
		}
		n.spot = &spot{extent: extent{n.span.start, p.at}, form: form, line: n.line}
	}
	n.span.end = p.at
	return n, err
}

// items reads what stands between brackets.
func (p *jsonParser) items(closing byte, one func() (*node, error), into *node) error {
	p.at++
	p.space()
	for first := true; p.char(p.at) != closing; first = false {
		if !first {
			if p.char(p.at) != ',' {
				return p.broken()
			}
			p.at++
			p.space()
		}
		item, err := one()
		if err != nil {
			return err
		}
		into.items = append(into.items, item)
		p.space()
	}
	p.at++
	return p.unique(into)
}

// unique refuses keys that stand twice: readers differ on which counts.
func (p *jsonParser) unique(n *node) error {
	if n.shape != isMap {
		return nil
	}
	seen := make(map[string]bool, len(n.items))
	for _, item := range n.items {
		if seen[item.key] {
			return refuse(item.line, "leave one of them", "a key stands twice in an object").because(Broken)
		}
		seen[item.key] = true
	}
	return nil
}

func (p *jsonParser) entry(*node) (*node, error) {
	start := p.at
	if p.char(p.at) != '"' {
		return nil, p.broken()
	}
	key, err := p.quoted()
	if err != nil {
		return nil, err
	}
	at := extent{start, p.at}
	p.space()
	if p.char(p.at) != ':' {
		return nil, p.broken()
	}
	p.at++
	p.space()
	n, err := p.value()
	if err != nil {
		return nil, err
	}
	n.key, n.keyAt = key, at
	return n, nil
}

// quoted reads a text in quotes.
func (p *jsonParser) quoted() (string, error) {
	start := p.at
	for p.at++; p.at < len(p.text) && p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			p.at++
		}
	}
	p.at = min(p.at+1, len(p.text))
	raw := p.text[start:p.at]
	var s string
	if !utf8.Valid(raw) || json.Unmarshal(raw, &s) != nil {
		p.at = start
		return "", p.broken()
	}
	if bytes.Contains(raw, []byte(`\u`)) && bytes.ContainsRune([]byte(s), utf8.RuneError) && !bytes.Contains(bytes.ToLower(raw), []byte(`\ufffd`)) {
		p.at = start
		return "", p.fail("write the character itself", "an escape in a text stands for no character, and SOPS would put another in its place")
	}
	return s, nil
}

func (p *jsonParser) scalar() (value, error) {
	if p.char(p.at) == '"' {
		s, err := p.quoted()
		return value{text, s}, err
	}
	start := p.at
	for p.at < len(p.text) && bytes.IndexByte([]byte("+-.0123456789abcdefghijklmnopqrstuvwxyzE"), p.text[p.at]) >= 0 {
		p.at++
	}
	word := p.text[start:p.at]
	if !json.Valid(word) {
		p.at = start
		return value{}, p.broken()
	}
	switch word[0] {
	case 'n':
		return value{}, nil
	case 't', 'f':
		return boolValue(word[0] == 't'), nil
	}
	if i, err := strconv.ParseInt(string(word), 10, 64); err == nil {
		return value{integer, strconv.FormatInt(i, 10)}, nil
	}
	number, err := strconv.ParseFloat(string(word), 64)
	if err != nil {
		p.at = start
		return value{}, p.fail("write it in quotes", "the number is larger than SOPS can hold")
	}
	return floatValue(number), nil
}

func (jsonSyntax) seal(_ *file, s *spot, ciphertext string) []edit {
	return []edit{{s.extent, `"` + ciphertext + `"`}}
}

func (jsonSyntax) open(_ *file, s *spot, v value, _ bool) ([]edit, bool) {
	// What SOPS decrypts as a comment in a list, it leaves out of the list.
	if v.kind == remarked || !utf8.ValidString(v.text) || v.kind == float && !isFinite(v.text) {
		return nil, false
	}
	return []edit{{s.extent, jsonScalar(v)}}, true
}

func isFinite(s string) bool { return s != "NaN" && s != "+Inf" && s != "-Inf" }

func (jsonSyntax) metadata(f *file, document int, meta *node) string {
	return flowMetadata(f, f.docs[document], meta)
}

func (jsonSyntax) attach(f *file, document int, entry string) edit {
	return attachFlow(f, f.docs[document], f.metas[document], entry)
}

func (jsonSyntax) entryStart(f *file, document int) int { return f.metas[document].keyAt.start }

func (jsonSyntax) detach(f *file, document int) edit {
	return dropFlow(f, f.metas[document], f.docs[document].entries())
}

func (jsonSyntax) insert(f *file, below *node, keys []string, ciphertext string) (edit, error) {
	switch {
	case below.shape == isMap:
		return insertFlow(f, below, keys, ciphertext, jsonText)
	case below.shape == isLeaf && below.value.kind == null:
		return edit{below.span, flowEntries(keys, ciphertext, jsonText)}, nil
	}
	return edit{}, refuse(below.line, "", "nothing can be added here")
}

func (jsonSyntax) remove(f *file, from, which *node) (edit, error) {
	others := from.entries()
	if len(others) == 1 {
		return edit{extent: extent{from.span.start + 1, from.span.end - 1}}, nil
	}
	return dropFlow(f, which, others), nil
}
