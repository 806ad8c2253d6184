package sops

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
)

// Sizes in a value that SOPS has encrypted (aes/cipher.go): AES-256-GCM with a nonce of
// 32 bytes.
const (
	dataKeyBytes = 32
	nonceBytes   = 32
	tagBytes     = 16
)

const (
	cipherPrefix = "ENC[AES256_GCM,data:"
	cipherSign   = "ENC[AES256_GCM," // what is meant as a ciphertext begins so
)

// The ways in which a ciphertext fails. They hold nothing of it.
var (
	errGrammar = errors.New("it is no value that SOPS writes")
	errOpen    = errors.New("it does not open under the data key of the file at this place")
)

// isCiphertext tells a text that is meant as a ciphertext, well formed or not.
func isCiphertext(s string) bool { return strings.HasPrefix(s, cipherSign) }

// dataCipher encrypts and decrypts with one data key.
//
// The package github.com/getsops/sops/v3/aes does the same, and is what the tests
// compare with. It is not used because it imports the clients of every cloud (4 ms of
// every start), keeps each plaintext in a map, puts the value in its errors, and
// accepts text behind a value.
type dataCipher struct{ aead cipher.AEAD }

// newCipher takes a data key of 32 bytes.
func newCipher(key []byte) (dataCipher, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(key) != dataKeyBytes {
		return dataCipher{}, errors.New("a data key has 32 bytes")
	}
	aead, err := cipher.NewGCMWithNonceSize(block, nonceBytes)
	return dataCipher{aead}, err
}

// encrypt writes a value as ciphertext. address is what it is bound to. The nonce is
// always a new one.
func (c dataCipher) encrypt(v value, address string) string {
	nonce := make([]byte, nonceBytes)
	_, _ = rand.Read(nonce) // never fails since Go 1.24
	plain := []byte(v.text)
	out := c.aead.Seal(nil, nonce, plain, []byte(address))
	clear(plain)
	b64 := base64.StdEncoding
	var b strings.Builder
	b.WriteString(cipherPrefix)
	b.WriteString(b64.EncodeToString(out[:len(out)-tagBytes]))
	b.WriteString(",iv:" + b64.EncodeToString(nonce))
	b.WriteString(",tag:" + b64.EncodeToString(out[len(out)-tagBytes:]))
	b.WriteString(",type:" + string(v.kind) + "]")
	return b.String()
}

// decrypt reads a ciphertext; the error is errGrammar or errOpen. Blanks may stand
// behind it, as in a block scalar or before the line end of Windows.
func (c dataCipher) decrypt(s, address string) (value, error) {
	parts, ok := takeApart(strings.TrimRight(s, " \t\r\n"))
	if !ok {
		return value{}, errGrammar
	}
	data, err1 := base64.StdEncoding.DecodeString(parts[0])
	nonce, err2 := base64.StdEncoding.DecodeString(parts[1])
	tag, err3 := base64.StdEncoding.DecodeString(parts[2])
	if err1 != nil || err2 != nil || err3 != nil || len(nonce) != nonceBytes || len(tag) != tagBytes {
		return value{}, errGrammar
	}
	plain, err := c.aead.Open(nil, nonce, append(data, tag...), []byte(address))
	if err != nil {
		return value{}, errOpen
	}
	v, ok := decoded(kind(parts[3]), string(plain))
	clear(plain)
	if !ok {
		return value{}, errGrammar
	}
	return v, nil
}

// takeApart gives data, nonce, tag and type of a ciphertext.
func takeApart(s string) (parts [4]string, ok bool) {
	rest, ok := strings.CutPrefix(s, cipherPrefix)
	if !ok || strings.ContainsAny(s, "\r\n") {
		return parts, false
	}
	for i, end := range [...]string{",iv:", ",tag:", ",type:", "]"} {
		if parts[i], rest, ok = strings.Cut(rest, end); !ok {
			return parts, false
		}
	}
	return parts, rest == ""
}
