package seal

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// A placing says where among the fields of a map a new one goes.
type placing func(fields []manifest.Node, name string) int

func last(fields []manifest.Node, _ string) int { return len(fields) }

func first([]manifest.Node, string) int { return 0 }

// behind places a field behind another one, or last.
func behind(other string) placing {
	return func(fields []manifest.Node, _ string) int {
		for i := range fields {
			if fields[i].Key == other {
				return i + 1
			}
		}
		return len(fields)
	}
}

// inOrder keeps fields sorted by name where they are, and is last where they are not.
func inOrder(fields []manifest.Node, name string) int {
	if !slices.IsSortedFunc(fields, byKey) {
		return len(fields)
	}
	at, _ := slices.BinarySearchFunc(fields, manifest.Node{Key: name}, byKey)
	return at
}

// put returns n with another value at a path. A field that is not there is placed;
// a map on the way that is not there is made, as the last of its fields. What n shares
// with other nodes is not changed.
func put(n manifest.Node, value manifest.Node, at placing, path ...string) manifest.Node {
	if len(path) == 0 {
		value.Key, value.KeyAt = n.Key, n.KeyAt
		return value
	}
	if n.Kind != manifest.Map {
		n = manifest.Node{Key: n.Key, KeyAt: n.KeyAt, At: n.At, Kind: manifest.Map}
	}
	n.Items = slices.Clone(n.Items)
	for i := range n.Items {
		if n.Items[i].Key == path[0] {
			n.Items[i] = put(n.Items[i], value, at, path[1:]...)
			return n
		}
	}
	made := put(manifest.Node{Key: path[0]}, value, at, path[1:]...)
	made.Key = path[0]
	where := len(n.Items)
	if len(path) == 1 {
		where = at(n.Items, path[0])
	}
	n.Items = slices.Insert(n.Items, where, made)
	return n
}

// take returns n without the field at a path, and without the maps on the way that are
// empty then.
func take(n manifest.Node, path ...string) manifest.Node {
	i := slices.IndexFunc(n.Items, func(f manifest.Node) bool { return f.Key == path[0] })
	if n.Kind != manifest.Map || i < 0 {
		return n
	}
	n.Items = slices.Clone(n.Items)
	if len(path) > 1 {
		n.Items[i] = take(n.Items[i], path[1:]...)
		if n.Items[i].Kind != manifest.Map || len(n.Items[i].Items) > 0 {
			return n
		}
	}
	n.Items = slices.Delete(n.Items, i, i+1)
	return n
}

// putAll returns n with other values in the map at a path, each under its key. Keys that
// are not there are placed.
func putAll(n manifest.Node, values map[string]manifest.Node, path ...string) manifest.Node {
	old := n.Lookup(path...)
	all := fields("")
	there := map[string]bool{}
	if old != nil && old.Kind == manifest.Map {
		all.At, all.Style = old.At, old.Style
		all.Items = slices.Clone(old.Items)
	}
	for i := range all.Items {
		key := all.Items[i].Key
		if v, ok := values[key]; ok {
			all.Items[i] = put(all.Items[i], v, last)
		}
		there[key] = true
	}
	sorted := slices.IsSortedFunc(all.Items, byKey)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !there[key] {
			v := values[key]
			v.Key = key
			all.Items = append(all.Items, v)
		}
	}
	if sorted {
		slices.SortStableFunc(all.Items, byKey)
	}
	return put(n, all, first, path...)
}

// takeAll returns n without some fields of the map at a path, and without the maps on
// the way that are empty then.
func takeAll(n manifest.Node, keys map[string]bool, path ...string) manifest.Node {
	old := n.Lookup(path...)
	if old == nil || old.Kind != manifest.Map || len(keys) == 0 {
		return n
	}
	left := *old
	left.Items = slices.DeleteFunc(slices.Clone(left.Items), func(f manifest.Node) bool { return keys[f.Key] })
	if len(left.Items) == 0 {
		return take(n, path...)
	}
	return put(n, left, last, path...)
}

func byKey(a, b manifest.Node) int { return strings.Compare(a.Key, b.Key) }

// says tells whether two nodes say the same, wherever they are written.
func says(a, b *manifest.Node) bool {
	if a.Kind != b.Kind || a.Text != b.Text || len(a.Items) != len(b.Items) {
		return false
	}
	for i := range a.Items {
		if a.Items[i].Key != b.Items[i].Key || !says(&a.Items[i], &b.Items[i]) {
			return false
		}
	}
	return true
}

func text(key, value string) manifest.Node {
	return manifest.Node{Key: key, Kind: manifest.String, Text: value}
}

func fields(key string, items ...manifest.Node) manifest.Node {
	return manifest.Node{Key: key, Kind: manifest.Map, Items: items}
}

func list(key string, items ...manifest.Node) manifest.Node {
	return manifest.Node{Key: key, Kind: manifest.List, Items: items}
}

func yes(key string) manifest.Node {
	return manifest.Node{Key: key, Kind: manifest.Bool, Text: "true"}
}
