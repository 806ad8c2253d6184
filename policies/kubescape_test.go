package policies_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies"
)

// kubescapeRules are rules as they stand in a library for Kubescape, of which two use one
// name for different things.
const kubescapeRules = `
-- rules/escalation/raw.rego --
package armo_builtins
deny[msga] {
	pod := input[_]
	pod.kind == "Pod"
	container := pod.spec.containers[i]
	wrong(container)
	path := sprintf("spec.containers[%v].securityContext.allowPrivilegeEscalation", [format_int(i, 10)])
	msga := {
		"alertMessage": sprintf("container %v in %v/%v may escalate", [container.name, pod.metadata.namespace, pod.metadata.name]),
		"packagename": "armo_builtins",
		"alertScore": 7,
		"reviewPaths": [path],
		"failedPaths": [path],
		"fixPaths": [],
		"alertObject": {"k8sApiObjects": [pod]},
	}
}
wrong(container) { container.securityContext.allowPrivilegeEscalation == true }
-- rules/escalation/filter.rego --
package armo_builtins
deny[msga] {
	pod := input[_]
	msga := {"alertMessage": "to be judged", "alertObject": {"k8sApiObjects": [pod]}}
}
-- rules/requests/raw.rego --
package armo_builtins
import future.keywords.in
deny[msga] {
	pod := input[_]
	container := pod.spec.containers[i]
	fixes := [{"path": sprintf("spec.containers[%d].resources.%s", [i, field]), "value": "YOUR_VALUE"} | some field in ["limits.memory", "requests.cpu"]; wrong(container, field)]
	count(fixes) > 0
	msga := {
		"alertMessage": sprintf("container %v has no resources", [container.name]),
		"failedPaths": [], "fixPaths": fixes,
		"alertObject": {"k8sApiObjects": [pod]},
	}
}
wrong(container, field) { not object.get(container, ["resources"], {})[split(field, ".")[0]] }
-- rules/duplicates/raw.rego --
package armo_builtins
deny[msga] {
	pod := input[_]
	container := pod.spec.containers[i]
	paths := [sprintf("spec.containers[%d].env[%d].name", [i, n]) | container.env[n].name == container.env[m].name; n != m]
	count(paths) > 0
	msga := {
		"alertMessage": "a variable stands twice",
		"deletePaths": paths, "failedPaths": paths, "fixPaths": [],
		"alertObject": {"k8sApiObjects": [pod]},
	}
}
-- rules/account/raw.rego --
package armo_builtins
deny[msga] {
	pod := input[_]
	pod.kind == "Pod"
	mounted(pod)
	msga := {
		"alertMessage": "the account does not say that its token stays away",
		"failedPaths": ["spec.serviceAccountName"], "fixPaths": [],
		"alertObject": {"k8sApiObjects": [pod]},
	}
}
mounted(pod) { account(pod.spec.serviceAccountName).automountServiceAccountToken != false }
mounted(pod) { not account(pod.spec.serviceAccountName).automountServiceAccountToken == false }
account(name) = found { found := input[_]; found.kind == "ServiceAccount"; found.metadata.name == name }
-- rules/token/raw.rego --
package armo_builtins
deny[msga] {
	accounts := [a | a = input[_]; a.kind == "ServiceAccount"]
	pod := input[_]
	pod.kind == "Pod"
	account := accounts[_]
	account.metadata.name == pod.spec.serviceAccountName
	account.metadata.namespace == pod.metadata.namespace
	not account.automountServiceAccountToken == false
	msga := {
		"alertMessage": sprintf("%v mounts the token of %v", [pod.metadata.name, account.metadata.name]),
		"failedPaths": [], "fixPaths": [{"path": "spec.automountServiceAccountToken", "value": "false"}],
		"alertObject": {"k8sApiObjects": [pod]},
	}
}
`

