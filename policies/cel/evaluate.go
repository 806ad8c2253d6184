package cel

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/lazy"
)

// A Violation is one thing that a policy says of a request. Its message is that of the
// API server.
type Violation struct {
	Message string
	Binding *Binding
	// Always tells that the API server denies the request whatever the actions of the
	// binding are: the binding or an audit annotation fails.
	Always bool
	// Failed tells that an expression could not be evaluated, which is denied, too.
	Failed bool

	validation *validation // nil where it is about none
	run        *run
}

// ErrUndecided tells that it is not known whether the API server would let a request
// through.
var ErrUndecided = errors.New("it cannot be told from a file what the policy says")

// ErrNobody is an ErrUndecided where all that is missing is who makes the request, or
// what they may do: no file ever tells.
var ErrNobody = fmt.Errorf("%w: it is not known who applies it", ErrUndecided)

// AsksForNobodyElse tells whether all that an error of Judge joins is ErrNobody.
func AsksForNobodyElse(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(joined.Unwrap(), func(e error) bool { return !AsksForNobodyElse(e) })
	}
	return errors.Is(err, ErrNobody)
}

// openFor is ErrUndecided or ErrNobody, by what is missing.
func openFor(u *types.Unknown) error {
	for _, id := range u.IDs() {
		if id != unknownUser && id != unknownAuthorizer {
			return ErrUndecided
		}
	}
	return ErrNobody
}

// ErrIgnored tells that a policy could not be evaluated, and that the API server lets
// the request through then (failurePolicy: Ignore).
var ErrIgnored = errors.New("the policy could not be evaluated, and the API server would let the object through (failurePolicy: Ignore)")

// Judge tells what a policy of the set says of a request. The error is why a part of
// it, or all, is not judged; the violations stand in any case.
func (s *Set) Judge(ctx context.Context, p *Policy, r Request) ([]Violation, error) {
	if !p.Asked(r.Operation) {
		return nil, nil
	}
	t := s.around.targetOf(r)
	if t.exempt() {
		return nil, nil
	}
	matched := p.match.decide(t)
	if matched.decision == no {
		return nil, nil
	}
	var found []Violation
	var open []error
	for _, b := range p.Bindings {
		bound := answer{decision: yes}
		if b.match != nil {
			bound = b.match.decide(t)
		}
		switch {
		case bound.decision == no:
			continue
		case matched.decision == undecided:
			return nil, fmt.Errorf("%w: %s", ErrUndecided, matched.why)
		case bound.decision == undecided:
			open = append(open, fmt.Errorf("%w: %s", ErrUndecided, bound.why))
			continue
		}
		list, err := s.bound(ctx, p, b, r, t, matched.version)
		found = append(found, list...)
		if err != nil {
			open = append(open, err)
		}
	}
	return found, errors.Join(open...)
}

// bound judges with all parameters of one binding.
func (s *Set) bound(ctx context.Context, p *Policy, b *Binding, r Request, t *target, version string) ([]Violation, error) {
	ctx, cancel := context.WithTimeout(ctx, rego.DefaultDeadline)
	defer cancel()
	params, err, open := b.given.of(t)
	switch {
	case open != nil:
		return nil, fmt.Errorf("%w: %w", ErrUndecided, open)
	case err != nil && p.ignores:
		return nil, fmt.Errorf("%w: %w", ErrIgnored, err)
	case err != nil:
		return []Violation{{Message: configurationError(err).Error(), Binding: b, Always: true, Failed: true, run: &run{request: r}}}, nil
	}
	var found []Violation
	var opens []error
	given := s.around.values(r, t, version)
	for _, param := range params {
		run := &run{policy: p, binding: b, request: r, values: given, target: t, version: version, set: s}
		if param != nil {
			run.params = param.value()
		}
		list, err := run.judge(ctx)
		found = append(found, list...)
		if err != nil {
			opens = append(opens, err)
		}
	}
	return found, errors.Join(opens...)
}

// run is the evaluation of a policy with one object of parameters.
type run struct {
	set     *Set
	policy  *Policy
	binding *Binding
	request Request
	target  *target
	version string
	values
	params any
}

