package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wanted is what must come of a job.
type wanted struct {
	code    int
	outputs string // verdict, errors, new and old
	said    []string
	unsaid  []string
}

func (w wanted) check(t *testing.T, e ended) {
	t.Helper()
	if e.code != w.code {
		t.Errorf("exit %d, want %d", e.code, w.code)
	}
	if got := strings.TrimSpace(strings.Join([]string{e.outputs["verdict"], e.outputs["errors"], e.outputs["new"], e.outputs["old"]}, " ")); got != w.outputs {
		t.Errorf("outputs %q, want %q", got, w.outputs)
	}
	// Whoever looks in one place only must find it there.
	for place, text := range map[string]string{"log": e.log, "summary": strings.NewReplacer("&#38;", "&", "&#58;", ":", "&#43;", "+").Replace(e.summary)} {
		for _, words := range w.said {
			if !strings.Contains(text, words) {
				t.Errorf("the %s does not say %q", place, words)
			}
		}
		for _, words := range append(w.unsaid, canary) {
			if strings.Contains(text, words) {
				t.Errorf("the %s says %q", place, words)
			}
		}
	}
	if text := readIfFile(t, e.outputs["report"]); strings.Contains(text, canary) || w.outputs != "" && !strings.Contains(text, `"verdict": "`+e.outputs["verdict"]+`"`) {
		t.Errorf("the report %q does not tell the verdict, or tells too much:\n%s", e.outputs["report"], text)
	}
	if w.code != exitOK && len(e.annotations("error")) == 0 {
		t.Error("no annotation says why this is no pass")
	}
}

func TestActionJudgesPullRequests(t *testing.T) {
	for _, c := range []struct {
		name  string
		topic func(r checkedOut)
		files int // that GitHub counts
		wanted
	}{
		{"clean", func(r checkedOut) {
			r.commit("more", "app/more.yaml", strings.ReplaceAll(configMap, "settings", "more"))
		}, 1, wanted{outputs: "pass 0 0 0", said: []string{"pass: no findings in 2 files"}}},
		{"a rename, which GitHub counts once", func(r checkedOut) {
			r.git("mv", "settings.yaml", "renamed.yaml")
			r.commit("rename")
		}, 1, wanted{outputs: "pass 0 0 0"}},
		{"nothing but a commit", func(r checkedOut) { r.commit("empty") }, 0, wanted{outputs: "pass 0 0 0"}},
		{"a Secret in plain text", func(r checkedOut) { r.commit("secret", "db.yaml", secret) }, 1,
			wanted{code: exitFail, outputs: "fail 1 1 0", said: []string{"plaintext-secret", "Secret db", "db.yaml", "gatehouse seal db.yaml", "Rotate the value"}}},
		{"a Secret added and removed", func(r checkedOut) {
			r.commit("secret", "db.yaml", secret)
			r.commit("no secret", "db.yaml", "")
		}, 0, wanted{code: exitFail, outputs: "fail 1 1 0", said: []string{"stays in the history", "Rotate the value"}}},
		{"a rule of its own", func(r checkedOut) {
			r.commit("secret", "db.yaml", secret, ".gatehouse/config.yaml", "version: 1\nexclude: ['*.yaml']\n")
		}, 2, wanted{code: exitFail, outputs: "fail 1 1 0", said: []string{"plaintext-secret"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			host := newHost(t)
			var count string
			base, head := host.propose("main", func() {
				c.topic(host)
				count = host.git("rev-list", "--count", "main..topic")
			})
			var commits int
			fmt.Sscan(count, &commits)
			e := job{workspace: host.checkout(pullRef, 0), event: "pull_request", payload: pullRequest(base, head, commits, c.files)}.run(t)
			c.check(t, e)
		})
	}
}

// A branch that forked from an older base is not blamed for what came to the base
// before or since, and is judged by the rules that stand there now.
func TestActionWithABaseThatMovedOn(t *testing.T) {
	host := newHost(t)
	fork := host.commit("old debt", "old.yaml", strings.ReplaceAll(secret, "db", "old"))
	host.commit("on main", "since.yaml", strings.ReplaceAll(secret, "db", "since"), ".gatehouse/config.yaml", "version: 1\nexclude: [vendor/**]\n")
	base, head := host.propose(fork, func() {
		host.commit("vendored", "vendor/x.yaml", secret)
		host.commit("mine", "mine.yaml", strings.ReplaceAll(secret, "db", "mine"))
	})
	e := job{workspace: host.checkout(pullRef, 0), event: "pull_request", payload: pullRequest(base, head, 2, 2)}.run(t)
	wanted{code: exitFail, outputs: "fail 1 1 1", said: []string{"mine.yaml", "old debt"}, unsaid: []string{"since.yaml", "x.yaml"}}.check(t, e)
	if !strings.Contains(e.log, "judging "+base+".."+head+": 2 commits and 2 changed files") {
		t.Error("the log does not say what was judged")
	}
}

// A clone that does not hold the change is never green, and its own words mend it.
func TestActionInAShallowClone(t *testing.T) {
	host := newHost(t)
	base, head := host.propose("main", func() {
		host.commit("secret", "db.yaml", secret)
		host.commit("no secret", "db.yaml", "")
	})
	j := job{workspace: host.checkout(pullRef, 1), event: "pull_request", payload: pullRequest(base, head, 2, 0)}
	for range 3 {
		e := j.run(t)
		if e.code == exitFail {
			wanted{code: exitFail, outputs: "fail 1 1 0", said: []string{"stays in the history"}}.check(t, e)
			return
		}
		wanted{code: exitIncomplete, outputs: "incomplete 0 0 0", said: []string{"git fetch", "fetch-depth: 0"}}.check(t, e)
		_, mend, ok := strings.Cut(e.annotations("error")[0], "or in this clone: ")
		if !ok {
			t.Fatal("no command to mend it with")
		}
		cmd := exec.Command("bash", "-c", mend)
		cmd.Dir = j.workspace
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", mend, err, out)
		}
	}
	t.Error("what it says does not mend it")
}

