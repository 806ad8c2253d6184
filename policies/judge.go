package policies

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/cel"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/gatekeeper"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
	"github.com/open-policy-agent/opa/v1/ast"
)

// judge runs policies on documents. Checks ask it one after the other of the same
// document, which is converted once, and of which a namespace is evaluated once.
type judge struct {
	set      *Set
	objects  *Objects
	subjects *recent[*subject]
	admitted *recent[*cel.Object]
	patience patience
	tree     []*manifest.Document // all objects, where it is known which there are
}

func newJudge(s *Set, o *Objects) *judge {
	return &judge{set: s, objects: o, subjects: newRecent[*subject](), admitted: newRecent[*cel.Object]()}
}

// subject is one document with what is known of it.
type subject struct {
	view     func() review.View
	reviewed func() *ast.Term

	outcomes []func(context.Context, rego.Given) (conftest.Outcome, error) // by namespace
}

func (j *judge) subject(p *checks.Pass, d *manifest.Document) *subject {
	return j.subjects.of(d, func() *subject { return j.newSubject(p, d) })
}

func (j *judge) newSubject(p *checks.Pass, d *manifest.Document) *subject {
	s := &subject{}
	s.view = sync.OnceValue(func() review.View {
		r := created(p, d)
		r.Term = j.objects.of(d)
		return r.View(false)
	})
	s.reviewed = sync.OnceValue(func() *ast.Term { v := s.view(); return v.Gatekeeper() })
	s.outcomes = make([]func(context.Context, rego.Given) (conftest.Outcome, error), len(j.set.Namespaces))
	for i, n := range j.set.Namespaces {
		s.outcomes[i] = once(func(ctx context.Context, g rego.Given) (conftest.Outcome, error) {
			g.Input = j.objects.of(d)
			g.Data = j.dataFor(n, d)
			var out conftest.Outcome
			err := j.patience.try(p, n, func() (err error) {
				out, err = n.Evaluate(ctx, g, d.Object.Kind, d.Canonical())
				return err
			})
			return out, err
		})
	}
	return s
}

// once evaluates a namespace the first time it is asked.
func once(f func(context.Context, rego.Given) (conftest.Outcome, error)) func(context.Context, rego.Given) (conftest.Outcome, error) {
	var o sync.Once
	var out conftest.Outcome
	var err error
	return func(ctx context.Context, g rego.Given) (conftest.Outcome, error) {
		o.Do(func() { out, err = f(ctx, g) })
		return out, err
	}
}

func (j *judge) given(p *checks.Pass) rego.Given {
	return rego.Given{Data: j.set.base, Time: p.Time}
}

// rule is the check of one rule of a namespace.
func (j *judge) rule(namespace, rule int) func(*checks.Pass, *manifest.Document) error {
	n := j.set.Namespaces[namespace]
	return func(p *checks.Pass, d *manifest.Document) error {
		if d.Templated {
			return nil
		}
		g := j.given(p)
		out, err := j.subject(p, d).outcomes[namespace](p.Context, g)
		if err != nil {
			return err
		}
		var places *placer
		for _, r := range out.Results {
			if r.Rule != rule {
				continue
			}
			if places == nil {
				object := rego.NewLocated(d.Canonical())
				g.Input, g.Data = object.Term, j.dataFor(n, d)
				places = newPlacer(d, func() (*rego.Locator, error) {
					return n.Locate(p.Context, g, rule, &object)
				})
			}
			p.Report(places.report(n.RulePath(rule), r))
		}
		return nil
	}
}

// elsewhere tells whether an object is left to the transition of the same policy: where
// it has an old self, or where it came about by nobody who is known.
func elsewhere(p *checks.Pass, changes bool, a review.Asks) bool {
	return p.Changed && changes || a.User && !p.Applied
}

// own is the check of a Gatehouse policy.
func (j *judge) own(i int) func(*checks.Pass, *manifest.Document) error {
	o := j.set.Own[i]
	return func(p *checks.Pass, d *manifest.Document) error {
		if d.Templated || !d.IsObject() || elsewhere(p, o.asks.Change(), o.asks) {
			return nil
		}
		_, err := j.ownOn(p, o, d, j.subject(p, d).view(), created(p, d), nil)
		return err
	}
}

// ownTransition is the check of a Gatehouse policy that compares an object with what
// it was.
func (j *judge) ownTransition(i int) func(*checks.Pass, checks.Transition) error {
	o := j.set.Own[i]
	return func(p *checks.Pass, t checks.Transition) error {
		d, request := changed(p, t)
		for _, r := range byUser(p, request, o.asks) {
			if found, err := j.ownOn(p, o, d, r.View(false), r, j.ownBefore(p, o, t)); found || err != nil {
				return err
			}
		}
		return nil
	}
}

// ownBefore gives what a policy says of an object as it was. One that compares objects
// says nothing of one by itself; one that asks who makes a change speaks of this change.
func (j *judge) ownBefore(p *checks.Pass, o *Own, t checks.Transition) func() []conftest.Result {
	if t.Before == nil || t.Now == nil || o.asks.Old || o.asks.User {
		return nil
	}
	return func() []conftest.Result {
		g := j.given(p)
		g.Input = created(p, t.Before).View(false).Gatehouse(o.parameters)
		// Where it fails nothing is known to have stood before.
		out, _ := o.Namespace.Evaluate(p.Context, g, t.Before.Object.Kind, t.Before.Canonical())
		return out.Results
	}
}

