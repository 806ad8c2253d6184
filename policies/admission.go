package policies

import (
	"cmp"
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/cel"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// AdmissionID is the check ID of a ValidatingAdmissionPolicy.
func AdmissionID(name string) string { return Kebab(name) }

// admissionPolicies loads the ValidatingAdmissionPolicies, where there are any.
func (l *loader) admissionPolicies() {
	l.set.Admission = &cel.Set{}
	if !slices.ContainsFunc(l.others, func(d *manifest.Document) bool { return cel.IsPolicy(d) || cel.IsBinding(d) }) {
		return
	}
	set, faults := cel.Load(l.others)
	l.fault(faults...)
	l.set.Admission = set
	l.set.Notices = append(l.set.Notices, set.Notices...)
}

func admissionCheck(j *judge, p *cel.Policy) checks.Check {
	check := checks.Check{
		ID:       AdmissionID(p.Name),
		Title:    cmp.Or(p.Metadata["title"], "the ValidatingAdmissionPolicy "+p.Name+" is violated"),
		Category: checks.Policy,
		Severity: admissionSeverity(p),
		Why:      cmp.Or(p.Metadata["description"], p.Metadata["kubernetes.io/description"], "The ValidatingAdmissionPolicy "+p.Name+" in "+p.File+" says so, and the API server judges by it."),
		Fix:      "Change the object so that the ValidatingAdmissionPolicy " + p.Name + " in " + p.File + " is met.",
	}
	if p.Asks().Change() || !p.Asked(review.Create) {
		check.Transition = j.admissionTransition(p)
	}
	if p.Asked(review.Create) {
		check.Document = j.admission(p)
	}
	return check
}

// admissionSeverity is the gravest of the severities of all bindings.
func admissionSeverity(p *cel.Policy) checks.Severity {
	severity := checks.Notice
	for _, b := range p.Bindings {
		severity = max(severity, bindingSeverity(b))
	}
	return severity
}

// bindingSeverity is the gravest action that follows from a violation: what is only
// written into the audit log informs.
func bindingSeverity(b *cel.Binding) checks.Severity {
	switch actions := b.Actions(); {
	case slices.Contains(actions, cel.Deny):
		return checks.Error
	case slices.Contains(actions, cel.Warn):
		return checks.Warning
	}
	return checks.Notice
}

// admission is the check of a policy on one object, which is judged as one that is
// created: files build clusters anew.
func (j *judge) admission(policy *cel.Policy) func(*checks.Pass, *manifest.Document) error {
	asks := asksOf(policy)
	return func(p *checks.Pass, d *manifest.Document) error {
		if d.Templated || !d.IsObject() || p.Changed && asks.Change() {
			return nil
		}
		return j.admissionBy(p, policy, d, created(p, d), nil)
	}
}

// admissionTransition is the check of a policy that asks what becomes of an object.
func (j *judge) admissionTransition(policy *cel.Policy) func(*checks.Pass, checks.Transition) error {
	asks := asksOf(policy)
	return func(p *checks.Pass, t checks.Transition) error {
		d, request := changed(p, t)
		var before []cel.Violation
		if t.Before != nil && t.Now != nil && !asks.Old && !asks.User {
			before, _ = j.admissionOf(p, policy, t.Before, created(p, t.Before))
		}
		return j.admissionBy(p, policy, d, request, before)
	}
}

func asksOf(p *cel.Policy) review.Asks {
	a := p.Asks()
	return review.Asks{Old: a.Old, Operation: a.Operation, User: a.User}
}

// admissionBy judges a request by each who may have made it, and reports in d what
// stands against the first of them.
func (j *judge) admissionBy(p *checks.Pass, policy *cel.Policy, d *manifest.Document, request review.Request, before []cel.Violation) error {
	for _, r := range byUser(p, request, asksOf(policy)) {
		found, err := j.admissionOf(p, policy, d, r)
		reported := map[reportedViolation]bool{}
		for _, v := range gravestFirst(found) {
			report := admissionReport(p, d, v)
			// Several bindings of a policy, or several parameters, may say the same.
			key := reportedViolation{report.Message, report.Where.Field}
			if reported[key] {
				continue
			}
			reported[key] = true
			report.Stood = slices.ContainsFunc(before, func(was cel.Violation) bool { return was.Binding == v.Binding && was.Message == v.Message })
			p.Report(report)
		}
		switch {
		case cel.AsksForNobodyElse(err):
			p.NotRun("it asks who makes the request, which is not known here, and what it says of some objects hangs on that")
		case err != nil && len(found) == 0:
			return err
		case err != nil:
			p.NotJudged(checks.At(d, "", d.Canonical()), err.Error())
		}
		if len(found) > 0 {
			return nil
		}
	}
	return nil
}

type reportedViolation struct{ message, field string }

// admissionOf asks a policy about a request. The object is converted once for all
// policies that see it as it is.
func (j *judge) admissionOf(p *checks.Pass, policy *cel.Policy, d *manifest.Document, r review.Request) ([]cel.Violation, error) {
	request := cel.Request{Operation: r.Operation, Fields: r.Fields, Old: cel.NewObject(r.Old)}
	if r.Operation != review.Delete {
		request.Object = j.admitted.of(d, func() *cel.Object { return cel.NewObject(r.Object) })
	}
	var found []cel.Violation
	err := j.patience.try(p, policy, func() (err error) {
		found, err = j.set.Admission.Judge(p.Context, policy, request)
		return err
	})
	return found, err
}

func violationSeverity(v cel.Violation) checks.Severity {
	if v.Always {
		return checks.Error
	}
	return bindingSeverity(v.Binding)
}

func gravestFirst(list []cel.Violation) []cel.Violation {
	slices.SortStableFunc(list, func(a, b cel.Violation) int { return cmp.Compare(violationSeverity(b), violationSeverity(a)) })
	return list
}

func admissionReport(p *checks.Pass, d *manifest.Document, v cel.Violation) checks.Report {
	place := v.Place(p.Context)
	report := checks.Report{Message: v.Message, Severity: violationSeverity(v), Where: checks.At(d, place.Field, place.Node)}
	if place.Node != nil && scalar(place.Node) {
		report.Cites = place.Node.Text
	}
	return report
}
