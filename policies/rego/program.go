package rego

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// A Program is a set of modules, compiled once. It may be shared.
type Program struct {
	compiler *ast.Compiler
	read     Reader
	builtins map[string]*topdown.Builtin // nil for those of a program that reads no files
}

// Compile compiles modules, which it may change. Names are what faults call them.
func Compile(modules map[string]*ast.Module) (*Program, []Fault) {
	c := ast.NewCompiler().WithCapabilities(Capabilities()).SetErrorLimit(maxFaults)
	c.Compile(modules)
	if c.Failed() {
		return nil, faultsOf("", c.Errors)
	}
	return &Program{compiler: c}, nil
}

// functions are those that its modules have besides the engine's own.
func (p *Program) functions() map[string]*topdown.Builtin {
	if p.builtins == nil {
		return ownBuiltins
	}
	return p.builtins
}

// A Query is a question to a Program, prepared once and shared by all who ask it.
type Query struct {
	program *Program
	query   ast.QueryCompiler
	body    ast.Body
}

// Prepare compiles a question: expressions of Rego v1.
func (p *Program) Prepare(body ast.Body) (*Query, error) {
	qc := p.compiler.QueryCompiler()
	compiled, err := qc.Compile(body)
	if err != nil {
		return nil, fmt.Errorf("prepare the query: %w", err)
	}
	return &Query{program: p, query: qc, body: compiled}, nil
}

// Data is what policies read under data besides their rules. It may be shared; the
// zero value is empty.
type Data struct {
	root  ast.Object
	store storage.Store
	// txn reads the store, for all who read it: nothing is ever written to it.
	txn storage.Transaction
}

// NewData makes Data of an object, which must not be changed afterwards.
func NewData(root ast.Object) Data {
	store := inmem.NewFromASTObject(root)
	// In memory there is nothing that can fail.
	txn, _ := store.NewTransaction(context.Background())
	return Data{root, store, txn}
}

var noData = NewData(ast.NewObject())

func (d Data) orNone() Data {
	if d.store == nil {
		return noData
	}
	return d
}

// Store returns the data as storage of the caller's own.
func (d Data) Store() storage.Store { return inmem.NewFromASTObject(d.orNone().root) }

// Given is what an evaluation works on.
type Given struct {
	Input *ast.Term
	Data  Data
	// Time is the only clock that a policy can read.
	Time time.Time
	// Deadline bounds the evaluation; 0 stands for DefaultDeadline.
	Deadline time.Duration
}

// DefaultDeadline is how long one evaluation may take.
const DefaultDeadline = 5 * time.Second

// ErrDeadline is returned for an evaluation that took too long.
var ErrDeadline = errors.New("the evaluation took longer than allowed")

// Each evaluates q and calls visit for every solution with its variables. The
// terms must not be changed. Where Each returns an error, nothing is known.
func (q *Query) Each(ctx context.Context, g Given, visit func(topdown.QueryResult) error) error {
	return q.each(ctx, g, nil, visit)
}

func (q *Query) each(ctx context.Context, g Given, tracer topdown.QueryTracer, visit func(topdown.QueryResult) error) error {
	limit := g.Deadline
	if limit == 0 {
		limit = DefaultDeadline
	}
	cancel := topdown.NewCancel()
	defer time.AfterFunc(limit, cancel.Cancel).Stop()
	if ctx.Done() != nil {
		defer context.AfterFunc(ctx, cancel.Cancel)()
	}
	data := g.Data.orNone()
	query := topdown.NewQuery(q.body).
		WithCompiler(q.program.compiler).
		WithQueryCompiler(q.query).
		WithStore(data.store).
		WithTransaction(data.txn).
		WithInput(g.Input).
		WithTime(g.Time).
		WithSeed(fixedSeed{}).
		WithRuntime(noRuntime).
		WithBuiltins(q.program.functions()).
		WithMetrics(metrics.NoOp()).
		WithCancel(cancel)
	if tracer != nil {
		query = query.WithQueryTracer(tracer).WithIndexing(false).WithEarlyExit(false)
	}
	if err := query.Iter(ctx, visit); err != nil {
		return evaluationError(ctx, err)
	}
	return nil
}

// noRuntime is what policies see of the environment.
var noRuntime = ast.NewTerm(ast.NewObject())

// evaluationError keeps of an error of the engine what cannot hold a value of the
// input: its kind and where in the policy it came up.
func evaluationError(ctx context.Context, err error) error {
	if ctx.Err() != nil || topdown.IsCancel(err) {
		return ErrDeadline
	}
	var e *topdown.Error
	if !errors.As(err, &e) {
		return err
	}
	what := e.Code
	switch e.Code {
	case topdown.ConflictErr:
		what = "a rule gives two different values"
	case topdown.BuiltinErr:
		what = "a built-in function failed"
	case topdown.TypeErr:
		what = "a value has the wrong type"
	}
	if e.Location == nil {
		return errors.New(what)
	}
	return Fault{File: e.Location.File, Line: e.Location.Row, Column: e.Location.Col, Message: what}
}

// fixedSeed makes what is random in Rego the same in every run.
type fixedSeed struct{}

func (fixedSeed) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i)
	}
	return len(p), nil
}
