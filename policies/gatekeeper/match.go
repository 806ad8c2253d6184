package gatekeeper

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Match is spec.match of a constraint. What is not set matches everything; all
// that is set must match.
type Match struct {
	Kinds              []KindMatch           `json:"kinds,omitempty"`
	Namespaces         []string              `json:"namespaces,omitempty"`
	ExcludedNamespaces []string              `json:"excludedNamespaces,omitempty"`
	LabelSelector      *metav1.LabelSelector `json:"labelSelector,omitempty"`
	NamespaceSelector  *metav1.LabelSelector `json:"namespaceSelector,omitempty"`
	Scope              string                `json:"scope,omitempty"`
	Name               string                `json:"name,omitempty"`
	Source             string                `json:"source,omitempty"`

	labels, namespaces labels.Selector
}

// KindMatch are kinds of some groups; an empty list or * stands for all.
type KindMatch struct {
	APIGroups []string `json:"apiGroups,omitempty"`
	Kinds     []string `json:"kinds,omitempty"`
}

// Source tells how an object came about.
const (
	SourceAll       = "All"
	SourceOriginal  = "Original"
	SourceGenerated = "Generated"
)

// A Subject is an object with what a match looks at besides.
type Subject struct {
	Object *manifest.Node // nil where there is none
	Old    *manifest.Node // nil where there is none
	// Namespace is the Namespace in which the object lies, where it is known.
	Namespace *manifest.Node
	Source    string // SourceOriginal or SourceGenerated; "" where it is not known
}

// Decision is whether a constraint is for an object.
type Decision uint8

// The decisions.
const (
	No Decision = iota
	Yes
	// Undecided is where the answer needs the Namespace of the object, or its source,
	// which are not known here. Gatekeeper rejects the object then.
	Undecided
)

// readMatch reads spec.match. Selectors are checked as the API server checks them.
func readMatch(n *manifest.Node) (*Match, error) {
	m := &Match{}
	if n == nil || n.Kind == manifest.Null {
		return m, nil
	}
	data, err := json.Marshal(n.Value())
	if err != nil {
		return nil, fmt.Errorf("spec.match: %w", err)
	}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("spec.match: %w", err)
	}
	if m.labels, err = selector(m.LabelSelector, "labelSelector"); err != nil {
		return nil, err
	}
	if m.namespaces, err = selector(m.NamespaceSelector, "namespaceSelector"); err != nil {
		return nil, err
	}
	return m, nil
}

// checkSelectors reads the selectors of spec.match alone.
func checkSelectors(n *manifest.Node) error {
	only := manifest.Node{Kind: manifest.Map}
	for _, key := range []string{"labelSelector", "namespaceSelector"} {
		if s := n.Get(key); s != nil {
			only.Items = append(only.Items, *s)
		}
	}
	_, err := readMatch(&only)
	return err
}

func selector(s *metav1.LabelSelector, name string) (labels.Selector, error) {
	if s == nil {
		return nil, nil
	}
	faults := validation.ValidateLabelSelector(s, validation.LabelSelectorValidationOptions{}, field.NewPath("spec", "match", name))
	if len(faults) > 0 {
		return nil, faults.ToAggregate()
	}
	return metav1.LabelSelectorAsSelector(s)
}

// Decide tells whether the match is for the object or its old self. why is only
// given with Undecided.
func (m *Match) Decide(s Subject) (d Decision, why string) {
	for _, object := range []*manifest.Node{s.Object, s.Old} {
		if object == nil || object.Kind != manifest.Map {
			continue
		}
		if d, why = m.decide(object, s); d != No {
			return d, why
		}
	}
	return No, ""
}

// decide asks in the order in which Gatekeeper asks, since the first No ends it
// before what cannot be decided.
func (m *Match) decide(object *manifest.Node, s Subject) (Decision, string) {
	o := facts(object, s.Namespace)
	if !m.kind(o) || !m.scope(o) || !m.inNamespaces(o) || m.excluded(o) ||
		m.labels != nil && !m.labels.Matches(o.labels) {
		return No, ""
	}
	if d, why := m.namespaceSelector(o); d != Yes {
		return d, why
	}
	if m.Name != "" && !glob(m.Name, o.name) && !globGenerated(m.Name, o.generateName) {
		return No, ""
	}
	switch {
	case m.Source == "" || m.Source == SourceAll:
		return Yes, ""
	case s.Source == "":
		return Undecided, "it is not known whether the object was written or generated, which spec.match.source asks"
	case s.Source == m.Source:
		return Yes, ""
	}
	return No, ""
}

