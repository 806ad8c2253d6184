package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policies"
	"github.com/gatehouse-dev/gatehouse/policies/suite"
)

// text tells people what came of tests: what failed, what was skipped and why, how
// much of the policies was reached.
func (o testOutcome) text(verbose bool) string {
	var b strings.Builder
	for _, c := range o.cases {
		if c.Result == suite.Passed && !verbose {
			continue
		}
		fmt.Fprintf(&b, "%-7s %s:%d: %s", c.Result, printable(c.File), c.Line, c.name())
		if c.Reason != "" {
			fmt.Fprintf(&b, ": %s", printable(c.Reason))
		}
		b.WriteString("\n")
	}
	for _, n := range o.notices {
		fmt.Fprintf(&b, "notice  %s:%d: %s\n", printable(n.File), n.Line, printable(n.Message))
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%d passed, %d failed, %d skipped", o.count(suite.Passed), o.count(suite.Failed), o.count(suite.Skipped))
	if total := o.total(); len(o.coverage) > 0 {
		fmt.Fprintf(&b, "; unit tests reach %.0f %% of the lines", total.Percent())
		if verbose {
			for _, file := range slices.Sorted(maps.Keys(o.coverage)) {
				fmt.Fprintf(&b, "\n%5.0f %%  %s", o.coverage[file].Percent(), printable(file))
			}
		}
	}
	b.WriteString("\n")
	return b.String()
}

// total adds up the coverage of all files.
func (o testOutcome) total() suite.Coverage {
	var sum suite.Coverage
	for _, c := range o.coverage {
		sum.Covered += c.Covered
		sum.NotCovered += c.NotCovered
	}
	return sum
}

func (o testOutcome) json() (string, error) {
	type counts struct {
		Passed  int `json:"passed"`
		Failed  int `json:"failed"`
		Skipped int `json:"skipped"`
	}
	type fileCoverage struct {
		File string `json:"file"`
		suite.Coverage
		Percent float64 `json:"percent"`
	}
	type coverage struct {
		suite.Coverage
		Percent float64        `json:"percent"`
		Files   []fileCoverage `json:"files"`
	}
	total := coverage{Coverage: o.total(), Percent: rounded(o.total().Percent()), Files: []fileCoverage{}}
	for _, file := range slices.Sorted(maps.Keys(o.coverage)) {
		c := o.coverage[file]
		total.Files = append(total.Files, fileCoverage{file, c, rounded(c.Percent())})
	}
	return asJSON(struct {
		Version  int          `json:"version"`
		Counts   counts       `json:"counts"`
		Cases    []testCase   `json:"cases"`
		Coverage coverage     `json:"coverage"`
		Faults   []policyNote `json:"faults"`
		Notices  []policyNote `json:"notices"`
	}{
		1, counts{o.count(suite.Passed), o.count(suite.Failed), o.count(suite.Skipped)},
		append([]testCase{}, o.cases...), total, policyNotes(o.faults), policyNotes(o.notices),
	})
}

// rounded leaves one digit behind the point.
func rounded(percent float64) float64 { return float64(int(percent*10+0.5)) / 10 }

// policyNote is a fault or a notice in JSON.
type policyNote struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Message string `json:"message"`
}

func policyNotes(list []policies.Fault) []policyNote {
	out := []policyNote{}
	for _, f := range list {
		out = append(out, policyNote{f.File, f.Line, f.Message})
	}
	return out
}
