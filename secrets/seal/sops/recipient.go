package sops

import (
	"net/url"
	"strings"

	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// Recipient is one master key: who it is, as metadata of SOPS and rules name it.
type Recipient struct {
	Type string // age, pgp, kms, gcp_kms, azure_kv, hc_vault or hckms
	// ID is what identifies it, in the form of sealed.Recipient: the public key, the
	// fingerprint, the ARN, the URL.
	ID string
	// Role, Context and Profile are those of an AWS key.
	Role    string
	Context map[string]string
	Profile string
}

// A Group is a list of recipients of which each one can open its share of a data key.
type Group []Recipient

// String names a recipient for people. A text that has not the form of a public key is
// not shown: it may be a private one.
func (r Recipient) String() string {
	if r.ID == "" || len(r.ID) > 256 && r.Type != "age" || !r.looksPublic() {
		return "a recipient of " + r.Type
	}
	id := r.ID
	switch {
	case strings.HasPrefix(id, "ssh-rsa "):
		return "an SSH key of the kind ssh-rsa"
	case len(id) > 100: // a hybrid key has 2 kB
		id = id[:24] + "…"
	}
	return r.Type + " " + id
}

func (r Recipient) looksPublic() bool {
	id := r.ID
	switch r.Type {
	case "age":
		return strings.HasPrefix(id, "age1") || strings.HasPrefix(id, "ssh-ed25519 AAAA") || strings.HasPrefix(id, "ssh-rsa AAAA")
	case "pgp":
		return strings.Trim(id, "0123456789ABCDEF!") == ""
	case "kms":
		return strings.HasPrefix(id, "arn:")
	case "gcp_kms":
		return strings.HasPrefix(id, "projects/")
	case "azure_kv", "hc_vault":
		u, err := url.Parse(id)
		return err == nil && u.User == nil && (u.Scheme == "https" || u.Scheme == "http")
	case "hckms":
		return strings.Contains(id, ":")
	}
	return false
}

// key identifies a recipient: two of the same key are the same.
func (r Recipient) key() string {
	id := strings.TrimSpace(r.ID)
	switch r.Type {
	case "pgp":
		id = strings.ToUpper(strings.ReplaceAll(id, " ", ""))
	case "hc_vault", "azure_kv":
		id = strings.TrimRight(id, "/")
	case "age":
		if words := strings.Fields(id); len(words) > 2 && strings.HasPrefix(id, "ssh-") {
			id = strings.Join(words[:2], " ") // without the comment
		}
	}
	return r.Type + "\x00" + id
}

// same tells whether two recipients mean the same key: a key of Azure without a
// version is the newest, whose version then stands in the file; of AWS the role and
// the context count, without which the key does not open.
func (r Recipient) same(other Recipient) bool {
	if r.Type == "azure_kv" && other.Type == r.Type {
		a, b := r.key(), other.key()
		return a == b || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
	}
	return r.key() == other.key()
}

// Rule says for whom a file is encrypted and what in it: a creation rule of SOPS.
type Rule struct {
	// Selection is what is encrypted; the zero value is the rule that SOPS takes where
	// none is given. Only its fields Field and Text count.
	Selection sealed.Selection
	// MACOnlyEncrypted takes the values in the clear out of the MAC.
	MACOnlyEncrypted bool
	// Groups are the recipients. With more than one group the data key is split.
	Groups []Group
	// Threshold is how many groups are needed to open it; 0 is all of them.
	Threshold int

	judged *sealed.Rule
}

// recipients lists those of all groups.
func recipients(groups []Group) []Recipient {
	var list []Recipient
	for _, g := range groups {
		list = append(list, g...)
	}
	return list
}

// names lists recipients for people.
func names(list []Recipient) string {
	var words []string
	for i, r := range list {
		if i == 5 && len(list) > 6 {
			words = append(words, "and others")
			break
		}
		words = append(words, r.String())
	}
	return strings.Join(words, ", ")
}
