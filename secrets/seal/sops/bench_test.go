package sops

import (
	"fmt"
	"strings"
	"testing"
)

// manySecrets is a file of n Secrets of 5 values each.
func manySecrets(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: web-%d\nstringData:\n", i)
		for j := range 5 {
			fmt.Fprintf(&b, "  # value %d\n  key%d: \"p4ss %d:%d\"\n", j, j, i, j)
		}
	}
	return b.String()
}

func BenchmarkEncrypt(b *testing.B) {
	alice := newPerson(b)
	o := Options{Rule: dataRule(alice), Now: testTime}
	for _, bench := range []struct {
		what   string
		source string
	}{{"one Secret", manySecrets(1)}, {"a file of 100 Secrets", manySecrets(100)}} {
		b.Run(bench.what, func(b *testing.B) {
			b.SetBytes(int64(len(bench.source)))
			for b.Loop() {
				if _, err := Encrypt("a.yaml", []byte(bench.source), o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSet(b *testing.B) {
	alice := newPerson(b)
	sealed := mustEncrypt(b, "a.yaml", manySecrets(1), Options{Rule: dataRule(alice), Now: testTime})
	n := 0
	for b.Loop() {
		n++
		if _, err := Set("a.yaml", sealed, Place{Path: []string{"stringData", "key1"}}, fmt.Append(nil, n), Options{Keys: alice.keys()}); err != nil {
			b.Fatal(err)
		}
	}
}
