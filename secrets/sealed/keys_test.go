package sealed_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// today is the time at which the tests judge certificates.
var today = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// theKey and others are made once: to make a key takes long.
var (
	theKey   = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	otherKey = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	largeKey = sync.OnceValue(func() *rsa.PrivateKey { return newKey(3072) })
	weakKey  = sync.OnceValue(func() *rsa.PrivateKey { return newKey(1024) })
)

func newKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

func certificate(t testing.TB, key *rsa.PrivateKey, from, to time.Time) *x509.Certificate {
	t.Helper()
	c, err := crypto.SignKeyWithNotBefore(rand.Reader, key, from, to.Sub(from), "sealed-secret")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// seal is what kubeseal does with one value.
func seal(t testing.TB, key *rsa.PrivateKey, value, label string) string {
	t.Helper()
	ciphertext, err := crypto.HybridEncrypt(rand.Reader, &key.PublicKey, []byte(value), []byte(label))
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(ciphertext)
}

// opens tells whether the controller can open a value under a label.
func opens(t testing.TB, key *rsa.PrivateKey, value, label string) bool {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		t.Fatal(err)
	}
	_, err = crypto.HybridDecrypt(rand.Reader, map[string]*rsa.PrivateKey{"": key}, raw, []byte(label))
	return err == nil
}

func read(t testing.TB, name, text string) *manifest.File {
	t.Helper()
	f := manifest.Read(name, []byte(text), manifest.DefaultLimits())
	if len(f.Broken) > 0 {
		t.Fatalf("%s: %s\n%s", name, f.Broken[0].Reason, text)
	}
	return f
}

func document(t testing.TB, text string) *manifest.Document {
	t.Helper()
	f := read(t, "a.yaml", text)
	if len(f.Documents) != 1 {
		t.Fatalf("%d documents in\n%s", len(f.Documents), text)
	}
	return f.Documents[0]
}

// object writes a SealedSecret. What it is called is namespace/name.
func object(name string, annotation string, data map[string]string, more string) string {
	namespace, name, _ := strings.Cut(name, "/")
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: %s\n  namespace: %s\n", name, namespace)
	if annotation != "" {
		fmt.Fprintf(&b, "  annotations:\n    %s\n", annotation)
	}
	b.WriteString("spec:\n  encryptedData:\n")
	for _, key := range sortedKeys(data) {
		fmt.Fprintf(&b, "    %s: %s\n", key, data[key])
	}
	return b.String() + more
}

// rules returns the rules and fields of faults, one line each.
func rules(list []sealed.Fault) []string {
	var lines []string
	for _, f := range list {
		lines = append(lines, strings.TrimSpace(f.Rule+" "+f.Field))
	}
	return lines
}

// mustNotQuote fails where a reason holds a text that is secret.
func mustNotQuote(t testing.TB, list []sealed.Fault, secrets ...string) {
	t.Helper()
	for _, f := range list {
		for _, secret := range secrets {
			if secret != "" && strings.Contains(f.Reason, secret) {
				t.Errorf("the reason of %s quotes a value: %s", f.Rule, f.Reason)
			}
		}
		if f.Reason == "" || strings.HasSuffix(f.Reason, ".") || strings.Contains(f.Reason, "%!") {
			t.Errorf("the reason of %s is no sentence: %q", f.Rule, f.Reason)
		}
		if f.Kind == "" || f.Rule == "" {
			t.Errorf("a fault without a kind or a rule: %+v", f)
		}
	}
}
