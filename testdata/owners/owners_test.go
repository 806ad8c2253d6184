// Package owners holds a corpus of labelled changes of ownership, and tests the
// built program on it: who must approve each, and what each takes from whom.
package owners

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// program is the path of the built gatehouse.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "gatehouse-owners-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "gatehouse")
	build := exec.Command("go", "build", "-o", program, "github.com/gatehouse-dev/gatehouse/cmd/gatehouse")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build gatehouse: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// TestCorpus asks the program who must approve each change of the corpus.
func TestCorpus(t *testing.T) {
	cases := readCases(t)
	harmless := 0
	for _, c := range cases {
		if c.harmless() {
			harmless++
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := c.build(t)
			people := filepath.Join(t.TempDir(), "answer.txt")
			args := []string{"owners", "--base", "main", "change", "-o", "json", "-o", "text=" + people}
			if c.dialect != "" {
				args = append(args, "--dialect", c.dialect)
			}
			stdout, stderr, code := run(t, dir, program, args...)
			var a answer
			if err := json.Unmarshal([]byte(stdout), &a); err != nil {
				t.Fatalf("exit %d, not JSON: %v\n%s%s", code, err, stdout, stderr)
			}
			if diff := cmp.Diff(c.want, a.labels(c, code)); diff != "" {
				t.Errorf("%s\n(-want +got):\n%s%s", c.why, diff, stderr)
			}
			c.checkAgrees(t, program, dir, len(a.Weakened) > 0)
			if text, err := os.ReadFile(people); err != nil || len(bytes.TrimSpace(text)) == 0 {
				t.Errorf("people are told %q (%v)", text, err)
			}
		})
	}
	if len(cases) < 60 || harmless < 15 {
		t.Errorf("%d cases, %d of them harmless: want at least 60 and 15", len(cases), harmless)
	}
	t.Logf("%d cases, %d of them harmless", len(cases), harmless)
}

// answer is what is looked at of the JSON of gatehouse owners --base.
type answer struct {
	HeadFile                          string
	Required, Suggested, FormerOwners []need
	Unowned                           []string
	Skipped, HeadSkipped              []struct{ Line int }
	Weakened                          []struct {
		Kind, Cause, Section      string
		Before                    []string
		Paths, NewFiles, Renamed  []string
		ToFallback                bool
		BaseLine, HeadLine, Other int
	}
	Reviewers struct {
		Names []string
		Exact bool
	}
}

type need struct {
	Owners    []string
	Approvals int
	Section   string
	Paths     []string
}

// labels writes an answer as labels are written.
func (a answer) labels(c labelled, code int) []string {
	var got []string
	for word, list := range map[string][]need{"must": a.Required, "may": a.Suggested} {
		for _, n := range list {
			got = append(got, word+" "+asked(n)+" for "+strings.Join(n.Paths, " "))
		}
	}
	for _, path := range a.Unowned {
		got = append(got, "nobody for "+path)
	}
	for _, s := range a.Skipped {
		got = append(got, fmt.Sprintf("skipped %d", s.Line))
	}
	for _, s := range a.HeadSkipped {
		got = append(got, fmt.Sprintf("skipped then %d", s.Line))
	}
	got = append(got, a.weakened(c)...)
	got = append(got, fmt.Sprintf("reviewers %d", len(a.Reviewers.Names)))
	if !a.Reviewers.Exact {
		got = append(got, "reviewers not exact")
	}
	if code != 0 {
		got = append(got, fmt.Sprintf("exit %d", code))
	}
	slices.Sort(got)
	return got
}

// weakened joins what differs in lines only. New files count where nothing that is
// there is concerned; a label names one of their folders.
func (a answer) weakened(c labelled) []string {
	paths, newFiles := map[string][]string{}, map[string][]string{}
	for _, w := range a.Weakened {
		section := ""
		if w.Section != "" {
			section = "[" + w.Section + "] "
		}
		key := "weakened " + w.Kind + " " + w.Cause + " " + section + strings.Join(w.Before, " ") + " for "
		paths[key] = append(paths[key], w.Paths...)
		for _, path := range w.NewFiles {
			folder, _, _ := strings.Cut(path, "__new__")
			newFiles[key] = append(newFiles[key], "new files in "+folder[:strings.LastIndexByte(folder, '/')+1])
		}
	}
	var got []string
	for key, list := range paths {
		slices.Sort(list)
		line := key + strings.Join(slices.Compact(list), " ")
		if len(list) == 0 {
			slices.Sort(newFiles[key])
			line = key + newFiles[key][0]
			for _, folder := range newFiles[key] {
				if slices.Contains(c.want, key+folder) {
					line = key + folder
				}
			}
		}
		got = append(got, line)
	}
	return got
}

func asked(n need) string {
	said := strings.Join(n.Owners, " ")
	if n.Approvals > 1 {
		said = fmt.Sprintf("%d of %s", n.Approvals, said)
	}
	if n.Section != "" {
		said = "[" + n.Section + "] " + said
	}
	return said
}

// run runs a command in a folder, without any configuration of this machine.
func run(t *testing.T, dir, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "GIT_") {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	cmd.Env = append(cmd.Env, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Case", "GIT_AUTHOR_EMAIL=case@example.org",
		"GIT_COMMITTER_NAME=Case", "GIT_COMMITTER_EMAIL=case@example.org", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=gc.auto", "GIT_CONFIG_VALUE_0=0")
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// git runs git, which has to succeed.
func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	if stdout, stderr, code := run(t, dir, "git", args...); code != 0 {
		t.Fatalf("git %v: exit %d\n%s%s", args, code, stdout, stderr)
	}
}

// checkAgrees holds the check owners-weakened to the same answer: it has a finding, or
// could not judge, exactly where the command has one. The check reads CODEOWNERS as
// the repository tells and has no flag for a dialect.
func (c labelled) checkAgrees(t *testing.T, program, dir string, weakened bool) {
	t.Helper()
	if c.dialect != "" {
		return
	}
	stdout, stderr, code := run(t, dir, program, "check", "--base", "main", "--head", "change", "--only", "owners-weakened", "-o", "json")
	var r struct {
		Findings  []struct{ Check, Severity string }
		NotJudged []struct{ Check string }
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("check: exit %d, not JSON: %v\n%s%s", code, err, stdout, stderr)
	}
	judged := !slices.ContainsFunc(r.NotJudged, func(n struct{ Check string }) bool { return n.Check == "owners-weakened" })
	if judged && (len(r.Findings) > 0) != weakened {
		t.Errorf("%s\nthe check has the findings %+v, the command says that it weakens: %v", c.why, r.Findings, weakened)
	}
}
