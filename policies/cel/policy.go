package cel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/google/cel-go/cel"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// A Policy is a ValidatingAdmissionPolicy that compiles.
type Policy struct {
	Name     string
	File     string
	Line     int
	Metadata map[string]string // annotations
	Bindings []*Binding

	match       *matcher
	ignores     bool // what fails is let through by the API server (failurePolicy: Ignore)
	paramKind   *admissionv1.ParamKind
	conditions  []condition
	variables   []variable
	validations []validation
	annotations []*expression
	preset      int   // how many of the variables it does not define itself
	budget      int64 // what all its validations may cost
}

type condition struct {
	name string
	*expression
}

type variable struct {
	name string
	*expression
}

type validation struct {
	*expression
	message string
	words   *expression // messageExpression; nil where there is none
}

// Group is the API group of policies and their bindings.
const Group = "admissionregistration.k8s.io"

// IsPolicy tells whether d is a ValidatingAdmissionPolicy.
func IsPolicy(d *manifest.Document) bool {
	return d.Object.Kind == "ValidatingAdmissionPolicy" && d.Object.Group() == Group
}

// IsBinding tells whether d is a ValidatingAdmissionPolicyBinding.
func IsBinding(d *manifest.Document) bool {
	return d.Object.Kind == "ValidatingAdmissionPolicyBinding" && d.Object.Group() == Group
}

// reader reads the policies of one set.
type reader struct{ environments *environments }

// policy reads and compiles a policy. Where it gives faults, the API server refuses it.
func (r reader) policy(d *manifest.Document) (*Policy, []Fault) {
	var spec admissionv1.ValidatingAdmissionPolicySpec
	if fault := decode(d, &spec); fault != nil {
		return nil, []Fault{*fault}
	}
	p := &Policy{Name: d.Root.Lookup("metadata", "name").Str(), File: d.File, Line: int(d.At().Line), Metadata: map[string]string{}, paramKind: spec.ParamKind}
	if notes := d.Root.Lookup("metadata", "annotations"); notes != nil {
		for i := range notes.Items {
			p.Metadata[notes.Items[i].Key] = notes.Items[i].Str()
		}
	}
	c := &checker{doc: d}
	c.head(&spec)
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	p.ignores = spec.FailurePolicy != nil && *spec.FailurePolicy == admissionv1.Ignore
	match, fault := newMatcher(d, "matchConstraints", spec.MatchConstraints)
	if fault != nil {
		return nil, []Fault{*fault}
	}
	p.match = match
	all := declared{params: spec.ParamKind != nil, authorizer: true}
	faults := p.compile(d, d.Root.Get("spec"), &spec, dialect{
		conditions: "matchConditions", judging: all, naming: all, wording: declared{params: all.params}, budget: celconfig.RuntimeCELCostBudget,
	}, r.environments)
	if len(faults) > 0 {
		return nil, faults
	}
	return p, nil
}

// decode reads the spec of an object as strictly as kubectl sends it.
func decode(d *manifest.Document, into any) *Fault {
	switch v := d.Object.Version(); v {
	case "v1", "v1beta1", "v1alpha1":
	default:
		f := at(d, d.Root.Get("apiVersion"), "unknown version %q of %s: must be v1 or v1beta1", v, d.Object.Kind)
		return &f
	}
	spec := d.Root.Get("spec")
	if spec == nil || spec.Kind != manifest.Map {
		f := at(d, spec, "%s has no spec", d.Object.Kind)
		return &f
	}
	if d.Root.Lookup("metadata", "name").Str() == "" {
		f := at(d, d.Root.Get("metadata"), "%s has no name", d.Object.Kind)
		return &f
	}
	data, err := json.Marshal(spec.Value())
	if err == nil {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		err = dec.Decode(into)
	}
	if err != nil {
		f := at(d, spec, "spec: %s", strings.TrimPrefix(err.Error(), "json: "))
		return &f
	}
	return nil
}

