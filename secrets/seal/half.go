package seal

import (
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// half is a SealedSecret with something in the clear that can be sealed.
type half struct {
	doc *manifest.Document
	identity
	examination
}

// readHalf looks at a SealedSecret and refuses one of which it is not known what is to
// be sealed.
func (r *rewriter) readHalf(d *manifest.Document) (*half, error) {
	h := &half{doc: d, examination: examine(d)}
	h.scope = annotatedScope(d.Root.Lookup("metadata", "annotations"))
	if err := r.bindHalf(h); err != nil {
		h.wipe()
		return nil, err
	}
	return h, nil
}

func (r *rewriter) bindHalf(h *half) (err error) {
	if len(h.clear) == 0 {
		return nil
	}
	for _, v := range h.clear {
		if v.doubt != "" {
			return r.refuse(h.doc, v.at, v.fix, "the value of %q stands in the clear and cannot be sealed: %s", v.key, v.doubt)
		}
		if reason := badKey(v.key); reason != "" {
			return r.refuse(h.doc, v.at, "name it otherwise", "a Secret cannot have the key %q: %s", v.key, reason)
		}
	}
	if err := r.single(h.doc); err != nil {
		return err
	}
	h.identity, err = r.identify(h.doc)
	return err
}

// sortHalf files a SealedSecret under those to seal, or under those that are sealed.
func (r *rewriter) sortHalf(h *half) {
	for _, n := range h.awaiting {
		r.result.Left = append(r.result.Left, noteOf(h.doc, n.Place(), "the value of %q is still to come: gatehouse seal set seals one", n.Key))
	}
	for _, n := range h.broken {
		r.result.Left = append(r.result.Left, noteOf(h.doc, n.Place(), "the value of %q is no ciphertext that can be opened: gatehouse seal set seals it anew", n.Key))
	}
	for _, f := range h.mixed {
		r.result.Left = append(r.result.Left, noteOf(h.doc, f.At, "%q: %s", f.Key, f.Reason))
	}
	if len(h.clear)+len(h.copies) == 0 {
		r.result.Already++
		return
	}
	r.halves = append(r.halves, h)
}

// sealHalf says how the rest of a SealedSecret is sealed.
func (r *rewriter) sealHalf(h *half) (*written, error) {
	w := &written{doc: h.doc, scope: h.scope}
	for _, v := range h.clear {
		w.values, w.keys = append(w.values, v.value), append(w.keys, v.key)
	}
	ciphertexts, err := r.encrypt(h.doc, h.identity, w.values)
	if err != nil {
		return nil, err
	}
	there := map[string]manifest.Node{}
	for key, ciphertext := range ciphertexts {
		there[key] = text("", ciphertext)
	}
	root := *h.doc.Root
	if len(there) > 0 {
		root = putAll(root, there, encryptedData...)
	}
	for _, path := range append([][]string{templateData}, misplaced...) {
		gone := map[string]bool{}
		for _, v := range h.clear {
			if slices.Equal(v.path, path) {
				gone[v.key] = true
			}
		}
		root = takeAll(root, gone, path...)
	}
	for _, path := range h.copies {
		root = take(root, path...)
	}
	return w, r.amended(w, r.recorded(root, w.keys, false))
}
