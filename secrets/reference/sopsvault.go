package reference

import (
	"path"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Keys of the transit engine by which SOPS encrypts: sops, hcvault/keysource.go.

// sops adds the keys of Vault that the metadata of a file of SOPS names, and those of a
// .sops.yaml.
func (c *collector) sops() {
	of := c.doc.Root.Get("sops")
	c.transitKeys(of.Get("hc_vault"))
	groups := of.Get("key_groups")
	for i := range items(groups) {
		c.transitKeys(groups.Items[i].Get("hc_vault"))
	}
	if base := path.Base(c.doc.File); base != ".sops.yaml" && base != ".sops.yml" {
		return
	}
	rules := c.doc.Root.Get("creation_rules")
	for i := range items(rules) {
		c.transitURIs(rules.Items[i].Get("hc_vault_transit_uri"))
		groups := rules.Items[i].Get("key_groups")
		for k := range items(groups) {
			list := groups.Items[k].Get("hc_vault")
			for m := range items(list) {
				c.transitURIs(&list.Items[m])
			}
		}
	}
}

func (c *collector) transitKeys(list *manifest.Node) {
	for i := range items(list) {
		k := &list.Items[i]
		n := k.Get("vault_address")
		if n.Str() == "" {
			continue
		}
		r := Reference{Dialect: SOPSVault, Backend: "vault", Engine: Transit, Address: n.Text, Mount: trimSlashes(k.Get("engine_path").Str()),
			Path: "keys/" + k.Get("key_name").Str()}
		r.Request = r.Mount + "/" + r.Path
		r.whole(n)
		c.add(r)
	}
}

// transitURIs adds the keys of a list of addresses: https://HOST/v1/MOUNT/keys/NAME.
func (c *collector) transitURIs(n *manifest.Node) {
	if n.Str() == "" {
		return
	}
	at := 0
	for part := range strings.SplitSeq(n.Text, ",") {
		uri := strings.TrimSpace(part)
		if r, ok := transitURI(uri); ok {
			r.whole(n)
			r.Start = at + strings.Index(part, uri)
			r.End = r.Start + len(uri)
			c.add(r)
		}
		at += len(part) + 1
	}
}

func transitURI(uri string) (Reference, bool) {
	scheme, rest, ok := strings.Cut(uri, "://")
	host, api, found := strings.Cut(rest, "/")
	mount, key, keyed := strings.Cut(strings.TrimPrefix(api, "v1/"), "/keys/")
	if !ok || !found || !keyed || mount == "" || key == "" {
		return Reference{}, false
	}
	return Reference{Dialect: SOPSVault, Backend: "vault", Engine: Transit, Address: scheme + "://" + host, Mount: mount, Path: "keys/" + key,
		Request: mount + "/keys/" + key}, true
}
