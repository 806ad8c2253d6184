package inventory

import (
	"encoding/binary"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// A shape says which fields of a tree of nodes are kept; one without fields keeps all
// below it. Lists keep all of their items, so that the fields of an item are found by
// its number.
type shape map[string]shape

// pack writes what a shape keeps of a tree, with the places of its nodes.
func pack(n *manifest.Node, keep shape) string {
	return string(appendNode(nil, n, keep))
}

func appendNode(b []byte, n *manifest.Node, keep shape) []byte {
	b = appendPlace(b, n)
	switch n.Kind {
	case manifest.Map:
		kept := 0
		for i := range n.Items {
			if keeps(keep, n.Items[i].Key) {
				kept++
			}
		}
		b = appendInt(b, kept)
		for i := range n.Items {
			if item := &n.Items[i]; keeps(keep, item.Key) {
				b = appendField(b, item, keep[item.Key])
			}
		}
	case manifest.List:
		b = appendInt(b, len(n.Items))
		for i := range n.Items {
			b = appendNode(b, &n.Items[i], keep)
		}
	case manifest.Null:
	default:
		b = appendText(b, n.Text)
	}
	return b
}

// appendField writes a field of a map. Of annotations and data it is only told that they
// are there, but for a few by which objects say what they are for.
func appendField(b []byte, n *manifest.Node, keep shape) []byte {
	b = appendText(b, n.Key)
	if n.Kind != manifest.Map || n.Key != "annotations" && n.Key != "data" {
		return appendNode(b, n, keep)
	}
	named := *n
	named.Items = nil
	for i := range n.Items {
		item := manifest.Node{Key: n.Items[i].Key, Kind: manifest.String, KeyAt: n.Items[i].KeyAt}
		if says(item.Key) {
			item.Text = n.Items[i].Str()
		}
		named.Items = append(named.Items, item)
	}
	return appendNode(b, &named, keep)
}

// says knows the annotations whose value counts.
func says(annotation string) bool {
	switch annotation {
	case "kubernetes.io/ingress.class", "nginx.ingress.kubernetes.io/canary", "nginx.org/mergeable-ingress-type":
		return true
	}
	return false
}

func keeps(keep shape, key string) bool {
	if len(keep) == 0 {
		return true
	}
	_, ok := keep[key]
	return ok
}

// appendPlace writes what a node is and where it stands.
func appendPlace(b []byte, n *manifest.Node) []byte {
	at := n.Place()
	kind := byte(n.Kind)
	if n.KeyAt != (manifest.Pos{}) {
		kind |= keyed
	}
	b = append(b, kind)
	b = appendInt(b, int(at.Line))
	return appendInt(b, int(at.Column))
}

// keyed marks a node whose key is written. A default has none, and stands where the map
// around it does.
const keyed = 0x10

func appendInt(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)) }

func appendText(b []byte, text string) []byte { return append(appendInt(b, len(text)), text...) }

// unpack reads what pack wrote; nil for anything else.
func unpack(text string) *manifest.Node {
	r := unpacker{in: text}
	n := r.node(0)
	if r.failed || r.in != "" {
		return nil
	}
	return &n
}

// unpacker takes a packed tree apart. After a fault it reads nothing more. The texts may
// stand apart from it.
type unpacker struct {
	in     string
	apart  bool
	texts  []string
	failed bool
}

// deepest is how deep a packed tree may be; the reader of files allows less.
const deepest = 1000

func (r *unpacker) int() int {
	if r.in != "" && r.in[0] < 0x80 {
		n := int(r.in[0])
		r.in = r.in[1:]
		return n
	}
	n, size := binary.Uvarint([]byte(r.in[:min(len(r.in), binary.MaxVarintLen32)]))
	if size <= 0 {
		r.in, r.failed = "", true
		return 0
	}
	r.in = r.in[size:]
	return int(n)
}

// count reads a length, each of which takes a byte at least.
func (r *unpacker) count() int {
	n := r.int()
	if n > len(r.in) {
		r.in, r.failed = "", true
		return 0
	}
	return n
}

func (r *unpacker) text() string {
	if r.apart {
		if len(r.texts) == 0 {
			r.in, r.failed = "", true
			return ""
		}
		text := r.texts[0]
		r.texts = r.texts[1:]
		return text
	}
	n := r.count()
	text := r.in[:n]
	r.in = r.in[n:]
	return text
}

func (r *unpacker) node(depth int) manifest.Node {
	var n manifest.Node
	kind := r.int()
	if kind&^keyed > int(manifest.List) || depth > deepest {
		r.in, r.failed = "", true
		return n
	}
	n.Kind = manifest.Kind(kind &^ keyed)
	at := manifest.Pos{Line: uint32(r.int()), Column: uint32(r.int())}
	if n.At = at; kind&keyed != 0 {
		n.KeyAt = at
	}
	switch n.Kind {
	case manifest.Map:
		n.Items = make([]manifest.Node, r.count())
		for i := range n.Items {
			key := r.text()
			n.Items[i] = r.node(depth + 1)
			n.Items[i].Key = key
		}
	case manifest.List:
		n.Items = make([]manifest.Node, r.count())
		for i := range n.Items {
			n.Items[i] = r.node(depth + 1)
		}
	case manifest.Null:
	default:
		n.Text = r.text()
	}
	return n
}
