package gatekeeper

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/cel"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// A template says the same in both languages.
const inTwoLanguages = `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: needslabels}
spec:
  crd:
    spec:
      names: {kind: NeedsLabels}
      validation:
        openAPIV3Schema:
          type: object
          properties:
            labels: {type: array, items: {type: string}}
            most: {type: integer, default: 3}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
`

const inCEL = `    - engine: K8sNativeValidation
      source:
        variables:
        - {name: given, expression: "has(variables.anyObject.metadata.labels) ? variables.anyObject.metadata.labels : {}"}
        validations:
        - expression: variables.params.labels.all(l, l in variables.given)
          messageExpression: "'missing: ' + variables.params.labels.filter(l, !(l in variables.given)).join(' ')"
        - expression: size(variables.given) <= variables.params.most
          message: too many labels
`

const inRego = `    - engine: Rego
      source:
        rego: |
          package needslabels
          given := object.get(input.review.object.metadata, "labels", {})
          violation[{"msg": msg}] {
            missing := [l | l := input.parameters.labels[_]; not given[l]]
            count(missing) > 0
            msg := concat(" ", array.concat(["missing:"], missing))
          }
          violation[{"msg": "too many labels"}] { count(given) > input.parameters.most }
`

const needsTwo = `apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NeedsLabels
metadata: {name: two}
spec: {match: {kinds: [{apiGroups: [""], kinds: [ConfigMap]}]}, parameters: {labels: [owner, team]}}
`

func TestCode(t *testing.T) {
	for _, c := range []struct {
		operation, object string
		want              []string
	}{
		{review.Create, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {owner: x, team: y}}}", nil},
		{review.Create, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {owner: x}}}", []string{"missing: team"}},
		{review.Create, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}", []string{"missing: owner team"}},
		{review.Create, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {a: x, b: x, c: x, d: x}}}", []string{"missing: owner team", "too many labels"}},
		{review.Delete, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {owner: x}}}", []string{"missing: team"}},
		{review.Create, "{apiVersion: v1, kind: Secret, metadata: {name: a}}", nil},
	} {
		for engine, text := range map[string]string{"CEL": inCEL, "Rego": inRego, "both": inRego + inCEL} {
			out := evaluated(t, inTwoLanguages+text, c.operation, c.object)
			if diff := gocmp.Diff(c.want, out.Rejections()); diff != "" {
				t.Errorf("%s: %s of %s: %s", engine, c.operation, c.object, diff)
			}
			for _, v := range out.Violations {
				if engine != "CEL" {
					continue
				}
				if got := v.Where(t.Context()).Field; !strings.HasPrefix(got, "metadata") {
					t.Errorf("%s: %s is placed at %q", c.object, v.Message, got)
				}
			}
		}
	}
}

// evaluated is what the constraint says of an object.
func evaluated(t *testing.T, template, operation, object string) Outcome {
	t.Helper()
	tmpl, faults := readTemplate(document(t, "template.yaml", []byte(template)))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	c, err := ReadConstraint(document(t, "constraint.yaml", []byte(needsTwo)), tmpl)
	if err != nil {
		t.Fatal(err)
	}
	r := review.Request{Operation: operation, Object: document(t, "object.yaml", []byte(object)).Canonical()}
	if operation == review.Delete {
		r.Old = r.Object
	}
	view := r.View(false)
	return c.Evaluate(t.Context(), rego.Given{Data: rego.NewData(nil)}, r, view.Gatekeeper(), SourceOriginal)
}

// TestPassed holds that a template says which of its codes is not run.
func TestPassed(t *testing.T) {
	for text, want := range map[string]string{inCEL: "", inRego: "", inRego + inCEL: cel.Engine, inCEL + inRego: cel.Engine} {
		tmpl, faults := readTemplate(document(t, "template.yaml", []byte(inTwoLanguages+text)))
		if len(faults) > 0 || tmpl.Passed() != want {
			t.Errorf("%v, passed over: %q, want %q", faults, tmpl.Passed(), want)
		}
	}
}

func TestCodeFaults(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{"    - {engine: K8sNativeValidation}\n", "template.yaml:17: the code for the engine K8sNativeValidation has no source"},
		{"    - {engine: K8sNativeValidation, source: {validations: [{expression: 'params.x'}]}}\n", "template.yaml:17: the expression does not compile: undeclared reference to 'params' (in container '')"},
		{"    - {engine: K8sNativeValidation, source: {variables: [{name: anyObject, expression: 'true'}]}}\n", `template.yaml:17: a template must not define the variable "anyObject"`},
		{"    - {engine: K8sNativeValidation, source: {matchCondition: [{name: gatekeeper_internal_x, expression: 'true'}]}}\n", `template.yaml:17: a template must not define the matchCondition "gatekeeper_internal_x"`},
		{"    - {engine: K8sNativeValidation, source: {failurePolicy: Maybe}}\n", `template.yaml:17: unknown failurePolicy "Maybe": must be Fail or Ignore`},
		{"    - {engine: Lua, source: {}}\n", "template.yaml:16: " + ErrLanguage.Error()},
	} {
		_, faults := readTemplate(document(t, "template.yaml", []byte(inTwoLanguages+c.code)))
		if len(faults) != 1 || faults[0].Error() != c.want {
			t.Errorf("got %v, want %s", faults, c.want)
		}
	}
}

// TestCodeOpen holds that what a file does not tell is no violation.
func TestCodeOpen(t *testing.T) {
	open := strings.Replace(inCEL, "size(variables.given) <= variables.params.most", "namespaceObject.metadata.labels.env == 'prod'", 1)
	out := evaluated(t, inTwoLanguages+open, review.Create, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: b, labels: {owner: x, team: y}}}")
	if out.Failed == nil || len(out.Violations) > 0 || !strings.Contains(out.Failed.Error(), "namespaceObject") {
		t.Errorf("got %+v", out)
	}
}

// TestCodeAsGator compares with what gator said of the same pods.
func TestCodeAsGator(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/code.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range archive.Files {
		files[f.Name] = f.Data
	}
	type row struct{ Constraint, Object, Message string }
	var want, got []row
	if err := json.Unmarshal(files["gator.json"], &want); err != nil {
		t.Fatal(err)
	}
	shop := document(t, "shop.yaml", []byte("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")).Root
	var tmpl *Template
	for _, d := range manifest.Read("policies.yaml", files["policies.yaml"], manifest.DefaultLimits()).Documents {
		if IsTemplate(d) {
			var faults []rego.Fault
			if tmpl, faults = readTemplate(d); len(faults) > 0 {
				t.Fatal(faults)
			}
			continue
		}
		c, err := ReadConstraint(d, tmpl)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range manifest.Read("objects.yaml", files["objects.yaml"], manifest.DefaultLimits()).Documents {
			r := review.Request{Operation: review.Create, Object: o.Canonical(), Namespace: shop}
			view := r.View(false)
			for _, message := range c.Evaluate(t.Context(), rego.Given{}, r, view.Gatekeeper(), SourceOriginal).Rejections() {
				if !strings.Contains(message, cel.ErrIgnored.Error()) { // gator says nothing then
					got = append(got, row{c.Kind, o.Object.Name, message})
				}
			}
		}
	}
	slices.SortFunc(got, func(a, b row) int {
		return cmp.Or(strings.Compare(a.Constraint, b.Constraint), strings.Compare(a.Object, b.Object), strings.Compare(a.Message, b.Message))
	})
	if diff := gocmp.Diff(want, got); diff != "" || len(want) < 15 {
		t.Error(diff)
	}
}
