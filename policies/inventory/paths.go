package inventory

import (
	"path"
	"slices"
	"strings"
)

// paths are paths in order, found by the folder above them.
type paths []string

// below are the paths in a folder and in the folders of it; "." is the root of the tree.
func (p paths) below(dir string) paths {
	if dir == "." {
		return p
	}
	from, _ := slices.BinarySearch(p, dir+"/")
	to, _ := slices.BinarySearch(p, dir+"0") // the sign behind the slash
	return p[from:max(from, to)]
}

// in are the paths whose folder it is.
func (p paths) in(dir string) (list paths) {
	for _, name := range p.below(dir) {
		if path.Dir(name) == dir {
			list = append(list, name)
		}
	}
	return list
}

// applied are the files that an agent without a kustomization applies: all below its folder
// or, with Argo CD, those of the folder alone.
func (p paths) applied(a agent) paths {
	if a.by == byArgo {
		return p.in(a.dir)
	}
	return p.below(a.dir)
}

// mostMeant bounds how many folders the path of one agent may mean. One that may mean more
// tells nothing.
const mostMeant = 64

// foldersCalled are the folders with a name, in order; all where part of the name is
// filled in later.
func (b *tree) foldersCalled(name string) []string {
	if strings.ContainsAny(name, "{}") {
		return b.dirs
	}
	return b.called[name]
}

// order lists what was found by its paths.
func (b *tree) order() {
	b.files, b.dirs = sorted(b.byFile), sorted(b.folders)
	b.built, b.broken = sorted(b.builds), sorted(b.unread)
	b.called = map[string][]string{}
	for _, dir := range b.dirs {
		b.called[path.Base(dir)] = append(b.called[path.Base(dir)], dir)
	}
}
