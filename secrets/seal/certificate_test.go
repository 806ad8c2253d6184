package seal

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
)

func TestParseCertificate(t *testing.T) {
	good := theKeys()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	from, to := today.AddDate(-1, 0, 0), today.AddDate(1, 0, 0)
	private := inPEM("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(good.private)))
	other := certify(good.private, from, to)
	block, _ := pem.Decode(good.pem)
	der := block.Bytes
	for _, c := range []struct {
		name string
		text []byte
		want string // the error, or ""
	}{
		{"a certificate", good.pem, ""},
		{"with text around it", slices.Concat([]byte("subject=/CN=x\r\n"), good.pem, []byte("the end\n")), ""},
		{"the same twice", slices.Concat(good.pem, good.pem), ""},
		{"on its last second", certify(good.private, from, today), ""},
		{"expired", certify(good.private, from, today.AddDate(0, 0, -1)), "it expired on 2026-05-03"},
		{"not yet valid", certify(good.private, today.AddDate(0, 0, 1), to), "it is valid only from 2026-05-05 on"},
		{"weak", certify(weak, from, to), "its RSA key has 1024 bits, and less than 2048 is too weak"},
		{"no RSA", ecCertificate(t), "its key is ECDSA, and Sealed Secrets needs RSA"},
		{"two certificates", slices.Concat(good.pem, other), "it holds several certificates: keep the one that the controller uses now"},
		{"private key", private, "it holds a private key: keep that out of this folder, and give the certificate alone"},
		{"private key besides", slices.Concat(good.pem, private), "it holds a private key: keep that out of this folder, and give the certificate alone"},
		{"public key", inPEM("PUBLIC KEY", []byte("x")), "it holds a public key without a certificate, so that nobody knows how long it is used"},
		{"request", inPEM("CERTIFICATE REQUEST", []byte("x")), "it holds a request for a certificate and not a certificate"},
		{"another block", inPEM("PKCS7", []byte("x")), `it holds a PEM block of the type "PKCS7" and not a certificate`},
		{"private key of a Secret", slices.Concat([]byte("apiVersion: v1\n"), private), "it holds a private key: keep that out of this folder, and give the certificate alone"},
		{"bundle", slices.Concat(good.pem, other, certify(good.private, from, to), ecCertificate(t)), "it holds 4 certificates, as a bundle of authorities does: give that of the controller alone"},
		{"in DER", der, "it is a certificate in DER: openssl x509 -inform der writes it in PEM"},
		{"in base64", []byte(base64.StdEncoding.EncodeToString(good.pem) + "\n"), "it is the base64 of a certificate: base64 -d decodes it"},
		{"DER in base64", []byte(base64.StdEncoding.EncodeToString(der)), "it is the base64 of a certificate: base64 -d decodes it"},
		{"cut off", good.pem[:len(good.pem)/2], "it begins as a certificate in PEM and is cut off or damaged"},
		{"garbage in PEM", inPEM("CERTIFICATE", []byte("garbage")), "it is not a certificate: its content cannot be read"},
		{"nothing", nil, "it is empty"},
		{"blanks", []byte(" \n"), "it is empty"},
		{"a manifest", []byte("apiVersion: v1\nkind: ConfigMap\n"), "it is not a certificate in PEM"},
		{"a web page", []byte("<HTML>"), "it is not a certificate in PEM but a web page"},
	} {
		got, err := ParseCertificate(c.text, today)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != c.want {
			t.Errorf("%s: %q, want %q", c.name, text, c.want)
		}
		if (err == nil) == got.IsZero() || err != nil && got != (Certificate{}) {
			t.Errorf("%s: there is a certificate besides the error", c.name)
		}
	}
}

func TestFingerprint(t *testing.T) {
	block, _ := pem.Decode(theKeys().pem)
	sum := sha256.Sum256(block.Bytes)
	c := theKeys().certificate
	if c.Fingerprint != "sha256:"+hex.EncodeToString(sum[:]) || c.Bits != 2048 || !c.NotAfter.Equal(today.AddDate(9, 0, 0)) {
		t.Errorf("got %+v", c)
	}
	if !strings.HasPrefix(c.Fingerprint, "sha256:") || len(c.Fingerprint) != len("sha256:")+64 {
		t.Errorf("the fingerprint is %q", c.Fingerprint)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
