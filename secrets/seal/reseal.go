package seal

import (
	"encoding/base64"
	"errors"
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// Resealing says what is sealed anew, and where the values come from.
type Resealing struct {
	// Object selects among the SealedSecrets of the file; the zero value selects all.
	Object Selector
	// Given are values that somebody knows. They are their owner's to overwrite.
	Given []GivenValue
	// Keys are private keys of controllers. With that of the certificate among them it
	// is known for certain which values need not be sealed anew.
	Keys PrivateKeys
	// Open opens what Keys do not; nil opens nothing.
	Open Opener
	// All seals also what is sealed with the certificate already.
	All bool
}

// GivenValue is the value of one key.
type GivenValue struct {
	Object Selector
	Key    string
	Plain  []byte
}

// Reseal seals the values of SealedSecrets for the certificate of the options, and
// records it. Only what must change does: a value stays that is recorded as sealed with
// the certificate, unless its ciphertext cannot be, and one that the private key of the
// certificate opens. Result.Left names the values that nobody can open. An object of
// which only the record changed stands in Result.Sealed without keys. The error is as
// of File, or that of the Opener.
func Reseal(name string, text []byte, how Resealing, o Options) (Result, error) {
	r, err := open(name, text, o)
	if err != nil {
		return Result{}, err
	}
	if err := r.ready(); err != nil {
		return Result{}, err
	}
	var found []*written
	defer func() {
		for _, w := range found {
			for _, v := range w.values {
				if !how.owns(v.plain) {
					clear(v.plain)
				}
			}
		}
	}()
	matched := false
	for _, d := range r.file.Documents {
		if !sealed.IsSealedSecret(d) || !how.Object.Matches(d.Object) {
			continue
		}
		matched = true
		w := &written{doc: d}
		found = append(found, w)
		if err := r.reseal(w, how); err != nil {
			return Result{}, err
		}
	}
	if !matched && how.Object != (Selector{}) {
		return Result{}, &Error{File: name, Reason: "there is no such SealedSecret in it", Fix: r.instead()}
	}
	changed := slices.DeleteFunc(slices.Clone(found), func(w *written) bool { return len(w.edits) == 0 })
	r.result.Already = len(found) - len(changed)
	return r.finished(changed, text)
}

// owns tells a value that was given, whose bytes are their owner's.
func (how Resealing) owns(plain []byte) bool {
	return slices.ContainsFunc(how.Given, func(g GivenValue) bool {
		return len(plain) > 0 && len(g.Plain) == len(plain) && &g.Plain[0] == &plain[0]
	})
}

// given is the value of a key that somebody knows.
func (how Resealing) given(o manifest.Object, key string) ([]byte, bool) {
	for _, g := range how.Given {
		if g.Key == key && g.Object.Matches(o) {
			return g.Plain, true
		}
	}
	return nil, false
}

// reseal says how one SealedSecret is sealed anew.
func (r *rewriter) reseal(w *written, how Resealing) error {
	err := r.single(w.doc)
	if err != nil {
		return err
	}
	if w.root, err = r.find(w.doc); err != nil {
		return err
	}
	prints, id, err := r.renewAll(w, how)
	if err != nil {
		return err
	}
	ciphertexts, err := r.encrypt(w.doc, id, w.values)
	if err != nil {
		return err
	}
	root := *w.doc.Root
	if len(ciphertexts) > 0 {
		there := map[string]manifest.Node{}
		for key, ciphertext := range ciphertexts {
			there[key] = text("", ciphertext)
		}
		root = putAll(root, there, encryptedData...)
	}
	anew := !r.options.Unrecorded && canRecord(w.root)
	return r.amended(w, record(root, anew, func(key, _ string) string { return prints[key] }))
}

// renewAll opens the values that must be sealed anew, and gives the fingerprints of the
// certificates that the values are sealed with afterwards.
func (r *rewriter) renewAll(w *written, how Resealing) (prints map[string]string, id identity, err error) {
	old := sealed.ReadRecord(w.doc.Root.Lookup("metadata", "annotations", sealed.SealedWith).Str())
	prints = map[string]string{}
	var values []*manifest.Node
	eachField(w.doc.Root, encryptedData, func(n *manifest.Node) {
		if n.Kind != manifest.String || !sealed.IsFilledIn(n.Text) {
			values = append(values, n)
		}
	})
	if len(values) == 0 {
		return prints, id, nil
	}
	if id, err = r.identify(w.doc); err != nil {
		return nil, id, err
	}
	w.scope = id.scope
	now := r.options.Certificate.Fingerprint
	for _, n := range values {
		plain, what, err := r.renew(w.doc, id, n, old.Of(n.Key), how)
		if err != nil {
			return nil, id, err
		}
		switch prints[n.Key] = now; what {
		case renewed:
			w.values = append(w.values, value{key: n.Key, plain: plain, at: n.Place(), class: secrets.Classify(n.Key, string(plain), secrets.Held).Class})
			w.keys = append(w.keys, n.Key)
		case left:
			if prints[n.Key] = old.Of(n.Key); prints[n.Key] == now {
				prints[n.Key] = "" // the record is wrong
			}
		}
	}
	return prints, id, nil
}

// outcome is what becomes of one value.
type outcome int

const (
	left    outcome = iota // as it is, and it is not known to be sealed with the certificate
	stayed                 // as it is, since it is sealed with the certificate
	renewed                // it is sealed anew
)

// renew finds out whether a value must be sealed anew, and opens it. recorded is the
// fingerprint that is recorded for it.
func (r *rewriter) renew(d *manifest.Document, id identity, n *manifest.Node, recorded string, how Resealing) ([]byte, outcome, error) {
	plain, given := how.given(d.Object, n.Key)
	c, ok := sealed.ReadCiphertext(n.Str())
	switch {
	case !ok && given:
		return plain, renewed, nil
	case !ok:
		r.leave(d, n, "is no ciphertext that can be opened: gatehouse seal set seals it anew")
		return nil, left, nil
	}
	certificate := r.options.Certificate
	fits := !c.Excludes(certificate.key)
	if fits && recorded == certificate.Fingerprint && !how.All && !how.Keys.has(certificate.key) {
		return nil, stayed, nil
	}
	raw, _ := base64.StdEncoding.DecodeString(n.Text) // it was read before
	v := SealedValue{Namespace: id.namespace, Name: id.name, Scope: id.scope, Key: n.Key, Ciphertext: raw}
	opened, key, err := how.Keys.open(v)
	if err == nil && key.PublicKey.Equal(certificate.key) && !how.All {
		clear(opened)
		return nil, stayed, nil
	}
	switch {
	case given:
		clear(opened)
		return plain, renewed, nil
	case err == nil:
		return opened, renewed, nil
	case how.Open != nil:
		plain, err = how.Open(v)
		if err == nil {
			return plain, renewed, nil
		}
		if !errors.Is(err, ErrCannotOpen) {
			return nil, left, err
		}
	}
	r.leave(d, n, "was not sealed anew: "+cannotOpen(how))
	return nil, left, nil
}

// cannotOpen says why a value is not opened.
func cannotOpen(how Resealing) string {
	if how.Open != nil || how.Keys.Len() > 0 {
		return "no key that was given opens it"
	}
	return "it is not known, and no private key was given to open it"
}

func (r *rewriter) leave(d *manifest.Document, n *manifest.Node, why string) {
	r.result.Left = append(r.result.Left, noteOf(d, n.Place(), "the value of %q %s", n.Key, why))
}
