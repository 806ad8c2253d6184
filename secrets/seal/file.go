package seal

import (
	"errors"
	"fmt"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// rewriter changes the objects of one file.
type rewriter struct {
	name    string
	file    *manifest.File
	options Options
	surface *surface
	secrets []*secret // plaintext, to be sealed
	halves  []*half   // SealedSecrets with something in the clear
	result  Result
}

// open reads a file that is to be changed.
func open(name string, text []byte, o Options) (*rewriter, error) {
	if o.Limits == (manifest.Limits{}) {
		o.Limits = manifest.DefaultLimits()
	}
	if _, err := ParseScope(string(o.Scope)); err != nil {
		return nil, &Error{File: name, Reason: err.Error()}
	}
	file := manifest.Read(name, text, o.Limits)
	if err := readable(file); err != nil {
		return nil, err
	}
	return &rewriter{name: name, file: file, options: o, surface: newSurface(file.Text), result: Result{Text: text}}, nil
}

// ready refuses to seal without a certificate, and a text that cannot be edited.
func (r *rewriter) ready() error {
	if r.options.Certificate.key == nil {
		return ErrNoCertificate
	}
	return r.writable()
}

// finished makes the changes and gives the result. text is the file as it was.
func (r *rewriter) finished(found []*written, text []byte) (Result, error) {
	if err := r.finish(found, text); err != nil {
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

// wipe overwrites all values that were decoded.
func (r *rewriter) wipe() {
	for _, s := range r.secrets {
		s.wipe()
	}
	for _, h := range r.halves {
		h.wipe()
	}
}

// single refuses keys that stand twice, of which only one counts.
func (r *rewriter) single(d *manifest.Document) error {
	if len(d.Duplicates) == 0 {
		return nil
	}
	dup := d.Duplicates[0]
	return r.refuse(d, dup.Again, "keep one of them", "the key %s stands twice", dup.Path)
}

// isSOPS recognises the metadata that SOPS adds to what it encrypts.
func isSOPS(d *manifest.Document) bool {
	sops := d.Root.Get("sops")
	return sops.Get("mac") != nil || sops.Get("lastmodified") != nil && sops.Get("version") != nil
}

// isSecret tells a Secret of Kubernetes from those of others.
func isSecret(d *manifest.Document) bool {
	return d.Object.Kind == "Secret" && d.Object.APIVersion == "v1"
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

// refuse makes the error of an object.
func (r *rewriter) refuse(d *manifest.Document, at manifest.Pos, fix, format string, args ...any) error {
	return &Error{File: r.name, Line: at.Line, Object: d.Object, Reason: fmt.Sprintf(format, args...), Fix: fix}
}

// placed gives an error of the surface its line.
func (r *rewriter) placed(d *manifest.Document, err error) error {
	at := d.At()
	var odd strange
	if errors.As(err, &odd) && odd.at > 0 {
		at.Line = r.surface.line(odd.at)
	}
	return r.refuse(d, at, writeOut, "%s", err)
}
