package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/hashicorp/vault/api"
)

// Login is a way to get a token: Token, AppRole, Kubernetes, JWT or GitHub.
type Login interface {
	// login gives the Connection its token, or returns an *Error.
	login(ctx context.Context, c *Connection) error
}

// Token is a token that somebody else made. It is not revoked.
type Token struct {
	Value Credential
}

// AppRole logs in to the auth method of that name.
type AppRole struct {
	Mount    string // where the method is mounted; "": approle
	RoleID   string
	SecretID Credential // may be empty where the role binds none
}

// Kubernetes logs in with the token of a service account.
type Kubernetes struct {
	Mount string // where the method is mounted; "": kubernetes
	Role  string
	JWT   Credential
}

// JWT logs in with a signed identity that somebody else fetched.
type JWT struct {
	Mount string // where the method is mounted; "": jwt
	Role  string // "": the default role of the method
	JWT   Credential
}

// GitHub logs in with the identity that GitHub Actions signs for a job with the
// permission `id-token: write`. It logs in to an auth method of the type jwt.
//
// https://docs.github.com/en/actions/reference/security/oidc
type GitHub struct {
	Mount    string // where the method is mounted; "": jwt
	Role     string
	Audience string // what the role has in bound_audiences
	// RequestURL and RequestToken are what the runner gives the job as
	// ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN.
	RequestURL   string
	RequestToken Credential
	Proxy        string // for the request to GitHub; "": none
}

func (l Token) login(ctx context.Context, c *Connection) error {
	if err := l.Value.usable("token"); err != nil {
		return err
	}
	c.token = l.Value
	const doing = "look up the token"
	a, err := c.call(ctx, request{doing: doing, method: http.MethodGet, namespace: c.namespace, path: "auth/token/lookup-self"})
	if err != nil {
		return err
	}
	defer clear(a.body) // it holds the token
	if a.status == http.StatusForbidden && !a.unknownToken() {
		return nil // it may be a token without the policy "default"
	}
	c.known = a.ok()
	return a.refusal(doing)
}

func (l AppRole) login(ctx context.Context, c *Connection) error {
	if l.RoleID == "" {
		return &Error{Reason: NoToken, Doing: "log in to Vault", What: "no role id was given"}
	}
	body := map[string]string{"role_id": l.RoleID}
	if !l.SecretID.IsZero() {
		body["secret_id"] = l.SecretID.reveal()
	}
	// A secret id may be good for one login only.
	return c.exchange(ctx, l.Mount, "approle", body, true)
}

func (l Kubernetes) login(ctx context.Context, c *Connection) error {
	if err := l.JWT.usable("token of the service account"); err != nil {
		return err
	}
	return c.exchange(ctx, l.Mount, "kubernetes", map[string]string{"role": l.Role, "jwt": l.JWT.reveal()}, false)
}

func (l JWT) login(ctx context.Context, c *Connection) error {
	if err := l.JWT.usable("signed identity"); err != nil {
		return err
	}
	body := map[string]string{"jwt": l.JWT.reveal()}
	if l.Role != "" {
		body["role"] = l.Role
	}
	return c.exchange(ctx, l.Mount, "jwt", body, false)
}

func (l GitHub) login(ctx context.Context, c *Connection) error {
	identity, err := l.identity(ctx, c.limits)
	if err != nil {
		return err
	}
	return JWT{Mount: l.Mount, Role: l.Role, JWT: identity}.login(ctx, c)
}

// exchange posts the body to the login of an auth method and keeps the token that it
// gives.
func (c *Connection) exchange(ctx context.Context, mount, usual string, body map[string]string, once bool) error {
	if mount == "" {
		mount = usual
	}
	mount, ok := cleanPath(mount)
	if !ok {
		return badTarget("the path of the auth method is none that Vault takes", "")
	}
	doing := "log in to Vault at auth/" + shownPath(mount)
	text, err := json.Marshal(body)
	if err != nil {
		return badTarget("what logs in cannot be sent", "")
	}
	defer clear(text)
	a, err := c.call(ctx, request{
		doing: doing, method: http.MethodPost, namespace: c.namespace, path: "auth/" + mount + "/login",
		body: text, anonymous: true, once: once,
	})
	if err != nil {
		return err
	}
	defer clear(a.body)
	switch {
	case a.ok():
	case a.unrouted():
		return &Error{Reason: LoginRefused, Doing: doing, What: "no auth method is mounted there", Next: "check its path"}
	default:
		return &Error{Reason: LoginRefused, Doing: doing}
	}
	secret, err := api.ParseSecret(bytes.NewReader(a.body))
	if err != nil || secret == nil || secret.Auth == nil {
		return &Error{Reason: BadAnswer, Doing: doing}
	}
	token := NewCredential(secret.Auth.ClientToken)
	if token.IsZero() {
		return &Error{Reason: LoginRefused, Doing: doing, What: "the login asks for a second factor", Next: "use a role without one"}
	}
	if token.usable("token") != nil {
		return &Error{Reason: BadAnswer, Doing: doing}
	}
	c.token, c.known = token, true
	// Batch tokens are not stored anywhere, so they cannot be revoked:
	// https://developer.hashicorp.com/vault/docs/concepts/tokens#batch-tokens
	c.created = !strings.HasPrefix(token.reveal(), "hvb.") && !strings.HasPrefix(token.reveal(), "b.")
	return nil
}

