package seal

import (
	"fmt"
	"regexp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Scope says where a SealedSecret can be opened.
type Scope string

// The scopes of Sealed Secrets.
const (
	Strict        Scope = "strict"         // under its own name in its own namespace
	NamespaceWide Scope = "namespace-wide" // under any name in its own namespace
	ClusterWide   Scope = "cluster-wide"   // everywhere
)

// ParseScope reads the name of a scope as kubeseal writes it. "" is the zero Scope,
// which leaves the choice to what is sealed.
func ParseScope(name string) (Scope, error) {
	switch s := Scope(name); s {
	case "", Strict, NamespaceWide, ClusterWide:
		return s, nil
	}
	return "", fmt.Errorf("%q is no scope: there are %s, %s and %s", name, Strict, NamespaceWide, ClusterWide)
}

// The annotations by which an object asks for a wider scope than strict. The
// controller reads them from the SealedSecret and wants the text "true"
// (v1alpha1.SecretScope).
const (
	annotationNamespaceWide = "sealedsecrets.bitnami.com/namespace-wide"
	annotationClusterWide   = "sealedsecrets.bitnami.com/cluster-wide"
)

// annotation is the one that asks for a scope, or "" for strict, which needs none.
func (s Scope) annotation() string {
	switch s {
	case ClusterWide:
		return annotationClusterWide
	case NamespaceWide:
		return annotationNamespaceWide
	}
	return ""
}

// annotatedScope is the scope that annotations ask for.
func annotatedScope(annotations *manifest.Node) Scope {
	switch {
	case annotations.Get(annotationClusterWide).Str() == "true":
		return ClusterWide
	case annotations.Get(annotationNamespaceWide).Str() == "true":
		return NamespaceWide
	}
	return Strict
}

// statedScope is the annotation that says something of the scope, if only that it is
// not the wider one, or nil.
func statedScope(annotations *manifest.Node) *manifest.Node {
	if n := annotations.Get(annotationClusterWide); n != nil {
		return n
	}
	return annotations.Get(annotationNamespaceWide)
}

// identity is what a ciphertext is bound to.
type identity struct {
	name, namespace string
	scope           Scope
}

// label binds the ciphertext to where it may be opened (v1alpha1.EncryptionLabel).
func (id identity) label() string {
	switch id.scope {
	case ClusterWide:
		return ""
	case NamespaceWide:
		return id.namespace
	}
	return id.namespace + "/" + id.name
}

var (
	// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
	objectName    = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	namespaceName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
)

func isObjectName(name string) bool { return len(name) <= 253 && objectName.MatchString(name) }

func isNamespace(name string) bool { return len(name) <= 63 && namespaceName.MatchString(name) }

// readName reads the name of an object, which a SealedSecret is sealed for.
func (r *rewriter) readName(d *manifest.Document) (string, error) {
	meta := d.Root.Get("metadata")
	if meta == nil {
		return "", r.refuse(d, d.At(), "write metadata with a name", "it has no metadata")
	}
	name := meta.Get("name")
	switch {
	case name.Str() == "" && meta.Get("generateName") != nil:
		return "", r.refuse(d, meta.Place(), "give it a name", "its name is made up by the server (generateName), and a SealedSecret is sealed for one name")
	case name == nil || name.Kind == manifest.Null || name.Kind == manifest.String && name.Text == "":
		return "", r.refuse(d, meta.Place(), "write metadata.name", "it has no name, and a SealedSecret is sealed for one name")
	case name.Kind != manifest.String:
		return "", r.refuse(d, name.Place(), "put the name in quotes", "metadata.name is a %s", name.Kind)
	case !isObjectName(name.Text):
		return "", r.refuse(d, name.Place(), "seal the Secret under the name that it has in the cluster", "metadata.name %q is not a name that Kubernetes takes", name.Text)
	}
	return name.Text, nil
}

// readNamespace reads the namespace of an object, or takes that of the options where
// it names none; then it is missing. needed says what asks for one, or "".
func (r *rewriter) readNamespace(d *manifest.Document, needed string) (namespace string, missing bool, err error) {
	meta, given := d.Root.Get("metadata"), r.options.Namespace
	n := meta.Get("namespace")
	switch {
	case n != nil && n.Kind != manifest.String && n.Kind != manifest.Null:
		return "", false, r.refuse(d, n.Place(), "put the namespace in quotes", "metadata.namespace is a %s", n.Kind)
	case n.Str() != "":
		namespace = n.Text
	default:
		namespace, missing = given, given != ""
	}
	switch {
	case namespace == "" && needed == "":
		return "", false, nil
	case namespace == "":
		fix := "write metadata.namespace, or give --namespace: the one that it has in the cluster, also where a kustomization sets it"
		if sealedFor := d.Root.Lookup("spec", "template", "metadata", "namespace").Str(); isNamespace(sealedFor) {
			fix += "; its template names " + sealedFor
		}
		return "", false, r.refuse(d, meta.Place(), fix, "it names no namespace, and %s", needed)
	case !isNamespace(namespace):
		return "", false, r.refuse(d, meta.Place(), "seal the Secret for the namespace that it has in the cluster", "the namespace %q is not one that Kubernetes takes", namespace)
	case given != "" && given != namespace:
		return "", false, r.refuse(d, n.Place(), "leave out --namespace, or correct it", "it is in the namespace %q, and %q was asked for", namespace, given)
	}
	return namespace, missing, nil
}

// sealedForOne says why a scope needs a namespace, or "" for the one that needs none.
func sealedForOne(s Scope) string {
	if s == ClusterWide {
		return ""
	}
	return fmt.Sprintf("a %s SealedSecret is sealed for one namespace", s)
}

// readScope finds the scope of an object that is to be sealed: what its annotations
// ask for, or what the options do where they say nothing. added tells that the
// annotation must be written.
func (r *rewriter) readScope(d *manifest.Document) (scope Scope, added bool, err error) {
	annotations := d.Root.Lookup("metadata", "annotations")
	scope, asked := annotatedScope(annotations), r.options.Scope
	if asked == "" || asked == scope {
		return scope, false, nil
	}
	if n := statedScope(annotations); n != nil {
		return "", false, r.refuse(d, n.Place(), "leave out --scope, or correct the annotation", "its annotation makes it %s, and %s was asked for", scope, asked)
	}
	return asked, true, nil
}

// identify reads what the values of an existing SealedSecret are bound to, as the
// controller does: from metadata, never from the template.
func (r *rewriter) identify(d *manifest.Document) (identity, error) {
	meta := d.Root.Get("metadata")
	id := identity{scope: annotatedScope(meta.Get("annotations"))}
	if asked := r.options.Scope; asked != "" && asked != id.scope {
		return id, r.refuse(d, meta.Place(), "leave out --scope: another one needs every value sealed anew, so create the SealedSecret again",
			"it is %s, and %s was asked for", id.scope, asked)
	}
	var err error
	if id.name, err = r.readName(d); err != nil {
		return id, err
	}
	id.namespace, _, err = r.readNamespace(d, sealedForOne(id.scope))
	return id, err
}
