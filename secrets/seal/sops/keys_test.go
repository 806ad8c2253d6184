package sops

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"golang.org/x/crypto/ssh"
)

// openPGP makes a key of OpenPGP in armour.
func openPGP(t testing.TB) (r Recipient, public, private []byte, entity *openpgp.Entity) {
	t.Helper()
	entity, err := openpgp.NewEntity("Test", "", "test@example.org", &packet.Config{RSABits: 2048})
	if err != nil {
		t.Fatal(err)
	}
	write := func(kind string, serialize func(w *bytes.Buffer) error) []byte {
		var raw, out bytes.Buffer
		if err := serialize(&raw); err != nil {
			t.Fatal(err)
		}
		w, err := armor.Encode(&out, kind, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(raw.Bytes()); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	private = write(openpgp.PrivateKeyType, func(w *bytes.Buffer) error { return entity.SerializePrivate(w, nil) })
	public = write(openpgp.PublicKeyType, func(w *bytes.Buffer) error { return entity.Serialize(w) })
	return Recipient{Type: "pgp", ID: strings.ToUpper(fingerprintOf(entity))}, public, private, entity
}

func fingerprintOf(e *openpgp.Entity) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range e.PrimaryKey.Fingerprint {
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// fakeTransit is a Vault that has one transit key, which turns bytes around.
func fakeTransit(t testing.TB, token string) *httptest.Server {
	t.Helper()
	turn := func(b []byte) []byte {
		out := make([]byte, len(b))
		for i := range b {
			out[len(b)-1-i] = b[i] ^ 0x5a
		}
		return out
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]string
		if r.Header.Get("X-Vault-Token") != token {
			http.Error(w, `{"errors":["permission denied"]}`, http.StatusForbidden)
			return
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		answer := map[string]string{}
		switch r.URL.Path {
		case "/v1/sec/transit/encrypt/team":
			raw, _ := base64.StdEncoding.DecodeString(in["plaintext"])
			answer["ciphertext"] = "vault:v1:" + base64.StdEncoding.EncodeToString(turn(raw))
		case "/v1/sec/transit/decrypt/team":
			raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(in["ciphertext"], "vault:v1:"))
			answer["plaintext"] = base64.StdEncoding.EncodeToString(turn(raw))
		default:
			http.Error(w, `{"errors":[]}`, http.StatusNotFound)
			return
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"data": answer}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// fakeCloud is a Service that keeps shares in memory.
type fakeCloud struct {
	kept map[string][]byte
	fail bool
}

func (f *fakeCloud) Wrap(_ context.Context, r Recipient, key []byte) (Recipient, []byte, error) {
	if f.fail {
		return r, nil, errors.New("denied for hunter22")
	}
	if r.Type == "azure_kv" && !strings.HasSuffix(r.ID, "/v7") {
		r.ID += "/v7"
	}
	name := base64.StdEncoding.EncodeToString([]byte(r.ID))
	f.kept[name] = append([]byte(nil), key...)
	return r, []byte(name), nil
}

func (f *fakeCloud) Unwrap(_ context.Context, _ Recipient, wrapped []byte) ([]byte, error) {
	if f.fail {
		return nil, errors.New("denied for hunter22")
	}
	return f.kept[string(wrapped)], nil
}

// TestRecipients encrypts for every kind of recipient; each one alone opens the file,
// and SOPS opens it with the same key.
func TestRecipients(t *testing.T) {
	alice := newPerson(t)
	gpgRecipient, public, private, entity := openPGP(t)
	vault := fakeTransit(t, "s.token")
	cloud := &fakeCloud{kept: map[string][]byte{}}
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	sshPublic, sshPrivate := sshKey(t)
	sshIdentity, err := ParseAge(sshPrivate, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		what  string
		to    Recipient
		close Keys
		open  Keys
		sops  func(c *command)
	}{
		{"age", alice.recipient(), Keys{}, alice.keys(), func(*command) {}},
		{"age, post-quantum", Recipient{Type: "age", ID: hybrid.Recipient().String()}, Keys{}, Keys{Age: []age.Identity{hybrid}}, func(c *command) {
			c.environment = append(c.environment, "SOPS_AGE_KEY="+hybrid.String())
		}},
		{"SSH", Recipient{Type: "age", ID: sshPublic}, Keys{}, Keys{Age: sshIdentity}, func(c *command) {
			file := filepath.Join(c.folder, "id")
			if err := os.WriteFile(file, sshPrivate, 0o600); err != nil {
				t.Fatal(err)
			}
			c.environment = append(c.environment, "SOPS_AGE_SSH_PRIVATE_KEY_FILE="+file)
		}},
		{"OpenPGP", gpgRecipient, Keys{PGP: PGP{Public: [][]byte{public}}}, Keys{PGP: PGP{Private: [][]byte{private}}}, func(c *command) {
			var ring bytes.Buffer
			if err := entity.SerializePrivate(&ring, nil); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(c.folder, "secring.gpg"), ring.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			c.environment = append(c.environment, "GNUPGHOME="+c.folder)
		}},
		{"Vault", Recipient{Type: "hc_vault", ID: vault.URL + "/v1/sec/transit/keys/team"}, Keys{Vaults: []Vault{{Address: vault.URL, Token: "s.token"}}},
			Keys{Vaults: []Vault{{Address: vault.URL + "/", Token: "s.token"}}}, func(c *command) {
				c.environment = append(c.environment, "VAULT_TOKEN=s.token")
			}},
		{"AWS", Recipient{Type: "kms", ID: "arn:aws:kms:eu-west-1:111122223333:key/abc", Role: "arn:aws:iam::111122223333:role/x", Context: map[string]string{"b": "1", "a": "2"}, Profile: "dev"}, Keys{Cloud: cloud}, Keys{Cloud: cloud}, nil},
		{"GCP", Recipient{Type: "gcp_kms", ID: "projects/p/locations/l/keyRings/r/cryptoKeys/k"}, Keys{Cloud: cloud}, Keys{Cloud: cloud}, nil},
		{"Azure", Recipient{Type: "azure_kv", ID: "https://v.vault.azure.net/keys/k"}, Keys{Cloud: cloud}, Keys{Cloud: cloud}, nil},
		{"Huawei", Recipient{Type: "hckms", ID: "eu-1:abc"}, Keys{Cloud: cloud}, Keys{Cloud: cloud}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			c := realSOPS(t, alice)
			c.environment = c.environment[:2] // no key but the one below
			rule := dataRule()
			rule.Groups = []Group{{tt.to}}
			sealed := mustEncrypt(t, "a.yaml", secretYAML, Options{Rule: rule, Keys: tt.close, Now: testTime})
			if got := mustDecrypt(t, "a.yaml", sealed, tt.open); got != secretYAML {
				t.Errorf("got\n%s", got)
			}
			if _, err := Decrypt("a.yaml", sealed, Options{Keys: newPerson(t).keys()}); causeOf(err) != NoKey {
				t.Errorf("with another key: %v", err)
			}
			if tt.sops == nil {
				t.Log("sops is not asked: there is no such cloud here")
				return
			}
			if tt.what == "age" {
				c = realSOPS(t, alice)
			}
			tt.sops(&c)
			c.decrypt(t, "a.yaml", sealed)
		})
	}
}

func sshKey(t testing.TB) (public string, private []byte) {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(priv, "")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))), pem.EncodeToMemory(block)
}

