package conftest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/suite"
)

// reports are what --report takes.
var reports = []string{"full", "notes", "fails"}

// verify is conftest verify.
func (p Program) verify(ctx context.Context, s settings) error {
	report := s.text("report")
	if !slices.Contains(reports, report) {
		report = ""
	}
	if report == "" && s.bool("var-values") {
		report = "fails"
	}
	session, err := p.session(s)
	if err != nil {
		return err
	}
	o := suite.VerifyOptions{Trace: s.bool("trace") || report != "", BuiltinErrors: s.bool("show-builtin-errors")}
	if o.Options, err = regoOptions(s); err != nil {
		return err
	}
	units, err := suite.Verify(ctx, session.Modules(), session.Data(), o)
	if err != nil {
		return fmt.Errorf("run the tests: %w", err)
	}
	if patterns := s.list("namespace"); len(patterns) > 0 {
		kept, err := matching(session.Namespaces(), patterns)
		if err != nil {
			return err
		}
		units = slices.DeleteFunc(units, func(u suite.Unit) bool { return !slices.Contains(kept, strings.TrimPrefix(u.Package, "data.")) })
	}
	code := 0
	if slices.ContainsFunc(units, func(u suite.Unit) bool { return u.Failed }) {
		code = 1
	}
	if !s.bool("quiet") || code != 0 {
		if err := p.writeUnits(units, report, s); err != nil {
			return err
		}
	}
	if code != 0 {
		return status(code)
	}
	return nil
}

func (p Program) writeUnits(units []suite.Unit, report string, s settings) error {
	if report == "" {
		o := outputOptions(s)
		o.showSkipped, o.trace = true, s.bool("trace")
		return p.write(resultsOf(units), s.text("output"), o)
	}
	if s.text("output") != "stdout" {
		return errors.New("report flag is supported with stdout only")
	}
	var b bytes.Buffer
	if err := suite.Report(&b, units, report, s.bool("var-values")); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return p.print(printable(b.String()))
}

// resultsOf makes a result of each unit test.
func resultsOf(units []suite.Unit) results {
	var list results
	for _, u := range units {
		c := checked{File: u.File, queries: []conftest.Asked{{Query: u.Name, Passed: !u.Failed, Trace: u.Trace}}}
		name := u.Package + "." + u.Name
		switch {
		case u.Failed:
			c.Failures = []result{{Message: name}}
		case u.Skipped:
			c.Skipped = []result{{Message: name}}
		default:
			c.Successes = 1
		}
		list = append(list, c)
	}
	return list
}
