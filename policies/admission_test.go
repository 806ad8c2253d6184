package policies_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies"
)

const podPolicy = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: Names.example.com}
spec:
  %s
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}]}
  validations:
  - expression: object.metadata.name == 'other'
    message: another name
  - expression: object.spec.nothing == 1
  %s
`

// TestAdmissionPolicyFindings holds how grave what several bindings say is, and that it
// is said once.
func TestAdmissionPolicyFindings(t *testing.T) {
	const failed = "expression 'object.spec.nothing == 1' resulted in error: no such key: nothing"
	for _, c := range []struct {
		name, head, tail string
		actions          []string // of each binding
		binding          string
		want             []string
		notJudged        int
	}{
		{name: "denied", actions: []string{"[Deny]"}, want: []string{"error another name", "error " + failed}},
		{name: "warned", actions: []string{"[Warn]"}, want: []string{"warning another name", "warning " + failed}},
		{name: "noted", actions: []string{"[Audit]"}, want: []string{"notice another name", "notice " + failed}},
		{name: "in several ways", actions: []string{"[Audit]", "[Warn]", "[Deny, Audit]", "[Warn]"}, want: []string{"error another name", "error " + failed}},
		{name: "errors that are let through", head: "failurePolicy: Ignore", actions: []string{"[Deny]"}, want: []string{"error another name"}, notJudged: 1},
		{
			name: "an annotation that fails", tail: "auditAnnotations: [{key: a, valueExpression: string(object.nothing)}]", actions: []string{"[Audit]"},
			want: []string{"error expression 'string(object.nothing)' resulted in error: no such key: nothing", "notice another name", "notice " + failed},
		},
		{
			name: "parameters that are not there", head: "paramKind: {apiVersion: v1, kind: ConfigMap}", actions: []string{"[Warn]"},
			binding: "paramRef: {name: a, namespace: b, parameterNotFoundAction: Deny}",
			want:    []string{"error failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"},
		},
		{
			name: "parameters that need not be there", head: "paramKind: {apiVersion: v1, kind: ConfigMap}", actions: []string{"[Deny]"},
			binding: "paramRef: {name: a, namespace: b, parameterNotFoundAction: Allow}",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := fmt.Sprintf(podPolicy, c.head, c.tail)
			for i, actions := range c.actions {
				text += fmt.Sprintf("---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: b%d}\nspec:\n  policyName: Names.example.com\n  validationActions: %s\n  %s\n", i, actions, c.binding)
			}
			set, faults := policies.Load(policies.Source{Policies: []policies.File{{Path: "p.yaml", Data: []byte(text)}}})
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			pod := "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: b}, spec: {containers: [{name: a, image: a}]}}"
			result := checks.Run(context.Background(), checks.Input{
				Checks: policies.Checks(set), Limits: manifest.DefaultLimits(), Time: time.Unix(0, 0),
				Files: []checks.File{{Path: "pod.yaml", Load: func() ([]byte, error) { return []byte(pod), nil }}},
			})
			var got []string
			for _, f := range result.Findings {
				if f.Check != "names-example-com" {
					t.Errorf("the check is called %s", f.Check)
				}
				got = append(got, f.Severity.String()+" "+f.Message)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if len(result.NotJudged) != c.notJudged {
				t.Errorf("not judged: %v", result.NotJudged)
			}
		})
	}
}

// TestAdmissionPoliciesBesideOthers holds that one that is refused leaves the others in
// force, and that examples of Gatehouse policies are no parameters.
func TestAdmissionPoliciesBesideOthers(t *testing.T) {
	good := fmt.Sprintf(podPolicy, "paramKind: {apiVersion: v1, kind: ConfigMap}", "") + `---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec: {policyName: Names.example.com, validationActions: [Deny], paramRef: {name: a, namespace: b, parameterNotFoundAction: Deny}}
`
	parameter := "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: b}}"
	set, faults := policies.Load(policies.Source{Policies: []policies.File{
		{Path: "good.policy.yaml", Data: []byte(good)},
		{Path: "x/bad.yaml", Data: []byte(parameter)},
		{Path: "wrong.yaml", Data: []byte(strings.Replace(good, "object.metadata", "objekt.metadata", 1))},
	}})
	if len(faults) != 2 || faults[0].File != "wrong.yaml" || faults[0].Line != 8 || !strings.Contains(faults[1].Message, "two bindings") {
		t.Errorf("faults: %v", faults)
	}
	if len(set.Admission.Policies) != 1 || len(set.Notices) != 1 || !strings.Contains(set.Notices[0].Message, "no parameters") {
		t.Errorf("%d policies, notices %v", len(set.Admission.Policies), set.Notices)
	}
}
