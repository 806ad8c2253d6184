package vault

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"
)

// request is one request to Vault's API.
type request struct {
	doing     string // for errors: "look at secret/app"
	method    string
	namespace string
	path      string // below /v1/, not escaped
	query     url.Values
	body      []byte // JSON
	mergeInto bool   // the body is a merge patch (RFC 7396)
	mount     Mount  // the engine that the path belongs to; the guard wants to know
	anonymous bool   // without the token, as a login is
	once      bool   // it must not be repeated where Vault may have carried it out
}

// methodList is how Vault spells LIST. It takes GET with list=true, too, but where
// something on the way drops the query, that reads a value of KV v1.
const methodList = "LIST"

const mergePatch = "application/merge-patch+json"

// answer is what Vault said: success, 400, 403, 404 or 405.
type answer struct {
	status int
	body   []byte
	said   string // the errors, in lower case: for us to tell them apart, never shown
}

func (a answer) ok() bool { return a.status < 300 }

// refusal words an answer that is no success where nothing more can be said of it.
func (a answer) refusal(doing string) error {
	switch {
	case a.ok():
		return nil
	case a.status == http.StatusForbidden && a.unknownToken():
		return &Error{Reason: BadToken, Doing: doing}
	case a.status == http.StatusForbidden:
		return &Error{Reason: Forbidden, Doing: doing}
	case a.unsupported():
		return &Error{Reason: Unsupported, Doing: doing}
	case a.status == http.StatusBadRequest:
		return &Error{Reason: Refused, Doing: doing}
	}
	return &Error{Reason: BadAnswer, Doing: doing}
}

// unknownToken tells a token that Vault does not know from one that lacks a right.
// Vault answers 403 to both, and does not always say which: where it does not, it is
// taken for a right that lacks.
func (a answer) unknownToken() bool {
	return strings.Contains(a.said, "invalid token") || strings.Contains(a.said, "bad token")
}

func (a answer) unsupported() bool {
	return a.status == http.StatusMethodNotAllowed || strings.Contains(a.said, "unsupported path") || strings.Contains(a.said, "unsupported operation")
}

// unrouted tells that no engine is mounted there, which Vault says only to a token
// with rights that cover the path.
func (a answer) unrouted() bool { return strings.Contains(a.said, "no handler for route") }

// absent is how Vault answers for what is not there: a list of errors with nothing
// in it. Any other 404 is not proof that it is missing.
func (a answer) absent() bool { return a.status == http.StatusNotFound && a.said == "" }

// call makes a request, again where that can help, and returns the answer or an
// *Error.
func (c *Connection) call(ctx context.Context, q request) (answer, error) {
	var a answer
	late := 0
	again := func(err *Error) bool {
		if err.Reason == Timeout {
			late++
		}
		// A server that hangs would be waited for too long.
		return late < 2 && worthRepeating(q, err)
	}
	err := c.limits.repeat(ctx, again, func() *Error {
		var failed *Error
		a, failed = c.try(ctx, q)
		return failed
	})
	return a, err
}

// repeat does something until it succeeds, is not worth doing again, or there are no
// attempts or time left.
func (l Limits) repeat(ctx context.Context, again func(*Error) bool, do func() *Error) error {
	wait := l.Wait
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil {
			return nil
		}
		if attempt >= l.Attempts || !again(err) {
			return err
		}
		// Up to half of it at random, so that jobs that start together do not come
		// back together.
		pause := max(err.after, wait/2+rand.N(wait/2+1))
		if !sleep(ctx, min(pause, l.LongestWait)) {
			return err
		}
		wait *= 2
	}
}

// worthRepeating tells whether the same request may be answered the next time.
func worthRepeating(q request, err *Error) bool {
	switch err.Reason {
	case RateLimited, Standby:
		return !err.final
	case ServerError, Timeout, Unreachable:
		return !q.once || !err.Uncertain
	}
	return false
}

// sleep tells whether there is time left after it.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// try makes a request once, and once more where it is sent on to another node.
func (c *Connection) try(ctx context.Context, q request) (answer, *Error) {
	here := *c.base
	for range 2 {
		response, body, failed := c.send(ctx, q, &here)
		if failed != nil {
			return answer{}, failed
		}
		if response.StatusCode < 300 || response.StatusCode >= 400 {
			a, failed := c.understand(q, response.StatusCode, body)
			if failed != nil {
				failed.after = retryAfter(response.Header)
			}
			return a, failed
		}
		next, failed := c.follow(q, &here, response)
		if failed != nil {
			return answer{}, failed
		}
		here = *next
	}
	return answer{}, &Error{Reason: Redirected, Doing: q.doing}
}

