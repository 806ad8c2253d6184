package rego

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// A Condition is what must be possible of an object for a body of a rule to hold, as far
// as its expressions say it of single fields: that a container has no limits, that an
// image ends in ":latest". It is looked up in the tree itself, and only ever leaves out
// what could not have held: what it does not understand is possible.
type Condition struct {
	parts []part
	any   [][]*Condition // for each rule that the body names: one of its bodies must hold
}

// part is what is said of one node: of the object, or of what a variable stands for.
type part struct {
	from  [][]step // the ways to where it may stand; none for the object itself
	tests []test
}

// step goes to the field of a name, or to every field or item.
type step struct {
	key   string
	every bool
}

// test is asked of what stands at a path from a node; nil where nothing does.
type test struct {
	path     []string
	possible func(*manifest.Node) bool
}

// Possible tells whether the body can hold for an object. A nil Condition asks nothing.
func (c *Condition) Possible(object *manifest.Node) bool {
	if c == nil {
		return true
	}
	for i := range c.parts {
		if !c.parts[i].possible(object) {
			return false
		}
	}
	for _, bodies := range c.any {
		if !slices.ContainsFunc(bodies, func(b *Condition) bool { return b.Possible(object) }) {
			return false
		}
	}
	return true
}

func (p *part) possible(object *manifest.Node) bool {
	if p.from == nil {
		return p.holds(object)
	}
	return slices.ContainsFunc(p.from, func(way []step) bool { return p.along(object, way) })
}

func (p *part) along(n *manifest.Node, way []step) bool {
	switch {
	case n == nil:
		return false
	case len(way) == 0:
		return p.holds(n)
	case !way[0].every:
		return p.along(n.Get(way[0].key), way[1:])
	}
	for i := range n.Items {
		if p.along(&n.Items[i], way[1:]) {
			return true
		}
	}
	return false
}

func (p *part) holds(n *manifest.Node) bool {
	for _, t := range p.tests {
		if !t.possible(n.Lookup(t.path...)) {
			return false
		}
	}
	return true
}

// Condition reads what a body of a rule asks of an object; nil for nothing.
func (g *Guard) Condition(r *ast.Rule) *Condition { return g.begin().condition(r, 0) }

func (g *Guard) condition(r *ast.Rule, depth int) *Condition {
	if r.Else != nil || r.Default || depth > maxGuardDepth || g.tired() {
		return nil
	}
	b := conditionOf{Guard: g, rule: r, parts: map[string]*part{}}
	for _, e := range r.Body {
		if len(e.With) == 0 {
			b.expr(e, depth)
		}
	}
	c := &Condition{any: b.any}
	for _, name := range b.order {
		c.parts = append(c.parts, *b.parts[name])
	}
	if len(c.parts)+len(c.any) == 0 {
		return nil
	}
	return c
}

// conditionOf collects the parts of one body.
type conditionOf struct {
	*Guard
	rule  *ast.Rule
	parts map[string]*part
	order []string
	any   [][]*Condition
}

func (b *conditionOf) add(l location, possible func(*manifest.Node) bool) {
	p := b.parts[l.base]
	if p == nil {
		p = &part{from: l.from}
		b.parts[l.base] = p
		b.order = append(b.order, l.base)
	}
	p.tests = append(p.tests, test{l.path, possible})
}

func (b *conditionOf) expr(e *ast.Expr, depth int) {
	switch terms := e.Terms.(type) {
	case *ast.Term:
		b.term(e, terms, depth)
	case []*ast.Term:
		b.call(terms, e.Negated)
		if !e.Negated && b.demands(b.rule, terms[0]) {
			b.defined(terms[1:])
		}
	case *ast.SomeDecl:
		if call, ok := memberCall(terms); ok && !e.Negated {
			b.defined(call[len(call)-1:])
		}
	case *ast.Every:
		if !e.Negated {
			b.defined([]*ast.Term{terms.Domain})
		}
	}
}

