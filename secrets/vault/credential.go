package vault

import (
	"fmt"
	"strings"
)

// Credential is a token, a secret id or a signed identity: what logs in. It prints
// as [redacted] under every verb and encoder; only this package reads it. Go copies
// strings, so it cannot be wiped: it lasts until the garbage collector uses its
// memory again.
type Credential struct {
	// A pointer, since package fmt shows what unexported fields hold without asking
	// their methods, and of a pointer only the address.
	value *string
}

// NewCredential wraps a value.
func NewCredential(value string) Credential {
	if value == "" {
		return Credential{}
	}
	return Credential{&value}
}

const redacted = "[redacted]"

// String returns [redacted].
func (Credential) String() string { return redacted }

// GoString returns [redacted].
func (Credential) GoString() string { return redacted }

// Format writes [redacted] for every verb.
func (Credential) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// MarshalText writes [redacted].
func (Credential) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON writes "[redacted]".
func (Credential) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// IsZero tells whether there is no value.
func (c Credential) IsZero() bool { return c.value == nil }

func (c Credential) reveal() string {
	if c.IsZero() {
		return ""
	}
	return *c.value
}

// usable tells what is wrong with a credential before it is sent: an empty one, or
// one that no header can hold, which is mostly one with the line end of its file.
func (c Credential) usable(what string) error {
	if c.IsZero() {
		return &Error{Reason: NoToken, Doing: "log in to Vault", What: "no " + what + " was given"}
	}
	if strings.ContainsFunc(c.reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return &Error{
			Reason: BadTarget, Doing: "log in to Vault", What: "the " + what + " holds a blank, a line end or a character that is none of ASCII",
			Next: "give it without the line end of its file",
		}
	}
	return nil
}
