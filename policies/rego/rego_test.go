package rego

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func program(t *testing.T, files map[string]string) (*Program, []Fault) {
	t.Helper()
	modules := map[string]*ast.Module{}
	for file, text := range files {
		m, faults := Parse(file, text, Detect)
		if len(faults) > 0 {
			return nil, faults
		}
		modules[file] = m
	}
	return Compile(modules)
}

// values evaluates data.t.x.
func values(t *testing.T, text string, g Given) ([]string, error) {
	t.Helper()
	p, faults := program(t, map[string]string{"t.rego": text})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	q, err := p.Prepare(ast.NewBody(ast.NewExpr(ast.NewTerm(ast.MustParseRef("data.t.x[v]")))))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	err = q.Each(t.Context(), g, func(row topdown.QueryResult) error {
		out = append(out, row[ast.Var("v")].String())
		return nil
	})
	return out, err
}

// TestDialects: each module is read as v1 where it can be, else as v0, and what is
// said of one that is neither is of the dialect that it was meant to be.
func TestDialects(t *testing.T) {
	tests := []struct{ name, text, fault string }{
		{"v1", "package a\nx contains 1 if true\n", ""},
		{"v0", "package a\nx[1] { true }\n", ""},
		{"both", "package a\nx := 1\n", ""},
		{"v1 with the import", "package a\nimport rego.v1\nx contains 1 if true\n", ""},
		{"v0 with keywords", "package a\nimport future.keywords.in\nx { 1 in [1] }\n", ""},
		{"broken v0", "package a\nx[1] { true ]\n", "a.rego:2: rego_parse_error: unexpected ] token"},
		{"broken v1", "package a\nx contains 1 if {\n\ttrue ]\n}\n", "a.rego:3: rego_parse_error: unexpected ] token"},
		{"nothing", "", "a.rego:1: "},
		{"no package", "x := 1\n", "a.rego:1: rego_parse_error: package expected"},
	}
	for _, tt := range tests {
		_, faults := program(t, map[string]string{"a.rego": tt.text})
		switch {
		case tt.fault == "" && len(faults) > 0, tt.fault != "" && len(faults) == 0:
			t.Errorf("%s: %v", tt.name, faults)
		case tt.fault != "" && !strings.HasPrefix(faults[0].Error(), tt.fault):
			t.Errorf("%s: got %v, want %s…", tt.name, faults[0], tt.fault)
		}
	}
}

// TestSandbox: nothing outside is reached.
func TestSandbox(t *testing.T) {
	for _, call := range []string{
		`http.send({"method": "get", "url": "http://localhost"})`,
		`net.lookup_ip_addr("localhost")`,
	} {
		_, faults := program(t, map[string]string{"t.rego": "package t\nx contains 1 if " + call + "\n"})
		if len(faults) != 1 || !strings.Contains(faults[0].Message, "undefined function") || faults[0].Line != 2 {
			t.Errorf("%s: %v, want one fault on line 2", call, faults)
		}
	}
	t.Setenv("GATEHOUSE_CANARY", "canary-7341")
	at := time.Unix(1_700_000_000, 5)
	for call, want := range map[string]string{
		`opa.runtime()`:      `{}`,
		`time.now_ns()`:      `1700000000000000005`,
		`rand.intn("a", 10)`: ``,
		`uuid.rfc4122("a")`:  ``,
	} {
		text := "package t\nx contains v if v := " + call + "\n"
		first, err := values(t, text, Given{Time: at})
		if err != nil {
			t.Fatal(err)
		}
		second, err := values(t, text, Given{Time: at})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, second); diff != "" || len(first) != 1 {
			t.Errorf("%s differs from run to run: %s", call, diff)
		}
		if want != "" && first[0] != want {
			t.Errorf("%s: got %s, want %s", call, first[0], want)
		}
	}
	schema := "package t\nx contains v if v := json.match_schema({}, {\"$ref\": \"http://localhost:1/x.json\"})\n"
	if got, err := values(t, schema, Given{}); err != nil || len(got) > 0 {
		t.Errorf("a schema from the network: %v, %v", got, err)
	}
}

// TestDeadline: an evaluation that does not end is ended, and is an error.
func TestDeadline(t *testing.T) {
	const endless = `package t
x contains 1 if {
	r := numbers.range(1, 3000)
	count([1 | some a in r; some b in r; some c in r; a + b + c == -1]) > 0
}
`
	start := time.Now()
	_, err := values(t, endless, Given{Deadline: 50 * time.Millisecond})
	if !errors.Is(err, ErrDeadline) {
		t.Errorf("got %v, want ErrDeadline", err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestErrors: what failed is said with its place and without a value.
func TestErrors(t *testing.T) {
	const conflict = "package t\nf(a) := 1 if a\nf(a) := 2 if a\nx contains f(input.secret)\n"
	o := NewObject(tree(t, `{"secret": "s3cret"}`))
	_, err := values(t, conflict, Given{Input: o.Term})
	var f Fault
	if !errors.As(err, &f) || f.File != "t.rego" || f.Line == 0 || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p, _ := program(t, map[string]string{"t.rego": "package t\nx contains 1\n"})
	q, err := p.Prepare(ast.NewBody(ast.NewExpr(ast.NewTerm(ast.MustParseRef("data.t.x[v]")))))
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Each(ctx, Given{}, func(topdown.QueryResult) error { return nil }); err == nil {
		t.Log("an evaluation that is done before it is stopped may stand")
	}
}

func tree(t *testing.T, text string) *manifest.Node {
	t.Helper()
	f := manifest.Read("o.yaml", []byte(text), manifest.DefaultLimits())
	if len(f.Documents) != 1 {
		t.Fatalf("not one document: %s", text)
	}
	return f.Documents[0].Root
}

// TestLibrary: a package is compiled with what it uses and nothing else.
func TestLibrary(t *testing.T) {
	modules := map[string]*ast.Module{}
	for file, text := range map[string]string{
		"a.rego": "package a\nimport data.lib.one\nx contains 1 if one.y\n",
		"b.rego": "package b\nx contains 1 if missing(1)\n",
		"c.rego": "package lib.one\ny if data.lib.two.z\n",
		"d.rego": "package lib.two\nz := true\n",
		"e.rego": "package e\nx contains v if v := data[_].q\n",
	} {
		m, faults := Parse(file, text, Detect)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		modules[file] = m
	}
	l := NewLibrary(modules)
	if got := len(l.Closure("data.a")); got != 3 {
		t.Errorf("a needs %d modules, want 3", got)
	}
	if got := len(l.Closure("data.e")); got != 5 {
		t.Errorf("e reads all, and has %d modules, want 5", got)
	}
	if _, faults := l.Compile("data.a"); len(faults) > 0 {
		t.Errorf("a fails for another's fault: %v", faults)
	}
	if _, faults := l.Compile("data.b"); len(faults) != 1 || faults[0].File != "b.rego" {
		t.Errorf("b: %v", faults)
	}
}
