package gates

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// transitionRules are rules about what becomes of objects, of the library and of
// Gatekeeper.
var transitionRules = map[string]string{
	"config.yaml": `version: 1
severities: {protected-object-removed: error, replicas-cut: error}
policies:
  library: false
  enable: [protected-object-removed, replicas-cut, immutable-field-changed, image-changed-by-other]
  parameters: {image-changed-by-other: {users: [release-bot]}}
`,
	"policies/kept.yaml": `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: kept}
spec:
  crd: {spec: {names: {kind: Kept}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package kept
      violation[{"msg": msg}] {
        input.review.operation == "DELETE"
        input.review.object.metadata.labels.keep == "yes"
        msg := sprintf("%s is to be kept", [input.review.object.metadata.name])
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Kept
metadata: {name: config-maps}
spec: {match: {kinds: [{apiGroups: [""], kinds: [ConfigMap]}]}}
`,
}

const transitionWorkload = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: moves}
spec:
  replicas: 6
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: 'registry.example.org/web:1.0.0'}
`

const transitionClaim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: moves}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`

const transitionSettings = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: moves, labels: {keep: "yes"}}
data: {color: blue}
`

// TestTransitions changes and removes objects in a range of commits and behind a real API
// server, which calls the webhook for what its manifests ask for: one verdict.
func TestTransitions(t *testing.T) {
	c := cluster.Start(t, cluster.Options{})
	rules := t.TempDir()
	for name, text := range transitionRules {
		writeRule(t, rules, name, text)
	}
	namespace := map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "moves"}}
	accepted(t)(c.Client(cluster.Admin).Create(t.Context(), namespace, cluster.Write{}))
	for _, text := range []string{transitionWorkload, transitionClaim, transitionSettings} {
		accepted(t)(c.Client(cluster.Admin).Create(t.Context(), mapOf(t, text), cluster.Write{}))
	}
	w, address, cert := serveWebhook(t, "--mode", "enforce", "--rules", rules)
	register(t, c, "transitions", address, cert, map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": "moves"}}, rulesOf(t, rules)...)
	w.waitUntilCalled(t, c, "moves")
	for _, tt := range []struct {
		name, user    string
		before, after string
		want          []string
	}{
		{"an image by another", "alice", transitionWorkload, strings.ReplaceAll(transitionWorkload, "1.0.0", "1.0.1"), []string{"image-changed-by-other spec.template.spec.containers[name=web].image"}},
		{"an image by the bot", "release-bot", transitionWorkload, strings.ReplaceAll(transitionWorkload, "1.0.0", "1.0.1"), nil},
		{"fewer replicas", "alice", transitionWorkload, strings.ReplaceAll(transitionWorkload, "replicas: 6", "replicas: 2"), []string{"replicas-cut spec.replicas"}},
		{"a label", "alice", transitionSettings, strings.ReplaceAll(transitionSettings, `keep: "yes"`, `keep: "yes", more: "yes"`), nil},
		{"a claim removed", "alice", transitionClaim, "", []string{"protected-object-removed metadata.name"}},
		{"a ConfigMap removed", "alice", transitionSettings, "", []string{"kept-config-maps metadata.labels.keep"}},
		{"a Deployment removed", "alice", transitionWorkload, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, transitionAt(t, c, w, tt.user, tt.before, tt.after)); diff != "" {
				t.Errorf("at admission (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, transitionIn(t, tt.user, tt.before, tt.after)); diff != "" {
				t.Errorf("in a range (-want +got):\n%s", diff)
			}
		})
	}
}

func writeRule(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, ".gatehouse", name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Dir(file), filepath.Base(file), text)
}

func mapOf(t *testing.T, text string) map[string]any {
	t.Helper()
	var object map[string]any
	if err := yaml.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return object
}

// rulesOf are all rules of the webhooks in the manifests for some rules.
func rulesOf(t *testing.T, folder string) []any {
	t.Helper()
	for doc := range strings.SplitSeq(must(t, folder, program, "webhook", "manifests", "--rules", folder), "\n---\n") {
		if !strings.Contains(doc, "kind: ValidatingWebhookConfiguration") {
			continue
		}
		var rules []any
		hooks, _ := mapOf(t, doc)["webhooks"].([]any)
		for _, hook := range hooks {
			list, _ := hook.(map[string]any)["rules"].([]any)
			rules = append(rules, list...)
		}
		return rules
	}
	t.Fatal("the manifests have no webhooks")
	return nil
}

// transitionAt tries a change without storing it, and gives what the webhook found.
func transitionAt(t *testing.T, c *cluster.Cluster, w *webhook, user, before, after string) []string {
	t.Helper()
	client := c.Client(user, "system:masters")
	object := mapOf(t, before)
	operation, send := "DELETE", client.Delete
	if after != "" {
		object = mapOf(t, after)
		operation, send = "UPDATE", client.Replace
	}
	w.forget()
	response, err := send(t.Context(), object, cluster.Write{DryRun: true})
	if err == nil {
		err = response.Err()
	}
	name, _ := object["metadata"].(map[string]any)["name"].(string)
	kind, _ := object["kind"].(string)
	var got []string
	r, ok := w.next(t, func(r review) bool { return r.Operation == operation && r.Kind == kind && r.Name == name })
	if !ok && operation == "DELETE" && err == nil {
		return nil // the API server has not asked
	}
	for _, f := range r.Findings {
		got = append(got, f.Check+" "+f.Field)
	}
	if refused, isRefusal := errors.AsType[*cluster.Refusal](err); len(got) > 0 != isRefusal || isRefusal && !strings.Contains(refused.Message, strings.Fields(got[0])[0]) {
		t.Errorf("found %q, and the API server says %v", got, err)
	}
	slices.Sort(got)
	return got
}

// transitionIn makes a change in a branch, and gives what is found in it.
func transitionIn(t *testing.T, user, before, after string) []string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range transitionRules {
		writeRule(t, dir, name, text)
	}
	write(t, dir, "object.yaml", before)
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "."}, {"commit", "-q", "-m", "base"}, {"checkout", "-q", "-b", "change"}} {
		must(t, dir, "git", args...)
	}
	if after == "" {
		if err := os.Remove(filepath.Join(dir, "object.yaml")); err != nil {
			t.Fatal(err)
		}
	} else {
		write(t, dir, "object.yaml", after)
	}
	must(t, dir, "git", "commit", "-q", "-a", "-m", "change")
	var got []string
	for _, placed := range judged(t, dir, "check", "--base", "main", "--author", user) {
		for _, f := range placed {
			got = append(got, f.check+" "+f.field)
		}
	}
	slices.Sort(got)
	return got
}
