package secrets

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// ciphertext tells a value that is useless without a key that stands elsewhere, by
// its structure: the words alone are no proof.
func ciphertext(v string) (Answer, bool) {
	if len(v) < 16 {
		return Answer{}, false
	}
	switch v[0] {
	case 'E':
		return bracketed(v)
	case '$':
		if isAnsibleVault(v) {
			return Answer{Class: Encrypted, Evidence: "it is a text of ansible-vault"}, true
		}
	case '-':
		return armoured(v)
	case '{':
		return braced(v)
	case 'a':
		if strings.HasPrefix(v, "age-encryption.org/v1\n") {
			return Answer{Class: Encrypted, Evidence: "it is a file encrypted with age"}, true
		}
	case 0:
		if strings.HasPrefix(v, "\x00GITCRYPT\x00") {
			return Answer{Class: Encrypted, Evidence: "it is a file encrypted with git-crypt"}, true
		}
	case 'e':
		if rest, ok := strings.CutPrefix(v, "encrypted:"); ok && isCipherBlob(rest, 49) {
			return Answer{Class: Encrypted, Evidence: "it is a value encrypted with dotenvx"}, true
		}
	case 'v':
		if isTransit(v) {
			return Answer{Class: Encrypted, Evidence: "it is a ciphertext of Vault's transit engine"}, true
		}
		if isPulumi(v) {
			return Answer{Class: Encrypted, Evidence: "it is a value encrypted by Pulumi"}, true
		}
	case 'A':
		if rest, ok := strings.CutPrefix(v, "AES:"); ok {
			// GoCD: the vector and the blocks of AES in CBC.
			iv, text, _ := strings.Cut(rest, ":")
			if len(inBase64(iv, "", "")) == 16 && len(inBase64(text, "", ""))%16 == 0 && text != "" {
				return Answer{Class: Encrypted, Evidence: "it is a value encrypted by GoCD"}, true
			}
		}
		return blob(v)
	}
	return Answer{}, false
}

