package gates

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// keysAreUnsealed follows a sealed file through what people do with it later: a key
// more, a key less, and the values of an older controller. Each time the real
// controller makes the Secret that was meant.
func keysAreUnsealed(t *testing.T, c *cluster.Cluster, repo, namespace string, secret canary) {
	t.Helper()
	outside := t.TempDir()
	write(t, outside, "value", "app")
	must(t, repo, program, "seal", "set", "--from-file", filepath.Join(outside, "value"), "database.yaml", "user")
	unsealed(t, c, read(t, repo, "database.yaml"), namespace, "database", map[string]string{"password": secret.value, "user": "app"})
	must(t, repo, program, "seal", "unset", "database.yaml", "password")
	unsealed(t, c, read(t, repo, "database.yaml"), namespace, "database", map[string]string{"user": "app"})

	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &old.PublicKey, old)
	if err != nil {
		t.Fatal(err)
	}
	write(t, outside, "old.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, outside, "old.key", string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(old)})))
	write(t, repo, "legacy.yaml", fmt.Sprintf("apiVersion: v1\nkind: Secret\nmetadata:\n  name: legacy\n  namespace: %s\nstringData:\n  password: %s\n", namespace, secret.value))
	must(t, repo, program, "seal", "--cert", filepath.Join(outside, "old.pem"), "legacy.yaml")
	said := must(t, repo, program, "seal", "reseal", "--private-key", filepath.Join(outside, "old.key"), "legacy.yaml")
	secret.absent(t, "gatehouse seal reseal", said)
	unsealed(t, c, read(t, repo, "legacy.yaml"), namespace, "legacy", map[string]string{"password": secret.value})
}

// unsealed applies a SealedSecret and waits until the controller has made exactly the
// wanted values of it.
func unsealed(t *testing.T, c *cluster.Cluster, sealed, namespace, name string, want map[string]string) {
	t.Helper()
	developer := c.Client(cluster.Developer)
	accepted(t)(developer.Apply(t.Context(), documentsOf(t, sealed)[0], cluster.Write{}))
	object := map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": name, "namespace": namespace}}
	var keys []string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		r, err := developer.Get(t.Context(), object, cluster.Write{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Err() != nil {
			continue
		}
		made, err := r.Object()
		if err != nil {
			t.Fatal(err)
		}
		data, _ := made["data"].(map[string]any)
		got := map[string]string{}
		keys = nil
		for key, value := range data {
			plain, _ := base64.StdEncoding.DecodeString(fmt.Sprint(value))
			got[key], keys = string(plain), append(keys, key)
		}
		if maps.Equal(got, want) {
			return
		}
	}
	t.Fatalf("within 30 s the controller has not made the wanted values of %s, but others of the keys %q", name, keys)
}
