package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gatehouse-dev/gatehouse"

// floors is the plan of the house: a package imports only packages on lower
// floors, and on its own floor only those that are named. The table is the
// policy; a broken build is no reason to edit it.
var floors = []struct {
	prefix string // a package, or all below it where it ends in /
	floor  int
	beside []string // packages on the same floor that it may import
}{
	{"checks/manifest", 0, nil},
	{"secrets/token", 0, nil},
	{"secrets/settings", 0, nil},
	{"secrets/archive", 0, nil},
	{"secrets/rules", 0, nil},
	{"secrets", 0, []string{"checks/manifest", "secrets/token", "secrets/settings"}},
	{"secrets/scan", 0, []string{"secrets", "secrets/token", "secrets/settings", "checks/manifest"}},
	{"secrets/sealed", 0, []string{"secrets", "checks/manifest"}},
	{"secrets/reference", 0, []string{"secrets", "checks/manifest"}},
	{"codeowners", 0, nil},
	{"checks", 1, nil},
	{"checks/builtin", 2, nil},
	{"policies/cel", 2, []string{"policies/rego"}},
	{"policies/packed", 2, nil},
	{"policies/formats", 2, nil},
	{"policies/rego", 2, []string{"policies/packed", "policies/formats"}},
	{"policies/review", 2, []string{"policies/rego"}},
	{"policies/conftest", 2, []string{"policies/formats", "policies/rego"}},
	{"policies/gatekeeper", 2, []string{"policies/cel", "policies/rego", "policies/review"}},
	{"policies/inventory", 2, nil},
	{"policies/library", 2, nil},
	{"policies/podsecurity", 2, nil},
	{"policies/suite", 2, []string{"policies/gatekeeper", "policies/rego", "policies/review"}},
	{"policies", 2, []string{"policies/cel", "policies/conftest", "policies/gatekeeper", "policies/inventory", "policies/packed", "policies/rego", "policies/review", "policies/suite"}},
	{"cmd/internal/survey", 3, []string{"cmd/internal/config"}}, // names the files and keys it proposes
	{"cmd/internal/", 3, []string{"cmd/internal/suggest", "cmd/internal/schema"}},
	{"secrets/seal", 3, nil},
	{"secrets/seal/sops", 3, nil},
	{"secrets/seal/sops/kms", 3, []string{"secrets/seal/sops"}},
	{"secrets/seal/vault", 3, []string{"secrets/vault"}},
	{"secrets/vault", 3, nil},
	{"cmd/gatehouse", 4, nil},
}

// worldly are the packages through which a program reaches the world. Floors 0 to
// 2 judge values and must not import them.
var worldly = []string{"os", "os/exec", "os/signal", "io/ioutil", "net", "net/http", "syscall", "log", "log/slog", "time/tzdata"}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestFloors(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		floor, beside, ok := floorOf(name)
		if !ok {
			t.Errorf("%s stands on no floor: add it to the plan", name)
			continue
		}
		for _, imported := range p.Imports {
			if floor <= 2 && slices.Contains(worldly, imported) {
				t.Errorf("%s (floor %d) imports %s: floors 0 to 2 do no I/O", name, floor, imported)
			}
			other, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			below, _, ok := floorOf(other)
			if !ok || below > floor || below == floor && !slices.Contains(beside, other) {
				t.Errorf("%s (floor %d) imports %s (floor %d)", name, floor, other, below)
			}
		}
	}
}

func floorOf(name string) (floor int, beside []string, ok bool) {
	for _, f := range floors {
		if f.prefix == name || strings.HasSuffix(f.prefix, "/") && strings.HasPrefix(name, f.prefix) {
			return f.floor, f.beside, true
		}
	}
	return 0, nil, false
}

// owners are the packages behind which a library stands: nobody else imports it
// directly. A library without owners is for tests.
var owners = map[string][]string{
	"github.com/urfave/cli/v2":         {"cmd/gatehouse"},
	"github.com/BurntSushi/toml":       {"secrets/rules", "policies/formats"},
	"gopkg.in/ini.v1":                  {"policies/formats"},
	"go.yaml.in/yaml/v3":               {"checks/manifest", "secrets/seal/sops"}, // the latter as SOPS itself reads
	"go.yaml.in/yaml/v2":               {"checks/manifest"},
	"sigs.k8s.io/yaml":                 {"checks/manifest"},
	"golang.org/x/crypto":              {"checks", "secrets/seal", "secrets/seal/sops"},
	"github.com/bitnami-labs/":         {"secrets/seal"},
	"github.com/getsops/":              {"secrets/seal/sops", "secrets/seal/sops/kms"},
	"filippo.io/age":                   {"secrets/seal/sops"},
	"github.com/hashicorp/vault/":      {"secrets/vault"},
	"github.com/open-policy-agent/":    {"policies", "policies/rego", "policies/review", "policies/conftest", "policies/gatekeeper", "policies/suite"},
	"k8s.io/pod-security-admission/":   {"policies/podsecurity"},
	"k8s.io/apiserver/":                {"policies/cel"},
	"github.com/google/cel-go/":        {"policies/cel"},
	"github.com/google/go-github/":     {"cmd/internal/github"},
	"k8s.io/client-go":                 {"cmd/internal/cluster"},
	"os/exec":                          {"cmd/internal/source", "cmd/internal/render", "cmd/internal/editor", "cmd/internal/sandbox", "secrets/seal/sops"}, // the last runs gpg
	"net/http":                         {"cmd/internal/github", "cmd/internal/admission", "cmd/internal/cluster", "cmd/internal/fetch", "cmd/internal/kubeconfig", "secrets/seal/sops", "secrets/vault"},
	"github.com/rogpeppe/go-internal/": {},
	"github.com/google/go-cmp/":        {},
}

func TestLibrariesHaveOneOwner(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, imported := range p.Imports {
			for library, allowed := range owners {
				if strings.HasPrefix(imported, library) && !slices.Contains(allowed, name) {
					t.Errorf("%s imports %s, which stands behind %v", name, imported, allowed)
				}
			}
		}
	}
}

// packages lists the packages of the module, without their tests.
func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if len(list) < 5 {
		t.Fatalf("go list found %d packages", len(list))
	}
	return list
}
