package admission

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// Checks returns the checks that only this gate runs: what they find is right in
// a repository, or cannot stand there. They are added to those of all gates.
func Checks() []checks.Check {
	return append(ownChecks(), releaseUnreadable(parseRelease))
}

// ownChecks are those of Checks that need nothing of the request.
func ownChecks() []checks.Check {
	return []checks.Check{unresolvedSecret(), longLivedToken(), lastAppliedSecret()}
}

func isSecret(d *manifest.Document) bool {
	return d.Object.Kind == "Secret" && d.Object.APIVersion == "v1"
}

func unresolvedSecret() checks.Check {
	return checks.Check{
		ID:       "unresolved-secret",
		Title:    "Secret is applied with a value that was never filled in",
		Category: checks.References,
		Severity: checks.Error,
		Why: "In a repository an encrypted value or a reference is what belongs there. In a cluster nothing fills it in any more: " +
			"the program that mounts the Secret gets the ciphertext or the reference as its password.",
		Fix: "Apply the manifest through the tool that fills the value in: `sops --decrypt`, the decryption of Flux, the Vault plugin of Argo CD, or `vals eval`.",
		Bad: []string{`apiVersion: v1
kind: Secret
metadata:
  name: database
data:
  password: RU5DW0FFUzI1Nl9HQ00sZGF0YTpYd1RZLGl2OmFiY2Q9LHRhZzplZmdoPSx0eXBlOnN0cl0=
`, `apiVersion: v1
kind: Secret
metadata:
  name: database
stringData:
  password: <path:secret/data/database#password>
`},
		Good: []string{`apiVersion: v1
kind: Secret
metadata:
  name: database
stringData:
  password: vault:secret/data/database#password
`},
		Document: func(p *checks.Pass, d *manifest.Document) error {
			if !isSecret(d) {
				return nil
			}
			eachValue(d, func(n *manifest.Node, value string) {
				if what := unresolved(n.Key, value); what != "" {
					p.Report(checks.Report{Where: checks.At(d, manifest.JoinField("data", n.Key), n), Message: what, Cites: value})
				}
			})
			return nil
		},
	}
}

// eachValue visits the values of a Secret, decoded.
func eachValue(d *manifest.Document, visit func(n *manifest.Node, value string)) {
	for _, field := range []string{"data", "stringData"} {
		values := d.Root.Get(field)
		if values == nil {
			continue
		}
		for i := range values.Items {
			n := &values.Items[i]
			value := n.Text
			if plain, err := base64.StdEncoding.DecodeString(value); field == "data" && err == nil {
				value = string(plain)
			}
			visit(n, value)
		}
	}
}

// unresolved says what of a value was left to be done before it was applied, or
// "". A reference of bank-vaults stays in a Secret: the program resolves it when
// it starts.
func unresolved(key, value string) string {
	trimmed := strings.TrimSpace(value)
	switch class := secrets.Classify(key, value, secrets.Held).Class; {
	case class == secrets.Encrypted && strings.HasPrefix(trimmed, "ENC[AES256_GCM,"):
		return "The value under this key is still encrypted by SOPS."
	case class == secrets.Reference && strings.HasPrefix(trimmed, "<path:"):
		return "The value under this key is a reference that the Vault plugin of Argo CD has not filled in."
	case class == secrets.Reference && (strings.HasPrefix(trimmed, "ref+") || strings.HasPrefix(trimmed, "secretref+")):
		return "The value under this key is a reference that vals has not filled in."
	}
	return ""
}

func longLivedToken() checks.Check {
	return checks.Check{
		ID:       "long-lived-token",
		Title:    "Secret asks for a service account token that never expires",
		Category: checks.Policy,
		Severity: checks.Warning,
		Why: "The control plane fills this Secret with a token that holds until the Secret is deleted, and that everyone who may read Secrets may use. " +
			"A pod gets a token of its own that expires and is renewed.",
		Fix: "Delete the Secret and let the pod use its projected token, or make a token that expires with `kubectl create token`.",
		Bad: []string{`apiVersion: v1
kind: Secret
metadata:
  name: builder
  annotations:
    kubernetes.io/service-account.name: builder
type: kubernetes.io/service-account-token
`},
		Good: []string{`apiVersion: v1
kind: Secret
metadata:
  name: builder
type: Opaque
`},
		Document: func(p *checks.Pass, d *manifest.Document) error {
			if t := d.Root.Get("type"); isSecret(d) && t.Str() == "kubernetes.io/service-account-token" {
				p.Report(checks.Report{Where: checks.At(d, "type", t), Message: "The Secret is filled with a token of a service account that never expires."})
			}
			return nil
		},
	}
}

