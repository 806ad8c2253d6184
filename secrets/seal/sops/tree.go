package sops

import (
	"strconv"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

type shape uint8

const (
	isLeaf shape = iota
	isMap
	isList
	isComment
)

// node is a part of a document as SOPS sees it: comments stand among the entries of a
// map and the items of a list (sops.go, TreeItem and Comment).
type node struct {
	shape shape
	key   string // of an entry
	items []*node
	value value // of a leaf; of a comment its text without the sign
	spot  *spot // where a leaf or comment is written; an alias shares that of its anchor
	// alias is the line on which the node is written as the name of another, or 0.
	alias int
	line  int

	keyAt extent // where the key is written, or the dash of an item
	span  extent // where the value is written; empty where nothing is
	flow  bool   // a collection in braces or brackets
}

// get returns the entry of a map, or nil.
func (n *node) get(key string) *node {
	if n == nil || n.shape != isMap {
		return nil
	}
	for _, item := range n.items {
		if item.shape != isComment && item.key == key {
			return item
		}
	}
	return nil
}

// str is the text of a leaf, or "".
func (n *node) str() string {
	if n == nil || n.shape != isLeaf {
		return ""
	}
	return n.value.text
}

// entries are the items that are no comments.
func (n *node) entries() []*node {
	var list []*node
	for _, item := range n.items {
		if item.shape != isComment {
			list = append(list, item)
		}
	}
	return list
}

// metadataKey is the entry of a document under which SOPS keeps its own.
const metadataKey = "sops"

// visited is a leaf or comment on a walk.
type visited struct {
	*node
	document int
	address  string // what its ciphertext is bound to
	covered  bool   // the rule has it encrypted
	inList   bool   // it is an item of a list
	via      int    // the line of the alias through which it is seen, or 0
	trail    *trail
}

// path names it, or for a comment what it is in, in the notation of manifest.Node.Walk
// with numbers for all items.
func (v visited) path() string { return v.trail.String() }

// trail is the way to a node.
type trail struct {
	above *trail
	key   string
	index int // of an item, where key is ""
	isKey bool
}

func (t *trail) String() string {
	if t == nil {
		return ""
	}
	if t.isKey {
		return manifest.JoinField(t.above.String(), t.key)
	}
	return t.above.String() + "[" + strconv.Itoa(t.index) + "]"
}

// Limits of a walk. The address of a value is as long as the keys above it, so that
// long keys over many values would cost the square of the size of a file.
const (
	mostAddressBytes = 64 << 20
	deepestTree      = 1000 // below aliases, too
)

// walker visits all values and comments of a file in the order of SOPS (sops.go,
// walkBranch). What visit returns ends the walk.
type walker struct {
	selector *selector
	visit    func(visited) error
	document int
	spent    int
}

// state is what holds on the way to a node.
type state struct {
	address    string
	key, above bool // a key or a comment above matches
	depth, via int
	trail      *trail
}

func (w *walker) walk(docs []*node) error {
	for i, doc := range docs {
		w.document = i
		if err := w.collection(doc, state{}); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) collection(n *node, st state) error {
	if st.depth > deepestTree {
		return refuse(n.line, "", "the file is nested too deep to be encrypted")
	}
	above, index := false, 0 // above: a comment of this level, since the last value
	for _, item := range n.items {
		next := st
		next.depth++
		if item.shape == isComment {
			matches := w.selector.matchesComment(item.value.text)
			// One that has values encrypted stays readable itself, and so does one that
			// keeps them in the clear.
			decided := st.above || above || w.selector.inverted && matches
			if err := w.leaf(item, next, st.key, decided, n.shape == isList); err != nil {
				return err
			}
			above = above || matches
			continue
		}
		next.above = st.above || above
		if n.shape == isMap {
			next.address += item.key + ":"
			next.key = st.key || w.selector.matchesKey(item.key)
			next.trail = &trail{above: st.trail, key: item.key, isKey: true}
		} else {
			next.trail = &trail{above: st.trail, index: index}
		}
		if err := w.value(item, next, n.shape == isList); err != nil {
			return err
		}
		above = false
		index++
	}
	return nil
}

func (w *walker) value(n *node, st state, inList bool) error {
	if n.alias != 0 {
		st.via = n.alias
	}
	switch {
	case n.shape != isLeaf:
		return w.collection(n, st)
	case n.value.kind == null:
		return nil
	}
	return w.leaf(n, st, st.key, st.above, inList)
}

func (w *walker) leaf(n *node, st state, key, comment, inList bool) error {
	address := st.address
	if address == "" {
		address = ":" // of a comment at the top
	}
	if w.spent += len(address); w.spent > mostAddressBytes || w.selector.over() {
		return refuse(n.line, "", "the keys above so many values are too long, or the expression takes too long to match them")
	}
	return w.visit(visited{n, w.document, address, w.selector.covers(key, comment), inList, st.via, st.trail})
}
