package sealed

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Scope is where a sealed value can be opened.
type Scope uint8

// The scopes. Strict is the zero value.
const (
	Strict        Scope = iota // under its name in its namespace
	NamespaceWide              // under any name in its namespace
	ClusterWide                // anywhere
)

// String returns the name that kubeseal uses.
func (s Scope) String() string { return [...]string{"strict", "namespace-wide", "cluster-wide"}[s] }

// The annotations that give the scope (sealed-secrets,
// pkg/apis/sealedsecrets/v1alpha1/types.go), and the others under the same prefix.
const (
	annotationPrefix        = "sealedsecrets.bitnami.com/"
	clusterWideAnnotation   = annotationPrefix + "cluster-wide"
	namespaceWideAnnotation = annotationPrefix + "namespace-wide"
)

// Identity is what the label of a ciphertext is made of. It is a value of its own, so
// that it can be kept as a fact.
type Identity struct {
	Namespace, Name string // "" where the object gives none
	Scope           Scope
	Unknown         bool // a part of it is filled in or made up later
}

func identityOf(root *manifest.Node) Identity {
	meta := root.Get("metadata")
	id := Identity{Namespace: meta.Get("namespace").Str(), Name: meta.Get("name").Str(), Scope: scopeOf(meta)}
	id.Unknown = isHole(id.Namespace) || isHole(id.Name) || id.Name == "" && id.Scope == Strict
	return id
}

// Label is what a ciphertext was bound to if it opens under id: "ns/name", "ns" or
// "". known is false where a part of it is not told here.
func (id Identity) Label() (label string, known bool) {
	switch id.Scope {
	case ClusterWide:
		return "", true
	case NamespaceWide:
		return id.Namespace, !id.Unknown && id.Namespace != ""
	}
	return id.Namespace + "/" + id.Name, !id.Unknown && id.Namespace != ""
}

// scopeOf reads the scope as the controller does: cluster-wide wins, and only the
// text "true" counts.
func scopeOf(meta *manifest.Node) Scope {
	annotations := meta.Get("annotations")
	switch {
	case annotations.Get(clusterWideAnnotation).Str() == "true":
		return ClusterWide
	case annotations.Get(namespaceWideAnnotation).Str() == "true":
		return NamespaceWide
	}
	return Strict
}

// Excludes tells whether a ciphertext that opens under one identity cannot open
// under the other. A namespace that is not given comes from where the object is
// applied, and may be any.
func (id Identity) Excludes(other Identity) bool {
	if id.Unknown || other.Unknown {
		return false
	}
	if id.Scope != other.Scope {
		return true
	}
	namespaces := id.Namespace != "" && other.Namespace != "" && id.Namespace != other.Namespace
	switch id.Scope {
	case Strict:
		return namespaces || id.Name != other.Name
	case NamespaceWide:
		return namespaces
	}
	return false
}

// words names an identity for people.
func (id Identity) words() string {
	switch id.Scope {
	case ClusterWide:
		return "the scope cluster-wide"
	case NamespaceWide:
		return "the namespace " + orNone(id.Namespace)
	}
	if id.Namespace == "" {
		return "the name " + id.Name
	}
	return "the name " + id.Namespace + "/" + id.Name
}

func orNone(text string) string {
	if text == "" {
		return "that is not given"
	}
	return text
}

// scope judges the scope of metadata against that of the template, and the name and
// the namespace against the scope.
func (s *inspection) scope() {
	meta, template := s.doc.Root.Get("metadata"), s.doc.Root.Lookup("spec", "template", "metadata")
	s.annotations(meta)
	if mine, sealed := s.identity.Scope, scopeOf(template); sealed != Strict && sealed != mine && !s.doc.Templated { // whose branches are not told apart
		s.add(fault(onScope, scopeAnnotation(template, sealed),
			"the template says %s and metadata says %s: the controller opens by metadata, and kubeseal has sealed for one of them only", sealed, mine))
	}
	s.names(meta)
	s.templateNames(meta, template)
}

func scopeAnnotation(meta *manifest.Node, scope Scope) *manifest.Node {
	if scope == ClusterWide {
		return meta.Lookup("annotations", clusterWideAnnotation)
	}
	return meta.Lookup("annotations", namespaceWideAnnotation)
}

// annotations finds those that were meant to give a scope and do not.
func (s *inspection) annotations(meta *manifest.Node) {
	annotations := meta.Get("annotations")
	if annotations == nil {
		return
	}
	for i := range annotations.Items {
		a := &annotations.Items[i]
		word, ok := strings.CutPrefix(a.Key, annotationPrefix)
		if !ok {
			continue
		}
		switch {
		case word != "cluster-wide" && word != "namespace-wide":
			if meant := meantScope(word); meant != "" {
				s.add(fault(onScopeValue, a, "there is no such annotation, so that the scope is %s: write %s", s.identity.Scope, annotationPrefix+meant))
			}
		case a.Kind != manifest.String:
			s.add(fault(onScopeValue, a, "an annotation is a string, and this is a %s: put it in quotes", a.Kind))
		case a.Text != "true" && a.Text != "false" && a.Text != "" && !isHole(a.Text):
			s.add(fault(onScopeValue, a, "only the text \"true\" counts here, so that the scope is %s", s.identity.Scope))
		}
	}
}

// meantScope returns the scope that a misspelt annotation means, or "".
func meantScope(word string) string {
	letters := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(word))
	switch letters {
	case "clusterwide", "cluster", "clusterscope", "clusterwideannotation":
		return "cluster-wide"
	case "namespacewide", "namespace", "namespacescope", "namespaced":
		return "namespace-wide"
	}
	return ""
}

// names judges name and namespace against the scope.
func (s *inspection) names(meta *manifest.Node) {
	name, namespace := meta.Get("name"), meta.Get("namespace")
	scope := s.identity.Scope
	if name != nil && name.Kind != manifest.String && name.Kind != manifest.Null {
		s.add(fault(onNoName, name, "the name is read as a %s: put it in quotes", name.Kind))
	}
	if namespace != nil && namespace.Kind != manifest.String && namespace.Kind != manifest.Null {
		s.add(fault(onNoName, namespace, "the namespace is read as a %s: put it in quotes", namespace.Kind))
	}
	if generate := meta.Get("generateName"); scope == Strict && name.Str() == "" && generate.Str() != "" && len(s.blobs) > 0 {
		s.add(fault(onNoName, generate, "the API server makes up the name, and under the scope strict the values open under the sealed name alone"))
	}
}

// templateNames compares the names in metadata with those that kubeseal has written
// to the template.
func (s *inspection) templateNames(meta, template *manifest.Node) {
	if len(s.blobs) == 0 {
		return
	}
	differ := func(field string) *manifest.Node {
		mine, sealed := meta.Get(field).Str(), template.Get(field)
		if mine == "" || sealed.Str() == "" || mine == sealed.Str() || isHole(mine) || isHole(sealed.Str()) {
			return nil
		}
		return sealed
	}
	if n := differ("name"); n != nil && s.identity.Scope == Strict {
		s.add(fault(onTemplateName, n, "the template was sealed for another name than that of metadata, which counts"))
	}
	if n := differ("namespace"); n != nil && s.identity.Scope != ClusterWide {
		s.add(fault(onTemplateName, n, "the template was sealed for another namespace than that of metadata, which counts"))
	}
}
