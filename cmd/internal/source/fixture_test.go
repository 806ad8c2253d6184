package source

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// TestMain takes away what git says to hooks and what the user configured, so
// that the tests pass in a hook and on every machine.
func TestMain(m *testing.M) {
	if os.Getenv("SOURCE_TEST_HOOK") != "" {
		m.Run() // in a hook that a test made
		return
	}
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "GIT_") {
			os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"GIT_CONFIG_NOSYSTEM": "1",
		"GIT_CONFIG_GLOBAL":   os.DevNull,
		"GIT_AUTHOR_NAME":     "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
		"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
		// A collection in the background would outlive its test.
		"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "gc.auto", "GIT_CONFIG_VALUE_0": "0",
	} {
		os.Setenv(name, value)
	}
	m.Run()
}

// sandbox is a repository for one test.
type sandbox struct {
	t   testing.TB
	dir string
}

func newSandbox(t testing.TB, initArgs ...string) sandbox {
	s := sandbox{t, realTemp(t)}
	s.git(append([]string{"init", "--quiet", "--initial-branch=main"}, initArgs...)...)
	return s
}

// realTemp is a temporary folder without links in its path.
func realTemp(t testing.TB) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// git runs git and gives what it wrote, without the newline at the end.
func (s sandbox) git(args ...string) string {
	s.t.Helper()
	return s.gitIn("", args...)
}

func (s sandbox) gitIn(input string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = s.dir, strings.NewReader(input)
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("git %q: %v\n%s", args, err, cmd.Stderr)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// write writes files, given as path and content in turn.
func (s sandbox) write(pairs ...string) {
	s.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		name := filepath.Join(s.dir, pairs[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(pairs[i+1]), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s sandbox) link(path, target string) {
	s.t.Helper()
	name := filepath.Join(s.dir, path)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Symlink(target, name); err != nil {
		s.t.Fatal(err)
	}
}

func (s sandbox) remove(path string) {
	s.t.Helper()
	if err := os.RemoveAll(filepath.Join(s.dir, path)); err != nil {
		s.t.Fatal(err)
	}
}

// commit commits the whole work tree and gives the ID.
func (s sandbox) commit(message string) string {
	s.t.Helper()
	s.git("add", "--all")
	s.git("commit", "--quiet", "--allow-empty", "-m", message)
	return s.git("rev-parse", "HEAD")
}

func (s sandbox) open() *Repo {
	s.t.Helper()
	return openRepo(s.t, s.dir)
}

func openRepo(t testing.TB, path string) *Repo {
	t.Helper()
	r, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func (s sandbox) tree(path string) []string {
	s.t.Helper()
	set, err := Tree(context.Background(), s.open(), filepath.Join(s.dir, path), Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	return describe(set.Files)
}

func (s sandbox) staged(opts Options) Set {
	s.t.Helper()
	set, err := s.open().Staged(context.Background(), opts)
	if err != nil {
		s.t.Fatal(err)
	}
	return set
}

// describe writes files as lines: the path, "=" if unchanged, "@" and the commit
// if only history has it, then the content, what is opaque, or why it cannot be
// loaded.
func describe(files []checks.File) []string {
	lines := []string{}
	for _, f := range files {
		line := fmt.Sprintf("%q", f.Path)
		if f.Unchanged {
			line += " ="
		}
		if f.Commit != "" {
			line += " @" + f.Commit
		}
		switch data, err := load(f); {
		case f.Opaque != nil:
			line += " OPAQUE " + f.Opaque.What
		case err != nil:
			line += " ERROR " + err.Error()
		default:
			line += fmt.Sprintf(" %q", data)
		}
		lines = append(lines, line)
	}
	return lines
}

func load(f checks.File) ([]byte, error) {
	if f.Opaque != nil {
		return nil, nil
	}
	return f.Load()
}

func want(t *testing.T, what string, got []string, lines ...string) {
	t.Helper()
	if lines == nil {
		lines = []string{}
	}
	if diff := cmp.Diff(lines, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
