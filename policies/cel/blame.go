package cel

import (
	celast "github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/traits"
)

// blame looks for the part that makes another one give the opposite of what is wanted,
// and tells which field it reads.
func (l *locator) blame(s site, wanted bool) *origin {
	if l.tired() {
		return nil
	}
	if v, ok := l.variable(s); ok {
		return l.blame(v, wanted)
	}
	switch s.at.Kind() {
	case celast.CallKind:
		return l.blameCall(s, wanted)
	case celast.ComprehensionKind:
		if m, ok := macroOf(s.at); ok {
			return l.blameMacro(s, m, wanted)
		}
	}
	return l.origin(s)
}

func (l *locator) blameCall(s site, wanted bool) *origin {
	call := s.at.AsCall()
	args := call.Args()
	switch call.FunctionName() {
	case operators.LogicalNot:
		return l.blame(s.to(args[0]), !wanted)
	case operators.LogicalAnd:
		if wanted {
			return l.first(s, operators.LogicalAnd, false)
		}
		return l.last(s, operators.LogicalAnd, false)
	case operators.LogicalOr:
		if wanted {
			return l.last(s, operators.LogicalOr, true)
		}
		return l.first(s, operators.LogicalOr, true)
	case operators.Conditional:
		branch := l.chosen(s)
		if branch.Kind() != celast.LiteralKind {
			return l.blame(s.to(branch), wanted)
		}
		return l.blame(s.to(args[0]), !l.is(s.to(args[0]), types.True))
	case operators.In:
		return l.blameIn(s, wanted)
	case operators.Equals:
		if o, ok := l.blameTruth(s, wanted); ok {
			return o
		}
	case operators.NotEquals:
		if o, ok := l.blameTruth(s, !wanted); ok {
			return o
		}
	}
	return l.origin(s)
}

// blameTruth looks into what is compared with true or false.
func (l *locator) blameTruth(s site, wanted bool) (*origin, bool) {
	args := s.at.AsCall().Args()
	for i, a := range args {
		if a.Kind() != celast.LiteralKind {
			continue
		}
		if truth, ok := a.AsLiteral().(types.Bool); ok {
			return l.blame(s.to(args[1-i]), bool(truth) == wanted), true
		}
	}
	return nil, false
}

// operands are those of a chain of one operator.
func operands(e celast.Expr, operator string) []celast.Expr {
	if e.Kind() != celast.CallKind || e.AsCall().FunctionName() != operator {
		return []celast.Expr{e}
	}
	var list []celast.Expr
	for _, a := range e.AsCall().Args() {
		list = append(list, operands(a, operator)...)
	}
	return list
}

// first blames the first operand that decides a chain alone: the one that is false in a
// conjunction, and true in a disjunction.
func (l *locator) first(s site, operator string, decides bool) *origin {
	for _, o := range operands(s.at, operator) {
		if l.is(s.to(o), types.Bool(decides)) {
			return l.blame(s.to(o), !decides)
		}
	}
	return l.origin(s)
}

// last blames one of the operands that decide a chain together: policies say first for
// what they are, and last what they want.
func (l *locator) last(s site, operator string, wanted bool) *origin {
	var best *origin
	list := operands(s.at, operator)
	for i := len(list) - 1; i >= 0; i-- {
		best = better(best, l.blame(s.to(list[i]), wanted))
	}
	return best
}

// blameIn looks at what is looked for, and where that does not come from the object, at
// where it is looked for.
func (l *locator) blameIn(s site, wanted bool) *origin {
	args := s.at.AsCall().Args()
	if o := l.origin(s.to(args[0])); o != nil {
		return o
	}
	sought, in := l.value(s.to(args[0])), l.value(s.to(args[1]))
	from := l.origin(s.to(args[1]))
	if key, ok := sought.(types.String); ok {
		if _, isMap := in.(traits.Mapper); isMap {
			return from.under(string(key))
		}
	}
	if all, ok := l.elements(s.to(args[1])); ok && !wanted {
		for _, e := range all {
			if e.value != nil && sought != nil && e.value.Equal(sought) == types.True {
				return e.from
			}
		}
	}
	return from
}

// blameMacro looks for the element that makes a macro fail; where none of them does so
// alone, it is about all.
func (l *locator) blameMacro(s site, m macro, wanted bool) *origin {
	over := l.origin(s.to(m.over)).made()
	all, ok := l.elements(s.to(m.over))
	if !ok {
		return over
	}
	find := func(gives bool, skip int) *origin {
		for _, e := range all {
			if !l.is(s.bind(m.test, m.name, e), types.Bool(gives)) {
				continue
			}
			if skip--; skip >= 0 {
				continue
			}
			o := l.blame(s.bind(m.test, m.name, e), !gives)
			if o == nil {
				o = e.from
			}
			return o
		}
		return nil
	}
	var found *origin
	switch {
	case m.kind == forAll && wanted:
		found = find(false, 0)
	case m.kind == exists && !wanted:
		found = find(true, 0)
	case m.kind == existsOne && wanted:
		found = find(true, 1)
	case m.kind == existsOne:
		found = find(true, 0)
	}
	switch {
	case found != nil:
		return found
	case over == nil && len(all) > 0 && m.test != nil:
		// It goes over what the policy allows: what is compared with that is at fault.
		return l.blame(s.bind(m.test, m.name, all[0]), wanted)
	}
	return over
}

// failing looks for the part that cannot be evaluated, and tells which field it reads.
func (l *locator) failing(s site) *origin {
	if l.tired() {
		return nil
	}
	if v, ok := l.variable(s); ok {
		return l.failing(v)
	}
	for _, child := range l.children(s) {
		if l.value(child) == nil && child.at.Kind() != celast.IdentKind {
			return l.failing(child)
		}
	}
	return l.origin(s)
}

// children are the parts that are evaluated for another one.
func (l *locator) children(s site) []site {
	var list []site
	switch s.at.Kind() {
	case celast.SelectKind:
		list = append(list, s.to(s.at.AsSelect().Operand()))
	case celast.CallKind:
		call := s.at.AsCall()
		if call.FunctionName() == operators.Conditional {
			list = append(list, s.to(call.Args()[0]))
			if l.value(s.to(call.Args()[0])) != nil {
				list = append(list, s.to(l.chosen(s)))
			}
			return list
		}
		if call.IsMemberFunction() {
			list = append(list, s.to(call.Target()))
		}
		for _, a := range call.Args() {
			list = append(list, s.to(a))
		}
	case celast.ComprehensionKind:
		m, ok := macroOf(s.at)
		list = append(list, s.to(s.at.AsComprehension().IterRange()))
		if !ok {
			return list
		}
		all, _ := l.elements(s.to(m.over))
		for _, e := range all {
			for _, part := range []celast.Expr{m.test, m.made} {
				if part != nil {
					list = append(list, s.bind(part, m.name, e))
				}
			}
		}
	}
	return list
}
