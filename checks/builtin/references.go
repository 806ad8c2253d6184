package builtin

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

// The kinds of facts that the checks of references collect. Of all but the last, the
// value is what secrets/reference encodes.
const (
	factReference = "reference"
	factStore     = "store"
	factNeed      = "need"
	factDemand    = "demand"
	factProduct   = "product"
	factFault     = "fault" // Key: the kind of a fault in a text; Values: rule, certain, reason, fix
)

// referencesFacts is the name under which the checks of references share their facts.
const referencesFacts = "references"

// options are what the configuration says of references.
func (r References) options() reference.Options {
	o := reference.Options{Addresses: r.Addresses}
	for _, p := range r.Paths {
		o.Paths = append(o.Paths, reference.PathRule{Namespaces: p.Namespaces, Prefixes: p.Prefixes})
	}
	for _, s := range r.Stores {
		o.Known = append(o.Known, reference.StoreName{Kind: s.Kind, Namespace: s.Namespace, Name: s.Name})
	}
	return o
}

// referenceFacts are what a file says of references, stores and Secrets.
func referenceFacts(s Settings) func(*manifest.File) []checks.Fact {
	o := s.References.options()
	return func(f *manifest.File) []checks.Fact {
		var facts []checks.Fact
		for _, fault := range reference.FaultsOfText(f, o) {
			facts = append(facts, checks.Fact{
				Kind: factFault, Key: string(fault.Kind), Values: []string{fault.Rule, strconv.FormatBool(fault.Certain), fault.Reason, fault.Fix},
				Where: checks.Location{File: f.Path, At: fault.At},
			})
		}
		for _, r := range reference.OfText(f) {
			facts = append(facts, fact(factReference, r.Encode(), checks.Location{File: f.Path, At: r.At}))
		}
		for _, p := range reference.Mentions(f) {
			facts = append(facts, fact(factProduct, p.Encode(), checks.Location{File: f.Path}))
		}
		if hidesSecrets(f) {
			facts = append(facts, fact(factProduct, reference.Product{Reach: reference.Any}.Encode(), checks.Location{File: f.Path}))
		}
		for _, d := range f.Documents {
			facts = append(facts, documentFacts(d)...)
		}
		return facts
	}
}

// isEncryptedWhole tells an object of which even the kind or the name is encrypted.
func isEncryptedWhole(d *manifest.Document) bool {
	return d.Root.Get("sops") != nil &&
		(strings.HasPrefix(d.Root.Get("kind").Str(), "ENC[") || strings.HasPrefix(d.Root.Lookup("metadata", "name").Str(), "ENC["))
}

// hidesSecrets tells whether a part of a file that cannot be read may make Secrets.
func hidesSecrets(f *manifest.File) bool {
	if slices.ContainsFunc(f.Documents, isEncryptedWhole) {
		return true
	}
	if len(f.Templated) == 0 && !slices.ContainsFunc(f.Broken, func(b manifest.Broken) bool { return b.Manifest }) {
		return false
	}
	return bytes.Contains(f.Text, []byte("Secret")) || bytes.Contains(f.Text, []byte("secret"))
}

func documentFacts(d *manifest.Document) (facts []checks.Fact) {
	if f, ok := builtFact(d); ok {
		facts = append(facts, f)
	}
	at := func(p reference.Place) checks.Location { return checks.At(d, p.Field, p.Node) }
	for _, p := range reference.Products(d) {
		facts = append(facts, fact(factProduct, p.Encode(), at(p.Place)))
	}
	for _, s := range reference.StoresOf(d) {
		facts = append(facts, fact(factStore, s.Encode(), at(s.Place)))
	}
	if d.Templated {
		return facts
	}
	for _, r := range reference.Of(d) {
		facts = append(facts, fact(factReference, r.Encode(), at(r.Place)))
	}
	for _, n := range reference.Needs(d) {
		facts = append(facts, fact(factNeed, n.Encode(), at(n.Place)))
	}
	for _, demand := range reference.Demands(d) {
		facts = append(facts, fact(factDemand, demand.Encode(), at(demand.Place)))
	}
	return facts
}

func fact(kind, value string, where checks.Location) checks.Fact {
	return checks.Fact{Kind: kind, Values: []string{value}, Where: where}
}

// said is what the files of a tree say of one kind, each with its place.
type said[T any] struct {
	list  []T
	where []checks.Location
}

// saidIn reads the facts of one kind.
func saidIn[T any](t checks.Tree, kind string, decode func(string) (T, error)) (out said[T], err error) {
	for _, f := range t.Facts {
		if f.Kind != kind {
			continue
		}
		v, err := decode(f.Values[0])
		if err != nil {
			return out, err
		}
		out.list, out.where = append(out.list, v), append(out.where, f.Where)
	}
	return out, nil
}

// within keeps what lies in a scope.
func (s said[T]) within(in scope) (out said[T]) {
	for i, where := range s.where {
		if in.holds(where.File) {
			out.list, out.where = append(out.list, s.list[i]), append(out.where, where)
		}
	}
	return out
}

// scope is a part of a tree that is deployed together: an environment with what belongs
// to none, such as the bases of all. What belongs to none is judged among all files,
// since any environment may use it.
type scope struct {
	name string
	of   map[string]string // environments by their files
}

// holds tells whether a file counts in the scope.
func (s scope) holds(file string) bool {
	environment := s.of[file]
	return s.name == "" || environment == "" || environment == s.name
}

