package policies_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// benchFile is a file of what the benchmarks judge by, or judge. The whole program is
// measured with the same files.
func benchFile(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile("testdata/bench/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// benchObjects are n files, half Deployments and half Services; one in fifty
// violates a rule.
func benchObjects(tb testing.TB, n int) [][]byte {
	deployment, service := benchFile(tb, "deployment.yaml"), benchFile(tb, "service.yaml")
	var files [][]byte
	for i := range n {
		bad := i%50 < 2
		switch {
		case i%2 == 0 && bad:
			files = append(files, fmt.Appendf(nil, strings.Replace(deployment, "privileged: false", "privileged: true", 1), i, i%20, "256Mi"))
		case i%2 == 0:
			files = append(files, fmt.Appendf(nil, deployment, i, i%20, "256Mi"))
		case bad:
			files = append(files, fmt.Appendf(nil, service, i, i%20, "LoadBalancer"))
		default:
			files = append(files, fmt.Appendf(nil, service, i, i%20, "ClusterIP"))
		}
	}
	return files
}

func benchSet(tb testing.TB) *policies.Set {
	tb.Helper()
	set, faults := policies.Load(policies.Source{Policies: []policies.File{{Path: "bench.rego", Data: []byte(benchFile(tb, "rules.rego"))}}})
	if len(faults) > 0 {
		tb.Fatal(faults)
	}
	if n := len(set.Namespaces[0].Rules); n != 25 {
		tb.Fatalf("%d rules", n)
	}
	return set
}

func perSecond(b *testing.B, objects int) {
	b.ReportMetric(float64(objects)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}

// BenchmarkLoad compiles the rules.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		benchSet(b)
	}
}

// BenchmarkEvaluate measures 25 rules over objects that are already values.
func BenchmarkEvaluate(b *testing.B) {
	set := benchSet(b)
	var docs []*manifest.Document
	var inputs []rego.Object
	for _, data := range benchObjects(b, 200) {
		d := manifest.Read("f.yaml", data, manifest.DefaultLimits()).Documents[0]
		docs, inputs = append(docs, d), append(inputs, rego.NewObject(d.Canonical()))
	}
	b.ResetTimer()
	found := 0
	for range b.N {
		for i := range docs {
			out, err := set.Namespaces[0].Evaluate(b.Context(), rego.Given{Input: inputs[i].Term}, docs[i].Object.Kind, docs[i].Canonical())
			if err != nil {
				b.Fatal(err)
			}
			found += len(out.Results)
		}
	}
	if found == 0 {
		b.Fatal("nothing was found")
	}
	perSecond(b, len(docs))
}

// BenchmarkConvert measures the way from nodes to values, with and without places.
func BenchmarkConvert(b *testing.B) {
	var roots []*manifest.Node
	for _, data := range benchObjects(b, 200) {
		roots = append(roots, manifest.Read("f.yaml", data, manifest.DefaultLimits()).Documents[0].Canonical())
	}
	for name, convert := range map[string]func(*manifest.Node) rego.Object{"plain": rego.NewObject, "located": rego.NewLocated} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				for _, n := range roots {
					convert(n)
				}
			}
			perSecond(b, len(roots))
		})
	}
}

// BenchmarkRead measures what stands before any policy: reading and the canonical
// form.
func BenchmarkRead(b *testing.B) {
	files := benchObjects(b, 200)
	for range b.N {
		for _, data := range files {
			manifest.Read("f.yaml", data, manifest.DefaultLimits()).Documents[0].Canonical()
		}
	}
	perSecond(b, len(files))
}

// BenchmarkEndToEnd measures files to findings, lines included, on one worker.
func BenchmarkEndToEnd(b *testing.B) {
	list := policies.Checks(benchSet(b))
	var files []checks.File
	for i, data := range benchObjects(b, 1000) {
		files = append(files, checks.File{Path: fmt.Sprintf("f%d.yaml", i), Load: func() ([]byte, error) { return bytes.Clone(data), nil }})
	}
	b.ResetTimer()
	for range b.N {
		result := checks.Run(b.Context(), checks.Input{Files: files, Checks: list, Limits: manifest.DefaultLimits(), Time: time.Unix(0, 0), Workers: 1})
		if len(result.Findings) != 60 || len(result.NotJudged) != 0 {
			b.Fatalf("%d findings, %d not judged", len(result.Findings), len(result.NotJudged))
		}
	}
	perSecond(b, len(files))
}

// BenchmarkAdmission measures a Pod under 25 constraints of one template.
func BenchmarkAdmission(b *testing.B) {
	const template = `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8srepos}
spec:
  crd: {spec: {names: {kind: K8sRepos}, validation: {openAPIV3Schema: {type: object, properties: {repos: {type: array, items: {type: string}}}}}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package k8srepos
        violation[{"msg": msg}] {
          c := input.review.object.spec.containers[_]
          satisfied := [good | repo = input.parameters.repos[_]; good = startswith(c.image, repo)]
          not any(satisfied)
          msg := sprintf("container <%v> has an invalid image <%v>", [c.name, c.image])
        }
`
	files := []policies.File{{Path: "t.yaml", Data: []byte(template)}}
	for i := range 25 {
		files = append(files, policies.File{Path: fmt.Sprintf("c%d.yaml", i), Data: fmt.Appendf(nil, "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sRepos\nmetadata: {name: c%d}\nspec: {match: {kinds: [{apiGroups: [\"\"], kinds: [Pod]}]}, parameters: {repos: [\"registry.example.com/\", \"r%d/\"]}}\n", i, i)})
	}
	set, faults := policies.Load(policies.Source{Policies: files})
	if len(faults) > 0 {
		b.Fatal(faults)
	}
	pod := manifest.Read("pod.yaml", []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: [{name: a, image: registry.example.com/a:1}, {name: b, image: registry.example.com/b:1}]}\n"), manifest.DefaultLimits()).Documents[0]
	var each []time.Duration
	for b.Loop() {
		began := time.Now()
		request := review.Request{Operation: review.Create, Object: pod.Canonical()}
		view := request.View(false)
		reviewed := view.Gatekeeper()
		for _, c := range set.Constraints {
			if out := c.Evaluate(b.Context(), rego.Given{}, request, reviewed, "Original"); len(out.Rejections()) > 0 {
				b.Fatal(out.Rejections())
			}
		}
		each = append(each, time.Since(began))
	}
	slices.Sort(each)
	b.ReportMetric(float64(each[len(each)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(each[len(each)*99/100].Microseconds()), "p99-us")
}
