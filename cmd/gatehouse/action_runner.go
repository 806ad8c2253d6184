package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
)

// tellRunner writes everything that a runner of GitHub Actions takes, and ends
// with the code of the verdict. What cannot be written changes the code of a pass
// only, and only where somebody asked for it.
func (p program) tellRunner(outputs []report.Output, r report.Report) error {
	var lost, warnings []error
	var written []report.Output
	for _, o := range outputs {
		if err := report.WriteAll(p.stdout, []report.Output{o}, r, report.Options{}); err != nil {
			lost = append(lost, err)
			continue
		}
		written = append(written, o)
	}
	if file := p.env("GITHUB_STEP_SUMMARY"); file != "" {
		warnings = append(warnings, appendTo(file, rendered(report.Markdown, r)))
	}
	if file := p.env("GITHUB_OUTPUT"); file != "" {
		warnings = append(warnings, appendTo(file, stepOutputs(written, r)))
	}
	if _, err := p.stdout.Write(runnerLog(r)); err != nil {
		lost = append(lost, err)
	}
	if err := errors.Join(warnings...); err != nil {
		p.annotate("warning", err.Error())
	}
	err := errors.Join(lost...)
	if r.Result.Verdict == checks.VerdictPass && err != nil {
		return exit{code: exitUsage, message: err.Error()}
	}
	if err != nil {
		p.annotate("error", err.Error())
	}
	return verdictExit(r.Result.Verdict)
}

func verdictExit(v checks.Verdict) error {
	switch v {
	case checks.VerdictPass:
		return nil
	case checks.VerdictFail:
		return exit{code: exitFail}
	}
	return exit{code: exitIncomplete}
}

// runnerLog is what the log of a step shows: the report for people, then the
// annotations. The runner shows an annotation in the log without its file, so the
// text is not to be left out.
func runnerLog(r report.Report) []byte {
	log := rendered(report.Text, r)
	for line := range bytes.Lines(rendered(report.GitHub, r)) {
		// The other lines repeat the text. No line of a report begins so unless it is
		// a command.
		if bytes.HasPrefix(line, []byte("::")) {
			log = append(log, line...)
		}
	}
	return log
}

func rendered(format string, r report.Report) []byte {
	var out bytes.Buffer
	if err := report.Write(&out, format, r, report.Options{}); err != nil {
		panic(fmt.Sprintf("gatehouse: %v", err)) // the format is known and the buffer takes all
	}
	return out.Bytes()
}

// stepOutputs are the outputs of the step (docs.github.com, workflow commands:
// setting an output parameter, multiline strings). Nobody can write the line that
// ends a value without knowing it.
func stepOutputs(outputs []report.Output, r report.Report) []byte {
	c := r.Result.Counts
	end := rand.Text()
	var out bytes.Buffer
	for _, pair := range []struct {
		name  string
		value any
	}{
		{"verdict", r.Result.Verdict}, {"errors", c.Errors}, {"warnings", c.Warnings}, {"notices", c.Notices},
		{"new", c.New}, {"old", c.Old}, {"report", jsonFile(outputs)},
	} {
		fmt.Fprintf(&out, "%s<<%s\n%v\n%s\n", pair.name, end, pair.value, end)
	}
	return out.Bytes()
}

// appendTo appends to a file that the runner has made for the step.
func appendTo(file string, data []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// annotated tells an error as an annotation, since nobody looks into a log first,
// and keeps its code. The runner looks for commands in standard error, too, so
// nothing may be written there as it comes.
func (p program) annotated(err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[exit](err)
	if !ok {
		e = exit{code: exitUsage, message: err.Error()}
	}
	if e.hint != "" {
		e.message += "\nhint: " + e.hint
	}
	if e.message != "" {
		p.annotate("error", e.message)
	}
	return exit{code: e.code}
}

// annotate writes a workflow command, escaped as actions/toolkit does
// (packages/core/src/command.ts). Where it cannot be written nobody listens.
func (p program) annotate(level, message string) {
	shown := strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, message)
	fmt.Fprintf(p.stdout, "::%s title=gatehouse::%s\n", level, strings.NewReplacer("%", "%25", "\n", "%0A").Replace(shown))
}
