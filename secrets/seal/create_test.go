package seal

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ecPrivateKey is a private key that is not RSA.
func ecPrivateKey(t testing.TB) []byte {
	t.Helper()
	private := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	return inPEM("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(private)))
}

func TestCreateWritesItTidily(t *testing.T) {
	text, err := Create(Creation{Name: "database", Namespace: "production", Type: "kubernetes.io/basic-auth", Labels: map[string]string{"b": "1", "a": "true"},
		Values: map[string][]byte{"username": []byte("admin"), "password": []byte("hunter2")}}, Options{Certificate: theKeys().certificate, Scope: NamespaceWide})
	if err != nil {
		t.Fatal(err)
	}
	c := editCase{label: "production"}
	want := `apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: production
  labels:
    a: "true"
    b: "1"
  annotations:
    gatehouse.dev/sealed-with: "FINGERPRINT"
    sealedsecrets.bitnami.com/namespace-wide: "true"
spec:
  encryptedData:
    password: SEALED("hunter2")
    username: SEALED("admin")
  template:
    metadata:
      name: database
      namespace: production
      labels:
        a: "true"
        b: "1"
      annotations:
        sealedsecrets.bitnami.com/namespace-wide: "true"
    type: kubernetes.io/basic-auth
`
	if diff := cmp.Diff(want, string(c.collapsed(t, text, nil))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCreateRefusals(t *testing.T) {
	pair := map[string][]byte{"tls.crt": theKeys().pem, "tls.key": theKeys().privatePEM()}
	one := map[string][]byte{"p": []byte(canary)}
	with := func(values map[string][]byte, key, value string) map[string][]byte {
		out := map[string][]byte{}
		for k, v := range values {
			out[k] = v
		}
		if out[key] = []byte(value); value == "" {
			delete(out, key)
		}
		return out
	}
	for _, c := range []struct {
		name, kind string
		change     func(*Creation)
		values     map[string][]byte
		want       string // the error, or ""
	}{
		{"opaque", "", nil, one, ""},
		{"a type of one's own", "example.org/x", nil, one, ""},
		{"TLS", typeTLS, nil, pair, ""},
		{"TLS without a key", typeTLS, nil, with(pair, "tls.key", ""), `must have the key "tls.key"`},
		{"TLS with another key", typeTLS, nil, with(pair, "tls.key", string(otherKeys().privatePEM())), "tls.key is not the private key of the certificate"},
		{"TLS with a key of another kind", typeTLS, nil, with(pair, "tls.key", string(ecPrivateKey(t))), "tls.key is not the private key of the certificate"},
		{"TLS with a curve", typeTLS, nil, with(pair, "tls.crt", string(ecCertificate(t))), "tls.key is not the private key of the certificate"},
		{"TLS with text", typeTLS, nil, with(pair, "tls.crt", canary), "tls.crt holds no certificate in PEM"},
		{"TLS with a damaged key", typeTLS, nil, with(pair, "tls.key", string(inPEM("PRIVATE KEY", []byte(canary)))), "the private key cannot be read"},
		{"TLS with a certificate for a key", typeTLS, nil, with(pair, "tls.key", string(theKeys().pem)), "it holds no private key in PEM"},
		{"docker", typeDockerConfig, nil, map[string][]byte{".dockerconfigjson": []byte(`{"auths":{}}`)}, ""},
		{"docker without registries", typeDockerConfig, nil, map[string][]byte{".dockerconfigjson": []byte(`{"https://index.docker.io/v1/":{}}`)}, "has no field auths"},
		{"docker with text", typeDockerConfig, nil, map[string][]byte{".dockerconfigjson": []byte(canary)}, "is no object in JSON"},
		{"old docker", typeDockercfg, nil, map[string][]byte{".dockercfg": []byte(`{}`)}, ""},
		{"docker under another key", typeDockerConfig, nil, one, `must have the key ".dockerconfigjson"`},
		{"basic auth", typeBasicAuth, nil, map[string][]byte{"password": []byte(canary)}, ""},
		{"basic auth without either", typeBasicAuth, nil, one, `must have the key "username" or "password"`},
		{"SSH", typeSSHAuth, nil, map[string][]byte{"ssh-privatekey": inPEM("OPENSSH PRIVATE KEY", []byte("x"))}, ""},
		{"SSH with text", typeSSHAuth, nil, map[string][]byte{"ssh-privatekey": []byte(canary)}, "holds no private key in PEM"},
		{"token", typeToken, nil, one, "is filled in by Kubernetes"},
		{"type that is none", "kubernetes.io/TLS", nil, one, `no type "kubernetes.io/TLS"`},
		{"no values", "", nil, nil, "it has no values"},
		{"empty value", "", nil, map[string][]byte{"p": nil}, `the value of "p" is empty`},
		{"bad key", "", nil, map[string][]byte{"a/b": []byte(canary)}, `cannot have the key "a/b"`},
		{"key that is a folder", "", nil, map[string][]byte{"..a": []byte(canary)}, `cannot have the key "..a"`},
		{"too large", "", nil, map[string][]byte{"p": make([]byte, maxSecret+1)}, "Kubernetes takes up to"},
		{"bad name", "", func(c *Creation) { c.Name = "A" }, one, `"A" is not a name`},
		{"bad namespace", "", func(c *Creation) { c.Namespace = "a.b" }, one, `namespace "a.b"`},
		{"no namespace", "", func(c *Creation) { c.Namespace = "" }, one, "it names no namespace"},
		{"bad label", "", func(c *Creation) { c.Labels = map[string]string{"a": "b c"} }, one, `the label "a"`},
		{"label with a prefix", "", func(c *Creation) { c.Labels = map[string]string{"example.org/a": ""} }, one, ""},
		{"label with a bad prefix", "", func(c *Creation) { c.Labels = map[string]string{"Example/a": ""} }, one, `the label "Example/a"`},
	} {
		creation := Creation{Name: "a", Namespace: "x", Type: c.kind, Values: c.values}
		if c.change != nil {
			c.change(&creation)
		}
		text, err := Create(creation, Options{Certificate: theKeys().certificate})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || text != nil):
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		case err != nil && (strings.Contains(err.Error(), canary) || !strings.HasPrefix(err.Error(), "SealedSecret")):
			t.Errorf("%s: the error is %q", c.name, err)
		}
	}
	if text, err := Create(Creation{Name: "a", Values: one}, Options{Certificate: theKeys().certificate, Namespace: "x"}); err != nil || !strings.Contains(string(text), "namespace: x") {
		t.Errorf("with the namespace of the options: %v", err)
	}
	if _, err := Create(Creation{Name: "a", Namespace: "x", Values: one}, Options{Certificate: theKeys().certificate, Scope: "wide"}); err == nil {
		t.Error("a scope that is none is taken")
	}
}
