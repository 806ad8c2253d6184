package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

func secretInConfig() checks.Check {
	return checks.Check{
		ID:       idSecretInConfig,
		Title:    "Configuration carries a secret in plain text",
		Category: checks.Secrets,
		Severity: checks.Error,
		Why: "A password is as readable in an environment variable, an argument, a ConfigMap, a values file or a file of Terraform as it is in a Secret, " +
			"and these places are read by more people and programs: `kubectl describe`, process lists, logs of CI.\n\n" +
			"The name decides, and then the value: a reference, a template, a path, a placeholder or a public value is none. A password hash is a notice.",
		Fix: "Put the value into a Secret that is sealed or comes from Vault, and refer to it here.",
		Bad: []string{`apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.org/web:1.2.3
        env:
        - name: DB_PASSWORD
          value: Tiger-Lily-48
`, `-- main.tf --
variable "db_password" {
  type    = string
  default = "Tiger-Lily-48"
}
`, `-- values.yaml --
postgresql:
  auth:
    username: app
    password: Tiger-Lily-48
`},
		Good: []string{`apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.org/web:1.2.3
        env:
        - name: DB_PASSWORD
          valueFrom: {secretKeyRef: {name: database, key: password}}
        - name: DB_PASSWORD_FILE
          value: /run/secrets/database/password
`, `-- values.yaml --
postgresql:
  auth:
    username: app
    existingSecret: database
    secretKeys: {userPasswordKey: password}
`},
		Secrets: eachSecret(idSecretInConfig, func(p *checks.Pass, f scan.Found) {
			if f.Answer.Class == secrets.Hash {
				r := reportOf(p, f, "A password hash stands here"+under(f))
				r.Fix = "Keep it in a sealed Secret: a hash of a weak password can be guessed offline."
				p.Report(r)
				return
			}
			p.Report(reportOf(p, f, "A secret stands here"+under(f)+" in plain text"))
		}),
	}
}
