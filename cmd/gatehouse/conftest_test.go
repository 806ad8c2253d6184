package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

const conftestModule = "github.com/open-policy-agent/conftest@v0.71.1"

// conftestSources is where the sources of conftest lie, with its examples and tests.
func conftestSources(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Skipf("left out: go env: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), filepath.FromSlash(conftestModule))
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("left out: %s is not in the module cache; `go mod download %s` in a module of its own puts it there", conftestModule, conftestModule)
	}
	return dir
}

// notConftest are the tests of conftest that Gatehouse does not pass, by the reason.
var notConftest = map[string][]string{
	"the format is not read": {
		"Test command works with nested namespaces", "Can parse hcl1 files",
		"Can parse xml files", "Can parse hocon files", "Can parse vcl files", "Can parse jsonnet files", "Can parse cue files", "Can parse hcl files",
		"Can verify unit tests using parse_config() and parse_config_file builtins()", "Can combine configs and reference by file", "Can test a Jenkinsfile with the Groovy parser",
		"Can test a safe Jenkinsfile", "Can parse Groovy from stdin", "Can parse SPDX file", "Can validate SPDX file", "Can test cyclonedx against policy",
		"Can parse cyclonedx JSON file", "Can parse cyclonedx XML file", "TextProto policy returns expected results",
		"TextProto policy fails when the proto messages could not be resolved", "Can parse files from a symlinked directory", "Can parse edn files",
	},
	"policies are not downloaded": {
		"Can update policies in test command", "First run of policy fetched with --update flag", "Second run of policy fetched with --update flag",
		"Pull command works with relative paths (default behavior)", "Pull command uses absolute paths as relative when --absolute-paths is not set",
		"Pull command works with absolute path when --absolute-paths is set", "Pull and update first version policy", "Ensure that policy directory exists",
		"Pull and update second version policy",
	},
	"the command is not there": {
		"Can document the policies", "Can document the sub package", "Can document using custom template and output",
		"Can install plugin from directory", "Can install plugin from URL", "Plugin exit code is propagated",
	},
	"the test needs the program pre-commit": {
		"setup_file failed", "pre-commit: test hook validates as expected", "pre-commit: verify hook runs policy tests",
		"pre-commit: verify fmt hook changes a policy file", "pre-commit: pull hook downloads policies successfully",
	},
}

var tapLine = regexp.MustCompile(`(?m)^(not ok|ok) \d+ (.*)$`)

// TestConftestsOwnTests runs the acceptance tests of conftest with this program in
// its place. Those that must not pass are listed with the reason, and no others fail.
func TestConftestsOwnTests(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short")
	}
	bats, err := exec.LookPath("bats")
	if named := os.Getenv("BATS"); named != "" {
		bats, err = named, nil
	}
	if err != nil {
		t.Skip("left out: bats is not installed (the Debian package bats, or npm's; BATS names it)")
	}
	dir := filepath.Join(t.TempDir(), "conftest")
	if err := os.CopyFS(dir, os.DirFS(conftestSources(t))); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, conftestName)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	suites, err := filepath.Glob(filepath.Join(dir, "tests", "*", "test.bats"))
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	var failed []string
	for _, suite := range append(suites, filepath.Join(dir, "acceptance.bats")) {
		cmd := exec.Command(bats, "--tap", filepath.Base(suite))
		cmd.Dir = filepath.Dir(suite)
		cmd.Env = append(os.Environ(), "CONFTEST="+program, "HOME="+t.TempDir())
		out, err := cmd.CombinedOutput()
		if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
			t.Fatal(err)
		}
		lines := tapLine.FindAllSubmatch(out, -1)
		if len(lines) == 0 {
			t.Errorf("%s ran nothing: %s", suite, out)
		}
		for _, line := range lines {
			if string(line[1]) == "ok" {
				passed++
			} else {
				failed = append(failed, string(line[2]))
			}
		}
	}
	t.Logf("%d pass, %d do not", passed, len(failed))
	known := slices.Concat(notConftest["the format is not read"], notConftest["policies are not downloaded"], notConftest["the command is not there"], notConftest["the test needs the program pre-commit"])
	for _, name := range failed {
		if !slices.Contains(known, name) {
			t.Errorf("not ok: %s", name)
		}
	}
	if passed < 110 {
		t.Errorf("only %d pass", passed)
	}
}

// TestBesideConftest runs the examples of conftest by both programs and compares what
// they write and how they end.
func TestBesideConftest(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short")
	}
	oracle, dir, program := conftestItself(t), conftestSources(t), asProgram(t)
	compared := 0
	for _, c := range besideCalls(t, dir) {
		want, wantCode := ends(t, oracle, dir, c)
		got, code := ends(t, program, dir, c)
		if code != wantCode {
			t.Errorf("%q ends with %d, conftest with %d: %s", c, code, wantCode, got)
		}
		if diff := cmp.Diff(unordered(want, c), unordered(got, c)); diff != "" {
			t.Errorf("%q (-conftest +here)\n%s", c, diff)
		}
		compared++
	}
	if compared < 100 {
		t.Errorf("only %d calls", compared)
	}
}