// term reads an expression that is a value: it must be there and not be false.
func (b *conditionOf) term(e *ast.Expr, t *ast.Term, depth int) {
	if len(b.rulesOf(b.rule, t)) > 0 {
		if rules := b.conditions(b.rule, t); len(rules) > 0 && !e.Negated {
			b.named(rules, depth)
		}
		return
	}
	if call, ok := t.Value.(ast.Call); ok {
		b.call(call, e.Negated)
		return
	}
	l, ok := b.locate(b.rule, t, 0)
	if !ok || l.loose(e.Negated) {
		return
	}
	if e.Negated {
		b.add(l, func(n *manifest.Node) bool { return n == nil || isFalse(n) })
		return
	}
	b.add(l, func(n *manifest.Node) bool { return n != nil && !isFalse(n) })
}

func isFalse(n *manifest.Node) bool { return n.Kind == manifest.Bool && n.Text == "false" }

// named reads an expression that is another rule.
func (b *conditionOf) named(rules []*ast.Rule, depth int) {
	var bodies []*Condition
	for _, r := range rules {
		c := b.condition(r, depth+1)
		if c == nil || len(r.Head.Args) > 0 {
			return
		}
		bodies = append(bodies, c)
	}
	b.any = append(b.any, bodies)
}

// defined asks that the fields to which terms lead are there.
func (b *conditionOf) defined(terms []*ast.Term) {
	for _, t := range terms {
		switch v := t.Value.(type) {
		case ast.Call:
			b.defined(v[1:])
		case *ast.Array:
			v.Foreach(func(item *ast.Term) { b.defined([]*ast.Term{item}) })
		case ast.Ref:
			if len(b.rulesOf(b.rule, t)) > 0 {
				continue
			}
			if l, ok := b.locate(b.rule, t, 0); ok && !l.loose(false) {
				b.add(l, func(n *manifest.Node) bool { return n != nil })
			}
		}
	}
}

// call reads an expression that compares a field with a constant. Negated, it holds as
// well where the field is not there.
func (b *conditionOf) call(terms []*ast.Term, negated bool) {
	if len(terms) != 3 {
		return
	}
	compare, known := comparisons[b.operator(b.rule, terms[0])]
	if !known {
		return
	}
	for i := 1; i <= 2; i++ {
		constant := terms[3-i].Value
		if !isConstant(constant) {
			continue
		}
		holds := compare(constant, i == 2)
		if holds == nil {
			continue
		}
		l, standard, ok := b.got(terms[i])
		if !ok || l.loose(negated) {
			continue
		}
		b.add(l, func(n *manifest.Node) bool {
			switch {
			case n == nil && negated:
				return true
			case n == nil:
				return standard
			}
			yes, no := holds(n)
			return !negated && yes || negated && no
		})
	}
}

// got locates a term, also that of object.get with a field and a standard value, by
// which a condition may hold without the field.
func (b *conditionOf) got(t *ast.Term) (l location, standard, ok bool) {
	call, isCall := t.Value.(ast.Call)
	if !isCall {
		l, ok = b.locate(b.rule, t, 0)
		return l, false, ok
	}
	base, keys, ok := b.getCall(b.rule, call)
	if !ok {
		return l, false, false
	}
	if l, ok = b.locate(b.rule, base, 0); !ok {
		return l, false, false
	}
	l.path = append(slices.Clip(l.path), keys...)
	l.orEmpty = false
	return l, true, true
}

// getCall takes an object.get with constant keys apart.
func (g *Guard) getCall(r *ast.Rule, call ast.Call) (base *ast.Term, keys []string, ok bool) {
	if len(call) != 4 || g.operator(r, call[0]) != ast.ObjectGet.Name {
		return nil, nil, false
	}
	switch key := call[2].Value.(type) {
	case ast.String:
		return call[1], []string{string(key)}, true
	case *ast.Array:
		for i := range key.Len() {
			name, isString := key.Elem(i).Value.(ast.String)
			if !isString {
				return nil, nil, false
			}
			keys = append(keys, string(name))
		}
		return call[1], keys, len(keys) > 0
	}
	return nil, nil, false
}

