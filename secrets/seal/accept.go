package seal

import (
	"bytes"
	"reflect"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// accept reads the new text and takes it only if it says exactly what it must:
// each sealed Secret is the SealedSecret that was meant, every other document is
// what it was, and no value is left beside its ciphertext.
func (r *rewriter) accept(found []*written, text []byte) error {
	file := manifest.Read(r.name, text, r.options.Limits)
	sealed := map[*manifest.Document]*written{}
	for _, w := range found {
		sealed[w.doc] = w
	}
	if len(file.Broken) > 0 || len(file.Templated) > 0 || file.Found != r.file.Found || len(file.Documents) != len(r.file.Documents) {
		return r.unaccepted(found[0])
	}
	s := newSurface(file.Text)
	for i, old := range r.file.Documents {
		now, want := file.Documents[i], old.Root
		w := sealed[old]
		if w != nil {
			want = w.expected(w.ciphertexts)
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
	return r.refuse(w.secret, w.doc.At(), "write the Secret out in plain block style, or as JSON",
		"the file would not read as it must after sealing: the Secret is written in a way that cannot be rewritten")
}

func (w *written) object(now *manifest.Document) Object {
	o := Object{Object: now.Object, Scope: w.scope, Line: now.At().Line, EndLine: now.Root.EndLine()}
	for _, v := range w.values {
		o.Keys = append(o.Keys, v.key)
	}
	return o
}

// guardLeft refuses a SealedSecret that still shows one of its values, in a
// comment or an annotation, as it is or in base64.
func (r *rewriter) guardLeft(w *written, now *manifest.Document, s *surface) error {
	root, err := s.find(now.Root)
	if err != nil {
		return r.unaccepted(w)
	}
	around := s.withComments(root.extent)
	comments := s.onlyComments(around)
	for _, v := range w.values {
		forms := v.telling()
		for _, form := range forms {
			if bytes.Contains(comments, form) {
				return r.refuse(w.secret, v.node.Place(), "take it out of the comment", "a comment of the Secret holds the value of %q, or a line of it", v.key)
			}
			if name := w.annotationWith(string(form)); name != "" {
				return r.refuse(w.secret, w.annotations().Get(name).Place(), "take it out of the annotation", "the annotation %q holds the value of %q, or a line of it", name, v.key)
			}
		}
		for _, form := range forms {
			clear(form)
		}
	}
	return nil
}

// annotationWith names the first kept annotation that holds a text.
func (w *written) annotationWith(form string) string {
	if w.annotations() == nil {
		return ""
	}
	for _, f := range w.annotations().Items {
		if !slices.Contains(copies, f.Key) && strings.Contains(f.Text, form) {
			return f.Key
		}
	}
	return ""
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
