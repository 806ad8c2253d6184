package manifest

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads the documents of one chunk. Those that come before a syntax
// error are returned with it.
func parseYAML(c chunk, lim Limits) ([]parsed, error) {
	dec := yaml.NewDecoder(bytes.NewReader(c.text))
	var docs []parsed
	for {
		var root yaml.Node
		err := decodeNode(dec, &root)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return docs, err
		}
		b := builder{chunk: c, limits: lim}
		doc, err := b.document(&root)
		if err != nil {
			return docs, err
		}
		docs = append(docs, doc)
	}
}

// decodeNode is dec.Decode with every panic of the library turned into an error.
func decodeNode(dec *yaml.Decoder, root *yaml.Node) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return dec.Decode(root)
}

var errPanic = errors.New("the YAML reader failed on this input")

// parsed is one document as a tree, before it is known what it is.
type parsed struct {
	root       Node
	duplicates []Duplicate
	problems   []problem
}

// A Duplicate is a key that stands more than once in one map. The last value
// counts, as for Kubernetes; the earlier one is kept here.
type Duplicate struct {
	Path     string // the field, in the notation of Node.Walk
	First    Pos    // where the key stands first
	Again    Pos    // where it stands again
	Shadowed Node   // the value that does not count

	steps    []pathStep // the way from the root of the document
	document *Node
}

// root returns the node that the first n steps lead to, or nil.
func (d Duplicate) root(n int) *Node {
	at := d.document
	for _, s := range d.steps[:n] {
		switch {
		case s.index < 0:
			at = at.Get(s.key)
		case at != nil && s.index < len(at.Items):
			at = &at.Items[s.index]
		default:
			return nil
		}
	}
	return at
}

// pathStep is a field of a map (index -1) or an item of a list.
type pathStep struct {
	key   string
	index int
}

func indexed(i int) string { return "[" + strconv.Itoa(i) + "]" }

// pathOf writes steps from root in the notation of Node.Walk.
func pathOf(root *Node, steps []pathStep) string {
	path, n := "", root
	for _, s := range steps {
		switch {
		case s.index < 0:
			path, n = JoinField(path, s.key), n.Get(s.key)
		case n != nil && n.Kind == List && s.index < len(n.Items):
			path, n = JoinItem(path, n, s.index), &n.Items[s.index]
		default:
			path, n = path+indexed(s.index), nil
		}
	}
	return path
}

// A problem is something that is valid YAML and that Kubernetes cannot read.
type problem struct {
	at     Pos
	reason string
}

// builder turns the node tree of one document into Nodes.
type builder struct {
	chunk   chunk
	limits  Limits
	columns *columnTable
	bangs   *bangTable

	out     parsed
	anchors map[*yaml.Node]anchored
	depth   int
	path    []pathStep // from the root to the current node, for Duplicate

	expansions int   // aliases followed so far, each written out
	bytes      int64 // text so far, each alias written out
	aliasBytes int64
}

// anchored is an anchor that has been built, with what it costs to use it.
type anchored struct {
	node       Node
	expansions int
	bytes      int64
}

// syntaxError is an error with its place in the file.
type syntaxError struct {
	at     Pos
	reason string
}

func (e syntaxError) Error() string { return e.reason }

func (b *builder) document(root *yaml.Node) (parsed, error) {
	if len(root.Content) != 1 {
		return b.out, nil
	}
	b.columns = newColumnTable(b.chunk.text)
	if err := b.node(&b.out.root, root.Content[0]); err != nil {
		return b.out, err
	}
	b.out.name()
	return b.out, nil
}

// name gives each duplicate its path, now that the lists above it are complete.
func (p *parsed) name() {
	for i := range p.duplicates {
		d := &p.duplicates[i]
		d.Path, d.document = pathOf(&p.root, d.steps), &p.root
	}
}

func (b *builder) pos(y *yaml.Node) Pos {
	p := Pos{Line: uint32(y.Line), Column: uint32(y.Column)}
	if b.columns != nil {
		p = b.columns.position(p)
	}
	p.Line += b.chunk.line - 1
	return p
}

// node builds y into dst. dst.Key and dst.KeyAt are the caller's.
func (b *builder) node(dst *Node, y *yaml.Node) error {
	if y.Kind == yaml.AliasNode {
		return b.alias(dst, y)
	}
	before := anchored{expansions: b.expansions, bytes: b.bytes}
	dst.At = b.pos(y)
	var err error
	switch y.Kind {
	case yaml.ScalarNode:
		err = b.scalar(dst, y)
	case yaml.MappingNode:
		err = b.nested(dst, y, b.mapping)
	case yaml.SequenceNode:
		err = b.nested(dst, y, b.sequence)
	}
	if y.Anchor != "" && err == nil {
		b.remember(y, dst, before)
	}
	return err
}

