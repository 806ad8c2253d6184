package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// copyOfAction is a folder with the launcher, as an action comes to a runner.
func copyOfAction(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "action")
	if err := os.MkdirAll(filepath.Join(folder, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(actionFolder, "launch.sh"))
	if err != nil {
		t.Fatal(err)
	}
	newFile(t, folder, "launch.sh", text)
	return folder
}

// standIn is a program that says how it was called.
const standIn = "#!/bin/sh\necho ran\nfor word; do echo \"<$word>\"; done\nexit 3\n"

func putStandIn(t *testing.T, path string) (digest string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(standIn), 0o755); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(standIn))
	return hex.EncodeToString(sum[:])
}

// TestLauncherMakesSure: what is not what it should be is not run.
func TestLauncherMakesSure(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("left out: the stand-in is a shell script")
	}
	name := "gatehouse-" + runtime.GOOS + "-" + runtime.GOARCH
	other := strings.Repeat("0", 64)
	for _, c := range []struct {
		what string
		// files makes what is there, and returns the inputs.
		files func(t *testing.T, action, workspace string) map[string]string
		why   string // "" where it is run
	}{
		{"beside, listed", func(t *testing.T, action, _ string) map[string]string {
			sum := putStandIn(t, filepath.Join(action, "bin", name))
			newFile(t, action, "checksums.txt", []byte(other+"  gatehouse-plan9-mips\n"+sum+"  "+name))
			return nil
		}, ""},
		{"beside, listed as binary", func(t *testing.T, action, _ string) map[string]string {
			newFile(t, action, "checksums.txt", []byte(putStandIn(t, filepath.Join(action, "bin", name))+" *"+name+"\n"))
			return nil
		}, ""},
		{"beside, changed", func(t *testing.T, action, _ string) map[string]string {
			putStandIn(t, filepath.Join(action, "bin", name))
			newFile(t, action, "checksums.txt", []byte(other+"  "+name+"\n"))
			return nil
		}, "should be " + other},
		{"beside, not listed", func(t *testing.T, action, _ string) map[string]string {
			newFile(t, action, "checksums.txt", []byte(putStandIn(t, filepath.Join(action, "bin", name))+"  "+name+".old\n"))
			return nil
		}, "checksums.txt does not list " + name},
		{"beside, listed twice", func(t *testing.T, action, _ string) map[string]string {
			sum := putStandIn(t, filepath.Join(action, "bin", name))
			newFile(t, action, "checksums.txt", []byte(other+"  "+name+"\n"+sum+"  "+name+"\n"))
			return nil
		}, "lists " + name + " twice"},
		{"beside, without a list", func(t *testing.T, action, _ string) map[string]string {
			putStandIn(t, filepath.Join(action, "bin", name))
			return nil
		}, "no checksums.txt to make sure of it"},
		{"beside, with a pattern as digest", func(t *testing.T, action, _ string) map[string]string {
			putStandIn(t, filepath.Join(action, "bin", name))
			newFile(t, action, "checksums.txt", []byte("*  "+name+"\n"))
			return nil
		}, "'*' is no SHA-256"},
		{"named", func(t *testing.T, _, _ string) map[string]string {
			path := filepath.Join(t.TempDir(), "a $(touch pwned) program")
			putStandIn(t, path)
			return map[string]string{"binary": path}
		}, ""},
		{"named, with its digest", func(t *testing.T, _, workspace string) map[string]string {
			sum := putStandIn(t, filepath.Join(workspace, "tools", "gatehouse"))
			return map[string]string{"binary": "tools/gatehouse", "binary-sha256": sum}
		}, ""},
		{"named, with another digest", func(t *testing.T, _, _ string) map[string]string {
			path := filepath.Join(t.TempDir(), "gatehouse")
			putStandIn(t, path)
			return map[string]string{"binary": path, "binary-sha256": other}
		}, "should be " + other},
		{"named, in the workspace", func(t *testing.T, _, workspace string) map[string]string {
			putStandIn(t, filepath.Join(workspace, "tools", "gatehouse"))
			return map[string]string{"binary": "tools/gatehouse"}
		}, "where the change that is judged may have put it"},
		{"named, in the workspace by another way", func(t *testing.T, action, workspace string) map[string]string {
			putStandIn(t, filepath.Join(workspace, "gatehouse"))
			if err := os.Symlink(workspace, filepath.Join(action, "link")); err != nil {
				t.Fatal(err)
			}
			return map[string]string{"binary": filepath.Join(action, "link", "gatehouse")}
		}, "where the change that is judged may have put it"},
		{"named, and not there", func(*testing.T, string, string) map[string]string {
			return map[string]string{"binary": "no\n::error::where"}
		}, "the input binary is no\n::error::where, which is no program"},
		{"a digest alone", func(*testing.T, string, string) map[string]string {
			return map[string]string{"binary-sha256": other}
		}, "goes with the input binary"},
		{"nothing", func(*testing.T, string, string) map[string]string { return nil }, "no source to build it from"},
		{"the source of another", func(t *testing.T, action, _ string) map[string]string {
			newFile(t, filepath.Dir(action), "go.mod", []byte("module example.org/other\n"))
			return nil
		}, "no source to build it from"},
	} {
		t.Run(c.what, func(t *testing.T) {
			action, workspace := copyOfAction(t), t.TempDir()
			e := job{action: action, workspace: workspace, source: true, with: c.files(t, action, workspace)}.run(t)
			ran := strings.HasPrefix(e.log, "ran\n<action>\n")
			if c.why == "" {
				if !ran || e.code != exitIncomplete {
					t.Errorf("it was not run, or the exit code %d is not its own", e.code)
				}
				return
			}
			list := e.annotations("error")
			if strings.Contains(e.log, "ran\n") || e.code != exitUsage || len(list) != 1 || !strings.Contains(list[0], c.why) {
				t.Errorf("exit %d with %q, want 2 with %q and nothing run", e.code, list, c.why)
			}
		})
	}
}

