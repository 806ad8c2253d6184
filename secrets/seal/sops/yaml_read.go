package sops

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlSyntax reads and writes YAML.
type yamlSyntax struct{}

func (yamlSyntax) read(text []byte, limits readLimits) (*file, error) {
	if at := oddBreak(text); at >= 0 {
		return nil, refuse(newLines(text).number(at), "save the file with the line ends of Unix (LF) or Windows (CRLF), and write other such characters in double quotes as \\u2028",
			"here is a character that only some readers take for the end of a line").because(Broken)
	}
	f := &file{syntax: yamlSyntax{}, text: text, lines: newLines(text), brk: lineBreak(text)}
	nodes, err := parseYAML(text)
	if err != nil {
		return nil, err
	}
	s := &yamlScan{lines: f.lines, places: map[*yaml.Node]*written{}}
	for _, n := range nodes {
		for _, root := range n.Content {
			if err := s.scan(root, -1, false); err != nil {
				return nil, err.because(Broken)
			}
		}
	}
	b := &yamlBuilder{scan: s, nodes: limits.nodes}
	if err := b.number(nodes); err != nil {
		return nil, err
	}
	for _, n := range nodes {
		doc, err := b.document(n)
		if err != nil {
			return nil, err
		}
		f.docs = append(f.docs, doc)
	}
	for i, n := range b.all {
		if !b.seen[i] {
			f.stray = append(f.stray, n)
		}
	}
	f.unit = unitOf(f.docs, f.lines)
	return f, f.takeMetadata()
}

// parseYAML reads all documents. It hands on nothing of what the reader says.
func parseYAML(text []byte) (_ []*yaml.Node, err error) {
	defer func() {
		if recover() != nil {
			err = refuse(0, "", "this is no YAML that can be read").because(Broken)
		}
	}()
	var docs []*yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, refuse(0, "", "this is no YAML that can be read").because(Broken)
		}
		docs = append(docs, &n)
	}
}

// yamlBuilder makes the tree that SOPS makes of YAML (stores/yaml/store.go), in which
// comments are where the reader has them.
type yamlBuilder struct {
	scan  *yamlScan
	all   []*node // comments, by number
	seen  []bool  // that are in the tree
	nodes int     // that may still be made
	depth int
}

// number gives every comment of the nodes its number for a text. The reader tells what
// a comment says and not where it stands, so the text is read once more with numbers
// in the place of comments.
func (b *yamlBuilder) number(nodes []*yaml.Node) error {
	comments := b.scan.comments()
	if len(comments) == 0 {
		return nil
	}
	var edits []edit
	for i, c := range comments {
		edits = append(edits, edit{extent{c.start + 1, c.end}, strconv.Itoa(i)})
		s := &spot{extent: extent{c.start + 1, c.end}, form: commentForm, line: b.scan.lines.number(c.start)}
		b.all = append(b.all, &node{shape: isComment, value: value{remarked, string(b.scan.text[c.start+1 : c.end])}, spot: s, line: s.line})
	}
	b.seen = make([]bool, len(b.all))
	numbered, _ := apply(b.scan.text, edits)
	again, err := parseYAML(numbered)
	if err != nil || len(again) != len(nodes) {
		return b.scan.strange(comments[0].start)
	}
	for i := range nodes {
		if !copyComments(nodes[i], again[i]) {
			return b.scan.strange(comments[0].start)
		}
	}
	return nil
}

// copyComments takes over the comments of a tree of the same form.
func copyComments(to, from *yaml.Node) bool {
	if to.Kind != from.Kind || to.Value != from.Value || len(to.Content) != len(from.Content) {
		return false
	}
	to.HeadComment, to.LineComment, to.FootComment = from.HeadComment, from.LineComment, from.FootComment
	for i := range to.Content {
		if !copyComments(to.Content[i], from.Content[i]) {
			return false
		}
	}
	return true
}

// remarks makes nodes of the comments at one place.
func (b *yamlBuilder) remarks(comment string) []*node {
	var list []*node
	for line := range strings.SplitSeq(comment, "\n") {
		i, err := strconv.Atoi(strings.Trim(line, "# \t\r"))
		if err != nil || i < 0 || i >= len(b.all) {
			continue
		}
		b.seen[i] = true
		list = append(list, b.all[i])
	}
	return list
}

// document makes the tree of a document: a map, or nothing.
func (b *yamlBuilder) document(n *yaml.Node) (*node, error) {
	doc := &node{shape: isMap, line: n.Line}
	doc.items = append(doc.items, b.remarks(n.HeadComment)...)
	doc.items = append(doc.items, b.remarks(n.LineComment)...)
	if len(n.Content) > 0 {
		root := n.Content[0]
		switch {
		case root.Kind == yaml.MappingNode:
			made, err := b.value(root, false)
			if err != nil {
				return nil, err
			}
			made.items = append(doc.items, made.items...)
			doc = made
		case root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null":
		default:
			return nil, refuse(root.Line, "put it under a key", "the document is no map, and SOPS encrypts maps alone")
		}
	}
	doc.items = append(doc.items, b.remarks(n.FootComment)...)
	return doc, nil
}

