package main

import (
	"errors"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/sandbox"
	"github.com/gatehouse-dev/gatehouse/policies"
)

// judgeByProposal judges a change whose base has rules that cannot be used by the
// policies that the change itself proposes, too. Nobody has agreed to them: they run
// apart, and the verdict is incomplete in any case.
func (s subject) judgeByProposal(c *cli.Context, result *checks.Result, faults []policies.Fault, selected []checks.Check, at time.Time) error {
	switch {
	case s.base == "" || s.repo == nil || !s.policies.untrusted && len(faults) == 0:
		return nil
	case !s.policies.untrusted:
		head := subject{repo: s.repo}
		if err := head.loadUntrusted(revisionPlace(c.Context, s.repo, s.commit)); err != nil {
			return nil // that the base has faults is told in any case
		}
		s.policies, s.rules, s.settings = head.policies, head.rules, head.settings
	}
	if len(s.policies.files) == 0 {
		return nil
	}
	tell := func(reason string) {
		result.NotJudged = append(result.NotJudged, checks.NotJudged{File: s.policies.files[0].Path, Line: 1, New: true, Reason: reason})
		if result.Verdict == checks.VerdictPass {
			result.Verdict = checks.VerdictIncomplete
		}
	}
	request := s.apartRequest(at, c.Int("jobs"))
	request.OwnOnly = true
	answer, err := s.judgedApart(c.Context, request, sandbox.OfJudge())
	if stopped, ok := errors.AsType[sandbox.Stopped](err); ok {
		tell("the policies of the change itself, to which nobody has agreed yet, were stopped: " + stopped.Reason)
		return nil
	}
	if err != nil {
		return err
	}
	if answer.Refused != "" {
		tell("the policies of the change itself cannot be used: " + answer.Refused)
		return nil
	}
	tell("the policies on the base cannot be used, so this was judged by those of the change itself, to which nobody has agreed yet")
	result.NotJudged = append(result.NotJudged, notUsed(answer.Faults)...)
	for _, n := range answer.Result.NotJudged {
		if !slices.ContainsFunc(result.NotJudged, func(o checks.NotJudged) bool { return o.File == n.File && o.Line == n.Line && o.Check == n.Check }) {
			result.NotJudged = append(result.NotJudged, n)
		}
	}
	known := func(id string) bool {
		return slices.ContainsFunc(selected, func(o checks.Check) bool { return o.ID == id })
	}
	failOn, err := failOn(c, s.settings.Config)
	if err != nil {
		return err
	}
	for _, f := range answer.Result.Findings {
		if !known(f.Check) && asked(c, f) {
			addFinding(result, f, failOn)
		}
	}
	return nil
}

// asked tells whether the words of --only and --skip leave a finding in.
func asked(c *cli.Context, f checks.Finding) bool {
	names := func(list []string) bool {
		return slices.Contains(list, f.Check) || slices.Contains(list, string(f.Category))
	}
	only, skip := words(c.StringSlice("only")), words(c.StringSlice("skip"))
	return (len(only) == 0 || names(only)) && !names(skip)
}

// addFinding adds to a result what was found apart from it.
func addFinding(result *checks.Result, f checks.Finding, failOn checks.FailOn) {
	result.Findings = append(result.Findings, f)
	if !f.New {
		result.Counts.Old++
		return
	}
	result.Counts.New++
	switch f.Severity {
	case checks.Error:
		result.Counts.Errors++
	case checks.Warning:
		result.Counts.Warnings++
	case checks.Notice:
		result.Counts.Notices++
	}
	if failOn != 0 && f.Severity >= checks.Severity(failOn) {
		result.Verdict = checks.VerdictFail
	}
}
