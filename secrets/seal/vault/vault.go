// Package vault writes secrets to KV v2 engines of Vault without reading any value.
//
// Prepare looks at what is there and plans; that is all of a dry run. Plan.Write
// then writes, with check-and-set on the version that was looked at, so that nothing
// that came in between is lost. Keys that a Change does not name stay as they are:
// Vault merges them itself (PATCH), and nobody has to read them.
//
// Since no value is read, nobody can tell whether a value that is written was there
// already: what comes out is "written as version N".
//
// The package does not know where values come from, what is left in the repository
// in their place, or how one logs in: it takes a Connection of
// github.com/gatehouse-dev/gatehouse/secrets/vault. Plans, results and errors hold
// paths and names of keys, never a value.
package vault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// Value is what a key is to hold: text in UTF-8. It prints as [redacted]. The caller
// overwrites it with clear when it is written; the copies that Go makes of it on the
// way to the network last until their memory is used again.
type Value []byte

// Format writes [redacted] for every verb.
func (Value) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[redacted]")) }

// MarshalText writes [redacted].
func (Value) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// Change is what is to become of one secret.
type Change struct {
	Place  vault.Place
	Values map[string]Value // by the names of their keys
	Remove []string         // names of keys
	// Replace allows to overwrite keys of Values that are there already.
	Replace bool
	// Metadata is written beside the secret, such as its owner: no secrets, for
	// everybody who may list secrets can read it.
	Metadata map[string]string
}

// Plan is what Write will do, without the values. Its lists are sorted.
type Plan struct {
	Place   vault.Place
	State   vault.State // of the current version
	Version int         // the current one; 0 where there is none
	// Names of keys: new ones, those that get a new value, those that go, and those
	// that stay as they are.
	Adds, Replaces, Removes, Keeps []string
	Describes                      []string // names of custom metadata that will be set
	Notes                          []string // what a person should know before

	merge  bool
	change *Change // a pointer, so that package fmt does not show what it holds
}

// Written is what was written.
type Written struct {
	Place                          vault.Place
	Version                        int
	Adds, Replaces, Removes, Keeps []string
	Notes                          []string // what did not go as planned after the write
}

// Prepare looks at the secret and plans the change; it writes nothing. The error is
// a *vault.Error.
func Prepare(ctx context.Context, c *vault.Connection, change Change) (Plan, error) {
	if err := change.check(); err != nil {
		return Plan{}, err
	}
	seen, err := c.Look(ctx, change.Place, 0, 1)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Place: change.Place, State: seen.State, Version: seen.Version, change: &change}
	plan.sort(seen.Keys())
	if err := plan.check(seen.Keys()); err != nil {
		return Plan{}, err
	}
	return plan, plan.heedRights(ctx, c)
}

// sort tells keys apart by what will become of them.
func (p *Plan) sort(there []string) {
	for _, name := range slices.Sorted(maps.Keys(p.change.Values)) {
		if slices.Contains(there, name) {
			p.Replaces = append(p.Replaces, name)
		} else {
			p.Adds = append(p.Adds, name)
		}
	}
	p.Removes = slices.Compact(slices.Sorted(slices.Values(p.change.Remove)))
	for _, name := range there {
		if !slices.Contains(p.Replaces, name) && !slices.Contains(p.Removes, name) {
			p.Keeps = append(p.Keeps, name)
		}
	}
	p.Describes = slices.Sorted(maps.Keys(p.change.Metadata))
	// Without keys to keep, a whole new version loses nothing.
	p.merge = len(p.Keeps) > 0
	if p.State == vault.Deleted || p.State == vault.Destroyed {
		p.Notes = append(p.Notes, fmt.Sprintf("version %d was %s; the keys that it had do not come back", p.Version, p.State))
	}
}

// check refuses what would lose something.
func (p *Plan) check(there []string) error {
	for _, name := range p.Removes {
		if !slices.Contains(there, name) {
			return p.refused(vault.SecretMissing, fmt.Sprintf("there is no key %q to remove", name), "")
		}
	}
	switch {
	case len(p.Replaces) > 0 && !p.change.Replace:
		return p.refused(vault.Refused, fmt.Sprintf("version %d has %s already, and whether the value is the same is not read", p.Version, names(p.Replaces)),
			SayReplace)
	case len(p.change.Values) == 0 && len(p.Keeps) == 0:
		return p.refused(vault.Refused, "no key would be left", "delete the secret instead")
	}
	return nil
}

func (p *Plan) refused(reason vault.Reason, what, next string) error {
	return &vault.Error{Reason: reason, Doing: "write " + p.Place.String(), What: what, Next: next}
}

