package codeowners

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The tables hold files and answers:
//
//	== name | source
//	| a line of the file            (|"…" for one in Go syntax, without its end)
//	path -> @owner @owner           (or cleared, or unmatched)
//
// On GitLab an answer joins the decisions of the sections with " & ", each as
// [Section] or [Section]? where it is optional, the number of approvals as x2,
// and the owners, "none" without any, "excluded" where the section has no say.
type tableCase struct {
	name, source, file string
	answers            []tableAnswer
}

type tableAnswer struct {
	line       int
	path, want string
}

func readTable(t *testing.T, name string) []tableCase {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var cases []tableCase
	for i, line := range strings.Split(string(data), "\n") {
		if line == "" || len(cases) == 0 && strings.HasPrefix(line, "#") {
			continue
		}
		if head, ok := strings.CutPrefix(line, "== "); ok {
			title, source, found := strings.Cut(head, " | ")
			if !found {
				t.Fatalf("%s:%d: a case names its source", name, i+1)
			}
			cases = append(cases, tableCase{name: title, source: source})
			continue
		}
		c := &cases[len(cases)-1]
		if text, ok := strings.CutPrefix(line, "|"); ok {
			if strings.HasPrefix(text, `"`) {
				if text, err = strconv.Unquote(text); err != nil {
					t.Fatalf("%s:%d: %v", name, i+1, err)
				}
			} else {
				text = strings.TrimPrefix(text, " ")
			}
			c.file += text + "\n"
			continue
		}
		path, want, ok := strings.Cut(line, " -> ")
		if !ok {
			t.Fatalf("%s:%d: neither a case, a line nor an answer: %s", name, i+1, line)
		}
		c.answers = append(c.answers, tableAnswer{i + 1, path, want})
	}
	return cases
}

func answer(o Ownership) string {
	switch {
	case o.State == Unmatched:
		return "unmatched"
	case o.State == Cleared && len(o.Decisions) == 1 && o.Decisions[0].Section == "":
		return "cleared"
	}
	var said []string
	for _, d := range o.Decisions {
		var words []string
		if d.Section != "" {
			words = append(words, "["+d.Section+"]")
			if d.Optional {
				words[0] += "?"
			}
		}
		if d.Approvals > 1 {
			words = append(words, fmt.Sprintf("x%d", d.Approvals))
		}
		switch {
		case d.Excluded:
			words = append(words, "excluded")
		case len(d.Owners) == 0:
			words = append(words, "none")
		}
		said = append(said, strings.Join(append(words, Names(d.Owners)...), " "))
	}
	return strings.Join(said, " & ")
}

func TestTables(t *testing.T) {
	for _, table := range []struct {
		file    string
		dialect Dialect
		atLeast int
	}{
		{"github.table", GitHub, 250},
		{"gitlab.table", GitLab, 120},
		{"bitbucket.table", Bitbucket, 20},
		{"gitea.table", Gitea, 20},
	} {
		t.Run(string(table.dialect), func(t *testing.T) {
			answers := 0
			for _, c := range readTable(t, table.file) {
				f := Parse([]byte(c.file), table.dialect)
				for _, a := range c.answers {
					answers++
					got := answer(f.Owners(a.path))
					if diff := cmp.Diff(a.want, got); diff != "" {
						t.Errorf("%s:%d: %s (%s): %s\n%s%s", table.file, a.line, c.name, c.source, a.path, c.file, diff)
					}
				}
			}
			if answers < table.atLeast {
				t.Errorf("%d answers, the table promises %d", answers, table.atLeast)
			}
			t.Logf("%d answers", answers)
		})
	}
}

// The pattern table of github.com/hmarr/codeowners v1.2.1 (MIT),
// read where the module cache has it. This version has no answer that has to be
// left out; later ones have a "square brackets" case, which contradicts the host.
func TestModuleTable(t *testing.T) {
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Skipf("skipped: no module cache: %v", err)
	}
	path := filepath.Join(strings.TrimSpace(string(out)), "github.com", "hmarr", "codeowners@v1.2.1", "testdata", "patterns.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("skipped: the table is not in the module cache: %v", err)
	}
	var cases []struct {
		Name    string
		Pattern string
		Paths   map[string]bool
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	excluded := map[string]string{"square brackets": "GitHub reports an unescaped bracket as an invalid pattern"}
	answers := 0
	for _, c := range cases {
		if reason := excluded[c.Name]; reason != "" {
			t.Logf("left out: %s: %s", c.Name, reason)
			continue
		}
		f := Parse([]byte(c.Pattern+" @owner\n"), GitHub)
		for path, want := range c.Paths {
			answers++
			if got := f.Owners(path).State == Owned; got != want {
				t.Errorf("%s: %s owns %s: %v, want %v", c.Name, c.Pattern, path, got, want)
			}
		}
	}
	if answers < 145 {
		t.Errorf("%d answers compared, want 145", answers)
	}
	t.Logf("%d answers", answers)
}
