package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/sandbox"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
)

// hostile are policies that somebody might propose to hurt whoever judges them.
var hostile = map[string]string{
	"a comprehension over a comprehension": `r := numbers.range(1, 100000)
deny contains "x" if count([1 | some a in r; some b in r; some c in r; a + b == c]) == 0`,
	"a large array": `deny contains "x" if count(numbers.range(1, 1000000000)) == 7`,
	"arrays of arrays": `deny contains "x" if {
	r := numbers.range(1, 3000000)
	count([s | some a in r; s := [b | some b in r]]) == 7
}`,
	"a text that doubles": `t0 := "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
t1 := concat("", [t0, t0, t0, t0, t0, t0, t0, t0, t0, t0, t0, t0, t0, t0, t0, t0])
t2 := concat("", [t1, t1, t1, t1, t1, t1, t1, t1, t1, t1, t1, t1, t1, t1, t1, t1])
t3 := concat("", [t2, t2, t2, t2, t2, t2, t2, t2, t2, t2, t2, t2, t2, t2, t2, t2])
t4 := concat("", [t3, t3, t3, t3, t3, t3, t3, t3, t3, t3, t3, t3, t3, t3, t3, t3])
t5 := concat("", [t4, t4, t4, t4, t4, t4, t4, t4, t4, t4, t4, t4, t4, t4, t4, t4])
t6 := concat("", [t5, t5, t5, t5, t5, t5, t5, t5, t5, t5, t5, t5, t5, t5, t5, t5])
t7 := concat("", [t6, t6, t6, t6, t6, t6, t6, t6, t6, t6, t6, t6, t6, t6, t6, t6])
deny contains "x" if count(t7) == 7`,
	"many wide numbers": `deny contains "x" if count([s | some i in numbers.range(1, 5000); s := sprintf("%999999d", [i])]) == 7`,
	"an expression of many words": `words := concat("", [w | some i in numbers.range(1, 20000); w := sprintf("(a%d|b+)*", [i])])
deny contains "x" if {
	some i in numbers.range(1, 100000)
	regex.match(words, sprintf("%d", [i]))
}`,
	"a repeated expression": `deny contains "x" if {
	some i in numbers.range(1, 1000000)
	regex.match(sprintf("((a{1,30}){1,30}){1,%d}", [i % 30]), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")
}`,
	"a walk through itself": `deep := {"a": {"a": {"a": {"a": numbers.range(1, 2000)}}}}
deny contains "x" if count([1 | walk(deep, [p, v]); walk(deep, [q, w]); walk(deep, [s, x]); p == q; q == s; p == ["z"]]) == 7`,
	"a graph without end": `edges := {sprintf("%d", [i]): {sprintf("%d", [j]) | some j in numbers.range(1, 2000)} | some i in numbers.range(1, 2000)}
deny contains "x" if count(graph.reachable_paths(edges, {"1"})) == 7`,
	"a number that has no end": `deny contains "x" if {
	some i in numbers.range(1, 1000000)
	x := to_number(sprintf("1e%d", [i + 100000000]))
	x * x * x == 7
}`,
	"a long line to read":     `deny contains "x" if count(json.unmarshal(concat("", [s | some i in numbers.range(1, 30000000); s := "["]))) == 7`,
	"a list of all addresses": `deny contains "x" if count(net.cidr_expand("10.0.0.0/4")) == 7`,
}

// TestHostilePoliciesAreStopped runs each in a sandbox: it ends in time, and without a
// verdict.
func TestHostilePoliciesAreStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short, which goes with the race detector: that needs more address space than any limit leaves")
	}
	limits := sandbox.Limits{Memory: 256 << 20, CPU: 15 * time.Second, Time: 4 * time.Second, Output: 1 << 20}
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := subject{
				set: source.Set{Files: []checks.File{textFile("a.yaml", deploymentOf(1, ""))}},
				rules: map[string][]byte{
					config.ConfigPath:              []byte("version: 1\npolicies: {library: false}\n"),
					".gatehouse/policies/all.rego": []byte("package main\n\n" + text + "\n"),
				},
			}
			begin := time.Now()
			answer, err := s.judgedApart(context.Background(), s.apartRequest(time.Unix(0, 0), 1), limits)
			took := time.Since(begin)
			stopped, ok := errors.AsType[sandbox.Stopped](err)
			switch {
			case err != nil && !ok:
				t.Fatal(err)
			case ok && !strings.Contains(stopped.Reason, "limit sandbox-"):
				t.Errorf("stopped for no limit: %v", stopped)
			case !ok && len(answer.Result.NotJudged)+len(answer.Faults) == 0:
				t.Errorf("it was judged: %+v", answer.Result)
			}
			if took > 12*time.Second {
				t.Errorf("it took %s", took)
			}
			t.Logf("%.1f s: %v %v %v", took.Seconds(), err, answer.Result.NotJudged, answer.Faults)
		})
	}
}

// TestApartIsAsHere judges by the same policies in a sandbox and without one.
func TestApartIsAsHere(t *testing.T) {
	s := subject{
		set: source.Set{Files: []checks.File{textFile("a.yaml", deploymentOf(5, "")), textFile("b.yaml", "a: {")}},
		rules: map[string][]byte{
			config.ConfigPath:              []byte("version: 1\nseverities: {main-deny: warning}\n"),
			".gatehouse/policies/all.rego": []byte("package main\n\ndeny contains \"many\" if input.spec.replicas > 3\n"),
		},
		name: "example",
	}
	at := time.Unix(0, 0)
	answer, err := s.judgedApart(context.Background(), s.apartRequest(at, 1), sandbox.OfJudge())
	if err != nil {
		t.Fatal(err)
	}
	set, err := openPolicies(keptPlace(s.rules), false)
	if err != nil {
		t.Fatal(err)
	}
	d := compare(s.judgedBy(context.Background(), set, set.checks(), at, 1), answer.Result)
	if added, removed, changed := d.counts(); added+removed+changed > 0 || len(answer.Result.Findings) < 1 || len(answer.Result.NotJudged) != 1 {
		t.Errorf("%d, %d, %d differ; found %q, not judged %v", added, removed, changed, messagesOf(answer.Result.Findings), answer.Result.NotJudged)
	}
}
