package vault_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatehouse-dev/gatehouse/secrets/vault"
	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// asJSON is for bodies of requests.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tokens counts those that Vault knows.
func (k keeper) tokens() int {
	k.t.Helper()
	return len(k.must("LIST", "auth/token/accessors", "")["data"].(map[string]any)["keys"].([]any))
}

// logsIn holds that a login gets a token that sees and cannot read, and that the token
// is revoked in the end.
func (k keeper) logsIn(login vault.Login) {
	k.t.Helper()
	before := k.tokens()
	c, err := vault.Connect(k.t.Context(), vault.Target{Address: k.URL}, login)
	if err != nil {
		k.t.Fatal(err)
	}
	if during := k.tokens(); during != before+1 {
		k.t.Errorf("%d tokens while logged in, want one more than %d", during, before)
	}
	a := c.Verify(k.t.Context(), []vault.Question{{Mount: "secret", Path: "app", Key: "user"}})
	if a[0].Outcome != vault.Exists {
		k.t.Errorf("%+v", a[0])
	}
	if err := c.Close(k.t.Context()); err != nil {
		k.t.Error(err)
	}
	if after := k.tokens(); after != before {
		k.t.Errorf("%d tokens afterwards, want %d: it was not revoked", after, before)
	}
}

// isRefused holds that a login fails for the reason.
func (k keeper) isRefused(login vault.Login, reason vault.Reason) {
	k.t.Helper()
	_, err := vault.Connect(k.t.Context(), vault.Target{Address: k.URL, Limits: vault.Limits{Wait: time.Millisecond}}, login)
	var failed *vault.Error
	if !errors.As(err, &failed) || failed.Reason != reason {
		k.t.Errorf("%T: %v, want %s", login, err, reason)
	}
}

// newReaders makes a Vault with one secret and a policy "blind" to see it.
func newReaders(t *testing.T) keeper {
	k := startKeeper(t)
	k.mount("secret", "2")
	k.put("secret", "app", "user")
	policy := vault.VerifyPolicy([]string{"secret"}, []string{"kubernetes", "jwt"})
	k.must(http.MethodPut, "sys/policies/acl/blind", asJSON(t, map[string]string{"policy": policy}))
	return k
}

func TestVaultAppRole(t *testing.T) {
	k := newReaders(t)
	k.must(http.MethodPost, "sys/auth/approle", `{"type":"approle"}`)
	k.must(http.MethodPost, "sys/auth/team/approle", `{"type":"approle"}`)
	for _, mount := range []string{"approle", "team/approle"} {
		k.must(http.MethodPost, "auth/"+mount+"/role/ci", `{"token_policies":["blind"],"secret_id_num_uses":1}`)
		role := k.must(http.MethodGet, "auth/"+mount+"/role/ci/role-id", "")["data"].(map[string]any)["role_id"].(string)
		secret := vault.NewCredential(k.must(http.MethodPost, "auth/"+mount+"/role/ci/secret-id", "")["data"].(map[string]any)["secret_id"].(string))
		k.logsIn(vault.AppRole{Mount: mount, RoleID: role, SecretID: secret})
		k.isRefused(vault.AppRole{Mount: mount, RoleID: role, SecretID: secret}, vault.LoginRefused) // it was good once
		k.isRefused(vault.AppRole{Mount: mount, RoleID: role}, vault.LoginRefused)
	}
	k.isRefused(vault.AppRole{Mount: "nothing", RoleID: "x"}, vault.LoginRefused)
	k.isRefused(vault.AppRole{}, vault.NoToken)

	// The token of a batch cannot be revoked, and is not tried to be.
	k.must(http.MethodPost, "auth/approle/role/batch", `{"token_policies":["blind"],"token_type":"batch","bind_secret_id":false,"token_bound_cidrs":["127.0.0.0/8"],"secret_id_bound_cidrs":["127.0.0.0/8"]}`)
	role := k.must(http.MethodGet, "auth/approle/role/batch/role-id", "")["data"].(map[string]any)["role_id"].(string)
	c, err := vault.Connect(t.Context(), vault.Target{Address: k.URL}, vault.AppRole{RoleID: role})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// issuer signs identities as GitHub does.
type issuer struct{ key *rsa.PrivateKey }

func newIssuer(t *testing.T) issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return issuer{key}
}

