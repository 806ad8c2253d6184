package main

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
)

// An ExternalSecret names a store, and the store says which engine of Vault is read, so
// that a key is only written right by who knows the store. It mostly stands in the same
// repository.

// store is one that the files of a repository hold.
type store struct {
	reference.Store
	environment string
}

// storesIn are the stores of External Secrets in a repository, read once in a run. What
// cannot be read holds none: the store need not be in the repository at all.
func (s *sealing) storesIn(w *way) []store {
	if known, ok := s.stores[w.root]; ok {
		return known
	}
	repo, err := s.repoOf(w.root)
	if err != nil {
		return nil
	}
	set, err := source.Tree(s.ctx, repo, w.root, source.Options{})
	if err != nil {
		return nil
	}
	var found []store
	for _, f := range set.Files {
		if f.Opaque != nil || !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(f.Path)) {
			continue
		}
		text, err := f.Load()
		if err != nil || !bytes.Contains(text, []byte("SecretStore")) || !bytes.Contains(text, []byte("external-secrets.io")) {
			continue
		}
		for _, d := range manifest.Read(f.Path, text, manifest.DefaultLimits()).Documents {
			if d.Object.Group() != "external-secrets.io" {
				continue
			}
			for _, one := range reference.StoresOf(d) {
				found = append(found, store{one, w.layout().Environment(f.Path)})
			}
		}
	}
	if s.stores == nil {
		s.stores = map[string][]store{}
	}
	s.stores[w.root] = found
	return found
}

// storeNamed is the store of a name and kind that a file reads; nil where the repository
// has none, or several that differ and none of them is that of the file's environment.
func (s *sealing) storeNamed(w *way, kind, name string) *reference.Store {
	var all, own []reference.Store
	for _, one := range s.storesIn(w) {
		if one.Name != name || kind != "" && one.Kind != kind {
			continue
		}
		all = append(all, one.Store)
		if one.environment == w.environment {
			own = append(own, one.Store)
		}
	}
	for _, list := range [][]reference.Store{own, all} {
		if len(list) > 0 && agreeOnMount(list) {
			return &list[0]
		}
	}
	return nil
}

func agreeOnMount(list []reference.Store) bool {
	for _, one := range list {
		if one.Backend != list[0].Backend || one.Mount != list[0].Mount || one.HasMount != list[0].HasMount || one.Engine != list[0].Engine {
			return false
		}
	}
	return true
}

// fitStore makes what is left of a Secret one that its store understands, and refuses
// what the store would not find.
func (s *sealing) fitStore(w *way, to *seal.VaultTarget) error {
	known := s.storeNamed(w, to.StoreKind, to.Store)
	if known == nil {
		return nil
	}
	says := fmt.Sprintf("the %s %s", known.Kind, known.Name)
	mount := strings.Trim(known.Mount, "/")
	switch {
	case known.Backend != "vault":
		return exit{code: exitUsage, message: fmt.Sprintf("%s does not read from Vault, but from %s", says, known.Backend), hint: "name another one as seal.vault.store in " + config.ConfigPath}
	case known.Engine == reference.KV1:
		return exit{code: exitUsage, message: says + " reads KV version 1, and values are written to version 2 alone", hint: "write version: v2 into the store, or name another one in " + config.ConfigPath}
	case !known.HasMount:
		to.KeyHasMount = true
	case mount != strings.Trim(to.Mount, "/"):
		return exit{code: exitUsage, message: fmt.Sprintf("%s reads %s, and the values would go to %s", says, mount, to.Mount), hint: "correct seal.vault.mount in " + config.ConfigPath + ", or the path of the store"}
	}
	return nil
}

// mountOf tells the mount of what an object refers to, and the path below it. An
// ExternalSecret leaves that to its store.
func (s *sealing) mountOf(e *entry, place seal.VaultEntry) (mount, below string, err error) {
	if place.Mount != "" {
		return place.Mount, place.Path, nil
	}
	refuse := func(fix, format string, args ...any) error {
		return &seal.Error{File: e.name(), Line: place.Line, Object: place.Object, Reason: fmt.Sprintf(format, args...), Fix: fix}
	}
	under := func(mount string) (string, string, error) {
		return mount, strings.TrimPrefix(strings.TrimPrefix(place.Path, mount+"/"), "data/"), nil
	}
	known, v := s.storeNamed(e.way, place.StoreKind, place.Store), e.way.settings.Vault
	switch {
	case known != nil && known.Backend != "vault":
		return "", "", refuse("write the value there", "its store %q does not read from Vault, but from %s", place.Store, known.Backend)
	case known != nil && known.HasMount && v != nil && v.Store == place.Store && v.Mount != strings.Trim(known.Mount, "/"):
		return "", "", refuse("correct seal.vault.mount in "+config.ConfigPath+", or the path of the store", "its store %q reads %s, and %s says %s", place.Store, strings.Trim(known.Mount, "/"), config.ConfigPath, v.Mount)
	case known != nil && known.HasMount:
		return under(strings.Trim(known.Mount, "/"))
	case known != nil:
		first, _, _ := strings.Cut(place.Path, "/")
		return under(first)
	case v == nil:
		return "", "", refuse("write seal: {vault: {mount: MOUNT, store: NAME}} into "+config.ConfigPath, "nothing says which mount of Vault the store %q reads", place.Store)
	case v.Store != "" && place.Store != v.Store:
		return "", "", refuse("write the value with vault kv patch", "it reads the store %q, and %s knows the mount of %q alone", place.Store, config.ConfigPath, v.Store)
	}
	return under(v.Mount)
}
