package conftest

import (
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// Combine makes the input that conftest gives with --combine: a list of all
// documents, each with its path, in the order of their paths.
func Combine(docs []*manifest.Document) *manifest.Node {
	named := make([]rego.Named, len(docs))
	for i, d := range docs {
		named[i] = rego.Named{Path: d.File, Root: d.Root}
	}
	return rego.Combined(named)
}
