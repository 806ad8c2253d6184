package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// nextController is the key pair that a controller has after it has made a new one.
func nextController(t *testing.T) (*rsa.PrivateKey, []byte) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	return private, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// openedValues decrypts the values of the first document of a file.
func openedValues(t *testing.T, file string, key *rsa.PrivateKey, label string) map[string]string {
	t.Helper()
	doc := manifest.Read(file, []byte(readFileText(t, file)), manifest.DefaultLimits()).Documents[0]
	values := map[string]string{}
	for _, n := range doc.Root.Lookup("spec", "encryptedData").Items {
		raw, err := base64.StdEncoding.DecodeString(n.Str())
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := crypto.HybridDecrypt(rand.Reader, map[string]*rsa.PrivateKey{"": key}, raw, []byte(label)); err == nil {
			values[n.Key] = string(plain)
		}
	}
	return values
}

// With the keys of the controller, values go from one certificate to the next, and
// nothing else changes.
func TestResealForANewCertificate(t *testing.T) {
	dir := sealFolder(t)
	file, keys := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "keys.txt")
	writeFile(t, file, "# comment\n"+plainSecret+"  user: app\n")
	if _, stderr, code := call(t, "", "seal", file); code != 0 {
		t.Fatal(stderr)
	}
	before := readFileText(t, file)
	old, _ := controller()
	next, certificate := nextController(t)
	writeFile(t, filepath.Join(dir, "pub-sealed-secrets.pem"), string(certificate))
	writeFile(t, keys, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(old)})))

	stdout, stderr, code := call(t, "", "seal", "reseal", "--dry-run", "--private-key", keys, file)
	if code != 0 || readFileText(t, file) != before || !strings.Contains(stdout, `would be sealed anew: "password", "user"`) {
		t.Errorf("a dry run ends with %d\n%s%s", code, stdout, stderr)
	}
	stdout, stderr, code = call(t, "", "seal", "reseal", "--private-key", keys, file)
	if code != 0 || !strings.Contains(stdout, `sealed anew: "password", "user"`) {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	if got := openedValues(t, file, next, "production/database"); got["password"] != sealCanary || got["user"] != "app" {
		t.Errorf("with the new key the file opens to %q", got)
	}
	if got := openedValues(t, file, old, "production/database"); len(got) > 0 {
		t.Errorf("with the old key the file still opens to %q", got)
	}
	after := readFileText(t, file)
	if strings.Contains(stdout+stderr+after, sealCanary) || !strings.HasPrefix(after, "# comment\n") {
		t.Errorf("the value is shown, or the comment is gone:\n%s%s%s", stdout, stderr, after)
	}
	if stdout, _, code := call(t, "", "seal", "reseal", "--private-key", keys, file); code != 0 || readFileText(t, file) != after || !strings.Contains(stdout, "right already") {
		t.Errorf("a second time it ends with %d and says\n%s", code, stdout)
	}
}

// A file of SOPS goes from the recipients that it has to those of its rule, and who was
// removed cannot read what comes after.
func TestResealForOtherRecipients(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "secret.enc.yaml")
	var people []*age.X25519Identity
	for range 3 {
		one, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, one)
	}
	rule := func(list ...*age.X25519Identity) {
		var names []string
		for _, one := range list {
			names = append(names, one.Recipient().String())
		}
		writeFile(t, filepath.Join(dir, ".sops.yaml"), "creation_rules:\n- path_regex: secret\n  encrypted_regex: ^(data|stringData)$\n  age: "+strings.Join(names, ",")+"\n")
	}
	as := func(one *age.X25519Identity) map[string]string {
		return map[string]string{"SOPS_AGE_KEY": one.String()}
	}

	rule(people[0], people[1])
	writeFile(t, file, plainSecret)
	if _, stderr, code := call(t, "", "seal", file); code != 0 {
		t.Fatal(stderr)
	}
	first := readFileText(t, file)
	if stdout, stderr, code := callIn(t, as(people[0]), "", "seal", "reseal", file); code != 0 || readFileText(t, file) != first || !strings.Contains(stdout, "nothing to do") {
		t.Errorf("with the same recipients: exit %d\n%s%s", code, stdout, stderr)
	}

	rule(people[0], people[1], people[2])
	if stdout, stderr, code := call(t, "", "seal", "status", dir); code != 0 || !strings.Contains(stdout, "sops, 2 recipients") || !strings.Contains(stdout, people[2].Recipient().String()) {
		t.Errorf("the status does not tell who is missing: exit %d\n%s%s", code, stdout, stderr)
	}
	if _, stderr, code := callIn(t, as(people[2]), "", "seal", "reseal", file); code != exitIncomplete || readFileText(t, file) != first {
		t.Errorf("without a key that opens it: exit %d\n%s", code, stderr)
	}
	stdout, stderr, code := callIn(t, as(people[0]), "", "seal", "reseal", file)
	second := readFileText(t, file)
	if code != 0 || !strings.Contains(stdout, "its data key as before") || valueLine(first) != valueLine(second) {
		t.Fatalf("one more recipient: exit %d\n%s%s", code, stdout, stderr)
	}

	rule(people[0], people[2])
	stdout, stderr, code = callIn(t, as(people[2]), "", "seal", "reseal", file)
	third := readFileText(t, file)
	if code != 0 || !strings.Contains(stdout, "a new data key") || !strings.Contains(stdout, "rotate them") || valueLine(second) == valueLine(third) {
		t.Errorf("one recipient less: exit %d\n%s%s", code, stdout, stderr)
	}
	if strings.Contains(third, people[1].Recipient().String()) || strings.Contains(stdout+stderr+third, sealCanary) {
		t.Errorf("the recipient is still there, or the value is shown:\n%s%s%s", stdout, stderr, third)
	}
}

