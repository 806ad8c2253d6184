package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/policies/podsecurity"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gatehouse": main, "conftest": main})
}

// TestStories runs what users do, one story a file.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/stories",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "agekey": ageKey},
		Setup: func(e *testscript.Env) error {
			for _, setting := range []string{
				"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
				"GIT_AUTHOR_NAME=Story", "GIT_AUTHOR_EMAIL=story@example.org", "GIT_COMMITTER_NAME=Story", "GIT_COMMITTER_EMAIL=story@example.org",
			} {
				name, value, _ := strings.Cut(setting, "=")
				e.Setenv(name, value)
			}
			return nil
		},
	})
}

// exits is the script command "exits CODE PROGRAM ARGS": the program must end with
// exactly this code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		code = exited.ExitCode()
	} else {
		ts.Check(err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("%v ended with %d, want %s", args[1:], code, args[0])
	}
}

// ageKey is the script command "agekey FILE OTHER...": it makes a private key of age in
// FILE, and puts the public one in the place of AGE-RECIPIENT in the others.
func ageKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: agekey FILE OTHER...")
	}
	identity, err := age.GenerateX25519Identity()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(identity.String()+"\n"), 0o600))
	for _, other := range args[1:] {
		text := strings.ReplaceAll(ts.ReadFile(other), "AGE-RECIPIENT", identity.Recipient().String())
		ts.Check(os.WriteFile(ts.MkAbs(other), []byte(text), 0o600))
	}
}

// call runs the program in this process and returns what it wrote and its code.
func call(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return callIn(t, nil, stdin, args...)
}

// callIn is call with variables of the environment.
func callIn(t *testing.T, env map[string]string, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errOut bytes.Buffer
	p := program{
		stdin: strings.NewReader(stdin), stdout: &out, stderr: &errOut,
		env: func(name string) string { return env[name] },
		now: func() time.Time { return time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC) },
	}
	code = p.run(context.Background(), append([]string{"gatehouse"}, args...))
	return out.String(), errOut.String(), code
}

type jsonReport struct {
	Verdict  string
	Counts   checks.Counts
	Findings []checks.Finding
}

func checkJSON(t *testing.T, args ...string) jsonReport {
	t.Helper()
	return checkJSONIn(t, nil, args...)
}

func checkJSONIn(t *testing.T, env map[string]string, args ...string) jsonReport {
	t.Helper()
	stdout, stderr, code := callIn(t, env, "", append([]string{"check", "-o", "json"}, args...)...)
	var r jsonReport
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("gatehouse check %v: exit %d, not JSON: %v\n%s%s", args, code, err, stdout, stderr)
	}
	return r
}

// TestExamples holds the examples of every check true: each Bad is found by its
// own check, each Good is not.
func TestExamples(t *testing.T) {
	for _, c := range append(builtin.All(), podsecurity.Check(noLevel)) {
		t.Run(c.ID, func(t *testing.T) {
			if len(c.Bad) == 0 || len(c.Good) == 0 {
				t.Fatal("a check needs an example that is found and one that is not")
			}
			for i, bad := range c.Bad {
				if !reports(t, bad, c.ID) {
					t.Errorf("bad example %d is not found", i)
				}
			}
			for i, good := range c.Good {
				if reports(t, good, c.ID) {
					t.Errorf("good example %d is found", i)
				}
			}
		})
	}
}

func reports(t *testing.T, example, id string) bool {
	t.Helper()
	dir := t.TempDir()
	archive := txtar.Parse([]byte(example))
	if len(archive.Files) == 0 {
		archive.Files = []txtar.File{{Name: "manifest.yaml", Data: []byte(example)}}
	}
	args, env := []string{dir}, map[string]string{}
	if answers := answersIn(archive); len(answers) > 0 {
		env["GITHUB_API_URL"] = replay(t, answers)
		args = append(args, "--live", "--repository", "acme/fleet")
	}
	if strings.HasPrefix(archive.Files[0].Name, "base/") {
		args = append(args, "--base", commitAll(t, dir, archive.Files))
	} else {
		writeAll(t, dir, archive.Files)
	}
	for _, f := range checkJSONIn(t, env, args...).Findings {
		if f.Check == id {
			return true
		}
	}
	return false
}

