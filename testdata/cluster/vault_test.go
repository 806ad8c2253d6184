package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// vaultSays makes a request to a Vault as its root and returns the answer.
func vaultSays(t *testing.T, v *Vault, method, path, body string) (code int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, v.URL+"/v1/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Vault-Token", v.Token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestVault(t *testing.T) {
	v := StartVault(t)
	if !strings.HasPrefix(v.URL, "http://127.0.0.1:") {
		t.Errorf("it listens at %s, want loopback", v.URL)
	}
	if code, answer := vaultSays(t, v, http.MethodPost, "sys/mounts/secret", `{"type":"kv","options":{"version":"2"}}`); code != http.StatusNoContent {
		t.Fatalf("mount: %d %s", code, answer)
	}
	// A fresh engine is not ready at once.
	eventually(t, func() error {
		code, answer := vaultSays(t, v, http.MethodPost, "secret/data/app", `{"data":{"user":"u"}}`)
		if code != http.StatusOK {
			return fmt.Errorf("write: %d %s", code, answer)
		}
		return nil
	})
	if code, answer := vaultSays(t, v, http.MethodGet, "secret/subkeys/app", ""); code != http.StatusOK || !strings.Contains(answer, `"subkeys":{"user":null}`) {
		t.Errorf("subkeys: %d %s", code, answer)
	}
	for _, method := range []string{"approle", "jwt", "kubernetes"} {
		if code, answer := vaultSays(t, v, http.MethodPost, "sys/auth/"+method, `{"type":"`+method+`"}`); code != http.StatusNoContent {
			t.Errorf("enable %s: %d %s", method, code, answer)
		}
	}
	if code, answer := vaultSays(t, v, http.MethodPut, "sys/seal", ""); code != http.StatusNoContent {
		t.Errorf("seal: %d %s", code, answer)
	}
	if code, answer := vaultSays(t, v, http.MethodPut, "sys/unseal", `{"key":"`+v.Key+`"}`); code != http.StatusOK || !strings.Contains(answer, `"sealed":false`) {
		t.Errorf("unseal: %d %s", code, answer)
	}
}

func TestVaultEndsWithTheTest(t *testing.T) {
	v := StartVault(t)
	if err := v.Down(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(v.server.id, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("it still runs: %v", err)
	}
	if _, err := os.Stat(v.Folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary folder still stands: %v", err)
	}
	if err := v.Down(); err != nil {
		t.Errorf("second Down: %v", err)
	}
}

func TestVaultEndsWithItsStandardInput(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real Vault")
	}
	binaries, err := build(t.Context(), t.Logf, vault())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	output, err := exec.CommandContext(ctx, binaries.Vault).Output() // its input is empty
	if err != nil || !strings.Contains(string(output), `"address":"http://127.0.0.1:`) {
		t.Errorf("it said %d bytes and ended with %v, want its address and success", len(output), err)
	}
}
