package library_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies"
)

// TestKustomizedTrees holds what is found in trees that kustomize builds, where what an
// object lacks may stand in another file.
func TestKustomizedTrees(t *testing.T) {
	list := shelved(t, shelf(t))
	list = slices.DeleteFunc(list, func(c checks.Check) bool { return c.Tree == nil })
	if len(list) == 0 {
		t.Fatal("no policy looks at what is settled elsewhere")
	}
	judgeTrees(t, "testdata/kustomized.txtar", list, 10)
}

// TestTrees holds what policies find that look at all objects of a tree.
func TestTrees(t *testing.T) {
	s := shelf(t)
	var running []*policies.Shelved
	for _, p := range s.Policies() {
		if p.Inventory && p.On {
			running = append(running, p)
		}
	}
	list, err := policies.NewObjects().Shelved(s, running, nil)
	if err != nil {
		t.Fatal(err)
	}
	judgeTrees(t, "testdata/trees.txtar", list, 40)
}

// judgeTrees judges the trees of an archive, of which there are so many at least, and
// compares with what stands beside them.
func judgeTrees(t *testing.T, archive string, list []checks.Check, least int) {
	t.Helper()
	text, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	type tree struct {
		files []checks.File
		want  []string
	}
	trees := map[string]*tree{}
	for _, f := range txtar.Parse(text).Files {
		name, path, _ := strings.Cut(f.Name, "/")
		if trees[name] == nil {
			trees[name] = &tree{}
		}
		if path == "findings" {
			trees[name].want = strings.Fields(string(f.Data))
			continue
		}
		trees[name].files = append(trees[name].files, checks.File{Path: path, Load: func() ([]byte, error) { return f.Data, nil }})
	}
	for name, tree := range trees {
		result := checks.Run(t.Context(), checks.Input{Files: tree.files, Checks: list, Given: []checks.Need{checks.NeedTree}, Limits: manifest.DefaultLimits(), Time: now})
		var got []string
		for _, f := range result.Findings {
			got = append(got, fmt.Sprintf("%s:%d:%s", f.File, f.Line, f.Check))
			if !f.New || f.Severity < checks.Warning || f.Message == "" || f.Field == "" {
				t.Errorf("%s: %+v", name, f)
			}
		}
		slices.Sort(got)
		slices.Sort(tree.want)
		if diff := cmp.Diff(tree.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s%v", name, diff, result.NotJudged)
		}
		for _, n := range result.NotJudged {
			if n.Check != "" {
				t.Errorf("%s: %+v", name, n)
			}
		}
	}
	if len(trees) < least {
		t.Errorf("%d trees", len(trees))
	}
}
