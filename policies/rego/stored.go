package rego

import (
	"fmt"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policies/packed"
	"github.com/open-policy-agent/opa/v1/ast"
)

// A Stored module is one that was read back. It may be shared, and is not changed.
type Stored struct {
	file   string
	module *ast.Module
}

// ReadStored reads a module that Store has written. The text is kept by it.
func ReadStored(text string) (Stored, error) {
	r := newRestorer(text)
	s := r.module()
	return s, r.Err()
}

// ReadStoredTerm reads what StoreTerm has written.
func ReadStoredTerm(text string) (*ast.Term, error) {
	r := newRestorer(text)
	t := r.term()
	return t, r.Err()
}

func newRestorer(text string) *restorer {
	r := &restorer{Reader: packed.NewReader(text)}
	r.strings, r.vars = make([]*ast.Term, r.Distinct()), make([]*ast.Term, r.Distinct())
	return r
}

// restorer takes a stored module apart.
type restorer struct {
	*packed.Reader
	file string

	// What there is much of is taken in pieces, and words stand for one term each.
	exprs   []ast.Expr
	places  []ast.Location
	terms   []ast.Term
	strings []*ast.Term
	vars    []*ast.Term
}

// piece is how many of one thing are taken at a time.
const piece = 64

func (r *restorer) at() *ast.Location {
	if len(r.places) == cap(r.places) {
		r.places = make([]ast.Location, 0, piece)
	}
	r.places = append(r.places, ast.Location{File: r.file, Row: r.Int(), Col: r.Int()})
	return &r.places[len(r.places)-1]
}

func (r *restorer) module() Stored {
	r.file = r.Word()
	m := &ast.Module{Package: &ast.Package{Path: r.list(), Location: &ast.Location{File: r.file, Row: 1, Col: 1}}}
	m.SetRegoVersionSpan(ast.RegoVersionSpanOf(ast.RegoV1))
	m.Rules = make([]*ast.Rule, r.Count())
	for i := range m.Rules {
		m.Rules[i] = r.rule(m)
	}
	return Stored{file: r.file, module: m}
}

func (r *restorer) rule(m *ast.Module) *ast.Rule {
	flags := r.Int()
	at := r.at()
	rule := &ast.Rule{Module: m, Location: at, Default: flags&ruleDefault != 0}
	rule.Head = &ast.Head{Location: at, Assign: flags&ruleAssigns != 0, Name: ast.Var(r.Word()), Reference: r.list()}
	rule.Head.Args = r.list()
	rule.Head.Key, rule.Head.Value = r.term(), r.term()
	rule.Body = r.body()
	if flags&ruleHasElse != 0 && !r.Failed() {
		rule.Else = r.rule(m)
	}
	return rule
}

func (r *restorer) body() ast.Body {
	n := r.Count()
	if n == 0 {
		return nil
	}
	body := make(ast.Body, n)
	for i := range body {
		body[i] = r.expr(i)
	}
	return body
}

func (r *restorer) expr(index int) *ast.Expr {
	if len(r.exprs) == cap(r.exprs) {
		r.exprs = make([]ast.Expr, 0, piece)
	}
	flags := r.Int()
	r.exprs = append(r.exprs, ast.Expr{Index: index, Negated: flags&exprNegated != 0, Generated: flags&exprGenerated != 0, Location: r.at()})
	e := &r.exprs[len(r.exprs)-1]
	switch r.Int() {
	case exprTerm:
		e.Terms = r.term()
	case exprCall:
		e.Terms = r.list()
	case exprEvery:
		e.Terms = &ast.Every{Key: r.term(), Value: r.term(), Domain: r.term(), Body: r.body(), Location: e.Location}
	default:
		r.Fail()
	}
	if n := r.Count(); n > 0 {
		e.With = make([]*ast.With, n)
		for i := range e.With {
			e.With[i] = &ast.With{Target: r.term(), Value: r.term(), Location: e.Location}
		}
	}
	return e
}

