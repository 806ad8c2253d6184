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
	"strings"
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

	certificate, key := formerController(t)
	write(t, repo, "legacy.yaml", fmt.Sprintf("apiVersion: v1\nkind: Secret\nmetadata:\n  name: legacy\n  namespace: %s\nstringData:\n  password: %s\n", namespace, secret.value))
	must(t, repo, program, "seal", "--cert", certificate, "legacy.yaml")
	said := must(t, repo, program, "seal", "reseal", "--private-key", key, "legacy.yaml")
	secret.absent(t, "gatehouse seal reseal", said)
	unsealed(t, c, read(t, repo, "legacy.yaml"), namespace, "legacy", map[string]string{"password": secret.value})
}

// formerController gives the certificate and the private key of a controller that is
// no more, as files.
func formerController(t *testing.T) (certificate, key string) {
	t.Helper()
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &old.PublicKey, old)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "old.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, dir, "old.key", string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(old)})))
	return filepath.Join(dir, "old.pem"), filepath.Join(dir, "old.key")
}

// TestEveryScopeIsUnsealed follows a SealedSecret of each scope through seal, set, unset
// and reseal: each time the real controller makes the Secret that was meant, and where the
// scope allows it, under another name and in another namespace, too.
func TestEveryScopeIsUnsealed(t *testing.T) {
	c := cluster.Start(t, cluster.Options{})
	if err := c.InstallSealedSecrets(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, namespace := range []string{"shop", "depot"} {
		if err := c.Client(cluster.Admin).CreateNamespace(t.Context(), namespace, nil); err != nil {
			t.Fatal(err)
		}
	}
	controller, err := c.StartController(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	former, formerKey := formerController(t)
	secret := newCanary()
	repo, outside := newRepository(t, controller.Certificate), t.TempDir()
	for _, scope := range []struct {
		name           string
		renamed, moved bool // opens under another name, and in another namespace
	}{
		{name: "strict"},
		{name: "namespace-wide", renamed: true},
		{name: "cluster-wide", renamed: true, moved: true},
	} {
		t.Run(scope.name, func(t *testing.T) {
			file, name := scope.name+".yaml", "database-"+scope.name
			plain := fmt.Sprintf("# Kept.\napiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: shop\ntype: example.com/database\nstringData:\n  password: %s # rotate in May\n  user: shop-%[2]s\n", name, secret.value)
			write(t, repo, file, plain)
			write(t, outside, "value", "token-"+secret.value)
			is := func(step string, want map[string]string) {
				t.Helper()
				text := read(t, repo, file)
				secret.absent(t, "the file after "+step, text)
				unsealed(t, c, text, "shop", name, want)
				if scope.renamed {
					unsealed(t, c, strings.ReplaceAll(text, name, name+"-too"), "shop", name+"-too", want)
				}
				if scope.moved {
					unsealed(t, c, strings.ReplaceAll(text, "namespace: shop", "namespace: depot"), "depot", name, want)
				}
			}
			password, user, token := secret.value, "shop-"+secret.value, "token-"+secret.value

			secret.absent(t, "gatehouse seal", must(t, repo, program, "seal", "--scope", scope.name, file))
			is("seal", map[string]string{"password": password, "user": user})
			secret.absent(t, "gatehouse seal set", must(t, repo, program, "seal", "set", "--from-file", filepath.Join(outside, "value"), file, "token"))
			is("set", map[string]string{"password": password, "user": user, "token": token})
			must(t, repo, program, "seal", "unset", file, "user")
			is("unset", map[string]string{"password": password, "token": token})

			// The values of a controller that is no more cannot be opened, until they are sealed anew.
			write(t, repo, file, plain)
			must(t, repo, program, "seal", "--scope", scope.name, "--cert", former, file)
			before := read(t, repo, file)
			secret.absent(t, "gatehouse seal reseal", must(t, repo, program, "seal", "reseal", "--private-key", formerKey, file))
			is("reseal", map[string]string{"password": password, "user": user})
			must(t, repo, program, "seal", "reseal", "--private-key", formerKey, file)
			if after := read(t, repo, file); strings.Count(before, "\n") != strings.Count(after, "\n") || !strings.HasPrefix(after, "# Kept.\n") || !strings.Contains(after, "# rotate in May") {
				t.Errorf("resealing changes more than values:\n%s", after)
			}

			if scope.renamed {
				return
			}
			// What is sealed for one name opens under no other: the proof that the others above mean something.
			elsewhere := strings.ReplaceAll(read(t, repo, file), name, name+"-too")
			accepted(t)(c.Client(cluster.Developer).Apply(t.Context(), documentsOf(t, elsewhere)[0], cluster.Write{}))
			time.Sleep(2 * time.Second)
			object := map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": name + "-too", "namespace": "shop"}}
			if r, err := c.Client(cluster.Developer).Get(t.Context(), object, cluster.Write{}); err != nil || r.Err() == nil {
				t.Errorf("a strict SealedSecret opens under another name (%v)", err)
			}
		})
	}
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
