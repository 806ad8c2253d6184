package vault_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

const canary = "canary-of-the-server"

// hostileAnswers are what a path of subkeys answers, and what is made of it. Every
// one of them says the canary where it can.
func hostileAnswers() []struct {
	name    string
	answer  http.HandlerFunc
	outcome vault.Outcome
	reason  vault.Reason
	asked   int // how often; 0: does not matter
} {
	errors := func(texts ...string) map[string]any { return map[string]any{"errors": append(texts, canary)} }
	good := says(200, subkeys(1, map[string]any{"user": nil}))
	packed := pack(strings.Repeat(" ", 4<<20))
	type row = struct {
		name    string
		answer  http.HandlerFunc
		outcome vault.Outcome
		reason  vault.Reason
		asked   int
	}
	return []row{
		{"a page", sends(200, "text/html", "<html>"+canary), vault.NotChecked, vault.BadAnswer, 1},
		{"nothing", sends(200, "application/json", ""), vault.NotChecked, vault.BadAnswer, 1},
		{"no content", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, vault.NotChecked, vault.BadAnswer, 1},
		{"half of an answer", sends(200, "application/json", `{"data":{"subkeys":{"user":null},"metadata":{"version":1`), vault.NotChecked, vault.BadAnswer, 1},
		{"another type", says(200, []string{canary}), vault.NotChecked, vault.BadAnswer, 1},
		{"keys of another type", says(200, map[string]any{"data": map[string]any{"subkeys": []string{canary}, "metadata": map[string]any{"version": 1}}}), vault.NotChecked, vault.BadAnswer, 1},
		{"no metadata", says(200, map[string]any{"data": map[string]any{"subkeys": map[string]any{"user": nil}}}), vault.NotChecked, vault.BadAnswer, 1},
		{"values", says(200, subkeys(1, map[string]any{"user": canary})), vault.NotChecked, vault.BadAnswer, 1},
		{"values, deep down", says(200, subkeys(1, map[string]any{"user": map[string]any{"a": 7}})), vault.NotChecked, vault.BadAnswer, 1},
		{"the answer of KV v1", says(200, map[string]any{"data": map[string]any{"user": canary}}), vault.NotChecked, vault.BadAnswer, 1},
		{"deep nesting", sends(200, "application/json", `{"data":{"metadata":{"version":1},"subkeys":{"user":`+strings.Repeat(`{"a":`, 5000)+"null"+strings.Repeat("}", 5000)+"}}}"), vault.NotChecked, vault.BadAnswer, 1},
		{"very deep nesting", sends(200, "application/json", strings.Repeat(`{"a":`, 200_000)), vault.NotChecked, vault.BadAnswer, 1},
		{"a very long answer", func(w http.ResponseWriter, _ *http.Request) {
			for range 64 << 10 {
				if _, err := fmt.Fprint(w, strings.Repeat(" ", 1<<10)); err != nil {
					return
				}
			}
		}, vault.NotChecked, vault.BadAnswer, 1},
		{"a packed answer that grows", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed) // who reads it may stop
		}, vault.NotChecked, vault.BadAnswer, 1},
		{"a very long header", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
			w.WriteHeader(200)
		}, vault.NotChecked, vault.Unreachable, 0},
		{"another version", says(200, subkeys(7, map[string]any{"user": nil})), vault.Exists, "", 1},

		{"not found, says a page", sends(404, "text/html", "<html>"+canary), vault.NotChecked, vault.BadAnswer, 1},
		{"not found, without a word", sends(404, "application/json", ""), vault.NotChecked, vault.BadAnswer, 1},
		{"not found, says another API", says(404, map[string]any{"message": canary}), vault.NotChecked, vault.BadAnswer, 1},
		{"not found, for a reason", says(404, errors("what is this")), vault.NotChecked, vault.BadAnswer, 1},
		{"not found", says(404, map[string]any{"errors": []string{}}), vault.PathMissing, "", 0},
		{"no engine", says(404, errors(`no handler for route "secret/subkeys/app". route entry not found.`)), vault.MountUnknown, vault.MountMissing, 1},
		{"a Vault of long ago", says(404, errors("1 error occurred:\n\t* unsupported path\n\n")), vault.NotChecked, vault.Unsupported, 1},
		{"deleted, without a version", says(404, map[string]any{"data": map[string]any{"subkeys": nil}}), vault.NotChecked, vault.BadAnswer, 1},
		{"forbidden, says a page", sends(403, "text/html", "<html>"+canary), vault.NotChecked, vault.BadAnswer, 1},
		{"forbidden", says(403, errors("1 error occurred:\n\t* permission denied\n\n")), vault.NotChecked, vault.Forbidden, 1},
		{"a token that is not known", says(403, errors("2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n")), vault.NotChecked, vault.BadToken, 1},
		{"a proxy that wants a password", sends(407, "text/html", canary), vault.NotChecked, vault.BadAnswer, 1},
		{"a teapot", says(418, errors("short and stout")), vault.NotChecked, vault.BadAnswer, 1},

		{"sealed", says(503, errors("Vault is sealed")), vault.NotChecked, vault.Sealed, 1},
		{"a standby without an active node", says(500, errors("local node not active but active cluster node not found")), vault.NotChecked, vault.Standby, 4},
		{"behind", says(412, errors("required index state not present")), vault.NotChecked, vault.Standby, 4},
		{"behind, once", first(says(412, errors("required index state not present")), good), vault.Exists, "", 2},
		{"too many", says(429, errors(`request path "secret/subkeys/app": rate limit quota exceeded`)), vault.NotChecked, vault.RateLimited, 4},
		{"too many, once", first(says(429, errors("slow down")), good), vault.Exists, "", 2},
		{"too many, come back in an hour", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600")
			says(429, errors("slow down"))(w, r)
		}, vault.NotChecked, vault.RateLimited, 4},
		{"a fault of the server", says(500, errors("internal error")), vault.NotChecked, vault.ServerError, 4},
		{"a bad gateway", sends(502, "text/html", canary), vault.NotChecked, vault.ServerError, 4},
		{"a bad gateway, twice", first(sends(502, "text/html", canary), sends(504, "text/html", canary), good), vault.Exists, "", 3},
		{"an engine that is not ready, once", first(says(400, errors("Upgrading from non-versioned to versioned data. This backend will be unavailable")), good), vault.Exists, "", 2},
		{"a cut connection, once", first(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, good), vault.Exists, "", 2},
		{"a cut connection", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, vault.NotChecked, vault.Unreachable, 0},
		{"go to another host", redirects("http://127.0.0.1:1/v1/secret/subkeys/app?depth=1"), vault.NotChecked, vault.Standby, 1},
		{"go to https", redirects("https://127.0.0.1:1/v1/secret/subkeys/app?depth=1"), vault.NotChecked, vault.Redirected, 1},
		{"go to the value", redirects("/v1/secret/data/app?depth=1"), vault.NotChecked, vault.Redirected, 1},
		{"go to another query", redirects("/v1/secret/subkeys/app?depth=9"), vault.NotChecked, vault.Redirected, 1},
		{"go there with a password", redirects("http://user:" + canary + "@127.0.0.1:1/v1/secret/subkeys/app?depth=1"), vault.NotChecked, vault.Redirected, 1},
		{"go nowhere", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(307) }, vault.NotChecked, vault.Redirected, 1},
		{"go in a circle", redirects("/v1/secret/subkeys/app?depth=1"), vault.NotChecked, vault.Redirected, 2},
		{"go to a page to log in", redirects("/login?next=" + canary), vault.NotChecked, vault.Redirected, 1},
		{"choose", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(300) }, vault.NotChecked, vault.Redirected, 1},
	}
}

