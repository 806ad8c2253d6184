package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
)

func (p program) actionCommand() *cli.Command {
	return &cli.Command{
		Name:      "action",
		Hidden:    true,
		Usage:     "judge what an event of GitHub Actions brings, and tell the runner",
		ArgsUsage: "[PATH]",
		Description: "The event comes from GITHUB_EVENT_NAME and GITHUB_EVENT_PATH. Annotations go to standard output,\n" +
			"the summary to GITHUB_STEP_SUMMARY, the counts to GITHUB_OUTPUT, the JSON report to RUNNER_TEMP\n" +
			"unless --json-file names another. Exit codes are those of check.",
		Flags: append(slices.Concat(checkFlags(), liveFlags(), verifyFlags()),
			&cli.StringFlag{Name: "base", Usage: "judge against this `REVISION` instead of the base of the event"},
			&cli.StringFlag{Name: "head", Usage: "judge this `REVISION` instead of the head of the event"},
			// The library refuses -o beside --output, so inputs of the action have flags
			// of their own.
			&cli.StringFlag{Name: "sarif-file", Usage: "as -o sarif=`FILE`"},
			&cli.StringFlag{Name: "json-file", Usage: "as -o json=`FILE`"},
		),
		OnUsageError: func(c *cli.Context, err error, sub bool) error { return p.annotated(onUsageError(c, err, sub)) },
		Action:       func(c *cli.Context) error { return p.annotated(p.action(c)) },
	}
}

func (p program) action(c *cli.Context) error {
	values := c.StringSlice("output")
	for _, format := range []string{report.SARIF, report.JSON} {
		if file := c.String(format + "-file"); file != "" {
			values = append(values, format+"="+file)
		}
	}
	outputs, err := p.actionOutputs(values)
	if err != nil {
		return err
	}
	if c.NArg() > 1 {
		return usage("the action takes one PATH, and %d were given", c.NArg())
	}
	ch, err := p.change(c.String("base"), c.String("head"))
	if err != nil {
		return err
	}
	r, err := p.judgeChange(c, ch)
	if err != nil {
		return err
	}
	return p.tellRunner(outputs, r)
}

// actionOutputs are the outputs that the command line asks for, and the JSON
// report in a new file if it asks for none.
func (p program) actionOutputs(values []string) ([]report.Output, error) {
	// The annotations have the standard output.
	outputs, err := report.ParseOutputs(append([]string{report.GitHub}, values...))
	if err != nil {
		return nil, usage("%s", err)
	}
	outputs = outputs[1:]
	for i := range outputs {
		if outputs[i].File, err = filepath.Abs(outputs[i].File); err != nil {
			return nil, err
		}
		if link, ok := linkOnTheWay(outputs[i].File); ok {
			return nil, usage("%s is not written: %s is a symbolic link of the tree that is judged, and may lead anywhere", values[i], link)
		}
	}
	if temp := p.env("RUNNER_TEMP"); temp != "" && jsonFile(outputs) == "" {
		outputs = append(outputs, report.Output{Format: report.JSON, File: filepath.Join(temp, "gatehouse-"+rand.Text()+".json")})
	}
	return outputs, nil
}

func jsonFile(outputs []report.Output) string {
	if i := slices.IndexFunc(outputs, func(o report.Output) bool { return o.Format == report.JSON }); i >= 0 {
		return outputs[i].File
	}
	return ""
}

// linkOnTheWay finds a symbolic link on the way from the working folder to a file
// in it. What is checked out there was written by a stranger.
func linkOnTheWay(file string) (string, bool) {
	here, err := os.Getwd()
	if err != nil {
		return "", false
	}
	way, err := filepath.Rel(here, file)
	if err != nil || !filepath.IsLocal(way) {
		return "", false
	}
	for ; way != "."; way = filepath.Dir(way) {
		if info, err := os.Lstat(filepath.Join(here, way)); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return way, true
		}
	}
	return "", false
}