// value makes a node. handled tells that its own comments were taken already.
func (b *yamlBuilder) value(n *yaml.Node, handled bool) (*node, error) {
	if b.nodes--; b.nodes < 0 || b.depth > deepestTree {
		return nil, refuse(n.Line, "", "the file is too large, each alias written out")
	}
	b.depth++
	defer func() { b.depth-- }()
	switch n.Kind {
	case yaml.AliasNode:
		made, err := b.value(n.Alias, false)
		if err != nil {
			return nil, err
		}
		named := *made
		named.alias, named.span = n.Line, b.scan.places[n].span
		return &named, nil
	case yaml.ScalarNode:
		return b.scalar(n)
	}
	w := b.scan.places[n]
	made := &node{shape: isMap, line: n.Line, span: w.span, flow: b.scan.char(w.body) == '{' || b.scan.char(w.body) == '['}
	if n.Kind == yaml.SequenceNode {
		made.shape = isList
	}
	if !handled {
		made.items = append(made.items, b.remarks(n.HeadComment)...)
		made.items = append(made.items, b.remarks(n.LineComment)...)
	}
	fill := b.entries
	if n.Kind == yaml.SequenceNode {
		fill = b.list
	}
	if err := fill(n, made); err != nil {
		return nil, err
	}
	if !handled {
		made.items = append(made.items, b.remarks(n.FootComment)...)
	}
	return made, nil
}

func (b *yamlBuilder) list(n *yaml.Node, made *node) error {
	for _, item := range n.Content {
		made.items = append(made.items, b.remarks(item.HeadComment)...)
		made.items = append(made.items, b.remarks(item.LineComment)...)
		child, err := b.value(item, true)
		if err != nil {
			return err
		}
		child.keyAt = b.dash(b.scan.places[item])
		if child.spot != nil && child.alias == 0 {
			child.spot.dash = child.keyAt
		}
		made.items = append(made.items, child)
		made.items = append(made.items, b.remarks(item.FootComment)...)
	}
	return nil
}

// dash finds the sign of a list item before its value, where it stands on the same
// line.
func (b *yamlBuilder) dash(w *written) extent {
	at := w.span.start
	for at > 0 && isBlank(b.scan.text[at-1]) {
		at--
	}
	if at > 0 && b.scan.text[at-1] == '-' {
		return extent{at - 1, at}
	}
	return extent{}
}

func (b *yamlBuilder) entries(n *yaml.Node, made *node) error {
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		name, err := b.key(key)
		if err != nil {
			return err
		}
		if seen[name] {
			return refuse(key.Line, "leave one of them", "a key stands twice in a map, and SOPS reads no such file").because(Broken)
		}
		seen[name] = true
		made.items = append(made.items, b.remarks(key.HeadComment)...)
		made.items = append(made.items, b.remarks(key.LineComment)...)
		handled := val.Kind == yaml.ScalarNode || val.Kind == yaml.AliasNode
		if handled {
			made.items = append(made.items, b.remarks(val.HeadComment)...)
			made.items = append(made.items, b.remarks(val.LineComment)...)
		}
		child, err := b.value(val, handled)
		if err != nil {
			return err
		}
		child.key, child.keyAt = name, b.scan.places[key].span
		made.items = append(made.items, child)
		if handled {
			made.items = append(made.items, b.remarks(val.FootComment)...)
		}
		made.items = append(made.items, b.remarks(key.FootComment)...)
	}
	return nil
}

func (b *yamlBuilder) key(n *yaml.Node) (string, error) {
	if n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!str" || n.ShortTag() == "!!merge") {
		return n.Value, nil
	}
	return "", refuse(n.Line, "write it in quotes", "a key is no text, and SOPS takes texts alone")
}

// scalar makes a leaf of the value that SOPS takes a scalar for.
func (b *yamlBuilder) scalar(n *yaml.Node) (*node, error) {
	var decoded any
	if n.Decode(&decoded) != nil {
		return nil, refuse(n.Line, "", "the value does not fit its tag")
	}
	v, ok := valueOf(decoded)
	if !ok {
		return nil, refuse(n.Line, "write it in quotes", "the number is larger than SOPS can hold")
	}
	w := b.scan.places[n]
	if w.spot != nil { // an alias
		return &node{value: v, spot: w.spot, line: n.Line, span: w.span}, nil
	}
	s := &spot{extent: extent{w.body, w.span.end}, form: w.form, lines: w.lines, column: w.column, above: w.above, line: w.line, tag: w.tag, flow: w.flow}
	if !w.lines.isEmpty() || w.form == literalForm || w.form == foldedForm {
		s.end = w.body + headerLength(b.scan.text[w.body:])
	}
	w.spot = s
	return &node{value: v, spot: s, line: n.Line, span: w.span}, nil
}

// headerLength is how long the sign of a block scalar is.
func headerLength(text []byte) int {
	for i, c := range text {
		if isSpace(c) {
			return i
		}
	}
	return len(text)
}

// takeMetadata moves the metadata of each document out of its tree.
func (f *file) takeMetadata() error {
	for i, doc := range f.docs {
		f.metas = append(f.metas, nil)
		kept := doc.items[:0:0]
		for _, item := range doc.items {
			if item.shape == isComment || item.key != metadataKey {
				kept = append(kept, item)
				continue
			}
			if item.shape != isMap {
				return refuse(item.line, "give it another name", "the key %q is that of SOPS, and no map stands under it", metadataKey)
			}
			f.metas[i] = item
		}
		doc.items = kept
	}
	return nil
}

// unitOf is by how much levels are indented: by as much as the first map in a map.
func unitOf(docs []*node, l *lines) int {
	for _, doc := range docs {
		for _, item := range doc.entries() {
			first := item.firstBlock(isMap)
			if first == nil || item.keyAt.isEmpty() {
				continue
			}
			if by := l.column(first.keyAt.start) - l.column(item.keyAt.start); by > 0 {
				return by
			}
		}
	}
	return 2
}

// firstBlock is the first entry or item of a collection of some shape in block style,
// or nil.
func (n *node) firstBlock(s shape) *node {
	if n.shape != s || n.alias != 0 || n.flow {
		return nil
	}
	if all := n.entries(); len(all) > 0 && !all[0].keyAt.isEmpty() {
		return all[0]
	}
	return nil
}
