package codeowners

import (
	"slices"
	"strings"
)

// NewName is the name of things that do not exist yet, in the paths of [Probes].
const NewName = "__new__"

// Probes are paths no tree has yet: a new file and a new folder in every folder
// of the paths, and what the rules of the files speak of. A change of ownership
// that only future files would feel shows in them. Sorted, without what is among
// the paths, and without what would lie below one of them.
func Probes(paths []string, files ...*File) []string {
	known := map[string]bool{}
	folders := map[string]bool{"": true}
	for _, path := range paths {
		path = cleanPath(path)
		known[path] = true
		for at := strings.LastIndexByte(path, '/'); at > 0; at = strings.LastIndexByte(path[:at], '/') {
			if folders[path[:at]+"/"] {
				break
			}
			folders[path[:at]+"/"] = true
		}
	}
	var probes []string
	for folder := range folders {
		probes = append(probes, folder+NewName+".yaml", folder+NewName+"/"+NewName+".yaml")
	}
	for _, f := range files {
		if f == nil {
			continue
		}
		for _, r := range f.Rules {
			if made, ok := r.pattern.sample(NewName, 0); ok && r.pattern.expr == nil {
				probes = append(probes, made...)
			}
		}
	}
	probes = slices.DeleteFunc(probes, func(p string) bool {
		for folder := range parents(p) {
			if known[folder] { // a file
				return true
			}
		}
		return known[p]
	})
	slices.Sort(probes)
	return slices.Compact(probes)
}
