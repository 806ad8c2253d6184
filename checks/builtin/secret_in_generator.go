package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

func secretInGenerator() checks.Check {
	return checks.Check{
		ID:       idSecretInGenerator,
		Title:    "Generator of kustomize makes a Secret from plain text",
		Category: checks.Secrets,
		Severity: checks.Error,
		Why: "What `secretGenerator` makes is encoded only when it is applied. The literal, or the file that it reads, stands in the repository " +
			"as it is, and no search for Secrets sees it.",
		Fix: "Take the value out, write a Secret with it, run `gatehouse seal` on that file, and list the sealed file under resources.",
		Bad: []string{`-- kustomization.yaml --
secretGenerator:
- name: database
  literals:
  - username=app
  - password=Tiger-Lily-48
`, `-- kustomization.yaml --
secretGenerator:
- name: database
  envs: [database.txt]
-- database.txt --
ADMIN=Tiger-Lily-48
`},
		Good: []string{`-- kustomization.yaml --
resources: [sealed.yaml]
secretGenerator:
- name: settings
  literals:
  - username=app
-- sealed.yaml --
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
spec:
  encryptedData:
    password: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq
`},
		Secrets: eachSecret(idSecretInGenerator, func(p *checks.Pass, f scan.Found) {
			what := "the value" + under(f) + " in plain text"
			switch f.Answer.Class {
			case secrets.Hash:
				what = "a password hash" + under(f)
			case secrets.Credential:
				what = "a credential" + under(f) + " in plain text"
			}
			p.Report(reportOf(p, f, "The generator makes a Secret of "+what))
		}),
	}
}
