package github

import (
	"context"
	"errors"
	"net/url"
	"strings"
)

// An OwnerError is a line of CODEOWNERS that GitHub does not take as it reads
// (docs.github.com, "List CODEOWNERS errors"). Of an owner who is unknown it does not
// say whether they do not exist, cannot be seen or may not write.
type OwnerError struct {
	Path    string
	Line    int
	Column  int
	Kind    string // "Unknown owner", "Invalid pattern", …
	Source  string // the line
	Message string
}

// UnknownOwner is the kind of an OwnerError that is about whom a line names.
const UnknownOwner = "Unknown owner"

// OwnerErrors asks what GitHub holds against the CODEOWNERS file of a revision, which
// must be given: without one GitHub has answered 404 for files that are there.
func (c *Client) OwnerErrors(ctx context.Context, ref string) ([]OwnerError, error) {
	if ref == "" {
		return nil, errors.New("the errors of CODEOWNERS are asked for without a revision")
	}
	var answer struct {
		Errors []struct {
			Path    string `json:"path"`
			Line    int    `json:"line"`
			Column  int    `json:"column"`
			Kind    string `json:"kind"`
			Source  string `json:"source"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := c.get(ctx, "what GitHub holds against CODEOWNERS", c.repo("codeowners/errors")+"?ref="+url.QueryEscape(ref), &answer); err != nil {
		return nil, err
	}
	var list []OwnerError
	for _, e := range answer.Errors {
		list = append(list, OwnerError(e))
	}
	return list, nil
}

// Standing says whether an owner can approve.
type Standing string

// The standings. Unknown is what the token may not see; it is neither of the others.
const (
	CanApprove    Standing = "can-approve"
	CannotApprove Standing = "cannot-approve"
	Unknown       Standing = "unknown"
)

// Access is what GitHub says of one owner.
type Access struct {
	Standing Standing
	Reason   string   // where it is not CanApprove
	Members  []string // of a team, where they may be seen; else nil
}

// Access asks whether an owner, written as "@user" or "@org/team", can approve. The
// error is that of the context alone.
func (c *Client) Access(ctx context.Context, owner string) (Access, error) {
	name, ok := strings.CutPrefix(owner, "@")
	if !ok {
		return Access{Standing: Unknown, Reason: "GitHub does not tell whose e-mail address it is"}, nil
	}
	org, team, isTeam := strings.Cut(name, "/")
	var a Access
	var err error
	if isTeam {
		a, err = c.teamAccess(ctx, org, team)
	} else {
		a, err = c.userAccess(ctx, name)
	}
	if ctx.Err() != nil {
		return Access{}, ctx.Err()
	}
	var u *Unseen
	if errors.As(err, &u) {
		return Access{Standing: Unknown, Reason: u.Reason}, nil
	}
	return a, err
}

// userAccess asks for the permission of one person: admin, write, read or none
// (docs.github.com, "Get repository permissions for a user").
func (c *Client) userAccess(ctx context.Context, login string) (Access, error) {
	var answer struct {
		Permission string `json:"permission"`
	}
	err := c.get(ctx, "the access of "+login, c.repo("collaborators/%s/permission", login), &answer)
	var u *Unseen
	if errors.As(err, &u) && u.Missing() {
		return c.personGone(ctx, login)
	}
	if err != nil {
		return Access{}, err
	}
	switch answer.Permission {
	case "admin", "write", "maintain":
		return Access{Standing: CanApprove}, nil
	case "read", "none", "triage":
		return Access{Standing: CannotApprove, Reason: "they have no right to write to the repository"}, nil
	}
	return Access{Standing: Unknown, Reason: "GitHub names a permission that is not known here"}, nil
}

// personGone asks whether there is such a person at all.
func (c *Client) personGone(ctx context.Context, login string) (Access, error) {
	var answer struct {
		Login string `json:"login"`
	}
	err := c.get(ctx, login, "users/"+url.PathEscape(login), &answer)
	var u *Unseen
	switch {
	case errors.As(err, &u) && u.Missing():
		return Access{Standing: CannotApprove, Reason: "there is no such person on GitHub"}, nil
	case err != nil:
		return Access{}, err
	}
	return Access{Standing: Unknown, Reason: "the token may not see their access"}, nil
}

// teamAccess asks for a team and what it may do with the repository. A team that the
// token cannot see is not known, never missing: the token of GitHub Actions is
// answered 404 for every team.
func (c *Client) teamAccess(ctx context.Context, org, slug string) (Access, error) {
	var team struct {
		Privacy string `json:"privacy"`
	}
	at := "orgs/" + url.PathEscape(org) + "/teams/" + url.PathEscape(strings.ToLower(slug))
	if err := c.get(ctx, "the team "+org+"/"+slug, at, &team); err != nil {
		return Access{}, err
	}
	if team.Privacy == "secret" {
		return Access{Standing: CannotApprove, Reason: "the team is secret, and an owner must be visible"}, nil
	}
	a := Access{Members: c.members(ctx, at)}
	var repo struct {
		Permissions map[string]bool `json:"permissions"`
	}
	err := c.getAs(ctx, "the access of "+org+"/"+slug, at+"/repos/"+url.PathEscape(c.owner)+"/"+url.PathEscape(c.name), "application/vnd.github.v3.repository+json", &repo)
	var u *Unseen
	switch {
	case errors.As(err, &u) && u.Missing():
		a.Standing, a.Reason = CannotApprove, "the team has no access of its own to the repository"
	case err != nil:
		return Access{}, err
	case repo.Permissions["push"] || repo.Permissions["maintain"] || repo.Permissions["admin"]:
		a.Standing = CanApprove
	default:
		a.Standing, a.Reason = CannotApprove, "the team has no right to write to the repository"
	}
	return a, nil
}

// members are the logins of a team; nil where they may not be seen.
func (c *Client) members(ctx context.Context, team string) []string {
	type member struct {
		Login string `json:"login"`
	}
	list, err := all[member](ctx, c, "the members of a team", team+"/members")
	if err != nil {
		return nil // who is in it only makes the answer finer
	}
	logins := []string{}
	for _, m := range list {
		logins = append(logins, m.Login)
	}
	return logins
}
