package seal

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// maxSecret is the most that the values of a Secret may have together
// (k8s.io/api/core/v1, MaxSecretSize).
const maxSecret = 1 << 20

// secret is one Secret as it is to be sealed.
type secret struct {
	doc *manifest.Document
	identity
	// added tells that the namespace is not written and must be added; scopeAdded that
	// the annotation for the scope is.
	added, scopeAdded bool
	values            []value                // in the order in which they are written
	byNode            map[*manifest.Node]int // indexes of values
	filled            int                    // values that something else fills in
	notes             []Note
}

// valueOf is the value that a node gives, or nil where another node has it.
func (s *secret) valueOf(n *manifest.Node) *value {
	if i, ok := s.byNode[n]; ok {
		return &s.values[i]
	}
	return nil
}

// value is what is to be encrypted under one key.
type value struct {
	key   string
	plain []byte
	class secrets.Class
	node  *manifest.Node // nil for a value that is not written in the file
	at    manifest.Pos
	// binary tells a value that is no text, and that Vault has in base64.
	binary bool
}

func (s *secret) wipe() {
	for _, v := range s.values {
		clear(v.plain)
	}
}

func (s *secret) note(at manifest.Pos, format string, args ...any) Note {
	return noteOf(s.doc, at, format, args...)
}

func noteOf(d *manifest.Document, at manifest.Pos, format string, args ...any) Note {
	return Note{Line: at.Line, Object: d.Object, Text: fmt.Sprintf(format, args...)}
}

func (s *secret) metadata() *manifest.Node { return s.doc.Root.Get("metadata") }

func (s *secret) annotations() *manifest.Node { return s.metadata().Get("annotations") }

// read takes a Secret from a document and refuses what cannot be sealed. bind reads
// what its values are bound to.
func (r *rewriter) read(d *manifest.Document, bind func(*secret) error) (*secret, error) {
	s := &secret{doc: d}
	if err := r.readAll(s, bind); err != nil {
		s.wipe()
		return nil, err
	}
	return s, nil
}

func (r *rewriter) readAll(s *secret, bind func(*secret) error) error {
	if err := r.readFields(s); err != nil {
		return err
	}
	if err := r.readValues(s); err != nil || !s.hasOwn() {
		return err
	}
	var err error
	if s.name, err = r.readName(s.doc); err != nil {
		return err
	}
	for _, field := range []string{"labels", "annotations"} {
		if err := r.readTexts(s, field); err != nil {
			return err
		}
	}
	if err := bind(s); err != nil {
		return err
	}
	return r.guardAnnotations(s)
}

// bindScope reads scope and namespace of a Secret that is to become a SealedSecret.
func (r *rewriter) bindScope(s *secret) (err error) {
	if s.scope, s.scopeAdded, err = r.readScope(s.doc); err != nil {
		return err
	}
	s.namespace, s.added, err = r.readNamespace(s.doc, sealedForOne(s.scope))
	return err
}

// hasOwn tells whether the Secret has values, and nothing else fills them in.
func (s *secret) hasOwn() bool { return len(s.values) > 0 && s.filled == 0 }

// readFields refuses fields that a Secret does not have, since their content
// would stay in plain text, and fields that count only once.
func (r *rewriter) readFields(s *secret) error {
	if len(s.doc.Duplicates) > 0 {
		dup := s.doc.Duplicates[0]
		return r.refuse(s.doc, dup.Again, "keep one of them", "the key %s stands twice", dup.Path)
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
			return r.refuse(s.doc, f.Place(), "remove it, or correct its name", "a Secret has no field %q", f.Key)
		}
		if f.Kind != want && (f.Kind != manifest.Null || f.Key == "metadata") {
			return r.refuse(s.doc, f.Place(), "", "%s is a %s and must be a %s", f.Key, f.Kind, want)
		}
	}
	return nil
}

// readValues decodes data and stringData. Of a key in both, stringData counts, as
// for the API server.
func (r *rewriter) readValues(s *secret) error {
	size, wins := 0, map[string]bool{}
	eachField(s.doc.Root, []string{"stringData"}, func(n *manifest.Node) { wins[n.Key] = true })
	s.byNode = map[*manifest.Node]int{}
	for _, f := range s.doc.Root.Items {
		if f.Key != "data" && f.Key != "stringData" {
			continue
		}
		for i := range f.Items {
			n := &f.Items[i]
			if f.Key == "data" && wins[n.Key] {
				s.notes = append(s.notes, s.note(n.Place(), "data[%q] was not sealed: stringData has the same key, which wins", n.Key))
				continue
			}
			v, err := r.readValue(s, f.Key, n)
			if err != nil {
				return err
			}
			s.byNode[n] = len(s.values)
			s.values = append(s.values, v)
			size += len(v.plain)
		}
	}
	if size > maxSecret {
		return r.refuse(s.doc, s.doc.At(), "split it", "its values have %d bytes together, and Kubernetes takes up to %d", size, maxSecret)
	}
	return r.countFilled(s)
}

