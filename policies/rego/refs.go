package rego

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// refReads follows a reference as far as it goes.
func (s *scope) refReads(r ast.Ref, held bool) []read {
	if len(r) == 0 {
		return nil
	}
	if r[0].Equal(ast.DefaultRootDocument) {
		return s.dataReads(r, held)
	}
	var base *ast.Term
	switch {
	case r[0].Equal(ast.InputRootDocument):
		base = s.event.Input()
	default:
		base = s.event.Plug(r[0])
	}
	if base == nil {
		return nil
	}
	if got, ok := s.follow(base, r[1:]); ok {
		return []read{got}
	}
	// A value that was computed: what it was computed from, and what was looked up
	// in it.
	var all []read
	if v, ok := r[0].Value.(ast.Var); ok && !s.busy[v] && !r[0].Equal(ast.InputRootDocument) {
		all = s.varReads(v, r[0], held)
	}
	return append(all, s.elementReads(r[1:], held)...)
}

// elementReads are the reads of the variables by which a reference looks up.
func (s *scope) elementReads(path ast.Ref, held bool) []read {
	var all []read
	for _, t := range path {
		if v, ok := t.Value.(ast.Var); ok {
			all = append(all, s.varReads(v, t, held)...)
		}
	}
	return all
}

// follow walks a path from a value. It gives the deepest node on the way: the end
// of the path, what lies above a field that is not there, or the collection over
// which a variable goes that has no value.
func (s *scope) follow(base *ast.Term, path ast.Ref) (got read, ok bool) {
	at := base
	id, located := s.object.idOf(at)
	got.node, ok = id, located
	for _, step := range path {
		key := s.event.Plug(step)
		if !key.IsGround() {
			break
		}
		at = child(at, key)
		if at == nil {
			got.missing = true
			break
		}
		id, located = s.object.idOf(at)
		switch {
		case located:
			got.node, ok = id, true
		case ok:
			// A value made by the policy inside one of the object cannot be.
			return read{}, false
		}
	}
	if at != nil && !located {
		return read{}, false
	}
	return got, ok
}

func child(t, key *ast.Term) *ast.Term {
	switch v := t.Value.(type) {
	case ast.Object:
		return v.Get(key)
	case *ast.Array:
		return v.Get(key)
	case ast.Set:
		if v.Contains(key) {
			return key
		}
	}
	return nil
}

// dataReads follows a reference to rules: through what they read.
func (s *scope) dataReads(r ast.Ref, held bool) []read {
	for n := len(r); n > 1; n-- {
		if !r[:n].IsGround() {
			continue
		}
		path := r[:n].String()
		if _, known := s.exits[path]; !known && s.fails[call{path: path}] == nil {
			continue
		}
		reads := s.ruleReads(path, r[n:], held)
		return append(reads, s.elementReads(r[n:], held)...)
	}
	return s.elementReads(r[1:], held)
}

// ruleReads are the reads behind the value, or the element, that a rule gave, or
// behind its giving none.
func (s *scope) ruleReads(path string, rest ast.Ref, held bool) []read {
	if !held {
		return s.failReads(path, nil, rest)
	}
	var element *ast.Term
	if len(rest) > 0 {
		element = s.event.Plug(rest[0])
	}
	solutions := s.exits[path]
	if element != nil {
		if known := s.byKey[s.callOf(path, []*ast.Term{element})]; len(known) > 0 {
			solutions = known
		}
	}
	var all []read
	for _, sol := range solutions {
		if len(all) > maxReads {
			break
		}
		reads := settled(sol.reads)
		switch {
		case element == nil:
			if id, ok := s.object.idOf(sol.value); ok {
				reads = append(s.object.within(reads, id), read{node: id})
			}
		case sol.key != nil && s.same(sol.key, element):
		case sol.key == nil && sol.value != nil && child(sol.value, element) != nil:
			if got, ok := s.follow(sol.value, rest); ok {
				reads = append([]read{got}, s.object.within(reads, got.node)...)
			}
		default:
			continue
		}
		all = append(all, reads...)
	}
	return all
}

// within leaves out reads of what lies outside a node: where a rule gave a part of the
// object, how that was chosen says nothing of what is wrong with it.
func (o *Object) within(reads []read, node int32) []read {
	return slices.DeleteFunc(reads, func(r read) bool { return !o.holds(node, r.node) })
}

// callsOf are the keys under which a call may be remembered: the compiler gives some
// calls one more argument, for the value.
func (s *scope) callsOf(path string, args []*ast.Term) []call {
	calls := []call{s.callOf(path, args)}
	if len(args) > 0 {
		calls = append(calls, s.callOf(path, args[:len(args)-1]))
	}
	return calls
}

// failReads are the reads behind a rule that did not hold for its arguments, or
// that gave false.
func (s *scope) failReads(path string, args []*ast.Term, rest ast.Ref) []read {
	var all []read
	calls := s.callsOf(path, args)
	for _, c := range calls {
		for _, f := range s.fails[c] {
			if s.sameAll(f.args, args) {
				all = append(all, settled(f.reads)...)
			}
		}
	}
	if len(args) > 1 {
		// What failed in an every is not noted with the arguments.
		for _, f := range s.fails[call{path: path}] {
			all = append(all, settled(f.reads)...)
		}
	}
	solutions := s.exits[path]
	if len(args) > 0 {
		solutions = s.byArgs[calls[0]]
	}
	for _, sol := range solutions {
		if len(all) > maxReads {
			break
		}
		if !s.sameAll(sol.args, args) || len(rest) > 0 {
			continue
		}
		if sol.value != nil && sol.value.Equal(ast.InternedTerm(false)) {
			all = append(all, settled(sol.reads)...)
		}
	}
	return all
}

