package rego

import (
	"fmt"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestConditions holds what is possible for objects: at least what a rule holds for, and
// where it counts, no more.
func TestConditions(t *testing.T) {
	const (
		good = "{kind: Pod, metadata: {name: a, labels: {team: x}}, spec: {replicas: 3, containers: [{name: a, image: \"a:1\", limits: {cpu: 1}, secure: true, drop: [ALL]}]}}"
		bad  = "{kind: Pod, metadata: {name: a}, spec: {replicas: 1, containers: [{name: a, image: \"a:1\", limits: {cpu: 1}, secure: true, drop: [ALL]}, {name: b, image: \"b:latest\", secure: false}]}}"
		none = "{kind: Service, metadata: {name: a}}"
		odd  = "{kind: [Pod], metadata: text, spec: [1, {containers: {}}]}"
	)
	tests := []struct {
		name, rules string
		good, bad   bool // what is possible
	}{
		{"lacks", `deny contains c.name if { some c in input.spec.containers; not c.limits.cpu }`, false, true},
		{"lacks, of old", `deny contains c.name if { c := input.spec.containers[_]; not c.limits.cpu }`, false, true},
		{"false", `deny contains c.name if { some c in input.spec.containers; not c.secure }`, false, true},
		{"text", `deny contains c.name if { some c in input.spec.containers; endswith(c.image, ":latest") }`, false, true},
		{"no text", `deny contains c.name if { some c in input.spec.containers; not contains(c.image, ":1") }`, false, true},
		{"pattern", `deny contains c.name if { some c in input.spec.containers; regex.match("^b", c.image) }`, false, true},
		{"number", `deny contains "x" if input.spec.replicas < 2`, false, true},
		{"number on the other side", `deny contains "x" if 2 > input.spec.replicas`, false, true},
		{"not equal", `deny contains c.name if { some c in input.spec.containers; c.secure != true }`, false, true},
		{"not in", `deny contains c.name if { some c in input.spec.containers; not "ALL" in c.drop }`, false, true},
		{"in", `deny contains c.name if { some c in input.spec.containers; c.name in {"b", "c"} }`, false, true},
		{"through a set", "containers contains c if some c in input.spec.containers\ndeny contains c.name if { some c in containers; not c.limits }", false, true},
		{"through a variable", `deny contains "x" if { spec := input.spec; some c in spec.containers; image := c.image; startswith(image, "b:") }`, false, true},
		{"through a rule", "spec := input.spec\ndeny contains c.name if { some c in spec.containers; not c.limits }", false, true},
		{"a standard value", "labels := object.get(input.metadata, \"labels\", {})\ndeny contains \"x\" if not labels.team", false, true},
		{"a standard value in place", `deny contains "x" if object.get(input.metadata, ["labels", "team"], "") == ""`, false, true},
		{"a helper", "small if input.spec.replicas < 2\nsmall if input.spec.replicas == 100\ndeny contains \"x\" if small", false, true},
		{"two of one item", `deny contains c.name if { some c in input.spec.containers; c.name == "a"; c.secure == false }`, false, false},
		{"two of any items", `deny contains "x" if { input.spec.containers[_].name == "a"; input.spec.containers[_].secure == false }`, false, true},
		{"two of one place", `deny contains "x" if { some i; input.spec.containers[i].name == "b"; input.spec.containers[i].secure == false }`, false, true},

		// Of these nothing may be left out.
		{"a rule that may have no value", "labels := input.metadata.labels if input.kind == \"Service\"\ndeny contains \"x\" if not labels.team", true, true},
		{"a standard value of an item", `deny contains "x" if { some c in input.spec.containers; s := object.get(c, "context", {}); not s.user }`, true, true},
		{"a function", "ok(c) if c.limits\ndeny contains c.name if { some c in input.spec.containers; not ok(c) }", true, true},
		{"a default", "default team := \"none\"\nteam := input.metadata.labels.team\ndeny contains \"x\" if team == \"none\"", true, true},
		{"an else", "team := input.metadata.labels.team if input.kind == \"Pod\" else := \"none\"\ndeny contains \"x\" if team == \"none\"", true, true},
		{"two values of a rule", "name := input.spec.absent\nname := input.metadata.name\ndeny contains \"x\" if name == \"a\"", true, true},
		{"made up", `deny contains "x" if { labels := {"team": ""}; labels.team == "" }`, true, true},
		{"two levels of names", "byName[kind][name] := c if { kind := input.kind; some c in input.spec.containers; name := c.name }\ndeny contains \"x\" if { some kind, names in byName; names.a }", true, true},
		{"another input", `deny contains "x" if not input.spec with input as {}`, true, true},
		{"other order of kinds", `deny contains "x" if input.spec.containers > 1`, true, true},
		{"a standard value that is given", "all contains x if x := object.get(input, \"absent\", {})\ndeny contains \"x\" if { some x in all; not x.team }", true, true},
		{"an else without a value", "small if input.kind == \"Service\" else := true\ndeny contains \"x\" if small", true, true},
		{"a variable of another input", `deny contains "x" if { x := input.spec with input as {"spec": {"a": 1}}; x.a == 1 }`, true, true},
		{"a variable of the name of a rule", "spec := input.spec\ndeny contains \"x\" if { spec := {\"a\": 1}; spec.a == 1 }", true, true},
		{"one of several variables of the name of a rule", "spec := input.spec\ndeny contains \"x\" if { [spec, _] := [input.metadata, 1]; not spec.containers }", true, true},
		{"two wildcards", `deny contains "x" if { input.spec.containers[_].name == "a"; input.spec.containers[_].name == "b" }`, false, true},
		{"two wildcards of a set", "all contains c if some c in input.spec.containers\ndeny contains \"x\" if { all[_].name == \"a\"; all[_].name == \"b\" }", false, true},
		{"an empty set", "services contains x if { input.kind == \"Service\"; x := input.metadata.name }\ndeny contains \"x\" if services", true, true},
		{"nested entries", "all.of.services := input.metadata.services if input.kind == \"Service\"\ndeny contains \"x\" if { some entry in all; not entry.services }", true, true},
		{"what is only printed", `deny contains "x" if { print(input.spec.absent); input.kind }`, true, true},
		{"a not of a shared entry", "parts[k] := v if some k, v in input.metadata\ndeny contains \"x\" if not parts[\"labels\"].absent", true, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, faults := Parse("a.rego", "package a\n\n"+test.rules+"\n", V1)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			guard := NewGuard([]*ast.Module{m.Copy()}, Shape{Object: "input"})
			rule := m.Rules[len(m.Rules)-1]
			condition, leaves := guard.Condition(rule), leaver([]*ast.Module{m.Copy()})
			program, faults := Compile(map[string]*ast.Module{"a.rego": m})
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			query, err := program.Prepare(ast.MustParseBody("count(data.a.deny) > 0"))
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{"good": good, "bad": bad, "none": none, "odd": odd} {
				d := manifest.Read("a.yaml", []byte(text), manifest.DefaultLimits()).Documents[0]
				holds := false
				if err := query.Each(t.Context(), Given{Input: NewObject(d.Root).Term}, func(topdown.QueryResult) error { holds = true; return nil }); err != nil {
					t.Fatal(err)
				}
				possible := condition.Possible(d.Root)
				if why := leaves(d.Root); holds && (!possible || why != "") {
					t.Errorf("it holds for %s, and is left out by %s", name, why)
				}
				if want, known := map[string]bool{"good": test.good, "bad": test.bad}[name]; known && possible != want {
					t.Errorf("possible for %s: %v", name, possible)
				}
			}
		})
	}
}

func TestNumbersAreComparedAsFarAsTheyArePrecise(t *testing.T) {
	for _, test := range []struct {
		field, constant string
		equal, other    bool
	}{
		{"1", "1", true, false},
		{"1", "2", false, true},
		{"1.0", "1", true, true},
		{"9007199254740993", "9007199254740992", true, true},
		{"1e400", "1", true, true},
	} {
		n := manifest.Node{Kind: manifest.Number, Text: test.field}
		if yes, no := same(&n, ast.Number(test.constant)); yes != test.equal || no != test.other {
			t.Errorf("%s and %s: %v", test.field, test.constant, fmt.Sprint(yes, no))
		}
	}
}
