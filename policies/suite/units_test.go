package suite

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

func library(t *testing.T, files map[string]string) *rego.Library {
	t.Helper()
	modules := map[string]*ast.Module{}
	for file, text := range files {
		m, faults := rego.Parse(file, text, rego.Detect)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		modules[file] = m
	}
	return rego.NewLibrary(modules)
}

// TestUnits runs tests of both dialects, in a package of their own or beside what
// they test.
func TestUnits(t *testing.T) {
	rows, coverage, faults := Units(t.Context(), library(t, map[string]string{
		"a.rego":      "package a\ndeny contains \"x\" if input.kind == \"Pod\"\ndeny contains \"y\" if {\n\tinput.kind == \"Never\"\n\tinput.spec\n}\n",
		"a_test.rego": "package a\ntest_good if count(deny) == 1 with input as {\"kind\": \"Pod\"}\ntest_bad if {\n\tprint(\"saw\", 1)\n\tcount(deny) == 7 with input as {\"kind\": \"Pod\"}\n}\ntodo_test_later if false\n",
		"b.rego":      "package b\nallow { input.x == 1 }\n",
		"b_test.rego": "package b_test\nimport data.b\ntest_allow { b.allow with input as {\"x\": 1} }\n",
		"c_test.rego": "package c\ntest_broken if missing(1)\n",
		"d_test.rego": "package d\ntest_net if http.send({\"method\": \"get\", \"url\": \"http://localhost\"})\n",
		"e_test.rego": "package e\ntest_env if count(opa.runtime()) == 0\n",
	}), rego.Data{})
	want := []Row{
		{Suite: "a_test.rego", Line: 2, Test: "a", Case: "test_good", Status: Passed},
		{Suite: "a_test.rego", Line: 3, Test: "a", Case: "test_bad", Status: Failed, Reason: "the test is not true; it prints: saw 1"},
		{Suite: "a_test.rego", Line: 7, Test: "a", Case: "todo_test_later", Status: Skipped, Reason: "the test is marked as to be done"},
		{Suite: "b_test.rego", Line: 3, Test: "b_test", Case: "test_allow", Status: Passed},
		{Suite: "e_test.rego", Line: 2, Test: "e", Case: "test_env", Status: Passed},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if c := coverage["a.rego"]; c.Covered == 0 || c.NotCovered == 0 {
		t.Errorf("coverage of a.rego: %+v", c)
	}
	if c := coverage["b.rego"]; c.Percent() != 100 {
		t.Errorf("coverage of b.rego: %+v", c)
	}
	if _, ok := coverage["a_test.rego"]; ok {
		t.Error("a test counts as covered")
	}
	var files []string
	for _, f := range faults {
		files = append(files, f.File)
	}
	if diff := cmp.Diff([]string{"c_test.rego", "d_test.rego"}, files); diff != "" {
		t.Errorf("faults %v", faults)
	}
}
