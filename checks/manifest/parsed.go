package manifest

import (
	"slices"
	"strconv"
)

// parsed is one document as a tree, before it is known what it is.
type parsed struct {
	root       Node
	duplicates []Duplicate
	problems   []problem
	over       *overLimit // the limit that the document goes over, or nil
	nodes      int        // values in it, each alias written out
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

// A problem is something that is valid YAML or JSON and that Kubernetes cannot
// read.
type problem struct {
	at     Pos
	reason string
}

// maxProblems is how many of a document are kept; one is enough to refuse it.
const maxProblems = 10

func (p *parsed) problem(at Pos, reason string) {
	if len(p.problems) < maxProblems {
		p.problems = append(p.problems, problem{at, reason})
	}
}

// exceed notes the first limit that the document goes over.
func (p *parsed) exceed(limit string, at Pos) {
	if p.over == nil {
		p.over = &overLimit{limit, at}
	}
}

// countNodes notes that the document holds n values and the file all of them.
func (p *parsed) countNodes(lim Limits, n, all int, at Pos) {
	if n > lim.Nodes {
		p.exceed(LimitNodes, at)
	} else if all > lim.FileNodes {
		p.exceed(LimitFileNodes, at)
	}
}

func (p *parsed) duplicate(lim Limits, d Duplicate, steps []pathStep) {
	if len(p.duplicates) >= lim.Duplicates {
		p.exceed(LimitDuplicates, d.Again)
		return
	}
	d.steps = slices.Clone(steps)
	p.duplicates = append(p.duplicates, d)
}

// name gives each duplicate its path, now that the lists above it are complete.
func (p *parsed) name() {
	names := itemNames{}
	for i := range p.duplicates {
		d := &p.duplicates[i]
		d.Path, d.document = names.path(&p.root, d.steps), &p.root
	}
}

// node returns the node that the first n steps lead to, or nil.
func (d Duplicate) node(n int) *Node {
	at := d.document
	for _, s := range d.steps[:n] {
		at = s.from(at)
	}
	return at
}

// pathStep is a field of a map (index -1) or an item of a list.
type pathStep struct {
	key   string
	index int
}

// from returns the node to which s leads from n, or nil.
func (s pathStep) from(n *Node) *Node {
	switch {
	case s.index < 0:
		return n.Get(s.key)
	case n != nil && n.Kind == List && s.index < len(n.Items):
		return &n.Items[s.index]
	}
	return nil
}

func indexed(i int) string { return "[" + strconv.Itoa(i) + "]" }

// path writes steps from root in the notation of Node.Walk.
func (names itemNames) path(root *Node, steps []pathStep) string {
	var path []byte
	n := root
	for _, s := range steps {
		next := s.from(n)
		switch {
		case s.index < 0:
			path = appendField(path, s.key)
		case next != nil:
			path = names.appendItem(path, n, s.index)
		default:
			path = append(path, indexed(s.index)...)
		}
		n = next
	}
	return string(path)
}
