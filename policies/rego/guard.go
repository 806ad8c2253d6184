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
	// looked counts the steps of looking at one body, which a policy may let grow without
	// end: from maxLooked on, nothing more is read off it.
	looked int
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
			name := m.Package.Path.String() + "." + r.Head.Ref()[0].Value.String()
			g.rules[name] = append(g.rules[name], r)
		}
	}
	return g
}

// Kinds returns the only kinds for which a rule can hold, or nil for all.
func (g *Guard) Kinds(r *ast.Rule) []string { return g.begin().values(r, g.shape.Kinds, 0) }

// Versions returns the only API versions for which a rule can hold, or nil for all.
func (g *Guard) Versions(r *ast.Rule) []string { return g.begin().values(r, g.shape.Versions, 0) }

const maxLooked = 100_000

func (g *Guard) begin() *Guard {
	g.looked = 0
	return g
}

// tired tells whether enough was looked at.
func (g *Guard) tired() bool {
	g.looked++
	return g.looked > maxLooked
}

// maxGuardDepth is how many rules away from a rule a guard is looked for.
const maxGuardDepth = 3

// values returns the only values at one of the paths with which a rule can hold.
func (g *Guard) values(r *ast.Rule, paths []string, depth int) []string {
	if r.Else != nil || r.Default || depth > maxGuardDepth || g.tired() {
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
		return g.ofRules(g.conditions(r, terms), paths, depth)
	case []*ast.Term:
		if len(terms) != 3 {
			return nil
		}
		switch g.operator(r, terms[0]) {
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

// operator is the name of the function that a call is to, or "" where it may be one of
// the policy's own.
func (g *Guard) operator(r *ast.Rule, t *ast.Term) string {
	ref, ok := t.Value.(ast.Ref)
	if !ok {
		return ""
	}
	first, ok := ref[0].Value.(ast.Var)
	if !ok || declares(r, first) || imports(r, first) || len(g.rulesOf(r, ref[0])) > 0 {
		return ""
	}
	return t.String()
}

func imports(r *ast.Rule, v ast.Var) bool {
	return slices.ContainsFunc(r.Module.Imports, func(i *ast.Import) bool { return i.Name() == v })
}

// conditions returns the rules that a bare word in r means, of which one must hold. A set
// or an object is always there, if only empty.
func (g *Guard) conditions(r *ast.Rule, t *ast.Term) []*ast.Rule {
	rules := g.rulesOf(r, t)
	if slices.ContainsFunc(rules, isPartial) {
		return nil
	}
	return rules
}

func isPartial(r *ast.Rule) bool {
	return r.Head.RuleKind() == ast.MultiValue || len(r.Head.Ref()) > 1
}

// isNested tells whether what a rule gives lies deeper than in the values of a set or an
// object. What lies above it is there without it.
func isNested(r *ast.Rule) bool {
	keys := len(r.Head.Ref()) - 1
	if r.Head.RuleKind() == ast.MultiValue {
		keys++
	}
	return keys > 1
}

// named returns the rules that a bare word in r means: of its own package, or of
// one that its module imports.
func (g *Guard) named(r *ast.Rule, t *ast.Term) []*ast.Rule {
	switch v := t.Value.(type) {
	case ast.Var:
		if imports(r, v) {
			return nil
		}
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
	rules := g.rulesOf(r, t)
	if len(rules) != 1 || isPartial(rules[0]) || rules[0].Head.Value == nil || rules[0].Else != nil || len(rules[0].Head.Args) > 0 {
		return false
	}
	return isTrivial(rules[0].Body) && slices.Contains(paths, rules[0].Head.Value.String())
}

// isTrivial tells whether a body says nothing.
func isTrivial(body ast.Body) bool {
	return len(body) == 0 || len(body) == 1 && body[0].String() == "true"
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
