package sealed

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"time"
)

// leastBits is the smallest RSA key that is not weak (NIST SP 800-57 part 1 rev. 5,
// table 2).
const leastBits = 2048

// Fingerprint is "sha256:" and the SHA-256 of a certificate in DER, in hex.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Certificate judges a pinned certificate at a time: not valid yet, expired or
// expiring within the given duration, without an RSA key, or with a weak one.
func Certificate(c *x509.Certificate, now time.Time, within time.Duration) []Fault {
	var f faults
	switch {
	case now.Before(c.NotBefore):
		f.add(fault(onExpiry, nil, "the certificate is valid only from %s on", day(c.NotBefore)))
	case now.After(c.NotAfter):
		f.add(fault(onExpiry, nil, "the certificate expired on %s: kubeseal refuses to seal with it", day(c.NotAfter)))
	case now.Add(within).After(c.NotAfter):
		f.add(fault(onExpiry, nil, "the certificate expires on %s", day(c.NotAfter)))
	}
	key, ok := c.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok:
		f.add(fault(onNotRSA, nil, "the key of the certificate is %s, and sealed-secrets needs RSA", c.PublicKeyAlgorithm))
	case key.N.BitLen() < leastBits:
		f.add(fault(onWeakCertificate, nil, "the RSA key of the certificate has %d bits, and less than %d is too weak", key.N.BitLen(), leastBits))
	}
	return f.list
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// modulus is that of an RSA key, as long as the key and big endian.
type modulus []byte

func modules(o Options) []modulus {
	var list []modulus
	for _, key := range o.Keys {
		list = append(list, modulusOf(key))
	}
	for _, c := range o.Certificates {
		if key, ok := c.PublicKey.(*rsa.PublicKey); ok {
			list = append(list, modulusOf(key))
		}
	}
	return list
}

func modulusOf(key *rsa.PublicKey) modulus { return key.N.FillBytes(make([]byte, key.Size())) }

// foreign says why a ciphertext fits none of the keys, or "". That it fits one
// proves nothing.
func foreign(ciphertext []byte, keys []modulus) string {
	reason := ""
	for _, n := range keys {
		switch {
		case len(n) != len(ciphertext):
			reason = fmt.Sprintf("its key has %d bits, and the certificate's has %d", 8*len(ciphertext), 8*len(n))
		case bytes.Compare(ciphertext, n) >= 0:
			reason = "its number is not below the modulus of the certificate"
		default:
			return ""
		}
	}
	return reason
}
