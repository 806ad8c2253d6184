package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// canaryToken must stand in no output.
const canaryToken = "hvs.CANARYcanaryCANARYcanary"

// fakeVault answers as a Vault with an engine of KV version 2 at secret/, and counts what
// it is asked. It knows no token but the canary.
type fakeVault struct {
	*httptest.Server
	mutex sync.Mutex
	asked []string
}

func newFakeVault(t *testing.T, answers map[string]string) *fakeVault {
	v := &fakeVault{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/v1/")
		v.mutex.Lock()
		v.asked = append(v.asked, path)
		v.mutex.Unlock()
		if r.Header.Get("X-Vault-Token") != canaryToken {
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `{"errors": ["permission denied"]}`)
			return
		}
		answer, known := answers[path]
		switch {
		case known && strings.HasPrefix(answer, "403"):
			w.WriteHeader(http.StatusForbidden)
			answer = `{"errors": ["permission denied"]}`
		case known:
		case path == "auth/token/lookup-self":
			answer = `{"data": {"id": "` + canaryToken + `"}}`
		case strings.HasPrefix(path, "sys/internal/ui/mounts/secret"):
			answer = `{"data": {"path": "secret/", "type": "kv", "options": {"version": "2"}}}`
		default:
			w.WriteHeader(http.StatusNotFound)
			answer = `{"errors": []}`
		}
		io.WriteString(w, answer)
	}))
	t.Cleanup(v.Close)
	return v
}

func (v *fakeVault) requests() []string {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	return slices.Clone(v.asked)
}

// vaultSecret is a VaultStaticSecret that reads a path below secret/.
func vaultSecret(path string) string {
	return fmt.Sprintf(`apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata:
  name: database
  namespace: shop
spec:
  vaultAuthRef: default
  type: kv-v2
  mount: secret
  path: %s
  destination:
    name: database
    create: true
`, path)
}

func externalSecret(key, property string) string {
	return fmt.Sprintf(`apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata:
  name: vault
spec:
  provider:
    vault:
      server: https://vault.vault.svc:8200
      version: v2
      path: secret
      auth: {kubernetes: {mountPath: kubernetes, role: external-secrets}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: database
  namespace: shop
spec:
  secretStoreRef:
    name: vault
    kind: ClusterSecretStore
  data:
  - secretKey: password
    remoteRef:
      key: %s
      property: %s
`, key, property)
}

func vaultConfig(address string) string {
	return "version: 1\nreferences:\n  vault:\n    address: " + address + "\n"
}

// verifyReport is what check says, and all that it has written.
type verifyReport struct {
	liveReport
	written string
	code    int
}

func checkReferences(t *testing.T, dir string, env map[string]string, args ...string) verifyReport {
	t.Helper()
	args = append([]string{"check", "--only", "references", "-o", "json", "--no-cache"}, append(args, dir)...)
	stdout, stderr, code := callIn(t, env, "", args...)
	r := verifyReport{written: stdout + stderr, code: code}
	if err := json.Unmarshal([]byte(stdout), &r.liveReport); err != nil && code != exitUsage {
		t.Fatalf("exit %d: %v\n%s", code, err, r.written)
	}
	text, more, _ := callIn(t, env, "", "check", "--only", "references", "--verify-references", "-v", dir)
	if r.written += text + more; strings.Contains(r.written, canaryToken) || strings.Contains(r.written, "CANARY-VALUE") {
		t.Errorf("a token or a value is shown:\n%s", r.written)
	}
	return r
}

const keysOfDatabase = `{"data": {"subkeys": {"password": null, "user": null}, "metadata": {"version": 2, "destroyed": false, "deletion_time": ""}}, "CANARY-VALUE": "CANARY-VALUE"}`

