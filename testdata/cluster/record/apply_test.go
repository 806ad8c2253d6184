package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestApply(t *testing.T) {
	yes, no := true, false
	kind := func(r row) row {
		r.Version, r.Kind = "v1", "Thing"
		return r
	}
	for _, test := range []struct {
		name     string
		rows     []row
		in, want string
	}{
		{
			name: "a field is filled where its holder is",
			rows: []row{kind(row{Path: "spec.list[].protocol", Value: raw(`"TCP"`)})},
			in:   `{"spec":{"list":[{},{"protocol":"UDP"}]}}`,
			want: `{"spec":{"list":[{"protocol":"TCP"},{"protocol":"UDP"}]}}`,
		},
		{
			name: "an absent holder stays absent",
			rows: []row{kind(row{Path: "spec.probe.seconds", Value: raw(`1`)})},
			in:   `{"spec":{}}`,
			want: `{"spec":{}}`,
		},
		{
			name: "rows build on each other",
			rows: []row{kind(row{Path: "spec", Value: raw(`{}`)}), kind(row{Path: "spec.replicas", Value: raw(`1`)})},
			in:   `{}`,
			want: `{"spec":{"replicas":1}}`,
		},
		{
			name: "a written zero stays, unless it counts as absent",
			rows: []row{kind(row{Path: "spec.replicas", Value: raw(`1`)}), kind(row{Path: "spec.type", Value: raw(`"A"`), Zero: true})},
			in:   `{"spec":{"replicas":0,"type":""}}`,
			want: `{"spec":{"replicas":0,"type":"A"}}`,
		},
		{
			name: "a condition is about the same item",
			rows: []row{kind(row{Path: "list[].group", Value: raw(`"rbac"`), When: map[string]condition{"list[].kind": {In: []string{"User", "Group"}}}})},
			in:   `{"list":[{"kind":"User"},{"kind":"ServiceAccount"},{}]}`,
			want: `{"list":[{"kind":"User","group":"rbac"},{"kind":"ServiceAccount"},{}]}`,
		},
		{
			name: "all conditions hold together",
			rows: []row{kind(row{Path: "a", Value: raw(`1`), When: map[string]condition{"set": {Set: &yes}, "unset": {Set: &no}, "flag": {Is: &yes}}})},
			in:   `{"set":{},"flag":true}`,
			want: `{"set":{},"flag":true,"a":1}`,
		},
		{
			name: "one condition fails",
			rows: []row{kind(row{Path: "a", Value: raw(`1`), When: map[string]condition{"set": {Set: &yes}, "flag": {Is: &yes}}})},
			in:   `{"set":{}}`,
			want: `{"set":{}}`,
		},
		{
			name: "only its name",
			rows: []row{kind(row{Path: "volumes[].emptyDir", Value: raw(`{}`), When: map[string]condition{"volumes[]": {Only: []string{"name"}}}})},
			in:   `{"volumes":[{"name":"a"},{"name":"b","secret":{}}]}`,
			want: `{"volumes":[{"name":"a","emptyDir":{}},{"name":"b","secret":{}}]}`,
		},
		{
			name: "a value is copied from the same item",
			rows: []row{kind(row{Path: "ports[].targetPort", From: "ports[].port"})},
			in:   `{"ports":[{"port":1},{"port":2,"targetPort":3},{"port":0},{}]}`,
			want: `{"ports":[{"port":1,"targetPort":1},{"port":2,"targetPort":3},{"port":0},{}]}`,
		},
		{
			name: "text is changed on the way",
			rows: []row{kind(row{Path: "one", From: "kind2", As: "lower case"}), kind(row{Path: "many", From: "kind2", As: "list kind"})},
			in:   `{"kind2":"WidGet"}`,
			want: `{"kind2":"WidGet","one":"widget","many":"WidGetList"}`,
		},
		{
			name: "missing entries are copied",
			rows: []row{kind(row{Path: "c[].requests.*", From: "c[].limits.*"})},
			in:   `{"c":[{"limits":{"cpu":"1","memory":"2"},"requests":{"cpu":"0"}},{"limits":{"cpu":"1"}},{}]}`,
			want: `{"c":[{"limits":{"cpu":"1","memory":"2"},"requests":{"cpu":"0","memory":"2"}},{"limits":{"cpu":"1"},"requests":{"cpu":"1"}},{}]}`,
		},
		{
			name: "a field is removed",
			rows: []row{kind(row{Path: "config", Remove: true, When: map[string]condition{"type": {In: []string{"None"}}}})},
			in:   `{"type":"None","config":{}}`,
			want: `{"type":"None"}`,
		},
		{
			name: "what is only described is left alone",
			rows: []row{kind(row{Path: "sum", Computed: "a sum"})},
			in:   `{}`,
			want: `{}`,
		},
		{
			name: "the pod template has its own rows",
			rows: []row{{Version: "v1", Kind: "PodSpec", Path: "containers[].resources", Value: raw(`{}`)}},
			in:   `{"template":{"spec":{"containers":[{}]}},"containers":[{}]}`,
			want: `{"template":{"spec":{"containers":[{"resources":{}}]}},"containers":[{}]}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			filled, want := thing(t, test.in), thing(t, test.want)
			if err := (table{PodSpecs: map[string]string{"v1 Thing": "template.spec"}, Rows: test.rows}).apply(filled); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, filled); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOrder(t *testing.T) {
	no := false
	rows := []row{
		{Kind: "A", Path: "spec.type", Value: raw(`"x"`)},
		{Kind: "A", Path: "spec.a", Value: raw(`1`), When: map[string]condition{"spec.type": {In: []string{"x"}}}},
		{Kind: "A", Path: "spec.z", Value: raw(`1`), When: map[string]condition{"spec.type": {Set: &no}}},
		{Kind: "A", Path: "spec", Value: raw(`{}`)},
		{Kind: "A", Path: "spec.copy", From: "spec.type"},
	}
	ordered, err := inOrder(rows)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, r := range ordered {
		paths = append(paths, r.Path)
	}
	if diff := cmp.Diff([]string{"spec", "spec.z", "spec.type", "spec.a", "spec.copy"}, paths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := inOrder([]row{
		{Kind: "A", Path: "a", When: map[string]condition{"b": {In: []string{"x"}}}},
		{Kind: "A", Path: "b", When: map[string]condition{"a": {In: []string{"x"}}}},
	}); err == nil {
		t.Error("rows that wait for each other have an order")
	}
}

func TestSteps(t *testing.T) {
	for path, want := range map[string][]string{
		"spec":                     {"spec"},
		"spec.list[].name":         {"spec", "list", "[]", "name"},
		"list[]":                   {"list", "[]"},
		"a.*.b":                    {"a", "*", "b"},
		`metadata.labels["a.b/c"]`: {"metadata", "labels", "a.b/c"},
	} {
		if diff := cmp.Diff(want, steps(path)); diff != "" {
			t.Errorf("steps of %s (-want +got):\n%s", path, diff)
		}
		if joined := join(want); joined != path {
			t.Errorf("join gives %s, want %s", joined, path)
		}
	}
}

func thing(t *testing.T, text string) object {
	t.Helper()
	var o object
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	o["apiVersion"], o["kind"] = "v1", "Thing"
	return o
}

func raw(text string) json.RawMessage { return json.RawMessage(text) }
