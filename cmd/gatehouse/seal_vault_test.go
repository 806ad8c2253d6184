package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vaultFake answers as a Vault with a KV v2 engine at secret/, as far as it is written
// to without being read.
type vaultFake struct {
	*httptest.Server
	mutex    sync.Mutex
	secrets  map[string]map[string]string
	versions map[string]int
	refuses  int // the status of every write, 0 for none
}

const vaultToken = "hvs.token-of-the-test"

func newVaultFake(t *testing.T) *vaultFake {
	v := &vaultFake{secrets: map[string]map[string]string{}, versions: map[string]int{}}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

func (v *vaultFake) env() map[string]string {
	return map[string]string{"VAULT_ADDR": v.URL, "VAULT_TOKEN": vaultToken}
}

func (v *vaultFake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	says := func(status int, data any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
	}
	secret, isData := strings.CutPrefix(path, "secret/data/")
	looked, isLook := strings.CutPrefix(path, "secret/subkeys/")
	switch {
	case r.Header.Get("X-Vault-Token") != vaultToken:
		w.WriteHeader(403)
		fmt.Fprint(w, `{"errors":["permission denied"]}`)
	case path == "auth/token/lookup-self":
		says(200, map[string]any{})
	case strings.HasPrefix(path, "sys/internal/ui/mounts/secret"):
		says(200, map[string]any{"path": "secret/", "type": "kv", "options": map[string]string{"version": "2"}})
	case path == "sys/capabilities-self":
		var asked struct{ Paths []string }
		_ = json.NewDecoder(r.Body).Decode(&asked)
		answer := map[string]any{}
		for _, p := range asked.Paths {
			answer[p] = []string{"create", "update", "patch"}
		}
		says(200, answer)
	case isLook && v.versions[looked] > 0:
		keys := map[string]any{}
		for key := range v.secrets[looked] {
			keys[key] = nil
		}
		says(200, map[string]any{"subkeys": keys, "metadata": map[string]any{"version": v.versions[looked]}})
	case isData && (r.Method == http.MethodPost || r.Method == http.MethodPatch):
		v.write(w, r, secret, says)
	default:
		w.WriteHeader(404)
		fmt.Fprint(w, `{"errors":[]}`)
	}
}

func (v *vaultFake) write(w http.ResponseWriter, r *http.Request, secret string, says func(int, any)) {
	var body struct {
		Options struct{ CAS int }
		Data    map[string]*string
	}
	text, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(text, &body); err != nil || body.Options.CAS != v.versions[secret] {
		w.WriteHeader(400)
		fmt.Fprint(w, `{"errors":["check-and-set parameter did not match the current version"]}`)
		return
	}
	if v.refuses > 0 {
		w.WriteHeader(v.refuses)
		fmt.Fprint(w, `{"errors":["no"]}`)
		return
	}
	if r.Method == http.MethodPost || v.secrets[secret] == nil {
		v.secrets[secret] = map[string]string{}
	}
	for key, value := range body.Data {
		if value == nil {
			delete(v.secrets[secret], key)
		} else {
			v.secrets[secret][key] = *value
		}
	}
	v.versions[secret]++
	says(200, map[string]any{"version": v.versions[secret]})
}

// vaultFolder is a folder whose configuration seals with Vault.
func vaultFolder(t *testing.T, more string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".gatehouse"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, ".gatehouse", "config.yaml"), "version: 1\nseal:\n  method: vault\n  vault:\n    mount: secret\n    store: vault\n"+more)
	return dir
}

