package config

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// known are the checks of a program of version 1.9.3 for these tests.
func known() []checks.Check {
	return []checks.Check{
		{ID: "plaintext-secret", Category: checks.Secrets, Severity: checks.Error},
		{ID: "private-key", Category: checks.Secrets, Severity: checks.Error},
		{ID: "host-path", Category: checks.Policy, Severity: checks.Warning},
		{ID: "duplicate-key", Category: checks.Manifest, Severity: checks.Error},
		{ID: "waiver-expired", Category: checks.Trust, Severity: checks.Error},
	}
}

const running = "1.9.3"

const digestOfNothing = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReadConfig(t *testing.T) {
	got, err := ReadConfig("c.yaml", testdata(t, "config.yaml"), running, known())
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Version: 1, MinimumVersion: "1.2.0", Repository: "example/platform", FailOn: "warning", RequireComplete: true, Certificate: ".gatehouse/certs/production.pem",
		Environments: []Environment{
			{
				Name: "production", Paths: []string{"clusters/production", "apps/*/overlays/production/**"},
				Owners:      &EnvironmentOwners{Include: []string{"@acme/sre"}, Only: []string{"@acme/sre", "@acme/platform"}},
				PodSecurity: "restricted",
				Seal: &Seal{Method: MethodVault, Vault: &VaultTarget{
					Mount: "secret", Path: "{environment}/{namespace}/{name}", Object: "external-secret", Store: "vault", StoreKind: "ClusterSecretStore",
				}},
			},
			{Name: "staging", Paths: []string{"clusters/staging"}},
		},
		Owners: &Owners{Host: "github", AlsoOn: []Host{"gitlab"}, Fallback: []string{"@acme/everyone"}, Gate: []string{"terraform/state/**"}},
		Seal: &Seal{
			Method: MethodSealedSecrets, Certificate: ".gatehouse/certs/staging.pem",
			Fingerprint: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", Scope: "namespace-wide",
			Vault: &VaultTarget{Mount: "secret", Auth: "vault/default"},
		},
		References: &References{
			Stores:    []KnownStore{{Kind: "ClusterSecretStore", Name: "vault", Namespace: "external-secrets"}},
			Paths:     []AllowedPath{{Namespaces: []string{"team-a-*"}, Prefixes: []string{"secret/team-a/"}}},
			Addresses: []string{"https://vault.example.com:8200"},
			Vault: &VaultServer{
				Address: "https://vault.example.com:8200", Namespace: "acme", CA: ".gatehouse/certs/vault.pem",
				Auth: "jwt", Mount: "github", Role: "gatehouse", Audience: "https://vault.example.com",
			},
		},
		Exclude:    []string{"docs/**", "*.md"},
		Severities: map[string]Severity{"policy": "notice", "host-path": "error"},
		Overrides: []Override{
			{[]string{"apps/sandbox/**"}, []string{"policy", "duplicate-key"}, "notice"},
			{[]string{"apps/sandbox/shared"}, []string{"host-path"}, "warning"},
		},
		Secrets: &Secrets{Rules: []SecretRule{
			{"acme-deploy-token", "an Acme deploy token", `(?i)\bacme_([0-9a-z]{16})\b`, `\.ya?ml$`, []string{"acme_"}, 1, 2.5},
			{ID: "keystore", Path: `\.jks$`},
		}},
		Policies: &Policies{
			Library: new(false), Enable: []string{"label-required"}, Disable: []string{"single-replica"},
			Paths: []string{"policy", "shared/policies"}, Data: []string{"policy/data.yaml"}, TargetVersion: "1.34",
			Parameters: map[string]map[string]any{"label-required": {"labels": []any{"team", "app"}, "depth": json.Number("2")}},
		},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("the configuration (-want +got):\n%s", diff)
	}
	if got.FailsOn() != checks.FailOn(checks.Warning) {
		t.Errorf("fails on %v, want warning", got.FailsOn())
	}
	layout := got.Layout()
	if layout.Repository != "example/platform" || layout.Environment("apps/shop/overlays/production/x.yaml") != "production" ||
		layout.Environment("clusters/staging/x.yaml") != "staging" || layout.Environment("x.yaml") != "" {
		t.Errorf("the layout is %+v", layout)
	}
	wantOverrides := []checks.Override{
		{Checks: []string{"policy"}, Severity: checks.Notice},
		{Checks: []string{"host-path"}, Severity: checks.Error},
		{Paths: []string{"apps/sandbox/**"}, Checks: []string{"policy", "duplicate-key"}, Severity: checks.Notice},
		{Paths: []string{"apps/sandbox/shared"}, Checks: []string{"host-path"}, Severity: checks.Warning},
	}
	if diff := gocmp.Diff(wantOverrides, got.SeverityOverrides()); diff != "" {
		t.Errorf("the overrides (-want +got):\n%s", diff)
	}
}

