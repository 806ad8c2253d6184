package cel

import (
	celast "github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// origin tells where the value of a part comes from; nil where it does not come from the
// object.
func (l *locator) origin(s site) *origin {
	if l.tired() {
		return nil
	}
	switch s.at.Kind() {
	case celast.IdentKind:
		return l.originOfName(s, s.at.AsIdent())
	case celast.SelectKind:
		if v, ok := l.variable(s); ok {
			return l.origin(v)
		}
		of := s.at.AsSelect()
		return l.origin(s.to(of.Operand())).under(of.FieldName())
	case celast.CallKind:
		return l.originOfCall(s)
	case celast.ListKind:
		for _, e := range s.at.AsList().Elements() {
			if o := l.origin(s.to(e)); o != nil {
				return o.made()
			}
		}
	case celast.MapKind:
		for _, e := range s.at.AsMap().Entries() {
			if o := l.origin(s.to(e.AsMapEntry().Value())); o != nil {
				return o.made()
			}
		}
	case celast.ComprehensionKind:
		return l.originOfMacro(s)
	}
	return nil
}

func (l *locator) originOfName(s site, name string) *origin {
	if b := s.bound.find(name); b != nil {
		return b.from
	}
	switch name {
	case objectName:
		return &origin{}
	case oldObjectName:
		return &origin{old: true}
	}
	return nil
}

func (l *locator) originOfCall(s site) *origin {
	call := s.at.AsCall()
	args := call.Args()
	switch call.FunctionName() {
	case operators.Conditional:
		if o := l.origin(s.to(l.chosen(s))); o != nil {
			return o
		}
		return l.origin(s.to(args[0])).made() // what is put in the place of something
	case operators.Index, operators.OptIndex, operators.OptSelect:
		return l.indexed(s.to(args[0]), l.value(s.to(args[1])))
	case "orValue", "or", "value":
		if o := l.origin(s.to(call.Target())); o != nil {
			return o
		}
		if len(args) > 0 {
			return l.origin(s.to(args[0]))
		}
		return nil
	case "optional.of", "optional.ofNonZeroValue", "dyn":
		return l.origin(s.to(args[0]))
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		left := l.origin(s.to(args[0]))
		if right := l.origin(s.to(args[1])); left == nil || left.old && right != nil {
			left = right
		}
		return left.made()
	}
	var best *origin
	if call.IsMemberFunction() {
		best = l.origin(s.to(call.Target()))
	}
	for _, a := range args {
		best = better(best, l.origin(s.to(a)))
	}
	return best.made()
}

// chosen is the branch of a conditional that counts.
func (l *locator) chosen(s site) celast.Expr {
	args := s.at.AsCall().Args()
	if l.is(s.to(args[0]), types.True) {
		return args[1]
	}
	return args[2]
}

// indexed is where an element of a list or map comes from.
func (l *locator) indexed(s site, key ref.Val) *origin {
	o := l.origin(s)
	switch k := key.(type) {
	case types.String:
		return o.under(string(k))
	case types.Int:
		if o != nil && !o.about {
			return o.under(int(k))
		}
		if all, ok := l.elements(s); ok && k >= 0 && int(k) < len(all) {
			return all[k].from
		}
	}
	return o.made()
}

// better prefers what stands in the object to what stood in it, and what a policy may be
// about to what says which object it is.
func better(a, b *origin) *origin {
	switch {
	case a == nil:
		return b
	case b == nil || a.rank() >= b.rank():
		return a
	}
	return b
}

func (o *origin) rank() int {
	switch {
	case o.old:
		return 0
	case len(o.path) == 0:
		return 1
	}
	switch o.path[0] {
	case "metadata", "kind", "apiVersion":
		return 2
	}
	return 3
}

// originOfMacro is the first element that a macro picks, or what it goes over.
func (l *locator) originOfMacro(s site) *origin {
	if all, ok := l.elements(s); ok && len(all) > 0 {
		return all[0].from.made()
	}
	return l.origin(s.to(s.at.AsComprehension().IterRange())).made()
}

// elements are those of a list, or the keys of a map, with where each comes from. ok is
// false where it is neither.
func (l *locator) elements(s site) (list []element, ok bool) {
	if l.tired() {
		return nil, false
	}
	if v, isVariable := l.variable(s); isVariable {
		return l.elements(v)
	}
	switch s.at.Kind() {
	case celast.ComprehensionKind:
		if m, known := macroOf(s.at); known && (m.kind == picks || m.kind == makes) {
			return l.picked(s, m)
		}
		return l.elementsOf(l.value(s), l.origin(s.to(s.at.AsComprehension().IterRange())).made())
	case celast.CallKind:
		call := s.at.AsCall()
		switch call.FunctionName() {
		case operators.Conditional:
			return l.elements(s.to(l.chosen(s)))
		case operators.Add:
			a, okA := l.elements(s.to(call.Args()[0]))
			b, okB := l.elements(s.to(call.Args()[1]))
			if okA && okB {
				return append(a, b...), true
			}
		}
	case celast.ListKind:
		for _, e := range s.at.AsList().Elements() {
			list = append(list, element{l.value(s.to(e)), l.origin(s.to(e))})
		}
		return list, true
	}
	return l.elementsOf(l.value(s), l.origin(s))
}

// elementsOf lists a value that comes from one place.
func (l *locator) elementsOf(value ref.Val, from *origin) (list []element, ok bool) {
	if optional, is := value.(*types.Optional); is {
		if !optional.HasValue() {
			return nil, true
		}
		value = optional.GetValue()
	}
	switch v := value.(type) {
	case traits.Mapper:
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			text, isText := key.(types.String)
			if !isText {
				return nil, false
			}
			list = append(list, element{key, from.under(string(text))})
		}
		return list, true
	case traits.Lister:
		size, _ := v.Size().(types.Int)
		for i := range int(size) {
			list = append(list, element{v.Get(types.Int(i)), from.under(i)})
		}
		return list, true
	}
	return nil, false
}

