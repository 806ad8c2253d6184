package token

import (
	"bytes"
	"encoding/base32"
	"strings"
)

// awsProof is that of access key IDs: since 2019 they hold the number of the account
// in base 32, of which there are at most 10^12.
func awsProof(value []byte) (Proof, bool) {
	raw, err := base32.StdEncoding.DecodeString(string(value[4:]))
	if err != nil || len(raw) < 6 {
		return Prefix, true
	}
	var account uint64
	for _, b := range raw[:6] {
		account = account<<8 | uint64(b)
	}
	account = account & 0x7fffffffff80 >> 7
	if value[4] >= 'Q' && account < 1e12 {
		return Structure, true
	}
	return Prefix, true
}

// mixed is the least that a short prefix needs: a value of upper and lower case
// letters and digits, as drawn at random.
func mixed(value []byte) (Proof, bool) {
	var upper, lower, digit int
	for _, c := range value {
		switch {
		case 'A' <= c && c <= 'Z':
			upper++
		case 'a' <= c && c <= 'z':
			lower++
		case isDigit(c):
			digit++
		}
	}
	return Prefix, upper > 0 && lower > 0 && digit > 0
}

// noWords is mixed without words in it: what a program calls a field, such as
// s.ReadUint16LengthPrefixed, is none.
func noWords(value []byte) (Proof, bool) {
	const word = 7
	run := 0
	for _, c := range value {
		if 'a' <= c && c <= 'z' {
			run++
		} else {
			run = 0
		}
		if run == word {
			return Prefix, false
		}
	}
	return mixed(value)
}

// withDigits asks for two digits at least, and so keeps out names.
func withDigits(value []byte) (Proof, bool) {
	digits, letters := 0, 0
	for _, c := range value {
		switch {
		case isDigit(c):
			digits++
		case isLetter(c):
			letters++
		}
	}
	return Prefix, digits > 1 && letters > 1
}

// structured says that a form has so many fixed parts that it is its own proof.
func structured([]byte) (Proof, bool) { return Structure, true }

// holding is the proof of a value whose base64 after a prefix decodes to text that
// holds a word.
func holding(prefix, word string) func([]byte) (Proof, bool) {
	return func(value []byte) (Proof, bool) {
		body := bytes.TrimPrefix(value, []byte(prefix))
		if bytes.Contains(unbase64(body), []byte(word)) {
			return Structure, true
		}
		return Prefix, true
	}
}

// jwtProof is that of RFC 7519: the header and the claims are objects of JSON. One
// without a signature counts, for there are readers that take it.
func jwtProof(value []byte) (Proof, bool) {
	header, rest, ok := bytes.Cut(value, []byte("."))
	if !ok {
		return Prefix, false
	}
	decoded := unbase64(header)
	payload, _, _ := bytes.Cut(rest, []byte("."))
	return Structure, isObject(decoded) && isObject(unbase64(payload)) && bytes.IndexByte(decoded, '"') > 0
}

// isObject tells whether text is that of an object of JSON, by its ends.
func isObject(text []byte) bool {
	text = bytes.TrimSpace(text)
	return len(text) > 1 && text[0] == '{' && text[len(text)-1] == '}'
}

// anthropicProof is that of keys that all end alike.
func anthropicProof(value []byte) (Proof, bool) {
	return Structure, bytes.HasSuffix(value, []byte("AA"))
}

// discordProof is that of bot tokens: the first part is the number of the bot in base64.
func discordProof(value []byte) (Proof, bool) {
	id, _, _ := strings.Cut(string(value), ".")
	number := unbase64([]byte(id))
	return Structure, len(number) >= 17 && len(number) <= 20 && allIn(number, isDigit)
}

// atlassianProof is that of Data Center tokens: base64 of a number, a colon and bytes.
func atlassianProof(value []byte) (Proof, bool) {
	body := bytes.TrimPrefix(value, []byte("BBDC-"))
	number, rest, ok := bytes.Cut(unbase64(body), []byte(":"))
	if ok && len(number) >= 10 && len(number) <= 19 && allIn(number, isDigit) && len(rest) > 8 {
		return Structure, true
	}
	return Prefix, len(body) < len(value)
}

// grafanaKey is the proof of a key that is base64 of JSON with a key, a name and a number.
func grafanaKey(value []byte) (Proof, bool) {
	decoded := unbase64(value)
	return Structure, bytes.Contains(decoded, []byte(`"n":`)) && bytes.Contains(decoded, []byte(`"id":`))
}

// jweProof is that of RFC 7516: five parts, and a header with an encryption.
func jweProof(value []byte) (Proof, bool) {
	header, _, _ := bytes.Cut(value, []byte("."))
	return Structure, bytes.Contains(unbase64(header), []byte(`"enc"`))
}

// derProof is that of a key without its armour. Where the text goes on with the next
// line, the beginning has to do.
func derProof(value []byte) (Proof, bool) {
	content := unbase64(value)
	if parses, encrypted := isKeySequence(content); parses {
		return Structure, !encrypted
	}
	return Structure, false
}

// stellarProof is that of a seed: its last two bytes are the CRC16 of all before them.
func stellarProof(value []byte) (Proof, bool) {
	raw, err := base32.StdEncoding.DecodeString(string(value))
	if err != nil || len(raw) != 35 {
		return Prefix, false
	}
	var sum uint16
	for _, b := range raw[:33] {
		sum ^= uint16(b) << 8
		for range 8 {
			if sum&0x8000 != 0 {
				sum = sum<<1 ^ 0x1021
			} else {
				sum <<= 1
			}
		}
	}
	return Checksum, raw[33] == byte(sum) && raw[34] == byte(sum>>8)
}

// serviceAccount tells whether the claims of a JSON web token are those of a service
// account of Kubernetes.
func serviceAccount(value []byte) string {
	_, rest, _ := bytes.Cut(value, []byte("."))
	claims, _, _ := bytes.Cut(rest, []byte("."))
	if bytes.Contains(unbase64(claims), []byte(`"system:serviceaccount:`)) {
		return "kubernetes-service-account-token"
	}
	return ""
}
