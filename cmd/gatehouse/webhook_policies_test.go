package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/admission"
)

// template is a ConstraintTemplate of the kind Rule with a constraint for it.
func template(target, source string) string {
	indented := strings.ReplaceAll(strings.TrimSpace(source), "\n", "\n      ")
	return fmt.Sprintf(`apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: rule}
spec:
  crd: {spec: {names: {kind: Rule}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    %s
    rego: |
      package rule
      %s
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Rule
metadata: {name: all}
spec: {match: {kinds: [{apiGroups: ["*"], kinds: [Deployment]}]}}
`, cmp.Or(target, "libs: []"), indented)
}

func ownRule(source string) string {
	return "# METADATA\n# title: rule\n# custom:\n#   id: rule-all\n#   severity: error\npackage rule\n\nimport rego.v1\n\n" + source
}

func deploymentOf(replicas int, labels string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {%s}}
spec: {replicas: %d}
`, labels, replicas)
}

// requestCases are policies of which each family has one of its own, with what is to
// come of every way in which an object changes.
var requestCases = []struct {
	name       string
	target     string
	gatekeeper string
	own        string
	// what is found: on a new object, a changed one, one that is as bad as it was, and
	// one that is removed, with a user who may and one who may not
	create, update, relabel, remove []string
	tree                            []string // where there is no old side
	notRun                          bool     // there
}{
	{
		name:       "the object",
		gatekeeper: `violation[{"msg": "many"}] { input.review.object.spec.replicas > 3 }`,
		own:        `deny contains "many" if input.object.spec.replicas > 3`,
		create:     []string{"many"}, update: []string{"many"}, relabel: []string{"many (old)"}, tree: []string{"many"},
	},
	{
		name:       "creation",
		gatekeeper: `violation[{"msg": "new"}] { input.review.operation == "CREATE"; input.review.object.spec.replicas > 3 }`,
		own:        `deny contains "new" if { input.operation == "CREATE"; input.object.spec.replicas > 3 }`,
		create:     []string{"new"}, tree: []string{"new"},
	},
	{
		name:       "any operation but removal",
		gatekeeper: `violation[{"msg": "many"}] { input.review.operation != "DELETE"; input.review.object.spec.replicas > 3 }`,
		own:        `deny contains "many" if { input.operation != "DELETE"; input.object.spec.replicas > 3 }`,
		create:     []string{"many"}, update: []string{"many"}, relabel: []string{"many (old)"}, tree: []string{"many"},
	},
	{
		name: "removal",
		gatekeeper: `violation[{"msg": msg}] {
  is_delete(input.review)
  msg := sprintf("%s is removed", [input.review.object.metadata.name])
}
is_delete(review) { review.operation == "DELETE" }`,
		own: `deny contains sprintf("%s is removed", [input.object.metadata.name]) if gone(input)

