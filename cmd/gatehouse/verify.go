package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// The check that asks Vault.
const idReferenceKeyMissing = "reference-key-missing"

// serviceAccountToken is where Kubernetes puts the token of a pod's service account.
const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"

// verifyFlags are the flags of commands that may ask Vault.
func verifyFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "verify-references", Usage: "ask the Vault of references.vault, too, whether what is referred to exists; no value is read"},
	}
}

// verification asks the Vault of the configuration. It logs in when there is something
// to ask, and asks everything once.
type verification struct {
	target vault.Target
	login  vault.Login

	connection *vault.Connection
	failed     error
	known      map[builtin.VaultQuestion]builtin.VaultAnswer
}

// verify makes ready to ask Vault, where the command line wants it. What is not run is
// told; the error is one of usage.
func (p program) verify(c *cli.Context, s subject) (*verification, []checks.NotRun, error) {
	notRun := func(reason string) []checks.NotRun {
		return []checks.NotRun{{Check: idReferenceKeyMissing, Reason: reason}}
	}
	r := s.settings.Config.References
	configured := r != nil && r.Vault != nil
	switch {
	case !c.Bool("verify-references") && !configured && !slices.Contains(words(c.StringSlice("require")), idReferenceKeyMissing):
		return nil, nil, nil
	case !c.Bool("verify-references"):
		list := notRun("whether Vault has what is referred to is asked with --verify-references")
		list[0].Elsewhere = true
		return nil, list, nil
	case s.policies != nil && s.policies.untrusted:
		return nil, notRun("Vault was not asked: the configuration that names it is that of the change itself, to which nobody has agreed yet"), nil
	case s.base == "" && p.ofRequest():
		return nil, nil, usage("--verify-references: in a pull request the address of Vault must come from the base, or the change could have the token sent elsewhere; add --base REVISION")
	case !configured && s.base != "":
		return nil, notRun("Vault was not asked: the configuration on the base has no references.vault"), nil
	case !configured:
		return nil, nil, usage("--verify-references: references.vault in %s must say which Vault is asked", config.ConfigPath)
	}
	login, missing := p.vaultLogin(*r.Vault)
	if missing != "" {
		return nil, notRun("Vault was not asked: " + missing), nil
	}
	target := vault.Target{Address: r.Vault.Address, Namespace: r.Vault.Namespace}
	if r.Vault.CA != "" {
		ca, err := s.policies.place.read(r.Vault.CA)
		if err != nil {
			return nil, nil, usage("--verify-references: references.vault.ca: %s cannot be read", r.Vault.CA)
		}
		target.CA = ca
	}
	return &verification{target: target, login: login, known: map[builtin.VaultQuestion]builtin.VaultAnswer{}}, nil, nil
}

// ofRequest tells whether the run is one for a pull request or a merge request, whose
// work tree is not to be trusted.
func (p program) ofRequest() bool {
	switch p.env("GITHUB_EVENT_NAME") {
	case "pull_request", "pull_request_target", "merge_group":
		return true
	}
	return p.env("CI_MERGE_REQUEST_IID") != ""
}

