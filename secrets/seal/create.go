package seal

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// Creation says what a new SealedSecret makes.
type Creation struct {
	Name      string
	Namespace string // that of the options where it is ""
	Type      string // of the Secret; "" stands for Opaque
	Labels    map[string]string
	// Values are the values by key. They are their owner's to overwrite.
	Values map[string][]byte
}

// Create writes the manifest of a new SealedSecret, with its keys in order. Values that
// a Secret of the type must have, or cannot have, are refused. The error is an *Error
// without a file, or ErrNoCertificate; it holds no value.
func Create(c Creation, o Options) ([]byte, error) {
	object := manifest.Object{APIVersion: sealedAPIVersion, Kind: sealedKind, Namespace: c.Namespace, Name: c.Name}
	refuse := func(fix, format string, args ...any) error {
		return &Error{Object: object, Reason: fmt.Sprintf(format, args...), Fix: fix}
	}
	if o.Certificate.key == nil {
		return nil, ErrNoCertificate
	}
	if c.Namespace == "" {
		c.Namespace = o.Namespace
		object.Namespace = o.Namespace
	}
	id := identity{name: c.Name, namespace: c.Namespace, scope: o.Scope}
	if id.scope == "" {
		id.scope = Strict
	}
	if fix, err := c.check(id, o.AllowEmpty); err != nil {
		return nil, refuse(fix, "%s", err)
	}
	ciphertexts := map[string]string{}
	for key, plain := range c.Values {
		v := value{key: key, plain: plain}
		ciphertext, err := o.Known.encrypt(o.Certificate, id.label(), v)
		if err != nil {
			return nil, refuse("", "the value of %q cannot be encrypted: %s", key, err)
		}
		ciphertexts[key] = ciphertext
	}
	root := c.manifest(id, ciphertexts, o)
	out := []byte(strings.Join(blockLines(root.Items, 0, 2), "\n") + "\n")
	if err := sound(root, out, o); err != nil {
		return nil, refuse("", "%s", err)
	}
	return out, nil
}

// sound holds a new manifest against what it must say, and against the gate.
func sound(root manifest.Node, out []byte, o Options) error {
	read := manifest.Read("created.yaml", out, manifest.DefaultLimits())
	if len(read.Documents) != 1 || len(read.Broken)+len(read.Templated) > 0 || !says(read.Documents[0].Root, &root) {
		return errors.New("the manifest would not read as it must")
	}
	for _, f := range sealed.SealedSecret(read.Documents[0], sealed.Options{AllowEmpty: o.AllowEmpty}) {
		if f.Certain {
			return fmt.Errorf("%s: %s", f.Field, f.Reason)
		}
	}
	return nil
}

// manifest is the new SealedSecret as a tree.
func (c Creation) manifest(id identity, ciphertexts map[string]string, o Options) manifest.Node {
	meta := fields("metadata", text("name", c.Name))
	if c.Namespace != "" {
		meta.Items = append(meta.Items, text("namespace", c.Namespace))
	}
	if len(c.Labels) > 0 {
		meta.Items = append(meta.Items, texts("labels", c.Labels))
	}
	inTemplate := meta
	if wider := id.scope.annotation(); wider != "" {
		meta = put(meta, text("", "true"), last, "annotations", wider)
		inTemplate = meta
	}
	if !o.Unrecorded {
		meta = put(meta, text("", o.Certificate.Fingerprint), inOrder, "annotations", sealed.SealedWith)
	}
	kind := c.Type
	if kind == "" {
		kind = typeOpaque
	}
	return fields("", text("apiVersion", sealedAPIVersion), text("kind", sealedKind), meta, fields("spec",
		texts("encryptedData", ciphertexts), fields("template", inTemplate, text("type", kind))))
}

// texts is a map of texts, in order.
func texts(key string, m map[string]string) manifest.Node {
	n := fields(key)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		n.Items = append(n.Items, text(name, m[name]))
	}
	return n
}

var (
	// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
	labelName  = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`)
	labelValue = regexp.MustCompile(`^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$`)
)

// check refuses what Kubernetes does not take, with the next step.
func (c Creation) check(id identity, allowEmpty bool) (fix string, err error) {
	needed := sealedForOne(id.scope)
	switch _, err := ParseScope(string(id.scope)); {
	case err != nil:
		return "", err
	case !isObjectName(c.Name):
		return "take small letters, digits, - and .", fmt.Errorf("%q is not a name that Kubernetes takes", c.Name)
	case c.Namespace == "" && needed != "":
		return "give --namespace: the one that it has in the cluster", fmt.Errorf("it names no namespace, and %s", needed)
	case c.Namespace != "" && !isNamespace(c.Namespace):
		return "take small letters, digits and -", fmt.Errorf("the namespace %q is not one that Kubernetes takes", c.Namespace)
	}
	if known := knownTypes(); strings.HasPrefix(c.Type, "kubernetes.io/") && c.Type != typeToken && !slices.Contains(known, c.Type) {
		return "the types are " + strings.Join(known, ", "), fmt.Errorf("there is no type %q of Secrets in Kubernetes", c.Type)
	}
	for name, value := range c.Labels {
		prefix, bare, found := strings.Cut(name, "/")
		if !found {
			bare = name
		}
		if found && !isObjectName(prefix) || !labelName.MatchString(bare) || !labelValue.MatchString(value) {
			return "", fmt.Errorf("the label %q, or its value, is not one that Kubernetes takes", name)
		}
	}
	return c.checkValues(allowEmpty)
}

func (c Creation) checkValues(allowEmpty bool) (fix string, err error) {
	if len(c.Values) == 0 {
		return "give at least one", errors.New("it has no values")
	}
	size := 0
	for _, key := range slices.Sorted(maps.Keys(c.Values)) {
		plain := c.Values[key]
		size += len(plain)
		if reason := badKey(key); reason != "" {
			return "name it otherwise", fmt.Errorf("a Secret cannot have the key %q: %s", key, reason)
		}
		if len(plain) == 0 && !allowEmpty {
			return "give a value, or say that an empty one is meant", fmt.Errorf("the value of %q is empty", key)
		}
	}
	if size > maxSecret {
		return "split it", fmt.Errorf("its values have %d bytes together, and Kubernetes takes up to %d", size, maxSecret)
	}
	return "", checkType(c.Type, c.Values)
}
