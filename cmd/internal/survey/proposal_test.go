package survey

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

const (
	certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
	privateKey  = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"
)

func object(apiVersion, kind string) string {
	return "apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata:\n  name: x\n"
}

// everything is a repository in which each tool stands once or twice.
func everything() repo {
	return repo{
		".gatehouse/config.yaml":                         "version: 1\n",
		".github/workflows/gatehouse.yml":                "on: push\n",
		".github/CODEOWNERS":                             "* @acme/platform ops@acme.example # all\n/apps/ @acme/apps\n",
		"docs/CODEOWNERS":                                "* @somebody\n",
		"clusters/production/flux-system/gotk-sync.yaml": "broken: [\n",
		"clusters/production/apps.yaml":                  object("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
		"argocd/apps.json":                               `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"argoproj.io/v1alpha1","kind":"ApplicationSet","metadata":{"name":"x"}}]}`,
		"argocd/rollout.yaml":                            object("argoproj.io/v1alpha1", "Rollout"),
		"apps/web/kustomization.yml":                     "resources: []\n",
		"charts/web/Chart.yaml":                          "name: web\n",
		"policy/images.rego":                             "package main\n",
		"policy/lib/names.rego":                          "package lib\n",
		"gatekeeper/template.yaml":                       object("templates.gatekeeper.sh/v1", "ConstraintTemplate"),
		"gatekeeper/constraint.yaml":                     "---\r\n" + object("constraints.gatekeeper.sh/v1beta1", "K8sLabels"),
		".gitleaks.toml":                                 "",
		".gitleaksignore":                                "",
		".sops.yaml":                                     "creation_rules: []\n",
		"clusters/production/.sops.yaml":                 "creation_rules: []\n",
		"apps/web/sealed.yaml":                           object("bitnami.com/v1alpha1", "SealedSecret"),
		"pub-sealed-secrets.pem":                         certificate,
		".gatehouse/certs/production.crt":                certificate,
		"keys/sealed-secrets-key.pem":                    certificate + privateKey,
		"keys/ca.pem":                                    certificate,
		".pre-commit-config.yaml":                        "repos: []\n",
	}
}

func TestFinds(t *testing.T) {
	s := everything().look("")
	want := []Find{
		{Gatehouse, []string{".gatehouse/certs/production.crt", ".gatehouse/config.yaml", ".github/workflows/gatehouse.yml"}, 3, ""},
		{Codeowners, []string{".github/CODEOWNERS", "docs/CODEOWNERS"}, 2, "GitHub reads only .github/CODEOWNERS"},
		{Flux, []string{"clusters/production/apps.yaml", "clusters/production/flux-system/gotk-sync.yaml"}, 2, ""},
		{ArgoCD, []string{"argocd/apps.json"}, 1, ""},
		{Kustomizations, []string{"apps/web/kustomization.yml"}, 1, ""},
		{Charts, []string{"charts/web/Chart.yaml"}, 1, ""},
		{Rego, []string{"policy"}, 1, ""},
		{ConstraintTemplate, []string{"gatekeeper/template.yaml"}, 1, ""},
		{Constraints, []string{"gatekeeper/constraint.yaml"}, 1, ""},
		{Gitleaks, []string{".gitleaks.toml", ".gitleaksignore"}, 2, ""},
		{SOPS, []string{".sops.yaml", "clusters/production/.sops.yaml"}, 2, ""},
		{SealedSecrets, []string{"apps/web/sealed.yaml"}, 1, ""},
		{Certificates, []string{".gatehouse/certs/production.crt", "pub-sealed-secrets.pem"}, 2, ""},
		{PreCommit, []string{".pre-commit-config.yaml"}, 1, ""},
	}
	if diff := cmp.Diff(want, s.Finds); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !s.Configured {
		t.Error("the configuration that stands already is not seen")
	}
	if empty := (repo{"README.md": ""}).look(""); len(empty.Finds) != 0 || empty.Configured {
		t.Errorf("found in an empty repository: %+v", empty.Finds)
	}
}

func TestSummary(t *testing.T) {
	r := everything()
	r["apps/dev/x\x1b[2J/web.yaml"] = someManifest
	r["policy\n::error::/a.rego"] = ""
	const want = `Environments, from the first to the last:
  production  clusters/production
Called like an environment, but nothing else speaks for it, so not proposed:
  apps/dev

Found in the repository; the proposed configuration does not refer to it:
  Gatehouse             .gatehouse/certs/production.crt, .gatehouse/config.yaml, .github/workflows/gatehouse.yml
  CODEOWNERS            .github/CODEOWNERS, docs/CODEOWNERS (GitHub reads only .github/CODEOWNERS)
  Flux                  clusters/production/apps.yaml, clusters/production/flux-system/gotk-sync.yaml
  Argo CD               argocd/apps.json
  kustomizations        apps/web/kustomization.yml
  Helm charts           charts/web/Chart.yaml
  Rego policies         policy, "policy\n::error::"
  constraint templates  gatekeeper/template.yaml
  constraints           gatekeeper/constraint.yaml
  Gitleaks              .gitleaks.toml, .gitleaksignore
  SOPS                  .sops.yaml, clusters/production/.sops.yaml
  SealedSecrets         apps/web/sealed.yaml
  sealing certificates  .gatehouse/certs/production.crt, pub-sealed-secrets.pem
  pre-commit            .pre-commit-config.yaml
`
	if diff := cmp.Diff(want, r.look("").Summary()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const none = "No environments were found by the names of folders, overlays and values files.\n"
	if got := (repo{"README.md": ""}).look("").Summary(); got != none {
		t.Errorf("got %q", got)
	}
}

func TestVisible(t *testing.T) {
	for path, want := range map[string]string{
		"apps/web.yaml": "apps/web.yaml",
		"apps/é b":      "apps/é b",
		"a\nb":          `"a\nb"`,
		"a\x1b[2J":      `"a\x1b[2J"`,
		"a\u202eb":      `"a\u202eb"`,
		"\xff":          `"\xff"`,
		" a":            `" a"`,
		`a"b`:           `"a\"b"`,
		"a, b":          `"a, b"`,
	} {
		if got := visible(path); got != want {
			t.Errorf("%q: got %s, want %s", path, got, want)
		}
	}
}

func TestYAMLStringsReadBack(t *testing.T) {
	for _, s := range []string{
		"prod", "yes", "No", "null", "y", "1", "1e3", "*/prod", "**", "/prod", "a/*/b", "?/a", "- a", "a: b", "a #b", "# a", " a ", `"`, "'", "a\\b",
		"é", "a\u00a0b", "a\u2028b", "::error::", "@x", "`", "%a", "&a", "!a", "{a}", "[a]", "0x1f", "012", ".5", "~", "a\nb", "a\x00b", "\U0001f600",
	} {
		var got struct{ Key string }
		if err := yaml.Unmarshal([]byte("key: "+yamlString(s)+"\n"), &got); err != nil || got.Key != s {
			t.Errorf("%q is written %s and reads %q (%v)", s, yamlString(s), got.Key, err)
		}
	}
}

func TestOwners(t *testing.T) {
	const head = "# What guards the gates. The last line that matches a file decides, so these stay at the end.\n"
	for _, test := range []struct {
		name       string
		repo       repo
		path, want string
	}{
		{"none yet", repo{"README.md": ""}, ".github/CODEOWNERS", head +
			"/.gatehouse/        @your-org/your-team\n" +
			"CODEOWNERS          @your-org/your-team\n" +
			"/.github/workflows/ @your-org/your-team\n"},
		{"owners of everything", everything(), ".github/CODEOWNERS", head +
			"/.gatehouse/                    @acme/platform ops@acme.example\n" +
			"CODEOWNERS                      @acme/platform ops@acme.example\n" +
			"/.github/workflows/             @acme/platform ops@acme.example\n" +
			"/.gitleaks.toml                 @acme/platform ops@acme.example\n" +
			"/.gitleaksignore                @acme/platform ops@acme.example\n" +
			"/.sops.yaml                     @acme/platform ops@acme.example\n" +
			"/clusters/production/.sops.yaml @acme/platform ops@acme.example\n" +
			"/pub-sealed-secrets.pem         @acme/platform ops@acme.example\n"},
		{"the last line for everything", repo{"docs/CODEOWNERS": "* @first\r\n* @second\r\n/.github/ @other\r\n"}, "docs/CODEOWNERS", head +
			"/.gatehouse/        @second\n" +
			"CODEOWNERS          @second\n" +
			"/.github/workflows/ @second\n"},
		{"nobody owns everything", repo{"CODEOWNERS": "* @first\n*\n"}, "CODEOWNERS", head +
			"/.gatehouse/        @your-org/your-team\n" +
			"CODEOWNERS          @your-org/your-team\n" +
			"/.github/workflows/ @your-org/your-team\n"},
		{"what is no owner", repo{"CODEOWNERS": "* @a \x1b[2J @b$(x) nobody @c/d\n"}, "CODEOWNERS", head +
			"/.gatehouse/        @a @c/d\n" +
			"CODEOWNERS          @a @c/d\n" +
			"/.github/workflows/ @a @c/d\n"},
		{"some stand", repo{"CODEOWNERS": "* @a\n/.gatehouse/ @b\n/.github/workflows/\n/apps/ @c\n"}, "CODEOWNERS", head +
			"CODEOWNERS          @a\n" +
			"/.github/workflows/ @a\n"},
		{"a later line takes them away", repo{"CODEOWNERS": "/.gatehouse/ @b\nCODEOWNERS @b\n/.github/workflows/ @b\n* @a\n"}, "CODEOWNERS", head +
			"/.gatehouse/        @a\n" +
			"CODEOWNERS          @a\n" +
			"/.github/workflows/ @a\n"},
		{"all stand", repo{"CODEOWNERS": "* @a\n/.gatehouse/ @b\nCODEOWNERS @b\n/.github/workflows/ @b\n"}, "CODEOWNERS", ""},
		{"a path with a line of its own", repo{"a\n* @evil\n/.sops.yaml": "", "b c/.sops.yaml": ""}, ".github/CODEOWNERS", head +
			"/.gatehouse/        @your-org/your-team\n" +
			"CODEOWNERS          @your-org/your-team\n" +
			"/.github/workflows/ @your-org/your-team\n" +
			`# This file cannot be named here, so no line guards it: "a\n* @evil\n/.sops.yaml"` + "\n" +
			`# This file cannot be named here, so no line guards it: "b c/.sops.yaml"` + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := test.repo.look("")
			if diff := cmp.Diff(test.want, s.Owners()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if s.OwnersPath() != test.path {
				t.Errorf("belongs to %s, want %s", s.OwnersPath(), test.path)
			}
		})
	}
}

// Lines that were added as proposed are all that is needed.
func TestOwnersOnceAddedAreEnough(t *testing.T) {
	r := everything()
	r[".github/CODEOWNERS"] += r.look("").Owners()
	if again := r.look("").Owners(); again != "" {
		t.Errorf("proposed again:\n%s", again)
	}
}

func TestWorkflow(t *testing.T) {
	type step struct {
		Uses string
		With map[string]any
	}
	var got struct {
		On          map[string]any `json:"on"`
		Permissions map[string]string
		Jobs        map[string]struct {
			RunsOn string `json:"runs-on"`
			Steps  []step
		}
	}
	// YAML 1.1 reads the key "on" as true, and GitHub does not.
	text := strings.Replace(Workflow(), "\non:", "\n\"on\":", 1)
	if err := yaml.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"pull_request": nil, "merge_group": nil}, got.On); diff != "" {
		t.Errorf("on (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"contents": "read"}, got.Permissions); diff != "" {
		t.Errorf("permissions (-want +got):\n%s", diff)
	}
	steps := got.Jobs["gatehouse"].Steps
	if len(got.Jobs) != 1 || got.Jobs["gatehouse"].RunsOn == "" {
		t.Errorf("jobs: %+v", got.Jobs)
	}
	if len(steps) != 2 || !strings.HasPrefix(steps[0].Uses, "actions/checkout@") || steps[1].Uses != "gatehouse-dev/gatehouse/action@<SHA of a release>" {
		t.Fatalf("steps: %+v", steps)
	}
	if diff := cmp.Diff(map[string]any{"fetch-depth": 0.0, "persist-credentials": false}, steps[0].With); diff != "" {
		t.Errorf("checkout (-want +got):\n%s", diff)
	}
}

func TestPreCommitHooks(t *testing.T) {
	type file struct {
		Repos []struct {
			Repo, Rev string
			Hooks     []struct{ ID string }
		}
	}
	whole := repo{"README.md": ""}.look("").PreCommitHooks()
	entry := repo{PreCommitPath: "repos:\n"}.look("").PreCommitHooks()
	for _, text := range []string{whole, "repos:\n" + entry} {
		var got file
		if err := yaml.UnmarshalStrict([]byte(text), &got); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if len(got.Repos) != 1 || got.Repos[0].Repo != repositoryURL || len(got.Repos[0].Hooks) != 1 {
			t.Errorf("got %+v", got)
		}
	}
	done := repo{PreCommitPath: whole}.look("")
	if again := done.PreCommitHooks(); again != "" || !strings.Contains(done.Summary(), "runs Gatehouse already") {
		t.Errorf("proposed again: %s", again)
	}
}
