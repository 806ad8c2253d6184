package rego

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A read is a node of the object that an expression looked at.
type read struct {
	node    int32
	missing bool // it looked for a field below, which is not there
	key     bool // its name, not its value
	derived bool // it was only computed with
	loose   bool // it was gone over in a comprehension
	asked   bool // a condition looked at it, not only an assignment
	settled bool // asked is known from the rule in which it was read
	order   order
}

// order is where in a body a read stands, then where in the body of the rule that
// is used there, and so on.
type order [4]int16

// within is the order of what stands at i and there at o.
func (o order) within(i int) order {
	return order{int16(min(i, 1<<14)), o[0], o[1], o[2]}
}

// maxReads is how many reads are kept of one rule or expression. Policies that look
// at more than this in one step are about all of it.
const maxReads = 256

// bounded leaves out reads that were noted before.
func bounded(reads []read) []read {
	if len(reads) < 2 {
		return reads
	}
	seen := make(map[read]bool, len(reads))
	kept := reads[:0]
	for _, r := range reads {
		if !seen[r] && len(kept) < maxReads {
			seen[r] = true
			kept = append(kept, r)
		}
	}
	return kept
}

// bodyReads are the reads of all expressions of the frame, which all hold.
func (s *scope) bodyReads() []read {
	var all []read
	for i, e := range s.frame.body {
		for _, r := range s.exprReads(e, true) {
			r.order = r.order.within(i)
			all = append(all, r)
		}
	}
	return bounded(all)
}

// exprReads are the reads of one expression that held or not.
func (s *scope) exprReads(e *ast.Expr, held bool) []read {
	reads := bounded(s.termsReads(e, held != e.Negated))
	asked := e.Negated || !s.defines(e)
	for i := range reads {
		reads[i].asked = asked && !reads[i].settled || reads[i].asked
	}
	return reads
}

func (s *scope) termsReads(e *ast.Expr, held bool) []read {
	switch terms := e.Terms.(type) {
	case *ast.Term:
		return s.termReads(terms, held)
	case []*ast.Term:
		return s.callReads(terms[0], terms[1:], held)
	case *ast.Every:
		if b := s.batchOf(terms.Body); b != nil {
			if !held && len(b.fails) > 0 {
				return slices.Clone(b.fails)
			}
			return slices.Concat(b.solutions...)
		}
		return s.termReads(terms.Domain, held)
	case *ast.Not:
		return s.notReads(terms.Body, held)
	case *ast.LogicalAnd:
		return s.operandReads(terms.Lhs, terms.Rhs, held, true)
	case *ast.LogicalOr:
		return s.operandReads(terms.Lhs, terms.Rhs, held, false)
	}
	return nil
}

// notReads are the reads behind a not that held, since its body did not, or that did not.
// A body of one expression reads as the negated expression does.
func (s *scope) notReads(body ast.Body, held bool) []read {
	if len(body) == 1 {
		return s.exprReads(body[0], !held)
	}
	return s.tried(body, !held)
}

// operandReads are the reads behind both operands of and, and of or where neither held;
// else of the one that decided, since the second is then not asked.
func (s *scope) operandReads(left, right ast.Body, held, both bool) []read {
	first := s.batchOf(left)
	if first == nil {
		return nil
	}
	if both == held {
		return append(s.tried(left, held), s.tried(right, held)...)
	}
	if decided := len(first.solutions) > 0; decided == held {
		return s.tried(left, held)
	}
	return s.tried(right, held)
}

// tried are the reads of what a body gave when it was last entered, or of why it gave
// nothing.
func (s *scope) tried(body ast.Body, held bool) []read {
	b := s.batchOf(body)
	switch {
	case b == nil:
		return nil
	case held:
		return slices.Concat(b.solutions...)
	}
	return slices.Clone(b.fails)
}

// valueReads are the reads behind a value that a rule gives.
func (s *scope) valueReads(t *ast.Term) []read { return s.termReads(t, true) }