// A branch that gives a file of SOPS a further recipient gets no new value by that.
func TestSealSetForTheRecipientsOfTheDefaultBranch(t *testing.T) {
	dir := t.TempDir()
	repo := checkedOut{t, dir}
	file, rules := filepath.Join(dir, "secret.yaml"), filepath.Join(dir, ".sops.yaml")
	var people []*age.X25519Identity
	for range 2 {
		one, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, one)
	}
	rule := "creation_rules:\n- encrypted_regex: ^(data|stringData)$\n  age: "
	env := map[string]string{"SOPS_AGE_KEY": people[0].String()}
	repo.git("init", "--quiet", "--initial-branch=main")
	writeFile(t, rules, rule+people[0].Recipient().String()+"\n")
	writeFile(t, file, plainSecret)
	if _, stderr, code := callIn(t, env, "", "seal", file); code != 0 {
		t.Fatal(stderr)
	}
	repo.git("add", "--all")
	repo.git("commit", "--quiet", "-m", "first")
	repo.git("checkout", "--quiet", "-b", "proposal")
	if _, stderr, code := callIn(t, env, "v1", "seal", "set", "--stdin", file, "password"); code != 0 {
		t.Fatalf("on a branch that changes nothing: %s", stderr)
	}
	writeFile(t, rules, rule+people[0].Recipient().String()+","+people[1].Recipient().String()+"\n")
	if _, stderr, code := callIn(t, env, "", "seal", "reseal", file); code != exitUsage || !strings.Contains(stderr, "the branch main says sops: age "+people[0].Recipient().String()) {
		t.Errorf("sealing anew for somebody else: exit %d\n%s", code, stderr)
	}
	if _, stderr, code := callIn(t, env, "", "seal", "reseal", "--accept-target", file); code != 0 {
		t.Fatal(stderr)
	}
	before := readFileText(t, file)
	_, stderr, code := callIn(t, env, "v2", "seal", "set", "--stdin", file, "password")
	if code != exitUsage || readFileText(t, file) != before || !strings.Contains(stderr, "here it is encrypted for age ") || !strings.Contains(stderr, people[1].Recipient().String()) {
		t.Errorf("a value for somebody else: exit %d\n%s", code, stderr)
	}
	if _, stderr, code := callIn(t, env, "v2", "seal", "set", "--stdin", "--accept-target", file, "password"); code != 0 || readFileText(t, file) == before {
		t.Errorf("accepted: exit %d\n%s", code, stderr)
	}
}

func valueLine(text string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, "password:") {
			return line
		}
	}
	return ""
}

// A certificate is fetched from this machine or by TLS, within bounds, and from nobody
// whom the server names.
func TestSealCertFromAServer(t *testing.T) {
	_, certificate := controller()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(certificate) }))
	defer elsewhere.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/cert.pem", func(w http.ResponseWriter, _ *http.Request) { w.Write(certificate) })
	mux.HandleFunc("/here", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/v1/cert.pem", http.StatusFound) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/v1/cert.pem", http.StatusFound)
	})
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/much", func(w http.ResponseWriter, _ *http.Request) {
		w.Write(bytes.Repeat([]byte("x"), maxCertificate+1))
	})
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>hello") })
	server := httptest.NewServer(mux)
	defer server.Close()

	for _, c := range []struct {
		path, want string
		code       int
	}{
		{"", "sha256:", exitOK},
		{"/here", "sha256:", exitOK},
		{"/away", "the server sends elsewhere, which is not followed", exitIncomplete},
		{"/round", "too many redirects", exitIncomplete},
		{"/much", "cannot be fetched", exitIncomplete},
		{"/nothing", "the server answers with 404", exitIncomplete},
		{"/page", "not a certificate in PEM but a web page", exitUsage},
	} {
		output := filepath.Join(t.TempDir(), "cert.pem")
		stdout, stderr, code := call(t, "", "seal", "cert", "--url", server.URL+c.path, "--output", output)
		if code != c.code || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%s: exit %d, want %d and %q\n%s%s", c.path, code, c.code, c.want, stdout, stderr)
		}
		if written, err := os.ReadFile(output); (err == nil) != (c.code == exitOK) || err == nil && !bytes.Equal(written, certificate) {
			t.Errorf("%s: the file holds %q (%v)", c.path, written, err)
		}
	}
	server.Close()
	if _, stderr, code := call(t, "", "seal", "cert", "--url", server.URL); code != exitIncomplete || !strings.Contains(stderr, "hint: ") {
		t.Errorf("without a server: exit %d\n%s", code, stderr)
	}
}