// object is what a match looks at.
type object struct {
	group, kind, name, generateName, namespace string
	labels                                     labels.Set
	isNamespace, hasNamespace                  bool
	around                                     *manifest.Node // the Namespace
}

func facts(n, around *manifest.Node) object {
	meta := n.Get("metadata")
	o := object{
		kind:         n.Get("kind").Str(),
		name:         meta.Get("name").Str(),
		generateName: meta.Get("generateName").Str(),
		namespace:    meta.Get("namespace").Str(),
		labels:       labelsOf(n),
		around:       around,
	}
	if group, _, ok := strings.Cut(n.Get("apiVersion").Str(), "/"); ok {
		o.group = group
	}
	o.isNamespace = o.kind == "Namespace" && o.group == ""
	o.hasNamespace = o.namespace != "" || around != nil
	return o
}

func labelsOf(n *manifest.Node) labels.Set {
	set := labels.Set{}
	if l := n.Lookup("metadata", "labels"); l != nil {
		for i := range l.Items {
			set[l.Items[i].Key] = l.Items[i].Str()
		}
	}
	return set
}

func (m *Match) kind(o object) bool {
	return len(m.Kinds) == 0 || slices.ContainsFunc(m.Kinds, func(k KindMatch) bool {
		return allows(k.Kinds, o.kind) && allows(k.APIGroups, o.group)
	})
}

func allows(list []string, word string) bool {
	return len(list) == 0 || slices.Contains(list, "*") || slices.Contains(list, word)
}

func (m *Match) scope(o object) bool {
	switch m.Scope {
	case "Cluster":
		return o.isNamespace || !o.hasNamespace
	case "Namespaced":
		return !o.isNamespace && o.hasNamespace
	}
	return true // also for a misspelt one
}

// within is the namespace that namespaces and excludedNamespaces are compared
// with: for a Namespace its own name. ok is false for what is in none.
func (o object) within() (name string, ok bool) {
	switch {
	case o.isNamespace:
		return o.name, true
	case o.around != nil:
		return o.around.Lookup("metadata", "name").Str(), true
	}
	return o.namespace, o.namespace != ""
}

func (m *Match) inNamespaces(o object) bool {
	name, ok := o.within()
	return len(m.Namespaces) == 0 || !ok || slices.ContainsFunc(m.Namespaces, func(g string) bool { return glob(g, name) })
}

func (m *Match) excluded(o object) bool {
	name, ok := o.within()
	return ok && slices.ContainsFunc(m.ExcludedNamespaces, func(g string) bool { return glob(g, name) })
}

func (m *Match) namespaceSelector(o object) (Decision, string) {
	var set labels.Set
	switch {
	case m.namespaces == nil:
		return Yes, ""
	case o.isNamespace:
		set = o.labels
	case o.around != nil:
		set = labelsOf(o.around)
	case o.namespace == "":
		return Yes, "" // an object of the cluster
	case m.byName():
		set = labels.Set{nameLabel: o.namespace}
	default:
		return Undecided, "spec.match.namespaceSelector asks for the labels of the Namespace, which is not known here"
	}
	if m.namespaces.Matches(set) {
		return Yes, ""
	}
	return No, ""
}

const nameLabel = "kubernetes.io/metadata.name"

// byName tells whether namespaceSelector asks for nothing but the name of the Namespace,
// which the API server writes into a label that cannot be changed
// (https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name).
func (m *Match) byName() bool {
	requirements, selectable := m.namespaces.Requirements()
	return selectable && !slices.ContainsFunc(requirements, func(r labels.Requirement) bool { return r.Key() != nameLabel })
}

// glob matches a pattern with an asterisk at its front, its end or both.
func glob(pattern, s string) bool {
	front, end := strings.HasPrefix(pattern, "*"), strings.HasSuffix(pattern, "*")
	switch {
	case front && end:
		return strings.Contains(s, strings.TrimSuffix(strings.TrimPrefix(pattern, "*"), "*"))
	case front:
		return strings.HasSuffix(s, pattern[1:])
	case end:
		return strings.HasPrefix(s, pattern[:len(pattern)-1])
	}
	return pattern == s
}

// globGenerated matches a pattern with the beginning of a name that the API server
// completes: only one that is open at its end can match.
func globGenerated(pattern, prefix string) bool {
	return strings.HasSuffix(pattern, "*") && glob(pattern, prefix)
}