// judge evaluates all that a policy says, in the order of the API server.
func (r *run) judge(ctx context.Context) ([]Violation, error) {
	met, failed, open := r.conditions(ctx)
	switch {
	case open != nil:
		return nil, open
	case failed != nil:
		return r.failed(failed, nil)
	case !met:
		return nil, nil
	}
	var found []Violation
	var opens []error
	add := func(list []Violation, err error) {
		found = append(found, list...)
		if err != nil {
			opens = append(opens, err)
		}
	}
	e := r.evaluation(ctx, r.policy.budget, r.namespace)
	results := make([]result, len(r.policy.validations))
	for i, v := range r.policy.validations {
		results[i] = e.of(v.expression)
	}
	if e.spent != nil {
		return r.failed(e.spent, nil)
	}
	words, spent := r.words(ctx, e.budget)
	for i := range r.policy.validations {
		v := &r.policy.validations[i]
		switch res := results[i]; {
		case res.err != nil:
			add(r.failed(res.err, v))
		case spent != nil:
			add(r.failed(fmt.Errorf("failed messageExpression: %w", spent), v))
		case res.unknown != nil:
			add(nil, fmt.Errorf("%w: the expression %s needs %s", openFor(res.unknown), short(v.text), wordsOf(res.unknown)))
		case res.value != types.True:
			add([]Violation{{Message: v.says(words[i]), Binding: r.binding, validation: v, run: r}}, nil)
		}
	}
	add(r.annotations(ctx))
	return found, errors.Join(opens...)
}

// short is the beginning of an expression, on one line.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	const most = 80
	if len(text) > most {
		cut := strings.ToValidUTF8(text[:most], "")
		return cut + "…"
	}
	return text
}

// failed is what follows where something cannot be evaluated.
func (r *run) failed(err error, v *validation) ([]Violation, error) {
	if errors.Is(err, rego.ErrDeadline) || errors.Is(err, context.Canceled) {
		return nil, err // the API server may have been faster
	}
	if r.policy.ignores {
		return nil, fmt.Errorf("%w: %w", ErrIgnored, err)
	}
	return []Violation{{Message: err.Error(), Binding: r.binding, Failed: true, validation: v, run: r}}, nil
}

// conditions asks the matchConditions: one that is false ends it, whatever the others
// are.
func (r *run) conditions(ctx context.Context) (met bool, failed, open error) {
	if len(r.policy.conditions) == 0 {
		return true, nil, nil
	}
	e := r.evaluation(ctx, celconfig.RuntimeCELCostBudgetMatchConditions, nil)
	var errs []string
	for _, c := range r.policy.conditions {
		res := e.of(c.expression)
		switch {
		case e.spent != nil:
			return false, e.spent, nil
		case res.err != nil:
			errs = append(errs, res.err.Error())
		case res.unknown != nil:
			open = fmt.Errorf("%w: the matchCondition %s needs %s", openFor(res.unknown), c.name, wordsOf(res.unknown))
		case res.value == types.False:
			return false, nil, nil
		}
	}
	if open != nil {
		return false, nil, open
	}
	switch len(errs) {
	case 0:
		return true, nil, nil
	case 1:
		return false, errors.New(errs[0]), nil
	}
	return false, errors.New("[" + strings.Join(errs, ", ") + "]"), nil // as the API server joins them
}

// words evaluates the messages of all validations, of those that pass, too: they cost
// the API server as much.
func (r *run) words(ctx context.Context, budget int64) ([]string, error) {
	e := r.evaluation(ctx, budget, r.namespace)
	out := make([]string, len(r.policy.validations))
	for i, v := range r.policy.validations {
		if v.words == nil {
			continue
		}
		res := e.of(v.words)
		if e.spent != nil {
			return out, e.spent
		}
		text, isText := res.value.(types.String)
		if res.err != nil || !isText {
			continue
		}
		// The API server drops what is too long or has more than one line.
		if s := strings.TrimSpace(string(text)); len(s) <= celconfig.MaxEvaluatedMessageExpressionSizeBytes && !strings.Contains(s, "\n") {
			out[i] = s
		}
	}
	return out, nil
}

// says is the message of a validation that fails.
func (v *validation) says(words string) string {
	if words != "" {
		return words
	}
	if message := strings.TrimSpace(v.message); message != "" {
		return message
	}
	return "failed expression: " + strings.TrimSpace(v.text)
}

