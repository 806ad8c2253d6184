package cel_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/cel"
)

// head begins a policy named p that is for all pods and widgets that are created or
// changed; what follows are further fields of its spec.
const head = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
`

const pods = `  matchConstraints: {resourceRules: [{apiGroups: ["", example.com], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods, widgets]}]}
`

const bound = `---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec: {policyName: p, validationActions: [Deny]}
`

func TestFaults(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"the line of an expression", head + pods + "  validations:\n  - expression: a.b == 1\n", "policy.yaml:7: the expression does not compile: undeclared reference to 'a' (in container '')"},
		{"a line inside a block", head + pods + "  validations:\n  - message: m\n    expression: |\n      true &&\n\n      a\n", "policy.yaml:11: the expression does not compile: undeclared reference to 'a' (in container '')"},
		{"a quoted expression", head + pods + "  validations:\n  - expression: \"true && \\n a\"\n", "policy.yaml:7: the expression does not compile: undeclared reference to 'a' (in container '')"},
		{"a message", head + pods + "  validations:\n  - expression: 'true'\n    messageExpression: '1'\n", "policy.yaml:8: the expression must give string, not int"},
		{"a misspelt field", head + pods + "  validation: []\n", `policy.yaml:4: spec: unknown field "validation"`},
		{"a field of another type", head + pods + "  validations: {}\n", `policy.yaml:4: spec: cannot unmarshal object into Go struct field ValidatingAdmissionPolicySpec.validations of type []v1.Validation`},
		{"nothing to judge", head + pods, "policy.yaml:4: the policy has neither validations nor auditAnnotations"},
		{"an unknown version", strings.Replace(head, "io/v1", "io/v3", 1) + pods, `policy.yaml:1: unknown version "v3" of ValidatingAdmissionPolicy: must be v1 or v1beta1`},
		{"a binding that warns and denies", strings.Replace(bound, "[Deny]", "[Deny, Warn]", 1), "policy.yaml:5: validationActions must not hold both Deny and Warn"},
		{"a binding without actions", strings.Replace(bound, "[Deny]", "[]", 1), "policy.yaml:5: validationActions needs at least one of Deny, Warn and Audit"},
		{"parameters in two ways", strings.Replace(bound, "policyName: p,", "policyName: p, paramRef: {name: a, selector: {}, parameterNotFoundAction: Deny},", 1), "policy.yaml:5: paramRef needs either name or selector"},
		{"parameters without what else", strings.Replace(bound, "policyName: p,", "policyName: p, paramRef: {name: a},", 1), "policy.yaml:5: paramRef.parameterNotFoundAction must be Allow or Deny"},
		{"a policy twice", twice(head + pods + "  validations: [{expression: 'true'}]\n"), "policy.yaml:8: there are two policies with the name p"},
		{"the binding of a policy that is refused", head + pods + bound, "policy.yaml:4: the policy has neither validations nor auditAnnotations\npolicy.yaml:7: the binding b cannot be used: its policy p is refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := cel.Load(documents(c.text))
			var lines []string
			for _, f := range faults {
				lines = append(lines, f.Error())
			}
			if diff := cmp.Diff(c.want, strings.Join(lines, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func twice(text string) string { return text + "---\n" + text }

func documents(text string) []*manifest.Document {
	return manifest.Read("policy.yaml", []byte(text), manifest.DefaultLimits()).Documents
}

// TestUndecided holds that what a file does not tell is never a pass, and that it does
// not matter where the answer does not hang on it.
func TestUndecided(t *testing.T) {
	const (
		pod       = "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {containers: [{name: a, image: a}]}}"
		homeless  = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a}]}}"
		widget    = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: a, namespace: shop}}"
		somewhere = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}}"
		older     = "{apiVersion: example.com/v1alpha1, kind: Widget, metadata: {name: a}}"
		generated = "{apiVersion: v1, kind: Pod, metadata: {generateName: a-, namespace: shop}, spec: {containers: [{name: a, image: a}]}}"
	)
	validation := func(expression string) string {
		return pods + "  validations: [{expression: \"" + expression + "\", message: found}]\n"
	}
	match := func(more string) string {
		return "  matchConstraints: {" + more + ", resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: [CREATE], resources: ['*']}]}\n  validations: [{expression: 'false', message: found}]\n"
	}
	for _, c := range []struct{ name, spec, object, want string }{
		{"a user that counts", validation("request.userInfo.username == 'x'"), pod, "who makes the request"},
		{"a user that does not count", validation("object.metadata.name == 'a' || request.userInfo.username == 'x'"), pod, ""},
		{"a user that does not help", validation("request.userInfo.username == 'x' && object.metadata.name != 'a'"), pod, "found"},
		{"the groups of a user", validation("request.userInfo.groups.exists(g, g == 'x')"), pod, "who makes the request"},
		{"a user in a variable", "  variables: [{name: u, expression: request.userInfo.username}]\n" + validation("variables.u.startsWith('x')"), pod, "who makes the request"},
		{"a user in a condition", "  matchConditions: [{name: c, expression: \"request.userInfo.username != 'x'\"}]\n" + validation("false"), pod, "the matchCondition c needs who makes the request"},
		{"a condition that is false all the same", "  matchConditions: [{name: c, expression: \"request.userInfo.username != 'x'\"}, {name: d, expression: \"false\"}]\n" + validation("false"), pod, ""},
		{"what a user may do", validation("authorizer.group('').resource('pods').check('create').allowed()"), pod, "what the user may do"},
		{"the options of a request", validation("request.options.fieldManager == 'x'"), pod, "the options"},
		{"a Namespace that is not here", validation("namespaceObject.metadata.labels.env == 'prod'"), pod, "namespaceObject"},
		{"the name of a Namespace", validation("namespaceObject.metadata.name == 'prod'"), pod, "found"},
		{"a namespace that is not said", validation("object.metadata.namespace == 'prod'"), homeless, "the namespace of the object"},
		{"the namespace of the request", validation("request.namespace == 'prod'"), homeless, "the namespace of the object"},
		{"whether there is a namespace", validation("has(object.metadata.namespace)"), homeless, ""},
		{"what the server fills in", validation("object.metadata.uid != ''"), pod, "only the API server"},
		{"a status", validation("!has(object.status.phase)"), pod, "only the API server"},
		{"whether there is a status", validation("has(object.status)"), pod, ""},
		{"whether a Namespace has a label", validation("has(namespaceObject.metadata.labels.env)"), pod, "namespaceObject"},
		{"whether a Namespace has a label that does not count", validation("has(namespaceObject.metadata.labels.env) || object.metadata.name == 'a'"), pod, ""},
		{"a label of a Namespace that may be missing", validation("namespaceObject.metadata.?labels.?env.orValue('') == ''"), pod, "namespaceObject"},
		{"all labels of a Namespace", validation("namespaceObject.metadata.labels.all(k, k == 'a')"), pod, "namespaceObject"},
		{"any label of a Namespace", validation("'env' in namespaceObject.metadata.labels"), pod, "namespaceObject"},
		{"what a Namespace is compared with", validation("{'a': 'b'} == namespaceObject.metadata.labels"), pod, "namespaceObject"},
		{"what is counted", validation("size(namespaceObject.metadata.labels) == 0"), pod, "namespaceObject"},
		{"a Namespace in a variable", "  variables: [{name: l, expression: \"namespaceObject.metadata.labels\"}]\n" + validation("variables.l.exists(k, k == 'a') || !('x' in variables.l)"), pod, "namespaceObject"},
		{"both unknown and wrong", validation("has(request.options.x) && object.spec.nothing == 1"), pod, "the options"},
		{"an extra of a user", validation("has(request.userInfo.extra.x)"), pod, "who makes the request"},
		{"a name that is made up", validation("object.metadata.name != 'a-12345'"), generated, "only the API server"},
		{"labels of a Namespace", match("namespaceSelector: {matchLabels: {env: prod}}"), pod, "labels of the Namespace shop"},
		{"labels of a Namespace that cannot match", match("namespaceSelector: {matchLabels: {env: prod, kubernetes.io/metadata.name: other}}"), pod, ""},
		{"the label that says the name", match("namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}"), pod, "found"},
		{"no namespace to select", match("namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}"), homeless, "in which it is"},
		{"objects that are not selected", match("namespaceSelector: {matchLabels: {env: prod}}, objectSelector: {matchLabels: {a: b}}"), pod, ""},
		{"a kind in a namespace", "  matchConstraints: {resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: [CREATE], resources: ['*'], scope: Cluster}]}\n  validations: [{expression: 'false', message: found}]\n", widget, ""},
		{"a kind of which nobody knows the scope", "  matchConstraints: {resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: [CREATE], resources: ['*'], scope: Cluster}]}\n  validations: [{expression: 'false', message: found}]\n", somewhere, "Widget lie in namespaces"},
		{"another version of a kind", validation("false"), older, "converts this v1alpha1"},
		{"an error that is let through", "  failurePolicy: Ignore\n" + validation("object.spec.nothing == 1"), pod, "failurePolicy: Ignore"},
		{"an error that is denied", validation("object.spec.nothing == 1"), pod, "no such key: nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := verdict(t, head+c.spec+bound, c.object, cel.Request{Operation: "CREATE"}); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// verdict is what the one policy of a text says of a new object, in words.
func verdict(t *testing.T, text, object string, r cel.Request) string {
	t.Helper()
	set, faults := cel.Load(documents(text))
	if len(faults) > 0 || len(set.Policies) != 1 {
		t.Fatalf("%v, %d policies", faults, len(set.Policies))
	}
	if r.Object == nil && object != "" {
		r.Object = cel.NewObject(documents(object)[0].Canonical())
	}
	found, err := set.Judge(t.Context(), set.Policies[0], r)
	var said []string
	for _, v := range found {
		said = append(said, v.Message)
	}
	if err != nil {
		if !errors.Is(err, cel.ErrUndecided) && !errors.Is(err, cel.ErrIgnored) {
			t.Errorf("%v", err)
		}
		said = append(said, err.Error())
	}
	return strings.Join(said, "; ")
}

// TestKnown holds that what a gate knows of a request is used.
func TestKnown(t *testing.T) {
	const widget = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}}"
	text := head + `  matchConstraints: {resourceRules: [{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [widgetry]}]}
  validations: [{expression: "request.userInfo.username == 'x'", messageExpression: "request.userInfo.username + ' in ' + request.namespace"}]
