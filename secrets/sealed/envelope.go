package sealed

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Scheme names what has encrypted a file or a value.
type Scheme string

// The schemes that are recognised by their structure.
const (
	GitCrypt     Scheme = "git-crypt"
	AnsibleVault Scheme = "ansible-vault"
	Age          Scheme = "age"
	OpenPGP      Scheme = "OpenPGP"
	Dotenvx      Scheme = "dotenvx"
	EYAML        Scheme = "eyaml"
	SOPSValue    Scheme = "SOPS"
)

// An Envelope is what the structure of a ciphertext tells.
type Envelope struct {
	Scheme Scheme
	// Recipients is for how many it is encrypted, 0 where that is not told.
	Recipients int
	// Broken says why nobody can open it, though it begins as one; "" where its
	// structure holds.
	Broken string
}

// Recognise tells what has encrypted a file or a value, by its structure and not by
// words. ok is true also for one that is Broken.
func Recognise(text []byte) (e Envelope, ok bool) {
	body := bytes.TrimSpace(text)
	switch {
	case bytes.HasPrefix(text, []byte(gitCryptIntro)):
		return Envelope{Scheme: GitCrypt, Broken: gitCryptFault(text)}, true
	case bytes.HasPrefix(body, []byte("$ANSIBLE_VAULT;")):
		return Envelope{Scheme: AnsibleVault, Broken: ansibleFault(string(body))}, true
	case bytes.HasPrefix(text, []byte(ageIntro)), bytes.HasPrefix(body, []byte(ageArmor)):
		h, broken := readAge(text)
		return Envelope{Scheme: Age, Recipients: len(h.stanzas), Broken: broken}, true
	case bytes.HasPrefix(body, []byte(pgpArmor)):
		m, broken := readPGP(body)
		return Envelope{Scheme: OpenPGP, Recipients: m.keys + m.passphrases, Broken: broken}, true
	case bytes.HasPrefix(body, []byte("encrypted:")):
		return Envelope{Scheme: Dotenvx, Broken: dotenvxFault(string(body))}, true
	case bytes.HasPrefix(body, []byte(encPrefix)):
		return Envelope{Scheme: SOPSValue, Broken: encFault(string(body))}, true
	case bytes.HasPrefix(body, []byte("ENC[PKCS7,")), bytes.HasPrefix(body, []byte("ENC[GPG,")):
		return Envelope{Scheme: EYAML, Broken: eyamlFault(string(body))}, true
	case len(text) > 0 && isBinaryPGP(text):
		m, _ := readPGP(text)
		return Envelope{Scheme: OpenPGP, Recipients: m.keys + m.passphrases}, true
	}
	return Envelope{}, false
}

// isBinaryPGP tells an encrypted message without armour. Its first byte alone is too
// little, so that the whole structure must hold.
func isBinaryPGP(text []byte) bool {
	switch text[0] {
	case 0x84, 0x85, 0x86, 0x8c, 0xc1, 0xc3:
		_, broken := readPGP(text)
		return broken == ""
	}
	return false
}

// git-crypt writes an intro, a nonce of 12 bytes, and the file in AES-CTR
// (git-crypt, commands.cpp, clean).
const (
	gitCryptIntro = "\x00GITCRYPT\x00"
	gitCryptNonce = 12
)

func gitCryptFault(text []byte) string {
	if len(text) < len(gitCryptIntro)+gitCryptNonce {
		return "it is cut off"
	}
	return ""
}

// Sizes in what ansible-vault writes (ansible, lib/ansible/parsing/vault,
// VaultAES256): salt and HMAC-SHA256, and blocks of AES.
const (
	ansibleSaltBytes = 32
	ansibleMACBytes  = 32
	ansibleBlock     = 16
)

func ansibleFault(text string) string {
	head, body, found := strings.Cut(text, "\n")
	fields := strings.Split(strings.TrimSpace(head), ";")
	switch {
	case !found:
		return "its content is missing"
	case len(fields) < 3 || fields[1] != "1.1" && fields[1] != "1.2":
		return "its header is none of version 1.1 or 1.2"
	case fields[2] != "AES256":
		return "its cipher is not AES256"
	}
	inner, err := hex.DecodeString(strings.Map(withoutBlanks, body))
	if err != nil {
		return "its content is not in hex"
	}
	parts := strings.Split(string(inner), "\n")
	if len(parts) != 3 {
		return "its content has not three parts"
	}
	for i, part := range parts {
		raw, err := hex.DecodeString(part)
		switch {
		case err != nil:
			return "a part of its content is not in hex"
		case i == 0 && len(raw) != ansibleSaltBytes, i == 1 && len(raw) != ansibleMACBytes, i == 2 && (len(raw) == 0 || len(raw)%ansibleBlock != 0):
			return "a part of its content has another length"
		}
	}
	return ""
}

// leastDotenvx is the size of a value of dotenvx that is empty: a public key of 65
// bytes, a nonce of 16 and a tag of 16 (ECIES of eciesjs).
const leastDotenvx = 65 + 16 + 16

func dotenvxFault(text string) string {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "encrypted:"))
	switch {
	case err != nil:
		return "it is not base64"
	case len(raw) < leastDotenvx:
		return "it is cut off"
	case raw[0] != 4:
		return "it does not begin with a public key"
	}
	return ""
}

// oidEnveloped is 1.2.840.113549.1.7.3 in DER, the type of what is encrypted with
// PKCS #7 (RFC 5652 section 6.1).
const oidEnveloped = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"

func eyamlFault(text string) string {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(text, "ENC["), ",")
	body, found := strings.CutSuffix(rest, "]")
	if !found {
		return "it does not end"
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Map(withoutBlanks, body))
	switch {
	case err != nil:
		return "it is not base64"
	case kind == "PKCS7" && !bytes.Contains(raw[:min(32, len(raw))], []byte(oidEnveloped)):
		return "it is no enveloped data of PKCS #7"
	case kind == "GPG":
		if _, broken := readPGP(raw); broken != "" {
			return broken
		}
	}
	return ""
}
