package survey

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// A candidate is a folder or file that is called like an environment.
type candidate struct {
	path   string
	isFile bool
	label  label
	// held tells that it lies in a folder of environments: clusters, overlays, envs.
	held bool
	// sure is false for a file that only goes along with others.
	sure bool

	deployable int
	twins      map[string]bool // paths of its first deployable files, from itself
}

// candidates finds the folders and files that are called like environments,
// wherever something may be deployed from.
func candidates(t tree, words vocabulary) []candidate {
	var list []candidate
	seen := map[string]bool{}
	for _, p := range t.paths {
		if c, ok := fileCandidate(p, words); ok {
			list = append(list, c)
		}
		folders(p, func(dir string) {
			if seen[dir] {
				return
			}
			seen[dir] = true
			if l, ok := words.read(path.Base(dir)); ok && !isAside(dir+"/") {
				list = append(list, candidate{path: dir, label: l, held: holdsEnvironments(path.Dir(dir)), sure: true})
			}
		})
	}
	slices.SortFunc(list, func(a, b candidate) int { return strings.Compare(a.path, b.path) })
	return list
}

// fileCandidate knows values files of one environment, and files in a folder of
// environments that are called like one.
func fileCandidate(file string, words vocabulary) (candidate, bool) {
	base, ext, dir := path.Base(file), path.Ext(file), path.Dir(file)
	if ext != ".yaml" && ext != ".yml" || isAside(file) {
		return candidate{}, false
	}
	c := candidate{path: file, isFile: true, held: holdsEnvironments(dir), deployable: 1}
	ok := false
	if c.label, c.sure, ok = words.file(base); ok {
		return c, true
	}
	if c.held || strings.EqualFold(path.Base(dir), "values") {
		c.label, ok = words.read(strings.TrimSuffix(base, ext))
		c.sure = true
	}
	return c, ok
}

// holdsEnvironments knows the names of folders in which environments lie side by
// side.
func holdsEnvironments(dir string) bool {
	switch strings.ToLower(path.Base(dir)) {
	case "clusters", "cluster", "environments", "environment", "envs", "env", "overlays", "overlay", "stages":
		return true
	}
	return false
}

// environments proposes environments from candidates, and tells which were not
// taken for one.
func environments(t tree, words vocabulary, named []candidate, c *contents) ([]checks.Environment, Doubts) {
	countDeployable(t, named, c)
	named = slices.DeleteFunc(named, func(n candidate) bool { return n.deployable == 0 })
	accepted := accept(named)
	keys := environmentKeys(named, accepted)
	a := assign(t, named, accepted, keys, c)
	envs, doubts := a.environments(words)
	for i, n := range named {
		if !accepted[i] && n.sure && !a.inEnvironment(n) {
			doubts.Count++
			if len(doubts.Paths) < mostPathsTold {
				doubts.Paths = append(doubts.Paths, n.path)
			}
		}
	}
	return envs, doubts
}

// countDeployable counts what is deployed from below each folder.
func countDeployable(t tree, named []candidate, c *contents) {
	byPath := map[string]*candidate{}
	for i := range named {
		if !named[i].isFile {
			named[i].twins = map[string]bool{}
			byPath[named[i].path] = &named[i]
		}
	}
	for _, p := range t.paths {
		if !c.isDeployable(p) {
			continue
		}
		folders(p, func(dir string) {
			if n := byPath[dir]; n != nil {
				n.deployable++
				if len(n.twins) < mostTwins {
					n.twins[p[len(dir)+1:]] = true
				}
			}
		})
	}
}

// accept tells which candidates are environments. A name is enough by itself only
// where it is a telling word and nothing else; otherwise the place (a folder of
// environments), a sibling of another environment, or the same environment
// elsewhere has to speak for it.
func accept(named []candidate) []bool {
	accepted := make([]bool, len(named))
	siblings := map[string][]int{}
	for i, n := range named {
		group := path.Dir(n.path)
		if n.isFile {
			group += "\x00"
		}
		siblings[group] = append(siblings[group], i)
	}
	established := map[string]bool{}
	for _, group := range siblings {
		some := group[:min(len(group), mostSiblings)]
		for _, i := range group {
			n := named[i]
			if !n.sure {
				continue
			}
			plain := n.label.rest == ""
			accepted[i] = n.held && (plain || n.label.telling) || plain && n.label.telling ||
				slices.ContainsFunc(some, func(j int) bool { return named[j].sure && n.hasSibling(named[j]) })
			if accepted[i] {
				established[n.label.key()] = true
			}
		}
	}
	for i, n := range named {
		accepted[i] = accepted[i] || established[n.label.key()] && (n.isFile || n.label.telling || n.isDirect())
	}
	return accepted
}

// hasSibling tells whether other, in the same folder, speaks for n: the same
// thing at another place, or the same telling place again; in a folder of
// environments any other one.
func (n candidate) hasSibling(other candidate) bool {
	a, b := n.label, other.label
	switch {
	case n.held:
		return a.name != b.name && (b.telling || n.resembles(other))
	case a.place == b.place:
		return a.rest != b.rest && a.telling
	case a.rest == b.rest:
		return a.telling || b.telling || n.resembles(other)
	case a.rest == "":
		return b.telling || n.resembles(other)
	case b.rest == "":
		return a.telling || n.resembles(other)
	}
	return false
}