func TestVerifyReferences(t *testing.T) {
	answers := map[string]string{
		"secret/subkeys/shop/database": keysOfDatabase,
		"secret/subkeys/shop/denied":   "403", "secret/metadata/shop/denied": "403",
		"sys/internal/ui/mounts/other/data/shop/database": "403",
	}
	for _, test := range []struct {
		name, manifest string
		verdict        string
		found          string // in the message of the finding; "" for none
		notJudged      string // in the reason
	}{
		{"it is there", vaultSecret("shop/database"), "pass", "", ""},
		{"its key is there", externalSecret("shop/database", "password"), "pass", "", ""},
		{"its key is misspelt", externalSecret("shop/database", "pasword"), "fail", `did you mean "password"`, ""},
		{"there is no such path", vaultSecret("shop/databse"), "fail", "there is no secret secret/shop/databse", ""},
		{"it may not be seen", vaultSecret("shop/denied"), "incomplete", "", "lacks the right"},
		{"the mount is unknown or forbidden", strings.Replace(vaultSecret("shop/database"), "mount: secret", "mount: other", 1), "incomplete", "", "no right"},
		{"a part of the path is filled in later", vaultSecret("${TEAM}/database"), "pass", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newFakeVault(t, answers)
			dir := t.TempDir()
			writeAll(t, dir, []txtar.File{
				{Name: ".gatehouse/config.yaml", Data: []byte(vaultConfig(server.URL))},
				{Name: "shop.yaml", Data: []byte(test.manifest)},
			})
			r := checkReferences(t, dir, map[string]string{"VAULT_TOKEN": canaryToken}, "--verify-references")
			if r.Verdict != test.verdict {
				t.Errorf("the verdict is %s, want %s:\n%s", r.Verdict, test.verdict, r.written)
			}
			if is := slices.ContainsFunc(r.Findings, func(f checks.Finding) bool {
				return f.Check == "reference-key-missing" && f.File == "shop.yaml" && f.Line > 1 && f.Severity == checks.Error && strings.Contains(f.Message, test.found)
			}); is != (test.found != "") {
				t.Errorf("want a finding with %q: %+v", test.found, r.Findings)
			}
			if is := slices.ContainsFunc(r.NotJudged, func(n checks.NotJudged) bool {
				return n.Check == "reference-key-missing" && n.File == "shop.yaml" && strings.Contains(n.Reason, test.notJudged)
			}); is != (test.notJudged != "") {
				t.Errorf("want not judged with %q: %+v", test.notJudged, r.NotJudged)
			}
			for _, path := range server.requests() {
				if strings.HasPrefix(path, "secret/data/") {
					t.Errorf("a value was asked for: %s", path)
				}
			}
		})
	}
}

// TestRolesOfReadersAreVerified: a service account that may not log in reads nothing. A
// role that may not be seen is not claimed to be wrong.
func TestRolesOfReadersAreVerified(t *testing.T) {
	const pod = `apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  annotations:
    vault.hashicorp.com/agent-inject: "true"
    vault.hashicorp.com/role: web
    vault.hashicorp.com/agent-inject-secret-database: secret/data/shop/database
spec:
  serviceAccountName: web
  containers:
  - name: web
    image: registry.example.com/web:1.4.2
`
	role := func(account, namespace string) string {
		return fmt.Sprintf(`{"data": {"bound_service_account_names": [%q], "bound_service_account_namespaces": [%q]}}`, account, namespace)
	}
	for _, test := range []struct{ name, answer, found string }{
		{"it is bound", role("web", "shop"), ""},
		{"it is bound to another", role("api", "shop"), "not bound"},
		{"it is bound elsewhere", role("web", "bank"), "not bound"},
		{"there is none", "404", "there is no role"},
		{"it may not be seen", "403", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			answers := map[string]string{"secret/subkeys/shop/database": keysOfDatabase}
			if test.answer != "404" {
				answers["auth/kubernetes/role/web"] = test.answer
			}
			dir := t.TempDir()
			writeAll(t, dir, []txtar.File{
				{Name: ".gatehouse/config.yaml", Data: []byte(vaultConfig(newFakeVault(t, answers).URL))}, {Name: "shop.yaml", Data: []byte(pod)},
			})
			r := checkReferences(t, dir, map[string]string{"VAULT_TOKEN": canaryToken}, "--verify-references")
			if is := slices.ContainsFunc(r.Findings, func(f checks.Finding) bool {
				return f.Check == "reference-store-missing" && strings.Contains(f.Message, test.found)
			}); is != (test.found != "") || !is && r.Verdict != "pass" {
				t.Errorf("the verdict is %s with %+v, want a finding with %q", r.Verdict, r.Findings, test.found)
			}
			if is := slices.ContainsFunc(r.NotRun, func(n checks.NotRun) bool { return strings.Contains(n.Reason, "may not be seen") }); is != (test.answer == "403") {
				t.Errorf("not run is %+v", r.NotRun)
			}
		})
	}
}

