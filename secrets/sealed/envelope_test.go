package sealed_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// ansible has the structure of a text of ansible-vault.
func ansible(salt, mac, text int) string {
	inner := hex.EncodeToString(random(salt)) + "\n" + hex.EncodeToString(random(mac)) + "\n" + hex.EncodeToString(random(text))
	body := hex.EncodeToString([]byte(inner))
	var b strings.Builder
	b.WriteString("$ANSIBLE_VAULT;1.1;AES256\n")
	for len(body) > 80 {
		b.WriteString(body[:80] + "\n")
		body = body[80:]
	}
	return b.String() + body + "\n"
}

func TestRecognise(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString
	armoured := ageFile("X25519", "X25519")
	body := strings.Split(strings.TrimSpace(armoured), "\n")
	binary, err := base64.StdEncoding.DecodeString(strings.Join(body[1:len(body)-1], ""))
	if err != nil {
		t.Fatal(err)
	}
	pgp := pgpMessage(2)
	pgpRaw, err := base64.StdEncoding.DecodeString(strings.Split(pgp, "\n")[2])
	if err != nil {
		t.Fatal(err)
	}
	enveloped := append([]byte{0x30, 0x82, 1, 0, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3}, random(200)...)
	public := append([]byte{4}, random(100)...)
	for name, c := range map[string]struct {
		text       string
		scheme     sealed.Scheme
		recipients int
		broken     bool
	}{
		"git-crypt":                {"\x00GITCRYPT\x00" + string(random(40)), sealed.GitCrypt, 0, false},
		"git-crypt, cut off":       {"\x00GITCRYPT\x00abc", sealed.GitCrypt, 0, true},
		"ansible-vault":            {ansible(32, 32, 48), sealed.AnsibleVault, 0, false},
		"ansible-vault, a label":   {strings.Replace(ansible(32, 32, 16), "1.1;AES256", "1.2;AES256;prod", 1), sealed.AnsibleVault, 0, false},
		"ansible-vault, CRLF":      {strings.ReplaceAll(ansible(32, 32, 48), "\n", "\r\n"), sealed.AnsibleVault, 0, false},
		"ansible-vault, short":     {ansible(32, 32, 47), sealed.AnsibleVault, 0, true},
		"ansible-vault, a salt":    {ansible(31, 32, 48), sealed.AnsibleVault, 0, true},
		"ansible-vault, no body":   {"$ANSIBLE_VAULT;1.1;AES256\n", sealed.AnsibleVault, 0, true},
		"ansible-vault, plaintext": {"$ANSIBLE_VAULT;1.1;AES256\npassword: " + canary, sealed.AnsibleVault, 0, true},
		"ansible-vault, cipher":    {strings.Replace(ansible(32, 32, 48), "AES256", "AES", 1), sealed.AnsibleVault, 0, true},
		"age, armour":              {armoured, sealed.Age, 2, false},
		"age":                      {string(binary), sealed.Age, 2, false},
		"age, cut off":             {string(binary[:60]), sealed.Age, 0, true},
		"age, no content":          {string(binary[:len(binary)-40]), sealed.Age, 0, true},
		"age, plaintext":           {"-----BEGIN AGE ENCRYPTED FILE-----\n" + canary + "\n-----END AGE ENCRYPTED FILE-----\n", sealed.Age, 0, true},
		"OpenPGP, armour":          {pgp, sealed.OpenPGP, 2, false},
		"OpenPGP":                  {string(pgpRaw), sealed.OpenPGP, 2, false},
		"OpenPGP, a bit":           {strings.Replace(pgp, "hA0D", "hA0E", 1), sealed.OpenPGP, 0, true},
		"OpenPGP, only packed":     {"-----BEGIN PGP MESSAGE-----\n\n" + b64([]byte{0xa3, 1, 2, 3}) + "\n-----END PGP MESSAGE-----\n", sealed.OpenPGP, 0, true},
		"dotenvx":                  {"encrypted:" + b64(public), sealed.Dotenvx, 0, false},
		"dotenvx, plaintext":       {"encrypted:" + canary, sealed.Dotenvx, 0, true},
		"dotenvx, no key":          {"encrypted:" + b64(make([]byte, 100)), sealed.Dotenvx, 0, true},
		"eyaml":                    {"ENC[PKCS7," + b64(enveloped) + "]", sealed.EYAML, 0, false},
		"eyaml, lines":             {"ENC[PKCS7," + b64(enveloped)[:64] + "\n    " + b64(enveloped)[64:] + "]", sealed.EYAML, 0, false},
		"eyaml, GPG":               {"ENC[GPG," + b64(pgpRaw) + "]", sealed.EYAML, 0, false},
		"eyaml, plaintext":         {"ENC[PKCS7," + b64([]byte(canary)) + "]", sealed.EYAML, 0, true},
		"eyaml, text behind it":    {"ENC[PKCS7," + b64(enveloped) + "] " + canary, sealed.EYAML, 0, true},
		"SOPS":                     {encryptValue(random(32), canary, "str", "a:"), sealed.SOPSValue, 0, false},
		"SOPS, text behind it":     {encryptValue(random(32), canary, "str", "a:") + canary, sealed.SOPSValue, 0, true},
		"plaintext":                {canary, "", 0, false},
		"a word":                   {"ENC[" + canary + "]", "", 0, false},
		"a picture":                {"\x85\x01\x02", "", 0, false},
		"nothing":                  {"", "", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			e, ok := sealed.Recognise([]byte(c.text))
			if e.Scheme != c.scheme || ok != (c.scheme != "") || (e.Broken != "") != c.broken || e.Recipients != c.recipients && !c.broken {
				t.Errorf("%+v, %v", e, ok)
			}
			if strings.Contains(e.Broken, canary) {
				t.Errorf("it quotes a value: %s", e.Broken)
			}
		})
	}
}
