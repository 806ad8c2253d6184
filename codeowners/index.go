package codeowners

import (
	"slices"
	"strings"
	"sync"
)

// An index answers which of many patterns match a path. The patterns share a
// tree of segments; a path walks down all branches at once, so it costs what it
// is deep, not how many patterns there are. Patterns are known by rank: the
// higher rank decides.
//
// It may be used by several goroutines.
type index struct {
	nodes   []node
	exprs   []ranked
	scratch sync.Pool
}

type node struct {
	// The first literal stands by itself: most nodes have no second.
	onlyText string
	only     int32
	literal  map[string]int32
	suffixes []affix
	prefixes []affix
	globs    []branch
	anything int32 // 0 where there is none: nothing leads back to the root
	deep     int32
	isDeep   bool // reached through "**": any part of a path stays here

	// The ranks of the patterns that end here, by tail, highest first.
	exactly, orBelow, inside []int32
	// top is the highest rank here or further down.
	top int32
}

// An affix maps all suffixes, or prefixes, of one length to where they lead.
type affix struct {
	length int
	to     map[string]int32
}

type branch struct {
	segment segment
	to      int32
}

// globKey finds the branch two patterns share.
type globKey struct {
	from   int32
	source string
}

type ranked struct {
	rank         int32
	pattern      pattern
	begins, ends string // what every match begins and ends with
}

// walk is the scratch space of one look-up.
type walk struct {
	stamp   []uint32
	round   uint32
	current []int32
	next    []int32
}

// newIndex builds the index of these patterns; the rank of a pattern is its
// place.
func newIndex(patterns []pattern) *index {
	x := &index{nodes: []node{{top: -1}}}
	globs := map[globKey]int32{}
	for rank, p := range patterns {
		if p.expr != nil {
			r := ranked{rank: int32(rank), pattern: p}
			if !p.inverted {
				r.begins, _ = p.expr.LiteralPrefix()
				r.ends = literalEnd(p.expr)
			}
			x.exprs = append(x.exprs, r)
			continue
		}
		x.insert(int32(rank), p, globs)
	}
	for i := range x.nodes {
		n := &x.nodes[i]
		slices.Reverse(n.exactly)
		slices.Reverse(n.orBelow)
		slices.Reverse(n.inside)
		slices.SortFunc(n.suffixes, func(a, b affix) int { return a.length - b.length })
		slices.SortFunc(n.prefixes, func(a, b affix) int { return a.length - b.length })
	}
	slices.Reverse(x.exprs)
	return x
}

func (x *index) insert(rank int32, p pattern, globs map[globKey]int32) {
	at := int32(0)
	x.nodes[at].top = rank
	for _, s := range p.segments {
		at = x.child(at, s, globs)
		x.nodes[at].top = rank
	}
	n := &x.nodes[at]
	switch p.tail {
	case exactly:
		n.exactly = append(n.exactly, rank)
	case orBelow:
		n.orBelow = append(n.orBelow, rank)
	case inside:
		n.inside = append(n.inside, rank)
	}
}

// child is where the segment leads from a node, made where it is new.
func (x *index) child(from int32, s segment, globs map[globKey]int32) int32 {
	fresh := int32(len(x.nodes))
	to := fresh
	n := &x.nodes[from]
	switch s.shape {
	case literal:
		switch {
		case n.only == 0:
			n.onlyText, n.only = s.text, fresh
		case n.onlyText == s.text:
			to = n.only
		default:
			if n.literal == nil {
				n.literal = map[string]int32{}
			}
			to = getOrPut(n.literal, s.text, fresh)
		}
	case suffix:
		to = getOrPut(sized(&n.suffixes, len(s.text)), s.text, fresh)
	case prefix:
		to = getOrPut(sized(&n.prefixes, len(s.text)), s.text, fresh)
	case anything:
		if n.anything == 0 {
			n.anything = fresh
		}
		to = n.anything
	case deep:
		if n.deep == 0 {
			n.deep = fresh
		}
		to = n.deep
	default:
		key := globKey{from, s.source}
		if known, ok := globs[key]; ok {
			return known
		}
		globs[key] = fresh
		n.globs = append(n.globs, branch{s, fresh})
	}
	if to == fresh {
		x.nodes = append(x.nodes, node{top: -1, isDeep: s.shape == deep})
	}
	return to
}

