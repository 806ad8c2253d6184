package rego

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestNeeds holds which fields a rule is known to need, and above all which not.
func TestNeeds(t *testing.T) {
	const shared = `package lib
specs[path] := spec if {
	path := "spec"
	spec := input.object.spec
}
specs["spec.template.spec"] := input.object.spec.template.spec
secured if input.object.spec.securityContext
secured if input.object.spec.template.spec.securityContext
settings := {"volumes": ["a"]}
names contains name if some name in input.object.metadata.names
of(x) := x
`
	tests := []struct {
		name, rules string
		want        []string
	}{
		{"a reference", `deny contains "x" if input.object.spec.hostNetwork`, []string{"hostNetwork", "hostNetwork!=false"}},
		{"compared with true", `deny contains "x" if input.object.spec.hostNetwork == true`, []string{"hostNetwork", "hostNetwork=true"}},
		{"compared with false", `deny contains "x" if input.object.spec.hostNetwork == false`, []string{"hostNetwork"}},
		{"compared with a text", `deny contains "x" if input.object.spec.type == "LoadBalancer"`, []string{"type"}},
		{"behind a not", `deny contains "x" if not input.object.spec.limits`, nil},
		{"a default beside it", `deny contains "x" if object.get(input.object.spec, "limits", {}) == {}`, nil},
		{"the argument of a call", `deny contains "x" if count(input.object.spec.externalIPs) > 0`, []string{"externalIPs"}},
		{"in a comprehension", `deny contains "x" if count([v | some v in input.object.spec.volumes]) == 0`, nil},
		{"in an every", `deny contains "x" if { every v in input.object.spec.volumes { v.hostPath } }`, []string{"volumes"}},
		{"going over a list", `deny contains "x" if { some v in input.object.spec.volumes; v.hostPath.path == "/" }`, []string{"hostPath", "path", "volumes"}},
		{"going over a list with its places", `deny contains "x" if { some i, v in input.object.spec.volumes; v.hostPath; i > 0 }`, []string{"hostPath", "hostPath!=false", "volumes"}},
		{"a variable", `deny contains "x" if { v := input.object.spec.template; v.nodeName }`, []string{"nodeName", "nodeName!=false", "template"}},
		{"the object of another input", `deny contains "x" if input.oldObject.spec.replicas > 1`, nil},
		{"a parameter", `deny contains "x" if { some p in input.parameters.list; p.depth > 1 }`, nil},
		{"a shared rule that gives parts of the object", `deny contains "x" if { some path, spec in lib.specs; spec.hostPID == true }`, []string{"hostPID", "hostPID=true"}},
		{"one entry of it", `deny contains "x" if lib.specs["spec"].hostPID == true`, []string{"hostPID", "hostPID=true"}},
		{"a shared rule that gives something else", `deny contains "x" if { some v in lib.settings.volumes; v.hostPath }`, nil},
		{"a set of parts of the object", `deny contains "x" if { some name in lib.names; name.first }`, []string{"first", "first!=false", "names"}},
		{"what one of several rules needs", `deny contains "x" if lib.secured`, []string{"securityContext", "securityContext!=false"}},
		{"what a function gives", `deny contains "x" if { v := lib.of(input.object.spec.a); v.b }`, []string{"a"}},
		{"a variable of the name of a rule", "volumes contains v if some v in input.object.spec.volumes\ndeny contains \"x\" if { some volumes in input.parameters.list; volumes.depth > 1 }", nil},
		{"an else", `deny := "x" if input.object.spec.a == 1 else := "y"`, nil},
		{"with another input", `deny contains "x" if input.object.spec.a == 1 with input as {"object": {"spec": {"a": 1}}}`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			modules := map[string]*ast.Module{}
			for name, text := range map[string]string{"lib.rego": shared, "policy.rego": "package policy\n\nimport data.lib\n\n" + test.rules + "\n"} {
				m, faults := Parse(name, text, V1)
				if len(faults) > 0 {
					t.Fatal(faults)
				}
				modules[name] = m
			}
			guard := NewGuard([]*ast.Module{modules["lib.rego"], modules["policy.rego"]}, Shape{Object: "input.object"})
			for _, r := range modules["policy.rego"].Rules {
				if r.Head.Name != "deny" {
					continue
				}
				if diff := cmp.Diff(test.want, guard.Needs(r), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("needs (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestVersionsAndPlaces(t *testing.T) {
	m, faults := Parse("a.rego", `package a
deny contains "a" if old
deny contains "b" if input.object.apiVersion == "v1"
deny contains "c" if input.environment != ""
deny contains "d" if not input.environment != ""
old if input.object.apiVersion in {"apps/v1beta1", "apps/v1beta2"}
`, V1)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	guard := NewGuard([]*ast.Module{m}, Shape{Object: "input.object", Versions: []string{"input.object.apiVersion"}})
	var versions [][]string
	var filled []bool
	for _, r := range m.Rules[:4] {
		versions, filled = append(versions, guard.Versions(r)), append(filled, guard.Filled(r, "input.environment"))
	}
	if diff := cmp.Diff([][]string{{"apps/v1beta1", "apps/v1beta2"}, {"v1"}, nil, nil}, versions); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]bool{false, false, true, false}, filled); diff != "" {
		t.Errorf("filled (-want +got):\n%s", diff)
	}
}

func TestFields(t *testing.T) {
	var f Fields
	needs := []string{"spec", "privileged", "privileged" + IsTrue, "privileged" + IsNotFalse, "name" + IsNotFalse, "absent"}
	for i, need := range needs {
		if n, ok := f.Number(need); n != i || !ok {
			t.Fatalf("%s has the number %d", need, n)
		}
		if n, ok := f.Number(need); n != i || !ok {
			t.Fatalf("%s has the number %d when it is asked again", need, n)
		}
	}
	tests := map[string][]int{
		"spec: {containers: [{name: a, privileged: true}]}":                          {0, 1, 2, 3, 4},
		"spec: {containers: [{privileged: false}]}":                                  {0, 1},
		"spec: {containers: [{privileged: false}, {privileged: {}}, {name: false}]}": {0, 1, 3},
		"kind: Pod": nil,
		"[spec]":    nil,
	}
	for text, want := range tests {
		d := manifest.Read("a.yaml", []byte(text), manifest.DefaultLimits()).Documents[0]
		if diff := cmp.Diff(want, f.Of(d.Root).List()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	for i := range MaxNumbers {
		f.Number(string(rune('α' + i)))
	}
	if _, ok := f.Number("one too many"); ok || len(f.Names()) != MaxNumbers {
		t.Errorf("there are %d numbers", len(f.Names()))
	}
}
