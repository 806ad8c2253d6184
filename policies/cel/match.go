package cel

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// matcher decides for which requests a policy or a binding is.
type matcher struct {
	namespaces labels.Selector
	objects    labels.Selector
	rules      []admissionv1.NamedRuleWithOperations
	excluded   []admissionv1.NamedRuleWithOperations
	exact      bool // matchPolicy: Exact
}

func newMatcher(d *manifest.Document, key string, m *admissionv1.MatchResources) (*matcher, *Fault) {
	node := d.Root.Get("spec").Get(key)
	refuse := func(format string, args ...any) (*matcher, *Fault) {
		f := at(d, node, key+"."+format, args...)
		return nil, &f
	}
	out := &matcher{rules: m.ResourceRules, excluded: m.ExcludeResourceRules}
	var err error
	if out.namespaces, err = selectorOf(m.NamespaceSelector); err != nil {
		return refuse("namespaceSelector: %v", err)
	}
	if out.objects, err = selectorOf(m.ObjectSelector); err != nil {
		return refuse("objectSelector: %v", err)
	}
	if m.MatchPolicy != nil {
		if out.exact = *m.MatchPolicy == admissionv1.Exact; !out.exact && *m.MatchPolicy != admissionv1.Equivalent {
			return refuse("matchPolicy %q is unknown: must be Exact or Equivalent", *m.MatchPolicy)
		}
	}
	for _, r := range slices.Concat(m.ResourceRules, m.ExcludeResourceRules) {
		if len(r.Operations) == 0 || len(r.APIGroups) == 0 || len(r.APIVersions) == 0 || len(r.Resources) == 0 {
			return refuse("resourceRules: each needs operations, apiGroups, apiVersions and resources")
		}
	}
	return out, nil
}

// selectorOf reads a selector; nil selects everything.
func selectorOf(s *metav1.LabelSelector) (labels.Selector, error) {
	if s == nil {
		return labels.Everything(), nil
	}
	if faults := metavalidation.ValidateLabelSelector(s, metavalidation.LabelSelectorValidationOptions{}, field.NewPath("selector")); len(faults) > 0 {
		return nil, faults.ToAggregate()
	}
	return metav1.LabelSelectorAsSelector(s)
}

// decision is whether a policy is for a request.
type decision uint8

const (
	no decision = iota
	yes
	undecided
)

// alike tells whether an object that is created and one that is changed are matched by
// the same rules, and one that is deleted by none.
func (m *matcher) alike() bool {
	for _, r := range slices.Concat(m.rules, m.excluded) {
		if asks(r, "DELETE") || asks(r, "CREATE") != asks(r, "UPDATE") {
			return false
		}
	}
	return true
}

func (m *matcher) asked(operation string) bool {
	return slices.ContainsFunc(m.rules, func(r admissionv1.NamedRuleWithOperations) bool { return asks(r, operation) })
}

func asks(r admissionv1.NamedRuleWithOperations, operation string) bool {
	return slices.Contains(r.Operations, admissionv1.OperationAll) || slices.Contains(r.Operations, admissionv1.OperationType(operation))
}

// answer is a decision; why tells what is missing, and version is the one as which the
// object is to be shown.
type answer struct {
	decision
	why     string
	version string
}

// decide asks in the order of the API server, in which what is certainly not meant comes
// before what cannot be told.
func (m *matcher) decide(t *target) answer {
	inNamespace, why := m.inNamespace(t)
	if inNamespace == no || !m.selects(t) {
		return answer{}
	}
	excluded := t.any(m.excluded, m.exact)
	if excluded.decision == yes {
		return answer{}
	}
	matched := answer{decision: yes, version: t.version}
	if len(m.rules) > 0 {
		matched = t.any(m.rules, m.exact)
	}
	switch {
	case matched.decision != yes:
		return matched
	case excluded.decision == undecided:
		return excluded
	case inNamespace == undecided:
		return answer{decision: undecided, why: why}
	}
	return matched
}

func (m *matcher) selects(t *target) bool {
	if m.objects.Empty() {
		return true
	}
	return t.object != nil && m.objects.Matches(labelsOf(t.object)) || t.old != nil && m.objects.Matches(labelsOf(t.old))
}

