package sealed

import (
	"crypto/sha256"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// pathID stands for the keys on the way to a value, without the indexes of lists, as
// SOPS authenticates it (sops.go, Tree.Encrypt): a hash chain, so that long keys and
// deep trees cost no more than their size.
type pathID [sha256.Size]byte

func (id pathID) under(key string) pathID {
	h := sha256.New()
	h.Write(id[:])
	h.Write([]byte(key))
	return pathID(h.Sum(nil))
}

// A leaf is one value of a document.
type leaf struct {
	node *manifest.Node
	path pathID
	// own and rule tell whether the selection of the file and that of the creation
	// rule cover it.
	own, rule bool
	encrypted bool
	named     bool // it stands under the data or stringData at the top
}

// isEmpty tells a value that SOPS leaves as it is: null, and the empty string.
func (l leaf) isEmpty() bool {
	return l.node.Kind == manifest.Null || l.node.Kind == manifest.String && l.node.Text == ""
}

// leafWalker walks the values of one document.
type leafWalker struct {
	own, rule Selection
	ownMarks  marks
	ruleMarks marks
	visit     func(leaf) bool // false ends the walk
	ended     bool
	meter     meter
}

// walk visits all values of a document but those of the metadata.
func (w *leafWalker) walk(root *manifest.Node) {
	w.step(root, state{})
}

// state is what holds on the way to a value.
type state struct {
	path      pathID
	own, rule bool // a key or a comment on the way matches
	depth     int
	named     bool
}

func (w *leafWalker) step(n *manifest.Node, st state) {
	if w.ended || w.meter.over() {
		return
	}
	switch n.Kind {
	case manifest.Map, manifest.List:
		w.children(n, st)
		return
	}
	l := leaf{node: n, path: st.path, own: w.own.covers(st.own), rule: w.rule.covers(st.rule), named: st.named}
	l.encrypted = n.Kind == manifest.String && isEncrypted(n.Text)
	if !w.visit(l) {
		w.ended = true
	}
}

func (w *leafWalker) children(n *manifest.Node, st state) {
	line := n.At.Line
	if n.KeyAt.Line != 0 {
		line = n.KeyAt.Line
	}
	if st.depth == 0 {
		line = 0
	}
	for i := range n.Items {
		child := &n.Items[i]
		if st.depth == 0 && child.Key == "sops" {
			continue
		}
		next := state{path: st.path, own: st.own, rule: st.rule, depth: st.depth + 1, named: st.named}
		if n.Kind == manifest.Map {
			next.path = st.path.under(child.Key)
			next.own = st.own || w.own.matches(child.Key, &w.meter)
			next.rule = st.rule || w.rule.matches(child.Key, &w.meter)
			next.named = st.named || st.depth == 0 && (child.Key == "data" || child.Key == "stringData")
		}
		at := child.Place().Line
		next.own = next.own || w.ownMarks.decide(line, at)
		next.rule = next.rule || w.ruleMarks.decide(line, at)
		w.step(child, next)
		line = at
	}
}