// termReads are the reads of a term: of the node that it is, or of what it was
// computed from.
func (s *scope) termReads(t *ast.Term, held bool) []read {
	switch v := t.Value.(type) {
	case ast.Var:
		return s.varReads(v, t, held)
	case ast.Ref:
		return s.refReads(v, held)
	case ast.Call:
		return s.callReads(v[0], v[1:], held)
	case *ast.ArrayComprehension:
		return s.comprehensionReads(v.Body)
	case *ast.SetComprehension:
		return s.comprehensionReads(v.Body)
	case *ast.ObjectComprehension:
		return s.comprehensionReads(v.Body)
	case *ast.Array:
		var all []read
		v.Foreach(func(item *ast.Term) { all = append(all, s.termReads(item, held)...) })
		return all
	case ast.Set:
		var all []read
		v.Foreach(func(item *ast.Term) { all = append(all, s.termReads(item, held)...) })
		return all
	case ast.Object:
		var all []read
		v.Foreach(func(_, item *ast.Term) { all = append(all, s.termReads(item, held)...) })
		return all
	}
	return nil
}

func (s *scope) varReads(v ast.Var, t *ast.Term, held bool) []read {
	value := s.event.Plug(t)
	if id, ok := s.object.idOf(value); ok {
		return []read{{node: id, key: isKey(value)}}
	}
	if s.busy[v] {
		return nil
	}
	s.busy[v] = true
	defer delete(s.busy, v)
	if reads := s.definitionReads(v, held); len(reads) > 0 || !isCollection(value) {
		return reads
	}
	return s.nodesIn(value)
}

// nodesIn returns the nodes among the items of a value that was put together.
func (s *scope) nodesIn(t *ast.Term) []read {
	var out []read
	ast.WalkTerms(t, func(x *ast.Term) bool {
		id, ok := s.object.idOf(x)
		if ok {
			out = append(out, read{node: id})
		}
		return ok || len(out) > 64
	})
	return out
}

func isCollection(t *ast.Term) bool {
	switch t.Value.(type) {
	case *ast.Array, ast.Object, ast.Set:
		return true
	}
	return false
}

// definitionReads are the reads behind the value of a variable.
func (s *scope) definitionReads(v ast.Var, held bool) []read {
	for f := s.frame; f != nil; f = s.frames[f.parent] {
		if reads := s.definitionsIn(f, v, held); len(reads) > 0 {
			return reads
		}
		if f.rule != nil || f == s.frames[f.parent] {
			return nil
		}
	}
	return nil
}

// definitionsIn are the reads of the expressions of a frame that give a variable its
// value: of the one that is evaluated, or of those around it.
func (s *scope) definitionsIn(f *frame, v ast.Var, held bool) []read {
	for _, e := range f.body {
		if e.Negated {
			continue
		}
		if reads := s.definitionIn(e, v, held); len(reads) > 0 {
			if !isEquality(e) && !isPlain(e) {
				reads = derived(reads)
			}
			return reads
		}
		// The place in a list: x[v]. That it is compared says nothing of the list.
		if list := s.indexed(e, v); list != nil {
			reads := s.termReads(list, held)
			for i := range reads {
				reads[i].asked, reads[i].settled = false, true
			}
			return reads
		}
	}
	return nil
}

// derived marks reads that a function worked on.
func derived(reads []read) []read {
	reads = slices.Clone(reads)
	for i := range reads {
		reads[i].derived = true
	}
	return reads
}

// isPlain tells whether e only looks something up, or words it.
func isPlain(e *ast.Expr) bool {
	if !e.IsCall() {
		return false
	}
	switch e.Operator().String() {
	case "object.get", "sprintf", "concat":
		return true
	}
	return false
}

// definitionIn are the reads of the terms from which e gives v its value.
func (s *scope) definitionIn(e *ast.Expr, v ast.Var, held bool) []read {
	terms, isCall := e.Terms.([]*ast.Term)
	switch {
	case isCall && isEquality(e):
		for i := 1; i <= 2; i++ {
			if binds(terms[i], v) {
				return s.termReads(terms[3-i], held)
			}
		}
	case isCall && len(terms) > 2 && binds(terms[len(terms)-1], v):
		return s.callReads(terms[0], terms[1:len(terms)-1], held)
	}
	return nil
}

// indexed returns the collection over which v goes, where e is the first to say so.
func (s *scope) indexed(e *ast.Expr, v ast.Var) (list *ast.Term) {
	ast.WalkRefs(e, func(r ast.Ref) bool {
		for i, t := range r {
			if i > 0 && list == nil && t.Value.Compare(v) == 0 && s.first(e, t) {
				list = ast.NewTerm(r[:i])
			}
		}
		return list != nil
	})
	return list
}

