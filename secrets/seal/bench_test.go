package seal

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"
	"testing"
)

// BenchmarkThousandSecrets seals 1,000 Secrets of 5 keys in one file, with a key of
// the size that the controller makes.
func BenchmarkThousandSecrets(b *testing.B) {
	private, err := rsa.GenerateKey(rand.Reader, 4096)
	if err != nil {
		b.Fatal(err)
	}
	certificate, err := ParseCertificate(certify(private, today.AddDate(-1, 0, 0), today.AddDate(1, 0, 0)), today)
	if err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: secret-%d\n  namespace: production\ntype: Opaque\nstringData:\n", i)
		for key := range 5 {
			fmt.Fprintf(&text, "  # Of key %d.\n  key-%d: value-of-%d-%d\n", key, key, i, key)
		}
	}
	in := []byte(text.String())
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		r, err := File("a.yaml", in, Options{Certificate: certificate})
		if err != nil || len(r.Sealed) != 1000 {
			b.Fatalf("sealed %d: %v", len(r.Sealed), err)
		}
	}
}

// BenchmarkLongLine seals one JSON file that has all on one line.
func BenchmarkLongLine(b *testing.B) {
	var data []string
	for i := range 2000 {
		data = append(data, fmt.Sprintf(`"key-%d":"aHVudGVyMg=="`, i))
	}
	in := []byte(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"x"},"data":{` + strings.Join(data, ",") + `}}`)
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		if _, err := File("a.json", in, Options{Certificate: theKeys().certificate}); err != nil {
			b.Fatal(err)
		}
	}
}
