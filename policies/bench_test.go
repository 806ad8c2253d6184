package policies_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// benchRules are 25 rules as teams write them for conftest, each by a name of its
// own.
const benchRules = `package main

containers contains c if some c in input.spec.template.spec.containers

is_workload if input.kind in {"Deployment", "StatefulSet", "DaemonSet"}

labels := object.get(input.metadata, "labels", {})

deny_latest contains msg if { is_workload; some c in containers; endswith(c.image, ":latest"); msg := sprintf("%s uses latest", [c.name]) }
deny_no_tag contains msg if { is_workload; some c in containers; not contains(c.image, ":"); msg := sprintf("%s has no tag", [c.name]) }
deny_registry contains msg if { is_workload; some c in containers; not startswith(c.image, "registry.example.com/"); msg := sprintf("%s comes from %s", [c.name, c.image]) }
deny_privileged contains msg if { is_workload; some c in containers; c.securityContext.privileged; msg := sprintf("%s is privileged", [c.name]) }
deny_root contains msg if { is_workload; some c in containers; not c.securityContext.runAsNonRoot; msg := sprintf("%s may run as root", [c.name]) }
deny_escalation contains msg if { is_workload; some c in containers; c.securityContext.allowPrivilegeEscalation != false; msg := sprintf("%s may escalate", [c.name]) }
deny_capabilities contains msg if { is_workload; some c in containers; not "ALL" in c.securityContext.capabilities.drop; msg := sprintf("%s keeps capabilities", [c.name]) }
deny_cpu_limit contains msg if { is_workload; some c in containers; not c.resources.limits.cpu; msg := sprintf("%s has no cpu limit", [c.name]) }
deny_memory_limit contains msg if { is_workload; some c in containers; not c.resources.limits.memory; msg := sprintf("%s has no memory limit", [c.name]) }
deny_cpu_request contains msg if { is_workload; some c in containers; not c.resources.requests.cpu; msg := sprintf("%s has no cpu request", [c.name]) }
deny_memory_request contains msg if { is_workload; some c in containers; not c.resources.requests.memory; msg := sprintf("%s has no memory request", [c.name]) }
deny_liveness contains msg if { is_workload; some c in containers; not c.livenessProbe; msg := sprintf("%s has no liveness probe", [c.name]) }
deny_readiness contains msg if { is_workload; some c in containers; not c.readinessProbe; msg := sprintf("%s has no readiness probe", [c.name]) }
deny_host_network contains msg if { is_workload; input.spec.template.spec.hostNetwork; msg := "no host network" }
deny_host_path contains msg if { is_workload; some v in input.spec.template.spec.volumes; v.hostPath; msg := sprintf("volume %s is of the host", [v.name]) }
deny_replicas contains msg if { input.kind == "Deployment"; input.spec.replicas < 2; msg := "fewer than two replicas" }
deny_selector contains msg if { input.kind == "Deployment"; some k, v in input.spec.selector.matchLabels; input.spec.template.metadata.labels[k] != v; msg := sprintf("the selector %s does not select", [k]) }
deny_secret_env contains msg if { is_workload; some c in containers; some e in c.env; regex.match("(?i)password|token", e.name); e.value; msg := sprintf("%s holds a secret in %s", [c.name, e.name]) }
deny_team contains msg if { not labels.team; msg := "the label team is missing" }
deny_app contains msg if { not labels.app; msg := "the label app is missing" }
deny_namespace contains msg if { object.get(input.metadata, "namespace", "default") == "default"; msg := "not in the namespace default" }
deny_load_balancer contains msg if { input.kind == "Service"; input.spec.type == "LoadBalancer"; msg := "no load balancers" }
deny_node_port contains msg if { input.kind == "Service"; some p in input.spec.ports; p.nodePort; msg := sprintf("no node ports: %d", [p.nodePort]) }
deny_external_ips contains msg if { input.kind == "Service"; count(input.spec.externalIPs) > 0; msg := "no external addresses" }
deny_ssh contains msg if { input.kind == "Service"; some p in input.spec.ports; p.port == 22; msg := "no ssh" }
`

const benchDeployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-%[1]d
  namespace: team-%[2]d
  labels: {app: app-%[1]d, team: team-%[2]d}
spec:
  replicas: 3
  selector:
    matchLabels: {app: app-%[1]d}
  template:
    metadata:
      labels: {app: app-%[1]d, team: team-%[2]d}
    spec:
      containers:
        - name: main
          image: registry.example.com/app-%[1]d:1.%[1]d.0
          ports: [{containerPort: 8080, name: http}]
          env:
            - {name: LOG_LEVEL, value: info}
            - {name: REGION, value: "eu-%[2]d"}
          securityContext: &sc
            privileged: false
            runAsNonRoot: true
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
          resources: &res
            requests: {cpu: 100m, memory: 128Mi}
            limits: {cpu: 500m, memory: %[3]s}
          livenessProbe: {httpGet: {path: /healthz, port: 8080}}
          readinessProbe: {httpGet: {path: /ready, port: 8080}}
        - name: proxy
          image: registry.example.com/proxy:2.1.0
          ports: [{containerPort: 9090, name: metrics}]
          securityContext: *sc
          resources: *res
          livenessProbe: {tcpSocket: {port: 9090}}
          readinessProbe: {tcpSocket: {port: 9090}}
      volumes:
        - name: tmp
          emptyDir: {}
`

const benchService = `apiVersion: v1
kind: Service
metadata:
  name: app-%[1]d
  namespace: team-%[2]d
  labels: {app: app-%[1]d, team: team-%[2]d}
spec:
  type: %[3]s
  selector: {app: app-%[1]d}
  ports:
    - {name: http, port: 80, targetPort: 8080}
    - {name: metrics, port: 9090, targetPort: 9090}
`

// benchObjects are n files, half Deployments and half Services; one in fifty
// violates a rule.
func benchObjects(n int) [][]byte {
	var files [][]byte
	for i := range n {
		bad := i%50 < 2
		switch {
		case i%2 == 0 && bad:
			files = append(files, fmt.Appendf(nil, strings.Replace(benchDeployment, "privileged: false", "privileged: true", 1), i, i%20, "256Mi"))
		case i%2 == 0:
			files = append(files, fmt.Appendf(nil, benchDeployment, i, i%20, "256Mi"))
		case bad:
			files = append(files, fmt.Appendf(nil, benchService, i, i%20, "LoadBalancer"))
		default:
			files = append(files, fmt.Appendf(nil, benchService, i, i%20, "ClusterIP"))
		}
	}
	return files
}

func benchSet(tb testing.TB) *policies.Set {
	tb.Helper()
	set, faults := policies.Load(policies.Source{Policies: []policies.File{{Path: "bench.rego", Data: []byte(benchRules)}}})
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
	for _, data := range benchObjects(200) {
		d := manifest.Read("f.yaml", data, manifest.DefaultLimits()).Documents[0]
		docs, inputs = append(docs, d), append(inputs, rego.NewObject(d.Canonical()))
	}
	b.ResetTimer()
	found := 0
	for range b.N {
		for i := range docs {
			out, err := set.Namespaces[0].Evaluate(b.Context(), rego.Given{Input: inputs[i].Term}, docs[i].Object.Kind)
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
	for _, data := range benchObjects(200) {
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
	files := benchObjects(200)
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
	for i, data := range benchObjects(1000) {
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
	b.ResetTimer()
	for range b.N {
		request := review.Request{Operation: review.Create, Object: pod.Canonical()}
		view := request.View(false)
		reviewed := view.Gatekeeper()
		for _, c := range set.Constraints {
			if out := c.Evaluate(b.Context(), rego.Given{}, request, reviewed, "Original"); len(out.Rejections()) > 0 {
				b.Fatal(out.Rejections())
			}
		}
	}
}
