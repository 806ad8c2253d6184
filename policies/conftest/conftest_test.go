package conftest

import (
	"encoding/json"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// recorded is what conftest v0.71.1 said of one object, from its JSON output.
type recorded struct {
	Error      bool
	Successes  int
	Failures   []said
	Warnings   []said
	Exceptions int
}

type said struct {
	Msg      string
	Metadata map[string]any
	Loc      struct {
		File string
		Line int
	}
}

// TestAsConftest compares with conftest v0.71.1 over the policies of
// semantics.txtar and those of the table of lines, each with every object.
func TestAsConftest(t *testing.T) {
	data, err := os.ReadFile("testdata/conftest.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]map[string]recorded
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	objects := map[string]*manifest.Document{}
	for _, f := range parse(t, "../testdata/lines/objects.txtar") {
		objects[f.Name] = manifest.Read(f.Name, f.Data, manifest.DefaultLimits()).Documents[0]
	}
	compared := 0
	for _, file := range []string{"../testdata/lines/v1.txtar", "../testdata/lines/v0.txtar", "../testdata/lines/more.txtar", "../testdata/lines/held.txtar", "../testdata/lines/last.txtar", "testdata/semantics.txtar"} {
		files := parse(t, file)
		for i, f := range files {
			if strings.Contains(f.Name, "/") {
				continue
			}
			last := i + 1
			for last < len(files) && strings.Contains(files[last].Name, "/") {
				last++
			}
			name := path.Base(file) + "/" + f.Name
			n, given := namespace(t, files[i:last])
			for object, w := range want[name] {
				t.Run(name+"/"+object, func(t *testing.T) { compare(t, n, given, objects[object], w) })
				compared++
			}
		}
	}
	if compared < 900 {
		t.Errorf("only %d comparisons", compared)
	}
}

func parse(t *testing.T, file string) []txtar.File {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return a.Files
}

// namespace makes a Namespace of a policy and the files that belong to it.
func namespace(t *testing.T, files []txtar.File) (*Namespace, rego.Given) {
	t.Helper()
	modules := map[string]*ast.Module{}
	root := ast.NewObject()
	for _, f := range files {
		_, inside, isData := strings.Cut(f.Name, "/data/")
		switch {
		case isData:
			value := rego.NewObject(manifest.Read(f.Name, f.Data, manifest.DefaultLimits()).Documents[0].Root).Term
			for _, dir := range slices.Backward(strings.Split(path.Dir(inside), "/")) {
				if dir != "." {
					value = ast.ObjectTerm([2]*ast.Term{ast.StringTerm(dir), value})
				}
			}
			value.Value.(ast.Object).Foreach(func(k, v *ast.Term) { root.Insert(k, v) })
		case strings.HasSuffix(f.Name, "_test.rego"):
		default:
			m, faults := rego.Parse(f.Name, string(f.Data), rego.Detect)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			modules[f.Name] = m
		}
	}
	return New(rego.NewLibrary(modules), "data.main", rego.Shape{Object: "input", Kinds: []string{"input.kind"}}), rego.Given{Data: rego.NewData(root)}
}

func compare(t *testing.T, n *Namespace, given rego.Given, d *manifest.Document, want recorded) {
	t.Helper()
	given.Input = rego.NewObject(d.Root).Term
	out, err := n.Evaluate(t.Context(), given, d.Object.Kind, d.Root)
	if want.Error || err != nil {
		if (err != nil) != want.Error {
			t.Errorf("error %v, conftest has an error: %v", err, want.Error)
		}
		return
	}
	got := recorded{Successes: out.Successes, Exceptions: out.Exceptions}
	for _, r := range out.Results {
		s := said{Msg: r.Message}
		s.Loc.File, s.Loc.Line = r.Loc.File, r.Loc.Line
		if len(r.Metadata) > 0 {
			text, err := json.Marshal(r.Metadata)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &s.Metadata); err != nil {
				t.Fatal(err)
			}
		}
		if n.Rules[r.Rule].Warns {
			got.Warnings = append(got.Warnings, s)
		} else {
			got.Failures = append(got.Failures, s)
		}
	}
	for _, list := range [][]said{got.Failures, got.Warnings, want.Failures, want.Warnings} {
		slices.SortStableFunc(list, func(a, b said) int { return strings.Compare(a.Msg, b.Msg) })
	}
	if diff := cmp.Diff(want, got, cmp.Transformer("empty", func(l []said) []said {
		if len(l) == 0 {
			return []said{}
		}
		return l
	})); diff != "" {
		t.Errorf("(-conftest +here)\n%s", diff)
	}
}
