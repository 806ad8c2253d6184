package manifest

import (
	"encoding/json"
	"strings"
)

// Kind is the JSON type of a Node.
type Kind uint8

// The kinds of a Node. Null is the zero value.
const (
	Null Kind = iota
	Bool
	Number
	String
	Map
	List
)

// String returns the name that an error message uses for k.
func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "map", "list"}[k]
}

// Style is how a scalar is written in the source.
type Style uint8

// The styles of a scalar. Plain is the zero value; collections are Plain or Flow.
const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	Literal
	Folded
	Flow
)

// Pos is a place in a file: line and column, both counted from 1, the column in
// UTF-16 units as editors count. The zero Pos means "not known".
type Pos struct {
	Line   uint32
	Column uint32
}

// Node is one value of a document.
//
// Nodes are immutable once read and may be shared: an alias has the same Items
// as its anchor.
type Node struct {
	// Key is the field name of a Node inside a Map; "" for list items and roots.
	Key string
	// Text is the decoded text of a String and the JSON literal of a Bool or
	// Number; "" for the others.
	Text string
	// Items are the fields of a Map, in source order with unique keys, or the
	// items of a List.
	Items []Node
	// KeyAt is where Key is written; At is where the value is written. A value
	// that comes from an alias is placed at its anchor.
	KeyAt, At Pos
	Kind      Kind
	Style     Style
}

// Get returns the field named key of a Map, or nil.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for i := range n.Items {
		if n.Items[i].Key == key {
			return &n.Items[i]
		}
	}
	return nil
}

// Lookup follows keys from n through nested maps and returns the value there,
// or nil.
func (n *Node) Lookup(keys ...string) *Node {
	for _, key := range keys {
		n = n.Get(key)
	}
	return n
}

// Str returns the text of a String, or "" for everything else, nil included.
func (n *Node) Str() string {
	if n == nil || n.Kind != String {
		return ""
	}
	return n.Text
}

// Place returns where a reader should look for n: its key, or its value where it
// has no key of its own.
func (n *Node) Place() Pos {
	if n.KeyAt != (Pos{}) {
		return n.KeyAt
	}
	return n.At
}

// EndLine returns the last line on which n or anything in it begins, or the last
// line of a block scalar. The key of an alias stands below its value.
func (n *Node) EndLine() uint32 {
	end := max(n.At.Line, n.KeyAt.Line)
	if n.Style == Literal {
		end += uint32(strings.Count(strings.TrimRight(n.Text, "\n"), "\n")) + 1
	}
	for i := range n.Items {
		end = max(end, n.Items[i].EndLine())
	}
	return end
}

// Value converts n to the types of encoding/json: nil, bool, json.Number,
// string, map[string]any, []any.
func (n *Node) Value() any {
	switch n.Kind {
	case Bool:
		return n.Text == "true"
	case Number:
		return json.Number(n.Text)
	case String:
		return n.Text
	case Map:
		m := make(map[string]any, len(n.Items))
		for i := range n.Items {
			m[n.Items[i].Key] = n.Items[i].Value()
		}
		return m
	case List:
		l := make([]any, len(n.Items))
		for i := range n.Items {
			l[i] = n.Items[i].Value()
		}
		return l
	default:
		return nil
	}
}
