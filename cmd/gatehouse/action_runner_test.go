package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"sigs.k8s.io/yaml"
)

// composite is action.yml as a runner reads it.
type composite struct {
	Inputs map[string]struct {
		Description, Default string
	} `json:"inputs"`
	Outputs map[string]struct {
		Description, Value string
	} `json:"outputs"`
	Runs struct {
		Using string `json:"using"`
		Steps []struct {
			ID    string            `json:"id"`
			Shell string            `json:"shell"`
			Run   string            `json:"run"`
			Env   map[string]string `json:"env"`
		} `json:"steps"`
	} `json:"runs"`
}

const actionFolder = "../../action"

func readAction(t *testing.T) composite {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(actionFolder, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a composite
	if err := yaml.UnmarshalStrict(dropKeys(t, text, "name", "description", "author", "branding"), &a); err != nil {
		t.Fatal(err)
	}
	if a.Runs.Using != "composite" || len(a.Runs.Steps) != 1 {
		t.Fatalf("action.yml: a composite action of one step is wanted: %+v", a.Runs)
	}
	return a
}

// dropKeys leaves out keys at the top that a runner does not act on, so that the
// rest can be read strictly.
func dropKeys(t *testing.T, text []byte, keys ...string) []byte {
	t.Helper()
	var all map[string]any
	if err := yaml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		delete(all, key)
	}
	out, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// job is one use of the action in a job, by a runner that does what
// github.com/actions/runner does with a composite action.
type job struct {
	workspace string
	event     string
	payload   any // JSON, or bytes as they are
	with      map[string]string
	env       map[string]string // instead of what the runner sets
	action    string            // the folder of the action; "" for the one of this repository
	source    bool              // build the program instead of naming it
}

// ended is what a runner knows when a step has ended.
type ended struct {
	code     int
	log      string
	summary  string
	outputs  map[string]string // of the action
	written  map[string]string // of its step
	commands []command
}

// command is a workflow command that a runner found in the log.
type command struct {
	name, data string
	properties map[string]string
}

func (e ended) annotations(level string) []string {
	var list []string
	for _, c := range e.commands {
		if c.name == level {
			list = append(list, c.data)
		}
	}
	return list
}

var expression = regexp.MustCompile(`^\$\{\{ (?:inputs|steps\.gate\.outputs)\.([a-z0-9-]+) \}\}$`)

func (j job) run(t *testing.T) ended {
	t.Helper()
	a := readAction(t)
	step := a.Runs.Steps[0]
	temp := t.TempDir()
	folder := j.action
	if folder == "" {
		folder = absolute(t, actionFolder)
	}
	env := map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": temp, "CI": "true", "GITHUB_ACTIONS": "true",
		"GIT_CONFIG_NOSYSTEM": "1", "GITHUB_WORKSPACE": j.workspace, "GITHUB_ACTION_PATH": folder,
		"GITHUB_EVENT_NAME": j.event, "GITHUB_EVENT_PATH": newFile(t, temp, "event.json", j.eventText(t)),
		"GITHUB_OUTPUT":       newFile(t, temp, "set_output_1", nil),
		"GITHUB_STEP_SUMMARY": newFile(t, temp, "step_summary_1", nil),
		"RUNNER_TEMP":         temp,
	}
	for name, value := range step.Env {
		env[name] = j.input(t, a, value)
	}
	for name, value := range j.env {
		env[name] = value
	}
	if step.Shell != "bash" {
		t.Fatalf("the shell is %s", step.Shell)
	}
	// What a runner makes of shell: bash.
	cmd := exec.Command("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", newFile(t, temp, "step.sh", []byte(step.Run)))
	cmd.Dir = j.workspace
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	err := cmd.Run()
	exited, ok := errors.AsType[*exec.ExitError](err)
	if err != nil && !ok {
		t.Fatal(err)
	}
	e := ended{log: log.String(), commands: commandsIn(log.String()), outputs: map[string]string{}}
	if ok {
		e.code = exited.ExitCode()
	}
	e.summary = readIfFile(t, env["GITHUB_STEP_SUMMARY"])
	e.written = parseOutputs(t, readIfFile(t, env["GITHUB_OUTPUT"]))
	for name, output := range a.Outputs {
		e.outputs[name] = e.written[nameIn(t, output.Value)]
	}
	t.Logf("exit %d\n%s\n-- outputs: %v\n-- summary:\n%s", e.code, e.log, e.outputs, e.summary)
	for _, c := range e.commands {
		if c.name != "error" && c.name != "warning" && c.name != "notice" {
			t.Errorf("the log holds the command %s %v %q", c.name, c.properties, c.data)
		}
	}
	return e
}

