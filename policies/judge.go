package policies

import (
	"context"
	"errors"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
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
}

func newJudge(s *Set, o *Objects) *judge {
	return &judge{set: s, objects: o, subjects: newRecent[*subject]()}
}

// subject is one document with what is known of it.
type subject struct {
	view     func() review.View
	reviewed func() *ast.Term

	outcomes []func(context.Context, rego.Given) (conftest.Outcome, error) // by namespace
}

func (j *judge) subject(d *manifest.Document, layout checks.Layout) *subject {
	return j.subjects.of(d, func() *subject { return j.newSubject(d, layout) })
}

func (j *judge) newSubject(d *manifest.Document, layout checks.Layout) *subject {
	s := &subject{}
	s.view = sync.OnceValue(func() review.View {
		r := requestOf(d, layout)
		r.Term = j.objects.of(d)
		return r.View(false)
	})
	s.reviewed = sync.OnceValue(func() *ast.Term { v := s.view(); return v.Gatekeeper() })
	s.outcomes = make([]func(context.Context, rego.Given) (conftest.Outcome, error), len(j.set.Namespaces))
	for i, n := range j.set.Namespaces {
		s.outcomes[i] = once(func(ctx context.Context, g rego.Given) (conftest.Outcome, error) {
			g.Input = j.objects.of(d)
			return n.Evaluate(ctx, g, d.Object.Kind, d.Canonical())
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

// requestOf is the request that would bring a document into a cluster.
func requestOf(d *manifest.Document, layout checks.Layout) review.Request {
	return review.Request{Operation: review.Create, Object: d.Canonical(), Fields: placeOf(d, layout)}
}

// placeOf says of a request to which environment its file belongs, and which there
// are.
func placeOf(d *manifest.Document, layout checks.Layout) []manifest.Node {
	names := manifest.Node{Key: "environments", Kind: manifest.List}
	for _, e := range layout.Environments {
		names.Items = append(names.Items, manifest.Node{Kind: manifest.String, Text: e.Name})
	}
	return []manifest.Node{{Key: "environment", Kind: manifest.String, Text: layout.Environment(d.File)}, names}
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
		out, err := j.subject(d, p.Layout).outcomes[namespace](p.Context, g)
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
				g.Input = object.Term
				places = newPlacer(d, func() (*rego.Locator, error) {
					return n.Locate(p.Context, g, rule, &object)
				})
			}
			p.Report(places.report(n.RulePath(rule), r))
		}
		return nil
	}
}

// own is the check of a Gatehouse policy.
func (j *judge) own(i int) func(*checks.Pass, *manifest.Document) error {
	o := j.set.Own[i]
	return func(p *checks.Pass, d *manifest.Document) error {
		if d.Templated || !d.IsObject() {
			return nil
		}
		return j.ownOn(p, o, d, j.subject(d, p.Layout).view(), requestOf(d, p.Layout))
	}
}

// ownTransition is the check of a Gatehouse policy that compares an object with what
// it was.
func (j *judge) ownTransition(i int) func(*checks.Pass, checks.Transition) error {
	o := j.set.Own[i]
	return func(p *checks.Pass, t checks.Transition) error {
		d, request := changed(t, p.Layout)
		return j.ownOn(p, o, d, request.View(false), request)
	}
}

// changed is the request that would bring a change into a cluster, and the object in
// which its faults stand: as it is, or as it was where it is gone.
func changed(t checks.Transition, layout checks.Layout) (*manifest.Document, review.Request) {
	d := t.Now
	if d == nil {
		d = t.Before
	}
	request := requestOf(d, layout)
	switch {
	case t.Now == nil:
		request.Operation, request.Old = review.Delete, t.Before.Canonical()
	case t.Before != nil:
		request.Operation, request.Old = review.Update, t.Before.Canonical()
	}
	return d, request
}

// ownOn judges one request by a Gatehouse policy, and reports what it finds in d.
func (j *judge) ownOn(p *checks.Pass, o *Own, d *manifest.Document, view review.View, request review.Request) error {
	g := j.given(p)
	g.Input = view.Gatehouse(o.parameters)
	out, err := o.Namespace.Evaluate(p.Context, g, d.Object.Kind, d.Canonical())
	if err != nil || len(out.Results) == 0 {
		return err
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
		p.Report(report)
	}
	return nil
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
		s := j.subject(d, p.Layout)
		g := j.given(p)
		request := s.view().Request
		if !c.Template.Asked(request.Operation) {
			return nil
		}
		// The decision comes first: most constraints are for other kinds.
		if decision, why := c.Decide(request, gatekeeper.SourceOriginal); decision == gatekeeper.No {
			return nil
		} else if decision == gatekeeper.Undecided {
			return errors.Join(errUndecided, errors.New(why))
		}
		out := c.Evaluate(p.Context, g, request, s.reviewed(), gatekeeper.SourceOriginal)
		if out.Failed != nil {
			return out.Failed
		}
		if len(out.Violations) == 0 {
			return nil
		}
		located := requestOf(d, p.Layout).View(true)
		places := newPlacer(d, func() (*rego.Locator, error) {
			return c.Locate(p.Context, g, &located)
		})
		for _, v := range out.Violations {
			details, _ := v.Details.(map[string]any)
			p.Report(places.report(gatekeeper.RulePath(), conftest.Result{Message: v.Message, Metadata: details, Element: v.Element}))
		}
		return nil
	}
}
