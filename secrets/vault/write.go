package vault

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

// Put writes a whole new version of a secret of KV v2 where its current version is
// the one given; 0 says that there is none yet. Data is a JSON object. It returns
// the number of the new version. What stood in the old version and not in data is
// not in the new one.
//
// The error is Conflict where another version is current. Where it is Uncertain,
// Vault may have written it.
func (c *Connection) Put(ctx context.Context, p Place, current int, data json.RawMessage) (version int, err error) {
	return c.write(ctx, p, current, data, http.MethodPost)
}

// Patch merges data, a JSON object as of RFC 7396, into the current version of a
// secret: keys that it does not name stay as they are, and nobody reads them; null
// removes one. The rest is as with Put. The token needs the capability "patch".
//
// https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#patch-secret
func (c *Connection) Patch(ctx context.Context, p Place, current int, data json.RawMessage) (version int, err error) {
	return c.write(ctx, p, current, data, http.MethodPatch)
}

func (c *Connection) write(ctx context.Context, p Place, current int, data json.RawMessage, method string) (int, error) {
	doing := "write " + p.String()
	path, ok := cleanPath(p.Path)
	if !ok {
		return 0, &Error{Reason: BadQuestion, Doing: doing}
	}
	body, err := json.Marshal(map[string]any{"options": map[string]int{"cas": current}, "data": data})
	if err != nil {
		return 0, &Error{Reason: BadQuestion, Doing: doing, What: "the values are no JSON"} // err may show them
	}
	defer clear(body)
	a, err := c.call(ctx, request{
		doing: doing, method: method, namespace: c.in(p.Namespace), mount: p.Mount, path: p.Mount.Path + "/data/" + path,
		body: body, mergeInto: method == http.MethodPatch, once: true,
	})
	if err != nil {
		return 0, err
	}
	if err := a.notWritten(doing, method); err != nil {
		return 0, err
	}
	var said struct {
		Data struct {
			Version int `json:"version"`
		} `json:"data"`
	}
	if !decodeJSON(a.body, &said) || said.Data.Version < 1 {
		return 0, &Error{Reason: BadAnswer, Doing: doing, Uncertain: true}
	}
	return said.Data.Version, nil
}

func (a answer) notWritten(doing, method string) error {
	switch {
	case a.ok():
		return nil
	case a.status == http.StatusBadRequest && strings.Contains(a.said, "check-and-set"):
		return &Error{Reason: Conflict, Doing: doing}
	case a.status == http.StatusNotFound && !a.unsupported() && !a.unrouted():
		return &Error{Reason: SecretMissing, Doing: doing}
	case a.unrouted():
		return &Error{Reason: MountMissing, Doing: doing}
	case a.status == http.StatusForbidden && !a.unknownToken():
		needs := "create and update"
		if method == http.MethodPatch {
			needs = "patch"
		}
		return &Error{Reason: Forbidden, Doing: doing, What: "the token may not write it", Next: "give it " + needs + " there; it needs no right to read"}
	}
	return a.refusal(doing)
}

// Describe sets custom metadata of a secret of KV v2 that is there, such as its
// owner; what is not named stays. Everybody who may list secrets can read it.
func (c *Connection) Describe(ctx context.Context, p Place, metadata map[string]string) error {
	doing := "describe " + p.String()
	path, ok := cleanPath(p.Path)
	if !ok {
		return &Error{Reason: BadQuestion, Doing: doing}
	}
	body, err := json.Marshal(map[string]any{"custom_metadata": metadata})
	if err != nil {
		return &Error{Reason: BadQuestion, Doing: doing}
	}
	a, err := c.call(ctx, request{
		doing: doing, method: http.MethodPatch, namespace: c.in(p.Namespace), mount: p.Mount, path: p.Mount.Path + "/metadata/" + path,
		body: body, mergeInto: true, once: true,
	})
	if err != nil {
		return err
	}
	return a.notWritten(doing, http.MethodPatch)
}