func TestConfigWithoutAFileChangesNothing(t *testing.T) {
	var c Config
	if c.FailsOn() != checks.FailOn(checks.Error) || len(c.SeverityOverrides()) > 0 || len(c.Layout().Environments) > 0 {
		t.Errorf("the zero configuration is not the default: %+v", c)
	}
}

func TestReadWaivers(t *testing.T) {
	got, err := ReadWaivers("w.yaml", testdata(t, "waivers.yaml"), known())
	if err != nil {
		t.Fatal(err)
	}
	want := []checks.Waiver{
		{
			Check:  "host-path",
			Object: manifest.Object{APIVersion: "apps/v1", Kind: "DaemonSet", Namespace: "logging", Name: "agent"},
			File:   "apps/base/agent.yaml", Field: "spec.template.spec.volumes[name=varlog].hostPath",
			Reason: "the log agent reads the logs of the node", Owner: "team-observability",
			Expires: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
			Source:  "w.yaml", At: manifest.Pos{Line: 4, Column: 5},
		},
		{
			Check: "private-key", File: "test/fixtures/[id].pem",
			Reason: "a test key: it opens nothing", Owner: "team-platform",
			Expires: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC),
			Value:   digestOfNothing,
			Source:  "w.yaml", At: manifest.Pos{Line: 16, Column: 5},
		},
		{
			Check: "private-key", File: "deploy/old.pem", Value: digestOfNothing,
			Rotated: checks.Rotation{By: "team-platform", On: time.Date(2026, 4, 30, 0, 0, 0, 0, time.UTC)},
			Source:  "w.yaml", At: manifest.Pos{Line: 23, Column: 5},
		},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("the waivers (-want +got):\n%s", diff)
	}
}

func TestRotationInTheFuture(t *testing.T) {
	waivers, err := ReadWaivers("w.yaml", testdata(t, "waivers.yaml"), known())
	if err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]string{
		"2026-04-28T23:00:00Z": "w.yaml:23:5: rotated.date lies in the future; write the day on which it was done",
		"2026-04-29T11:00:00Z": "", // it is the 30th in Kiribati
		"2027-04-28T00:00:00Z": "",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := RefuseFuture(waivers, at); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("at %s: %q, want %q", now, got, want)
		}
	}
}