func TestSealToVault(t *testing.T) {
	v, dir := newVaultFake(t), vaultFolder(t, "")
	file := filepath.Join(dir, "a.yaml")
	writeFile(t, file, "# kept\n"+plainSecret)

	stdout, stderr, code := callIn(t, v.env(), "", "seal", "--dry-run", file)
	if code != 0 || !strings.Contains(stdout, `would be written to Vault at secret/production/database: "password"`) || len(v.secrets) > 0 || !strings.Contains(readFileText(t, file), sealCanary) {
		t.Fatalf("a dry run ends with %d\n%s%s", code, stdout, stderr)
	}
	stdout, stderr, code = callIn(t, v.env(), "", "seal", file)
	if code != 0 || !strings.Contains(stdout, "ExternalSecret production/database: 1 value written to Vault at secret/production/database") || !strings.Contains(stdout, "writing to the Vault at "+v.URL+" (VAULT_ADDR)") {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	text := readFileText(t, file)
	if !strings.HasPrefix(text, "# kept\n") || !strings.Contains(text, "kind: ExternalSecret") || strings.Contains(text+stdout+stderr, sealCanary) {
		t.Errorf("the file is\n%s\nand said was\n%s%s", text, stdout, stderr)
	}
	want := map[string]map[string]string{"production/database": {"password": sealCanary}}
	if diff := cmp.Diff(want, v.secrets); diff != "" {
		t.Errorf("Vault holds (-want +got)\n%s", diff)
	}
	if stdout, _, code := callIn(t, nil, "", "seal", file); code != 0 || !strings.Contains(stdout, "nothing to do") || readFileText(t, file) != text {
		t.Errorf("a second time it ends with %d\n%s", code, stdout)
	}

	// One value through the reference that is left, and the key away again.
	stdout, stderr, code = callIn(t, v.env(), "new-"+sealCanary+"\n", "seal", "set", "--stdin", file, "password")
	if code != 0 || v.secrets["production/database"]["password"] != "new-"+sealCanary || readFileText(t, file) != text || strings.Contains(stdout+stderr, sealCanary) {
		t.Errorf("set ends with %d\n%s%s%v", code, stdout, stderr, slices.Collect(maps.Keys(v.secrets["production/database"])))
	}
	if v.versions["production/database"] != 2 {
		t.Errorf("version %d", v.versions["production/database"])
	}
}

// What is there already is not overwritten unseen.
func TestSealToVaultKeepsWhatIsThere(t *testing.T) {
	v, dir := newVaultFake(t), vaultFolder(t, "")
	v.secrets["production/database"], v.versions["production/database"] = map[string]string{"password": "other", "user": "shop"}, 4
	file := filepath.Join(dir, "a.yaml")
	writeFile(t, file, plainSecret)
	stdout, stderr, code := callIn(t, v.env(), "", "seal", file)
	if code != exitUsage || !strings.Contains(stderr, "hint: --replace overwrites it") || readFileText(t, file) != plainSecret || v.versions["production/database"] != 4 {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	stdout, stderr, code = callIn(t, v.env(), "", "seal", "--replace", file)
	want := map[string]string{"password": sealCanary, "user": "shop"}
	if diff := cmp.Diff(want, v.secrets["production/database"]); code != 0 || diff != "" {
		t.Errorf("exit %d\n%s%s%s", code, stdout, stderr, diff)
	}
}

// Whatever Vault says: a clear error, and nothing is written.
func TestSealToVaultInVain(t *testing.T) {
	for name, test := range map[string]struct {
		env    func(v *vaultFake) map[string]string
		refuse int
		more   string
		code   int
		says   string
	}{
		"no token":   {env: func(v *vaultFake) map[string]string { return map[string]string{"VAULT_ADDR": v.URL} }, code: exitUsage, says: "there is no token for the Vault"},
		"no address": {env: func(*vaultFake) map[string]string { return map[string]string{"VAULT_TOKEN": "x"} }, code: exitUsage, says: "no Vault is named"},
		"variable in CI": {env: func(v *vaultFake) map[string]string {
			return map[string]string{"CI": "true", "VAULT_ADDR": v.URL, "VAULT_TOKEN": vaultToken}
		}, code: exitUsage, says: "in CI no variable says where values go"},
		"wrong token": {env: func(v *vaultFake) map[string]string {
			return map[string]string{"VAULT_ADDR": v.URL, "VAULT_TOKEN": "hvs.wrong"}
		}, code: exitIncomplete, says: "token"},
		"down": {env: func(*vaultFake) map[string]string {
			return map[string]string{"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "x"}
		}, code: exitIncomplete, says: "Vault"},
		"password in the address": {env: func(*vaultFake) map[string]string {
			return map[string]string{"VAULT_ADDR": "https://me:" + vaultToken + "@127.0.0.1:1", "VAULT_TOKEN": "x"}
		}, code: exitUsage, says: "me:xxxxx@127.0.0.1:1"},
		"forbidden": {env: (*vaultFake).env, refuse: 403, code: exitIncomplete, says: "may not write"},
		"sealed":    {env: (*vaultFake).env, refuse: 503, code: exitIncomplete, says: "Vault"},
	} {
		t.Run(name, func(t *testing.T) {
			v, dir := newVaultFake(t), vaultFolder(t, test.more)
			v.refuses = test.refuse
			file := filepath.Join(dir, "a.yaml")
			writeFile(t, file, plainSecret)
			stdout, stderr, code := callIn(t, test.env(v), "", "seal", file)
			if code != test.code || !strings.Contains(stderr, test.says) {
				t.Errorf("exit %d\n%s%s", code, stdout, stderr)
			}
			if readFileText(t, file) != plainSecret || len(v.secrets) > 0 || strings.Contains(stdout+stderr, sealCanary) || strings.Contains(stdout+stderr, vaultToken) {
				t.Errorf("something was written or shown: %s%s", stdout, stderr)
			}
		})
	}
}

// In CI the address is that of the configuration.
func TestSealToVaultInCI(t *testing.T) {
	v := newVaultFake(t)
	dir := vaultFolder(t, "references:\n  vault:\n    address: "+v.URL+"\n")
	file := filepath.Join(dir, "a.yaml")
	writeFile(t, file, plainSecret)
	env := map[string]string{"CI": "true", "VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": vaultToken}
	if stdout, stderr, code := callIn(t, env, "", "seal", file); code != 0 || len(v.secrets) != 1 {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

// A Secret stays one where its values become references, and a new key is listed in it
// before it is in Vault.
func TestSealToVaultLeavesReferences(t *testing.T) {
	for object, want := range map[string]string{"annotation": `"<password>"`, "placeholder": `"<path:secret/data/production/database#password>"`} {
		t.Run(object, func(t *testing.T) {
			v, dir := newVaultFake(t), vaultFolder(t, "    object: "+object+"\n")
			file := filepath.Join(dir, "a.yaml")
			writeFile(t, file, "# kept\n"+plainSecret)
			if stdout, stderr, code := callIn(t, v.env(), "", "seal", file); code != 0 || v.secrets["production/database"]["password"] != sealCanary {
				t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
			}
			sealed := readFileText(t, file)
			if !strings.HasPrefix(sealed, "# kept\n") || !strings.Contains(sealed, want) || strings.Contains(sealed, sealCanary) {
				t.Errorf("the file is\n%s", sealed)
			}
			if stdout, stderr, code := callIn(t, v.env(), "x-"+sealCanary, "seal", "set", "--stdin", file, "token"); code != 0 || v.secrets["production/database"]["token"] != "x-"+sealCanary {
				t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
			}
			line := "  token: " + strings.ReplaceAll(want, "password", "token") + "\n"
			if text := readFileText(t, file); strings.Count(text, line) != 1 || strings.Replace(text, line, "", 1) != sealed {
				t.Errorf("another key changes more than its line:\n%s", text)
			}
			// Where Vault does not take it, it is not listed either.
			before := readFileText(t, file)
			v.refuses = 403
			if stdout, stderr, code := callIn(t, v.env(), "x", "seal", "set", "--stdin", file, "more"); code != exitIncomplete || readFileText(t, file) != before {
				t.Errorf("exit %d\n%s%s%s", code, stdout, stderr, readFileText(t, file))
			}
		})
	}
}

// What was pushed must be rotated, though it is in Vault now.
func TestSealToVaultWhatWasPushed(t *testing.T) {
	v, dir := newVaultFake(t), vaultFolder(t, "    object: annotation\n")
	remote, file := t.TempDir(), filepath.Join(dir, "a.yaml")
	checkedOut{t, remote}.git("init", "-q", "--bare", "-b", "main")
	checkedOut{t, dir}.git("init", "-q", "-b", "main")
	checkedOut{t, dir}.git("remote", "add", "origin", remote)
	checkedOut{t, dir}.git("add", ".")
	checkedOut{t, dir}.git("commit", "-q", "-m", "start")
	checkedOut{t, dir}.git("push", "-q", "origin", "main")
	writeFile(t, file, plainSecret)
	checkedOut{t, dir}.git("add", ".")
	checkedOut{t, dir}.git("commit", "-q", "-m", "add it")
	stdout, stderr, code := callIn(t, v.env(), "", "seal", file)
	if code != 0 || !strings.Contains(stderr, "and was not pushed yet\nhint: git add "+file+" && git commit --amend --no-edit\n") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	writeFile(t, file, plainSecret)
	checkedOut{t, dir}.git("push", "-q", "origin", "main")
	stdout, stderr, code = callIn(t, v.env(), "", "seal", "--replace", file)
	if code != exitExposed || !strings.Contains(stderr, `rotate the value of "password"`) || strings.Contains(readFileText(t, file)+stdout+stderr, sealCanary) {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	for value, want := range map[string]int{"another-" + sealCanary: 0, sealCanary: exitExposed} {
		if stdout, stderr, code := callIn(t, v.env(), value, "seal", "set", "--stdin", file, "password"); code != want {
			t.Errorf("exit %d, want %d\n%s%s", code, want, stdout, stderr)
		}
	}
}

// A branch can change where a value is kept that its readers set.
func TestSetInVaultElsewhere(t *testing.T) {
	v, dir := newVaultFake(t), vaultFolder(t, "    object: annotation\n")
	file := filepath.Join(dir, "a.yaml")
	writeFile(t, file, plainSecret)
	if stdout, stderr, code := callIn(t, v.env(), "", "seal", file); code != 0 {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	repo := checkedOut{t, dir}
	repo.git("init", "-q", "-b", "main")
	repo.git("add", ".")
	repo.git("commit", "-q", "-m", "start")
	repo.git("checkout", "-q", "-b", "proposed")
	proposed := strings.ReplaceAll(readFileText(t, file), "secret/data/production/database", "secret/data/public/notes")
	writeFile(t, file, proposed)
	for _, key := range []string{"password", "token"} {
		stdout, stderr, code := callIn(t, v.env(), sealCanary, "seal", "set", "--stdin", file, key)
		if code != exitUsage || !strings.Contains(stderr, "here \""+key+"\" is kept at secret/public/notes") || !strings.Contains(stderr, "on the branch main at secret/production/database") ||
			readFileText(t, file) != proposed || v.secrets["public/notes"] != nil {
			t.Errorf("exit %d\n%s%s", code, stdout, stderr)
		}
	}
	if stdout, stderr, code := callIn(t, v.env(), sealCanary, "seal", "set", "--accept-target", "--stdin", file, "token"); code != 0 || v.secrets["public/notes"]["token"] != sealCanary {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}
