package seal

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// The sizes of RSA keys that are taken: NIST SP 800-57 rules out keys below 2048
// bits, and crypto/rsa those above 16384 in certificates.
const (
	leastKeyBits = 2048
	mostKeyBits  = 16384
)

// Certificate is the public half of a controller's sealing key.
type Certificate struct {
	// Fingerprint is "sha256:" and the SHA-256 of the certificate in DER, in hex; as
	// openssl x509 -noout -fingerprint -sha256 prints it with colons.
	Fingerprint         string
	NotBefore, NotAfter time.Time
	Bits                int // size of the RSA key

	key *rsa.PublicKey
}

// IsZero tells whether there is no certificate.
func (c Certificate) IsZero() bool { return c.key == nil }

// PublicKey is what values are encrypted with; nil for the zero Certificate.
func (c Certificate) PublicKey() *rsa.PublicKey { return c.key }

// ParseCertificate reads the one certificate of a PEM text. It refuses what nobody
// should seal with at the given time: one that is not yet or no longer valid, one
// without an RSA key, or with one of less than 2048 bits. Text around the PEM
// block is allowed, as openssl writes it; two different certificates are not, since
// only one of them is the one that the controller uses. What is something else
// altogether is named, with the next step.
func ParseCertificate(text []byte, at time.Time) (Certificate, error) {
	der, err := onlyCertificate(text)
	if err != nil {
		return Certificate{}, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return Certificate{}, errors.New("it is not a certificate: its content cannot be read")
	}
	key, ok := parsed.PublicKey.(*rsa.PublicKey)
	if !ok {
		return Certificate{}, fmt.Errorf("its key is %s, and Sealed Secrets needs RSA", parsed.PublicKeyAlgorithm)
	}
	switch bits := key.N.BitLen(); {
	case bits < leastKeyBits:
		return Certificate{}, fmt.Errorf("its RSA key has %d bits, and less than %d is too weak", bits, leastKeyBits)
	case bits > mostKeyBits:
		return Certificate{}, fmt.Errorf("its RSA key has %d bits, and at most %d are taken", bits, mostKeyBits)
	case at.Before(parsed.NotBefore):
		return Certificate{}, fmt.Errorf("it is valid only from %s on", day(parsed.NotBefore))
	case at.After(parsed.NotAfter):
		return Certificate{}, fmt.Errorf("it expired on %s", day(parsed.NotAfter))
	}
	return Certificate{
		Fingerprint: sealed.Fingerprint(parsed),
		NotBefore:   parsed.NotBefore,
		NotAfter:    parsed.NotAfter,
		Bits:        key.N.BitLen(),
		key:         key,
	}, nil
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// aBundle is from how many certificates on a file is a bundle of authorities, and no
// controller's certificate beside its successor.
const aBundle = 3

// onlyCertificate finds the certificate in a PEM text.
func onlyCertificate(text []byte) ([]byte, error) {
	var found [][]byte
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch {
		case strings.Contains(block.Type, "PRIVATE KEY"):
			clear(block.Bytes)
			return nil, errors.New("it holds a private key: keep that out of this folder, and give the certificate alone")
		case block.Type == "CERTIFICATE REQUEST" || block.Type == "NEW CERTIFICATE REQUEST":
			return nil, errors.New("it holds a request for a certificate and not a certificate")
		case block.Type == "PUBLIC KEY" || block.Type == "RSA PUBLIC KEY":
			return nil, errors.New("it holds a public key without a certificate, so that nobody knows how long it is used")
		case block.Type != "CERTIFICATE":
			return nil, fmt.Errorf("it holds a PEM block of the type %q and not a certificate", block.Type)
		}
		if !slices.ContainsFunc(found, func(der []byte) bool { return bytes.Equal(der, block.Bytes) }) {
			found = append(found, block.Bytes)
		}
	}
	switch n := len(found); {
	case n == 0:
		return nil, errors.New(noCertificate(text))
	case n >= aBundle:
		return nil, fmt.Errorf("it holds %d certificates, as a bundle of authorities does: give that of the controller alone", n)
	case n > 1:
		return nil, errors.New("it holds several certificates: keep the one that the controller uses now")
	}
	return found[0], nil
}

// noCertificate says what a text without a PEM block is.
func noCertificate(text []byte) string {
	bare := bytes.TrimSpace(text)
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(bare)))
	n, err := base64.StdEncoding.Decode(raw, bare)
	switch {
	case len(bare) == 0:
		return "it is empty"
	case bytes.Contains(text, []byte("-----BEGIN CERTIFICATE-----")):
		return "it begins as a certificate in PEM and is cut off or damaged"
	case isDER(text):
		return "it is a certificate in DER: openssl x509 -inform der writes it in PEM"
	case err == nil && (isDER(raw[:n]) || bytes.Contains(raw[:n], []byte("-----BEGIN "))):
		return "it is the base64 of a certificate: base64 -d decodes it"
	case bytes.HasPrefix(bytes.ToLower(bare), []byte("<!doctype")) || bytes.HasPrefix(bytes.ToLower(bare), []byte("<html")):
		return "it is not a certificate in PEM but a web page"
	}
	return "it is not a certificate in PEM"
}

func isDER(text []byte) bool {
	_, err := x509.ParseCertificate(text)
	return err == nil
}
