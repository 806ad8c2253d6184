package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks"
)

const weakening = `-- base/CODEOWNERS --
*           @acme/everyone
/clusters/  @acme/sre
-- base/clusters/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
-- head/CODEOWNERS --
*           @acme/everyone
/clusters/  @acme/apps
-- head/clusters/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`

// liveReport is what check says of a change with what GitHub says of it.
type liveReport struct {
	Verdict   string
	Findings  []checks.Finding
	NotRun    []checks.NotRun
	NotJudged []checks.NotJudged
}

func checkLive(t *testing.T, answers func(head string) map[string]string, args ...string) liveReport {
	t.Helper()
	dir := t.TempDir()
	base := commitAll(t, dir, txtar.Parse([]byte(weakening)).Files)
	head := checkedOut{t, dir}.git("rev-parse", "HEAD")
	env := map[string]string{"GITHUB_API_URL": replay(t, answers(head)), "GITHUB_REPOSITORY": "acme/fleet", "GITHUB_REF": "refs/pull/7/merge"}
	stdout, stderr, code := callIn(t, env, "", append([]string{"check", "--live", "--only", "owners", "-o", "json", "--base", base, dir}, args...)...)
	var r liveReport
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("exit %d: %v\n%s%s", code, err, stdout, stderr)
	}
	return r
}

func (r liveReport) has(check string) bool {
	return slices.ContainsFunc(r.Findings, func(f checks.Finding) bool { return f.Check == check })
}

func (r liveReport) notRun(check string) bool {
	return slices.ContainsFunc(r.NotRun, func(n checks.NotRun) bool { return n.Check == check && strings.Contains(n.Reason, "not known") })
}

// pullAnswers are those of a pull request that one person has approved.
func pullAnswers(head, approver, commit string) map[string]string {
	return map[string]string{
		"/repos/acme/fleet/pulls/7":             fmt.Sprintf(`{"number": 7, "user": {"login": "dev"}, "head": {"sha": %q}, "base": {"ref": "main"}}`, head),
		"/repos/acme/fleet/pulls/7/reviews":     fmt.Sprintf(`[{"user": {"login": %q}, "state": "APPROVED", "commit_id": %q}]`, approver, commit),
		"/orgs/acme/teams/sre":                  `{"privacy": "closed"}`,
		"/orgs/acme/teams/sre/members":          `[{"login": "Ann"}, {"login": "dev"}]`,
		"/orgs/acme/teams/sre/repos/acme/fleet": `{"permissions": {"push": true}}`,
		"/repos/acme/fleet/codeowners/errors":   `{"errors": []}`,
		"/repos/acme/fleet/branches/main":       `{"protected": false}`,
		"/repos/acme/fleet/rules/branches/main": `[]`,
	}
}

// TestApprovalOfTheOldOwnersCounts: a change that takes a say away passes when who
// loses it has approved what is judged, and not otherwise.
func TestApprovalOfTheOldOwnersCounts(t *testing.T) {
	for name, test := range map[string]struct {
		approver, commit string
		found            bool
	}{
		"a member of the old owners":     {"ann", "", false},
		"somebody else":                  {"bob", "", true},
		"the author, who is one of them": {"dev", "", true},
		"a member, of a commit before":   {"ann", "0123456789012345678901234567890123456789", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := checkLive(t, func(head string) map[string]string {
				commit := test.commit
				if commit == "" {
					commit = head
				}
				return pullAnswers(head, test.approver, commit)
			})
			if r.has("owners-weakened") != test.found {
				t.Errorf("owners-weakened is found: %v; %+v", !test.found, r.Findings)
			}
			if !r.has("owners-not-enforced") {
				t.Error("an unprotected branch is not told")
			}
		})
	}
}

// TestWhatMayNotBeSeenIsNotRun: without rights the checks of the host are told as not
// run, and --require makes that incomplete.
func TestWhatMayNotBeSeenIsNotRun(t *testing.T) {
	none := func(string) map[string]string { return map[string]string{} }
	r := checkLive(t, none)
	for _, id := range []string{"owners-not-enforced", "owners-unknown", "owners-weakened"} {
		if !r.notRun(id) {
			t.Errorf("%s is not among what was not run: %+v", id, r.NotRun)
		}
	}
	if !r.has("owners-weakened") || r.has("owners-not-enforced") {
		t.Errorf("the findings are %+v", r.Findings)
	}
	r = checkLive(t, none, "--require", "owners-not-enforced", "--skip", "owners-weakened")
	if r.Verdict != "incomplete" || !slices.ContainsFunc(r.NotJudged, func(n checks.NotJudged) bool { return n.Check == "owners-not-enforced" }) {
		t.Errorf("the verdict is %s, not judged is %+v", r.Verdict, r.NotJudged)
	}
}

func TestRequireTakesOnlyChecks(t *testing.T) {
	if _, stderr, code := call(t, "", "check", "--require", "owners-enforced", t.TempDir()); code != exitUsage || !strings.Contains(stderr, "owners-enforced") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// TestOwnersLive tells who has approved, who is missing, and which owners cannot.
func TestOwnersLive(t *testing.T) {
	dir := t.TempDir()
	base := commitAll(t, dir, txtar.Parse([]byte(weakening)).Files)
	head := checkedOut{t, dir}.git("rev-parse", "HEAD")
	answers := pullAnswers(head, "ann", head)
	answers["/orgs/acme/teams/everyone"] = `{"privacy": "secret"}`
	env := map[string]string{"GITHUB_API_URL": replay(t, answers), "GITHUB_REPOSITORY": "acme/fleet"}
	t.Chdir(dir)
	stdout, stderr, code := callIn(t, env, "", "owners", "--base", base, "--live", "--pull", "7", "-o", "json")
	var r struct {
		Live struct {
			Approved               []string
			Missing                []approvalNeed
			CannotApprove, Unknown []ownerStanding
		}
		Unowned []string
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != exitOK {
		t.Fatalf("exit %d: %v\n%s%s", code, err, stdout, stderr)
	}
	if !slices.Equal(r.Live.Approved, []string{"ann"}) || len(r.Live.Missing) != 0 {
		t.Errorf("approved by %q, missing %+v; want ann and nothing", r.Live.Approved, r.Live.Missing)
	}
	if len(r.Live.CannotApprove) != 1 || r.Live.CannotApprove[0].Owner != "@acme/everyone" || !slices.Contains(r.Unowned, "CODEOWNERS") {
		t.Errorf("cannot approve: %+v; nobody is asked for %q", r.Live.CannotApprove, r.Unowned)
	}
	text, _, _ := callIn(t, env, "", "owners", "--base", base, "--live", "--pull", "7")
	if !strings.Contains(text, "approved by ann") || !strings.Contains(text, "cannot approve") {
		t.Errorf("people are told:\n%s", text)
	}
}
