package library_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies"
	"github.com/gatehouse-dev/gatehouse/policies/library"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// load loads the library as it is built into the program.
var load = sync.OnceValues(func() (*policies.Set, []policies.Fault) {
	var source policies.Source
	for name, data := range library.Files() {
		source.Policies = append(source.Policies, policies.File{Path: name, Data: data})
	}
	return policies.Load(source)
})

func set(t *testing.T) *policies.Set {
	t.Helper()
	s, faults := load()
	for _, f := range faults {
		t.Error(f)
	}
	return s
}

// folders lists the policies that lie on the disk.
func folders(t *testing.T) []string {
	t.Helper()
	var names []string
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != "lib" && e.Name() != "testdata" {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestFolders holds every folder complete and loaded, under its own name.
func TestFolders(t *testing.T) {
	ids := map[string]bool{}
	for _, o := range set(t).Own {
		ids[o.ID] = true
	}
	for _, name := range folders(t) {
		for _, file := range []string{"policy.rego", "policy_test.rego", "bad.yaml", "good.yaml"} {
			if _, err := os.Stat(path.Join(name, file)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !ids[name] {
			t.Errorf("%s: no policy has the folder's name as its id", name)
		}
		delete(ids, name)
	}
	for id := range ids {
		t.Errorf("the policy %s lies in a folder of another name", id)
	}
}

// TestFiles holds that unit tests do not cost the program anything.
func TestFiles(t *testing.T) {
	files := library.Files()
	for name := range files {
		if strings.HasSuffix(name, "_test.rego") {
			t.Errorf("%s is given out", name)
		}
	}
	for _, name := range []string{"lib/pods.rego", "image-not-pinned/policy.rego", "image-not-pinned/bad.yaml"} {
		if len(files[name]) == 0 {
			t.Errorf("%s is not given out", name)
		}
	}
}

// compiledFile is the library as it was compiled.
const compiledFile = "compiled.bin"

// TestCompiled holds that what is built into the program was made of these policies, by
// this version of the engine.
func TestCompiled(t *testing.T) {
	var files []policies.File
	for name, data := range library.Files() {
		files = append(files, policies.File{Path: name, Data: data})
	}
	want, faults := policies.Shelve(files)
	for _, f := range faults {
		t.Error(f)
	}
	if t.Failed() {
		return
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(compiledFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if library.Compiled() != string(want) {
		t.Errorf("%s is not what the policies compile to: write it anew with UPDATE=1", compiledFile)
	}
}

// TestMetadata holds that documentation can be made of every policy.
func TestMetadata(t *testing.T) {
	known := map[string]bool{"id": true, "severity": true, "category": true, "why": true, "fix": true, "parameters": true, "default_on": true, "example": true}
	for _, o := range set(t).Own {
		m := o.Metadata
		for field, text := range map[string]string{"title": m.Title, "description": m.Description, "why": m.String("why"), "fix": m.String("fix")} {
			if text == "" {
				t.Errorf("%s: the METADATA has no %s", o.ID, field)
			}
		}
		if strings.HasSuffix(m.Title, ".") || strings.Contains(m.Title, "\n") {
			t.Errorf("%s: the title must be one line without a full stop: %q", o.ID, m.Title)
		}
		var severity checks.Severity
		if err := severity.UnmarshalText([]byte(m.String("severity"))); err != nil {
			t.Errorf("%s: %v", o.ID, err)
		}
		if !slices.Contains(checks.Categories(), checks.Category(m.String("category"))) {
			t.Errorf("%s: unknown category %q", o.ID, m.String("category"))
		}
		if on, ok := m.Custom["default_on"]; ok {
			if _, isBool := on.(bool); !isBool {
				t.Errorf("%s: default_on must be true or false", o.ID)
			}
		}
		for key := range m.Custom {
			if !known[key] {
				t.Errorf("%s: unknown key %q in the METADATA", o.ID, key)
			}
		}
		if want := "data.gatehouse." + strings.ReplaceAll(o.ID, "-", "_"); o.Namespace.Path != want {
			t.Errorf("%s: the package is %s, want %s", o.ID, o.Namespace.Path, want)
		}
	}
}

// TestExamples holds that something is found in every bad example and nothing in a
// good one. A rule about a change must find it in the step from good to bad.
func TestExamples(t *testing.T) {
	s := set(t)
	list := policies.Checks(s)
	for _, o := range s.Own {
		i := slices.IndexFunc(list, func(c checks.Check) bool { return c.ID == o.ID })
		if len(o.Bad) != 1 || len(o.Good) != 1 {
			t.Errorf("%s: the policy has no examples", o.ID)
			continue
		}
		if n := step(t, o, o.Good[0], o.Bad[0]); n == 0 {
			t.Errorf("%s: nothing is found in bad.yaml", o.ID)
		}
		if n := step(t, o, o.Good[0], o.Good[0]); n != 0 {
			t.Errorf("%s: %d findings in good.yaml", o.ID, n)
		}
		if _, given := o.Metadata.Custom["example"]; given || o.Inventory || len(o.Needs) > 0 {
			continue
		}
		if n := run(t, list[i], o.Bad[0]); n == 0 {
			t.Errorf("%s: the engine finds nothing in bad.yaml", o.ID)
		}
		if n := run(t, list[i], o.Good[0]); n != 0 {
			t.Errorf("%s: the engine has %d findings in good.yaml", o.ID, n)
		}
	}
}

// run returns how many findings the engine has in a file.
func run(t *testing.T, c checks.Check, text string) int {
	t.Helper()
	result := checks.Run(t.Context(), checks.Input{
		Files:  []checks.File{{Path: "manifest.yaml", Load: func() ([]byte, error) { return []byte(text), nil }}},
		Checks: []checks.Check{c}, Limits: manifest.DefaultLimits(), Time: now,
	})
	for _, n := range result.NotJudged {
		t.Errorf("%s: not judged: %+v", c.ID, n)
	}
	for _, f := range result.Findings {
		if f.Line < 1 || f.Severity == 0 {
			t.Errorf("%s: a finding without a line or a severity: %+v", c.ID, f)
		}
	}
	return len(result.Findings)
}

// step returns how many results a policy has where a tree changes. What the METADATA
// gives as example stands over the defaults.
func step(t *testing.T, o *policies.Own, before, after string) int {
	t.Helper()
	old, current := read(t, o, before), read(t, o, after)
	data := review.Inventory(slices.Collect(maps.Values(current)), nil)
	count := 0
	for key, object := range current {
		r := review.Request{Operation: review.Create, Object: object}
		if old[key] != nil {
			r.Operation, r.Old = review.Update, old[key]
		}
		count += results(t, o, r, data)
	}
	for key, object := range old {
		if current[key] == nil {
			count += results(t, o, review.Request{Operation: review.Delete, Object: object, Old: object}, data)
		}
	}
	return count
}

// read returns the objects of a text by kind, namespace and name; what is written
// twice is told apart by its place.
func read(t *testing.T, o *policies.Own, text string) map[string]*manifest.Node {
	t.Helper()
	file := manifest.Read("manifest.yaml", []byte(text), manifest.DefaultLimits())
	if len(file.Broken) > 0 {
		t.Errorf("%s: %+v", o.ID, file.Broken)
	}
	out := map[string]*manifest.Node{}
	for i, d := range file.Documents {
		if !d.IsObject() {
			continue
		}
		key := path.Join(d.Object.Kind, d.Object.Namespace, d.Object.Name)
		if out[key] != nil {
			key += strconv.Itoa(i)
		}
		out[key] = d.Canonical()
	}
	return out
}

func results(t *testing.T, o *policies.Own, r review.Request, data rego.Data) int {
	t.Helper()
	example, _ := o.Metadata.Custom["example"].(map[string]any)
	standard, _ := o.Metadata.Custom["parameters"].(map[string]any)
	given, _ := example["parameters"].(map[string]any)
	parameters := maps.Clone(standard)
	if parameters == nil {
		parameters = map[string]any{}
	}
	maps.Copy(parameters, given)
	view := r.View(false)
	input := view.Gatehouse(term(t, parameters))
	object := input.Value.(ast.Object)
	for key, value := range example {
		if key != "parameters" {
			object.Insert(ast.StringTerm(key), term(t, value))
		}
	}
	out, err := o.Namespace.Evaluate(t.Context(), rego.Given{Input: input, Data: data, Time: now}, r.Object.Get("kind").Str(), r.Object)
	if err != nil {
		t.Errorf("%s: %v", o.ID, err)
	}
	return len(out.Results)
}

func term(t *testing.T, v any) *ast.Term {
	t.Helper()
	value, err := ast.InterfaceToValue(v)
	if err != nil {
		t.Fatal(err)
	}
	return ast.NewTerm(value)
}

// repositories are the example repositories without a fault.
const repositories = "../../testdata/repos"

// everyday are the changes that a repository sees every day: a new image tag, more
// memory, one environment variable.
func everyday() []*strings.Replacer {
	return []*strings.Replacer{
		strings.NewReplacer(),
		strings.NewReplacer(":6.9.1", ":6.10.0", ":3.2.0", ":3.2.1", ":1.1.5", ":1.2.0"),
		strings.NewReplacer("memory: 64Mi", "memory: 128Mi", "memory: 256Mi", "memory: 768Mi", "memory: 512Mi", "memory: 1Gi"),
		strings.NewReplacer(
			"\n          ports:\n", "\n          env: [{name: FEATURE, value: \"on\"}]\n          ports:\n",
			"\n        ports:\n", "\n        env: [{name: FEATURE, value: \"on\"}]\n        ports:\n",
		),
	}
}

// TestCleanRepositories holds that policies which are on by default find nothing in
// clean repositories, and nothing when they are changed as they are every day.
func TestCleanRepositories(t *testing.T) {
	s := set(t)
	list := policies.Checks(s)
	var judging []checks.Check
	for _, o := range s.Own {
		on, said := o.Metadata.Custom["default_on"].(bool)
		if said && !on || o.Inventory || len(o.Needs) > 0 {
			continue
		}
		judging = append(judging, list[slices.IndexFunc(list, func(c checks.Check) bool { return c.ID == o.ID })])
	}
	for _, name := range []string{"flux-monorepo", "argo-helm"} {
		for i, change := range everyday() {
			files, changed := tree(t, path.Join(repositories, name, "clean"), change)
			if i > 0 && changed == 0 {
				t.Errorf("%s: change %d changes nothing", name, i)
			}
			result := checks.Run(t.Context(), checks.Input{Files: files, Checks: judging, Limits: manifest.DefaultLimits(), Time: now})
			for _, f := range result.Findings {
				t.Errorf("%s, change %d: %s:%d: %s: %s", name, i, f.File, f.Line, f.Check, f.Message)
			}
			if result.Counts.Objects == 0 {
				t.Errorf("%s: no object is judged", name)
			}
		}
	}
}

// tree reads the manifests under a folder, changed, and counts the changed files.
func tree(t *testing.T, dir string, change *strings.Replacer) (files []checks.File, changed int) {
	t.Helper()
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)) {
			return err
		}
		data, err := fs.ReadFile(root, name)
		text := change.Replace(string(data))
		if text != string(data) {
			changed++
		}
		files = append(files, checks.File{Path: name, Load: func() ([]byte, error) { return []byte(text), nil }})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, changed
}

// TestGuards holds that each policy which is on by default says statically for which
// kinds it is, so that other objects do not pay for it.
func TestGuards(t *testing.T) {
	modules := map[string]*ast.Module{}
	for name, data := range library.Files() {
		if path.Ext(name) != ".rego" {
			continue
		}
		m, faults := rego.Parse(name, string(data), rego.V1)
		for _, f := range faults {
			t.Error(f)
		}
		modules[name] = m
	}
	all := rego.NewLibrary(modules)
	for _, o := range set(t).Own {
		if on, said := o.Metadata.Custom["default_on"].(bool); said && !on {
			continue
		}
		closure := slices.Collect(maps.Values(all.Closure(o.Namespace.Path)))
		guard := rego.NewGuard(closure, rego.Shape{Object: "input.object", Kinds: []string{"input.object.kind", "input.kind.kind"}, Versions: []string{"input.object.apiVersion"}})
		for _, m := range all.Modules(o.Namespace.Path) {
			for _, r := range m.Rules {
				if slices.Contains([]string{"deny", "violation", "warn"}, r.Head.Name.String()) && guard.Kinds(r) == nil && guard.Versions(r) == nil && !guard.Filled(r, "input.environment") {
					t.Errorf("%s: the rule does not begin with the kinds that it is for", r.Location)
				}
			}
		}
	}
}

// TestUnits runs the unit tests of the policies.
func TestUnits(t *testing.T) {
	modules := map[string]*ast.Module{}
	for name, text := range regoFiles(t) {
		m, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{ProcessAnnotation: true})
		if err != nil {
			t.Fatal(err)
		}
		modules[name] = m
	}
	runner := tester.NewRunner().
		SetCompiler(ast.NewCompiler().WithCapabilities(rego.Capabilities())).
		SetStore(inmem.New()).
		SetModules(modules).
		SetTimeout(10 * time.Second)
	results, err := runner.RunTests(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for r := range results {
		tested[path.Dir(r.Location.File)] = true
		if !r.Pass() {
			t.Errorf("%s: %s fails: %v", r.Location.File, r.Name, r.Error)
		}
	}
	for _, name := range folders(t) {
		if !tested[name] {
			t.Errorf("%s has no unit test", name)
		}
	}
}

// TestFormat holds the modules as opa fmt writes them.
func TestFormat(t *testing.T) {
	for name, text := range regoFiles(t) {
		want, err := format.SourceWithOpts(name, []byte(text), format.Opts{RegoVersion: ast.RegoV1})
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(want, []byte(text)) {
			t.Errorf("%s is not formatted: run opa fmt on it", name)
		}
	}
}

func regoFiles(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".rego" {
			return err
		}
		data, err := os.ReadFile(name)
		out[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
