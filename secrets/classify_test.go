package secrets

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"strings"
	"testing"
)

// The values of this test are made, since they would be long in a table.
func TestClassifyCiphertexts(t *testing.T) {
	b64 := func(raw ...byte) string { return base64.StdEncoding.EncodeToString(raw) }
	many := func(n int, head ...byte) []byte { return append(head, make([]byte, n)...) }
	iv, tag := b64(many(32)...), b64(many(16)...)
	sops := "ENC[AES256_GCM,data:YWJjZA==,iv:" + iv + ",tag:" + tag + ",type:str]"
	tests := []struct {
		name, value string
		want        Class
	}{
		{"sops", sops, Encrypted},
		{"sops and more", sops + " Zq81xkpw", Plaintext},
		{"sops without data", "ENC[AES256_GCM,data:,iv:" + iv + ",tag:" + tag + ",type:str]", Encrypted},
		{"eyaml", "ENC[PKCS7," + b64(many(200, 0x30, 0x82)...) + "]", Encrypted},
		{"eyaml in lines", "ENC[PKCS7," + strings.Replace(b64(many(200, 0x30, 0x82)...), "AAAA", "AAAA\n  ", 1) + "]", Encrypted},
		{"eyaml of GPG", "ENC[GPG," + b64(many(200, 0x85, 0x01)...) + "]", Encrypted},
		{"eyaml that is none", "ENC[PKCS7," + b64(many(200, 0x20)...) + "]", Plaintext},
		{"ansible-vault", "$ANSIBLE_VAULT;1.1;AES256\n6162\n3132\n", Encrypted},
		{"ansible-vault with a label", "$ANSIBLE_VAULT;1.2;AES256;dev\n6162", Encrypted},
		{"age", "-----BEGIN AGE ENCRYPTED FILE-----\nYWJj\n-----END AGE ENCRYPTED FILE-----", Encrypted},
		{"age in binary", "age-encryption.org/v1\n-> X25519 abc\n", Encrypted},
		{"pgp", "-----BEGIN PGP MESSAGE-----\n\nYWJj\n-----END PGP MESSAGE-----\n", Encrypted},
		{"pgp and more", "-----BEGIN PGP MESSAGE-----\n\nYWJj\n-----END PGP MESSAGE-----\nZq81xkpw", Plaintext},
		{"cosign", "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nYWJj\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----", Encrypted},
		{"dotenvx", "encrypted:" + b64(many(120, 4)...), Encrypted},
		{"cirrus", "ENCRYPTED[" + strings.Repeat("0a", 32) + "]", Encrypted},
		{"jasypt", "ENC(" + b64(many(32)...) + ")", Encrypted},
		{"jenkins", "{" + b64(many(60, 1, 0, 0, 0, 16)...) + "}", Encrypted},
		{"transit", "vault:v1:" + b64(many(60)...), Encrypted},
		{"kms", b64(many(160, 1, 2, 2, 0, 0x78)...), Encrypted},
		{"git-crypt", "\x00GITCRYPT\x00" + strings.Repeat("\x01", 40), Encrypted},
		{"sealed with 4096 bits", b64(many(600, 2, 0)...), Sealed},
		{"sealed with 2048 bits", b64(many(300, 1, 0)...), Sealed},
		{"sealed and cut short", b64(many(500, 2, 0)...), Sealed},
		{"key of Ceph", b64(append([]byte{1, 0, 1, 2, 3, 0xf4, 5, 6, 7, 8, 16, 0}, many(16, 0xff)...)...), Plaintext},
		{"data bag", `{"id": "db", "password": {"encrypted_data": "` + b64(many(32)...) + `", "iv": "` + b64(many(16)...) + `", "version": 1, "cipher": "aes-256-cbc"}}`, Encrypted},
		{"data bag with a value", `{"id": "db", "password": "Zq81xkpw", "other": {"encrypted_data": "` + b64(many(32)...) + `", "iv": "` + b64(many(16)...) + `", "cipher": "aes-256-cbc"}}`, Plaintext},
		{"bcrypt", "admin:$2y$10$" + strings.Repeat("a", 53), Hash},
		{"bcrypt and a password", "admin:$2y$10$" + strings.Repeat("a", 53) + "\nroot:Zq81xkpw", Plaintext},
		{"age recipient", "age1" + strings.Repeat("q", 58), Public},
		{"java key store", "\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x01", Plaintext},
	}
	for _, tt := range tests {
		if got := Classify("password", tt.value, Held); got.Class != tt.want {
			t.Errorf("%s: %s (%s), want %s", tt.name, got.Class, got.Evidence, tt.want)
		}
	}
}

