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
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
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
		functions := cmpopts.IgnoreFields(checks.Check{}, "Bad", "Good", "Secrets", "File", "Document", "Facts", "FactsOf", "Quotes", "Reads", "Tree", "Transition", "Change", "History", "Waivers")
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
	files := exampleFiles(t)
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

// exampleFiles are the examples of all policies and the example repositories.
func exampleFiles(t *testing.T) map[string]string {
	t.Helper()
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
	return files
}

// TestGuardsLeaveOutNothing holds that a rule which is left out for the fields that an
// object lacks would have found nothing.
func TestGuardsLeaveOutNothing(t *testing.T) {
	found := 0
	for name, text := range exampleFiles(t) {
		for _, d := range manifest.Read(name, []byte(text), manifest.DefaultLimits()).Documents {
			if !d.IsObject() || d.Templated {
				continue
			}
			r := review.Request{Operation: review.Create, Object: d.Canonical()}
			for _, o := range set(t).Own {
				standard, _ := o.Metadata.Custom["parameters"].(map[string]any)
				given := rego.Given{Input: r.View(false).Gatehouse(term(t, standard)), Time: now}
				var outcomes [2][]string
				for i, object := range []*manifest.Node{nil, d.Canonical()} {
					out, err := o.Namespace.Evaluate(t.Context(), given, d.Object.Kind, object)
					if err != nil {
						t.Fatal(err)
					}
					for _, result := range out.Results {
						outcomes[i] = append(outcomes[i], result.Message)
					}
				}
				if diff := cmp.Diff(outcomes[0], outcomes[1]); diff != "" {
					t.Errorf("%s: %s (-asked +guarded):\n%s", name, o.ID, diff)
				}
				found += len(outcomes[0])
			}
		}
	}
	if found < 200 {
		t.Errorf("%d results", found)
	}
}
