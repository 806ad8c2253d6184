package policies

import (
	"slices"

	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
)

// givenAlways are the parts of data that every policy is given.
var givenAlways = []string{"conftest", "inventory"}

// unknownData notes what the policies read under data and nothing gives: Rego takes it as
// undefined, so that a rule which needs it finds nothing and says nothing.
func (l *loader) unknownData(library *rego.Library) {
	noted := map[string]bool{}
	for _, p := range library.Packages() {
		for _, m := range library.Modules(p) {
			ast.WalkRefs(m, func(r ast.Ref) bool {
				if !r[0].Equal(ast.DefaultRootDocument) || len(r) < 2 || !r[1].IsGround() || l.gives(library, r) {
					return false
				}
				if name := r[:2].String(); r[0].Location != nil && !noted[name] {
					noted[name] = true
					l.set.Notices = append(l.set.Notices, Fault{
						File: r[0].Location.File, Line: r[0].Location.Row,
						Message: "nothing gives " + name + ", so a rule that needs it finds nothing; policies.data in .gatehouse/config.yaml names files of data",
					})
				}
				return false
			})
		}
	}
}

// gives tells whether a reference to data leads to a package or to a value.
func (l *loader) gives(library *rego.Library, r ast.Ref) bool {
	if name, ok := r[1].Value.(ast.String); ok && slices.Contains(givenAlways, string(name)) {
		return true
	}
	if l.set.data.Get(r[1]) != nil {
		return true
	}
	return slices.ContainsFunc(library.Packages(), func(p string) bool {
		path := library.Modules(p)[0].Package.Path
		return len(path) > 1 && path[1].Equal(r[1])
	})
}
