package policies_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/policies"
)

const expanding = `-- template.yaml --
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: hostnetwork}
spec:
  crd: {spec: {names: {kind: HostNetwork}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package hostnetwork
      violation[{"msg": msg}] {
        input.review.kind.kind == "Pod"
        input.review.object.spec.hostNetwork
        msg := sprintf("%s uses the network of its host", [input.review.object.metadata.name])
      }
      violation[{"msg": "no limits"}] {
        c := input.review.object.spec.containers[_]
        not c.resources.limits
      }
-- constraints.yaml --
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: HostNetwork
metadata: {name: pods}
spec: {match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: HostNetwork
metadata: {name: written}
spec: {match: {source: Original, kinds: [{apiGroups: [""], kinds: [Pod]}]}}
-- expansion.yaml --
apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: expand-deployments}
spec:
  applyTo: [{groups: [apps], kinds: [Deployment], versions: [v1]}]
  templateSource: spec.template
  generatedGVK: {kind: Pod, version: v1}
`

// TestWhatIsMadeIsJudged finds in a Deployment what a constraint has against its pods, at
// the field of the Deployment.
func TestWhatIsMadeIsJudged(t *testing.T) {
	set, faults := policies.Load(policies.Source{Policies: filesIn(expanding)})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	r := judged(t, policies.Checks(set), `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      hostNetwork: true
      containers:
      - {name: web, image: nginx}
`)
	want := []string{
		"host-network-pods error spec.template.spec.containers[name=web].resources: [Implied by expand-deployments] no limits",
		"host-network-pods error spec.template.spec.hostNetwork: [Implied by expand-deployments] web-pod uses the network of its host",
	}
	if diff := cmp.Diff(want, found(r)); diff != "" {
		t.Error(diff)
	}
	for _, f := range r.Findings {
		if f.Line < 7 {
			t.Errorf("%s is found on line %d", f.Message, f.Line)
		}
	}
	again := expanding + "-- again.yaml --\napiVersion: expansion.gatekeeper.sh/v1beta1\nkind: ExpansionTemplate\nmetadata: {name: expand-deployments}\n" +
		"spec: {applyTo: [{groups: [apps], kinds: [ReplicaSet], versions: [v1]}], templateSource: spec.template, generatedGVK: {kind: Pod, version: v1}}\n"
	if _, faults := policies.Load(policies.Source{Policies: filesIn(again)}); len(faults) != 1 {
		t.Errorf("two ExpansionTemplates of one name: %v", faults)
	}
}
