package checks

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

// Tree is what a tree check sees of one side.
type Tree struct {
	Facts  []Fact // of this check, in file order
	Layout Layout
	// Paths are the files of this side in their order, those that lie outside of the
	// tree (links, submodules) among them; none for a check without Reads.
	Paths []string
	Quick bool // see Input

	reads func(path string) bool
	stock *stock
}

// NewTree makes a tree of files, for judging without a run. Every file may be read.
func NewTree(files []File, limits manifest.Limits) Tree {
	s := newStock(files, limits)
	return Tree{Paths: s.paths, reads: func(string) bool { return true }, stock: s}
}

// Read gives a file of this side. The error is fs.ErrNotExist where there is none
// of this path, and says else why the content cannot be had: it lies outside of
// the tree, is too large or, ErrLink, a link. A file that the check does not declare in Reads is an
// error, too. What could not be parsed of the file stands in its Broken.
func (t Tree) Read(path string) (*manifest.File, error) {
	if t.reads == nil || !t.reads(path) {
		return nil, fmt.Errorf("the check does not say that it reads %s", path)
	}
	return t.stock.read(path)
}

// ErrLink is a link that a check wants to read.
var ErrLink = errors.New("is a symbolic link, which is not followed")

// Bytes gives the content of a file of this side as it is, with the errors of Read.
func (t Tree) Bytes(path string) ([]byte, error) {
	if t.reads == nil || !t.reads(path) {
		return nil, fmt.Errorf("the check does not say that it reads %s", path)
	}
	return t.stock.bytes(path)
}

// Share gives what make makes, which is done once for each side of a run: what
// several checks work out of the same paths and files. They name it by the same
// words and declare the same Reads.
func (t Tree) Share(name string, make func() any) any {
	if t.stock == nil {
		return make()
	}
	made, ok := t.stock.shared[name]
	if !ok {
		made = make()
		t.stock.shared[name] = made
	}
	return made
}

// Has tells whether there is a file of this path.
func (t Tree) Has(path string) bool {
	return t.stock != nil && t.stock.has(path)
}

// stock gives the files of one side by their paths. It is used by one goroutine.
type stock struct {
	files  []File // by path
	paths  []string
	limits manifest.Limits
	taken  map[string]*manifest.File
	shared map[string]any
	same   *stock // has the files that are unchanged, too; nil for none
}

