package main

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type ownersAnswer struct {
	File, Dialect string
	Ignored       bool
	Paths         []ownedPath
	Folders       []folderOwners
	Skipped       []skippedLine
	Remarks       []ownersRemark
	Hints         []shallowRemark
}

// ownersJSON runs gatehouse owners in the folder that one stands in.
func ownersJSON(t *testing.T, stdin string, args ...string) (a ownersAnswer, stderr string, code int) {
	t.Helper()
	stdout, stderr, code := call(t, stdin, append([]string{"owners", "-o", "json"}, args...)...)
	if stdout == "" {
		return a, stderr, code
	}
	if err := json.Unmarshal([]byte(stdout), &a); err != nil {
		t.Fatalf("gatehouse owners %v: exit %d, not JSON: %v\n%s%s", args, code, err, stdout, stderr)
	}
	return a, stderr, code
}

func writeOwners(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "CODEOWNERS")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Answers come in the order of the questions, each as it was asked.
func TestOwnersAnswersWhatIsAsked(t *testing.T) {
	file := writeOwners(t, "* @all\n/a/ @a\n/a/c\n\"/q\" @q\n")
	list := "a/x\na/x\r\n\n./a/y\n/a/z\na/\na b\na/ü\n\xff\nc:\\d\na\x01b\n\"/q\"\n-v\n"
	got, stderr, code := ownersJSON(t, list, "--codeowners", file, "first", "-", "--", "-last", "-")
	if code != 0 || stderr != "" {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var said []string
	for _, p := range got.Paths {
		said = append(said, fmt.Sprintf("%q %s %d", p.Path, strings.Join(p.Owners, " "), p.Line))
	}
	want := []string{
		`"first" @all 1`, `"a/x" @a 2`, `"a/x" @a 2`, `"./a/y" @a 2`, `"/a/z" @a 2`, `"a/" @a 2`, `"a b" @all 1`, `"a/ü" @a 2`,
		`"` + "\ufffd" + `" @all 1`, `"c:\\d" @all 1`, `"a\x01b" @all 1`, `"\"/q\"" @q 4`, `"-v" @all 1`, `"-last" @all 1`,
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	got, _, _ = ownersJSON(t, "a\nb\x00a/c\x00", "--codeowners", file, "-")
	if len(got.Paths) != 2 || got.Paths[0].Path != "a\nb" || got.Paths[1].State != "cleared" {
		t.Errorf("a list with NUL: %+v", got.Paths)
	}
	text, _, _ := call(t, "a\x1b[31mb\x00a\n/c\x00", "owners", "--codeowners", file, "-")
	if strings.ContainsRune(text, 0x1b) || strings.Count(text, "\n") != 4 {
		t.Errorf("a name writes to the terminal:\n%q", text)
	}
}

// The shapes that files in the field have: addresses, names at any depth, lines
// without owners, a bare star.
func TestOwnersOfFieldShapes(t *testing.T) {
	var text strings.Builder
	text.WriteString("*\n")
	for i := range 1030 {
		fmt.Fprintf(&text, "**/svc-%d* first.last%d@corp.technology second@example.com\n", i, i)
		if i%10 == 0 {
			fmt.Fprintf(&text, "/generated/%d/\n", i)
		}
	}
	file := writeOwners(t, text.String())
	for _, dialect := range dialectNames() {
		got, stderr, code := ownersJSON(t, "", "--codeowners", file, "--dialect", dialect, "x/y/svc-77-a/b.yaml", "generated/10/x", "README.md")
		if strings.HasPrefix(dialect, "github") {
			if code != 0 || stderr != "" || len(got.Skipped)+len(got.Remarks) > 0 {
				t.Errorf("%s: exit %d, %s", dialect, code, stderr)
			}
			if p := got.Paths[0]; p.State != "owned" || p.Owners[0] != "first.last77@corp.technology" || p.Fallback {
				t.Errorf("%s: %+v", dialect, p)
			}
			if p := got.Paths[1]; p.State != "cleared" {
				t.Errorf("%s: %+v", dialect, p)
			}
			if p := got.Paths[2]; p.State != "cleared" || p.Line != 1 {
				t.Errorf("%s: %+v", dialect, p)
			}
		}
		if len(got.Paths) != 3 {
			t.Errorf("%s: exit %d, %d answers: %s", dialect, code, len(got.Paths), stderr)
		}
	}
}

// What the host does not use, or nobody can read, is never an answer to rely on.
func TestOwnersOfUnusableFiles(t *testing.T) {
	large := "/a/ @a\n" + strings.Repeat("# filler\n", (3<<20)/9+1)
	huge := strings.Repeat("# filler\n", (33<<20)/9)
	for _, c := range []struct {
		name, text, dialect, says string
		ignored, answered         bool
	}{
		{"over the limit of GitHub", large, "github", "GitHub does not load one of 3 MB or more, so no path has an owner; 1 path falls to nobody", true, true},
		{"no limit on GitLab", large, "gitlab", "", false, true},
		{"too large for this program", large + large, "gitlab", "more than the", false, true},
		{"too large to be read", huge, "github", "cannot be read, so it is not known who owns what", false, false},
		{"an expression over the limit", strings.Repeat("a{500}", 3000) + " @a\n", "gitea", "CODEOWNERS:1: ", false, true},
	} {
		got, stderr, code := ownersJSON(t, "", "--codeowners", writeOwners(t, c.text), "--dialect", c.dialect, "a/x")
		want := exitIncomplete
		if c.says == "" {
			want = exitOK
		}
		if code != want || !strings.Contains(stderr, c.says) || got.Ignored != c.ignored || (len(got.Paths) == 1) != c.answered {
			t.Errorf("%s: exit %d, ignored %v, %d answers\n%s", c.name, code, got.Ignored, len(got.Paths), stderr)
		}
	}
	if _, stderr, code := ownersJSON(t, strings.Repeat("a", 33<<20), "--codeowners", writeOwners(t, "* @a\n"), "-"); code != exitIncomplete || !strings.Contains(stderr, "standard input") {
		t.Errorf("a list over the limit: exit %d: %s", code, stderr)
	}
}

// tokenInName is a credential with a right checksum, made here so that it stands in
// no file.
func tokenInName() string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	body := "W3kQ2vX9mB4tL8sZ1nC6wF3yH5jD0p"
	check := ""
	for n := crc32.ChecksumIEEE([]byte(body)); len(check) < 6; n /= 62 {
		check = digits[n%62:n%62+1] + check
	}
	return "ghp_" + body + check
}

// A credential is shown nowhere, be it the name of a file or stand in CODEOWNERS.
func TestOwnersShowsNoCredential(t *testing.T) {
	credential := tokenInName()
	r := checkedOut{t, t.TempDir()}
	r.git("init", "--quiet", "--initial-branch=main")
	owners := "* @all\n/backup-" + credential + "/ @b\n/x/* " + credential + "\n/[" + credential + "] @c\n/y/* @y\n/" + credential + "\n" + credential + "\n"
	writeOwnersRepository(t, r, map[string]string{
		"CODEOWNERS": owners, "backup-" + credential + "/" + credential + ".yaml": "a", "y/" + credential + "/z.yaml": "b", "x/a": "c",
	})
	r.git("checkout", "--quiet", "-b", "change")
	r.git("mv", "backup-"+credential, "moved-"+credential)
	writeOwnersRepository(t, r, map[string]string{"CODEOWNERS": "# nothing\n/q " + credential + "\n"})
	t.Chdir(r.dir)
	file := filepath.Join(r.dir, "CODEOWNERS")
	if err := os.WriteFile(file, []byte(owners), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--coverage"}, {"--coverage", "--dialect", "gitlab"}, {"--base", "main"}, {"--base", "main", "--dialect", "gitlab"}, {"--base", "main", "--dialect", "gitea"},
		{"y/" + credential + "/z.yaml", "x/a", credential, "/" + credential + "/"}, {"--dialect", "gitea", "x/" + credential},
		{"--codeowners", "CODEOWNERS", credential}, {"--codeowners", credential, "x"}, {"../" + credential}, {"--dialect", "github-legacy", "x"},
	} {
		for _, more := range [][]string{{"-o", "json"}, {"-v"}} {
			stdout, stderr, code := call(t, "", append(append([]string{"owners"}, args...), more...)...)
			if strings.Contains(stdout+stderr, credential) || strings.Contains(stdout+stderr, credential[4:20]) {
				t.Errorf("gatehouse owners %q: exit %d shows it:\n%s%s", args, code, stdout, stderr)
			}
			if code == 0 && stdout == "" {
				t.Errorf("gatehouse owners %q says nothing", args)
			}
		}
	}
}

func writeOwnersRepository(t *testing.T, r checkedOut, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(r.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.git("add", "--all")
	r.git("commit", "--quiet", "-m", "files")
}

// The coverage counts every file once, at every folder above it.
func TestOwnersCoverageAddsUp(t *testing.T) {
	r := checkedOut{t, t.TempDir()}
	r.git("init", "--quiet")
	files := map[string]string{"CODEOWNERS": "* @all\n/a/ @a\n/a/b/\n/c/* @c\n", ".gitignore": "ignored\n"}
	for i := range 40 {
		files[fmt.Sprintf("%c/%c/%d.yaml", 'a'+i%3, 'a'+i%5, i)] = "x"
	}
	writeOwnersRepository(t, r, files)
	writeAndLeave := filepath.Join(r.dir, "untracked.yaml")
	for _, name := range []string{writeAndLeave, filepath.Join(r.dir, "ignored")} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(r.dir, "a"))
	got, _, code := ownersJSON(t, "", "--coverage")
	if code != 0 || len(got.Folders) == 0 {
		t.Fatalf("exit %d, %d folders", code, len(got.Folders))
	}
	byFolder := map[string]folderOwners{}
	for _, f := range got.Folders {
		byFolder[f.Folder] = f
		if f.Owned+f.Fallback+f.Cleared+f.Unmatched != f.Files {
			t.Errorf("%+v does not add up", f)
		}
	}
	if root := byFolder[""]; root.Files != len(files)+1 {
		t.Errorf("the root has %d files, want %d", root.Files, len(files)+1)
	}
	var sum ownersTally
	for _, name := range []string{"a", "b", "c"} {
		sum.add(byFolder[name].ownersTally)
	}
	want := byFolder[""].ownersTally
	want.add(ownersTally{Files: 3, Fallback: 3}.minus()) // CODEOWNERS, .gitignore, untracked.yaml
	if sum != want {
		t.Errorf("the folders have %+v, want %+v", sum, want)
	}
	if f := byFolder["a/b"]; f.Files == 0 || f.Cleared != f.Files {
		t.Errorf("a/b: %+v", f)
	}
	if f := byFolder["c/c"]; f.Files == 0 || f.Fallback != f.Files {
		t.Errorf("c/c: %+v", f)
	}
}

// Owners who stand for nobody in particular are a fallback wherever they stand.
func TestOwnersOfNobodyInParticular(t *testing.T) {
	r := checkedOut{t, t.TempDir()}
	r.git("init", "--quiet")
	writeOwnersRepository(t, r, map[string]string{
		"CODEOWNERS": "/a/ @Org/Everyone\n/b/ @org/everyone @b\n", "a/x": "1", "b/y": "2",
		".gatehouse/config.yaml": "version: 1\nowners: {fallback: [\"@org/everyone\"]}\n",
	})
	t.Chdir(r.dir)
	got, _, _ := ownersJSON(t, "", "a/x", "b/y")
	if len(got.Paths) != 2 || !got.Paths[0].Fallback || got.Paths[1].Fallback {
		t.Errorf("%+v", got.Paths)
	}
}

// Many paths cost little more than few.
func TestOwnersOfManyPathsInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: measures time")
	}
	rules, paths := manyOwners()
	file := writeOwners(t, rules)
	began := time.Now()
	stdout, _, code := call(t, paths, "owners", "--codeowners", file, "-o", "json", "-")
	if took := time.Since(began); code != 0 || took > 5*time.Second || strings.Count(stdout, "\n") < 100_000 {
		t.Errorf("exit %d after %v with %d lines", code, took, strings.Count(stdout, "\n"))
	}
}