// checker collects what the API server would refuse.
type checker struct {
	doc    *manifest.Document
	faults []Fault
}

func (c *checker) fault(n *manifest.Node, format string, args ...any) {
	if n == nil {
		n = c.doc.Root.Get("spec")
	}
	c.faults = append(c.faults, at(c.doc, n, format, args...))
}

// The most that the API server takes of each.
const (
	mostConditions  = 64
	mostAnnotations = 20
)

// head checks what stands around the expressions.
func (c *checker) head(spec *admissionv1.ValidatingAdmissionPolicySpec) {
	node := c.doc.Root.Get("spec")
	if f := spec.FailurePolicy; f != nil && *f != admissionv1.Fail && *f != admissionv1.Ignore {
		c.fault(node.Get("failurePolicy"), "unknown failurePolicy %q: must be Fail or Ignore", *f)
	}
	if k := spec.ParamKind; k != nil && (k.Kind == "" || k.APIVersion == "") {
		c.fault(node.Get("paramKind"), "paramKind needs apiVersion and kind")
	}
	if spec.MatchConstraints == nil || len(spec.MatchConstraints.ResourceRules) == 0 {
		c.fault(node.Get("matchConstraints"), "matchConstraints needs at least one of resourceRules")
	}
	if len(spec.Validations) == 0 && len(spec.AuditAnnotations) == 0 {
		c.fault(node, "the policy has neither validations nor auditAnnotations")
	}
	if len(spec.MatchConditions) > mostConditions {
		c.fault(node.Get("matchConditions"), "there are more than %d matchConditions", mostConditions)
	}
	if len(spec.AuditAnnotations) > mostAnnotations {
		c.fault(node.Get("auditAnnotations"), "there are more than %d auditAnnotations", mostAnnotations)
	}
	var names []string
	for i, m := range spec.MatchConditions {
		at := item(node, "matchConditions", i)
		if m.Name == "" {
			c.fault(at, "a matchCondition has no name")
		}
		if slices.Contains(names, m.Name) {
			c.fault(at, "there are two matchConditions with the name %q", m.Name)
		}
		names = append(names, m.Name)
		c.needs(at, "expression", m.Expression)
	}
	for i, v := range spec.Variables {
		at := item(node, "variables", i)
		if !isIdentifier(v.Name) {
			c.fault(at, "%q is no name for a variable", v.Name)
		}
		c.needs(at, "expression", v.Expression)
	}
	for i := range spec.Validations {
		c.validation(item(node, "validations", i), &spec.Validations[i])
	}
	for i, a := range spec.AuditAnnotations {
		c.needs(item(node, "auditAnnotations", i), "valueExpression", a.ValueExpression)
	}
}

func (c *checker) needs(n *manifest.Node, key, text string) {
	if strings.TrimSpace(text) == "" {
		c.fault(n, "%s is empty", key)
	}
}

func (c *checker) validation(n *manifest.Node, v *admissionv1.Validation) {
	c.needs(n, "expression", v.Expression)
	switch message := strings.TrimSpace(v.Message); {
	case v.Message != "" && message == "":
		c.fault(n.Get("message"), "message is empty")
	case strings.ContainsAny(message, "\n\r"):
		c.fault(n.Get("message"), "message must not contain line breaks")
	}
	if v.MessageExpression != "" {
		c.needs(n.Get("messageExpression"), "messageExpression", v.MessageExpression)
	}
	if r := v.Reason; r != nil && !slices.Contains([]string{"Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"}, string(*r)) {
		c.fault(n.Get("reason"), "unknown reason %q: must be Forbidden, Invalid, RequestEntityTooLarge or Unauthorized", *r)
	}
}

