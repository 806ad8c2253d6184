package secrets

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf8"
)

// maxInflated bounds what a compressed value may grow to.
const maxInflated = 1 << 20

// maxDecoded bounds how often a value that was decoded is decoded again.
const maxDecoded = 3

// shortestEncoded is the length from which a text is taken for base64: many a
// short word happens to be some.
const shortestEncoded = 8

// Decode undoes one encoding of a value: base64 (standard or for URLs, with its
// padding or without, on one line or several), and gzip in it. how names what was
// undone. ok is false where the value is not encoded, or where what comes out is
// neither text nor a structure that is known.
func Decode(value string) (plain string, how string, ok bool) {
	if strings.HasPrefix(value, "\x1f\x8b") {
		plain, ok := inflate([]byte(value))
		return plain, "gzip", ok
	}
	v := strings.TrimSpace(value)
	if len(v) < shortestEncoded || !isBase64Text(v) {
		return "", "", false
	}
	raw, err := decodeBase64(withoutBlanks(v))
	switch {
	case err != nil || len(raw) == 0:
		return "", "", false
	case len(raw) > 2 && raw[0] == 0x1f && raw[1] == 0x8b:
		plain, ok := inflate(raw)
		return plain, "gzip in base64", ok
	case isReadable(raw), binaryForm(raw) != unknownBinary:
		return string(raw), "base64", true
	}
	return "", "", false
}

func decodeBase64(v string) ([]byte, error) {
	encoding := base64.StdEncoding
	if strings.ContainsAny(v, "-_") {
		encoding = base64.URLEncoding
	}
	if !strings.HasSuffix(v, "=") {
		encoding = encoding.WithPadding(base64.NoPadding)
	}
	return encoding.DecodeString(v)
}

// isBase64Text tells whether v has only the signs of base64, and blanks between
// its lines.
func isBase64Text(v string) bool {
	end := len(v)
	for end > 0 && v[end-1] == '=' && len(v)-end < 2 {
		end--
	}
	for i := 0; i < end; i++ {
		if c := v[i]; !isBase64Byte(c) && c != '-' && c != '_' && c != '\n' && c != '\r' && c != ' ' && c != '\t' {
			return false
		}
	}
	return end > 0
}

func withoutBlanks(v string) string {
	if !strings.ContainsAny(v, " \t\r\n") {
		return v
	}
	var b strings.Builder
	b.Grow(len(v))
	for i := 0; i < len(v); i++ {
		if c := v[i]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// inflate undoes gzip. What is larger than the limit is cut, and judged by its beginning:
// the answer to it says so.
func inflate(raw []byte) (string, bool) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return "", false
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxInflated))
	if len(plain) == 0 && err != nil {
		return "", false
	}
	return string(plain), true
}

// isCut tells whether Decode has cut a text at the limit.
func isCut(plain, how string) bool {
	return len(plain) >= maxInflated && strings.HasPrefix(how, "gzip")
}

// isReadable tells text: UTF-8 that has no control characters but blanks, in which
// letters are no rarity.
func isReadable(raw []byte) bool {
	if !utf8.Valid(raw) {
		return false
	}
	wide, letters := 0, 0
	for _, c := range raw {
		switch {
		case c < 0x20 && c != '\n' && c != '\r' && c != '\t', c == 0x7f:
			return false
		case c >= 0x80:
			wide++
		case isAlnum(c):
			letters++
		}
	}
	return wide*4 <= len(raw) && letters > 0
}

// binary is what a value that is no text holds.
type binary uint8

const (
	unknownBinary   binary = iota
	keyStore               // of Java, or PKCS #12: key material
	derStructure           // ASN.1: a certificate or a key
	harmlessBinary         // a picture, an archive, a font
	encryptedBinary        // of age, git-crypt or GPG
)

// binaryForm knows files by their first bytes.
func binaryForm(raw []byte) binary {
	switch {
	case len(raw) < 8:
		return unknownBinary
	case bytes.HasPrefix(raw, []byte{0xfe, 0xed, 0xfe, 0xed}), bytes.HasPrefix(raw, []byte{0xce, 0xce, 0xce, 0xce}):
		return keyStore
	case bytes.HasPrefix(raw, []byte("age-encryption.org/v1\n")), bytes.HasPrefix(raw, []byte("\x00GITCRYPT\x00")):
		return encryptedBinary
	case bytes.HasPrefix(raw, []byte("\x89PNG")), bytes.HasPrefix(raw, []byte("GIF8")), bytes.HasPrefix(raw, []byte{0xff, 0xd8, 0xff}), bytes.HasPrefix(raw, []byte("PK\x03\x04")),
		bytes.HasPrefix(raw, []byte("\x00\x00\x01\x00")), bytes.HasPrefix(raw, []byte("wOF")), bytes.HasPrefix(raw, []byte("%PDF")), bytes.HasPrefix(raw, []byte("BM")) && len(raw) > 54,
		bytes.HasPrefix(raw, []byte("\x7fELF")), bytes.HasPrefix(raw, []byte("RIFF")):
		return harmlessBinary
	case raw[0] == 0x05 && raw[1] == 0x02 && raw[2] == 0:
		return keyStore // a keytab of Kerberos
	}
	if n := derLength(raw); n > 0 && n <= len(raw) && n >= len(raw)-1 && n > 32 {
		// PKCS #12 begins with version 3 (RFC 7292, section 4).
		if at := derHeader(raw); at+3 <= len(raw) && raw[at] == 2 && raw[at+1] == 1 && raw[at+2] == 3 {
			return keyStore
		}
		return derStructure
	}
	return unknownBinary
}

// derHeader returns the length of the header of a SEQUENCE.
func derHeader(raw []byte) int {
	if raw[1] < 0x80 {
		return 2
	}
	return 2 + int(raw[1]&0x7f)
}

// derLength returns the length of the SEQUENCE that raw begins with, header
// included, or 0.
func derLength(raw []byte) int {
	if raw[0] != 0x30 {
		return 0
	}
	if raw[1] < 0x80 {
		return 2 + int(raw[1])
	}
	n := int(raw[1] & 0x7f)
	if n == 0 || n > 3 || len(raw) < 2+n {
		return 0
	}
	size := 0
	for _, b := range raw[2 : 2+n] {
		size = size<<8 | int(b)
	}
	return 2 + n + size
}