// inNamespace asks the labels of the Namespace of the object, or of the object where it
// is one.
func (m *matcher) inNamespace(t *target) (decision, string) {
	if m.namespaces.Empty() || t.scope == inCluster && !t.isNamespace() {
		return yes, ""
	}
	if t.isNamespace() {
		subject := t.object
		if subject == nil {
			subject = t.old
		}
		set := labels.Merge(labelsOf(subject), labels.Set{nameLabel: t.name})
		return selected(m.namespaces, set, true), ""
	}
	if t.namespace == "" {
		return undecided, "the namespaceSelector asks for the Namespace of the object, which does not say in which it is"
	}
	set, complete := t.namespaceLabels()
	return selected(m.namespaces, set, complete), "the namespaceSelector asks for labels of the Namespace " + t.namespace + ", which is not among the policies"
}

// nameLabel is the label that every Namespace has.
const nameLabel = "kubernetes.io/metadata.name"

// selected asks a selector where perhaps not all labels are known.
func selected(s labels.Selector, set labels.Set, complete bool) decision {
	if complete {
		if s.Matches(set) {
			return yes
		}
		return no
	}
	requirements, selectable := s.Requirements()
	if !selectable {
		return no
	}
	all := yes
	for _, r := range requirements {
		switch {
		case !set.Has(r.Key()):
			all = undecided
		case !r.Matches(set):
			return no
		}
	}
	return all
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

// scope is whether an object lies in a namespace.
type scope uint8

const (
	inEither scope = iota // it is not known
	inCluster
	inNamespace
)

// target is what a match looks at.
type target struct {
	group, version, resource string
	sub                      string // the subresource; "" for the object itself
	kind                     string
	guessed                  bool // the resource is made from the kind
	known                    known
	scope                    scope
	name, namespace          string // namespace is "" where it is not known, or there is none
	operation                string
	object, old              *manifest.Node // nil where there is none
	namespaceLabels          func() (set labels.Set, complete bool)
}

func (t *target) isNamespace() bool { return t.group == "" && t.kind == "Namespace" }

// exempt are the kinds that no policy is asked about, so that one cannot lock itself in.
func (t *target) exempt() bool {
	if t.group != Group {
		return false
	}
	for _, prefix := range []string{"Validating", "Mutating"} {
		if rest, ok := strings.CutPrefix(t.kind, prefix); ok && slices.Contains([]string{"WebhookConfiguration", "AdmissionPolicy", "AdmissionPolicyBinding"}, rest) {
			return true
		}
	}
	return false
}

// any tells whether one of some rules is for the request, in its version or, where the
// rules do not have to be met exactly, in another of the same resource.
func (t *target) any(rules []admissionv1.NamedRuleWithOperations, exact bool) answer {
	out := answer{}
	for _, r := range rules {
		a := t.one(r)
		if a.decision == yes && !has(r.APIVersions, t.version) {
			if exact {
				continue
			}
			a = t.converted(r)
		} else if a.decision == yes {
			return a
		}
		if out.decision != yes && a.decision != no {
			out = a
		}
	}
	return out
}

// one asks a rule without its versions.
func (t *target) one(r admissionv1.NamedRuleWithOperations) answer {
	if !asks(r, t.operation) || !has(r.APIGroups, t.group) || !t.hasResource(r.Resources) {
		return answer{}
	}
	if len(r.ResourceNames) > 0 && !slices.Contains(r.ResourceNames, t.name) {
		return answer{}
	}
	a := answer{decision: yes, version: t.version}
	if r.Scope != nil && *r.Scope != admissionv1.AllScopes {
		namespaced := *r.Scope == admissionv1.NamespacedScope
		switch {
		case t.scope == inEither:
			return answer{decision: undecided, why: fmt.Sprintf("the scope of a rule asks whether objects of kind %s lie in namespaces, which is not known", t.kind)}
		case namespaced != (t.scope == inNamespace):
			return answer{}
		}
	}
	return a
}

func has(list []string, word string) bool {
	return slices.Contains(list, "*") || slices.Contains(list, word)
}

// hasResource asks the resource and the subresource.
func (t *target) hasResource(list []string) bool {
	return slices.ContainsFunc(list, func(s string) bool {
		resource, sub, _ := strings.Cut(s, "/")
		return (resource == "*" || resource == t.resource) && (sub == "*" || sub == t.sub)
	})
}

// converted is the answer for a rule of another version, to which the API server
// converts the object if it serves both.
func (t *target) converted(r admissionv1.NamedRuleWithOperations) answer {
	for _, version := range r.APIVersions {
		if !t.known.serves(version) {
			continue
		}
		if t.known.converts {
			return answer{decision: yes, version: version}
		}
		return answer{decision: undecided, why: fmt.Sprintf("the policy looks at %s as %s, to which the API server converts this %s", t.resource, version, t.version)}
	}
	return answer{}
}
