package policies_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies"
)

// lineCase is one policy, one object that violates it, and the fields to be found.
type lineCase struct {
	name       string
	files      []policies.File
	object     string
	parameters string
	want       []string
}

// TestLines compares the field of each finding with the field that a person would
// point at. Policies know nothing of it.
func TestLines(t *testing.T) {
	objects := archive(t, "objects.txtar")
	exact, above, total := 0, 0, 0
	for _, c := range lineCases(t) {
		got := fieldsOf(t, c, objects[c.object])
		total += len(c.want)
		e, a, wrong := compareFields(got, c.want)
		exact, above = exact+e, above+a
		for _, w := range wrong {
			t.Errorf("%s: %s\n got %q\nwant %q", c.name, w, got, c.want)
		}
		if a > 0 {
			t.Logf("%s: one above: got %q, want %q", c.name, got, c.want)
		}
	}
	t.Logf("%d findings, %d exact, %d one above", total, exact, above)
	if total < 60 {
		t.Errorf("only %d cases", total)
	}
	if exact*100 < total*95 {
		t.Errorf("%d of %d fields are exact, want 95 %%", exact, total)
	}
}

// TestLinesOfFutureKeywords: that a policy imports the keywords of a later Rego changes how
// its negations are read, and nothing of what it finds and where.
func TestLinesOfFutureKeywords(t *testing.T) {
	objects := archive(t, "objects.txtar")
	for _, c := range lineCases(t) {
		var future []policies.File
		for _, f := range c.files {
			if path.Ext(f.Path) != ".rego" || strings.Contains(string(f.Data), "import future") {
				future = nil
				break
			}
			text := regexp.MustCompile(`(?m)^package .*$`).ReplaceAllString(string(f.Data), "$0\nimport future.keywords")
			future = append(future, policies.File{Path: f.Path, Data: []byte(text)})
		}
		if future == nil {
			continue
		}
		want := fieldsOf(t, c, objects[c.object])
		c.files = future
		if diff := cmp.Diff(want, fieldsOf(t, c, objects[c.object])); diff != "" {
			t.Errorf("%s: without, with the import (-, +):\n%s", c.name, diff)
		}
	}
}

// compareFields counts fields that are as wanted and those that are the parent of
// what is wanted; all others are wrong.
func compareFields(got, want []string) (exact, above int, wrong []string) {
	got = slices.Clone(got)
	for _, w := range want {
		if i := slices.Index(got, w); i >= 0 {
			exact++
			got = slices.Delete(got, i, i+1)
		} else if i := slices.IndexFunc(got, func(g string) bool { return parentOf(w) == g }); i >= 0 {
			above++
			got = slices.Delete(got, i, i+1)
		} else {
			wrong = append(wrong, "missing "+w)
		}
	}
	for _, g := range got {
		wrong = append(wrong, "unwanted "+g)
	}
	return exact, above, wrong
}

func parentOf(field string) string {
	if strings.HasSuffix(field, "]") {
		return field[:strings.LastIndex(field, "[")]
	}
	if i := strings.LastIndex(field, "."); i >= 0 {
		return field[:i]
	}
	return ""
}

func fieldsOf(t *testing.T, c lineCase, object []byte) []string {
	t.Helper()
	set, faults := policies.Load(policies.Source{Policies: c.files})
	for _, f := range faults {
		t.Errorf("%s: %v", c.name, f)
	}
	result := checks.Run(t.Context(), checks.Input{
		Files:  []checks.File{{Path: c.object, Load: func() ([]byte, error) { return object, nil }}},
		Checks: policies.Checks(set), Limits: manifest.DefaultLimits(), Time: time.Unix(1_700_000_000, 0),
	})
	for _, n := range result.NotJudged {
		t.Errorf("%s: not judged: %+v", c.name, n)
	}
	var fields []string
	for _, f := range result.Findings {
		fields = append(fields, f.Field)
	}
	slices.Sort(fields)
	return fields
}

func archive(t *testing.T, name string) map[string][]byte {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata/lines", name))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range a.Files {
		files[f.Name] = f.Data
	}
	return files
}

