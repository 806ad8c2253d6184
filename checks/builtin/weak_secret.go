package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

func weakSecret() checks.Check {
	return checks.Check{
		ID:       idWeakSecret,
		Title:    "Configuration carries a password that is guessed first",
		Category: checks.Secrets,
		Severity: checks.Error,
		Why: "A default such as `admin` or `postgres` needs no leak: it is on every list, and tried first. Written here, it is what will run. " +
			"Within a Secret, such a value is reported by `plaintext-secret`.",
		Fix: "Generate a password, put it into a Secret that is sealed or comes from Vault, and refer to it here.",
		Bad: []string{`apiVersion: v1
kind: Pod
metadata:
  name: database
spec:
  containers:
  - name: database
    image: docker.io/library/postgres:17.2
    env:
    - name: POSTGRES_PASSWORD
      value: postgres
`, `-- values.yaml --
grafana:
  adminPassword: admin
`},
		Good: []string{`-- values.yaml --
grafana:
  adminUser: admin
  admin:
    existingSecret: grafana-admin
    passwordKey: password
`},
		Secrets: eachSecret(idWeakSecret, func(p *checks.Pass, f scan.Found) {
			p.Report(reportOf(p, f, "A weak or default password stands here"+under(f)+" in plain text"))
		}),
	}
}
