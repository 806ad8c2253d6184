package suite

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/tester"

	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// Coverage is how many lines of policies their unit tests reached.
type Coverage struct {
	Covered    int `json:"covered"`
	NotCovered int `json:"notCovered"`
}

// Percent of the lines that were reached; 100 where there are none.
func (c Coverage) Percent() float64 {
	all := c.Covered + c.NotCovered
	if all == 0 {
		return 100
	}
	return float64(c.Covered) * 100 / float64(all)
}

// Units runs the unit tests of Rego in a library: the rules whose name begins with
// test_, as opa test does; those with todo_test_ are skipped. Coverage is by file of
// a policy, tests themselves left out. A package that does not compile is a fault,
// and the others run.
func Units(ctx context.Context, l *rego.Library, data rego.Data) ([]Row, map[string]Coverage, []rego.Fault) {
	var rows []Row
	var faults []rego.Fault
	reached := map[string]cover.FileReport{}
	for _, p := range l.Packages() {
		if !slices.ContainsFunc(l.Modules(p), hasTests) {
			continue
		}
		modules := l.Closure(p)
		for file, m := range modules {
			modules[file] = m.Copy()
		}
		got, report, err := runUnits(ctx, modules, p, given{data, l.Read})
		if err != nil {
			faults = append(faults, rego.Faults(p, err)...)
			continue
		}
		rows = append(rows, got...)
		for file, f := range report.Files {
			if !slices.ContainsFunc(modules[file].Rules, isTest) {
				reached[file] = union(reached[file], *f)
			}
		}
	}
	coverage := map[string]Coverage{}
	for file, f := range reached {
		coverage[file] = Coverage{Covered: lines(f.Covered), NotCovered: lines(f.NotCovered)}
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(strings.Compare(a.Suite, b.Suite), a.Line-b.Line)
	})
	return rows, coverage, faults
}

func hasTests(m *ast.Module) bool { return slices.ContainsFunc(m.Rules, isTest) }

func isTest(r *ast.Rule) bool {
	name := r.Head.Ref()[0].String()
	return strings.HasPrefix(name, tester.TestPrefix) || strings.HasPrefix(name, tester.SkipTestPrefix)
}

// given is what unit tests are given besides modules.
type given struct {
	data rego.Data
	read rego.Reader
}

// runUnits runs the tests of one package.
func runUnits(ctx context.Context, modules map[string]*ast.Module, p string, g given) ([]Row, cover.Report, error) {
	c := cover.New()
	results, err := tester.NewRunner().
		SetCompiler(ast.NewCompiler().WithCapabilities(rego.Capabilities()).WithEnablePrintStatements(true)).
		SetStore(g.data.Store()).
		SetRuntime(ast.ObjectTerm()).
		SetTimeout(rego.DefaultDeadline).
		AddCustomBuiltins(rego.TestBuiltins(g.read)).
		SetCoverageQueryTracer(c).
		SetModules(modules).
		RunTests(ctx, nil)
	if err != nil {
		return nil, cover.Report{}, err
	}
	var rows []Row
	for r := range results {
		if r.Package != p {
			continue
		}
		row := Row{Test: strings.TrimPrefix(r.Package, "data."), Case: r.Name, Status: Passed}
		if r.Location != nil {
			row.Suite, row.Line = r.Location.File, r.Location.Row
		}
		switch {
		case r.Skip:
			row.Status, row.Reason = Skipped, "the test is marked as to be done"
		case r.Error != nil:
			row.Status, row.Reason = Failed, firstLine(r.Error.Error())
		case r.Fail:
			row.Status, row.Reason = Failed, "the test is not true"+printed(string(r.Output))
		}
		rows = append(rows, row)
	}
	return rows, c.Report(modules), nil
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// mostPrinted is how many bytes are shown of what a test prints.
const mostPrinted = 400

// printed words what a failing test said by print.
func printed(output string) string {
	output = strings.TrimSpace(output)
	if output == "" {
		return ""
	}
	if len(output) > mostPrinted {
		output = strings.ToValidUTF8(output[:mostPrinted], "") + " …"
	}
	return "; it prints: " + strings.ReplaceAll(output, "\n", " | ")
}

// union adds up what two runs reached of one file.
func union(a, b cover.FileReport) cover.FileReport {
	covered, all := map[int]bool{}, map[int]bool{}
	for _, f := range []cover.FileReport{a, b} {
		for row := range rows(f.Covered) {
			covered[row], all[row] = true, true
		}
		for row := range rows(f.NotCovered) {
			all[row] = true
		}
	}
	var out cover.FileReport
	for _, row := range slices.Sorted(maps.Keys(all)) {
		at := cover.Range{Start: cover.Position{Row: row}, End: cover.Position{Row: row}}
		if covered[row] {
			out.Covered = append(out.Covered, at)
		} else {
			out.NotCovered = append(out.NotCovered, at)
		}
	}
	return out
}

func rows(ranges []cover.Range) map[int]bool {
	out := map[int]bool{}
	for _, r := range ranges {
		for row := r.Start.Row; row <= r.End.Row; row++ {
			out[row] = true
		}
	}
	return out
}

func lines(ranges []cover.Range) int { return len(rows(ranges)) }
