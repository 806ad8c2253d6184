package cel_test

import (
	"context"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/cel"
)

const linesObject = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web, tier: front}
  annotations:
    example.com/owner: nobody
spec:
  replicas: 7
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web, team: red}
    spec:
      hostNetwork: true
      nodeSelector: {disk: ssd}
      tolerations:
      - {key: a, operator: Exists}
      initContainers:
      - name: setup
        image: docker.io/setup:latest
      containers:
      - name: one
        image: registry.example.com/one:v1
        resources: {limits: {memory: 1Gi}}
        securityContext: {privileged: false, capabilities: {add: [NET_ADMIN, SYS_TIME]}}
        ports: [{containerPort: 8080}, {containerPort: 22}]
        env: [{name: MODE, value: fast}, {name: TOKEN, value: abc}]
      - name: two
        image: docker.io/two:latest
        securityContext: {privileged: true}
      volumes:
      - name: host
        hostPath: {path: /var/run}
`

// Expressions in the ways in which people write them, and the field at which a person
// would point.
var lineCases = []struct{ expression, want string }{
	{`object.spec.replicas <= 5`, "spec.replicas"},
	{`5 >= object.spec.replicas`, "spec.replicas"},
	{`object.spec.replicas > 0 && object.spec.replicas < 5`, "spec.replicas"},
	{`!object.spec.template.spec.hostNetwork`, "spec.template.spec.hostNetwork"},
	{`!has(object.spec.template.spec.hostNetwork) || object.spec.template.spec.hostNetwork == false`, "spec.template.spec.hostNetwork"},
	{`object.spec.template.spec.?hostNetwork.orValue(false) == false`, "spec.template.spec.hostNetwork"},
	{`has(object.metadata.labels.owner)`, "metadata.labels"},
	{`'owner' in object.metadata.labels`, "metadata.labels"},
	{`has(object.metadata.labels) && 'owner' in object.metadata.labels && object.metadata.labels['owner'] != ''`, "metadata.labels"},
	{`object.metadata.labels['tier'] == 'back'`, "metadata.labels.tier"},
	{`!('tier' in object.metadata.labels)`, "metadata.labels.tier"},
	{`object.metadata.annotations['example.com/owner'] != 'nobody'`, `metadata.annotations["example.com/owner"]`},
	{`['a', 'b', 'c'].all(k, k in object.metadata.labels)`, "metadata.labels"},
	{`object.metadata.labels.all(k, k.startsWith('app'))`, "metadata.labels.tier"},
	{`object.metadata.name.startsWith('api-')`, "metadata.name"},
	{`object.metadata.name.matches('^[0-9]+$')`, "metadata.name"},
	{`size(object.metadata.name) > 10`, "metadata.name"},
	{`object.metadata.namespace != 'shop' || object.spec.replicas == 1`, "spec.replicas"},
	{`object.spec.replicas == 1 || object.metadata.namespace != 'shop'`, "spec.replicas"},
	{`object.spec.template.spec.containers.all(c, c.image.startsWith('registry.example.com/'))`, "spec.template.spec.containers[name=two].image"},
	{`object.spec.template.spec.containers.all(c, !c.image.endsWith(':latest'))`, "spec.template.spec.containers[name=two].image"},
	{`!object.spec.template.spec.containers.exists(c, c.image.endsWith(':latest'))`, "spec.template.spec.containers[name=two].image"},
	{`object.spec.template.spec.containers.all(c, has(c.resources.limits) && has(c.resources.limits.cpu))`, "spec.template.spec.containers[name=one].resources.limits"},
	{`object.spec.template.spec.containers.all(c, has(c.livenessProbe))`, "spec.template.spec.containers[name=one]"},
	{`object.spec.template.spec.containers.all(c, has(c.securityContext) && c.securityContext.privileged == false)`, "spec.template.spec.containers[name=two].securityContext.privileged"},
	{`object.spec.template.spec.containers.all(c, !has(c.securityContext) || !has(c.securityContext.privileged) || !c.securityContext.privileged)`, "spec.template.spec.containers[name=two].securityContext.privileged"},
	{`object.spec.template.spec.containers.all(c, c.?securityContext.?capabilities.?add.orValue([]).all(x, x != 'SYS_TIME'))`, "spec.template.spec.containers[name=one].securityContext.capabilities.add[1]"},
	{`!object.spec.template.spec.containers.exists(c, has(c.securityContext.capabilities) && 'SYS_TIME' in c.securityContext.capabilities.add)`, "spec.template.spec.containers[name=one].securityContext.capabilities.add[1]"},
	{`object.spec.template.spec.containers.filter(c, c.image.contains('docker.io')).size() == 0`, "spec.template.spec.containers[name=two]"},
	{`size(object.spec.template.spec.containers.filter(c, has(c.securityContext) && c.securityContext.?privileged.orValue(false))) == 0`, "spec.template.spec.containers[name=two]"},
	{`object.spec.template.spec.containers.map(c, c.image).all(i, i.startsWith('registry.example.com/'))`, "spec.template.spec.containers[name=two].image"},
	{`object.spec.template.spec.containers.all(c, !has(c.ports) || c.ports.all(p, p.containerPort > 1024))`, "spec.template.spec.containers[name=one].ports[containerPort=22].containerPort"},
	{`object.spec.template.spec.containers.all(c, !has(c.env) || !c.env.exists(e, e.name == 'TOKEN' && has(e.value)))`, "spec.template.spec.containers[name=one].env[name=TOKEN].value"},
	{`(object.spec.template.spec.containers + object.spec.template.spec.initContainers).all(c, c.image.startsWith('registry') || c.image.startsWith('docker.io/two'))`, "spec.template.spec.initContainers[name=setup].image"},
	{`object.spec.template.spec.containers.all(c, ['registry.example.com/', 'quay.io/'].exists(r, c.image.startsWith(r)))`, "spec.template.spec.containers[name=two].image"},
	{`['small', 'large'].exists(n, object.metadata.name == n)`, "metadata.name"},
	{`object.spec.template.spec.containers.all(c, !['docker.io', 'quay.io'].exists(r, c.image.startsWith(r)))`, "spec.template.spec.containers[name=two].image"},
	{`object.spec.template.spec.containers.all(c, c.?env.orValue([]).all(e, e.name in ['MODE']))`, "spec.template.spec.containers[name=one].env[name=TOKEN].name"},
	{`object.spec.template.spec.containers.all(c, has(c.resources) && has(c.resources.requests))`, "spec.template.spec.containers[name=one].resources"},
	{`object.spec.template.spec.?securityContext.?runAsNonRoot.orValue(false) == true`, "spec.template.spec.securityContext"},
	{`object.spec.template.spec.containers.all(c, has(c.securityContext) && has(c.securityContext.runAsNonRoot) && c.securityContext.runAsNonRoot == true || object.metadata.name == 'x')`, "spec.template.spec.containers[name=one].securityContext"},
	{`object.spec.template.spec.containers.size() < 2`, "spec.template.spec.containers"},
	{`object.spec.template.spec.containers.exists_one(c, c.image.contains('/'))`, "spec.template.spec.containers[name=two].image"},
	{`object.spec.template.spec.containers.exists(c, c.name == 'sidecar')`, "spec.template.spec.containers"},
	{`object.spec.template.spec.containers[1].image.startsWith('registry')`, "spec.template.spec.containers[name=two].image"},
	{`!has(object.spec.template.spec.volumes) || object.spec.template.spec.volumes.all(v, !has(v.hostPath))`, "spec.template.spec.volumes[name=host].hostPath"},
	{`object.spec.selector.matchLabels.all(k, k in object.spec.template.metadata.labels && object.metadata.labels[k] != object.spec.selector.matchLabels[k])`, "metadata.labels.app"},
	{`object.spec.template.spec.nodeSelector == {'disk': 'hdd'}`, "spec.template.spec.nodeSelector"},
	{`object.spec.replicas in [1, 3, 5]`, "spec.replicas"},
	{`has(object.spec.paused) ? object.spec.paused == true : object.spec.replicas < 3`, "spec.replicas"},
	{`object.spec.replicas > 5 ? false : true`, "spec.replicas"},
	{`object.spec.strategy.rollingUpdate.maxSurge == 1`, "spec.strategy.rollingUpdate.maxSurge"},
	{`object.spec.template.spec.tolerations.all(t, t.operator == 'Equal')`, "spec.template.spec.tolerations[key=a].operator"},
	{`object.spec.template.spec.containers.all(c, c.image.split(':')[1] != 'latest')`, "spec.template.spec.containers[name=two].image"},
	{`quantity(object.spec.template.spec.containers[0].resources.limits.memory).isLessThan(quantity('1Mi'))`, "spec.template.spec.containers[name=one].resources.limits.memory"},
	{`object.spec.missing.field == 1`, "spec"},
	{`object.spec.template.spec.containers.all(c, c.securityContext.runAsNonRoot)`, "spec.template.spec.containers[name=one].securityContext"},
	{`variables.images.all(i, i.startsWith('registry.example.com/'))`, "spec.template.spec.containers[name=two].image"},
	{`variables.bad.size() == 0`, "spec.template.spec.containers[name=two]"},
	{`variables.small`, "spec.replicas"},
	{`(has(object.spec.template.spec.containers[0].livenessProbe) ? object.spec.template.spec.containers[0].livenessProbe : {}).size() > 0`, "spec.template.spec.containers[name=one]"},
	{`variables.containers.all(c, c.name != 'two')`, "spec.template.spec.containers[name=two].name"},
	{`object.kind == 'StatefulSet'`, "kind"},
	{`false`, ""},
}

// TestLines compares the field of each violation with the one that a person would point
// at. The bar is that of policies in Rego: never a wrong sibling.
func TestLines(t *testing.T) {
	doc := manifest.Read("web.yaml", []byte(linesObject), manifest.DefaultLimits()).Documents[0]
	exact := 0
	for _, c := range lineCases {
		found := judge(t, policyOf(c.expression), doc)
		if len(found) != 1 {
			t.Errorf("%s: %d violations", c.expression, len(found))
			continue
		}
		got := found[0].Place(t.Context())
		switch {
		case got.Field == c.want:
			exact++
		case strings.HasPrefix(c.want, got.Field):
			t.Logf("%s: above: got %q, want %q", c.expression, got.Field, c.want)
		default:
			t.Errorf("%s: got %q, want %q", c.expression, got.Field, c.want)
		}
		if got.Node == nil {
			t.Errorf("%s: no place", c.expression)
		}
	}
	t.Logf("%d of %d exact", exact, len(lineCases))
	if exact*100 < len(lineCases)*95 {
		t.Errorf("%d of %d fields are exact, want 95 %%", exact, len(lineCases))
	}
}

// policyOf is a policy with one expression, for every object.
func policyOf(expression string) string {
	return `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: test}
spec:
  matchConstraints:
    resourceRules: [{operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*"]}]
  variables:
  - {name: containers, expression: object.spec.template.spec.containers}
  - {name: images, expression: "variables.containers.map(c, c.image)"}
  - {name: bad, expression: "variables.containers.filter(c, c.image.endsWith(':latest'))"}
  - {name: small, expression: object.spec.replicas < 5}
  validations:
  - expression: |-
      ` + expression + `
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: test}
spec: {policyName: test, validationActions: [Deny]}
`
}

// judge asks the policies of a text about an object that is created.
func judge(t *testing.T, text string, doc *manifest.Document) []cel.Violation {
	t.Helper()
	set, faults := cel.Load(manifest.Read("policy.yaml", []byte(text), manifest.DefaultLimits()).Documents)
	for _, f := range faults {
		t.Errorf("%v\n%s", f, text)
	}
	var all []cel.Violation
	for _, p := range set.Policies {
		found, err := set.Judge(context.Background(), p, cel.Request{Operation: "CREATE", Object: cel.NewObject(doc.Canonical())})
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		all = append(all, found...)
	}
	return all
}
