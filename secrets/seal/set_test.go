package seal

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// sealedHead is a SealedSecret up to its values.
const sealedHead = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: a\n  namespace: x\nspec:\n  encryptedData:\n"

// sealedKeys writes a SealedSecret with a value under each key.
func sealedKeys(keys ...string) string {
	text := sealedHead
	for _, key := range keys {
		text += "    " + key + ": " + must(encrypt(theKeys().certificate, "x/a", []byte("v"))) + "\n"
	}
	return text
}

func TestSetLeavesTheValue(t *testing.T) {
	value := []byte(canary)
	if _, err := Set("a.yaml", []byte(sealedKeys("a")), Selector{}, "p", value, Options{Certificate: theKeys().certificate}); err != nil {
		t.Fatal(err)
	}
	if string(value) != canary {
		t.Errorf("the value of the caller is %q", value)
	}
	given := []GivenValue{{Key: "a", Plain: value}}
	if _, err := Reseal("a.yaml", []byte(sealedKeys("a")), Resealing{Given: given}, Options{Certificate: otherKeys().certificate}); err != nil {
		t.Fatal(err)
	}
	if string(value) != canary {
		t.Errorf("the value of the caller is %q", value)
	}
}

func TestSetResult(t *testing.T) {
	text := "---\n" + sealedKeys("a")
	r, err := Set("a.yaml", []byte(text), Selector{}, "p", []byte(canary), Options{Certificate: theKeys().certificate})
	if err != nil {
		t.Fatal(err)
	}
	want := []Object{{Object: manifest.Object{APIVersion: sealedAPIVersion, Kind: sealedKind, Namespace: "x", Name: "a"}, Scope: Strict, Keys: []string{"p"}, Line: 2, EndLine: 10}}
	if diff := cmp.Diff(want, r.Sealed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := r.Values.In("a.yaml", []byte(head+"stringData: {p: "+canary+"}\n")); len(got) != 1 {
		t.Errorf("the value is found again in %v", got)
	}
	if strings.Contains(string(r.Text), canary) {
		t.Error("the value stands in the text")
	}
}

func TestSetWithoutCertificate(t *testing.T) {
	if _, err := Set("a.yaml", []byte(sealedKeys("a")), Selector{}, "p", []byte("x"), Options{}); !errors.Is(err, ErrNoCertificate) {
		t.Errorf("got %v", err)
	}
	if _, err := Reseal("a.yaml", []byte(sealedKeys("a")), Resealing{}, Options{}); !errors.Is(err, ErrNoCertificate) {
		t.Errorf("got %v", err)
	}
	if _, err := Create(Creation{Name: "a", Namespace: "x", Values: map[string][]byte{"a": []byte("x")}}, Options{}); !errors.Is(err, ErrNoCertificate) {
		t.Errorf("got %v", err)
	}
	if _, err := Unset("a.yaml", []byte(sealedKeys("a", "b")), Selector{}, "a", Options{}); err != nil {
		t.Errorf("to take a key away needs no certificate: %v", err)
	}
}

// What is written in the whole object in a way that cannot be kept is refused.
func TestSetRefusals(t *testing.T) {
	blob := must(encrypt(theKeys().certificate, "x/a", []byte("v")))
	for _, c := range []struct{ name, text, want string }{
		{"merge key", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n  data: &d {a: " + blob + "}\n- apiVersion: bitnami.com/v1alpha1\n  kind: SealedSecret\n  metadata: {name: a, namespace: x}\n  spec:\n    encryptedData:\n      <<: *d\n", "merge key"},
		{"typed list", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecretList\nitems:\n- metadata: {name: a, namespace: x}\n  spec: {encryptedData: {a: " + blob + "}}\n", "a SealedSecretList cannot hold"},
		{"key that stands twice", sealedKeys("a", "a"), "the key spec.encryptedData.a stands twice"},
		{"data that is no map", strings.Replace(sealedKeys(), "encryptedData:", "encryptedData: []", 1), "encryptedData is a list and must be a map"},
		{"deprecated blob", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a, namespace: x}\nspec:\n  data: " + blob + "\n", "sealed as one (spec.data)"},
		{"name that is a number", strings.Replace(sealedKeys("a"), "name: a", "name: 12", 1), "metadata.name is a number"},
		{"namespace that is a hole", strings.Replace(sealedKeys("a"), "namespace: x", "namespace: ${NAMESPACE}", 1), "is not one that Kubernetes takes"},
		{"namespace that is a boolean", strings.Replace(sealedKeys("a"), "namespace: x", "namespace: no", 1), "metadata.namespace is a boolean"},
		{"no metadata", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec: {encryptedData: {a: " + blob + "}}\n", "it has no metadata"},
		{"template", strings.Replace(sealedKeys("a"), "name: a", "name: {{ x }}", 1), "is a template"},
		{"SOPS", head + "data: {a: YQ==}\nsops: {mac: x}\n", "encrypted with SOPS"},
		{"nothing", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "there is no such SealedSecret in it"},
		{"UTF-16", inUTF16(sealedKeys("a")), "UTF-16LE"},
		{"too large", strings.Replace(sealedKeys("a"), "    a: ", "    b: "+must(encrypt(theKeys().certificate, "x/a", make([]byte, maxSecret)))+"\n    a: ", 1), "Kubernetes takes up to"},
		{"comment in braces", strings.Replace(sealedHead, "encryptedData:\n", "encryptedData: {a: "+blob+" # why\n   , b: "+blob+"}\n", 1), ""},
	} {
		value := []byte(canary)
		r, err := Set("a.yaml", []byte(c.text), Selector{}, "p", value, Options{Certificate: theKeys().certificate})
		if c.want == "" {
			if err != nil || strings.Count(string(r.Text), "# why") != 1 {
				t.Errorf("%s: %v\n%s", c.name, err, r.Text)
			}
			continue
		}
		var refused *Error
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) || r.Text != nil {
			t.Errorf("%s: got %v", c.name, err)
		}
		if err != nil && strings.Contains(err.Error()+refused.Fix, canary) {
			t.Errorf("%s: the error holds the value", c.name)
		}
	}
}

func TestParseSelector(t *testing.T) {
	for text, want := range map[string]Selector{
		"": {}, "a": {Name: "a"}, "x/a": {Namespace: "x", Name: "a"}, "SealedSecret/x/a": {"SealedSecret", "x", "a"},
	} {
		got, err := ParseSelector(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%q: %+v (%s), %v", text, got, got, err)
		}
	}
	for _, text := range []string{"/", "a/", "/a", "a//b", "a/b/c/d"} {
		if got, err := ParseSelector(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
	o := manifest.Object{Kind: "SealedSecret", Namespace: "x", Name: "a"}
	for s, want := range map[Selector]bool{{}: true, {Name: "a"}: true, {Name: "b"}: false, {Kind: "sealedsecret"}: true, {Kind: "Secret"}: false, {Namespace: "y", Name: "a"}: false} {
		if s.Matches(o) != want {
			t.Errorf("%+v matches %s: %t", s, o, !want)
		}
	}
}

func TestParseScope(t *testing.T) {
	for _, name := range []string{"", "strict", "namespace-wide", "cluster-wide"} {
		if got, err := ParseScope(name); err != nil || string(got) != name {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	if _, err := ParseScope("cluster"); err == nil || !strings.Contains(err.Error(), "namespace-wide") {
		t.Errorf("got %v", err)
	}
	if _, err := File("a.yaml", nil, Options{Scope: "cluster"}); err == nil {
		t.Error("a scope that is none is taken")
	}
}

func TestTemplatesUseKeys(t *testing.T) {
	for template, want := range map[string]bool{
		"{{ .password }}":                                              true,
		"{{ $.password }}":                                             true,
		`{{ index . "password" }}`:                                     true,
		"{{ with .token }}{{ .password }}{{end}}":                      true,
		"{{ range $i, $v := .password }}{{end}}":                       true,
		"{{ (.password) | b64enc }}":                                   true,
		"{{ if eq .a .b }}x{{ else }}{{ .password | quote }}{{ end }}": true,
		`{{ define "t" }}{{ .password }}{{ end }}{{ template "t" . }}`: true,
		"{{ .passwords }}":                                             false,
		"password":                                                     false,
		"the password: {{ .token }}":                                   false,
		"{{ .password ":                                                true, // cannot be read
		"{{ .token }} }} password":                                     false,
		strings.Repeat("{{ if .password }}", 9000):                     true,
	} {
		if got := uses(template, "password"); got != want {
			t.Errorf("%.60s: %t", template, got)
		}
	}
}
