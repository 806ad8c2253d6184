package github

import (
	"context"
	"strings"
)

// A Pull is a pull request.
type Pull struct {
	Number  int
	Author  string // its login
	Head    string // the commit that it would merge
	Base    string // the branch that it is for
	Fork    bool   // it comes from another repository
	Draft   bool
	Files   int
	Commits int
}

// Pull asks for one pull request.
func (c *Client) Pull(ctx context.Context, number int) (Pull, error) {
	type side struct {
		SHA  string `json:"sha"`
		Ref  string `json:"ref"`
		Repo *struct {
			FullName string `json:"full_name"`
		} `json:"repo"`
	}
	var p struct {
		Number int `json:"number"`
		User   *struct {
			Login string `json:"login"`
		} `json:"user"`
		Head    side `json:"head"`
		Base    side `json:"base"`
		Draft   bool `json:"draft"`
		Files   int  `json:"changed_files"`
		Commits int  `json:"commits"`
	}
	if err := c.get(ctx, "the pull request", c.repo("pulls/%s", number), &p); err != nil {
		return Pull{}, err
	}
	out := Pull{Number: p.Number, Head: p.Head.SHA, Base: p.Base.Ref, Draft: p.Draft, Files: p.Files, Commits: p.Commits}
	if p.User != nil {
		out.Author = p.User.Login
	}
	// A fork that is gone has no repository.
	out.Fork = p.Head.Repo == nil || p.Base.Repo != nil && !strings.EqualFold(p.Head.Repo.FullName, p.Base.Repo.FullName)
	return out, nil
}

// A Review is where one person stands.
type Review struct {
	User   string // login
	Commit string // that was looked at
}

// Approvals are the people whose last word on a pull request is an approval, each
// with the commit that it is of; a comment takes nothing back
// (docs.github.com, "About pull request reviews").
func (c *Client) Approvals(ctx context.Context, number int) ([]Review, error) {
	type review struct {
		User *struct {
			Login string `json:"login"`
		} `json:"user"`
		State  string `json:"state"`
		Commit string `json:"commit_id"`
	}
	list, err := all[review](ctx, c, "the reviews of the pull request", c.repo("pulls/%s/reviews", number))
	if err != nil {
		return nil, err
	}
	last := map[string]review{}
	var order []string
	for _, r := range list {
		if r.User == nil || r.State != "APPROVED" && r.State != "CHANGES_REQUESTED" && r.State != "DISMISSED" {
			continue
		}
		login := strings.ToLower(r.User.Login)
		if _, known := last[login]; !known {
			order = append(order, login)
		}
		last[login] = r
	}
	var approvals []Review
	for _, login := range order {
		if r := last[login]; r.State == "APPROVED" {
			approvals = append(approvals, Review{User: r.User.Login, Commit: r.Commit})
		}
	}
	return approvals, nil
}

// ApprovedAt are the people of Approvals who approved one commit.
func ApprovedAt(list []Review, commit string) []string {
	var people []string
	for _, r := range list {
		if r.Commit == commit && commit != "" {
			people = append(people, r.User)
		}
	}
	return people
}
