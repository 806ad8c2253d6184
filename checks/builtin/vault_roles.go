package builtin

import (
	"context"
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

// RoleQuestion asks whether a service account may log in to Vault as a role of the auth
// method kubernetes. Its fields are those of vault.RoleQuestion.
type RoleQuestion struct {
	Namespace, Mount, Role                  string
	ServiceAccount, ServiceAccountNamespace string
}

// roleQuestion is that about how a reference logs in; ok is false where it does not log
// in as a role of Kubernetes, or does not tell all of it.
func roleQuestion(r reference.Reference) (q RoleQuestion, ok bool) {
	q = RoleQuestion{Namespace: r.VaultNamespace, Mount: r.Auth.Mount, Role: r.Auth.Role, ServiceAccount: r.Auth.ServiceAccount, ServiceAccountNamespace: r.Object.Namespace}
	if r.Dialect == reference.ESO && r.Auth.Namespace != "" {
		q.ServiceAccountNamespace = r.Auth.Namespace
	}
	for _, part := range []string{q.Namespace, q.Mount, q.Role, q.ServiceAccount, q.ServiceAccountNamespace} {
		if isOpen(part) {
			return q, false
		}
	}
	return q, r.Auth.Method == "kubernetes" && q.Role != "" && q.ServiceAccount != "" && q.ServiceAccountNamespace != ""
}

// isOpen tells whether a part of a text is filled in later.
func isOpen(text string) bool {
	return strings.ContainsAny(text, "{}<>$*") || strings.Contains(text, "[[")
}

// askRoles asks whether who reads the references of a tree may log in, and reports who
// may not at the first reference of each.
func askRoles(p *checks.Pass, t checks.Tree, s References, ask func(context.Context, []RoleQuestion) []VaultAnswer) error {
	references, err := locatedIn(t, s)
	if err != nil {
		return err
	}
	one := oneAddress(references.list)
	var questions []RoleQuestion
	var where []checks.Location
	seen := map[RoleQuestion]bool{}
	for i, r := range references.list {
		q, ok := roleQuestion(r)
		if !ok || seen[q] || r.Backend != "vault" || r.Address != "" && !one && !sameAddress(r.Address, s.Vault) {
			continue
		}
		seen[q] = true
		questions, where = append(questions, q), append(where, references.where[i])
	}
	if len(questions) == 0 {
		return nil
	}
	answers := ask(p.Context, questions)
	if len(answers) != len(questions) {
		return fmt.Errorf("%d of %d roles were answered", len(answers), len(questions))
	}
	unseen := 0
	for i, a := range answers {
		switch a.Outcome {
		case VaultMissing:
			p.Report(checks.Report{
				Where: where[i], Inner: "role " + questions[i].Role, Severity: checks.Error,
				Message: told("Vault was asked: " + a.What), Fix: sentence(a.Next),
			})
		case VaultUnknown:
			unseen++
		}
	}
	if unseen > 0 {
		p.NotRun(fmt.Sprintf("Vault was asked about the roles that service accounts log in as, and some may not be seen: %d", unseen))
	}
	return nil
}
