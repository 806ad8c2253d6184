package sealed

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// Packets of OpenPGP (RFC 9580 section 5).
const (
	packetForKey        = 1 // a session key for a public key
	packetForPassphrase = 3
	packetData          = 9
	packetProtected     = 18
	packetAEAD          = 20
)

// pgpMessage is what an encrypted message of OpenPGP says of itself.
type pgpMessage struct {
	keys        int // recipients
	passphrases int
}

const (
	pgpArmor    = "-----BEGIN PGP MESSAGE-----"
	pgpArmorEnd = "-----END PGP MESSAGE-----"
)

// pgpFaults reads for whom the data key of a recipient is encrypted.
func pgpFaults(r Recipient, text string) []Fault {
	m, reason := readPGP([]byte(text))
	switch {
	case reason != "":
		return []Fault{fault(onMetadata, r.enc, "the encrypted data key is no encrypted message of OpenPGP: %s", reason)}
	case m.keys != 1 || m.passphrases != 0:
		return []Fault{fault(onHidden, r.enc, "the data key is encrypted for %d recipients, and one is named: another can open the file", m.keys+m.passphrases)}
	}
	return nil
}

// readPGP reads an encrypted message, in armour or not, or says why it is none. A
// message that is only signed or packed is none.
func readPGP(text []byte) (pgpMessage, string) {
	if trimmed := bytes.TrimSpace(text); bytes.HasPrefix(trimmed, []byte(pgpArmor)) {
		raw, reason := unarmourPGP(trimmed)
		if reason != "" {
			return pgpMessage{}, reason
		}
		text = raw
	}
	var m pgpMessage
	for len(text) > 0 {
		tag, body, rest, ok := nextPacket(text)
		switch {
		case !ok:
			return pgpMessage{}, "a packet is cut off"
		case tag == packetForKey:
			m.keys++
		case tag == packetForPassphrase:
			m.passphrases++
		case tag == packetData, tag == packetProtected, tag == packetAEAD:
			if m.keys+m.passphrases == 0 || body == 0 {
				return pgpMessage{}, "it has no recipient or no content"
			}
			return m, ""
		case tag == 10 || tag == 21: // a marker, padding
		default:
			return pgpMessage{}, "it is not encrypted"
		}
		text = rest
	}
	return pgpMessage{}, "it has no encrypted content"
}

// nextPacket reads the header of a packet. A body of unknown length goes to the end.
func nextPacket(text []byte) (tag, body int, rest []byte, ok bool) {
	head := text[0]
	if head&0x80 == 0 || len(text) < 2 {
		return 0, 0, nil, false
	}
	var size, at int
	if head&0x40 != 0 {
		tag = int(head & 0x3f)
		size, at, ok = newLength(text)
	} else {
		tag = int(head >> 2 & 0x0f)
		size, at, ok = oldLength(text)
	}
	if !ok || size > len(text)-at {
		return 0, 0, nil, false
	}
	return tag, size, text[at+size:], true
}

// newLength reads a length of RFC 9580 section 4.2.1. A partial one is taken as all
// that follows: only the content has one.
func newLength(text []byte) (size, at int, ok bool) {
	switch first := int(text[1]); {
	case first < 192:
		return first, 2, true
	case first < 224 && len(text) > 2:
		return (first-192)<<8 + int(text[2]) + 192, 3, true
	case first == 255 && len(text) > 5:
		return bigEndian(text[2:6]), 6, true
	case first >= 224 && first < 255:
		return len(text) - 2, 2, true
	}
	return 0, 0, false
}

// oldLength reads a length of RFC 9580 section 4.2.2.
func oldLength(text []byte) (size, at int, ok bool) {
	bytes := [...]int{1, 2, 4, 0}[text[0]&3]
	if len(text) < 1+bytes {
		return 0, 0, false
	}
	if bytes == 0 {
		return len(text) - 1, 1, true
	}
	return bigEndian(text[1 : 1+bytes]), 1 + bytes, true
}

func bigEndian(b []byte) int {
	n := 0
	for _, c := range b {
		n = n<<8 | int(c)
	}
	return n
}

// unarmourPGP reads the base64 behind the headers of the armour, and checks the CRC
// where there is one (RFC 9580 section 6).
func unarmourPGP(text []byte) ([]byte, string) {
	body, found := strings.CutSuffix(strings.TrimPrefix(string(text), pgpArmor), pgpArmorEnd)
	if !found {
		return nil, "its armour does not end"
	}
	body = strings.ReplaceAll(body, "\r", "")
	var data, sum strings.Builder
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		switch {
		case strings.Contains(line, ": "):
		case strings.HasPrefix(line, "=") && len(line) == 5:
			sum.WriteString(line[1:])
		default:
			data.WriteString(line)
		}
	}
	raw, err := base64.StdEncoding.DecodeString(data.String())
	if err != nil {
		return nil, "its armour is not base64"
	}
	if want, err := base64.StdEncoding.DecodeString(sum.String()); sum.Len() > 0 && (err != nil || len(want) != 3 || bigEndian(want) != crc24(raw)) {
		return nil, "the checksum of its armour does not hold"
	}
	return raw, ""
}

// crc24 is the checksum of RFC 9580 section 6.1.1.
func crc24(data []byte) int {
	crc := 0xb704ce
	for _, c := range data {
		crc ^= int(c) << 16
		for range 8 {
			if crc <<= 1; crc&0x1000000 != 0 {
				crc ^= 0x1864cfb
			}
		}
	}
	return crc & 0xffffff
}
