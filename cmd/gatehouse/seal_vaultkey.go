package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	sealvault "github.com/gatehouse-dev/gatehouse/secrets/seal/vault"
)

// vaultReference is the object through which a file has its values from Vault; nil where
// none is meant.
func (e *entry) vaultReference() *manifest.Document {
	if len(e.sealedObjects()) > 0 {
		return nil
	}
	for _, d := range manifest.Read(e.way.name, e.data, manifest.DefaultLimits()).Documents {
		if e.object.Matches(d.Object) && isVaultReference(d) {
			return d
		}
	}
	return nil
}

func isVaultReference(d *manifest.Document) bool {
	group := d.Object.Group()
	return d.Object.Kind == "ExternalSecret" && group == "external-secrets.io" || d.Object.Kind == "VaultStaticSecret" && group == "secrets.hashicorp.com"
}

// depositKey writes the value of one key to where an object has it from, or with nil
// takes the key away there. The file stays as it is.
func (s *sealing) depositKey(e *entry, d *manifest.Document, value []byte) (*made, error) {
	refuse := func(fix, format string, args ...any) error {
		return &seal.Error{File: e.name(), Line: d.At().Line, Object: d.Object, Reason: fmt.Sprintf(format, args...), Fix: fix}
	}
	others := 0
	for _, other := range manifest.Read(e.way.name, e.data, manifest.DefaultLimits()).Documents {
		if e.object.Matches(other.Object) && isVaultReference(other) {
			others++
		}
	}
	if others > 1 {
		return nil, refuse("name one of them with --object", "several objects of the file refer to Vault")
	}
	at, reason, fix := e.remote(d)
	if reason != "" {
		return nil, refuse(fix, "%s", reason)
	}
	if value == nil && len(at.users) > 0 {
		return nil, refuse("take it out of spec.data first", "spec.data refers to the key %q", e.key)
	}
	server, err := s.vaultServer(e.way)
	if err != nil {
		return nil, err
	}
	dep := &deposit{}
	wanted := vaultChange{mount: at.mount, path: at.path, replace: true}
	how := "written to Vault at " + at.mount + "/" + at.path
	if value == nil {
		wanted.remove, how = []string{at.key}, "taken out in Vault at "+at.mount+"/"+at.path
	} else {
		wanted.values = map[string]sealvault.Value{at.key: slices.Clone(value)}
		dep.values = append(dep.values, wanted.values)
	}
	if err := s.prepare(server, dep, wanted); err != nil {
		dep.wipe()
		return nil, err
	}
	return &made{
		text: e.data, deposit: dep, whom: "writing to the Vault at " + server.address + " (" + server.from + ")",
		changes: []alteration{{line: d.At().Line, end: math.MaxUint32, what: d.Object.String(), keys: []string{at.key}, how: how}},
	}, nil
}

// remotePlace is where in Vault a key of a Secret is kept.
type remotePlace struct {
	mount, path, key string
	users            []string // the keys of the Secret that are listed as made of it
}

// remote reads it from the object, or says why it is not told, and what helps.
func (e *entry) remote(d *manifest.Document) (at remotePlace, reason, fix string) {
	spec := d.Root.Get("spec")
	if d.Object.Kind == "VaultStaticSecret" {
		at = remotePlace{mount: spec.Get("mount").Str(), path: spec.Get("path").Str(), key: e.key}
		if at.mount == "" || at.path == "" || spec.Get("type").Str() == "kv-v1" {
			return at, "it does not say where in a KV version 2 engine its values are", "write spec.type, spec.mount and spec.path"
		}
		return at, "", ""
	}
	v := e.way.settings.Vault
	if v == nil {
		return at, "nothing says which mount of Vault the store " + strconv.Quote(spec.Lookup("secretStoreRef", "name").Str()) + " reads", "write seal: {vault: {mount: MOUNT, store: NAME}} into " + config.ConfigPath
	}
	if store := spec.Lookup("secretStoreRef", "name").Str(); v.Store != "" && store != v.Store {
		return at, fmt.Sprintf("it reads the store %q, and %s knows the mount of %q alone", store, config.ConfigPath, v.Store), "write the value with vault kv patch"
	}
	at.mount = v.Mount
	var keys []string
	if data := spec.Get("data"); data != nil {
		for i := range data.Items {
			n := &data.Items[i]
			keys = append(keys, n.Get("secretKey").Str())
			if n.Get("secretKey").Str() == e.key {
				at.path, at.key = n.Lookup("remoteRef", "key").Str(), n.Lookup("remoteRef", "property").Str()
				at.users = []string{e.key}
			}
		}
	}
	if from := spec.Get("dataFrom"); from != nil && at.path == "" && len(from.Items) == 1 {
		at.path, at.key = from.Items[0].Lookup("extract", "key").Str(), e.key
	}
	switch {
	case at.path == "":
		return at, fmt.Sprintf("it has no key %q; it has %s", e.key, quoted(keys)), "add it to spec.data with its remoteRef, and set it then"
	case at.key == "":
		return at, fmt.Sprintf("the key %q is the whole secret in Vault, and no one key of it", e.key), "name the key as remoteRef.property"
	}
	at.path = strings.TrimPrefix(strings.TrimPrefix(at.path, at.mount+"/"), "data/")
	return at, "", ""
}