func lineCases(t *testing.T) []lineCase {
	t.Helper()
	var cases []lineCase
	for _, name := range []string{"v1.txtar", "v0.txtar", "more.txtar", "held.txtar", "last.txtar", "gatekeeper.txtar", "strangers.txtar"} {
		data, err := os.ReadFile(filepath.Join("testdata/lines", name))
		if err != nil {
			t.Fatal(err)
		}
		a := txtar.Parse(data)
		for i, f := range a.Files {
			c := lineCase{name: name + "/" + f.Name}
			for line := range strings.Lines(string(f.Data)) {
				line = strings.TrimSpace(line)
				if text, ok := strings.CutPrefix(line, "# object: "); ok {
					c.object = text
				}
				if text, ok := strings.CutPrefix(line, "# want: "); ok {
					c.want = append(c.want, text)
				}
				if text, ok := strings.CutPrefix(line, "# parameters: "); ok {
					c.parameters = text
				}
			}
			if c.object == "" {
				continue // a library of the case before it
			}
			var libs []txtar.File
			for _, lib := range a.Files[i+1:] {
				if !strings.Contains(lib.Name, "/") {
					break
				}
				libs = append(libs, lib)
			}
			c.files = filesOf(t, f, libs, c.parameters)
			cases = append(cases, c)
		}
	}
	return cases
}

// filesOf writes a case of conftest as it is, one of Gatekeeper as a template with a
// constraint.
func filesOf(t *testing.T, f txtar.File, libs []txtar.File, parameters string) []policies.File {
	t.Helper()
	if path.Ext(f.Name) == ".rego" {
		files := []policies.File{{Path: f.Name, Data: f.Data}}
		for _, lib := range libs {
			files = append(files, policies.File{Path: lib.Name, Data: lib.Data})
		}
		return files
	}
	kind := "K8s" + strings.ReplaceAll(f.Name, "_", "")
	target := map[string]any{"target": "admission.k8s.gatekeeper.sh", "rego": string(f.Data)}
	var texts []string
	for _, lib := range libs {
		texts = append(texts, string(lib.Data))
	}
	if texts != nil {
		target["libs"] = texts
	}
	if parameters == "" {
		parameters = "{}"
	}
	template, err := json.Marshal(map[string]any{
		"apiVersion": "templates.gatekeeper.sh/v1", "kind": "ConstraintTemplate",
		"metadata": map[string]any{"name": strings.ToLower(kind)},
		"spec": map[string]any{
			"crd": map[string]any{"spec": map[string]any{
				"names":      map[string]any{"kind": kind},
				"validation": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
			"targets": []any{target},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	constraint := fmt.Sprintf("apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: %s\nmetadata:\n  name: test\nspec:\n  parameters: %s\n", kind, parameters)
	return []policies.File{{Path: "template.json", Data: template}, {Path: "constraint.yaml", Data: []byte(constraint)}}
}

// linePolicies are all policies of conftest in the table, each in a package of its
// own, as checks.
func linePolicies(tb testing.TB) []checks.Check {
	tb.Helper()
	var files []policies.File
	for _, name := range []string{"v1.txtar", "v0.txtar", "more.txtar", "held.txtar", "last.txtar"} {
		a, err := txtar.ParseFile(filepath.Join("testdata/lines", name))
		if err != nil {
			tb.Fatal(err)
		}
		for _, f := range a.Files {
			if strings.Contains(f.Name, "/") {
				continue
			}
			text := strings.Replace(string(f.Data), "package main", fmt.Sprintf("package p%d", len(files)), 1)
			files = append(files, policies.File{Path: fmt.Sprintf("%d.rego", len(files)), Data: []byte(text)})
		}
	}
	set, _ := policies.Load(policies.Source{Policies: files})
	return policies.Checks(set)
}

// FuzzJudge: whatever the object is, policies judge it, and finding the field of
// what they find does not fail.
func FuzzJudge(f *testing.F) {
	a, err := txtar.ParseFile("testdata/lines/objects.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, object := range a.Files {
		f.Add(object.Data)
	}
	f.Add([]byte("kind: Pod\nspec: {containers: [1, null, {name: a, image: 3}], volumes: x}\n"))
	list := linePolicies(f)
	if len(list) < 100 {
		f.Fatalf("only %d checks", len(list))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<13 {
			t.Skip("long inputs add nothing")
		}
		limits := manifest.DefaultLimits()
		limits.Nodes, limits.FileNodes, limits.Documents = 2000, 2000, 4
		result := checks.Run(t.Context(), checks.Input{
			Files:  []checks.File{{Path: "o.yaml", Load: func() ([]byte, error) { return data, nil }}},
			Checks: list, Limits: limits, Time: time.Unix(1_700_000_000, 0), Workers: 1,
		})
		for _, n := range result.NotJudged {
			if strings.Contains(n.Reason, "fault in Gatehouse") {
				t.Errorf("%+v", n)
			}
		}
	})
}
