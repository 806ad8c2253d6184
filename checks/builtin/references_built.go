package builtin

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// factBuilt is a kustomization, for what an environment takes from common bases. Key: its
// folder; Values: how it may change what it takes, and what it names.
const factBuilt = "built"

// How a kustomization may change which Secrets its objects read.
const (
	changesNothing = ""
	changesUnseen  = "unseen" // by patches in files
	changesReaders = "readers"
)

// builtFact is what a kustomization takes; ok is false for another document.
func builtFact(d *manifest.Document) (f checks.Fact, ok bool) {
	if !isKustomizationFile(d) || d.Root.Kind != manifest.Map {
		return checks.Fact{}, false
	}
	values := []string{changesOf(d.Root)}
	for _, field := range [...]string{"resources", "bases", "components"} {
		list := d.Root.Get(field)
		if list == nil {
			continue
		}
		for i := range list.Items {
			if name := list.Items[i].Str(); name != "" && !strings.Contains(name, "://") {
				values = append(values, path.Join(path.Dir(d.File), name))
			}
		}
	}
	return checks.Fact{Kind: factBuilt, Key: path.Dir(d.File), Values: values, Where: checks.Location{File: d.File}}, true
}

// touchesReaders knows the fields of a patch that say which Secrets are read.
var touchesReaders = regexp.MustCompile(`(?i)secret|env|volumes|\$patch`)

func changesOf(root *manifest.Node) string {
	for _, field := range [...]string{"replacements", "vars", "transformers"} {
		if root.Get(field) != nil {
			return changesReaders
		}
	}
	changes := changesNothing
	for _, field := range [...]string{"patches", "patchesJson6902", "patchesStrategicMerge"} {
		list := root.Get(field)
		if list == nil {
			continue
		}
		for i := range list.Items {
			patch := &list.Items[i]
			text := patch.Get("patch").Str()
			if patch.Kind == manifest.String {
				text = patch.Text
			}
			switch {
			case touchesReaders.MatchString(text):
				return changesReaders
			case patch.Get("path") != nil, patch.Kind == manifest.String && !strings.Contains(text, "\n"):
				changes = changesUnseen
			}
		}
	}
	return changes
}

// builtOf returns the files that belong to no environment and that the kustomizations of
// one take, with how they may be changed on the way.
func builtOf(t checks.Tree, in scope) map[string]string {
	byFolder := map[string]checks.Fact{}
	for _, f := range t.Facts {
		if f.Kind == factBuilt {
			byFolder[f.Key] = f
		}
	}
	files, seen := map[string]string{}, map[string]bool{}
	var take func(folder, changes string)
	take = func(folder, changes string) {
		k, found := byFolder[folder]
		id := folder + "\x00" + changes
		if !found || seen[id] {
			return
		}
		seen[id] = true
		changes = more(changes, k.Values[0])
		for _, target := range k.Values[1:] {
			if before, taken := files[target]; !taken || more(before, changes) == before {
				files[target] = changes // the way on which least is changed
			}
			take(target, changes)
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(byFolder)) {
		if t.Layout.Environment(byFolder[folder].Where.File) == in.name {
			take(folder, changesNothing)
		}
	}
	return files
}

// more returns the greater of two changes.
func more(a, b string) string {
	switch {
	case a == changesReaders || b == changesReaders:
		return changesReaders
	case a == changesUnseen || b == changesUnseen:
		return changesUnseen
	}
	return changesNothing
}
