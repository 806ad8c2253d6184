package rego

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// The ends of needs that are met only where the value of the field is true, or is
// anything but false.
const (
	IsTrue     = "=true"
	IsNotFalse = "!=false"
)

// Needs returns names of fields that an object must have, at any depth, for a rule to
// hold, where that can be read off the rule: a condition on a field that is nowhere
// cannot be met. A name may end in IsTrue or IsNotFalse. Nothing is known of what stands
// behind a not.
func (g *Guard) Needs(r *ast.Rule) []string {
	needs := slices.DeleteFunc(g.begin().needs(r, 0), func(name string) bool { return slices.Contains(everywhere, name) })
	slices.Sort(needs)
	return slices.Compact(needs)
}

// everywhere are fields that nearly every object has, so that it is not worth looking
// for them.
var everywhere = []string{"apiVersion", "kind", "metadata", "name", "spec"}

func (g *Guard) needs(r *ast.Rule, depth int) []string {
	if r.Else != nil || r.Default || depth > maxGuardDepth || g.tired() {
		return nil
	}
	var out []string
	for _, e := range r.Body {
		if e.Negated || len(e.With) > 0 {
			continue
		}
		switch terms := e.Terms.(type) {
		case *ast.Term:
			if len(g.rulesOf(r, terms)) > 0 {
				out = append(out, g.common(g.conditions(r, terms), depth)...)
				continue
			}
			out = g.fieldsIn(out, r, terms)
			out = g.lastOf(out, r, terms, IsNotFalse)
		case []*ast.Term:
			if !g.demands(r, terms[0]) {
				continue
			}
			for _, t := range terms[1:] {
				out = g.fieldsIn(out, r, t)
			}
			out = g.trueIn(out, r, terms)
		case *ast.SomeDecl:
			if call, ok := memberCall(terms); ok {
				from := call[len(call)-1]
				out = g.fieldsIn(out, r, from)
				// There is something to go over only where one of the rules holds.
				if rules := g.rulesOf(r, from); !slices.ContainsFunc(rules, isNested) {
					out = append(out, g.common(rules, depth)...)
				}
			}
		case *ast.Every:
			out = g.fieldsIn(out, r, terms.Domain)
		}
	}
	return out
}

// demands tells whether a call holds only where all of its operands are there: print says
// also what is not.
func (g *Guard) demands(r *ast.Rule, operator *ast.Term) bool {
	return g.operator(r, operator) != ast.Print.Name
}

// rulesOf returns the rules that a bare word in r means, unless r has a variable of that
// name.
func (g *Guard) rulesOf(r *ast.Rule, t *ast.Term) []*ast.Rule {
	if v, ok := t.Value.(ast.Var); ok && declares(r, v) {
		return nil
	}
	if ref, ok := t.Value.(ast.Ref); ok {
		if v, ok := ref[0].Value.(ast.Var); ok && declares(r, v) {
			return nil
		}
	}
	return g.named(r, t)
}

// trueIn adds the field that a condition compares with true.
func (g *Guard) trueIn(out []string, r *ast.Rule, terms []*ast.Term) []string {
	if operator := g.operator(r, terms[0]); len(terms) != 3 || operator != "equal" && operator != "eq" {
		return out
	}
	for i := 1; i <= 2; i++ {
		if terms[i].Value.Compare(ast.Boolean(true)) == 0 {
			out = g.lastOf(out, r, terms[3-i], IsTrue)
		}
	}
	return out
}

// lastOf adds the field to which a reference leads, with an end.
func (g *Guard) lastOf(out []string, r *ast.Rule, t *ast.Term, end string) []string {
	ref, ok := t.Value.(ast.Ref)
	if !ok {
		return out
	}
	name, named := ref[len(ref)-1].Value.(ast.String)
	if start, ok := g.rooted(r, ref, 0); ok && named && start < len(ref) {
		out = append(out, string(name)+end)
	}
	return out
}

// common returns what all rules of one name need.
func (g *Guard) common(rules []*ast.Rule, depth int) []string {
	var out []string
	for i, r := range rules {
		needs := g.needs(r, depth+1)
		if i == 0 {
			out = needs
			continue
		}
		out = slices.DeleteFunc(out, func(name string) bool { return !slices.Contains(needs, name) })
	}
	return out
}

// fieldsIn adds the names of the fields of the object that a term cannot do without.
func (g *Guard) fieldsIn(out []string, r *ast.Rule, t *ast.Term) []string {
	switch v := t.Value.(type) {
	case ast.Call:
		for _, arg := range v[1:] {
			out = g.fieldsIn(out, r, arg)
		}
	case ast.Ref:
		if start, ok := g.rooted(r, v, 0); ok {
			for _, step := range v[start:] {
				if name, ok := step.Value.(ast.String); ok {
					out = append(out, string(name))
				}
			}
		}
	}
	return out
}

// maxOrigin is how many steps away from a reference its origin is looked for.
const maxOrigin = 16

