package rego

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// A trace is what is kept of one evaluation to tell later which fields of the
// object a result came from. It is told of every rule and body that is entered,
// left with a solution, or given up.
//
// Rules leave before those that use them, so what a rule read is known when its
// user leaves; a value that the engine remembers is remembered here too.
type trace struct {
	object *Object
	events int
	frames map[uint64]*frame

	exits  map[string][]*solution // by the rule's path
	byArgs map[call][]*solution
	byKey  map[call][]*solution // by the element of a set
	fails  map[call][]failure   // by the arguments of a function
	bodies map[*ast.Expr]*batch // of comprehensions and every, by their first expression

	paths   map[*ast.Rule]string // of rules, as they were asked for
	defined map[*ast.Expr]bool   // see scope.defines
}

// maxEvents bounds the work of one trace; what comes later is not looked at, and
// the place is then less exact.
const maxEvents = 200_000

// maxSolutions is how many solutions of one rule are remembered.
const maxSolutions = 50_000

type frame struct {
	parent uint64
	rule   *ast.Rule // nil in a body
	path   string    // of the rule
	body   ast.Body
}

// A solution is one way in which a rule came to a value.
type solution struct {
	args  []*ast.Term
	key   *ast.Term // nil where the rule has none
	value *ast.Term
	reads []read
	hints []read // what the value says, where a value is a message
}

// call is a rule with values: its arguments, or an element of it. Two that are equal
// may still differ, see trace.same.
type call struct {
	path string
	sum  uint64
}

func (t *trace) callOf(path string, values []*ast.Term) call {
	c := call{path: path}
	for _, v := range values {
		c.sum *= 1_099_511_628_211
		if id, ok := t.object.idOf(v); ok {
			c.sum += uint64(id) + 1
		} else if v != nil {
			c.sum += uint64(v.Value.Hash()) << 20
		}
	}
	return c
}

// remember keeps a solution where its users look for it.
func (t *trace) remember(path string, s *solution) {
	if len(t.exits[path]) >= maxSolutions {
		return
	}
	t.exits[path] = append(t.exits[path], s)
	if len(s.args) > 0 {
		c := t.callOf(path, s.args)
		t.byArgs[c] = append(t.byArgs[c], s)
	}
	if s.key != nil {
		c := t.callOf(path, []*ast.Term{s.key})
		t.byKey[c] = append(t.byKey[c], s)
	}
}

// A failure is one expression of a rule that was false or undefined.
type failure struct {
	args  []*ast.Term
	reads []read
}

// A batch is what one evaluation of a body gave.
type batch struct {
	solutions [][]read
	fails     []read
}

func newTrace(o *Object) *trace {
	return &trace{
		object: o,
		frames: map[uint64]*frame{},
		exits:  map[string][]*solution{},
		byArgs: map[call][]*solution{},
		byKey:  map[call][]*solution{},
		fails:  map[call][]failure{},
		bodies: map[*ast.Expr]*batch{},

		paths:   map[*ast.Rule]string{},
		defined: map[*ast.Expr]bool{},
	}
}

// Enabled tells whether the trace wants more events.
func (t *trace) Enabled() bool { return t.events < maxEvents }

// Config asks for no variables: they are looked up where they are needed.
func (t *trace) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent takes note of one step of the evaluation.
func (t *trace) TraceEvent(e topdown.Event) {
	t.events++
	if t.events > maxEvents {
		return
	}
	switch e.Op {
	case topdown.EnterOp:
		t.enter(&e)
	case topdown.ExitOp:
		t.exit(&e)
	case topdown.FailOp:
		t.fail(&e)
	}
}

func (t *trace) enter(e *topdown.Event) {
	f := &frame{parent: e.ParentID}
	switch n := e.Node.(type) {
	case *ast.Rule:
		f.rule, f.body, f.path = n, n.Body, t.rulePath(n)
	case ast.Body:
		f.body = n
		if len(n) > 0 {
			t.bodies[n[0]] = &batch{}
		}
	}
	t.frames[e.QueryID] = f
}