func (i issuer) publicKey(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(i.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func (i issuer) sign(t *testing.T, repository, audience string) string {
	t.Helper()
	encode := func(v any) string { return base64.RawURLEncoding.EncodeToString([]byte(asJSON(t, v))) }
	signed := encode(map[string]string{"alg": "RS256", "typ": "JWT"}) + "." + encode(map[string]any{
		"iss": "https://token.actions.example.org", "aud": audience, "sub": "repo:" + repository + ":pull_request", "repository": repository,
		"iat": time.Now().Unix(), "nbf": time.Now().Add(-time.Minute).Unix(), "exp": time.Now().Add(5 * time.Minute).Unix(),
	})
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestVaultGitHub(t *testing.T) {
	k := newReaders(t)
	github := newIssuer(t)
	k.must(http.MethodPost, "sys/auth/jwt", `{"type":"jwt"}`)
	k.must(http.MethodPost, "auth/jwt/config", asJSON(t, map[string]any{"jwt_validation_pubkeys": []string{github.publicKey(t)}}))
	k.must(http.MethodPost, "auth/jwt/role/gate", asJSON(t, map[string]any{
		"role_type": "jwt", "user_claim": "repository", "bound_audiences": []string{"https://vault.example.org"},
		"bound_claims": map[string]string{"repository": "example/config"}, "token_policies": []string{"blind"},
	}))
	const runner = "token-of-the-runner"
	repository := "example/config"
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+runner || r.URL.Query().Get("api-version") != "2" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, asJSON(t, map[string]any{"count": 1, "value": github.sign(t, repository, r.URL.Query().Get("audience"))}))
	}))
	defer service.Close()

	login := vault.GitHub{
		Role: "gate", Audience: "https://vault.example.org", RequestURL: service.URL + "/token?api-version=2", RequestToken: vault.NewCredential(runner),
	}
	k.logsIn(login)
	k.logsIn(vault.JWT{Role: "gate", JWT: vault.NewCredential(github.sign(t, repository, login.Audience))})

	with := func(change func(*vault.GitHub)) vault.GitHub {
		other := login
		change(&other)
		return other
	}
	k.isRefused(with(func(l *vault.GitHub) { l.Audience = "https://other.example.org" }), vault.LoginRefused)
	k.isRefused(with(func(l *vault.GitHub) { l.Audience = "" }), vault.LoginRefused)
	k.isRefused(with(func(l *vault.GitHub) { l.Role = "other" }), vault.LoginRefused)
	k.isRefused(with(func(l *vault.GitHub) { l.RequestToken = vault.NewCredential("other") }), vault.LoginRefused)
	k.isRefused(with(func(l *vault.GitHub) { l.RequestToken = vault.Credential{} }), vault.NoToken)
	k.isRefused(with(func(l *vault.GitHub) { l.RequestURL = "" }), vault.NoToken)
	k.isRefused(with(func(l *vault.GitHub) { l.RequestURL = "http://example.org/token" }), vault.BadTarget)
	repository = "example/fork"
	k.isRefused(login, vault.LoginRefused)
	k.isRefused(vault.JWT{Role: "gate", JWT: vault.NewCredential(newIssuer(t).sign(t, "example/config", login.Audience))}, vault.LoginRefused)
}

