package sops

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// formatVersion is the version of SOPS whose format is written. SOPS reads older ones.
const formatVersion = "3.13.3"

// masterKey is a recipient with the data key, or its share of it, encrypted for it.
type masterKey struct {
	Recipient
	wrapped string
	created string
	read    *node // as it stands in a file, or nil
}

// metadata are what SOPS keeps in a file about itself (stores/stores.go).
type metadata struct {
	groups    [][]masterKey
	threshold int // 0 where the file names none
	selection sealed.Selection
	macOnly   bool
	modified  string
	mac       string
	version   string
}

// keyFields are the lists of recipients in metadata.
var keyFields = [...]string{"age", "azure_kv", "gcp_kms", "hc_vault", "hckms", "kms", "pgp"}

var selectionFields = [...]string{"unencrypted_suffix", "encrypted_suffix", "unencrypted_regex", "encrypted_regex",
	"unencrypted_comment_regex", "encrypted_comment_regex"}

// readMetadata reads metadata as SOPS does. What is wrong with them otherwise,
// sealed.SOPS tells.
func readMetadata(n *node) (metadata, *Error) {
	m := metadata{modified: n.get("lastmodified").str(), mac: n.get("mac").str(), version: n.get("version").str()}
	m.macOnly = strings.EqualFold(n.get("mac_only_encrypted").str(), "true")
	for _, field := range selectionFields {
		if text := n.get(field).str(); text != "" {
			if m.selection.Field != "" {
				return m, refuse(n.line, "leave one of them", "the metadata of SOPS have both %s and %s, and SOPS reads no such file", m.selection.Field, field)
			}
			m.selection = sealed.Selection{Field: field, Text: text}
		}
	}
	if m.selection.Field == "" {
		m.selection = defaultSelection
	}
	if t := n.get("shamir_threshold").str(); t != "" {
		var err error
		if m.threshold, err = strconv.Atoi(t); err != nil {
			return m, refuse(n.line, "", "shamir_threshold in the metadata of SOPS is no number")
		}
	}
	if group := readGroup(n); len(group) > 0 {
		m.groups = [][]masterKey{group}
	} else if groups := n.get("key_groups"); groups != nil {
		for _, g := range groups.entries() {
			m.groups = append(m.groups, readGroup(g))
		}
	}
	if len(m.groups) == 0 {
		return m, refuse(n.line, "", "the metadata of SOPS name nobody who could open the file").because(NoRecipient)
	}
	if _, err := time.Parse(time.RFC3339, m.modified); err != nil {
		return m, refuse(n.line, "", "lastmodified in the metadata of SOPS is no time as RFC 3339 writes it")
	}
	return m, nil
}

// mostKeys is how many recipients of a group are read.
const mostKeys = 1000

func readGroup(n *node) []masterKey {
	var group []masterKey
	for _, field := range keyFields {
		list := n.get(field)
		if list == nil {
			continue
		}
		for _, item := range list.entries() {
			if len(group) == mostKeys {
				return group
			}
			group = append(group, readKey(field, item))
		}
	}
	return group
}

func readKey(field string, n *node) masterKey {
	k := masterKey{Recipient: Recipient{Type: field}, wrapped: n.get("enc").str(), created: n.get("created_at").str(), read: n}
	switch field {
	case "age":
		k.ID = n.get("recipient").str()
	case "pgp":
		k.ID = n.get("fp").str()
	case "kms":
		k.ID, k.Role, k.Profile = n.get("arn").str(), n.get("role").str(), n.get("aws_profile").str()
		if context := n.get("context"); context != nil {
			k.Context = map[string]string{}
			for _, item := range context.entries() {
				k.Context[item.key] = item.str()
			}
		}
	case "gcp_kms":
		k.ID = n.get("resource_id").str()
	case "azure_kv":
		k.ID = strings.TrimRight(strings.TrimRight(n.get("vault_url").str(), "/")+"/keys/"+n.get("name").str()+"/"+n.get("version").str(), "/")
	case "hc_vault":
		k.ID = strings.TrimRight(n.get("vault_address").str(), "/") + "/v1/" + strings.Trim(n.get("engine_path").str(), "/") + "/keys/" + n.get("key_name").str()
	case "hckms":
		k.ID = n.get("key_id").str()
	}
	return k
}

