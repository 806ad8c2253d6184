package builtin

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

func plaintextSecret() checks.Check {
	return checks.Check{
		ID:       "plaintext-secret",
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
		Document: judgeSecret,
	}
}

func judgeSecret(p *checks.Pass, d *manifest.Document) error {
	if d.Object.Kind != "Secret" || d.Object.APIVersion != "v1" {
		return nil
	}
	for _, field := range []string{"data", "stringData"} {
		values := d.Root.Get(field)
		if values == nil {
			continue
		}
		for i := range values.Items {
			judgeSecretValue(p, d, field, &values.Items[i])
		}
	}
	return nil
}

// judgeSecretValue reports one key. The field is named as the API server knows
// it, under data, wherever it is written.
func judgeSecretValue(p *checks.Pass, d *manifest.Document, written string, n *manifest.Node) {
	value, form := n.Text, "in plain text"
	if written == "data" {
		value, form = decodeData(n.Text)
	}
	r := checks.Report{
		Where: checks.At(d, manifest.JoinField("data", n.Key), n),
		Cites: value,
	}
	switch class := secrets.Classify(n.Key, value); class {
	case secrets.Credential:
		r.Message = "The Secret carries a credential under this key " + form + "."
	case secrets.Plaintext:
		r.Message = "The Secret carries the value of this key " + form + "."
	case secrets.Public:
		r.Severity = checks.Notice
		r.Message = "The Secret carries a value under this key that is not secret by itself."
		r.Fix = "Move it to a ConfigMap, or seal it with the rest of the Secret."
	case secrets.Hash:
		r.Severity = checks.Notice
		r.Message = "The Secret carries a password hash under this key."
		r.Fix = "Seal it: a hash of a weak password can be guessed offline."
	case secrets.Placeholder:
		r.Severity = checks.Notice
		r.Message = "The Secret carries a placeholder under this key."
		r.Fix = "See that the value is filled in outside of Git, and not by an edit of this file."
	default:
		return
	}
	p.Report(r)
}

// decodeData gives what a program sees of a value of data, and the words for how
// it is written. A value that is not base64 is taken as it stands: a template or
// a reference is filled in before the API server sees it.
func decodeData(text string) (value, form string) {
	compact := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == ' ' {
			return -1
		}
		return r
	}, text)
	plain, err := base64.StdEncoding.DecodeString(compact)
	if err != nil {
		return text, "in plain text"
	}
	if !utf8.Valid(plain) {
		return text, "in base64, which anyone can decode"
	}
	return string(plain), "in base64, which anyone can decode"
}
