package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

func placeholderSecret() checks.Check {
	return checks.Check{
		ID:       idPlaceholderSecret,
		Title:    "Placeholder stands where a secret belongs",
		Category: checks.Secrets,
		Severity: checks.Notice,
		Why: "A placeholder gives nothing away, but it asks to be replaced by an edit of this file, and then the secret is committed. " +
			"Where nobody replaces it, it is the password.",
		Fix: "Refer to a Secret that is sealed or comes from Vault, or document outside of this file how the value is given.",
		Bad: []string{`-- values.yaml --
database:
  password: CHANGE_ME
`},
		Good: []string{`-- values.yaml --
database:
  existingSecret: database
  password: ""
`},
		Secrets: eachSecret(idPlaceholderSecret, func(p *checks.Pass, f scan.Found) {
			r := reportOf(p, f, "A placeholder stands here"+under(f)+", where a secret belongs")
			p.Report(r)
		}),
	}
}
