package seal

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// Scope says where a SealedSecret can be opened.
type Scope string

// The scopes of Sealed Secrets.
const (
	Strict        Scope = "strict"         // under its own name in its own namespace
	NamespaceWide Scope = "namespace-wide" // under any name in its own namespace
	ClusterWide   Scope = "cluster-wide"   // everywhere
)

// The annotations by which an object asks for a wider scope than strict. The
// controller reads them from the SealedSecret and wants the text "true"
// (v1alpha1.SecretScope).
const (
	annotationNamespaceWide = "sealedsecrets.bitnami.com/namespace-wide"
	annotationClusterWide   = "sealedsecrets.bitnami.com/cluster-wide"
)

// copies are the annotations in which tools keep a copy of the object that they
// applied, values and all: kubectl, kubecfg, kapp, Rancher's apply, and
// k8s-objectmatcher.
var copies = []string{
	"kubectl.kubernetes.io/last-applied-configuration",
	"kubecfg.ksonnet.io/last-applied-configuration",
	"kapp.k14s.io/original",
	"objectset.rio.cattle.io/applied",
	"banzaicloud.com/last-applied",
}

// serverSet are the fields of the metadata by which the API server describes the
// Secret that it holds. Of another object they are wrong, and an apply with a
// foreign uid or resourceVersion is refused.
var serverSet = []string{
	"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
	"deletionGracePeriodSeconds", "selfLink", "managedFields",
}

// maxSecret is the most that the values of a Secret may have together
// (k8s.io/api/core/v1, MaxSecretSize).
const maxSecret = 1 << 20

// secret is one Secret as it is to be sealed.
type secret struct {
	doc       *manifest.Document
	name      string
	namespace string
	// added tells that the namespace is not written and must be added.
	added  bool
	scope  Scope
	values []value // in the order in which they are written
	filled int     // values that something else fills in
	notes  []Note
}

// value is what is to be encrypted under one key.
type value struct {
	key   string
	plain []byte
	class secrets.Class
	node  *manifest.Node
}

func (s *secret) wipe() {
	for _, v := range s.values {
		clear(v.plain)
	}
}

func (s *secret) note(at manifest.Pos, format string, args ...any) Note {
	return Note{Line: at.Line, Object: s.doc.Object, Text: fmt.Sprintf(format, args...)}
}

func (s *secret) metadata() *manifest.Node { return s.doc.Root.Get("metadata") }

func (s *secret) annotations() *manifest.Node { return s.metadata().Get("annotations") }

// label binds the ciphertext to where it may be opened (v1alpha1.EncryptionLabel).
func (s *secret) label() string {
	switch s.scope {
	case ClusterWide:
		return ""
	case NamespaceWide:
		return s.namespace
	}
	return s.namespace + "/" + s.name
}

// read takes a Secret from a document and refuses what cannot be sealed.
func (r *rewriter) read(d *manifest.Document) (*secret, error) {
	s := &secret{doc: d, scope: Strict}
	if err := r.readAll(s); err != nil {
		s.wipe()
		return nil, err
	}
	return s, nil
}

func (r *rewriter) readAll(s *secret) error {
	if err := r.readFields(s); err != nil {
		return err
	}
	if err := r.readValues(s); err != nil || !s.hasOwn() {
		return err
	}
	if err := r.readMetadata(s); err != nil {
		return err
	}
	return r.readScope(s)
}

// hasOwn tells whether the Secret has values, and nothing else fills them in.
func (s *secret) hasOwn() bool { return len(s.values) > 0 && s.filled == 0 }

// readFields refuses fields that a Secret does not have, since their content
// would stay in plain text, and fields that count only once.
func (r *rewriter) readFields(s *secret) error {
	if len(s.doc.Duplicates) > 0 {
		dup := s.doc.Duplicates[0]
		return r.refuse(s, dup.Again, "keep one of them", "the key %s stands twice", dup.Path)
	}
	for i := range s.doc.Root.Items {
		f := &s.doc.Root.Items[i]
		want := manifest.String
		switch f.Key {
		case "apiVersion", "kind", "type":
		case "metadata", "data", "stringData":
			want = manifest.Map
		case "immutable":
			want = manifest.Bool
		default:
			return r.refuse(s, f.Place(), "remove it, or correct its name", "a Secret has no field %q", f.Key)
		}
		if f.Kind != want && (f.Kind != manifest.Null || f.Key == "metadata") {
			return r.refuse(s, f.Place(), "", "%s is a %s and must be a %s", f.Key, f.Kind, want)
		}
	}
	return nil
}

// readValues decodes data and stringData. Of a key in both, stringData counts, as
// for the API server.
func (r *rewriter) readValues(s *secret) error {
	size := 0
	for _, f := range s.doc.Root.Items {
		if f.Key != "data" && f.Key != "stringData" {
			continue
		}
		for i := range f.Items {
			n := &f.Items[i]
			if f.Key == "data" && s.doc.Root.Get("stringData").Get(n.Key) != nil {
				s.notes = append(s.notes, s.note(n.Place(), "data[%q] was not sealed: stringData has the same key, which wins", n.Key))
				continue
			}
			v, err := r.readValue(s, f.Key, n)
			if err != nil {
				return err
			}
			s.values = append(s.values, v)
			size += len(v.plain)
		}
	}
	if size > maxSecret {
		return r.refuse(s, s.doc.At(), "split it", "its values have %d bytes together, and Kubernetes takes up to %d", size, maxSecret)
	}
	return r.countFilled(s)
}

