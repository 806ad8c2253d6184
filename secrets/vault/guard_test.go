package vault

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestGuard sends requests through the transport of a Connection as any code of this
// package might by mistake, and holds which of them reach the server.
func TestGuard(t *testing.T) {
	var reached []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached = append(reached, r.Method+" "+r.URL.RequestURI())
	}))
	defer s.Close()
	var (
		secret   = Mount{Path: "secret", Type: "kv", KVVersion: 2, confirmed: true}
		believed = Configured("secret", 2)
		old      = Mount{Path: "old", Type: "kv", KVVersion: 1, confirmed: true}
		data     = Mount{Path: "data", Type: "kv", KVVersion: 2, confirmed: true}
		below    = Mount{Path: "a/data", Type: "kv", KVVersion: 2, confirmed: true}
	)
	const no, yes, written = "", "yes", "written" // written: only where writing was asked for
	for _, test := range []struct {
		method, path string
		mount        Mount
		passes       string
	}{
		{"GET", "secret/data/app", secret, no},
		{"GET", "secret/data/app?version=1", secret, no},
		{"GET", "secret/data", secret, no},
		{"HEAD", "secret/data/app", secret, no},
		{"LIST", "secret/data/app", secret, no},
		{"GET", "secret/data/app", Mount{}, no},
		{"GET", "secret/data/app", believed, no},
		{"GET", "data/data/app", data, no},
		{"GET", "a/data/data/app", below, no},
		{"GET", "other/data/app", secret, no},
		{"GET", "secret/app", secret, no},
		{"GET", "secret/subkeys/../data/app", secret, no},
		{"GET", "secret/subkeys/%2e%2e/data/app", secret, no},
		{"GET", "secret/subkeys/..%2fdata/app", secret, no},
		{"GET", "secret//data/app", secret, no},
		{"GET", "secret/./data/app", secret, no},
		{"GET", "secret/data%2fapp", secret, no},
		{"GET", "secret/%64ata/app", secret, no},
		{"GET", "old/app", old, no},
		{"GET", "old/app?list=true", old, no},
		{"GET", "old/subkeys/app", old, no},
		{"GET", "cubbyhole/app", Mount{}, no},
		{"GET", "secret/subkeys/app", Mount{}, no},
		{"GET", "secret/config", secret, no},
		{"GET", "secret/undelete/app", secret, no},
		{"GET", "sys/raw/x", Mount{}, no},
		{"GET", "sys/internal/ui/mounts", Mount{}, no},
		{"GET", "auth/token/accessors", Mount{}, no},
		{"GET", "auth/token/lookup", Mount{}, no},
		{"POST", "auth/token/create", Mount{}, no},
		{"POST", "sys/seal", Mount{}, no},
		{"POST", "sys/wrapping/unwrap", Mount{}, no},
		{"DELETE", "secret/data/app", secret, no},
		{"DELETE", "secret/metadata/app", secret, no},
		{"PUT", "secret/data/app", secret, no},
		{"POST", "secret/destroy/app", secret, no},
		{"POST", "secret/metadata/app", secret, no},
		{"POST", "secret/config", secret, no},
		{"POST", "old/app", old, no},
		{"CONNECT", "secret/subkeys/app", secret, no},

		{"GET", "secret/subkeys/app", secret, yes},
		{"GET", "secret/subkeys/app?version=3&depth=1", secret, yes},
		{"GET", "secret/subkeys/app", believed, yes},
		{"GET", "secret/subkeys/team/data/app", secret, yes},
		{"GET", "secret/subkeys/team/data/app", believed, no},
		{"GET", "secret/subkeys/data/app", believed, no},
		{"GET", "data/subkeys/app", data, yes},
		{"GET", "data/subkeys/app", Configured("data", 2), no},
		{"GET", "secret/metadata/app", secret, yes},
		{"LIST", "secret/metadata", secret, yes},
		{"LIST", "secret/metadata/team", secret, yes},
		{"LIST", "secret/subkeys/team", secret, no},
		{"LIST", "old", old, yes},
		{"LIST", "old/team", old, yes},
		{"LIST", "old/data/team", old, yes},
		{"LIST", "old/team?list=true", old, no},
		{"LIST", "older", old, no},
		{"GET", "sys/internal/ui/mounts/secret/data/app", Mount{}, yes},
		{"POST", "sys/capabilities-self", Mount{}, yes},
		{"GET", "auth/token/lookup-self", Mount{}, yes},
		{"POST", "auth/token/revoke-self", Mount{}, yes},
		{"POST", "auth/team/approle/login", Mount{}, yes},
		{"GET", "auth/data/role/app", Mount{}, yes},

		{"POST", "secret/data/app", secret, written},
		{"PATCH", "secret/data/app", secret, written},
		{"PATCH", "secret/metadata/app", secret, written},
	} {
		for _, writes := range []bool{false, true} {
			c, err := newConnection(Target{Address: s.URL, Writes: writes})
			if err != nil {
				t.Fatal(err)
			}
			made, err := http.NewRequestWithContext(within(t.Context(), test.mount), test.method, s.URL+"/v1/"+test.path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			reached = nil
			response, err := c.client.Do(made)
			if err == nil {
				response.Body.Close()
			}
			want := test.passes == yes || test.passes == written && writes
			if got := len(reached) == 1; got != want {
				t.Errorf("%s %s below %q, writing %v: passed %v, want %v (%v)", test.method, test.path, test.mount.Path, writes, got, want, err)
			}
			var failed *Error
			if !want && !errors.As(err, &failed) {
				t.Errorf("%s %s: %v is no *Error", test.method, test.path, err)
			}
		}
	}
}

func TestGuardKeepsToItsServer(t *testing.T) {
	c, err := newConnection(Target{Address: "https://vault.example.org", Hosts: []string{"vault-1.example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	reached := &url.URL{}
	g := c.client.Transport.(guard)
	g.next = roundTrip(func(r *http.Request) (*http.Response, error) {
		*reached = *r.URL
		return nil, errors.New("it passed")
	})
	for address, want := range map[string]bool{
		"https://vault.example.org/v1/auth/token/lookup-self":       true,
		"https://VAULT.example.org:443/v1/auth/token/lookup-self":   true,
		"https://vault-1.example.org/v1/auth/token/lookup-self":     true,
		"https://vault.example.org:8200/v1/auth/token/lookup-self":  false,
		"http://vault.example.org/v1/auth/token/lookup-self":        false,
		"https://vault.example.org.evil/v1/auth/token/lookup-self":  false,
		"https://evil/v1/auth/token/lookup-self":                    false,
		"https://vault.example.org/v2/auth/token/lookup-self":       false,
		"https://vault.example.org/x/v1/auth/token/lookup-self":     false,
		"https://vault.example.org/v1/../v1/auth/token/lookup-self": false,
	} {
		*reached = url.URL{}
		made, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = g.RoundTrip(made)
		if passed := reached.Host != ""; passed != want {
			t.Errorf("%s: passed %v, want %v (%v)", address, passed, want, err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
