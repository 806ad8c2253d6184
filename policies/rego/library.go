package rego

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A Library is modules that may use one another. What a package needs is compiled
// with it and nothing else, so that a fault in one leaves the others alone, and a
// package that nothing asks for costs nothing.
type Library struct {
	// Read gives the files beside the modules to those that parse them; nil gives
	// none.
	Read Reader

	modules map[string]*ast.Module // by file
	byPath  map[string][]string    // files by package path
}

// NewLibrary makes a Library of parsed modules, by file. They are not changed.
func NewLibrary(modules map[string]*ast.Module) *Library {
	l := &Library{modules: modules, byPath: map[string][]string{}}
	for _, file := range slices.Sorted(maps.Keys(modules)) {
		path := modules[file].Package.Path.String()
		l.byPath[path] = append(l.byPath[path], file)
	}
	return l
}

// Packages lists the paths of all packages (data.main), sorted.
func (l *Library) Packages() []string { return slices.Sorted(maps.Keys(l.byPath)) }

// Modules returns the modules of a package in the order of their files.
func (l *Library) Modules(path string) []*ast.Module {
	var out []*ast.Module
	for _, file := range l.byPath[path] {
		out = append(out, l.modules[file])
	}
	return out
}

// Closure returns the modules of a package and of all that they refer to.
func (l *Library) Closure(path string) map[string]*ast.Module {
	seen := map[string]bool{}
	out := map[string]*ast.Module{}
	for todo := []string{path}; len(todo) > 0; todo = todo[1:] {
		if seen[todo[0]] {
			continue
		}
		seen[todo[0]] = true
		for _, file := range l.byPath[todo[0]] {
			out[file] = l.modules[file]
			todo = append(todo, l.referred(l.modules[file])...)
		}
	}
	return out
}

// referred lists the packages to which a module refers.
func (l *Library) referred(m *ast.Module) []string {
	found := map[string]bool{}
	ast.WalkRefs(m, func(r ast.Ref) bool {
		if !r[0].Equal(ast.DefaultRootDocument) {
			return false
		}
		prefix := r.GroundPrefix().String()
		for path := range l.byPath {
			if under(prefix, path) || under(path, prefix) {
				found[path] = true
			}
		}
		return false
	})
	delete(found, m.Package.Path.String())
	return slices.Sorted(maps.Keys(found))
}

// under tells whether a reference is a path or leads into it.
func under(ref, path string) bool {
	rest, ok := strings.CutPrefix(ref, path)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Compile compiles a package with all that it refers to.
func (l *Library) Compile(path string) (*Program, []Fault) {
	modules := l.Closure(path)
	for file, m := range modules {
		modules[file] = m.Copy()
	}
	p, faults := Compile(modules)
	if p != nil && l.Read != nil {
		p.read, p.builtins = l.Read, forQueries(builtinsFor(l.Read))
	}
	return p, faults
}

// Reads tells whether any of modules refers to a path (data.inventory) or into it.
func Reads(modules map[string]*ast.Module, path string) bool {
	found := false
	for _, m := range modules {
		ast.WalkRefs(m, func(r ast.Ref) bool {
			found = found || under(r.GroundPrefix().String(), path)
			return found
		})
	}
	return found
}
