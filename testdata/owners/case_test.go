package owners

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// labelled is one change with its labels; README.md says how it is written.
type labelled struct {
	name, why, source, dialect string
	base, tip, head            []txtar.File // each over the one before; tip over base, too
	gone                       []string
	moved, links               map[string]string
	padded                     map[string]int // sizes of files
	want                       []string       // sorted
}

func readCases(t *testing.T) []labelled {
	t.Helper()
	files, err := filepath.Glob("cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var cases []labelled
	for _, file := range files {
		cases = append(cases, readCase(t, file))
	}
	return cases
}

func readCase(t *testing.T, file string) labelled {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := labelled{
		name:  strings.TrimSuffix(filepath.Base(file), ".txtar"),
		moved: map[string]string{}, links: map[string]string{}, padded: map[string]int{},
	}
	for line := range strings.Lines(string(archive.Comment)) {
		line = strings.TrimSpace(line)
		switch key, value, _ := strings.Cut(line, ": "); key {
		case "source":
			c.source = value
		case "dialect":
			c.dialect = value
		default:
			c.why = strings.TrimSpace(c.why + " " + line)
		}
	}
	for _, f := range archive.Files {
		c.take(t, f)
	}
	slices.Sort(c.want)
	if c.why == "" || c.source == "" || len(c.want) == 0 || len(c.base) == 0 {
		t.Fatalf("%s: a case says why, its source, a base and what is wanted", file)
	}
	return c
}

// take reads one part of a case.
func (c *labelled) take(t *testing.T, f txtar.File) {
	t.Helper()
	side, name, _ := strings.Cut(f.Name, "/")
	switch f.Name {
	case "want":
		c.want = linesOf(f)
		return
	case "gone":
		c.gone = linesOf(f)
		return
	case "moved", "links", "padded":
		for _, line := range linesOf(f) {
			from, to, ok := strings.Cut(line, " => ")
			n, err := strconv.Atoi(to)
			switch {
			case !ok || f.Name == "padded" && err != nil:
				t.Fatalf("%s: %s: %q", c.name, f.Name, line)
			case f.Name == "padded":
				c.padded[from] = n
			case f.Name == "links":
				c.links[from] = to
			default:
				c.moved[from] = to
			}
		}
		return
	}
	f.Name = name
	switch side {
	case "base":
		c.base = append(c.base, f)
	case "tip":
		c.tip = append(c.tip, f)
	case "head":
		c.head = append(c.head, f)
	default:
		t.Fatalf("%s: %s is no part of a case", c.name, side)
	}
}

func linesOf(f txtar.File) []string {
	var list []string
	for line := range strings.Lines(string(f.Data)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			list = append(list, line)
		}
	}
	return list
}

// harmless tells of a change that takes nothing from anyone.
func (c labelled) harmless() bool {
	return !slices.ContainsFunc(c.want, func(line string) bool {
		return strings.HasPrefix(line, "weakened") || strings.HasPrefix(line, "exit")
	})
}

// build makes the repository of a case: the branch main, and the branch change.
func (c labelled) build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	c.write(t, dir, "base", c.base)
	commit(t, dir, "base")
	git(t, dir, "branch", "change")
	if len(c.tip) > 0 {
		c.write(t, dir, "tip", c.tip)
		commit(t, dir, "tip")
	}
	git(t, dir, "checkout", "--quiet", "change")
	for from, to := range c.moved {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range c.gone {
		if err := os.RemoveAll(filepath.Join(dir, path)); err != nil {
			t.Fatal(err)
		}
	}
	c.write(t, dir, "head", c.head)
	for from, to := range c.links {
		if err := os.RemoveAll(filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, dir, "change")
	return dir
}

// write writes files. One whose text is empty gets its own name, so that git does
// not take all of them for one that was renamed.
func (c labelled) write(t *testing.T, dir, side string, files []txtar.File) {
	t.Helper()
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		text := string(f.Data)
		if text == "" && filepath.Base(f.Name) != "CODEOWNERS" {
			text = "# " + f.Name + "\n"
		}
		if size := c.padded[side+"/"+f.Name]; size > len(text) {
			text += strings.Repeat("# padding\n", (size-len(text))/10+1)
			text = text[:size-1] + "\n"
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func commit(t *testing.T, dir, message string) {
	t.Helper()
	git(t, dir, "add", "--all")
	git(t, dir, "commit", "--quiet", "--allow-empty", "-m", message)
}
