package cluster

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Client talks to the API server as one identity. It is safe for concurrent use once its Header is set.
type Client struct {
	// Header goes with every request, besides what the client sets itself, for example
	// Impersonate-Extra-Authentication.kubernetes.io%2fpod-name.
	Header http.Header

	cluster *Cluster
	http    *http.Client
}

// Client returns a client of the user. An identity of the tokens file authenticates by its token; any other, or a
// known user with other groups than its own, is impersonated by the admin, which admission cannot tell apart.
func (c *Cluster) Client(user string, groups ...string) *Client {
	client := &Client{Header: http.Header{}, cluster: c, http: &http.Client{Transport: c.transport}}
	if ownToken(user, groups) {
		client.Header.Set("Authorization", "Bearer "+c.tokens[user])
		return client
	}
	client.Header.Set("Authorization", "Bearer "+c.tokens[Admin])
	client.Header.Set("Impersonate-User", user)
	for _, group := range groups {
		client.Header.Add("Impersonate-Group", group)
	}
	return client
}

// Response is the answer of the API server, also when it is a refusal.
type Response struct {
	Code     int
	Warnings []string // texts of the Warning headers, in order
	Body     []byte
}

// Do sends one request; the path starts with a slash and may carry a query. A []byte or string body goes out as it is,
// anything else but nil as JSON. A PATCH is a server-side apply if the query has a fieldManager, else a JSON merge
// patch. The error says that there was no answer; a refusal is a Response (see Err).
func (c *Client) Do(ctx context.Context, method, path string, body any) (*Response, error) {
	contentType := "application/json"
	if method == http.MethodPatch {
		contentType = "application/merge-patch+json"
		if strings.Contains(path, "fieldManager=") {
			contentType = "application/apply-patch+yaml"
		}
	}
	return c.Send(ctx, method, path, contentType, body)
}

// Send is Do with a content type, for the other kinds of patch.
func (c *Client) Send(ctx context.Context, method, path, contentType string, body any) (*Response, error) {
	content, err := encode(body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.cluster.URL+path, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	request.Header = c.Header.Clone()
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	response := &Response{Code: answer.StatusCode, Warnings: warnings(answer.Header)}
	if response.Body, err = io.ReadAll(answer.Body); err != nil {
		return nil, fmt.Errorf("%s %s: read answer: %w", method, path, err)
	}
	return response, nil
}

// Refusal is the Status object of a request that the API server did not carry out.
type Refusal struct {
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

func (r *Refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.Code, r.Reason, r.Message) }

// Err returns nil for an answer below 400, else a *Refusal.
func (r *Response) Err() error {
	if r.Code < 400 {
		return nil
	}
	refusal := &Refusal{}
	if err := json.Unmarshal(r.Body, refusal); err != nil || refusal.Message == "" {
		refusal.Message = string(r.Body)
	}
	refusal.Code = r.Code
	return refusal
}

// Object returns the object of the answer, or its Refusal as the error.
func (r *Response) Object() (map[string]any, error) {
	if err := r.Err(); err != nil {
		return nil, err
	}
	var object map[string]any
	if err := json.Unmarshal(r.Body, &object); err != nil {
		return nil, fmt.Errorf("decode answer: %w", err)
	}
	return object, nil
}

func (c *Client) answersOK(ctx context.Context, path string) error {
	response, err := c.Do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	return response.Err()
}

func encode(body any) ([]byte, error) {
	switch body := body.(type) {
	case nil:
		return nil, nil
	case []byte:
		return body, nil
	case string:
		return []byte(body), nil
	}
	return json.Marshal(body)
}

// warnings reads the texts of Warning headers as the API server writes them: 299 - "text", with \" and \\ escaped
// (RFC 7234, section 5.5).
func warnings(header http.Header) []string {
	var texts []string
	for _, line := range header.Values("Warning") {
		_, text, found := strings.Cut(line, `"`)
		if !found {
			continue
		}
		texts = append(texts, strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(strings.TrimSuffix(text, `"`)))
	}
	return texts
}

func transportTrusting(ca []byte) (*http.Transport, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, errors.New("no certificate in PEM")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	transport.MaxIdleConnsPerHost = 100
	return transport, nil
}

func query(values map[string]string) string {
	parameters := url.Values{}
	for name, value := range values {
		if value != "" {
			parameters.Set(name, value)
		}
	}
	if len(parameters) == 0 {
		return ""
	}
	return "?" + parameters.Encode()
}
