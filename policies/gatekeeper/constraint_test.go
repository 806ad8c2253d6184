package gatekeeper

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
	"github.com/google/go-cmp/cmp"
)

// withSchema is a template whose only violation words the parameters that it was
// given.
func withSchema(t *testing.T, schema json.RawMessage) (*Template, []rego.Fault) {
	t.Helper()
	crd := map[string]any{"names": map[string]any{"kind": "Par"}}
	if string(schema) != "null" {
		crd["validation"] = map[string]any{"openAPIV3Schema": schema}
	}
	text, err := json.Marshal(map[string]any{
		"apiVersion": "templates.gatekeeper.sh/v1", "kind": "ConstraintTemplate", "metadata": map[string]any{"name": "par"},
		"spec": map[string]any{"crd": map[string]any{"spec": crd}, "targets": []any{map[string]any{
			"target": "admission.k8s.gatekeeper.sh",
			"rego":   "package p\nviolation[{\"msg\": msg}] { msg := json.marshal(input.parameters) }\n",
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return readTemplate(document(t, "template.json", text))
}

// TestConstraintsAsGator compares with gator v3.23.1, from which
// testdata/constraints.json was recorded: what is refused, whether for the schema,
// and which parameters a template sees.
func TestConstraintsAsGator(t *testing.T) {
	data, err := os.ReadFile("testdata/constraints.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Schemas []json.RawMessage
		Cases   []struct {
			Schema     int
			Constraint json.RawMessage
			Verdict    string
			Parameters any
		}
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	if len(recorded.Cases) < 70 {
		t.Fatalf("only %d cases", len(recorded.Cases))
	}
	for _, c := range recorded.Cases {
		tmpl, faults := withSchema(t, recorded.Schemas[c.Schema])
		if len(faults) > 0 {
			t.Errorf("schema %d: %v", c.Schema, faults)
			continue
		}
		constraint, err := ReadConstraint(document(t, "constraint.json", c.Constraint), tmpl)
		verdict := "ok"
		switch {
		case errors.Is(err, ErrSchema):
			verdict = "schema"
		case err != nil:
			verdict = "refused"
		}
		if verdict != c.Verdict {
			t.Errorf("%s: %s (%v), want %s", c.Constraint, verdict, err, c.Verdict)
			continue
		}
		if verdict != "ok" {
			continue
		}
		request := review.Request{Object: node(t, []byte(`{apiVersion: v1, kind: Pod, metadata: {name: p}}`))}
		view := request.View(false)
		out := constraint.Evaluate(t.Context(), rego.Given{}, request, view.Gatekeeper(), SourceOriginal)
		if len(out.Violations) != 1 {
			t.Errorf("%s: %+v", c.Constraint, out)
			continue
		}
		var got any
		if err := json.Unmarshal([]byte(out.Violations[0].Message), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.Parameters, got); diff != "" {
			t.Errorf("%s: parameters (-gator +here)\n%s", c.Constraint, diff)
		}
	}
}

// TestEvaluation holds the hook that Gatekeeper puts around a template.
func TestEvaluation(t *testing.T) {
	tests := []struct {
		name, rego string
		want       []string
		failed     bool
	}{
		{"no msg says nothing", `violation[{"message": "m"}] { true }`, nil, false},
		{"a text says nothing", `violation["m"] { true }`, nil, false},
		{"a msg that is no text", `violation[{"msg": 1}] { true }`, nil, true},
		{"one for each msg and details", `violation[{"msg": "m", "x": x}] { x := [1, 2][_] }`, []string{"m"}, false},
		{"details tell apart", `violation[{"msg": "m", "details": x}] { x := [1, 2][_] }`, []string{"m", "m"}, false},
		{"a conflict is an error", `f(x) = 1 { x } f(x) = 2 { x } violation[{"msg": "m"}] { f(true) == 1 }`, nil, true},
		{"a failed built-in is undefined", `violation[{"msg": "m"}] { 1 / 0 == 1 }`, nil, false},
		{"no provider of external data", `violation[{"msg": "m"}] { external_data({"provider": "p", "keys": []}) }`, nil, false},
		{"no environment", `violation[{"msg": msg}] { msg := sprintf("%d", [count(opa.runtime())]) }`, []string{"0"}, false},
		{"one clock", `violation[{"msg": msg}] { msg := sprintf("%d", [time.now_ns()]) }`, []string{"1700000000000000000"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := json.Marshal(map[string]any{
				"apiVersion": "templates.gatekeeper.sh/v1", "kind": "ConstraintTemplate", "metadata": map[string]any{"name": "par"},
				"spec": map[string]any{
					"crd":     map[string]any{"spec": map[string]any{"names": map[string]any{"kind": "Par"}}},
					"targets": []any{map[string]any{"target": target, "rego": "package p\n" + tt.rego}},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			tmpl, faults := readTemplate(document(t, "template.json", text))
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			c, err := ReadConstraint(document(t, "c.yaml", []byte(`{apiVersion: constraints.gatekeeper.sh/v1beta1, kind: Par, metadata: {name: c}}`)), tmpl)
			if err != nil {
				t.Fatal(err)
			}
			request := review.Request{Object: node(t, []byte(`{apiVersion: v1, kind: Pod, metadata: {name: p}}`))}
			view := request.View(false)
			out := c.Evaluate(t.Context(), rego.Given{Time: clock}, request, view.Gatekeeper(), SourceOriginal)
			var got []string
			for _, v := range out.Violations {
				got = append(got, v.Message)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("violations (-want +got)\n%s", diff)
			}
			if (out.Failed != nil) != tt.failed || tt.failed && len(out.Rejections()) != 1 {
				t.Errorf("failed: %v, rejections %q", out.Failed, out.Rejections())
			}
		})
	}
}

var clock = time.Unix(1_700_000_000, 0)
