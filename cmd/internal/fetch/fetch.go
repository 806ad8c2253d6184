// Package fetch gets one small public file from a server that a person names: by TLS, or
// from this machine.
//
// It sends no credential, follows no redirect to another server, and ends in time. It
// refuses to know what the file is.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The bounds of one request.
const (
	timeout       = 15 * time.Second
	mostRedirects = 3
)

// ErrInsecure is the error of an address that others on the way could answer for.
var ErrInsecure = errors.New("the address is neither https nor on this machine")

// Refused is the error of an address that is not asked.
type Refused struct{ Reason string }

func (e *Refused) Error() string { return "the address " + e.Reason }

// Get asks for the file at an address; one without a path is asked for the given path.
// The answer has at most as many bytes as allowed. The error is ErrInsecure, a *Refused
// where the address is wrong, or says why the server did not give the file.
func Get(ctx context.Context, address, path string, most int64) ([]byte, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return nil, &Refused{"is no address of a server, such as https://sealed-secrets.example.com"}
	case u.User != nil:
		return nil, &Refused{"holds a user, and what is fetched is public"}
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return nil, ErrInsecure
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = path
	}
	text, err := get(ctx, u, most)
	if err != nil {
		return nil, fmt.Errorf("%s://%s%s: %w", u.Scheme, u.Host, u.EscapedPath(), err)
	}
	return text, nil
}

func get(ctx context.Context, u *url.URL, most int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errors.New("it is no address of a server")
	}
	client := http.Client{CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if next.URL.Scheme != u.Scheme || next.URL.Host != u.Host {
			return errors.New("the server sends elsewhere, which is not followed")
		}
		if len(via) > mostRedirects {
			return errors.New("too many redirects")
		}
		return nil
	}}
	response, err := client.Do(request)
	if err != nil {
		return nil, reason(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers with %d", response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	switch {
	case err != nil:
		return nil, reason(err)
	case int64(len(text)) > most:
		return nil, fmt.Errorf("the answer has more than %d bytes", most)
	}
	return text, nil
}

// reason is an error of net/http without the address, which stands before it.
func reason(err error) error {
	var of *url.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the server did not answer in time, or not to the end")
	case errors.As(err, &of):
		return of.Err
	}
	return err
}

// isLoopback tells an address of this machine by its form: a name other than localhost
// could be anywhere.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
