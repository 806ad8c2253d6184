package vault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Target says which Vault is asked, and how. It comes from a configuration that is
// trusted: whoever chooses the address gets the token.
type Target struct {
	// Address is https://HOST[:PORT][/PREFIX]. Plain http is taken for loopback, and
	// elsewhere where PlainHTTP says so.
	Address   string
	PlainHTTP bool
	// Namespace is that of Vault Enterprise in which to log in, and in which to look
	// where a question names none. The Community edition ignores it.
	Namespace string
	// CA are the certificates of authorities to trust, in PEM. Empty: those of the
	// system, for which Go's crypto/x509 heeds SSL_CERT_FILE and SSL_CERT_DIR.
	CA []byte
	// ServerName is the name in the certificate where it is not the host's.
	ServerName string
	// Hosts are other hosts, HOST[:PORT], to which a standby node may send a request
	// on. A redirect anywhere else is not followed.
	Hosts []string
	// Proxy is the address of a proxy for https. Empty: none.
	Proxy string
	// Writes allows Put, Patch and Describe.
	Writes bool
	// Limits bound what is spent; zero fields stand for those of DefaultLimits.
	Limits Limits
}

// Limits bound what a Connection spends.
type Limits struct {
	Parallel    int           // requests at the same time
	Requests    int           // requests in all, repeated ones included
	PerRequest  time.Duration // one request with its answer
	Total       time.Duration // one call of Verify or VerifyRoles
	Attempts    int           // how often a request is made until it is given up
	Wait        time.Duration // before the second attempt; it doubles
	LongestWait time.Duration // also where the server asks for more
	AnswerBytes int64         // of one answer
}

// DefaultLimits suit a few thousand questions to a Vault that is well.
func DefaultLimits() Limits {
	return Limits{
		Parallel: 8, Requests: 10_000, PerRequest: 10 * time.Second, Total: 2 * time.Minute,
		Attempts: 4, Wait: 250 * time.Millisecond, LongestWait: 5 * time.Second, AnswerBytes: 2 << 20,
	}
}

func (l Limits) filled() Limits {
	d := DefaultLimits()
	return Limits{
		Parallel: or(l.Parallel, d.Parallel), Requests: or(l.Requests, d.Requests), PerRequest: or(l.PerRequest, d.PerRequest),
		Total: or(l.Total, d.Total), Attempts: or(l.Attempts, d.Attempts), Wait: or(l.Wait, d.Wait),
		LongestWait: or(l.LongestWait, d.LongestWait), AnswerBytes: or(l.AnswerBytes, d.AnswerBytes),
	}
}

func or[N int | int64 | time.Duration](given, otherwise N) N {
	if given > 0 {
		return given
	}
	return otherwise
}

// Connection is a Vault that one has logged in to. It is safe for concurrent use
// until Close.
type Connection struct {
	base      *url.URL
	namespace string
	hosts     map[string]bool // to which a request may go, the base's own included
	limits    Limits
	client    *http.Client
	requests  atomic.Int64

	token   Credential
	known   bool // Vault has said that it knows the token
	created bool // the token was made for this Connection, which revokes it
}

// Connect logs in. The error is an *Error.
func Connect(ctx context.Context, target Target, login Login) (*Connection, error) {
	c, err := newConnection(target)
	if err != nil {
		return nil, err
	}
	if login == nil {
		return nil, &Error{Reason: NoToken, Doing: "log in to Vault"}
	}
	if err := login.login(ctx, c); err != nil {
		return nil, err
	}
	return c, nil
}

// revokeDeadline bounds the revocation, which is made also where ctx has ended.
const revokeDeadline = 5 * time.Second

// Close revokes the token where Connect made it. A token that was given is left as
// it is. The Connection must not be used afterwards.
func (c *Connection) Close(ctx context.Context) error {
	defer c.client.CloseIdleConnections()
	if !c.created {
		return nil
	}
	c.created = false
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokeDeadline)
	defer cancel()
	const doing = "revoke the token that Gatehouse made"
	a, err := c.call(ctx, request{doing: doing, method: http.MethodPost, namespace: c.namespace, path: "auth/token/revoke-self"})
	if err != nil {
		return err
	}
	return a.refusal(doing)
}

