package vault

import (
	"slices"
	"strings"
)

const (
	// mostNearest bounds the names that an answer suggests: it is to help with a
	// slip, and no way to list what others keep.
	mostNearest = 3
	// longestName is the length in bytes from which a name is no misspelling of
	// anything, so that hostile input costs nothing.
	longestName = 64
)

// nearest returns the names that are most like the one asked for, best first. One
// is like it where at most a third of the letters would have to change; case, and
// "_", "." and "-" for each other, do not count.
func nearest(asked string, names []string) []string {
	type near struct {
		name    string
		changes int
	}
	var found []near
	folded := fold(asked)
	if len(folded) > longestName {
		return nil
	}
	for _, name := range names {
		candidate := fold(name)
		if name == asked || len(candidate) > longestName {
			continue
		}
		allowed := min(max(1, max(len(folded), len(candidate))/3), min(len(folded), len(candidate))-1)
		if changes := distance(folded, candidate); changes <= allowed {
			found = append(found, near{name, changes})
		}
	}
	slices.SortFunc(found, func(a, b near) int {
		if a.changes != b.changes {
			return a.changes - b.changes
		}
		return strings.Compare(a.name, b.name)
	})
	var best []string
	for _, n := range found[:min(len(found), mostNearest)] {
		best = append(best, n.name)
	}
	return best
}

func fold(name string) string {
	return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
}

// distance counts the bytes to insert, drop, replace or swap with their neighbour
// to make b of a (optimal string alignment).
func distance(a, b string) int {
	var before []int // the row before last
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := last[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(last[j]+1, row[j-1]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
