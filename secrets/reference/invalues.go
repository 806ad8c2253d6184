package reference

import (
	"regexp"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// storesInValues returns the stores that what installs a chart hands to it among its
// values, as objects to make besides: extraObjects and the like. What they are like, the
// chart decides, so that nothing but the name is told; one without a name, or in a text,
// may be any.
func storesInValues(d *manifest.Document) (stores []Store) {
	if !isPackage(d.Object.Group(), d.Object.Kind) {
		return nil
	}
	add := func(n *manifest.Node, kind, name string) {
		if len(stores) >= mostInValues {
			return
		}
		if name == "" {
			name = anyName
		}
		s := Store{Dialect: ESO, StoreName: StoreName{Kind: kind, Name: name}}
		s.place(n)
		stores = append(stores, s)
	}
	var walk func(n *manifest.Node)
	walk = func(n *manifest.Node) {
		if kind := n.Get("kind"); isESOStore(kind.Str()) && strings.HasPrefix(n.Get("apiVersion").Str(), groupESO+"/") {
			add(kind, kind.Text, n.Lookup("metadata", "name").Str())
		}
		if n.Kind == manifest.String && strings.Contains(n.Text, "SecretStore") {
			for _, found := range storeInText.FindAllStringSubmatch(n.Text, mostInValues) {
				add(n, found[1], "")
			}
		}
		for i := range n.Items {
			walk(&n.Items[i])
		}
	}
	walk(d.Root)
	return stores
}

// anyName is a name that is filled in later.
const anyName = "${name}"

// mostInValues is how many stores of one document are told.
const mostInValues = 1000

// storeInText is how an object begins that is a store, and no reference to one.
var storeInText = regexp.MustCompile(`(?m)^[ \t-]*apiVersion:[ \t]*["']?external-secrets\.io/[a-z0-9]+["']?[ \t]*\r?\n[ \t]*kind:[ \t]*(SecretStore|ClusterSecretStore)\b`)