// settled marks the reads of a rule: where some were asked by its conditions, the
// others are not asked by the rule's user either.
func settled(reads []read) []read {
	out := slices.Clone(reads)
	known := slices.ContainsFunc(out, func(r read) bool { return r.asked })
	for i := range out {
		out[i].settled = known
	}
	return out
}

// callReads are the reads of a call: of a function's own body where it is a rule,
// else of its arguments.
func (s *scope) callReads(operator *ast.Term, args []*ast.Term, held bool) []read {
	ref, ok := operator.Value.(ast.Ref)
	if !ok {
		return nil
	}
	if ref[0].Equal(ast.DefaultRootDocument) {
		if reads := s.functionReads(ref.String(), args, held); len(reads) > 0 {
			return append(reads, s.scalarReads(args)...)
		}
	}
	if ref.String() == "object.get" && len(args) >= 3 {
		if got, ok := s.getReads(args[0], args[1]); ok {
			return []read{got}
		}
	}
	var all []read
	for _, a := range args {
		all = append(all, s.termReads(a, held)...)
	}
	return all
}

// scalarReads are the reads of the arguments that are single values.
func (s *scope) scalarReads(args []*ast.Term) []read {
	var out []read
	for _, a := range args {
		value := s.event.Plug(a)
		if id, ok := s.object.idOf(value); ok && !isCollection(value) {
			out = append(out, read{node: id, key: isKey(value)})
		}
	}
	return out
}

func (s *scope) functionReads(path string, args []*ast.Term, held bool) []read {
	given := s.plugAll(args)
	if !held {
		return s.failReads(path, given, nil)
	}
	var all []read
	for _, c := range s.callsOf(path, given) {
		for _, sol := range s.byArgs[c] {
			if s.sameAll(sol.args, given) {
				all = append(all, settled(sol.reads)...)
			}
		}
	}
	if len(all) == 0 && len(args) > 0 {
		all = s.failReads(path, given, nil)
	}
	return all
}

// getReads is the read of object.get, whose second argument is a key or a path.
func (s *scope) getReads(object, key *ast.Term) (read, bool) {
	base := s.event.Plug(object)
	if r, isRef := object.Value.(ast.Ref); isRef && !base.IsGround() || isRef {
		return s.followGet(r, key)
	}
	return s.follow(base, pathOf(s.event.Plug(key)))
}

func (s *scope) followGet(r ast.Ref, key *ast.Term) (read, bool) {
	base := s.event.Input()
	if !r[0].Equal(ast.InputRootDocument) {
		base = s.event.Plug(r[0])
	}
	if base == nil {
		return read{}, false
	}
	return s.follow(base, append(append(ast.Ref{}, r[1:]...), pathOf(s.event.Plug(key))...))
}

func pathOf(key *ast.Term) ast.Ref {
	list, ok := key.Value.(*ast.Array)
	if !ok {
		return ast.Ref{key}
	}
	path := make(ast.Ref, 0, list.Len())
	list.Foreach(func(t *ast.Term) { path = append(path, t) })
	return path
}

// collapse replaces reads inside a collection over which the frame goes by the
// collection: where none of its items will do, none of them is at fault.
func (s *scope) collapse(reads []read, failed *ast.Expr) []read {
	for _, e := range s.frame.body {
		ast.WalkRefs(e, func(r ast.Ref) bool {
			for i := 1; i < len(r); i++ {
				if _, isVar := r[i].Value.(ast.Var); !isVar || !s.first(e, r[i]) {
					continue
				}
				got, ok := s.listOf(r[:i])
				if !ok {
					continue
				}
				for j := range reads {
					if s.object.holds(got.node, reads[j].node) && reads[j].node != got.node {
						reads[j].node, reads[j].missing = got.node, false
					}
				}
			}
			return false
		})
		if e == failed {
			return reads
		}
	}
	return reads
}

func (s *scope) listOf(r ast.Ref) (read, bool) {
	switch {
	case r[0].Equal(ast.DefaultRootDocument):
		return read{}, false
	case r[0].Equal(ast.InputRootDocument):
		if s.event.Input() == nil {
			return read{}, false
		}
		return s.follow(s.event.Input(), r[1:])
	}
	return s.follow(s.event.Plug(r[0]), r[1:])
}

// first tells whether e is the first expression of the frame to name a variable,
// and the variable is none of the rule's arguments.
func (s *scope) first(e *ast.Expr, t *ast.Term) bool {
	return s.introduces(e, t)
}

// chooses tells whether the frame takes only some of the items over which it goes.
func (s *scope) chooses() bool {
	for _, e := range s.frame.body {
		switch terms := e.Terms.(type) {
		case *ast.Term:
			if e.Negated || !s.goesOver(e, terms) {
				return true
			}
		case []*ast.Term:
			if e.Negated || !s.defines(e) {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// goesOver tells whether a bare reference only names items: labels[key].
func (s *scope) goesOver(e *ast.Expr, t *ast.Term) bool {
	r, ok := t.Value.(ast.Ref)
	if !ok {
		return false
	}
	for _, step := range r[1:] {
		if _, isVar := step.Value.(ast.Var); isVar && s.first(e, step) {
			return true
		}
	}
	return false
}