func causeOf(err error) Cause {
	var e *Error
	if !errors.As(err, &e) {
		return Invalid
	}
	return e.Cause
}

// TestGnuPG has the program gpg encrypt and decrypt with a key that it keeps.
func TestGnuPG(t *testing.T) {
	gpg, err := exec.LookPath("gpg")
	if err != nil {
		t.Skip("there is no gpg on this machine")
	}
	home := t.TempDir()
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	r, _, private, _ := openPGP(t)
	importing := exec.Command(gpg, "--homedir", home, "--batch", "--import")
	importing.Stdin = bytes.NewReader(private)
	if out, err := importing.CombinedOutput(); err != nil {
		t.Skipf("gpg does not run here: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() })
	keys := Keys{PGP: PGP{GnuPG: gpg, Home: home}}
	rule := dataRule()
	rule.Groups = []Group{{r}}
	sealed := mustEncrypt(t, "a.yaml", secretYAML, Options{Rule: rule, Keys: keys, Now: testTime})
	if got := mustDecrypt(t, "a.yaml", sealed, keys); got != secretYAML {
		t.Errorf("got\n%s", got)
	}
	rule.Groups[0][0].ID = strings.Repeat("0123456789", 4)
	if _, err := Encrypt("a.yaml", []byte(secretYAML), Options{Rule: rule, Keys: keys}); causeOf(err) != Unreachable {
		t.Errorf("for an unknown key: %v", err)
	}
}

// TestGroups splits the data key: any two of three groups open the file, one does not.
func TestGroups(t *testing.T) {
	people := []person{newPerson(t), newPerson(t), newPerson(t)}
	rule := dataRule()
	rule.Groups, rule.Threshold = nil, 2
	for _, p := range people {
		rule.Groups = append(rule.Groups, Group{p.recipient()})
	}
	sealed := mustEncrypt(t, "a.yaml", secretYAML, Options{Rule: rule, Now: testTime})
	for i := range people {
		one, other := people[i], people[(i+1)%3]
		both := Keys{Age: []age.Identity{other.identity, one.identity}}
		if got := mustDecrypt(t, "a.yaml", sealed, both); got != secretYAML {
			t.Errorf("got\n%s", got)
		}
		realSOPS(t, one, other).decrypt(t, "a.yaml", sealed)
		_, err := Decrypt("a.yaml", sealed, Options{Keys: one.keys()})
		if causeOf(err) != NoKey || !strings.Contains(err.Error(), "of 3 groups 2 are needed") {
			t.Errorf("with one key: %v", err)
		}
	}
	rule.Threshold = 4
	if _, err := Encrypt("a.yaml", []byte(secretYAML), Options{Rule: rule}); err == nil {
		t.Error("a threshold above the number of groups is accepted")
	}
}

// TestEnvironmentIsNotRead gives keys and tokens by the environment alone, where they
// must not be found.
func TestEnvironmentIsNotRead(t *testing.T) {
	alice := newPerson(t)
	vault := fakeTransit(t, "s.token")
	home := t.TempDir()
	keyFile := filepath.Join(home, "keys.txt")
	if err := os.WriteFile(keyFile, []byte(alice.identity.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".vault-token"), []byte("s.token"), 0o600); err != nil {
		t.Fatal(err)
	}
	marker := filepath.Join(home, "ran")
	for name, v := range map[string]string{"HOME": home, "XDG_CONFIG_HOME": home, "SOPS_AGE_KEY": alice.identity.String(), "SOPS_AGE_KEY_FILE": keyFile,
		"SOPS_AGE_KEY_CMD": "touch " + marker, "SOPS_AGE_RECIPIENTS": alice.recipient().ID, "SOPS_GPG_EXEC": "touch " + marker, "VAULT_TOKEN": "s.token",
		"VAULT_ADDR": vault.URL, "VAULT_AGENT_ADDR": vault.URL, "VAULT_NAMESPACE": "x", "HTTP_PROXY": vault.URL} {
		t.Setenv(name, v)
	}
	sealed := mustEncrypt(t, "a.yaml", secretYAML, Options{Rule: dataRule(alice), Now: testTime})
	if _, err := Decrypt("a.yaml", sealed, Options{}); causeOf(err) != NoKey || !strings.Contains(err.Error(), alice.recipient().ID) {
		t.Errorf("age: %v", err)
	}
	rule := dataRule()
	rule.Groups = []Group{{Recipient{Type: "hc_vault", ID: vault.URL + "/v1/sec/transit/keys/team"}}}
	if _, err := Encrypt("a.yaml", []byte(secretYAML), Options{Rule: rule}); causeOf(err) != Unreachable {
		t.Errorf("Vault: %v", err)
	}
	rule.Groups = []Group{{Recipient{Type: "pgp", ID: strings.Repeat("AB", 20)}}}
	if _, err := Encrypt("a.yaml", []byte(secretYAML), Options{Rule: rule}); causeOf(err) != Unreachable {
		t.Errorf("PGP: %v", err)
	}
	if _, err := Encrypt("a.yaml", []byte(secretYAML), Options{}); causeOf(err) != NoRecipient {
		t.Errorf("without a recipient: %v", err)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("a command of the environment was run")
	}
}

// TestVaultIsAskedAlone sends no token to a Vault that was not named, nor to where one
// redirects.
func TestVaultIsAskedAlone(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked++ }))
	defer other.Close()
	turns := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer turns.Close()
	encrypt := func(id string, v Vault) error {
		rule := dataRule()
		rule.Groups = []Group{{Recipient{Type: "hc_vault", ID: id}}}
		_, err := Encrypt("a.yaml", []byte(secretYAML), Options{Rule: rule, Keys: Keys{Vaults: []Vault{v}}})
		return err
	}
	mine := Vault{Address: "https://vault.example.org:8200", Token: "s.token"}
	for _, id := range []string{other.URL + "/v1/transit/keys/k", strings.Replace(other.URL, "http://", "http://vault.example.org@", 1) + "/v1/transit/keys/k",
		"https://vault.example.org:8200/v1/transit/../../keys/k", "https://vault.example.org:8200/v1/transit/keys/k?x=y", "vault.example.org/v1/transit/keys/k"} {
		if err := encrypt(id, mine); err == nil {
			t.Errorf("%s is asked", id)
		}
	}
	if err := encrypt(turns.URL+"/v1/transit/keys/k", Vault{Address: turns.URL, Token: "s.token"}); err == nil {
		t.Error("a redirect is followed")
	}
	if asked > 0 {
		t.Error("another server was asked")
	}
}

