package github

import (
	"context"
	"errors"
)

// protection is the classic protection of a branch (docs.github.com, "Get branch
// protection").
type protection struct {
	Reviews *struct {
		CodeOwners   bool `json:"require_code_owner_reviews"`
		Approvals    int  `json:"required_approving_review_count"`
		DismissStale bool `json:"dismiss_stale_reviews"`
		LastPush     bool `json:"require_last_push_approval"`
		Bypass       struct {
			Users []struct {
				Login string `json:"login"`
			} `json:"users"`
			Teams []struct {
				Slug string `json:"slug"`
			} `json:"teams"`
			Apps []struct {
				Slug string `json:"slug"`
			} `json:"apps"`
		} `json:"bypass_pull_request_allowances"`
	} `json:"required_pull_request_reviews"`
	Checks *struct {
		Strict bool `json:"strict"`
		Checks []struct {
			Context string `json:"context"`
			App     *int64 `json:"app_id"`
		} `json:"checks"`
		Contexts []string `json:"contexts"`
	} `json:"required_status_checks"`
	Admins struct {
		Enabled bool `json:"enabled"`
	} `json:"enforce_admins"`
}

// protected adds what classic protection demands. Only administrators see it; whether
// there is any, everybody who can read.
func (c *Client) protected(ctx context.Context, branch string, d *Demands) error {
	var b struct {
		Protected bool `json:"protected"`
		Classic   struct {
			Enabled *bool `json:"enabled"`
		} `json:"protection"`
	}
	if err := c.get(ctx, "the branch "+branch, c.repo("branches/%s", branch), &b); err != nil {
		return d.hide(ctx, err)
	}
	if !b.Protected || b.Classic.Enabled != nil && !*b.Classic.Enabled {
		return nil
	}
	var p protection
	err := c.get(ctx, "the protection of the branch "+branch, c.repo("branches/%s/protection", branch), &p)
	var u *Unseen
	if errors.As(err, &u) && u.Missing() && b.Classic.Enabled == nil && d.PullRequest {
		return nil // rulesets alone make a branch protected, too
	}
	if err != nil {
		return d.hide(ctx, err)
	}
	d.classic(p)
	return nil
}

func (d *Demands) classic(p protection) {
	if r := p.Reviews; r != nil {
		d.PullRequest = true
		d.CodeOwners, d.DismissStale, d.LastPush = d.CodeOwners || r.CodeOwners, d.DismissStale || r.DismissStale, d.LastPush || r.LastPush
		d.Approvals = max(d.Approvals, r.Approvals)
		for _, user := range r.Bypass.Users {
			d.Bypass = append(d.Bypass, "@"+user.Login)
		}
		for _, team := range r.Bypass.Teams {
			d.Bypass = append(d.Bypass, "the team "+team.Slug)
		}
		for _, app := range r.Bypass.Apps {
			d.Bypass = append(d.Bypass, "the app "+app.Slug)
		}
		if !p.Admins.Enabled {
			d.Bypass = append(d.Bypass, "the administrators of the repository")
		}
	}
	if s := p.Checks; s != nil {
		d.UpToDate = d.UpToDate || s.Strict
		for _, check := range s.Checks {
			d.require(check.Context, check.App)
		}
		if len(s.Checks) == 0 {
			for _, name := range s.Contexts {
				d.require(name, nil)
			}
		}
	}
}