func newStock(files []File, limits manifest.Limits) *stock {
	s := &stock{limits: limits, taken: map[string]*manifest.File{}, shared: map[string]any{}}
	for _, f := range files {
		if f.Commit == "" {
			s.files = append(s.files, f)
		}
	}
	slices.SortStableFunc(s.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range s.files {
		s.paths = append(s.paths, f.Path)
	}
	return s
}

func (s *stock) find(path string) (File, bool) {
	i, ok := slices.BinarySearchFunc(s.files, path, func(f File, path string) int { return cmp.Compare(f.Path, path) })
	if !ok {
		return File{}, false
	}
	return s.files[i], true
}

func (s *stock) has(path string) bool {
	_, ok := s.find(path)
	return ok
}

func (s *stock) read(path string) (*manifest.File, error) {
	if file, ok := s.taken[path]; ok {
		return file, nil
	}
	if f, ok := s.find(path); ok && f.Unchanged && s.same != nil {
		return s.same.read(path)
	}
	data, err := s.bytes(path)
	if err != nil {
		return nil, err
	}
	file := manifest.Read(path, data, s.limits)
	s.taken[path] = file
	return file, nil
}

func (s *stock) bytes(path string) ([]byte, error) {
	f, ok := s.find(path)
	switch {
	case !ok:
		return nil, fs.ErrNotExist
	case f.Opaque != nil:
		return nil, fmt.Errorf("%s lies outside of the tree: %s", path, f.Opaque.Reason)
	case f.Link:
		return nil, fmt.Errorf("%s %w", path, ErrLink)
	}
	data, err := f.Load()
	if err != nil {
		return nil, fmt.Errorf("%s: %s", path, loadReason(err))
	}
	return data, nil
}

// now gives the files of the side that is judged, before those of the side before
// the change.
func (r *runner) now() *stock {
	if r.stocks[0] == nil {
		r.stocks[0] = newStock(r.in.Files, r.in.Limits)
	}
	return r.stocks[0]
}

func (r *runner) before() *stock {
	if r.stocks[1] == nil {
		files := slices.Clone(r.in.Before)
		for _, f := range r.in.Files {
			if f.Unchanged {
				files = append(files, f)
			}
		}
		r.stocks[1] = newStock(files, r.in.Limits)
		r.stocks[1].same = r.now()
	}
	return r.stocks[1]
}

// shareFacts finds out which tree checks extract facts for which.
func (r *runner) shareFacts() {
	byName := map[string]int{}
	for _, c := range r.tree {
		i, known := byName[c.FactsOf]
		if !known || c.FactsOf == "" {
			i = len(r.sayers)
			r.sayers = append(r.sayers, c)
			if c.FactsOf != "" {
				byName[c.FactsOf] = i
			}
		}
		r.says = append(r.says, i)
	}
}

// treeOf is what a check may see of one side.
func (r *runner) treeOf(c *Check, side func() *stock, layout Layout, facts []Fact) Tree {
	t := Tree{Facts: facts, Layout: layout, Quick: r.in.Quick}
	if c.Reads != nil {
		t.stock, t.reads = side(), c.Reads
		t.Paths = t.stock.paths
	}
	return t
}

// runTree runs the tree checks of one side. Those that are known to find the same
// as on another side, like, are taken from there.
func (r *runner) runTree(s *side, layout Layout, files func() *stock, like *side, same []bool) {
	s.tree = make([][]Finding, len(r.tree))
	for _, facts := range s.facts {
		slices.SortStableFunc(facts, compareFacts)
	}
	for i, c := range r.tree {
		if like != nil && same[i] {
			s.tree[i] = like.tree[i]
			continue
		}
		facts := s.facts[r.says[i]]
		var out judged
		r.guard(File{}, c, func(s string) string { return s }, &out, func(p *Pass) error {
			p.Layout = layout
			return c.Tree(p, r.treeOf(c, files, layout, facts))
		})
		if c.Reads != nil {
			r.redactRead(out.findings, files())
		}
		s.tree[i] = out.findings
		s.notJudged, s.notRun = append(s.notJudged, out.notJudged...), append(s.notRun, out.notRun...)
	}
}

// redactRead cuts the values of the files that a check has read out of what it
// reports of them.
func (r *runner) redactRead(findings []Finding, s *stock) {
	type cutter struct{ text, identity func(string) string }
	cutters := map[string]cutter{}
	for i := range findings {
		f := &findings[i]
		file := s.taken[f.File]
		if file == nil {
			continue
		}
		c, ok := cutters[f.File]
		if !ok {
			found := r.searchOrNone(file)
			c = cutter{redactor(file.Documents, found), identityRedactor(found)}
			cutters[f.File] = c
		}
		f.Message, f.Fix, f.identityRedactor = c.text(f.Message), c.text(f.Fix), c.identity
	}
}

func (r *runner) searchOrNone(file *manifest.File) []scan.Found {
	found, _ := r.search(file)
	return found
}

// sameTrees tells of each tree check whether it finds the same on both sides: what
// differs says the same to it, wherever in the file it says it, and it reads
// nothing that differs.
func (r *runner) sameTrees(gone, brought side) []bool {
	same, equal := make([]bool, len(r.tree)), make([]bool, len(r.sayers))
	for i := range equal {
		equal[i] = slices.EqualFunc(gone.facts[i], brought.facts[i], Fact.says)
	}
	paths := !slices.ContainsFunc(r.tree, func(c *Check) bool { return c.Reads != nil }) || slices.Equal(r.now().paths, r.before().paths)
	for i, c := range r.tree {
		same[i] = equal[r.says[i]] && (c.Reads == nil || paths && !r.differs(c.Reads))
	}
	return same
}

// differs tells whether the content of a file of which reads is true differs between
// the sides.
func (r *runner) differs(reads func(path string) bool) bool {
	return slices.ContainsFunc(r.in.Files, func(f File) bool { return !f.Unchanged && f.Commit == "" && reads(f.Path) })
}
