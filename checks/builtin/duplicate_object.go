package builtin

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func duplicateObject() checks.Check {
	return checks.Check{
		ID:       "duplicate-object",
		Title:    "Object is defined twice",
		Category: checks.Manifest,
		Severity: checks.Error,
		Why: "An object that is defined twice in what is applied together has two truths. kustomize refuses to build it, and Flux stops there; " +
			"a plain folder applies both, the last one wins, and the next change of the other one does nothing.\n\n" +
			"Twice in one kustomization, or in one folder that a Flux `Kustomization` builds, is an error. Twice in one plain folder tree " +
			"is a warning, since nothing in the tree says that all of it is applied; among examples and tests it is a notice.",
		Fix: "Keep one definition and delete the other, or give one of them another name or namespace.",
		Bad: []string{`-- kustomization.yaml --
resources:
- web.yaml
- extra.yaml
-- web.yaml --
apiVersion: v1
kind: Service
metadata:
  name: web
-- extra.yaml --
apiVersion: v1
kind: Service
metadata:
  name: web
`, `-- team/web.yaml --
apiVersion: v1
kind: Service
metadata:
  name: web
-- team/more/extra.yaml --
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata:
    name: web
`},
		Good: []string{`-- base/kustomization.yaml --
resources:
- web.yaml
-- base/web.yaml --
apiVersion: v1
kind: Service
metadata:
  name: web
-- overlay/kustomization.yaml --
resources:
- ../base
patches:
- path: web.yaml
-- overlay/web.yaml --
apiVersion: v1
kind: Service
metadata:
  name: web
`, `-- clusters/staging/web.yaml --
apiVersion: v1
kind: Service
metadata:
  name: web
-- clusters/production/web.yaml --
apiVersion: v1
kind: Service
metadata:
  name: web
`},
		Facts: duplicateFacts,
		Tree:  judgeDuplicates,
	}
}

// The kinds of facts that the check collects.
const (
	factObject        = "object"        // Key: the object
	factKustomization = "kustomization" // Key: its folder; Values: namespace, namePrefix, nameSuffix, then its resources
	factFluxPath      = "flux"          // Key: the folder that a Flux Kustomization builds
)

func duplicateFacts(d *manifest.Document) []checks.Fact {
	where := checks.At(d, "", d.Root.Lookup("metadata", "name"))
	switch group := d.Object.Group(); {
	case isKustomizationFile(d):
		return []checks.Fact{{Kind: factKustomization, Key: path.Dir(d.File), Values: kustomizationValues(d.Root), Where: where}}
	case !d.IsObject() || d.Object.Name == "" || d.Root.Lookup("metadata", "name") == nil:
		return nil
	case group == "kustomize.toolkit.fluxcd.io" && d.Object.Kind == "Kustomization":
		folder := path.Clean(strings.TrimPrefix(d.Root.Lookup("spec", "path").Str(), "/"))
		return []checks.Fact{{Kind: factObject, Key: identityOf(d.Object), Where: where}, {Kind: factFluxPath, Key: folder, Where: where}}
	}
	return []checks.Fact{{Kind: factObject, Key: identityOf(d.Object), Where: where}}
}

func isKustomizationFile(d *manifest.Document) bool {
	switch path.Base(d.File) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return true
	}
	return false
}

func identityOf(o manifest.Object) string {
	return strings.Join([]string{o.APIVersion, o.Kind, o.Namespace, o.Name}, "\x00")
}

func kustomizationValues(root *manifest.Node) []string {
	values := []string{root.Get("namespace").Str(), root.Get("namePrefix").Str(), root.Get("nameSuffix").Str()}
	for _, field := range []string{"resources", "bases", "components"} {
		if list := root.Get(field); list != nil {
			for i := range list.Items {
				values = append(values, list.Items[i].Str())
			}
		}
	}
	return values
}

// tree is the facts of a tree, by what they are looked up by.
type tree struct {
	layout         checks.Layout
	objects        []checks.Fact
	byFile         map[string][]checks.Fact
	kustomizations map[string]checks.Fact
	flux           []checks.Fact
	collected      map[string][]checks.Fact // by folder, filled by built
}

func judgeDuplicates(p *checks.Pass, t checks.Tree) error {
	index := indexFacts(t)
	reported := map[checks.Location]bool{}
	report := func(again, first checks.Location, severity checks.Severity, how string) {
		if reported[again] || again == first {
			return
		}
		reported[again] = true
		p.Report(checks.Report{
			Where:    again,
			Severity: severity,
			Message:  fmt.Sprintf("%s is already defined in %s:%d, %s.", again.Object, first.File, first.At.Line, how),
		})
	}
	for _, dir := range sortedKeys(index.kustomizations) {
		seen := map[string]checks.Location{}
		for _, o := range index.built(dir) {
			if first, ok := seen[o.Key]; ok {
				report(o.Where, first, checks.Error, "in the same kustomization "+dir)
				continue
			}
			seen[o.Key] = o.Where
		}
	}
	index.judgePlain(report)
	return nil
}

