package conftest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/formats"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

const sessionPolicy = `package main

deny contains msg if {
	input.kind == "Pod"
	msg := sprintf("pod %v of %v", [input.name, data.team])
}

deny_root contains {"msg": "root", "more": 1, "_loc": {"file": "x", "line": 3}} if input.kind == "Pod"

warn_root contains "warned" if input.kind == "Pod"

exception contains ["root"] if input.name == "a"

exception contains ["root", "other"] if input.name == "a"
`

// check runs a session over one text.
func check(t *testing.T, s *Session, namespace, text string) Said {
	t.Helper()
	read, err := formats.Read("yaml", "x.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	said, err := s.Check(t.Context(), namespace, File{Name: "x.yaml", Absolute: "/some/x.yaml", Documents: read.Documents(), Items: read.More})
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// TestCarefully: asked rule by rule or all at once, the results are the same.
func TestCarefully(t *testing.T) {
	files := []Source{{"p.rego", []byte(sessionPolicy)}}
	data := []Source{{"d.yaml", []byte("team: blue")}}
	for _, text := range []string{"{kind: Pod, name: a}", "{kind: Pod, name: b}", "{kind: Service, name: a}", "[{kind: Pod, name: b}, 1]", "null"} {
		var said []string
		for _, trace := range []bool{false, true} {
			s, err := NewSession(files, data, SessionOptions{Version: rego.V1, Trace: trace})
			if err != nil {
				t.Fatal(err)
			}
			got := check(t, s, "main", text)
			got.Queries = nil
			for _, list := range [][]Result{got.Failures, got.Warnings} {
				for i := range list {
					list[i].Element = nil
				}
			}
			encoded, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			said = append(said, string(encoded))
		}
		if diff := cmp.Diff(said[0], said[1]); diff != "" {
			t.Errorf("%s (-at once +one by one)\n%s", text, diff)
		}
	}
}

// TestExceptionsAreCounted: each exception counts, as conftest counts them.
func TestExceptionsAreCounted(t *testing.T) {
	s, err := NewSession([]Source{{"p.rego", []byte(sessionPolicy)}}, nil, SessionOptions{Version: rego.V1})
	if err != nil {
		t.Fatal(err)
	}
	said := check(t, s, "main", "{kind: Pod, name: a}")
	if len(said.Exceptions) != 4 || said.Exceptions[0] != `data.main.exception[_][_] == "root"` {
		t.Errorf("%q", said.Exceptions)
	}
}

// TestFile: policies are told which file they judge.
func TestFile(t *testing.T) {
	s, err := NewSession([]Source{{"p.rego", []byte("package main\ndeny contains msg if msg := sprintf(\"%v %v %v\", [data.conftest.file.name, data.conftest.file.dir, data.conftest.own])")}},
		[]Source{{"conftest/d.json", []byte(`{"own": 1}`)}}, SessionOptions{Version: rego.V1})
	if err != nil {
		t.Fatal(err)
	}
	if said := check(t, s, "main", "{}"); len(said.Failures) != 1 || said.Failures[0].Message != "x.yaml /some 1" {
		t.Errorf("%+v", said)
	}
}

// TestListsCountOnce: what a rule says of a List and of an item in it counts once.
func TestListsCountOnce(t *testing.T) {
	s, err := NewSession([]Source{{"p.rego", []byte(`package main
deny contains msg if { input.kind == "Pod"; msg := input.name }
deny contains msg if { some i in input.items; i.kind == "Pod"; msg := i.name }
`)}}, nil, SessionOptions{Version: rego.V1})
	if err != nil {
		t.Fatal(err)
	}
	said := check(t, s, "main", "kind: List\nitems: [{kind: Pod, name: a}, {kind: Pod, name: b}]")
	if len(said.Failures) != 2 {
		t.Errorf("%+v", said.Failures)
	}
}

// TestNoNetwork: a call that would reach the network is an error, one that a test
// stands in for is none.
func TestNoNetwork(t *testing.T) {
	s, err := NewSession([]Source{{"p.rego", []byte(`package main
deny contains "x" if { input.ask; http.send({"url": "http://localhost:1", "method": "get"}).status_code == 200 }
deny_resolve contains "x" if { input.resolve; net.lookup_ip_addr("localhost") }
`)}}, nil, SessionOptions{Version: rego.V1})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(s.ReachesOut()); got != 2 {
		t.Errorf("%d places reach out", got)
	}
	for text, fails := range map[string]bool{"{}": false, "ask: true": true, "resolve: true": true} {
		read, err := formats.Read("yaml", "", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Check(t.Context(), "main", File{Documents: []*manifest.Node{read.Value}})
		if (err != nil) != fails || err != nil && !strings.Contains(err.Error(), "policies reach no network here") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestSessionRefuses what conftest refuses.
func TestSessionRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		policy, data string
		options      SessionOptions
		want         string
	}{
		"v0 as v1":      {"package main\ndeny[m] { m := 1 }", "", SessionOptions{Version: rego.V1}, "p.rego:2: rego_parse_error"},
		"strict":        {"package main\ndeny contains 1 if { x := 1 }", "", SessionOptions{Version: rego.V1, Options: rego.Options{Strict: true}}, "assigned var x unused"},
		"no function":   {"package main\ndeny contains 1 if nothing(1)", "", SessionOptions{Version: rego.V1}, "undefined function nothing"},
		"no message":    {"package main\ndeny[m] if m := 1", "", SessionOptions{Version: rego.V1}, "without 'contains' keyword"},
		"data no map":   {"package main", "[1]", SessionOptions{Version: rego.V1}, "must be a map"},
		"data not read": {"package main", "a: [", SessionOptions{Version: rego.V1}, "cannot be read"},
	} {
		_, err := NewSession([]Source{{"p.rego", []byte(c.policy)}}, []Source{{"d.yaml", []byte(c.data)}}, c.options)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
