// Package seal turns plaintext Secrets into sealed ones: bytes in, bytes out.
//
// File seals what stands in the clear in a YAML or JSON file, in the format of
// github.com/bitnami-labs/sealed-secrets. Set, Unset and Reseal change single values of
// SealedSecrets, Create writes a new one, and Status tells how far a file is sealed.
// VaultManifest puts references to Vault in the place of Secrets. All of them edit the
// text where something changes and leave every other byte as it is: comments, other
// documents, order, quotes, line ends. What comes out is read again, and taken only if
// it says exactly what it must.
//
// The package does no I/O and reads no clock. It does not know where a file or a
// certificate comes from, whether the certificate is the right one for a cluster,
// what else the gate has to say of the result, how a file is written, or how to reach
// Vault or a controller.
//
// No error and no note of it holds a value of a Secret. Byte slices into which it
// decodes values are overwritten with zeros when they have been encrypted. That
// cannot be done to the strings of the parsed manifest, which Go may also have
// copied when it moved a stack or grew a buffer: they last until the garbage
// collector uses their memory again. The texts and values that are passed in are
// their owner's to overwrite.
package seal

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// Options say how the Secrets of a file are sealed.
type Options struct {
	// Certificate is whose private key can open them.
	Certificate Certificate
	// Namespace is that of the Secrets that name none; it is written into them. One
	// that names another is refused. "" supplies none. A SealedSecret without one gets
	// its values sealed for it and is otherwise left as it is.
	Namespace string
	// Scope is that of the Secrets whose annotations ask for none; where it is not
	// Strict, the annotation is written into them. One whose annotations say something
	// else is refused. "" stands for what the annotations say.
	Scope Scope
	// Known makes the same value of the same Secret the same ciphertext in every
	// file that is sealed with it; nil encrypts each anew.
	Known *Known
	// Unrecorded leaves out the annotation sealed.SealedWith, which records the
	// certificate. A record that is there is kept true all the same.
	Unrecorded bool
	// AllowEmpty takes an empty value of Set and Create for meant.
	AllowEmpty bool
	// Limits bound what is read; the zero value stands for manifest.DefaultLimits.
	Limits manifest.Limits
}

// Result is a file after sealing.
type Result struct {
	// Text is the whole file. Where nothing was changed it is the text as it was.
	Text []byte
	// Sealed are the objects that were changed, in file order.
	Sealed []Object
	// Already counts the documents that are sealed already: SealedSecrets and
	// documents that SOPS has encrypted.
	Already int
	// Left are the objects that were left as they are, or values of them, though they
	// are not sealed: because they hold no value of their own, or none that is known.
	Left []Note
	// Notes are what a person should know of what was sealed.
	Notes []Note
	// Values recognises the values that were sealed where they stand in plain text.
	Values Values
}

// Object is one Secret that was sealed, or a SealedSecret of which values were sealed.
type Object struct {
	manifest.Object          // as the new object is named
	Scope           Scope    // where it can be opened
	Keys            []string // that were sealed, or taken away, in the order in which they are written
	// Line and EndLine are where the object stands in the new text.
	Line, EndLine uint32
}

// Note is something about one place of the file as it was.
type Note struct {
	Line   uint32
	Object manifest.Object
	Text   string // one sentence without a full stop and without a value
}

// Error says why a file was not sealed. Nothing of it was.
type Error struct {
	File   string          // "" where no file is meant
	Line   uint32          // 0 for the file as a whole
	Object manifest.Object // zero where no one Secret is meant
	Reason string          // without a value
	Fix    string          // the next step, or ""
	// Broken tells that a document could not be read, so that nobody knows whether
	// there is a Secret in it.
	Broken bool
	// Template tells that a document is a template: its values do not stand in it.
	Template bool
}

// ErrNoCertificate is the error of a file with a Secret to seal where the options
// have no certificate.
var ErrNoCertificate = errors.New("there is no certificate to seal with")

