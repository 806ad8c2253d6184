package vault

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// guard lets through the few forms of request that this package makes, and judges
// them by what goes over the wire, not by what was meant. It never lets a read of a
// path below data/ through, whatever asks for it.
type guard struct {
	next   http.RoundTripper
	base   *url.URL
	hosts  map[string]bool
	writes bool
}

// mountKey is the key of the Mount in the context of a request.
type mountKey struct{}

// within says below which engine the path of a request lies.
func within(ctx context.Context, m Mount) context.Context {
	return context.WithValue(ctx, mountKey{}, m)
}

// RoundTrip passes the request on or refuses it with an *Error.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.refuses(r); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	return g.next.RoundTrip(r)
}

func (g guard) refuses(r *http.Request) error {
	no := func(reason Reason, what string) error {
		return &Error{Reason: reason, Doing: "ask Vault", What: what, Next: "this is a fault of Gatehouse"}
	}
	if r.URL.Scheme != g.base.Scheme || !g.hosts[withPort(r.URL)] {
		return no(Redirected, "a request to another server was stopped")
	}
	path, below := strings.CutPrefix(r.URL.Path, g.base.Path+"/v1/")
	if clean, ok := cleanPath(path); !below || !ok || clean != path {
		return no(BadQuestion, "a request to a path that is read in more than one way was stopped")
	}
	// What is decoded as another path than it is sent as would be judged wrongly.
	if decoded, err := url.PathUnescape(r.URL.EscapedPath()); err != nil || decoded != r.URL.Path {
		return no(BadQuestion, "a request to a path that is read in more than one way was stopped")
	}
	mount, _ := r.Context().Value(mountKey{}).(Mount)
	switch parts := strings.Split(path, "/"); {
	case isControl(r.Method, parts):
		return nil
	case parts[0] == "auth" || parts[0] == "sys" || mount.Path == "":
		return no(Forbidden, "a request of a form that is not made was stopped")
	case !isWrite(r.Method) && !readsNames(r, parts, mount):
		return no(Forbidden, "a request that could read a value was stopped")
	case isWrite(r.Method) && !g.writes:
		return no(WriteNotAsked, "")
	case isWrite(r.Method) && !writesSecret(r.Method, path, mount):
		return no(Forbidden, "a request of a form that is not made was stopped")
	}
	return nil
}

func isWrite(method string) bool {
	return method != http.MethodGet && method != methodList
}

// isControl lets through what concerns Vault itself. No key-value engine can be
// mounted below auth/ or sys/.
func isControl(method string, parts []string) bool {
	is := func(wantMethod string, pattern ...string) bool {
		return method == wantMethod && len(parts) == len(pattern) && slices.EqualFunc(parts, pattern, func(part, wanted string) bool {
			return wanted == "" || part == wanted
		})
	}
	last := func(n int) string { return parts[max(0, len(parts)-n)] }
	switch {
	case is(http.MethodPost, "sys", "capabilities-self"),
		is(http.MethodGet, "auth", "token", "lookup-self"),
		is(http.MethodPost, "auth", "token", "revoke-self"):
		return true
	case method == http.MethodGet && len(parts) > 4 && slices.Equal(parts[:4], []string{"sys", "internal", "ui", "mounts"}):
		return true
	case parts[0] == "auth" && len(parts) >= 4 && method == http.MethodGet && last(2) == "role":
		return true
	case parts[0] == "auth" && len(parts) >= 3 && method == http.MethodPost && last(1) == "login":
		return true
	}
	return false
}

// readsNames lets through a read of keys or versions, and a listing. Where "data" is
// part of the path at all, the server must have said where the engine is mounted:
// engines do not nest, so "data" after subkeys/ is then part of a secret's name.
func readsNames(r *http.Request, parts []string, mount Mount) bool {
	if slices.Contains(parts, "data") && !mount.confirmed {
		return false
	}
	path := strings.Join(parts, "/")
	rest, below := strings.CutPrefix(path, mount.Path+"/")
	if r.Method == methodList && mount.KVVersion == 1 {
		return r.URL.RawQuery == "" && (below || path == mount.Path)
	}
	area, _, _ := strings.Cut(rest, "/")
	switch {
	case !below || mount.KVVersion != 2:
		return false
	case area == "subkeys":
		return r.Method == http.MethodGet
	case area == "metadata":
		return true
	}
	return false
}

// writesSecret lets through a write to a secret of KV v2 and to what describes it.
func writesSecret(method, path string, mount Mount) bool {
	rest, below := strings.CutPrefix(path, mount.Path+"/")
	area, name, _ := strings.Cut(rest, "/")
	if !below || name == "" || mount.KVVersion != 2 {
		return false
	}
	switch area {
	case "data":
		return method == http.MethodPost || method == http.MethodPatch
	case "metadata":
		return method == http.MethodPatch
	}
	return false
}
