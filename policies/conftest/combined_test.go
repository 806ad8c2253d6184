package conftest

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// TestAsksCombined: only policies that go over the input for contents are written for
// --combine.
func TestAsksCombined(t *testing.T) {
	for _, c := range []struct {
		rule string
		want bool
	}{
		{`deny contains "x" if input[i].contents.kind == "Pod"`, true},
		{`deny contains "x" if { some i; input[i].contents.kind == "Pod" }`, true},
		{`deny contains "x" if input[0].contents.kind == "Pod"`, true},
		{`deny contains "x" if { some f in input; f.contents.kind == "Pod" }`, true},
		{`deny contains "x" if { some i, f in input; f.contents.kind == "Pod"; i > 0 }`, true},
		{`deny contains "x" if { f := input[_]; f.contents.kind == "Pod" }`, true},
		{`deny contains "x" if { every f in input { f.contents.kind == "Pod" } }`, true},
		{`pods := {c | c := input[_].contents; c.kind == "Pod"}`, true},
		{`deny contains "x" if input.contents.kind == "Pod"`, false},
		{`deny contains "x" if input.spec.files[_].contents.kind == "Pod"`, false},
		{`deny contains "x" if { some f in input.files; f.contents.source }`, false},
		{`deny contains "x" if { f := input.files[_]; f.contents.source }`, false},
		{`deny contains "x" if input["spec"].contents == 1`, false},
		{`deny contains "x" if input[_].kind == "Pod"`, false},
	} {
		m, faults := rego.Parse("a.rego", "package main\n"+c.rule, rego.V1)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if got := asksCombined(map[string]*ast.Module{"a.rego": m}); got != c.want {
			t.Errorf("%s: %v", c.rule, got)
		}
	}
}

// TestUnusable: rules that look like conftest's and give no message are told.
func TestUnusable(t *testing.T) {
	for _, c := range []struct {
		version rego.Version
		rule    string
		want    int
	}{
		{rego.V1, `deny[msg] if msg := "x"`, 1},
		{rego.V1, `warn_a[msg] if msg := "x"`, 1},
		{rego.V1, `deny contains msg if msg := "x"`, 0},
		{rego.V1, `deny if true`, 0},
		{rego.V1, `deny[key] := "x" if key := "y"`, 0},
		{rego.V1, `other[msg] if msg := "x"`, 0},
		{rego.V0, `deny[msg] { msg := "x" }`, 0},
	} {
		m, faults := rego.Parse("a.rego", "package main\n"+c.rule, c.version)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if got := Unusable(m); len(got) != c.want {
			t.Errorf("%s: %v", c.rule, got)
		}
	}
}