func getOrPut(m map[string]int32, key string, fresh int32) int32 {
	if known, ok := m[key]; ok {
		return known
	}
	m[key] = fresh
	return fresh
}

func sized(affixes *[]affix, length int) map[string]int32 {
	for _, a := range *affixes {
		if a.length == length {
			return a.to
		}
	}
	a := affix{length, map[string]int32{}}
	*affixes = append(*affixes, a)
	return a.to
}

// last is the highest rank that matches the path, -1 where none does.
func (x *index) last(path string) int32 {
	best := int32(-1)
	x.visit(path, func() int32 { return best }, func(ranks []int32) { best = max(best, ranks[0]) })
	for _, r := range x.exprs {
		if r.rank > best && r.matches(path) {
			return r.rank
		}
	}
	return best
}

// all are the ranks that match the path, highest first.
func (x *index) all(path string) []int32 {
	var ranks []int32
	x.visit(path, func() int32 { return -1 }, func(found []int32) { ranks = append(ranks, found...) })
	for _, r := range x.exprs {
		if r.matches(path) {
			ranks = append(ranks, r.rank)
		}
	}
	slices.SortFunc(ranks, func(a, b int32) int { return int(b) - int(a) })
	return slices.Compact(ranks)
}

func (r ranked) matches(path string) bool {
	return strings.HasPrefix(path, r.begins) && strings.HasSuffix(path, r.ends) && r.pattern.matches(path)
}

// visit walks the path and reports the ranks of every pattern that matches,
// highest first, skipping what lies at or below floor.
func (x *index) visit(path string, floor func() int32, report func([]int32)) {
	if root := &x.nodes[0]; len(root.inside) > 0 {
		report(root.inside)
	}
	if path == "" { // the root folder itself
		return
	}
	w, _ := x.scratch.Get().(*walk)
	if w == nil {
		w = &walk{stamp: make([]uint32, len(x.nodes))}
	}
	defer x.scratch.Put(w)

	w.begin()
	w.enter(x, 0)
	for rest, more := path, true; more; {
		var part string
		part, rest, more = strings.Cut(rest, "/")
		w.current, w.next = w.next, w.current[:0]
		w.begin()
		for _, at := range w.current {
			if n := &x.nodes[at]; n.top > floor() {
				w.step(x, at, part)
			}
		}
		for _, at := range w.next {
			n := &x.nodes[at]
			if len(n.orBelow) > 0 {
				report(n.orBelow)
			}
			if more && len(n.inside) > 0 {
				report(n.inside)
			}
			if !more && len(n.exactly) > 0 {
				report(n.exactly)
			}
		}
	}
	w.current, w.next = w.current[:0], w.next[:0]
}

// begin opens a round, in which every node is entered once at most.
func (w *walk) begin() {
	if w.round++; w.round == 0 {
		clear(w.stamp)
		w.round = 1
	}
}

func (w *walk) enter(x *index, at int32) {
	for {
		if w.stamp[at] == w.round {
			return
		}
		w.stamp[at] = w.round
		w.next = append(w.next, at)
		if at = x.nodes[at].deep; at == 0 {
			return
		}
	}
}

// step enters all that one part of a path leads to.
func (w *walk) step(x *index, at int32, part string) {
	n := &x.nodes[at]
	if n.isDeep {
		w.enter(x, at)
	}
	if n.only != 0 && n.onlyText == part {
		w.enter(x, n.only)
	} else if to, ok := n.literal[part]; ok {
		w.enter(x, to)
	}
	if n.anything != 0 && part != "" {
		w.enter(x, n.anything)
	}
	for _, a := range n.suffixes {
		if a.length > len(part) {
			break
		}
		if to, ok := a.to[part[len(part)-a.length:]]; ok {
			w.enter(x, to)
		}
	}
	for _, a := range n.prefixes {
		if a.length > len(part) {
			break
		}
		if to, ok := a.to[part[:a.length]]; ok {
			w.enter(x, to)
		}
	}
	for _, b := range n.globs {
		if x.nodes[b.to].top >= 0 && b.segment.matches(part) {
			w.enter(x, b.to)
		}
	}
}
