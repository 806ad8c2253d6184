package seal

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"
)

// today is the time at which the tests seal.
var today = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// keys is a controller's key pair for one run of the tests.
type keys struct {
	private     *rsa.PrivateKey
	certificate Certificate
	pem         []byte
}

// theKeys and otherKeys are made once: to make a key takes long.
var (
	theKeys   = sync.OnceValue(newKeys)
	otherKeys = sync.OnceValue(newKeys)
)

func newKeys() keys {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	text := certify(private, today.AddDate(-1, 0, 0), today.AddDate(9, 0, 0))
	certificate, err := ParseCertificate(text, today)
	if err != nil {
		panic(err)
	}
	return keys{private, certificate, text}
}

// privatePEM is the private key as it is kept for recovery.
func (k keys) privatePEM() []byte {
	return inPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k.private))
}

func certify(private *rsa.PrivateKey, from, to time.Time) []byte {
	c, err := crypto.SignKeyWithNotBefore(rand.Reader, private, from, to.Sub(from), "sealed-secret")
	if err != nil {
		panic(err)
	}
	return inPEM("CERTIFICATE", c.Raw)
}

func inPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// open decrypts a value as the controller would, for one label.
func (k keys) open(t testing.TB, value, label string) (string, bool) {
	t.Helper()
	ciphertext, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		t.Fatalf("a sealed value is not base64: %v", err)
	}
	plain, err := crypto.HybridDecrypt(rand.Reader, map[string]*rsa.PrivateKey{"": k.private}, ciphertext, []byte(label))
	return string(plain), err == nil
}

// ecCertificate is a certificate for a key that is not RSA.
func ecCertificate(t testing.TB) []byte {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: today.AddDate(-1, 0, 0), NotAfter: today.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	return inPEM("CERTIFICATE", der)
}
