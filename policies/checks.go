package policies

import (
	"cmp"
	"strings"
	"unicode"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/gatekeeper"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// Checks declares each policy as a check of one document: Gatehouse policies by
// their own ID, a rule of conftest as <namespace>-<rule>, a constraint as
// <kind>-<name>, a ValidatingAdmissionPolicy by its name, in lower case with dashes.
func Checks(s *Set) []checks.Check { return NewObjects().Checks(s) }

// Checks does what the function Checks does.
func (o *Objects) Checks(s *Set) []checks.Check {
	j := newJudge(s, o)
	var list []checks.Check
	for i, o := range s.Own {
		list = append(list, ownCheck(j, i, o))
	}
	for i, n := range s.Namespaces {
		for rule := range n.Rules {
			list = append(list, ruleCheck(j, i, rule, n))
		}
	}
	for i, c := range s.Constraints {
		list = append(list, constraintCheck(j, i, c))
	}
	for _, p := range s.Admission.Policies {
		list = append(list, admissionCheck(j, p))
	}
	return list
}

func ownCheck(j *judge, i int, o *Own) checks.Check {
	c := o.declared()
	c.Bad, c.Good = o.Bad, o.Good
	if o.asks.Change() {
		c.Transition = j.ownTransition(i)
	}
	if !o.asks.Old {
		c.Document = j.own(i)
	}
	if o.Inventory {
		return j.onWholeTree(c, func(j *judge) func(*checks.Pass, *manifest.Document) error { return j.own(i) })
	}
	return c
}

// declared is what a policy says of itself, without a function that judges.
func (o *Own) declared() checks.Check {
	severity := checks.Warning
	if err := severity.UnmarshalText([]byte(o.Metadata.String("severity"))); err != nil {
		severity = checks.Warning
	}
	return checks.Check{
		ID:       o.ID,
		Title:    cmp.Or(o.Metadata.Title, o.ID),
		Category: cmp.Or(checks.Category(o.Metadata.String("category")), checks.Policy),
		Severity: severity,
		Why:      cmp.Or(o.Metadata.String("why"), o.Metadata.Description),
		Fix:      o.Metadata.String("fix"),
		Needs:    o.Needs,
	}
}

func ruleCheck(j *judge, i, rule int, n *conftest.Namespace) checks.Check {
	r := n.Rules[rule]
	severity := checks.Error
	if r.Warns {
		severity = checks.Warning
	}
	id := Kebab(n.Name()) + "-" + Kebab(r.Name)
	check := checks.Check{
		ID:       cmp.Or(r.Metadata.String("id"), id),
		Title:    cmp.Or(r.Metadata.Title, "the rule "+r.Name+" of the policy "+n.Name()+" finds a fault"),
		Category: checks.Policy,
		Severity: severity,
		Why:      cmp.Or(r.Metadata.String("why"), r.Metadata.Description, "The policy of this repository in "+r.File+" says so."),
		Fix:      cmp.Or(r.Metadata.String("fix"), "Change the object so that the rule "+r.Name+" in "+r.File+" finds nothing."),
		Needs:    ruleNeeds(n),
		Document: j.rule(i, rule),
	}
	switch several, is := j.set.listed[n]; {
	case several:
		check.Needs = append(check.Needs, checks.NeedTree)
		return j.onWholeTree(check, func(j *judge) func(*checks.Pass, *manifest.Document) error { return j.alertsOfTree(i, rule) })
	case is:
		check.Document = j.alerts(i, rule)
	case n.AsksCombined:
		check.Needs = append(check.Needs, checks.NeedTree)
		return j.onCombined(check, i, rule)
	}
	return check
}

func constraintCheck(j *judge, i int, c *gatekeeper.Constraint) checks.Check {
	notes := c.Template.Metadata
	check := checks.Check{
		ID:       ConstraintID(c.Kind, c.Name),
		Title:    cmp.Or(notes["metadata.gatekeeper.sh/title"], "the constraint "+c.Kind+" "+c.Name+" is violated"),
		Category: checks.Policy,
		Severity: constraintSeverity(c),
		Why:      cmp.Or(notes["description"], "The constraint "+c.Kind+" "+c.Name+" in "+c.File+" says so, and Gatekeeper judges by it in the cluster."),
		Fix:      "Change the object so that the constraint " + c.Kind + " " + c.Name + " in " + c.File + " is met.",
		Needs:    needsOf(c.Template.Asks),
	}
	if c.Template.Changes() {
		check.Transition = j.constraintTransition(i)
	}
	if c.Template.Asked(review.Create) || check.Transition == nil {
		check.Document = j.constraint(i)
	}
	if c.Template.Inventory {
		check.Needs = append(check.Needs, checks.NeedTree)
		return j.onWholeTree(check, func(j *judge) func(*checks.Pass, *manifest.Document) error { return j.constraint(i) })
	}
	return check
}

// constraintSeverity is the gravest action that follows at the webhook; what is
// not enforced there informs.
func constraintSeverity(c *gatekeeper.Constraint) checks.Severity {
	severity := checks.Notice
	for _, action := range c.Actions(gatekeeper.Webhook) {
		severity = max(severity, severityOf(action))
	}
	return severity
}

// severityOf is how much an action weighs.
func severityOf(action string) checks.Severity {
	switch action {
	case gatekeeper.Deny:
		return checks.Error
	case gatekeeper.Warn:
		return checks.Warning
	}
	return checks.Notice
}

// ConstraintID is the check ID of a constraint.
func ConstraintID(kind, name string) string { return Kebab(kind) + "-" + Kebab(name) }

// Kebab writes a name in lower case with dashes: K8sPSPPrivileged becomes
// k8s-psp-privileged.
func Kebab(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case unicode.IsUpper(r):
			before := i > 0 && (unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1]))
			after := i > 0 && i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1])
			if before || after {
				b.WriteByte('-')
			}
			b.WriteRune(unicode.ToLower(r))
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte('-')
		}
	}
	return strings.Trim(dashes(b.String()), "-")
}

func dashes(s string) string {
	for strings.Contains(s, "--") {
		s = strings.ReplaceAll(s, "--", "-")
	}
	return s
}
