package sops

import (
	"strconv"
	"strings"
)

// The signs with which SOPS writes metadata as one line each (stores/flatten.go).
const (
	mapSign  = "__map_"
	listSign = "__list_"
)

// flatten writes a tree as lines: names and values.
func flatten(n *node, name string, add func(name string, v value)) {
	for i, item := range n.items {
		full := name + listSign + strconv.Itoa(i)
		switch {
		case n.shape == isMap && name == "":
			full = item.key
		case n.shape == isMap:
			full = name + mapSign + item.key
		}
		if item.shape == isLeaf {
			add(full, item.value)
			continue
		}
		flatten(item, full, add)
	}
}

// deepestFlat is how deep metadata are: key_groups__list_0__map_age__list_0__map_enc,
// and two more of a context.
const deepestFlat = 8

// unflatten makes a tree of lines. Items of lists come in the order of the lines.
func unflatten(flat []*node) *node {
	root := &node{shape: isMap}
	known := map[string]*node{}
	for _, leaf := range flat {
		at, rest, full := root, leaf.key, ""
		for depth := 0; ; depth++ {
			name, sign, after := nextSign(rest)
			full += sign + "\x00" + name
			if sign == "" || depth == deepestFlat {
				leaf.key = rest
				at.items = append(at.items, leaf)
				break
			}
			child := known[full]
			if child == nil {
				child = &node{shape: isMap, key: name, line: leaf.line}
				if sign == listSign {
					child.shape = isList
				}
				known[full] = child
				at.items = append(at.items, child)
			}
			at, rest = child, after
		}
	}
	return root
}

// nextSign cuts a name at its first sign.
func nextSign(s string) (name, sign, rest string) {
	m, l := strings.Index(s, mapSign), strings.Index(s, listSign)
	switch {
	case m < 0 && l < 0:
		return s, "", ""
	case l < 0 || m >= 0 && m < l:
		return s[:m], mapSign, s[m+len(mapSign):]
	}
	return s[:l], listSign, s[l+len(listSign):]
}

// flatText is the text of a value in a line of metadata (stores/stores.go,
// ValToString).
func flatText(v value) string {
	if v.kind == boolean {
		return v.spelling()
	}
	return strings.ReplaceAll(v.text, "\n", `\n`)
}
