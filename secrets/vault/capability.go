package vault

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
)

// pathsAtOnce bounds the paths of one request for capabilities.
const pathsAtOnce = 100

// Capabilities returns what the token may do at each path of the API, as Vault words
// it: "read", "create", "deny", "root". The default policy lets every token ask.
func (c *Connection) Capabilities(ctx context.Context, namespace string, paths []string) (map[string][]string, error) {
	const doing = "ask what the token may do"
	all := map[string][]string{}
	for some := range slices.Chunk(paths, pathsAtOnce) {
		body, err := json.Marshal(map[string][]string{"paths": some})
		if err != nil {
			return nil, err
		}
		a, err := c.call(ctx, request{doing: doing, method: http.MethodPost, namespace: c.in(namespace), path: "sys/capabilities-self", body: body})
		if err != nil {
			return nil, err
		}
		if err := a.refusal(doing); err != nil {
			return nil, err
		}
		// The answer holds the lists twice; those below data are the documented ones.
		var said struct {
			Data map[string]json.RawMessage `json:"data"`
		}
		if !decodeJSON(a.body, &said) {
			return nil, &Error{Reason: BadAnswer, Doing: doing}
		}
		for _, path := range some {
			var may []string
			if !decodeJSON(said.Data[path], &may) {
				return nil, &Error{Reason: BadAnswer, Doing: doing}
			}
			all[path] = may
		}
	}
	return all, nil
}

// Readable returns those of the places whose value the token may read. A token for
// verification should have none; that it has does not change what Verify answers.
func (c *Connection) Readable(ctx context.Context, places []Place) ([]Place, error) {
	byNamespace := map[string][]string{}
	paths := make([]string, len(places))
	for i, p := range places {
		paths[i] = p.Mount.Path + "/" + p.Path
		if p.Mount.KVVersion == 2 {
			paths[i] = p.Mount.Path + "/data/" + p.Path
		}
		namespace := c.in(p.Namespace)
		if !slices.Contains(byNamespace[namespace], paths[i]) {
			byNamespace[namespace] = append(byNamespace[namespace], paths[i])
		}
	}
	may := map[string]map[string][]string{}
	for namespace, paths := range byNamespace {
		capabilities, err := c.Capabilities(ctx, namespace, paths)
		if err != nil {
			return nil, err
		}
		may[namespace] = capabilities
	}
	var readable []Place
	for i, p := range places {
		if capabilities := may[c.in(p.Namespace)][paths[i]]; slices.Contains(capabilities, "read") || slices.Contains(capabilities, "root") {
			readable = append(readable, p)
		}
	}
	return readable, nil
}
