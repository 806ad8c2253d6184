package corpus

import (
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
)

// ciphertexts are values that may lie in the open.
func ciphertexts() map[string]func(stream) string {
	return map[string]func(stream) string{
		"sealed":        sealedValue,
		"sops":          func(r stream) string { return sopsValue(r, r.number(0, 14), "str") },
		"sops-int":      func(r stream) string { return sopsValue(r, 2, "int") },
		"sops-mac":      func(r stream) string { return sopsValue(r, 128, "str") },
		"age-armour":    ageArmour,
		"pgp-message":   func(r stream) string { return pgpArmour("MESSAGE", append([]byte{0x84, 0x5E, 3}, r.bytes(180)...)) },
		"ansible-vault": ansibleVault,
		"eyaml":         func(r stream) string { return "ENC[PKCS7," + envelope(r) + "]" },
		"git-crypt":     func(r stream) string { return "\x00GITCRYPT\x00" + string(r.bytes(12+160)) },
		"cosign":        cosignKey,
		"dotenvx":       func(r stream) string { return "encrypted:BE" + r.base64(120) },
		"travis":        func(r stream) string { return r.base64(512) },
		"kms":           func(r stream) string { return "AQICAH" + r.base64(150) },
	}
}

// sealedValue has the form of sealed-secrets: the length of the RSA block, the
// block, and the session's ciphertext with its tag of 16 bytes.
func sealedValue(r stream) string {
	data := append([]byte{0x02, 0x00}, r.bytes(512)...)
	return base64.StdEncoding.EncodeToString(append(data, r.bytes(r.number(0, 20)+16)...))
}

func sopsValue(r stream, size int, kind string) string {
	return fmt.Sprintf("ENC[AES256_GCM,data:%s,iv:%s,tag:%s,type:%s]", r.base64(size), r.base64(32), r.base64(16), kind)
}

func ageArmour(r stream) string {
	e := base64.RawStdEncoding
	header := "age-encryption.org/v1\n-> X25519 " + e.EncodeToString(r.bytes(32)) + "\n" + e.EncodeToString(r.bytes(32)) + "\n--- " + e.EncodeToString(r.bytes(32)) + "\n"
	text := base64.StdEncoding.EncodeToString(append([]byte(header), r.bytes(80)...))
	return "-----BEGIN AGE ENCRYPTED FILE-----\n" + wrap(text, 64) + "\n-----END AGE ENCRYPTED FILE-----"
}

// ansibleVault is the hex of salt, HMAC and ciphertext, each in hex on its line.
func ansibleVault(r stream) string {
	part := func(n int) string { return hex.EncodeToString(r.bytes(n)) }
	text := hex.EncodeToString([]byte(part(32) + "\n" + part(32) + "\n" + part(32)))
	return "$ANSIBLE_VAULT;1.1;AES256\n" + wrap(text, 80)
}

// envelope is an EnvelopedData of PKCS #7 in outline.
func envelope(r stream) string {
	type outline struct {
		ID   asn1.ObjectIdentifier
		Data asn1.RawValue
	}
	inner := must(asn1.Marshal(struct {
		Version int
		Key     []byte
		Content []byte
	}{0, r.bytes(256), r.bytes(48)}))
	wrapped := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: inner}
	return base64.StdEncoding.EncodeToString(must(asn1.Marshal(outline{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}, wrapped})))
}

func cosignKey(r stream) string {
	text := fmt.Sprintf(`{"kdf":{"name":"scrypt","params":{"N":65536,"r":8,"p":1},"salt":"%s"},"cipher":{"name":"nacl/secretbox","nonce":"%s"},"ciphertext":"%s"}`,
		r.base64(32), r.base64(24), r.base64(154))
	return "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n" + wrap(base64.StdEncoding.EncodeToString([]byte(text)), 64) + "\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----"
}
