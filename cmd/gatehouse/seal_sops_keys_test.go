package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// sopsKeeper is who holds the key of a file: a recipient of a rule, and how the program
// and the real sops get to the key.
type sopsKeeper struct {
	rule string            // of .sops.yaml, behind path_regex
	env  map[string]string // of the program, and with the process's own of sops
}

// TestSealWithSOPSForEveryKeeper seals a file, sets a key and takes one out, for keys
// that are kept by programs and servers. Each time the real sops decrypts what was
// written. The clouds are servers of this test, which the clients of the clouds ask.
func TestSealWithSOPSForEveryKeeper(t *testing.T) {
	real := cluster.SOPS(t)
	for name, keeper := range map[string]func(t *testing.T) sopsKeeper{
		"GnuPG": gnuPG, "transit": transitKeeper, "AWS": awsKeeper, "GCP": gcpKeeper,
	} {
		t.Run(name, func(t *testing.T) {
			k := keeper(t)
			for variable, value := range k.env {
				t.Setenv(variable, value) // gpg and the clients of the clouds have the environment of the process
			}
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, ".sops.yaml"), "creation_rules:\n  - path_regex: \\.yaml$\n    encrypted_regex: ^(data|stringData)$\n    "+k.rule+"\n")
			file := filepath.Join(dir, "a.yaml")
			writeFile(t, file, "# kept\n"+plainSecret)
			run := func(stdin string, args ...string) {
				t.Helper()
				stdout, stderr, code := callIn(t, k.env, stdin, args...)
				if code != 0 || strings.Contains(stdout+stderr+readFileText(t, file), sealCanary) {
					t.Fatalf("%v: exit %d\n%s%s%s", args, code, stdout, stderr, readFileText(t, file))
				}
			}
			says := func(want ...string) {
				t.Helper()
				command := exec.Command(real, "decrypt", file)
				command.Dir, command.Env = dir, append(os.Environ(), "HOME="+t.TempDir())
				var stderr bytes.Buffer
				command.Stderr = &stderr
				out, err := command.Output()
				if err != nil {
					t.Fatalf("sops does not decrypt it: %v\n%s", err, stderr.String())
				}
				for _, line := range append(want, "# kept") {
					if !strings.Contains(string(out), line) {
						t.Errorf("sops reads no %q", line)
					}
				}
			}
			run("", "seal", file)
			says("password: " + sealCanary)
			before := readFileText(t, file)
			run("other-"+sealCanary, "seal", "set", "--stdin", file, "token")
			says("password: "+sealCanary, "token: other-"+sealCanary)
			run("", "seal", "unset", file, "token")
			says("password: " + sealCanary)
			if changed := changedOutside(before, readFileText(t, file), "lastmodified:", "mac:"); len(changed) > 0 {
				t.Errorf("a key that came and went changes %q", changed)
			}
		})
	}
}

// changedOutside are the lines of after that are not those of before, but for some.
func changedOutside(before, after string, but ...string) (changed []string) {
	old := strings.Split(before, "\n")
	for i, line := range strings.Split(after, "\n") {
		bare := strings.TrimSpace(line)
		if i < len(old) && old[i] == line || strings.HasPrefix(bare, but[0]) || strings.HasPrefix(bare, but[1]) {
			continue
		}
		changed = append(changed, line)
	}
	return changed
}

// gnuPG is the program gpg with a key that it made.
func gnuPG(t *testing.T) sopsKeeper {
	gpg, err := exec.LookPath("gpg")
	if err != nil {
		t.Skip("there is no gpg on this machine")
	}
	home, err := os.MkdirTemp("", "gpg") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home)
	})
	run := func(args ...string) string {
		out, err := exec.Command(gpg, append([]string{"--homedir", home, "--batch", "--passphrase", ""}, args...)...).CombinedOutput()
		if err != nil {
			t.Skipf("gpg does not run here: %v: %s", err, out)
		}
		return string(out)
	}
	run("--quick-generate-key", "Test <test@example.org>", "future-default", "default", "never")
	for line := range strings.Lines(run("--with-colons", "--fingerprint")) {
		if parts := strings.Split(line, ":"); parts[0] == "fpr" {
			return sopsKeeper{"pgp: " + parts[9], map[string]string{"GNUPGHOME": home}}
		}
	}
	t.Fatal("gpg tells no fingerprint")
	return sopsKeeper{}
}

// serveKeeper is a server that keeps one key. It answers a request by what turn makes of
// the bytes.
func serveKeeper(t *testing.T, answer func(r *http.Request, in map[string]any) any) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]any
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		out := answer(r, in)
		if out == nil {
			http.Error(w, "{}", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// scrambled is how the servers of this test encrypt: so that the data key is not seen in
// what they give.
func scrambled(in any) string {
	text, _ := in.(string)
	raw, _ := base64.StdEncoding.DecodeString(text)
	for i := range raw {
		raw[i] ^= 0x5a
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// transitKeeper is a transit engine of Vault.
func transitKeeper(t *testing.T) sopsKeeper {
	const token = "hvs.token-of-the-test"
	url := serveKeeper(t, func(r *http.Request, in map[string]any) any {
		switch {
		case r.Header.Get("X-Vault-Token") != token:
			return nil
		case r.URL.Path == "/v1/transit/encrypt/team":
			return map[string]any{"data": map[string]string{"ciphertext": "vault:v1:" + scrambled(in["plaintext"])}}
		case r.URL.Path == "/v1/transit/decrypt/team":
			text, _ := in["ciphertext"].(string)
			return map[string]any{"data": map[string]string{"plaintext": scrambled(strings.TrimPrefix(text, "vault:v1:"))}}
		}
		return nil
	})
	return sopsKeeper{"hc_vault_transit_uri: " + url + "/v1/transit/keys/team", map[string]string{"VAULT_ADDR": url, "VAULT_TOKEN": token}}
}

// awsKeeper is the key service of AWS, as far as it encrypts and decrypts
// (https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html).
func awsKeeper(t *testing.T) sopsKeeper {
	const key = "arn:aws:kms:eu-west-1:111122223333:key/abc"
	url := serveKeeper(t, func(r *http.Request, in map[string]any) any {
		switch r.Header.Get("X-Amz-Target") {
		case "TrentService.Encrypt":
			return map[string]any{"KeyId": in["KeyId"], "CiphertextBlob": scrambled(in["Plaintext"])}
		case "TrentService.Decrypt":
			return map[string]any{"KeyId": key, "Plaintext": scrambled(in["CiphertextBlob"])}
		}
		return nil
	})
	return sopsKeeper{"kms: " + key, map[string]string{
		"AWS_ENDPOINT_URL_KMS": url, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "NO_PROXY": "127.0.0.1",
	}}
}

// gcpKeeper is the key service of Google Cloud over REST
// (https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/encrypt).
func gcpKeeper(t *testing.T) sopsKeeper {
	const key = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
	url := serveKeeper(t, func(r *http.Request, in map[string]any) any {
		switch r.URL.Path {
		case "/v1/" + key + ":encrypt":
			return map[string]any{"name": key + "/cryptoKeyVersions/1", "ciphertext": scrambled(in["plaintext"])}
		case "/v1/" + key + ":decrypt":
			return map[string]any{"plaintext": scrambled(in["ciphertext"])}
		}
		return nil
	})
	return sopsKeeper{"gcp_kms: " + key, map[string]string{"SOPS_GCP_KMS_ENDPOINT": url, "SOPS_GCP_KMS_CLIENT_TYPE": "rest", "GOOGLE_OAUTH_ACCESS_TOKEN": "token", "NO_PROXY": "127.0.0.1"}}
}
