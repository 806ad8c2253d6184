package sealed

import (
	"encoding/base64"
	"strings"
)

// Sizes of the keys in recipients of age: X25519, and ML-KEM-768 with X25519.
const (
	x25519Bytes = 32
	hybridBytes = 1216
)

// ageRecipientFault says why a text is no recipient of age, or "".
func ageRecipientFault(id string) string {
	switch {
	case strings.HasPrefix(strings.ToUpper(id), "AGE-SECRET-KEY-") || strings.HasPrefix(strings.ToUpper(id), "AGE-PLUGIN-"):
		return "it has the form of a private key"
	case strings.HasPrefix(id, "ssh-ed25519 "), strings.HasPrefix(id, "ssh-rsa "):
		words := strings.Fields(id)
		if len(words) < 2 {
			return "the SSH key is missing"
		}
		if _, err := base64.StdEncoding.DecodeString(words[1]); err != nil {
			return "the SSH key is not base64"
		}
		return ""
	}
	prefix, length, ok := bech32(id)
	switch {
	case !ok:
		return "its checksum does not hold"
	case prefix == "age" && length != x25519Bytes, prefix == "age1pq" && length != hybridBytes:
		return "its key has another length"
	case prefix != "age" && !strings.HasPrefix(prefix, "age1"):
		return "it begins with something else than age1"
	}
	return ""
}

const bech32Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// longestBech32 is above the longest recipient that there is, of a post-quantum key.
const longestBech32 = 4096

// bech32 checks a text of BIP 173, without its limit of 90 characters, as age does. It
// returns the prefix and the length of the data in bytes.
func bech32(text string) (prefix string, length int, ok bool) {
	at := strings.LastIndexByte(text, '1')
	if at < 1 || at+7 > len(text) || len(text) > longestBech32 || strings.ToLower(text) != text {
		return "", 0, false
	}
	prefix = text[:at]
	sum := uint32(1)
	for i := 0; i < len(prefix); i++ {
		sum = polymod(sum, prefix[i]>>5)
	}
	sum = polymod(sum, 0)
	for i := 0; i < len(prefix); i++ {
		sum = polymod(sum, prefix[i]&31)
	}
	for i := at + 1; i < len(text); i++ {
		value := strings.IndexByte(bech32Letters, text[i])
		if value < 0 {
			return "", 0, false
		}
		sum = polymod(sum, byte(value))
	}
	return prefix, (len(text) - at - 1 - 6) * 5 / 8, sum == 1
}

// polymod takes one value of five bits into the checksum of BIP 173.
func polymod(sum uint32, value byte) uint32 {
	top := sum >> 25
	sum = sum&0x1ffffff<<5 ^ uint32(value)
	for i, generator := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		if top>>i&1 == 1 {
			sum ^= generator
		}
	}
	return sum
}
