package main

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSealCertFetchesFromTheController asks an API server for the certificate, as the
// kubeconfig says, and not in CI.
func TestSealCertFetchesFromTheController(t *testing.T) {
	const token = "token-of-the-test-4711"
	asked := ""
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: []byte("no certificate")})
	}))
	t.Cleanup(server.Close)
	ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	file := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf("current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: %q, certificate-authority-data: %s}}]\nusers: [{name: u, user: {token: %s}}]\n",
		server.URL, ca, token)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"KUBECONFIG": file}
	stdout, stderr, code := callIn(t, env, "", "seal", "cert", "--fetch", "--controller-namespace", "sealing")
	if want := "/api/v1/namespaces/sealing/services/http:sealed-secrets-controller:8080/proxy/v1/cert.pem"; asked != want {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	if code != exitUsage || !strings.Contains(stderr, "nobody should seal with") || strings.Contains(stdout+stderr, token) {
		t.Errorf("exit %d for what is no certificate:\n%s%s", code, stdout, stderr)
	}
	asked = ""
	env["CI"] = "true"
	if stdout, _, code = callIn(t, env, "", "seal", "cert", "--fetch"); code != exitOK || asked != "" || !strings.HasPrefix(stdout, "kubectl get --raw ") {
		t.Errorf("in CI: exit %d, asked for %q:\n%s", code, asked, stdout)
	}
}
