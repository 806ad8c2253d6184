// Package seal turns plaintext Secrets into sealed ones: bytes in, bytes out.
//
// File rewrites the v1 Secrets of a YAML or JSON file to SealedSecrets in the
// format of github.com/bitnami-labs/sealed-secrets. It edits the text where the
// Secret is written and leaves every other byte as it is: comments, other
// documents, order, quotes, line ends.
//
// The package does no I/O and reads no clock. It does not know where a file or a
// certificate comes from, whether the certificate is the right one for a cluster,
// what else the gate has to say of the result, or how a file is written.
//
// No error and no note of it holds a value of a Secret. Byte slices into which it
// decodes values are overwritten with zeros when they have been encrypted. That
// cannot be done to the strings of the parsed manifest, which Go may also have
// copied when it moved a stack or grew a buffer: they last until the garbage
// collector uses their memory again. The text that is passed in is its owner's to
// overwrite.
package seal

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Options say how the Secrets of a file are sealed.
type Options struct {
	// Certificate is whose private key can open them.
	Certificate Certificate
	// Namespace is that of the Secrets that name none; it is written into them. One
	// that names another is refused. "" supplies none.
	Namespace string
	// Known makes the same value of the same Secret the same ciphertext in every
	// file that is sealed with it; nil encrypts each anew.
	Known *Known
	// Limits bound what is read; the zero value stands for manifest.DefaultLimits.
	Limits manifest.Limits
}

// Result is a file after sealing.
type Result struct {
	// Text is the whole file. Where nothing was sealed it is the text as it was.
	Text []byte
	// Sealed are the Secrets that were sealed, in file order.
	Sealed []Object
	// Already counts the documents that are sealed already: SealedSecrets and
	// documents that SOPS has encrypted.
	Already int
	// Left are the Secrets that were left as they are because they hold no value of
	// their own.
	Left []Note
	// Notes are what a person should know of the Secrets that were sealed.
	Notes []Note
	// Values recognises the values that were sealed where they stand in plain text.
	Values Values
}

// Object is one Secret that was sealed.
type Object struct {
	manifest.Object          // as the SealedSecret is named
	Scope           Scope    // where it can be opened
	Keys            []string // in the order in which they are written
	// Line and EndLine are where the SealedSecret stands in the new text.
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
	File   string
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
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	switch {
	case e.Object.IsZero():
	case e.Object.Name == "":
		b.WriteString(": " + e.Object.Kind)
	default:
		b.WriteString(": " + e.Object.String())
	}
	return b.String() + ": " + e.Reason
}

// File seals the plaintext Secrets of a file. name is its path; with the content
// it decides how the file is read, as in manifest.Read. text is not changed and
// must not be changed while the result is in use. The error is an *Error or
// ErrNoCertificate; then nothing is sealed. Sealing the result again changes
// nothing.
func File(name string, text []byte, o Options) (Result, error) {
	if o.Limits == (manifest.Limits{}) {
		o.Limits = manifest.DefaultLimits()
	}
	file := manifest.Read(name, text, o.Limits)
	if err := readable(file); err != nil {
		return Result{}, err
	}
	r := rewriter{name: name, file: file, options: o, surface: newSurface(file.Text), result: Result{Text: text}}
	defer r.wipe()
	if err := r.collect(); err != nil {
		return Result{}, err
	}
	if len(r.secrets) == 0 {
		return r.result, nil
	}
	if o.Certificate.key == nil {
		return Result{}, ErrNoCertificate
	}
	if err := r.writable(); err != nil {
		return Result{}, err
	}
	if err := r.rewrite(text); err != nil {
		return Result{}, err
	}
	return r.result, nil
}

// readable refuses a file of which a part could not be read.
func readable(f *manifest.File) error {
	if len(f.Broken) > 0 {
		b := f.Broken[0]
		return &Error{File: f.Path, Line: b.At.Line, Reason: "a document cannot be read: " + b.Reason,
			Fix: "mend it first; until then nobody knows whether it holds a Secret", Broken: true}
	}
	if len(f.Templated) > 0 {
		return &Error{File: f.Path, Line: f.Templated[0].Line, Reason: "a document is a template, whose values do not stand in it",
			Fix: "seal a file with the values, and let the template refer to the Secret by its name", Template: true}
	}
	return nil
}

// rewriter seals the Secrets of one file.
type rewriter struct {
	name    string
	file    *manifest.File
	options Options
	surface *surface
	secrets []*secret
	result  Result
}

// wipe overwrites all values that were decoded.
func (r *rewriter) wipe() {
	for _, s := range r.secrets {
		s.wipe()
	}
}

// collect finds the Secrets to seal among the documents.
func (r *rewriter) collect() error {
	for _, d := range r.file.Documents {
		switch {
		case isSOPS(d) || d.Object.Group() == "bitnami.com" && d.Object.Kind == "SealedSecret":
			r.result.Already++
		case d.Object.Kind == "Secret" && d.Object.APIVersion == "v1":
			s, err := r.read(d)
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

// isSOPS recognises the metadata that SOPS adds to what it encrypts.
func isSOPS(d *manifest.Document) bool {
	sops := d.Root.Get("sops")
	return sops.Get("mac") != nil || sops.Get("lastmodified") != nil && sops.Get("version") != nil
}

// writable refuses texts whose bytes cannot be edited in place.
func (r *rewriter) writable() error {
	fail := func(reason, fix string) error { return &Error{File: r.name, Reason: reason, Fix: fix} }
	switch {
	case r.file.Encoding != "":
		return fail("the file is "+r.file.Encoding, "save it as UTF-8")
	case hasLoneReturn(r.file.Text):
		return fail("a line ends with a lone carriage return", "save it with the line ends of Unix (LF) or Windows (CRLF)")
	}
	return nil
}

func hasLoneReturn(text []byte) bool {
	for i, c := range text {
		if c == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			return true
		}
	}
	return false
}

// refuse makes the error of a Secret.
func (r *rewriter) refuse(s *secret, at manifest.Pos, fix, format string, args ...any) error {
	return &Error{File: r.name, Line: at.Line, Object: s.doc.Object, Reason: fmt.Sprintf(format, args...), Fix: fix}
}

// placed gives an error of the surface its line.
func (r *rewriter) placed(s *secret, err error) error {
	at := s.doc.At()
	var odd strange
	if errors.As(err, &odd) && odd.at > 0 {
		at.Line = r.surface.line(odd.at)
	}
	return r.refuse(s, at, "write the Secret out in plain block style, or as JSON", "%s", err)
}
