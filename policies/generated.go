package policies

import (
	"errors"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/gatekeeper"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// constraintOnGenerated judges what a controller will make of an object, where an
// ExpansionTemplate says what that is. It is found in the object itself.
func (j *judge) constraintOnGenerated(p *checks.Pass, c *gatekeeper.Constraint, d *manifest.Document) error {
	made, err := gatekeeper.Generate(j.set.Expansions, d.Canonical())
	if err != nil {
		return err
	}
	for _, g := range made {
		if err := j.constraintOnOne(p, c, d, g); err != nil {
			return err
		}
	}
	return nil
}

func (j *judge) constraintOnOne(p *checks.Pass, c *gatekeeper.Constraint, d *manifest.Document, g gatekeeper.Generated) error {
	// As for Gatekeeper, nobody makes it: there is no user.
	request := review.Request{Operation: review.Create, Object: g.Object, Fields: placeOf(d, p.Layout)}
	if !c.Template.Asked(request.Operation) {
		return nil
	}
	switch decision, why := c.Decide(request, gatekeeper.SourceGenerated); decision {
	case gatekeeper.No:
		return nil
	case gatekeeper.Undecided:
		return errors.Join(errUndecided, errors.New(why))
	}
	given := j.given(p)
	view := request.View(false)
	out := c.Evaluate(p.Context, given, request, view.Gatekeeper(), gatekeeper.SourceGenerated)
	if out.Failed != nil {
		_, err := j.constraintFailed(p, d, out.Failed)
		return err
	}
	if len(out.Violations) == 0 {
		return nil
	}
	located := request.View(true)
	// A place that is not found is the object: the finding stands in any case.
	locator, err := c.Locate(p.Context, given, &located)
	for _, v := range out.Violations {
		details, _ := v.Details.(map[string]any)
		r := conftest.Result{Message: g.Message(v.Message), Metadata: details, Element: v.Element}
		place, said := saidIn(g.Object, d.File, r)
		if !said && err == nil {
			place = locator.Of(gatekeeper.RulePath(), v.Element)
		}
		report := reportOf(d, r, rego.Place{Field: g.Field(place.Field), Node: place.Node}, said)
		if action := g.Action(); action != "" {
			report.Severity = severityOf(action)
		}
		p.Report(report)
	}
	return nil
}