// send makes one exchange and reads its answer.
func (c *Connection) send(ctx context.Context, q request, to *url.URL) (*http.Response, []byte, *Error) {
	if c.requests.Add(1) > int64(c.limits.Requests) {
		return nil, nil, &Error{Reason: Limit, Doing: q.doing}
	}
	attempt, cancel := context.WithTimeout(ctx, c.limits.PerRequest)
	defer cancel()
	made, err := c.build(attempt, q, to)
	if err != nil {
		return nil, nil, &Error{Reason: BadQuestion, Doing: q.doing}
	}
	response, err := c.client.Do(made)
	if err != nil {
		failed := failure(ctx, q.doing, err)
		failed.Uncertain = q.once && !isDial(err) && failed.Reason != TLS
		return nil, nil, failed
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, c.limits.AnswerBytes+1))
	if err != nil {
		failed := failure(ctx, q.doing, err)
		failed.Uncertain = q.once
		return nil, nil, failed
	}
	if int64(len(body)) > c.limits.AnswerBytes {
		return nil, nil, &Error{Reason: BadAnswer, Doing: q.doing, What: "the answer is longer than is read", Uncertain: q.once}
	}
	return response, body, nil
}

func (c *Connection) build(ctx context.Context, q request, to *url.URL) (*http.Request, error) {
	if _, ok := cleanPath(q.namespace); !ok && q.namespace != "" {
		return nil, errNamespace
	}
	address := *to
	address.Path = to.Path + "/v1/" + q.path
	address.RawQuery = q.query.Encode()
	var body io.Reader
	if q.body != nil {
		body = bytes.NewReader(q.body)
	}
	made, err := http.NewRequestWithContext(within(ctx, q.mount), q.method, address.String(), body)
	if err != nil {
		return nil, err
	}
	made.Header.Set(api.RequestHeaderName, "true")
	made.Header.Set("User-Agent", "gatehouse")
	if q.namespace != "" {
		made.Header.Set(api.NamespaceHeaderName, q.namespace)
	}
	if !q.anonymous {
		made.Header.Set(api.AuthHeaderName, c.token.reveal())
	}
	switch {
	case q.mergeInto:
		made.Header.Set("Content-Type", mergePatch)
	case q.body != nil:
		made.Header.Set("Content-Type", "application/json")
	}
	return made, nil
}

var errNamespace = errors.New("the namespace is no path")

// isDial tells that there was no connection, so that nothing was sent.
func isDial(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && operation.Op == "dial"
}

// follow returns where a standby node sends the request: to an allowed host, and
// there to the same path, or nowhere.
func (c *Connection) follow(q request, here *url.URL, response *http.Response) (*url.URL, *Error) {
	location, err := response.Location()
	status := response.StatusCode
	same := status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect ||
		(status == http.StatusMovedPermanently || status == http.StatusFound) && q.body == nil
	if err != nil || !same || location.Scheme != here.Scheme || location.User != nil ||
		location.Path != response.Request.URL.Path || location.RawQuery != response.Request.URL.RawQuery {
		return nil, &Error{Reason: Redirected, Doing: q.doing}
	}
	if !c.hosts[withPort(location)] {
		return nil, &Error{
			Reason: Standby, Doing: q.doing, What: "this node of Vault is a standby, and the host that it sends to is not allowed",
			Next: "use the address of the cluster, or allow the host of its active node", final: true,
		}
	}
	next := *here
	next.Host = location.Host
	return &next, nil
}

// understand sorts an answer: what Vault itself says, and what stands before it.
func (c *Connection) understand(q request, status int, body []byte) (answer, *Error) {
	a := answer{status: status, body: body}
	if a.ok() {
		return a, nil
	}
	var said struct {
		Errors *[]string `json:"errors"`
		Data   any       `json:"data"`
	}
	vault := decodeJSON(body, &said) && (said.Errors != nil || said.Data != nil)
	if said.Errors != nil {
		a.said = strings.ToLower(strings.Join(*said.Errors, "\n"))
	}
	fail := func(r Reason) (answer, *Error) { return answer{}, &Error{Reason: r, Doing: q.doing} }
	switch {
	case status == http.StatusTooManyRequests:
		return fail(RateLimited)
	case status == http.StatusPreconditionFailed: // a node that has not caught up yet
		return fail(Standby)
	case strings.Contains(a.said, "vault is sealed"), strings.Contains(a.said, "not initialized"):
		return fail(Sealed)
	case strings.Contains(a.said, "local node not active"):
		return fail(Standby)
	case strings.Contains(a.said, "upgrading from non-versioned"): // for seconds after an engine was mounted
		return answer{}, &Error{Reason: ServerError, Doing: q.doing, What: "the engine is being made ready"}
	case status >= 500 && status != http.StatusNotImplemented:
		_, failed := fail(ServerError)
		failed.Uncertain = q.once
		return answer{}, failed
	case status == http.StatusRequestEntityTooLarge:
		return answer{}, &Error{Reason: Refused, Doing: q.doing, What: "it is larger than Vault takes"}
	case vault, len(body) == 0 && q.mergeInto && status == http.StatusNotFound:
		return a, nil
	}
	return fail(BadAnswer)
}

// retryAfter reads the seconds of the header of that name; the other form, a date,
// is left to our own waiting.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 || seconds > 3600 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
