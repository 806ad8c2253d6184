package codeowners

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func FuzzParse(f *testing.F) {
	tables, err := filepath.Glob(filepath.Join("testdata", "*.table"))
	if err != nil || len(tables) == 0 {
		f.Fatalf("no tables: %v", err)
	}
	for _, table := range tables {
		data, err := os.ReadFile(table)
		if err != nil {
			f.Fatal(err)
		}
		for block := range strings.SplitSeq(string(data), "\n== ") {
			var file strings.Builder
			path := "a/b"
			for line := range strings.SplitSeq(block, "\n") {
				if text, ok := strings.CutPrefix(line, "|"); ok {
					file.WriteString(strings.TrimPrefix(text, " ") + "\n")
				} else if asked, _, ok := strings.Cut(line, " -> "); ok {
					path = asked
				}
			}
			f.Add([]byte(file.String()), path)
		}
	}
	for _, s := range []string{"\xff/\xfe @a", "\\", "[", "^[", "[][", "!", "a\\\n@b", strings.Repeat("*a", 100) + " @a", "/**/**/ @a", "(((a{9}){9}){9} @a", "\x00 @a", "@@", "/ @a", "[x][999999999999999999999] @a"} {
		f.Add([]byte(s), "a/b")
	}
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		lines := bytes.Count(data, []byte("\n")) + 1
		for _, dialect := range Dialects() {
			file := Parse(data, dialect)
			checkLines(t, file, data, lines)
			checkAnswers(t, file, path)
		}
	})
}

// checkLines holds every rule and remark to a line of the file that has its
// text.
func checkLines(t *testing.T, file *File, data []byte, lines int) {
	text := strings.Split(string(bytes.TrimPrefix(data, []byte("\uFEFF"))), "\n")
	last := 0
	for _, r := range file.Rules {
		if r.Line <= last || r.Line > lines {
			t.Fatalf("%s: rule %q stands in line %d after line %d of %d", file.Dialect, r.Pattern, r.Line, last, lines)
		}
		last = r.Line
		unescaped := file.Dialect == Gitea || file.Dialect == Forgejo
		if !unescaped && !strings.Contains(text[r.Line-1], r.Pattern) {
			t.Fatalf("%s: line %d is %q and has no %q", file.Dialect, r.Line, text[r.Line-1], r.Pattern)
		}
	}
	for _, i := range file.Issues {
		if i.Line < 0 || i.Line > lines || i.Message == "" || i.Kind == "" || i.Effect == "" {
			t.Fatalf("%s: remark %+v on a file of %d lines", file.Dialect, i, lines)
		}
	}
}

// checkAnswers asks everything there is to ask.
func checkAnswers(t *testing.T, file *File, path string) {
	paths := []string{path, "a/b", "a/b/c.yaml"}
	o := file.Owners(path)
	if (o.State == Owned) != (len(o.Owners) > 0) {
		t.Fatalf("%s: %s is %s with owners %v", file.Dialect, path, o.State, o.Owners)
	}
	if o.Line > 0 && !slices.ContainsFunc(file.Rules, func(r Rule) bool { return r.Line == o.Line && r.Matches(path) }) {
		t.Fatalf("%s: %s is decided by line %d, which does not match", file.Dialect, path, o.Line)
	}
	file.Coverage(paths, nil)
	file.Dead(paths)
	file.Shadowed(paths)
	file.Shallow(paths)
	file.Consequences(paths)
	if d := Compare(file, file, Trees{Base: paths, Head: paths, Probes: Probes(paths, file)}); len(d) > 0 {
		t.Fatalf("%s: the file differs from itself: %+v", file.Dialect, d)
	}
	demand := file.Required([]Change{{Path: path, From: "a/b"}}, nil)
	Smallest(demand.Requirements, nil, nil)
}

// Files made to be slow are read in a time that grows with their size.
func TestHostileFilesAreReadInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: measures time")
	}
	const size = 400 << 10
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for name, text := range map[string]string{
		"one pattern":          fill("a"),
		"one deep pattern":     fill("a/"),
		"stars":                fill("*a"),
		"double stars":         fill("**/a/"),
		"owners":               "* " + fill("@a "),
		"owners, all unlike":   "* " + numbered(size, "@u"),
		"short rules":          fill("a @b\n"),
		"skipped rules":        fill("[ @b\n"),
		"headings":             fill("[a]\n"),
		"empty lines":          fill("\n"),
		"backslashes":          fill("\\"),
		"brackets":             fill("["),
		"open classes":         "x" + fill("[a"),
		"expressions":          fill(".{999} @a\n"),
		"one large expression": "(" + fill("a{99}") + ")",
		"nested groups":        fill("("),
		"heading of brackets":  "[x]" + fill("[") + " @a",
		"redeclared":           fill("* @a @b\n"),
	} {
		for _, dialect := range []Dialect{GitHub, GitLab, Gitea} {
			start := time.Now()
			f := Parse([]byte(text), dialect)
			f.Owners("a/b/c.yaml")
			f.Owners(strings.Repeat("a/", 2000) + "a")
			f.Consequences([]string{"a/b"})
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%s, %s: %v", name, dialect, took)
			} else if took > time.Second {
				t.Logf("%s, %s: %v", name, dialect, took)
			}
		}
		runtime.GC()
	}
}

func numbered(size int, prefix string) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		b.WriteString(prefix)
		for n := i; ; n /= 26 {
			b.WriteByte(byte('a' + n%26))
			if n < 26 {
				break
			}
		}
		b.WriteByte(' ')
	}
	return b.String()[:size]
}
