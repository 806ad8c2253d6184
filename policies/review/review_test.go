package review

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func nodeOf(t *testing.T, text string) *manifest.Node {
	t.Helper()
	f := manifest.Read("a.yaml", []byte(text), manifest.DefaultLimits())
	if len(f.Documents) != 1 {
		t.Fatalf("not one document: %v", f.Broken)
	}
	return f.Documents[0].Root
}

func jsonOf(t *testing.T, term *ast.Term) map[string]any {
	t.Helper()
	value, err := ast.JSON(term.Value)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func asJSON(t *testing.T, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

const deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {replicas: 2}}"

// TestAFileAsARequest holds what policies see of an object that nobody has sent.
func TestAFileAsARequest(t *testing.T) {
	r := Request{Operation: Create, Object: nodeOf(t, deployment)}
	view := r.View(false)
	const common = `"uid": "", "kind": {"group": "apps", "version": "v1", "kind": "Deployment"}, "resource": {"group": "", "version": "", "resource": ""},
  "operation": "CREATE", "userInfo": {}, "oldObject": null, "options": null, "name": "web", "namespace": "shop",
  "object": {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 2}}`
	if diff := cmp.Diff(asJSON(t, `{`+common+`, "parameters": {"least": 3}}`), jsonOf(t, view.Gatehouse(ast.MustParseTerm(`{"least": 3}`)))); diff != "" {
		t.Errorf("for policies of Gatehouse (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(asJSON(t, `{`+common+`, "namespaceObject": null}`), jsonOf(t, view.Gatekeeper())); diff != "" {
		t.Errorf("for templates of Gatekeeper (-want +got):\n%s", diff)
	}
	r.Namespace = nodeOf(t, "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")
	view = r.View(false)
	if got := jsonOf(t, view.Gatekeeper())["namespaceObject"].(map[string]any)["kind"]; got != "Namespace" {
		t.Errorf("namespaceObject is %v", got)
	}
}

// TestOfReview reads requests as the API server sends them.
func TestOfReview(t *testing.T) {
	const head = "{apiVersion: admission.k8s.io/v1, kind: AdmissionReview, request: {uid: abc, name: web, namespace: shop, dryRun: true, " +
		"resource: {group: apps, version: v1, resource: deployments}, userInfo: {username: alice, groups: [ops]}, "
	for _, tt := range []struct {
		name, text string
		err        error
		want       string // fields that must be so
	}{
		{"create", head + "operation: CREATE, object: " + deployment + ", oldObject: null}}", nil,
			`{"operation": "CREATE", "uid": "abc", "dryRun": true, "userInfo": {"username": "alice", "groups": ["ops"]}, "oldObject": null, "resource": {"group": "apps", "version": "v1", "resource": "deployments"}}`},
		{"update", head + "operation: UPDATE, object: " + deployment + ", oldObject: {kind: Deployment, spec: {replicas: 1}}}}", nil,
			`{"operation": "UPDATE", "oldObject": {"kind": "Deployment", "spec": {"replicas": 1}}}`},
		{"delete", head + "operation: DELETE, oldObject: {kind: Deployment, spec: {replicas: 1}}}}", nil,
			`{"operation": "DELETE", "object": {"kind": "Deployment", "spec": {"replicas": 1}}, "oldObject": {"kind": "Deployment", "spec": {"replicas": 1}}}`},
		{"delete of nothing", head + "operation: DELETE, object: " + deployment + "}}", ErrNoOldObject, ""},
		{"nothing", head + "operation: CREATE}}", ErrNoObject, ""},
	} {
		r, err := OfReview(nodeOf(t, tt.text))
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		}
		if err != nil || tt.err != nil {
			continue
		}
		view := r.View(false)
		got := jsonOf(t, view.Gatekeeper())
		for key, want := range asJSON(t, tt.want) {
			if diff := cmp.Diff(want, got[key]); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", tt.name, key, diff)
			}
		}
	}
	if _, err := OfReview(nodeOf(t, "{kind: AdmissionReview}")); err == nil {
		t.Error("a review without a request is read")
	}
}

// TestLocatedTermsKnowTheirNodes follows a term of the object back to where it is written.
func TestLocatedTermsKnowTheirNodes(t *testing.T) {
	r := Request{Operation: Update, Object: nodeOf(t, "kind: Pod\nspec:\n  hostNetwork: true\n"), Old: nodeOf(t, "kind: Pod\nspec:\n  hostNetwork: false\n")}
	term := r.View(true).Object.Term
	spec := term.Value.(ast.Object).Get(ast.StringTerm("spec"))
	if field := spec.Value.(ast.Object).Get(ast.StringTerm("hostNetwork")); field.Location == nil {
		t.Error("a field of the object has no place")
	}
	if r.View(false).Object.Term == nil {
		t.Error("there is no object")
	}
}

func TestInventory(t *testing.T) {
	objects := []*manifest.Node{
		nodeOf(t, deployment), nodeOf(t, "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}"),
		nodeOf(t, "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {later: x}}}"), nodeOf(t, "{metadata: {name: none}}"),
	}
	data := Inventory(objects, ast.NewObject([2]*ast.Term{ast.StringTerm("limits"), ast.MustParseTerm(`{"cpu": 2}`)}))
	var got any
	store := data.Store()
	err := storage.Txn(t.Context(), store, storage.TransactionParams{}, func(txn storage.Transaction) (err error) {
		got, err = store.Read(t.Context(), txn, storage.RootPath)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	value, err := ast.InterfaceToValue(got)
	if err != nil {
		t.Fatal(err)
	}
	want := asJSON(t, `{"limits": {"cpu": 2}, "inventory": {
  "cluster": {"v1": {"Namespace": {"shop": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"later": "x"}}}}}},
  "namespace": {"shop": {"apps/v1": {"Deployment": {"web": {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 2}}}}}}}}`)
	if diff := cmp.Diff(want, jsonOf(t, ast.NewTerm(value))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestAsksOf holds what is read off a policy, by whatever way it comes to a field.
func TestAsksOf(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       Asks
	}{
		{"the object", `deny contains "x" if input.object.kind == "Pod"`, Asks{}},
		{"its fields of such names", `deny contains "x" if input.object.spec.groups[0] == "a"`, Asks{}},
		{"the operation", `deny contains "x" if input.operation == "UPDATE"`, Asks{Operation: true}},
		{"a removal", `deny contains "x" if gone(input)
gone(r) if r.operation == "DELETE"`, Asks{Operation: true, Removal: true}},
		{"the old object", `deny contains "x" if object.get(input, "oldObject", null) != null`, Asks{Old: true, Removal: true}},
		{"the old object of an update", `deny contains "x" if { input.operation == "UPDATE"; input.oldObject.spec }`, Asks{Old: true, Operation: true}},
		{"a name", `deny contains "x" if { r := input; r.userInfo.username == "a" }`, Asks{User: true, Removal: true}},
		{"a group", `deny contains "x" if { user := input["userInfo"]; "a" in user.groups }`, Asks{User: true, Groups: true, Removal: true}},
	} {
		m := ast.MustParseModule("package a\n\nimport rego.v1\n\n" + tt.text)
		if diff := cmp.Diff(tt.want, AsksOf(map[string]*ast.Module{"a.rego": m})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
