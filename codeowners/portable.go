package codeowners

import (
	"slices"
	"strings"
)

// Unportable is a path that has other owners on another host, under the same
// file.
type Unportable struct {
	Path    string
	Dialect Dialect
	// Here is the answer of the dialect asked for, There that of Dialect.
	Here, There Ownership
}

// Portability reads the same bytes in another dialect too and returns the paths
// that are asked of other people there, in the order of the paths.
func Portability(data []byte, here, there Dialect, paths []string) []Unportable {
	f, g := Parse(data, here), Parse(data, there)
	var found []Unportable
	for _, path := range paths {
		a, b := f.Owners(path), g.Owners(path)
		if asked(a) != asked(b) {
			found = append(found, Unportable{Path: path, Dialect: g.Dialect, Here: a, There: b})
		}
	}
	return found
}

// asked is equal for two answers exactly when the same sets of people are asked.
func asked(o Ownership) string {
	var sets []string
	for _, d := range o.Decisions {
		if len(d.Owners) > 0 {
			sets = append(sets, setKey(d.Owners))
		}
	}
	slices.Sort(sets)
	return strings.Join(slices.Compact(sets), "\n\n")
}
