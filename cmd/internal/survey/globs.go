package survey

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// From how many folders on one glob stands for all of them: the top folder of a
// repository says what lies in it, so it is only left open for many.
const (
	fewestForStar     = 2
	fewestForTopStar  = 4
	mostWithoutDouble = 6 // globs, before "**" is tried
	fewestForDouble   = 3
)

// globber writes globs for the files of an environment that match no other file.
type globber struct {
	*assignment
	nodes map[string][]node // folders and files by their name, of the names that globs end in
	steps int               // that may still be made
}

// node is a folder or file and the environment of all that is in it, or nowhere.
type node struct {
	path        string
	environment int
}

func newGlobber(a *assignment) *globber {
	g := &globber{assignment: a, nodes: map[string][]node{}, steps: mostSteps}
	names, seen := map[string]bool{}, map[string]bool{}
	for p := range a.roots {
		names[path.Base(p)] = true
	}
	for i, p := range a.tree.paths {
		folders(p, func(dir string) {
			if seen[dir] {
				return
			}
			seen[dir] = true
			if base := path.Base(dir); names[base] {
				from, to := a.tree.below(dir)
				g.nodes[base] = append(g.nodes[base], node{dir, only(a.of[from:to])})
			}
		})
		if base := path.Base(p); names[base] {
			g.nodes[base] = append(g.nodes[base], node{p, a.of[i]})
		}
	}
	return g
}

// only returns the one environment of all files, or nowhere.
func only(environments []int) int {
	if len(environments) == 0 || slices.ContainsFunc(environments, func(e int) bool { return e != environments[0] }) {
		return nowhere
	}
	return environments[0]
}

// globs gives the globs of an environment and how many were left out.
func (g *globber) globs(e int) (globs []string, more int) {
	roots := g.wholeRoots(e)
	if len(roots) > mostRoots {
		more = len(roots) - mostRoots
		roots = roots[:mostRoots]
	}
	var list [][]string
	for _, r := range roots {
		parts := strings.Split(r, "/")
		literal := literalGlob(parts)
		if strings.Contains(written(literal), "?") && !g.isExactAnywhere(written(literal), e) {
			more++
			continue
		}
		list = append(list, literal)
	}
	list = g.starred(list, e)
	if len(list) > mostWithoutDouble {
		list = g.doubleStarred(list, e)
	}
	for _, parts := range list {
		globs = append(globs, written(parts))
	}
	slices.Sort(globs)
	if over := len(globs) - mostGlobs; over > 0 {
		more += over
		globs = globs[:mostGlobs]
	}
	return globs, more
}

// written is a glob from the root: one without a slash would match at any depth.
func written(parts []string) string {
	if len(parts) == 1 {
		return "/" + parts[0]
	}
	return strings.Join(parts, "/")
}

