package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Demands are what a branch demands of a change before it lets it in, by its
// rulesets and its classic protection together.
type Demands struct {
	PullRequest    bool // a change comes by a pull request alone
	CodeOwners     bool // code owners must approve
	Approvals      int  // how many people must
	DismissStale   bool // a push takes approvals back
	LastPush       bool // somebody other than who pushed last must approve
	UpToDate       bool // a branch is merged only when it is up to date
	MergeQueue     bool
	RequiredChecks []RequiredCheck
	RequiredFlows  []string     // workflows that a ruleset runs, whatever the branch says
	Bypass         []string     // who need not meet some of it
	TeamReviews    []TeamReview // that rulesets demand beside CODEOWNERS
	Unknown        []*Unseen    // parts that may not be seen
}

// RequiredCheck is a check that must have passed.
type RequiredCheck struct {
	Name string
	// App is the ID of the app that must have reported it; 0 for anybody with the right to
	// write.
	App int64
}

// TeamReview is a review that a ruleset demands for some files.
type TeamReview struct {
	Files     []string // globs
	Team      int64    // its ID
	Approvals int
}

// Known tells whether all of it could be seen.
func (d Demands) Known() bool { return len(d.Unknown) == 0 }

// Demands asks what a branch demands. The error is that of the context alone.
func (c *Client) Demands(ctx context.Context, branch string) (Demands, error) {
	var d Demands
	if err := c.ruled(ctx, branch, &d); err != nil {
		return Demands{}, err
	}
	if err := c.protected(ctx, branch, &d); err != nil {
		return Demands{}, err
	}
	slices.Sort(d.Bypass)
	d.Bypass = slices.Compact(d.Bypass)
	return d, nil
}

// hide notes a part that may not be seen. The error is that of the context.
func (d *Demands) hide(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var u *Unseen
	if !errors.As(err, &u) {
		return err
	}
	d.Unknown = append(d.Unknown, u)
	return nil
}

// rule is one rule of a ruleset (docs.github.com, "Get rules for a branch"). Its
// parameters are taken apart by type, so that a type that is new does not hide the
// others.
type rule struct {
	Type       string          `json:"type"`
	Parameters json.RawMessage `json:"parameters"`
	Ruleset    int64           `json:"ruleset_id"`
	SourceType string          `json:"ruleset_source_type"`
	Source     string          `json:"ruleset_source"`
}

// ruled adds what rulesets demand. Those that are only evaluated are not among the
// rules of a branch.
func (c *Client) ruled(ctx context.Context, branch string, d *Demands) error {
	rules, err := all[rule](ctx, c, "the rules of the branch "+branch, c.repo("rules/branches/%s", branch))
	if err != nil {
		return d.hide(ctx, err)
	}
	var rulesets []rule
	for _, r := range rules {
		if err := d.rule(r); err != nil {
			d.Unknown = append(d.Unknown, &Unseen{What: "a rule of the type " + r.Type, Reason: "its parameters are not what the documentation says"})
		}
		if !slices.ContainsFunc(rulesets, func(known rule) bool { return known.Ruleset == r.Ruleset }) {
			rulesets = append(rulesets, r)
		}
	}
	for _, r := range rulesets {
		if err := c.bypasses(ctx, r, d); err != nil {
			return err
		}
	}
	return nil
}

// rule adds what one rule demands; the strictest counts.
func (d *Demands) rule(r rule) error {
	switch r.Type {
	case "pull_request":
		return d.pullRequestRule(r.Parameters)
	case "required_status_checks":
		var p struct {
			Strict bool `json:"strict_required_status_checks_policy"`
			Checks []struct {
				Context string `json:"context"`
				App     *int64 `json:"integration_id"`
			} `json:"required_status_checks"`
		}
		if err := json.Unmarshal(r.Parameters, &p); err != nil {
			return err
		}
		d.UpToDate = d.UpToDate || p.Strict
		for _, check := range p.Checks {
			d.require(check.Context, check.App)
		}
	case "merge_queue":
		d.MergeQueue = true
	case "workflows":
		var p struct {
			Workflows []struct {
				Path string `json:"path"`
			} `json:"workflows"`
		}
		if err := json.Unmarshal(r.Parameters, &p); err != nil {
			return err
		}
		for _, w := range p.Workflows {
			d.RequiredFlows = append(d.RequiredFlows, w.Path)
		}
	}
	return nil
}

