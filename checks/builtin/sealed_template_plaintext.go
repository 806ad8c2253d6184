package builtin

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func sealedTemplatePlaintext() checks.Check {
	return checks.Check{
		ID:       idSealedTemplatePlaintext,
		Title:    "SealedSecret carries a value in plain text",
		Category: checks.Secrets,
		Severity: checks.Error,
		Why: "Only `spec.encryptedData` of a SealedSecret is encrypted. What stands in `spec.template.data`, in a field `data` or `stringData`, or in an annotation that keeps " +
			"the object as it was applied, is there for everybody to read, in a file that looks sealed. kubeseal copies the annotations of a Secret to the template.\n\n" +
			"Values that are public by themselves, password hashes and placeholders are notices, as in a Secret.",
		Fix: "Move the value to encryptedData: `gatehouse seal set FILE KEY`. If it has been pushed, rotate it.",
		Bad: []string{`apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    user: ` + exampleCiphertext(6) + `
  template:
    data:
      password: Tiger-Lily-48
`},
		Good: []string{`apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    password: ` + exampleCiphertext(6) + `
  template:
    data:
      url: postgres://app:{{ .password }}@database/app
`},
		Secrets: eachSecret(idSealedTemplatePlaintext, func(p *checks.Pass, f scan.Found) {
			if !strings.HasPrefix(f.Field, "spec.encryptedData") {
				p.Report(reportOf(p, f, sayOfSecret(f)))
				return
			}
			if !f.Answer.Class.Leaks() || sealed.LooksSealed(f.Raw) || sealed.LooksSealed(f.Value) {
				return // sealed-malformed says what stands there
			}
			r := reportOf(p, f, strings.Replace(sayOfSecret(f), ", beside its sealed values,", "", 1))
			r.Fix = "Seal it: `gatehouse seal set FILE KEY`. If it has been pushed, rotate it."
			p.Report(r)
		}),
	}
}
