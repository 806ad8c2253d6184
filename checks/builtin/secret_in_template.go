package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

func secretInTemplate() checks.Check {
	return checks.Check{
		ID:       idSecretInTemplate,
		Title:    "Template falls back on a secret in plain text",
		Category: checks.Secrets,
		Severity: checks.Error,
		Why: "A literal behind `default` or `:-` is used wherever nobody has set the value, and nobody is told: the installation runs with a password " +
			"that everyone who can read the template knows.",
		Fix: "Let the template fail where no value is given (`required`, `${NAME:?}`), generate one, or refer to an existing Secret.",
		Bad: []string{`-- chart/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- chart/templates/secret.yaml --
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}
stringData:
  password: {{ .Values.password | default "Tiger-Lily-48" | quote }}
`},
		Good: []string{`-- chart/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- chart/templates/secret.yaml --
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}
stringData:
  password: {{ required "a password must be given" .Values.password | quote }}
`},
		Secrets: eachSecret(idSecretInTemplate, func(p *checks.Pass, f scan.Found) {
			p.Report(reportOf(p, f, "The template holds a secret"+under(f)+" in plain text"))
		}),
	}
}
