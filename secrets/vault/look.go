package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Place is where a secret lies.
type Place struct {
	Namespace string // of Vault Enterprise; "": that of the Connection
	Mount     Mount
	Path      string // below the mount, without data/
}

// String is the path for people, as `vault kv get` takes it.
func (p Place) String() string { return shownPath(p.Mount.Path + "/" + p.Path) }

// State is what has become of a version of a secret.
type State string

const (
	Present   State = "present"
	Deleted   State = "deleted"   // it can be undeleted
	Destroyed State = "destroyed" // it is gone for good
	Absent    State = "absent"    // nothing is there, or no such version
)

// Seen is what Vault tells of a version of a secret without its values.
type Seen struct {
	State    State
	Version  int               // 0 where it is absent
	Deleted  time.Time         // since when; zero where it is not deleted, or nobody said
	Metadata map[string]string // what its owners wrote beside it

	keys tree
}

// Keys are the names of its keys, sorted; not those nested in them.
func (s Seen) Keys() []string { return slices.Sorted(maps.Keys(s.keys)) }

// Look tells of a secret in an engine of KV v2: of the given version, or the current
// one where it is 0. Depth bounds how deep nested keys are told; 0 tells all.
//
// It asks subkeys, which Vault has since 1.10:
// https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-subkeys
func (c *Connection) Look(ctx context.Context, p Place, version, depth int) (Seen, error) {
	doing := "look at " + p.String()
	path, ok := cleanPath(p.Path)
	if !ok {
		return Seen{}, &Error{Reason: BadQuestion, Doing: doing}
	}
	query := url.Values{}
	if version > 0 {
		query.Set("version", strconv.Itoa(version))
	}
	if depth > 0 {
		query.Set("depth", strconv.Itoa(depth))
	}
	a, err := c.call(ctx, request{
		doing: doing, method: http.MethodGet, namespace: c.in(p.Namespace), mount: p.Mount,
		path: p.Mount.Path + "/subkeys/" + path, query: query,
	})
	if err != nil {
		return Seen{}, err
	}
	switch {
	case a.ok():
		return readSeen(a.body, version, Present, doing)
	case a.absent() && hasData(a.body):
		return readSeen(a.body, version, Deleted, doing)
	case a.absent():
		return Seen{State: Absent}, nil
	case a.unrouted(), a.status == http.StatusForbidden && !a.unknownToken() && !p.Mount.confirmed:
		return Seen{}, c.noMount(doing, p.Mount.Path, a)
	}
	return Seen{}, a.refusal(doing)
}

// hasData tells the 404 of a version that was deleted from that of one that never was.
func hasData(body []byte) bool {
	var said struct {
		Data *struct{} `json:"data"`
	}
	return decodeJSON(body, &said) && said.Data != nil
}

func readSeen(body []byte, asked int, state State, doing string) (Seen, error) {
	var said struct {
		Data struct {
			Subkeys  json.RawMessage `json:"subkeys"`
			Metadata struct {
				Version      int               `json:"version"`
				DeletionTime string            `json:"deletion_time"`
				Destroyed    bool              `json:"destroyed"`
				Custom       map[string]string `json:"custom_metadata"`
			} `json:"metadata"`
		} `json:"data"`
	}
	bad := &Error{Reason: BadAnswer, Doing: doing}
	if !decodeJSON(body, &said) || said.Data.Metadata.Version < 1 || asked > 0 && said.Data.Metadata.Version != asked {
		return Seen{}, bad
	}
	seen := Seen{State: state, Version: said.Data.Metadata.Version, Metadata: said.Data.Metadata.Custom}
	if state != Present {
		if said.Data.Metadata.Destroyed {
			seen.State = Destroyed
		}
		// One that cannot be read is not told.
		seen.Deleted, _ = time.Parse(time.RFC3339Nano, said.Data.Metadata.DeletionTime)
		return seen, nil
	}
	keys, err := readTree(said.Data.Subkeys)
	if err != nil {
		return Seen{}, bad
	}
	seen.keys = keys
	return seen, nil
}

// tree are names of keys, with the names nested in them.
type tree map[string]tree

// deepestTree bounds the nesting of an answer.
const deepestTree = 100

// errHasValues is for an answer that is none of subkeys: there every leaf is null.
var errHasValues = errors.New("it holds a value")

func readTree(text []byte) (tree, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	if token != json.Delim('{') {
		return nil, errHasValues
	}
	return readNames(d, deepestTree)
}

// readNames reads an object whose brace has been read.
func readNames(d *json.Decoder, depth int) (tree, error) {
	names := tree{}
	for {
		token, err := d.Token()
		if err != nil {
			return nil, noEOF(err)
		}
		name, isName := token.(string)
		if !isName {
			return names, nil // the closing brace
		}
		if token, err = d.Token(); err != nil {
			return nil, noEOF(err)
		}
		switch {
		case token == nil:
			names[name] = nil
		case token == json.Delim('{') && depth > 0:
			if names[name], err = readNames(d, depth-1); err != nil {
				return nil, err
			}
		default:
			return nil, errHasValues
		}
	}
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// list returns the names in a folder of a key-value engine, those of folders with a
// slash at the end. The folder "" is that of the whole engine. A folder that is not
// there has no names.
func (c *Connection) list(ctx context.Context, p Place) ([]string, error) {
	path := p.Mount.Path
	if p.Mount.KVVersion == 2 {
		path += "/metadata"
	}
	if p.Path != "" {
		path += "/" + p.Path
	}
	doing := "list " + shownPath(p.Mount.Path+"/"+p.Path)
	a, err := c.call(ctx, request{doing: doing, method: methodList, namespace: c.in(p.Namespace), mount: p.Mount, path: path})
	if err != nil {
		return nil, err
	}
	if a.absent() {
		return nil, nil
	}
	if a.unrouted() || a.status == http.StatusForbidden && !a.unknownToken() && !p.Mount.confirmed {
		return nil, c.noMount(doing, p.Mount.Path, a)
	}
	if !a.ok() {
		return nil, a.refusal(doing)
	}
	var said struct {
		Data struct {
			Keys *[]string `json:"keys"`
		} `json:"data"`
	}
	if !decodeJSON(a.body, &said) || said.Data.Keys == nil {
		return nil, &Error{Reason: BadAnswer, Doing: doing}
	}
	return *said.Data.Keys, nil
}
