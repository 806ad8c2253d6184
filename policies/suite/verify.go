package suite

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/lineage"

	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// A Unit is what came of one unit test, as OPA's runner tells it.
type Unit struct {
	File    string
	Package string // data.main
	Name    string
	Failed  bool
	Skipped bool
	Trace   []string

	result *tester.Result
}

// VerifyOptions say how unit tests are run from conftest's command line.
type VerifyOptions struct {
	rego.Options
	Trace         bool
	BuiltinErrors bool
}

// Verify runs the unit tests of modules, in the order of their places. A test that
// cannot be evaluated is an error.
func Verify(ctx context.Context, modules map[string]*ast.Module, data rego.Data, o VerifyOptions) ([]Unit, error) {
	own := make(map[string]*ast.Module, len(modules))
	for file, m := range modules {
		own[file] = m.Copy()
	}
	results, err := tester.NewRunner().
		SetCompiler(o.Compiler()).
		SetStore(data.Store()).
		SetRuntime(ast.ObjectTerm()).
		SetTimeout(rego.DefaultDeadline).
		AddCustomBuiltins(rego.TestBuiltins(o.Read)).
		SetModules(own).
		EnableTracing(o.Trace).
		RaiseBuiltinErrors(o.BuiltinErrors).
		RunTests(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	var units []Unit
	for r := range results {
		if err == nil && r.Error != nil {
			err = fmt.Errorf("run %s.%s: %w", r.Package, r.Name, r.Error)
		}
		u := Unit{Package: r.Package, Name: r.Name, Failed: r.Fail, Skipped: r.Skip, result: r}
		if r.Location != nil {
			u.File = r.Location.File
		}
		if o.Trace {
			var b strings.Builder
			topdown.PrettyTrace(&b, r.Trace)
			u.Trace = strings.FieldsFunc(b.String(), func(c rune) bool { return c == '\n' })
		}
		units = append(units, u)
	}
	slices.SortStableFunc(units, func(a, b Unit) int {
		return cmp.Or(strings.Compare(a.File, b.File), row(a)-row(b), strings.Compare(a.Name, b.Name))
	})
	return units, err
}

func row(u Unit) int {
	if u.result.Location == nil {
		return 0
	}
	return u.result.Location.Row
}

// Report writes units as opa test does: with the events that failed ("fails"), with
// those of trace statements ("notes"), or with all ("full").
func Report(w io.Writer, units []Unit, events string, variables bool) error {
	results := make(chan *tester.Result, len(units))
	for _, u := range units {
		r := *u.result
		r.Trace = filtered(r.Trace, events)
		results <- &r
	}
	close(results)
	return tester.PrettyReporter{Verbose: true, Output: w, FailureLine: true, LocalVars: variables}.Report(results)
}

func filtered(trace []*topdown.Event, events string) []*topdown.Event {
	if events == "full" {
		return trace
	}
	want := topdown.FailOp
	if events == "notes" {
		want = topdown.NoteOp
	}
	return lineage.Filter(trace, func(e *topdown.Event) bool { return e.Op == want })
}
