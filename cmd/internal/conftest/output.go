package conftest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// outputs are the formats of results.
var outputs = []string{"stdout", "json", "tap", "table", "junit", "github", "azuredevops", "sarif"}

// options are what outputs depend on besides results.
type options struct {
	color, suppressExceptions, showSkipped, trace, hideMessages, hidePassed bool
	version                                                                 string
}

func outputOptions(s settings) options {
	return options{color: !s.bool("no-color"), hideMessages: s.bool("junit-hide-message"), hidePassed: s.bool("github-hide-passed")}
}

// write writes results in a format; conftest takes one that it does not know for
// stdout.
func (p Program) write(r results, format string, o options) error {
	if !slices.Contains(outputs, format) {
		fmt.Fprintf(p.Stderr, "notice: there is no output %q; this is stdout. The others are: %s\n", format, strings.Join(outputs, ", "))
	}
	if o.trace {
		fmt.Fprint(p.Stderr, printable(traceText(r, o)))
	}
	o.version = p.Version
	var b bytes.Buffer
	var err error
	switch format {
	case "json":
		err = jsonText(&b, r)
	case "tap":
		tapText(&b, r)
	case "table":
		tableText(&b, r)
	case "junit":
		err = junitText(&b, r, o)
	case "github":
		githubText(&b, r, o)
	case "azuredevops":
		azureText(&b, r)
	case "sarif":
		err = sarifReport(&b, r, o)
	default:
		standardText(&b, r, o)
	}
	if err != nil {
		return fmt.Errorf("write the output %s: %w", format, err)
	}
	return p.print(b.String())
}

// The colours of a terminal, as conftest uses them.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
	cyan   = "36"
)