// annotations evaluates the audit annotations, which are written nowhere here: one that
// fails is denied.
func (r *run) annotations(ctx context.Context) ([]Violation, error) {
	e := r.evaluation(ctx, celconfig.RuntimeCELCostBudget, r.namespace)
	for _, x := range r.policy.annotations {
		res := e.of(x)
		err := res.err
		if e.spent != nil {
			err = e.spent
		}
		if err == nil || r.policy.ignores {
			continue // without the annotation, it is let through
		}
		list, err := r.failed(err, nil)
		for i := range list {
			list[i].Always = true
		}
		return list, err
	}
	return nil, nil
}

// result is what an expression gives: one of the three.
type result struct {
	value   ref.Val
	unknown *types.Unknown
	err     error
}

// evaluation evaluates expressions one after the other on one budget.
type evaluation struct {
	ctx       context.Context
	budget    int64
	spent     error // why no further expression is evaluated
	names     *names
	composite int64 // what variables have cost since it was last asked
}

func (r *run) evaluation(ctx context.Context, budget int64, namespace any) *evaluation {
	e := &evaluation{ctx: ctx, budget: budget}
	e.names = &names{run: r, namespace: namespace}
	e.names.variables = r.policy.lazily(e)
	return e
}

var errBudget = errors.New("validation failed due to running out of cost budget, no further validation rules will be run")

// of evaluates one expression. What it costs with its variables is taken from the budget.
func (e *evaluation) of(x *expression) result {
	if e.spent != nil {
		return result{}
	}
	*e.names.run.asked = asked{}
	value, details, err := x.program.ContextEval(e.ctx, e.names)
	if ended := e.ctx.Err(); ended != nil {
		if e.spent = ended; errors.Is(ended, context.DeadlineExceeded) {
			e.spent = rego.ErrDeadline
		}
		return result{}
	}
	cost := e.composite
	e.composite = 0
	if details == nil || details.ActualCost() == nil {
		e.spent = fmt.Errorf("runtime cost could not be calculated for expression: %s, no further expression will be run", x.text)
		return result{}
	}
	if e.budget -= cost; e.budget < 0 || *details.ActualCost() > math.MaxInt64 || int64(*details.ActualCost()) > e.budget {
		e.spent = errBudget
		return result{}
	}
	e.budget -= int64(*details.ActualCost())
	if u := e.names.run.asked.missing(err != nil); u != nil {
		return result{unknown: u}
	}
	if err != nil {
		return result{err: fmt.Errorf("expression '%s' resulted in error: %w", x.text, err)}
	}
	if u, ok := value.(*types.Unknown); ok {
		return result{unknown: u}
	}
	return result{value: value}
}

// names gives expressions what they name.
type names struct {
	run       *run
	namespace any
	variables ref.Val
}

// ResolveName gives the value of a name.
func (n *names) ResolveName(name string) (any, bool) {
	switch name {
	case objectName:
		return n.run.object, true
	case oldObjectName:
		return n.run.old, true
	case paramsName:
		return n.run.params, true
	case requestName:
		return n.run.values.request, true
	case namespaceName:
		return n.namespace, true
	case authorizerName, requestResourceName:
		return unknown(unknownAuthorizer), true
	case variablesName:
		return n.variables, true
	}
	return nil, false
}

// Parent tells that there are no further names.
func (n *names) Parent() interpreter.Activation { return nil }

var _ cel.Activation = (*names)(nil)

// lazily gives the variables of a policy, each evaluated when it is first asked for.
func (p *Policy) lazily(e *evaluation) ref.Val {
	values := lazy.NewMapValue(apiservercel.NewObjectType("kubernetes.variables", nil))
	for _, v := range p.variables {
		values.Append(v.name, func(*lazy.MapValue) ref.Val { return e.variable(v) })
	}
	return values
}

func (e *evaluation) variable(v variable) ref.Val {
	before := *e.names.run.asked
	*e.names.run.asked = asked{}
	value, details, err := v.program.ContextEval(e.ctx, e.names)
	open := e.names.run.asked.missing(err != nil)
	*e.names.run.asked = before
	if details == nil || details.ActualCost() == nil {
		return types.NewErr("unable to calculate cost of variable %q", v.name)
	}
	cost := *details.ActualCost()
	if cost > math.MaxInt64-uint64(e.composite) {
		cost = math.MaxInt64 - uint64(e.composite)
	}
	e.composite += int64(cost)
	if open != nil {
		return open
	}
	if err != nil {
		return types.NewErr("composited variable %q fails to evaluate: %v", v.name, err)
	}
	return value
}
