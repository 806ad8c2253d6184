package seal

import (
	"bytes"
	"reflect"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// accept reads the new text and takes it only if it says exactly what it must:
// each object that was to change is what was meant, every other document is what it
// was, and no value is left beside its ciphertext.
func (r *rewriter) accept(found []*written, text []byte) error {
	file := manifest.Read(r.name, text, r.options.Limits)
	changed := map[*manifest.Document]*written{}
	for _, w := range found {
		changed[w.doc] = w
	}
	if len(file.Broken) > 0 || len(file.Templated) > 0 || file.Found != r.file.Found || len(file.Documents) != len(r.file.Documents) {
		return r.unaccepted(found[0])
	}
	s := newSurface(file.Text)
	for i, old := range r.file.Documents {
		now, want := file.Documents[i], old.Root
		w := changed[old]
		if w != nil {
			want = w.want
		}
		if !reflect.DeepEqual(now.Root.Value(), want.Value()) || w == nil && old.Item != now.Item {
			if w == nil {
				w = found[0]
			}
			return r.unaccepted(w)
		}
		if w == nil {
			continue
		}
		if err := r.guardLeft(w, now, s); err != nil {
			return err
		}
		r.result.Sealed = append(r.result.Sealed, w.object(now))
	}
	r.result.Text = text
	return nil
}

func (r *rewriter) unaccepted(w *written) error {
	return r.refuse(w.doc, w.doc.At(), writeOut,
		"the file would not read as it must afterwards: the object is written in a way that cannot be rewritten")
}

func (w *written) object(now *manifest.Document) Object {
	return Object{Object: now.Object, Scope: w.scope, Line: now.At().Line, EndLine: now.Root.EndLine(), Keys: w.keys}
}

// guardScope refuses a SealedSecret whose annotations do not give the scope that
// somebody meant, as the gate would.
func (r *rewriter) guardScope(w *written) error {
	meant := manifest.NewDocument(r.name, w.doc.Index, w.doc.Item, w.want)
	for _, f := range sealed.SealedSecret(meant, sealed.Options{AllowEmpty: true}) {
		if f.Kind == sealed.SealedScopeMismatch && f.Certain {
			return r.refuse(w.doc, f.At, "correct the annotation", "%s: %s", f.Field, f.Reason)
		}
	}
	return nil
}

// guardLeft refuses an object that still shows one of its values: in a comment, in an
// annotation or in the template, as it is or in base64.
func (r *rewriter) guardLeft(w *written, now *manifest.Document, s *surface) error {
	if len(w.values) == 0 {
		return nil
	}
	root, err := s.find(now.Root)
	if err != nil {
		return r.unaccepted(w)
	}
	comments := s.onlyComments(s.withComments(root.extent))
	open := openTexts(now.Root)
	if looks := (len(comments) + sizeOf(open)) * len(w.values); looks > mostSearched {
		return r.refuse(w.doc, w.doc.At(), "take most of its comments out", "its comments and annotations are too long to be searched for all of its values")
	}
	for _, v := range w.values {
		if err := r.guardValue(w, v, comments, open); err != nil {
			return err
		}
	}
	return nil
}

// mostSearched bounds the bytes that are searched, over all values of an object.
const mostSearched = 1 << 33

func sizeOf(list []openText) (n int) {
	for _, t := range list {
		n += len(t.node.Text)
	}
	return n
}

// guardValue looks for one value in comments and open texts.
func (r *rewriter) guardValue(w *written, v value, comments []byte, open []openText) error {
	forms := v.telling()
	if len(forms) > 0 {
		defer clear(forms[inEncoding]) // the others are the value itself and parts of it
	}
	for _, form := range forms {
		if bytes.Contains(comments, form) {
			return r.refuse(w.doc, v.at, "take it out of the comment", "a comment of the Secret holds the value of %q, or a line of it", v.key)
		}
		for _, t := range open {
			if strings.Contains(t.node.Text, string(form)) {
				return r.refuse(w.doc, placeOf(w.doc, t, v.at), "take it out of the "+t.what, "the %s %q holds the value of %q, or a line of it", t.what, t.node.Key, v.key)
			}
		}
	}
	return nil
}

// openText is a text of an object that everybody may read.
type openText struct {
	what string
	path []string // of the map that it stands in
	node *manifest.Node
}

// openTexts are the annotations, and the values of the template of a SealedSecret.
func openTexts(root *manifest.Node) (list []openText) {
	for _, in := range []openText{
		{what: "annotation", path: []string{"metadata", "annotations"}},
		{what: "annotation", path: []string{"spec", "template", "metadata", "annotations"}},
		{what: "template of", path: []string{"spec", "template", "data"}},
	} {
		n := root.Lookup(in.path...)
		if n == nil || n.Kind != manifest.Map {
			continue
		}
		for i := range n.Items {
			list = append(list, openText{in.what, in.path, &n.Items[i]})
		}
	}
	return list
}

// placeOf is where a text of the new file stood in the old one, or another place.
func placeOf(old *manifest.Document, t openText, other manifest.Pos) manifest.Pos {
	if n := old.Root.Lookup(append(t.path[:len(t.path):len(t.path)], t.node.Key)...); n != nil {
		return n.Place()
	}
	return other
}

// withComments widens an extent to the comments directly above and below it.
func (s *surface) withComments(e extent) extent {
	isComment := func(start int) bool {
		bare := bytes.TrimSpace(s.text[start:s.lineEnd(start)])
		return len(bare) == 0 || bare[0] == '#'
	}
	e.start = s.lineStart(e.start)
	for e.start > 0 && isComment(s.lineStart(e.start-1)) {
		e.start = s.lineStart(e.start - 1)
	}
	e.end = s.lineEnd(e.end)
	for next := s.behindBreak(e.end); next > e.end && next < len(s.text) && isComment(next); next = s.behindBreak(e.end) {
		e.end = s.lineEnd(next)
	}
	return e
}

// onlyComments keeps of each line what stands from its first # on.
func (s *surface) onlyComments(e extent) []byte {
	var out []byte
	for line := range bytes.Lines(s.text[e.start:e.end]) {
		if i := bytes.IndexByte(line, '#'); i >= 0 {
			out = append(out, line[i:]...)
		}
	}
	return out
}