const kubescapeObjects = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccountName: robot
  containers:
    - name: app
      image: a:1
      resources: {limits: {memory: 1Gi}, requests: {cpu: 1}}
      env: [{name: A, value: x}, {name: B, value: x}, {name: A, value: y}]
    - name: side
      image: b:1
      securityContext: {allowPrivilegeEscalation: true}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot}
`

func kubescapeFindings(t *testing.T, archive, objects string) []string {
	t.Helper()
	var files []policies.File
	for _, f := range txtar.Parse([]byte(archive)).Files {
		files = append(files, policies.File{Path: f.Name, Data: f.Data})
	}
	set, faults := policies.Load(policies.Source{Policies: files})
	for _, f := range faults {
		t.Error(f)
	}
	result := checks.Run(t.Context(), checks.Input{
		Files:  []checks.File{{Path: "app.yaml", Load: func() ([]byte, error) { return []byte(objects), nil }}},
		Checks: policies.Checks(set), Limits: manifest.DefaultLimits(), Time: time.Unix(1_700_000_000, 0),
		Given: []checks.Need{checks.NeedTree},
	})
	for _, n := range result.NotJudged {
		t.Errorf("not judged: %+v", n)
	}
	var got []string
	for _, f := range result.Findings {
		got = append(got, fmt.Sprintf("%s %s %s: %s", strings.TrimPrefix(f.Check, "armo-builtins-"), f.Object.Name, f.Field, f.Message)+fixOf(f))
	}
	slices.Sort(got)
	return got
}

// fixOf is what a finding says to do, where its policy says so itself.
func fixOf(f checks.Finding) string {
	if strings.HasPrefix(f.Fix, "Set ") {
		return " " + f.Fix
	}
	return ""
}

func TestKubescape(t *testing.T) {
	want := []string{
		"account-deny web spec.serviceAccountName: the account does not say that its token stays away",
		"duplicates-deny web spec.containers[name=app].env[0].name: a variable stands twice",
		"duplicates-deny web spec.containers[name=app].env[2].name: a variable stands twice",
		"escalation-deny web spec.containers[name=side].securityContext.allowPrivilegeEscalation: container side in default/web may escalate",
		"requests-deny web spec.containers[name=side].resources: container side has no resources Set `spec.containers[1].resources.limits.memory`, `spec.containers[1].resources.requests.cpu`.",
		"token-deny web spec: web mounts the token of robot Set `spec.automountServiceAccountToken` to `false`.",
	}
	if diff := cmp.Diff(want, kubescapeFindings(t, kubescapeRules, kubescapeObjects)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	quiet := strings.NewReplacer("allowPrivilegeEscalation: true", "allowPrivilegeEscalation: false}\n      resources: {limits: {memory: 1Gi}, requests: {cpu: 1}",
		"{name: A, value: y}", "{name: C, value: y}", "metadata: {name: robot}", "metadata: {name: robot}\nautomountServiceAccountToken: false").Replace(kubescapeObjects)
	if got := kubescapeFindings(t, kubescapeRules, quiet); got != nil {
		t.Errorf("found in what is right: %q", got)
	}
}

// TestKubescapeGathered: a rule that reads what only Kubescape makes is never a silent
// pass.
func TestKubescapeGathered(t *testing.T) {
	set, faults := policies.Load(policies.Source{Policies: []policies.File{{Path: "rules/admin/raw.rego", Data: []byte(`package armo_builtins
deny[msga] {
	subject := input[_]
	role := subject.relatedObjects[_]
	role.metadata.name == "cluster-admin"
	msga := {"alertMessage": "admin", "alertObject": {"k8sApiObjects": []}}
}
`)}}})
	if len(faults) != 1 || faults[0].Line != 4 || !strings.Contains(faults[0].Message, "relatedObjects") {
		t.Errorf("faults: %v", faults)
	}
	if n := len(policies.Checks(set)); n != 0 {
		t.Errorf("%d checks", n)
	}
}