func TestActionIsIncomplete(t *testing.T) {
	host := newHost(t)
	base, head := host.propose("main", func() { host.commit("more", "more.txt", "more") })
	workspace := host.checkout(pullRef, 0)
	gone := strings.Repeat("0123456789", 4)
	for name, c := range map[string]struct {
		job
		wanted
	}{
		"the base is not in the clone": {job{payload: pullRequest(gone, head, 1, 1)},
			wanted{said: []string{"the base " + gone + " is not in this clone", "git fetch origin " + gone, "fetch-depth: 0"}}},
		"the head is not in the clone": {job{payload: pullRequest(base, gone, 1, 1)},
			wanted{said: []string{"the head " + gone + " is not in this clone"}}},
		"fewer commits than counted": {job{payload: pullRequest(base, head, 3, 1)},
			wanted{said: []string{"GitHub counts 3 commits and 1 changed file, and this clone shows 1 commit and 1 changed file"}}},
		"fewer files than counted": {job{payload: pullRequest(base, head, 1, 31)}, wanted{said: []string{"31 changed files"}}},
		"nothing is checked out": {job{event: "schedule", workspace: t.TempDir(), payload: struct{}{}},
			wanted{said: []string{"there are no files", "actions/checkout"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.event == "" {
				c.event, c.workspace = "pull_request", workspace
			}
			c.code, c.outputs = exitIncomplete, "incomplete 0 0 0"
			c.check(t, c.run(t))
		})
	}
}

// A fail stays a fail where the clone also shows too little.
func TestActionFailsBeforeItIsIncomplete(t *testing.T) {
	host := newHost(t)
	base, head := host.propose("main", func() { host.commit("secret", "db.yaml", secret) })
	e := job{workspace: host.checkout(pullRef, 0), event: "pull_request", payload: pullRequest(base, head, 9, 9)}.run(t)
	wanted{code: exitFail, outputs: "fail 1 1 0", said: []string{"plaintext-secret", "GitHub counts 9 commits"}}.check(t, e)
}

func TestActionJudgesAMergeGroup(t *testing.T) {
	host := newHost(t)
	base, _ := host.propose("main", func() { host.commit("secret", "db.yaml", secret) })
	host.git("update-ref", "refs/heads/gh-readonly-queue/main/pr-1", pullRef)
	group := map[string]any{"base_sha": base, "head_sha": host.git("rev-parse", pullRef), "head_ref": evil}
	e := job{
		workspace: host.checkout("refs/heads/gh-readonly-queue/main/pr-1", 0), event: "merge_group",
		payload: map[string]any{"action": "checks_requested", "merge_group": group},
	}.run(t)
	wanted{code: exitFail, outputs: "fail 1 1 0", said: []string{"db.yaml"}}.check(t, e)
}

func TestActionJudgesPushes(t *testing.T) {
	zero := strings.Repeat("0", 40)
	host := newHost(t)
	start := host.git("rev-parse", "HEAD")
	host.commit("old debt", "old.yaml", strings.ReplaceAll(secret, "db", "old"))
	main := host.git("rev-parse", "main")
	host.git("checkout", "--quiet", "-b", "feature")
	first := host.commit("secret", "db.yaml", secret)
	second := host.commit("no secret", "db.yaml", "")
	push := func(ref, before, after string, forced bool) map[string]any {
		return map[string]any{
			"ref": ref, "before": before, "after": after, "forced": forced, "created": before == zero, "deleted": after == zero,
			"head_commit": map[string]any{"message": evil}, "pusher": map[string]any{"name": evil},
			"repository": map[string]any{"default_branch": "main"},
		}
	}
	for _, c := range []struct {
		name    string
		payload map[string]any
		ref     string
		wanted
	}{
		{"more of a branch", push("refs/heads/feature", first, second, false), "refs/heads/feature", wanted{outputs: "pass 0 0 1"}},
		{"a new branch", push("refs/heads/feature", zero, second, true), "refs/heads/feature",
			wanted{code: exitFail, outputs: "fail 1 1 1", said: []string{"stays in the history"}}},
		{"a new branch without commits", push("refs/heads/feature", zero, main, true), "refs/heads/feature", wanted{outputs: "pass 0 0 1", said: []string{"the push brings no commits over refs/remotes/origin/main"}}},
		{"a branch written anew over commits that are gone", push("refs/heads/feature", strings.Repeat("12345678", 5), second, true), "refs/heads/feature",
			wanted{code: exitFail, outputs: "fail 1 1 1"}},
		{"the default branch", push("refs/heads/main", start, main, false), "refs/heads/main",
			wanted{code: exitFail, outputs: "fail 1 1 0", said: []string{"old.yaml"}}},
		{"the default branch, new", push("refs/heads/main", zero, main, true), "refs/heads/main",
			wanted{code: exitFail, outputs: "fail 1 1 0", said: []string{"old.yaml", "the first push of the default branch has no base"}}},
		{"a branch taken away", push("refs/heads/feature", first, zero, true), "refs/heads/main",
			wanted{outputs: "pass 0 0 0", said: []string{"takes a branch or a tag away"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.check(t, job{workspace: host.checkout(c.ref, 0), event: "push", payload: c.payload}.run(t))
		})
	}
}

func TestActionJudgesTheWholeTree(t *testing.T) {
	host := newHost(t)
	host.commit("old", "old.yaml", secret)
	// One commit is all there is to see.
	workspace := host.checkout("refs/heads/main", 1)
	for _, event := range []string{"workflow_dispatch", "schedule"} {
		e := job{workspace: workspace, event: event, payload: map[string]any{"inputs": map[string]any{"x": evil}}}.run(t)
		wanted{code: exitFail, outputs: "fail 1 1 0", said: []string{"old.yaml"}}.check(t, e)
	}
	outer := t.TempDir()
	if err := os.Rename(workspace, filepath.Join(outer, "config")); err != nil {
		t.Fatal(err)
	}
	e := job{workspace: outer, event: "schedule", payload: map[string]any{}, with: map[string]string{"path": "config"}}.run(t)
	wanted{code: exitFail, outputs: "fail 1 1 0", said: []string{"old.yaml"}}.check(t, e)
}

// Where nothing was judged the exit code is 2 and there is no verdict.
func TestActionRefuses(t *testing.T) {
	host := newHost(t)
	base, head := host.propose("main", func() { host.commit("more", "more.txt", "more") })
	workspace := host.checkout(pullRef, 0)
	pull := pullRequest(base, head, 1, 1)
	if err := os.Symlink("/tmp", filepath.Join(workspace, "reports")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		job
		why string
	}{
		"pull_request_target": {job{event: "pull_request_target", payload: pull}, "let the workflow run on pull_request"},
		"... with a base":     {job{event: "pull_request_target", payload: pull, with: map[string]string{"base": "main"}}, "let the workflow run on pull_request"},
		"an unknown event":    {job{event: "issues", payload: pull}, `the event "issues" is not one of pull_request, merge_group, push`},
		"no event":            {job{event: "pull_request", payload: pull, env: map[string]string{"GITHUB_EVENT_PATH": "/nowhere"}}, "GITHUB_EVENT_PATH names no event"},
		"no JSON":             {job{event: "pull_request", payload: []byte("{")}, "not as GitHub writes it"},
		"more than JSON":      {job{event: "push", payload: []byte("{}{}")}, "not as GitHub writes it"},
		"another event":       {job{event: "merge_group", payload: pull}, "the event has no merge_group"},
		"an option as base":   {job{event: "pull_request", payload: pullRequest("--upload-pack=touch pwned", head, 1, 1)}, "pull_request.base.sha is no ID of a commit"},
		"a name as head":      {job{event: "pull_request", payload: pullRequest(base, "main", 1, 1)}, "pull_request.head.sha is no ID of a commit"},
		"a text as count":     {job{event: "pull_request", payload: []byte(`{"pull_request": {"commits": "3"}}`)}, "not as GitHub writes it"},
		"a head without base": {job{event: "schedule", payload: pull, with: map[string]string{"head": "HEAD"}}, "name a base, too"},
		"an unknown severity": {job{event: "pull_request", payload: pull, with: map[string]string{"fail-on": "errors"}}, "must be none, error or warning"},
		"a bad revision":      {job{event: "pull_request", payload: pull, with: map[string]string{"base": "-x\n::error::y"}}, "is not a revision"},
		"two reports, one file": {job{event: "pull_request", payload: pull, with: map[string]string{"sarif-file": "a", "json-file": "a"}},
			"go to the same place"},
		"a second standard output": {job{event: "pull_request", payload: pull, with: map[string]string{"args": "-o text"}}, "go to the same place"},
		"a report through a link": {job{event: "pull_request", payload: pull, with: map[string]string{"sarif-file": "reports/x"}},
			"reports is a symbolic link of the tree"},
		"an unknown default branch": {job{event: "push", payload: []byte(fmt.Sprintf(
			`{"ref": "refs/heads/x", "before": "%040d", "after": "%s", "repository": {"default_branch": "main@{1}"}}`, 0, head))}, "no default branch"},
	} {
		t.Run(name, func(t *testing.T) {
			c.workspace = workspace
			e := c.run(t)
			wanted{code: exitUsage}.check(t, e)
			if list := e.annotations("error"); len(list) != 1 || !strings.Contains(list[0], c.why) {
				t.Errorf("the annotations are %q, want one with %q", list, c.why)
			}
			if e.summary != "" || len(e.written) != 0 {
				t.Errorf("there is a summary %q and outputs %v", e.summary, e.written)
			}
		})
	}
}

// What is said in several lines stays in one command.
func TestActionWithAFaultyConfiguration(t *testing.T) {
	host := newHost(t)
	host.commit("faults", ".gatehouse/config.yaml", "version: 1\n\"a%0A::set-output name=verdict::pass\": 1\n\"b\\n::set-output name=verdict::pass\": 2\n")
	base, head := host.propose("main", func() { host.commit("more", "more.txt", "more") })
	e := job{workspace: host.checkout(pullRef, 0), event: "pull_request", payload: pullRequest(base, head, 1, 1)}.run(t)
	wanted{code: exitUsage}.check(t, e)
	list := e.annotations("error")
	if len(list) != 1 || strings.Count(list[0], "\n") < 2 || !strings.Contains(list[0], ".gatehouse/config.yaml:3") || !strings.Contains(list[0], "a%0A::set-output") {
		t.Errorf("the annotations are %q, want one with a line for each fault", list)
	}
}

func TestActionRefusesALargeEvent(t *testing.T) {
	path := newFile(t, t.TempDir(), "event.json", nil)
	if err := os.Truncate(path, maxEvent+1); err != nil {
		t.Fatal(err)
	}
	e := job{workspace: t.TempDir(), event: "pull_request", env: map[string]string{"GITHUB_EVENT_PATH": path}}.run(t)
	if e.code != exitUsage || !strings.Contains(e.log, "the event is larger than 32 MiB") {
		t.Errorf("exit %d", e.code)
	}
}

// The inputs base and head go before the event, and take an event of any kind.
func TestActionTakesBaseAndHead(t *testing.T) {
	host := newHost(t)
	var clean, leaking string
	base, head := host.propose("main", func() {
		clean = host.commit("before", "before.txt", "before")
		leaking = host.commit("secret", "db.yaml", secret)
		host.commit("after", "after.txt", "after")
	})
	workspace := host.checkout(pullRef, 0)
	other := map[string]any{"release": map[string]any{"tag_name": evil}}
	for name, c := range map[string]struct {
		job
		wanted
	}{
		"base against HEAD":    {job{event: "release", payload: other, with: map[string]string{"base": "origin/main"}}, wanted{code: exitFail, outputs: "fail 1 1 0"}},
		"base and head":        {job{event: "release", payload: other, with: map[string]string{"base": "origin/main", "head": clean}}, wanted{outputs: "pass 0 0 0"}},
		"base over the event":  {job{event: "pull_request", payload: pullRequest(base, head, 9, 9), with: map[string]string{"base": leaking}}, wanted{outputs: "pass 0 0 1"}},
		"head over the event":  {job{event: "pull_request", payload: pullRequest(base, head, 9, 9), with: map[string]string{"head": clean}}, wanted{outputs: "pass 0 0 0"}},
		"no commits":           {job{event: "pull_request", payload: pullRequest(base, head, 9, 9), with: map[string]string{"base": head}}, wanted{code: exitIncomplete, outputs: "incomplete 0 0 1", said: []string{"holds no commits"}}},
		"fail-on none":         {job{event: "pull_request", payload: pullRequest(base, head, 1, 1), with: map[string]string{"fail-on": "none"}}, wanted{outputs: "pass 1 1 0"}},
		"args, line by line":   {job{event: "pull_request", payload: pullRequest(base, head, 1, 1), with: map[string]string{"args": "--skip secrets\n --exclude *.md\n"}}, wanted{outputs: "pass 0 0 0"}},
		"args that ask for it": {job{event: "pull_request", payload: pullRequest(base, head, 1, 1), with: map[string]string{"args": "--only plaintext-secret"}}, wanted{code: exitFail, outputs: "fail 1 1 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.workspace = workspace
			c.check(t, c.run(t))
		})
	}
}

// What cannot be written never makes a pass of a fail.
func TestActionThatCannotWrite(t *testing.T) {
	host := newHost(t)
	var clean string
	base, head := host.propose("main", func() {
		clean = host.commit("before", "before.txt", "before")
		host.commit("secret", "db.yaml", secret)
	})
	workspace, folder := host.checkout(pullRef, 0), t.TempDir()
	for name, c := range map[string]struct {
		with, env    map[string]string
		pass, fail   int
		level, words string
	}{
		"the outputs":    {env: map[string]string{"GITHUB_OUTPUT": folder}, pass: exitOK, fail: exitFail, level: "warning", words: "is a directory"},
		"the summary":    {env: map[string]string{"GITHUB_STEP_SUMMARY": folder}, pass: exitOK, fail: exitFail, level: "warning", words: "is a directory"},
		"SARIF":          {with: map[string]string{"sarif-file": "no/folder.sarif"}, pass: exitUsage, fail: exitFail, level: "error", words: "folder.sarif"},
		"the report":     {env: map[string]string{"RUNNER_TEMP": "/nowhere"}, pass: exitUsage, fail: exitFail, level: "error", words: "/nowhere"},
		"without either": {env: map[string]string{"GITHUB_OUTPUT": "", "GITHUB_STEP_SUMMARY": "", "RUNNER_TEMP": ""}, pass: exitOK, fail: exitFail},
	} {
		t.Run(name, func(t *testing.T) {
			for want, end := range map[int]string{c.pass: clean, c.fail: head} {
				e := job{workspace: workspace, event: "pull_request", payload: pullRequest(base, end, 0, 0), with: c.with, env: c.env}.run(t)
				if e.code != want {
					t.Errorf("exit %d, want %d", e.code, want)
				}
				if c.words != "" && !strings.Contains(strings.Join(e.annotations(c.level), "\n"), c.words) {
					t.Errorf("no %s says %q", c.level, c.words)
				}
			}
		})
	}
}

// The files that are asked for are written, and the report is where it is said to be.
func TestActionWritesReports(t *testing.T) {
	host := newHost(t)
	base, head := host.propose("main", func() { host.commit("secret", "db.yaml", secret) })
	workspace := host.checkout(pullRef, 0)
	e := job{workspace: workspace, event: "pull_request", payload: pullRequest(base, head, 1, 1),
		with: map[string]string{"sarif-file": "gatehouse.sarif", "json-file": "out.json", "args": "-o junit=junit.xml"}}.run(t)
	wanted{code: exitFail, outputs: "fail 1 1 0"}.check(t, e)
	if want := filepath.Join(workspace, "out.json"); e.outputs["report"] != want {
		t.Errorf("the report is %s, want %s", e.outputs["report"], want)
	}
	for name, words := range map[string]string{"gatehouse.sarif": `"plaintext-secret"`, "out.json": `"plaintext-secret"`, "junit.xml": "<testsuite"} {
		if !strings.Contains(readIfFile(t, filepath.Join(workspace, name)), words) {
			t.Errorf("%s does not hold %s", name, words)
		}
	}
}

// Whatever a stranger calls files, objects, branches and commits: nothing of it is
// run, and nothing of it is a command or an output to the runner.
func TestActionWithHostileNames(t *testing.T) {
	names := []string{
		"::set-output name=verdict::pass.yaml", "a\n::set-output name=verdict::pass.yaml", "##[set-output name=verdict;]pass.yaml",
		"\u00a0::add-mask::x.yaml", "\ufe0f::stop-commands::x.yaml", "$(touch pwned).yaml", "`touch pwned`.yaml", "'; touch pwned; '.yaml",
		"--upload-pack=touch pwned.yaml", "%0A::set-output name=verdict::pass.yaml", "verdict<<x\npass\nx.yaml", "\r::error::x.yaml", "a,line=9::x.yaml",
	}
	host := newHost(t)
	base, head := host.propose("main", func() {
		for i, name := range names {
			text := strings.ReplaceAll(secret, "name: db", fmt.Sprintf("name: %q", "db\n::set-output name=verdict::pass\n##[add-mask]"+fmt.Sprint(i)))
			host.commit(evil, name, strings.ReplaceAll(text, "password:", `"::add-mask::\n::stop-commands::x":`))
		}
	})
	host.git("branch", "$(touch${IFS}pwned)")
	workspace := host.checkout(pullRef, 0)
	e := job{workspace: workspace, event: "pull_request", payload: pullRequest(base, head, len(names), len(names))}.run(t)
	n := fmt.Sprint(len(names))
	wanted{code: exitFail, outputs: "fail " + n + " " + n + " 0"}.check(t, e)
	if want := []string{"errors", "new", "notices", "old", "report", "verdict", "warnings"}; !cmp.Equal(want, slices.Sorted(maps.Keys(e.written))) {
		t.Errorf("GITHUB_OUTPUT holds %v", slices.Sorted(maps.Keys(e.written)))
	}
	if list := e.annotations("error"); len(list) != 10 || !strings.Contains(list[9], "+4 more") {
		t.Errorf("%d annotations, want 9 and one for the other 4", len(list))
	}
	for _, folder := range []string{workspace, filepath.Dir(e.outputs["report"]), "."} {
		if _, err := os.Lstat(filepath.Join(folder, "pwned")); err == nil {
			t.Errorf("something was run in %s", folder)
		}
	}
}