` + bound
	fields := documents("{resource: {group: example.com, version: v1, resource: widgetry}, namespace: shop, userInfo: {username: ann}}")[0].Root.Items
	if got := verdict(t, text, widget, cel.Request{Operation: "CREATE"}); got != "" {
		t.Errorf("a resource that is guessed wrong: %q", got)
	}
	if got := verdict(t, text, widget, cel.Request{Operation: "CREATE", Fields: fields}); got != "ann in shop" {
		t.Errorf("got %q", got)
	}
}

// TestSubresources holds that a request for a part of an object is one of its own.
func TestSubresources(t *testing.T) {
	const pod = "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: b}}"
	for _, c := range []struct{ rule, sub, want string }{
		{"pods", "", "of "}, {"pods", "status", ""}, {"pods/status", "", ""}, {"pods/status", "status", "of status"}, {"pods/*", "status", "of status"},
		{"'*/*'", "", "of "}, {"'*/status'", "status", "of status"}, {"'*'", "status", ""},
	} {
		text := head + "  matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [" + c.rule + `]}]}
  validations: [{expression: "false", messageExpression: "'of ' + request.?subResource.orValue('')"}]
` + bound
		fields := documents("{subResource: '" + c.sub + "'}")[0].Root.Items
		if got := verdict(t, text, pod, cel.Request{Operation: "CREATE", Fields: fields}); got != strings.TrimSpace(c.want) && got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

// TestKinds holds that a definition among the policies says what a kind is called, where
// it lies and in which versions it is served.
func TestKinds(t *testing.T) {
	const definition = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: octopodes.example.com}
spec:
  group: example.com
  scope: %s
  names: {kind: Octopus, plural: octopodes}
  conversion: {strategy: %s}
  versions: [{name: v1, served: true}, {name: v1beta1, served: true}, {name: v1alpha1, served: false}]
`
	const policy = `  matchConstraints: {resourceRules: [{apiGroups: [example.com], apiVersions: [%s], operations: [CREATE], resources: [octopodes], scope: Cluster}]}
  validations: [{expression: "false", messageExpression: "string(object.apiVersion)"}]
`
	const object = "{apiVersion: example.com/v1beta1, kind: Octopus, metadata: {name: a}}"
	for _, c := range []struct{ scope, strategy, version, want string }{
		{"Cluster", "None", "v1beta1", "example.com/v1beta1"},
		{"Cluster", "None", "v1", "example.com/v1"},
		{"Cluster", "None", "v1alpha1", ""},
		{"Cluster", "Webhook", "v1", "it cannot be told from a file what the policy says: the policy looks at octopodes as v1, to which the API server converts this v1beta1"},
		{"Namespaced", "None", "v1", ""},
	} {
		text := head + fmt.Sprintf(policy, c.version) + bound + fmt.Sprintf(definition, c.scope, c.strategy)
		if got := verdict(t, text, object, cel.Request{Operation: "CREATE"}); got != c.want {
			t.Errorf("%v: got %q", c, got)
		}
	}
}