func (r *rewriter) readValue(s *secret, section string, n *manifest.Node) (value, error) {
	v := value{key: n.Key, node: n}
	path := fmt.Sprintf("%s[%q]", section, n.Key)
	switch {
	case n.Key == "":
		return v, r.refuse(s, n.Place(), "name it", "%s has a key without a name", section)
	case n.Kind == manifest.Null:
		v.class = secrets.Empty
		return v, nil
	case n.Kind != manifest.String:
		return v, r.refuse(s, n.Place(), "put the value in quotes", "%s is a %s, and Kubernetes takes only text here", path, n.Kind)
	case section == "stringData":
		v.plain, v.class = []byte(n.Text), secrets.Classify(n.Key, n.Text, secrets.Held).Class
		return v, nil
	}
	plain, err := base64.StdEncoding.DecodeString(n.Text)
	if class := secrets.Classify(n.Key, n.Text, secrets.Held).Class; err != nil && isFilled(class, n.Text) {
		v.plain, v.class = []byte(n.Text), class
		return v, nil
	}
	if err != nil {
		return v, r.refuse(s, n.Place(), "encode it, or move it to stringData, which takes plain text", "%s is not base64 as Kubernetes reads it", path)
	}
	v.plain, v.class = plain, secrets.Classify(n.Key, string(plain), secrets.Held).Class
	return v, nil
}

// isFilled tells whether something puts another value in the place of this one,
// so that to seal it would seal the wrong thing. A private key under a passphrase
// is a value like any other.
func isFilled(class secrets.Class, text string) bool {
	switch class {
	case secrets.Template, secrets.Reference:
		return true
	case secrets.Encrypted:
		return !strings.HasPrefix(strings.TrimSpace(text), "-----BEGIN ") || !strings.Contains(text, "PRIVATE KEY-----")
	}
	return false
}

// countFilled counts the values that something else fills in, and refuses a
// Secret that has others besides.
func (r *rewriter) countFilled(s *secret) error {
	var filled, own *value
	for i := range s.values {
		v := &s.values[i]
		switch {
		case isFilled(v.class, string(v.plain)):
			filled = v
			s.filled++
		case v.class != secrets.Empty:
			own = v
		}
		if v.class == secrets.Placeholder {
			s.notes = append(s.notes, s.note(v.node.Place(), "the value of %q reads like a placeholder, and was sealed as it stands", v.key))
		}
	}
	if filled == nil || own == nil {
		return nil
	}
	return r.refuse(s, filled.node.Place(), "put the values that something else fills in into a Secret of their own",
		"the value of %q is a %s that something else fills in, and sealed it would stay as it stands", filled.key, wordFor(filled.class))
}

func wordFor(class secrets.Class) string {
	switch class {
	case secrets.Template:
		return "template"
	case secrets.Reference:
		return "reference"
	}
	return "ciphertext"
}

var (
	// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
	objectName    = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	namespaceName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
)

// readMetadata checks what goes into the label and the template.
func (r *rewriter) readMetadata(s *secret) error {
	meta := s.metadata()
	if meta == nil {
		return r.refuse(s, s.doc.At(), "write metadata with a name", "it has no metadata")
	}
	name := meta.Get("name")
	switch {
	case name.Str() == "" && meta.Get("generateName") != nil:
		return r.refuse(s, meta.Place(), "give it a name", "its name is made up by the server (generateName), and a SealedSecret is sealed for one name")
	case name == nil || name.Kind == manifest.Null || name.Kind == manifest.String && name.Text == "":
		return r.refuse(s, meta.Place(), "write metadata.name", "it has no name, and a SealedSecret is sealed for one name")
	case name.Kind != manifest.String:
		return r.refuse(s, name.Place(), "put the name in quotes", "metadata.name is a %s", name.Kind)
	case len(name.Text) > 253 || !objectName.MatchString(name.Text):
		return r.refuse(s, name.Place(), "seal the Secret under the name that it has in the cluster", "metadata.name %q is not a name that Kubernetes takes", name.Text)
	}
	s.name = name.Text
	for _, field := range []string{"labels", "annotations"} {
		if err := r.readTexts(s, field); err != nil {
			return err
		}
	}
	return nil
}

// readTexts refuses labels and annotations that the API server would refuse.
func (r *rewriter) readTexts(s *secret, field string) error {
	n := s.metadata().Get(field)
	if n == nil || n.Kind == manifest.Null {
		return nil
	}
	if n.Kind != manifest.Map {
		return r.refuse(s, n.Place(), "", "metadata.%s is a %s and must be a map", field, n.Kind)
	}
	for i := range n.Items {
		if item := &n.Items[i]; item.Kind != manifest.String {
			return r.refuse(s, item.Place(), "put the value in quotes", "metadata.%s[%q] is a %s, and Kubernetes takes only text here", field, item.Key, item.Kind)
		}
	}
	return nil
}