// resembles tells whether both hold a file of the same name at the same place, as
// the environments of a promotion do. Two values files always do.
func (n candidate) resembles(other candidate) bool {
	if n.isFile && other.isFile {
		return true
	}
	for p := range n.twins {
		if other.twins[p] {
			return true
		}
	}
	return false
}

// isDirect tells whether a file that is deployed lies right in the folder.
func (n candidate) isDirect() bool {
	for p := range n.twins {
		if !strings.Contains(p, "/") {
			return true
		}
	}
	return false
}

// environmentKeys gives each accepted candidate the key of its environment. Words
// for the same place are one environment, except where they stand side by side.
func environmentKeys(named []candidate, accepted []bool) []string {
	type place struct{ dir, key string }
	first, apart := map[place]string{}, map[string]bool{}
	for i, n := range named {
		if !accepted[i] {
			continue
		}
		at := place{path.Dir(n.path), n.label.key()}
		if name, ok := first[at]; ok && name != n.label.name {
			apart[n.label.key()] = true
		}
		first[at] = n.label.name
	}
	keys := make([]string, len(named))
	for i, n := range named {
		switch {
		case !accepted[i]:
		case apart[n.label.key()]:
			keys[i] = "name " + n.label.name
		default:
			keys[i] = n.label.key()
		}
	}
	return keys
}

// assignment says to which environment each path belongs.
type assignment struct {
	tree  tree
	keys  []string       // of the environments, by number
	names []label        // the same, with the name that most of its files have
	sizes []int          // how many deployable files
	of    []int          // the environment of each path, or nowhere
	roots map[string]int // environment of each accepted folder or file
}

const nowhere = -1

// assign gives every path to one environment: that of the outermost folder in a
// folder of environments, else of the outermost folder.
func assign(t tree, named []candidate, accepted []bool, keys []string, c *contents) *assignment {
	a := &assignment{tree: t, of: make([]int, len(t.paths)), roots: map[string]int{}}
	byPath, numbers := map[string]int{}, map[string]int{}
	for i, n := range named {
		if !accepted[i] {
			continue
		}
		if _, ok := numbers[keys[i]]; !ok {
			numbers[keys[i]] = len(a.keys)
			a.keys = append(a.keys, keys[i])
		}
		byPath[n.path] = i
	}
	spellings := make([]map[label]int, len(a.keys))
	a.sizes = make([]int, len(a.keys))
	for i, p := range t.paths {
		a.of[i] = nowhere
		owner, ok := ownerOf(p, named, byPath)
		if !ok {
			continue
		}
		e := numbers[keys[owner]]
		a.of[i] = e
		a.roots[named[owner].path] = e
		if c.isDeployable(p) || named[owner].isFile {
			a.sizes[e]++
			if spellings[e] == nil {
				spellings[e] = map[label]int{}
			}
			spellings[e][named[owner].label]++
		}
	}
	a.names = make([]label, len(a.keys))
	for e, counts := range spellings {
		a.names[e] = mostUsed(counts)
	}
	return a
}

func ownerOf(file string, named []candidate, byPath map[string]int) (owner int, ok bool) {
	consider := func(p string) {
		i, is := byPath[p]
		if is && (!ok || named[i].held && !named[owner].held) {
			owner, ok = i, true
		}
	}
	folders(file, consider)
	consider(file)
	return owner, ok
}

func mostUsed(counts map[label]int) label {
	var best label
	most := 0
	for l, n := range counts {
		if n > most || n == most && (len(l.name) > len(best.name) || len(l.name) == len(best.name) && l.name < best.name) {
			best, most = l, n
		}
	}
	return best
}

func (a *assignment) inEnvironment(n candidate) bool {
	if n.isFile {
		i, ok := slices.BinarySearch(a.tree.paths, n.path)
		return ok && a.of[i] != nowhere
	}
	from, to := a.tree.below(n.path)
	return slices.ContainsFunc(a.of[from:to], func(e int) bool { return e != nowhere })
}

// environments gives those that have something to deploy, in the order of a
// promotion, with the fewest globs.
func (a *assignment) environments(words vocabulary) ([]checks.Environment, Doubts) {
	var order []int
	for e := range a.keys {
		if a.sizes[e] > 0 {
			order = append(order, e)
		}
	}
	slices.SortFunc(order, func(x, y int) int {
		l, m := a.names[x], a.names[y]
		return cmp.Or(cmp.Compare(words.order[l.place], words.order[m.place]), strings.Compare(l.rest, m.rest), strings.Compare(l.name, m.name))
	})
	var doubts Doubts
	if over := len(order) - mostEnvironments; over > 0 {
		doubts.MoreEnvironments = over
		order = order[:mostEnvironments]
	}
	g := newGlobber(a)
	var envs []checks.Environment
	for _, e := range order {
		globs, more := g.globs(e)
		doubts.MoreGlobs += more
		if len(globs) > 0 {
			envs = append(envs, checks.Environment{Name: a.names[e].name, Paths: globs})
		}
	}
	return envs, doubts
}