// TestBadFiles holds every fault of the bad files: its place, its words, and that
// no other is told.
func TestBadFiles(t *testing.T) {
	readers := map[string]func([]byte) error{
		"bad-config.txtar": func(data []byte) error {
			_, err := ReadConfig("f", data, running, known())
			return err
		},
		"bad-waivers.txtar": func(data []byte) error {
			_, err := ReadWaivers("f", data, known())
			return err
		},
	}
	for archive, read := range readers {
		for _, file := range txtar.Parse(testdata(t, archive)).Files {
			t.Run(archive+"/"+file.Name, func(t *testing.T) {
				want := wants(t, file.Data)
				if len(want) == 0 {
					t.Fatal("the file names no fault")
				}
				var list Errors
				if err := read(file.Data); !errors.As(err, &list) {
					t.Fatalf("the error is %v, want Errors", err)
				}
				if !slices.IsSortedFunc(list, func(a, b Error) int { return cmp.Compare(a.Line, b.Line) }) {
					t.Errorf("not in the order of the file:\n%v", list)
				}
				got := strings.Split(list.Error(), "\n")
				slices.Sort(got)
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Errorf("the faults (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// wants reads the faults that a bad file names in its "# want" comments, sorted.
func wants(t *testing.T, data []byte) []string {
	t.Helper()
	var list []string
	line := 0
	for text := range strings.Lines(string(data)) {
		line++
		_, quoted, _ := strings.Cut(strings.TrimSpace(text), "# want ")
		for quoted != "" {
			word, err := strconv.QuotedPrefix(quoted)
			if err != nil {
				t.Fatalf("line %d: %v", line, err)
			}
			message, _ := strconv.Unquote(word)
			list = append(list, fmt.Sprintf("f:%d:%s", line, message))
			quoted = strings.TrimSpace(quoted[len(word):])
		}
	}
	slices.Sort(list)
	return list
}

func TestVersions(t *testing.T) {
	tests := []struct {
		running, minimum string
		want             bool
	}{
		{"1.9.3", "1.9.3", false},
		{"1.9.3", "1.10.0", true},
		{"v1.10.0", "1.9.3", false},
		{"2.0.0", "1.99.99", false},
		{"1.9.3", "1.9.4", true},
		{"1.10.0-rc.1", "1.10.0", true},
		{"1.10.0", "1.10.0-rc.1", false},
		{"1.10.0-rc.2", "1.10.0-rc.10", true},
		{"1.10.0-rc.1", "1.10.0-rc", false},
		{"1.10.0-1", "1.10.0-rc", true},
		{"1.10.0-rc", "1.10.0-1", false},
		{"1.10.0+build.5", "1.10.0", false},
		{"10000000000000000000000.0.0", "9.0.0", false},
		{"devel", "99.0.0", false},
		{"", "99.0.0", false},
	}
	for _, test := range tests {
		if got := needsNewer(test.running, test.minimum); got != test.want {
			t.Errorf("needsNewer(%q, %q) = %v, want %v", test.running, test.minimum, got, test.want)
		}
	}
}

// TestHostileFiles holds that no file makes the reader panic, hang, or speak at
// length, and that each gets an error with a line.
func TestHostileFiles(t *testing.T) {
	laughs := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 20; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	secret := strings.Repeat("hunter2-", 100)
	tests := []struct{ name, data, want string }{
		{"empty", "", "f:1:1: the file is empty"},
		{"only comments", "# nothing\n\n", "f:1:1: the file is empty"},
		{"null", "null\n", "f:1:1: the file must be a map, not null"},
		{"a scalar", "\n\nx\n", "f:3:1: the file must be a map, not a string"},
		{"billion laughs", "version: 1\n" + laughs, "over the limit alias-expansions"},
		{"an alias to itself", "version: 1\na: &a [*a]\n", "f:2:8: an anchor's value contains an alias to itself"},
		{"deep", strings.Repeat("[", 100_000), "f:1:1: the nesting is too deep"},
		{"2 MB of keys", "version: 1\n" + manyLines(2<<20, "k%d: 1\n"), "there are more faults than are told here"},
		{"3 MB of entries", "version: 1\nwaivers:\n" + manyLines(3<<20, "- {check: %d}\n"), "there are more faults than are told here"},
		{"10 MB in one key", "version: 1\n" + strings.Repeat("k", 10<<20) + ": 1\n", "f:"},
		{"33 MB", strings.Repeat("# comment\n", 33<<20/10), "f:1:1: the file is larger than the limit"},
		{"NUL", "version: 1\nx: \x00\n", "f:2:1: the file holds a NUL byte"},
		{"no UTF-8", "version: 1\n# \xff\n", "f:2:1: the file is not UTF-8"},
		{"UTF-16", "\xff\xfev\x00", "f:1:1: the file is UTF-16"},
		{"git-crypt", "\x00GITCRYPT\x00abc", "f:1:1: the file holds a NUL byte"},
		{"LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "f:1:1: the file is a Git LFS pointer"},
		{"a long key", "version: 1\n" + secret + ": 1\n", `unknown key "hunter2-`},
		{"a long key of wide letters", "version: 1\n" + strings.Repeat("日", 100) + ": 1\n", `unknown key "日`},
		{"a long word", "version: 1\nfailOn: " + secret + "\n", "f:2:1: "},
		{"a long key of a map", "version: 1\nseverities: {" + strings.Repeat("k", 900) + ": x, " + strings.Repeat("k", 901) + ": y}\n", "f:2:"},
		{"merge", "version: 1\nx: &x {failOn: none}\n<<: *x\n", "f:2:1: unknown key"},
		{"a merge of no map", "version: 1\n<<: 1\n", "f:2:5: a merge (<<) needs a map or a list of maps"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, configErr := ReadConfig("f", []byte(test.data), running, known())
			_, waiversErr := ReadWaivers("f", []byte(test.data), known())
			if !strings.Contains(fmt.Sprint(configErr, waiversErr), test.want) {
				t.Errorf("the errors are %.300v and %.300v, want one with %q", configErr, waiversErr, test.want)
			}
			for _, err := range []error{configErr, waiversErr} {
				mustBeErrors(t, err)
			}
		})
	}
}

func manyLines(size int, format string) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// mustBeErrors holds what is true of the error of any bad file: a list with a
// place for each fault, each on one line and short.
func mustBeErrors(t *testing.T, err error) {
	t.Helper()
	var list Errors
	if !errors.As(err, &list) || len(list) == 0 {
		t.Fatalf("the error is %v, want Errors", err)
	}
	if len(list) > mostErrors+1 {
		t.Errorf("%d faults are told", len(list))
	}
	for _, e := range list {
		if e.Line < 1 || e.Column < 1 || e.File == "" {
			t.Errorf("a fault without a place: %v", e)
		}
		if text := e.Error(); strings.ContainsAny(text, "\n\r\x1b") || len(text) > 600 {
			t.Errorf("a fault that is no short line: %.700q", text)
		}
	}
}
