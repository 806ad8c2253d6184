package vault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Reason is why something could not be asked, answered or written. It is stable,
// and a word for machines.
type Reason string

const (
	NoToken       Reason = "no-token"        // nobody gave one, as in the pull request of a fork
	BadTarget     Reason = "bad-target"      // the address, its certificate or a login is not one that is used
	LoginRefused  Reason = "login-refused"   // Vault did not take what should log in
	BadToken      Reason = "bad-token"       // Vault does not know the token, or no longer
	Forbidden     Reason = "forbidden"       // the token lacks a right
	Sealed        Reason = "sealed"          // Vault is sealed or not yet initialised
	Standby       Reason = "standby"         // the node is a standby that cannot or may not hand over
	Unreachable   Reason = "unreachable"     // there was no answer
	Timeout       Reason = "timeout"         // the answer did not come in time
	TLS           Reason = "tls"             // the server could not prove who it is
	RateLimited   Reason = "rate-limited"    // 429, also after waiting
	ServerError   Reason = "server-error"    // 5xx, also after waiting
	BadAnswer     Reason = "bad-answer"      // an answer that is none of Vault's, or too large
	Redirected    Reason = "redirected"      // it sends elsewhere
	Limit         Reason = "limit"           // a limit of this package
	Cancelled     Reason = "cancelled"       // the caller gave up
	NotKV         Reason = "not-kv"          // the engine holds no stored secrets: asking it makes one
	KVVersion1    Reason = "kv-version-1"    // KV v1 shows its keys only with their values
	InsideValue   Reason = "inside-value"    // what is asked for lies inside a value
	BadQuestion   Reason = "bad-question"    // no path that Vault takes
	Unsupported   Reason = "unsupported"     // this Vault is too old for it
	Conflict      Reason = "conflict"        // the secret is in another version by now
	Refused       Reason = "refused"         // Vault did not take what should be written
	MountMissing  Reason = "mount-missing"   // no engine there, or the token has no right to it
	SecretMissing Reason = "secret-missing"  // there is no such secret, or no longer
	WriteNotAsked Reason = "write-not-asked" // the Target says that nothing is written
)

// Error says what could not be done and what to do about it. It holds nothing that
// a server sent and no credential.
type Error struct {
	Reason Reason
	Doing  string // what was being done: "log in to Vault"
	What   string // what went wrong; empty: what the Reason says
	Next   string // what a person can do; empty: what the Reason says
	// Uncertain tells of a write that Vault may have carried out all the same.
	Uncertain bool

	final   bool          // asking again does not help, whatever the Reason
	after   time.Duration // how long the server wants us to wait
	context error         // context.Canceled or context.DeadlineExceeded of the caller
}

func (e *Error) Error() string {
	what, next := e.Words()
	if next == "" {
		return fmt.Sprintf("%s: %s", e.Doing, what)
	}
	return fmt.Sprintf("%s: %s; %s", e.Doing, what, next)
}

// Unwrap returns the error of the caller's context where that ended it.
func (e *Error) Unwrap() error { return e.context }

// Words returns what went wrong and what to do about it ("" where nothing helps),
// for people.
func (e *Error) Words() (what, next string) {
	what, next = e.Reason.words()
	if e.What != "" {
		what = e.What
	}
	if e.Next != "" {
		next = e.Next
	}
	return what, next
}