// TestVaultKubernetes logs in with the token of a service account of a real API server, and verifies what roles are
// bound to.
func TestVaultKubernetes(t *testing.T) {
	k := newReaders(t)
	c := cluster.Start(t, cluster.Options{})
	admin := c.Client(cluster.Admin)
	create := func(object map[string]any) {
		t.Helper()
		response, err := admin.Create(t.Context(), object, cluster.Write{})
		if err == nil {
			err = response.Err()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	account := map[string]any{"name": "gate", "namespace": "default"}
	create(map[string]any{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
	// Vault asks the API server with the very token that logs in.
	create(map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": map[string]any{"name": "gate-reviews-tokens"},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:auth-delegator"},
		"subjects": []any{map[string]any{"kind": "ServiceAccount", "name": "gate", "namespace": "default"}},
	})
	response, err := admin.Do(t.Context(), http.MethodPost, "/api/v1/namespaces/default/serviceaccounts/gate/token",
		map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	made, err := response.Object()
	if err != nil {
		t.Fatal(err)
	}
	jwt := vault.NewCredential(made["status"].(map[string]any)["token"].(string))

	k.must(http.MethodPost, "sys/auth/kubernetes", `{"type":"kubernetes"}`)
	k.must(http.MethodPost, "auth/kubernetes/config", asJSON(t, map[string]any{
		"kubernetes_host": c.URL, "kubernetes_ca_cert": string(c.CA), "disable_local_ca_jwt": true,
	}))
	role := func(name string, accounts, namespaces []string, selector string) {
		t.Helper()
		k.must(http.MethodPost, "auth/kubernetes/role/"+name, asJSON(t, map[string]any{
			"bound_service_account_names": accounts, "bound_service_account_namespaces": namespaces,
			"bound_service_account_namespace_selector": selector, "token_policies": []string{"blind"},
		}))
	}
	role("gate", []string{"gate", "web-*"}, []string{"default", "team-*"}, "")
	role("anyone", []string{"*"}, []string{"*"}, "")
	role("labelled", []string{"gate"}, nil, `{"matchLabels":{"team":"payments"}}`)

	login := vault.Kubernetes{Role: "gate", JWT: jwt}
	k.logsIn(login)
	k.isRefused(vault.Kubernetes{Role: "nothing", JWT: jwt}, vault.LoginRefused)
	k.isRefused(vault.Kubernetes{Role: "gate", JWT: vault.NewCredential("x.y.z")}, vault.LoginRefused)
	k.isRefused(vault.Kubernetes{Role: "gate"}, vault.NoToken)

	k.must(http.MethodPost, "sys/auth/jwt", `{"type":"jwt"}`)
	k.must(http.MethodPost, "auth/jwt/config", asJSON(t, map[string]any{"jwt_validation_pubkeys": []string{newIssuer(t).publicKey(t)}}))
	k.must(http.MethodPost, "auth/jwt/role/other", `{"role_type":"jwt","user_claim":"sub","bound_audiences":["x"]}`)
	verifyRoles(t, k.connect(login, nil))
}

func verifyRoles(t *testing.T, c *vault.Connection) {
	for _, test := range []struct {
		ask  vault.RoleQuestion
		want vault.RoleAnswer
	}{
		{vault.RoleQuestion{Role: "gate", ServiceAccount: "gate", ServiceAccountNamespace: "default"}, vault.RoleAnswer{Binding: vault.Bound}},
		{vault.RoleQuestion{Role: "gate", ServiceAccount: "web-shop", ServiceAccountNamespace: "team-a"}, vault.RoleAnswer{Binding: vault.Bound}},
		{vault.RoleQuestion{Role: "gate", ServiceAccount: "shop", ServiceAccountNamespace: "default"}, vault.RoleAnswer{Binding: vault.NotBound}},
		{vault.RoleQuestion{Role: "gate", ServiceAccount: "gate", ServiceAccountNamespace: "other"}, vault.RoleAnswer{Binding: vault.NotBound}},
		{vault.RoleQuestion{Role: "anyone", ServiceAccount: "x", ServiceAccountNamespace: "y"}, vault.RoleAnswer{Binding: vault.Bound}},
		{vault.RoleQuestion{Role: "labelled", ServiceAccount: "gate", ServiceAccountNamespace: "y"}, vault.RoleAnswer{Binding: vault.BindingUnknown, Reason: vault.InsideValue}},
		{vault.RoleQuestion{Role: "labelled", ServiceAccount: "x", ServiceAccountNamespace: "y"}, vault.RoleAnswer{Binding: vault.NotBound}},
		{vault.RoleQuestion{Role: "nothing"}, vault.RoleAnswer{Binding: vault.RoleMissing}},
		{vault.RoleQuestion{Mount: "elsewhere", Role: "gate"}, vault.RoleAnswer{Binding: vault.BindingUnknown, Reason: vault.Forbidden}},
		{vault.RoleQuestion{Mount: "jwt", Role: "other"}, vault.RoleAnswer{Binding: vault.BindingUnknown, Reason: vault.BadQuestion}},
		{vault.RoleQuestion{Role: "../x"}, vault.RoleAnswer{Binding: vault.BindingUnknown, Reason: vault.BadQuestion}},
		{vault.RoleQuestion{Role: ""}, vault.RoleAnswer{Binding: vault.BindingUnknown, Reason: vault.BadQuestion}},
	} {
		got := c.VerifyRoles(t.Context(), []vault.RoleQuestion{test.ask})[0]
		if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(vault.RoleAnswer{}, "ServiceAccounts", "Namespaces", "What", "Next")); diff != "" {
			t.Errorf("%+v (-want +got):\n%s%s", test.ask, diff, got.What)
		}
		if got.What == "" || (got.Next == "") != (got.Binding == vault.Bound || got.Reason == vault.InsideValue) {
			t.Errorf("%+v says %q and %q", test.ask, got.What, got.Next)
		}
	}
}
