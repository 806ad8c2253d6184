package conftest

import (
	"bytes"
	"encoding/xml"
	"runtime"
	"strings"
)

// The elements of JUnit's XML that conftest writes.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Time       string          `xml:"time,attr"`
		Name       string          `xml:"name,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Skipped *junitSkip    `xml:"skipped"`
		Failure *junitFailure `xml:"failure"`
	}
	junitSkip struct {
		Message string `xml:"message,attr"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

const noTime = "0.000"

// junitText writes a suite for each namespace. Exceptions are no cases.
func junitText(b *bytes.Buffer, r results, o options) error {
	var out junitSuites
	at := map[string]int{}
	for _, c := range r {
		cases := c.junitCases(o)
		if len(cases) == 0 {
			continue
		}
		i, ok := at[c.Namespace]
		if !ok {
			i = len(out.Suites)
			at[c.Namespace] = i
			out.Suites = append(out.Suites, junitSuite{Time: noTime, Name: "conftest." + c.Namespace, Properties: []junitProperty{{"go.version", runtime.Version()}}})
		}
		s := &out.Suites[i]
		s.Cases = append(s.Cases, cases...)
		s.Tests += len(cases)
		s.Failures += len(c.Warnings) + len(c.Failures)
	}
	text, err := xml.MarshalIndent(out, "", "\t")
	if err != nil {
		return err
	}
	b.WriteString(xml.Header)
	b.Write(append(text, '\n'))
	return nil
}

func (c checked) junitCases(o options) []junitCase {
	class := "conftest." + c.Namespace
	if i := strings.LastIndexByte(class, '/'); i >= 0 {
		class = class[i+1:]
	}
	var cases []junitCase
	add := func(message string) *junitCase {
		name := c.File
		if message != "" && !o.hideMessages {
			first, _, _ := strings.Cut(message, "\n")
			name += " - " + first
		}
		cases = append(cases, junitCase{Class: class, Name: name, Time: noTime})
		return &cases[len(cases)-1]
	}
	for _, list := range [][]result{c.Warnings, c.Failures} {
		for _, one := range list {
			add(one.Message).Failure = &junitFailure{Message: "Failed", Text: one.Message}
		}
	}
	for _, one := range c.Skipped {
		add(one.Message).Skipped = &junitSkip{one.Message}
	}
	for range c.Successes {
		add("")
	}
	return cases
}
