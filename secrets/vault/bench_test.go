package vault_test

import (
	"fmt"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// BenchmarkVerify asks for 5 keys of each of 1,000 secrets.
func BenchmarkVerify(b *testing.B) {
	s := newVault(b)
	var questions []vault.Question
	for i := range 1000 {
		for k := range 5 {
			questions = append(questions, vault.Question{Mount: "secret", Path: fmt.Sprintf("app/%d", i), Key: fmt.Sprintf("key-%d", k)})
		}
	}
	keys := map[string]any{"key-0": nil, "key-1": nil, "key-2": nil, "key-3": nil, "key-4": nil}
	for i := range 1000 {
		s.on(fmt.Sprintf("secret/subkeys/app/%d", i), says(200, subkeys(1, keys)))
	}
	for b.Loop() {
		c := s.connect(nil)
		for _, a := range c.Verify(b.Context(), questions) {
			if a.Outcome != vault.Exists {
				b.Fatalf("%+v", a)
			}
		}
	}
}
