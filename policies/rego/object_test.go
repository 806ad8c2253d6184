package rego

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// check compares both conversions with the engine's own of the same value, and the
// places of every term with the tree.
func check(t *testing.T, root *manifest.Node) {
	t.Helper()
	want, err := ast.InterfaceToValue(root.Value())
	if err != nil {
		t.Skip("no value for the engine")
	}
	plain, located := NewObject(root), NewLocated(root)
	if ast.Compare(plain.Term.Value, want) != 0 {
		t.Fatalf("plain: got %v, want %v", plain.Term, want)
	}
	if ast.Compare(located.Term.Value, want) != 0 {
		t.Fatalf("located: got %v, want %v", located.Term, want)
	}
	places := 0
	ast.WalkTerms(located.Term, func(x *ast.Term) bool {
		id, ok := located.idOf(x)
		if !ok {
			t.Fatalf("%v has no place", x)
		}
		if isKey(x) {
			if located.nodes[id].node.Key != string(x.Value.(ast.String)) {
				t.Fatalf("the key %v is placed at %q", x, located.nodes[id].node.Key)
			}
			return false
		}
		places++
		if place := located.placeOf(id); id != 0 && place.Field == "" && located.nodes[id].node.Key != "" {
			t.Fatalf("%v has no field", x)
		}
		return false
	})
	if places != len(located.nodes) {
		t.Fatalf("%d terms for %d nodes", places, len(located.nodes))
	}
	for _, term := range usualKeys {
		if term.Location != nil {
			t.Fatalf("the shared term %v has a place", term)
		}
	}
}

func TestObject(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, `"x"`, `1`, `null`,
		`{a: 1, b: [1.5, 1e3, -0, 12345678901234567890], c: {d: null, e: true, "f.g/h": "x"}}`,
		"a: &x {b: 1}\nc: *x\nd: [*x, *x]\n",
		"a: yes\nb: 0777\nc: 2020-01-01\n",
	} {
		check(t, tree(t, text))
	}
}

func FuzzObject(f *testing.F) {
	for _, seed := range []string{`{"a": [1, {"b": null}]}`, "a: &x {b: 1}\nc: *x\n", "- yes\n- 1e999\n", `{"a": 1, "a": 2}`, "\"\\u0000\": x\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<14 {
			t.Skip("long inputs add nothing")
		}
		limits := manifest.DefaultLimits()
		limits.Nodes, limits.FileNodes = 10_000, 10_000
		for _, d := range manifest.Read("o.yaml", data, limits).Documents {
			check(t, d.Root)
		}
	})
}
