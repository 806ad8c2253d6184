package inventory

import (
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// longestText is the length up to which a text of an object is kept whole.
const longestText = 64 << 10

// wholeFact is an object with nearly all that it says. Key: its form; Values: its texts.
const wholeFact = "whole"

// WholeFacts keep an object with all of its fields, for policies of which nobody knows
// what they ask. Values of Secrets, schemas of definitions and texts over 64 KiB are left
// out.
func WholeFacts(d *manifest.Document) []checks.Fact {
	if !d.IsObject() {
		return nil
	}
	root := trimmed(d.Canonical(), d.Object)
	f := former{}
	f.node(root)
	return []checks.Fact{{Kind: wholeFact, Key: string(f.form), Values: f.texts, Where: checks.At(d, "", nil)}}
}

// Whole makes objects of facts. Their places are those in their files.
func Whole(facts []checks.Fact) []*manifest.Document {
	var list []*manifest.Document
	for _, f := range facts {
		if f.Kind != wholeFact {
			continue
		}
		r := unpacker{in: f.Key, texts: f.Values, apart: true}
		if root := r.node(0); !r.failed {
			list = append(list, manifest.NewDocument(f.Where.File, len(list), "", &root))
		}
	}
	return list
}

// trimmed leaves out of an object what may not be kept, and what nobody asks for.
func trimmed(root *manifest.Node, o manifest.Object) *manifest.Node {
	out := *root
	out.Items = slices.Clone(root.Items)
	for i := range out.Items {
		item := &out.Items[i]
		switch {
		case o.Kind == "Secret" && (item.Key == "data" || item.Key == "stringData"):
			*item = emptied(*item)
		case o.Kind == "CustomResourceDefinition" && item.Key == "spec":
			*item = schemaless(*item)
		}
	}
	return &out
}

// emptied is a map with texts that are empty.
func emptied(n manifest.Node) manifest.Node {
	n.Items = slices.Clone(n.Items)
	for i := range n.Items {
		n.Items[i] = manifest.Node{Key: n.Items[i].Key, Kind: manifest.String, KeyAt: n.Items[i].KeyAt, At: n.Items[i].At}
	}
	return n
}

// schemaless is the spec of a definition without what its kind looks like.
func schemaless(n manifest.Node) manifest.Node {
	n.Items = slices.Clone(n.Items)
	for i := range n.Items {
		if n.Items[i].Key == "versions" || n.Items[i].Key == "validation" || n.Items[i].Key == "" {
			n.Items[i] = schemaless(n.Items[i])
		}
	}
	n.Items = slices.DeleteFunc(n.Items, func(item manifest.Node) bool { return item.Key == "schema" || item.Key == "openAPIV3Schema" })
	return n
}

// former writes the form of a tree, and its texts apart from it, so that what must not
// be kept can be cut out of them.
type former struct {
	form  []byte
	texts []string
}

func (f *former) node(n *manifest.Node) {
	f.form = appendPlace(f.form, n)
	switch n.Kind {
	case manifest.Map, manifest.List:
		f.form = appendInt(f.form, len(n.Items))
		for i := range n.Items {
			if n.Kind == manifest.Map {
				f.texts = append(f.texts, n.Items[i].Key)
			}
			f.node(&n.Items[i])
		}
	case manifest.Null:
	default:
		text := n.Text
		if len(text) > longestText {
			text = ""
		}
		f.texts = append(f.texts, strings.Clone(text))
	}
}