// judges tells whether a file is judged in the scope, which is so in one scope only.
func (s scope) judges(file string) bool { return s.of[file] == s.name }

// scopesOf are the scopes of a tree by the files of its facts.
func scopesOf(t checks.Tree) []scope {
	of, names := map[string]string{}, []string{""}
	for _, f := range t.Facts {
		if _, known := of[f.Where.File]; known {
			continue
		}
		name := t.Layout.Environment(f.Where.File)
		of[f.Where.File] = name
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	scopes := make([]scope, len(names))
	for i, name := range names {
		scopes[i] = scope{name, of}
	}
	return scopes
}

// located gives the references that are judged in a scope with what its stores say of
// them, and what that shows to be wrong.
func located(in scope, all said[reference.Reference], stores []reference.Store, o reference.Options) (out said[reference.Reference], faults []reference.Fault) {
	among := all.within(in)
	list, found := reference.Locate(among.list, distinct(stores), o)
	for i, where := range among.where {
		if in.judges(where.File) {
			out.list, out.where = append(out.list, list[i]), append(out.where, where)
		}
	}
	for _, f := range found {
		if in.judges(among.where[f.Index].File) {
			faults = append(faults, f)
		}
	}
	for i := range faults {
		at := among.where[faults[i].Index]
		faults[i].Index = slices.IndexFunc(out.where, func(l checks.Location) bool { return l == at })
	}
	return out, faults
}

// distinct leaves out the stores of one name that say different things: which of them
// counts, only a build tells.
func distinct(stores []reference.Store) (kept []reference.Store) {
	type says struct {
		backend, address, namespace, mount string
		has                                bool
		engine                             reference.Engine
	}
	said, differ := map[reference.StoreName]says{}, map[reference.StoreName]bool{}
	for _, s := range stores {
		v := says{s.Backend, s.Address, s.VaultNamespace, s.Mount, s.HasMount, s.Engine}
		if before, known := said[s.StoreName]; known && before != v {
			differ[s.StoreName] = true
		}
		said[s.StoreName] = v
	}
	for _, s := range stores {
		if !differ[s.StoreName] {
			kept = append(kept, s)
		}
	}
	return kept
}

// referenceDocument reports the faults of one kind in a document by itself.
func referenceDocument(s Settings, kind reference.Kind) func(*checks.Pass, *manifest.Document) error {
	o := s.References.options()
	return func(p *checks.Pass, d *manifest.Document) error {
		if !mayHave(kind, d, o) {
			return nil
		}
		for _, f := range reference.Faults(d, o) {
			if f.Kind == kind {
				p.Report(referenceReport(checks.At(d, f.Field, f.Node), f))
			}
		}
		return nil
	}
}

// mayHave tells whether a document can have faults of a kind, which saves to look for
// them.
func mayHave(kind reference.Kind, d *manifest.Document, o reference.Options) bool {
	switch kind {
	case reference.PathForbidden:
		return len(o.Paths) > 0
	case reference.KeyMissing:
		return d.Object.Group() == "external-secrets.io" // whose templates alone take values by their keys
	}
	return true
}

// referenceTree reports the faults of one kind that stand in texts which are no
// documents, and those that show only beside the stores of the environment.
func referenceTree(s Settings, kind reference.Kind) func(*checks.Pass, checks.Tree) error {
	o := s.References.options()
	return func(p *checks.Pass, t checks.Tree) error {
		for _, f := range t.Facts {
			if f.Kind == factFault && f.Key == string(kind) {
				p.Report(referenceReport(f.Where, reference.Fault{
					Rule: f.Values[0], Certain: f.Values[1] == "true", Reason: f.Values[2], Fix: f.Values[3],
				}))
			}
		}
		references, err := saidIn(t, factReference, reference.DecodeReference)
		if err != nil {
			return err
		}
		stores, err := saidIn(t, factStore, reference.DecodeStore)
		if err != nil {
			return err
		}
		for _, in := range scopesOf(t) {
			of, faults := located(in, references, stores.within(in).list, o)
			for _, f := range faults {
				if f.Kind == kind {
					p.Report(referenceReport(of.where[f.Index], f))
				}
			}
		}
		return nil
	}
}

// referenceReport words a fault: what the bytes prove is an error, a likely mistake a
// warning.
func referenceReport(where checks.Location, f reference.Fault) checks.Report {
	if f.At != (manifest.Pos{}) {
		where.At = f.At
	}
	r := checks.Report{Where: where, Inner: f.Rule, Message: told(f.Reason), Fix: f.Fix, Severity: checks.Error}
	if first, _, _ := strings.Cut(f.Reason, " "); first != "" && strings.HasSuffix("."+where.Field, "."+first) {
		r.Message = first + r.Message[len(first):] // the name of a field, as it is written
	}
	if !f.Certain {
		r.Severity = checks.Warning
	}
	return r
}

// told makes a sentence of a reason, which may end as a question, or begin with
// something that is written as it is.
func told(reason string) string {
	first, _, _ := strings.Cut(reason, " ")
	if first != "" && !strings.ContainsAny(first, "+/.:_=$<>()[]{}0123456789") && strings.ToLower(first[1:]) == first[1:] {
		reason = strings.TrimSuffix(sentence(reason), ".")
	}
	if strings.HasSuffix(reason, "?") {
		return reason
	}
	return reason + "."
}
