package policies_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies"
)

const uniqueTemplate = `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: unique}
spec:
  crd: {spec: {names: {kind: Unique}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package unique
      violation[{"msg": msg}] {
        other := data.inventory.namespace[_][_]["Service"][name]
        name != input.review.object.metadata.name
        other.spec.selector == input.review.object.spec.selector
        msg := sprintf("%v has the same selector", [name])
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Unique
metadata: {name: all}
spec: {match: {kinds: [{apiGroups: [""], kinds: [Service]}]}}
`

const ownOfTree = "# METADATA\n# title: t\n# custom:\n#   id: lonely\npackage gatehouse.lonely\n\ndeny contains \"alone\" if {\n\tinput.object.kind == \"Service\"\n\tcount(data.inventory.namespace.shop.v1.Service) == 1\n}\n"

// TestOwnPoliciesSeeTheTree holds that a template and a policy of the user's own which
// read data.inventory are checks of the tree, judge each object beside all others at the
// line of its file, and are not run where there is no tree.
func TestOwnPoliciesSeeTheTree(t *testing.T) {
	set, faults := policies.Load(policies.Source{Policies: []policies.File{
		{Path: "unique.yaml", Data: []byte(uniqueTemplate)}, {Path: "lonely/policy.rego", Data: []byte(ownOfTree)},
	}})
	for _, f := range faults {
		t.Error(f)
	}
	list := policies.Checks(set)
	for _, c := range list {
		if c.Kind() != "tree" || c.Document != nil || c.Transition != nil || !c.Quotes || !slices.Contains(c.Needs, checks.NeedTree) {
			t.Errorf("%s judges a %s and needs %v", c.ID, c.Kind(), c.Needs)
		}
	}
	service := func(name string) checks.File {
		text := "apiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", namespace: shop}\nspec:\n  selector: {app: web}\n"
		return checks.File{Path: name + ".yaml", Load: func() ([]byte, error) { return []byte(text), nil }}
	}
	find := func(given []checks.Need, files ...checks.File) checks.Result {
		return checks.Run(t.Context(), checks.Input{Checks: list, Files: files, Given: given, Limits: manifest.DefaultLimits(), Time: time.Unix(0, 0)})
	}
	tree := []checks.Need{checks.NeedTree}
	two := find(tree, service("a"), service("b"))
	if len(two.Findings) != 2 || two.Findings[0].Check != "unique-all" || two.Findings[0].Line != 5 || len(two.NotJudged) > 0 {
		t.Errorf("two services: %+v %+v", two.Findings, two.NotJudged)
	}
	if one := find(tree, service("a")); len(one.Findings) != 1 || one.Findings[0].Check != "lonely" {
		t.Errorf("one service: %+v", one.Findings)
	}
	if none := find(nil, service("a"), service("b")); len(none.Findings) > 0 || len(none.NotRun) != 2 {
		t.Errorf("without a tree: %+v, not run %+v", none.Findings, none.NotRun)
	}
}
