package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func sealedMalformed(s Settings) checks.Check {
	return checks.Check{
		ID:       "sealed-malformed",
		Title:    "Sealed value can never be opened",
		Category: checks.Sealing,
		Severity: checks.Error,
		Why: "What stands in `encryptedData` is no ciphertext of the sealed-secrets controller: a placeholder, a value that is cut off, one that is sealed with another certificate. " +
			"The API server admits it, since the type of a SealedSecret takes any text, and the controller fails later, in its log. So the Secret is missing where it is needed, " +
			"or stays what it was.\n\n" +
			"It is told from the structure of the value, without a key. That a value was sealed with an older certificate than the pinned one is a warning: the controller may have kept its key.",
		Fix: "Seal the value anew: `gatehouse seal set FILE KEY`.",
		Bad: []string{`apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    password: <SEALED_PASSWORD>
`, `apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    password: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq
`},
		Good: []string{`apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    password: ` + exampleCiphertext(1) + "\n"},
		Document: func(p *checks.Pass, d *manifest.Document) error {
			if !sealed.IsSealedSecret(d) {
				return nil
			}
			options := sealed.Options{Certificates: s.certificatesFor(p.Layout.Environment(d.File))}
			for _, f := range sealed.SealedSecret(d, options) {
				if f.Kind != sealed.SealedMalformed {
					continue
				}
				r := faultReport(checks.At(d, f.Field, f.Node), f)
				if f.Rule == sealedOtherCertificate {
					r.Severity = checks.Warning
				}
				p.Report(r)
			}
			return nil
		},
	}
}

// sealedOtherCertificate is the ground on which a value is said not to be sealed with a
// pinned certificate. The controller keeps the keys of older ones.
const sealedOtherCertificate = "sealed-other-certificate"
