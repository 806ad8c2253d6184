package library_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies"
	"github.com/gatehouse-dev/gatehouse/policies/library"
)

func shelf(tb testing.TB) *policies.Shelf {
	tb.Helper()
	s, err := policies.ReadShelf(library.Compiled())
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// shelved are the checks of all policies that judge without a tree.
func shelved(tb testing.TB, s *policies.Shelf) []checks.Check {
	tb.Helper()
	var running []*policies.Shelved
	for _, p := range s.Policies() {
		if !p.Inventory {
			running = append(running, p)
		}
	}
	list, err := policies.NewObjects().Shelved(s, running, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

// TestShelfDeclares holds that the policies say the same of themselves, compiled and as
// they are written.
func TestShelfDeclares(t *testing.T) {
	written := map[string]checks.Check{}
	for _, c := range policies.Checks(set(t)) {
		written[c.ID] = c
	}
	for _, p := range shelf(t).Policies() {
		functions := cmpopts.IgnoreFields(checks.Check{}, "Bad", "Good", "Secrets", "File", "Document", "Facts", "Tree", "Transition", "Change", "History", "Waivers")
		if diff := cmp.Diff(written[p.Check.ID], p.Check, functions, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-written +compiled):\n%s", p.Check.ID, diff)
		}
		delete(written, p.Check.ID)
	}
	for id := range written {
		t.Errorf("%s is not compiled", id)
	}
}

// TestShelfFindsTheSame holds that the compiled policies, asked together and only of
// what their guards let through, find what each of them finds by itself as it is
// written: in every example and in the example repositories, before and after a change.
func TestShelfFindsTheSame(t *testing.T) {
	files := map[string]string{}
	for name, data := range library.Files() {
		if strings.HasSuffix(name, ".yaml") {
			files[name] = string(data)
		}
	}
	root := "../../testdata/repos"
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		// Without kustomizations every policy judges each object by itself.
		name = strings.Replace(name, "kustomization", "built", 1)
		files[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	compiled := shelved(t, shelf(t))
	ids := map[string]bool{}
	for _, c := range compiled {
		ids[c.ID] = true
	}
	written := slices.DeleteFunc(policies.Checks(set(t)), func(c checks.Check) bool { return !ids[c.ID] })
	layout := checks.Layout{Environments: []checks.Environment{{Name: "production", Paths: []string{"**/production/**", "**/good.yaml"}}, {Name: "staging", Paths: []string{"**/staging/**", "**/bad.yaml"}}}}
	find := func(list []checks.Check) checks.Result {
		in := checks.Input{Checks: list, Limits: manifest.DefaultLimits(), Time: now, Layout: layout, HasOld: true, Given: []checks.Need{checks.NeedUserInfo}}
		for _, path := range slices.Sorted(maps.Keys(files)) {
			text := files[path]
			before := strings.Replace(strings.Replace(path, "/faulty/", "/clean/", 1), "/bad.yaml", "/good.yaml", 1)
			load := func(text string) func() ([]byte, error) { return func() ([]byte, error) { return []byte(text), nil } }
			in.Files = append(in.Files, checks.File{Path: path, Load: load(text)})
			if old, ok := files[before]; ok && old != text {
				in.Before = append(in.Before, checks.File{Path: path, Load: load(old)})
			}
		}
		return checks.Run(t.Context(), in)
	}
	want, got := find(written), find(compiled)
	if len(want.Findings) < 200 || len(want.NotJudged) != len(got.NotJudged) {
		t.Fatalf("%d findings, %d not judged; compiled %d", len(want.Findings), len(want.NotJudged), len(got.NotJudged))
	}
	found := map[string]bool{}
	for _, f := range want.Findings {
		found[f.Check] = true
	}
	for id := range ids {
		if !found[id] {
			t.Logf("%s finds nothing", id)
		}
	}
	if diff := cmp.Diff(want.Findings, got.Findings, cmpopts.IgnoreUnexported(checks.Finding{})); diff != "" {
		t.Errorf("the findings (-written +compiled):\n%s", diff)
	}
}
