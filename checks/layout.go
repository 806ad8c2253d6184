package checks

import (
	"path"
	"slices"
	"strings"
)

// Layout is what the paths of a tree and its configuration say about its parts.
type Layout struct {
	// Repository is the name under which fingerprints are made.
	Repository string
	// Folder is the folder that is judged, from the root; "" for all of the tree.
	Folder string
	// Environments are the configured environments, first match first.
	Environments []Environment

	roots map[string]rootKind
}

// rootKind is what makes a folder a build root.
type rootKind uint8

const (
	kustomizationRoot rootKind = iota + 1
	chartRoot
)

// Environment is a part of the tree that is deployed to one place.
type Environment struct {
	Name  string
	Paths []string // globs; see MatchPath
}

// WithFiles returns l with the build roots that the paths of a tree show: every
// folder with a kustomization or a chart.
func (l Layout) WithFiles(paths []string) Layout {
	l.roots = map[string]rootKind{}
	for _, p := range paths {
		switch path.Base(p) {
		case "kustomization.yaml", "kustomization.yml", "Kustomization":
			l.roots[path.Dir(p)] = kustomizationRoot
		case "Chart.yaml":
			l.roots[path.Dir(p)] = chartRoot
		}
	}
	return l
}

// Environment returns the name of the environment to which a path belongs, or "".
func (l Layout) Environment(file string) string {
	for _, e := range l.Environments {
		if slices.ContainsFunc(e.Paths, func(glob string) bool { return MatchPath(glob, file) }) {
			return e.Name
		}
	}
	return ""
}

// BuildRoot returns the nearest folder above a file that is built as one (a
// kustomization or a chart), or the folder of the file itself.
func (l Layout) BuildRoot(file string) string {
	if root, _ := l.root(file); root != "" {
		return root
	}
	return path.Dir(file)
}

// Below returns a path from the folder that is judged.
func (l Layout) Below(file string) string {
	return strings.TrimPrefix(strings.TrimPrefix(file, l.Folder), "/")
}

// InChart tells whether a file belongs to a Helm chart.
func (l Layout) InChart(file string) bool {
	_, kind := l.root(file)
	return kind == chartRoot
}

// Plain tells whether no kustomization and no chart builds the file's folder.
func (l Layout) Plain(file string) bool {
	root, _ := l.root(file)
	return root == ""
}

func (l Layout) root(file string) (string, rootKind) {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		if kind := l.roots[dir]; kind != 0 {
			return dir, kind
		}
		if dir == "." || dir == "/" {
			return "", 0
		}
	}
}

// scope is the part of the tree in which an object's identity is unique.
func (l Layout) scope(file string) string {
	if env := l.Environment(file); env != "" {
		return "environment " + env
	}
	return l.BuildRoot(file)
}

// MatchPath tells whether a glob matches a path from the root. "*" and "?" stand
// for anything but a slash, "**" for any number of folders; a glob that names a
// folder covers everything below it, and one without a slash matches at any
// depth, as in a .gitignore.
func MatchPath(glob, file string) bool {
	glob = strings.TrimPrefix(strings.TrimSuffix(glob, "/"), "./")
	if rest, anchored := strings.CutPrefix(glob, "/"); anchored {
		glob = rest
	} else if !strings.Contains(glob, "/") {
		glob = "**/" + glob
	}
	return matchParts(strings.Split(glob, "/"), strings.Split(file, "/"))
}

// matchParts goes back to the last "**" only, which is enough and keeps the time
// within the product of the lengths.
func matchParts(glob, file []string) bool {
	g, f, star, mark := 0, 0, -1, 0
	for g < len(glob) {
		switch {
		case glob[g] == "**":
			star, mark = g, f
			g++
		case f < len(file) && matchPart(glob[g], file[f]):
			g, f = g+1, f+1
		case star >= 0 && mark < len(file):
			mark++
			g, f = star+1, mark
		default:
			return false
		}
	}
	return true
}

func matchPart(glob, name string) bool {
	ok, err := path.Match(glob, name)
	return err == nil && ok
}
