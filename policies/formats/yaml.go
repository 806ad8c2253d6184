package formats

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// readYAML reads the documents of a file. conftest cuts a file at lines that are
// "---" and nothing else, and reads the first document of each part; one without any
// is null, and counts. The documents that it does not read, and the items of Lists,
// are More.
func readYAML(name string, data []byte) (Text, error) {
	var t Text
	parts := cut(data)
	list := &manifest.Node{Kind: manifest.List}
	line := 0
	for _, part := range parts {
		trees, broken := manifest.ReadTrees(name, part, manifest.DefaultLimits())
		if len(broken) > 0 {
			return Text{}, fmt.Errorf("line %d: %s", line+int(broken[0].At.Line), broken[0].Reason)
		}
		line += bytes.Count(part, []byte("\n")) + 2
		if len(trees) > 0 && !bytes.HasSuffix(part, []byte("\n")) {
			endWithoutLine(trees[len(trees)-1])
		}
		first := manifest.Node{Kind: manifest.Null}
		for i, tree := range trees {
			asFloats(tree)
			if i == 0 {
				first = *tree
			} else {
				t.More = append(t.More, tree)
			}
			t.More = append(t.More, itemsOf(tree)...)
		}
		list.Items = append(list.Items, first)
	}
	t.Value = list
	if len(parts) == 1 {
		t.Value = &list.Items[0]
	}
	return t, nil
}

// cut cuts a text as conftest does: at "---" between two line ends, which are CRLF
// where the text has one at all. A text that begins with a directive keeps it
// together with its first document.
func cut(data []byte) [][]byte {
	end := "\n"
	if bytes.Contains(data, []byte("\r\n")) {
		end = "\r\n"
	}
	separator := []byte(end + "---" + end)
	parts := bytes.Split(data, separator)
	if !bytes.HasPrefix(data, []byte("%")) || len(parts) < 2 {
		return parts
	}
	first := bytes.Join(parts[:2], separator)
	return append([][]byte{first}, parts[2:]...)
}

// endWithoutLine takes the line end off a block scalar with which a part ends, as the
// cut has taken it off the part; kubectl's reader, which ReadTrees follows, puts one
// there.
func endWithoutLine(root *manifest.Node) {
	last := root
	root.Walk(func(_ func() string, n *manifest.Node) bool {
		if at, end := n.At, last.At; at.Line > end.Line || at.Line == end.Line && at.Column >= end.Column {
			last = n
		}
		return true
	})
	if last.Style == manifest.Literal || last.Style == manifest.Folded {
		last.Text = strings.TrimSuffix(last.Text, "\n")
	}
}

// itemsOf are the objects in a List, Lists in it included.
func itemsOf(root *manifest.Node) []*manifest.Node {
	items := root.Get("items")
	if items == nil || items.Kind != manifest.List || !strings.HasSuffix(root.Get("kind").Str(), "List") {
		return nil
	}
	var out []*manifest.Node
	for i := range items.Items {
		if item := &items.Items[i]; item.Kind == manifest.Map {
			out = append(append(out, item), itemsOf(item)...)
		}
	}
	return out
}