func indexFacts(t checks.Tree) tree {
	index := tree{layout: t.Layout, byFile: map[string][]checks.Fact{}, kustomizations: map[string]checks.Fact{}, collected: map[string][]checks.Fact{}}
	for _, f := range t.Facts {
		switch f.Kind {
		case factObject:
			index.objects = append(index.objects, f)
			index.byFile[f.Where.File] = append(index.byFile[f.Where.File], f)
		case factKustomization:
			index.kustomizations[f.Key] = f
		case factFluxPath:
			index.flux = append(index.flux, f)
		}
	}
	return index
}

func sortedKeys(m map[string]checks.Fact) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// built lists the objects that kustomize would collect in a folder, each once,
// under the identity that they have there.
func (t tree) built(dir string) []checks.Fact {
	if objects, ok := t.collected[dir]; ok {
		return objects
	}
	t.collected[dir] = nil // ends a circle of folders
	k, ok := t.kustomizations[dir]
	if !ok {
		return nil
	}
	var objects []checks.Fact
	seen := map[checks.Location]bool{}
	for _, resource := range k.Values[3:] {
		if strings.Contains(resource, "://") {
			continue
		}
		target := path.Join(dir, resource)
		for _, o := range append(slices.Clip(t.byFile[target]), t.built(target)...) {
			if !seen[o.Where] {
				seen[o.Where] = true
				o.Key = transformed(o.Key, k.Values[0], k.Values[1], k.Values[2])
				objects = append(objects, o)
			}
		}
	}
	t.collected[dir] = objects
	return objects
}

// transformed is an identity under the namespace, namePrefix and nameSuffix of a
// kustomization.
func transformed(key, namespace, prefix, suffix string) string {
	if namespace == "" && prefix == "" && suffix == "" {
		return key
	}
	parts := strings.Split(key, "\x00")
	if namespace != "" && !clusterScoped(parts[1]) {
		parts[2] = namespace
	}
	if parts[1] != "Namespace" && parts[1] != "CustomResourceDefinition" {
		parts[3] = prefix + parts[3] + suffix
	}
	return strings.Join(parts, "\x00")
}

// clusterScoped knows the built-in kinds that have no namespace.
func clusterScoped(kind string) bool {
	switch kind {
	case "Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "StorageClass",
		"PriorityClass", "IngressClass", "RuntimeClass", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService":
		return true
	}
	return false
}

// judgePlain looks at the folders that no kustomization builds.
func (t tree) judgePlain(report func(again, first checks.Location, severity checks.Severity, how string)) {
	seen := map[string]checks.Location{}
	for _, o := range t.objects {
		if !t.layout.Plain(o.Where.File) {
			continue
		}
		root, severity := t.plainRoot(o.Where.File)
		key := root + "\x00" + o.Key
		first, ok := seen[key]
		if !ok {
			seen[key] = o.Where
			continue
		}
		how := "in the same folder " + root
		if severity == checks.Error {
			how += ", which a Flux Kustomization builds as one"
		}
		report(o.Where, first, severity, how)
	}
}

// plainRoot is the top of the plain folder tree of a file, and how much it weighs
// if an object stands twice in it: the folder that a Flux Kustomization names; the
// folder of the file itself among examples; else the folder of an environment or
// of one of several clusters, or the top folder of what is judged.
func (t tree) plainRoot(file string) (root string, severity checks.Severity) {
	for _, f := range t.flux {
		if f.Key != "." && strings.HasPrefix(file, f.Key+"/") && len(f.Key) > len(root) {
			root = f.Key
		}
	}
	below := t.layout.Below(file)
	switch {
	case root != "":
		return root, checks.Error
	case isExample(below):
		return path.Dir(file), checks.Notice
	}
	parts := strings.Split(path.Dir(below), "/")
	end := 1
	for i, part := range parts {
		if isEnvironmentName(part) || i > 0 && holdsEnvironments(parts[i-1]) {
			end = i + 1
		}
	}
	return path.Join(append([]string{t.layout.Folder}, parts[:end]...)...), checks.Warning
}

// isEnvironmentName knows the names that the field gives to environments.
func isEnvironmentName(name string) bool {
	return slices.Contains(checks.EnvironmentNames(), strings.ToLower(name))
}

// holdsEnvironments knows the names of folders whose folders are each deployed
// to a place of their own.
func holdsEnvironments(name string) bool {
	switch strings.ToLower(name) {
	case "clusters", "environments", "envs", "overlays", "tenants", "regions", "stages":
		return true
	}
	return false
}

// isExample tells whether a file lies among examples or tests, where variants of
// one object stand side by side.
func isExample(file string) bool {
	for part := range strings.SplitSeq(strings.ToLower(path.Dir(file)), "/") {
		for _, word := range []string{"example", "sample", "test", "fixture", "demo", "archive"} {
			if strings.Contains(part, word) {
				return true
			}
		}
	}
	return false
}