// TestLauncherHandsInputsOver: words stay words, whatever they look like.
func TestLauncherHandsInputsOver(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("left out: the stand-in is a shell script")
	}
	program := filepath.Join(t.TempDir(), "gatehouse")
	putStandIn(t, program)
	workspace := t.TempDir()
	newFile(t, workspace, "a.yaml", nil)
	e := job{workspace: workspace, with: map[string]string{
		"binary": program, "base": "a b\nc", "head": "$(touch pwned)", "path": "-x y", "fail-on": "warning", "sarif-file": "*", "json-file": "~/`id`",
		"args": "  --only  secrets\n\t* $(touch pwned) 'a b' \\\n;touch pwned\n",
	}}.run(t)
	want := []string{
		"ran", "<action>", "<--base=a b", "c>", "<--head=$(touch pwned)>", "<--fail-on=warning>", "<--sarif-file=*>", "<--json-file=~/`id`>",
		"<--only>", "<secrets>", "<*>", "<$(touch>", "<pwned)>", "<'a>", "<b'>", "<\\>", "<;touch>", "<pwned>", "<-->", "<-x y>", "",
	}
	if diff := cmp.Diff(want, strings.Split(e.log, "\n")); diff != "" {
		t.Errorf("what the program got (-want +got):\n%s", diff)
	}
	if _, err := os.Lstat(filepath.Join(workspace, "pwned")); err == nil {
		t.Error("an input was run")
	}
}

// TestLauncherBuildsTheSource is how the action works from a checkout of this
// repository.
func TestLauncherBuildsTheSource(t *testing.T) {
	if testing.Short() {
		t.Skip("left out: -short is set, and this builds the program")
	}
	host := newHost(t)
	host.commit("secret", "db.yaml", secret)
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOTOOLCHAIN").Output()
	if err != nil {
		t.Fatal(err)
	}
	v := strings.Split(string(out), "\n")
	e := job{
		workspace: host.checkout("refs/heads/main", 1), event: "schedule", payload: struct{}{}, source: true,
		env: map[string]string{"GOCACHE": v[0], "GOMODCACHE": v[1], "GOPATH": v[2], "GOPROXY": v[3], "GOTOOLCHAIN": v[4], "GOFLAGS": "-mod=vendor"},
	}.run(t)
	wanted{code: exitFail, outputs: "fail 1 1 0", said: []string{"db.yaml"}}.check(t, e)
}

var variable = regexp.MustCompile(`GATEHOUSE_INPUT_[A-Z0-9_]+`)