func (o options) colored(text, color string) string {
	if !o.color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// indicators are the file and the namespace as lines show them.
func (c checked) indicators() string {
	file, namespace := "- "+c.File, "- "+c.Namespace+" -"
	if c.File == "-" {
		file = "-"
	}
	if c.Namespace == "-" {
		namespace = "-"
	}
	return printable(file + " " + namespace)
}

func standardText(b *bytes.Buffer, r results, o options) {
	for _, c := range r {
		for _, q := range c.queries {
			for _, text := range q.Prints {
				fmt.Fprintln(b, o.colored("PRNT ", blue), "", printable(text))
			}
		}
	}
	for _, c := range r {
		line := func(word, color string, list []result) {
			for _, one := range list {
				fmt.Fprintln(b, o.colored(word, color), c.indicators(), printable(one.Message))
			}
		}
		line("WARN", yellow, c.Warnings)
		line("FAIL", red, c.Failures)
		if !o.suppressExceptions {
			line("EXCP", cyan, c.Exceptions)
		}
	}
	t := r.totals()
	text, color := t.String(), green
	if o.showSkipped {
		text += fmt.Sprintf(", %d skipped", t.skipped)
	}
	switch {
	case t.failures > 0:
		color = red
	case t.warnings > 0:
		color = yellow
	case t.exceptions > 0:
		color = cyan
	}
	fmt.Fprintf(b, "\n%s\n", o.colored(text, color))
}

// traceText shows how each query was evaluated.
func traceText(r results, o options) string {
	var b strings.Builder
	o.color = false
	for _, c := range r {
		for _, q := range c.queries {
			fmt.Fprintf(&b, "file: %s | query: %s\n", c.File, q.Query)
			for _, line := range q.Trace {
				fmt.Fprintf(&b, "TRAC   %s\n", line)
			}
		}
	}
	return b.String()
}

func jsonText(b *bytes.Buffer, r results) error {
	if r == nil {
		b.WriteString("null\n")
		return nil
	}
	list := slices.Clone(r)
	for i := range list {
		if list[i].File == "-" {
			list[i].File = ""
		}
	}
	text, err := json.MarshalIndent(list, "", "\t")
	if err != nil {
		return err
	}
	b.Write(append(text, '\n'))
	return nil
}

func tapText(b *bytes.Buffer, r results) {
	all := r.totals().tests()
	if all == 0 {
		return
	}
	fmt.Fprintf(b, "1..%d\n", all)
	number := 0
	for _, c := range r {
		section := func(header, status string, list []result) {
			if header != "" && len(list) > 0 {
				fmt.Fprintln(b, "#", header)
			}
			for _, one := range list {
				number++
				fmt.Fprintf(b, "%s %d %s %s\n", status, number, c.indicators(), printable(one.Message))
			}
		}
		section("", "not ok", c.Failures)
		section("warnings", "not ok", c.Warnings)
		section("exceptions", "ok", c.Exceptions)
		section("skip", "ok", c.Skipped)
		section("successes", "ok", slices.Repeat([]result{{Message: "SUCCESS"}}, c.Successes))
	}
}

// inProperty and inMessage keep a text from ending a workflow command or beginning
// another one (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions).
var (
	inProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	inMessage  = strings.NewReplacer("\r", "%0D", "\n", "%0A")
)

func githubText(b *bytes.Buffer, r results, o options) {
	for _, c := range r {
		t := c.totals()
		if o.hidePassed && t.tests() == t.successes {
			continue
		}
		file := location{File: c.File, Line: "1"}
		fmt.Fprintf(b, "::group::Testing %q against %d policies in namespace %q\n", c.File, t.tests(), c.Namespace)
		for _, list := range []struct {
			level, prefix string
			results       []result
		}{{"error", "", c.Failures}, {"warning", "", c.Warnings}, {"notice", "", c.Exceptions}, {"notice", "Test was skipped: ", c.Skipped}} {
			for _, one := range list.results {
				annotate(b, list.level, file, one.Location, list.prefix+one.Message)
			}
		}
		annotation(b, "notice", file, fmt.Sprintf("Number of successful checks: %d", c.Successes))
		b.WriteString("::endgroup::\n")
	}
	fmt.Fprintln(b, r.totals())
}

// annotate writes a message at the place that the policy gives, and at the file that
// was tested where that is another one.
func annotate(b *bytes.Buffer, level string, file location, at *location, message string) {
	switch {
	case at == nil:
		annotation(b, level, file, message)
	case at.File == file.File:
		annotation(b, level, *at, message)
	default:
		origin := location{relative(at.File), at.Line}
		annotation(b, level, origin, message)
		annotation(b, level, file, fmt.Sprintf("(ORIGINATING FROM %s L%s) %s", origin.File, origin.Line, message))
	}
}

func annotation(b *bytes.Buffer, level string, at location, message string) {
	fmt.Fprintf(b, "::%s file=%s,line=%s::%s\n", level, inProperty.Replace(at.File), at.Line, inMessage.Replace(message))
}

func azureText(b *bytes.Buffer, r results) {
	for _, c := range r {
		file := inMessage.Replace(c.File)
		fmt.Fprintf(b, "##[section]Testing '%s' against %d policies in namespace '%s'\n##[group]See conftest results\n", file, c.totals().tests(), c.Namespace)
		for _, list := range []struct {
			kind    string
			results []result
		}{{"error", c.Failures}, {"warning", c.Warnings}, {"warning", c.Exceptions}} {
			for _, one := range list.results {
				fmt.Fprintf(b, "##vso[task.logissue type=%s] file=%s --> %s\n", list.kind, file, inMessage.Replace(one.Message))
			}
		}
		for _, one := range c.Skipped {
			fmt.Fprintf(b, "skipped file=%s %s\n", file, inMessage.Replace(one.Message))
		}
		if c.Successes > 0 {
			fmt.Fprintf(b, "success file=%s %d\n", file, c.Successes)
		}
		b.WriteString("##[endgroup]\n")
	}
	fmt.Fprintln(b, r.totals())
}
