package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

func leakedCredential() checks.Check {
	return checks.Check{
		ID:       idLeakedCredential,
		Title:    "Credential of a recognised form stands in the clear",
		Category: checks.Secrets,
		Severity: checks.Error,
		Why: "Whoever can read the repository can use the credential, and history keeps it after a later commit has removed it. " +
			"It is known by its form (the prefix and checksum of a service's tokens, a private key that parses, a URL with a password), " +
			"so it counts wherever it stands: in a comment, a script, an annotation, a packed chart.\n\n" +
			"Rules of the repository's own, in `.gatehouse/config.yaml` or an existing `.gitleaks.toml`, are reported here, too.",
		Fix: "Take the credential out, and refer to a Secret that is sealed or comes from Vault. If it has been pushed, rotate it.",
		Bad: []string{`apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  settings.yaml: |
    database: postgres://app:Tiger-Lily-48@db.prod.internal/app
`, `-- deploy.sh --
#!/bin/sh
# curl -u deploy:Tiger-Lily-48 https://ci.prod.internal/build
curl https://deploy:Tiger-Lily-48@ci.prod.internal/build
`},
		Good: []string{`apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  settings.yaml: |
    database: postgres://app:${PASSWORD}@db.prod.internal/app
    image: registry.example.org/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
`},
		Secrets: eachSecret(idLeakedCredential, func(p *checks.Pass, f scan.Found) {
			p.Report(reportOf(p, f, "A credential stands here"+under(f)+" in the clear"))
		}),
	}
}
