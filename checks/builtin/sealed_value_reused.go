package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func sealedValueReused() checks.Check {
	return checks.Check{
		ID:       "sealed-value-reused",
		Title:    "Sealed value is copied",
		Category: checks.Sealing,
		Severity: checks.Error,
		Why: "Sealing is randomised: the same text in two places is a copy. Under two names or namespaces at most one of them opens, so the other Secret will never be there. " +
			"A value that changes places with another opens as the value of the wrong key, which nothing else notices: a warning. " +
			"Under two keys of one object both open, and have the same value: a notice.",
		Fix: "Seal the value for each place by itself: `gatehouse seal set FILE KEY`.",
		Bad: []string{`apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    password: ` + exampleCiphertext(3) + `
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop-staging
spec:
  encryptedData:
    password: ` + exampleCiphertext(3) + "\n"},
		Good: []string{`-- clusters/a/database.yaml --
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    password: ` + exampleCiphertext(3) + `
-- clusters/b/database.yaml --
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    password: ` + exampleCiphertext(3) + "\n"},
		Document: func(p *checks.Pass, d *manifest.Document) error {
			reportSealed(p, d, sealed.SealedSecret(d, sealed.Options{}), sealed.SealedValueReused)
			return nil
		},
		Transition: func(p *checks.Pass, t checks.Transition) error {
			reportSealed(p, t.Now, newFaults(t), sealed.SealedValueReused)
			return nil
		},
		Facts: blobFacts,
		Tree: func(p *checks.Pass, t checks.Tree) error {
			for _, again := range sealed.Reused(blobsOf(t.Facts)) {
				where := t.Facts[again.Again.Document].Where
				p.Report(faultReport(where, again.Fault))
			}
			return nil
		},
	}
}
