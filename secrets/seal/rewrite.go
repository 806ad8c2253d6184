package seal

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// written is a Secret and where it is written.
type written struct {
	*secret
	root        place
	ciphertexts map[string]string
}

// rewrite seals all Secrets and checks the text that comes out. original is the
// text with its byte-order mark.
func (r *rewriter) rewrite(original []byte) error {
	var found []*written
	for _, s := range r.secrets {
		w, err := r.locate(s)
		if err != nil {
			return err
		}
		found = append(found, w)
	}
	if err := r.guardBorders(found); err != nil {
		return err
	}
	var edits []edit
	for _, w := range found {
		var err error
		if w.ciphertexts, err = r.encrypt(w.secret); err != nil {
			return err
		}
		more, err := r.edits(w)
		if err != nil {
			return err
		}
		edits = append(edits, more...)
	}
	slices.SortStableFunc(edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	text, err := apply(r.file.Text, edits)
	if err != nil {
		return r.refuse(found[0].secret, found[0].doc.At(), "write the Secret out in plain block style, or as JSON", "%s", err)
	}
	if !endsLine(r.file.Text) && endsLine(text) {
		text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")) // the last lines went away
	}
	mark := original[:len(original)-len(r.file.Text)]
	return r.accept(found, append(slices.Clone(mark), text...))
}

func endsLine(text []byte) bool { return bytes.HasSuffix(text, []byte("\n")) }

// locate finds where a Secret is written.
func (r *rewriter) locate(s *secret) (*written, error) {
	if first := s.doc.Root.Items[0]; first.KeyAt == (manifest.Pos{}) {
		return nil, r.refuse(s, s.doc.At(), "make it a List whose items say what they are", "a SecretList cannot hold a SealedSecret")
	}
	root, err := r.surface.find(s.doc.Root)
	if err != nil {
		return nil, r.placed(s, err)
	}
	if root.alias {
		return nil, r.refuse(s, s.doc.At(), "write it out", "it is an alias")
	}
	w := &written{secret: s, root: root}
	for _, name := range []string{"apiVersion", "kind", "metadata", "data", "stringData", "type", "immutable"} {
		f := root.field(name)
		if f == nil {
			continue
		}
		if f.value.alias {
			return nil, r.placed(s, strange{f.value.start, name + " is an alias, which names something that is written elsewhere"})
		}
		if between := r.surface.text[f.value.start:max(f.value.start, f.value.body)]; !f.value.isCollection() && bytes.ContainsAny(between, "\n#") {
			return nil, r.placed(s, r.surface.unknown(f.value.start))
		}
	}
	return w, nil
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
			return r.refuse(in.secret, n.Place(), "write the value out", "another object of the file has an alias of something in the Secret")
		case n != nil:
			return r.refuse(own.secret, n.Place(), "write the value out", "%q is an alias of something outside of the Secret", n.Key)
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
			return r.placed(w.secret, strange{w.root.start + i, "an alias names the anchor &" + name + ", which goes away when its value is sealed"})
		}
	}
	return nil
}

// edits are the changes that make a Secret a SealedSecret.
func (r *rewriter) edits(w *written) ([]edit, error) {
	s := r.surface
	edits := []edit{
		s.replaceScalar(w.root.field("apiVersion").value, sealedAPIVersion),
		s.replaceScalar(w.root.field("kind").value, sealedKind),
	}
	metadata, err := s.metadataEdits(w)
	if err != nil {
		return nil, r.placed(w.secret, err)
	}
	if !w.root.flow {
		return slices.Concat(edits, metadata, s.blockSpec(w)), nil
	}
	spec, err := s.flowSpec(w)
	if err != nil {
		return nil, r.placed(w.secret, err)
	}
	return slices.Concat(edits, metadata, spec), nil
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

// metadataEdits drop what must not stay and add the namespace.
func (s *surface) metadataEdits(w *written) ([]edit, error) {
	meta := w.root.field("metadata").value
	drop := w.droppedMetadata()
	edits, err := s.drop(meta, drop)
	if err != nil {
		return nil, err
	}
	if annotations := w.droppedAnnotations(); len(annotations) > 0 && !slices.Contains(drop, "annotations") {
		at := meta.field("annotations").value
		if at.alias {
			return nil, strange{at.start, "annotations is an alias, and a copy of the Secret must be taken out of it"}
		}
		more, err := s.drop(at, annotations)
		if err != nil {
			return nil, err
		}
		edits = append(edits, more...)
	}
	if w.added {
		edits = append(edits, s.addNamespace(meta, w.namespace))
	}
	return edits, nil
}

func (s *surface) addNamespace(meta place, namespace string) edit {
	value := yamlString(namespace)
	if f := meta.field("namespace"); f != nil {
		if f.value.start == f.value.end {
			return edit{extent{f.colon, f.colon}, " " + value}
		}
		return edit{f.value.extent, value}
	}
	name := meta.field("name")
	if meta.flow {
		style := s.flowStyle(meta)
		at := name.value.end
		return edit{extent{at, at}, style.separator() + style.field("namespace", namespace)}
	}
	at := s.lineEnd(name.value.end)
	return edit{extent{at, at}, s.lineBreak(meta.start) + strings.Repeat(" ", s.column(name.key.start)) + "namespace: " + value}
}

// lineBreak is the line break that the text around an offset uses.
func (s *surface) lineBreak(at int) string {
	end := s.lineEnd(at)
	if s.char(end) == '\r' || end == len(s.text) && bytes.Contains(s.text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// drop takes fields out of a map.
func (s *surface) drop(p place, names []string) ([]edit, error) {
	if len(names) == 0 {
		return nil, nil
	}
	if p.flow {
		return s.dropFlow(p, names)
	}
	var edits []edit
	for _, f := range p.fields {
		if !slices.Contains(names, f.name) {
			continue
		}
		start := s.lineStart(f.key.start)
		if len(bytes.TrimLeft(s.text[start:f.key.start], " ")) > 0 {
			return nil, s.unknown(f.key.start)
		}
		e := edit{extent: s.wholeLines(start, s.lineEnd(f.last()))}
		for _, line := range s.commentsAbove(f) {
			e.text += line + s.lineBreak(start)
		}
		edits = append(edits, e)
	}
	return edits, nil
}

// commentsAbove are the comments above the fields of a map in a map, which stay
// when it goes.
func (s *surface) commentsAbove(f field) (lines []string) {
	from := f.colon
	for _, inner := range f.value.fields {
		lines = append(lines, trimBlank(s.remarks(from, inner.key.start).lines)...)
		from = inner.last()
	}
	return lines
}

// wholeLines is an extent of lines with the line break behind them.
func (s *surface) wholeLines(start, end int) extent { return extent{start, s.behindBreak(end)} }
