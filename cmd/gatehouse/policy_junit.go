package main

import (
	"encoding/xml"
	"fmt"

	"github.com/gatehouse-dev/gatehouse/policies/suite"
)

// The JUnit elements that tell of tests of policies: those that GitLab and Jenkins
// read (docs.gitlab.com, unit test reports).
type (
	testSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		testCounts
		Suites []*testSuite `xml:"testsuite"`
	}
	testCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	testSuite struct {
		Name string `xml:"name,attr"`
		testCounts
		Cases []testElement `xml:"testcase"`
	}
	testElement struct {
		Class   string      `xml:"classname,attr"`
		Name    string      `xml:"name,attr"`
		File    string      `xml:"file,attr"`
		Line    int         `xml:"line,attr"`
		Failure *testReason `xml:"failure"`
		Error   *testReason `xml:"error"`
		Skipped *testReason `xml:"skipped"`
	}
	testReason struct {
		Message string `xml:"message,attr"`
	}
)

// junit writes a suite for each file with its cases, and a case with an error for
// each policy that cannot be used.
func (o testOutcome) junit() (string, error) {
	all := testSuites{Name: "gatehouse policy test"}
	byFile := map[string]*testSuite{}
	add := func(file string, e testElement, c testCounts) {
		s := byFile[file]
		if s == nil {
			s = &testSuite{Name: printable(file)}
			byFile[file] = s
			all.Suites = append(all.Suites, s)
		}
		s.Cases = append(s.Cases, e)
		for _, sum := range []*testCounts{&s.testCounts, &all.testCounts} {
			*sum = testCounts{sum.Tests + 1, sum.Failures + c.Failures, sum.Errors + c.Errors, sum.Skipped + c.Skipped}
		}
	}
	for _, c := range o.cases {
		e := testElement{Class: printable(c.Test), Name: c.name(), File: printable(c.File), Line: c.Line}
		reason := &testReason{printable(c.Reason)}
		switch c.Result {
		case suite.Failed:
			e.Failure = reason
			add(c.File, e, testCounts{Failures: 1})
		case suite.Skipped:
			e.Skipped = reason
			add(c.File, e, testCounts{Skipped: 1})
		default:
			add(c.File, e, testCounts{})
		}
	}
	for _, f := range o.faults {
		add(f.File, testElement{Class: "policy", Name: fmt.Sprintf("%s:%d", printable(f.File), f.Line), File: printable(f.File), Line: f.Line,
			Error: &testReason{printable(f.Message)}}, testCounts{Errors: 1})
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return "", fmt.Errorf("write the result as JUnit: %w", err)
	}
	return xml.Header + string(text) + "\n", nil
}
