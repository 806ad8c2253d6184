package sealed_test

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// sealedSecrets makes SealedSecrets of five keys of RSA-4096, with an old version.
func sealedSecrets(b testing.TB, n int) []*manifest.Document {
	key := newKey(4096)
	list := make([]*manifest.Document, n)
	for i := range list {
		name := fmt.Sprintf("web/db-%d", i)
		data := map[string]string{}
		for k := range 5 {
			data[fmt.Sprintf("key-%d", k)] = seal(b, key, canary, name)
		}
		list[i] = document(b, object(name, "", data, "  template:\n    metadata:\n      name: db-"+fmt.Sprint(i)+"\n"))
	}
	return list
}

// Judging 1,000 SealedSecrets, each against its old version and a certificate, and all
// of them against each other.
func BenchmarkSealedSecrets(b *testing.B) {
	docs := sealedSecrets(b, 1000)
	options := sealed.Options{Certificates: []*x509.Certificate{certificate(b, newKey(4096), today, today.AddDate(1, 0, 0))}, Keys: []*rsa.PublicKey{&newKey(4096).PublicKey}}
	for b.Loop() {
		var blobs []sealed.Blob
		for _, d := range docs {
			options.Old = d
			sealed.SealedSecret(d, options)
			blobs = append(blobs, sealed.Blobs(d)...)
		}
		if len(sealed.Reused(blobs)) > 0 {
			b.Fatal("nothing is used twice")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/1000")
}

func BenchmarkSOPS(b *testing.B) {
	f := newFile(secretTree())
	file := read(b, "a.yaml", f.yaml())
	for b.Loop() {
		if got := sealed.SOPS(file, nil, file); len(got) > 0 {
			b.Fatal(got)
		}
	}
}
