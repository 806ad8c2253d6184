package sealed

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The parts of a sealed value that have a fixed size: the length of the RSA part,
// and the tag of AES-GCM (sealed-secrets, pkg/crypto/crypto.go). The nonce is zero
// and not written.
const (
	prefixBytes = 2
	tagBytes    = 16
)

// parts are those of a sealed value.
type parts struct {
	raw       []byte
	rsa       []byte
	plaintext int // length of what is sealed
}

// dismantle takes a sealed value apart, or says in words why it is none.
func dismantle(text string) (p parts, g ground, reason string) {
	raw, err := base64.StdEncoding.DecodeString(text)
	switch {
	case text == "":
		return parts{}, onShort, "it is empty"
	case err != nil:
		return parts{}, onBase64, "it is not base64"
	case len(raw) < prefixBytes:
		return parts{}, onShort, "it is too short"
	}
	n := int(binary.BigEndian.Uint16(raw))
	if !isKeySize(n) {
		return parts{}, onPrefix, "it does not begin with the size of an RSA key"
	}
	rest := len(raw) - prefixBytes - n - tagBytes
	if rest < 0 {
		return parts{}, onShort, fmt.Sprintf("it is cut off: with an RSA key of %d bits it has at least %d bytes, and this has %d",
			8*n, prefixBytes+n+tagBytes, len(raw))
	}
	return parts{raw, raw[prefixBytes : prefixBytes+n], rest}, 0, ""
}

// A Ciphertext is what the structure of one sealed value tells.
type Ciphertext struct {
	Bits   int // size of the RSA key
	Length int // of what is sealed, in bytes

	rsa []byte
}

// ReadCiphertext takes a value of encryptedData apart. ok is false for a text that has
// not the structure of one.
func ReadCiphertext(text string) (c Ciphertext, ok bool) {
	p, _, reason := dismantle(text)
	if reason != "" {
		return Ciphertext{}, false
	}
	return Ciphertext{Bits: 8 * len(p.rsa), Length: p.plaintext, rsa: p.rsa}, true
}

// LooksSealed tells a text in the place of a ciphertext that is none, and no value in the
// clear either: one that stands for a ciphertext, or long base64 of what is no text, such as
// a ciphertext that is cut off, quoted twice or of a key that is too small.
func LooksSealed(text string) bool {
	text = strings.Trim(text, " \t\r\n\"'`")
	if looksUnfinished(text) || strings.Contains(text, " ") && awaitsCiphertext(text) {
		return true
	}
	if len(text) >= leastBeginning && hasCiphertextPrefix(text) {
		return true
	}
	if len(text) < leastBlob {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(urlAlphabet.Replace(strings.TrimRight(text, "=")))
	return err == nil && !utf8.Valid(raw)
}

const (
	leastBeginning = 32  // so much of a ciphertext is no chance
	leastBlob      = 196 // base64 of the shortest ciphertext: a key of 1024 bits and a tag
)

// hasCiphertextPrefix knows the base64 of 0x0200, 0x0180 and 0x0100: the size of a key.
func hasCiphertextPrefix(text string) bool {
	return (strings.HasPrefix(text, "Ag") || strings.HasPrefix(text, "AY") || strings.HasPrefix(text, "AQ")) && text[2] >= 'A' && text[2] <= 'D'
}

// urlAlphabet turns the alphabet of base64 into that for URLs, less the line ends.
var urlAlphabet = strings.NewReplacer("+", "-", "/", "_", "\n", "", "\r", "", " ", "")

// Excludes tells that the value was not sealed with a key. False proves nothing.
func (c Ciphertext) Excludes(key *rsa.PublicKey) bool {
	return foreign(c.rsa, []modulus{modulusOf(key)}) != ""
}

// IsFilledIn tells a text that something else replaces before it is applied, such as a
// template engine or argocd-vault-plugin.
func IsFilledIn(text string) bool { return isHole(text) }

// isKeySize knows the sizes of RSA keys in bytes that tools make, from 1024 bits,
// which is weak, to 8192.
func isKeySize(n int) bool {
	switch n {
	case 128, 256, 384, 512, 768, 1024:
		return true
	}
	return false
}

// isHole tells a text that is filled in before it is applied: by a template engine,
// by the substitution of Flux or a shell, or by argocd-vault-plugin.
func isHole(text string) bool {
	return between(text, "{{", "}}") || between(text, "${", "}") || between(text, "$(", ")") ||
		between(text, "<path:", ">") || between(text, "[[", "]]") || between(text, "<<", ">>")
}

func between(text, open, end string) bool {
	i := strings.Index(text, open)
	return i >= 0 && strings.Contains(text[i+len(open):], end)
}

// hasAngles tells a text of the form <NAME>.
func hasAngles(text string) bool {
	return len(text) > 2 && text[0] == '<' && text[len(text)-1] == '>'
}

// unfinishedWords are what people write where a value is still to come.
var unfinishedWords = [...]string{"...", "…", "changeme", "change-me", "change_me", "replace", "todo", "fixme", "xxx", "your", "example", "placeholder",
	"insert", "dummy", "redacted", "snip", "tbd", "omitted", "truncated"}

// ciphertextWords are what they write besides where a ciphertext is to come.
var ciphertextWords = [...]string{"sealed", "encrypted", "secret", "kubeseal", "fill", "value", "base64"}

// longestPlaceholder bounds the texts that are taken for placeholders.
const longestPlaceholder = 200

// awaitsCiphertext tells a text that stands for a ciphertext that is still to come.
func awaitsCiphertext(text string) bool {
	return looksUnfinished(text) || len(text) <= longestPlaceholder && containsAny(strings.ToLower(text), ciphertextWords[:])
}

// looksUnfinished tells a text that stands for one that is still to come.
func looksUnfinished(text string) bool {
	if len(text) > longestPlaceholder {
		return false
	}
	text = strings.ToLower(strings.TrimSpace(text))
	return text == "" || hasAngles(text) || containsAny(text, unfinishedWords[:])
}

func containsAny(text string, words []string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}
