// Package github asks GitHub what no file of a repository says: who approved a pull
// request, whether owners exist and may approve, and what a branch demands.
//
// It is the only package that talks to GitHub, and it only reads. It refuses to know
// what is to be owned by whom, and whether what it found is good. What it is not
// allowed to see is an *Unseen, never an empty answer.
package github

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"
)

// Options say which repository is asked about, and how.
type Options struct {
	API        string // the root of the REST API; "" for that of github.com
	Repository string // "owner/name"
	Token      string // "" for none
	// Transport carries the requests; nil for that of net/http.
	Transport http.RoundTripper
	// Timeout is how long one request may take; 0 for 20 seconds.
	Timeout time.Duration
	// Wait waits before a request is tried again; nil for the clock.
	Wait func(ctx context.Context, d time.Duration) error
}

// Client asks about one repository. It may be used by several goroutines.
type Client struct {
	api         *github.Client
	owner, name string
	wait        func(ctx context.Context, d time.Duration) error
}

// The limits of what is asked.
const (
	mostBody    = 16 << 20         // bytes of one answer
	mostPages   = 50               // of one list
	mostTries   = 4                // of one request
	longestWait = 30 * time.Second // before one of them is tried again
	perRequest  = 20 * time.Second
)

// New makes a client. The error says which option is wrong, without the token.
func New(o Options) (*Client, error) {
	owner, name, ok := strings.Cut(o.Repository, "/")
	if !ok || owner == "" || name == "" || strings.ContainsAny(o.Repository, "?#%\\ \n\r\t") || strings.Contains(name, "/") || strings.Contains(o.Repository, "..") {
		return nil, errors.New("the repository must be named as owner/name")
	}
	root := o.API
	if root == "" {
		root = "https://api.github.com"
	}
	base, err := url.Parse(strings.TrimSuffix(root, "/") + "/")
	if err != nil || base.Host == "" || base.User != nil || base.Scheme != "https" && !loopback(base.Hostname()) {
		return nil, errors.New("the address of the API of GitHub must be a URL that begins with https://")
	}
	client := &http.Client{Timeout: cmp.Or(o.Timeout, perRequest), Transport: bounded{o.Transport}, CheckRedirect: sameHost}
	c := &Client{api: github.NewClient(client), owner: owner, name: name, wait: o.Wait}
	if o.Token != "" {
		c.api = c.api.WithAuthToken(o.Token)
	}
	c.api.BaseURL = base
	if c.wait == nil {
		c.wait = wait
	}
	return c, nil
}

func loopback(host string) bool { return host == "127.0.0.1" || host == "::1" || host == "localhost" }

// sameHost follows GitHub to where a repository was renamed to, and nowhere else: the
// token goes along.
func sameHost(req *http.Request, via []*http.Request) error {
	if len(via) >= 5 || req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// bounded cuts off answers that are too long.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	next := b.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(req)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, mostBody), resp.Body}
	}
	return resp, err
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Unseen is what GitHub does not show: what is asked for may be there or not.
type Unseen struct {
	What   string // "the branch protection of main"
	Reason string // "the token may not see it (HTTP 403)"
	Status int    // of the answer; 0 where there was none
}

func (u *Unseen) Error() string { return fmt.Sprintf("%s is not known: %s", u.What, u.Reason) }

// Missing tells that GitHub says that there is no such thing, or that one may not see
// it: it does not tell these apart.
func (u *Unseen) Missing() bool { return u.Status == http.StatusNotFound }

// repo is a path below the repository; format has a %s for each argument.
func (c *Client) repo(format string, args ...any) string {
	escaped := make([]any, len(args))
	for i, a := range args {
		escaped[i] = url.PathEscape(fmt.Sprint(a))
	}
	return "repos/" + url.PathEscape(c.owner) + "/" + url.PathEscape(c.name) + "/" + fmt.Sprintf(format, escaped...)
}

// get asks for one thing. what names it in errors. The error is an *Unseen, or that
// of the context.
func (c *Client) get(ctx context.Context, what, path string, into any) error {
	return c.getAs(ctx, what, path, mediaType, into)
}

