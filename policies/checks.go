package policies

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/gatekeeper"
)

// Checks declares each policy as a check of one document: Gatehouse policies by
// their own ID, a rule of conftest as <namespace>-<rule>, a constraint as
// <kind>-<name>, in lower case with dashes.
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
	return list
}

func ownCheck(j *judge, i int, o *Own) checks.Check {
	c := o.declared()
	c.Bad, c.Good = o.Bad, o.Good
	if slices.Contains(o.Needs, checks.NeedOldObject) {
		c.Transition = j.ownTransition(i)
	} else {
		c.Document = j.own(i)
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
	return checks.Check{
		ID:       cmp.Or(r.Metadata.String("id"), id),
		Title:    cmp.Or(r.Metadata.Title, "the rule "+r.Name+" of the policy "+n.Name()+" finds a fault"),
		Category: checks.Policy,
		Severity: severity,
		Why:      cmp.Or(r.Metadata.String("why"), r.Metadata.Description, "The policy of this repository in "+r.File+" says so."),
		Fix:      cmp.Or(r.Metadata.String("fix"), "Change the object so that the rule "+r.Name+" in "+r.File+" finds nothing."),
		Document: j.rule(i, rule),
	}
}

func constraintCheck(j *judge, i int, c *gatekeeper.Constraint) checks.Check {
	notes := c.Template.Metadata
	return checks.Check{
		ID:       ConstraintID(c.Kind, c.Name),
		Title:    cmp.Or(notes["metadata.gatekeeper.sh/title"], "the constraint "+c.Kind+" "+c.Name+" is violated"),
		Category: checks.Policy,
		Severity: constraintSeverity(c),
		Why:      cmp.Or(notes["description"], "The constraint "+c.Kind+" "+c.Name+" in "+c.File+" says so, and Gatekeeper judges by it in the cluster."),
		Fix:      "Change the object so that the constraint " + c.Kind + " " + c.Name + " in " + c.File + " is met.",
		Document: j.constraint(i),
	}
}

// constraintSeverity is the gravest action that follows at the webhook; what is
// not enforced there informs.
func constraintSeverity(c *gatekeeper.Constraint) checks.Severity {
	severity := checks.Notice
	for _, action := range c.Actions(gatekeeper.Webhook) {
		switch action {
		case gatekeeper.Deny:
			severity = checks.Error
		case gatekeeper.Warn:
			severity = max(severity, checks.Warning)
		}
	}
	return severity
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
