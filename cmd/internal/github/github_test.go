package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// answer is what the server says to one path; a path may have several, of which the
// last one stays.
type answer struct {
	status int
	header map[string]string
	body   string
}

// host replays answers. It fails the test for a request that only reading does not
// need.
type host struct {
	*httptest.Server
	asked map[string]int
}

func replay(t *testing.T, answers map[string][]answer) *host {
	t.Helper()
	h := &host{asked: map[string]int{}}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s: only reading is allowed", r.Method, r.URL)
		}
		path := r.URL.Path
		if page := r.URL.Query().Get("page"); page != "" && page != "1" {
			path += "?page=" + page
		}
		list, ok := answers[path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}`)
			return
		}
		a := list[min(h.asked[path], len(list)-1)]
		h.asked[path]++
		for name, value := range a.header {
			w.Header().Set(name, strings.ReplaceAll(value, "$HOST", h.URL))
		}
		if a.status != 0 {
			w.WriteHeader(a.status)
		}
		fmt.Fprint(w, a.body)
	}))
	t.Cleanup(h.Close)
	return h
}

func ok(body string) []answer { return []answer{{body: body}} }

func client(t *testing.T, h *host) *Client {
	t.Helper()
	c, err := New(Options{API: h.URL, Repository: "acme/fleet", Token: "ghs_secret-of-the-test", Wait: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const repo = "/repos/acme/fleet"

func TestApprovalsCountTheLastWordAtTheHead(t *testing.T) {
	h := replay(t, map[string][]answer{
		repo + "/pulls/7": ok(`{"number": 7, "user": {"login": "mallory"}, "head": {"sha": "new", "repo": {"full_name": "mallory/fleet"}},
			"base": {"ref": "main", "repo": {"full_name": "acme/fleet"}}, "changed_files": 3, "commits": 2}`),
		repo + "/pulls/7/reviews": {{header: map[string]string{"Link": `<$HOST` + repo + `/pulls/7/reviews?page=2>; rel="next"`}, body: `[
			{"user": {"login": "ann"}, "state": "APPROVED", "commit_id": "old"},
			{"user": {"login": "bob"}, "state": "APPROVED", "commit_id": "new"},
			{"user": {"login": "carol"}, "state": "APPROVED", "commit_id": "new"},
			{"user": {"login": "dave"}, "state": "CHANGES_REQUESTED", "commit_id": "old"},
			{"user": null, "state": "APPROVED", "commit_id": "new"}]`}},
		repo + "/pulls/7/reviews?page=2": ok(`[
			{"user": {"login": "Bob"}, "state": "COMMENTED", "commit_id": "new"},
			{"user": {"login": "carol"}, "state": "DISMISSED", "commit_id": "new"},
			{"user": {"login": "dave"}, "state": "APPROVED", "commit_id": "new"}]`),
	})
	c := client(t, h)
	pull, err := c.Pull(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	want := Pull{Number: 7, Author: "mallory", Head: "new", Base: "main", Fork: true, Files: 3, Commits: 2}
	if diff := cmp.Diff(want, pull); diff != "" {
		t.Errorf("the pull request (-want +got):\n%s", diff)
	}
	list, err := c.Approvals(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bob", "dave"}, ApprovedAt(list, "new")); diff != "" {
		t.Errorf("approved at the head (-want +got):\n%s", diff)
	}
	if got := ApprovedAt(list, ""); got != nil {
		t.Errorf("approved at no commit: %q", got)
	}
}

func TestAccess(t *testing.T) {
	h := replay(t, map[string][]answer{
		repo + "/collaborators/ann/permission":   ok(`{"permission": "write"}`),
		repo + "/collaborators/bob/permission":   ok(`{"permission": "read"}`),
		repo + "/collaborators/eve/permission":   {{status: 403, body: `{"message": "Must have push access"}`}},
		"/users/hidden":                          ok(`{"login": "hidden"}`),
		"/orgs/acme/teams/sre":                   ok(`{"privacy": "closed"}`),
		"/orgs/acme/teams/sre/members":           ok(`[{"login": "ann"}, {"login": "zoe"}]`),
		"/orgs/acme/teams/sre/repos/acme/fleet":  ok(`{"permissions": {"pull": true, "push": true}}`),
		"/orgs/acme/teams/read":                  ok(`{"privacy": "closed"}`),
		"/orgs/acme/teams/read/members":          {{status: 403, body: `{}`}},
		"/orgs/acme/teams/read/repos/acme/fleet": ok(`{"permissions": {"pull": true, "push": false}}`),
		"/orgs/acme/teams/none":                  ok(`{"privacy": "closed"}`),
		"/orgs/acme/teams/dark":                  ok(`{"privacy": "secret"}`),
	})
	c := client(t, h)
	for owner, want := range map[string]Access{
		"@ann":            {Standing: CanApprove},
		"@bob":            {Standing: CannotApprove},
		"@eve":            {Standing: Unknown},
		"@nobody":         {Standing: CannotApprove},
		"@hidden":         {Standing: Unknown},
		"@acme/sre":       {Standing: CanApprove, Members: []string{"ann", "zoe"}},
		"@acme/SRE":       {Standing: CanApprove, Members: []string{"ann", "zoe"}},
		"@acme/read":      {Standing: CannotApprove},
		"@acme/none":      {Standing: CannotApprove},
		"@acme/dark":      {Standing: CannotApprove},
		"@acme/unseen":    {Standing: Unknown},
		"ann@example.org": {Standing: Unknown},
	} {
		got, err := c.Access(t.Context(), owner)
		if err != nil {
			t.Errorf("%s: %v", owner, err)
			continue
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Access{}, "Reason"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", owner, diff)
		}
		if (got.Reason == "") != (got.Standing == CanApprove) {
			t.Errorf("%s is %s for the reason %q", owner, got.Standing, got.Reason)
		}
	}
}

func TestOwnerErrors(t *testing.T) {
	h := replay(t, map[string][]answer{repo + "/codeowners/errors": ok(`{"errors": [
		{"line": 3, "column": 9, "kind": "Unknown owner", "source": "/a @x", "suggestion": null, "message": "Unknown owner on line 3", "path": ".github/CODEOWNERS"}]}`)})
	list, err := client(t, h).OwnerErrors(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	want := []OwnerError{{Path: ".github/CODEOWNERS", Line: 3, Column: 9, Kind: UnknownOwner, Source: "/a @x", Message: "Unknown owner on line 3"}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := client(t, h).OwnerErrors(t.Context(), ""); err == nil {
		t.Error("they were asked for without a revision")
	}
}

// TestDemandsSeePastUnknownRules: rules of types that are not known here, and of those
// that the library cannot decode, do not hide the others.
func TestDemandsSeePastUnknownRules(t *testing.T) {
	h := replay(t, map[string][]answer{
		repo + "/branches/main": ok(`{"protected": true, "protection": {"enabled": true}}`),
		repo + "/rules/branches/main": ok(`[
			{"type": "code_scanning", "parameters": {"code_scanning_tools": [{"tool": "x"}]}, "ruleset_id": 1},
			{"type": "max_file_size", "parameters": {"max_file_size": 1}, "ruleset_id": 1},
			{"type": "of the year 2040", "parameters": ["?"], "ruleset_id": 1},
			{"type": "pull_request", "ruleset_id": 1, "parameters": {"required_approving_review_count": 2, "require_code_owner_review": true,
				"required_reviewers": [{"file_patterns": ["prod/**"], "minimum_approvals": 1, "reviewer": {"id": 9, "type": "Team"}}], "allowed_merge_methods": ["squash"]}},
			{"type": "workflows", "ruleset_id": 2, "ruleset_source_type": "Organization", "parameters": {"workflows": [{"path": ".github/workflows/gate.yaml", "repository_id": 3}]}},
			{"type": "merge_queue", "ruleset_id": 1, "parameters": {}},
			{"type": "required_status_checks", "ruleset_id": 1, "parameters": {"required_status_checks": [{"context": "gate", "integration_id": 15368}, {"context": "lint"}]}}]`),
		repo + "/rulesets/1": ok(`{"name": "a", "bypass_actors": [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}, {"actor_id": null, "actor_type": "OrganizationAdmin", "bypass_mode": "pull_request"}]}`),
		repo + "/rulesets/2": ok(`{"name": "b", "bypass_actors": []}`),
		repo + "/branches/main/protection": ok(`{"required_pull_request_reviews": {"dismiss_stale_reviews": true, "required_approving_review_count": 1,
			"bypass_pull_request_allowances": {"users": [{"login": "root"}], "teams": [], "apps": [{"slug": "bot"}]}},
			"required_status_checks": {"strict": true, "contexts": ["old"], "checks": [{"context": "old", "app_id": -1}]}, "enforce_admins": {"enabled": true}}`),
	})
	got, err := client(t, h).Demands(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	want := Demands{
		PullRequest: true, CodeOwners: true, Approvals: 2, DismissStale: true, UpToDate: true, MergeQueue: true,
		RequiredChecks: []RequiredCheck{{"gate", 15368}, {"lint", 0}, {"old", 0}},
		RequiredFlows:  []string{".github/workflows/gate.yaml"},
		Bypass:         []string{"@root", "everybody with the role admin", "the administrators of the organization (in pull requests)", "the app bot"},
		TeamReviews:    []TeamReview{{Files: []string{"prod/**"}, Team: 9, Approvals: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDemandsSayWhatTheyCannotSee(t *testing.T) {
	for name, answers := range map[string]map[string][]answer{
		"classic protection": {
			repo + "/branches/main":            ok(`{"protected": true, "protection": {"enabled": true}}`),
			repo + "/rules/branches/main":      ok(`[]`),
			repo + "/branches/main/protection": {{status: 403, body: `{"message": "Resource not accessible by integration"}`}},
		},
		"the bypass list": {
			repo + "/branches/main":       ok(`{"protected": true, "protection": {"enabled": false}}`),
			repo + "/rules/branches/main": ok(`[{"type": "merge_queue", "ruleset_id": 4}]`),
			repo + "/rulesets/4":          ok(`{"name": "seen without the right to write"}`),
		},
		"everything": {},
		"an answer that is no JSON": {
			repo + "/branches/main":       ok(`<html>`),
			repo + "/rules/branches/main": ok(`[]`),
		},
		"an answer of another form": {
			repo + "/branches/main":       ok(`[1]`),
			repo + "/rules/branches/main": ok(`{"a": 1}`),
		},
	} {
		d, err := client(t, replay(t, answers)).Demands(t.Context(), "main")
		if err != nil || d.Known() {
			t.Errorf("without %s: all is known (%v): %+v", name, err, d)
		}
	}
}

func TestRequestsAreTriedAgain(t *testing.T) {
	reset := fmt.Sprint(time.Now().Add(2 * time.Second).Unix())
	later := fmt.Sprint(time.Now().Add(time.Hour).Unix())
	for name, test := range map[string]struct {
		first answer
		want  bool
	}{
		"a fault of the server":       {answer{status: 502, body: "<html>bad gateway</html>"}, true},
		"a secondary limit":           {answer{status: 403, header: map[string]string{"Retry-After": "1"}, body: `{"message": "x", "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`}, true},
		"a primary limit, soon over":  {answer{status: 403, header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, body: `{"message": "API rate limit exceeded"}`}, true},
		"a primary limit for an hour": {answer{status: 403, header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": later}, body: `{"message": "API rate limit exceeded"}`}, false},
		"a secondary limit for long":  {answer{status: 403, header: map[string]string{"Retry-After": "3600"}, body: `{"message": "x", "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`}, false},
		"no right":                    {answer{status: 403, body: `{"message": "no"}`}, false},
		"a wrong token":               {answer{status: 401, body: `{"message": "Bad credentials"}`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := replay(t, map[string][]answer{repo: {test.first, {body: `{"default_branch": "main"}`}}})
			c := client(t, h)
			c.wait = wait // the library keeps the limits by the clock
			branch, err := c.DefaultBranch(t.Context())
			if test.want {
				if err != nil || branch != "main" {
					t.Errorf("%q, %v", branch, err)
				}
				return
			}
			var u *Unseen
			if !errors.As(err, &u) || u.Reason == "" {
				t.Fatalf("%q, %v; want what cannot be seen", branch, err)
			}
			if h.asked[repo] != 1 {
				t.Errorf("asked %d times", h.asked[repo])
			}
		})
	}
}

func TestErrorsHoldNothingOfAnswers(t *testing.T) {
	const secret = "value-in-the-answer"
	for _, a := range []answer{{status: 500, body: secret}, {status: 403, body: `{"message": "` + secret + `"}`}, {body: `{"default_branch": ["` + secret + `"]}`}, {status: 302, header: map[string]string{"Location": "https://example.invalid/" + secret}}} {
		_, err := client(t, replay(t, map[string][]answer{repo: {a}})).DefaultBranch(t.Context())
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "ghs_secret") {
			t.Errorf("%d: the error is %v", a.status, err)
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	answers := map[string][]answer{repo + "/pulls/1/reviews": {{header: map[string]string{"Link": `<$HOST` + repo + `/pulls/1/reviews?page=1>; rel="next"`}, body: `[]`}}}
	h := replay(t, answers)
	if _, err := client(t, h).Approvals(t.Context(), 1); err == nil {
		t.Error("pages that lead in a circle have an end")
	}
}

func TestATokenGoesNowhereElse(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked, with %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	h := replay(t, map[string][]answer{repo: {{status: 301, header: map[string]string{"Location": other.URL + "/"}}}})
	if _, err := client(t, h).DefaultBranch(t.Context()); err == nil {
		t.Error("the answer of another host was taken")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{
		{}, {Repository: "acme"}, {Repository: "acme/"}, {Repository: "a/b/c"}, {Repository: "a/.."}, {Repository: "a/b?x=1"},
		{Repository: "a/b", API: "http://example.org"}, {Repository: "a/b", API: "https://user:pass@example.org"}, {Repository: "a/b", API: "nonsense"},
	} {
		o.Token = "ghs_secret-of-the-test"
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "ghs_") {
			t.Errorf("%+v: %v", o.Repository+" "+o.API, err)
		}
	}
}

func TestAStoppedRunAsksNoMore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := client(t, replay(t, map[string][]answer{repo: ok(`{"default_branch": "main"}`)}))
	if _, err := c.DefaultBranch(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if _, err := c.Demands(ctx, "main"); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// TestSlowAnswersAreNoAnswers: a host that takes too long has not answered, however
// often it is asked.
func TestSlowAnswersAreNoAnswers(t *testing.T) {
	release := make(chan struct{})
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		<-release
	}))
	t.Cleanup(func() { close(release); server.Close() })
	c, err := New(Options{API: server.URL, Repository: "acme/fleet", Timeout: 50 * time.Millisecond, Wait: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	var u *Unseen
	if _, err := c.DefaultBranch(t.Context()); !errors.As(err, &u) || u.Status != 0 {
		t.Errorf("the error is %v, want that there is no answer", err)
	}
	if asked.Load() != mostTries {
		t.Errorf("asked %d times, want %d", asked.Load(), mostTries)
	}
}
