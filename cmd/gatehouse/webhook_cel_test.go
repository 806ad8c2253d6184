package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// admissionPolicy is a ValidatingAdmissionPolicy for Deployments, and its binding.
func admissionPolicy(operations, expression, message string) string {
	return fmt.Sprintf(`apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: rule}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: %s, resources: [deployments]}]}
  validations:
  - expression: %q
    messageExpression: %q
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: rule}
spec: {policyName: rule, validationActions: [Deny]}
`, operations, expression, message)
}

// codeTemplate is a ConstraintTemplate with the same expression.
func codeTemplate(operations, expression, message string) string {
	code := fmt.Sprintf("operations: %s\n    code:\n    - engine: K8sNativeValidation\n      source: {validations: [{expression: %q, messageExpression: %q}]}", operations, expression, message)
	text := template(code, "x")
	head, rest, _ := strings.Cut(text, "    rego: |\n")
	_, tail, _ := strings.Cut(rest, "---\n")
	return head + "---\n" + tail
}

// TestExpressionsAreJudgedAlikeAtEveryGate judges new, changed and removed objects by a
// policy in CEL, in a change of files and at admission.
func TestExpressionsAreJudgedAlikeAtEveryGate(t *testing.T) {
	few, many, labelled := deploymentOf(2, ""), deploymentOf(5, ""), deploymentOf(5, "tier: front")
	for _, tt := range []struct {
		name, operations, expression, message string
		create, update, relabel, remove, tree []string
		notRun                                bool // as it asks who makes the request, where nobody is known
	}{
		{
			name: "the object", operations: "[CREATE, UPDATE]", expression: "object.spec.replicas <= 3", message: "'many'",
			create: []string{"many"}, update: []string{"many"}, relabel: []string{"many (old)"}, tree: []string{"many"},
		},
		{
			name: "creation", operations: "[CREATE]", expression: "object.spec.replicas <= 3", message: "'new'",
			create: []string{"new"}, tree: []string{"new"},
		},
		{
			name: "what becomes of it", operations: "[CREATE, UPDATE]", expression: "request.operation == 'CREATE' || object.spec.replicas <= 3", message: "request.operation",
			update: []string{"UPDATE"}, relabel: []string{"UPDATE"},
		},
		{
			name: "removal", operations: "[DELETE]", expression: "object != null", message: "oldObject.metadata.name + ' is removed'",
			remove: []string{"web is removed"},
		},
		{
			name: "before and after", operations: "[CREATE, UPDATE]", expression: "oldObject == null || object.spec.replicas <= oldObject.spec.replicas", message: "'grown'",
			update: []string{"grown"},
		},
		{
			name: "the user", operations: "[CREATE, UPDATE, DELETE]", expression: "request.userInfo.username.startsWith('bot')", message: "'not by ' + request.userInfo.username",
			create: []string{"not by mallory"}, update: []string{"not by mallory"}, relabel: []string{"not by mallory"}, remove: []string{"not by mallory"}, notRun: true,
		},
	} {
		for family, text := range map[string]string{
			"policy": admissionPolicy(tt.operations, tt.expression, tt.message), "template": codeTemplate(tt.operations, tt.expression, tt.message),
		} {
			t.Run(tt.name+"/"+family, func(t *testing.T) {
				set := opened(t, map[string]string{".gatehouse/policies/rule.yaml": text, ".gatehouse/config.yaml": "version: 1\npolicies: {library: false}\n"})
				if faults := set.load().faults; len(faults) > 0 {
					t.Fatal(faults)
				}
				for _, step := range []struct {
					name          string
					before, after string
					want          []string
				}{
					{"create", "", many, tt.create}, {"update", few, many, tt.update}, {"relabel", many, labelled, tt.relabel}, {"remove", many, "", tt.remove},
				} {
					if diff := gocmp.Diff(step.want, admitted(t, set, step.before, step.after, "mallory")); diff != "" {
						t.Errorf("%s at admission (-want +got):\n%s", step.name, diff)
					}
					if diff := gocmp.Diff(step.want, inChange(t, set, step.before, step.after, "mallory")); diff != "" {
						t.Errorf("%s in a change of files (-want +got):\n%s", step.name, diff)
					}
				}
				result := checks.Run(context.Background(), inputOf(set, "", many))
				if diff := gocmp.Diff(tt.tree, messagesOf(result.Findings)); diff != "" {
					t.Errorf("in a tree (-want +got):\n%s", diff)
				}
				asks := func(n checks.NotRun) bool { return strings.Contains(n.Reason, "who makes the request") }
				if family == "policy" && tt.notRun != slices.ContainsFunc(result.NotRun, asks) || len(result.NotJudged) > 0 {
					t.Errorf("of a tree is not run: %v, and not judged: %v", result.NotRun, result.NotJudged)
				}
			})
		}
	}
}
