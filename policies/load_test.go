package policies_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies"
)

const mixed = `
-- main.rego --
package main
# METADATA
# title: No host network
# custom:
#   why: A pod on the network of the host sees all of its traffic.
#   fix: Remove hostNetwork.
deny_host_network contains msg if {
	input.spec.hostNetwork
	msg := "no host network"
}
warn contains "a warning" if input.kind == "Pod"
-- main_test.rego --
package main
test_x if count(warn) == 1 with input as {"kind": "Pod"}
-- teams/labels.rego --
package teams.labels
violation[{"msg": msg}] {
	not input.metadata.labels.team
	msg := "the label team is missing"
}
-- replicas/policy.rego --
# METADATA
# title: Too few replicas
# description: One replica is no replica during an upgrade.
# custom:
#   id: too-few-replicas
#   severity: error
#   fix: Raise spec.replicas.
#   parameters: {least: 2}
package gatehouse.replicas
deny contains {"msg": msg, "field": "spec.replicas"} if {
	input.object.kind == "Deployment"
	input.operation == "CREATE"
	input.object.spec.replicas < input.parameters.least
	msg := sprintf("%d replicas, want %d", [input.object.spec.replicas, input.parameters.least])
}
-- replicas/bad.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec: {replicas: 1}
-- replicas/good.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec: {replicas: 2}
-- gatekeeper/template.yaml --
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: k8spspimages
  annotations: {metadata.gatekeeper.sh/title: "Images", description: "Images must come from known places."}
spec:
  crd:
    spec:
      names: {kind: K8sPSPImages}
      validation: {openAPIV3Schema: {type: object, properties: {repos: {type: array, items: {type: string}}}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package images
        violation[{"msg": msg}] {
          c := input.review.object.spec.containers[_]
          not strings.any_prefix_match(c.image, input.parameters.repos)
          msg := sprintf("image %v", [c.image])
        }
-- gatekeeper/constraints.yaml --
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPImages
metadata: {name: known-places}
spec: {match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}, parameters: {repos: ["registry.example.com/"]}}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPImages
metadata: {name: told-only}
spec: {enforcementAction: warn, match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}, parameters: {repos: ["registry.example.com/"]}}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPImages
metadata: {name: try}
spec: {enforcementAction: dryrun, match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}, parameters: {repos: ["registry.example.com/"]}}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPImages
metadata: {name: by-namespace}
spec: {match: {kinds: [{apiGroups: [apps], kinds: [StatefulSet]}], namespaceSelector: {matchLabels: {tier: prod}}}}
-- suite.yaml --
kind: Suite
apiVersion: test.gatekeeper.sh/v1alpha1
tests: []
-- notes.yaml --
just: data
`

func filesIn(text string) []policies.File {
	var files []policies.File
	for _, f := range txtar.Parse([]byte(text)).Files {
		files = append(files, policies.File{Path: f.Name, Data: f.Data})
	}
	return files
}

func loadMixed(t *testing.T, parameters map[string]*manifest.Node) *policies.Set {
	t.Helper()
	set, faults := policies.Load(policies.Source{Policies: filesIn(mixed), Parameters: parameters})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return set
}

// TestLoad: each file is what its content says.
func TestLoad(t *testing.T) {
	set := loadMixed(t, nil)
	var namespaces []string
	for _, n := range set.Namespaces {
		namespaces = append(namespaces, n.Name())
	}
	if diff := cmp.Diff([]string{"main", "teams.labels"}, namespaces); diff != "" {
		t.Error(diff)
	}
	if len(set.Own) != 1 || len(set.Templates) != 1 || len(set.Constraints) != 4 || len(set.Suites) != 1 {
		t.Errorf("%d own, %d templates, %d constraints, %d suites", len(set.Own), len(set.Templates), len(set.Constraints), len(set.Suites))
	}
	var untested []string
	for _, n := range set.Notices {
		untested = append(untested, n.File)
	}
	slices.Sort(untested)
	if diff := cmp.Diff([]string{"replicas/policy.rego", "teams/labels.rego"}, untested); diff != "" {
		t.Errorf("policies without tests: %s", diff)
	}
}