// picked are the elements that filter and map give.
func (l *locator) picked(s site, m macro) (list []element, ok bool) {
	all, ok := l.elements(s.to(m.over))
	if !ok {
		return nil, false
	}
	for _, e := range all {
		if m.test != nil && !l.is(s.bind(m.test, m.name, e), types.True) {
			continue
		}
		if m.kind == makes {
			made := s.bind(m.made, m.name, e)
			from := l.origin(made)
			if from == nil {
				from = e.from.made()
			}
			e = element{l.value(made), from}
		}
		list = append(list, e)
	}
	return list, true
}

// macro is what a comprehension was written as.
type macro struct {
	kind macroKind
	name string
	over celast.Expr
	test celast.Expr // nil for a map that takes all
	made celast.Expr
}

type macroKind uint8

const (
	forAll macroKind = iota
	exists
	existsOne
	picks // filter
	makes // map
)

// macroOf tells which macro a comprehension comes from, by the form that the parser of
// cel-go gives each (parser/macro.go).
func macroOf(e celast.Expr) (m macro, ok bool) {
	c := e.AsComprehension()
	m = macro{name: c.IterVar(), over: c.IterRange()}
	step := c.LoopStep()
	if c.HasIterVar2() || step.Kind() != celast.CallKind {
		return m, false
	}
	call := step.AsCall()
	switch call.FunctionName() {
	case operators.LogicalAnd:
		m.kind, m.test = forAll, call.Args()[1]
	case operators.LogicalOr:
		m.kind, m.test = exists, call.Args()[1]
	case operators.Conditional:
		m.test = call.Args()[0]
		if c.AccuInit().Kind() != celast.ListKind {
			m.kind = existsOne
			return m, true
		}
		added, ok := addedTo(call.Args()[1])
		if !ok {
			return m, false
		}
		if m.kind, m.made = makes, added; added.Kind() == celast.IdentKind && added.AsIdent() == m.name {
			m.kind = picks
		}
	case operators.Add:
		added, ok := addedTo(step)
		if !ok {
			return m, false
		}
		m.kind, m.made = makes, added
	default:
		return m, false
	}
	return m, true
}

// addedTo is x of `accumulator + [x]`.
func addedTo(e celast.Expr) (celast.Expr, bool) {
	if e.Kind() != celast.CallKind || e.AsCall().FunctionName() != operators.Add || len(e.AsCall().Args()) != 2 {
		return nil, false
	}
	list := e.AsCall().Args()[1]
	if list.Kind() != celast.ListKind || list.AsList().Size() != 1 {
		return nil, false
	}
	return list.AsList().Elements()[0], true
}