func (b *builder) nested(dst *Node, y *yaml.Node, build func(*Node, *yaml.Node) error) error {
	if b.depth++; b.depth > b.limits.Depth {
		return overLimit{LimitDepth}
	}
	if y.Style&yaml.FlowStyle != 0 {
		dst.Style = Flow
	}
	err := build(dst, y)
	b.depth--
	return err
}

func (b *builder) scalar(dst *Node, y *yaml.Node) error {
	tag, plain := b.explicitTag(y), y.Style&quotedStyles == 0
	kind, text, err := resolveScalar(tag, y.Value, plain)
	if err != nil {
		return syntaxError{dst.At, err.Error()}
	}
	dst.Kind, dst.Text, dst.Style = kind, text, styleOf(y.Style)
	if kind == Number && !isJSONNumber(text) {
		b.problem(dst.At, "the number "+text+" cannot be written as JSON")
	}
	b.bytes += int64(len(text))
	return nil
}

const quotedStyles = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

func styleOf(s yaml.Style) Style {
	switch {
	case s&yaml.SingleQuotedStyle != 0:
		return SingleQuoted
	case s&yaml.DoubleQuotedStyle != 0:
		return DoubleQuoted
	case s&yaml.LiteralStyle != 0:
		return Literal
	case s&yaml.FoldedStyle != 0:
		return Folded
	}
	return Plain
}

// explicitTag returns the tag that is written at y, in its short form, or "".
func (b *builder) explicitTag(y *yaml.Node) string {
	if y.Style&yaml.TaggedStyle != 0 {
		return y.Tag
	}
	if b.bangs == nil {
		b.bangs = newBangTable(b.chunk.text)
	}
	if b.bangs.at(y.Line, y.Column) {
		return "!"
	}
	return ""
}

// bangTable finds the non-specific tag "!", which makes a string of every scalar
// and which the node tree does not keep.
type bangTable struct{ lines [][]byte }

func newBangTable(text []byte) *bangTable {
	t := &bangTable{}
	if !bytes.Contains(text, []byte("! ")) && !bytes.Contains(text, []byte("!\t")) && !bytes.Contains(text, []byte("!\n")) && !bytes.Contains(text, []byte("!\r")) && !bytes.HasSuffix(text, []byte("!")) {
		return t
	}
	for len(text) > 0 {
		n, _ := yamlLine(text)
		t.lines = append(t.lines, text[:n])
		text = text[n:]
	}
	return t
}

// at tells whether the node that begins there has the tag "!", behind its anchor
// if it has one.
func (t *bangTable) at(line, column int) bool {
	if line < 1 || line > len(t.lines) {
		return false
	}
	text := t.lines[line-1]
	for ; column > 1 && len(text) > 0; column-- {
		_, size := utf8.DecodeRune(text)
		text = text[size:]
	}
	if bytes.HasPrefix(text, []byte("&")) {
		_, text, _ = bytes.Cut(text, []byte(" "))
		text = bytes.TrimLeft(text, " \t")
	}
	return bytes.HasPrefix(text, []byte("!")) && (len(text) == 1 || bytes.IndexByte([]byte(" \t\r\n"), text[1]) >= 0)
}

func (b *builder) sequence(dst *Node, y *yaml.Node) error {
	dst.Kind = List
	dst.Items = make([]Node, len(y.Content))
	for i, item := range y.Content {
		b.path = append(b.path, pathStep{index: i})
		if err := b.node(&dst.Items[i], item); err != nil {
			return err
		}
		b.path = b.path[:len(b.path)-1]
	}
	return nil
}

func (b *builder) mapping(dst *Node, y *yaml.Node) error {
	dst.Kind = Map
	dst.Items = make([]Node, 0, len(y.Content)/2)
	fields := fieldSet{node: dst}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if isMerge(key) {
			if err := b.merge(&fields, value); err != nil {
				return err
			}
			continue
		}
		if err := b.field(&fields, key, value); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) field(fields *fieldSet, key, value *yaml.Node) error {
	name, err := b.key(key)
	if err != nil {
		return err
	}
	field := Node{Key: name, KeyAt: b.pos(key)}
	b.path = append(b.path, pathStep{key: name, index: -1})
	if err := b.node(&field, value); err != nil {
		return err
	}
	if earlier, explicit := fields.set(field, true); explicit {
		b.out.duplicates = append(b.out.duplicates, Duplicate{
			First: earlier.KeyAt, Again: field.KeyAt, Shadowed: earlier, steps: slices.Clone(b.path),
		})
	}
	b.path = b.path[:len(b.path)-1]
	return nil
}