func newConnection(target Target) (*Connection, error) {
	base, err := parseAddress(target.Address, target.PlainHTTP)
	if err != nil {
		return nil, err
	}
	namespace, ok := cleanPath(target.Namespace)
	if !ok && target.Namespace != "" {
		return nil, badTarget("the namespace of Vault is no path", "write it as team/sub")
	}
	transport, err := newTransport(target)
	if err != nil {
		return nil, err
	}
	c := &Connection{base: base, namespace: namespace, limits: target.Limits.filled(), hosts: map[string]bool{withPort(base): true}}
	for _, host := range target.Hosts {
		other := &url.URL{Scheme: base.Scheme, Host: host}
		if other.Hostname() == "" || strings.ContainsAny(host, "/@?# ") {
			return nil, badTarget(fmt.Sprintf("%q is no host", host), "write it as vault-1.example.org:8200")
		}
		c.hosts[withPort(other)] = true
	}
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost = c.limits.Parallel, c.limits.Parallel
	c.client = &http.Client{
		Transport: guard{next: transport, base: base, hosts: c.hosts, writes: target.Writes},
		// The answer itself is returned: where it sends to is judged by us.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// The longest that the parts of a new connection take; all of it counts towards
// Limits.PerRequest.
const (
	dialDeadline      = 5 * time.Second
	handshakeDeadline = 5 * time.Second
	headerBytes       = 64 << 10
)

func newTransport(target Target) (*http.Transport, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: target.ServerName}
	if len(target.CA) > 0 {
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(target.CA) {
			return nil, badTarget("the certificate of Vault's authority holds no certificate in PEM", "")
		}
	}
	transport := &http.Transport{
		Proxy:           nil, // and so not that of the environment
		DialContext:     (&net.Dialer{Timeout: dialDeadline}).DialContext,
		TLSClientConfig: trust, TLSHandshakeTimeout: handshakeDeadline, ForceAttemptHTTP2: true,
		MaxResponseHeaderBytes: headerBytes, DisableCompression: true, IdleConnTimeout: time.Minute,
	}
	if target.Proxy != "" {
		proxy, err := url.Parse(target.Proxy)
		if err != nil || proxy.Host == "" {
			return nil, badTarget("the address of the proxy for Vault is no URL", "") // it may hold a password
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	return transport, nil
}

// parseAddress refuses what would give the token to more than one server, or show
// it on the way.
func parseAddress(address string, plainHTTP bool) (*url.URL, error) {
	if address == "" {
		return nil, badTarget("no address of Vault is configured", "")
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, badTarget("the address of Vault is no URL", "write it as https://vault.example.org:8200")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, badTarget("the address of Vault holds more than scheme, host, port and path", "write it as https://vault.example.org:8200")
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && (plainHTTP || isLoopback(u.Hostname())):
	case u.Scheme == "http":
		return nil, badTarget("the address of Vault begins with http://, which shows the token to everyone on the way", "use https")
	default:
		return nil, badTarget("the address of Vault begins with neither https:// nor http://", "write it as https://vault.example.org:8200")
	}
	prefix, ok := cleanPath(u.Path)
	if !ok && strings.Trim(u.Path, "/") != "" || u.RawPath != "" {
		return nil, badTarget("the path in the address of Vault is none that is taken", "")
	}
	u.Path = ""
	if prefix != "" {
		u.Path = "/" + prefix
	}
	return u, nil
}

func badTarget(what, next string) *Error {
	return &Error{Reason: BadTarget, Doing: "connect to Vault", What: what, Next: next}
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// withPort returns host and port of the URL, in lower case.
func withPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// cleanPath drops the slashes around a path and tells whether it is one: Vault
// and whatever stands before it resolve empty parts and dots, so that the path that
// is asked for is not the one that is answered.
func cleanPath(path string) (clean string, ok bool) {
	clean = strings.Trim(path, "/")
	if clean == "" || len(clean) > longestPath {
		return clean, false
	}
	for part := range strings.SplitSeq(clean, "/") {
		if part == "" || part == "." || part == ".." {
			return clean, false
		}
	}
	return clean, isPrintable(clean)
}

// longestPath is in bytes. Vault itself has no limit but that of its storage.
const longestPath = 1024

// decodeJSON reads an answer, the errors of which are not shown.
func decodeJSON(body []byte, into any) bool { return json.Unmarshal(body, into) == nil }
