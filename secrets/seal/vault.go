package seal

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// VaultForm is what a Secret becomes whose values are kept in Vault.
type VaultForm string

// The forms.
const (
	// ExternalSecret is that of the External Secrets Operator, external-secrets.io/v1.
	ExternalSecret VaultForm = "ExternalSecret"
	// VaultStaticSecret is that of the Vault Secrets Operator,
	// secrets.hashicorp.com/v1beta1.
	VaultStaticSecret VaultForm = "VaultStaticSecret"
	// PathPlaceholder leaves the Secret, with <path:…#key> in the place of each value,
	// for argocd-vault-plugin.
	PathPlaceholder VaultForm = "placeholder"
	// AnnotatedPlaceholder is the same with the path in the annotation
	// avp.kubernetes.io/path and <key> in the place of each value.
	AnnotatedPlaceholder VaultForm = "annotation"
)

// VaultTarget says where values go, and what is left in their place.
type VaultTarget struct {
	Form VaultForm
	// Mount is that of the key-value engine, such as secret, and Version the version of
	// the engine, 1 or 2; 0 stands for 2.
	Mount   string
	Version int
	// Path is the path of a Secret below the mount, without data/. {env}, {namespace}
	// and {name} in it stand for those of the Secret; "" stands for {namespace}/{name}.
	Path string
	// Env is what {env} stands for.
	Env string
	// Namespace is that of the Secrets that name none; it is written into them.
	Namespace string
	// Store and StoreKind name the store of an ExternalSecret. The kind is SecretStore or
	// ClusterSecretStore; "" stands for the first.
	Store, StoreKind string
	// KeyHasMount says that the store names no path, so that keys begin with the mount.
	KeyHasMount bool
	// Auth is the VaultAuth of a VaultStaticSecret, NAME or NAMESPACE/NAME; "" leaves
	// the choice to the operator.
	Auth string
	// Refresh is how often an operator looks, as in 30m; "" stands for 1h.
	Refresh string
	// Limits bound what is read; the zero value stands for manifest.DefaultLimits.
	Limits manifest.Limits
}

// VaultResult is a file whose Secrets are references, and what must be in Vault before
// it is written. Its Payloads must be wiped after use.
type VaultResult struct {
	// Text is the whole file. Where there was no Secret it is the text as it was.
	Text []byte
	// Replaced are the Secrets, in file order.
	Replaced []VaultObject
	// Left are the Secrets that were left as they are because they hold no value of
	// their own, and Notes are what a person should know of the others.
	Left, Notes []Note
	// Values recognises the values where they stand in plain text.
	Values Values
}

// VaultObject is one Secret that became a reference.
type VaultObject struct {
	manifest.Object // as the new object is named
	// Line and EndLine are where it stands in the new text.
	Line, EndLine uint32
	Mount, Path   string
	Version       int // of the engine
	// Payload are the values as they must be in Vault under Mount and Path: all keys
	// that are there, and no others.
	Payload Payload
}

// Wipe overwrites all values.
func (r VaultResult) Wipe() {
	for _, o := range r.Replaced {
		o.Payload.Wipe()
	}
}

// VaultManifest puts references to Vault in the place of the plaintext Secrets of a
// file: objects that make the same Secrets, with name, namespace, type, labels and every
// key. All else stays as it is. Nothing is written to Vault; whoever writes the text
// must have written the payloads before. The error is an *Error; then there is no
// payload either. A second time changes nothing.
func VaultManifest(name string, text []byte, target VaultTarget) (VaultResult, error) {
	if fix, err := target.check(); err != nil {
		return VaultResult{}, &Error{Reason: err.Error(), Fix: fix}
	}
	r, err := open(name, text, Options{Namespace: target.Namespace, Limits: target.Limits})
	if err != nil {
		return VaultResult{}, err
	}
	v := vaulting{rewriter: r, target: target, paths: map[string]*manifest.Document{}}
	if err := v.collectSecrets(); err != nil {
		v.wipe()
		return VaultResult{}, err
	}
	if err := v.replaceAll(text); err != nil {
		v.wipe()
		return VaultResult{}, err
	}
	return VaultResult{Text: r.result.Text, Replaced: v.replaced, Left: r.result.Left, Notes: r.result.Notes, Values: r.result.Values}, nil
}

