package token

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMatchNamed(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	for _, c := range []struct{ key, value, want string }{
		{"AWS_SECRET_ACCESS_KEY", "[A-Za-z0-9+/]{40}", "aws-secret-access-key"},
		{"aws.secretAccessKey", "[A-Za-z0-9]{40}", "aws-secret-access-key"},
		{"AWS_SECRET_ACCESS_KEY", "[A-Za-z0-9+/]{39}", ""},
		{"AWS_SECRET_ACCESS_KEY", "[a-z]{8}", ""},
		{"HEROKU_API_KEY", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "heroku-uuid-key"},
		{"DD_API_KEY", "[0-9a-f]{32}", "datadog-api-key"},
		{"DD_APP_KEY", "[0-9a-f]{40}", "datadog-app-key"},
		{"cloudflareApiToken", "[A-Za-z0-9_-]{40}", "cloudflare-api-token"},
		{"azure-storage-key", "[A-Za-z0-9+/]{86}==", "azure-storage-account-key"},
		{"TWILIO_AUTH_TOKEN", "[0-9a-f]{32}", "twilio-auth-token"},
		{"HEROKU_APP_ID", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", ""},
		{"sonar.image.digest", "[0-9a-f]{40}", ""},
		{"image", "[0-9a-f]{40}", ""},
		{"checksum", "[0-9a-f]{64}", ""},
		{"wireguard_private_key", "[A-Za-z0-9+/]{43}=", "wireguard-private-key"},
	} {
		value := drawn(rng, c.value)
		hit, ok := MatchNamed(c.key, " "+value)
		if ok != (c.want != "") || ok && (hit.Family.ID != c.want || hit.Proof != KeyName || hit.Start != 1 || hit.End != 1+len(value)) {
			t.Errorf("%s: %v %v, want %s", c.key, ok, hit, c.want)
		}
	}
	if hit, ok := MatchNamed("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCY"+"EXAMPLEKEY"); !ok || !hit.Example {
		t.Errorf("the key of the documentation: %v %v", ok, hit)
	}
}

// Each named family is found under its own name.
func TestNamedFamiliesAreFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, family := range Families() {
		if family.names == nil {
			continue
		}
		found := false
		for range 5 {
			for _, pattern := range family.forms {
				value := drawn(rng, pattern)
				if make := built[family.ID]; make != nil {
					value = make(rng)
				}
				hit, ok := MatchNamed(strings.ReplaceAll(family.names[0], "+", "_")+"_token", value)
				found = found || ok && hit.Family.ID == family.ID
			}
		}
		if !found {
			t.Errorf("%s: not found under %s", family.ID, family.names[0])
		}
	}
}
