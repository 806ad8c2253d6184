package gatekeeper

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policies/cel"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// A Violation is one thing that a constraint says of an object.
type Violation struct {
	Message string
	Details any
	Element *ast.Term // as the evaluation gave it, for a Locator; nil for what has a Where
	// Where tells the field; nil where a Locator finds it.
	Where func(context.Context) rego.Place
}

// An Outcome is what a constraint says of an object.
type Outcome struct {
	Violations []Violation
	// Undecided says why it is not known whether the constraint is for the object.
	// Gatekeeper rejects the object then.
	Undecided string
	// Failed says why the template could not be evaluated. Gatekeeper counts that as
	// a violation with the error as its message.
	Failed error
}

// Rejections words what Gatekeeper itself would answer, its own troubles included.
func (o Outcome) Rejections() []string {
	var out []string
	for _, v := range o.Violations {
		out = append(out, v.Message)
	}
	if o.Undecided != "" {
		out = append(out, o.Undecided)
	}
	if o.Failed != nil {
		out = append(out, o.Failed.Error())
	}
	return out
}

// Decide tells whether c is for the object of a request.
func (c *Constraint) Decide(r review.Request, source string) (Decision, string) {
	return c.Match.Decide(Subject{Object: r.Object, Old: r.Old, Namespace: r.Namespace, Source: source})
}

// Asked tells whether the template is for an operation. Gatekeeper asks it only of
// real admission requests.
func (t *Template) Asked(operation string) bool {
	return len(t.Operations) == 0 || slices.Contains(t.Operations, "*") || slices.Contains(t.Operations, operation)
}

// Changes tells whether the answer may differ with the operation. A template that asks
// for nothing but the object is not asked of one that is deleted, although Gatekeeper,
// where its webhook is called for that, would keep the object for being as bad as it is.
func (t *Template) Changes() bool {
	deletes := len(t.Operations) > 0 && t.Asked(review.Delete)
	return t.Asks.Change() || deletes || t.Asked(review.Create) != t.Asked(review.Update)
}

// Evaluate decides whether c is for the object and asks the template. The review is
// the Term that View.Gatekeeper gives, so that it is made once for all constraints.
func (c *Constraint) Evaluate(ctx context.Context, g rego.Given, r review.Request, reviewed *ast.Term, source string) Outcome {
	switch d, why := c.Decide(r, source); d {
	case No:
		return Outcome{}
	case Undecided:
		return Outcome{Undecided: why}
	}
	if c.Template.code != nil {
		return c.evaluateCode(ctx, r)
	}
	query, err := c.Template.query()
	if err != nil {
		return Outcome{Failed: err}
	}
	var out Outcome
	g.Input = c.input(reviewed)
	err = query.Each(ctx, g, func(row topdown.QueryResult) error {
		v, ok, err := violationOf(row[violation])
		if ok && !slices.ContainsFunc(out.Violations, v.Same) {
			out.Violations = append(out.Violations, v)
		}
		return err
	})
	if err != nil {
		return Outcome{Failed: err}
	}
	slices.SortStableFunc(out.Violations, func(a, b Violation) int { return ast.Compare(a.Element.Value, b.Element.Value) })
	return out
}

// evaluateCode asks a template that has expressions and no Rego. They see no object
// where one is deleted, unlike Rego.
func (c *Constraint) evaluateCode(ctx context.Context, r review.Request) Outcome {
	request := cel.Request{Operation: r.Operation, Object: cel.NewObject(r.Object), Old: cel.NewObject(r.Old), Fields: r.Fields}
	if r.Operation == review.Delete && r.Old != nil {
		request.Object = nil
	}
	found, err := c.Template.code.Judge(ctx, request, c.whole, r.Namespace)
	out := Outcome{Failed: err}
	for _, v := range found {
		out.Violations = append(out.Violations, Violation{Message: v.Message, Details: map[string]any{}, Where: v.Place})
	}
	return out
}

func (c *Constraint) input(reviewed *ast.Term) *ast.Term {
	return ast.ObjectTerm(
		[2]*ast.Term{ast.InternedTerm("review"), reviewed},
		[2]*ast.Term{ast.InternedTerm("parameters"), c.parameters},
	)
}

var (
	msgKey     = ast.StringTerm("msg")
	detailsKey = ast.StringTerm("details")
)

// Same tells whether two violations say the same: for Gatekeeper they are one then.
func (v Violation) Same(other Violation) bool {
	return v.Message == other.Message && reflect.DeepEqual(v.Details, other.Details)
}

// violationOf reads an element of the rule violation. As for Gatekeeper's hook, an
// element without a msg says nothing, and a msg that is no text is an error.
func violationOf(t *ast.Term) (v Violation, ok bool, err error) {
	o, isObject := t.Value.(ast.Object)
	if !isObject {
		return v, false, nil
	}
	msg := o.Get(msgKey)
	if msg == nil {
		return v, false, nil
	}
	text, isText := msg.Value.(ast.String)
	if !isText {
		return v, false, fmt.Errorf("the msg of a violation is not a text")
	}
	v = Violation{Message: string(text), Details: map[string]any{}, Element: t}
	if details := o.Get(detailsKey); details != nil {
		if v.Details, err = ast.JSON(details.Value); err != nil {
			return v, false, fmt.Errorf("read the details of a violation: %w", err)
		}
	}
	return v, true, nil
}

// Locate evaluates again, to tell which field each violation is about. The view
// must be located.
func (c *Constraint) Locate(ctx context.Context, g rego.Given, v *review.View) (*rego.Locator, error) {
	query, err := c.Template.query()
	if err != nil {
		return nil, err
	}
	g.Input = c.input(v.Gatekeeper())
	return query.Locate(ctx, g, &v.Object)
}

// RulePath is the name of the rule of violations for a Locator.
func RulePath() string { return violations.String() }