func lastAppliedSecret() checks.Check {
	return checks.Check{
		ID:       "last-applied-secret",
		Title:    "Annotation of a Secret holds its values in clear",
		Category: checks.Secrets,
		Severity: checks.Warning,
		Why: "`kubectl apply` keeps the whole manifest in the annotation `kubectl.kubernetes.io/last-applied-configuration`, with `stringData` in clear. " +
			"Whoever is shown the annotations of the Secret is shown its values.",
		Fix: "Apply Secrets with `kubectl apply --server-side`, which keeps no copy, and remove the annotation.",
		Bad: []string{`apiVersion: v1
kind: Secret
metadata:
  name: database
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","kind":"Secret","metadata":{"name":"database"},"stringData":{"password":"hunter2"}}
`},
		Good: []string{`apiVersion: v1
kind: Secret
metadata:
  name: database
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","kind":"Secret","metadata":{"name":"database"}}
`},
		Document: func(p *checks.Pass, d *manifest.Document) error {
			annotation := manifest.LastApplied(d.Root)
			if !isSecret(d) || annotation.Str() == "" {
				return nil
			}
			var copied struct{ Data, StringData map[string]json.RawMessage }
			// What is no JSON was not written by kubectl and is an annotation like any other.
			if err := json.Unmarshal([]byte(annotation.Str()), &copied); err == nil && len(copied.Data)+len(copied.StringData) > 0 {
				p.Report(checks.Report{
					Where:   checks.At(d, manifest.JoinField("metadata.annotations", annotation.Key), annotation),
					Message: "The annotation that kubectl apply writes holds the values of this Secret.",
					Cites:   annotation.Str(),
				})
			}
			return nil
		},
	}
}

// releaseUnreadable is the check of the type of a Helm release. What a release
// renders is judged in place of its data, so the data must be one.
func releaseUnreadable(read func(value string) (release, error)) checks.Check {
	return checks.Check{
		ID:       "helm-release-unreadable",
		Title:    "Secret has the type of a Helm release and is none",
		Category: checks.Secrets,
		Severity: checks.Error,
		Why: "The manifests of a Helm release are judged in place of its packed data. Data that cannot be unpacked is judged by nobody: " +
			"a Secret of this type would be a way around the gate.",
		Fix: "Let Helm write the Secrets of its releases, and give a Secret of another kind another type.",
		Bad: []string{`apiVersion: v1
kind: Secret
metadata:
  name: sh.helm.release.v1.web.v1
type: helm.sh/release.v1
data:
  release: aHVudGVyMg==
`},
		Good: []string{`apiVersion: v1
kind: Secret
metadata:
  name: sh.helm.release.v1.web.v1
type: helm.sh/release.v1
data:
  release: ZXlKdVlXMWxJam9pZDJWaUlpd2liV0Z1YVdabGMzUWlPaUlpZlE9PQ==
`},
		Document: func(p *checks.Pass, d *manifest.Document) error {
			if !isRelease(d) {
				return nil
			}
			value := d.Root.Lookup("data", releaseKey)
			if value == nil && d.Root.Get("data") == nil {
				return nil // nothing is hidden in it
			}
			_, err := read(value.Str())
			if !errors.Is(err, errNoRelease) {
				return err
			}
			p.Report(checks.Report{
				Where:   checks.At(d, manifest.JoinField("data", releaseKey), value),
				Message: "The data of this Secret cannot be unpacked as the Helm release that its type promises.",
				Cites:   value.Str(),
			})
			return nil
		},
	}
}