func TestClassifyPEM(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := []struct {
		name, value string
		want        Class
	}{
		{"certificate", block("CERTIFICATE"), Public},
		{"public key", block("PUBLIC KEY"), Public},
		{"private key", block("PRIVATE KEY"), Credential},
		{"private key on one line", strings.ReplaceAll(block("PRIVATE KEY"), "\n", `\n`), Credential},
		{"private key in base64", encode(block("PRIVATE KEY")), Credential},
		{"private key in base64, twice", encode(encode(block("PRIVATE KEY"))), Credential},
		{"certificate and key", block("CERTIFICATE") + block("PRIVATE KEY"), Credential},
		{"certificate with comments", "subject=CN = a\nissuer=CN = b\n" + block("CERTIFICATE"), Public},
		{"certificate in base64", encode(block("CERTIFICATE")), Public},
		{"encrypted key", block("ENCRYPTED PRIVATE KEY"), Encrypted},
		{"encrypted key and key", block("ENCRYPTED PRIVATE KEY") + block("RSA PRIVATE KEY"), Credential},
		{"not PEM", "-----BEGIN PRIVATE KEY-----\nZq81xkpw", Plaintext},
		{"certificate and more", block("CERTIFICATE") + "Zq81xkpw", Plaintext},
		{"key in DER", string(der), Credential},
		{"key in YAML", "tls:\n  key: |\n    " + strings.ReplaceAll(strings.TrimSpace(block("PRIVATE KEY")), "\n", "\n    ") + "\n", Credential},
		{"key in JSON", `{"type": "service_account", "private_key": "` + strings.ReplaceAll(block("PRIVATE KEY"), "\n", `\n`) + `"}`, Credential},
		{"kubeconfig", "users:\n- name: a\n  user:\n    client-key-data: " + encode(block("PRIVATE KEY")) + "\n", Credential},
		{"kubeconfig with a certificate", "clusters:\n- name: a\n  cluster:\n    certificate-authority-data: " + encode(block("CERTIFICATE")) + "\n", Public},
	}
	for _, tt := range tests {
		for _, in := range []Context{Held, Named} {
			key := "tls"
			if in == Named && tt.want == Plaintext {
				continue
			}
			if got := Classify(key, tt.value, in); got.Class != tt.want {
				t.Errorf("%s in context %d: %s (%s), want %s", tt.name, in, got.Class, got.Evidence, tt.want)
			}
		}
	}
	if got := Classify("note", "see\n"+block("PRIVATE KEY"), Free); got.Class != Credential {
		t.Errorf("private key in a text: %s, want credential", got.Class)
	}
}

// TestClassifySaysWhatItCut holds that a value which was unpacked in part is said to be.
func TestClassifySaysWhatItCut(t *testing.T) {
	packed := func(size int) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := io.WriteString(w, strings.Repeat("some words\n", size/11+1)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name, value string
		want        bool
	}{
		{"bytes", packed(maxInflated), true},
		{"base64", base64.StdEncoding.EncodeToString([]byte(packed(maxInflated))), true},
		{"base64, twice", base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(packed(maxInflated))))), true},
		{"small", base64.StdEncoding.EncodeToString([]byte(packed(1 << 10))), false},
		{"not compressed", base64.StdEncoding.EncodeToString([]byte(strings.Repeat("some words\n", maxInflated/8))), false},
	} {
		for _, in := range []Context{Held, Named} {
			if got := Classify("password", tt.value, in); got.Truncated != tt.want {
				t.Errorf("%s in context %d: truncated is %v, want %v", tt.name, in, got.Truncated, tt.want)
			}
		}
	}
}