func isEquality(e *ast.Expr) bool {
	return e.IsEquality() || e.IsAssignment()
}

// binds tells whether a pattern gives v its value.
func binds(pattern *ast.Term, v ast.Var) bool {
	switch p := pattern.Value.(type) {
	case ast.Var:
		return p == v
	case *ast.Array:
		for i := range p.Len() {
			if binds(p.Elem(i), v) {
				return true
			}
		}
	case ast.Object:
		found := false
		p.Foreach(func(_, item *ast.Term) { found = found || binds(item, v) })
		return found
	}
	return false
}

// defines tells whether e only gives a value to a variable of its own. It is the
// same each time e is met.
func (s *scope) defines(e *ast.Expr) bool {
	known, ok := s.defined[e]
	if !ok {
		known = s.isDefinition(e)
		s.defined[e] = known
	}
	return known
}

func (s *scope) isDefinition(e *ast.Expr) bool {
	terms, ok := e.Terms.([]*ast.Term)
	if !ok {
		return false
	}
	if isEquality(e) {
		return s.introduces(e, terms[1]) || s.introduces(e, terms[2])
	}
	return len(terms) > 2 && s.introduces(e, terms[len(terms)-1])
}

// introduces tells whether a term is a pattern of variables that e is the first in
// the frame to name.
func (s *scope) introduces(e *ast.Expr, t *ast.Term) bool {
	vars := ast.NewVarSet()
	switch t.Value.(type) {
	case ast.Var, *ast.Array, ast.Object:
		if !onlyVars(t) {
			return false
		}
		vis := ast.NewVarVisitor().WithParams(ast.VarVisitorParams{SkipRefHead: true})
		vis.Walk(t)
		vars = vis.Vars()
	}
	if len(vars) == 0 {
		return false
	}
	if s.frame.rule != nil {
		for _, arg := range s.frame.rule.Head.Args {
			for v := range vars {
				if binds(arg, v) {
					return false
				}
			}
		}
	}
	for _, earlier := range s.frame.body {
		if earlier == e {
			return true
		}
		vis := ast.NewVarVisitor()
		vis.Walk(earlier)
		for v := range vis.Vars() {
			if vars.Contains(v) {
				return false
			}
		}
	}
	return true
}

// onlyVars tells whether a pattern takes every value: [x, y], but not [x, "latest"].
func onlyVars(t *ast.Term) bool {
	ok := true
	switch v := t.Value.(type) {
	case ast.Var:
	case *ast.Array:
		v.Foreach(func(item *ast.Term) { ok = ok && onlyVars(item) })
	case ast.Object:
		v.Foreach(func(_, item *ast.Term) { ok = ok && onlyVars(item) })
	default:
		return false
	}
	return ok
}

func (s *scope) comprehensionReads(body ast.Body) []read {
	b := s.batchOf(body)
	switch {
	case b == nil:
		return nil
	case len(b.solutions) == 0:
		return s.oneOf(b.fails)
	case len(b.solutions) == 1:
		return loose(b.solutions[0])
	}
	return s.oneOf(slices.Concat(b.solutions...))
}

// oneOf is the one read that stands for several of a search: no single item is meant,
// but what holds them.
func (s *scope) oneOf(all []read) []read {
	if len(all) == 0 {
		return nil
	}
	node := s.common(all)
	if !slices.ContainsFunc(all, func(r read) bool { return r.node != node }) {
		return loose(all)
	}
	return []read{{node: node, asked: all[0].asked, loose: true}}
}

func loose(reads []read) []read {
	reads = slices.Clone(reads)
	for i := range reads {
		reads[i].loose = true
	}
	return reads
}

// common returns the innermost node that holds all reads.
func (s *scope) common(reads []read) int32 {
	node := reads[0].node
	for _, r := range reads[1:] {
		node = s.object.above(node, r.node)
	}
	return node
}

// above returns the innermost node that holds a and b.
func (o *Object) above(a, b int32) int32 {
	for a != b {
		if a > b { // a node has a greater number than what it lies in
			a = o.nodes[a].parent
		} else {
			b = o.nodes[b].parent
		}
	}
	return a
}

// holds tells whether inner lies in outer, or is it.
func (o *Object) holds(outer, inner int32) bool {
	for inner > outer {
		inner = o.nodes[inner].parent
	}
	return inner == outer
}
