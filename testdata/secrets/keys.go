package corpus

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// rsaMaterial is an RSA key in both of its usual forms.
type rsaMaterial struct{ pkcs1, pkcs8 []byte }

// keyMaterial are keys and certificates that parse.
func keyMaterial() map[string]func(stream) string {
	return map[string]func(stream) string{
		"pem-ec": func(r stream) string { return block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(r.ecdsa()))) },
		"pem-ec8": func(r stream) string {
			return block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(r.ecdsa())))
		},
		"pem-ed25519": func(r stream) string {
			return block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(r.ed25519())))
		},
		"pem-rsa":       func(r stream) string { return block("RSA PRIVATE KEY", r.rsa().pkcs1) },
		"pem-rsa8":      func(r stream) string { return block("PRIVATE KEY", r.rsa().pkcs8) },
		"pem-openssh":   openSSHKey,
		"pem-encrypted": encryptedKey,
		"pem-legacy":    legacyEncryptedKey,
		"pem-public": func(r stream) string {
			return block("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(r.ecdsa().Public())))
		},
		"pem-cert":   certificate,
		"pem-pgp":    pgpPrivate,
		"pgp-public": pgpPublic,
		"ssh-public": func(r stream) string {
			return "ssh-ed25519 " + base64.StdEncoding.EncodeToString(sshPublic(r.ed25519()))
		},
		"ppk":       puttyKey,
		"wireguard": func(r stream) string { return r.base64(32) },
	}
}

// must unwraps what cannot fail: the input is made here.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func block(kind string, der []byte) string {
	return strings.TrimSuffix(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})), "\n")
}

func (r stream) ecdsa() *ecdsa.PrivateKey {
	for {
		// a scalar of the curve's order or more is refused, and the next one taken
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), r.bytes(32)); err == nil {
			return key
		}
	}
}

func (r stream) ed25519() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(r.bytes(32)) }

// rsa gives one of three keys: primes are slow to find.
func (r stream) rsa() rsaMaterial {
	number := r.IntN(3)
	if made, ok := r.maker.rsa[number]; ok {
		return made
	}
	key := rsaKey(r.maker.stream("rsa", number, nil))
	made := rsaMaterial{x509.MarshalPKCS1PrivateKey(key), must(x509.MarshalPKCS8PrivateKey(key))}
	r.maker.rsa[number] = made
	return made
}

func rsaKey(r stream) *rsa.PrivateKey {
	one := big.NewInt(1)
	for {
		p, q := prime(r), prime(r)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(big.NewInt(65537), phi)
		if d == nil || p.Cmp(q) == 0 {
			continue
		}
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, D: d, Primes: []*big.Int{p, q}}
		key.Precompute()
		return key
	}
}

func prime(r stream) *big.Int {
	b := r.bytes(128)
	b[0] |= 0xC0
	b[127] |= 1
	for p := new(big.Int).SetBytes(b); ; p.Add(p, big.NewInt(2)) {
		if p.ProbablyPrime(10) {
			return p
		}
	}
}

func certificate(r stream) string {
	key := r.ed25519()
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(r.bytes(12)), Subject: pkix.Name{CommonName: "internal-ca"},
		NotBefore: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2034, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	// an Ed25519 signature needs no random bytes
	return block("CERTIFICATE", must(x509.CreateCertificate(nil, template, template, key.Public(), key)))
}

