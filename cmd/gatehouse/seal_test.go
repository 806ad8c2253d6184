package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
)

// sealCanary is a value that must not be seen outside of the file that holds it.
const sealCanary = "Tr0ub4dor-sealCanary-value"

// controller is a key pair as the controller has it, made once.
var controller = sync.OnceValues(func() (*rsa.PrivateKey, []byte) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		panic(err)
	}
	return private, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
})

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFileText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// sealFolder is a folder with a certificate.
func sealFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	_, certificate := controller()
	writeFile(t, filepath.Join(dir, "pub-sealed-secrets.pem"), string(certificate))
	return dir
}

const plainSecret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: database\n  namespace: production\nstringData:\n  password: " + sealCanary + "\n"

func TestSealedValueOpensForItsNameOnly(t *testing.T) {
	file := filepath.Join(sealFolder(t), "a.yaml")
	writeFile(t, file, plainSecret)
	if _, stderr, code := call(t, "", "seal", file); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	doc := manifest.Read(file, []byte(readFileText(t, file)), manifest.DefaultLimits()).Documents[0]
	ciphertext, err := base64.StdEncoding.DecodeString(doc.Root.Lookup("spec", "encryptedData", "password").Str())
	if err != nil {
		t.Fatal(err)
	}
	private, _ := controller()
	keys := map[string]*rsa.PrivateKey{"": private}
	plain, err := crypto.HybridDecrypt(rand.Reader, keys, ciphertext, []byte("production/database"))
	if err != nil || string(plain) != sealCanary {
		t.Errorf("the value opens to %q (%v)", plain, err)
	}
	for _, label := range []string{"", "production", "production/other", "staging/database"} {
		if _, err := crypto.HybridDecrypt(rand.Reader, keys, ciphertext, []byte(label)); err == nil {
			t.Errorf("the value opens under %q", label)
		}
	}
}

// TestSealSaysNoValue runs the command over files that it seals and files that it
// refuses, and looks for the value in all that it writes.
func TestSealSaysNoValue(t *testing.T) {
	head := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace: x\n"
	encoded := base64.StdEncoding.EncodeToString([]byte(sealCanary))
	for i, text := range []string{
		plainSecret,
		head + "data:\n  p: " + encoded + "\n",
		head + "data:\n  p: " + sealCanary + "\n",
		head + "data: " + sealCanary + "\n",
		head + "stringData:\n- " + sealCanary + "\n",
		head + "stringData:\n  p: " + sealCanary + "\n  p: " + sealCanary + "\n",
		head + "stringData:\n  p: {" + sealCanary + ": 1}\n",
		head + "stringData:\n  p: !!int " + sealCanary + "\n",
		head + "stringData:\n  p: *" + sealCanary + "\n",
		head + "stringData:\n  p: \"" + sealCanary + "\n",
		head + "stringData:\n  p: " + sealCanary + "\n bad\n",
		head + "stringData:\n  # " + sealCanary + "\n  p: " + sealCanary + "\n",
		head + "stringData:\n  p: " + sealCanary + "\n  q: <path:a/b#c>\n",
		head + "stringdata:\n  p: " + sealCanary + "\n",
		"{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"},\"stringData\":{\"p\":\"" + sealCanary + "\"}}",
		"{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"stringData\":{\"p\":\"" + sealCanary + "\"",
		"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ x }}\nstringData:\n  p: " + sealCanary + "\n",
	} {
		dir := sealFolder(t)
		temporary := t.TempDir()
		t.Setenv("TMPDIR", temporary)
		file := filepath.Join(dir, "a.yaml")
		for _, args := range [][]string{{"seal", "--stdout", file}, {"seal", "--dry-run", file}, {"seal", file}, {"seal", "--namespace", "x", file}, {"seal", "-"}} {
			writeFile(t, file, text)
			stdout, stderr, code := call(t, text, args...)
			for _, out := range []string{stdout, stderr} {
				if strings.Contains(out, sealCanary) || strings.Contains(out, encoded) {
					t.Errorf("%d: %v (exit %d) shows the value:\n%s", i, args, code, out)
				}
			}
			if now := readFileText(t, file); now != text && (code != 0 || strings.Contains(now, sealCanary) || strings.Contains(now, encoded)) {
				t.Errorf("%d: %v (exit %d) left\n%s", i, args, code, now)
			}
		}
		writeFile(t, file, "")
		for _, folder := range []string{dir, temporary} {
			noCanaryBelow(t, folder)
		}
	}
}

