package manifest

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryRecordedDefaultCanBeRead(t *testing.T) {
	table, err := readDefaults(recordedDefaults)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for kind, list := range table.rows {
		rows += len(list)
		for _, r := range list {
			if r.value == nil && r.from == nil && !r.remove {
				t.Errorf("%s %v %s says nothing", kind, r.holder, r.field)
			}
			if r.field == "*" && (len(r.holder) == 0 || len(r.from) == 0 || r.from[len(r.from)-1] != "*") {
				t.Errorf("%s %v: entries are copied from nowhere", kind, r.holder)
			}
		}
	}
	if rows < 300 {
		t.Errorf("read %d rows, want those of all built-in kinds", rows)
	}
}

func TestDefaults(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"secret", `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}`, `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"type":"Opaque"}`},
		{
			"service", `{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":80},{"port":81,"targetPort":"web","protocol":"UDP"}]}}`,
			`{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"internalTrafficPolicy":"Cluster","sessionAffinity":"None","type":"ClusterIP",
			  "ports":[{"port":80,"protocol":"TCP","targetPort":80},{"port":81,"protocol":"UDP","targetPort":"web"}]}}`,
		},
		{
			"role binding", `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"a"},"roleRef":{"kind":"Role","name":"r"},"subjects":[{"kind":"User","name":"u"},{"kind":"ServiceAccount","name":"s","namespace":"n"}]}`,
			`{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"a"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"},
			  "subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"u"},{"kind":"ServiceAccount","name":"s","namespace":"n"}]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := Read("a.json", []byte(tt.in), DefaultLimits())
			got := file.Documents[0].Canonical().Value()
			want, err := jsonValue([]byte(tt.want))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				text, _ := json.Marshal(got)
				t.Errorf("(-want +got):\n%s\n%s", diff, text)
			}
		})
	}
}

func TestImagePullPolicyFollowsTheTag(t *testing.T) {
	tests := map[string]string{
		"nginx": "Always", "nginx:latest": "Always", "nginx:1.27": "IfNotPresent", "registry.example.org:5000/a/b": "Always",
		"registry.example.org:5000/a/b:1": "IfNotPresent", "Not A Reference": "IfNotPresent",
		"nginx@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef":        "IfNotPresent",
		"nginx:latest@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef": "Always",
	}
	for image, want := range tests {
		text, _ := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "p"},
			"spec": map[string]any{"containers": []any{map[string]any{"name": "c", "image": image}}}})
		spec := Read("a.json", text, DefaultLimits()).Documents[0].Canonical().Get("spec")
		if got := spec.Get("containers").Items[0].Get("imagePullPolicy").Str(); got != want {
			t.Errorf("%s: %s, want %s", image, got, want)
		}
	}
}
