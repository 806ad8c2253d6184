package cel

import (
	"context"
	"slices"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/google/cel-go/cel"
	celast "github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// Place is the field that a violation is about: the part of the expression that makes it
// fail is looked for by evaluating its parts, and the field is the one that this part
// reads. What is missing is placed at the nearest above that is there.
func (v Violation) Place(ctx context.Context) rego.Place {
	ctx, cancel := context.WithTimeout(ctx, mostSearch)
	defer cancel()
	root := v.run.request.subject()
	if v.validation == nil {
		return rego.Place{Node: root}
	}
	l := &locator{run: v.run, programs: map[part]evaluator{}}
	l.e = v.run.evaluation(ctx, celconfig.RuntimeCELCostBudget, v.run.namespace)
	x := v.validation.expression
	node := site{x: x, at: x.tree.Expr()}
	var o *origin
	if v.Failed {
		o = l.failing(node)
	} else {
		o = l.blame(node, true)
	}
	return placeOf(root, o)
}

// placeOf follows an origin as far as there is something.
func placeOf(root *manifest.Node, o *origin) rego.Place {
	place := rego.Place{Node: root}
	if o == nil {
		return place
	}
	for _, s := range o.path {
		var next *manifest.Node
		switch s := s.(type) {
		case string:
			if next = place.Node.Get(s); next != nil {
				place.Field = manifest.JoinField(place.Field, s)
			}
		case int:
			if place.Node.Kind == manifest.List && s >= 0 && s < len(place.Node.Items) {
				next = &place.Node.Items[s]
				place.Field = manifest.JoinItem(place.Field, place.Node, s)
			}
		}
		if next == nil {
			break
		}
		place.Node = next
	}
	return place
}

// origin is where a value comes from: a field of the object, or of what it was.
type origin struct {
	old  bool
	path []any // names and numbers
	// about tells that the value is made of what stands there, and does not stand there.
	about bool
}

func (o *origin) under(s any) *origin {
	if o == nil || o.about {
		return o
	}
	return &origin{old: o.old, path: append(slices.Clip(o.path), s)}
}

func (o *origin) made() *origin {
	if o == nil {
		return nil
	}
	return &origin{old: o.old, path: o.path, about: true}
}

// site is a part of an expression, with the variables of the macros around it.
type site struct {
	x     *expression
	at    celast.Expr
	bound *binding
}

func (s site) to(at celast.Expr) site { return site{s.x, at, s.bound} }

// bind is the site of the predicate of a macro for one element.
func (s site) bind(at celast.Expr, name string, e element) site {
	return site{s.x, at, &binding{outer: s.bound, name: name, element: e}}
}

// binding is a variable of a macro.
type binding struct {
	outer *binding
	name  string
	element
}

func (b *binding) find(name string) *binding {
	for ; b != nil; b = b.outer {
		if b.name == name {
			return b
		}
	}
	return nil
}

// element is what a macro goes over.
type element struct {
	value ref.Val
	from  *origin
}

// part names a part of an expression.
type part struct {
	x  *expression
	id int64
}

type evaluator = func(interpreter.Activation) ref.Val

type locator struct {
	run      *run
	e        *evaluation
	programs map[part]evaluator
	steps    int
}

// What is looked at for one violation, and how long, has an end: the place is a help, and
// the violation stands without it.
const (
	mostSteps  = 20_000
	mostSearch = time.Second
)

// tired tells that no more is looked for.
func (l *locator) tired() bool {
	l.steps++
	return l.steps > mostSteps || l.e.ctx.Err() != nil
}

// value evaluates a part; nil is for what gives no value.
func (l *locator) value(s site) ref.Val {
	if l.tired() {
		return nil
	}
	key := part{s.x, s.at.ID()}
	evaluate := l.programs[key]
	if evaluate == nil {
		tree := celast.NewCheckedAST(celast.NewAST(s.at, s.x.tree.SourceInfo()), s.x.tree.TypeMap(), s.x.tree.ReferenceMap())
		program, err := s.x.env.PlanProgram(tree, cel.InterruptCheckFrequency(celconfig.CheckFrequency))
		evaluate = func(names interpreter.Activation) ref.Val {
			if err != nil {
				return nil
			}
			value, _, err := program.ContextEval(l.e.ctx, names)
			if err != nil || types.IsUnknownOrError(value) {
				return nil
			}
			return value
		}
		l.programs[key] = evaluate
	}
	return evaluate(&boundNames{l.e.names, s.bound})
}

// boundNames are the names of an expression with the variables of macros.
type boundNames struct {
	*names
	bound *binding
}

// ResolveName gives the value of a name.
func (n *boundNames) ResolveName(name string) (any, bool) {
	if b := n.bound.find(name); b != nil {
		return b.value, true
	}
	return n.names.ResolveName(name)
}

func (l *locator) is(s site, value ref.Val) bool {
	v := l.value(s)
	return v != nil && v.Equal(value) == types.True
}

// variable is the site of the expression of a variable, where s names one.
func (l *locator) variable(s site) (site, bool) {
	if s.at.Kind() != celast.SelectKind || s.at.AsSelect().IsTestOnly() {
		return site{}, false
	}
	of := s.at.AsSelect()
	if of.Operand().Kind() != celast.IdentKind || of.Operand().AsIdent() != variablesName || s.bound.find(variablesName) != nil {
		return site{}, false
	}
	for _, v := range l.run.policy.variables {
		if v.name == of.FieldName() {
			return site{x: v.expression, at: v.tree.Expr()}, true
		}
	}
	return site{}, false
}