// ownOn judges one request by a Gatehouse policy, and reports what it finds in d.
func (j *judge) ownOn(p *checks.Pass, o *Own, d *manifest.Document, view review.View, request review.Request, before func() []conftest.Result) (found bool, err error) {
	g := j.given(p)
	g.Input = view.Gatehouse(o.parameters)
	var out conftest.Outcome
	err = j.patience.try(p, o, func() (err error) {
		out, err = o.Namespace.Evaluate(p.Context, g, d.Object.Kind, d.Canonical())
		return err
	})
	if err != nil || len(out.Results) == 0 {
		return false, err
	}
	var stood []conftest.Result
	if before != nil {
		stood = before()
	}
	located := request.View(true)
	g.Input = located.Gatehouse(o.parameters)
	places := map[int]*placer{}
	for _, r := range out.Results {
		if places[r.Rule] == nil {
			places[r.Rule] = newPlacer(d, func() (*rego.Locator, error) {
				return o.Namespace.Locate(p.Context, g, r.Rule, &located.Object)
			})
		}
		report := places[r.Rule].report(o.Namespace.RulePath(r.Rule), r)
		if o.Namespace.Rules[r.Rule].Warns {
			report.Severity = checks.Warning
		}
		report.Stood = slices.ContainsFunc(stood, func(was conftest.Result) bool {
			return was.Rule == r.Rule && was.Message == r.Message && ast.Compare(was.Element.Value, r.Element.Value) == 0
		})
		p.Report(report)
	}
	return true, nil
}

// errUndecided tells that it is not known whether a constraint is for an object.
var errUndecided = errors.New("it cannot be told whether the constraint is for this object")

// constraint is the check of a constraint.
func (j *judge) constraint(i int) func(*checks.Pass, *manifest.Document) error {
	c := j.set.Constraints[i]
	return func(p *checks.Pass, d *manifest.Document) error {
		if d.Templated || !d.IsObject() {
			return nil
		}
		err := j.constraintOnGenerated(p, c, d)
		if elsewhere(p, c.Template.Changes(), c.Template.Asks) {
			return err
		}
		s := j.subject(p, d)
		_, failed := j.constraintOn(p, c, d, s.view().Request, s.reviewed, nil)
		return errors.Join(err, failed)
	}
}

// constraintTransition is the check of a constraint whose template asks what becomes of
// an object.
func (j *judge) constraintTransition(i int) func(*checks.Pass, checks.Transition) error {
	c := j.set.Constraints[i]
	return func(p *checks.Pass, t checks.Transition) error {
		d, request := changed(p, t)
		for _, r := range byUser(p, request, c.Template.Asks) {
			view := r.View(false)
			if found, err := j.constraintOn(p, c, d, r, view.Gatekeeper, j.constraintBefore(p, c, t)); found || err != nil {
				return err
			}
		}
		return nil
	}
}

// constraintBefore gives what a constraint says of an object as it was, see ownBefore.
func (j *judge) constraintBefore(p *checks.Pass, c *gatekeeper.Constraint, t checks.Transition) func() []gatekeeper.Violation {
	if t.Before == nil || t.Now == nil || c.Template.Asks.User {
		return nil
	}
	return func() []gatekeeper.Violation {
		r := created(p, t.Before)
		view := r.View(false)
		return c.Evaluate(p.Context, j.given(p), r, view.Gatekeeper(), gatekeeper.SourceOriginal).Violations
	}
}

// constraintOn judges one request by a constraint, and reports what it finds in d.
func (j *judge) constraintOn(p *checks.Pass, c *gatekeeper.Constraint, d *manifest.Document, request review.Request, reviewed func() *ast.Term, before func() []gatekeeper.Violation) (found bool, err error) {
	if !c.Template.Asked(request.Operation) {
		return false, nil
	}
	// The decision comes first: most constraints are for other kinds.
	if decision, why := c.Decide(request, gatekeeper.SourceOriginal); decision == gatekeeper.No {
		return false, nil
	} else if decision == gatekeeper.Undecided {
		return false, errors.Join(errUndecided, errors.New(why))
	}
	g := j.given(p)
	var out gatekeeper.Outcome
	failed := j.patience.try(p, c.Template, func() error {
		out = c.Evaluate(p.Context, g, request, reviewed(), gatekeeper.SourceOriginal)
		return out.Failed
	})
	if failed != nil {
		return j.constraintFailed(p, d, failed)
	}
	if len(out.Violations) == 0 {
		return false, nil
	}
	var stood []gatekeeper.Violation
	if before != nil {
		stood = before()
	}
	request.Term = nil
	located := request.View(true)
	places := newPlacer(d, func() (*rego.Locator, error) {
		return c.Locate(p.Context, g, &located)
	})
	for _, v := range out.Violations {
		details, _ := v.Details.(map[string]any)
		result := conftest.Result{Message: v.Message, Metadata: details, Element: v.Element}
		var report checks.Report
		if v.Where != nil {
			report = reportOf(d, result, v.Where(p.Context), false)
		} else {
			report = places.report(gatekeeper.RulePath(), result)
		}
		report.Stood = slices.ContainsFunc(stood, v.Same)
		p.Report(report)
	}
	return true, nil
}

// constraintFailed tells of a template that could not be evaluated. Gatekeeper takes that
// for a violation, which must not depend on who is asked where both stand before a
// cluster; before that, it is not known.
func (j *judge) constraintFailed(p *checks.Pass, d *manifest.Document, failed error) (found bool, err error) {
	if !p.Applied || p.Context.Err() != nil || errors.Is(failed, cel.ErrUndecided) || errors.Is(failed, cel.ErrIgnored) {
		return false, failed
	}
	p.Report(checks.Report{Where: checks.At(d, "", d.Canonical()), Message: "The template could not be evaluated for this object: " + failed.Error() + "."})
	return true, nil
}