// answersIn takes the answers of GitHub out of an example: its files below
// api.github.com, by their paths there.
func answersIn(archive *txtar.Archive) map[string]string {
	answers := map[string]string{}
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool {
		path, ok := strings.CutPrefix(f.Name, "api.github.com/")
		if ok {
			answers["/"+path] = string(f.Data)
		}
		return ok
	})
	return answers
}

// replay serves answers by their paths, and 404 for all else.
func replay(t *testing.T, answers map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			answer = `{"message": "Not Found"}`
		}
		io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// commitAll commits the files of an example of what history holds: those of each
// folder are one commit. It gives the first one.
func commitAll(t *testing.T, dir string, files []txtar.File) string {
	t.Helper()
	r := checkedOut{t, dir}
	r.git("init", "--quiet")
	for len(files) > 0 {
		folder, _, _ := strings.Cut(files[0].Name, "/")
		var commit []txtar.File
		for len(files) > 0 && strings.HasPrefix(files[0].Name, folder+"/") {
			commit = append(commit, txtar.File{Name: strings.TrimPrefix(files[0].Name, folder+"/"), Data: files[0].Data})
			files = files[1:]
		}
		r.git("rm", "-r", "--quiet", "--ignore-unmatch", ".")
		writeAll(t, dir, commit)
		r.git("add", "--all")
		r.git("commit", "--quiet", "-m", folder)
	}
	return r.git("rev-list", "--max-parents=0", "HEAD")
}

func writeAll(t *testing.T, dir string, files []txtar.File) {
	t.Helper()
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDeclarations holds every check to what a declaration must say.
func TestDeclarations(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range builtin.All() {
		switch {
		case seen[c.ID]:
			t.Errorf("%s stands twice in the list", c.ID)
		case c.Title == "" || c.Why == "" || c.Fix == "" || c.Category == "" || c.Severity == 0:
			t.Errorf("%s: title, category, severity, why and fix must all be given", c.ID)
		case c.Kind() == "":
			t.Errorf("%s judges nothing", c.ID)
		case strings.HasSuffix(c.Title, "."):
			t.Errorf("%s: a title has no full stop", c.ID)
		}
		seen[c.ID] = true
	}
}

// TestDocsAreCurrent fails where the generated pages are not what the code says.
func TestDocsAreCurrent(t *testing.T) {
	for name, want := range generatedDocs() {
		got, err := os.ReadFile(filepath.Join("../../docs", name))
		if err != nil {
			t.Errorf("%v; run make docs", err)
			continue
		}
		if string(got) != want {
			t.Errorf("docs/%s is not what the code says; run make docs", name)
		}
	}
}

// TestRepositories judges the example repositories: the faulty ones have exactly
// the findings that are listed, the clean ones none.
func TestRepositories(t *testing.T) {
	dirs, err := filepath.Glob("../../testdata/repos/*/faulty")
	if err != nil || len(dirs) < 2 {
		t.Fatalf("found %d example repositories, want at least 2 (%v)", len(dirs), err)
	}
	for _, dir := range dirs {
		name := filepath.Base(filepath.Dir(dir))
		t.Run(name, func(t *testing.T) {
			want := readFindings(t, filepath.Join(filepath.Dir(dir), "findings.tsv"))
			var got []string
			for _, f := range checkJSON(t, copyOf(t, dir)).Findings {
				got = append(got, strings.Join([]string{f.Check, f.Severity.String(), f.File, fmt.Sprint(f.Line), dash(f.Object.String()), dash(f.Field)}, "\t"))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("findings of faulty/ (-want +got):\n%s", diff)
			}
			clean := checkJSON(t, copyOf(t, filepath.Join(filepath.Dir(dir), "clean")))
			if len(clean.Findings) != 0 || clean.Verdict != "pass" {
				t.Errorf("clean/ has the verdict %s and %d findings, want pass and none", clean.Verdict, len(clean.Findings))
			}
		})
	}
}

// dash writes an empty column, so that no line ends in a blank.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// copyOf copies a folder to a place outside of any repository.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func readFindings(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}
