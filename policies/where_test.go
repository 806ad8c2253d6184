package policies

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/library"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// TestGuardsOfTheShelfLeaveOutNothing holds that a rule of the library which is not asked
// of an object finds nothing in it: in the examples, and, where it says itself when it is
// to be asked, in each of them with any one of its nodes taken away or changed.
func TestGuardsOfTheShelfLeaveOutNothing(t *testing.T) {
	var source Source
	for name, data := range library.Files() {
		source.Policies = append(source.Policies, File{Path: name, Data: data})
	}
	set, faults := Load(source)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	shelf, err := ReadShelf(library.Compiled())
	if err != nil {
		t.Fatal(err)
	}
	var parameters [][2]*ast.Term
	for _, s := range shelf.Policies() {
		parameters = append(parameters, [2]*ast.Term{ast.StringTerm(s.Check.ID), s.standard})
	}
	p := newPanel(shelf, NewObjects(), ast.ObjectTerm(parameters...))
	judging := map[string]*Own{}
	for _, o := range set.Own {
		judging[o.ID] = o
	}
	where := 0
	for _, s := range shelf.Policies() {
		if s.Inventory || len(s.Check.Needs) > 0 {
			delete(judging, s.Check.ID)
			continue
		}
		p.seat(s)
		for _, r := range s.rules {
			for _, b := range r.bodies {
				where += len(b.where)
			}
		}
	}
	if where < 7 {
		t.Errorf("only %d times a rule says where it is to be asked", where)
	}
	left := 0
	files := library.Files()
	for _, name := range []string{"deployment.yaml", "service.yaml"} {
		text, err := os.ReadFile("testdata/bench/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = fmt.Appendf(nil, string(text), 1, 2, "256Mi")
	}
	for name, data := range files {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		for _, d := range manifest.Read(name, data, manifest.DefaultLimits()).Documents {
			for i, root := range Changed(d.Canonical()) {
				object := manifest.Object{APIVersion: root.Get("apiVersion").Str(), Kind: root.Get("kind").Str()}
				asked := p.askedOf(object, false, func() *manifest.Node { return root }, func() string { return "" })
				for number, rule := range p.rules {
					o := judging[rule.policy.Check.ID]
					if rule.rule < 0 || asked.Has(number) || !asksFor(rule, object.Kind) || i > 0 && !says(rule) {
						continue
					}
					left++
					view := review.Request{Operation: review.Create, Object: root}.View(false)
					out, err := o.Namespace.Evaluate(t.Context(), rego.Given{Input: view.Gatehouse(o.parameters)}, object.Kind, nil)
					if err != nil {
						t.Fatal(err)
					}
					for _, r := range out.Results {
						if o.Namespace.Rules[r.Rule].Name == rule.name() {
							t.Errorf("%s: %s is not asked, and finds %s", name, o.ID, r.Message)
						}
					}
				}
			}
		}
	}
	if left < 1000 {
		t.Errorf("%d times a rule was left out", left)
	}
}

// says tells whether a rule says itself when it is to be asked.
func says(s seated) bool {
	return slices.ContainsFunc(s.policy.rules[s.rule].bodies, func(b shelvedBody) bool { return len(b.where)+len(b.switches) > 0 })
}

// asksFor tells whether a rule asks for a kind: for the others there is nothing to hold.
func asksFor(s seated, kind string) bool {
	return slices.ContainsFunc(s.policy.rules[s.rule].bodies, func(b shelvedBody) bool {
		return b.kinds == nil || slices.Contains(b.kinds, kind)
	})
}

// Changed are a tree, and the tree with any one of its nodes taken away, or made into
// something else.
func Changed(root *manifest.Node) []*manifest.Node {
	list := []*manifest.Node{root}
	var change func(n *manifest.Node, rebuild func(manifest.Node) *manifest.Node)
	change = func(n *manifest.Node, rebuild func(manifest.Node) *manifest.Node) {
		for i := range n.Items {
			with := func(item manifest.Node) *manifest.Node {
				out := *n
				out.Items = slices.Clone(n.Items)
				item.Key = n.Items[i].Key
				out.Items[i] = item
				return rebuild(out)
			}
			without := *n
			without.Items = slices.Delete(slices.Clone(n.Items), i, i+1)
			list = append(list, rebuild(without))
			for _, other := range others(n.Items[i]) {
				list = append(list, with(other))
			}
			change(&n.Items[i], with)
		}
	}
	change(root, func(n manifest.Node) *manifest.Node { return &n })
	return list
}

// others are values in the place of another.
func others(n manifest.Node) []manifest.Node {
	switch n.Kind {
	case manifest.Bool:
		return []manifest.Node{{Kind: manifest.Bool, Text: map[string]string{"true": "false", "false": "true"}[n.Text]}, {Kind: manifest.String, Text: n.Text}}
	case manifest.Number:
		return []manifest.Node{{Kind: manifest.Number, Text: "0"}, {Kind: manifest.Number, Text: n.Text + ".0"}, {Kind: manifest.Number, Text: "1e9"}, {Kind: manifest.String, Text: n.Text}}
	case manifest.String:
		return []manifest.Node{{Kind: manifest.String}, {Kind: manifest.String, Text: n.Text + ":latest"}, {Kind: manifest.String, Text: "9" + n.Text}, {Kind: manifest.String, Text: "default"}, {Kind: manifest.Null}}
	case manifest.Map, manifest.List:
		other := manifest.Node{Kind: manifest.Map + manifest.List - n.Kind}
		for i, item := range n.Items {
			if item.Key = ""; n.Kind == manifest.List {
				item.Key = "key" + strconv.Itoa(i)
			}
			other.Items = append(other.Items, item)
		}
		return []manifest.Node{other, {Kind: n.Kind}, {Kind: manifest.String, Text: "text"}, {Kind: manifest.Bool, Text: "false"}}
	}
	return []manifest.Node{{Kind: manifest.Bool, Text: "false"}}
}

func TestWhere(t *testing.T) {
	const pod = "spec: {containers: [{name: a, image: IMAGE, resources: RESOURCES}]}"
	tests := []struct {
		where, text string
		want        bool
	}{
		{"container lacks resources.limits.memory", strings.Replace(pod, "RESOURCES", "{limits: {memory: 1Gi}}", 1), false},
		{"container lacks resources.limits.memory", strings.Replace(pod, "RESOURCES", "{limits: {cpu: 1}}", 1), true},
		{"container lacks resources.limits.memory", "spec: {containers: [{resources: {limits: {memory: 1Gi}}}], initContainers: [{name: b}]}", true},
		{"container lacks resources.limits.memory", "spec: {limits: {}}", false},
		{"container lacks a", "containers: {first: {b: 1}}", true},
		{"container lacks a and b.c", "containers: [{b: {c: 1}}]", false},
		{"container lacks a and b.c", "containers: [{a: false, b: {}}]", true},
		{"image has no fixed version", strings.Replace(pod, "IMAGE", "nginx", 1), true},
		{"image has no fixed version", strings.Replace(pod, "IMAGE", "nginx:latest", 1), true},
		{"image has no fixed version", strings.Replace(pod, "IMAGE", "localhost:5000/nginx", 1), true},
		{"image has no fixed version", strings.Replace(pod, "IMAGE", "\"localhost:5000/nginx:1.2\"", 1), false},
		{"image has no fixed version", strings.Replace(pod, "IMAGE", "\"nginx@sha256:0\"", 1), false},
		{"request exceeds limit", strings.Replace(pod, "RESOURCES", "{requests: {cpu: 1500m}, limits: {cpu: \"1\"}}", 1), true},
		{"request exceeds limit", strings.Replace(pod, "RESOURCES", "{requests: {cpu: 100m, memory: 1Gi}, limits: {cpu: \"1\", memory: 1024Mi}}", 1), false},
		{"request exceeds limit", strings.Replace(pod, "RESOURCES", "{requests: {cpu: what}, limits: {cpu: \"1\"}}", 1), true},
		{"selector is not met", "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b, c: d}}}}", false},
		{"selector is not met", "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}}}", true},
		{"selector is not met", "spec: {selector: {matchLabels: {a: b}}}", true},
	}
	for _, test := range tests {
		w, err := parseWhere(test.where)
		if err != nil {
			t.Fatal(err)
		}
		d := manifest.Read("a.yaml", []byte(test.text), manifest.DefaultLimits()).Documents[0]
		if got := w(d.Root); got != test.want {
			t.Errorf("%s: %v for %s", test.where, got, test.text)
		}
	}
	if _, err := parseWhere("container is lacking"); err == nil {
		t.Error("an unknown condition is read")
	}
}