func noCanaryBelow(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.Contains(readFileText(t, path), sealCanary) {
			t.Errorf("%s holds the value", path)
		}
		if strings.Contains(path, ".gatehouse-") {
			t.Errorf("%s was left behind", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestKilledWhileSealing ends the program at any time of its work, and as soon as
// it has begun to write: the file is then the old one or the new one, and what
// else lies there holds no value and is nobody else's to read.
func TestKilledWhileSealing(t *testing.T) {
	dir := sealFolder(t)
	file := filepath.Join(dir, "many.yaml")
	var text strings.Builder
	const secrets = 150
	for i := range secrets {
		fmt.Fprintf(&text, "---\n%s", strings.Replace(plainSecret, "database", fmt.Sprintf("database-%d", i), 1))
	}
	sealed, kept, writing := 0, 0, 0
	for round := range 30 {
		writeFile(t, file, text.String())
		if err := os.Chmod(file, 0o640); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("gatehouse", "seal", file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() { ended <- cmd.Wait() }()
		if round%3 == 0 {
			time.Sleep(time.Duration(round) * 4 * time.Millisecond)
		} else if waitForTemporary(dir, ended) {
			writing++
		}
		_ = cmd.Process.Kill() // it may be done
		<-ended
		switch now := readFileText(t, file); {
		case now == text.String():
			kept++
		case strings.Count(now, "kind: SealedSecret\n") == secrets && !strings.Contains(now, sealCanary):
			sealed++
		default:
			t.Fatalf("round %d left a part of a file of %d bytes", round, len(now))
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
			t.Fatalf("round %d: %v, %v", round, info.Mode(), err)
		}
		removeTemporaries(t, dir)
	}
	t.Logf("%d kept, %d sealed; %d were ended while a file was being written", kept, sealed, writing)
	if kept+sealed != 30 || writing == 0 {
		t.Errorf("%d kept, %d sealed, %d writing", kept, sealed, writing)
	}
}

// waitForTemporary waits until the program has begun to write beside the file. The
// end of the program ends it too, and stays to be received.
func waitForTemporary(dir string, ended chan error) bool {
	for {
		if found, _ := filepath.Glob(filepath.Join(dir, ".gatehouse-*")); len(found) > 0 {
			return true
		}
		select {
		case err := <-ended:
			go func() { ended <- err }()
			return false
		default:
		}
	}
}

func removeTemporaries(t *testing.T, dir string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, ".gatehouse-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(readFileText(t, path), sealCanary) || info.Mode().Perm()&0o137 != 0 {
			t.Errorf("%s (%s) was left behind", path, info.Mode())
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	writeFile(t, file, "old")
	if err := replaceFile(file, []byte("something else"), []byte("new")); err == nil || !strings.Contains(err.Error(), "changed meanwhile") {
		t.Errorf("a file that was changed: %v", err)
	}
	if got := readFileText(t, file); got != "old" {
		t.Errorf("the file holds %q", got)
	}
	if err := os.Chmod(file, 0o444); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(file, []byte("old"), []byte("new")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o444 || readFileText(t, file) != "new" {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := replaceFile(filepath.Join(dir, "nothing"), nil, []byte("new")); err == nil {
		t.Error("a file that is not there was written")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%d files are there (%v)", len(entries), err)
	}
}

// The gate of the command refuses what the gates would stop.
func TestSealIsJudged(t *testing.T) {
	s := &sealing{program: program{now: time.Now}, ctx: context.Background()}
	w := &way{name: "a.yaml"}
	m := &made{text: []byte(plainSecret), changes: []alteration{{line: 1, end: 7}}}
	err := s.gate("a.yaml", w, m)
	if err == nil || !strings.Contains(err.Error(), "not sealed") || !strings.Contains(err.Error(), "plaintext-secret") || strings.Contains(err.Error(), sealCanary) {
		t.Errorf("got %v", err)
	}
	m.changes[0] = alteration{line: 8, end: 20}
	if err := s.gate("a.yaml", w, m); err != nil {
		t.Errorf("a finding elsewhere in the file: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.ctx = ctx
	if err := s.gate("a.yaml", w, m); err == nil || err.(exit).code != exitIncomplete {
		t.Errorf("what could not be judged: %v", err)
	}
}

// It refuses what looks sealed and is not, too.
func TestSealingIsJudged(t *testing.T) {
	s := &sealing{program: program{now: time.Now}, ctx: context.Background()}
	text := "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: a\n  namespace: b\nspec:\n  encryptedData:\n    password: AgAplaceholder\n"
	err := s.gate("a.yaml", &way{name: "a.yaml"}, &made{text: []byte(text), changes: []alteration{{line: 1, end: 8}}})
	if err == nil || !strings.Contains(err.Error(), "sealed-malformed") {
		t.Errorf("got %v", err)
	}
}

func TestSealTellsOfExpiry(t *testing.T) {
	certificate := target{certificate: seal.Certificate{NotAfter: time.Date(2026, 5, 14, 12, 0, 0, 0, time.UTC)}, from: "x.pem"}
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	s := &sealing{told: &out, announced: map[string]bool{}}
	m := &made{}
	m.whom, m.soon = certificate.words(now)
	s.announce(m)
	s.announce(m)
	if got := out.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "it expires in 10 days: fetch the new one") {
		t.Errorf("got %q", got)
	}
}

func TestSealShowsNothingHidden(t *testing.T) {
	dir := sealFolder(t)
	file := filepath.Join(dir, "a\x1b[2J\nforged.yaml")
	for _, text := range []string{
		strings.Replace(plainSecret, "database", `"\e[2Jname"`, 1),
		strings.Replace(plainSecret, "password: ", `"\e[2Jkey": `, 1),
		"apiVersion: v1\nkind: Secret\nmetadata: {name: \"\\e[2J\"}\n",
		plainSecret,
	} {
		writeFile(t, file, text)
		for range 2 {
			stdout, stderr, _ := call(t, "", "seal", file)
			if strings.Contains(stdout+stderr, "\x1b") || strings.Contains(stdout+stderr, "\nforged") || stdout+stderr == "" {
				t.Errorf("the terminal gets %q%q", stdout, stderr)
			}
		}
	}
}