func (r Reason) words() (what, next string) {
	switch r {
	case NoToken:
		return "there is no token", "give the job a token or a way to log in; forks get none"
	case BadTarget:
		return "the configuration of Vault cannot be used", ""
	case LoginRefused:
		return "Vault refused the login", "check the role, the path of the auth method, and what the role is bound to"
	case BadToken:
		return "Vault does not take the token", "it has expired, was revoked, or is of another Vault or namespace: make a new one"
	case Forbidden:
		return "the token lacks the right to see this", "give it the policy for verification: read on subkeys/ and metadata/"
	case Sealed:
		return "Vault is sealed", "unseal it"
	case Standby:
		return "this node of Vault is a standby and there is no active node to ask", "use the address of the cluster"
	case Unreachable:
		return "Vault cannot be reached", "check the address, and that this machine may connect to it"
	case Timeout:
		return "Vault did not answer in time", "try again, or raise the limit"
	case TLS:
		return "the certificate of Vault is not trusted", "check the address, and the certificate of its authority"
	case RateLimited:
		return "Vault limits the rate of requests", "try again later, or raise the quota"
	case ServerError:
		return "Vault answered with an error of its own", "see its log"
	case BadAnswer:
		return "the answer is not one of Vault's", "check that the address is that of Vault, and what stands before it"
	case Redirected:
		return "the server sends to another place, which is not followed", "use the address of the cluster, or allow the host of its active node"
	case Limit:
		return "a limit on requests was reached", "ask for less at once, or raise the limit"
	case Cancelled:
		return "it was given up", ""
	case NotKV:
		return "the engine there is no key-value store", ""
	case KVVersion1:
		return "the engine is KV v1, which shows its keys only with their values", "move the secrets to KV v2"
	case InsideValue:
		return "what is asked for lies inside a value, which is not read", ""
	case BadQuestion:
		return "it is no path that Vault takes", "write it without empty parts, dots alone and control characters"
	case Unsupported:
		return "this Vault cannot tell its keys without their values", "it takes Vault 1.10 or newer"
	case Conflict:
		return "the secret has changed since it was looked at", "look again, and repeat it"
	case Refused:
		return "Vault did not take it", "see its log"
	case MountMissing:
		return "no engine is mounted there, or the token has no right to it", "check the mount, and the policy of the token: Vault answers the same for both"
	case SecretMissing:
		return "there is no such secret", ""
	case WriteNotAsked:
		return "this connection is for reading names alone", ""
	}
	return "it could not be done", ""
}

// stops tells whether there is no use in asking anything else: what is wrong is
// wrong with the connection.
func (r Reason) stops() bool {
	switch r {
	case Sealed, Unreachable, TLS, BadToken, Cancelled, Limit, Redirected, Standby:
		return true
	}
	return false
}

// wears tells whether it may be the connection, so that asking on is given up when
// it happens again and again.
func (r Reason) wears() bool {
	switch r {
	case Timeout, RateLimited, ServerError, BadAnswer:
		return true
	}
	return false
}

// failure words what a transport says. Its own text is not shown: it can hold
// addresses of proxies with their passwords.
func failure(ctx context.Context, doing string, err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	if cause := ctx.Err(); errors.Is(cause, context.Canceled) {
		return &Error{Reason: Cancelled, Doing: doing, context: cause}
	} else if cause != nil {
		return &Error{Reason: Timeout, Doing: doing, context: cause}
	}
	if what, ok := distrust(err); ok {
		return &Error{Reason: TLS, Doing: doing, What: what}
	}
	var network net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout() {
		return &Error{Reason: Timeout, Doing: doing}
	}
	var name *net.DNSError
	switch {
	case errors.As(err, &name):
		return &Error{Reason: Unreachable, Doing: doing, What: "the name of Vault's host cannot be resolved"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Error{Reason: Unreachable, Doing: doing, What: "nobody listens at the address of Vault"}
	case errors.Is(err, syscall.ECONNRESET):
		return &Error{Reason: Unreachable, Doing: doing, What: "the connection to Vault was cut"}
	}
	return &Error{Reason: Unreachable, Doing: doing}
}

// distrust tells what is wrong with the server's proof of who it is.
func distrust(err error) (what string, ok bool) {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &authority):
		return "the certificate of Vault comes from an authority that is not trusted", true
	case errors.As(err, &host):
		return "the certificate of Vault is for another host", true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate of Vault has expired or is not yet valid", true
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS", true
	case errors.As(err, &invalid), errors.As(err, &verify), errors.As(err, &alert):
		return "", true
	}
	return "", false
}
