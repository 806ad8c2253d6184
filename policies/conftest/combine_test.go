package conftest

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// TestCombine: a policy over all documents sees each with its path.
func TestCombine(t *testing.T) {
	n, given := namespace(t, []txtar.File{{Name: "a.rego", Data: []byte(`package main
deny contains msg if {
	some i, j
	i < j
	input[i].contents.name == input[j].contents.name
	msg := sprintf("%s and %s", [input[i].path, input[j].path])
}
`)}})
	var docs []*manifest.Document
	for _, f := range [][2]string{{"b.yaml", "name: x\n---\nname: y\n"}, {"a.yaml", "name: x\n"}} {
		docs = append(docs, manifest.Read(f[0], []byte(f[1]), manifest.DefaultLimits()).Documents...)
	}
	given.Input = rego.NewObject(Combine(docs)).Term
	out, err := n.Evaluate(t.Context(), given, "", nil)
	if err != nil || len(out.Results) != 1 || out.Results[0].Message != "a.yaml and b.yaml" {
		t.Errorf("%+v, %v", out, err)
	}
}
