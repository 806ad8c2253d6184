package builtin

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// The kinds of facts that the checks of SOPS collect.
const (
	factSOPS   = "sops"   // Key: a file that SOPS has encrypted
	factSecret = "secret" // Key: another file, with a Secret in it
)

func sopsFacts(f *manifest.File) []checks.Fact {
	fact := func(kind string) []checks.Fact {
		return []checks.Fact{{Kind: kind, Key: f.Path, Where: checks.Location{File: f.Path}}}
	}
	switch {
	case sealed.IsSOPS(f):
		return fact(factSOPS)
	case slices.ContainsFunc(f.Documents, func(d *manifest.Document) bool { return d.Object.Kind == "Secret" && d.Object.Group() == "" }):
		return fact(factSecret)
	}
	return nil
}

// readsAll tells that any file may have to be read: which ones, only the rules of
// SOPS tell.
func readsAll(string) bool { return true }

// sopsFault is a fault with the file that has it.
type sopsFault struct {
	file  *manifest.File
	fault sealed.Fault
	// changed tells that only the rule of the base has it against the file: the change
	// brings a rule under which all is well.
	changed bool
}

// sopsSide is what is wrong on one side with the files of SOPS.
type sopsSide struct {
	faults []sopsFault
	err    error
}

// sopsTree reports the faults of one kind on one side.
func sopsTree(s Settings, kind sealed.Kind) func(*checks.Pass, checks.Tree) error {
	return func(p *checks.Pass, t checks.Tree) error {
		side := t.Share("sops", func() any { return judgeSOPS(t, s) }).(sopsSide)
		for _, f := range side.faults {
			if f.fault.Kind == kind {
				p.Report(f.report())
			}
		}
		return side.err
	}
}

func (f sopsFault) report() checks.Report {
	where := checks.Location{File: f.file.Path, Field: f.fault.Field}
	for _, d := range f.file.Documents {
		if d.Index == f.fault.Document {
			where = checks.At(d, f.fault.Field, f.fault.Node)
		}
	}
	r := faultReport(where, f.fault)
	r.Fix = sopsFix(f.fault.Rule)
	if f.changed {
		r.Severity = checks.Warning
		r.Message = strings.TrimSuffix(r.Message, ".") + ", by the rule as it was before this change, which its owners have to agree to."
		r.Fix = "The change brings a rule under which the file is as it must be: have the owners of `.sops.yaml` agree to it."
	}
	return r
}

// sopsFix says what to do where the check as a whole says more than one thing; "" leaves
// it to the check.
func sopsFix(rule string) string {
	switch rule {
	case "sops-recipient-missing":
		return "Run `sops updatekeys FILE`."
	case "sops-recipient-additional":
		return "Add the recipient to the rule if it may read the file. Else run `sops updatekeys FILE` and `sops rotate -i FILE`, and rotate the values."
	case "sops-recipient-removed":
		return "Run `sops rotate -i FILE`, and rotate the values."
	case "sops-recipient-invalid":
		return "Correct the recipient."
	case "sops-config", "sops-bad-expression":
		return "Correct the rule."
	}
	return ""
}

// judgeSOPS judges the files of one side: those that SOPS has encrypted, and those
// that a rule says must be.
func judgeSOPS(t checks.Tree, s Settings) (side sopsSide) {
	mine, faults, err := sopsRules(t.Paths, t.Bytes)
	if err != nil {
		return sopsSide{err: err}
	}
	side.faults = faults
	base := mine
	if s.Rules != nil {
		base, _, err = sopsRules(t.Paths, s.Rules)
		if err != nil {
			return sopsSide{err: err}
		}
	}
	known := map[string]string{}
	for _, f := range t.Facts {
		known[f.Key] = f.Kind
	}
	for _, name := range t.Paths {
		rule, before := mine.rule(name), base.rule(name)
		switch {
		case known[name] == factSOPS:
		case known[name] == factSecret && (rule != nil || before != nil):
		case rule != nil && rule.Names(name), before != nil && before.Names(name):
		default:
			continue
		}
		file, err := t.Read(name)
		if errors.Is(err, checks.ErrLink) {
			continue // where it leads is judged by itself
		}
		if err != nil {
			side.err = errors.Join(side.err, err)
			continue
		}
		side.add(file, rule, before, !mine.same(base, name))
	}
	return side
}

// add judges one file by the rule of its own side and, where that is another one, by
// the one that everybody has agreed to.
func (side *sopsSide) add(file *manifest.File, rule, before *sealed.Rule, changed bool) {
	type place struct{ rule, field string }
	told := map[place]bool{}
	for _, f := range sealed.SOPS(file, rule, nil) {
		told[place{f.Rule, f.Field}] = true
		side.faults = append(side.faults, sopsFault{file: file, fault: f})
	}
	if !changed || before == nil {
		return
	}
	for _, f := range sealed.SOPS(file, before, nil) {
		if !told[place{f.Rule, f.Field}] {
			side.faults = append(side.faults, sopsFault{file: file, fault: f, changed: true})
		}
	}
}

// sopsConfigs are the .sops.yaml files of one side.
type sopsConfigs struct {
	configs []sealed.Config
	texts   map[string][]byte
}

// sopsRules reads the .sops.yaml files among some paths. The faults are their own.
func sopsRules(paths []string, read func(string) ([]byte, error)) (out sopsConfigs, faults []sopsFault, err error) {
	out.texts = map[string][]byte{}
	for _, name := range paths {
		if !sealed.IsConfig(path.Base(name)) {
			continue
		}
		text, err := read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return out, nil, fmt.Errorf("read the rules of SOPS: %w", err)
		}
		file := manifest.Read(name, text, manifest.DefaultLimits())
		config, list := sealed.ReadConfig(file)
		out.configs, out.texts[name] = append(out.configs, config), text
		for _, f := range list {
			faults = append(faults, sopsFault{file: file, fault: f})
		}
	}
	return out, faults, nil
}

func (c sopsConfigs) rule(name string) *sealed.Rule {
	config := sealed.Nearest(c.configs, name)
	if config == nil {
		return nil
	}
	return config.Rule(name)
}

// same tells whether the rules for a file are the same bytes.
func (c sopsConfigs) same(other sopsConfigs, name string) bool {
	a, b := sealed.Nearest(c.configs, name), sealed.Nearest(other.configs, name)
	if a == nil || b == nil {
		return a == b
	}
	return a.Path == b.Path && bytes.Equal(c.texts[a.Path], other.texts[b.Path])
}

// sopsChange reports the faults of one kind that show only beside what a file was.
func sopsChange(kind sealed.Kind) func(*checks.Pass, checks.Change) error {
	return func(p *checks.Pass, c checks.Change) error {
		for _, f := range c.Files {
			if f.Now == nil || f.Before == nil || !sealed.IsSOPS(f.Before) {
				continue
			}
			for _, fault := range sealed.SOPS(f.Now, nil, f.Before) {
				if fault.Kind == kind && ofChange(fault) {
					p.Report(sopsFault{file: f.Now, fault: fault}.report())
				}
			}
		}
		return nil
	}
}

// ofChange tells a fault that stands on what the file was.
func ofChange(f sealed.Fault) bool {
	return slices.Contains([]string{"sops-mac-unchanged", "sops-value-moved", "sops-decrypted", "sops-recipient-removed"}, f.Rule)
}
