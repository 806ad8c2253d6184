package rego

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A Guard tells for which objects rules can hold at all, by their kind and by which
// fields they have, where that can be read off the rules. It only ever leaves out what
// could not have held.
type Guard struct {
	shape  Shape
	object ast.Ref
	rules  map[string][]*ast.Rule
}

// A Shape is where things stand in the input of policies.
type Shape struct {
	Object   string   // the object: input
	Kinds    []string // its kind: input.kind
	Versions []string // its API version: input.apiVersion
}

// NewGuard reads guards of modules as they were parsed.
func NewGuard(modules []*ast.Module, shape Shape) *Guard {
	g := &Guard{shape: shape, object: ast.MustParseRef(shape.Object), rules: map[string][]*ast.Rule{}}
	for _, m := range modules {
		for _, r := range m.Rules {
			name := m.Package.Path.String() + "." + r.Head.Name.String()
			g.rules[name] = append(g.rules[name], r)
		}
	}
	return g
}

// Kinds returns the only kinds for which a rule can hold, or nil for all.
func (g *Guard) Kinds(r *ast.Rule) []string { return g.values(r, g.shape.Kinds, 0) }

// Versions returns the only API versions for which a rule can hold, or nil for all.
func (g *Guard) Versions(r *ast.Rule) []string { return g.values(r, g.shape.Versions, 0) }

// maxGuardDepth is how many rules away from a rule a guard is looked for.
const maxGuardDepth = 3

// values returns the only values at one of the paths with which a rule can hold.
func (g *Guard) values(r *ast.Rule, paths []string, depth int) []string {
	if r.Else != nil || r.Default || depth > maxGuardDepth {
		return nil
	}
	for _, e := range r.Body {
		if e.Negated || len(e.With) > 0 {
			continue
		}
		if values := g.ofExpr(r, e, paths, depth); values != nil {
			return values
		}
	}
	return nil
}

func (g *Guard) ofExpr(r *ast.Rule, e *ast.Expr, paths []string, depth int) []string {
	switch terms := e.Terms.(type) {
	case *ast.Term:
		return g.ofRules(g.named(r, terms), paths, depth)
	case []*ast.Term:
		if len(terms) != 3 {
			return nil
		}
		switch terms[0].String() {
		case "equal", "eq":
			for i := 1; i <= 2; i++ {
				if value, ok := terms[3-i].Value.(ast.String); ok && g.stands(r, terms[i], paths) {
					return []string{string(value)}
				}
			}
		case "internal.member_2":
			if g.stands(r, terms[1], paths) {
				return allStrings(terms[2])
			}
		}
	}
	return nil
}

// ofRules returns the values of all rules of one name together.
func (g *Guard) ofRules(rules []*ast.Rule, paths []string, depth int) []string {
	var all []string
	for _, r := range rules {
		values := g.values(r, paths, depth+1)
		if values == nil {
			return nil
		}
		all = append(all, values...)
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

// stands tells whether a term is what stands at one of the paths: by its path, or by a
// rule that says nothing else.
func (g *Guard) stands(r *ast.Rule, t *ast.Term, paths []string) bool {
	if slices.Contains(paths, t.String()) {
		return true
	}
	rules := g.named(r, t)
	if len(rules) != 1 || rules[0].Head.Value == nil || rules[0].Else != nil || len(rules[0].Head.Args) > 0 {
		return false
	}
	body := rules[0].Body
	trivial := len(body) == 0 || len(body) == 1 && body[0].String() == "true"
	return trivial && slices.Contains(paths, rules[0].Head.Value.String())
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