// inBase64 decodes what stands between a prefix and a suffix, or returns nil.
func inBase64(v, prefix, suffix string) []byte {
	rest, ok := strings.CutPrefix(v, prefix)
	if !ok {
		return nil
	}
	if rest, ok = strings.CutSuffix(rest, suffix); !ok || rest == "" {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(withoutBlanks(rest))
	if err != nil {
		return nil
	}
	return raw
}

// isCipherBlob tells base64 of at least so many bytes that are no text. A few signs
// more or less at its end make no difference.
func isCipherBlob(v string, least int) bool {
	v = strings.TrimRight(withoutBlanks(v), "=")
	raw, err := base64.StdEncoding.DecodeString(v[:len(v)/4*4])
	return err == nil && len(raw) >= least && !isReadable(raw)
}

// isPulumi knows the values that Pulumi encrypts with a passphrase: a version, a nonce
// of 12 bytes and the ciphertext with its tag of 16, in base64 (pulumi/pulumi,
// sdk/go/common/resource/config/crypt.go).
func isPulumi(v string) bool {
	version, rest, _ := strings.Cut(v, ":")
	nonce, text, found := strings.Cut(rest, ":")
	return found && isDigits(version[1:]) && len(inBase64(nonce, "", "")) == 12 && len(inBase64(text, "", "")) >= 16
}

// isUnderSecure tells the ciphertexts that stand in a map under "secure", as Pulumi,
// Travis and AppVeyor write them.
func (j *judge) isUnderSecure(v string) bool {
	last := j.words.count - 1
	return j.words.is(last, "secure") && j.words.start(last) == last && len(v) >= 24 && isCipherBlob(v, 16)
}

// beginsAsSealed tells base64 that begins as what sealed-secrets encrypts does: with the
// length of a session key of 2048 or 4096 bits in two bytes. It may have been cut short.
func beginsAsSealed(v string) bool {
	const shortest = 24
	if len(v) < shortest || !strings.HasPrefix(v, "AQ") && !strings.HasPrefix(v, "Ag") || v[2] < 'A' || v[2] > 'D' {
		return false
	}
	body := strings.TrimRight(v, "=")
	raw, err := base64.StdEncoding.DecodeString(body[:len(body)/4*4])
	return err == nil && !isReadable(raw) && !isCephKey(raw)
}

// isCephKey tells the keys of Ceph, which begin alike: their kind, the time at which
// they were made, and the length of the key, 16 or 32 (src/auth/Crypto.cc).
func isCephKey(raw []byte) bool {
	return len(raw) >= 12 && raw[0] == 1 && (raw[10] == 16 || raw[10] == 32) && raw[11] == 0
}

func bracketed(v string) (Answer, bool) {
	switch {
	case strings.HasPrefix(v, "ENC[AES256_GCM,"):
		if isSOPS(v) {
			return Answer{Class: Encrypted, Evidence: "it is a value encrypted with SOPS"}, true
		}
	case strings.HasPrefix(v, "ENC[PKCS7,"):
		if inner, ok := strings.CutSuffix(v[len("ENC[PKCS7,"):], "]"); ok && strings.HasPrefix(inner, "M") && isCipherBlob(inner, 65) {
			return Answer{Class: Encrypted, Evidence: "it is a value encrypted with eyaml"}, true
		}
	case strings.HasPrefix(v, "ENC[GPG,"):
		if raw := inBase64(v, "ENC[GPG,", "]"); len(raw) > 64 && raw[0]&0x80 != 0 {
			return Answer{Class: Encrypted, Evidence: "it is a value encrypted with eyaml"}, true
		}
	case strings.HasPrefix(v, "ENC["):
		if inner := v[len("ENC[") : len(v)-1]; v[len(v)-1] == ']' && len(inner) > 64 {
			if name, text, ok := strings.Cut(inner, ","); ok && isOnly(name, isAlnum) && len(inBase64(text, "", "")) > 64 {
				return Answer{Class: Encrypted, Evidence: "it is a value encrypted with eyaml"}, true
			}
		}
	case strings.HasPrefix(v, "ENC("):
		// Jasypt: a salt of 8 or 16 bytes and blocks of 8 or 16.
		if raw := inBase64(v, "ENC(", ")"); len(raw) >= 16 && len(raw)%8 == 0 {
			return Answer{Class: Encrypted, Evidence: "it is a value encrypted with Jasypt"}, true
		}
	case strings.HasPrefix(v, "ENCRYPTED["):
		inner := strings.Trim(strings.TrimSuffix(v[len("ENCRYPTED["):], "]"), "!")
		if v[len(v)-1] == ']' && len(inner) >= 32 && isHex(inner) {
			return Answer{Class: Encrypted, Evidence: "it is a variable encrypted for Cirrus CI"}, true
		}
	}
	return Answer{}, false
}

// isSOPS knows the form of a value that SOPS has encrypted (getsops/sops,
// aes/cipher.go), and of nothing else.
func isSOPS(v string) bool {
	rest := strings.TrimPrefix(v, "ENC[AES256_GCM,data:")
	for _, next := range []string{",iv:", ",tag:", ",type:"} {
		text, after, found := strings.Cut(rest, next)
		bare := strings.TrimRight(text, "=")
		if !found || bare == "" && next != ",iv:" || bare != "" && !isOnly(bare, isBase64Byte) || len(text)-len(bare) > 2 {
			return false
		}
		rest = after
	}
	switch rest {
	case "str]", "int]", "float]", "bytes]", "bool]", "comment]":
		return true
	}
	return false
}

// isAnsibleVault knows the header of ansible-vault and its lines of hex.
func isAnsibleVault(v string) bool {
	head, body, found := strings.Cut(v, "\n")
	head = strings.TrimSpace(head)
	if !strings.HasPrefix(head, "$ANSIBLE_VAULT;1.") || !strings.Contains(head, ";AES256") {
		return false
	}
	return found && isOnly(strings.TrimSpace(body), func(c byte) bool { return isHexByte(c) || c == '\n' || c == '\r' || c == ' ' || c == '\t' })
}

// armoured knows the texts between lines of dashes.
func armoured(v string) (Answer, bool) {
	for _, kind := range []string{"AGE ENCRYPTED FILE", "PGP MESSAGE", "ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"} {
		rest, ok := strings.CutPrefix(v, "-----BEGIN "+kind+"-----")
		if !ok {
			continue
		}
		body, after, found := strings.Cut(rest, "-----END "+kind+"-----")
		if found && strings.TrimSpace(after) == "" && !strings.Contains(body, "-----") || !found && len(rest) < 8 {
			return Answer{Class: Encrypted, Evidence: "it is an encrypted message in armour"}, true
		}
	}
	return Answer{}, false
}

// braced knows the ciphertexts that stand in braces: those of Jenkins, and the
// items of encrypted data bags.
func braced(v string) (Answer, bool) {
	if strings.HasPrefix(v, "{AQAAAB") {
		if raw := inBase64(v, "{", "}"); len(raw) >= 41 && raw[0] == 1 {
			return Answer{Class: Encrypted, Evidence: "it is a secret encrypted by Jenkins"}, true
		}
	}
	if rest, ok := strings.CutPrefix(v, "{cipher}"); ok {
		// Spring Cloud Config: hex of AES in CBC, or base64 where a pair of keys is used;
		// {key:…} and {secret:…} before it say which.
		for strings.HasPrefix(rest, "{") && strings.IndexByte(rest, '}') > 0 {
			rest = rest[strings.IndexByte(rest, '}')+1:]
		}
		if len(rest) >= 32 && isHex(rest) || isCipherBlob(rest, 24) {
			return Answer{Class: Encrypted, Evidence: "it is a value encrypted by Spring Cloud Config"}, true
		}
	}
	if len(v) < maxDataBag && strings.Contains(v, `"encrypted_data"`) && isDataBag(v) {
		return Answer{Class: Encrypted, Evidence: "it is an encrypted data bag of Chef"}, true
	}
	return Answer{}, false
}

const maxDataBag = 1 << 20

// isDataBag tells whether every value of an item but its id is encrypted.
func isDataBag(v string) bool {
	var item map[string]json.RawMessage
	if json.Unmarshal([]byte(v), &item) != nil {
		return false
	}
	if isEncryptedItem([]byte(v)) {
		return true
	}
	encrypted := 0
	for name, value := range item {
		switch {
		case name == "id" || name == "chef_type" || name == "data_bag":
		case isEncryptedItem(value):
			encrypted++
		default:
			return false
		}
	}
	return encrypted > 0
}

func isEncryptedItem(value []byte) bool {
	var sealed struct {
		Data   string `json:"encrypted_data"`
		IV     string `json:"iv"`
		Cipher string `json:"cipher"`
	}
	return json.Unmarshal(value, &sealed) == nil && sealed.Cipher != "" && len(inBase64(strings.TrimSpace(sealed.IV), "", "")) >= 12 &&
		len(inBase64(sealed.Data, "", "")) >= 16
}

// isTransit knows the ciphertexts of Vault's transit engine: a nonce of 12 bytes
// and a tag of 16 around the data.
func isTransit(v string) bool {
	rest, ok := strings.CutPrefix(v, "vault:v")
	if !ok {
		return false
	}
	version, text, _ := strings.Cut(rest, ":")
	return isDigits(version) && len(inBase64(text, "", "")) > 28
}

// blob knows ciphertexts that are nothing but base64: of AWS KMS (whose first
// bytes are 01 02 02 00 78) and of sealed-secrets.
func blob(v string) (Answer, bool) {
	if len(v) < 150 {
		return Answer{}, false
	}
	if (strings.HasPrefix(v, "AQICAH") || strings.HasPrefix(v, "AQECAH")) && len(inBase64(v, "", "")) > 110 {
		return Answer{Class: Encrypted, Evidence: "it is a ciphertext of AWS KMS"}, true
	}
	if v[1] != 'g' && v[1] != 'Q' {
		return Answer{}, false
	}
	// sealed-secrets writes the length of the encrypted session key in two bytes,
	// the key, and the data with a tag of 16 bytes (pkg/crypto/crypto.go).
	raw := inBase64(v, "", "")
	if len(raw) < 2 {
		return Answer{}, false
	}
	if n := int(raw[0])<<8 | int(raw[1]); (n == 256 || n == 384 || n == 512 || n == 1024) && len(raw) >= 2+n+16 {
		return Answer{Class: Sealed, Evidence: "it has the structure of a value that sealed-secrets has encrypted"}, true
	}
	return Answer{}, false
}