// readScope finds the scope and the namespace.
func (r *rewriter) readScope(s *secret) error {
	switch {
	case s.annotations().Get(annotationClusterWide).Str() == "true":
		s.scope = ClusterWide
	case s.annotations().Get(annotationNamespaceWide).Str() == "true":
		s.scope = NamespaceWide
	}
	n, given := s.metadata().Get("namespace"), r.options.Namespace
	switch {
	case n != nil && n.Kind != manifest.String && n.Kind != manifest.Null:
		return r.refuse(s, n.Place(), "put the namespace in quotes", "metadata.namespace is a %s", n.Kind)
	case n.Str() != "":
		s.namespace = n.Text
	default:
		s.namespace, s.added = given, given != ""
	}
	switch {
	case s.namespace == "" && s.scope == ClusterWide:
		return nil
	case s.namespace == "":
		return r.refuse(s, s.metadata().Place(), "write metadata.namespace, or give --namespace: the one that it has in the cluster, also where a kustomization sets it", "it names no namespace, and a %s SealedSecret is sealed for one namespace", s.scope)
	case len(s.namespace) > 63 || !namespaceName.MatchString(s.namespace):
		return r.refuse(s, s.metadata().Place(), "seal the Secret for the namespace that it has in the cluster", "the namespace %q is not one that Kubernetes takes", s.namespace)
	case given != "" && given != s.namespace:
		return r.refuse(s, n.Place(), "leave out --namespace, or correct it", "it is in the namespace %q, and %q was asked for", s.namespace, given)
	}
	return nil
}

// droppedAnnotations are the annotations that must not stay.
func (s *secret) droppedAnnotations() []string {
	var drop []string
	for _, name := range copies {
		if s.annotations().Get(name) != nil {
			drop = append(drop, name)
		}
	}
	return drop
}

// droppedMetadata are the fields of the metadata that must not stay.
func (s *secret) droppedMetadata() []string {
	var drop []string
	for _, name := range serverSet {
		if s.metadata().Get(name) != nil {
			drop = append(drop, name)
		}
	}
	if a := s.annotations(); a != nil && len(a.Items) > 0 && len(a.Items) == len(s.droppedAnnotations()) {
		drop = append(drop, "annotations")
	}
	return drop
}

// expected is the SealedSecret that must come out, as a tree.
func (s *secret) expected(ciphertexts map[string]string) *manifest.Node {
	meta := *s.metadata()
	meta.Items = slices.DeleteFunc(slices.Clone(meta.Items), func(f manifest.Node) bool {
		return slices.Contains(s.droppedMetadata(), f.Key) || f.Key == "namespace" && s.added
	})
	if s.added {
		meta.Items = append(meta.Items, text("namespace", s.namespace))
	}
	for i := range meta.Items {
		if meta.Items[i].Key == "annotations" {
			meta.Items[i] = s.keptAnnotations()
		}
	}
	var data manifest.Node
	data.Key, data.Kind = "encryptedData", manifest.Map
	for _, v := range s.values {
		data.Items = append(data.Items, text(v.key, ciphertexts[v.key]))
	}
	return &manifest.Node{Kind: manifest.Map, Items: []manifest.Node{
		text("apiVersion", sealedAPIVersion), text("kind", sealedKind), meta,
		{Key: "spec", Kind: manifest.Map, Items: []manifest.Node{data, s.template()}},
	}}
}

const (
	sealedAPIVersion = "bitnami.com/v1alpha1"
	sealedKind       = "SealedSecret"
)

func text(key, value string) manifest.Node {
	return manifest.Node{Key: key, Kind: manifest.String, Text: value}
}

// keptAnnotations are the annotations without the copies of the object.
func (s *secret) keptAnnotations() manifest.Node {
	kept := *s.annotations()
	kept.Items = slices.DeleteFunc(slices.Clone(kept.Items), func(f manifest.Node) bool { return slices.Contains(copies, f.Key) })
	return kept
}

// template is what the controller makes the Secret from, as v1alpha1.NewSealedSecret
// fills it in.
func (s *secret) template() manifest.Node {
	meta := manifest.Node{Key: "metadata", Kind: manifest.Map, Items: []manifest.Node{text("name", s.name)}}
	if s.namespace != "" {
		meta.Items = append(meta.Items, text("namespace", s.namespace))
	}
	if labels := s.metadata().Get("labels"); labels != nil && len(labels.Items) > 0 {
		meta.Items = append(meta.Items, *labels)
	}
	if s.annotations() != nil {
		if kept := s.keptAnnotations(); len(kept.Items) > 0 {
			meta.Items = append(meta.Items, kept)
		}
	}
	t := manifest.Node{Key: "template", Kind: manifest.Map, Items: []manifest.Node{meta}}
	for _, name := range []string{"type", "immutable"} {
		if f := s.doc.Root.Get(name); f != nil && f.Kind != manifest.Null {
			t.Items = append(t.Items, *f)
		}
	}
	return t
}
