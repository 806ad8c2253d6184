package manifest

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads the documents of one chunk. Those that come before a syntax
// error are returned with it.
func parseYAML(c chunk, lim Limits) ([]parsed, error) {
	if mayExceed(c.text, lim.Nodes) {
		return nil, overLimit{name: LimitNodes}
	}
	if mayExceed(c.text, lim.FileNodes) {
		return nil, overLimit{name: LimitFileNodes}
	}
	dec := yaml.NewDecoder(lim.stop.reader(c.text))
	b := builder{chunk: c, limits: lim}
	if !countsAlike(c.text) || mayHoldBang(c.text) {
		b.locator = newLocator(c.text)
	}
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
		if len(docs) >= lim.Documents {
			return docs, overLimit{name: LimitDocuments}
		}
		doc, err := b.document(&root)
		if err != nil {
			return docs, err
		}
		docs = append(docs, doc)
	}
}

// mayExceed estimates, before the YAML library takes memory for them, whether text
// holds more than limit values. Every map, list and value but the first follows a
// "-", ":" or "?" with a blank behind it, or one of the flow indicators , [ and {.
func mayExceed(text []byte, limit int) bool {
	if len(text) <= limit {
		return false
	}
	n, behindIndicator := 0, false
	for _, c := range text {
		if behindIndicator && (c <= ' ' || c >= utf8.RuneSelf) || c == ',' || c == '[' || c == '{' {
			n++
		}
		behindIndicator = c == '-' || c == ':' || c == '?'
	}
	return n > limit
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

// builder turns the node trees of the documents of one chunk into Nodes.
type builder struct {
	chunk   chunk
	limits  Limits
	locator *locator // nil where the reader's places are those of an editor
	nodes   int      // values so far, of all documents

	out     parsed
	anchors map[*yaml.Node]anchored
	depth   int
	path    []pathStep // from the root to the current node, for Duplicate
	cost    cost       // so far, of the current document
	aliased int64      // bytes of text that aliases add
}

// cost is what a value costs when every alias in it is written out.
type cost struct {
	expansions int   // aliases
	nodes      int   // values
	bytes      int64 // text
}

func (c cost) since(before cost) cost {
	return cost{c.expansions - before.expansions, c.nodes - before.nodes, c.bytes - before.bytes}
}

// anchored is an anchor that has been built, with what it costs to use it.
type anchored struct {
	node Node
	tag  string // explicit, of a scalar
	cost cost
}

// syntaxError is an error with its place in the file.
type syntaxError struct {
	at     Pos
	reason string
}

func (e syntaxError) Error() string { return e.reason }

func (b *builder) document(root *yaml.Node) (parsed, error) {
	b.out, b.anchors, b.cost, b.aliased, b.depth, b.path = parsed{}, nil, cost{}, 0, 0, b.path[:0]
	if len(root.Content) != 1 {
		return b.out, nil
	}
	if err := b.node(&b.out.root, root.Content[0]); err != nil {
		return b.out, err
	}
	if b.out.over == nil {
		b.nodes += b.cost.nodes
		b.out.nodes = b.cost.nodes
		b.out.name()
	}
	return b.out, nil
}

// pos returns where y is written, and leaves the locator there.
func (b *builder) pos(y *yaml.Node) Pos {
	p := Pos{Line: uint32(y.Line), Column: uint32(y.Column)}
	if b.locator != nil {
		p = b.locator.seek(y.Line, y.Column)
	}
	p.Line += b.chunk.line - 1
	return p
}

// askEvery is after how many values reading asks whether to stop.
const askEvery = 4096

// node builds y into dst. dst.Key and dst.KeyAt are the caller's. Over a limit
// nothing more is built.
func (b *builder) node(dst *Node, y *yaml.Node) error {
	if b.out.over != nil {
		return nil
	}
	before := b.cost
	at := b.pos(y)
	if y.Kind == yaml.AliasNode {
		return b.alias(dst, y, at)
	}
	if b.cost.nodes++; b.cost.nodes%askEvery == 0 && b.limits.stop.stopped() {
		return errStopped
	}
	b.out.countNodes(b.limits, b.cost.nodes, b.nodes+b.cost.nodes, at)
	dst.At = at
	var tag string
	var err error
	switch y.Kind {
	case yaml.ScalarNode:
		tag = b.explicitTag(y)
		err = b.scalar(dst, y, tag)
	case yaml.MappingNode, yaml.SequenceNode:
		err = b.nested(dst, y)
	}
	if y.Anchor != "" && err == nil {
		b.remember(y, dst, tag, before)
	}
	return err
}

func (b *builder) nested(dst *Node, y *yaml.Node) error {
	if b.depth++; b.depth > b.limits.Depth {
		b.out.exceed(LimitDepth, dst.At)
		return nil
	}
	if y.Style&yaml.FlowStyle != 0 {
		dst.Style = Flow
	}
	var err error
	if y.Kind == yaml.MappingNode {
		err = b.mapping(dst, y)
	} else {
		err = b.sequence(dst, y)
	}
	b.depth--
	return err
}

func (b *builder) scalar(dst *Node, y *yaml.Node, tag string) error {
	kind, text, err := resolveScalar(tag, y.Value, y.Style&quotedStyles == 0)
	if err != nil {
		return syntaxError{dst.At, err.Error()}
	}
	dst.Kind, dst.Text, dst.Style = kind, text, styleOf(y.Style)
	if kind == Number && !isJSONNumber(text) {
		b.out.problem(dst.At, "the number "+text+" cannot be written as JSON")
	}
	b.cost.bytes += int64(len(text))
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

// explicitTag returns the tag that is written at y, in its short form, or "". The
// locator must be at y.
func (b *builder) explicitTag(y *yaml.Node) string {
	if y.Style&yaml.TaggedStyle != 0 {
		return y.Tag
	}
	if b.locator != nil && beginsWithBang(b.locator.rest()) {
		return "!"
	}
	return ""
}

// mayHoldBang tells whether the non-specific tag "!" may stand in text. It makes a
// string of every scalar, and the node tree does not keep it.
func mayHoldBang(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '!')
		if i < 0 {
			return false
		}
		if text = text[i+1:]; endsTag(text) {
			return true
		}
	}
}

