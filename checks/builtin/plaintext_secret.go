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
		Document: judgeSecret,
	}
}

// judgeSecret reports the keys of a Secret, and those that a duplicate key
// shadows: they do not count for Kubernetes, and can be read all the same.
func judgeSecret(p *checks.Pass, d *manifest.Document) error {
	if !isSecret(d) {
		return nil
	}
	for _, field := range []string{"data", "stringData"} {
		if values := d.Root.Get(field); values != nil {
			judgeSecretValues(p, d, field, "data", values)
		}
	}
	for i := range d.Duplicates {
		dup := &d.Duplicates[i]
		written, rest, _ := strings.Cut(dup.Path, ".")
		written, _, _ = strings.Cut(written, "[")
		if written != "data" && written != "stringData" {
			continue
		}
		path := "data"
		if rest != "" || dup.Path != written {
			path = "data" + strings.TrimPrefix(dup.Path, written)
		}
		judgeSecretValues(p, d, written, path, &dup.Shadowed)
	}
	return nil
}

// isSecret recognises a v1 Secret, one whose apiVersion is left out, as in a
// patch, and one whose kind is shadowed by a second one.
func isSecret(d *manifest.Document) bool {
	version := d.Root.Get("apiVersion").Str()
	if version != "v1" && version != "" {
		return false
	}
	if d.Root.Get("kind").Str() == "Secret" {
		return true
	}
	for i := range d.Duplicates {
		if d.Duplicates[i].Path == "kind" && d.Duplicates[i].Shadowed.Str() == "Secret" {
			return true
		}
	}
	return false
}

// judgeSecretValues reports every value in n: one for each key, where it is what
// the API server takes, and each leaf of what it would refuse.
func judgeSecretValues(p *checks.Pass, d *manifest.Document, written, path string, n *manifest.Node) {
	switch n.Kind {
	case manifest.Map:
		for i := range n.Items {
			judgeSecretValues(p, d, written, manifest.JoinField(path, n.Items[i].Key), &n.Items[i])
		}
	case manifest.List:
		for i := range n.Items {
			judgeSecretValues(p, d, written, manifest.JoinItem(path, n, i), &n.Items[i])
		}
	default:
		judgeSecretValue(p, d, written, path, n)
	}
}

// judgeSecretValue reports one value. The field is named as the API server knows
// it, under data, wherever it is written.
func judgeSecretValue(p *checks.Pass, d *manifest.Document, written, path string, n *manifest.Node) {
	value := n.Text
	if written == "data" {
		value = decodeData(n.Text)
	}
	r := checks.Report{Where: checks.At(d, path, n), Cites: value}
	switch class := secrets.Classify(n.Key, value, secrets.Held).Class; class {
	case secrets.Credential:
		r.Message = "The Secret carries a credential under this key in the clear: base64 is no encryption."
	case secrets.Plaintext:
		r.Message = "The Secret carries the value of this key in the clear: base64 is no encryption."
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

// decodeData gives what a program sees of a value of data. A value that is not
// base64 is taken as it stands: a template or a reference is filled in before the
// API server sees it.
func decodeData(text string) string {
	compact := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == ' ' {
			return -1
		}
		return r
	}, text)
	plain, err := base64.StdEncoding.DecodeString(compact)
	if err != nil || !utf8.Valid(plain) {
		return text
	}
	return string(plain)
}