// vaultLogin is the way to log in that the configuration names, with what is secret of
// it from the environment. missing says what is not there.
func (p program) vaultLogin(v config.VaultServer) (login vault.Login, missing string) {
	switch v.Auth {
	case "approle":
		if p.env("VAULT_ROLE_ID") == "" {
			return nil, "there is no VAULT_ROLE_ID, as in the pull request of a fork"
		}
		return vault.AppRole{Mount: v.Mount, RoleID: p.env("VAULT_ROLE_ID"), SecretID: vault.NewCredential(p.env("VAULT_SECRET_ID"))}, ""
	case "kubernetes":
		token, err := os.ReadFile(serviceAccountToken)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, "this is no pod with the token of a service account"
		}
		if err != nil {
			return nil, "the token of the service account cannot be read"
		}
		return vault.Kubernetes{Mount: v.Mount, Role: v.Role, JWT: vault.NewCredential(string(token))}, ""
	case "jwt":
		if p.env("ACTIONS_ID_TOKEN_REQUEST_URL") == "" || p.env("ACTIONS_ID_TOKEN_REQUEST_TOKEN") == "" {
			return nil, "the job has no identity, as in the pull request of a fork; it needs the permission id-token: write"
		}
		return vault.GitHub{
			Mount: v.Mount, Role: v.Role, Audience: cmp.Or(v.Audience, v.Address),
			RequestURL: p.env("ACTIONS_ID_TOKEN_REQUEST_URL"), RequestToken: vault.NewCredential(p.env("ACTIONS_ID_TOKEN_REQUEST_TOKEN")),
		}, ""
	}
	if p.env("VAULT_TOKEN") == "" {
		return nil, "there is no VAULT_TOKEN, as in the pull request of a fork"
	}
	return vault.Token{Value: vault.NewCredential(p.env("VAULT_TOKEN"))}, ""
}

// ask answers questions in their order. Where Vault cannot be asked, none is answered.
func (v *verification) ask(ctx context.Context, questions []builtin.VaultQuestion) []builtin.VaultAnswer {
	var fresh []vault.Question
	var of []builtin.VaultQuestion
	for _, q := range questions {
		if _, known := v.known[q]; !known {
			of = append(of, q)
			fresh = append(fresh, vault.Question{
				Namespace: q.Namespace, Mount: q.Mount, Path: q.Path, API: q.API, Key: q.Key, Metadata: q.Metadata, Version: q.Version,
			})
		}
	}
	if len(fresh) > 0 && v.connect(ctx) {
		for i, a := range v.connection.Verify(ctx, fresh) {
			v.known[of[i]] = answered(a)
		}
	}
	answers := make([]builtin.VaultAnswer, len(questions))
	for i, q := range questions {
		a, known := v.known[q]
		if !known {
			a = builtin.VaultAnswer{What: v.failed.Error()}
		}
		answers[i] = a
	}
	return answers
}

// connect logs in once, and tells whether Vault can be asked.
func (v *verification) connect(ctx context.Context) bool {
	if v.connection == nil && v.failed == nil {
		v.connection, v.failed = vault.Connect(ctx, v.target, v.login)
	}
	return v.failed == nil
}

// askRoles answers questions about roles in their order.
func (v *verification) askRoles(ctx context.Context, questions []builtin.RoleQuestion) []builtin.VaultAnswer {
	answers := make([]builtin.VaultAnswer, len(questions))
	if !v.connect(ctx) {
		return answers
	}
	list := make([]vault.RoleQuestion, len(questions))
	for i, q := range questions {
		list[i] = vault.RoleQuestion(q)
	}
	for i, a := range v.connection.VerifyRoles(ctx, list) {
		answers[i] = builtin.VaultAnswer{What: a.What, Next: a.Next}
		switch a.Binding {
		case vault.Bound:
			answers[i].Outcome = builtin.VaultThere
		case vault.NotBound, vault.RoleMissing:
			answers[i].Outcome = builtin.VaultMissing
		}
	}
	return answers
}

// answered is what an answer of Vault means for a reference.
func answered(a vault.Answer) builtin.VaultAnswer {
	out := builtin.VaultAnswer{What: a.What, Next: a.Next}
	switch a.Outcome {
	case vault.Exists:
		out.Outcome = builtin.VaultThere
	case vault.KeyMissing, vault.PathMissing, vault.VersionMissing, vault.VersionDeleted, vault.VersionDestroyed:
		out.Outcome = builtin.VaultMissing
	case vault.NotChecked:
		if a.Reason == vault.NotKV {
			out.Outcome = builtin.VaultNoSecret
		}
	}
	return out
}

// close gives a token back that was made for this run. That it cannot be given back
// changes nothing of what was found, and it ends by itself.
func (v *verification) close(ctx context.Context) {
	if v != nil && v.connection != nil {
		_ = v.connection.Close(context.WithoutCancel(ctx))
	}
}
