package policies_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/library"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// TestGuardsLeaveOutNothing holds that a rule which is left out because of what it asks
// of single fields would have found nothing: over some 200 policies, in objects and in
// each of them with any one of its nodes taken away or changed.
func TestGuardsLeaveOutNothing(t *testing.T) {
	var objects []*manifest.Node
	for name, text := range archive(t, "objects.txtar") {
		for _, d := range manifest.Read(name, text, manifest.DefaultLimits()).Documents {
			objects = append(objects, d.Canonical())
		}
	}
	for _, text := range benchObjects(t, 4) {
		objects = append(objects, manifest.Read("a.yaml", text, manifest.DefaultLimits()).Documents[0].Canonical())
	}
	var variants []*manifest.Node
	for _, object := range objects {
		variants = append(variants, policies.Changed(object)...)
	}
	g := guardTest{T: t}
	for i, c := range lineCases(t) {
		set, faults := policies.Load(policies.Source{Policies: c.files})
		if len(faults) > 0 {
			t.Fatalf("%s: %v", c.name, faults)
		}
		for _, n := range set.Namespaces {
			// Each policy sees one of eight.
			for j := i % 8; j < len(variants); j += 8 {
				g.compare(c.name, n, rego.NewObject(variants[j]).Term, variants[j])
			}
		}
	}
	bench := benchSet(t).Namespaces[0]
	for _, v := range variants {
		g.compare("bench", bench, rego.NewObject(v).Term, v)
	}
	t.Logf("%d variants, %d times less was asked, %d results", len(variants), g.less, g.results)
	if g.less < 1000 || g.results < 1000 {
		t.Errorf("%d times less was asked, %d results", g.less, g.results)
	}
}

// TestGuardsOfTheLibraryLeaveOutNothing does so for the policies that come with
// Gatehouse, as they are written.
func TestGuardsOfTheLibraryLeaveOutNothing(t *testing.T) {
	var source policies.Source
	for name, data := range library.Files() {
		source.Policies = append(source.Policies, policies.File{Path: name, Data: data})
	}
	set, faults := policies.Load(source)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	g := guardTest{T: t}
	for name, data := range library.Files() {
		dir, file, _ := strings.Cut(name, "/")
		if file != "bad.yaml" {
			continue
		}
		i := slices.IndexFunc(set.Own, func(o *policies.Own) bool { return o.ID == dir })
		for _, d := range manifest.Read(name, data, manifest.DefaultLimits()).Documents {
			for _, v := range policies.Changed(d.Canonical()) {
				view := review.Request{Operation: review.Create, Object: v}.View(false)
				g.compare(name, set.Own[i].Namespace, view.Gatehouse(set.Own[i].Parameters()), v)
			}
		}
	}
	if g.less < 500 {
		t.Errorf("%d times less was asked", g.less)
	}
}

// guardTest counts what guards left out, and what was found.
type guardTest struct {
	*testing.T
	less, results int
}

func (g *guardTest) compare(name string, n *conftest.Namespace, input *ast.Term, object *manifest.Node) {
	g.Helper()
	given := rego.Given{Input: input, Time: time.Unix(1_700_000_000, 0)}
	kind := object.Get("kind").Str()
	if n.AskedOf(kind, object) == n.AskedOf(kind, nil) {
		return
	}
	g.less++
	asked, err := n.Evaluate(g.Context(), given, kind, nil)
	guarded, guardedErr := n.Evaluate(g.Context(), given, kind, object)
	if err != nil {
		return // what is not asked cannot fail
	}
	if diff := cmp.Diff(messages(asked), messages(guarded)); guardedErr != nil || diff != "" || asked.Successes != guarded.Successes {
		g.Errorf("%s in\n%s\n%v, %d and %d passed (-asked +guarded):\n%s", name, input, guardedErr, asked.Successes, guarded.Successes, diff)
	}
	g.results += len(asked.Results)
}

func messages(o conftest.Outcome) []string {
	var list []string
	for _, r := range o.Results {
		list = append(list, r.Message)
	}
	slices.Sort(list)
	return list
}