// TestChecks: each policy is a declaration.
func TestChecks(t *testing.T) {
	type row struct{ ID, Title, Severity string }
	var got []row
	for _, c := range policies.Checks(loadMixed(t, nil)) {
		got = append(got, row{c.ID, c.Title, c.Severity.String()})
		if c.Why == "" || c.Fix == "" || c.Category != checks.Policy || c.Kind() != "document" {
			t.Errorf("%s: incomplete declaration %+v", c.ID, c)
		}
	}
	want := []row{
		{"too-few-replicas", "Too few replicas", "error"},
		{"main-deny-host-network", "No host network", "error"},
		{"main-warn", "the rule warn of the policy main finds a fault", "warning"},
		{"teams-labels-violation", "the rule violation of the policy teams.labels finds a fault", "error"},
		{"k8s-psp-images-known-places", "Images", "error"},
		{"k8s-psp-images-told-only", "Images", "warning"},
		{"k8s-psp-images-try", "Images", "notice"},
		{"k8s-psp-images-by-namespace", "Images", "error"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func judged(t *testing.T, list []checks.Check, text string) checks.Result {
	t.Helper()
	return checks.Run(t.Context(), checks.Input{
		Files:  []checks.File{{Path: "o.yaml", Load: func() ([]byte, error) { return []byte(text), nil }}},
		Checks: list, Limits: manifest.DefaultLimits(), Time: time.Unix(1_700_000_000, 0),
	})
}

func found(r checks.Result) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.Check+" "+f.Severity.String()+" "+f.Field+": "+f.Message)
	}
	slices.Sort(out)
	return out
}

