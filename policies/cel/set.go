package cel

import (
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// surroundings are what the objects among the policies tell: Namespaces, definitions of
// kinds, and parameters.
type surroundings struct {
	kinds      kinds
	namespaces map[string]*manifest.Node
	objects    []*manifest.Document
}

// A Set is policies with their bindings, which can judge.
type Set struct {
	// Policies are those that are bound, by name.
	Policies []*Policy
	// Notices are what is no fault and should be known.
	Notices []Fault

	around *surroundings
}

// Load takes the policies and bindings among the objects that lie in the folders of
// policies, and of the others what policies ask for: parameters, Namespaces and
// definitions of kinds. What has faults is left out of the set; the others are in it.
func Load(objects []*manifest.Document) (*Set, []Fault) {
	set := &Set{around: &surroundings{kinds: kinds{}, namespaces: map[string]*manifest.Node{}}}
	l := loader{set: set, byName: map[string]*Policy{}, refused: map[string]bool{}, reader: reader{newEnvironments()}}
	for _, d := range objects {
		switch {
		case IsPolicy(d):
			l.policy(d)
		case IsBinding(d):
			l.bindings = append(l.bindings, d)
		case isDefinition(d):
			set.around.kinds.define(d)
		case d.IsObject() && !d.Templated:
			if d.Object.Kind == "Namespace" && d.Object.APIVersion == "v1" {
				set.around.namespaces[d.Object.Name] = d.Canonical()
			}
			set.around.objects = append(set.around.objects, d)
		}
	}
	for _, d := range l.bindings {
		l.binding(d)
	}
	for _, p := range l.policies {
		if len(p.Bindings) == 0 {
			set.Notices = append(set.Notices, Fault{File: p.File, Line: p.Line, Message: "the ValidatingAdmissionPolicy " + p.Name + " judges nothing: no ValidatingAdmissionPolicyBinding names it"})
			continue
		}
		set.Policies = append(set.Policies, p)
	}
	slices.SortFunc(set.Policies, func(a, b *Policy) int { return strings.Compare(a.Name, b.Name) })
	return set, l.faults
}

type loader struct {
	set      *Set
	reader   reader
	policies []*Policy
	byName   map[string]*Policy
	refused  map[string]bool
	bindings []*manifest.Document
	faults   []Fault
}

func (l *loader) policy(d *manifest.Document) {
	p, faults := l.reader.policy(d)
	if len(faults) > 0 {
		l.refused[d.Object.Name] = true
		l.faults = append(l.faults, faults...)
		return
	}
	if l.byName[p.Name] != nil {
		l.faults = append(l.faults, at(d, nil, "there are two policies with the name %s", p.Name))
		return
	}
	l.byName[p.Name] = p
	l.policies = append(l.policies, p)
}

func (l *loader) binding(d *manifest.Document) {
	b, fault := readBinding(d)
	if fault != nil {
		l.faults = append(l.faults, *fault)
		return
	}
	p := l.byName[b.Policy]
	switch {
	case p == nil && l.refused[b.Policy]:
		l.faults = append(l.faults, at(d, nil, "the binding %s cannot be used: its policy %s is refused", b.Name, b.Policy))
		return
	case p == nil:
		l.set.Notices = append(l.set.Notices, at(d, nil, "the binding %s judges nothing: its policy %s is not here", b.Name, b.Policy))
		return
	case slices.ContainsFunc(p.Bindings, func(o *Binding) bool { return o.Name == b.Name }):
		l.faults = append(l.faults, at(d, nil, "there are two bindings with the name %s", b.Name))
		return
	}
	b.given = l.set.around.parametersOf(p.paramKind, b.param)
	if b.given.empty() {
		l.set.Notices = append(l.set.Notices, at(d, nil, "no parameters for the binding %s lie among the policies", b.Name))
	}
	p.Bindings = append(p.Bindings, b)
	slices.SortFunc(p.Bindings, func(a, b *Binding) int { return strings.Compare(a.Name, b.Name) })
}
