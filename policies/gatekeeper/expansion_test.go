package gatekeeper

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func expansionOf(t *testing.T, text string) (*Expansion, string) {
	t.Helper()
	e, fault := ReadExpansion(document(t, "expansion.yaml", []byte(text)))
	if fault != nil {
		return nil, fault.Message
	}
	return e, ""
}

const ofDeployments = `apiVersion: expansion.gatekeeper.sh/v1alpha1
kind: ExpansionTemplate
metadata: {name: expand-deployments}
spec:
  applyTo:
  - {groups: [apps], kinds: [Deployment, ReplicaSet], versions: [v1]}
  templateSource: spec.template
  generatedGVK: {kind: Pod, group: "", version: v1}
`

const ofCronJobs = `apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: expand-cronjobs}
spec:
  applyTo:
  - {groups: [batch], kinds: [CronJob], versions: [v1]}
  templateSource: spec.jobTemplate
  generatedGVK: {kind: Job, group: batch, version: v1}
  enforcementAction: warn
`

const ofJobs = `apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: expand-jobs}
spec:
  applyTo:
  - {groups: [batch], kinds: [Job], versions: [v1]}
  templateSource: spec.template
  generatedGVK: {kind: Pod, version: v1}
`

// TestExpansionsRefused holds what github.com/open-policy-agent/gatekeeper v3.23.1,
// pkg/expansion.ValidateTemplate, refuses.
func TestExpansionsRefused(t *testing.T) {
	for _, tt := range []struct{ from, to, says string }{
		{"", "", ""},
		{"{name: expand-deployments}", "{}", "has no name"},
		{"expand-deployments", strings.Repeat("x", 64), "fewer than 64"},
		{"spec.template", "''", "templateSource"},
		{`{kind: Pod, group: "", version: v1}`, "{}", "generatedGVK"},
		{"applyTo:\n  - {groups: [apps], kinds: [Deployment, ReplicaSet], versions: [v1]}\n", "applyTo: []\n", "applyTo"},
		{`{kind: Pod, group: "", version: v1}`, "{kind: Deployment, group: apps, version: v1}", "the kind that it makes"},
		{"v1alpha1", "v2", "unknown version"},
	} {
		_, refused := expansionOf(t, strings.Replace(ofDeployments, tt.from, tt.to, 1))
		if (refused == "") != (tt.says == "") || !strings.Contains(refused, tt.says) {
			t.Errorf("%q: refused for %q, want %q", tt.to, refused, tt.says)
		}
	}
}

func TestGenerate(t *testing.T) {
	var list []*Expansion
	for _, text := range []string{ofDeployments, ofCronJobs, ofJobs} {
		e, refused := expansionOf(t, text)
		if refused != "" {
			t.Fatal(refused)
		}
		list = append(list, e)
	}
	if e := Cycle(list); e != nil {
		t.Errorf("%s is called a cycle", e.Name)
	}
	const deployment = `{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "Web", "namespace": "shop"},
  "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}}}`
	const cronJob = `{"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "night"},
  "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": []}}}}}}`
	for _, tt := range []struct {
		object string
		want   []string
		fields []string // of spec.containers
	}{
		{deployment, []string{
			`{"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"app":"web"},"name":"web-pod","namespace":"shop","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"Web"}]},"spec":{"containers":[]}}`,
		}, []string{"spec.template.spec.containers"}},
		{cronJob, []string{
			`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"night-job-pod","ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"night-job"}]},"spec":{"containers":[]}}`,
			`{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"night-job","ownerReferences":[{"apiVersion":"batch/v1","kind":"CronJob","name":"night"}]},"spec":{"template":{"spec":{"containers":[]}}}}`,
		}, []string{"spec.jobTemplate.spec.template.spec.containers", "spec.jobTemplate.spec.containers"}},
		{`{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}`, nil, nil},
		{`{"apiVersion": "apps/v2", "kind": "Deployment", "metadata": {"name": "p"}}`, nil, nil},
	} {
		made, err := Generate(list, document(t, "object.json", []byte(tt.object)).Root)
		if err != nil {
			t.Error(err)
		}
		var got, fields []string
		for _, g := range made {
			text, err := json.Marshal(g.Object.Value())
			if err != nil {
				t.Fatal(err)
			}
			got, fields = append(got, string(text)), append(fields, g.Field("spec.containers"))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if diff := cmp.Diff(tt.fields, fields); diff != "" {
			t.Errorf("fields -want +got\n%s", diff)
		}
	}
	if _, err := Generate(list, document(t, "object.json", []byte(`{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {}}`)).Root); err == nil {
		t.Error("a Deployment without a template is expanded")
	}
}

func TestCycle(t *testing.T) {
	jobs, _ := expansionOf(t, ofJobs)
	back, refused := expansionOf(t, strings.NewReplacer("expand-jobs", "back", "[batch]", `[""]`, "[Job]", "[Pod]", "{kind: Pod, version: v1}", "{kind: Job, group: batch, version: v1}").Replace(ofJobs))
	if refused != "" {
		t.Fatal(refused)
	}
	if Cycle([]*Expansion{jobs, back}) == nil {
		t.Error("a cycle is not found")
	}
	endless := document(t, "object.json", []byte(`{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"},"spec":{"template":`+strings.Repeat(`{"spec":{"template":`, 40)+"{}"+strings.Repeat("}}", 40)+`}}`))
	if _, err := Generate([]*Expansion{jobs, back}, endless.Root); err == nil {
		t.Error("a cycle has an end")
	}
}
