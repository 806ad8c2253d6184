package sealed

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// The texts of a file of age (C2SP age.md).
const (
	ageIntro     = "age-encryption.org/v1\n"
	ageArmor     = "-----BEGIN AGE ENCRYPTED FILE-----"
	ageArmorEnd  = "-----END AGE ENCRYPTED FILE-----"
	ageBodyLine  = 64
	ageMACBytes  = 32
	agePayload   = 16 + 16 // the nonce, and the tag of an empty chunk
	mostStanzas  = 1000
	mostAgeBytes = 1 << 20 // of a header
)

// ageHeader is whom a file of age is for.
type ageHeader struct {
	stanzas []stanza
	payload int // bytes behind the header
}

// stanza is one recipient.
type stanza struct {
	kind string
	args []string
}

// readAge reads a file of age, in armour or not, or says why it is none.
func readAge(text []byte) (ageHeader, string) {
	if trimmed := bytes.TrimSpace(text); bytes.HasPrefix(trimmed, []byte(ageArmor)) {
		raw, reason := unarmour(trimmed)
		if reason != "" {
			return ageHeader{}, reason
		}
		text = raw
	}
	rest, ok := bytes.CutPrefix(text, []byte(ageIntro))
	if !ok {
		return ageHeader{}, "it does not begin as one"
	}
	var h ageHeader
	for read := 0; read < mostAgeBytes && len(h.stanzas) < mostStanzas; {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		if !found {
			return ageHeader{}, "its header is cut off"
		}
		read += len(line)
		rest = after
		if mac, ok := bytes.CutPrefix(line, []byte("--- ")); ok {
			return h.end(mac, rest)
		}
		words := strings.Fields(string(line))
		if len(words) < 2 || words[0] != "->" {
			return ageHeader{}, "its header has a line that is no recipient"
		}
		h.stanzas = append(h.stanzas, stanza{words[1], words[2:]})
		if rest, ok = behindBody(rest); !ok {
			return ageHeader{}, "the body of a recipient is not base64 in lines of 64"
		}
	}
	return ageHeader{}, "its header is too long"
}

func (h ageHeader) end(mac, rest []byte) (ageHeader, string) {
	raw, err := base64.RawStdEncoding.DecodeString(string(mac))
	switch {
	case err != nil || len(raw) != ageMACBytes:
		return ageHeader{}, "its header has no MAC"
	case len(h.stanzas) == 0:
		return ageHeader{}, "it has no recipient"
	case len(rest) < agePayload:
		return ageHeader{}, "its content is cut off"
	}
	h.payload = len(rest)
	return h, ""
}

// behindBody returns what follows the body of a stanza: full lines, and one that is
// shorter.
func behindBody(text []byte) ([]byte, bool) {
	for {
		line, rest, found := bytes.Cut(text, []byte("\n"))
		if !found || len(line) > ageBodyLine {
			return nil, false
		}
		if _, err := base64.RawStdEncoding.DecodeString(string(line)); err != nil {
			return nil, false
		}
		if text = rest; len(line) < ageBodyLine {
			return text, true
		}
	}
}

// unarmour reads the base64 between the lines of dashes.
func unarmour(text []byte) ([]byte, string) {
	body, found := bytes.CutSuffix(bytes.TrimPrefix(text, []byte(ageArmor)), []byte(ageArmorEnd))
	if !found {
		return nil, "its armour does not end"
	}
	raw, err := base64.StdEncoding.DecodeString(string(bytes.Map(withoutBlanks, body)))
	if err != nil {
		return nil, "its armour is not base64"
	}
	return raw, ""
}

// withoutBlanks drops blanks and line ends.
func withoutBlanks(r rune) rune {
	switch r {
	case ' ', '\t', '\r', '\n':
		return -1
	}
	return r
}