func (r *restorer) list() []*ast.Term {
	n := r.Count()
	if n == 0 {
		return nil
	}
	list := make([]*ast.Term, n)
	for i := range list {
		list[i] = r.term()
	}
	return list
}

func (r *restorer) new(v ast.Value) *ast.Term {
	if len(r.terms) == cap(r.terms) {
		r.terms = make([]ast.Term, 0, piece)
	}
	r.terms = append(r.terms, ast.Term{Value: v})
	return &r.terms[len(r.terms)-1]
}

func (r *restorer) term() *ast.Term {
	switch r.Int() {
	case tagNone:
		return nil
	case tagNull:
		return ast.NullTerm()
	case tagTrue:
		return ast.BooleanTerm(true)
	case tagFalse:
		return ast.BooleanTerm(false)
	case tagNumber:
		return r.new(ast.Number(r.Word()))
	case tagString:
		return r.shared(r.strings, func(s string) ast.Value { return ast.String(s) })
	case tagVar:
		return r.shared(r.vars, func(s string) ast.Value { return ast.Var(s) })
	case tagRef:
		return r.new(ast.Ref(r.list()))
	case tagCall:
		return r.new(ast.Call(r.list()))
	case tagArray:
		return r.new(ast.NewArray(r.list()...))
	case tagSet:
		return r.new(ast.NewSet(r.list()...))
	case tagObject:
		return r.new(r.object())
	case tagArrayOf:
		return r.new(&ast.ArrayComprehension{Term: r.term(), Body: r.body()})
	case tagSetOf:
		return r.new(&ast.SetComprehension{Term: r.term(), Body: r.body()})
	case tagObjectOf:
		return r.new(&ast.ObjectComprehension{Key: r.term(), Value: r.term(), Body: r.body()})
	}
	r.Fail()
	return nil
}

func (r *restorer) object() ast.Object {
	pairs := make([][2]*ast.Term, r.Count())
	for i := range pairs {
		pairs[i] = [2]*ast.Term{r.term(), r.term()}
	}
	if r.Failed() {
		return ast.NewObject()
	}
	return ast.NewObject(pairs...)
}

// shared is the one term of a word.
func (r *restorer) shared(terms []*ast.Term, make func(string) ast.Value) *ast.Term {
	i := r.Index()
	if i < 0 {
		return nil
	}
	if terms[i] == nil {
		terms[i] = r.new(make(r.At(i)))
	}
	return terms[i]
}

// linking is all that is left to do for modules that were compiled before: to find rules
// by their names and by what they ask for.
var linking = []ast.StageID{ast.StageSetModuleTree, ast.StageSetRuleTree, ast.StageBuildRuleIndices}

// Link makes a Program of modules that were compiled together, with all that they refer
// to.
func Link(modules []Stored) (*Program, error) {
	byFile, stubs := make(map[string]*ast.Module, len(modules)), make(map[string]*ast.Module, len(modules))
	for _, m := range modules {
		byFile[m.file], stubs[m.file] = m.module, &ast.Module{Package: m.module.Package}
	}
	// The compiler copies what it is given, which is most of its work here. None of
	// these stages changes a module, so it is given stubs, and the modules after that.
	unveil := func(c *ast.Compiler) *ast.Error {
		c.Modules, c.ModuleTree = byFile, ast.NewModuleTree(byFile)
		return nil
	}
	c := ast.NewCompiler().
		WithCapabilities(&ast.Capabilities{Builtins: []*ast.Builtin{ast.Equality}, AllowNet: []string{}}).
		WithSkipStages(slices.DeleteFunc(ast.AllStages(), func(s ast.StageID) bool { return slices.Contains(linking, s) })...).
		WithStageAfterID(ast.StageSetModuleTree, ast.CompilerStageDefinition{Name: "Unveil", MetricName: "unveil", Stage: unveil})
	c.Compile(stubs)
	if c.Failed() {
		return nil, fmt.Errorf("link stored policies: %w", c.Errors)
	}
	return &Program{compiler: c}, nil
}
