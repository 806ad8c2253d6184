package vault_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// person is somebody who runs the program in a repository of their own.
type person struct {
	t                       *testing.T
	program, dir            string
	address, token, clipped string // of Vault; what is clipped is given to standard input
}

// ran is what a command left.
type ran struct {
	stdout, stderr string
	code           int
}

func buildProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "gatehouse")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/gatehouse-dev/gatehouse/cmd/gatehouse").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// run runs the program. Neither the values nor the token may be in what it says.
func (p person) run(args ...string) ran {
	p.t.Helper()
	command := exec.CommandContext(p.t.Context(), p.program, args...)
	command.Dir = p.dir
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "VAULT_ADDR=" + p.address, "VAULT_TOKEN=" + p.token}
	command.Stdin = strings.NewReader(p.clipped)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); command.ProcessState == nil {
		p.t.Fatal(err)
	}
	if said := stdout.String() + stderr.String(); strings.Contains(said, canary) || p.token != "" && strings.Contains(said, p.token) {
		p.t.Errorf("%v shows a value or the token:\n%s", args, said)
	}
	return ran{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

func (p person) must(args ...string) ran {
	p.t.Helper()
	r := p.run(args...)
	if r.code != 0 {
		p.t.Fatalf("%v: exit %d\n%s%s", args, r.code, r.stdout, r.stderr)
	}
	return r
}

func (p person) write(name, text string) {
	p.t.Helper()
	name = filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p person) read(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// plain is a Secret with two values of which every character matters.
const plain = `# Of the shop.
apiVersion: v1
kind: Secret
metadata:
  name: database
  namespace: shop
stringData:
  # Who.
  user: shop-` + canary + ` # public
  password: "two\n\"ü\" ` + canary + `"
`

// store is what an ExternalSecret reads from.
const store = `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec: {provider: {vault: {server: "https://vault.vault.svc:8200", version: v2, path: secret, auth: {tokenSecretRef: {name: token, namespace: vault, key: token}}}}}
`

// sealer is a person whose configuration seals to a Vault.
func (k keeper) sealer(program, object string) person {
	k.t.Helper()
	p := person{t: k.t, program: program, dir: k.t.TempDir(), address: k.URL, token: k.plainToken(vault.WritePolicy([]string{"secret"}))}
	more := ""
	if object == "external-secret" {
		more = "    store: vault\n"
		p.write("store.yaml", store)
	}
	p.write(".gatehouse/config.yaml", "version: 1\nreferences:\n  vault:\n    address: "+k.URL+"\nseal:\n  method: vault\n  vault:\n    mount: secret\n    object: "+object+"\n"+more)
	p.write("a.yaml", plain)
	return p
}

// verified has the references of a repository verified by a token that may read no
// value. It returns the findings, and fails where something was not judged.
func (k keeper) verified(p person) (found []string) {
	k.t.Helper()
	p.token, p.t = k.plainToken(vault.VerifyPolicy([]string{"secret"}, nil)), k.t
	since := k.logged()
	r := p.run("check", "--verify-references", "--no-cache", "-o", "json", ".")
	var report struct {
		Findings  []struct{ Check, File, Message string }
		NotJudged []struct{ Check, File, Reason string }
		NotRun    []struct{ Check string }
	}
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		k.t.Fatalf("%v: %s%s", err, r.stdout, r.stderr)
	}
	for _, n := range report.NotRun {
		if n.Check == "reference-key-missing" {
			k.t.Error("the references were not verified")
		}
	}
	if len(report.NotJudged) > 0 {
		k.t.Errorf("not judged is %+v", report.NotJudged)
	}
	for _, f := range report.Findings {
		if f.Check == "reference-key-missing" || f.Check == "plaintext-secret" && !strings.Contains(f.Message, "placeholder") {
			found = append(found, f.File+": "+f.Message)
		}
	}
	asked := false
	for _, r := range k.requests(since) {
		asked = asked || strings.HasPrefix(r.Path, "secret/subkeys/shop/database")
	}
	if !asked {
		k.t.Errorf("Vault was not asked for what is referred to: %v", k.requests(since))
	}
	return found
}

// TestCommandSealsIntoVault follows a Secret through what people do with it, once for
// each object that can be left in its place. Each time Vault holds what was meant, nobody
// has read a value, and the reference is found by a token that could not.
func TestCommandSealsIntoVault(t *testing.T) {
	program := buildProgram(t)
	for object, lists := range map[string]bool{"external-secret": true, "vault-static-secret": false, "annotation": true, "placeholder": true} {
		t.Run(object, func(t *testing.T) {
			k := startKeeper(t)
			k.mount("secret", "2")
			k.put("secret", "warm", "up") // waits until the engine is ready
			p := k.sealer(program, object)
			since := k.logged()
			holds := func(want map[string]any) {
				t.Helper()
				k.noValueRead(since, "secret")
				if diff := cmp.Diff(want, k.held("secret", "shop/database")); diff != "" {
					t.Errorf("Vault holds (-want +got):\n%s", diff)
				}
				if found := k.verified(p); len(found) > 0 {
					t.Errorf("the references are not found: %q", found)
				}
				if strings.Contains(p.read("a.yaml"), canary) {
					t.Errorf("the file holds a value:\n%s", p.read("a.yaml"))
				}
				since = k.logged()
			}
			user, password := "shop-"+canary, "two\n\"ü\" "+canary

			p.must("seal", "--dry-run", "a.yaml")
			if code, _ := k.ask(http.MethodGet, "secret/metadata/shop/database", ""); code != http.StatusNotFound || p.read("a.yaml") != plain {
				t.Errorf("a dry run has written something: %d", code)
			}
			since = k.logged()
			p.must("seal", "a.yaml")
			holds(map[string]any{"user": user, "password": password})
			sealed := p.read("a.yaml")
			if !strings.HasPrefix(sealed, "# Of the shop.\n") {
				t.Errorf("the file is not what was written, with references:\n%s", sealed)
			}
			if r := p.must("seal", "a.yaml"); !strings.Contains(r.stdout, "nothing to do") && !strings.Contains(r.stdout, "references") || p.read("a.yaml") != sealed {
				t.Errorf("a second time:\n%s\n%s", r.stdout, p.read("a.yaml"))
			}

			p.clipped = "new-" + canary + "\n"
			p.must("seal", "set", "--stdin", "a.yaml", "password")
			holds(map[string]any{"user": user, "password": "new-" + canary})
			if p.read("a.yaml") != sealed {
				t.Errorf("a key that is listed is no change of the file:\n%s", p.read("a.yaml"))
			}
			p.clipped = "token-" + canary
			p.must("seal", "set", "--stdin", "a.yaml", "token")
			holds(map[string]any{"user": user, "password": "new-" + canary, "token": "token-" + canary})
			if listed := strings.Contains(p.read("a.yaml"), "token"); listed != lists {
				t.Errorf("the new key is listed: %v, want %v:\n%s", listed, lists, p.read("a.yaml"))
			}
			p.clipped = ""
			p.must("seal", "unset", "a.yaml", "token")
			holds(map[string]any{"user": user, "password": "new-" + canary})
			if p.read("a.yaml") != sealed {
				t.Errorf("what was added and taken out again (-want +got):\n%s", cmp.Diff(sealed, p.read("a.yaml")))
			}

			// A new one, and what comes through a pipe.
			p.clipped = canary
			p.must("seal", "create", "made", "--namespace", "shop", "--from-file", "key=-", "--output", "made.yaml")
			p.clipped = strings.ReplaceAll(plain, "name: database", "name: piped")
			piped := p.must("seal", "-").stdout
			p.clipped = ""
			if diff := cmp.Diff(map[string]any{"key": canary}, k.held("secret", "shop/made")); diff != "" || strings.Contains(p.read("made.yaml"), canary) {
				t.Errorf("what was created (-want +got):\n%s\n%s", diff, p.read("made.yaml"))
			}
			if diff := cmp.Diff(map[string]any{"user": user, "password": password}, k.held("secret", "shop/piped")); diff != "" || !strings.Contains(piped, "piped") {
				t.Errorf("what came through the pipe (-want +got):\n%s\n%s", diff, piped)
			}
			p.write("piped.yaml", piped)
			if found := k.verified(p); len(found) > 0 {
				t.Errorf("the references are not found: %q", found)
			}

			// A reference is only found because the value is there.
			k.must(http.MethodPatch, "secret/data/shop/database", `{"data":{"password":null}}`)
			if found := k.verified(p); lists && len(found) == 0 {
				t.Error("a key that is gone is not missed")
			}
		})
	}
}

// TestCommandSealsInVain is whatever Vault says: a clear error with the next step, and
// nothing is written, neither there nor into the file.
func TestCommandSealsInVain(t *testing.T) {
	program := buildProgram(t)
	k := startKeeper(t)
	k.mount("secret", "2")
	k.mount("old", "1")
	k.put("secret", "shop/there", "user")
	reader := k.plainToken(vault.VerifyPolicy([]string{"secret"}, nil))
	for _, test := range []struct {
		name       string
		before     func(p *person)
		code       int
		says, hint string
	}{
		{"a wrong token", func(p *person) { p.token = "hvs.wrong" }, 3, "Vault does not take the token", "vault login"},
		{"a token that may not write", func(p *person) { p.token = reader }, 3, "lacks the capability", "give it create on secret/data/shop/database"},
		{"no token", func(p *person) { p.token = "" }, 2, "there is no token", "vault login"},
		{"nobody there", func(p *person) { p.address = "http://127.0.0.1:1" }, 3, "the Vault at http://127.0.0.1:1: ", "check the address"},
		{"another server", func(p *person) { p.address = elsewhere(t) }, 3, "not one of Vault's", "check that the address is that of Vault"},
		{"an engine that is not there", func(p *person) { p.replace("mount: secret", "mount: secrte") }, 2, "secrte", "check the mount"},
		{"an engine without versions", func(p *person) {
			p.replace("mount: secret", "mount: old")
			p.token = k.plainToken(vault.WritePolicy([]string{"old"}) + "\n" + `path "old/*" { capabilities = ["create", "update", "list"] }`)
		}, 2, "KV v1", "move the secrets to KV v2"},
		{"keys that are there", func(p *person) { p.write("a.yaml", strings.ReplaceAll(plain, "database", "there")) }, 2, `has "user" already`, "--replace overwrites it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := k.sealer(program, "vault-static-secret")
			p.t = t
			test.before(&p)
			before := p.read("a.yaml")
			r := p.run("seal", "a.yaml")
			if r.code != test.code || !strings.Contains(r.stderr, test.says) || !strings.Contains(r.stderr, "hint: "+test.hint) {
				t.Errorf("exit %d, want %d, %q and the hint %q:\n%s%s", r.code, test.code, test.says, test.hint, r.stdout, r.stderr)
			}
			if p.read("a.yaml") != before {
				t.Errorf("the file was written:\n%s", p.read("a.yaml"))
			}
			k.has(0, "shop/database")
			k.has(1, "shop/there")
		})
	}

	t.Run("a change in between", func(t *testing.T) {
		p := k.sealer(program, "annotation")
		p.t = t
		p.must("seal", "a.yaml")
		before := p.read("a.yaml")
		p.address = k.interfering("shop/database")
		for i, args := range [][]string{{"seal", "set", "--stdin", "a.yaml", "token"}, {"seal", "unset", "a.yaml", "user"}} {
			p.clipped = canary
			r := p.run(args...)
			if r.code != 2 || !strings.Contains(r.stderr, "has changed since") || !strings.Contains(r.stderr, "hint: ") || p.read("a.yaml") != before {
				t.Errorf("%v: exit %d\n%s%s%s", args, r.code, r.stdout, r.stderr, p.read("a.yaml"))
			}
			k.has(2+i, "shop/database")
		}
		if held := k.held("secret", "shop/database"); len(held) != 3 || held["theirs"] == nil {
			t.Errorf("what others wrote is lost: it has %d keys", len(held))
		}
	})

	t.Run("a Vault that is sealed", func(t *testing.T) {
		p := k.sealer(program, "annotation")
		p.t = t
		k.must(http.MethodPut, "sys/seal", "")
		r := p.run("seal", "a.yaml")
		if r.code != 3 || !strings.Contains(r.stderr, "sealed") || !strings.Contains(r.stderr, "hint: ") || p.read("a.yaml") != plain {
			t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
		}
	})
}

