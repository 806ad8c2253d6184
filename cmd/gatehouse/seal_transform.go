package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// recogniser knows values where they stand in plain text, and gives their keys.
type recogniser interface {
	In(name string, data []byte) []string
}

// made is what became of a file.
type made struct {
	text    []byte
	changes []alteration
	already int // documents that were sealed before
	left    []seal.Note
	notes   []seal.Note
	values  recogniser // nil where no value is known
	whom    string     // for whom is sealed, in one line; "" where nothing is
	soon    string     // what will have to be done soon, or ""
	deposit *deposit   // what must be in Vault before the text is written; nil for nothing

	placeholders bool // the values are <KEY>, of which an annotation says where they are
}

// alteration is one object, or one file that is no manifest, of which values were sealed.
type alteration struct {
	line, end uint32 // in the new text; 0 where no lines are meant
	what      string // for people
	keys      []string
	how       string // as in "sealed, strict"
}

// wipe overwrites the values that belong into Vault.
func (m *made) wipe() {
	if m != nil && m.deposit != nil {
		m.deposit.wipe()
	}
}

// transform seals the Secrets of a text and has the gate judge what comes out. name is
// that of the file for people.
func (s *sealing) transform(name string, w *way, data []byte) (*made, error) {
	m, err := s.transformed(name, w, data)
	if err != nil || len(m.changes) == 0 {
		return m, err
	}
	if err := s.gate(name, w, m); err != nil {
		m.wipe()
		return nil, err
	}
	return m, nil
}

func (s *sealing) transformed(name string, w *way, data []byte) (*made, error) {
	switch {
	case isSOPSFile(w.name, data):
		return s.complete(name, w, data)
	case w.decided == config.MethodSOPS:
		return s.encrypt(name, w, data)
	case w.decided == config.MethodVault:
		return s.refer(name, w, data)
	}
	return s.sealSecrets(name, w, data)
}

func isSOPSFile(name string, data []byte) bool {
	return bytes.Contains(data, []byte("sops")) && sealed.IsSOPS(manifest.Read(name, data, manifest.DefaultLimits()))
}

// sealSecrets makes SealedSecrets. The certificate is only looked for where there is
// something to seal.
func (s *sealing) sealSecrets(name string, w *way, data []byte) (*made, error) {
	o, err := s.optionsFor(w, data)
	if err != nil {
		return nil, err
	}
	result, err := seal.File(name, data, o)
	if !errors.Is(err, seal.ErrNoCertificate) {
		var refused *seal.Error
		if w.decided == "" && errors.As(err, &refused) && !refused.Broken && !refused.Template {
			return nil, w.undecided() // what is refused may be no fault with another method
		}
		if err != nil {
			return nil, err
		}
		return sealedSecrets(result, nil, s), nil
	}
	t, err := s.settle(w)
	if err != nil {
		return nil, err
	}
	o.Certificate = t.certificate
	if result, err = seal.File(name, data, o); err != nil {
		return nil, err
	}
	return sealedSecrets(result, t, s), nil
}

// settle gives the certificate for a file of which something is sealed.
func (s *sealing) settle(w *way) (*target, error) {
	if w.decided == "" {
		return nil, w.undecided()
	}
	if err := s.agreed(w); err != nil {
		return nil, err
	}
	return s.certificateFor(w)
}

// optionsFor are the options of a file for SealedSecrets, without the certificate.
func (s *sealing) optionsFor(w *way, data []byte) (seal.Options, error) {
	o := seal.Options{Namespace: s.namespace, Known: &s.known}
	scope, err := seal.ParseScope(w.choice.scope)
	if err != nil || w.choice.scope != "" {
		o.Scope = scope
		return o, err
	}
	if w.settings.Scope != "" && string(w.settings.Scope) != string(seal.Strict) && !allScoped(w.name, data) {
		o.Scope, err = seal.ParseScope(string(w.settings.Scope))
	}
	return o, err
}

// allScoped tells whether the Secrets of a file all say their scope, so that what the
// configuration says does not count for them.
func allScoped(name string, data []byte) bool {
	found := false
	for _, d := range manifest.Read(name, data, manifest.DefaultLimits()).Documents {
		if d.Object.Kind != "Secret" || d.Object.APIVersion != "v1" {
			continue
		}
		found = true
		annotations := d.Root.Lookup("metadata", "annotations")
		if annotations.Get("sealedsecrets.bitnami.com/cluster-wide") == nil && annotations.Get("sealedsecrets.bitnami.com/namespace-wide") == nil {
			return false
		}
	}
	return found
}

