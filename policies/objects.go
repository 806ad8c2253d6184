package policies

import (
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
)

// Objects converts documents for policies. Sets and shelves that share it convert each
// document once.
type Objects struct {
	terms *recent[func() *ast.Term]
}

// NewObjects returns an Objects for one run.
func NewObjects() *Objects { return &Objects{newRecent[func() *ast.Term]()} }

// of gives the canonical form of a document as a term without places.
func (o *Objects) of(d *manifest.Document) *ast.Term {
	return o.terms.of(d, func() func() *ast.Term {
		return sync.OnceValue(func() *ast.Term { return rego.NewObject(d.Canonical()).Term })
	})()
}
