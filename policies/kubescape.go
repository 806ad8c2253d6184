package policies

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
)

// Rules of Kubescape all stand in one package, and each is asked alone: of a list of
// objects, which all have a namespace. Its results word the fault in alertMessage, name
// the object in alertObject and its fields in failedPaths, reviewPaths, deletePaths and
// fixPaths. Most look at one object; those that compare several are asked when all of a
// tree is known.
//
// Source: github.com/kubescape/regolibrary, rules/*/raw.rego and its runner of tests.
const kubescapePackage = "armo_builtins"

// ofKubescape tells whether a module is a rule of Kubescape.
func ofKubescape(m *ast.Module) bool {
	return m.Package.Path.String() == "data."+kubescapePackage
}

// kubescapeRule gives a rule of Kubescape a package of its own, named like its folder or
// its file. A filter.rego says of which objects a report on the rule counts, and is none:
// it gives nil.
func kubescapeRule(file string, m *ast.Module) *ast.Module {
	if path.Base(file) == "filter.rego" {
		return nil
	}
	name := strings.TrimSuffix(path.Base(file), ".rego")
	if dir := path.Base(path.Dir(file)); name == "raw" && dir != "." && dir != "/" {
		name = dir
	}
	own := m.Copy()
	own.Package.Path = append(slices.Clone(m.Package.Path), ast.StringTerm(identifier(name)))
	return own
}