func pack(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // into memory
	_ = z.Close()
	return b.Bytes()
}

func redirects(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.Header().Set("X-Canary", canary)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
}

func TestHostileAnswers(t *testing.T) {
	for _, test := range hostileAnswers() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newVault(t)
			s.on("secret/subkeys/app", test.answer)
			a := one(t, s.connect(nil), user())
			if a.Outcome != test.outcome || a.Reason != test.reason {
				t.Errorf("%s (%s), want %s (%s): %s", a.Outcome, a.Reason, test.outcome, test.reason, a.What)
			}
			if asked := len(s.requests("secret/subkeys/app")); test.asked > 0 && asked != test.asked {
				t.Errorf("asked %d times, want %d", asked, test.asked)
			}
			if values := s.requests("secret/data/"); len(values) > 0 {
				t.Error("a value was asked for")
			}
			holdsNothing(t, a)
		})
	}
}

func TestSlowAnswers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a hanging server": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"a slow answer": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				fmt.Fprint(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		},
	} {
		s := newVault(t)
		s.on("secret/subkeys/app", answer)
		c := s.connect(func(target *vault.Target) { target.Limits.PerRequest = 250 * time.Millisecond })
		if a := one(t, c, user()); a.Outcome != vault.NotChecked || a.Reason != vault.Timeout {
			t.Errorf("%s: %+v", name, a)
		}
		// Twice, and not as often as what fails at once.
		if asked := len(s.requests("secret/subkeys/app")); asked != 2 {
			t.Errorf("%s: asked %d times, want 2", name, asked)
		}
	}
}

// holdsNothing fails where what is shown holds what a server said or a credential.
func holdsNothing(t *testing.T, shown any) {
	t.Helper()
	encoded, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprintf("%v|%+v|%#v|%s|%q", shown, shown, shown, shown, shown), string(encoded)} {
		for _, secret := range []string{canary, token} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in %s", secret, text)
			}
		}
	}
}

