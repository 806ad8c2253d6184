package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxEvent is the size of the largest event that is read. GitHub sends up to 25 MB
// (docs.github.com, webhook events and payloads: payload cap).
const maxEvent = 32 << 20

// change is what an event brings. Without a base it is the whole tree, as it is
// checked out.
type change struct {
	base, head string   // revisions; without a head it is HEAD
	gone       bool     // the event takes a branch or a tag away and brings nothing
	mayBeEmpty bool     // the event may bring no commits: a new branch at an old commit
	unseen     string   // what of it is not judged, and why
	counted    counts   // zero where the event does not say
	users      []string // who made the change, as far as the event tells
}

// counts is how large a change is.
type counts struct{ commits, files int }

func (c counts) String() string {
	return counted(c.commits, "commit") + " and " + counted(c.files, "changed file")
}

// exceeds tells whether c counts more than is seen. A rename is one file for
// GitHub and two paths here, so more may be seen than is counted.
func (c counts) exceeds(seen counts) bool { return c.commits > seen.commits || c.files > seen.files }

// errNoChange is the error of an event that says nothing of what changes.
var errNoChange = errors.New("there is no change to judge")

// changeOf reads a payload (docs.github.com, webhook events and payloads) of the
// event of that name (events that trigger workflows). Strings in it are written by
// strangers; all that is taken from them are IDs of commits, logins and the name of
// the default branch.
func changeOf(name string, payload []byte) (change, error) {
	switch name {
	case "pull_request":
		return pullRequestChange(payload)
	case "merge_group":
		return mergeGroupChange(payload)
	case "push":
		return pushChange(payload)
	case "schedule", "workflow_dispatch":
		return change{}, nil
	case "pull_request_target":
		return change{}, errors.New("pull_request_target runs with the rights of the repository while others write what is judged: " +
			"let the workflow run on pull_request, which is all that is needed")
	}
	return change{}, fmt.Errorf("%w: the event %q is not one of pull_request, merge_group, push, schedule and workflow_dispatch; "+
		"let the workflow run on these, or name a base", errNoChange, name)
}

// end is one end of a pull request.
type end struct {
	SHA string `json:"sha"`
}

func pullRequestChange(payload []byte) (change, error) {
	var e struct {
		Action      string `json:"action"`
		Sender      login  `json:"sender"`
		PullRequest *struct {
			User         login `json:"user"`
			Base         end   `json:"base"`
			Head         end   `json:"head"`
			Commits      int   `json:"commits"`
			ChangedFiles int   `json:"changed_files"`
		} `json:"pull_request"`
	}
	if err := decodeEvent(payload, &e); err != nil {
		return change{}, err
	}
	pr := e.PullRequest
	if pr == nil {
		return change{}, errors.New("the event has no pull_request")
	}
	ch := change{base: pr.Base.SHA, head: pr.Head.SHA, counted: counts{pr.Commits, pr.ChangedFiles}, users: usersOf(pr.User)}
	if e.Action == "synchronize" {
		ch.users = usersOf(pr.User, e.Sender)
	}
	return ch, needIDs("pull_request.base.sha", pr.Base.SHA, "pull_request.head.sha", pr.Head.SHA)
}

func mergeGroupChange(payload []byte) (change, error) {
	var e struct {
		MergeGroup *struct {
			BaseSHA string `json:"base_sha"`
			HeadSHA string `json:"head_sha"`
		} `json:"merge_group"`
	}
	if err := decodeEvent(payload, &e); err != nil {
		return change{}, err
	}
	group := e.MergeGroup
	if group == nil {
		return change{}, errors.New("the event has no merge_group")
	}
	return change{base: group.BaseSHA, head: group.HeadSHA}, needIDs("merge_group.base_sha", group.BaseSHA, "merge_group.head_sha", group.HeadSHA)
}

// pushChange is what a push brings over what stood there. A branch that is new, or
// written anew, is compared with the default branch: what stood there before may
// be in no clone.
func pushChange(payload []byte) (change, error) {
	var e struct {
		Ref        string `json:"ref"`
		Before     string `json:"before"`
		After      string `json:"after"`
		Forced     bool   `json:"forced"`
		Deleted    bool   `json:"deleted"`
		Repository struct {
			DefaultBranch string `json:"default_branch"`
		} `json:"repository"`
		Sender     login `json:"sender"`
		HeadCommit struct {
			Committer struct {
				Username string `json:"username"`
			} `json:"committer"`
		} `json:"head_commit"`
	}
	if err := decodeEvent(payload, &e); err != nil {
		return change{}, err
	}
	users := usersOf(e.Sender)
	if e.HeadCommit.Committer.Username == madeByGitHub {
		users = nil
	}
	if err := needIDs("before", e.Before, "after", e.After); err != nil {
		return change{}, err
	}
	branch := e.Repository.DefaultBranch
	onDefault := e.Ref == "refs/heads/"+branch
	switch {
	case e.Deleted || isZero(e.After):
		return change{gone: true, unseen: "the event takes a branch or a tag away, which brings nothing"}, nil
	case !isZero(e.Before) && (onDefault || !e.Forced):
		return change{base: e.Before, head: e.After, mayBeEmpty: true, users: users}, nil
	case onDefault:
		return change{unseen: "the first push of the default branch has no base: the tree is judged, and what only older commits hold is not"}, nil
	case !isBranchName(branch):
		return change{}, fmt.Errorf("the event has no default branch to compare a new branch with: %.100q", branch)
	}
	return change{base: "refs/remotes/origin/" + branch, head: e.After, mayBeEmpty: true, users: users}, nil
}

// login is an account of GitHub.
type login struct {
	Login string `json:"login"`
}

// loginForm is the form of the login of a person, a managed user, or an app.
var loginForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(\[bot\])?$`)

// madeByGitHub is the committer of what the web interface commits, a merge among it:
// whoever pressed the button did not make the change
// (docs.github.com, about commit signature verification).
const madeByGitHub = "web-flow"

// usersOf are the logins of accounts, each once; none where one of them is not known.
func usersOf(accounts ...login) []string {
	var users []string
	for _, a := range accounts {
		if !loginForm.MatchString(a.Login) {
			return nil
		}
		if !slices.Contains(users, a.Login) {
			users = append(users, a.Login)
		}
	}
	return users
}

// decodeEvent reads the parts of an event that are declared.
func decodeEvent(payload []byte, into any) error {
	if err := json.Unmarshal(payload, into); err != nil {
		return fmt.Errorf("the event is not as GitHub writes it: %w", err)
	}
	return nil
}

// objectID is an ID as git writes it, by SHA-1 or SHA-256.
var objectID = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)

// needIDs wants pairs of a name and the ID of a commit.
func needIDs(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if !objectID.MatchString(pairs[i+1]) {
			return fmt.Errorf("the event is not as GitHub writes it: %s is no ID of a commit: %.100q", pairs[i], pairs[i+1])
		}
	}
	return nil
}

// isZero tells whether an ID stands for no commit.
func isZero(id string) bool { return strings.Trim(id, "0") == "" }

// isBranchName tells whether a name is one that git lets a branch have, and means
// nothing else in a revision (git check-ref-format).
func isBranchName(name string) bool {
	special := func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`~^:?*[\`, r) }
	return name != "" && strings.IndexFunc(name, special) < 0 && !strings.Contains(name, "..") && !strings.Contains(name, "@{")
}
