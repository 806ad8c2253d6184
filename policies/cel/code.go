package cel

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// Engine is the name under which ConstraintTemplates of Gatekeeper hold expressions.
const Engine = "K8sNativeValidation"

// A Code is the expressions of a ConstraintTemplate, as Gatekeeper v3.23 runs them
// (pkg/drivers/k8scel): a policy without rules, whose parameters are the constraint.
type Code struct {
	policy *Policy
	set    *Set
}

// What Gatekeeper defines in every template.
var gatekeepers = []admissionv1.Variable{
	{Name: "params", Expression: "!has(params.spec) ? null : !has(params.spec.parameters) ? null : params.spec.parameters"},
	{Name: "anyObject", Expression: `has(request.operation) && request.operation == "DELETE" && object == null ? oldObject : object`},
}

// reservedPrefix begins names that Gatekeeper keeps for itself.
const reservedPrefix = "gatekeeper_internal_"

// codeSource is the source of a template for this engine. Gatekeeper passes over fields
// that it does not know.
type codeSource struct {
	FailurePolicy *admissionv1.FailurePolicyType `json:"failurePolicy"`
	Conditions    []admissionv1.MatchCondition   `json:"matchCondition"`
	Variables     []admissionv1.Variable         `json:"variables"`
	Validations   []admissionv1.Validation       `json:"validations"`
}

// ReadCode reads and compiles the source of a template.
func ReadCode(d *manifest.Document, node *manifest.Node) (*Code, []Fault) {
	refuse := func(n *manifest.Node, format string, args ...any) (*Code, []Fault) {
		if n == nil {
			n = node
		}
		return nil, []Fault{at(d, n, format, args...)}
	}
	if node == nil || node.Kind != manifest.Map {
		return refuse(node, "the code for the engine %s has no source", Engine)
	}
	var s codeSource
	data, err := json.Marshal(node.Value())
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return refuse(node, "source: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if f := s.FailurePolicy; f != nil && *f != admissionv1.Fail && *f != admissionv1.Ignore {
		return refuse(node.Get("failurePolicy"), "unknown failurePolicy %q: must be Fail or Ignore", *f)
	}
	for i, v := range s.Variables {
		own := slices.ContainsFunc(gatekeepers, func(o admissionv1.Variable) bool { return o.Name == v.Name })
		if own || strings.HasPrefix(v.Name, reservedPrefix) || !isIdentifier(v.Name) {
			return refuse(item(node, "variables", i), "a template must not define the variable %q", v.Name)
		}
	}
	for i, m := range s.Conditions {
		if strings.HasPrefix(m.Name, reservedPrefix) {
			return refuse(item(node, "matchCondition", i), "a template must not define the matchCondition %q", m.Name)
		}
	}
	p := &Policy{
		Name: d.Object.Name, File: d.File, Line: int(d.At().Line),
		ignores: s.FailurePolicy != nil && *s.FailurePolicy == admissionv1.Ignore, preset: len(gatekeepers),
	}
	spec := admissionv1.ValidatingAdmissionPolicySpec{MatchConditions: s.Conditions, Variables: slices.Concat(gatekeepers, s.Variables), Validations: s.Validations}
	faults := p.compile(d, node, &spec, dialect{
		conditions: "matchCondition", composed: true, naming: declared{params: true}, budget: celconfig.PerCallLimit,
	}, newEnvironments())
	if len(faults) > 0 {
		return nil, faults
	}
	return &Code{policy: p, set: &Set{around: &surroundings{kinds: kinds{}, namespaces: map[string]*manifest.Node{}}}}, nil
}

// Asks tells what the answer of the code may hang on.
func (c *Code) Asks() Asks { return c.policy.Asks() }

// Judge tells what the code says of a request under a constraint. namespace is the
// Namespace of the object, nil where it is not known. The error is why a part of it, or
// all, is not judged.
func (c *Code) Judge(ctx context.Context, r Request, constraint *Object, namespace *manifest.Node) ([]Violation, error) {
	ctx, cancel := context.WithTimeout(ctx, rego.DefaultDeadline)
	defer cancel()
	around := *c.set.around
	if namespace != nil {
		around.namespaces = map[string]*manifest.Node{namespace.Lookup("metadata", "name").Str(): namespace}
	}
	t := around.targetOf(r)
	run := &run{set: c.set, policy: c.policy, request: r, target: t, version: t.version, values: around.values(r, t, t.version), params: constraint.value()}
	found, err := run.judge(ctx)
	if err != nil {
		err = fmt.Errorf("the code of the template %s: %w", c.policy.Name, err)
	}
	return found, err
}