func (p person) replace(old, new string) {
	p.t.Helper()
	p.write(".gatehouse/config.yaml", strings.ReplaceAll(p.read(".gatehouse/config.yaml"), old, new))
}

// has fails where the current version of a secret is another one.
func (k keeper) has(version int, path string) {
	k.t.Helper()
	code, answer := k.ask(http.MethodGet, "secret/metadata/"+path, "")
	if code == http.StatusNotFound && version == 0 {
		return
	}
	var seen struct {
		Data struct {
			Current int `json:"current_version"`
		}
	}
	if err := json.Unmarshal(answer, &seen); err != nil || seen.Data.Current != version {
		k.t.Errorf("%s has version %d (%d, %v), want %d", path, seen.Data.Current, code, err, version)
	}
}

// elsewhere is the address of a server that is no Vault.
func elsewhere(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>hello</html>") }))
	t.Cleanup(s.Close)
	return s.URL
}

// interfering is the address of a proxy to Vault that adds a key before each write to a
// path.
func (k keeper) interfering(path string) string {
	k.t.Helper()
	to, err := url.Parse(k.URL)
	if err != nil {
		k.t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(to)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/secret/data/"+path && (r.Method == http.MethodPost || r.Method == http.MethodPatch) {
			body := strings.NewReader(`{"data":{"theirs":"x"}}`)
			theirs, err := http.NewRequestWithContext(r.Context(), http.MethodPatch, k.URL+r.URL.Path, body)
			if err == nil {
				theirs.Header.Set("X-Vault-Token", k.Token)
				theirs.Header.Set("Content-Type", "application/merge-patch+json")
				var answer *http.Response
				if answer, err = http.DefaultClient.Do(theirs); err == nil {
					err = answer.Body.Close()
				}
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
		}
		forward.ServeHTTP(w, r)
	}))
	k.t.Cleanup(s.Close)
	return s.URL
}
