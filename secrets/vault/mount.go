package vault

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// Mount is a secrets engine at its path.
type Mount struct {
	Path      string // without slashes around it: "secret", "team/kv"
	Type      string // as Vault calls it: "kv", "database"; "" where it was not asked
	KVVersion int    // 1 or 2; 0 where it is no key-value engine

	confirmed bool // Vault said so
}

// Configured is the Mount that a configuration names, for where Vault cannot be
// asked: the path that tells mounts is said to be internal and to change.
func Configured(path string, kvVersion int) Mount {
	return Mount{Path: strings.Trim(path, "/"), KVVersion: kvVersion}
}

// FindMount returns the engine that the path lies in: the one with the longest path
// that it begins with. Vault answers 403 both where nothing is mounted and where the
// token has no right below the mount; either is an Error with the reason
// MountMissing, or Forbidden where the token itself may be what is not known.
//
// It asks sys/internal/ui/mounts, which every token may ask:
// https://developer.hashicorp.com/vault/api-docs/system/internal-ui-mounts
func (c *Connection) FindMount(ctx context.Context, namespace, path string) (Mount, error) {
	path, ok := cleanPath(path)
	if !ok {
		return Mount{}, &Error{Reason: BadQuestion, Doing: "find an engine of Vault"}
	}
	doing := "find the engine of " + shownPath(path)
	a, err := c.call(ctx, request{doing: doing, method: http.MethodGet, namespace: c.in(namespace), path: "sys/internal/ui/mounts/" + path})
	if err != nil {
		return Mount{}, err
	}
	switch {
	case a.ok():
		return readMount(a.body, path, doing)
	case a.unrouted(), a.status == http.StatusForbidden && !a.unknownToken():
		return Mount{}, c.noMount(doing, path, a)
	case a.status == http.StatusNotFound:
		return Mount{}, &Error{
			Reason: Unsupported, Doing: doing, What: "this Vault does not tell what is mounted",
			Next: "name the version of the key-value engine in the configuration",
		}
	}
	return Mount{}, a.refusal(doing)
}

// noMount words a 403, and the 404 of a token with rights that cover the path. The
// words "preflight capability check" come after Vault has accepted the token.
func (c *Connection) noMount(doing, path string, a answer) error {
	if c.known || a.unrouted() || strings.Contains(a.said, "preflight capability check") {
		return &Error{Reason: MountMissing, Doing: doing, What: fmt.Sprintf("no engine is mounted for %s, or the token has no right to it", shownPath(path))}
	}
	return &Error{
		Reason: Forbidden, Doing: doing, Next: "check the token first: Vault answers the same for all three",
		What: fmt.Sprintf("no engine is mounted for %s, the token has no right to it, or Vault does not know the token", shownPath(path)),
	}
}

func readMount(body []byte, asked, doing string) (Mount, error) {
	var said struct {
		Data struct {
			Path    string            `json:"path"`
			Type    string            `json:"type"`
			Options map[string]string `json:"options"`
		} `json:"data"`
	}
	bad := &Error{Reason: BadAnswer, Doing: doing}
	if !decodeJSON(body, &said) {
		return Mount{}, bad
	}
	path, ok := cleanPath(said.Data.Path)
	if !ok || said.Data.Type == "" || !strings.HasPrefix(asked+"/", path+"/") {
		return Mount{}, bad
	}
	m := Mount{Path: path, Type: said.Data.Type, confirmed: true}
	switch {
	case m.Type == "kv" && said.Data.Options["version"] == "2":
		m.KVVersion = 2
	case m.Type == "kv", m.Type == "generic": // generic is what kv was called before 0.10
		m.KVVersion = 1
	}
	return m, nil
}

// in is the namespace to ask in.
func (c *Connection) in(namespace string) string {
	if namespace = strings.Trim(namespace, "/"); namespace != "" {
		return namespace
	}
	return c.namespace
}
