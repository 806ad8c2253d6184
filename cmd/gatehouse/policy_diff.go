package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/sandbox"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
)

func (p program) policyDiff(c *cli.Context) error {
	if c.NArg() > 1 {
		return usage("policy diff takes one PATH, and %d were given", c.NArg())
	}
	if c.String("base") == "" {
		return usage("policy diff needs --base: the revision whose policies are compared")
	}
	if c.Int("jobs") < 0 {
		return usage("--jobs: it must not be negative")
	}
	// In continuous integration the policies that lie here are somebody's proposal.
	s, err := p.open(c.Context, door{path: cmp.Or(c.Args().First(), "."), untrusted: true})
	defer s.close()
	if err != nil {
		return sourceExitOf(err)
	}
	if s.repo == nil {
		return usage("this is not in a git repository, so there is no base")
	}
	before, err := openPolicies(revisionPlace(c.Context, s.repo, c.String("base")), false)
	if _, ok := errors.AsType[*source.Incomplete](err); ok {
		return sourceExitOf(err)
	}
	if err != nil {
		return configExit(err)
	}
	if faults := before.load().faults; len(faults) > 0 {
		return exit{code: exitUsage, message: "the policies of " + printable(c.String("base")) + " cannot be compared with: " + policyFaults(faults).Error()}
	}
	at, jobs := p.now().UTC(), c.Int("jobs")
	now, err := s.judgedApart(c.Context, s.apartRequest(at, jobs), sandbox.OfJudge())
	if stopped, ok := errors.AsType[sandbox.Stopped](err); ok {
		return exit{code: exitIncomplete, message: "the policies that lie here were stopped: " + stopped.Reason}
	}
	if err != nil {
		return err
	}
	if now.Refused != "" {
		return configExit(errors.New(now.Refused))
	}
	if len(now.Faults) > 0 {
		return policyFaults(now.Faults).exit()
	}
	d := compare(s.judgedBy(c.Context, before, before.checks(), at, jobs), now.Result)
	d.base = c.String("base")
	d.notCompared = notCompared(append(before.load().ids(), now.Own...), d.notRun)
	err = p.write(c, textOrJSON(), func(format string) (string, error) {
		if format == "json" {
			return d.json()
		}
		return d.text(), nil
	})
	if err == nil && len(d.notJudged) > 0 {
		return exit{code: exitIncomplete}
	}
	return err
}

// policyChange is what changes for one policy.
type policyChange struct {
	Check   string          `json:"check"`
	Added   []diffedFinding `json:"added"`
	Removed []diffedFinding `json:"removed"`
	Changed []diffedFinding `json:"changed"` // of severity
}

// diffedFinding is a finding on one side, or on both with another severity.
type diffedFinding struct {
	Severity checks.Severity `json:"severity"`
	Was      checks.Severity `json:"was,omitzero"`
	File     string          `json:"file"`
	Line     uint32          `json:"line"`
	Object   manifest.Object `json:"object,omitzero"`
	Field    string          `json:"field"`
	Message  string          `json:"message"`
}

// policyDifference is what changes when policies change.
type policyDifference struct {
	base        string
	policies    []policyChange
	notJudged   []checks.NotJudged
	notRun      []checks.NotRun // on either side
	notCompared []checks.NotRun // of the policies of the user's own
}

// notCompared are the policies of some IDs that judge nothing here, such as those that
// look at changes.
func notCompared(ids []string, notRun []checks.NotRun) []checks.NotRun {
	var list []checks.NotRun
	for _, n := range notRun {
		if slices.Contains(ids, n.Check) && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b checks.NotRun) int {
		return cmp.Or(strings.Compare(a.Check, b.Check), strings.Compare(a.Reason, b.Reason))
	})
	return list
}

// compare tells the findings of two runs over the same files apart. One that is
// found by both, with whatever message, has not changed.
func compare(before, now checks.Result) policyDifference {
	key := func(f checks.Finding) string { return f.Check + "\x00" + f.File + "\x00" + f.Fingerprint }
	old := map[string]checks.Finding{}
	for _, f := range before.Findings {
		old[key(f)] = f
	}
	changes := map[string]*policyChange{}
	of := func(f checks.Finding) *policyChange {
		if changes[f.Check] == nil {
			changes[f.Check] = &policyChange{Check: f.Check, Added: []diffedFinding{}, Removed: []diffedFinding{}, Changed: []diffedFinding{}}
		}
		return changes[f.Check]
	}
	seen := map[string]bool{}
	for _, f := range now.Findings {
		was, stood := old[key(f)]
		seen[key(f)] = true
		switch {
		case !stood:
			of(f).Added = append(of(f).Added, diffed(f))
		case was.Severity != f.Severity:
			d := diffed(f)
			d.Was = was.Severity
			of(f).Changed = append(of(f).Changed, d)
		}
	}
	for _, f := range before.Findings {
		if !seen[key(f)] {
			of(f).Removed = append(of(f).Removed, diffed(f))
		}
	}
	d := policyDifference{policies: []policyChange{}, notRun: slices.Concat(before.NotRun, now.NotRun)}
	for _, c := range changes {
		d.policies = append(d.policies, *c)
	}
	slices.SortFunc(d.policies, func(a, b policyChange) int { return strings.Compare(a.Check, b.Check) })
	for _, n := range append(slices.Clone(before.NotJudged), now.NotJudged...) {
		if !slices.Contains(d.notJudged, n) {
			d.notJudged = append(d.notJudged, n)
		}
	}
	return d
}

func diffed(f checks.Finding) diffedFinding {
	return diffedFinding{Severity: f.Severity, File: f.File, Line: f.Line, Object: f.Object, Field: f.Field, Message: f.Message}
}

func (d policyDifference) counts() (added, removed, changed int) {
	for _, c := range d.policies {
		added, removed, changed = added+len(c.Added), removed+len(c.Removed), changed+len(c.Changed)
	}
	return added, removed, changed
}

func (d policyDifference) text() string {
	var b strings.Builder
	for _, c := range d.policies {
		fmt.Fprintf(&b, "%s\n", c.Check)
		for _, side := range []struct {
			sign string
			list []diffedFinding
		}{{"+", c.Added}, {"-", c.Removed}, {"~", c.Changed}} {
			for _, f := range side.list {
				severity := f.Severity.String()
				if f.Was != 0 {
					severity = f.Was.String() + " -> " + severity
				}
				fmt.Fprintf(&b, "  %s %s %s:%d: %s\n", side.sign, severity, printable(f.File), f.Line, printable(f.Message))
			}
		}
	}
	for _, n := range d.notJudged {
		fmt.Fprintf(&b, "not judged: %s:%d: %s\n", printable(n.File), n.Line, printable(strings.TrimPrefix(n.Check+": "+n.Reason, ": ")))
	}
	for _, n := range d.notCompared {
		fmt.Fprintf(&b, "not compared: %s: %s\n", n.Check, printable(n.Reason))
	}
	added, removed, changed := d.counts()
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "against the policies of %s: %s more, %d fewer, %d of another severity\n", printable(d.base), counted(added, "finding"), removed, changed)
	return b.String()
}

func (d policyDifference) json() (string, error) {
	added, removed, changed := d.counts()
	return asJSON(map[string]any{
		"version": 1, "base": d.base, "policies": d.policies, "notJudged": append([]checks.NotJudged{}, d.notJudged...),
		"notCompared": append([]checks.NotRun{}, d.notCompared...),
		"counts":      map[string]int{"added": added, "removed": removed, "changed": changed},
	})
}
