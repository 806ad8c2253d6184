package suite

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func moduleDir(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Skipf("go env: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), module)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s is not in the module cache", module)
	}
	return dir
}

// TestSuitesOfGatekeeper runs the suite that Gatekeeper tests its own gator with.
func TestSuitesOfGatekeeper(t *testing.T) {
	dir := moduleDir(t, "github.com/open-policy-agent/gatekeeper/v3@v3.23.1")
	r := &Runner{Time: time.Unix(0, 0), Read: func(p string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, p)) }}
	d, err := r.one("test/gator/verify/suite.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !IsSuite(d) {
		t.Fatal("not a suite")
	}
	rows := r.Run(t.Context(), d)
	for _, row := range rows {
		t.Logf("%+v", row)
		if row.Status == Failed {
			t.Errorf("%s/%s: %s", row.Test, row.Case, row.Reason)
		}
	}
	_ = manifest.Null
}