// location is where what a term stands for lies: at a path of fields from a base.
type location struct {
	base string // the name of what stands at from; "" for the object
	from [][]step
	path []string
	// orEmpty tells that it is an empty object where nothing lies there.
	orEmpty bool
	// over tells that a part of the term goes over all that there is, doubtful that it
	// comes from a rule that may have no value.
	over, doubtful bool
}

// loose tells that nothing can be said of l: the value itself may be made up, or a not is
// about more than one field.
func (l location) loose(negated bool) bool { return l.orEmpty || negated && (l.over || l.doubtful) }

// maxWays bounds the ways to one variable.
const maxWays = 64

// locate follows a term to the object.
func (g *Guard) locate(r *ast.Rule, t *ast.Term, depth int) (l location, ok bool) {
	if depth > maxOrigin || g.tired() {
		return l, false
	}
	switch v := t.Value.(type) {
	case ast.Var:
		return g.locateRef(r, ast.Ref{t}, depth)
	case ast.Ref:
		return g.locateRef(r, v, depth)
	case ast.Call:
		base, keys, isGet := g.getCall(r, v)
		if !isGet || !isEmptyObject(v[3].Value) {
			return l, false
		}
		if l, ok = g.locate(r, base, depth+1); !ok || l.over {
			return l, false
		}
		l.path, l.orEmpty = append(slices.Clip(l.path), keys...), true
		return l, true
	}
	return l, false
}

func isEmptyObject(v ast.Value) bool {
	o, ok := v.(ast.Object)
	return ok && o.Len() == 0
}

func (g *Guard) locateRef(r *ast.Rule, ref ast.Ref, depth int) (l location, ok bool) {
	if ref.HasPrefix(g.object) {
		return location{}.follow(nameOf(ref), ref[len(g.object):])
	}
	v, isVar := ref[0].Value.(ast.Var)
	if !isVar {
		return l, false
	}
	if declares(r, v) || len(g.named(r, ast.NewTerm(ref[:1]))) == 0 && len(g.named(r, ast.NewTerm(ref[:min(len(ref), 2)]))) == 0 {
		if l, ok = g.bound(r, v, depth+1); !ok {
			return l, false
		}
		return l.follow(string(v)+"/"+nameOf(ref), ref[1:])
	}
	return g.locateRule(r, ref, depth+1)
}

// follow goes on from l. What lies behind a variable, or a number, has a base of its own,
// by a name that two terms share only where they mean the same.
func (l location) follow(name string, steps ast.Ref) (location, bool) {
	last := 0
	for i, s := range steps {
		if _, isKey := s.Value.(ast.String); !isKey {
			last = i + 1
		}
	}
	if last > 0 {
		from := l.ways()
		for i := range from {
			for _, s := range steps[:last] {
				if key, isKey := s.Value.(ast.String); isKey {
					from[i] = append(from[i], step{key: string(key)})
				} else {
					from[i] = append(from[i], step{every: true})
				}
			}
		}
		l = location{base: baseName(name, len(steps)-last), from: from, over: true, doubtful: l.doubtful}
	}
	for _, s := range steps[last:] {
		l.path = append(slices.Clip(l.path), string(s.Value.(ast.String)))
		l.orEmpty = false
	}
	return l, true
}

// nameOf is the text of a reference in which no two wildcards are the same.
func nameOf(ref ast.Ref) string {
	name := ref.String()
	ast.WalkVars(ref, func(v ast.Var) bool {
		if v.IsWildcard() {
			name += " " + string(v)
		}
		return false
	})
	return name
}

// baseName is the name of a reference without its last fields.
func baseName(name string, fields int) string {
	return name + strings.Repeat("^", fields)
}