gone(request) if request.operation == "DELETE"`,
		remove: []string{"web is removed"},
	},
	{
		name:       "before and after",
		gatekeeper: `violation[{"msg": "grown"}] { input.review.object.spec.replicas > object.get(input.review, ["oldObject", "spec", "replicas"], 1000) }`,
		own:        `deny contains "grown" if input.object.spec.replicas > object.get(input, ["oldObject", "spec", "replicas"], 1000)`,
		update:     []string{"grown"}, notRun: true,
	},
	{
		name:       "the user",
		gatekeeper: `violation[{"msg": msg}] { who := input.review.userInfo.username; not startswith(who, "bot"); msg := sprintf("not by %s", [who]) }`,
		own:        `deny contains msg if { who := input.userInfo.username; not startswith(who, "bot"); msg := sprintf("not by %s", [who]) }`,
		create:     []string{"not by mallory"}, update: []string{"not by mallory"}, relabel: []string{"not by mallory"}, remove: []string{"not by mallory"}, notRun: true,
	},
	{
		name:       "only removal is asked",
		target:     `operations: [DELETE]`,
		gatekeeper: `violation[{"msg": "gone"}] { true }`,
		own:        `deny contains "gone" if input.operation == "DELETE"`,
		remove:     []string{"gone"},
	},
}

// TestRequestsAreJudgedAlikeAtEveryGate judges new, changed and removed objects by a
// policy in two families, in a change of files and at admission.
func TestRequestsAreJudgedAlikeAtEveryGate(t *testing.T) {
	few, many, labelled := deploymentOf(2, ""), deploymentOf(5, ""), deploymentOf(5, "tier: front")
	for _, tt := range requestCases {
		for family, files := range map[string]map[string]string{
			"gatekeeper": {".gatehouse/policies/rule.yaml": template(tt.target, tt.gatekeeper)},
			"own":        {".gatehouse/policies/rule/policy.rego": ownRule(tt.own)},
		} {
			t.Run(tt.name+"/"+family, func(t *testing.T) {
				files[".gatehouse/config.yaml"] = "version: 1\npolicies: {library: false}\n"
				set := opened(t, files)
				if faults := set.load().faults; len(faults) > 0 {
					t.Fatal(faults)
				}
				for _, step := range []struct {
					name          string
					before, after string
					want          []string
				}{
					{"create", "", many, tt.create}, {"update", few, many, tt.update}, {"relabel", many, labelled, tt.relabel}, {"remove", many, "", tt.remove},
				} {
					atAdmission := admitted(t, set, step.before, step.after, "mallory")
					if diff := gocmp.Diff(step.want, atAdmission); diff != "" {
						t.Errorf("%s at admission (-want +got):\n%s", step.name, diff)
					}
					if diff := gocmp.Diff(step.want, inChange(t, set, step.before, step.after, "mallory")); diff != "" {
						t.Errorf("%s in a change of files (-want +got):\n%s", step.name, diff)
					}
				}
				result := checks.Run(context.Background(), inputOf(set, "", many))
				if diff := gocmp.Diff(tt.tree, messagesOf(result.Findings)); diff != "" {
					t.Errorf("in a tree (-want +got):\n%s", diff)
				}
				if notRun := slices.ContainsFunc(result.NotRun, func(n checks.NotRun) bool { return n.Check == "rule-all" }); tt.notRun && !notRun && family == "own" {
					t.Errorf("a tree says of the policy that it has run: %v", result.NotRun)
				}
			})
		}
	}
}

func inputOf(set *policySet, before, after string) checks.Input {
	in := checks.Input{Checks: set.checks(), Limits: manifest.DefaultLimits(), FailOn: checks.FailOn(checks.Error), Time: time.Unix(0, 0)}
	if after != "" {
		in.Files = []checks.File{textFile("web.yaml", after)}
	}
	if before != "" {
		in.Before = []checks.File{textFile("web.yaml", before)}
	}
	return in
}

func inChange(t *testing.T, set *policySet, before, after, user string) []string {
	t.Helper()
	in := inputOf(set, before, after)
	in.HasOld, in.Given, in.Users = true, []checks.Need{checks.NeedUserInfo}, []*manifest.Node{usernamed(user)}
	result := checks.Run(context.Background(), in)
	if len(result.NotJudged) > 0 {
		t.Errorf("not judged: %v", result.NotJudged)
	}
	return messagesOf(result.Findings)
}

func admitted(t *testing.T, set *policySet, before, after, user string) []string {
	t.Helper()
	a := reviewOf(t, set, before, after, user)
	if len(a.Reasons) > 0 && a.Verdict != admission.NotRun {
		t.Errorf("not judged: %v", a.Reasons)
	}
	blocking := slices.ContainsFunc(a.Findings, func(f checks.Finding) bool { return f.Blocks() })
	if a.Response.Allowed == blocking {
		t.Errorf("allowed %t with the findings %q", a.Response.Allowed, messagesOf(a.Findings))
	}
	return messagesOf(a.Findings)
}

func reviewOf(t *testing.T, set *policySet, before, after, user string) admission.Answer {
	t.Helper()
	kind := metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	req := &admissionv1.AdmissionRequest{
		UID: "1", Kind: kind, Name: "web", Namespace: "shop", Operation: admissionv1.Update,
		Resource: metav1.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"},
		UserInfo: authenticationv1.UserInfo{Username: user, Groups: []string{"system:authenticated"}},
	}
	var err error
	if req.Object.Raw, err = yaml.YAMLToJSON([]byte(after)); err != nil {
		t.Fatal(err)
	}
	if req.OldObject.Raw, err = yaml.YAMLToJSON([]byte(before)); err != nil {
		t.Fatal(err)
	}
	switch {
	case before == "":
		req.Operation = admissionv1.Create
	case after == "":
		req.Operation = admissionv1.Delete
	}
	if _, err := json.Marshal(req); err != nil {
		t.Fatal(err)
	}
	return admission.New(admission.Settings{
		Checks: set.checks(), FailOn: checks.FailOn(checks.Error), Mode: admission.Enforce, Now: func() time.Time { return time.Unix(0, 0) },
	}).Review(context.Background(), req)
}

func messagesOf(findings []checks.Finding) []string {
	var list []string
	for _, f := range findings {
		message := f.Message
		if !f.New {
			message += " (old)"
		}
		list = append(list, message)
	}
	return list
}

// TestAUserIsNotGuessed judges by who makes a change only where that is known, and of
// several by each.
func TestAUserIsNotGuessed(t *testing.T) {
	set := opened(t, map[string]string{
		".gatehouse/config.yaml":               "version: 1\npolicies: {library: false}\n",
		".gatehouse/policies/rule/policy.rego": ownRule(`deny contains "not in the group" if not "release" in input.userInfo.groups`),
		".gatehouse/policies/rule.yaml":        strings.ReplaceAll(template("", `violation[{"msg": msg}] { input.review.userInfo.username == "mallory"; msg := "not by mallory" }`), "name: all", "name: user"),
	})
	if faults := set.load().faults; len(faults) > 0 {
		t.Fatal(faults)
	}
	in := inputOf(set, deploymentOf(1, ""), deploymentOf(2, ""))
	in.HasOld = true
	for _, tt := range []struct {
		users    []string
		messages []string
		notRun   []string
	}{
		{nil, nil, []string{"rule-all", "rule-user"}},
		{[]string{"bob"}, nil, []string{"rule-all"}},
		{[]string{"bob", "mallory"}, []string{"not by mallory"}, []string{"rule-all"}},
	} {
		in.Users, in.Given = nil, nil
		for _, name := range tt.users {
			in.Users, in.Given = append(in.Users, usernamed(name)), []checks.Need{checks.NeedUserInfo}
		}
		result := checks.Run(context.Background(), in)
		var notRun []string
		for _, n := range result.NotRun {
			notRun = append(notRun, n.Check)
		}
		if diff := gocmp.Diff(tt.messages, messagesOf(result.Findings)); diff != "" {
			t.Errorf("users %q (-want +got):\n%s", tt.users, diff)
		}
		if diff := gocmp.Diff(tt.notRun, notRun); diff != "" {
			t.Errorf("not run for the users %q (-want +got):\n%s", tt.users, diff)
		}
	}
	a := reviewOf(t, set, deploymentOf(1, ""), deploymentOf(2, ""), "bob")
	if diff := gocmp.Diff([]string{"not in the group"}, messagesOf(a.Findings)); diff != "" {
		t.Errorf("at admission (-want +got):\n%s", diff)
	}
}

// TestAFailingTemplateDenies holds what becomes of an evaluation that fails: Gatekeeper
// takes that of a template for a violation; of others nothing is known.
func TestAFailingTemplateDenies(t *testing.T) {
	conflict := `many := 1 if input.object.spec.replicas > 3