// heedRights asks what the token may do, so that a plan says beforehand what would
// be refused. A token that may not ask finds out when it writes.
func (p *Plan) heedRights(ctx context.Context, c *vault.Connection) error {
	data := p.Place.Mount.Path + "/data/" + p.Place.Path
	about := p.Place.Mount.Path + "/metadata/" + p.Place.Path
	may, err := c.Capabilities(ctx, p.Place.Namespace, []string{data, about})
	var failed *vault.Error
	if errors.As(err, &failed) && failed.Reason == vault.Forbidden {
		return nil
	}
	if err != nil {
		return err
	}
	can := func(path, what string) bool {
		return slices.Contains(may[path], what) || slices.Contains(may[path], "root")
	}
	needs := "update"
	switch {
	case p.merge:
		needs = "patch"
	case p.Version == 0:
		needs = "create"
	case !can(data, "update") && can(data, "patch") && p.State == vault.Present:
		p.merge, needs = true, "patch"
	}
	if !can(data, needs) {
		what := fmt.Sprintf("the token lacks the capability %q", needs)
		if needs == "patch" {
			what += fmt.Sprintf(", and without it %s would be lost, for they cannot be read", names(p.Keeps))
		}
		return p.refused(vault.Forbidden, what, "give it "+needs+" on "+data)
	}
	if len(p.Describes) > 0 && !can(about, "patch") {
		p.Notes = append(p.Notes, fmt.Sprintf("%s will not be written beside it: the token lacks patch on %s", names(p.Describes), about))
		p.Describes = nil
	}
	return nil
}

// SayReplace is the next step of the error that refuses to overwrite keys.
const SayReplace = "say that it may be replaced"

// names lists names for people.
func names(of []string) string {
	quoted := make([]string, len(of))
	for i, name := range of {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, ", ")
}

// Limits of what is written. Vault stores at most 1 MiB with Raft and 512 KiB with
// Consul; those of custom metadata are Vault's:
// https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#create-update-metadata
const (
	mostBytes         = 1 << 20
	longestKey        = 253 // as in a Secret of Kubernetes
	mostMetadata      = 64
	longestMetaKey    = 128
	longestMetaValue  = 512
	usualDataArea     = "data/"
	usualMetadataArea = "metadata/"
)

// check refuses what cannot be written as it is meant.
func (c Change) check() error {
	doing := "write " + c.Place.String()
	bad := func(reason vault.Reason, what, next string) error {
		return &vault.Error{Reason: reason, Doing: doing, What: what, Next: next}
	}
	switch {
	case c.Place.Mount.KVVersion == 1:
		return bad(vault.KVVersion1, "the engine is KV v1, which has no check-and-set: what others wrote would be overwritten unseen", "")
	case c.Place.Mount.KVVersion != 2:
		return bad(vault.NotKV, "", "name the mount of a KV v2 engine")
	case strings.HasPrefix(c.Place.Path, usualDataArea), strings.HasPrefix(c.Place.Path, usualMetadataArea):
		return bad(vault.BadQuestion, "the path begins with data/ or metadata/, which are not part of a secret's path", "leave it out")
	case len(c.Values) == 0 && len(c.Remove) == 0:
		return bad(vault.BadQuestion, "there is nothing to write", "")
	}
	size := 0
	for name, value := range c.Values {
		size += len(name) + len(value)
		switch {
		case !isKey(name):
			return bad(vault.BadQuestion, fmt.Sprintf("%.80q cannot be the name of a key", name), "")
		case slices.Contains(c.Remove, name):
			return bad(vault.BadQuestion, fmt.Sprintf("the key %q is to be both written and removed", name), "")
		case !utf8.Valid(value):
			return bad(vault.BadQuestion, fmt.Sprintf("the value of %q is no text in UTF-8, and Vault holds text", name),
				"write it in base64, and have the one who reads it decode it")
		}
	}
	if size > mostBytes {
		return bad(vault.Limit, fmt.Sprintf("it has more than %d bytes", mostBytes), "")
	}
	return c.checkMetadata(bad)
}

func (c Change) checkMetadata(bad func(reason vault.Reason, what, next string) error) error {
	if len(c.Metadata) > mostMetadata {
		return bad(vault.Limit, fmt.Sprintf("Vault takes at most %d entries of custom metadata", mostMetadata), "")
	}
	for name, value := range c.Metadata {
		if name == "" || len(name) > longestMetaKey || len(value) > longestMetaValue || !isPrintable(name) || !isPrintable(value) {
			return bad(vault.BadQuestion, fmt.Sprintf("the custom metadata %.80q is not what Vault takes", name),
				fmt.Sprintf("at most %d bytes in its name and %d in its value, and only what can be printed", longestMetaKey, longestMetaValue))
		}
	}
	return nil
}

func isKey(name string) bool { return name != "" && len(name) <= longestKey && isPrintable(name) }

func isPrintable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
