package sealed_test

import (
	"crypto/rsa"
	"crypto/x509"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
	"github.com/google/go-cmp/cmp"
)

func TestReadRecord(t *testing.T) {
	for _, c := range []struct {
		text string
		want map[string]string // of the keys a and b
	}{
		{"", map[string]string{"a": "", "b": ""}},
		{"sha256:01", map[string]string{"a": "sha256:01", "b": "sha256:01"}},
		{" SHA256:0A ", map[string]string{"a": "sha256:0a", "b": "sha256:0a"}},
		{"sha256:01 sha256:02", map[string]string{"a": "", "b": ""}},
		{"sha256:01, sha256:01", map[string]string{"a": "sha256:01", "b": "sha256:01"}},
		{"sha256:01 b=sha256:02", map[string]string{"a": "sha256:01", "b": "sha256:02"}},
		{"b=sha256:02", map[string]string{"a": "", "b": "sha256:02"}},
		{"b=", map[string]string{"a": "", "b": ""}},
		{"=sha256:02", map[string]string{"a": "", "b": ""}},
	} {
		record := sealed.ReadRecord(c.text)
		if diff := cmp.Diff(c.want, map[string]string{"a": record.Of("a"), "b": record.Of("b")}); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestWriteRecord(t *testing.T) {
	for _, c := range []struct {
		by   map[string]string
		want string
	}{
		{map[string]string{}, ""},
		{map[string]string{"a": "", "b": ""}, ""},
		{map[string]string{"a": "sha256:01"}, "sha256:01"},
		{map[string]string{"a": "sha256:01", "b": "sha256:01"}, "sha256:01"},
		{map[string]string{"a": "sha256:02", "b": "sha256:01", "c": "sha256:02"}, "sha256:02 b=sha256:01"},
		{map[string]string{"a": "sha256:02", "b": "sha256:01"}, "sha256:02 b=sha256:01"},
		{map[string]string{"a": "sha256:02", "b": ""}, "a=sha256:02"},
		{map[string]string{"c": "sha256:02", "b": "", "a": "sha256:02"}, "a=sha256:02 c=sha256:02"},
	} {
		keys := slices.Collect(maps.Keys(c.by))
		of := func(key string) string { return c.by[key] }
		got := sealed.WriteRecord(keys, of)
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.by, got, c.want)
		}
		record := sealed.ReadRecord(got)
		for _, key := range keys {
			if record.Of(key) != c.by[key] {
				t.Errorf("%q says of %s %q, want %q", got, key, record.Of(key), c.by[key])
			}
		}
	}
}

func TestRecordsOfSingleValues(t *testing.T) {
	now := certificate(t, theKey(), today, today.AddDate(1, 0, 0))
	fits := sealed.Options{Certificates: []*x509.Certificate{now}}
	mine, gone := sealed.Fingerprint(now), "sha256:00"
	data := map[string]string{"a": seal(t, theKey(), canary, "web/db"), "b": seal(t, theKey(), canary, "web/db")}
	for record, key := range map[string]string{
		mine:                               "",
		mine + " b=" + gone:                "b",
		gone + " b=" + mine:                "a",
		gone + " a=" + mine + ",b=" + mine: "",
		mine + " c=" + gone:                "", // a key that is no longer there
		"b=" + mine:                        "", // of a nothing is known
		mine + " " + gone:                  "a",
	} {
		d := document(t, object("web/db", sealed.SealedWith+`: "`+record+`"`, data, ""))
		got := sealed.SealedSecret(d, fits)
		if key == "" {
			if len(got) > 0 {
				t.Errorf("%s: %+v", record, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Rule != "certificate-retired" || !strings.Contains(got[0].Reason, `"`+key+`"`) {
			t.Errorf("%s: %+v", record, got)
		}
	}
}

func TestReadCiphertext(t *testing.T) {
	text := seal(t, largeKey(), canary, "web/db")
	c, ok := sealed.ReadCiphertext(text)
	if !ok || c.Bits != 3072 || c.Length != len(canary) {
		t.Errorf("%+v, %t", c, ok)
	}
	if c.Excludes(&largeKey().PublicKey) {
		t.Error("the key that it was sealed with is excluded")
	}
	if !c.Excludes(&theKey().PublicKey) {
		t.Error("a key of another size is not excluded")
	}
	for _, text := range []string{"", "AgB", canary, text[:len(text)/2]} {
		if _, ok := sealed.ReadCiphertext(text); ok {
			t.Errorf("%.10q is a ciphertext", text)
		}
	}
	excluded := 0
	for range 200 {
		c, _ := sealed.ReadCiphertext(seal(t, theKey(), "x", ""))
		if c.Excludes(&theKey().PublicKey) {
			t.Fatal("the key that it was sealed with is excluded")
		}
		if c.Excludes(&rsa.PublicKey{N: theKey().N, E: 3}) {
			t.Fatal("only the modulus counts")
		}
		if c.Excludes(&otherKey().PublicKey) {
			excluded++
		}
	}
	t.Logf("%d of 200 were excluded by the bound", excluded)
}
