package seal

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// canary is the value that must never be seen outside of a sealed manifest.
const canary = "Tr0ub4dor-canary-value"

// head is a Secret up to its values.
const head = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace: x\n"

var refusals = []struct {
	name, in string
	line     uint32
	reason   string // a part of it
	broken   bool
}{
	{"broken document", head + "stringData:\n  p: " + canary + "\n---\napiVersion: v1\nkind: [\n", 10, "a document cannot be read", true},
	{"broken Secret", head + "stringData:\n  p: " + canary + "\n bad: " + canary + "\n", 8, "a document cannot be read", true},
	{"template", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}\nstringData:\n  p: " + canary + "\n", 1, "is a template", false},
	{"templated name", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: '{{ .Release.Name }}'\n  namespace: x\nstringData:\n  p: " + canary + "\n", 4, "not a name", false},
	{"no name", "apiVersion: v1\nkind: Secret\nmetadata:\n  namespace: x\nstringData:\n  p: " + canary + "\n", 3, "has no name", false},
	{"no metadata", "apiVersion: v1\nkind: Secret\nstringData:\n  p: " + canary + "\n", 1, "has no metadata", false},
	{"generated name", "apiVersion: v1\nkind: Secret\nmetadata:\n  generateName: a-\n  namespace: x\nstringData:\n  p: " + canary + "\n", 3, "generateName", false},
	{"name that is a number", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: 12\n  namespace: x\nstringData:\n  p: " + canary + "\n", 4, "is a number", false},
	{"no namespace", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  p: " + canary + "\n", 3, "names no namespace", false},
	{"namespace that is a boolean", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace: n\nstringData:\n  p: " + canary + "\n", 5, "metadata.namespace is a boolean", false},
	{"namespace with a slash", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace: a/b\nstringData:\n  p: " + canary + "\n", 3, "the namespace", false},
	{"duplicate key", head + "stringData:\n  p: " + canary + "\n  p: other\n", 8, "stands twice", false},
	{"duplicate section", head + "stringData:\n  p: " + canary + "\nstringData:\n  q: other\n", 8, "stands twice", false},
	{"unknown field", head + "stringdata:\n  p: " + canary + "\ndata: {a: YQ==}\n", 6, `no field "stringdata"`, false},
	{"data that is no map", head + "data: " + canary + "\n", 6, "must be a map", false},
	{"value that is a number", head + "stringData:\n  p: 123456\n", 7, "is a number", false},
	{"value that is a map", head + "stringData:\n  p: {a: " + canary + "}\n", 7, "is a map", false},
	{"no base64", head + "data:\n  p: " + canary + "\n", 7, "not base64", false},
	{"folded base64", head + "data:\n  p: >-\n    aHVudGVy\n    Mg==\n", 7, "not base64", false},
	{"reference among values", head + "stringData:\n  a: " + canary + "\n  p: <path:secret/data/a#p>\n", 8, `"p" is a reference`, false},
	{"template among values", head + "data:\n  a: VHIwdWI0ZG9y\n  p: ${PASSWORD}\n", 8, `"p" is a template`, false},
	{"ciphertext among values", head + "stringData:\n  a: " + canary + "\n  p: ENC[AES256_GCM,data:p673w==,iv:YY=,tag:UQ==,type:str]\n", 8, `"p" is a ciphertext`, false},
	{"merge key in the values", "x: &x {p: " + canary + "}\napiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: x}\nstringData:\n  <<: *x\n", 1, `no field "x"`, false},
	{"merge key in a list", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n  data: &d\n    p: " + canary +
		"\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a, namespace: x}\n  stringData:\n    <<: *d\n", 13, "merge key", false},
	{"alias of something outside", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n  data:\n    p: &p " + canary +
		"\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a, namespace: x}\n  stringData:\n    p: *p\n", 13, "an alias of something outside", false},
	{"alias from outside", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a, namespace: x}\n  stringData:\n    p: &p " + canary +
		"\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n  data:\n    p: *p\n", 13, "another object of the file", false},
	{"alias of the whole Secret", "apiVersion: v1\nkind: List\nitems:\n- &a\n  apiVersion: v1\n  kind: Secret\n  metadata: {name: a, namespace: x}\n  stringData:\n    p: " + canary +
		"\n- *a\n", 4, "another object of the file", false},
	{"alias of a section", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace: x\n  labels: &l {p: " + canary + "}\nstringData: *l\n", 7, "stringData is an alias", false},
	{"anchor that goes away", "apiVersion: v1\nkind: Secret\nstringData:\n  p: &p " + canary + "\nmetadata:\n  name: a\n  namespace: x\n  labels: {p: *p}\n", 8, "&p", false},
	{"explicit key", head + "stringData:\n  ? p\n  : " + canary + "\n", 7, "explicit key", false},
	{"key with an anchor", head + "stringData:\n  &k p: " + canary + "\n", 7, "cannot be rewritten byte for byte", false},
	{"comment in braces", "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: x}, stringData: {p: " + canary + ", # why\n q: b}}\n", 1, "a comment stands in", false},
	{"typed list", "apiVersion: v1\nkind: SecretList\nitems:\n- metadata: {name: a, namespace: x}\n  stringData: {p: " + canary + "}\n", 4, "a SecretList cannot hold", false},
	{"value in a comment", head + "stringData:\n  # It is " + canary + ".\n  p: " + canary + "\n", 8, "a comment of the Secret holds the value", false},
	{"value in a comment above", "# It is " + canary + ".\n\n" + head + "stringData:\n  p: " + canary + "\n", 9, "a comment of the Secret holds the value", false},
	{"value in a comment, in base64", head + "stringData:\n  p: " + canary + " # VHIwdWI0ZG9yLWNhbmFyeS12YWx1ZQ==\n", 7, "a comment of the Secret holds the value", false},
	{"value in an annotation", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace: x\n  annotations:\n    was: p=" + canary + "\nstringData:\n  p: " + canary + "\n", 7, `annotation "was" holds`, false},
	{"UTF-16", inUTF16(head + "stringData:\n  p: " + canary + "\n"), 0, "UTF-16LE", false},
	{"lone carriage return", strings.ReplaceAll(head, "\n", "\r") + "stringData:\r  p: " + canary + "\r", 0, "lone carriage return", false},
	{"label that is a boolean", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace: x\n  labels:\n    on: true\nstringData:\n  p: " + canary + "\n", 7, `metadata.labels["true"] is a boolean`, false},
	{"too large", head + "stringData:\n  p: " + strings.Repeat("a", maxSecret+1) + "\n", 1, "Kubernetes takes up to", false},
	{"one of several", head + "stringData:\n  p: " + canary + "\n---\n" + strings.Replace(head, "name: a", "name: B", 1) + "stringData:\n  p: " + canary + "\n", 12, "not a name", false},
}

func inUTF16(text string) string {
	out := "\xff\xfe"
	for _, c := range []byte(text) {
		out += string([]byte{c, 0})
	}
	return out
}

func TestRefusals(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			in := []byte(c.in)
			result, err := File("a.yaml", in, Options{Certificate: theKeys().certificate})
			var refused *Error
			if !errors.As(err, &refused) {
				t.Fatalf("got %v and\n%s", err, result.Text)
			}
			if refused.Line != c.line || refused.Broken != c.broken || !strings.Contains(refused.Reason, c.reason) {
				t.Errorf("got %q, broken %t; want line %d and %q, broken %t", err, refused.Broken, c.line, c.reason, c.broken)
			}
			for _, text := range []string{refused.Error(), refused.Fix} {
				if strings.Contains(text, canary) || strings.Contains(text, canary[:8]) {
					t.Errorf("the error holds a value: %s", text)
				}
			}
			if result.Text != nil || len(result.Sealed) > 0 || !bytes.Equal(in, []byte(c.in)) {
				t.Error("there is a result besides the error, or the text has changed")
			}
		})
	}
}

func TestNamespaceOfTheFlag(t *testing.T) {
	o := Options{Certificate: theKeys().certificate, Namespace: "y"}
	_, err := File("a.yaml", []byte(head+"stringData:\n  p: "+canary+"\n"), o)
	if err == nil || !strings.Contains(err.Error(), `it is in the namespace "x", and "y" was asked for`) {
		t.Errorf("another namespace than the flag's: %v", err)
	}
	o.Namespace = "{{ x }}"
	_, err = File("a.yaml", []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {p: a}\n"), o)
	if err == nil || !strings.Contains(err.Error(), "not one that Kubernetes takes") {
		t.Errorf("a namespace that is none: %v", err)
	}
}

func TestWithoutCertificate(t *testing.T) {
	_, err := File("a.yaml", []byte(head+"stringData:\n  p: "+canary+"\n"), Options{})
	if !errors.Is(err, ErrNoCertificate) {
		t.Errorf("got %v", err)
	}
	sealed := []byte("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\n")
	if r, err := File("a.yaml", sealed, Options{}); err != nil || r.Already != 1 {
		t.Errorf("nothing to seal: %v, %+v", err, r)
	}
}

// Files without a Secret are left alone, whatever they are.
func TestOtherFiles(t *testing.T) {
	for name, text := range map[string]string{
		"empty.yaml":   "",
		"readme.md":    "# Secret\n\npassword: " + canary + "\n",
		"values.yaml":  "password: " + canary + "\r\n",
		"config.json":  `{"password": "` + canary + `"}`,
		"comment.yaml": "# nothing\n",
		"other.yaml":   "apiVersion: example.org/v1\nkind: Secret\nmetadata: {name: a}\nstringData: {p: " + canary + "}\n",
		"binary.bin":   "\x00\x01" + canary,
	} {
		r, err := File(name, []byte(text), Options{Certificate: theKeys().certificate})
		if err != nil || string(r.Text) != text || len(r.Sealed) > 0 || r.Already > 0 || len(r.Left) > 0 {
			t.Errorf("%s: %v, %+v", name, err, r)
		}
	}
}

func TestResultNamesWhatWasSealed(t *testing.T) {
	in := "# one\n" + head + "data:\n  b: YQ==\nstringData:\n  a: a\n---\n" + strings.Replace(head, "name: a", "name: b", 1) + "stringData:\n  c: |\n    " + canary + "\n"
	r, err := File("a.yaml", []byte(in), Options{Certificate: theKeys().certificate})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Sealed) != 2 {
		t.Fatalf("sealed %v", r.Sealed)
	}
	first, second := r.Sealed[0], r.Sealed[1]
	if first.String() != "SealedSecret x/a" || strings.Join(first.Keys, " ") != "b a" || first.Line != 2 || first.EndLine != 16 || first.Scope != Strict {
		t.Errorf("the first is %+v", first)
	}
	if second.String() != "SealedSecret x/b" || second.Line != 18 || second.EndLine != 31 {
		t.Errorf("the second is %+v\n%s", second, r.Text)
	}
}