// literalGlob is a path as a glob. "?" stands for what a glob cannot hold: signs
// that mean something in it, control characters, bytes that are no text.
func literalGlob(parts []string) []string {
	out := make([]string, len(parts))
	for i, part := range parts {
		var b strings.Builder
		for at := 0; at < len(part); {
			r, size := utf8.DecodeRuneInString(part[at:])
			if r == utf8.RuneError || !unicode.IsPrint(r) || strings.ContainsRune(`*?[]{}\`, r) || r == '!' && at == 0 {
				b.WriteByte('?')
			} else {
				b.WriteRune(r)
			}
			at += size
		}
		out[i] = b.String()
	}
	return out
}

// wholeRoots are the folders and files that lie in the environment as a whole: an
// accepted folder, or what remains of it where another environment lies in it.
func (g *globber) wholeRoots(e int) []string {
	var roots []string
	for p, environment := range g.roots {
		if environment != e {
			continue
		}
		if g.tree.has(p) {
			roots = append(roots, p)
			continue
		}
		from, to := g.tree.below(p)
		roots = g.split(roots, p, from, to, e)
	}
	slices.Sort(roots)
	return outermost(roots)
}

// outermost leaves out what lies in a folder that is there itself.
func outermost(sorted []string) []string {
	is := map[string]bool{}
	return slices.DeleteFunc(sorted, func(p string) bool {
		inside := false
		folders(p, func(dir string) { inside = inside || is[dir] })
		is[p] = true
		return inside
	})
}

func (g *globber) split(roots []string, dir string, from, to, e int) []string {
	if only(g.of[from:to]) == e {
		return append(roots, dir)
	}
	for i := from; i < to && len(roots) <= mostRoots; {
		name, _, isFolder := strings.Cut(g.tree.paths[i][len(dir)+1:], "/")
		child := dir + "/" + name
		if !isFolder {
			if g.of[i] == e {
				roots = append(roots, child)
			}
			i++
			continue
		}
		_, end := g.tree.below(child)
		roots = g.split(roots, child, i, end, e)
		i = end
	}
	return roots
}

// starred puts "*" for the folders in which globs differ, the most at a time.
func (g *globber) starred(list [][]string, e int) [][]string {
	for range mostMerges {
		glob, members := g.bestStar(list, e)
		if glob == nil {
			return list
		}
		list = without(list, members, glob)
	}
	return list
}

// merge is a glob that may stand for several.
type merge struct {
	glob    []string
	at      int // the folder that it leaves open
	members []int
}

func (g *globber) bestStar(list [][]string, e int) (glob []string, members []int) {
	merges := map[string]*merge{}
	for i, parts := range list {
		for at := range len(parts) - 1 {
			if parts[at] == "*" || !g.mayCompare() {
				continue
			}
			open := slices.Clone(parts)
			open[at] = "*"
			add(merges, open, at, i)
		}
	}
	for _, m := range byGain(merges) {
		fewest := fewestForStar
		if m.at == 0 {
			fewest = fewestForTopStar
		}
		if len(m.members) >= fewest && g.isExact(m.glob, e) {
			return m.glob, m.members
		}
	}
	return nil, nil
}

// doubleStarred puts "**" before the ends that globs have in common.
func (g *globber) doubleStarred(list [][]string, e int) [][]string {
	for range mostMerges {
		merges := map[string]*merge{}
		for i, parts := range list {
			for n := 1; n <= 2 && n < len(parts); n++ {
				if end := parts[len(parts)-n:]; parts[0] != "**" && !slices.Contains(end, "*") && g.mayCompare() {
					add(merges, append([]string{"**"}, end...), n, i)
				}
			}
		}
		found := false
		for _, m := range byGain(merges) {
			if len(m.members) >= fewestForDouble && g.isExact(m.glob, e) {
				list, found = without(list, m.members, m.glob), true
				break
			}
		}
		if !found {
			break
		}
	}
	return list
}

func add(merges map[string]*merge, glob []string, at, member int) {
	key := strings.Join(glob, "/")
	if merges[key] == nil {
		merges[key] = &merge{glob: glob, at: at}
	}
	merges[key].members = append(merges[key].members, member)
}

// byGain puts the globs first that stand for most, then those that say most.
func byGain(merges map[string]*merge) []*merge {
	var list []*merge
	for _, m := range merges {
		if len(m.members) > 1 {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b *merge) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), cmp.Compare(b.at, a.at), slices.Compare(a.glob, b.glob))
	})
	return list
}

func without(list [][]string, members []int, glob []string) [][]string {
	out := [][]string{glob}
	for i, parts := range list {
		if len(members) > 0 && members[0] == i { // members are in rising order
			members = members[1:]
			continue
		}
		out = append(out, parts)
	}
	return out
}

// isExact tells whether a glob that ends in a plain name matches only files of the
// environment. It matches just what lies below folders and files of that name.
func (g *globber) isExact(parts []string, e int) bool {
	glob, nodes := written(parts), g.nodes[parts[len(parts)-1]]
	if len(nodes) == 0 {
		return false
	}
	for _, n := range nodes {
		if !g.mayCompare() || n.environment != e && checks.MatchPath(glob, n.path) {
			return false
		}
	}
	return true
}

func (g *globber) isExactAnywhere(glob string, e int) bool {
	for i, p := range g.tree.paths {
		if !g.mayCompare() || g.of[i] != e && checks.MatchPath(glob, p) {
			return false
		}
	}
	return true
}

// mayCompare counts a step of work. When there are no more, a glob counts as
// inexact, and folders are listed one by one.
func (g *globber) mayCompare() bool {
	g.steps--
	return g.steps >= 0
}