// manyOwners are 1,000 rules and a list of 100,000 paths.
func manyOwners() (rules, paths string) {
	var r, p strings.Builder
	r.WriteString("* @org/fallback\n")
	for i := range 999 {
		switch i % 5 {
		case 0:
			fmt.Fprintf(&r, "*.ext%d @org/t%d\n", i, i)
		case 1:
			fmt.Fprintf(&r, "/clusters/c%d/**/secrets/ @org/t%d\n", i, i)
		case 2:
			fmt.Fprintf(&r, "**/team-%d/* @org/t%d\n", i, i)
		case 3:
			fmt.Fprintf(&r, "/apps/*/env%d/ @org/t%d\n", i, i)
		default:
			fmt.Fprintf(&r, "/apps/app%d/ @org/t%d someone@example.com\n", i, i)
		}
	}
	for i := range 100_000 {
		fmt.Fprintf(&p, "apps/app%d/env%d/team-%d/file-%d.ext%d\n", i%1009, i%997, i%991, i, i%983)
	}
	return r.String(), p.String()
}

func BenchmarkOwnersOfManyPaths(b *testing.B) {
	rules, paths := manyOwners()
	file := filepath.Join(b.TempDir(), "CODEOWNERS")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		p := program{stdin: strings.NewReader(paths), stdout: &strings.Builder{}, stderr: &strings.Builder{}, env: func(string) string { return "" }, now: time.Now}
		if code := p.run(b.Context(), []string{"gatehouse", "owners", "--codeowners", file, "-o", "json", "-"}); code != 0 {
			b.Fatalf("exit %d", code)
		}
	}
}