many := 2 if input.object.spec.replicas > 4

deny contains "never" if many == 7`
	for _, tt := range []struct {
		name, file, text string
		verdict          checks.Verdict
		message          string
	}{
		{"template", "rule.yaml", template("", "many = 1 { input.review.object.spec.replicas > 3 }\nmany = 2 { input.review.object.spec.replicas > 4 }\nviolation[{\"msg\": \"never\"}] { many == 7 }"),
			checks.VerdictFail, "a rule gives two different values"},
		{"own", "rule/policy.rego", ownRule(conflict), checks.VerdictIncomplete, ""},
	} {
		set := opened(t, map[string]string{".gatehouse/config.yaml": "version: 1\npolicies: {library: false}\n", ".gatehouse/policies/" + tt.file: tt.text})
		a := reviewOf(t, set, "", deploymentOf(5, ""), "mallory")
		if a.Response.Allowed || a.Verdict != tt.verdict {
			t.Errorf("%s: allowed %t, verdict %s: %+v", tt.name, a.Response.Allowed, a.Verdict, a)
		}
		if !strings.Contains(strings.Join(messagesOf(a.Findings), "\n"), tt.message) {
			t.Errorf("%s: findings %q", tt.name, messagesOf(a.Findings))
		}
		in := inputOf(set, "", deploymentOf(5, ""))
		if result := checks.Run(context.Background(), in); result.Verdict != checks.VerdictIncomplete {
			t.Errorf("%s in a tree: %s", tt.name, result.Verdict)
		}
	}
}

// TestRulesAreReadAgain changes the rules of a webhook: only what is new is loaded, and
// what is broken is told each time.
func TestRulesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, ".gatehouse", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config.yaml", "version: 1\npolicies: {library: false}\n")
	write("policies/rule.rego", "package main\n\ndeny contains \"x\" if input.kind == \"Pod\"\n")
	p := program{stdout: io.Discard, stderr: io.Discard, env: func(string) string { return "" }, now: time.Now}
	flags := flag.NewFlagSet("webhook", flag.ContinueOnError)
	for _, name := range []string{"rules", "mode", "incomplete", "environment", "fail-on"} {
		flags.String(name, map[string]string{"rules": dir, "mode": "enforce", "incomplete": "deny"}[name], "")
	}
	rules := &admissionRules{program: p, cli: cli.NewContext(cli.NewApp(), flags, nil)}
	step := func(what string, loaded bool, fault string) {
		t.Helper()
		j, err := rules.load()
		if (j != nil) != loaded || (err == nil) != (fault == "") || err != nil && !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: loaded %t, %v; want %t, %q", what, j != nil, err, loaded, fault)
		}
	}
	step("at first", true, "")
	step("unchanged", false, "")
	// As a ConfigMap is mounted: what its files link to lies beside them.
	write("policies/..2026_11_20/rule.rego", "package main\n\ndeny contains \"x\" if input.kind == \"Pod\"\n")
	step("with the folder of a ConfigMap", false, "")
	write("policies/rule.rego", "package main\n\ndeny contains \"x\" if unknown(input)\n")
	step("broken", false, "rule.rego:3")
	step("still broken", false, "rule.rego:3")
	write("policies/rule.rego", "package main\n\ndeny contains \"y\" if input.kind == \"Pod\"\n")
	step("mended", true, "")
	write("config.yaml", "version: 1\nnonsense: true\n")
	step("broken configuration", false, "nonsense")
	write("config.yaml", "version: 1\npolicies: {library: false}\n")
	step("mended configuration", false, "")
}

// TestManifestsAskForWhatPoliciesJudge reads from the policies for which requests the
// webhook has to be called.
func TestManifestsAskForWhatPoliciesJudge(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"config.yaml":                  "version: 1\npolicies: {library: false, enable: [protected-object-removed]}\n",
		"policies/kept/policy.rego":    strings.ReplaceAll(ownRule(`deny contains "kept" if { input.object.kind == "Certificate"; input.operation == "DELETE" }`), "rule", "kept"),
		"policies/gate.yaml":           strings.ReplaceAll(template("", `violation[{"msg": "no"}] { input.review.operation == "DELETE" }`), `apiGroups: ["*"], kinds: [Deployment]`, `apiGroups: [networking.k8s.io], kinds: [Ingress, NetworkPolicy]`),
		"policies/conftest/names.rego": "package names\n\ndeny contains \"x\" if input.kind == \"Gateway\"\n\nwarn contains \"y\" if input.metadata.name == \"x\"\n",
	} {
		file := filepath.Join(dir, ".gatehouse", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stdout, stderr, code := call(t, "", "webhook", "manifests", "--rules", dir)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var hooks admissionregistrationv1.ValidatingWebhookConfiguration
	for _, doc := range strings.Split(stdout, "\n---\n") {
		if strings.Contains(doc, "kind: ValidatingWebhookConfiguration") {
			if err := yaml.UnmarshalStrict([]byte(doc), &hooks); err != nil {
				t.Fatalf("%v in\n%s", err, doc)
			}
		}
	}
	got := map[string][]string{}
	for _, hook := range hooks.Webhooks {
		for _, r := range hook.Rules {
			for _, o := range r.Operations {
				for _, resource := range r.Resources {
					got[string(o)] = append(got[string(o)], r.APIGroups[0]+"/"+resource)
				}
			}
		}
	}
	for operation, want := range map[string][]string{
		"CREATE": {"/secrets", "apps/deployments", "*/certificates", "networking.k8s.io/ingresses", "networking.k8s.io/networkpolicies"},
		"DELETE": {"*/certificates", "*/customresourcedefinitions", "*/namespaces", "*/persistentvolumeclaims", "networking.k8s.io/ingresses", "networking.k8s.io/networkpolicies"},
	} {
		for _, resource := range want {
			if !slices.Contains(got[operation], resource) {
				t.Errorf("the webhook is not called for the %s of %s: %q", operation, resource, got[operation])
			}
		}
	}
	if slices.Contains(got["DELETE"], "*/gateways") || !strings.Contains(stdout, "see besides: names.") {
		t.Errorf("removals %q; in\n%s", got["DELETE"], stdout)
	}
	if _, stderr, code := call(t, "", "webhook", "manifests", "--rules", filepath.Join(dir, "none")); code != exitUsage || !strings.Contains(stderr, "there is no folder") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