// change is what the flags name, else what the event brings.
func (p program) change(base, head string) (change, error) {
	ch, err := p.eventChange()
	switch {
	case base != "" && (err == nil || errors.Is(err, errNoChange)):
		return change{base: base, head: cmp.Or(head, ch.head), users: ch.users}, nil
	case err != nil:
		return change{}, usage("%s", err)
	case head != "" && ch.base == "":
		return change{}, usage("the event %s has no base to compare the head with: name a base, too", p.env("GITHUB_EVENT_NAME"))
	case head != "":
		return change{base: ch.base, head: head, users: ch.users}, nil
	}
	return ch, nil
}

// eventChange reads the event that the runner is about.
func (p program) eventChange() (change, error) {
	f, err := os.Open(p.env("GITHUB_EVENT_PATH"))
	if err != nil {
		return change{}, fmt.Errorf("%w: GITHUB_EVENT_PATH names no event: %w", errNoChange, err)
	}
	defer f.Close()
	payload, err := io.ReadAll(io.LimitReader(f, maxEvent+1))
	if err != nil {
		return change{}, fmt.Errorf("read the event: %w", err)
	}
	if len(payload) > maxEvent {
		return change{}, fmt.Errorf("the event is larger than %d MiB", maxEvent>>20)
	}
	return changeOf(p.env("GITHUB_EVENT_NAME"), payload)
}

// judgeChange judges a change, and holds what is seen of it against what the event
// says of it.
func (p program) judgeChange(c *cli.Context, ch change) (report.Report, error) {
	// Another change may have filled a cache.
	if err := c.Set("no-cache", "true"); err != nil {
		return report.Report{}, err
	}
	s, err := p.openChange(c, ch)
	defer s.close()
	if incomplete, ok := errors.AsType[*source.Incomplete](err); ok {
		return p.unseen(ch, incomplete), nil
	}
	if err != nil {
		return report.Report{}, err
	}
	if ch.base != "" {
		// Nobody should have to guess what was looked at.
		fmt.Fprintf(p.stdout, "judging %s..%s: %s\n", s.base, s.commit, s.brought)
	}
	r, err := p.judge(c, s)
	if faulty, ok := errors.AsType[policyFaults](err); ok {
		return report.Report{}, faulty.exit()
	}
	if err != nil {
		return report.Report{}, err
	}
	switch {
	case ch.base == "" && !ch.gone && r.Result.Counts.Files.Found == 0:
		notJudged(&r, "there are no files: check the repository out before this step, as actions/checkout does")
	case ch.counted.exceeds(s.brought):
		notJudged(&r, fmt.Sprintf("GitHub counts %s, and this clone shows %s between base and head: get all of it "+
			"with fetch-depth: 0 for actions/checkout; if the base has moved, close and open the pull request again",
			ch.counted, s.brought))
	}
	if ch.mayBeEmpty && ch.base != "" && s.brought.commits == 0 {
		ch.unseen = "the push brings no commits over " + ch.base + ": the tree was judged, and there is no change"
	}
	if ch.unseen != "" {
		r.Result.NotRun = append([]checks.NotRun{{Reason: ch.unseen}}, r.Result.NotRun...)
		r.Result.Counts.NotRun++
	}
	return r, nil
}

func (p program) openChange(c *cli.Context, ch change) (subject, error) {
	if ch.gone {
		return subject{}, nil
	}
	return p.open(c.Context, door{path: cmp.Or(c.Args().First(), "."), base: ch.base, head: ch.head, onRemote: true, mayBeEmpty: ch.mayBeEmpty, users: ch.users})
}

// unseen is the report of a change that this clone does not hold, with the step of
// a workflow that would have brought it.
func (p program) unseen(ch change, incomplete *source.Incomplete) report.Report {
	lack := *incomplete
	if strings.HasPrefix(lack.Mend, "git fetch ") {
		lack.Mend = "fetch-depth: 0 for actions/checkout, or in this clone: " + lack.Mend
	}
	r := p.incompleteReport(&lack)
	r.Commit, r.Base = ch.head, ch.base
	return r
}

// notJudged makes a report say that something was not judged.
func notJudged(r *report.Report, reason string) {
	r.Result.NotJudged = append([]checks.NotJudged{{Reason: reason, New: true}}, r.Result.NotJudged...)
	if r.Result.Verdict == checks.VerdictPass {
		r.Result.Verdict = checks.VerdictIncomplete
	}
}
