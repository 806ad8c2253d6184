// Package vault_test holds the verification of references, and the writing of secrets, against a real Vault.
package vault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/secrets/vault"
	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// canary stands in every value that these tests write: nothing but Vault may have it.
const canary = "canary-value-7f3a"

// keeper is a real Vault and its root, who sets it up and looks at it.
type keeper struct {
	*cluster.Vault
	t     *testing.T
	audit string
}

// startKeeper starts a Vault that writes down every request.
func startKeeper(t *testing.T) keeper {
	k := keeper{Vault: cluster.StartVault(t), t: t}
	k.audit = filepath.Join(k.Folder, "audit.log")
	k.must(http.MethodPut, "sys/audit/file", `{"type":"file","options":{"file_path":"`+k.audit+`"}}`)
	return k
}

func (k keeper) ask(method, path, body string) (int, []byte) {
	k.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, k.URL+"/v1/"+path, strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	request.Header.Set("X-Vault-Token", k.Token)
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/merge-patch+json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		k.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(response.Body); err != nil {
		k.t.Fatal(err)
	}
	return response.StatusCode, answer.Bytes()
}

// must is ask for what has to succeed; what an engine refuses because it is not ready
// yet is asked again.
func (k keeper) must(method, path, body string) map[string]any {
	k.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		code, answer := k.ask(method, path, body)
		if code >= 300 {
			if time.Now().Before(deadline) && (code == http.StatusBadRequest && bytes.Contains(answer, []byte("Upgrading"))) {
				continue
			}
			k.t.Fatalf("%s %s: %d %s", method, path, code, answer)
		}
		var decoded map[string]any
		if len(answer) > 0 {
			if err := json.Unmarshal(answer, &decoded); err != nil {
				k.t.Fatal(err)
			}
		}
		return decoded
	}
}

func (k keeper) mount(path, version string) {
	k.t.Helper()
	k.must(http.MethodPost, "sys/mounts/"+path, `{"type":"kv","options":{"version":"`+version+`"}}`)
}

// put writes a version of a secret whose values are the canary.
func (k keeper) put(mount, path string, keys ...string) {
	k.t.Helper()
	data := map[string]any{}
	for _, key := range keys {
		data[key] = canary
	}
	k.putData(mount, path, data)
}

func (k keeper) putData(mount, path string, data map[string]any) {
	k.t.Helper()
	body, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		k.t.Fatal(err)
	}
	k.must(http.MethodPost, mount+"/data/"+path, string(body))
}

// token makes a token with nothing but the policies.
func (k keeper) token(policies ...string) vault.Credential {
	k.t.Helper()
	return vault.NewCredential(k.plainToken(policies...))
}

// plainToken is token for those who are given it through their environment.
func (k keeper) plainToken(policies ...string) string {
	k.t.Helper()
	var names []string
	for _, policy := range policies {
		body, err := json.Marshal(map[string]string{"policy": policy})
		if err != nil {
			k.t.Fatal(err)
		}
		name := fmt.Sprintf("test-%d", time.Now().UnixNano())
		k.must(http.MethodPut, "sys/policies/acl/"+name, string(body))
		names = append(names, name)
	}
	body, err := json.Marshal(map[string]any{"policies": names, "no_default_policy": true})
	if err != nil {
		k.t.Fatal(err)
	}
	made := k.must(http.MethodPost, "auth/token/create", string(body))
	return made["auth"].(map[string]any)["client_token"].(string)
}

func (k keeper) connect(login vault.Login, change func(*vault.Target)) *vault.Connection {
	k.t.Helper()
	target := vault.Target{Address: k.URL, Limits: vault.Limits{Wait: time.Millisecond, LongestWait: 10 * time.Millisecond}}
	if change != nil {
		change(&target)
	}
	c, err := vault.Connect(k.t.Context(), target, login)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			k.t.Error(err)
		}
	})
	return c
}

// requested is what the audit log says of one request.
type requested struct{ Operation, Path string }

// requests returns what was asked of Vault since the log had so many bytes.
func (k keeper) requests(since int64) []requested {
	k.t.Helper()
	content, err := os.ReadFile(k.audit)
	if err != nil {
		k.t.Fatal(err)
	}
	var all []requested
	for line := range bytes.Lines(content[since:]) {
		var event struct {
			Type    string
			Request requested
		}
		if err := json.Unmarshal(line, &event); err != nil {
			k.t.Fatal(err)
		}
		if event.Type == "request" {
			all = append(all, event.Request)
		}
	}
	return all
}

func (k keeper) logged() int64 {
	k.t.Helper()
	info, err := os.Stat(k.audit)
	if err != nil {
		k.t.Fatal(err)
	}
	return info.Size()
}

// noValueRead fails the test where somebody has read a value since the log had so
// many bytes.
func (k keeper) noValueRead(since int64, mounts ...string) {
	k.t.Helper()
	asked := k.requests(since)
	if len(asked) == 0 {
		k.t.Error("the audit log has no request")
	}
	for _, r := range asked {
		for _, mount := range mounts {
			if r.Operation == "read" && strings.HasPrefix(r.Path, mount+"/data/") {
				k.t.Errorf("a value was read: %+v", r)
			}
		}
	}
}

// furnish mounts engines and writes secrets in every state.
func (k keeper) furnish() {
	k.mount("secret", "2")
	k.mount("team/kv", "2")
	k.mount("data", "2")
	k.mount("hidden", "2")
	k.mount("old", "1")
	k.putData("secret", "app", map[string]any{
		"user": canary, "password": canary, "tls.key": canary, "list": []string{canary},
		"database": map[string]any{"main": map[string]any{"password": canary}},
	})
	k.put("secret", "gone", "user")
	k.must(http.MethodDelete, "secret/data/gone", "")
	k.put("secret", "burnt", "first")
	k.put("secret", "burnt", "second")
	k.must(http.MethodPut, "secret/destroy/burnt", `{"versions":[1]}`)
	k.put("secret", "data/odd", "user")
	k.must(http.MethodPost, "secret/metadata/empty", `{"custom_metadata":{"owner":"payments"}}`)
	k.put("secret", "described", "user")
	k.must(http.MethodPatch, "secret/metadata/described", `{"custom_metadata":{"owner":"payments"}}`)
	k.put("team/kv", "shop/payment", "token")
	k.put("data", "app", "user")
	k.put("hidden", "app", "user")
	k.must(http.MethodPost, "old/app", `{"user":"`+canary+`"}`)
	k.must(http.MethodPost, "old/shop/payment", `{"user":"`+canary+`"}`)
}

// listingUnversioned is what a token needs to see the names in a KV v1 engine.
const listingUnversioned = `path "old/*" { capabilities = ["list"] }`