// besideCalls are the calls that are compared: each example with each of its files,
// in each format.
func besideCalls(t *testing.T, dir string) (calls [][]string) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(dir, "examples", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, policy := range folders {
		if modules, _ := filepath.Glob(filepath.Join(policy, "*.rego")); len(modules) == 0 {
			continue
		}
		name, _ := filepath.Rel(dir, policy)
		files, _ := filepath.Glob(filepath.Join(filepath.Dir(policy), "*"))
		for _, file := range files {
			switch kindOf(file) {
			case "Dockerfile", ".yaml", ".yml", ".json", ".toml", ".ini", ".env", ".properties":
			default:
				continue
			}
			input, _ := filepath.Rel(dir, file)
			call := []string{"test", "--policy", name, input}
			for _, format := range []string{"json", "stdout", "tap", "table", "junit", "github", "azuredevops"} {
				calls = append(calls, append(slices.Clone(call), "--output", format))
			}
			for _, more := range [][]string{{"--all-namespaces"}, {"--combine"}, {"--fail-on-warn"}, {"--trace"}, {"--namespace", "m*"}} {
				calls = append(calls, append(append(slices.Clone(call), "--output", "json"), more...))
			}
		}
	}
	return calls
}

// answer is what came of a call.
type answer struct {
	Code   int
	Stdout string
}

// TestAsConftest makes the calls of testdata/conftest/calls.txtar and compares with
// what conftest v0.71.1 answered.
func TestAsConftest(t *testing.T) {
	const archive, record = "../../testdata/conftest/calls.txtar", "../../testdata/conftest/recorded.json"
	a, err := txtar.ParseFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var calls []string
	for _, f := range a.Files {
		if f.Name == "calls.txt" {
			calls = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
			continue
		}
		plant(t, filepath.Join(dir, f.Name), f.Data)
	}
	for link, target := range map[string]string{"in/ln": "x", "empty/.keep": "/dev/null"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]answer{}
	if data, err := os.ReadFile(record); err == nil {
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getenv("UPDATE") != "" {
		want = recordConftest(t, dir, calls, record)
	}
	program := asProgram(t)
	for _, call := range calls {
		folder, words, _ := strings.Cut(call, " ")
		args := strings.Fields(words)
		stdout, code := ends(t, program, filepath.Join(dir, folder), args)
		recorded, ok := want[call]
		if !ok {
			t.Errorf("%s is not recorded", call)
			continue
		}
		if code != recorded.Code {
			t.Errorf("%s ends with %d, conftest with %d: %s", call, code, recorded.Code, stdout)
		}
		if diff := cmp.Diff(unordered(recorded.Stdout, args), unordered(stdout, args)); diff != "" {
			t.Errorf("%s (-conftest +here)\n%s", call, diff)
		}
	}
}

// recordConftest asks conftest itself.
func recordConftest(t *testing.T, dir string, calls []string, record string) map[string]answer {
	t.Helper()
	oracle := conftestItself(t)
	answers := map[string]answer{}
	for _, call := range calls {
		folder, words, _ := strings.Cut(call, " ")
		stdout, code := ends(t, oracle, filepath.Join(dir, folder), strings.Fields(words))
		answers[call] = answer{code, stdout}
	}
	text, err := json.MarshalIndent(answers, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(record, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	return answers
}

// conftestItself is where conftest was built.
func conftestItself(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("left out: %v", err)
	}
	oracle := filepath.Join(cache, "gatehouse", "tools", "conftest")
	if _, err := os.Stat(oracle); err != nil {
		t.Skip("left out: conftest is not built; `make bench` builds it")
	}
	return oracle
}

// asProgram is this program under the name of conftest.
func asProgram(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), conftestName)
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	return program
}

// kindOf is the ending of a file's name, or the name.
func kindOf(file string) string {
	if ending := filepath.Ext(file); ending != "" {
		return ending
	}
	return filepath.Base(file)
}

func ends(t *testing.T, program, dir string, args []string) (stdout string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatal(err)
		}
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// changing is what is not the same in two versions of programs.
var changing = regexp.MustCompile(`value="go[^"]*"|"version":"[^"]*"`)

var tapNumber = regexp.MustCompile(`^(not )?ok \d+ -`)

// unordered leaves out what conftest itself does not write alike twice: the order of
// rules, and of files.
func unordered(out string, call []string) any {
	var results []map[string]any
	if err := json.Unmarshal([]byte(out), &results); err == nil {
		for _, r := range results {
			for _, list := range r {
				if list, ok := list.([]any); ok {
					slices.SortFunc(list, func(a, b any) int { return strings.Compare(asText(a), asText(b)) })
				}
			}
		}
		slices.SortFunc(results, func(a, b map[string]any) int { return strings.Compare(asText(a), asText(b)) })
		return results
	}
	if slices.Contains(call, "sarif") {
		return sarifResults(out)
	}
	lines := strings.Split(changing.ReplaceAllString(out, ""), "\n")
	for i, line := range lines {
		lines[i] = tapNumber.ReplaceAllString(line, "${1}ok -")
	}
	slices.Sort(lines)
	return lines
}

// sarifResults are the results of SARIF in any order, each without the number of its
// rule.
func sarifResults(out string) []string {
	list := strings.Split(changing.ReplaceAllString(out, ""), `{"ruleId"`)
	for i := range list {
		list[i] = strings.TrimRight(regexp.MustCompile(`"ruleIndex":\d+`).ReplaceAllString(list[i], ""), ",]}\n")
	}
	slices.Sort(list[1:])
	return list[1:]
}

func asText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