func (t *trace) exit(e *topdown.Event) {
	f := t.frames[e.QueryID]
	if f == nil {
		return
	}
	in := t.scope(e, f)
	switch n := e.Node.(type) {
	case *ast.Rule:
		s := &solution{args: in.plugAll(n.Head.Args), reads: in.bodyReads()}
		if n.Head.Key != nil {
			s.key = e.Plug(n.Head.Key)
			s.hints = in.valueReads(n.Head.Key)
		}
		if n.Head.Value != nil {
			s.value = e.Plug(n.Head.Value)
			s.hints = append(s.hints, in.valueReads(n.Head.Value)...)
		}
		t.remember(f.path, s)
	case ast.Body:
		if b := t.batchOf(n); b != nil {
			reads := in.bodyReads()
			if !in.chooses() {
				reads = in.collapse(reads, nil)
			}
			if len(b.solutions) < maxReads {
				b.solutions = append(b.solutions, reads)
			}
		}
	}
}

func (t *trace) fail(e *topdown.Event) {
	expr, ok := e.Node.(*ast.Expr)
	f := t.frames[e.QueryID]
	if !ok || f == nil {
		return
	}
	in := t.scope(e, f)
	reads := in.exprReads(expr, false)
	if b := t.batchOf(f.body); b != nil && f.rule == nil {
		b.fails = bounded(append(b.fails, reads...))
	}
	// What fails in a body inside a rule is why the rule failed.
	owner := f
	for owner.rule == nil {
		parent := t.frames[owner.parent]
		if parent == nil || parent == owner {
			return
		}
		owner = parent
	}
	if owner != f && !isEvery(owner.body, f.body) {
		return
	}
	if owner == f {
		reads = in.collapse(reads, expr)
	}
	failure := failure{reads: reads}
	if owner == f {
		failure.args = in.plugAll(owner.rule.Head.Args)
	}
	c := t.callOf(owner.path, failure.args)
	if len(t.fails[c]) < maxReads {
		t.fails[c] = append(t.fails[c], failure)
	}
}

func (t *trace) batchOf(b ast.Body) *batch {
	if len(b) == 0 {
		return nil
	}
	return t.bodies[b[0]]
}

// isEvery tells whether inner is the body of an every in outer.
func isEvery(outer, inner ast.Body) bool {
	for _, e := range outer {
		if every, ok := e.Terms.(*ast.Every); ok && len(every.Body) > 0 && len(inner) > 0 && every.Body[0] == inner[0] {
			return true
		}
	}
	return false
}

func (t *trace) rulePath(r *ast.Rule) string {
	path, ok := t.paths[r]
	if !ok {
		path = r.Ref().GroundPrefix().String()
		t.paths[r] = path
	}
	return path
}

// scope is a frame with the bindings that it has now.
type scope struct {
	*trace
	event *topdown.Event
	frame *frame
	busy  map[ast.Var]bool // variables that are being followed
}

func (t *trace) scope(e *topdown.Event, f *frame) *scope {
	return &scope{trace: t, event: e, frame: f, busy: map[ast.Var]bool{}}
}

func (s *scope) plugAll(terms []*ast.Term) []*ast.Term {
	out := make([]*ast.Term, len(terms))
	for i := range terms {
		out[i] = s.event.Plug(terms[i])
	}
	return out
}

// same tells whether two values are one: the same node, or equal where they are
// no nodes.
func (t *trace) same(a, b *ast.Term) bool {
	i, ok := t.object.idOf(a)
	j, both := t.object.idOf(b)
	if ok && both {
		return i == j
	}
	return a == b || a != nil && b != nil && ast.Compare(a.Value, b.Value) == 0
}

func (t *trace) sameAll(a, b []*ast.Term) bool {
	if len(a) > len(b) {
		return false
	}
	for i := range a {
		if !t.same(a[i], b[i]) {
			return false
		}
	}
	return true
}