// endsTag tells whether a tag that ends before text is complete.
func endsTag(text []byte) bool {
	return len(text) == 0 || bytes.IndexByte([]byte(" \t\r\n"), text[0]) >= 0
}

// beginsWithBang tells whether the node that text begins with has the tag "!",
// behind its anchor if it has one.
func beginsWithBang(text []byte) bool {
	if bytes.HasPrefix(text, []byte("&")) {
		end := bytes.IndexAny(text[:min(len(text), maxAnchor)], " \t\r\n")
		if end < 0 {
			return false
		}
		text = bytes.TrimLeft(text[end:], " \t\r\n")
	}
	return bytes.HasPrefix(text, []byte("!")) && endsTag(text[1:])
}

// maxAnchor is the longest anchor behind which a tag is looked for.
const maxAnchor = 1024

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
	at := b.pos(key)
	name, named, err := b.key(key, at)
	if err != nil {
		return err
	}
	b.path = append(b.path, pathStep{key: name, index: -1})
	field := fields.next()
	field.Key, field.KeyAt = name, at
	if err := b.node(field, value); err != nil {
		return err
	}
	if earlier, twice := fields.keep(named); twice {
		b.out.duplicate(b.limits, Duplicate{First: earlier.KeyAt, Again: at, Shadowed: earlier}, b.path)
	}
	b.path = b.path[:len(b.path)-1]
	return nil
}

