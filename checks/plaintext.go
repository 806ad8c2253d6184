package checks

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unique"

	"golang.org/x/crypto/argon2"
)

// Plaintext is a value that must never leave the program. It prints as
// [redacted] under every verb and encoder; only this package reads it. Two of
// them are == where their values are.
type Plaintext struct {
	// A handle, since package fmt shows what unexported fields hold without asking
	// their methods, and stops at a pointer.
	value unique.Handle[string]
}

// NewPlaintext wraps a value.
func NewPlaintext(value string) Plaintext {
	if value == "" {
		return Plaintext{}
	}
	return Plaintext{unique.Make(value)}
}

func (p Plaintext) reveal() string {
	if p.IsZero() {
		return ""
	}
	return p.value.Value()
}

const redacted = "[redacted]"

// String returns [redacted].
func (Plaintext) String() string { return redacted }

// GoString returns [redacted].
func (Plaintext) GoString() string { return redacted }

// Format writes [redacted] for every verb.
func (Plaintext) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// MarshalText writes [redacted].
func (Plaintext) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON writes "[redacted]".
func (Plaintext) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// IsZero tells whether there is no value.
func (p Plaintext) IsZero() bool { return p == Plaintext{} }

// Parameters of the digests: OWASP's second choice for argon2id, 19 MiB of
// memory and two passes, about 20 ms on one core.
const (
	argonTime    = 2
	argonMemory  = 19 * 1024 // KiB
	argonKeySize = 32
	argonSalt    = 16
)

// DigestValue returns an argon2id digest of p with a salt of its own, in the PHC
// string format. It binds a waiver to the value that it waives.
func DigestValue(p Plaintext) string {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails since Go 1.24
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, argonMemory, argonTime,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(argonKey(p, salt)))
}

func argonKey(p Plaintext, salt []byte) []byte {
	return argon2.IDKey([]byte(p.reveal()), salt, argonTime, argonMemory, 1, argonKeySize)
}

// MatchesDigest tells whether digest, as DigestValue writes it, is one of p. A
// digest with other parameters never matches, so that a file cannot make the
// gate spend memory of its choice.
func MatchesDigest(p Plaintext, digest string) bool {
	salt, key, err := parseDigest(digest)
	return err == nil && subtle.ConstantTimeCompare(argonKey(p, salt), key) == 1
}

// CheckDigest returns an error where digest is not one that DigestValue writes.
func CheckDigest(digest string) error {
	_, _, err := parseDigest(digest)
	return err
}

func parseDigest(digest string) (salt, key []byte, err error) {
	head := fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$", argon2.Version, argonMemory, argonTime)
	rest, ok := strings.CutPrefix(digest, head)
	if !ok {
		return nil, nil, fmt.Errorf("a digest begins with %s", head)
	}
	saltText, keyText, _ := strings.Cut(rest, "$")
	salt, err = base64.RawStdEncoding.DecodeString(saltText)
	if err != nil || len(salt) != argonSalt {
		return nil, nil, fmt.Errorf("the salt of a digest has %d bytes in base64", argonSalt)
	}
	key, err = base64.RawStdEncoding.DecodeString(keyText)
	if err != nil || len(key) != argonKeySize {
		return nil, nil, fmt.Errorf("a digest has %d bytes in base64", argonKeySize)
	}
	return salt, key, nil
}