const mediaType = "application/vnd.github+json"

// getAs is get for an answer of another media type.
func (c *Client) getAs(ctx context.Context, what, path, accept string, into any) error {
	_, err := c.page(ctx, what, path, accept, into)
	return err
}

// page asks for one page and tells which comes next, 0 for none.
func (c *Client) page(ctx context.Context, what, path, accept string, into any) (next int, err error) {
	for try := 1; ; try++ {
		var raw json.RawMessage
		resp, err := c.once(ctx, path, accept, &raw)
		if err == nil {
			if err := json.Unmarshal(raw, into); err != nil {
				return 0, &Unseen{What: what, Reason: "the answer of GitHub is not what its documentation says", Status: resp.StatusCode}
			}
			return resp.NextPage, nil
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		pause, again := retryable(err, resp, try)
		if !again || try == mostTries {
			return 0, unseen(what, err, resp)
		}
		if err := c.wait(ctx, pause); err != nil {
			return 0, err
		}
	}
}

func (c *Client) once(ctx context.Context, path, accept string, into *json.RawMessage) (*github.Response, error) {
	req, err := c.api.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", accept)
	return c.api.Do(ctx, req, into)
}

// retryable tells whether a request may do better later, and when
// (docs.github.com, "Rate limits for the REST API").
func retryable(err error, resp *github.Response, try int) (pause time.Duration, ok bool) {
	var secondary *github.AbuseRateLimitError
	if errors.As(err, &secondary) {
		pause = time.Duration(try) * 5 * time.Second
		if secondary.RetryAfter != nil {
			pause = *secondary.RetryAfter
		}
		return pause, pause <= longestWait
	}
	var primary *github.RateLimitError
	if errors.As(err, &primary) {
		pause = time.Until(primary.Rate.Reset.Time)
		return max(pause, time.Second), pause <= longestWait
	}
	pause = time.Duration(try) * time.Second
	if resp == nil || resp.Response == nil {
		return pause, true // nothing came back
	}
	return pause, resp.StatusCode >= http.StatusInternalServerError
}

// unseen words why there is no answer. Nothing of the answer itself is told.
func unseen(what string, err error, resp *github.Response) *Unseen {
	u := &Unseen{What: what}
	var secondary *github.AbuseRateLimitError
	var primary *github.RateLimitError
	switch {
	case errors.As(err, &secondary), errors.As(err, &primary):
		u.Status, u.Reason = http.StatusForbidden, "GitHub answers no more requests for now (rate limit)"
	case resp == nil || resp.Response == nil:
		u.Reason = "GitHub does not answer"
	default:
		u.Status = resp.StatusCode
		u.Reason = reasonOf(resp.StatusCode)
	}
	return u
}

func reasonOf(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "the token is not valid (HTTP 401)"
	case status == http.StatusForbidden:
		return "the token may not see it (HTTP 403)"
	case status == http.StatusNotFound:
		return "there is none, or the token may not see it (HTTP 404)"
	case status >= http.StatusInternalServerError:
		return fmt.Sprintf("GitHub has a fault of its own (HTTP %d)", status)
	case status < http.StatusMultipleChoices:
		return "the answer of GitHub is not what its documentation says"
	}
	return fmt.Sprintf("GitHub refuses to answer (HTTP %d)", status)
}

// all asks for all pages of a list.
func all[T any](ctx context.Context, c *Client, what, path string) ([]T, error) {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	var list []T
	for page := 1; page != 0; {
		if page > mostPages {
			return nil, &Unseen{What: what, Reason: fmt.Sprintf("the list has more than %d pages", mostPages)}
		}
		var part []T
		next, err := c.page(ctx, what, fmt.Sprintf("%s%sper_page=100&page=%d", path, separator, page), mediaType, &part)
		if err != nil {
			return nil, err
		}
		list = append(list, part...)
		if next != 0 && next <= page {
			return nil, &Unseen{What: what, Reason: "the pages of the list lead in a circle"}
		}
		page = next
	}
	return list, nil
}
