package vault_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// referring is a repository whose references are in the order of the answers that
// TestCommandVerifiesReferences expects.
const referring = `-- store.yaml --
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec: {provider: {vault: {server: "https://vault.vault.svc:8200", version: v2, path: secret, auth: {tokenSecretRef: {name: token, namespace: vault, key: token}}}}}
-- a-there.yaml --
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: there, namespace: shop}
spec:
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  data:
  - secretKey: user
    remoteRef: {key: app, property: user}
  - secretKey: nested
    remoteRef: {key: app, property: database.main.password}
-- b-key.yaml --
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: key, namespace: shop}
spec:
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  data:
  - secretKey: password
    remoteRef: {key: app, property: pasword}
-- c-gone.yaml --
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata: {name: gone, namespace: shop}
spec: {type: kv-v2, mount: secret, path: gone, destination: {name: gone, create: true}}
-- d-path.yaml --
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  annotations:
    vault.hashicorp.com/agent-inject: "true"
    vault.hashicorp.com/role: web
    vault.hashicorp.com/agent-inject-secret-nothing: secret/data/nothing
spec:
  containers: [{name: web, image: registry.example.com/web:1.4.2}]
-- e-hidden.yaml --
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata: {name: hidden, namespace: shop}
spec: {type: kv-v2, mount: hidden, path: app, destination: {name: hidden, create: true}}
`

// TestCommandVerifiesReferences runs the program against a real Vault, with a token that
// is denied every value.
func TestCommandVerifiesReferences(t *testing.T) {
	k := startKeeper(t)
	k.furnish()
	program := buildProgram(t)
	dir := t.TempDir()
	files := append(txtar.Parse([]byte(referring)).Files, txtar.File{
		Name: ".gatehouse/config.yaml", Data: []byte("version: 1\nreferences:\n  vault:\n    address: " + k.URL + "\n"),
	})
	for _, f := range files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	token := k.plainToken(vault.VerifyPolicy([]string{"secret"}, nil))
	since := k.logged()
	command := exec.Command(program, "check", "--verify-references", "--no-cache", "--only", "reference-key-missing", "-o", "json", dir)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "VAULT_TOKEN=" + token, "VAULT_ADDR=http://127.0.0.1:1", "VAULT_NAMESPACE=elsewhere"}
	out, err := command.Output()
	var exited *exec.ExitError
	if !errors.As(err, &exited) || exited.ExitCode() != 1 {
		t.Fatalf("%v, want exit 1\n%s", err, out)
	}
	var report struct {
		Findings  []struct{ File, Message string }
		NotJudged []struct{ File, Reason string }
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range report.Findings {
		found = append(found, f.File)
	}
	if diff := cmp.Diff([]string{"b-key.yaml", "c-gone.yaml", "d-path.yaml"}, found); diff != "" {
		t.Errorf("files with findings (-want +got):\n%s", diff)
	}
	for i, says := range []string{`did you mean "password"?`, "was deleted", "there is no secret secret/nothing"} {
		if i < len(report.Findings) && !strings.Contains(report.Findings[i].Message, says) {
			t.Errorf("%s says %q, want %q in it", found[i], report.Findings[i].Message, says)
		}
	}
	if len(report.NotJudged) != 1 || report.NotJudged[0].File != "e-hidden.yaml" {
		t.Errorf("not judged is %+v, want the mount that the token may not see", report.NotJudged)
	}
	if text := string(out) + string(exited.Stderr); strings.Contains(text, canary) || strings.Contains(text, token) {
		t.Errorf("a value or the token is shown:\n%s", text)
	}
	k.noValueRead(since, "secret", "hidden")
	if !slices.ContainsFunc(k.requests(since), func(r requested) bool { return strings.HasPrefix(r.Path, "secret/subkeys/") }) {
		t.Errorf("nothing was asked: %v", k.requests(since))
	}
}
