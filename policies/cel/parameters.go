package cel

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// parameters are the objects that a binding may give to its policy.
type parameters struct {
	none       bool // the policy has none, or the binding gives none
	kind       *admissionv1.ParamKind
	ref        *admissionv1.ParamRef
	selector   labels.Selector
	namespaced bool
	known      bool // whether they are namespaced
	all        []parameter
}

// parameter is one object; its namespace is "" where it does not say one.
type parameter struct {
	name, namespace string
	object          *Object
	labels          labels.Set
}

// parametersOf finds the objects of the kind of a policy's parameters.
func (s *surroundings) parametersOf(kind *admissionv1.ParamKind, ref *admissionv1.ParamRef) parameters {
	if kind == nil || ref == nil {
		return parameters{none: true}
	}
	p := parameters{kind: kind, ref: ref}
	p.selector, _ = selectorOf(ref.Selector) // its binding was read with it
	group, _, ok := strings.Cut(kind.APIVersion, "/")
	if !ok {
		group = ""
	}
	if known, ok := s.kinds.of(group, kind.Kind); ok {
		p.namespaced, p.known = known.namespaced, true
	}
	for _, d := range s.objects {
		if d.Object.APIVersion != kind.APIVersion || d.Object.Kind != kind.Kind {
			continue
		}
		o := parameter{d.Object.Name, d.Object.Namespace, NewObject(d.Canonical()), labelsOf(d.Root)}
		// Of two objects in one place the later one stays.
		p.all = slices.DeleteFunc(p.all, func(other parameter) bool { return other.name == o.name && other.in() == o.in() })
		p.all = append(p.all, o)
		if !p.known && d.Object.Namespace != "" {
			p.namespaced = true
		}
	}
	return p
}

// empty tells that a binding wants parameters and nothing could be any.
func (p parameters) empty() bool { return !p.none && len(p.all) == 0 }

// The reasons for which the API server can use no parameters. They are its own words.
var (
	errNotFound      = errors.New("no params found for policy binding with `Deny` parameterNotFoundAction")
	errClusterScoped = errors.New("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
	errNamespace     = errors.New("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
)

// errUnknownNamespace is why it is not known which parameters there are.
var errUnknownNamespace = errors.New("the parameters are those of the namespace of the object, which does not say it")

// of lists the parameters for an object in a namespace: none where the policy is not
// asked, one that is nil where it is asked without. undecided tells that it cannot be
// known.
func (p parameters) of(t *target) (list []*Object, err, undecided error) {
	if p.none {
		return []*Object{nil}, nil, nil
	}
	namespace := p.ref.Namespace
	if p.namespaced && namespace == "" {
		switch namespace = t.namespace; {
		case namespace != "":
		case t.scope == inCluster:
			return nil, errClusterScoped, nil
		default:
			return nil, nil, errUnknownNamespace
		}
	}
	if p.known && !p.namespaced && namespace != "" {
		return nil, errNamespace, nil
	}
	for _, o := range p.all {
		if p.namespaced && o.in() != namespace || p.ref.Name != "" && o.name != p.ref.Name || p.ref.Name == "" && !p.selector.Matches(o.labels) {
			continue
		}
		list = append(list, o.object)
	}
	if len(list) == 0 && *p.ref.ParameterNotFoundAction == admissionv1.DenyAction {
		return nil, errNotFound, nil
	}
	return list, nil, nil
}

// in is the namespace in which a parameter comes to lie: kubectl puts it into default.
func (o parameter) in() string {
	if o.namespace == "" {
		return "default"
	}
	return o.namespace
}

func configurationError(err error) error { return fmt.Errorf("failed to configure binding: %w", err) }
