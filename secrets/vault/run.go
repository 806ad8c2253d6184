package vault

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// run is one call of Verify or VerifyRoles: what has been asked, and whether asking
// is still of use.
type run struct {
	connection *Connection
	depths     map[Question]int // how deep the keys of each secret are asked for

	engines   memo[engineKey, *engines]
	secrets   memo[secretKey, Seen]
	histories memo[secretKey, history]
	folders   memo[secretKey, []string]
	roles     memo[roleKey, role]

	mutex  sync.Mutex
	failed int    // requests in a row
	broken *Error // why nothing else is asked
}

type engineKey struct{ namespace, first string }

type secretKey struct {
	namespace string
	mount     Mount
	path      string
	version   int
	depth     int
}

// patience is how many requests in a row may fail in a way that may be the
// server's, each of them after all its attempts.
const patience = 3

// use makes a request unless asking has been given up.
func use[V any](r *run, ask func() (V, error)) (V, error) {
	r.mutex.Lock()
	broken := r.broken
	r.mutex.Unlock()
	if broken != nil {
		var none V
		return none, broken
	}
	v, err := ask()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var failed *Error
	if !errors.As(err, &failed) || !failed.Reason.stops() && !failed.Reason.wears() {
		r.failed = 0
		return v, err
	}
	r.failed++
	if r.broken == nil && (failed.Reason.stops() || r.failed >= patience) {
		r.broken = failed
	}
	return v, err
}

// engines are those that were found below one first part of a path.
type engines struct {
	mutex sync.Mutex
	found []Mount
	none  map[string]error // by path
}

// detect finds the engine of a path. Engines do not nest, so one that was found
// holds every path that begins with its own.
func (r *run) detect(ctx context.Context, namespace, path string) (Mount, error) {
	first, _, _ := strings.Cut(path, "/")
	known, err := r.engines.get(engineKey{r.connection.in(namespace), first}, func() (*engines, error) {
		return &engines{none: map[string]error{}}, nil
	})
	if err != nil {
		return Mount{}, err
	}
	known.mutex.Lock()
	defer known.mutex.Unlock()
	for _, m := range known.found {
		if strings.HasPrefix(path+"/", m.Path+"/") {
			return m, nil
		}
	}
	if err, ok := known.none[path]; ok {
		return Mount{}, err
	}
	m, err := use(r, func() (Mount, error) { return r.connection.FindMount(ctx, namespace, path) })
	if err != nil {
		known.none[path] = err
		return Mount{}, err
	}
	known.found = append(known.found, m)
	return m, nil
}

func (r *run) look(ctx context.Context, p Place, version, depth int) (Seen, error) {
	key := secretKey{r.connection.in(p.Namespace), p.Mount, p.Path, version, depth}
	return r.secrets.get(key, func() (Seen, error) {
		return use(r, func() (Seen, error) { return r.connection.Look(ctx, p, version, depth) })
	})
}

func (r *run) list(ctx context.Context, p Place) ([]string, error) {
	key := secretKey{namespace: r.connection.in(p.Namespace), mount: p.Mount, path: p.Path}
	return r.folders.get(key, func() ([]string, error) {
		return use(r, func() ([]string, error) { return r.connection.list(ctx, p) })
	})
}

// names are those beside a secret. Where they cannot be listed nothing is suggested.
func (r *run) names(ctx context.Context, p Place) []string {
	folder, _ := splitFolder(p.Path)
	names, err := r.list(ctx, Place{Namespace: p.Namespace, Mount: p.Mount, Path: folder})
	if err != nil {
		return nil
	}
	return names
}

// history is what metadata/ says of the versions of a secret.
type history struct {
	current int // 0: there is none
	seen    map[int]Seen
}

func (v history) at(version int) Seen {
	if version == 0 {
		version = v.current
	}
	if seen, ok := v.seen[version]; ok {
		return seen
	}
	return Seen{State: Absent}
}

func (r *run) history(ctx context.Context, p Place) (history, error) {
	key := secretKey{namespace: r.connection.in(p.Namespace), mount: p.Mount, path: p.Path}
	return r.histories.get(key, func() (history, error) {
		return use(r, func() (history, error) { return r.connection.history(ctx, p) })
	})
}

// history asks for what is kept of a secret of KV v2, without keys:
// https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-metadata
func (c *Connection) history(ctx context.Context, p Place) (history, error) {
	doing := "look at the versions of " + p.String()
	a, err := c.call(ctx, request{
		doing: doing, method: http.MethodGet, namespace: c.in(p.Namespace), mount: p.Mount, path: p.Mount.Path + "/metadata/" + p.Path,
	})
	if err != nil {
		return history{}, err
	}
	if a.absent() {
		return history{}, nil
	}
	if !a.ok() {
		return history{}, a.refusal(doing)
	}
	var said struct {
		Data struct {
			Current  *int `json:"current_version"`
			Versions map[string]struct {
				DeletionTime string `json:"deletion_time"`
				Destroyed    bool   `json:"destroyed"`
			} `json:"versions"`
		} `json:"data"`
	}
	if !decodeJSON(a.body, &said) || said.Data.Current == nil {
		return history{}, &Error{Reason: BadAnswer, Doing: doing}
	}
	v := history{current: *said.Data.Current, seen: map[int]Seen{}}
	for number, version := range said.Data.Versions {
		n, err := strconv.Atoi(number)
		if err != nil {
			return history{}, &Error{Reason: BadAnswer, Doing: doing}
		}
		seen := Seen{State: Present, Version: n}
		// A time to come is when Vault will delete it.
		if at, err := time.Parse(time.RFC3339Nano, version.DeletionTime); err == nil && at.Before(time.Now()) {
			seen.State, seen.Deleted = Deleted, at
		}
		if version.Destroyed {
			seen.State = Destroyed
		}
		v.seen[n] = seen
	}
	return v, nil
}