func (j job) eventText(t *testing.T) []byte {
	t.Helper()
	if text, ok := j.payload.([]byte); ok {
		return text
	}
	text, err := json.Marshal(j.payload)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// input evaluates a value in the env of the step.
func (j job) input(t *testing.T, a composite, value string) string {
	t.Helper()
	name := nameIn(t, value)
	declared, ok := a.Inputs[name]
	if !ok {
		t.Fatalf("action.yml declares no input %s", name)
	}
	if given, ok := j.with[name]; ok {
		return given
	}
	if name == "binary" && !j.source {
		// This test binary is the program where it is called so.
		path, err := exec.LookPath("gatehouse")
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	return declared.Default
}

func nameIn(t *testing.T, value string) string {
	t.Helper()
	m := expression.FindStringSubmatch(value)
	if m == nil {
		t.Fatalf("action.yml: this runner does not know the expression %s", value)
	}
	return m[1]
}

func newFile(t *testing.T, folder, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func readIfFile(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// parseOutputs reads GITHUB_OUTPUT as FileCommandManager.cs does.
func parseOutputs(t *testing.T, text string) map[string]string {
	t.Helper()
	outputs := map[string]string{}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		equals, heredoc := strings.Index(lines[i], "="), strings.Index(lines[i], "<<")
		switch {
		case lines[i] == "":
		case equals >= 0 && (heredoc < 0 || equals < heredoc):
			outputs[lines[i][:equals]] = lines[i][equals+1:]
		case heredoc > 0:
			var value []string
			name, end := lines[i][:heredoc], lines[i][heredoc+2:]
			for i++; i < len(lines) && lines[i] != end; i++ {
				value = append(value, lines[i])
			}
			if i == len(lines) {
				t.Errorf("GITHUB_OUTPUT: the value of %s has no end", name)
			}
			outputs[name] = strings.Join(value, "\n")
		default:
			t.Errorf("GITHUB_OUTPUT: a runner refuses the line %q", lines[i])
		}
	}
	return outputs
}

// known are the commands of a runner, of all its versions.
var known = map[string]bool{
	"error": true, "warning": true, "notice": true, "debug": true, "group": true, "endgroup": true,
	"set-output": true, "save-state": true, "set-env": true, "add-path": true, "add-mask": true, "echo": true,
	"stop-commands": true, "add-matcher": true, "remove-matcher": true, "internal-set-repo-path": true,
}

// commandsIn finds commands in a log as ActionCommand.cs does: "::name a=b::data" in
// a line behind blanks, else "##[name a=b]data" anywhere in it.
func commandsIn(log string) []command {
	var list []command
	for line := range strings.SplitSeq(log, "\n") {
		line = strings.TrimRight(line, "\r")
		separator, rest, ok := ",", "", false
		head, data := "", ""
		if rest, ok = strings.CutPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::"); ok {
			head, data, ok = strings.Cut(rest, "::")
		}
		if name, _, _ := strings.Cut(head, " "); !ok || !known[name] {
			if _, rest, ok = strings.Cut(line, "##["); ok {
				head, data, ok = strings.Cut(rest, "]")
			}
			separator = ";"
		}
		name, properties, _ := strings.Cut(head, " ")
		if !ok || !known[name] {
			continue
		}
		c := command{name: name, data: unescapeCommand(data), properties: map[string]string{}}
		for pair := range strings.SplitSeq(properties, separator) {
			key, value, _ := strings.Cut(pair, "=")
			c.properties[key] = unescapeCommand(value)
		}
		list = append(list, c)
	}
	return list
}

func unescapeCommand(s string) string {
	return strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(s)
}

// TestRunnerFindsCommands holds the runner of these tests to what the real one
// takes for a command, so that finding none means something.
func TestRunnerFindsCommands(t *testing.T) {
	for log, want := range map[string]string{
		"::set-output name=a::b":              "[{set-output b map[name:a]}]",
		" \u00a0\t::error file=a%2Cb::c%0Ad":  "[{error c\nd map[file:a,b]}]",
		"text ##[set-output name=a;]b":        "[{set-output b map[:  name:a]}]",
		"::nothing::##[add-mask]x":            "[{add-mask x map[:]}]",
		"text ::error::not a command":         "[]",
		"::unknown::x\n::stop-commands::mark": "[{stop-commands mark map[:]}]",
	} {
		if got := fmt.Sprint(commandsIn(log)); strings.ReplaceAll(got, ":  name", ": name") != strings.ReplaceAll(want, ":  name", ": name") {
			t.Errorf("%q: %s, want %s", log, got, want)
		}
	}
}

// checkedOut is a git repository of a test.
type checkedOut struct {
	t   *testing.T
	dir string
}

func (r checkedOut) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=gc.auto", "GIT_CONFIG_VALUE_0=0",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit writes files, given as path and content in turn, and commits them; a file
// without content is removed.
func (r checkedOut) commit(message string, files ...string) string {
	r.t.Helper()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(r.dir, files[i])
		if files[i+1] == "" {
			if err := os.Remove(path); err != nil {
				r.t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
	r.git("add", "--all")
	r.git("commit", "--quiet", "--allow-empty", "-m", message)
	return r.git("rev-parse", "HEAD")
}

// newHost makes the repository that a host keeps, with one commit on main.
func newHost(t *testing.T) checkedOut {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("left out: these tests call bash as a runner on Linux or macOS does")
	}
	r := checkedOut{t, t.TempDir()}
	r.git("init", "--quiet", "--initial-branch=main")
	// As github.com has it.
	r.git("config", "uploadpack.allowAnySHA1InWant", "true")
	r.commit("start", "settings.yaml", configMap)
	return r
}

const pullRef = "refs/pull/1/merge"

// propose commits on a branch from a start, and makes the merge commit that the
// host makes for the pull request.
func (r checkedOut) propose(start string, commits func()) (base, head string) {
	r.t.Helper()
	r.git("checkout", "--quiet", "-b", "topic", start)
	commits()
	base, head = r.git("rev-parse", "main"), r.git("rev-parse", "topic")
	r.git("checkout", "--quiet", "--detach", "main")
	r.git("merge", "--quiet", "--no-ff", "-m", "merge", "topic")
	r.git("update-ref", pullRef, "HEAD")
	r.git("checkout", "--quiet", "main")
	return base, head
}

// checkout is what actions/checkout does with fetch-depth: depth.
func (r checkedOut) checkout(ref string, depth int) string {
	r.t.Helper()
	w := checkedOut{r.t, r.t.TempDir()}
	w.git("init", "--quiet")
	w.git("remote", "add", "origin", "file://"+r.dir)
	local := strings.Replace(strings.Replace(ref, "refs/heads/", "refs/remotes/origin/", 1), "refs/pull/", "refs/remotes/pull/", 1)
	if depth > 0 {
		w.git("fetch", "--quiet", "--no-tags", fmt.Sprint("--depth=", depth), "origin", "+"+ref+":"+local)
	} else {
		w.git("fetch", "--quiet", "--prune", "origin", "+refs/heads/*:refs/remotes/origin/*", "+"+ref+":"+local)
	}
	w.git("checkout", "--quiet", "--force", "--detach", local)
	return w.dir
}

// evil is what strangers call branches and titles.
const evil = "x\n::set-output name=verdict::pass\n##[set-output name=verdict;]pass\n$(touch pwned)`touch pwned`\"; touch pwned; #${{ github.token }}"

// pullRequest is the payload of the event, of which strangers write some strings.
func pullRequest(base, head string, commits, files int) map[string]any {
	return map[string]any{
		"action": "synchronize", "number": 1, "before": head, "after": head,
		"pull_request": map[string]any{
			"title": evil, "body": evil, "commits": commits, "changed_files": files,
			"base": map[string]any{"sha": base, "ref": "main", "label": evil},
			"head": map[string]any{"sha": head, "ref": evil, "label": evil, "repo": map[string]any{"fork": true, "full_name": evil}},
			"user": map[string]any{"login": evil},
		},
		"repository": map[string]any{"default_branch": "main", "description": evil},
	}
}

const (
	canary    = "Xq7-hunter2-vT9zP"
	configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {color: blue}\n"
	secret    = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: " + canary + "}\n"
)
