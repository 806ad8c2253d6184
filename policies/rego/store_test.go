package rego

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// storable is a module with everything that a module can hold.
const storable = `package a.b

import data.shared.words

default fallback := {"x": null}

fallback := input.fallback

deny contains {"msg": msg, "n": n, "all": all} if {
	some i, item in input.items
	not words.fine[item.name]
	n := (i * 2) + 1.5
	all := [k | some k, _ in item]
	set := {v | some v in item.tags}
	object := {k: v | some k, v in item}
	every tag in set { startswith(tag, "t") }
	count(object) > 0
	msg := sprintf("%s has %v", [item.name, text(item)])
}

text(item) := "a" if item.kind == "a" else := "b" if item.kind == "b" else := "neither"

nested[kind][name] := value if {
	some kind, names in input.nested
	some name, value in names
}

replaced := x if x := fallback with input.fallback as "given"

flags := [true, false, null, 1, "one", {1, 2}, {"a": {"b": []}}]
`

const words = `package shared.words

fine := {"good": true}
`

// TestStoredIsTheSame holds that a program of stored modules gives what the program gave
// from which they were made.
func TestStoredIsTheSame(t *testing.T) {
	modules := map[string]*ast.Module{}
	for name, text := range map[string]string{"b.rego": storable, "words.rego": words} {
		m, faults := Parse(name, text, V1)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		modules[name] = m
	}
	compiled, faults := Compile(modules)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	written, err := compiled.Store()
	if err != nil {
		t.Fatal(err)
	}
	var stored []Stored
	for _, data := range written {
		s, err := ReadStored(string(data))
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, s)
	}
	linked, err := Link(stored)
	if err != nil {
		t.Fatal(err)
	}
	input := ast.MustParseTerm(`{
		"items": [{"name": "one", "kind": "a", "tags": ["t1", "t2"]}, {"name": "good"}, {"name": "two", "kind": "c", "tags": ["x"]}, {"name": "three", "tags": []}],
		"nested": {"k": {"n": 1, "m": [2]}}, "fallback": "there"}`)
	answer := func(p *Program) string {
		q, err := p.Prepare(ast.MustParseBody("x = data"))
		if err != nil {
			t.Fatal(err)
		}
		var out string
		if err := q.Each(t.Context(), Given{Input: input}, func(row topdown.QueryResult) error {
			out += row["x"].String()
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	want := answer(compiled)
	if !strings.Contains(want, "has neither") || !strings.Contains(want, `"replaced": "given"`) {
		t.Fatalf("the program gives %s", want)
	}
	for range 2 {
		if diff := cmp.Diff(want, answer(linked)); diff != "" {
			t.Errorf("(-compiled +linked):\n%s", diff)
		}
		// Linking leaves modules as they are.
		if linked, err = Link(stored); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStoredFaults holds that what was cut off or is something else is refused.
func TestStoredFaults(t *testing.T) {
	m, faults := Parse("b.rego", words, V1)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	p, faults := Compile(map[string]*ast.Module{"b.rego": m})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	written, err := p.Store()
	if err != nil {
		t.Fatal(err)
	}
	text := string(written["b.rego"])
	for n := range len(text) {
		if _, err := ReadStored(text[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are a module", n, len(text))
		}
	}
	for _, other := range []string{text + "x", strings.Repeat("\x01", 64), ""} {
		if _, err := ReadStored(other); err == nil {
			t.Errorf("%q is a module", other)
		}
	}
}

func TestStoredTerms(t *testing.T) {
	for _, text := range []string{`null`, `true`, `1.5`, `"text"`, `["a", {"b": [{"c"}]}]`, `{}`, `set()`} {
		want := ast.MustParseTerm(text)
		data, err := StoreTerm(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadStoredTerm(string(data))
		if err != nil || !got.Equal(want) {
			t.Errorf("%s comes back as %v, %v", text, got, err)
		}
	}
}