// vaulting puts references in the place of the Secrets of one file.
type vaulting struct {
	*rewriter
	target   VaultTarget
	paths    map[string]*manifest.Document // what is kept where
	replaced []VaultObject
}

func (v *vaulting) wipe() {
	v.rewriter.wipe()
	VaultResult{Replaced: v.replaced}.Wipe()
}

// collectSecrets finds the Secrets to replace.
func (v *vaulting) collectSecrets() error {
	for _, d := range v.file.Documents {
		if !isSecret(d) || isSOPS(d) {
			continue
		}
		s, err := v.read(d, v.bindNamespace)
		if err != nil {
			return err
		}
		v.sort(s)
	}
	return nil
}

// bindNamespace reads the namespace, which only a path may need.
func (v *vaulting) bindNamespace(s *secret) (err error) {
	needed := ""
	if strings.Contains(v.target.path(), "{namespace}") {
		needed = "its path in Vault has the namespace in it"
	}
	s.namespace, s.added, err = v.readNamespace(s.doc, needed)
	return err
}

// replaceAll changes the file.
func (v *vaulting) replaceAll(text []byte) error {
	if len(v.secrets) == 0 {
		return nil
	}
	if err := v.writable(); err != nil {
		return err
	}
	var found []*written
	for _, s := range v.secrets {
		root, err := v.locate(s.doc)
		if err != nil {
			return err
		}
		found = append(found, &written{doc: s.doc, root: root, values: s.values})
	}
	if err := v.guardBorders(found); err != nil {
		return err
	}
	for i, s := range v.secrets {
		if err := v.replace(s, found[i]); err != nil {
			return err
		}
	}
	if err := v.finish(found, text); err != nil {
		return err
	}
	for i, o := range v.result.Sealed {
		v.replaced[i].Object, v.replaced[i].Line, v.replaced[i].EndLine = o.Object, o.Line, o.EndLine
	}
	for _, s := range v.secrets {
		for _, value := range s.values {
			if value.binary { // the payload has a copy
				clear(value.plain)
			}
		}
	}
	return nil
}

// replace says how one Secret becomes a reference, and what goes to Vault.
func (v *vaulting) replace(s *secret, w *written) error {
	path, err := v.target.pathOf(s)
	if err != nil {
		return v.refuse(s.doc, s.doc.At(), "correct the path for the values in Vault", "%s", err)
	}
	if other := v.paths[path]; other != nil {
		return v.refuse(s.doc, s.doc.At(), "put {name} or {namespace} into the path", "its path in Vault, %q, is that of %s, too", path, other.Object)
	}
	v.paths[path] = s.doc
	if err := v.representable(s); err != nil {
		return err
	}
	v.replaced = append(v.replaced, VaultObject{Mount: v.target.Mount, Path: path, Version: v.target.version(), Payload: payloadOf(s)})
	for _, value := range s.values {
		if value.class.Leaks() {
			v.result.Values.add(value.key, value.plain)
		}
	}
	place := reference{target: v.target, secret: s, path: path}
	switch v.target.Form {
	case ExternalSecret:
		return v.become(s, w, place.external())
	case VaultStaticSecret:
		v.noteOperator(s)
		return v.become(s, w, place.static())
	}
	want := place.placeholders()
	w.want = &want
	w.edits, err = v.surface.amend(w.root, w.want, v.surface.indentation(w.root))
	if err != nil {
		return v.placed(s.doc, err)
	}
	return nil
}

// become says how a Secret becomes an object of another kind.
func (v *vaulting) become(s *secret, w *written, form secretForm) (err error) {
	root := fields("", text("apiVersion", form.apiVersion), text("kind", form.kind), form.metadata, form.spec)
	w.want = &root
	w.edits, err = v.reform(s, w.root, nil, form)
	return err
}

