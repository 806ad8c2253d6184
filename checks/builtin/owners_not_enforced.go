package builtin

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

func ownersNotEnforced(s Settings) checks.Check {
	return checks.Check{
		ID:       idOwnersNotEnforced,
		Title:    "Branch lets changes in without their owners or without the gate",
		Category: checks.Owners,
		Severity: checks.Error,
		Needs:    []checks.Need{checks.NeedTree, checks.NeedHost},
		Why: "CODEOWNERS only proposes reviewers unless the branch demands their approval, and a check that is not required stops nobody. " +
			"Under `pull_request` the workflow comes from the change itself, so that who may change the workflow may take the gate out of it: " +
			"either a ruleset runs the workflow whatever the change says, or its files have owners whose approval is demanded.\n\n" +
			"Judged with `gatehouse check --live`: that code owners must approve, that Gatehouse is a required check which only one app can report, that a push takes approvals back, " +
			"that a branch is merged only when it is up to date, and who may bypass all that. What the token may not see is told as not run.",
		Fix: "In the settings of the repository, demand a review from code owners and the check of Gatehouse for the branch, in a ruleset or a branch protection rule.",
		Bad: []string{`-- CODEOWNERS --
* @acme/sre
-- api.github.com/repos/acme/fleet --
{"default_branch": "main"}
-- api.github.com/repos/acme/fleet/branches/main --
{"name": "main", "protected": false}
-- api.github.com/repos/acme/fleet/rules/branches/main --
[]
`},
		Good: []string{`-- CODEOWNERS --
* @acme/sre
-- api.github.com/repos/acme/fleet --
{"default_branch": "main"}
-- api.github.com/repos/acme/fleet/branches/main --
{"name": "main", "protected": true, "protection": {"enabled": false}}
-- api.github.com/repos/acme/fleet/rules/branches/main --
[
  {"type": "pull_request", "ruleset_id": 7, "ruleset_source_type": "Repository", "parameters": {
    "required_approving_review_count": 1, "require_code_owner_review": true, "dismiss_stale_reviews_on_push": true}},
  {"type": "required_status_checks", "ruleset_id": 7, "ruleset_source_type": "Repository", "parameters": {
    "strict_required_status_checks_policy": true, "required_status_checks": [{"context": "gatehouse", "integration_id": 15368}]}}
]
-- api.github.com/repos/acme/fleet/rulesets/7 --
{"id": 7, "name": "main", "bypass_actors": []}
`},
		Reads: readsOwners,
		Tree: func(p *checks.Pass, t checks.Tree) error {
			o, err := ownersOf(t, s.Owners)
			if err != nil || s.Host == nil {
				return err
			}
			where := checks.Location{File: o.location.File}
			if o.file == nil {
				where.File = configFile
			}
			for _, g := range s.Host.gaps(workflowsOwned(o)) {
				if g.hidden && len(s.Host.Unseen) > 0 {
					continue // what may not be seen may demand it; the command tells
				}
				p.Report(checks.Report{Where: where, Inner: g.what, Message: g.message, Severity: g.severity, Fix: g.fix})
			}
			return nil
		},
	}
}

const idOwnersNotEnforced = "owners-not-enforced"

// Undecided says what cannot be told of a branch, since parts of it may not be seen;
// "" where everything that counts can.
func (h *Host) Undecided() string {
	if len(h.Unseen) == 0 || !slices.ContainsFunc(h.gaps(true), func(g gap) bool { return g.hidden }) {
		return ""
	}
	return strings.Join(h.Unseen, "; ")
}

// gap is something that a branch does not demand.
type gap struct {
	what, message, fix string
	severity           checks.Severity
	hidden             bool // it may be demanded by what may not be seen
}

// gaps are what the branch does not demand. owned tells whether the workflows have
// owners.
func (h *Host) gaps(owned bool) []gap {
	var list []gap
	add := func(what string, severity checks.Severity, fix, format string, args ...any) {
		list = append(list, gap{what: what, severity: severity, fix: fix, message: fmt.Sprintf(format, args...), hidden: true})
	}
	d := h.Demands
	if !d.CodeOwners {
		add("code-owners", checks.Error, "Demand a review from code owners for the branch.",
			"The branch %s does not demand the approval of code owners: CODEOWNERS only proposes reviewers.", h.Branch)
	}
	switch gate, found := h.gate(); {
	case !found:
		add("check", checks.Error, "Make the job that runs Gatehouse a required check of the branch.",
			"The branch %s does not require the check of Gatehouse: a change can be merged while it fails.", h.Branch)
	case !gate.Pinned:
		add("pinned", checks.Warning, "Choose GitHub Actions as the source of the required check.",
			"The branch %s takes the check %s from anybody who may write: pin it to the app that reports it.", h.Branch, gate.Name)
	}
	if len(d.Workflows) == 0 && (!d.CodeOwners || !owned) {
		add("workflow", checks.Error, "Own `.github/workflows/` in CODEOWNERS and demand the review of code owners, or let a ruleset require the workflow.",
			"A change of the workflow that runs Gatehouse needs nobody's approval, and the workflow comes from the change itself.")
	}
	if !d.DismissStale {
		add("stale", checks.Warning, "Dismiss stale approvals when new commits are pushed.",
			"The branch %s keeps approvals when new commits are pushed: what is merged need not be what was approved.", h.Branch)
	}
	if !d.Current {
		add("current", checks.Warning, "Require branches to be up to date before they are merged, or use a merge queue.",
			"The branch %s takes changes that were judged against an older state of it.", h.Branch)
	}
	if len(d.Bypass) > 0 {
		list = append(list, gap{
			what: "bypass", severity: checks.Notice, fix: "Leave out who need not be among them.",
			message: fmt.Sprintf("These need not meet some of what the branch %s demands: %s.", h.Branch, strings.Join(d.Bypass, ", ")),
		})
	}
	return list
}

// gate is the required check that Gatehouse reports: the one of its name, else one
// that is named after it.
func (h *Host) gate() (RequiredCheck, bool) {
	for _, c := range h.Demands.Checks {
		if h.Gate != "" && c.Name == h.Gate {
			return c, true
		}
	}
	for _, c := range h.Demands.Checks {
		if strings.Contains(strings.ToLower(c.Name), "gatehouse") {
			return c, true
		}
	}
	return RequiredCheck{}, false
}

// workflowsOwned tells whether a new workflow would have an owner.
func workflowsOwned(o *ownership) bool {
	if o.file == nil {
		return false
	}
	a := o.file.Owners(path.Join(".github/workflows", codeowners.NewName+".yaml")).Without(nil)
	return a.Asks() && !o.onlyNobody(a)
}
