package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

func plaintextSecret() checks.Check {
	return checks.Check{
		ID:       idPlaintextSecret,
		Title:    "Secret carries its value in plain text",
		Category: checks.Secrets,
		Severity: checks.Error,
		Why: "Everyone who can clone the repository can read the value, for ever: base64 is an encoding, not an encryption, " +
			"and history keeps what a later commit removes.\n\n" +
			"Values that are public by themselves (a certificate, a user name), password hashes and placeholders are notices: " +
			"they give little away, but the object that carries them still belongs sealed or referenced as a whole.",
		Fix: "Run `gatehouse seal FILE` and commit the result, or keep the value in Vault and refer to it with an ExternalSecret. " +
			"If it has been pushed, rotate it.",
		Bad: []string{`apiVersion: v1
kind: Secret
metadata:
  name: database
data:
  password: aHVudGVyMi1pcy1teS1wYXNzd29yZA==
`, `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata:
    name: database
  stringData:
    connection: postgres://app:hunter2@db.example.org/app
`, `# The second value is the one that counts, and the first one can be read.
apiVersion: v1
kind: Secret
metadata:
  name: database
stringData:
  password: hunter2-is-my-password
  password: <filled in later>
`, `# As in a patch.
kind: Secret
metadata:
  name: database
stringData:
  password: hunter2-is-my-password
`},
		Good: []string{`apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
spec:
  encryptedData:
    password: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq
`, `# Filled in by a controller.
apiVersion: v1
kind: Secret
metadata:
  name: token
  annotations:
    kubernetes.io/service-account.name: builder
type: kubernetes.io/service-account-token
`, `# Filled in from Vault before it is applied.
apiVersion: v1
kind: Secret
metadata:
  name: database
stringData:
  password: <path:secret/data/database#password>
`},
		Secrets: eachSecret(idPlaintextSecret, func(p *checks.Pass, f scan.Found) {
			p.Report(reportOf(p, f, sayOfSecret(f)))
		}),
	}
}

// sayOfSecret words what a Secret, or the template of a SealedSecret, carries.
func sayOfSecret(f scan.Found) string {
	where, key := "The Secret", "this key"
	switch {
	case f.Place == scan.SealedTemplate:
		where = "The SealedSecret, beside its sealed values,"
	case f.Document == nil || f.Document.Object.Kind != "Secret":
		where = "The Secret that is written here"
	}
	if f.Key != "" {
		key = f.Key
	}
	switch f.Answer.Class {
	case secrets.Credential:
		return where + " carries a credential under " + key + " in the clear"
	case secrets.Weak:
		return where + " carries a weak or default value under " + key + " in the clear"
	case secrets.Public:
		return where + " carries a value under " + key + " that is not secret by itself"
	case secrets.Hash:
		return where + " carries a password hash under " + key
	case secrets.Placeholder:
		return where + " carries a placeholder under " + key
	}
	return where + " carries the value of " + key + " in the clear: base64 is no encryption"
}