func (r *rewriter) readValue(s *secret, section string, n *manifest.Node) (value, error) {
	v := value{key: n.Key, node: n, at: n.Place()}
	path := fmt.Sprintf("%s[%q]", section, n.Key)
	switch {
	case n.Key == "":
		return v, r.refuse(s.doc, n.Place(), "name it", "%s has a key without a name", section)
	case n.Kind == manifest.Null:
		v.class = secrets.Empty
		return v, nil
	case n.Kind != manifest.String:
		return v, r.refuse(s.doc, n.Place(), "put the value in quotes", "%s is a %s, and Kubernetes takes only text here", path, n.Kind)
	case s.isAnnotated() && angles.MatchString(n.Text):
		v.plain, v.class = []byte(n.Text), secrets.Reference
		return v, nil
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
		return v, r.refuse(s.doc, n.Place(), "encode it, or move it to stringData, which takes plain text", "%s is not base64 as Kubernetes reads it", path)
	}
	v.plain, v.class = plain, secrets.Classify(n.Key, string(plain), secrets.Held).Class
	return v, nil
}

// angles is a placeholder of argocd-vault-plugin.
var angles = regexp.MustCompile(`<[^<>]+>`)

// isAnnotated tells a Secret in which argocd-vault-plugin fills in placeholders.
func (s *secret) isAnnotated() bool { return s.annotations().Get("avp.kubernetes.io/path") != nil }

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
	return r.refuse(s.doc, filled.node.Place(), "put the values that something else fills in into a Secret of their own",
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

// readTexts refuses labels and annotations that the API server would refuse.
func (r *rewriter) readTexts(s *secret, field string) error {
	n := s.metadata().Get(field)
	if n == nil || n.Kind == manifest.Null {
		return nil
	}
	if n.Kind != manifest.Map {
		return r.refuse(s.doc, n.Place(), "", "metadata.%s is a %s and must be a map", field, n.Kind)
	}
	for i := range n.Items {
		if item := &n.Items[i]; item.Kind != manifest.String {
			return r.refuse(s.doc, item.Place(), "put the value in quotes", "metadata.%s[%q] is a %s, and Kubernetes takes only text here", field, item.Key, item.Kind)
		}
	}
	return nil
}

const (
	sealedAPIVersion = "bitnami.com/v1alpha1"
	sealedKind       = "SealedSecret"
)

// expected is the SealedSecret that must come out, as a tree. It records a fingerprint,
// if one is given.
func (s *secret) expected(ciphertexts map[string]string, fingerprint string) *manifest.Node {
	meta := s.cleanMetadata()
	if s.scopeAdded {
		meta = put(meta, text("", "true"), last, "annotations", s.scope.annotation())
	}
	if fingerprint != "" {
		meta = put(meta, text("", fingerprint), last, "annotations", sealed.SealedWith)
	}
	data := fields("encryptedData")
	for _, v := range s.values {
		data.Items = append(data.Items, text(v.key, ciphertexts[v.key]))
	}
	root := fields("", text("apiVersion", sealedAPIVersion), text("kind", sealedKind), meta, fields("spec", data, s.template()))
	return &root
}

// template is what the controller makes the Secret from, as v1alpha1.NewSealedSecret
// fills it in.
func (s *secret) template() manifest.Node {
	t := fields("template", s.templateMetadata())
	for _, name := range []string{"type", "immutable"} {
		if f := s.doc.Root.Get(name); f != nil && f.Kind != manifest.Null {
			t.Items = append(t.Items, *f)
		}
	}
	return t
}

func (s *secret) templateMetadata() manifest.Node {
	meta := fields("metadata", text("name", s.name))
	if s.namespace != "" {
		meta.Items = append(meta.Items, text("namespace", s.namespace))
	}
	if labels := s.metadata().Get("labels"); labels != nil && len(labels.Items) > 0 {
		meta.Items = append(meta.Items, *labels)
	}
	kept := s.keptAnnotations()
	if s.scopeAdded {
		kept = put(kept, text("", "true"), last, s.scope.annotation())
	}
	if len(kept.Items) > 0 {
		meta.Items = append(meta.Items, kept)
	}
	return meta
}
