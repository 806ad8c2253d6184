package sealed

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// normalID writes what identifies a recipient in one form, whether it comes from a
// file or from a rule.
func normalID(kind, id string) string {
	id = strings.TrimSpace(id)
	switch kind {
	case "pgp":
		return strings.ToUpper(strings.ReplaceAll(id, " ", ""))
	case "kms":
		// A rule may write the role behind the key: arn+role (kms/keysource.go).
		id, _, _ = strings.Cut(strings.ReplaceAll(id, " ", ""), "+arn:")
		return id
	case "azure_kv", "hc_vault":
		return strings.TrimRight(id, "/")
	case "age":
		if strings.HasPrefix(id, "ssh-") {
			return sshKey(id)
		}
	}
	return id
}

// sshKey drops the comment of an SSH public key.
func sshKey(id string) string {
	words := strings.Fields(id)
	return strings.Join(words[:min(2, len(words))], " ")
}

// leastKeyID is the length in hex from which the end of an OpenPGP fingerprint names a
// key: that of a key ID.
const leastKeyID = 16

// sameRecipient tells whether two mean the same key.
func sameRecipient(a, b Recipient) bool {
	if a.Type != b.Type {
		return false
	}
	switch a.Type {
	case "pgp":
		x, y := strings.TrimSuffix(a.ID, "!"), strings.TrimSuffix(b.ID, "!")
		return x == y || len(x) >= leastKeyID && len(y) >= leastKeyID && (strings.HasSuffix(x, y) || strings.HasSuffix(y, x))
	case "azure_kv":
		// Without a version the newest is taken, and written to the file.
		return a.ID == b.ID || strings.HasPrefix(a.ID, b.ID+"/") || strings.HasPrefix(b.ID, a.ID+"/")
	}
	return a.ID == b.ID
}

// shown names a recipient for people. A text that has not the form of a public key is
// not shown: it may be a private one.
func (r Recipient) shown() string {
	id := r.ID
	ok := len(id) <= 256
	switch r.Type {
	case "age":
		if r.isPostQuantum() {
			id, ok = id[:min(24, len(id))]+"…", true
		}
		ok = ok && (strings.HasPrefix(r.ID, "age1") || strings.HasPrefix(r.ID, "ssh-ed25519 AAAA") || strings.HasPrefix(r.ID, "ssh-rsa AAAA"))
		if strings.HasPrefix(r.ID, "ssh-rsa ") {
			id, ok = "of the kind ssh-rsa", true
		}
	case "pgp":
		ok = ok && len(strings.Trim(id, "0123456789ABCDEF!")) == 0
	case "kms":
		ok = ok && strings.HasPrefix(id, "arn:")
	case "gcp_kms":
		ok = ok && strings.HasPrefix(id, "projects/")
	case "azure_kv", "hc_vault":
		ok = ok && strings.HasPrefix(id, "http") && !strings.Contains(id, "@")
	}
	if !ok || id == "" {
		return "a recipient of " + r.Type
	}
	return "the " + r.Type + " recipient " + id
}

func (r Recipient) isPostQuantum() bool { return strings.HasPrefix(r.ID, "age1pq1") }

// recipientFaults judges one recipient of a file: its form, and that its data key is
// encrypted for it alone.
func recipientFaults(r Recipient) []Fault {
	var list []Fault
	if r.Type == "age" {
		if reason := ageRecipientFault(r.ID); reason != "" {
			list = append(list, fault(onRecipient, orParent(r.node, "recipient"), "this is no recipient of age: %s", reason))
		}
	}
	text := strings.TrimSpace(r.enc.Str())
	if text == "" {
		return append(list, fault(onMetadata, orParent(r.node, "enc"), "the data key is not encrypted for %s, which cannot open the file", r.shown()))
	}
	switch r.Type {
	case "age":
		list = append(list, ageFaults(r, text)...)
	case "pgp":
		list = append(list, pgpFaults(r, text)...)
	case "kms", "gcp_kms":
		if !isBase64(text) {
			list = append(list, fault(onMetadata, r.enc, "the encrypted data key is not base64"))
		}
	case "hc_vault":
		if !isTransit(text) {
			list = append(list, fault(onMetadata, r.enc, "the encrypted data key is no ciphertext of Vault's transit engine"))
		}
	}
	return list
}

func isBase64(text string) bool {
	_, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		_, err = base64.RawStdEncoding.DecodeString(text)
	}
	return err == nil
}

// isTransit knows vault:vN: and base64.
func isTransit(text string) bool {
	rest, ok := strings.CutPrefix(text, "vault:v")
	if !ok {
		return false
	}
	version, data, found := strings.Cut(rest, ":")
	return found && version != "" && strings.Trim(version, "0123456789") == "" && data != "" && isBase64(data)
}

// ageFaults reads the header of the data key: whom it is for. One stanza is the
// recipient's; those that end in "-grease" are noise that some writers add.
func ageFaults(r Recipient, text string) []Fault {
	header, reason := readAge([]byte(text))
	if reason != "" {
		return []Fault{fault(onMetadata, r.enc, "the encrypted data key is no file of age: %s", reason)}
	}
	var own []stanza
	for _, s := range header.stanzas {
		if !strings.HasSuffix(s.kind, "-grease") {
			own = append(own, s)
		}
	}
	want := stanzaOf(r.ID)
	if want == "" {
		return nil // of a plugin, whose stanzas only it knows
	}
	if len(own) != 1 {
		return []Fault{fault(onHidden, r.enc, "the data key is encrypted for %d recipients, and one is named: another can open the file", len(own))}
	}
	if own[0].kind != want {
		return []Fault{fault(onHidden, r.enc, "the data key is encrypted for a recipient of the kind %s, and not for the one that is named", shownKind(own[0].kind))}
	}
	if tag := sshTag(r.ID); tag != "" && len(own[0].args) > 0 && own[0].args[0] != tag {
		return []Fault{fault(onHidden, r.enc, "the data key is encrypted for another SSH key than the one that is named")}
	}
	return nil
}

// shownKind names the kind of a stanza; one that nobody knows is not shown.
func shownKind(kind string) string {
	switch kind {
	case "X25519", "scrypt", "ssh-ed25519", "ssh-rsa", "mlkem768x25519", "piv-p256", "p256tag", "mlkem768p256tag":
		return kind
	}
	return "that age itself does not know"
}

// stanzaOf is the kind of stanza that a recipient has (C2SP age.md; age v1.3,
// pq.go; agessh), "" for those of plugins.
func stanzaOf(id string) string {
	switch {
	case strings.HasPrefix(id, "ssh-ed25519 "):
		return "ssh-ed25519"
	case strings.HasPrefix(id, "ssh-rsa "):
		return "ssh-rsa"
	}
	switch prefix, _, ok := bech32(id); {
	case !ok:
		return ""
	case prefix == "age":
		return "X25519"
	case prefix == "age1pq":
		return "mlkem768x25519"
	}
	return ""
}

// sshTag is by what a stanza names an SSH key: four bytes of the SHA-256 of the public
// key (age, agessh/agessh.go, sshFingerprint).
func sshTag(id string) string {
	words := strings.Fields(id)
	if len(words) < 2 || !strings.HasPrefix(words[0], "ssh-") {
		return ""
	}
	wire, err := base64.StdEncoding.DecodeString(words[1])
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(wire)
	return base64.RawStdEncoding.EncodeToString(sum[:4])
}