// sshString is a string of the SSH wire format (RFC 4251).
func sshString(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

func sshPublic(key ed25519.PrivateKey) []byte {
	return append(sshString([]byte("ssh-ed25519")), sshString(key.Public().(ed25519.PublicKey))...)
}

// openSSHKey is an unencrypted key as ssh-keygen writes it (PROTOCOL.key).
func openSSHKey(r stream) string {
	key := r.ed25519()
	check := r.bytes(4)
	private := append(append(append([]byte{}, check...), check...), sshPublic(key)...)
	private = append(append(private, sshString(key)...), sshString([]byte("deploy@ci"))...)
	for pad := byte(1); len(private)%8 != 0; pad++ {
		private = append(private, pad)
	}
	out := append([]byte("openssh-key-v1\x00"), sshString([]byte("none"))...)
	out = append(append(out, sshString([]byte("none"))...), sshString(nil)...)
	out = append(binary.BigEndian.AppendUint32(out, 1), sshString(sshPublic(key))...)
	return block("OPENSSH PRIVATE KEY", append(out, sshString(private)...))
}

func puttyKey(r stream) string {
	key := r.ed25519()
	return fmt.Sprintf("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: deploy\nPublic-Lines: 2\n%s\nPrivate-Lines: 1\n%s\nPrivate-MAC: %s",
		wrap(base64.StdEncoding.EncodeToString(sshPublic(key)), 64), base64.StdEncoding.EncodeToString(sshString(key.Seed())), hex.EncodeToString(r.bytes(32)))
}

// algorithm is an AlgorithmIdentifier of X.509.
type algorithm struct {
	ID         asn1.ObjectIdentifier
	Parameters any
}

// encryptedKey is an EncryptedPrivateKeyInfo under PBES2 with AES-256-CBC (RFC 8018).
func encryptedKey(r stream) string {
	type pbkdf2 struct {
		Salt       []byte
		Iterations int
	}
	type pbes2 struct{ Derivation, Scheme algorithm }
	type info struct {
		Algorithm struct {
			ID         asn1.ObjectIdentifier
			Parameters pbes2
		}
		Data []byte
	}
	var i info
	i.Algorithm.ID = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	i.Algorithm.Parameters = pbes2{
		algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}, pbkdf2{r.bytes(16), 600000}},
		algorithm{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, r.bytes(16)},
	}
	i.Data = r.bytes(144)
	return block("ENCRYPTED PRIVATE KEY", must(asn1.Marshal(i)))
}

func legacyEncryptedKey(r stream) string {
	return strings.TrimSuffix(string(pem.EncodeToMemory(&pem.Block{
		Type:    "RSA PRIVATE KEY",
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC," + strings.ToUpper(hex.EncodeToString(r.bytes(16)))},
		Bytes:   r.bytes(1200),
	})), "\n")
}

// pgpPacket is a key packet of OpenPGP, old format, Ed25519 (RFC 4880, 5.5).
func pgpPacket(r stream, tag byte, secret bool) []byte {
	key := r.ed25519()
	oid := []byte{9, 0x2B, 6, 1, 4, 1, 0xDA, 0x47, 0x0F, 1}
	body := append([]byte{4, 0x65, 0x91, 0x2A, 0x10, 22}, oid...)
	body = append(body, 1, 7, 0x40)
	body = append(body, key.Public().(ed25519.PublicKey)...)
	if secret {
		seed := key.Seed()
		seed[0] |= 0x80 // a number of all its 256 bits
		mpi := append([]byte{1, 0}, seed...)
		sum := 0
		for _, b := range mpi {
			sum += int(b)
		}
		body = append(append(append(body, 0), mpi...), byte(sum>>8), byte(sum))
	}
	return append([]byte{0x80 | tag<<2, byte(len(body))}, body...)
}

func pgpArmour(kind string, data []byte) string {
	crc := uint32(0xB704CE)
	for _, b := range data {
		crc ^= uint32(b) << 16
		for range 8 {
			if crc <<= 1; crc&0x1000000 != 0 {
				crc ^= 0x1864CFB
			}
		}
	}
	sum := base64.StdEncoding.EncodeToString([]byte{byte(crc >> 16), byte(crc >> 8), byte(crc)})
	return "-----BEGIN PGP " + kind + "-----\n\n" + wrap(base64.StdEncoding.EncodeToString(data), 64) + "\n=" + sum + "\n-----END PGP " + kind + "-----"
}

func pgpPrivate(r stream) string { return pgpArmour("PRIVATE KEY BLOCK", pgpPacket(r, 5, true)) }
func pgpPublic(r stream) string  { return pgpArmour("PUBLIC KEY BLOCK", pgpPacket(r, 6, false)) }

func ageRecipient(r stream) string {
	return bech32("age", must(ecdh.X25519().NewPrivateKey(r.bytes(32))).PublicKey().Bytes())
}