// representable refuses what the form cannot make of a Secret.
func (v *vaulting) representable(s *secret) error {
	if n := s.doc.Root.Get("immutable"); n != nil && n.Text == "true" && v.target.Form == VaultStaticSecret {
		return v.refuse(s.doc, n.Place(), "take immutable out, or use an ExternalSecret", "a VaultStaticSecret cannot make an immutable Secret")
	}
	for _, value := range s.values {
		if v.isPlaceholder() && strings.ContainsAny(value.key, "#|<>") {
			return v.refuse(s.doc, value.at, "name the key otherwise", "a placeholder cannot name the key %q", value.key)
		}
	}
	kept := s.keptAnnotations()
	for i := range kept.Items {
		n := &kept.Items[i]
		switch {
		case v.target.Form == ExternalSecret && strings.Contains(n.Text, "{{"):
			return v.refuse(s.doc, n.Place(), "take it out, or use another form", "the annotation %q is a template, which the operator would execute", n.Key)
		case v.target.Form == AnnotatedPlaceholder && strings.Contains(n.Text, "<"):
			return v.refuse(s.doc, n.Place(), "use placeholders with a path", "argocd-vault-plugin would take the annotation %q for a placeholder", n.Key)
		case v.isPlaceholder() && strings.HasPrefix(n.Key, "avp.kubernetes.io/"):
			return v.refuse(s.doc, n.Place(), "take it out", "the annotation %q says where argocd-vault-plugin finds the values, and they go elsewhere", n.Key)
		}
	}
	return nil
}

func (v *vaulting) isPlaceholder() bool {
	return v.target.Form == PathPlaceholder || v.target.Form == AnnotatedPlaceholder
}

// ownerLabels are the labels that the Vault Secrets Operator sets on a Secret that it
// makes, in the place of others (helpers/secrets.go, OwnerLabels).
var ownerLabels = []string{"app.kubernetes.io/managed-by", "app.kubernetes.io/name", "app.kubernetes.io/component"}

// noteOperator says what of a Secret the Vault Secrets Operator does not take over.
func (v *vaulting) noteOperator(s *secret) {
	for _, name := range ownerLabels {
		if n := s.metadata().Get("labels").Get(name); n != nil {
			v.result.Notes = append(v.result.Notes, s.note(n.Place(), "the operator sets the label %q of the Secret to its own", name))
		}
	}
	v.result.Notes = append(v.result.Notes, s.note(s.doc.At(), "a Secret of this name that is in the cluster already must be deleted first, or spec.destination.overwrite be true"))
}

// check refuses a target that cannot be used, with the next step.
func (t VaultTarget) check() (fix string, err error) {
	forms := []VaultForm{ExternalSecret, VaultStaticSecret, PathPlaceholder, AnnotatedPlaceholder}
	switch {
	case !slices.Contains(forms, t.Form):
		return fmt.Sprintf("the forms are %s, %s, %s and %s", forms[0], forms[1], forms[2], forms[3]), fmt.Errorf("%q is no form of a reference to Vault", t.Form)
	case t.Version < 0 || t.Version > 2:
		return "the versions are 1 and 2", fmt.Errorf("there is no version %d of the key-value engine", t.Version)
	case badPath(t.Mount) != "":
		return "name the mount as vault secrets list does, without the slash behind it", fmt.Errorf("the mount %q: %s", t.Mount, badPath(t.Mount))
	case t.Form == ExternalSecret && !isObjectName(t.Store):
		return "name the SecretStore or ClusterSecretStore", fmt.Errorf("an ExternalSecret needs a store, and %q is no name of one", t.Store)
	case t.StoreKind != "" && t.StoreKind != "SecretStore" && t.StoreKind != "ClusterSecretStore":
		return "the kinds are SecretStore and ClusterSecretStore", fmt.Errorf("%q is no kind of a store", t.StoreKind)
	case t.Refresh != "" && !duration.MatchString(t.Refresh):
		return "write it as in 30s, 5m or 1h", fmt.Errorf("%q is no duration", t.Refresh)
	case t.Auth != "" && !isAuth(t.Auth):
		return "write NAME or NAMESPACE/NAME", fmt.Errorf("%q names no VaultAuth", t.Auth)
	}
	return t.checkTemplate()
}

// payloadOf are the values of a Secret as Vault has them: as text, and what is no text
// in base64, since the engine keeps JSON.
func payloadOf(s *secret) Payload {
	p := Payload{values: map[string][]byte{}}
	for i := range s.values {
		v := &s.values[i]
		p.values[v.key] = v.plain
		if v.binary = !utf8.Valid(v.plain); v.binary {
			p.values[v.key] = inBase64(v.plain)
		}
	}
	return p
}
