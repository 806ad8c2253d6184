package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/github"
)

// liveFlags are the flags of commands that may ask the host of the repository.
func liveFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "live", Usage: "ask GitHub, too: whether owners exist, who has approved, what the branch demands; the token is GITHUB_TOKEN or GH_TOKEN"},
		&cli.StringFlag{Name: "repository", Usage: "with --live, the repository on GitHub as `OWNER/NAME` (default: GITHUB_REPOSITORY, else that of the remote)"},
		&cli.IntFlag{Name: "pull", Usage: "with --live, the `NUMBER` of the pull request (default: that of the event)"},
		&cli.StringFlag{Name: "branch", Usage: "with --live, the `BRANCH` that a change is for (default: the base of the pull request, else the default branch)"},
	}
}

// live is what GitHub says, as far as it may be seen.
type live struct {
	host   *builtin.Host
	people people
	pull   github.Pull // zero where there is none
	notRun []checks.NotRun
}

// people answers who has approved a pull request, and who is in which team.
type people struct {
	ctx       context.Context
	client    *github.Client
	author    string
	approvers []string                 // at the head, without the author
	access    map[string]github.Access // by owner in lower case
}

// askHost asks GitHub about a commit. name is that of the repository here, with its
// server. The error is one of usage, or of the context:
// what GitHub does not tell stands in notRun.
func (p program) askHost(c *cli.Context, name, commit string) (*live, error) {
	client, err := github.New(github.Options{
		API: p.env("GITHUB_API_URL"), Repository: p.repositoryOf(c, name),
		Token: cmp.Or(p.env("GITHUB_TOKEN"), p.env("GH_TOKEN")),
	})
	if err != nil {
		return nil, usage("--live: %s", err)
	}
	l := &live{host: &builtin.Host{Gate: p.env("GITHUB_JOB")}, people: people{ctx: c.Context, client: client, access: map[string]github.Access{}}}
	for _, ask := range []func() error{
		func() error { return l.askPull(p.pullOf(c), commit) },
		func() error { return l.askBranch(cmp.Or(c.String("branch"), l.pull.Base, p.env("GITHUB_BASE_REF"))) },
		func() error { return l.askOwners(commit) },
	} {
		if err := ask(); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// repositoryOf is the repository that is asked about.
func (p program) repositoryOf(c *cli.Context, here string) string {
	if name := cmp.Or(c.String("repository"), p.env("GITHUB_REPOSITORY")); name != "" {
		return name
	}
	parts := strings.Split(strings.TrimSuffix(here, ".git"), "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

// pullOf is the number of the pull request, 0 for none.
func (p program) pullOf(c *cli.Context) int {
	if n := c.Int("pull"); n > 0 {
		return n
	}
	if rest, ok := strings.CutPrefix(p.env("GITHUB_REF"), "refs/pull/"); ok {
		number, _, _ := strings.Cut(rest, "/")
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			return n
		}
	}
	return 0
}

// hide notes what may not be seen as not run for a check. The error is that of the
// context.
func (l *live) hide(check string, err error) error {
	var u *github.Unseen
	if !errors.As(err, &u) {
		return err
	}
	l.notRun = append(l.notRun, checks.NotRun{Check: check, Reason: u.Error()})
	return nil
}

// askPull asks who has approved the commit that is judged.
func (l *live) askPull(number int, commit string) error {
	if number == 0 {
		return nil
	}
	pull, err := l.people.client.Pull(l.people.ctx, number)
	if err != nil {
		return l.hide(idOwnersWeakened, err)
	}
	l.pull, l.people.author = pull, pull.Author
	if commit != "" && pull.Head != commit {
		l.notRun = append(l.notRun, checks.NotRun{Check: idOwnersWeakened, Reason: "the pull request has another head than the commit that is judged, so its approvals do not count"})
		return nil
	}
	approvals, err := l.people.client.Approvals(l.people.ctx, number)
	if err != nil {
		return l.hide(idOwnersWeakened, err)
	}
	for _, person := range github.ApprovedAt(approvals, pull.Head) {
		if !strings.EqualFold(person, pull.Author) {
			l.people.approvers = append(l.people.approvers, person)
		}
	}
	l.host.Approved = l.people.approvedBy
	return nil
}

// askBranch asks what the branch demands.
func (l *live) askBranch(branch string) error {
	if branch == "" {
		var err error
		if branch, err = l.people.client.DefaultBranch(l.people.ctx); err != nil {
			l.host.Unseen = append(l.host.Unseen, err.Error())
			return l.hide(idOwnersNotEnforced, err)
		}
	}
	l.host.Branch = branch
	d, err := l.people.client.Demands(l.people.ctx, branch)
	if err != nil {
		return err
	}
	l.host.Demands = builtin.Demands{
		CodeOwners: d.CodeOwners, DismissStale: d.DismissStale || d.LastPush, Current: d.UpToDate || d.MergeQueue,
		Workflows: d.RequiredFlows, Bypass: d.Bypass,
	}
	for _, check := range d.RequiredChecks {
		l.host.Demands.Checks = append(l.host.Demands.Checks, builtin.RequiredCheck{Name: check.Name, Pinned: check.App > 0})
	}
	for _, u := range d.Unknown {
		l.host.Unseen = append(l.host.Unseen, u.Error())
	}
	if why := l.host.Undecided(); why != "" {
		l.notRun = append(l.notRun, checks.NotRun{Check: idOwnersNotEnforced, Reason: why})
	}
	return nil
}

// askOwners asks which owners GitHub does not take in the file of a commit.
func (l *live) askOwners(commit string) error {
	if commit == "" {
		commit = "HEAD"
	}
	list, err := l.people.client.OwnerErrors(l.people.ctx, commit)
	if err != nil {
		return l.hide(idOwnersUnknown, err)
	}
	for _, e := range list {
		if e.Kind == github.UnknownOwner {
			l.host.Unknown = append(l.host.Unknown, builtin.UnknownOwner{Path: e.Path, Line: e.Line, Message: e.Message})
		}
	}
	return nil
}

// approvedBy tells whether somebody who stands behind one of some owners has approved.
func (p people) approvedBy(owners []string) bool {
	return slices.ContainsFunc(owners, func(owner string) bool {
		return slices.ContainsFunc(p.approvers, func(person string) bool { return p.standsFor(person, owner) })
	})
}

// standsFor tells whether a person is an owner or a member of one. A team whose members
// may not be seen has none here.
func (p people) standsFor(person, owner string) bool {
	name := strings.TrimPrefix(owner, "@")
	if !strings.Contains(name, "/") {
		return strings.EqualFold(name, person)
	}
	a, err := p.of(owner)
	return err == nil && slices.ContainsFunc(a.Members, func(member string) bool { return strings.EqualFold(member, person) })
}

// of asks once what GitHub says of an owner.
func (p people) of(owner string) (github.Access, error) {
	key := strings.ToLower(owner)
	if a, ok := p.access[key]; ok {
		return a, nil
	}
	a, err := p.client.Access(p.ctx, owner)
	if err == nil {
		p.access[key] = a
	}
	return a, err
}

// The checks that ask the host.
const (
	idOwnersWeakened    = "owners-weakened"
	idOwnersNotEnforced = "owners-not-enforced"
	idOwnersUnknown     = "owners-unknown"
)

// mustRun makes not judged of what did not run and had to.
func mustRun(r *checks.Result, required []string) {
	for _, n := range r.NotRun {
		if slices.Contains(required, n.Check) {
			r.NotJudged = append(r.NotJudged, checks.NotJudged{Check: n.Check, Reason: n.Reason + "; --require asks for it", New: true})
		}
	}
	if len(r.NotJudged) > 0 && r.Verdict == checks.VerdictPass && slices.ContainsFunc(r.NotJudged, func(n checks.NotJudged) bool { return n.New }) {
		r.Verdict = checks.VerdictIncomplete
	}
}

// requiredChecks are the words of --require.
func requiredChecks(c *cli.Context, known []checks.Check) ([]string, error) {
	list := words(c.StringSlice("require"))
	for _, word := range list {
		if !slices.ContainsFunc(known, func(k checks.Check) bool { return k.ID == word }) {
			return nil, usage("--require: %s", fmt.Sprintf("there is no check %q here; gatehouse explain lists them", word))
		}
	}
	return list, nil
}
