package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func sealedIdentityChanged() checks.Check {
	return checks.Check{
		ID:       "sealed-identity-changed",
		Title:    "SealedSecret is renamed, moved or re-scoped without being sealed anew",
		Category: checks.Sealing,
		Severity: checks.Error,
		Why: "A sealed value is bound to the namespace and the name that it was sealed for (to the namespace alone with the scope namespace-wide). " +
			"With another name, namespace or scope the same ciphertext does not open: the controller says so in its log, and the Secret is missing or stays what it was.",
		Fix: "Seal the values anew under the new name: `gatehouse seal reseal FILE`, or set them again with `gatehouse seal set FILE KEY`. Or keep the old name.",
		Bad: []string{`-- base/database.yaml --
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    password: ` + exampleCiphertext(4) + `
-- head/database.yaml --
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: orders-database
  namespace: shop
spec:
  encryptedData:
    password: ` + exampleCiphertext(4) + "\n", `-- base/database.yaml --
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    password: ` + exampleCiphertext(4) + `
-- head/database.yaml --
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
  annotations:
    sealedsecrets.bitnami.com/namespace-wide: "true"
spec:
  encryptedData:
    password: ` + exampleCiphertext(4) + "\n"},
		Good: []string{`-- base/database.yaml --
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    password: ` + exampleCiphertext(4) + `
-- head/database.yaml --
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: orders-database
  namespace: shop
spec:
  encryptedData:
    password: ` + exampleCiphertext(5) + "\n"},
		Transition: func(p *checks.Pass, t checks.Transition) error {
			reportSealed(p, t.Now, newFaults(t), sealed.SealedIdentityChanged)
			return nil
		},
		Change: judgeMoved,
	}
}

// newFaults are the faults of a SealedSecret that show only beside what it was.
func newFaults(t checks.Transition) []sealed.Fault {
	if t.Before == nil || t.Now == nil || !sealed.IsSealedSecret(t.Now) {
		return nil
	}
	known := map[[2]string]bool{}
	for _, f := range sealed.SealedSecret(t.Now, sealed.Options{}) {
		known[[2]string{f.Rule, f.Field}] = true
	}
	var list []sealed.Fault
	for _, f := range sealed.SealedSecret(t.Now, sealed.Options{Old: t.Before}) {
		if !known[[2]string{f.Rule, f.Field}] {
			list = append(list, f)
		}
	}
	return list
}

// judgeMoved finds the values of objects that have another name now. What an object
// of the same name was is judged as a transition.
func judgeMoved(p *checks.Pass, c checks.Change) error {
	var before, after []sealed.Blob
	known := map[manifest.Object]bool{}
	var documents []*manifest.Document
	for _, f := range c.Files {
		for _, d := range sealedIn(f.Before) {
			known[d.Object] = true
			before = append(before, sealed.Blobs(d)...)
		}
		for _, d := range sealedIn(f.Now) {
			for _, b := range sealed.Blobs(d) {
				b.Document = len(documents)
				after = append(after, b)
			}
			documents = append(documents, d)
		}
	}
	for _, f := range sealed.Moved(before, after) {
		if d := documents[f.Document]; !known[d.Object] {
			p.Report(faultReport(checks.At(d, f.Field, f.Node), f))
		}
	}
	return nil
}

// sealedIn are the SealedSecrets of a file; of none where there is no file.
func sealedIn(f *manifest.File) []*manifest.Document {
	if f == nil {
		return nil
	}
	var list []*manifest.Document
	for _, d := range f.Documents {
		if sealed.IsSealedSecret(d) && !d.Templated {
			list = append(list, d)
		}
	}
	return list
}
