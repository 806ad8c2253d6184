package sealed_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
	"github.com/google/go-cmp/cmp"
)

// bech32Of writes a text of BIP 173.
func bech32Of(prefix string, data []byte) string {
	const letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	var values []int
	acc, bits := 0, 0
	for _, c := range data {
		acc, bits = acc<<8|int(c), bits+8
		for bits >= 5 {
			bits -= 5
			values = append(values, acc>>bits&31)
		}
		acc &= 1<<bits - 1
	}
	if bits > 0 {
		values = append(values, acc<<(5-bits)&31)
	}
	var all []int
	for _, c := range prefix {
		all = append(all, int(c)>>5)
	}
	all = append(all, 0)
	for _, c := range prefix {
		all = append(all, int(c)&31)
	}
	all = append(append(all, values...), 0, 0, 0, 0, 0, 0)
	sum := 1
	for _, v := range all {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ v
		for i, g := range []int{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	sum ^= 1
	for i := range 6 {
		values = append(values, sum>>(5*(5-i))&31)
	}
	var b strings.Builder
	b.WriteString(prefix + "1")
	for _, v := range values {
		b.WriteByte(letters[v])
	}
	return b.String()
}

// sshRecipient is an SSH key and its tag in a stanza.
func sshRecipient() (key, tag string) {
	wire := append([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), random(32)...)
	sum := sha256.Sum256(wire)
	return "ssh-ed25519 " + base64.StdEncoding.EncodeToString(wire), base64.RawStdEncoding.EncodeToString(sum[:4])
}

// pgpMessage has the structure of a message for some public keys.
func pgpMessage(keys int, more ...byte) string {
	var raw []byte
	for range keys {
		raw = append(append(raw, 0x84, 13, 3), random(12)...)
	}
	raw = append(append(append(raw, more...), 0xd2, 40, 1), random(39)...)
	return "-----BEGIN PGP MESSAGE-----\n\n" + base64.StdEncoding.EncodeToString(raw) + "\n=" + crc(raw) + "\n-----END PGP MESSAGE-----"
}

func crc(data []byte) string {
	sum := uint32(0xb704ce)
	for _, c := range data {
		sum ^= uint32(c) << 16
		for range 8 {
			sum <<= 1
			if sum&0x1000000 != 0 {
				sum ^= 0x1864cfb
			}
		}
	}
	return base64.StdEncoding.EncodeToString([]byte{byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

func indented(text string) string {
	return "|\n      " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n      ")
}

// withRecipients puts recipients into a file in the place of its own.
func withRecipients(t testing.TB, recipients string) string {
	t.Helper()
	text := newFile(secretTree()).yaml()
	start := strings.Index(text, "  age:\n")
	end := strings.Index(text, "  lastmodified:")
	if start < 0 || end < start {
		t.Fatal("the file is another")
	}
	return text[:start] + recipients + text[end:]
}

func TestRecipients(t *testing.T) {
	age := func(recipient string, kinds ...string) string {
		return "  age:\n  - recipient: " + recipient + "\n    enc: " + indented(ageFile(kinds...)) + "\n"
	}
	ssh, tag := sshRecipient()
	fingerprint := strings.Repeat("85D77543", 5)
	pgp := func(message string) string {
		return "  pgp:\n  - fp: " + fingerprint + "\n    created_at: \"2026-05-04T12:00:00Z\"\n    enc: " + indented(message) + "\n"
	}
	groups := func(n int, threshold string) string {
		var b strings.Builder
		b.WriteString("  key_groups:\n")
		for range n {
			b.WriteString("  - age:\n    - recipient: " + alice + "\n      enc: " + strings.ReplaceAll(indented(ageFile("X25519")), "\n", "\n  ") + "\n")
		}
		return b.String() + threshold
	}
	for name, c := range map[string]struct {
		recipients string
		want       []string
	}{
		"X25519":               {age(alice, "X25519"), nil},
		"post-quantum":         {age(bech32Of("age1pq", random(1216)), "mlkem768x25519"), nil},
		"SSH":                  {age(ssh, "ssh-ed25519 "+tag), nil},
		"a plugin":             {age(bech32Of("age1yubikey", random(33)), "piv-p256 AAAA", "other"), nil},
		"grease":               {age(alice, "X25519", "Fx9-grease"), nil},
		"a second stanza":      {age(alice, "X25519", "X25519"), []string{"sops-recipient-hidden sops.age[0].enc"}},
		"a passphrase":         {age(alice, "scrypt"), []string{"sops-recipient-hidden sops.age[0].enc"}},
		"another kind":         {age(bech32Of("age1pq", random(1216)), "X25519"), []string{"sops-recipient-hidden sops.age[0].enc"}},
		"another SSH key":      {age(ssh, "ssh-ed25519 AAAAAA"), []string{"sops-recipient-hidden sops.age[0].enc"}},
		"a short key":          {age(bech32Of("age", random(31)), "X25519"), []string{"sops-recipient-invalid sops.age[0].recipient"}},
		"an npub":              {age(bech32Of("npub", random(32)), "X25519"), []string{"sops-recipient-invalid sops.age[0].recipient"}},
		"no file of age":       {"  age:\n  - recipient: " + alice + "\n    enc: x\n", []string{"sops-metadata sops.age[0].enc"}},
		"OpenPGP":              {pgp(pgpMessage(1)), nil},
		"two OpenPGP keys":     {pgp(pgpMessage(2)), []string{"sops-recipient-hidden sops.pgp[0].enc"}},
		"OpenPGP, passphrase":  {pgp(pgpMessage(1, 0xc3, 4, 4, 9, 0, 8)), []string{"sops-recipient-hidden sops.pgp[0].enc"}},
		"OpenPGP, cut off":     {pgp(strings.Replace(pgpMessage(1), "=", "A=", 1)), []string{"sops-metadata sops.pgp[0].enc"}},
		"KMS":                  {"  kms:\n  - arn: arn:aws:kms:us-east-1:1:key/a\n    enc: AQICAHg=\n", nil},
		"Vault":                {"  hc_vault:\n  - vault_address: https://vault\n    engine_path: sops\n    key_name: k\n    enc: vault:v1:AAAA\n", nil},
		"Vault, no ciphertext": {"  hc_vault:\n  - vault_address: https://vault\n    engine_path: sops\n    key_name: k\n    enc: s.token\n", []string{"sops-metadata sops.hc_vault[0].enc"}},
		"GCP, no ciphertext":   {"  gcp_kms:\n  - resource_id: projects/a\n    enc: '%%'\n", []string{"sops-metadata sops.gcp_kms[0].enc"}},
		"groups":               {groups(2, ""), nil},
		"a threshold":          {groups(3, "  shamir_threshold: 2\n"), nil},
		"a threshold of one":   {groups(2, "  shamir_threshold: 1\n"), []string{"sops-shamir sops.shamir_threshold"}},
		"a threshold too high": {groups(2, "  shamir_threshold: 3\n"), []string{"sops-shamir sops.shamir_threshold"}},
		"a group of nobody":    {groups(1, "") + "  - hc_vault: []\n", []string{"sops-shamir sops.key_groups[1]"}},
		"groups beside":        {age(alice, "X25519") + groups(1, ""), []string{"sops-metadata sops.key_groups"}},
	} {
		t.Run(name, func(t *testing.T) {
			text := withRecipients(t, c.recipients)
			got := sealed.SOPS(read(t, "a.yaml", text), nil, nil)
			if diff := cmp.Diff(c.want, rules(got)); diff != "" {
				t.Errorf("faults (-want +got):\n%s%s", diff, text)
			}
			mustNotQuote(t, got, canary, "s.token")
		})
	}
}

// A recipient is the same however a file and a rule write it.
func TestSameRecipientInFileAndRule(t *testing.T) {
	fingerprint := strings.Repeat("85D77543", 5)
	for name, c := range map[string]struct{ file, rule string }{
		"pgp":         {"  pgp:\n  - fp: " + fingerprint + "\n    enc: " + indented(pgpMessage(1)) + "\n", "pgp: '" + fingerprint[:20] + " " + strings.ToLower(fingerprint[20:]) + "'"},
		"pgp, key ID": {"  pgp:\n  - fp: " + fingerprint + "\n    enc: " + indented(pgpMessage(1)) + "\n", "pgp: " + fingerprint[24:]},
		"kms":         {"  kms:\n  - arn: arn:aws:kms:a:1:key/b\n    role: r\n    enc: AQIC\n", "kms: 'arn:aws:kms:a:1:key/b+arn:aws:iam::1:role/r'"},
		"gcp_kms":     {"  gcp_kms:\n  - resource_id: projects/a/b\n    enc: AQIC\n", "gcp_kms: projects/a/b"},
		"azure":       {"  azure_kv:\n  - vault_url: https://v.vault.azure.net\n    name: k\n    version: abc\n    enc: AQIC\n", "azure_keyvault: https://v.vault.azure.net/keys/k/"},
		"hc_vault":    {"  hc_vault:\n  - vault_address: https://vault:8200\n    engine_path: sops\n    key_name: k\n    enc: vault:v1:AAAA\n", "hc_vault_transit_uri: https://vault:8200/v1/sops/keys/k"},
		"hckms":       {"  hckms:\n  - key_id: eu:1\n    enc: AAAA\n", "hckms: ['eu:1']"},
	} {
		t.Run(name, func(t *testing.T) {
			conf, faults := config(t, ".sops.yaml", fmt.Sprintf("creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    %s\n", c.rule))
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			text := withRecipients(t, c.file)
			if got := sealed.SOPS(read(t, "a.yaml", text), conf.Rule("a.yaml"), nil); len(got) > 0 {
				t.Errorf("faults: %+v\n%s", got, text)
			}
			other := strings.NewReplacer("abc", "abd", "85D77543", "95D77543", "key/b", "key/c", "a/b", "a/c", "name: k", "name: l", "eu:1", "eu:2").Replace(c.file)
			got := sealed.SOPS(read(t, "a.yaml", withRecipients(t, other)), conf.Rule("a.yaml"), nil)
			if diff := cmp.Diff(2, len(got)); diff != "" {
				t.Errorf("another recipient: %v", rules(got))
			}
		})
	}
}