func identifier(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

// gathered is what some rules of Kubescape read in objects that it puts together.
const gathered = "relatedObjects"

// kubescapeUnusable tells why a rule of Kubescape cannot be asked.
func kubescapeUnusable(file string, m *ast.Module) []Fault {
	var faults []Fault
	ast.WalkRefs(m, func(r ast.Ref) bool {
		at := slices.IndexFunc(r, func(t *ast.Term) bool { return t.Value.Compare(ast.String(gathered)) == 0 })
		if at > 0 && len(faults) == 0 {
			faults = append(faults, Fault{File: file, Line: r[0].Location.Row, Message: "the rule reads " + gathered + ", which Kubescape puts together of several objects and Gatehouse does not"})
		}
		return false
	})
	return faults
}

// kubescape notes of a namespace that it is a rule of Kubescape, and whether the rule
// looks at more objects than one. It returns why the rule cannot be asked.
func (l *loader) kubescape(n *conftest.Namespace, library *rego.Library) []Fault {
	if !strings.HasPrefix(n.Path, "data."+kubescapePackage+".") {
		return nil
	}
	var faults []Fault
	several := false
	for _, m := range library.Modules(n.Path) {
		several = several || asksSeveral(m)
		faults = append(faults, kubescapeUnusable(m.Package.Location.File, m)...)
	}
	l.set.listed[n] = several
	return faults
}

// maxHelpers is how many rules away a rule that goes over the list is looked for.
const maxHelpers = 4

// asksSeveral tells whether a rule goes over its list more than once, or over all of it
// at once.
func asksSeveral(m *ast.Module) bool {
	lists := map[string]int{} // by rule: how often it goes over the list
	for range maxHelpers {
		for _, r := range m.Rules {
			name := r.Head.Name.String()
			lists[name] = min(max(lists[name], mentions(r, lists)), 2)
		}
	}
	for _, r := range m.Rules {
		if mentions(r, lists) > 1 || gathers(r) {
			return true
		}
	}
	return false
}

// mentions counts the mentions of the input in a rule, and of other rules that have some.
func mentions(r *ast.Rule, of map[string]int) int {
	n := 0
	ast.WalkRefs(r, func(ref ast.Ref) bool {
		if ref[0].Equal(ast.InputRootDocument) {
			n++
		} else if v, ok := ref[0].Value.(ast.Var); ok && string(v) != r.Head.Name.String() {
			n += of[string(v)]
		}
		return false
	})
	return n
}

// gathers tells whether a rule puts the objects of the input into a collection.
func gathers(r *ast.Rule) bool {
	found := false
	ast.WalkTerms(r, func(t *ast.Term) bool {
		switch t.Value.(type) {
		case *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension:
			ast.WalkRefs(t, func(ref ast.Ref) bool {
				found = found || ref[0].Equal(ast.InputRootDocument)
				return found
			})
		}
		return found
	})
	return found
}

// alerts is the check of a rule of Kubescape that looks at one object.
func (j *judge) alerts(namespace, rule int) func(*checks.Pass, *manifest.Document) error {
	n := j.set.Namespaces[namespace]
	return func(p *checks.Pass, d *manifest.Document) error {
		if d.Templated || !d.IsObject() {
			return nil
		}
		out, err := j.askList(p, n, []*ast.Term{j.objects.of(d)})
		if err != nil || len(out.Results) == 0 {
			return err
		}
		object := rego.NewLocated(d.Canonical())
		g := j.given(p)
		g.Input = listOf([]*ast.Term{object.Term})
		places := newPlacer(d, func() (*rego.Locator, error) {
			return n.Locate(p.Context, g, rule, &object)
		})
		for _, r := range out.Results {
			if r.Rule == rule {
				reportAlert(p, places, n, r)
			}
		}
		return nil
	}
}

// alertsOfTree is the check of a rule of Kubescape that looks at several objects.
func (j *judge) alertsOfTree(namespace, rule int) func(*checks.Pass, *manifest.Document) error {
	n := j.set.Namespaces[namespace]
	var first *manifest.Document
	asked := sync.Once{}
	var of map[*manifest.Document][]conftest.Result
	return func(p *checks.Pass, d *manifest.Document) error {
		var err error
		asked.Do(func() {
			first = d
			of, err = j.alertsByDocument(p, n)
		})
		if err != nil {
			return err
		}
		results := of[d]
		if d == first {
			results = append(results, of[nil]...)
		}
		places := newPlacer(d, func() (*rego.Locator, error) { return nil, errUndecided })
		for _, r := range results {
			if r.Rule == rule {
				reportAlert(p, places, n, r)
			}
		}
		return nil
	}
}

// alertsByDocument asks a rule of all objects of a tree. What names no object of it
// stands under nil.
func (j *judge) alertsByDocument(p *checks.Pass, n *conftest.Namespace) (map[*manifest.Document][]conftest.Result, error) {
	terms := make([]*ast.Term, len(j.tree))
	byObject := map[alerted]*manifest.Document{}
	for i, d := range j.tree {
		terms[i] = j.objects.of(d)
		o := alerted{d.Object.Kind, d.Object.Namespace, d.Object.Name}
		if byObject[o] == nil {
			byObject[o] = d
		}
	}
	out, err := j.askList(p, n, terms)
	if err != nil {
		return nil, err
	}
	of := map[*manifest.Document][]conftest.Result{}
	for _, r := range out.Results {
		var d *manifest.Document
		for _, o := range alertedBy(r) {
			if d = byObject[o]; d == nil && o.namespace == noNamespace {
				d = byObject[alerted{o.kind, "", o.name}]
			}
			if d != nil {
				break
			}
		}
		of[d] = append(of[d], r)
	}
	return of, nil
}

func (j *judge) askList(p *checks.Pass, n *conftest.Namespace, objects []*ast.Term) (out conftest.Outcome, err error) {
	g := j.given(p)
	g.Input = listOf(objects)
	err = j.patience.try(p, n, func() (err error) {
		out, err = n.Evaluate(p.Context, g, "", nil)
		return err
	})
	return out, err
}

// noNamespace is the namespace that Kubescape gives to what has none.
const noNamespace = "default"

// listOf is the input of a rule of Kubescape.
func listOf(objects []*ast.Term) *ast.Term {
	out := make([]*ast.Term, len(objects))
	for i, o := range objects {
		out[i] = inNamespace(o)
	}
	return ast.ArrayTerm(out...)
}

// inNamespace gives an object a namespace where it has none. Its other terms stay the
// same, with their places.
func inNamespace(object *ast.Term) *ast.Term {
	metadataKey, namespaceKey := ast.StringTerm("metadata"), ast.StringTerm("namespace")
	root, ok := object.Value.(ast.Object)
	if !ok || root.Get(metadataKey) == nil {
		return object
	}
	metadata := root.Get(metadataKey)
	names, ok := metadata.Value.(ast.Object)
	if !ok || names.Get(namespaceKey) != nil {
		return object
	}
	named := &ast.Term{Value: with(names, namespaceKey, ast.StringTerm(noNamespace)), Location: metadata.Location}
	return &ast.Term{Value: with(root, metadataKey, named), Location: object.Location}
}

// with is an object with one key set.
func with(o ast.Object, key, value *ast.Term) ast.Object {
	out := ast.NewObject([2]*ast.Term{key, value})
	o.Foreach(func(k, v *ast.Term) {
		if k.Value.Compare(key.Value) != 0 {
			out.Insert(k, v)
		}
	})
	return out
}

// alerted names an object that an alert is about.
type alerted struct{ kind, namespace, name string }

// alertedBy lists the objects that a result names.
func alertedBy(r conftest.Result) []alerted {
	about, _ := r.Metadata["alertObject"].(map[string]any)
	list, _ := about["k8sApiObjects"].([]any)
	if external, ok := about["externalObjects"].(map[string]any); ok {
		list = append(slices.Clone(list), external)
	}
	var out []alerted
	for _, item := range list {
		object, _ := item.(map[string]any)
		names, ok := object["metadata"].(map[string]any)
		if !ok {
			names = object
		}
		var a alerted
		a.kind, _ = object["kind"].(string)
		a.namespace, _ = names["namespace"].(string)
		a.name, _ = names["name"].(string)
		out = append(out, a)
	}
	return out
}

// reportAlert reports a result at each field that it names.
func reportAlert(p *checks.Pass, places *placer, n *conftest.Namespace, r conftest.Result) {
	named := alertPlaces(places.doc, r)
	if len(named) == 0 {
		p.Report(places.report(n.RulePath(r.Rule), r))
	}
	for _, where := range named {
		report := reportOf(places.doc, r, where, true)
		report.Fix = cmp.Or(report.Fix, alertFix(r))
		p.Report(report)
	}
}

// alertFix words what a result says of the values that it wants; YOUR_VALUE stands for one
// that only the reader knows.
func alertFix(r conftest.Result) string {
	list, _ := r.Metadata["fixPaths"].([]any)
	var parts []string
	for _, item := range list {
		fix, _ := item.(map[string]any)
		at, _ := fix["path"].(string)
		value, _ := fix["value"].(string)
		switch {
		case at == "" || len(parts) == mostFixes:
		case value == "" || value == "YOUR_VALUE":
			parts = append(parts, "`"+at+"`")
		default:
			parts = append(parts, "`"+at+"` to `"+value+"`")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Set " + strings.Join(parts, ", ") + "."
}

// mostFixes is how many values one result is shown to want.
const mostFixes = 5

// alertPlaces are the fields that a result names, each once.
func alertPlaces(d *manifest.Document, r conftest.Result) []rego.Place {
	var out []rego.Place
	for _, key := range []string{"failedPaths", "reviewPaths", "deletePaths", "fixPaths"} {
		for _, said := range paths(r.Metadata[key]) {
			place, ok := rego.FieldAt(d.Canonical(), said)
			if ok && !slices.ContainsFunc(out, func(known rego.Place) bool { return known.Field == place.Field }) {
				out = append(out, place)
			}
		}
	}
	return out
}
