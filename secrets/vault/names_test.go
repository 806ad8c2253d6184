package vault

import (
	"github.com/google/go-cmp/cmp"
	"strings"
	"testing"
)

func TestSplitKey(t *testing.T) {
	for key, want := range map[string][]string{
		"":           {""},
		"a":          {"a"},
		"a.b":        {"a", "b"},
		`a\.b.c`:     {"a.b", "c"},
		`a\\.b`:      {`a\`, "b"},
		`a\x.`:       {`a\x`, ""},
		`a\`:         {`a\`},
		".":          {"", ""},
		"tls.key.ü.": {"tls", "key", "ü", ""},
	} {
		if diff := cmp.Diff(want, splitKey(key)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", key, diff)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"password", "passwords", "user", "username", "api-key", "a", "b", "tls.crt", "tls.key"}
	for asked, want := range map[string][]string{
		"pasword":                 {"password", "passwords"},
		"PASSWORD":                {"password", "passwords"},
		"drowssap":                nil,
		"api_key":                 {"api-key"},
		"apikey":                  {"api-key"},
		"usre":                    {"user"},
		"tls-key":                 {"tls.key", "tls.crt"},
		"x":                       nil,
		"":                        nil,
		"password":                {"passwords"},
		strings.Repeat("x", 1000): nil,
	} {
		got := nearest(asked, names)
		if asked == "tls-key" {
			got = got[:1] // the other one is three letters off
			want = want[:1]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", asked, diff)
		}
	}
	var many []string
	for c := 'a'; c <= 'z'; c++ {
		many = append(many, "password-"+string(c))
	}
	if got := nearest("password-", many); len(got) != mostNearest {
		t.Errorf("%d suggestions, want %d", len(got), mostNearest)
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"app", "app", true}, {"app", "apps", false}, {"", "", true}, {"", "app", false}, {"*", "", true}, {"*", "app", true},
		{"web-*", "web-shop", true}, {"web-*", "web-", true}, {"web-*", "a-web-shop", false}, {"*-web", "a-web", true}, {"*-web", "a-web-b", false},
		{"a*b*c", "a-b-c", true}, {"a*b*c", "abc", true}, {"a*b*c", "acb", false}, {"a*a", "a", false}, {"a*a", "aa", true}, {"**", "x", true},
	} {
		if got := matches(test.pattern, test.name); got != test.want {
			t.Errorf("%q of %q: %v, want %v", test.pattern, test.name, got, test.want)
		}
	}
}

func TestPolicies(t *testing.T) {
	want := `# Which secrets there are, which keys they have, and no value of them.
path "secret/subkeys/*" { capabilities = ["read"] }
path "secret/metadata/*" { capabilities = ["read", "list"] }
path "secret/data/*" { capabilities = ["deny"] }
path "auth/kubernetes/role/*" { capabilities = ["read"] }
path "sys/capabilities-self" { capabilities = ["update"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
`
	if diff := cmp.Diff(want, VerifyPolicy([]string{"secret"}, []string{"kubernetes"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if policy := WritePolicy([]string{"secret"}); !strings.Contains(policy, `path "secret/data/*" { capabilities = ["create", "update", "patch"] }`) {
		t.Errorf("%s", policy)
	}
}