// TestActionFile holds action.yml, the launcher and the page about them together.
func TestActionFile(t *testing.T) {
	a := readAction(t)
	step := a.Runs.Steps[0]
	if strings.Contains(step.Run, "${{") {
		t.Errorf("an expression stands in the script: %s", step.Run)
	}
	launcher := readIfFile(t, filepath.Join(actionFolder, "launch.sh"))
	page := readIfFile(t, filepath.Join(actionFolder, "README.md"))
	read := variable.FindAllString(launcher, -1)
	slices.Sort(read)
	read = slices.Compact(read)
	var set, used []string
	for name, value := range step.Env {
		set, used = append(set, name), append(used, nameIn(t, value))
	}
	slices.Sort(set)
	if diff := cmp.Diff(set, read); diff != "" {
		t.Errorf("variables (-action.yml +launch.sh):\n%s", diff)
	}
	for name, input := range a.Inputs {
		if !slices.Contains(used, name) || input.Description == "" || !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the input %s is not used, not described, or not in README.md", name)
		}
	}
	for _, name := range used {
		if _, ok := a.Inputs[name]; !ok {
			t.Errorf("the input %s is not declared", name)
		}
	}
	host := newHost(t)
	e := job{workspace: host.checkout("refs/heads/main", 1), event: "schedule", payload: struct{}{}}.run(t)
	for name, output := range a.Outputs {
		if e.outputs[name] == "" || output.Description == "" || !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the output %s is not set, not described, or not in README.md", name)
		}
	}
	if len(e.written) != len(a.Outputs) {
		t.Errorf("the program sets %v, and action.yml hands on %d of them", e.written, len(a.Outputs))
	}
	if strings.Contains(page+launcher, "pull_request_target:") {
		t.Error("pull_request_target is shown as something to use")
	}
}

var pinned = regexp.MustCompile(`uses: [\w./-]+@([0-9a-f]{40} # v\d|SHA\b)`)

// TestActionPage holds the workflows on the page to what the page says of them.
func TestActionPage(t *testing.T) {
	page := readIfFile(t, filepath.Join(actionFolder, "README.md"))
	blocks := strings.Split(page, "```yaml\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("no workflow on the page")
	}
	for i, block := range blocks {
		text, _, _ := strings.Cut(block, "```")
		var parsed any
		if err := yaml.UnmarshalStrict([]byte(text), &parsed); err != nil {
			t.Errorf("example %d: %v", i, err)
		}
		for line := range strings.Lines(text) {
			if strings.Contains(line, "uses:") && !pinned.MatchString(line) {
				t.Errorf("not pinned: %s", line)
			}
		}
	}
	for _, words := range []string{"fetch-depth: 0", "persist-credentials: false", "contents: read", "merge_group:", "pull_request:"} {
		if !strings.Contains(blocks[0], words) {
			t.Errorf("the first workflow does not hold %q", words)
		}
	}
}

// TestPreCommitHooks runs what .pre-commit-hooks.yaml lists as pre-commit does.
func TestPreCommitHooks(t *testing.T) {
	text, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct {
		ID             string   `json:"id"`
		Name           string   `json:"name"`
		Description    string   `json:"description"`
		Entry          string   `json:"entry"`
		Language       string   `json:"language"`
		PassFilenames  *bool    `json:"pass_filenames"`
		AlwaysRun      bool     `json:"always_run"`
		RequireSerial  bool     `json:"require_serial"`
		Stages         []string `json:"stages"`
		MinimumVersion string   `json:"minimum_pre_commit_version"`
	}
	if err := yaml.UnmarshalStrict(text, &hooks); err != nil {
		t.Fatal(err)
	}
	if len(hooks) != 2 || hooks[0].Language != "system" || hooks[1].Language != "golang" {
		t.Fatalf("the hooks are %+v", hooks)
	}
	host := newHost(t)
	for _, hook := range hooks {
		if hook.PassFilenames == nil || *hook.PassFilenames || !hook.AlwaysRun {
			t.Errorf("%s takes file names, or does not run without files", hook.ID)
		}
		for want, content := range map[int]string{exitOK: strings.ReplaceAll(configMap, "settings", "db"), exitFail: secret} {
			newFile(t, host.dir, "db.yaml", []byte(content))
			host.git("add", "db.yaml")
			words := strings.Fields(hook.Entry)
			cmd := exec.Command(words[0], words[1:]...)
			cmd.Dir = host.dir
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != want {
				t.Errorf("%s: exit %d, want %d: %v\n%s", hook.ID, code, want, err, out)
			}
		}
	}
}