func TestNotices(t *testing.T) {
	set, faults := cel.Load(documents(head + pods + "  validations: [{expression: 'true'}]\n" + strings.Replace(bound, "policyName: p", "policyName: q", 1)))
	var said []string
	for _, n := range set.Notices {
		said = append(said, n.Error())
	}
	want := []string{
		"policy.yaml:8: the binding b judges nothing: its policy q is not here",
		"policy.yaml:1: the ValidatingAdmissionPolicy p judges nothing: no ValidatingAdmissionPolicyBinding names it",
	}
	if diff := cmp.Diff(want, said); diff != "" || len(faults) > 0 || len(set.Policies) > 0 {
		t.Errorf("%v %v", faults, diff)
	}
}

// TestDeadline holds that an evaluation that is stopped is no verdict.
func TestDeadline(t *testing.T) {
	text := head + pods + `  validations: [{expression: "[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, a+b+c+d > 0))))"}]
` + bound
	set, _ := cel.Load(documents(text))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	object := documents("{apiVersion: v1, kind: Pod, metadata: {name: a}}")[0]
	found, err := set.Judge(ctx, set.Policies[0], cel.Request{Operation: "CREATE", Object: cel.NewObject(object.Canonical())})
	if !errors.Is(err, context.Canceled) || len(found) > 0 {
		t.Errorf("got %v, %v", found, err)
	}
}