// TestJudging: all kinds of policies judge one file.
func TestJudging(t *testing.T) {
	list := policies.Checks(loadMixed(t, nil))
	got := found(judged(t, list, "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {team: x}}\nspec: {hostNetwork: true, containers: [{name: c, image: nginx}]}\n"))
	want := []string{
		"k8s-psp-images-known-places error spec.containers[name=c].image: image nginx",
		"k8s-psp-images-told-only warning spec.containers[name=c].image: image nginx",
		"k8s-psp-images-try notice spec.containers[name=c].image: image nginx",
		"main-deny-host-network error spec.hostNetwork: no host network",
		"main-warn warning kind: a warning",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestExamples: the bad example of a policy is found, the good one is not, and a
// parameter from outside counts.
func TestExamples(t *testing.T) {
	own := policies.Checks(loadMixed(t, nil))[:1]
	if got := found(judged(t, own, own[0].Bad[0])); !slices.Equal(got, []string{"too-few-replicas error spec.replicas: 1 replicas, want 2"}) {
		t.Errorf("bad example: %q", got)
	}
	if got := found(judged(t, own, own[0].Good[0])); len(got) > 0 {
		t.Errorf("good example: %q", got)
	}
	three := manifest.Read("p.yaml", []byte("least: 3"), manifest.DefaultLimits()).Documents[0].Root
	own = policies.Checks(loadMixed(t, map[string]*manifest.Node{"too-few-replicas": three}))[:1]
	if got := found(judged(t, own, own[0].Good[0])); len(got) != 1 {
		t.Errorf("with least: 3, the good example gives %q", got)
	}
	_, faults := policies.Load(policies.Source{Policies: filesIn(mixed), Parameters: map[string]*manifest.Node{
		"too-few-replicas": manifest.Read("p.yaml", []byte("most: 3"), manifest.DefaultLimits()).Documents[0].Root,
	}})
	if len(faults) != 1 || !strings.Contains(faults[0].Message, `no parameter "most"`) {
		t.Errorf("an unknown parameter: %v", faults)
	}
}

// TestNotJudged: what cannot be told is not passed.
func TestNotJudged(t *testing.T) {
	list := policies.Checks(loadMixed(t, nil))
	r := judged(t, list, "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a, namespace: shop, labels: {team: x}}\nspec: {replicas: 3}\n")
	if len(r.NotJudged) != 1 || r.NotJudged[0].Check != "k8s-psp-images-by-namespace" || r.Verdict != checks.VerdictIncomplete {
		t.Errorf("verdict %s, not judged %+v", r.Verdict, r.NotJudged)
	}
	set, faults := policies.Load(policies.Source{Policies: filesIn("-- a.rego --\npackage main\nv := 1 if input.kind\nv := 2 if input.spec\ndeny contains \"x\" if v == 1\n")})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	r = judged(t, policies.Checks(set), "apiVersion: v1\nkind: Pod\nspec: {a: s3cret}\n")
	if len(r.NotJudged) != 1 || r.Verdict != checks.VerdictIncomplete || !strings.Contains(r.NotJudged[0].Reason, "a.rego:3") {
		t.Errorf("verdict %s, not judged %+v", r.Verdict, r.NotJudged)
	}
}

// TestFaults: what has a fault is named with file and line, and the others are
// loaded.
func TestFaults(t *testing.T) {
	tests := []struct {
		name, files string
		want        []string
		kept        int
	}{
		{"syntax", "-- a.rego --\npackage main\ndeny contains \"x\" if {\n\n-- b.rego --\npackage other\ndeny contains \"x\" if true\n",
			[]string{"a.rego:4: rego_parse_error: unexpected eof token"}, 1},
		{"compile", "-- a.rego --\npackage main\ndeny contains x if true\n-- b.rego --\npackage other\ndeny contains \"x\" if true\n",
			[]string{"a.rego:2: rego_unsafe_var_error: var x is unsafe"}, 1},
		{"network", "-- a.rego --\npackage main\ndeny contains \"x\" if http.send({\"url\": \"http://localhost\", \"method\": \"get\"})\n",
			[]string{"a.rego:2: rego_type_error: undefined function http.send, which policies may not use here: they reach no network"}, 0},
		{"constraint alone", "-- c.yaml --\napiVersion: constraints.gatekeeper.sh/v1beta1\nkind: A\nmetadata: {name: x}\n",
			[]string{"c.yaml:1: there is no ConstraintTemplate for the constraint A x"}, 0},
		{"constraint twice", strings.ReplaceAll(mixed, "name: told-only", "name: known.places"),
			[]string{"gatekeeper/constraints.yaml:6: there are two constraints with the check ID k8s-psp-images-known-places"}, 7},
		{"unreadable template", "-- t.yaml --\napiVersion: templates.gatekeeper.sh/v1\nkind: [\n",
			[]string{"t.yaml:"}, 0},
	}
	for _, tt := range tests {
		set, faults := policies.Load(policies.Source{Policies: filesIn(tt.files)})
		if len(faults) != len(tt.want) {
			t.Errorf("%s: %v", tt.name, faults)
			continue
		}
		for i, f := range faults {
			if !strings.HasPrefix(f.Error(), tt.want[i]) {
				t.Errorf("%s: got %v, want %s…", tt.name, f, tt.want[i])
			}
		}
		if got := len(policies.Checks(set)); got != tt.kept {
			t.Errorf("%s: %d checks are left, want %d", tt.name, got, tt.kept)
		}
	}
}

// TestData: the folders of data files name their place.
func TestData(t *testing.T) {
	set, faults := policies.Load(policies.Source{
		Policies: filesIn("-- a.rego --\npackage main\ndeny contains msg if {\n\tinput.kind in data.kinds.refused\n\tmsg := data.words.text\n}\n"),
		Data:     filesIn("-- words.yaml --\nwords: {text: refused}\n-- kinds/x.json --\n{\"refused\": [\"Pod\"]}\n"),
	})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if got := found(judged(t, policies.Checks(set), "apiVersion: v1\nkind: Pod\n")); !slices.Equal(got, []string{"main-deny error kind: refused"}) {
		t.Errorf("got %q", got)
	}
}

func TestKebab(t *testing.T) {
	for name, want := range map[string]string{
		"K8sPSPPrivileged": "k8s-psp-privileged", "K8sRequiredLabels": "k8s-required-labels", "main": "main",
		"deny_run_as_root": "deny-run-as-root", "teams.labels": "teams-labels", "HTTPSOnly": "https-only", "a__b": "a-b", "": "",
	} {
		if got := policies.Kebab(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// FuzzLoad: no policy makes the loader fail.
func FuzzLoad(f *testing.F) {
	for _, file := range filesIn(mixed) {
		f.Add(file.Path, file.Data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if len(data) > 1<<14 || len(name) > 100 {
			t.Skip("long inputs add nothing")
		}
		for _, path := range []string{"policy.rego", "x.yaml"} {
			set, faults := policies.Load(policies.Source{Policies: []policies.File{{Path: path, Data: data}}, Data: []policies.File{{Path: name, Data: data}}})
			for _, fault := range faults {
				if fault.Message == "" {
					t.Errorf("a fault without words: %+v", fault)
				}
			}
			policies.Checks(set)
		}
	})
}