// Error gives file, line, object and reason.
func (e *Error) Error() string {
	var parts []string
	if e.File != "" && e.Line > 0 {
		parts = append(parts, fmt.Sprintf("%s:%d", e.File, e.Line))
	} else if e.File != "" {
		parts = append(parts, e.File)
	}
	switch {
	case e.Object.IsZero():
	case e.Object.Name == "":
		parts = append(parts, e.Object.Kind)
	default:
		parts = append(parts, e.Object.String())
	}
	return strings.Join(append(parts, e.Reason), ": ")
}

// File seals the plaintext Secrets of a file, and what stands in the clear in its
// SealedSecrets. name is its path; with the content it decides how the file is read, as
// in manifest.Read. text is not changed and must not be changed while the result is in
// use. The error is an *Error or ErrNoCertificate; then nothing is sealed. Sealing the
// result again changes nothing.
func File(name string, text []byte, o Options) (Result, error) {
	r, err := open(name, text, o)
	if err != nil {
		return Result{}, err
	}
	defer r.wipe()
	if err := r.collect(); err != nil {
		return Result{}, err
	}
	if len(r.secrets) == 0 && len(r.halves) == 0 {
		return r.result, nil
	}
	if err := r.ready(); err != nil {
		return Result{}, err
	}
	found, err := r.sealAll()
	if err != nil {
		return Result{}, err
	}
	return r.finished(found, text)
}

// collect finds what is to be sealed among the documents.
func (r *rewriter) collect() error {
	for _, d := range r.file.Documents {
		switch {
		case isSOPS(d):
			r.result.Already++
		case sealed.IsSealedSecret(d):
			h, err := r.readHalf(d)
			if err != nil {
				return err
			}
			r.sortHalf(h)
		case isSecret(d):
			s, err := r.read(d, r.bindScope)
			if err != nil {
				return err
			}
			r.sort(s)
		}
	}
	return nil
}

// sort files a Secret under those to seal, or under those to leave.
func (r *rewriter) sort(s *secret) {
	if s.hasOwn() {
		r.secrets = append(r.secrets, s)
		r.result.Notes = append(r.result.Notes, s.notes...)
		return
	}
	why := "it has no values to seal"
	if s.filled > 0 {
		why = "its values are references or templates, which something else fills in"
	}
	r.result.Left = append(r.result.Left, s.note(s.doc.At(), "%s", why))
	s.wipe()
}

// sealAll says how each Secret and SealedSecret is to change.
func (r *rewriter) sealAll() ([]*written, error) {
	var found []*written
	for _, s := range r.secrets {
		root, err := r.locate(s.doc)
		if err != nil {
			return nil, err
		}
		found = append(found, &written{doc: s.doc, root: root, values: s.values, scope: s.scope})
	}
	if err := r.guardBorders(found); err != nil {
		return nil, err
	}
	for i, s := range r.secrets {
		if err := r.sealSecret(s, found[i]); err != nil {
			return nil, err
		}
	}
	for _, h := range r.halves {
		w, err := r.sealHalf(h)
		if err != nil {
			return nil, err
		}
		found = append(found, w)
	}
	slices.SortStableFunc(found, func(a, b *written) int { return a.root.start - b.root.start })
	return found, nil
}

// sealSecret says how a Secret becomes a SealedSecret.
func (r *rewriter) sealSecret(s *secret, w *written) error {
	ciphertexts, err := r.encrypt(s.doc, s.identity, s.values)
	if err != nil {
		return err
	}
	fingerprint := r.options.Certificate.Fingerprint
	if r.options.Unrecorded || !canRecord(w.root) {
		fingerprint = ""
	}
	w.want = s.expected(ciphertexts, fingerprint)
	for _, v := range s.values {
		w.keys = append(w.keys, v.key)
	}
	if err := r.guardScope(w); err != nil {
		return err
	}
	w.edits, err = r.reform(s, w.root, ciphertexts, secretForm{
		apiVersion: sealedAPIVersion, kind: sealedKind, lines: sealedSpec,
		metadata: *w.want.Get("metadata"), spec: *w.want.Get("spec"),
	})
	return err
}
