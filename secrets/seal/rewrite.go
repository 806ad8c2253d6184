package seal

import (
	"bytes"
	"cmp"
	"slices"
	"sort"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// written is an object that changes: where it is written, how, and what it must say
// afterwards.
type written struct {
	doc   *manifest.Document
	root  place
	edits []edit
	want  *manifest.Node
	// values must not be seen in the object afterwards.
	values []value
	scope  Scope
	keys   []string // that were sealed
}

// secretForm is what a Secret becomes, besides its metadata.
type secretForm struct {
	apiVersion, kind string
	metadata, spec   manifest.Node
	// lines writes the spec in block style, around the comments of the values.
	lines func(b *blockWriter, rows []row)
}

// finish makes all changes and checks the text that comes out. original is the text
// with its byte-order mark.
func (r *rewriter) finish(found []*written, original []byte) error {
	var edits []edit
	for _, w := range found {
		edits = append(edits, w.edits...)
	}
	if len(edits) == 0 {
		return nil
	}
	slices.SortStableFunc(edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	text, err := apply(r.file.Text, edits)
	if err != nil {
		return r.refuse(found[0].doc, found[0].doc.At(), writeOut, "%s", err)
	}
	if !endsLine(r.file.Text) && endsLine(text) {
		text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")) // the last lines went away
	}
	mark := original[:len(original)-len(r.file.Text)]
	return r.accept(found, append(slices.Clone(mark), text...))
}

// writeOut is the next step where something cannot be edited in place.
const writeOut = "write the object out in plain block style, or as JSON"

func endsLine(text []byte) bool { return bytes.HasSuffix(text, []byte("\n")) }

// locate finds where a Secret is written.
func (r *rewriter) locate(d *manifest.Document) (place, error) {
	root, err := r.find(d)
	if err != nil {
		return root, err
	}
	for _, name := range []string{"apiVersion", "kind", "metadata", "data", "stringData", "type", "immutable"} {
		f := root.field(name)
		if f == nil {
			continue
		}
		if f.value.alias {
			return root, r.placed(d, strange{f.value.start, name + " is an alias, which names something that is written elsewhere"})
		}
		if between := r.surface.text[f.value.start:max(f.value.start, f.value.body)]; !f.value.isCollection() && bytes.ContainsAny(between, "\n#") {
			return root, r.placed(d, r.surface.unknown(f.value.start))
		}
	}
	return root, nil
}

// find finds where an object is written.
func (r *rewriter) find(d *manifest.Document) (place, error) {
	if len(d.Root.Items) > 0 && d.Root.Items[0].KeyAt == (manifest.Pos{}) {
		return place{}, r.refuse(d, d.At(), "make it a List whose items say what they are", "a %sList cannot hold a SealedSecret", d.Object.Kind)
	}
	root, err := r.surface.find(d.Root)
	if err != nil {
		return root, r.placed(d, err)
	}
	if root.alias {
		return root, r.refuse(d, d.At(), "write it out", "it is an alias")
	}
	return root, nil
}

// guardBorders refuses anchors and aliases that lead out of a Secret or into it:
// what one of them names would be lost, or would stay in plain text. A node that
// comes from an alias is placed at its anchor. found is in the order of the text.
func (r *rewriter) guardBorders(found []*written) error {
	chunks, owners := map[int]bool{}, map[*manifest.Document]*written{}
	for _, w := range found {
		chunks[w.doc.Index], owners[w.doc] = true, w
		if err := r.guardAnchors(w); err != nil {
			return err
		}
	}
	for _, d := range r.file.Documents {
		if !chunks[d.Index] {
			continue
		}
		own := owners[d]
		n, in := r.crossing(d, own, found)
		switch {
		case n != nil && in != nil:
			return r.refuse(in.doc, n.Place(), "write the value out", "another object of the file has an alias of something in the Secret")
		case n != nil:
			return r.refuse(own.doc, n.Place(), "write the value out", "%q is an alias of something outside of the Secret", n.Key)
		}
	}
	return nil
}

// crossing gives a node of d that is written in a Secret other than own, which is
// d or nil, and that Secret; or one of d that is not written in own.
func (r *rewriter) crossing(d *manifest.Document, own *written, found []*written) (crosses *manifest.Node, in *written) {
	d.Root.Walk(func(_ func() string, n *manifest.Node) bool {
		if crosses != nil || n.At == (manifest.Pos{}) {
			return crosses == nil
		}
		var holder *written
		at := r.surface.offset(n.At)
		// A null that is written as nothing stands at the end of what is before it.
		i := sort.Search(len(found), func(i int) bool { return found[i].root.end > at || found[i].root.end == at && n.Kind == manifest.Null })
		if i < len(found) && found[i].root.start <= at {
			holder = found[i]
		}
		if holder != own {
			crosses, in = n, holder
		}
		return crosses == nil
	})
	return crosses, in
}

// guardAnchors refuses anchors that go away with what is sealed and that are
// named outside of it.
func (r *rewriter) guardAnchors(w *written) error {
	rest := slices.Clone(r.surface.text[w.root.start:w.root.end])
	var anchors []string
	for _, f := range w.root.fields {
		if f.name == "metadata" || f.name == "apiVersion" || f.name == "kind" {
			continue
		}
		anchors = append(anchors, f.value.anchor...)
		for i := f.key.start; i < f.value.end; i++ {
			rest[i-w.root.start] = ' '
		}
	}
	for _, name := range anchors {
		if i := bytes.Index(rest, []byte("*"+name)); i >= 0 {
			return r.placed(w.doc, strange{w.root.start + i, "an alias names the anchor &" + name + ", which goes away when its value is sealed"})
		}
	}
	return nil
}

// reform gives the edits that make a Secret another object.
func (r *rewriter) reform(s *secret, root place, ciphertexts map[string]string, form secretForm) ([]edit, error) {
	surface := r.surface
	edits := []edit{
		surface.replaceScalar(root.field("apiVersion").value, form.apiVersion),
		surface.replaceScalar(root.field("kind").value, form.kind),
	}
	a := amender{surface: surface, unit: surface.indentation(root)}
	if err := a.value(root.field("metadata"), &form.metadata, flowOf(surface, root)); err != nil {
		return nil, r.placed(s.doc, err)
	}
	edits = append(edits, a.edits...)
	if !root.flow {
		return append(edits, surface.blockSpec(s, root, ciphertexts, form)...), nil
	}
	spec, err := surface.flowSpec(root, form.spec)
	if err != nil {
		return nil, r.placed(s.doc, err)
	}
	return append(edits, spec...), nil
}

// flowOf is the style of a map in braces, or nil.
func flowOf(s *surface, p place) *flowStyle {
	if !p.flow || len(p.fields) == 0 {
		return nil
	}
	style := s.flowStyle(p)
	return &style
}

// replaceScalar writes another text in the place of a scalar, in the same quotes.
func (s *surface) replaceScalar(p place, text string) edit {
	e := edit{extent{p.body, p.end}, text}
	switch s.char(p.body) {
	case '"', '\'':
		e.start, e.end = p.body+1, p.end-1
	case '|', '>':
		e.text = quoted(text)
	}
	return e
}

// amended says how an object is changed to another one.
func (r *rewriter) amended(w *written, want manifest.Node) (err error) {
	if w.root, err = r.find(w.doc); err != nil {
		return err
	}
	w.want = &want
	if w.edits, err = r.surface.amend(w.root, w.want, r.surface.indentation(w.root)); err != nil {
		return r.placed(w.doc, err)
	}
	return nil
}