// ways are the ways to what l stands for.
func (l location) ways() [][]step {
	from := l.from
	if from == nil {
		from = [][]step{nil}
	}
	out := make([][]step, len(from))
	for i := range from {
		out[i] = slices.Clone(from[i])
		for _, key := range l.path {
			out[i] = append(out[i], step{key: key})
		}
	}
	return out
}

// bound locates a variable by the expression of its rule that gives it a value.
func (g *Guard) bound(r *ast.Rule, v ast.Var, depth int) (l location, ok bool) {
	for _, e := range r.Body {
		if e.Negated || len(e.With) > 0 {
			continue
		}
		switch terms := e.Terms.(type) {
		case []*ast.Term:
			if len(terms) != 3 || !isEquality(e) {
				continue
			}
			for i := 1; i <= 2; i++ {
				if terms[i].Value.Compare(v) != 0 {
					continue
				}
				if l, ok = g.locate(r, terms[3-i], depth); ok {
					return l.asVariable(v), true
				}
			}
		case *ast.SomeDecl:
			call, isMember := memberCall(terms)
			if !isMember || call[len(call)-2].Value.Compare(v) != 0 {
				continue
			}
			from, ok := g.elements(r, call[len(call)-1], depth)
			if ok && len(from) <= maxWays {
				return location{base: string(v), from: from}, true
			}
		}
	}
	return l, false
}

// asVariable is what a variable stands for: the same, or one of what a term goes over.
func (l location) asVariable(v ast.Var) location {
	if l.over {
		l.base, l.over = string(v), false
	}
	return l
}

// elements are the ways to what a some … in goes over.
func (g *Guard) elements(r *ast.Rule, t *ast.Term, depth int) ([][]step, bool) {
	if rules := g.rulesOf(r, t); len(rules) > 0 {
		return g.given(rules, depth)
	}
	l, ok := g.locate(r, t, depth)
	if !ok {
		return nil, false
	}
	from := l.ways()
	for i := range from {
		from[i] = append(from[i], step{every: true})
	}
	return from, true
}

// given are the ways to the elements of what rules give.
func (g *Guard) given(rules []*ast.Rule, depth int) ([][]step, bool) {
	var all [][]step
	for _, r := range rules {
		if r.Else != nil || r.Default || len(r.Head.Args) > 0 || isNested(r) || depth > maxOrigin {
			return nil, false
		}
		value, elements := r.Head.Value, len(r.Head.Ref()) > 1
		if r.Head.RuleKind() == ast.MultiValue {
			value, elements = r.Head.Key, true
		}
		l, ok := g.locate(r, value, depth+1)
		if !ok || l.orEmpty && elements {
			return nil, false
		}
		for _, way := range l.ways() {
			if !elements {
				way = append(way, step{every: true})
			}
			all = append(all, way)
		}
		if len(all) > maxWays {
			return nil, false
		}
	}
	return all, true
}

// locateRule locates a reference that begins with a rule: one that stands for a path
// from the object, or an element of what rules give.
func (g *Guard) locateRule(r *ast.Rule, ref ast.Ref, depth int) (l location, ok bool) {
	for n := min(len(ref), 2); n > 0; n-- {
		rules := g.named(r, ast.NewTerm(ref[:n]))
		if len(rules) == 0 {
			continue
		}
		first := rules[0]
		partial := slices.ContainsFunc(rules, isPartial)
		switch {
		case !partial && len(rules) == 1 && first.Else == nil && !first.Default && len(first.Head.Args) == 0 && first.Head.Value != nil:
			if l, ok = g.locate(first, first.Head.Value, depth); !ok || l.base != "" {
				return location{}, false
			}
			l.doubtful = l.doubtful || !isTrivial(first.Body)
			return l.follow(nameOf(ref), ref[n:])
		case partial && len(ref) > n:
			from, ok := g.given(rules, depth)
			if !ok {
				return location{}, false
			}
			return location{base: nameOf(ref[:n+1]), from: from, over: true}.follow(nameOf(ref), ref[n+1:])
		}
		return location{}, false
	}
	return location{}, false
}
