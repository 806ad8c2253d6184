package seal

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
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
	Fingerprint string
	NotAfter    time.Time
	Bits        int // size of the RSA key

	key *rsa.PublicKey
}

// ParseCertificate reads the one certificate of a PEM text. It refuses what nobody
// should seal with at the given time: one that is not yet or no longer valid, one
// without an RSA key, or with one of less than 2048 bits. Text around the PEM
// block is allowed, as openssl writes it; two different certificates are not, since
// only one of them is the one that the controller uses.
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
	sum := sha256.Sum256(der)
	return Certificate{
		Fingerprint: "sha256:" + hex.EncodeToString(sum[:]),
		NotAfter:    parsed.NotAfter,
		Bits:        key.N.BitLen(),
		key:         key,
	}, nil
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func onlyCertificate(text []byte) ([]byte, error) {
	var found []byte
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch {
		case strings.Contains(block.Type, "PRIVATE KEY"):
			clear(block.Bytes)
			return nil, errors.New("it holds a private key: keep that out of this folder, and give the certificate alone")
		case block.Type != "CERTIFICATE":
			return nil, fmt.Errorf("it holds a PEM block of the type %q and not a certificate", block.Type)
		case found != nil && string(found) != string(block.Bytes):
			return nil, errors.New("it holds several certificates: keep the one that the controller uses now")
		}
		found = block.Bytes
	}
	if found == nil {
		return nil, errors.New("it is not a certificate in PEM")
	}
	return found, nil
}