// key gives the JSON name of a map key. A key without one is a problem, not an
// error, since a file that is no manifest may have it.
func (b *builder) key(y *yaml.Node) (string, error) {
	at := y
	if y.Kind == yaml.AliasNode && y.Alias != nil {
		y = y.Alias
	}
	if y.Kind != yaml.ScalarNode {
		b.problem(b.pos(at), "a map or list cannot be a key")
		return "", nil
	}
	name, ok, err := keyText(b.explicitTag(y), y.Value, y.Style&quotedStyles == 0)
	if err != nil {
		return "", syntaxError{b.pos(at), err.Error()}
	}
	if !ok {
		b.problem(b.pos(at), "null or a number over 63 bits cannot be a key")
	}
	return name, nil
}

func (b *builder) problem(at Pos, reason string) {
	if len(b.out.problems) < 10 {
		b.out.problems = append(b.out.problems, problem{at, reason})
	}
}

func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" &&
		(key.Style&quotedStyles == 0 && key.Style&yaml.TaggedStyle == 0 || key.Tag == "!!merge" && key.Style&yaml.TaggedStyle != 0)
}

// merge adds the fields of a "<<" value. As in go.yaml.in/yaml/v2 they replace
// the fields that stand above the "<<" and are replaced by those below it; in a
// list of maps the earlier ones win.
func (b *builder) merge(fields *fieldSet, value *yaml.Node) error {
	target := value
	if value.Kind == yaml.AliasNode {
		target = value.Alias
	}
	switch {
	case target != nil && target.Kind == yaml.MappingNode:
		return b.mergeMap(fields, value)
	case value.Kind == yaml.SequenceNode:
		for i := len(value.Content) - 1; i >= 0; i-- {
			item := value.Content[i]
			if item.Kind == yaml.AliasNode && item.Alias != nil && item.Alias.Kind != yaml.MappingNode || item.Kind != yaml.AliasNode && item.Kind != yaml.MappingNode {
				return syntaxError{b.pos(item), "a merge (<<) needs a map or a list of maps"}
			}
			if err := b.mergeMap(fields, item); err != nil {
				return err
			}
		}
		return nil
	}
	return syntaxError{b.pos(value), "a merge (<<) needs a map or a list of maps"}
}

func (b *builder) mergeMap(fields *fieldSet, value *yaml.Node) error {
	var merged Node
	if err := b.node(&merged, value); err != nil {
		return err
	}
	for _, field := range merged.Items {
		fields.set(field, false)
	}
	return nil
}

func (b *builder) remember(y *yaml.Node, dst *Node, before anchored) {
	if b.anchors == nil {
		b.anchors = map[*yaml.Node]anchored{}
	}
	node := *dst
	node.Key, node.KeyAt = "", Pos{}
	b.anchors[y] = anchored{node, b.expansions - before.expansions, b.bytes - before.bytes}
}

// alias puts the anchor's value in dst. It shares the anchor's Items, so it costs
// nothing here; the limits count what it would cost when written out.
func (b *builder) alias(dst *Node, y *yaml.Node) error {
	target, ok := b.anchors[y.Alias]
	if !ok {
		return syntaxError{b.pos(y), "an anchor's value contains an alias to itself"}
	}
	b.expansions += 1 + target.expansions
	b.bytes += target.bytes
	b.aliasBytes += target.bytes
	if b.expansions > b.limits.AliasExpansions {
		return overLimit{LimitAliasExpansions}
	}
	if b.aliasBytes > b.limits.AliasBytes {
		return overLimit{LimitAliasBytes}
	}
	key, keyAt := dst.Key, dst.KeyAt
	*dst = target.node
	dst.Key, dst.KeyAt = key, keyAt
	if keyAt == (Pos{}) {
		dst.KeyAt = Pos{}
	}
	return nil
}

// fieldSet collects the fields of a map under unique keys.
type fieldSet struct {
	node     *Node
	index    map[string]int
	explicit []bool // by index: written in this map, not merged into it
}

// manyFields is the size from which a map pays for an index.
const manyFields = 12

// set adds a field or replaces the one of the same key, which it returns.
// twice tells that both are written in this map.
func (f *fieldSet) set(field Node, explicit bool) (earlier Node, twice bool) {
	if i := f.find(field.Key); i >= 0 {
		earlier, twice = f.node.Items[i], explicit && f.explicit[i]
		f.node.Items[i] = field
		f.explicit[i] = f.explicit[i] || explicit
		return earlier, twice
	}
	f.node.Items = append(f.node.Items, field)
	f.explicit = append(f.explicit, explicit)
	if f.index != nil {
		f.index[field.Key] = len(f.node.Items) - 1
	}
	return Node{}, false
}

func (f *fieldSet) find(key string) int {
	if f.index == nil && len(f.node.Items) >= manyFields {
		f.index = make(map[string]int, 2*len(f.node.Items))
		for i := range f.node.Items {
			f.index[f.node.Items[i].Key] = i
		}
	}
	if f.index != nil {
		if i, ok := f.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range f.node.Items {
		if f.node.Items[i].Key == key {
			return i
		}
	}
	return -1
}