// key gives the JSON name of the map key y, which is written at at. A key without
// one is a problem, not an error, since a file that is no manifest may have it.
func (b *builder) key(y *yaml.Node, at Pos) (name string, ok bool, err error) {
	tag := b.explicitTag(y)
	if y.Kind == yaml.AliasNode {
		target, known := b.anchors[y.Alias]
		if !known {
			return "", false, syntaxError{at, selfAlias}
		}
		b.expand(target.cost, at)
		y, tag = y.Alias, target.tag
	}
	if y.Kind != yaml.ScalarNode {
		b.out.problem(at, "a map or list cannot be a key")
		return "", false, nil
	}
	if y.Anchor != "" {
		if err := b.anchoredKey(y, tag, at); err != nil {
			return "", false, err
		}
	}
	name, ok, err = keyText(tag, y.Value, y.Style&quotedStyles == 0)
	if err != nil {
		return "", false, syntaxError{at, err.Error()}
	}
	if !ok {
		b.out.problem(at, "null or a number over 63 bits cannot be a key")
	}
	b.cost.bytes += int64(len(name))
	return name, ok, nil
}

// anchoredKey remembers a key that an alias may stand for later.
func (b *builder) anchoredKey(y *yaml.Node, tag string, at Pos) error {
	if _, known := b.anchors[y]; known {
		return nil
	}
	before, value := b.cost, Node{At: at}
	b.cost.nodes++
	if err := b.scalar(&value, y, tag); err != nil {
		return err
	}
	b.remember(y, &value, tag, before)
	b.cost = before
	return nil
}

func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" &&
		(key.Style&quotedStyles == 0 && key.Style&yaml.TaggedStyle == 0 || key.Tag == "!!merge" && key.Style&yaml.TaggedStyle != 0)
}

// merge adds the fields of a "<<" value. As in go.yaml.in/yaml/v2 they replace
// the fields that stand above the "<<" and are replaced by those below it; in a
// list of maps the earlier ones win.
func (b *builder) merge(fields *fieldSet, value *yaml.Node) error {
	sources := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		sources = value.Content
	}
	maps := make([]Node, len(sources))
	for i, source := range sources {
		if !isMap(source) {
			return syntaxError{b.pos(source), "a merge (<<) needs a map or a list of maps"}
		}
		if err := b.node(&maps[i], source); err != nil {
			return err
		}
	}
	for _, from := range slices.Backward(maps) {
		for _, field := range from.Items {
			fields.set(field, false)
		}
	}
	return nil
}

func isMap(y *yaml.Node) bool {
	if y.Kind == yaml.AliasNode && y.Alias != nil {
		y = y.Alias
	}
	return y.Kind == yaml.MappingNode
}

func (b *builder) remember(y *yaml.Node, value *Node, tag string, before cost) {
	if b.anchors == nil {
		b.anchors = map[*yaml.Node]anchored{}
	}
	node := *value
	node.Key, node.KeyAt = "", Pos{}
	b.anchors[y] = anchored{node, tag, b.cost.since(before)}
}

const selfAlias = "an anchor's value contains an alias to itself"

// alias puts the anchor's value in dst. It shares the anchor's Items, so it costs
// nothing here; the limits count what it would cost when written out.
func (b *builder) alias(dst *Node, y *yaml.Node, at Pos) error {
	target, ok := b.anchors[y.Alias]
	if !ok {
		return syntaxError{at, selfAlias}
	}
	b.expand(target.cost, at)
	key, keyAt := dst.Key, dst.KeyAt
	*dst = target.node
	dst.Key, dst.KeyAt = key, keyAt
	return nil
}

// expand counts an alias as if its anchor's value were written out at at.
func (b *builder) expand(c cost, at Pos) {
	b.cost.expansions += 1 + c.expansions
	b.cost.nodes += c.nodes
	b.cost.bytes += c.bytes
	b.aliased += c.bytes
	switch {
	case b.cost.expansions > b.limits.AliasExpansions:
		b.out.exceed(LimitAliasExpansions, at)
	case b.aliased > b.limits.AliasBytes:
		b.out.exceed(LimitAliasBytes, at)
	}
	b.out.countNodes(b.limits, b.cost.nodes, b.nodes+b.cost.nodes, at)
}
