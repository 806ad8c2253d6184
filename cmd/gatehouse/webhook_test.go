package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWebhookManifestsPass(t *testing.T) {
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	certFile, _ := selfSigned(t, filepath.Dir(bundle))
	for _, args := range [][]string{
		nil,
		{"--namespace", "policy", "--image", "registry.example.com/gatehouse@sha256:" + strings.Repeat("0", 64), "--mode", "enforce", "--failure-policy", "Fail"},
		{"--ca-bundle", certFile},
	} {
		stdout, stderr, code := call(t, "", append([]string{"webhook", "manifests"}, args...)...)
		if code != 0 || stderr != "" || !strings.Contains(stdout, "kind: ValidatingWebhookConfiguration") {
			t.Fatalf("webhook manifests %q: exit %d: %s", args, code, stderr)
		}
		var report struct {
			Verdict  string
			Findings []any
			Counts   struct {
				Documents struct{ NotJudged int }
			}
		}
		checked, _, code := call(t, stdout, "check", "-o", "json", "-")
		if err := json.Unmarshal([]byte(checked), &report); err != nil {
			t.Fatal(err)
		}
		if code != 0 || report.Verdict != "pass" || len(report.Findings) > 0 || report.Counts.Documents.NotJudged > 0 {
			t.Errorf("the manifests for %q do not pass: exit %d\n%s", args, code, checked)
		}
	}
}

func TestWebhookUsage(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := selfSigned(t, dir)
	rules := filepath.Join(dir, "rules")
	if err := os.MkdirAll(filepath.Join(rules, ".gatehouse"), 0o755); err != nil {
		t.Fatal(err)
	}
	config := "version: 1\nenvironments:\n- name: production\n  paths: [production]\n"
	if err := os.WriteFile(filepath.Join(rules, ".gatehouse", "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	serve := []string{"webhook", "--tls-cert", certFile, "--tls-key", keyFile, "--address", "127.0.0.1:0", "--metrics-address", ""}
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"webhook"}, "--tls-cert and --tls-key"},
		{[]string{"webhook", "manifets"}, `did you mean "manifests"?`},
		{append(serve, "--mode", "off"), "unknown mode"},
		{append(serve, "--incomplete", "maybe"), "must be allow or deny"},
		{append(serve, "--fail-on", "never"), "must be none, error or warning"},
		{append(serve, "--writer", "argo=a:b"), "must be one of sealed-secrets"},
		{append(serve, "--writer", "sealed-secrets=a"), "NAME=namespace:serviceaccount"},
		{append(serve, "--rules", dir), "there is no folder .gatehouse"},
		{append(serve, "--environment", "production"), "name no environments"},
		{append(serve, "--rules", rules, "--environment", "prodction"), `did you mean "production"?`},
		{append(serve, "--nonsense"), "unknown flag"},
		{[]string{"webhook", "--tls-cert", "none", "--tls-key", "none"}, "read the certificate"},
		{[]string{"webhook", "manifests", "--mode", "off"}, "unknown mode"},
		{[]string{"webhook", "manifests", "--ca-bundle", keyFile}, "must hold certificates"},
		{[]string{"webhook", "manifests", "more"}, "takes no argument"},
	} {
		stdout, stderr, code := call(t, "", tt.args...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, tt.says) {
			t.Errorf("%q: exit %d, want %d and %q: %s", tt.args[1:], code, exitUsage, tt.says, stderr)
		}
	}
}

// TestWebhookServes runs the command, as a cluster does: it answers reviews by the
// rules in a folder until it is told to stop, and then ends with 0.
func TestWebhookServes(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := selfSigned(t, dir)
	if err := os.MkdirAll(filepath.Join(dir, ".gatehouse"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".gatehouse", "config.yaml"), []byte("version: 1\nseverities:\n  unresolved-secret: warning\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	policies := filepath.Join(dir, ".gatehouse", "policies")
	if err := os.Mkdir(policies, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(policies, "pods.rego"), []byte("package pods\n\ndeny contains \"no pods by hand\" if input.kind == \"Pod\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, log := io.Pipe()
	p := program{stdin: strings.NewReader(""), stdout: io.Discard, stderr: log, env: func(string) string { return "" }, now: time.Now}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan int, 1)
	go func() {
		ended <- p.run(ctx, []string{"gatehouse", "webhook", "--tls-cert", certFile, "--tls-key", keyFile, "--address", "127.0.0.1:0",
			"--metrics-address", "127.0.0.1:0", "--mode", "enforce", "--rules", dir, "--drain", "50ms"})
		log.Close()
	}()
	lines := json.NewDecoder(out)
	var listening struct{ Msg, Address, Metrics, Local string }
	if err := lines.Decode(&listening); err != nil || listening.Msg != "listening" || !strings.HasPrefix(listening.Local, "sha256:") {
		t.Fatalf("%v: %+v", err, listening)
	}
	go io.Copy(io.Discard, io.MultiReader(lines.Buffered(), out))

	review, err := os.ReadFile("../../testdata/admission/secret-create.json")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	certificate, err := os.ReadFile(certFile)
	if err != nil || !roots.AppendCertsFromPEM(certificate) {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	post := func(review []byte) string {
		resp, err := client.Post("https://"+listening.Address+"/v1/admit", "application/json", bytes.NewReader(review))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if answer := post(review); !strings.Contains(answer, `"allowed":false`) || !strings.Contains(answer, "plaintext-secret: data.password") {
		t.Errorf("answer %s", answer)
	}
	unresolved, err := os.ReadFile("../../testdata/admission/secret-unresolved.json")
	if err != nil {
		t.Fatal(err)
	}
	if answer := post(unresolved); !strings.Contains(answer, `"allowed":true`) || !strings.Contains(answer, "unresolved-secret") {
		t.Errorf("a check of this gate does not take the severity of the rules: %s", answer)
	}
	pod, err := os.ReadFile("../../testdata/admission/pod-create.json")
	if err != nil {
		t.Fatal(err)
	}
	if answer := post(pod); !strings.Contains(answer, `"allowed":false`) || !strings.Contains(answer, "pods-deny") || !strings.Contains(answer, "no pods by hand") {
		t.Errorf("the policies of the rules do not judge: %s", answer)
	}
	resp, err := http.Get("http://" + listening.Metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || !strings.Contains(string(text), `local="`+listening.Local+`"`) {
		t.Errorf("metrics: %v\n%s", err, text)
	}
	stop()
	select {
	case code := <-ended:
		if code != exitOK {
			t.Errorf("exit %d, want 0", code)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the webhook does not stop")
	}
}

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "EC PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}
