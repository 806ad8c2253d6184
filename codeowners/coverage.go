package codeowners

import (
	"slices"
	"strings"
)

// Coverage counts the paths in and below a folder by what the file makes of
// them. Every path is in exactly one of the last five.
type Coverage struct {
	// Folder is relative to the root; the root itself is empty.
	Folder string
	Paths  int
	// Owned have owners below the fallback, Fallback only those of rules that
	// match everything, Orphaned only owners that are gone.
	Owned, Fallback, Orphaned, Cleared, Unmatched int
}

// Coverage counts for every folder of the tree, sorted by folder, the root
// first. gone holds the owners known not to exist.
func (f *File) Coverage(paths []string, gone OwnerSet) []Coverage {
	byFolder := map[string]*Coverage{"": {}}
	for _, path := range paths {
		path = cleanPath(path)
		o := f.Owners(path).Without(gone)
		for at := len(path); at >= 0; at = strings.LastIndexByte(path[:at], '/') {
			if at == len(path) {
				continue
			}
			folder := path[:at]
			c := byFolder[folder]
			if c == nil {
				c = &Coverage{Folder: folder}
				byFolder[folder] = c
			}
			c.count(o)
		}
		byFolder[""].count(o)
	}
	all := make([]Coverage, 0, len(byFolder))
	for _, c := range byFolder {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b Coverage) int { return strings.Compare(a.Folder, b.Folder) })
	return all
}

func (c *Coverage) count(o Ownership) {
	c.Paths++
	switch {
	case o.Orphaned:
		c.Orphaned++
	case o.State == Unmatched:
		c.Unmatched++
	case o.State == Cleared:
		c.Cleared++
	case o.Fallback:
		c.Fallback++
	default:
		c.Owned++
	}
}
