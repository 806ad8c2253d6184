package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

func exampleTemplate(taken string) string {
	return `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: database
  namespace: shop
spec:
  secretStoreRef:
    name: vault
    kind: ClusterSecretStore
  target:
    template:
      data:
        url: postgres://shop:{{ .` + taken + ` }}@db/shop
  data:
  - secretKey: password
    remoteRef:
      key: shop/database
      property: password
`
}

func referenceKeyMissing(s Settings) checks.Check {
	return checks.Check{
		ID:       string(reference.KeyMissing),
		Title:    "Reference to a key that is not there",
		Category: checks.References,
		Severity: checks.Error,
		Why: "A template that takes a value which nothing fetches fails, and the Secret is not made; a secret or a key that Vault does not have is not fetched either.\n\n" +
			"What one object says of itself is judged everywhere. With `gatehouse check --verify-references` the Vault of the configuration (`references.vault`) is asked whether what is " +
			"referred to exists, down to the key, with a token that can read no value (docs/REFERENCES.md has its policy): a path, key or version that is not there, or was deleted, " +
			"is an error at the reference. What could not be asked, or lies in a mount that is unknown or forbidden, is not judged, and the verdict is then incomplete.",
		Fix:       "Correct the path or the key, or write the secret to Vault.",
		Bad:       []string{exampleTemplate("pasword")},
		Good:      []string{exampleTemplate("password")},
		Document:  referenceDocument(s, reference.KeyMissing),
		FileFacts: referenceFacts(s),
		FactsOf:   referencesFacts,
		Tree: func(p *checks.Pass, t checks.Tree) error {
			if err := referenceTree(s, reference.KeyMissing)(p, t); err != nil || s.Vault == nil {
				return err
			}
			return askVault(p, t, s.References, s.Vault)
		},
	}
}
