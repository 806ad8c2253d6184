package conftest

import (
	"bytes"
	"encoding/json"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
)

// The objects of SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0) that conftest
// writes.
type (
	sarifLog struct {
		Version string     `json:"version"`
		Schema  string     `json:"$schema"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
	}
	sarifDriver struct {
		InformationURI string      `json:"informationUri"`
		Name           string      `json:"name"`
		Rules          []sarifRule `json:"rules"`
		Version        string      `json:"version"`
	}
	sarifRule struct {
		ID               string         `json:"id"`
		ShortDescription sarifText      `json:"shortDescription"`
		Properties       map[string]any `json:"properties,omitempty"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful  bool   `json:"executionSuccessful"`
		ExitCode    int    `json:"exitCode"`
		Description string `json:"exitCodeDescription"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPlace `json:"physicalLocation"`
	}
	sarifPlace struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
		EndLine   int `json:"endLine"`
	}
)

// sarifKinds are the kinds of results with the word of their rule, their level and
// what describes them.
var sarifKinds = map[string][2]string{
	"deny":    {"error", "Policy violation"},
	"warn":    {"warning", "Policy warning"},
	"allow":   {"note", "Policy exception"},
	"success": {"none", "Policy was satisfied successfully"},
	"skip":    {"none", "Policy check was skipped"},
}

// sarifReport names the tool as conftest does: hosts know findings of before by it.
func sarifReport(b *bytes.Buffer, r results, o options) error {
	var run sarifRun
	run.Tool.Driver = sarifDriver{InformationURI: "https://github.com/open-policy-agent/conftest", Name: "conftest", Rules: []sarifRule{}, Version: strings.TrimPrefix(o.version, "v")}
	run.Results = []sarifResult{}
	for _, c := range r {
		run.file(c)
	}
	code, words := r.exitCode(false), "No policy violations found"
	switch {
	case code != 0:
		words = "Policy violations found"
	case r.totals().warnings > 0:
		words = "Policy warnings found"
	}
	run.Invocations = []sarifInvocation{{true, code, words}}
	text, err := json.Marshal(sarifLog{"2.1.0", "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/sarif-2.1/schema/sarif-schema-2.1.0.json", []sarifRun{run}})
	b.Write(text)
	return err
}

// file adds the results of a file; one without failures and warnings has one result
// that says so.
func (run *sarifRun) file(c checked) {
	for _, one := range c.Failures {
		run.result(c, "deny", one)
	}
	for _, one := range c.Warnings {
		run.result(c, "warn", one)
	}
	for _, one := range c.Exceptions {
		run.result(c, "allow", one)
	}
	if len(c.Failures)+len(c.Warnings) > 0 {
		return
	}
	kind := "skip"
	if c.Successes+len(c.Exceptions) > 0 {
		kind = "success"
	}
	words := sarifKinds[kind][1]
	run.result(c, kind, result{Message: words, Metadata: map[string]any{"description": words}})
}

func (run *sarifRun) result(c checked, kind string, one result) {
	id := c.Namespace + "/" + kind
	index := -1
	for i, rule := range run.Tool.Driver.Rules {
		if rule.ID == id {
			index = i
		}
	}
	if index < 0 {
		index = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{id, sarifText{sarifKinds[kind][1]}, one.Metadata})
	}
	var at sarifPlace
	file := c.File
	if l := one.Location; l != nil {
		file = l.File
		line, _ := strconv.Atoi(l.Line.String())
		at.Region = &sarifRegion{line, line}
	}
	uri := url.URL{Path: filepath.ToSlash(file)}
	at.Artifact.URI = uri.EscapedPath()
	run.Results = append(run.Results, sarifResult{id, index, sarifKinds[kind][0], sarifText{one.Message}, []sarifLocation{{at}}})
}
