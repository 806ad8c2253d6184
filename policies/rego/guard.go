package rego

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A Guard tells for which kinds of objects rules can hold at all, where that can be
// read off them. It only ever leaves out what could not have held.
type Guard struct {
	paths []string // the references at which the kind of the object stands
	rules map[string][]*ast.Rule
}

// NewGuard reads guards of modules as they were parsed. Kinds stand at paths, such
// as input.kind.
func NewGuard(modules []*ast.Module, paths ...string) *Guard {
	g := &Guard{paths: paths, rules: map[string][]*ast.Rule{}}
	for _, m := range modules {
		for _, r := range m.Rules {
			name := m.Package.Path.String() + "." + r.Head.Name.String()
			g.rules[name] = append(g.rules[name], r)
		}
	}
	return g
}

// Kinds returns the only kinds for which a rule can hold, or nil for all.
func (g *Guard) Kinds(r *ast.Rule) []string { return g.kinds(r, 0) }

// maxGuardDepth is how many rules away from a rule a guard is looked for.
const maxGuardDepth = 3

func (g *Guard) kinds(r *ast.Rule, depth int) []string {
	if r.Else != nil || r.Default || depth > maxGuardDepth {
		return nil
	}
	for _, e := range r.Body {
		if e.Negated || len(e.With) > 0 {
			continue
		}
		if kinds := g.ofExpr(r, e, depth); kinds != nil {
			return kinds
		}
	}
	return nil
}

func (g *Guard) ofExpr(r *ast.Rule, e *ast.Expr, depth int) []string {
	switch terms := e.Terms.(type) {
	case *ast.Term:
		return g.ofRules(g.named(r, terms), depth)
	case []*ast.Term:
		if len(terms) != 3 {
			return nil
		}
		switch terms[0].String() {
		case "equal", "eq":
			for i := 1; i <= 2; i++ {
				if kind, ok := terms[3-i].Value.(ast.String); ok && g.isKind(r, terms[i]) {
					return []string{string(kind)}
				}
			}
		case "internal.member_2":
			if g.isKind(r, terms[1]) {
				return allStrings(terms[2])
			}
		}
	}
	return nil
}

// ofRules returns the kinds of all rules of one name together.
func (g *Guard) ofRules(rules []*ast.Rule, depth int) []string {
	var all []string
	for _, r := range rules {
		kinds := g.kinds(r, depth+1)
		if kinds == nil {
			return nil
		}
		all = append(all, kinds...)
	}
	return all
}

// named returns the rules that a bare word in r means: of its own package, or of
// one that its module imports.
func (g *Guard) named(r *ast.Rule, t *ast.Term) []*ast.Rule {
	switch v := t.Value.(type) {
	case ast.Var:
		return g.rules[r.Module.Package.Path.String()+"."+string(v)]
	case ast.Ref:
		if len(v) == 1 {
			return g.named(r, v[0])
		}
		if len(v) != 2 {
			return nil
		}
		name, ok := v[1].Value.(ast.String)
		if !ok {
			return nil
		}
		for _, i := range r.Module.Imports {
			if i.Name().Compare(v[0].Value) == 0 {
				return g.rules[i.Path.String()+"."+string(name)]
			}
		}
	}
	return nil
}

// isKind tells whether a term is the kind of the object: by its path, or by a rule
// that says nothing else.
func (g *Guard) isKind(r *ast.Rule, t *ast.Term) bool {
	if slices.Contains(g.paths, t.String()) {
		return true
	}
	rules := g.named(r, t)
	if len(rules) != 1 || rules[0].Head.Value == nil || rules[0].Else != nil || len(rules[0].Head.Args) > 0 {
		return false
	}
	body := rules[0].Body
	trivial := len(body) == 0 || len(body) == 1 && body[0].String() == "true"
	return trivial && slices.Contains(g.paths, rules[0].Head.Value.String())
}

func allStrings(t *ast.Term) []string {
	out := []string{}
	ok := true
	add := func(item *ast.Term) {
		s, isString := item.Value.(ast.String)
		ok = ok && isString
		out = append(out, string(s))
	}
	switch v := t.Value.(type) {
	case ast.Set:
		v.Foreach(add)
	case *ast.Array:
		v.Foreach(add)
	default:
		return nil
	}
	if !ok {
		return nil
	}
	return out
}
