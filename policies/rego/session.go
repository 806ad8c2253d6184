package rego

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/print"
)

// Options say how modules are compiled where a person asks for more than a gate
// needs.
type Options struct {
	Strict bool // what the compiler calls strict
	// Capabilities are what the modules may use; nil for all that there is. The
	// network can never be reached.
	Capabilities *ast.Capabilities
	Read         Reader
}

// ReadCapabilities reads a file of capabilities, as `opa capabilities` writes them.
func ReadCapabilities(data []byte) (*ast.Capabilities, error) {
	c, err := ast.LoadCapabilitiesJSON(strings.NewReader(string(data)))
	if err != nil {
		return nil, fmt.Errorf("read the capabilities: %w", err)
	}
	return c, nil
}

// capabilities are those that o asks for. Functions that reach the network are
// declared, so that unit tests can stand in for them; they can reach no host.
func (o Options) capabilities() *ast.Capabilities {
	c := o.Capabilities
	if c == nil {
		c = ast.CapabilitiesForThisVersion()
		c.Builtins = append(slices.Clone(c.Builtins), declared...)
	}
	closed := *c
	closed.AllowNet = []string{}
	return &closed
}

// Compiler returns a compiler that does as o says. It keeps print statements.
func (o Options) Compiler() *ast.Compiler {
	return ast.NewCompiler().WithEnablePrintStatements(true).WithCapabilities(o.capabilities()).WithStrict(o.Strict)
}

// CompileAs compiles modules as o says. They are not changed. The error is the
// compiler's own, with all that it found.
func CompileAs(modules map[string]*ast.Module, o Options) (*Program, error) {
	c := o.Compiler()
	own := make(map[string]*ast.Module, len(modules))
	for name, m := range modules {
		own[name] = m.Copy()
	}
	if c.Compile(own); c.Failed() {
		return nil, c.Errors
	}
	return &Program{compiler: c, read: o.Read, builtins: forQueries(builtinsFor(o.Read))}, nil
}

// An Answer is all that one evaluation tells.
type Answer struct {
	Values []*ast.Term // of each solution
	Prints []string    // what print statements said, with their places
	Trace  []string    // its lines, where it was asked for
	// Errors are those of built-in functions, for which the expressions in which they
	// stand were undefined.
	Errors []string
}

// Ask evaluates one query from its text, and tells what came up on the way. It is
// slower than a Query. A call that would reach the network fails it.
func (p *Program) Ask(ctx context.Context, g Given, query string, trace bool) (Answer, error) {
	limit := g.Deadline
	if limit == 0 {
		limit = DefaultDeadline
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var answer Answer
	var failed []topdown.Error
	data := g.Data.orNone()
	options := []func(*rego.Rego){
		rego.Query(query), rego.Compiler(p.compiler), rego.Store(data.store), rego.Transaction(data.txn),
		rego.Runtime(noRuntime), rego.Time(g.Time), rego.Seed(fixedSeed{}), rego.Trace(trace),
		rego.PrintHook((*prints)(&answer.Prints)), rego.BuiltinErrorList(&failed),
	}
	if g.Input != nil {
		options = append(options, rego.ParsedInput(g.Input.Value))
	}
	for _, b := range builtinsFor(p.read) {
		options = append(options, b.option())
	}
	r := rego.New(options...)
	set, err := r.Eval(ctx)
	if err != nil {
		return answer, evaluationError(ctx, err)
	}
	for i := range failed {
		answer.Errors = append(answer.Errors, failed[i].Error())
	}
	if trace {
		var b strings.Builder
		rego.PrintTrace(&b, r)
		answer.Trace = strings.FieldsFunc(b.String(), func(c rune) bool { return c == '\n' })
	}
	for _, result := range set {
		for _, e := range result.Expressions {
			value, err := ast.InterfaceToValue(e.Value)
			if err != nil {
				return answer, fmt.Errorf("read the value of %s: %w", query, err)
			}
			answer.Values = append(answer.Values, ast.NewTerm(value))
		}
	}
	return answer, networkError(failed)
}

// prints collects what print statements say.
type prints []string

// Print implements the hook of the engine.
func (p *prints) Print(c print.Context, message string) error {
	*p = append(*p, fmt.Sprintf("%v: %s\n", c.Location, message))
	return nil
}

// networkError tells of a call that would have reached the network.
func networkError(failed []topdown.Error) error {
	for _, e := range failed {
		for _, name := range refused {
			if strings.HasPrefix(e.Message, name+":") {
				return Fault{File: e.Location.File, Line: e.Location.Row, Message: name + " is called, and policies reach no network here"}
			}
		}
	}
	return nil
}

// ReachesOut lists where modules use what they do not get here: the network, and the
// environment of the process.
func ReachesOut(modules map[string]*ast.Module) []Fault {
	var out []Fault
	for file, m := range modules {
		ast.WalkRefs(m, func(r ast.Ref) bool {
			name := r.String()
			switch {
			case slices.Contains(refused, name):
				out = append(out, Fault{File: file, Line: r[0].Location.Row, Message: name + " reaches no network here"})
			case name == "opa.runtime":
				out = append(out, Fault{File: file, Line: r[0].Location.Row, Message: "opa.runtime tells nothing of the environment here"})
			}
			return false
		})
	}
	slices.SortFunc(out, func(a, b Fault) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return slices.Compact(out)
}

// HasPrints tells whether any of modules has a print statement.
func HasPrints(modules map[string]*ast.Module) bool {
	found := false
	for _, m := range modules {
		ast.WalkRefs(m, func(r ast.Ref) bool {
			found = found || len(r) == 1 && r[0].Value.Compare(ast.Var("print")) == 0
			return found
		})
	}
	return found
}