func (d *Demands) pullRequestRule(parameters json.RawMessage) error {
	var p struct {
		Approvals    int  `json:"required_approving_review_count"`
		CodeOwners   bool `json:"require_code_owner_review"`
		DismissStale bool `json:"dismiss_stale_reviews_on_push"`
		LastPush     bool `json:"require_last_push_approval"`
		Reviewers    []struct {
			Files    []string `json:"file_patterns"`
			Least    int      `json:"minimum_approvals"`
			Reviewer struct {
				ID int64 `json:"id"`
			} `json:"reviewer"`
		} `json:"required_reviewers"`
	}
	d.PullRequest = true
	if err := json.Unmarshal(parameters, &p); err != nil {
		return err
	}
	d.CodeOwners, d.DismissStale, d.LastPush = d.CodeOwners || p.CodeOwners, d.DismissStale || p.DismissStale, d.LastPush || p.LastPush
	d.Approvals = max(d.Approvals, p.Approvals)
	for _, r := range p.Reviewers {
		d.TeamReviews = append(d.TeamReviews, TeamReview{Files: r.Files, Team: r.Reviewer.ID, Approvals: r.Least})
	}
	return nil
}

func (d *Demands) require(name string, app *int64) {
	check := RequiredCheck{Name: name}
	if app != nil && *app > 0 {
		check.App = *app
	}
	if !slices.Contains(d.RequiredChecks, check) {
		d.RequiredChecks = append(d.RequiredChecks, check)
	}
}

// bypasses adds who need not meet a ruleset. Only those see it who may write to the
// ruleset; others get an answer without the field.
func (c *Client) bypasses(ctx context.Context, r rule, d *Demands) error {
	path := c.repo("rulesets/%s", r.Ruleset)
	if r.SourceType == "Organization" {
		path += "?includes_parents=true"
	}
	var set struct {
		Name   string `json:"name"`
		Actors *[]struct {
			ID   *int64 `json:"actor_id"`
			Type string `json:"actor_type"`
			Mode string `json:"bypass_mode"`
		} `json:"bypass_actors"`
	}
	what := fmt.Sprintf("who may bypass the ruleset %d", r.Ruleset)
	if err := c.get(ctx, what, path, &set); err != nil {
		return d.hide(ctx, err)
	}
	if set.Actors == nil {
		d.Unknown = append(d.Unknown, &Unseen{What: what, Reason: "the token may not see it"})
		return nil
	}
	for _, a := range *set.Actors {
		actor := strings.ToLower(strings.TrimPrefix(a.Type, "Repository"))
		switch {
		case a.Type == "OrganizationAdmin":
			actor = "the administrators of the organization"
		case a.Type == "RepositoryRole" && a.ID != nil && roleNames()[*a.ID] != "":
			actor = "everybody with the role " + roleNames()[*a.ID]
		case a.Type == "DeployKey":
			actor = "every deploy key"
		case a.ID != nil:
			actor = fmt.Sprintf("the %s %d", strings.ToLower(a.Type), *a.ID)
		}
		if a.Mode == "pull_request" {
			actor += " (in pull requests)"
		}
		d.Bypass = append(d.Bypass, actor)
	}
	return nil
}

// roleNames are the roles that GitHub itself has, by their IDs in rulesets.
func roleNames() map[int64]string {
	return map[int64]string{2: "maintain", 4: "write", 5: "admin"}
}

// DefaultBranch asks for the branch that pull requests are for by default.
func (c *Client) DefaultBranch(ctx context.Context) (string, error) {
	var r struct {
		Branch string `json:"default_branch"`
	}
	if err := c.get(ctx, "the default branch", strings.TrimSuffix(c.repo(""), "/"), &r); err != nil {
		return "", err
	}
	if r.Branch == "" {
		return "", &Unseen{What: "the default branch", Reason: "the answer of GitHub does not name it"}
	}
	return r.Branch, nil
}
