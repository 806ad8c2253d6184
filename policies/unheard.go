package policies

import (
	"slices"

	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
)

// unheard notes rules that nothing asks, or of which nothing is heard: whoever wrote them
// takes their silence for a pass.
func (l *loader) unheard(library *rego.Library, asked []string) {
	used := map[string]bool{}
	for _, p := range asked {
		for file := range library.Closure(p) {
			used[file] = true
		}
	}
	for _, p := range library.Packages() {
		modules := library.Modules(p)
		if !slices.Contains(asked, p) && !slices.ContainsFunc(modules, func(m *ast.Module) bool { return used[m.Package.Location.File] }) {
			l.notice(modules[0].Package.Location, "nothing here is asked: the rules that give findings are named deny, violation or warn, with _name or without, and no policy refers to "+p)
		}
		for _, m := range modules {
			for _, r := range m.Rules {
				if conftest.IsRule(r.Head.Name.String()) && wordless(r) {
					l.notice(r.Location, "the rule "+r.Head.Name.String()+" gives no message, and is passed whatever it says: write "+r.Head.Name.String()+" contains msg if { … }")
				}
			}
		}
	}
}

func (l *loader) notice(at *ast.Location, message string) {
	l.set.Notices = append(l.set.Notices, Fault{File: at.File, Line: at.Row, Message: message})
}

// wordless tells whether a rule gives true or a text by itself, and no set of messages:
// for conftest that is no result.
func wordless(r *ast.Rule) bool {
	if r.Head.Key != nil || r.Head.Value == nil || len(r.Head.Args) > 0 || r.Default {
		return false
	}
	switch r.Head.Value.Value.(type) {
	case ast.Boolean, ast.String:
		return true
	}
	return false
}