// FuzzLoad holds that no text breaks loading, and none of what is loaded an object.
func FuzzLoad(f *testing.F) {
	f.Add(head + pods + "  validations: [{expression: \"object.spec.containers.all(c, c.image != '')\", messageExpression: \"'a' + object.kind\"}]\n" + bound)
	f.Add(head + pods + "  variables: [{name: a, expression: object.spec}]\n  matchConditions: [{name: a, expression: 'true'}]\n  auditAnnotations: [{key: a, valueExpression: 'null'}]\n  validations: [{expression: variables.a == 1}]\n" + bound)
	f.Add(strings.Replace(bound, "policyName: p", "policyName: p, paramRef: {selector: {matchLabels: {a: b}}, parameterNotFoundAction: Deny}, matchResources: {namespaceSelector: {}}", 1))
	object := cel.NewObject(documents(linesObject)[0].Canonical())
	f.Fuzz(func(t *testing.T, text string) {
		set, _ := cel.Load(documents(text))
		for _, p := range set.Policies {
			for _, r := range []cel.Request{{Operation: "CREATE", Object: object}, {Operation: "UPDATE", Object: object, Old: object}, {Operation: "DELETE", Old: object}} {
				found, _ := set.Judge(t.Context(), p, r)
				for _, v := range found {
					if v.Place(t.Context()).Node == nil {
						t.Errorf("%q is at no place", v.Message)
					}
				}
			}
		}
	})
}