// rooted tells whether a reference leads into the object, and from which of its steps
// on.
func (g *Guard) rooted(r *ast.Rule, ref ast.Ref, depth int) (start int, ok bool) {
	if depth > maxOrigin || g.tired() {
		return 0, false
	}
	if ref.HasPrefix(g.object) {
		return len(g.object), true
	}
	v, isVar := ref[0].Value.(ast.Var)
	if isVar && declares(r, v) {
		return 1, g.isOfObject(r, v, depth+1)
	}
	for n := min(len(ref), 2); n > 0; n-- {
		rules := g.named(r, ast.NewTerm(ref[:n]))
		if len(rules) == 0 {
			continue
		}
		for _, rule := range rules {
			if !g.givesOfObject(rule, depth+1) {
				return 0, false
			}
			if rule.Head.Key != nil || len(rule.Head.Ref()) > 1 {
				start = n + 1 // its own key comes between
			}
		}
		return min(max(start, n), len(ref)), true
	}
	return 1, isVar && g.isOfObject(r, v, depth+1)
}

// declares tells whether a variable is one of the rule's own, also where there is a rule
// of its name.
func declares(r *ast.Rule, v ast.Var) bool {
	is := func(t *ast.Term) (found bool) {
		ast.WalkVars(t, func(other ast.Var) bool {
			found = found || other == v
			return found
		})
		return found
	}
	if slices.ContainsFunc(r.Head.Args, is) {
		return true
	}
	for _, e := range r.Body {
		switch terms := e.Terms.(type) {
		case []*ast.Term:
			if e.IsAssignment() && is(terms[1]) {
				return true
			}
		case *ast.SomeDecl:
			call, ok := memberCall(terms)
			if ok && slices.ContainsFunc(call[1:len(call)-1], is) || !ok && slices.ContainsFunc(terms.Symbols, is) {
				return true
			}
		}
	}
	return false
}

// givesOfObject tells whether what a rule gives, or each element of it, is a part of
// the object as it stands there.
func (g *Guard) givesOfObject(r *ast.Rule, depth int) bool {
	if r.Else != nil || r.Default || len(r.Head.Args) > 0 || isNested(r) {
		return false
	}
	value := r.Head.Value
	if r.Head.RuleKind() == ast.MultiValue {
		value = r.Head.Key
	}
	return value != nil && g.partOfObject(r, value, depth)
}

func (g *Guard) partOfObject(r *ast.Rule, t *ast.Term, depth int) bool {
	switch v := t.Value.(type) {
	case ast.Ref:
		_, ok := g.rooted(r, v, depth)
		return ok
	case ast.Var:
		_, ok := g.rooted(r, ast.Ref{t}, depth)
		return ok
	}
	return false
}

// isOfObject tells whether a variable of a rule is bound to a part of the object: by an
// equation with one, or by going over one.
func (g *Guard) isOfObject(r *ast.Rule, v ast.Var, depth int) bool {
	for _, e := range r.Body {
		if e.Negated || len(e.With) > 0 {
			continue
		}
		switch terms := e.Terms.(type) {
		case []*ast.Term:
			binds := len(terms) == 3 && (isEquality(e) || e.IsAssignment())
			if binds && terms[1].Value.Compare(v) == 0 && g.partOfObject(r, terms[2], depth) {
				return true
			}
		case *ast.SomeDecl:
			if call, ok := memberCall(terms); ok && call[len(call)-2].Value.Compare(v) == 0 && g.partOfObject(r, call[len(call)-1], depth) {
				return true
			}
		}
	}
	return false
}

// memberCall is the call behind some x in y and some k, x in y.
func memberCall(d *ast.SomeDecl) (ast.Call, bool) {
	if len(d.Symbols) != 1 {
		return nil, false
	}
	call, ok := d.Symbols[0].Value.(ast.Call)
	return call, ok && len(call) >= 3
}

// Filled tells whether a rule holds only where there is something at a reference such as
// input.environment: one of its conditions says that it is not "".
func (g *Guard) Filled(r *ast.Rule, path string) bool {
	if r.Else != nil || r.Default {
		return false
	}
	return slices.ContainsFunc(r.Body, func(e *ast.Expr) bool {
		terms, ok := e.Terms.([]*ast.Term)
		return ok && len(terms) == 3 && !e.Negated && len(e.With) == 0 && g.operator(r, terms[0]) == "neq" &&
			terms[1].String() == path && terms[2].Value.Compare(ast.String("")) == 0
	})
}

// Switches returns the names right below a reference such as input.parameters of which a
// rule says that they are true.
func (g *Guard) Switches(r *ast.Rule, path string) []string {
	if r.Else != nil || r.Default {
		return nil
	}
	at := ast.MustParseRef(path)
	var out []string
	for _, e := range r.Body {
		terms, ok := e.Terms.([]*ast.Term)
		if !ok || len(terms) != 3 || e.Negated || len(e.With) > 0 {
			continue
		}
		if operator := g.operator(r, terms[0]); operator != "equal" && operator != "eq" {
			continue
		}
		ref, ok := terms[1].Value.(ast.Ref)
		if !ok || len(ref) != len(at)+1 || !ref.HasPrefix(at) || terms[2].Value.Compare(ast.Boolean(true)) != 0 {
			continue
		}
		if name, ok := ref[len(at)].Value.(ast.String); ok {
			out = append(out, string(name))
		}
	}
	return out
}
