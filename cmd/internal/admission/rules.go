package admission

import (
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// waived is the object of a waiver, without its namespace.
type waived struct{ apiVersion, kind, name string }

func waivedBy(o manifest.Object) waived { return waived{o.APIVersion, o.Kind, o.Name} }

// waiversAt are the waivers that can hold in the cluster of s. One by path is for
// a file, and there is none. One that names an object in one file holds where the
// file belongs to the environment of the cluster.
func waiversAt(s Settings) map[waived][]checks.Waiver {
	held := map[waived][]checks.Waiver{}
	for _, w := range s.Waivers {
		if w.Object.IsZero() || w.File != "" && s.Layout.Environment(w.File) != s.Environment {
			continue
		}
		w.File = ""
		held[waivedBy(w.Object)] = append(held[waivedBy(w.Object)], w)
	}
	return held
}

// waiversFor are the waivers for an object and for what it holds. A waiver that
// names no namespace was written for a manifest that names none, and here every
// object has one: it holds in each.
func (j *Judge) waiversFor(o object) []checks.Waiver {
	if len(j.waivers) == 0 {
		return nil
	}
	var objects []manifest.Object
	if o.root != nil {
		objects = append(objects, o.root.Object)
	}
	if o.release != nil {
		for _, r := range o.release.rendered {
			for _, d := range manifest.Read(r.name, r.text, manifest.DefaultLimits()).Documents {
				objects = append(objects, d.Object)
			}
		}
	}
	var list []checks.Waiver
	done := map[manifest.Object]bool{}
	for _, object := range objects {
		if done[object] {
			continue
		}
		done[object] = true
		for _, w := range j.waivers[waivedBy(object)] {
			if w.Object.Namespace == "" {
				w.Object.Namespace = object.Namespace
			}
			list = append(list, w)
		}
	}
	return list
}

// overridesAt are the overrides that can hold in the cluster of s: those for the
// whole tree, and those that are written for exactly the paths of its environment.
// Others are for files, and a review does not say from which file its object is.
func overridesAt(s Settings) []checks.Override {
	var paths []string
	for _, e := range s.Layout.Environments {
		if e.Name == s.Environment {
			paths = e.Paths
		}
	}
	var held []checks.Override
	for _, o := range s.Overrides {
		inside := func(path string) bool { return slices.Contains(paths, path) }
		if len(o.Paths) == 0 || !slices.ContainsFunc(o.Paths, func(p string) bool { return !inside(p) }) {
			o.Paths = nil
			held = append(held, o)
		}
	}
	return held
}
