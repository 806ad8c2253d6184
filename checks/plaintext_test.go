package checks

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestPlaintextNeverPrints(t *testing.T) {
	p := NewPlaintext("canary-value")
	holder := struct {
		P  Plaintext
		PP *Plaintext
		M  map[string]Plaintext
	}{p, &p, map[string]Plaintext{"k": p}}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T", "%10.3s"} {
		fmt.Fprintf(&out, verb+"\n", p)
		fmt.Fprintf(&out, verb+"\n", holder)
	}
	encoded, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "p", p, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "p", p, "holder", holder)
	fmt.Fprint(&out, Finding{cites: p})
	for _, form := range []string{"canary", "63616e617279", "63616E617279"} {
		if strings.Contains(out.String(), form) {
			t.Errorf("an encoder shows the value as %q:\n%s", form, out.String())
		}
	}
}

func TestDigest(t *testing.T) {
	p := NewPlaintext("hunter2")
	digest := DigestValue(p)
	if !MatchesDigest(p, digest) {
		t.Error("a value does not match its own digest")
	}
	if MatchesDigest(NewPlaintext("hunter3"), digest) {
		t.Error("another value matches")
	}
	if digest == DigestValue(p) {
		t.Error("two digests of one value are equal: the salt is not random")
	}
	for _, bad := range []string{
		"", "hunter2", strings.Replace(digest, "m=19456", "m=4194304", 1), digest[:len(digest)-4], strings.Replace(digest, "argon2id", "argon2i", 1),
	} {
		if MatchesDigest(p, bad) || CheckDigest(bad) == nil {
			t.Errorf("%q is taken for a digest", bad)
		}
	}
	if err := CheckDigest(digest); err != nil {
		t.Errorf("CheckDigest: %v", err)
	}
}

// TestCuttingIsLinear holds that many values, equal or not, cost no more than they are.
func TestCuttingIsLinear(t *testing.T) {
	values := make([]string, 0, 200_000)
	for i := range 100_000 {
		word := strings.Repeat("a", 1+i%7) + strings.Repeat("b", 1+i/7%9) + strings.Repeat("c", 1+i/63%9)
		values = append(values, "AAAAAAAAAAAAAAA", word)
	}
	cut := cutting(values)
	for range 100_000 {
		cut("A weak or default password stands here under this key in plain text.")
	}
}

func TestOwnWordsStay(t *testing.T) {
	if got := cutting([]string{"password", "secret", "winter"})("A weak or default password stands here: winter"); got != "A weak or default password stands here: [redacted]" {
		t.Error(got)
	}
}

func TestCutting(t *testing.T) {
	cut := cutting([]string{"admin", "hunter2", "Tiger-Lily-48"})
	tests := map[string]string{
		"the value admin stands here":  "the value [redacted] stands here",
		"adminPassword and superadmin": "adminPassword and superadmin",
		"admin, adminadmin (admin)":    "[redacted], adminadmin ([redacted])",
		"xhunter2y":                    "x[redacted]y",
		"backup-Tiger-Lily-48.yaml":    "backup-[redacted].yaml",
		"ädmin admin":                  "ädmin [redacted]",
		"nothing":                      "nothing",
	}
	for text, want := range tests {
		if got := cut(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
