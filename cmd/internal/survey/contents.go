package survey

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// groupKind is the type of a Kubernetes object, without its version.
type groupKind struct{ group, kind string }

// contents is what has been read of a tree.
type contents struct {
	tree         tree
	read         func(path string) ([]byte, error)
	kinds        map[string][]groupKind // by path, of the manifests that were read
	unread       map[string]bool        // YAML files that a limit left out
	certificates []string               // paths of those that Secrets are sealed with
	bytes        int64
	reading      Reading
}

// readManifests reads the YAML and JSON files that do not say by their name what
// they are. Those below a folder that may be an environment come first, then one
// file of each folder after the other, so that a limit leaves out no folder whole.
func (c *contents) readManifests(named []candidate) {
	dirs := map[string]bool{}
	for _, n := range named {
		dirs[n.path] = true
	}
	type wanted struct {
		path        string
		class, turn int
	}
	var list []wanted
	turns := map[string]int{}
	for _, p := range c.tree.paths {
		if !isDataName(p) || isNamedPart(p) || isValuesName(p) {
			continue
		}
		w := wanted{path: p, class: 1, turn: turns[path.Dir(p)]}
		turns[path.Dir(p)]++
		folders(p, func(dir string) {
			if dirs[dir] {
				w.class = 0
			}
		})
		if path.Ext(p) == ".json" {
			w.class = 2
		}
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b wanted) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.turn, b.turn), strings.Compare(a.path, b.path))
	})
	c.reading.Files = len(list)
	for i, w := range list {
		if i >= mostFilesRead || c.bytes >= mostBytesRead {
			c.unread[w.path] = w.class < 2
			continue
		}
		if data, ok := c.content(w.path); ok {
			c.reading.Read++
			c.kinds[w.path] = kindsOf(w.path, data)
		}
	}
}

// content reads one file within the limits.
func (c *contents) content(file string) ([]byte, bool) {
	data, err := c.read(file)
	c.bytes += int64(len(data))
	if err != nil || len(data) > largestFileRead {
		c.reading.Unreadable++
		return nil, false
	}
	return data, true
}

// templatedManifest stands for an object that a template engine makes.
const templatedManifest = "manifest with template actions"

func kindsOf(name string, data []byte) []groupKind {
	lim := manifest.DefaultLimits()
	lim.FileBytes, lim.Documents = largestFileRead, 1_000
	f := manifest.Read(name, data, lim)
	var kinds []groupKind
	add := func(k groupKind) {
		if !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	for _, d := range f.Documents {
		if d.IsObject() {
			add(groupKind{d.Object.Group(), d.Object.Kind})
		}
	}
	for _, b := range f.Broken {
		if b.Manifest {
			add(groupKind{kind: templatedManifest})
		}
	}
	if f.Form == manifest.FormHelmTemplate {
		add(groupKind{kind: templatedManifest})
	}
	return kinds
}

// isDeployable tells whether a file is made to be deployed: a part of a
// kustomization or chart by its name, a values file, or a manifest. A YAML file
// that a limit left out is taken for one.
func (c *contents) isDeployable(file string) bool {
	return (isNamedPart(file) || isValuesName(file) || len(c.kinds[file]) > 0 || c.unread[file]) && !isAside(file)
}

func (c *contents) anyDeployable() bool { return slices.ContainsFunc(c.tree.paths, c.isDeployable) }

func isDataName(file string) bool {
	switch path.Ext(file) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// isNamedPart knows the files that Kustomize and Helm find by name.
func isNamedPart(file string) bool { return isKustomization(file) || path.Base(file) == "Chart.yaml" }

func isKustomization(file string) bool {
	switch path.Base(file) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return true
	}
	return false
}

// isValuesName knows the names that Helm users give to values files.
func isValuesName(file string) bool {
	switch path.Ext(file) {
	case ".yaml", ".yml":
		return slices.Contains(tokens(strings.TrimSuffix(path.Base(file), path.Ext(file))), "values")
	}
	return false
}

// isAside tells whether a file lies where nothing is deployed from: among tests,
// examples, documentation, code of others, or in a hidden folder.
func isAside(file string) bool {
	aside := false
	folders(file, func(dir string) { aside = aside || isAsideName(path.Base(dir)) })
	return aside
}

func isAsideName(folder string) bool {
	if strings.HasPrefix(folder, ".") {
		return true
	}
	switch strings.TrimLeft(strings.ToLower(folder), "_") {
	case "docs", "doc", "example", "examples", "sample", "samples", "fixture", "fixtures", "testdata", "tests", "e2e", "unittests",
		"node_modules", "vendor", "third_party", "src", "hack", "scripts", "templates", "ci", "archive", "archived":
		return true
	}
	return false
}
