package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// Write does what the plan says, where the secret is still in the version that was
// looked at; else the error is a *vault.Error with the reason Conflict, and nothing
// is written. What was written is looked at again, without its values.
func (p Plan) Write(ctx context.Context, c *vault.Connection) (Written, error) {
	data, err := p.data()
	if err != nil {
		return Written{}, err
	}
	defer clear(data)
	write := c.Put
	if p.merge {
		write = c.Patch
	}
	version, err := write(ctx, p.Place, p.Version, data)
	if err != nil {
		return Written{}, p.explain(ctx, c, err)
	}
	w := Written{Place: p.Place, Version: version, Adds: p.Adds, Replaces: p.Replaces, Removes: p.Removes, Keeps: p.Keeps}
	if len(p.Describes) > 0 {
		if err := c.Describe(ctx, p.Place, p.change.Metadata); err != nil {
			w.Notes = append(w.Notes, fmt.Sprintf("the secret is written, but not what describes it: %v", err))
		}
	}
	return w, w.verify(ctx, c)
}

// data is the JSON that is sent: null removes a key where Vault merges.
func (p Plan) data() (json.RawMessage, error) {
	values := map[string]*string{}
	for name, value := range p.change.Values {
		text := string(value)
		values[name] = &text
	}
	if p.merge {
		for _, name := range p.Removes {
			values[name] = nil
		}
	}
	data, err := json.Marshal(values)
	if err != nil {
		return nil, p.refused(vault.BadQuestion, "the values are no JSON", "") // err may show them
	}
	return data, nil
}

// explain finds out, where a write may have been carried out, what is there now.
func (p Plan) explain(ctx context.Context, c *vault.Connection, err error) error {
	var failed *vault.Error
	if !errors.As(err, &failed) || !failed.Uncertain {
		return err
	}
	told := *failed
	what, _ := failed.Words()
	told.Next = "look at the secret before writing again"
	told.What = what + ", and whether it wrote the secret is not known"
	if seen, lookErr := c.Look(ctx, p.Place, 0, 1); lookErr == nil && seen.Version == p.Version {
		told.What, told.Uncertain = what+"; nothing was written so far", false
	} else if lookErr == nil {
		told.What = fmt.Sprintf("%s; the current version is %d by now, so it may have been written", what, seen.Version)
	}
	return &told
}

// How often and how long a node that has not caught up is asked.
const (
	verifyAttempts = 4
	verifyWait     = 200 * time.Millisecond
)

// verify looks at the version that was written. Only what contradicts the write is an
// error; that it cannot be seen is a note.
func (w *Written) verify(ctx context.Context, c *vault.Connection) error {
	for attempt := 1; ; attempt++ {
		seen, err := c.Look(ctx, w.Place, w.Version, 1)
		if err != nil {
			w.Notes = append(w.Notes, fmt.Sprintf("that it is there could not be verified: %v", err))
			return nil
		}
		if seen.State == vault.Present && w.isIn(seen.Keys()) {
			return nil
		}
		if attempt == verifyAttempts {
			return &vault.Error{
				Reason: vault.BadAnswer, Doing: "verify " + w.Place.String(),
				What: fmt.Sprintf("Vault says that it wrote version %d, but it does not have the keys that were written", w.Version),
				Next: "look at the secret; somebody may have deleted it at the same time",
			}
		}
		select {
		case <-ctx.Done():
			w.Notes = append(w.Notes, "that it is there could not be verified in time")
			return nil
		case <-time.After(verifyWait):
		}
	}
}

func (w *Written) isIn(keys []string) bool {
	for _, name := range slices.Concat(w.Adds, w.Replaces, w.Keeps) {
		if !slices.Contains(keys, name) {
			return false
		}
	}
	return !slices.ContainsFunc(w.Removes, func(name string) bool { return slices.Contains(keys, name) })
}

// String tells what will be done: paths and names of keys.
func (p Plan) String() string {
	how := "would be written as the next version after " + fmt.Sprint(p.Version)
	if p.Version == 0 {
		how = "would be written as a new secret"
	}
	parts := append([]string{p.Place.String() + " " + how}, keysText(p.Adds, p.Replaces, p.Removes, p.Keeps)...)
	if len(p.Describes) > 0 {
		parts = append(parts, "describes it by "+names(p.Describes))
	}
	return strings.Join(append(parts, p.Notes...), "; ")
}

// String tells what was done: paths and names of keys.
func (w Written) String() string {
	parts := append([]string{fmt.Sprintf("%s written as version %d", w.Place, w.Version)}, keysText(w.Adds, w.Replaces, w.Removes, w.Keeps)...)
	return strings.Join(append(parts, w.Notes...), "; ")
}

func keysText(adds, replaces, removes, keeps []string) []string {
	var parts []string
	for _, part := range []struct {
		verb string
		keys []string
	}{{"adds", adds}, {"replaces", replaces}, {"removes", removes}, {"keeps", keeps}} {
		if len(part.keys) > 0 {
			parts = append(parts, part.verb+" "+names(part.keys))
		}
	}
	return parts
}
