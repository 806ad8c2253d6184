package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func sealedScopeMismatch() checks.Check {
	return checks.Check{
		ID:       "sealed-scope-mismatch",
		Title:    "Scope or name of a SealedSecret is not the sealed one",
		Category: checks.Sealing,
		Severity: checks.Error,
		Why: "A sealed value opens under the scope that it was sealed for, and the controller takes that scope from the annotations in `metadata`; those in `spec.template` count for nothing, " +
			"though kubeseal writes both. Where the two differ, or an annotation is misspelled, the values cannot be opened. A name or namespace in the template that is not that of the object is " +
			"a warning: it says under which name it was sealed.",
		Fix: "Give the object the scope, name and namespace that it was sealed with, or seal it anew: `gatehouse seal reseal FILE`.",
		Bad: []string{`apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    password: ` + exampleCiphertext(2) + `
  template:
    metadata:
      name: database
      namespace: shop
      annotations:
        sealedsecrets.bitnami.com/cluster-wide: "true"
`},
		Good: []string{`apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
  annotations:
    sealedsecrets.bitnami.com/cluster-wide: "true"
spec:
  encryptedData:
    password: ` + exampleCiphertext(2) + `
  template:
    metadata:
      name: database
      namespace: shop
      annotations:
        sealedsecrets.bitnami.com/cluster-wide: "true"
`},
		Document: func(p *checks.Pass, d *manifest.Document) error {
			reportSealed(p, d, sealed.SealedSecret(d, sealed.Options{}), sealed.SealedScopeMismatch)
			return nil
		},
	}
}