// sealedSecrets is what became of a file whose Secrets are SealedSecrets, for a target
// that is nil where nothing was sealed.
func sealedSecrets(r seal.Result, t *target, s *sealing) *made {
	m := &made{text: r.Text, already: r.Already, left: r.Left, notes: r.Notes, values: r.Values}
	for _, o := range r.Sealed {
		m.changes = append(m.changes, alteration{line: o.Line, end: o.EndLine, what: o.String(), keys: o.Keys, how: "sealed, " + string(o.Scope)})
	}
	if t != nil {
		m.whom, m.soon = t.words(s.now())
	}
	return m
}

// gate judges a sealed text by the checks of every gate: what it would stop must
// not be written in the first place.
func (s *sealing) gate(name string, w *way, m *made) error {
	files := []checks.File{{Path: w.name, Load: func() ([]byte, error) { return m.text, nil }}}
	if w.rules != nil {
		text := w.rules.file.Text
		files = append(files, checks.File{Path: w.rules.config.Path, Load: func() ([]byte, error) { return text, nil }})
	}
	judged := checks.Run(s.ctx, checks.Input{
		Files: files, Checks: w.checks(), Given: []checks.Need{checks.NeedTree}, Layout: w.layout(),
		Limits: manifest.DefaultLimits(), Time: s.now().UTC(), Workers: 1,
	})
	if len(judged.NotJudged) > 0 {
		n := judged.NotJudged[0]
		return exit{code: exitIncomplete, message: fmt.Sprintf("%s: not sealed: the result could not be judged (%s: %s)", name, n.Check, n.Reason)}
	}
	for _, f := range judged.Findings {
		if f.File != w.name || f.Category != checks.Secrets && f.Severity < checks.Error || m.placeholders && f.Severity < checks.Warning {
			continue
		}
		for _, c := range m.changes {
			if f.Line >= c.line && f.Line <= c.end {
				return exit{code: exitUsage, message: fmt.Sprintf("%s: not sealed: %s would still be found in it (%s, line %d of the result): %s", name, f.Check, c.what, f.Line, f.Message), hint: f.Fix}
			}
		}
	}
	return nil
}

// checks are those of secrets and of how they are sealed, with what the configuration
// gives them.
func (w *way) checks() []checks.Check {
	list := builtin.All()
	if w.policies != nil {
		list = builtin.With(w.policies.given())
	}
	return slices.DeleteFunc(list, func(c checks.Check) bool { return c.Category != checks.Secrets && c.Category != checks.Sealing })
}

func (w *way) layout() checks.Layout {
	if w.policies == nil {
		return checks.Layout{}
	}
	return w.policies.settings.Config.Layout()
}

// announce tells, once each, for whom is sealed.
func (s *sealing) announce(m *made) {
	for _, line := range []string{m.whom, m.soon} {
		if line != "" && !s.announced[line] {
			s.announced[line] = true
			fmt.Fprintln(s.told, printable(line))
		}
	}
}

// secretsOf are the Secrets of a text with plaintext of their own, as changes with their
// lines; without any, the whole file.
func secretsOf(name string, text []byte, how string, keys func(d *manifest.Document) []string) []alteration {
	var list []alteration
	file := manifest.Read(name, text, manifest.DefaultLimits())
	for i, d := range file.Documents {
		if d.Object.Kind != "Secret" || d.Object.APIVersion != "v1" {
			continue
		}
		end := uint32(math.MaxUint32)
		if i+1 < len(file.Documents) {
			end = file.Documents[i+1].At().Line - 1
		}
		if found := keys(d); len(found) > 0 {
			list = append(list, alteration{line: d.At().Line, end: end, what: d.Object.String(), keys: found, how: how})
		}
	}
	return list
}

// templated is the error for a file that is a template.
func templated(name string, f *manifest.File) error {
	if len(f.Templated) == 0 {
		return nil
	}
	return &seal.Error{File: name, Line: f.Templated[0].Line, Reason: "a document is a template, whose values do not stand in it",
		Fix: "seal a file with the values, and let the template refer to the Secret by its name", Template: true}
}

// unread is the error for a file with a document that cannot be read.
func unread(name string, f *manifest.File) error {
	if len(f.Broken) == 0 {
		return nil
	}
	return &seal.Error{File: name, Line: f.Broken[0].At.Line, Reason: "a document cannot be read: " + f.Broken[0].Reason, Fix: "correct it: nobody knows whether there is a Secret in it", Broken: true}
}
