package token

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// armoured writes PEM with the words in two parts, for the whole would be taken for a key.
func armoured(kind string, headers map[string]string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind + "PRIVATE" + " KEY", Headers: headers, Bytes: der}))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestPrivateKeys(t *testing.T) {
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	ecKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8 := must(x509.MarshalPKCS8PrivateKey(rsaKey))
	// The outer structure of PKCS #8 under PBES2, around bytes that stand for the ciphertext.
	sealed := append([]byte{0x30, 0x82, 0x01, 0x11, 0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d, 0x04, 0x82, 0x01, 0x00}, pkcs8[:256]...)
	noise := make([]byte, 400)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	quoted := func(text string) string { return string(must(json.Marshal(text))) }
	openssh := must(ssh.MarshalPrivateKey(edKey, ""))
	opensshSealed := must(ssh.MarshalPrivateKeyWithPassphrase(edKey, "", []byte("x")))
	indented := func(text string) string { return "key: |\n    " + strings.ReplaceAll(text, "\n", "\n    ") }
	for _, c := range []struct {
		name, text, want string
		proof            Proof
	}{
		{"PKCS #1", armoured("RSA ", nil, x509.MarshalPKCS1PrivateKey(rsaKey)), "rsa-private-key", Structure},
		{"PKCS #8", armoured("", nil, pkcs8), "private-key", Structure},
		{"SEC 1", armoured("EC ", nil, must(x509.MarshalECPrivateKey(ecKey))), "ec-private-key", Structure},
		{"Ed25519", armoured("", nil, must(x509.MarshalPKCS8PrivateKey(edKey))), "private-key", Structure},
		{"OpenSSH", string(pem.EncodeToMemory(openssh)), "openssh-private-key", Structure},
		{"OpenSSH, encrypted", string(pem.EncodeToMemory(opensshSealed)), "openssh-private-key encrypted", Structure},
		{"encrypted PKCS #8", armoured("ENCRYPTED ", nil, sealed), "encrypted-private-key encrypted", Structure},
		{"encrypted PKCS #1", armoured("RSA ", map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}, noise), "rsa-private-key encrypted", Prefix},
		{"indented", indented(armoured("", nil, pkcs8)), "private-key", Structure},
		{"with CRLF", strings.ReplaceAll(armoured("", nil, pkcs8), "\n", "\r\n"), "private-key", Structure},
		{"in JSON", `{"key": ` + quoted(armoured("", nil, pkcs8)) + `}`, "private-key", Structure},
		{"of a service account", `{"type": "service_account", "private_key": ` + quoted(armoured("", nil, pkcs8)) + `}`, "gcp-service-account-key", Structure},
		{"in base64", base64.StdEncoding.EncodeToString([]byte(armoured("", nil, pkcs8))), "private-key", Structure},
		{"in base64 of lines", wrapped(base64.StdEncoding.EncodeToString([]byte(armoured("", nil, pkcs8)))), "private-key", Structure},
		{"without armour", "key=" + base64.StdEncoding.EncodeToString(pkcs8), "der-private-key", Structure},
		{"that does not parse", armoured("", nil, noise), "private-key", Prefix},
		{"cut off", armoured("", nil, pkcs8)[:900], "private-key", Prefix},
		{"of three dots", "-----BEGIN RSA PRIVATE" + " KEY-----\n...\n-----END RSA PRIVATE" + " KEY-----", "rsa-private-key example", Prefix},
		{"of few bytes", armoured("", nil, noise[:20]), "private-key example", Prefix},
		{"OpenPGP", pgpKey(0x94, noise), "pgp-private-key", Structure},
		{"OpenPGP, packet of the new format", pgpKey(0xc5, noise), "pgp-private-key", Structure},
		{"OpenPGP, indented", indented(pgpKey(0x95, noise)), "pgp-private-key", Structure},
		{"OpenPGP in JSON", `{"key": ` + quoted(pgpKey(0x94, noise)) + `}`, "pgp-private-key", Structure},
		{"OpenPGP that does not parse", pgpKey(0x99, noise), "pgp-private-key", Prefix},
		{"PuTTY", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", "putty-private-key", Structure},
		{"PuTTY, encrypted", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: aes256-cbc\n", "putty-private-key encrypted", Structure},
		{"a certificate", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: noise})), "", ""},
		{"a public key", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: noise})), "", ""},
	} {
		hits := Find([]byte(c.text))
		if c.want == "" {
			if hits != nil {
				t.Errorf("%s: %v", c.name, hits)
			}
			continue
		}
		if len(hits) != 1 {
			t.Errorf("%s: %d hits", c.name, len(hits))
			continue
		}
		got := hits[0].Family.ID
		if hits[0].Encrypted {
			got += " encrypted"
		}
		if hits[0].Example {
			got += " example"
		}
		if got != c.want || hits[0].Proof != c.proof {
			t.Errorf("%s: %s by %s, want %s by %s", c.name, got, hits[0].Proof, c.want, c.proof)
		}
	}
	if hit, ok := Match(armoured("", nil, pkcs8)); !ok || hit.Family.ID != "private-key" {
		t.Errorf("a whole key is no match: %v", hit)
	}
	account := `{"type": "service_account", "private_key": ` + quoted(armoured("", nil, pkcs8)) + `, "client_id": "1"}`
	if hit, ok := Match(account); !ok || hit.Family.ID != "gcp-service-account-key" {
		t.Errorf("a whole service account is no match: %v", hit)
	}
}

// pgpKey writes the armour of OpenPGP around a packet that begins with a tag.
func pgpKey(tag byte, body []byte) string {
	text := base64.StdEncoding.EncodeToString(append([]byte{tag}, body...))
	return "-----BEGIN PGP PRIVATE" + " KEY BLOCK-----\nComment: made for a test\n\n" + strings.ReplaceAll(wrapped(text), "    ", "") + "=AbCd\n-----END PGP PRIVATE" + " KEY BLOCK-----\n"
}

// wrapped writes base64 in lines of 76, indented as in a block scalar.
func wrapped(text string) string {
	var b bytes.Buffer
	for len(text) > 76 {
		b.WriteString("    " + text[:76] + "\n")
		text = text[76:]
	}
	return b.String() + "    " + text + "\n"
}