// identity fetches what GitHub signs.
func (l GitHub) identity(ctx context.Context, limits Limits) (Credential, error) {
	const doing = "fetch the identity of the job from GitHub"
	if l.RequestURL == "" || l.RequestToken.IsZero() {
		return Credential{}, &Error{
			Reason: NoToken, Doing: doing, What: "GitHub gives this job no identity",
			Next: "give the job `permissions: id-token: write`; pull requests of forks get none",
		}
	}
	if err := l.RequestToken.usable("token of the runner"); err != nil {
		return Credential{}, err
	}
	address, err := url.Parse(l.RequestURL)
	if err != nil || address.Hostname() == "" || address.User != nil || address.Scheme != "https" && !(address.Scheme == "http" && isLoopback(address.Hostname())) {
		return Credential{}, badTarget("the address that GitHub gives the job for its identity is no https URL", "")
	}
	if l.Audience != "" {
		query := address.Query()
		query.Set("audience", l.Audience)
		address.RawQuery = query.Encode()
	}
	transport, err := newTransport(Target{Proxy: l.Proxy})
	if err != nil {
		return Credential{}, err
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

	var identity Credential
	err = limits.repeat(ctx, worthFetching, func() *Error {
		var failed *Error
		identity, failed = l.fetch(ctx, client, address.String(), limits, doing)
		return failed
	})
	return identity, err
}

func worthFetching(err *Error) bool {
	switch err.Reason {
	case RateLimited, ServerError, Timeout, Unreachable:
		return true
	}
	return false
}

func (l GitHub) fetch(ctx context.Context, client *http.Client, address string, limits Limits, doing string) (Credential, *Error) {
	attempt, cancel := context.WithTimeout(ctx, limits.PerRequest)
	defer cancel()
	made, err := http.NewRequestWithContext(attempt, http.MethodGet, address, nil)
	if err != nil {
		return Credential{}, badTarget("the address that GitHub gives the job for its identity is no https URL", "")
	}
	made.Header.Set("Authorization", "Bearer "+l.RequestToken.reveal())
	made.Header.Set("Accept", "application/json; api-version=2.0")
	made.Header.Set("User-Agent", "gatehouse")
	const unreadable = "the answer is not the one of GitHub"
	response, err := client.Do(made)
	if err != nil {
		return Credential{}, ofGitHub(failure(ctx, doing, err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, limits.AnswerBytes))
	if err != nil {
		return Credential{}, ofGitHub(failure(ctx, doing, err))
	}
	defer clear(body)
	fail := func(r Reason, what string) (Credential, *Error) {
		return Credential{}, &Error{Reason: r, Doing: doing, What: what, Next: "check the permissions of the job, and the state of GitHub"}
	}
	switch status := response.StatusCode; {
	case status == http.StatusTooManyRequests:
		return fail(RateLimited, "GitHub limits the rate of requests")
	case status >= 500:
		return fail(ServerError, "GitHub answered with an error of its own")
	case status >= 400:
		return fail(LoginRefused, "GitHub refused to sign an identity for this job")
	case status != http.StatusOK:
		return fail(BadAnswer, unreadable)
	}
	var said struct {
		Value string `json:"value"`
	}
	if !decodeJSON(body, &said) {
		return fail(BadAnswer, unreadable)
	}
	identity := NewCredential(said.Value)
	if identity.usable("identity") != nil {
		return fail(BadAnswer, unreadable)
	}
	return identity, nil
}

// ofGitHub rewords a failure to reach Vault.
func ofGitHub(err *Error) *Error {
	switch err.Reason {
	case Unreachable, TLS:
		err.What, err.Next = "GitHub cannot be reached", "check that this machine may connect to it"
	case Timeout:
		err.What = "GitHub did not answer in time"
	}
	return err
}
