package seal

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
)

// Payload are values that belong into Vault. It shows them to Each alone: every other
// way of printing or encoding it gives [redacted].
type Payload struct{ values map[string][]byte }

// Keys are the keys, sorted.
func (p Payload) Keys() []string { return slices.Sorted(maps.Keys(p.values)) }

// Each visits the values in the order of their keys. A value is UTF-8; it must not be
// kept beyond Wipe.
func (p Payload) Each(visit func(key string, value []byte)) {
	for _, key := range p.Keys() {
		visit(key, p.values[key])
	}
}

// Wipe overwrites the values with zeros.
func (p Payload) Wipe() {
	for _, value := range p.values {
		clear(value)
	}
}

const redacted = "[redacted]"

// String returns [redacted].
func (Payload) String() string { return redacted }

// Format writes [redacted] under every verb.
func (Payload) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalJSON returns "[redacted]".
func (Payload) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

func inBase64(plain []byte) []byte {
	return base64.StdEncoding.AppendEncode(make([]byte, 0, base64.StdEncoding.EncodedLen(len(plain))), plain)
}