// TestDeletedSecretIsFound: a version that was deleted is said to be, with its day.
func TestDeletedSecretIsFound(t *testing.T) {
	gone := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "/lookup-self"):
			io.WriteString(w, `{"data": {"id": "`+canaryToken+`"}}`)
			return
		case strings.Contains(r.URL.Path, "/mounts/"):
			io.WriteString(w, `{"data": {"path": "secret/", "type": "kv", "options": {"version": "2"}}}`)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"data": {"subkeys": null, "metadata": {"version": 3, "destroyed": false, "deletion_time": "2026-04-01T10:00:00Z"}}}`)
	})
	server := httptest.NewServer(gone)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	writeAll(t, dir, []txtar.File{
		{Name: ".gatehouse/config.yaml", Data: []byte(vaultConfig(server.URL))}, {Name: "shop.yaml", Data: []byte(vaultSecret("shop/database"))},
	})
	r := checkReferences(t, dir, map[string]string{"VAULT_TOKEN": canaryToken}, "--verify-references")
	if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Message, "was deleted on 2026-04-01") {
		t.Errorf("the findings are %+v", r.Findings)
	}
}

// TestVaultThatCannotBeAskedIsNeverGreen: where Vault is down or takes nobody in, the
// verdict is incomplete; where there is no token, that is said, and --require asks for it.
func TestVaultThatCannotBeAskedIsNeverGreen(t *testing.T) {
	server := newFakeVault(t, nil)
	dir := t.TempDir()
	config := func(address string) {
		writeAll(t, dir, []txtar.File{
			{Name: ".gatehouse/config.yaml", Data: []byte(vaultConfig(address))}, {Name: "shop.yaml", Data: []byte(vaultSecret("shop/database"))},
		})
	}
	config(server.URL)
	notRun := func(r verifyReport) bool {
		return slices.ContainsFunc(r.NotRun, func(n checks.NotRun) bool {
			return n.Check == "reference-key-missing" && strings.Contains(n.Reason, "VAULT_TOKEN")
		})
	}
	if r := checkReferences(t, dir, nil, "--verify-references"); r.Verdict != "pass" || !notRun(r) || len(server.requests()) > 0 {
		t.Errorf("without a token the verdict is %s, not run is %+v, and %d requests were made", r.Verdict, r.NotRun, len(server.requests()))
	}
	if r := checkReferences(t, dir, nil, "--verify-references", "--require", "reference-key-missing"); r.Verdict != "incomplete" || r.code != exitIncomplete {
		t.Errorf("required and without a token the verdict is %s", r.Verdict)
	}
	if r := checkReferences(t, dir, map[string]string{"VAULT_TOKEN": canaryToken + "x"}, "--verify-references"); r.Verdict != "incomplete" || len(r.Findings) > 0 {
		t.Errorf("with a token that Vault does not take the verdict is %s, with %+v", r.Verdict, r.Findings)
	}
	config("http://127.0.0.1:1")
	r := checkReferences(t, dir, map[string]string{"VAULT_TOKEN": canaryToken}, "--verify-references")
	if r.Verdict != "incomplete" || len(r.Findings) > 0 || !slices.ContainsFunc(r.NotJudged, func(n checks.NotJudged) bool { return strings.Contains(n.Reason, "address of Vault") }) {
		t.Errorf("where Vault is down the verdict is %s, with %+v and %+v", r.Verdict, r.Findings, r.NotJudged)
	}
}

// TestVaultComesFromTheBase: a change cannot send the token elsewhere.
func TestVaultComesFromTheBase(t *testing.T) {
	trusted, foreign := newFakeVault(t, map[string]string{"secret/subkeys/shop/database": keysOfDatabase}), newFakeVault(t, nil)
	dir := t.TempDir()
	base := commitAll(t, dir, []txtar.File{
		{Name: "base/.gatehouse/config.yaml", Data: []byte(vaultConfig(trusted.URL))}, {Name: "base/shop.yaml", Data: []byte(vaultSecret("shop/gone"))},
		{Name: "head/.gatehouse/config.yaml", Data: []byte(vaultConfig(foreign.URL))}, {Name: "head/shop.yaml", Data: []byte(vaultSecret("shop/gone"))},
		{Name: "head/more.yaml", Data: []byte(externalSecret("shop/database", "pasword"))},
	})
	env := map[string]string{"VAULT_TOKEN": canaryToken, "GITHUB_EVENT_NAME": "pull_request"}
	stdout, stderr, code := callIn(t, env, "", "check", "--only", "reference-key-missing", "--verify-references", "--base", base, "-o", "json", dir)
	var r liveReport
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != exitFail {
		t.Fatalf("exit %d: %v\n%s%s", code, err, stdout, stderr)
	}
	if len(foreign.requests()) > 0 || len(trusted.requests()) == 0 {
		t.Errorf("the Vault of the change was asked %d times, that of the base %d times", len(foreign.requests()), len(trusted.requests()))
	}
	for _, f := range r.Findings {
		if f.New != (f.File == "more.yaml") {
			t.Errorf("what the base refers to is old, what the change brings is new: %+v", f)
		}
	}
	if len(r.Findings) != 2 {
		t.Errorf("%d findings, want 2", len(r.Findings))
	}
	before := len(foreign.requests())
	if stdout, stderr, code := callIn(t, env, "", "check", "--verify-references", dir); code != exitUsage || !strings.Contains(stderr, "--base") || len(foreign.requests()) > before {
		t.Errorf("a work tree of a pull request: exit %d\n%s%s", code, stdout, stderr)
	}
}

// TestWaysToLogIn: each reads its own variables and nothing else of the environment.
func TestWaysToLogIn(t *testing.T) {
	for _, test := range []struct {
		auth    string
		env     map[string]string
		missing string
	}{
		{"", map[string]string{}, "VAULT_TOKEN"},
		{"token", map[string]string{"VAULT_ROLE_ID": "a"}, "VAULT_TOKEN"},
		{"approle", map[string]string{"VAULT_TOKEN": canaryToken}, "VAULT_ROLE_ID"},
		{"jwt", map[string]string{"VAULT_TOKEN": canaryToken}, "id-token: write"},
		{"kubernetes", map[string]string{"VAULT_TOKEN": canaryToken}, "service account"},
	} {
		t.Run(test.auth, func(t *testing.T) {
			server := newFakeVault(t, nil)
			dir, text := t.TempDir(), vaultConfig(server.URL)
			if test.auth != "" {
				text += "    auth: " + test.auth + "\n    role: verifier\n"
			}
			writeAll(t, dir, []txtar.File{{Name: ".gatehouse/config.yaml", Data: []byte(text)}, {Name: "shop.yaml", Data: []byte(vaultSecret("shop/database"))}})
			r := checkReferences(t, dir, test.env, "--verify-references")
			if !slices.ContainsFunc(r.NotRun, func(n checks.NotRun) bool { return strings.Contains(n.Reason, test.missing) }) || len(server.requests()) > 0 {
				t.Errorf("not run is %+v, after %q", r.NotRun, server.requests())
			}
		})
	}
}

func TestVerifyNeedsAVault(t *testing.T) {
	if _, stderr, code := call(t, "", "check", "--verify-references", t.TempDir()); code != exitUsage || !strings.Contains(stderr, "references.vault") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
