package scan

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// walker walks one tree: a document, or what stands in a text inside one.
type walker struct {
	*scanner
	doc    *manifest.Document
	tree   *manifest.Node
	source *lines    // of the text that the tree was read from
	inside *embedded // the text inside a document that it was read from; nil for a document
	listed bool      // its items are documents of their own
	// templated tells that values may be actions of a template, read as "{{ . }}".
	templated bool
	steps     []step
	shadow    shadows
	sops      *sopsRule // of a document that SOPS has encrypted
}

// step is the way from a map to a field (item is nil) or from a list to an item.
type step struct {
	key  string
	item func() string
	name string // what the field is called in a finding, where that is not its key
}

// state is what is known of a place from what stands above it.
type state struct {
	place Place
	in    secrets.Context
	kind  string // of the object around
	key   string // the name under which the values stand, where they have no key of their own
	above string // the keys above that may say what a value is for, joined by dots
	// pushed tells that the keys above suggest a secret.
	pushed bool
	quiet  bool // names and references stand below, only recognised credentials count
	// encoded tells that values are base64, as in the data of a Secret.
	encoded bool
	// comment tells that what is judged is commented out.
	comment bool
	// program is the format of a script, by the program that is to run it.
	program settings.Format
	// schema tells that the keys below are properties of a schema.
	schema bool
}

func newWalker(s *scanner, d *manifest.Document) *walker {
	w := &walker{scanner: s, doc: d, tree: d.Root, source: s.lines, templated: d.Templated}
	w.shadow = newShadows(d.Duplicates)
	w.sops = sopsRuleOf(d.Root)
	return w
}

// root walks the whole tree.
func (w *walker) root() {
	st := state{place: w.rootPlace(), in: secrets.Named, quiet: w.isQuiet() || isQuietDocument(w.tree)}
	w.node(w.tree, st)
}

// rootPlace is what a value is of which nothing above says what it is.
func (w *walker) rootPlace() Place {
	if w.file.Form == manifest.FormValues && w.doc != nil && !w.doc.IsObject() {
		return Values
	}
	return Setting
}

func (w *walker) node(n *manifest.Node, st state) {
	if w.halted() {
		return
	}
	switch n.Kind {
	case manifest.Map:
		w.mapping(n, st)
	case manifest.List:
		w.list(n, st)
	case manifest.String, manifest.Number:
		w.scalar(n, st)
	}
}

// fields calls visit for each field of a map, and for the earlier values that a
// duplicate key shadows: they do not count and can be read all the same.
func (w *walker) fields(n *manifest.Node, visit func(child *manifest.Node)) {
	for i := range n.Items {
		child := &n.Items[i]
		w.steps = append(w.steps, step{key: child.Key})
		visit(child)
		for _, shadowed := range w.shadow.take(child.Key, w.path) {
			visit(shadowed)
		}
		w.steps = w.steps[:len(w.steps)-1]
	}
}

// items calls visit for each item of a list. A Walk over the list alone names the
// items, so that naming all of them costs one pass.
func (w *walker) items(n *manifest.Node, visit func(i int, item *manifest.Node)) {
	i := -1
	n.Walk(func(path func() string, item *manifest.Node) bool {
		if i++; i == 0 {
			return true
		}
		w.steps = append(w.steps, step{item: path})
		visit(i-1, item)
		w.steps = w.steps[:len(w.steps)-1]
		return false
	})
}

// path writes the steps to the current node as kubectl explain does.
func (w *walker) path() string {
	path := ""
	for _, s := range w.steps {
		path = s.join(path, s.key)
	}
	return path
}

// pathFrom writes the steps behind path, with the names that a finding gives them.
func (w *walker) pathFrom(path string) string {
	for _, s := range w.steps {
		if s.name != "" {
			path = s.join(path, s.name)
		} else {
			path = s.join(path, s.key)
		}
	}
	return path
}

func (s step) join(path, key string) string {
	if s.item != nil {
		return path + s.item()
	}
	return manifest.JoinField(path, key)
}

// field names the current node in its document; inner is its path in the text
// inside it, or "".
func (w *walker) field() (field, inner string) {
	if w.inside == nil {
		return w.pathFrom(""), ""
	}
	field, inner = w.inside.outer.field()
	return field, w.pathFrom(inner)
}

// where is the place of n in the file, and the line on which it ends.
func (w *walker) where(n *manifest.Node) (at manifest.Pos, end uint32) {
	at, end = n.Place(), n.EndLine()
	if w.inside == nil {
		return at, max(at.Line, end)
	}
	first, ok := w.inside.locate(at)
	if !ok {
		return w.inside.outer.where(w.inside.node)
	}
	return first, first.Line + max(at.Line, end) - at.Line
}

// value is something that stands at a place.
type value struct {
	key, text string
	path      string // that says what it is for; "" for the keys above it and its own
	raw       string // as it is written, where that is another text
	inner     string // the key of it in a text that stands at the node
	at        manifest.Pos
	end       uint32
}

// report adds v, which stands at n, with what it is.
func (w *walker) report(n *manifest.Node, place Place, v value, a secrets.Answer) {
	field, inner := w.field()
	if w.doc == nil {
		field, inner = "", strings.Trim(field+"."+inner, ".")
	}
	f := Found{Place: place, Document: w.doc, Field: field, Inner: inner, Key: v.key, At: v.at, EndLine: v.end, Answer: a, Value: v.text, Raw: v.raw}
	if v.inner != "" {
		f.Inner = strings.TrimPrefix(f.Inner+"."+v.inner, ".")
	}
	if v.at == (manifest.Pos{}) {
		f.At, f.EndLine = w.where(n)
	}
	f.EndLine = max(f.EndLine, f.At.Line)
	if f.Raw == "" {
		f.Raw = f.Value
	}
	w.found = append(w.found, f)
}

// shadows are the values that duplicate keys shadow, by the path of their keys.
// Each is taken once.
type shadows struct {
	byPath map[string][]*manifest.Node
	keys   map[string]bool // their last keys
}

func newShadows(duplicates []manifest.Duplicate) shadows {
	if len(duplicates) == 0 {
		return shadows{}
	}
	s := shadows{map[string][]*manifest.Node{}, map[string]bool{}}
	for i := range duplicates {
		d := &duplicates[i]
		s.byPath[d.Path] = append(s.byPath[d.Path], &d.Shadowed)
		s.keys[d.Shadowed.Key] = true
	}
	return s
}

func (s shadows) take(key string, path func() string) []*manifest.Node {
	if !s.keys[key] {
		return nil
	}
	at := path()
	taken := s.byPath[at]
	delete(s.byPath, at)
	return taken
}