func isIdentifier(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

func item(n *manifest.Node, key string, i int) *manifest.Node {
	if list := n.Get(key); list != nil && i >= 0 && i < len(list.Items) {
		return &list.Items[i]
	}
	return nil
}

// dialect is what the expressions of one form of policies may use, and where they stand.
type dialect struct {
	conditions string // the field of the matchConditions
	composed   bool   // conditions know the variables
	// What may be named besides: by conditions and validations, by variables, and by
	// messages.
	judging, naming, wording declared
	budget                   int64
}

// compile compiles all expressions of a policy, which stand below a node.
func (p *Policy) compile(d *manifest.Document, node *manifest.Node, spec *admissionv1.ValidatingAdmissionPolicySpec, in dialect, environments *environments) []Fault {
	var faults []Fault
	one := func(c *composition, with declared, n *manifest.Node, key, text string, results ...*cel.Type) *expression {
		env, err := c.of(with)
		if err != nil {
			faults = append(faults, at(d, n, "%v", err))
			return nil
		}
		x, wrong := compile(env, source{d, n.Get(key)}, text, results...)
		faults = append(faults, wrong...)
		return x
	}
	composed := environments.compose(len(spec.Variables) > 0)
	plain := composed
	if !in.composed {
		plain = environments.compose(false)
	}
	for i, v := range spec.Variables {
		x := one(composed, in.naming, item(node, "variables", i-p.preset), "expression", v.Expression, cel.AnyType, cel.DynType)
		if x == nil {
			composed.declare(v.Name, nil) // those that use it are not to blame
			continue
		}
		composed.declare(v.Name, x.result)
		p.variables = append(p.variables, variable{v.Name, x})
	}
	for i, m := range spec.MatchConditions {
		p.conditions = append(p.conditions, condition{m.Name, one(plain, in.judging, item(node, in.conditions, i), "expression", m.Expression, cel.BoolType)})
	}
	for i, v := range spec.Validations {
		n := item(node, "validations", i)
		checked := validation{expression: one(composed, in.judging, n, "expression", v.Expression, cel.BoolType), message: v.Message}
		if v.MessageExpression != "" {
			checked.words = one(composed, in.wording, n, "messageExpression", v.MessageExpression, cel.StringType)
		}
		p.validations = append(p.validations, checked)
	}
	for i, a := range spec.AuditAnnotations {
		p.annotations = append(p.annotations, one(composed, in.judging, item(node, "auditAnnotations", i), "valueExpression", a.ValueExpression, cel.StringType, cel.NullType))
	}
	p.budget = in.budget
	return faults
}

// expressions are all expressions that a policy says itself.
func (p *Policy) expressions() []*expression {
	var all []*expression
	for _, c := range p.conditions {
		all = append(all, c.expression)
	}
	for _, v := range p.variables[p.preset:] {
		all = append(all, v.expression)
	}
	for _, v := range p.validations {
		all = append(all, v.expression)
		if v.words != nil {
			all = append(all, v.words)
		}
	}
	return append(all, p.annotations...)
}

func (p *Policy) mentions(name string, fields ...string) bool {
	return slices.ContainsFunc(p.expressions(), func(x *expression) bool { return x.mentions(name, fields...) })
}

// Asks is what a policy asks of a request besides its object.
type Asks struct {
	Old, Operation, User bool
}

// Asks tells what the answer of a policy may hang on.
func (p *Policy) Asks() Asks {
	return Asks{
		Old:       p.mentions(oldObjectName),
		Operation: p.mentions(requestName, "operation", "options", "dryRun") || p.match != nil && !p.match.alike(),
		User:      p.mentions(requestName, "userInfo") || p.mentions(authorizerName) || p.mentions(requestResourceName),
	}
}

// Change tells whether the answer may differ with what becomes of an object, and not
// only with what it is.
func (a Asks) Change() bool { return a.Old || a.Operation || a.User }

// Asked tells whether any rule of a policy is for an operation.
func (p *Policy) Asked(operation string) bool { return p.match.asked(operation) }

// A Rule is for which requests a policy is.
type Rule struct {
	Groups, Resources []string // * for any
	// Writing tells that it is for what is made or changed, Removal for what is deleted.
	Writing, Removal bool
}

// Rules lists for which requests a policy is; what its selectors leave out is not told.
func (p *Policy) Rules() []Rule {
	var list []Rule
	for _, r := range p.match.rules {
		rule := Rule{Groups: r.APIGroups, Writing: asks(r, "CREATE") || asks(r, "UPDATE"), Removal: asks(r, "DELETE")}
		for _, resource := range r.Resources {
			if name, sub, _ := strings.Cut(resource, "/"); sub == "" || sub == "*" {
				rule.Resources = append(rule.Resources, name)
			}
		}
		if len(rule.Resources) > 0 {
			list = append(list, rule)
		}
	}
	return list
}

// A Binding says for what a policy is in force, with which parameters, and what follows.
type Binding struct {
	Name   string
	Policy string
	File   string
	Line   int

	match   *matcher // nil for all that the policy is for
	param   *admissionv1.ParamRef
	actions []admissionv1.ValidationAction
	given   parameters
}

// Actions that may follow from what a policy finds.
const (
	Deny  = string(admissionv1.Deny)
	Warn  = string(admissionv1.Warn)
	Audit = string(admissionv1.Audit)
)

// Actions lists what follows from what the policy finds.
func (b *Binding) Actions() []string {
	var out []string
	for _, a := range b.actions {
		out = append(out, string(a))
	}
	return out
}

// readBinding reads a binding. Where it gives a fault, the API server refuses it.
func readBinding(d *manifest.Document) (*Binding, *Fault) {
	var spec admissionv1.ValidatingAdmissionPolicyBindingSpec
	if fault := decode(d, &spec); fault != nil {
		return nil, fault
	}
	b := &Binding{
		Name: d.Root.Lookup("metadata", "name").Str(), File: d.File, Line: int(d.At().Line),
		Policy: spec.PolicyName, param: spec.ParamRef, actions: spec.ValidationActions,
	}
	node := d.Root.Get("spec")
	refuse := func(n *manifest.Node, format string, args ...any) (*Binding, *Fault) {
		if n == nil {
			n = node
		}
		f := at(d, n, format, args...)
		return nil, &f
	}
	if b.Policy == "" {
		return refuse(nil, "the binding names no policy (policyName)")
	}
	if why := refusedActions(b.actions); why != "" {
		return refuse(node.Get("validationActions"), "%s", why)
	}
	if ref := spec.ParamRef; ref != nil {
		switch action := ref.ParameterNotFoundAction; {
		case ref.Name == "" && ref.Selector == nil, ref.Name != "" && ref.Selector != nil:
			return refuse(node.Get("paramRef"), "paramRef needs either name or selector")
		case action == nil || *action != admissionv1.AllowAction && *action != admissionv1.DenyAction:
			return refuse(node.Get("paramRef"), "paramRef.parameterNotFoundAction must be Allow or Deny")
		}
		if _, err := selectorOf(ref.Selector); err != nil {
			return refuse(node.Get("paramRef"), "paramRef.selector: %v", err)
		}
	}
	if spec.MatchResources != nil {
		match, fault := newMatcher(d, "matchResources", spec.MatchResources)
		if fault != nil {
			return nil, fault
		}
		b.match = match
	}
	return b, nil
}

func refusedActions(actions []admissionv1.ValidationAction) string {
	if len(actions) == 0 {
		return "validationActions needs at least one of Deny, Warn and Audit"
	}
	for i, a := range actions {
		switch {
		case a != admissionv1.Deny && a != admissionv1.Warn && a != admissionv1.Audit:
			return fmt.Sprintf("unknown action %q: must be Deny, Warn or Audit", a)
		case slices.Contains(actions[:i], a):
			return fmt.Sprintf("the action %s stands twice", a)
		}
	}
	if slices.Contains(actions, admissionv1.Deny) && slices.Contains(actions, admissionv1.Warn) {
		return "validationActions must not hold both Deny and Warn"
	}
	return ""
}
