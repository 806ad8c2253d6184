package kms

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/secrets/seal/sops"
)

var _ sops.Service = Service{}

// No cloud can be asked here: what is tested is which key a recipient becomes, and
// that what cannot be reached is an error in time.

func TestKeyOf(t *testing.T) {
	for _, tt := range []struct {
		r    sops.Recipient
		want string
	}{
		{sops.Recipient{Type: "kms", ID: "arn:aws:kms:eu-west-1:1:key/a", Role: "r", Context: map[string]string{"a": "1", "b": "2"}, Profile: "p"}, "arn:aws:kms:eu-west-1:1:key/a+r|a:1,b:2|p"},
		{sops.Recipient{Type: "gcp_kms", ID: "projects/p/locations/l/keyRings/r/cryptoKeys/k"}, "projects/p/locations/l/keyRings/r/cryptoKeys/k"},
		{sops.Recipient{Type: "azure_kv", ID: "https://v.vault.azure.net/keys/k/1"}, "https://v.vault.azure.net/keys/k/1"},
		{sops.Recipient{Type: "hckms", ID: "eu-1:abc"}, "eu-1:abc"},
	} {
		key, err := keyOf(tt.r)
		if err != nil {
			t.Errorf("%s: %v", tt.r.Type, err)
			continue
		}
		if diff := cmp.Diff(tt.want, key.(interface{ ToString() string }).ToString()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.r.Type, diff)
		}
	}
	if _, err := keyOf(sops.Recipient{Type: "age", ID: "age1"}); !errors.Is(err, ErrType) {
		t.Errorf("age: %v", err)
	}
	if _, err := keyOf(sops.Recipient{Type: "hckms", ID: "abc"}); err == nil {
		t.Error("a key without a region is accepted")
	}
}

func TestWhatCannotBeReached(t *testing.T) {
	for name, value := range map[string]string{"HOME": t.TempDir(), "AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "", "AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"} {
		t.Setenv(name, value)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := sops.Recipient{Type: "kms", ID: "arn:aws:kms:eu-west-1:111122223333:key/a"}
	if _, _, err := (Service{}).Wrap(ctx, r, make([]byte, 32)); err == nil {
		t.Error("a data key is encrypted without a cloud")
	}
	if _, err := (Service{}).Unwrap(ctx, r, []byte("AAAA")); err == nil {
		t.Error("a data key is decrypted without a cloud")
	}
}
