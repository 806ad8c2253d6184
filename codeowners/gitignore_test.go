package codeowners

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	againstGit     = flag.Duration("against-git", 2*time.Second, "how long to compare random patterns with git check-ignore")
	againstGitSeed = flag.Uint64("against-git-seed", 1, "where the random patterns begin")
)

// Random patterns are compared with git on what the two have in common. Left
// out, because GitHub differs or the documentation makes a choice: a last part
// that is a lone star (shallow on GitHub), two stars and a slash at the end,
// three stars, "!", brackets, a leading "#" and two slashes in a row. So is
// "a**/b": git cuts the literal beginning off before it compares, and then takes
// the stars for folders, against its own documentation. Names are ASCII: a "?" is
// one byte to git and one character here.
func TestPatternsAgainstGit(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("skipped: git is not installed")
	}
	random := rand.New(rand.NewPCG(*againstGitSeed, 7))
	compared, rounds := 0, 0
	for start := time.Now(); time.Since(start) < *againstGit || rounds == 0; rounds++ {
		n, ok := compareWithGit(t, git, random)
		compared += n
		if !ok {
			break
		}
	}
	t.Logf("%d answers compared in %d rounds, seed %d", compared, rounds, *againstGitSeed)
}

// compareWithGit gives every pattern a folder of its own with a .gitignore that
// holds nothing else, so that one run of git answers for all.
func compareWithGit(t *testing.T, git string, random *rand.Rand) (compared int, ok bool) {
	const patterns, paths = 150, 60
	dir := t.TempDir()
	defer os.RemoveAll(dir)
	if out, err := exec.Command(git, "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v: %s", err, out)
	}
	type question struct{ pattern, path string }
	var questions []question
	var stdin bytes.Buffer
	for i := range patterns {
		raw := randomPattern(random)
		folder := fmt.Sprintf("d%d", i)
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, folder, ".gitignore"), []byte(raw+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		for range paths {
			path := randomPath(random)
			questions = append(questions, question{raw, path})
			stdin.WriteString(folder + "/" + path + "\x00")
		}
	}
	cmd := exec.Command(git, "-C", dir, "-c", "core.ignorecase=false", "check-ignore", "--no-index", "-v", "-n", "-z", "--stdin")
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	cmd.Stdin = &stdin
	out, err := cmd.Output()
	if exit, is := err.(*exec.ExitError); is && exit.ExitCode() != 1 {
		t.Fatalf("git check-ignore: %v: %s", err, exit.Stderr)
	}
	fields := strings.Split(string(out), "\x00")
	if len(fields) != 4*len(questions)+1 {
		t.Fatalf("git answered %d fields for %d questions", len(fields), len(questions))
	}
	rules := map[string]*File{}
	for i, q := range questions {
		if rules[q.pattern] == nil {
			rules[q.pattern] = Parse([]byte(q.pattern+" @owner\n"), GitHub)
		}
		want := fields[4*i] != ""
		if got := rules[q.pattern].Owners(q.path).State == Owned; got != want {
			t.Errorf("%s owns %s: %v, git says %v", q.pattern, q.path, got, want)
			return i, false
		}
	}
	return len(questions), true
}

func randomPattern(random *rand.Rand) string {
	names := []string{"a", "b", "ab", "a.b", "*", "**", "a*", "*b", "a*b", "?", "?b", "a?", "**b", "a**", `\*`, `\a`, `a\?`, "*a*", ".a", "*.b", "a*a*b"}
	for {
		var parts []string
		for range 1 + random.IntN(4) {
			parts = append(parts, names[random.IntN(len(names))])
		}
		raw := strings.Join(parts, "/")
		if random.IntN(3) == 0 {
			raw = "/" + raw
		}
		folder := random.IntN(4) == 0
		if folder {
			raw += "/"
		}
		last := parts[len(parts)-1]
		slashed := strings.Contains(strings.TrimSuffix(raw, "/"), "/")
		before := ""
		if len(parts) > 1 {
			before = parts[len(parts)-2]
		}
		switch {
		case strings.Contains(strings.TrimSuffix(raw, "/"), "a**/"):
		case last == "*" && slashed && !folder && before != "**": // shallow
		case last == "**" && folder && slashed: // two stars and a slash
		default:
			return raw
		}
	}
}

func randomPath(random *rand.Rand) string {
	names := []string{"a", "b", "ab", "aab", "abb", "a.b", ".a", "*", "a?", "c", "aabab"}
	var parts []string
	for range 1 + random.IntN(5) {
		parts = append(parts, names[random.IntN(len(names))])
	}
	return strings.Join(parts, "/")
}