// TestHostileMounts answers for the engine instead.
func TestHostileMounts(t *testing.T) {
	mount := func(path, kind string) http.HandlerFunc {
		return says(200, map[string]any{"data": map[string]any{"path": path, "type": kind, "options": map[string]string{"version": "2"}}})
	}
	for _, test := range []struct {
		name    string
		answer  http.HandlerFunc
		outcome vault.Outcome
		reason  vault.Reason
	}{
		{"another engine", mount("other/", "kv"), vault.NotChecked, vault.BadAnswer},
		{"an engine that begins alike", mount("secre/", "kv"), vault.NotChecked, vault.BadAnswer},
		{"no path", mount("", "kv"), vault.NotChecked, vault.BadAnswer},
		{"a path that leaves", mount("../secret/", "kv"), vault.NotChecked, vault.BadAnswer},
		{"no type", mount("secret/", ""), vault.NotChecked, vault.BadAnswer},
		{"a page", sends(200, "text/html", canary), vault.NotChecked, vault.BadAnswer},
		{"no such path of the API", says(404, map[string]any{"errors": []string{}}), vault.NotChecked, vault.Unsupported},
		{"a database", mount("secret/", "database"), vault.NotChecked, vault.NotKV},
		{"forbidden", says(403, map[string]any{"errors": []string{canary}}), vault.MountUnknown, vault.MountMissing},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newVault(t)
			s.on("sys/internal/ui/mounts/secret", test.answer)
			a := one(t, s.connect(nil), user())
			if a.Outcome != test.outcome || a.Reason != test.reason {
				t.Errorf("%s (%s), want %s (%s): %s", a.Outcome, a.Reason, test.outcome, test.reason, a.What)
			}
			holdsNothing(t, a)
		})
	}
}

// TestForbiddenWithAnUnknownToken: what Vault says of a mount proves nothing where it
// did not say that it knows the token.
func TestForbiddenWithAnUnknownToken(t *testing.T) {
	s := newVault(t)
	denied := says(403, map[string]any{"errors": []string{"permission denied"}})
	s.on("auth/token/lookup-self", denied)
	s.on("sys/internal/ui/mounts/secret", denied)
	if a := one(t, s.connect(nil), user()); a.Outcome != vault.NotChecked || a.Reason != vault.Forbidden {
		t.Errorf("%+v", a)
	}
}

func TestStandbySendsToAnAllowedHost(t *testing.T) {
	active, standby := newVault(t), newVault(t)
	host := strings.TrimPrefix(active.URL, "http://")
	standby.on("", func(w http.ResponseWriter, r *http.Request) { redirects(active.URL+r.URL.RequestURI())(w, r) })
	a := one(t, standby.connect(func(target *vault.Target) { target.Hosts = []string{host} }), user())
	if a.Outcome != vault.Exists {
		t.Errorf("%+v", a)
	}
	for _, r := range active.requests("") {
		if r.Header.Get("X-Vault-Token") != token {
			t.Errorf("%s came without the token", r.URL.Path)
		}
	}
	// The one that it is sent to may not send on.
	third := newVault(t)
	active.on("", func(w http.ResponseWriter, r *http.Request) { redirects(third.URL+r.URL.RequestURI())(w, r) })
	_, err := vault.Connect(t.Context(), vault.Target{Address: standby.URL, Hosts: []string{host}, Limits: hurried()}, vault.Token{Value: vault.NewCredential(token)})
	if reasonOf(err) != vault.Standby || len(third.requests("")) > 0 {
		t.Errorf("%v, and the third was asked %d times", err, len(third.requests("")))
	}
}

func TestTLS(t *testing.T) {
	s := newTLSVault(t)
	login := vault.Token{Value: vault.NewCredential(token)}
	authority := authorityOf(s.Server)
	// httptest's certificate is for 127.0.0.1 and example.com.
	c, err := vault.Connect(t.Context(), vault.Target{Address: s.URL, CA: authority, ServerName: "example.com", Limits: hurried()}, login)
	if err != nil {
		t.Fatal(err)
	}
	if a := one(t, c, user()); a.Outcome != vault.Exists {
		t.Errorf("%+v", a)
	}
	asked := len(s.requests(""))
	plain := newVault(t)
	for _, test := range []struct {
		name   string
		target vault.Target
		reason vault.Reason
	}{
		{"an authority that is not trusted", vault.Target{Address: s.URL}, vault.TLS},
		{"a name that is not the server's", vault.Target{Address: s.URL, CA: authority, ServerName: "vault.example.net"}, vault.TLS},
		{"no TLS", vault.Target{Address: "https" + strings.TrimPrefix(plain.URL, "http"), CA: authority}, vault.TLS},
		{"no certificate", vault.Target{Address: s.URL, CA: []byte("no certificate")}, vault.BadTarget},
	} {
		test.target.Limits = hurried()
		_, err := vault.Connect(t.Context(), test.target, login)
		if reasonOf(err) != test.reason {
			t.Errorf("%s: %v, want %s", test.name, err, test.reason)
		}
	}
	if now := len(s.requests("")); now != asked {
		t.Error("a server that was not trusted was asked")
	}
	// Plain HTTP to a server that speaks TLS.
	_, err = vault.Connect(t.Context(), vault.Target{Address: "http" + strings.TrimPrefix(s.URL, "https"), Limits: hurried()}, login)
	if reasonOf(err) != vault.BadAnswer {
		t.Errorf("%v, want %s", err, vault.BadAnswer)
	}
}
