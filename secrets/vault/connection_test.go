package vault_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

func reasonOf(err error) vault.Reason {
	var failed *vault.Error
	if !errors.As(err, &failed) {
		return ""
	}
	return failed.Reason
}

func authorityOf(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func TestAddress(t *testing.T) {
	for _, test := range []struct {
		target vault.Target
		says   string // of the error; "": it is taken, though nobody listens there
	}{
		{vault.Target{Address: "https://127.0.0.1:1"}, ""},
		{vault.Target{Address: "https://127.0.0.1:1/vault/"}, ""},
		{vault.Target{Address: "http://127.0.0.1:1"}, ""},
		{vault.Target{Address: "http://localhost:1"}, ""},
		{vault.Target{Address: "http://[::1]:1"}, ""},
		{vault.Target{Address: "http://192.0.2.1:1"}, "begins with http://"},
		{vault.Target{Address: "http://localhost.example.org"}, "begins with http://"},
		{vault.Target{Address: "http://127.0.0.1.example.org"}, "begins with http://"},
		{vault.Target{}, "no address"},
		{vault.Target{Address: "vault.example.org"}, "is no URL"},
		{vault.Target{Address: "vault.example.org:8200"}, "is no URL"},
		{vault.Target{Address: "unix:///run/vault.sock"}, "is no URL"},
		{vault.Target{Address: "file://vault.example.org"}, "neither https:// nor http://"},
		{vault.Target{Address: "https://user:canary-of-the-server@vault.example.org"}, "holds more than"},
		{vault.Target{Address: "https://vault.example.org?token=canary-of-the-server"}, "holds more than"},
		{vault.Target{Address: "https://vault.example.org/#canary-of-the-server"}, "holds more than"},
		{vault.Target{Address: "https://vault.example.org/a/../b"}, "path in the address"},
		{vault.Target{Address: "https://vault.example.org/a%2fb"}, "path in the address"},
		{vault.Target{Address: "https://vault.example.org:canary-of-the-server"}, "is no URL"},
		{vault.Target{Address: "https://127.0.0.1:1", Namespace: "team/a"}, ""},
		{vault.Target{Address: "https://127.0.0.1:1", Namespace: "team\r\nX-Vault-Token: x"}, "namespace"},
		{vault.Target{Address: "https://127.0.0.1:1", Hosts: []string{"https://vault-1"}}, "is no host"},
		{vault.Target{Address: "https://127.0.0.1:1", Proxy: "canary-of-the-server"}, "the proxy"},
	} {
		test.target.Limits = vault.Limits{Attempts: 1, PerRequest: time.Second}
		_, err := vault.Connect(t.Context(), test.target, vault.Token{Value: vault.NewCredential(token)})
		want := vault.BadTarget
		if test.says == "" {
			want = vault.Unreachable
		}
		if reasonOf(err) != want || !strings.Contains(fmt.Sprint(err), test.says) {
			t.Errorf("%q %q: %v, want %s and %q", test.target.Address, test.target.Namespace, err, want, test.says)
		}
		holdsNothing(t, err)
	}
}

func TestPrefix(t *testing.T) {
	s := newVault(t)
	below := http.StripPrefix("/some/vault", s)
	gateway := httptest.NewServer(below)
	defer gateway.Close()
	c, err := vault.Connect(t.Context(), vault.Target{Address: gateway.URL + "/some/vault/", Limits: hurried()}, vault.Token{Value: vault.NewCredential(token)})
	if err != nil {
		t.Fatal(err)
	}
	if a := one(t, c, user()); a.Outcome != vault.Exists {
		t.Errorf("%+v", a)
	}
}

// TestEnvironment sets everything that Vault's own clients read to what would give the
// token away, stop the request, or change its answer.
func TestEnvironment(t *testing.T) {
	trap := newVault(t)
	s := newTLSVault(t)
	for name, value := range map[string]string{
		"VAULT_ADDR": trap.URL, "VAULT_AGENT_ADDR": trap.URL, "VAULT_TOKEN": "hvs.other", "VAULT_NAMESPACE": "other",
		"VAULT_HEADERS": `{"X-Vault-Token":"hvs.other","X-Other":"yes"}`, "VAULT_SKIP_VERIFY": "perhaps", "VAULT_CACERT": "/dev/zero",
		"VAULT_CACERT_BYTES": "none", "VAULT_CAPATH": "/nowhere", "VAULT_CLIENT_CERT": "/nowhere", "VAULT_CLIENT_KEY": "/nowhere",
		"VAULT_CLIENT_TIMEOUT": "-1x", "VAULT_SRV_LOOKUP": "perhaps", "VAULT_TLS_SERVER_NAME": "other.example.org", "VAULT_HTTP_PROXY": trap.URL,
		"VAULT_PROXY_ADDR": trap.URL, "VAULT_MAX_RETRIES": "none", "VAULT_RATE_LIMIT": "none", "VAULT_WRAP_TTL": "5m", "VAULT_MFA": "none",
		"VAULT_DISABLE_REDIRECTS": "perhaps", "VAULT_REDIRECT_ADDR": trap.URL, "VAULT_CLUSTER_ADDR": trap.URL, "VAULT_LICENSE": "none",
		"HTTP_PROXY": trap.URL, "HTTPS_PROXY": trap.URL, "ALL_PROXY": trap.URL, "http_proxy": trap.URL, "https_proxy": trap.URL, "NO_PROXY": "",
		"ACTIONS_ID_TOKEN_REQUEST_URL": trap.URL, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "other",
	} {
		t.Setenv(name, value)
	}
	c, err := vault.Connect(t.Context(), vault.Target{Address: s.URL, CA: authorityOf(s.Server), Limits: hurried()}, vault.Token{Value: vault.NewCredential(token)})
	if err != nil {
		t.Fatal(err)
	}
	if a := one(t, c, user()); a.Outcome != vault.Exists {
		t.Errorf("%+v", a)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := trap.requests(""); len(got) > 0 {
		t.Errorf("%d requests went where the environment says", len(got))
	}
	for _, r := range s.requests("") {
		for name, values := range r.Header {
			want, known := map[string]string{"X-Vault-Token": token, "X-Vault-Request": "true", "User-Agent": "gatehouse"}[name]
			if !known || len(values) != 1 || values[0] != want {
				t.Errorf("%s came with %s: %q", r.URL.Path, name, values)
			}
		}
	}
	if _, err := vault.Connect(t.Context(), vault.Target{Address: s.URL, CA: authorityOf(s.Server)}, vault.GitHub{Role: "gate"}); reasonOf(err) != vault.NoToken {
		t.Errorf("GitHub without what the runner gives: %v", err)
	}
}

func TestNamespaces(t *testing.T) {
	s := newVault(t)
	c := s.connect(func(target *vault.Target) { target.Namespace = "/team/a/" })
	other := user()
	other.Namespace = "team/b"
	for _, a := range c.Verify(t.Context(), []vault.Question{user(), other, user()}) {
		if a.Outcome != vault.Exists {
			t.Errorf("%+v", a)
		}
	}
	var asked []string
	for _, r := range s.requests("secret/subkeys/") {
		asked = append(asked, r.Header.Get("X-Vault-Namespace"))
	}
	if len(asked) != 2 || !(asked[0] == "team/a" && asked[1] == "team/b" || asked[1] == "team/a" && asked[0] == "team/b") {
		t.Errorf("asked in %q, want once in each", asked)
	}
	if r := s.requests("auth/token/lookup-self")[0]; r.Header.Get("X-Vault-Namespace") != "team/a" {
		t.Errorf("logged in to %q", r.Header.Get("X-Vault-Namespace"))
	}
}

func TestLimits(t *testing.T) {
	many := func(n int) []vault.Question {
		var questions []vault.Question
		for i := range n {
			questions = append(questions, vault.Question{Mount: "secret", Path: fmt.Sprintf("app%d", i), Key: "user"})
		}
		return questions
	}
	count := func(answers []vault.Answer, reason vault.Reason) (n int) {
		for _, a := range answers {
			if a.Outcome == vault.NotChecked && a.Reason == reason {
				n++
			}
		}
		return n
	}
	t.Run("requests", func(t *testing.T) {
		s := newVault(t)
		c := s.connect(func(target *vault.Target) { target.Limits.Requests = 12 })
		answers := c.Verify(t.Context(), many(50))
		if asked := len(s.requests("")); asked != 12 || count(answers, vault.Limit) != 40 {
			t.Errorf("%d requests and %d answers because of the limit, want 12 and 40", asked, count(answers, vault.Limit))
		}
	})
	t.Run("at the same time", func(t *testing.T) {
		s := newVault(t)
		s.on("sys/internal/ui/mounts/secret", nil)
		c := s.connect(func(target *vault.Target) { target.Limits.Parallel = 3 })
		for i := range 30 {
			s.on(fmt.Sprintf("secret/subkeys/app%d", i), func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(5 * time.Millisecond)
				says(200, subkeys(1, map[string]any{"user": nil}))(w, r)
			})
		}
		c.Verify(t.Context(), many(30))
		if s.most > 3 || s.most < 2 {
			t.Errorf("%d requests at the same time, want at most 3", s.most)
		}
	})
	t.Run("time", func(t *testing.T) {
		s := newVault(t)
		c := s.connect(func(target *vault.Target) {
			target.Limits.Total, target.Limits.PerRequest = 100*time.Millisecond, time.Minute
		})
		s.on("", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		begin := time.Now()
		answers := c.Verify(t.Context(), many(1000))
		if took := time.Since(begin); took > 5*time.Second || count(answers, vault.Timeout) != 1000 {
			t.Errorf("%d answers because of the time, after %s", count(answers, vault.Timeout), took)
		}
	})
	t.Run("a caller that gives up", func(t *testing.T) {
		s := newVault(t)
		c := s.connect(nil)
		ctx, cancel := context.WithCancel(t.Context())
		s.on("", func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
		if answers := c.Verify(ctx, many(100)); count(answers, vault.Cancelled) != 100 {
			t.Errorf("%d answers because it was given up", count(answers, vault.Cancelled))
		}
	})
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		reason vault.Reason
		most   int
	}{
		{"sealed", says(503, map[string]any{"errors": []string{"Vault is sealed"}}), vault.Sealed, 8},
		{"down", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, vault.Unreachable, 8 * 4 * 2},
		{"a bad gateway", sends(502, "text/html", ""), vault.ServerError, 8 * 4 * 2},
	} {
		t.Run("no use in asking on: "+test.name, func(t *testing.T) {
			s := newVault(t)
			c := s.connect(nil)
			before := len(s.requests(""))
			s.on("", test.answer)
			answers := c.Verify(t.Context(), many(1000))
			if asked := len(s.requests("")) - before; asked > test.most || count(answers, test.reason) != 1000 {
				t.Errorf("%d requests for %d answers because of %s", asked, count(answers, test.reason), test.reason)
			}
		})
	}
}

func TestClose(t *testing.T) {
	login := says(200, map[string]any{"auth": map[string]any{"client_token": token}})
	for _, test := range []struct {
		name    string
		login   vault.Login
		revoke  http.HandlerFunc
		revoked int
		reason  vault.Reason
	}{
		{"a token that was made", vault.AppRole{RoleID: "r"}, sends(204, "", ""), 1, ""},
		{"a token that was given", vault.Token{Value: vault.NewCredential(token)}, sends(204, "", ""), 0, ""},
		{"a token that is not let go", vault.AppRole{RoleID: "r"}, says(403, map[string]any{"errors": []string{canary}}), 1, vault.Forbidden},
		{"a server that has gone", vault.AppRole{RoleID: "r"}, sends(502, "text/html", canary), 4, vault.ServerError},
	} {
		s := newVault(t)
		s.on("auth/approle/login", login)
		s.on("auth/token/revoke-self", test.revoke)
		c, err := vault.Connect(t.Context(), vault.Target{Address: s.URL, Limits: hurried()}, test.login)
		if err != nil {
			t.Fatal(err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		err = c.Close(ended) // a run that was given up leaves no token behind either
		if reasonOf(err) != test.reason {
			t.Errorf("%s: %v, want %q", test.name, err, test.reason)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Errorf("%s, again: %v", test.name, err)
		}
		if asked := s.requests("auth/token/revoke-self"); len(asked) != test.revoked || test.revoked > 0 && asked[0].Header.Get("X-Vault-Token") != token {
			t.Errorf("%s: revoked %d times", test.name, len(asked))
		}
		for _, r := range s.requests("auth/approle/login") {
			if r.Header.Get("X-Vault-Token") != "" {
				t.Error("the login came with a token")
			}
		}
	}
}

func TestLoginAnswers(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		reason vault.Reason
		asked  int
	}{
		{"refused", says(400, map[string]any{"errors": []string{canary}}), vault.LoginRefused, 1},
		{"forbidden", says(403, map[string]any{"errors": []string{canary}}), vault.LoginRefused, 1},
		{"no such method", says(404, map[string]any{"errors": []string{"no handler for route " + canary}}), vault.LoginRefused, 1},
		{"a page", sends(200, "text/html", canary), vault.BadAnswer, 1},
		{"nothing", sends(200, "application/json", ""), vault.BadAnswer, 1},
		{"a secret without a token", says(200, map[string]any{"data": map[string]any{"password": canary}}), vault.BadAnswer, 1},
		{"a second factor", says(200, map[string]any{"auth": map[string]any{"client_token": "", "mfa_requirement": map[string]any{"mfa_request_id": canary}}}), vault.LoginRefused, 1},
		{"a token of two lines", says(200, map[string]any{"auth": map[string]any{"client_token": canary + "\nX: y"}}), vault.BadAnswer, 1},
		{"a bad gateway", sends(502, "text/html", canary), vault.ServerError, 4},
		{"sealed", says(503, map[string]any{"errors": []string{"Vault is sealed"}}), vault.Sealed, 1},
		{"redirected", redirects("http://192.0.2.1/v1/auth/jwt/login"), vault.Standby, 1},
	} {
		s := newVault(t)
		s.on("auth/jwt/login", test.answer)
		_, err := vault.Connect(t.Context(), vault.Target{Address: s.URL, Limits: hurried()}, vault.JWT{Role: "r", JWT: vault.NewCredential(token)})
		if reasonOf(err) != test.reason {
			t.Errorf("%s: %v, want %s", test.name, err, test.reason)
		}
		if asked := len(s.requests("auth/jwt/login")); asked != test.asked {
			t.Errorf("%s: asked %d times, want %d", test.name, asked, test.asked)
		}
		holdsNothing(t, err)
	}
	// A secret id may be good for one login: a lost answer is not asked for again.
	s := newVault(t)
	s.on("auth/approle/login", sends(502, "text/html", canary))
	_, err := vault.Connect(t.Context(), vault.Target{Address: s.URL, Limits: hurried()}, vault.AppRole{RoleID: "r", SecretID: vault.NewCredential(token)})
	if asked := len(s.requests("auth/approle/login")); reasonOf(err) != vault.ServerError || asked != 1 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

func TestGitHubAnswers(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		reason vault.Reason
		asked  int
	}{
		{"refused", sends(401, "text/plain", canary), vault.LoginRefused, 1},
		{"a page", sends(200, "text/html", canary), vault.BadAnswer, 1},
		{"no identity", says(200, map[string]any{"count": 0}), vault.BadAnswer, 1},
		{"elsewhere", redirects("http://192.0.2.1/"), vault.BadAnswer, 1},
		{"too many", sends(429, "text/plain", canary), vault.RateLimited, 4},
		{"a bad gateway", sends(502, "text/plain", canary), vault.ServerError, 4},
		{"cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, vault.Unreachable, 0},
	} {
		s, github := newVault(t), newVault(t)
		github.on("", test.answer)
		_, err := vault.Connect(t.Context(), vault.Target{Address: s.URL, Limits: hurried()}, vault.GitHub{
			Role: "r", Audience: "a", RequestURL: github.URL + "/identity?x=" + canary, RequestToken: vault.NewCredential(token),
		})
		if reasonOf(err) != test.reason || strings.Contains(fmt.Sprint(err), "Vault cannot") {
			t.Errorf("%s: %v, want %s", test.name, err, test.reason)
		}
		if asked := len(github.requests("")); test.asked > 0 && asked != test.asked {
			t.Errorf("%s: asked %d times, want %d", test.name, asked, test.asked)
		}
		if len(s.requests("")) > 0 {
			t.Errorf("%s: Vault was asked", test.name)
		}
		for _, r := range github.requests("") {
			if r.Header.Get("X-Vault-Token") != "" || r.Header.Get("X-Vault-Request") != "" {
				t.Errorf("%s: GitHub got headers of Vault", test.name)
			}
		}
		holdsNothing(t, err)
	}
}

func TestCredentialIsNotShown(t *testing.T) {
	c := vault.NewCredential(token)
	type holder struct {
		Login  vault.Login
		inside vault.Credential
	}
	h := holder{Login: vault.AppRole{RoleID: "r", SecretID: c}, inside: c}
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "c", c, "h", h, "p", &h)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "c", c, "h", h, "p", &h)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%t", "%w"} {
		logged.WriteString(fmt.Sprintf(verb+verb+verb+verb, c, &c, h, []vault.Credential{c}))
	}
	encoded, err := json.Marshal(map[vault.Credential]any{c: h})
	if err != nil {
		t.Fatal(err)
	}
	logged.Write(encoded)
	for _, secret := range []string{token, fmt.Sprintf("%x", token), fmt.Sprintf("%X", token)} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("%q is shown", secret)
		}
	}
	if !vault.NewCredential("").IsZero() || c.IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestCredentialWithALineEnd(t *testing.T) {
	s := newVault(t)
	_, err := vault.Connect(t.Context(), vault.Target{Address: s.URL}, vault.Token{Value: vault.NewCredential(token + "\n")})
	if reasonOf(err) != vault.BadTarget || len(s.requests("")) > 0 || !strings.Contains(err.Error(), "line end") {
		t.Errorf("%v", err)
	}
	holdsNothing(t, err)
}