func TestCloudErrorsAreNotShown(t *testing.T) {
	rule := dataRule()
	rule.Groups = []Group{{Recipient{Type: "kms", ID: "arn:aws:kms:eu-west-1:1:key/abc"}}}
	cloud := &fakeCloud{kept: map[string][]byte{}}
	sealed := mustEncrypt(t, "a.yaml", secretYAML, Options{Rule: rule, Keys: Keys{Cloud: cloud}})
	cloud.fail = true
	_, err1 := Encrypt("a.yaml", []byte(secretYAML), Options{Rule: rule, Keys: Keys{Cloud: cloud}})
	_, err2 := Decrypt("a.yaml", sealed, Options{Keys: Keys{Cloud: cloud}})
	for _, err := range []error{err1, err2} {
		if causeOf(err) != Unreachable || strings.Contains(err.Error(), "hunter22") {
			t.Errorf("got %v", err)
		}
	}
}

func TestParseAge(t *testing.T) {
	alice := newPerson(t)
	ids, err := ParseAge([]byte("# created: today\r\n\n"+alice.identity.String()+"\r\n"), nil, nil)
	if err != nil || len(ids) != 1 {
		t.Errorf("got %d keys, %v", len(ids), err)
	}
	for _, bad := range []string{"", "# nothing", alice.recipient().ID, alice.identity.String() + "x", "AGE-PLUGIN-X-1ABC", "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n"} {
		if _, err := ParseAge([]byte(bad), nil, nil); !errors.Is(err, ErrAgeKey) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}