// tree gives metadata in the form in which SOPS writes them: every map in the order of
// its keys.
func (m metadata) tree() *node {
	n := &node{shape: isMap}
	if len(m.groups) == 1 {
		addKeys(n, m.groups[0])
	} else {
		groups := &node{shape: isList, key: "key_groups"}
		for _, g := range m.groups {
			one := &node{shape: isMap}
			addKeys(one, g)
			groups.items = append(groups.items, one)
		}
		n.items = append(n.items, groups)
	}
	n.addText(m.selection.Field, m.selection.Text)
	n.addText("lastmodified", m.modified)
	n.addText("mac", m.mac)
	if m.macOnly {
		n.items = append(n.items, &node{key: "mac_only_encrypted", value: value{boolean, "True"}})
	}
	if len(m.groups) > 1 && m.threshold > 0 {
		n.items = append(n.items, &node{key: "shamir_threshold", value: value{integer, strconv.Itoa(m.threshold)}})
	}
	n.addText("version", m.version)
	slices.SortFunc(n.items, func(a, b *node) int { return strings.Compare(a.key, b.key) })
	return n
}

func (n *node) addText(key, s string) {
	if s != "" {
		n.items = append(n.items, &node{key: key, value: value{text, s}})
	}
}

func addKeys(n *node, group []masterKey) {
	for _, field := range keyFields {
		list := &node{shape: isList, key: field}
		for _, k := range group {
			if k.Type == field {
				list.items = append(list.items, k.tree())
			}
		}
		if len(list.items) > 0 {
			n.items = append(n.items, list)
		}
	}
}

// tree gives a recipient as SOPS writes it; one that was read stays as it was.
func (k masterKey) tree() *node {
	n := &node{shape: isMap}
	if k.read != nil {
		n.items = k.read.entries()
		slices.SortStableFunc(n.items, func(a, b *node) int { return strings.Compare(a.key, b.key) })
		return n
	}
	n.addText("enc", k.wrapped)
	if k.Type != "age" {
		n.addText("created_at", k.created)
	}
	switch k.Type {
	case "age":
		n.addText("recipient", k.ID)
	case "pgp":
		n.addText("fp", k.ID)
	case "kms":
		n.addText("arn", k.ID)
		n.addText("role", k.Role)
		n.items = append(n.items, &node{key: "aws_profile", value: value{text, k.Profile}})
		n.addContext(k.Context)
	case "gcp_kms":
		n.addText("resource_id", k.ID)
	case "azure_kv":
		vault, name, version := azureParts(k.ID)
		n.addText("vault_url", vault)
		n.addText("name", name)
		n.items = append(n.items, &node{key: "version", value: value{text, version}})
	case "hc_vault":
		if t, ok := transitOf(k.ID); ok {
			n.addText("vault_address", t.address)
			n.addText("engine_path", t.engine)
			n.addText("key_name", t.key)
		}
	case "hckms":
		n.addText("key_id", k.ID)
	}
	slices.SortFunc(n.items, func(a, b *node) int { return strings.Compare(a.key, b.key) })
	return n
}

func (n *node) addContext(context map[string]string) {
	if len(context) == 0 {
		return
	}
	list := &node{shape: isMap, key: "context"}
	for key, s := range context {
		list.items = append(list.items, &node{key: key, value: value{text, s}})
	}
	slices.SortFunc(list.items, func(a, b *node) int { return strings.Compare(a.key, b.key) })
	n.items = append(n.items, list)
}

// azureParts takes apart the URL of a key in Azure: vault, name and version.
func azureParts(id string) (vault, name, version string) {
	vault, rest, _ := strings.Cut(id, "/keys/")
	name, version, _ = strings.Cut(rest, "/")
	return vault, name, version
}

// AzureKey takes apart the URL of a key in Azure Key Vault; version is "" where the
// newest is meant.
func (r Recipient) AzureKey() (vault, name, version string) { return azureParts(r.ID) }

// groupsOf gives the recipients of metadata.
func (m metadata) recipients() []Group {
	var groups []Group
	for _, g := range m.groups {
		var group Group
		for _, k := range g {
			group = append(group, k.Recipient)
		}
		groups = append(groups, group)
	}
	return groups
}

// address is what the MAC is bound to: SOPS writes the time again as it has read it.
func (m metadata) address() string {
	t, err := time.Parse(time.RFC3339, m.modified)
	if err != nil {
		return m.modified
	}
	return t.Format(time.RFC3339)
}
