package policies

import (
	"fmt"
	"path"
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
	"github.com/open-policy-agent/opa/v1/ast"
)

// Own is a Gatehouse policy: a folder with policy.rego, whose package has METADATA
// with a custom id. Its rules are named as those of conftest; its input is an
// AdmissionRequest with parameters.
type Own struct {
	ID        string
	Namespace *conftest.Namespace
	Metadata  rego.Metadata
	Bad, Good []string
	Needs     []checks.Need
	// Inventory tells that the policy reads data.inventory, all objects of a tree.
	Inventory bool

	asks       review.Asks
	parameters *ast.Term
}

// needsOf are the needs of what a policy asks about a user.
func needsOf(a review.Asks) []checks.Need {
	switch {
	case a.Groups:
		return []checks.Need{checks.NeedUserInfo, checks.NeedUserGroups}
	case a.User:
		return []checks.Need{checks.NeedUserInfo}
	}
	return nil
}

// Parameters are what the policy is given beside the request.
func (o *Own) Parameters() *ast.Term { return o.parameters }

// The inputs of policies: the document itself, and a request with the object in it.
var (
	bare      = rego.Shape{Object: "input", Kinds: []string{"input.kind"}, Versions: []string{"input.apiVersion"}}
	requested = rego.Shape{Object: "input.object", Kinds: []string{"input.object.kind", "input.kind.kind"}, Versions: []string{"input.object.apiVersion"}}
)

// IsOwn tells whether a module is a Gatehouse policy.
func IsOwn(file string, m *ast.Module) bool {
	return path.Base(file) == "policy.rego" && rego.MetadataOf(m, nil).String("id") != ""
}

func (l *loader) own(library *rego.Library, p string) {
	m := library.Modules(p)[0]
	file := m.Package.Location.File
	meta := rego.MetadataOf(m, nil)
	o := &Own{
		ID:        meta.String("id"),
		Metadata:  meta,
		Namespace: conftest.New(library, p, requested),
		Inventory: rego.Reads(library.Closure(p), "data.inventory"),
	}
	fail := func(message string) {
		l.fault(Fault{File: file, Line: max(meta.Line, 1), Message: message})
	}
	if faults := o.Namespace.Check(); len(faults) > 0 {
		l.fault(faults...)
		return
	}
	if len(o.Namespace.Rules) == 0 {
		fail("the policy has no rule named deny, violation or warn")
		return
	}
	if slices.ContainsFunc(l.set.Own, func(other *Own) bool { return other.ID == o.ID }) {
		fail(fmt.Sprintf("there are two policies with the id %q", o.ID))
		return
	}
	o.asks = review.AsksOf(library.Closure(p))
	o.Needs = needsOf(o.asks)
	if o.asks.Old {
		o.Needs = append([]checks.Need{checks.NeedOldObject}, o.Needs...)
	}
	if o.Inventory {
		o.Needs = append(o.Needs, checks.NeedTree)
	}
	dir := path.Dir(file)
	o.Bad, o.Good = l.example(dir, "bad.yaml"), l.example(dir, "good.yaml")
	var err error
	if o.parameters, err = l.parameters(o.ID, meta); err != nil {
		fail(err.Error())
		return
	}
	l.set.Own = append(l.set.Own, o)
	l.tested(library, p)
}

func (l *loader) example(dir, name string) []string {
	if data, ok := l.files[path.Join(dir, name)]; ok {
		return []string{string(data)}
	}
	return nil
}

// parameters are those of the METADATA with those that are given over them.
func (l *loader) parameters(id string, meta rego.Metadata) (*ast.Term, error) {
	object := ast.NewObject()
	if standard, ok := meta.Custom["parameters"]; ok {
		value, err := ast.InterfaceToValue(standard)
		if err != nil {
			return nil, fmt.Errorf("read the parameters of the METADATA: %w", err)
		}
		if object, ok = value.(ast.Object); !ok {
			return nil, fmt.Errorf("the parameters of the METADATA must be a map")
		}
	}
	given := l.source.Parameters[id]
	if given == nil {
		return ast.NewTerm(object), nil
	}
	merged, err := merged(id, object, given)
	if err != nil {
		return nil, err
	}
	return ast.NewTerm(merged), nil
}

// merged puts parameters that are given over the standard ones of a policy.
func merged(id string, standard ast.Object, given *manifest.Node) (ast.Object, error) {
	if given.Kind != manifest.Map {
		return nil, fmt.Errorf("the parameters of %s must be a map", id)
	}
	known := standard.Len() > 0
	for i := range given.Items {
		key := ast.StringTerm(given.Items[i].Key)
		if known && standard.Get(key) == nil {
			return nil, fmt.Errorf("the policy %s has no parameter %q", id, given.Items[i].Key)
		}
		standard.Insert(key, rego.NewObject(&given.Items[i]).Term)
	}
	return standard, nil
}
