package sealed

import (
	"encoding/base64"
	"strings"
)

// Sizes of the parts of a value that SOPS has encrypted (aes/cipher.go: nonceSize,
// and the tag of AES-GCM).
const (
	sopsNonceBytes = 32
	sopsTagBytes   = 16
)

// sopsTypes are the types that SOPS writes (aes/cipher.go, Encrypt).
var sopsTypes = [...]string{"str", "int", "float", "bytes", "bool", "time", "comment"}

const encPrefix = "ENC[AES256_GCM,"

// isEncrypted tells a value that is meant as one of SOPS, well formed or not.
func isEncrypted(text string) bool { return strings.Contains(text, encPrefix) }

// encFault says what of the grammar a value breaks, or "". Nothing but blanks may
// follow: the expression of SOPS has no end, and takes what follows for nothing.
func encFault(text string) string {
	rest, ok := strings.CutPrefix(text, encPrefix+"data:")
	if !ok {
		return "text stands before it, or it has no data"
	}
	data, rest, ok := strings.Cut(rest, ",iv:")
	if !ok {
		return "it has no iv"
	}
	iv, rest, ok := strings.Cut(rest, ",tag:")
	if !ok {
		return "it has no tag"
	}
	tag, rest, ok := strings.Cut(rest, ",type:")
	if !ok {
		return "it has no type"
	}
	kind, rest, ok := strings.Cut(rest, "]")
	switch {
	case !ok:
		return "it does not end"
	case strings.TrimSpace(rest) != "":
		return "text stands behind it, which SOPS ignores"
	case !isSOPSType(kind):
		return "its type is none that SOPS writes"
	case decodedLength(data) < 0:
		return "its data is not base64"
	case decodedLength(iv) != sopsNonceBytes:
		return "its iv is not 32 bytes in base64"
	case decodedLength(tag) != sopsTagBytes:
		return "its tag is not 16 bytes in base64"
	}
	return ""
}

func isSOPSType(kind string) bool {
	for _, t := range sopsTypes {
		if kind == t {
			return true
		}
	}
	return false
}

// decodedLength is the length of what a base64 text without line ends holds, or -1.
func decodedLength(text string) int {
	if strings.ContainsAny(text, "\r\n") {
		return -1
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return -1
	}
	return len(raw)
}
