package corpus

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestListIsCurrent holds cases.tsv, the list for readers, against the corpus.
// UPDATE=1 writes it anew.
func TestListIsCurrent(t *testing.T) {
	const name = "cases.tsv"
	list := listOf(generate(t))
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, []byte(list), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(strings.Split(string(have), "\n"), strings.Split(list, "\n")); diff != "" {
		t.Errorf("%s is not current; write it with UPDATE=1 go test ./testdata/secrets:\n%s", name, diff)
	}
}

// listOf lists the labels by kind, without any value.
func listOf(files []File) string {
	type row struct {
		path string
		Label
	}
	var rows []row
	for _, f := range files {
		for _, l := range f.Labels {
			rows = append(rows, row{f.Path, l})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.path, b.path), cmp.Compare(a.Line, b.Line))
	})
	var b strings.Builder
	b.WriteString("kind\tfile\tline\tend\tpath\tverdict\tclass\treason\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n", r.Kind, r.path, r.Line, r.EndLine, r.Path, r.Verdict, r.Class, r.Reason)
	}
	return b.String()
}

// TestListHoldsNoValue makes sure that nothing made by the generator is published.
func TestListHoldsNoValue(t *testing.T) {
	files := generate(t)
	list := listOf(files)
	for _, f := range files {
		for _, l := range f.Labels {
			for _, v := range l.values {
				if l.Verdict == Leak && l.Class != "weak" && strings.Contains(list, v) {
					t.Errorf("%s:%d: the list holds the value of %q", f.Path, l.Line, l.Path)
				}
			}
		}
	}
}
