package rego

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// A Place is a field of an object.
type Place struct {
	Field string         // as manifest.Walk writes it; "" for the object
	Node  *manifest.Node // what stands there, or the nearest above that is written
}

// A Locator tells for results of one evaluation which field each is about.
type Locator struct {
	trace   *trace
	object  *Object
	indexes map[string]map[int][]*solution
}

// Locate evaluates q once more and remembers how its results came about. The input
// must hold the terms of o, which must be located.
func (q *Query) Locate(ctx context.Context, g Given, o *Object) (*Locator, error) {
	t := newTrace(o)
	err := q.each(ctx, g, t, func(topdown.QueryResult) error { return nil })
	return &Locator{trace: t, object: o, indexes: map[string]map[int][]*solution{}}, err
}

// Of returns the field that made a rule give an element: the path of the rule
// (data.main.deny) and the element as the evaluation gave it.
func (l *Locator) Of(rule string, element *ast.Term) Place {
	for _, s := range l.index(rule)[element.Value.Hash()] {
		value := s.key
		if value == nil {
			value = s.value
		}
		if value == nil || ast.Compare(value.Value, element.Value) != 0 {
			continue
		}
		if node, ok := l.decisive(s); ok {
			return l.placeOf(node)
		}
	}
	return l.placeOf(0)
}

// index returns the solutions of a rule by the hash of what they gave.
func (l *Locator) index(rule string) map[int][]*solution {
	if known, ok := l.indexes[rule]; ok {
		return known
	}
	out := map[int][]*solution{}
	for _, s := range l.trace.exits[rule] {
		value := s.key
		if value == nil {
			value = s.value
		}
		if value != nil {
			hash := value.Value.Hash()
			out[hash] = append(out[hash], s)
		}
	}
	l.indexes[rule] = out
	return out
}

func (l *Locator) placeOf(id int32) Place {
	return l.object.placeOf(id)
}

func (o *Object) placeOf(id int32) Place {
	return Place{Field: o.path(id), Node: o.nodes[o.written(id)].node}
}

// decisive picks among the reads of a solution the one that the result is about.
//
// Policies say first what they are for (a kind, a namespace), then go over what
// may be wrong, then state the fault, then word it. So the last condition counts
// most, those that name the object least; what the message cites, and what lies in
// the same list item as that, comes before the rest.
func (l *Locator) decisive(s *solution) (int32, bool) {
	best, found := int32(0), false
	var bestScore score
	for i, r := range s.reads {
		sc := l.score(r, s.hints)
		sc.index = -i
		if !found || bestScore.less(sc) {
			best, bestScore, found = r.node, sc, true
		}
	}
	if bestScore.asked == 0 {
		best = l.object.itemOfName(best)
	}
	if !found && len(s.hints) > 0 {
		return s.hints[0].node, true
	}
	return best, found
}

type score struct {
	rank  int // how much the field can be at fault at all
	cited int
	asked int
	order order
	index int // the first of an expression counts most
}

func (a score) less(b score) bool {
	switch {
	case a.rank != b.rank:
		return a.rank < b.rank
	case a.asked != b.asked:
		return a.asked < b.asked
	case a.cited != b.cited:
		return a.cited < b.cited
	case a.order != b.order:
		return slices.Compare(a.order[:], b.order[:]) < 0
	}
	return a.index < b.index
}

func (l *Locator) score(r read, hints []read) score {
	sc := score{rank: l.rank(r), order: r.order}
	item := l.object.item(r.node)
	elsewhere := false
	for _, h := range hints {
		switch cited := l.object.item(h.node); {
		case sc.rank == ranked && l.object.cites(h, r.node, item):
			sc.cited = max(sc.cited, 3)
		case item != 0 && cited == item:
			sc.cited = max(sc.cited, 1)
		case cited != 0:
			elsewhere = true
		}
	}
	// What was gone over in a search is not meant where the message names an item of
	// another list.
	if r.asked && !(r.loose && elsewhere && sc.cited == 0) {
		sc.asked = 1
	}
	if r.missing {
		sc.cited = max(sc.cited, 2)
	}
	if !r.asked && sc.rank == named {
		sc.rank = worded
	}
	return sc
}

// cites tells whether a message words a field, or the whole list item in which it lies.
// The name of an item only says which one is meant.
func (o *Object) cites(h read, field, item int32) bool {
	if h.key || h.derived || o.itemOfName(h.node) != h.node {
		return false
	}
	return h.node == field || item != 0 && h.node == item
}

// The ranks of a field.
const (
	worded = iota // a name that only stands in a message
	typed         // what kind of object it is
	named         // which object it is
	ranked        // all else
)

func (l *Locator) rank(r read) int {
	if r.node == 0 {
		return rankOf(r.missing)
	}
	n := l.object.nodes[r.node]
	above := l.object.nodes[n.parent]
	switch {
	case n.parent == 0 && (n.node.Key == "kind" || n.node.Key == "apiVersion"):
		return typed
	case n.parent == 0 && n.node.Key == "metadata":
		return rankOf(r.missing)
	case n.parent != 0 && above.parent == 0 && above.node.Key == "metadata":
		switch n.node.Key {
		case "name", "namespace", "generateName":
			return named
		}
	}
	return ranked
}

// rankOf is the rank of what holds the names: it is meant where something in it is
// missing.
func rankOf(missing bool) int {
	if missing {
		return ranked
	}
	return named
}

// item returns the innermost list item in which a node lies; 0 for none.
func (o *Object) item(id int32) int32 {
	for ; id != 0; id = o.nodes[id].parent {
		if o.nodes[o.nodes[id].parent].node.Kind == manifest.List {
			return id
		}
	}
	return 0
}

// itemOfName returns the list item of which a node is the name, else the node: that
// an item was named means the item.
func (o *Object) itemOfName(id int32) int32 {
	if p := o.nodes[id]; p.node.Key == "name" && o.item(id) == p.parent && id != 0 {
		return p.parent
	}
	return id
}

// FieldAt follows a path that a policy itself gives, in the notation of JSONPath without
// its root (spec.containers[0].image), to its deepest existing node; ok is false where
// nothing of it exists.
func FieldAt(root *manifest.Node, path string) (place Place, ok bool) {
	at := Place{Node: root}
	here := root
	for _, step := range steps(path) {
		next, field := below(here, at.Field, step)
		if next == nil {
			break
		}
		here, at.Field = next, field
		if here.Place() != (manifest.Pos{}) {
			at.Node = here
		}
	}
	return at, here != root
}

// below gives the field or item of a node, and its path.
func below(n *manifest.Node, path, step string) (*manifest.Node, string) {
	switch n.Kind {
	case manifest.Map:
		if next := n.Get(step); next != nil {
			return next, manifest.JoinField(path, step)
		}
	case manifest.List:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Items) && strconv.Itoa(i) == step {
			return &n.Items[i], manifest.JoinItem(path, n, i)
		}
	}
	return nil, ""
}

// steps cuts a path such as spec.containers[0].image or metadata.labels["a.b/c"].
func steps(path string) []string {
	var out []string
	path = strings.TrimPrefix(path, "$")
	for path != "" {
		switch {
		case path[0] == '.':
			path = path[1:]
		case path[0] == '[':
			inner, rest, ok := cutBracket(path[1:])
			if !ok {
				return out
			}
			out, path = append(out, inner), rest
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			out, path = append(out, path[:end]), path[end:]
		}
	}
	return out
}

func cutBracket(s string) (inner, rest string, ok bool) {
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		inner, rest, ok = strings.Cut(s[1:], s[:1]+"]")
		return inner, rest, ok
	}
	return strings.Cut(s, "]")
}
