package sealed

import (
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Metadata is what a file that SOPS has encrypted says of itself. Nothing of it but
// the MAC is authenticated.
type Metadata struct {
	MAC          string
	LastModified time.Time // zero where it cannot be read
	Version      string
	Selection    Selection
	// MACOnlyEncrypted tells that the MAC is over the encrypted values alone.
	MACOnlyEncrypted bool
	// Groups are the recipients. With more than one group the data key is split.
	Groups []Group
	// Threshold is how many groups are needed to open it, at least 1.
	Threshold int
}

// A Group is a list of recipients of which each one can open its share.
type Group []Recipient

// A Recipient is one master key.
type Recipient struct {
	Type string // age, pgp, kms, gcp_kms, azure_kv, hc_vault or hckms
	ID   string // what identifies it, in the form of Recipients of rules
	At   manifest.Pos

	node *manifest.Node
	enc  *manifest.Node
}

// mostRecipients is how many recipients of a group are judged.
const mostRecipients = 1000

// recipientFields are the lists of recipients in metadata, with what identifies one
// (stores/stores.go).
var recipientFields = [...]struct {
	name string
	id   func(n *manifest.Node) string
}{
	{"age", func(n *manifest.Node) string { return n.Get("recipient").Str() }},
	{"pgp", func(n *manifest.Node) string { return n.Get("fp").Str() }},
	{"kms", func(n *manifest.Node) string { return n.Get("arn").Str() }},
	{"gcp_kms", func(n *manifest.Node) string { return n.Get("resource_id").Str() }},
	{"azure_kv", func(n *manifest.Node) string {
		return azureID(n.Get("vault_url").Str(), n.Get("name").Str(), n.Get("version").Str())
	}},
	{"hc_vault", func(n *manifest.Node) string {
		return strings.TrimRight(n.Get("vault_address").Str(), "/") + "/v1/" + strings.Trim(n.Get("engine_path").Str(), "/") + "/keys/" + n.Get("key_name").Str()
	}},
	{"hckms", func(n *manifest.Node) string { return n.Get("key_id").Str() }},
}

func azureID(vault, name, version string) string {
	return strings.TrimRight(strings.TrimRight(vault, "/")+"/keys/"+name+"/"+version, "/")
}

// SOPSMetadata reads the metadata of a file; of several documents with metadata the
// first counts. ok is false where it has none.
func SOPSMetadata(f *manifest.File) (m Metadata, ok bool) {
	s := openSOPS(f)
	if s == nil {
		return Metadata{}, false
	}
	for _, d := range s.docs {
		if d.meta != nil {
			m, _ = readMetadata(d.meta)
			return m, true
		}
	}
	return Metadata{}, false
}

// readMetadata reads the metadata of a document and says what of them is wrong.
func readMetadata(n *manifest.Node) (Metadata, []Fault) {
	m := Metadata{MAC: n.Get("mac").Str(), Version: n.Get("version").Str(), Threshold: 1}
	only := n.Get("mac_only_encrypted")
	m.MACOnlyEncrypted = only != nil && only.Text == "true"
	var list []Fault
	m.Selection, list = readSelection(n, onMetadata)
	list = append(list, macFaults(n)...)
	modified, err := time.Parse(time.RFC3339, n.Get("lastmodified").Str())
	if err != nil {
		list = append(list, fault(onMetadata, orParent(n, "lastmodified"), "lastmodified is missing or no time as RFC 3339 writes it: SOPS cannot decrypt the MAC without it"))
	}
	m.LastModified = modified
	var groupFaults []Fault
	m.Groups, groupFaults = readGroups(n)
	list = append(list, groupFaults...)
	var shamir []Fault
	m.Threshold, shamir = threshold(n, m.Groups)
	return m, append(list, shamir...)
}

// orParent returns a field, or where it would stand.
func orParent(n *manifest.Node, field string) *manifest.Node {
	if at := n.Get(field); at != nil {
		return at
	}
	return n
}

// macBytes is the length of a MAC: SHA-512 in hex (sops.go, Tree.Encrypt).
const macBytes = 128

func macFaults(n *manifest.Node) []Fault {
	mac := n.Get("mac")
	if mac.Str() == "" {
		return []Fault{fault(onMetadata, orParent(n, "mac"), "the MAC is missing, so that nothing protects the file from being changed: SOPS refuses it")}
	}
	if reason := encFault(mac.Text); reason != "" {
		return []Fault{fault(onMetadata, mac, "the MAC is no value of SOPS: %s", reason)}
	}
	data, _, _ := strings.Cut(strings.TrimPrefix(mac.Text, encPrefix+"data:"), ",")
	if decodedLength(data) != macBytes || !strings.HasSuffix(strings.TrimSpace(mac.Text), ",type:str]") {
		return []Fault{fault(onMetadata, mac, "the MAC is a value of SOPS that is no MAC: it has another length or type")}
	}
	return nil
}

// readGroups reads the recipients. Where there are some outside key_groups SOPS reads
// those alone.
func readGroups(n *manifest.Node) ([]Group, []Fault) {
	var list []Fault
	flat, found := readGroup(n)
	list = append(list, found...)
	groups := n.Get("key_groups")
	if len(flat) > 0 {
		if groups != nil && groups.Kind == manifest.List && len(groups.Items) > 0 {
			list = append(list, fault(onMetadata, groups, "key_groups stand beside recipients of the file, and SOPS reads the recipients alone"))
		}
		return []Group{flat}, list
	}
	if groups == nil || groups.Kind != manifest.List || len(groups.Items) == 0 {
		return nil, append(list, fault(onMetadata, n, "there is no recipient, so that nobody can open the file"))
	}
	var all []Group
	for i := range groups.Items {
		group, found := readGroup(&groups.Items[i])
		list = append(list, found...)
		if len(group) == 0 {
			list = append(list, fault(onShamir, &groups.Items[i], "the group has no recipient, so that its share is lost"))
		}
		all = append(all, group)
	}
	return all, list
}

func readGroup(n *manifest.Node) (Group, []Fault) {
	var group Group
	var list []Fault
	for _, field := range recipientFields {
		items := n.Get(field.name)
		if items == nil || items.Kind != manifest.List {
			continue
		}
		for i := range items.Items {
			item := &items.Items[i]
			if len(group) == mostRecipients {
				return group, append(list, fault(onMetadata, item, "there are more than %d recipients; the others were not judged", mostRecipients))
			}
			r := Recipient{Type: field.name, ID: normalID(field.name, field.id(item)), At: item.At, node: item, enc: item.Get("enc")}
			group = append(group, r)
			list = append(list, recipientFaults(r)...)
		}
	}
	return group, list
}

// threshold reads how many groups are needed; without the field it is all of them
// (sops.go, GenerateDataKeyWithKeyServices).
func threshold(n *manifest.Node, groups []Group) (int, []Fault) {
	field := n.Get("shamir_threshold")
	if field == nil || len(groups) < 2 {
		return max(1, len(groups)), nil
	}
	needed, ok := number(field)
	switch {
	case !ok:
		return len(groups), []Fault{fault(onShamir, field, "the threshold is no number")}
	case needed == 0:
		return len(groups), nil
	case needed < 2:
		return len(groups), []Fault{fault(onShamir, field, "the threshold is %d, and the data key of several groups is split for at least 2", needed)}
	case needed > len(groups):
		return needed, []Fault{fault(onShamir, field, "%d groups are needed and there are %d, so that nobody can open the file", needed, len(groups))}
	}
	return needed, nil
}
