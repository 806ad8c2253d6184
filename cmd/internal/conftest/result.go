package conftest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policies/conftest"
)

// The results as conftest writes them in JSON, and reads them to reformat.
type (
	result struct {
		Message  string         `json:"msg"`
		Location *location      `json:"loc,omitempty"`
		Metadata map[string]any `json:"metadata,omitempty"`
	}
	location struct {
		File string      `json:"file,omitempty"`
		Line json.Number `json:"line,omitempty"`
	}
	// checked is what a namespace says of a file.
	checked struct {
		File       string   `json:"filename"`
		Namespace  string   `json:"namespace"`
		Successes  int      `json:"successes"`
		Skipped    []result `json:"skipped,omitempty"`
		Warnings   []result `json:"warnings,omitempty"`
		Failures   []result `json:"failures,omitempty"`
		Exceptions []result `json:"exceptions,omitempty"`

		queries []conftest.Asked
	}
	results []checked
)

// resultOf words what rules say of a file, without its secret values.
func resultOf(file, namespace string, said conftest.Said, redactor func() func(string) string) checked {
	c := checked{File: file, Namespace: namespace, Successes: said.Successes, queries: said.Queries}
	redact := func(s string) string { return s }
	if len(said.Failures)+len(said.Warnings)+len(said.Queries) > 0 {
		redact = redactor()
	}
	for _, r := range said.Failures {
		c.Failures = append(c.Failures, resultFrom(r, redact))
	}
	for _, r := range said.Warnings {
		c.Warnings = append(c.Warnings, resultFrom(r, redact))
	}
	for _, query := range said.Exceptions {
		c.Exceptions = append(c.Exceptions, result{Message: query})
	}
	for i := range c.queries {
		c.queries[i].Prints = each(c.queries[i].Prints, redact)
		c.queries[i].Trace = each(c.queries[i].Trace, redact)
	}
	return c
}

func each(list []string, change func(string) string) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = change(list[i])
	}
	return out
}

func resultFrom(r conftest.Result, redact func(string) string) result {
	out := result{Message: redact(r.Message), Metadata: map[string]any{}}
	for key, value := range r.Metadata {
		out.Metadata[key] = redacted(value, redact)
	}
	out.Metadata["query"] = r.Query
	if r.Loc != (conftest.Loc{}) {
		out.Location = &location{File: r.Loc.File}
		if r.Loc.Line != 0 {
			out.Location.Line = json.Number(fmt.Sprint(r.Loc.Line))
		}
	}
	return out
}

// redacted is a value of metadata with its texts redacted.
func redacted(v any, redact func(string) string) any {
	switch v := v.(type) {
	case string:
		return redact(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = redacted(v[i], redact)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[redact(key)] = redacted(value, redact)
		}
		return out
	}
	return v
}

// totals counts results by their kinds.
type totals struct{ successes, failures, warnings, exceptions, skipped int }

func (c checked) totals() totals {
	return totals{c.Successes, len(c.Failures), len(c.Warnings), len(c.Exceptions), len(c.Skipped)}
}

func (r results) totals() totals {
	var sum totals
	for _, c := range r {
		t := c.totals()
		sum = totals{sum.successes + t.successes, sum.failures + t.failures, sum.warnings + t.warnings, sum.exceptions + t.exceptions, sum.skipped + t.skipped}
	}
	return sum
}

func (t totals) tests() int { return t.successes + t.failures + t.warnings + t.exceptions + t.skipped }

// String is the last line of most outputs.
func (t totals) String() string {
	return fmt.Sprintf("%s, %d passed, %s, %s, %s", count(t.tests(), "test"), t.successes,
		count(t.warnings, "warning"), count(t.failures, "failure"), count(t.exceptions, "exception"))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// exitCode is 1 for failures; where warnings count, 1 for those and 2 for failures.
func (r results) exitCode(warnings bool) int {
	failed := slices.ContainsFunc(r, func(c checked) bool { return len(c.Failures) > 0 })
	warned := slices.ContainsFunc(r, func(c checked) bool { return len(c.Warnings) > 0 })
	switch {
	case failed && warnings:
		return 2
	case failed || warned && warnings:
		return 1
	}
	return 0
}
