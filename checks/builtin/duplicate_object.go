package builtin

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
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
			"Twice in one kustomization, or in one folder that a Flux `Kustomization` or an Argo CD `Application` (with `directory.recurse`) applies, " +
			"is an error. Twice in one plain folder tree is a warning, since nothing in the tree says that all of it is applied; among examples and tests it is a notice.",
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
	factKustomization = "kustomization" // Key: its folder; Values: namespace, namePrefix, nameSuffix, "renames" or "", the number of patch files, those, then its resources
	factRename        = "rename"        // Key: a file with a JSON patch that changes names
	factFluxPath      = "flux"          // Key: the folder that a Flux Kustomization builds
	factArgoPath      = "argo"          // Key: the folder that an Argo CD Application applies with all below it
)

func duplicateFacts(d *manifest.Document) []checks.Fact {
	where := checks.At(d, "", d.Root.Lookup("metadata", "name"))
	switch {
	case isKustomizationFile(d):
		return []checks.Fact{{Kind: factKustomization, Key: path.Dir(d.File), Values: kustomizationValues(d.Root), Where: where}}
	case isRename(d):
		return []checks.Fact{{Kind: factRename, Key: d.File, Where: where}}
	case !d.IsObject() || d.Object.Name == "" || d.Root.Lookup("metadata", "name") == nil:
		return nil
	}
	facts := []checks.Fact{{Kind: factObject, Key: identityOf(d.Object), Where: where}}
	spec := d.Root.Get("spec")
	switch d.Object.Group() + " " + d.Object.Kind {
	case "kustomize.toolkit.fluxcd.io Kustomization":
		facts = append(facts, checks.Fact{Kind: factFluxPath, Key: folderOf(spec.Get("path")), Where: where})
	case "argoproj.io Application":
		source := spec.Get("source")
		if recurse := source.Lookup("directory", "recurse"); recurse != nil && recurse.Text == "true" {
			facts = append(facts, checks.Fact{Kind: factArgoPath, Key: folderOf(source.Get("path")), Where: where})
		}
	}
	return facts
}

// folderOf is a path of a GitOps agent from the root of the repository.
func folderOf(n *manifest.Node) string {
	return path.Clean(strings.TrimPrefix(n.Str(), "/"))
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
	renames, files := patchesOf(root)
	values := []string{root.Get("namespace").Str(), root.Get("namePrefix").Str(), root.Get("nameSuffix").Str(), renames, strconv.Itoa(len(files))}
	values = append(values, files...)
	for _, field := range []string{"resources", "bases", "components"} {
		if list := root.Get(field); list != nil {
			for i := range list.Items {
				values = append(values, list.Items[i].Str())
			}
		}
	}
	return values
}

// patchesOf tells whether an inline patch changes names, and lists the patch files.
func patchesOf(root *manifest.Node) (renames string, files []string) {
	for _, field := range []string{"patches", "patchesJson6902"} {
		list := root.Get(field)
		if list == nil {
			continue
		}
		for i := range list.Items {
			patch := &list.Items[i]
			if strings.Contains(patch.Get("patch").Str(), "/metadata/name") {
				renames = "renames"
			}
			if file := patch.Get("path").Str(); file != "" {
				files = append(files, file)
			}
		}
	}
	return renames, files
}

// isRename tells whether a document is a JSON patch that changes names.
func isRename(d *manifest.Document) bool {
	if d.Root.Kind != manifest.List {
		return false
	}
	for i := range d.Root.Items {
		if strings.HasPrefix(d.Root.Items[i].Get("path").Str(), "/metadata/name") {
			return true
		}
	}
	return false
}

// tree is the facts of a tree, by what they are looked up by.
type tree struct {
	layout         checks.Layout
	objects        []*checks.Fact
	byFile         map[string][]*checks.Fact // only where a kustomization may ask for it
	kustomizations map[string]*checks.Fact
	renames        map[string]bool        // patch files that change names
	agents         []*checks.Fact         // the folders that agents apply as one
	collected      map[string][]collected // by folder, filled by built
}

// collected is an object under the identity that it has where it is collected.
type collected struct {
	key  string
	fact *checks.Fact
}

func judgeDuplicates(p *checks.Pass, t checks.Tree) error {
	index := indexFacts(t)
	reported := map[checks.Location]bool{}
	report := func(where checks.Location, severity checks.Severity, message string) {
		if !reported[where] {
			reported[where] = true
			p.Report(checks.Report{Where: where, Severity: severity, Message: message})
		}
	}
	for _, dir := range sortedKeys(index.kustomizations) {
		seen := map[string]*checks.Fact{}
		for _, o := range index.built(dir) {
			first, ok := seen[o.key]
			switch {
			case !ok:
				seen[o.key] = o.fact
			case first == o.fact:
				report(o.fact.Where, checks.Error, fmt.Sprintf("The kustomization %s collects %s twice: its file or folder is listed more than once, or reached in two ways.", folderName(dir), o.fact.Where.Object))
			default:
				report(o.fact.Where, checks.Error, alreadyDefined(o.fact.Where, first.Where, "in the same kustomization "+folderName(dir)))
			}
		}
	}
	index.judgePlain(report)
	return nil
}

func folderName(dir string) string {
	if dir == "." {
		return "at the root"
	}
	return dir
}

func alreadyDefined(again, first checks.Location, how string) string {
	return fmt.Sprintf("%s is already defined in %s:%d, %s.", again.Object, first.File, first.At.Line, how)
}

func indexFacts(t checks.Tree) tree {
	index := tree{
		layout: t.Layout, renames: map[string]bool{}, byFile: map[string][]*checks.Fact{}, kustomizations: map[string]*checks.Fact{}, collected: map[string][]collected{},
	}
	for i := range t.Facts {
		f := &t.Facts[i]
		switch f.Kind {
		case factObject:
			index.objects = append(index.objects, f)
		case factKustomization:
			index.kustomizations[f.Key] = f
		case factRename:
			index.renames[f.Key] = true
		case factFluxPath, factArgoPath:
			index.agents = append(index.agents, f)
		}
	}
	if len(index.kustomizations) > 0 {
		for _, o := range index.objects {
			index.byFile[o.Where.File] = append(index.byFile[o.Where.File], o)
		}
	}
	return index
}

func sortedKeys(m map[string]*checks.Fact) []string { return slices.Sorted(maps.Keys(m)) }

// built lists the objects that kustomize would collect in a folder, under the
// identity that they have there. One that it collects twice is listed twice, and
// no object more often than that.
func (t tree) built(dir string) []collected {
	if objects, ok := t.collected[dir]; ok {
		return objects
	}
	t.collected[dir] = nil // ends a circle of folders
	k, ok := t.kustomizations[dir]
	if !ok || t.renamed(dir, k) {
		return nil
	}
	var objects []collected
	times := map[*checks.Fact]int{}
	add := func(o collected) {
		if times[o.fact]++; times[o.fact] <= 2 {
			objects = append(objects, collected{transformed(o.key, k.Values[0], k.Values[1], k.Values[2]), o.fact})
		}
	}
	_, resources := patchFiles(k)
	for _, resource := range resources {
		if strings.Contains(resource, "://") {
			continue
		}
		target := path.Join(dir, resource)
		for _, o := range t.byFile[target] {
			add(collected{o.Key, o})
		}
		for _, o := range t.built(target) {
			add(o)
		}
	}
	t.collected[dir] = objects
	return objects
}

// patchFiles splits what a kustomization names: its patch files and its resources.
func patchFiles(k *checks.Fact) (patches, resources []string) {
	n, err := strconv.Atoi(k.Values[4])
	if err != nil {
		return nil, nil
	}
	return k.Values[5 : 5+n], k.Values[5+n:]
}

// renamed tells whether a kustomization changes names by patches. What its objects
// are called in the end is then not known here, so nothing is said of them.
func (t tree) renamed(dir string, k *checks.Fact) bool {
	patches, _ := patchFiles(k)
	return k.Values[3] != "" || slices.ContainsFunc(patches, func(file string) bool { return t.renames[path.Join(dir, file)] })
}

// transformed is an identity under the namespace, namePrefix and nameSuffix of a
// kustomization.
func transformed(key, namespace, prefix, suffix string) string {
	if namespace == "" && prefix == "" && suffix == "" {
		return key
	}
	parts := strings.Split(key, "\x00")
	switch {
	case namespace == "":
	case parts[1] == "Namespace":
		parts[3] = namespace
	case !clusterScoped(parts[1]):
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

// unit is a folder whose objects are applied together.
type unit struct {
	root     string
	severity checks.Severity // of an object that stands twice in it
	agent    string          // who applies it as one; "" where nothing in the tree says so
}

// judgePlain looks at the folders that no kustomization builds, and at those that
// an agent applies as one although parts of them are built.
func (t tree) judgePlain(report func(where checks.Location, severity checks.Severity, message string)) {
	seen := map[string]*checks.Fact{}
	judge := func(u unit, o collected) {
		key := u.root + "\x00" + o.key
		first, ok := seen[key]
		if !ok {
			seen[key] = o.fact
			return
		}
		how := "in the same folder " + u.root
		if u.agent != "" {
			how += ", which " + u.agent + " applies as one"
		}
		report(o.fact.Where, u.severity, alreadyDefined(o.fact.Where, first.Where, how))
	}
	var file string
	var u unit
	var plain bool
	for _, o := range t.objects {
		if o.Where.File != file {
			file = o.Where.File
			if plain = t.layout.Plain(file); plain {
				u = t.unitOf(file)
			}
		}
		if plain {
			judge(u, collected{o.Key, o})
		}
	}
	for _, dir := range sortedKeys(t.kustomizations) {
		flux := t.agentOf(dir + "/x")
		if flux == nil || flux.Kind != factFluxPath || flux.Key == dir || t.inKustomization(path.Dir(dir), flux.Key) {
			continue
		}
		for _, o := range t.built(dir) {
			judge(t.unitOf(flux.Key+"/x"), o)
		}
	}
}

// inKustomization tells whether dir, or a folder between it and top, has a
// kustomization of its own.
func (t tree) inKustomization(dir, top string) bool {
	for ; dir == top || strings.HasPrefix(dir, top+"/"); dir = path.Dir(dir) {
		if _, ok := t.kustomizations[dir]; ok {
			return true
		}
	}
	return false
}

// agentOf is the nearest folder above a file that an agent applies as one, or nil.
func (t tree) agentOf(file string) *checks.Fact {
	var nearest *checks.Fact
	for _, f := range t.agents {
		if f.Key != "." && strings.HasPrefix(file, f.Key+"/") && (nearest == nil || len(f.Key) > len(nearest.Key)) {
			nearest = f
		}
	}
	return nearest
}

// unitOf is the unit to which a plain file belongs: the folder that a Flux
// Kustomization or an Argo CD Application names; the folder of the file itself
// among examples; else the folder of an environment or of one of several clusters,
// or the top folder of what is judged.
func (t tree) unitOf(file string) unit {
	below := t.layout.Below(file)
	switch f := t.agentOf(file); {
	case f != nil && f.Kind == factFluxPath:
		return unit{root: f.Key, severity: checks.Error, agent: "a Flux Kustomization"}
	case f != nil:
		return unit{root: f.Key, severity: checks.Error, agent: "an Argo CD Application"}
	case isExample(below):
		return unit{root: path.Dir(file), severity: checks.Notice}
	}
	parts := strings.Split(path.Dir(below), "/")
	end := 1
	for i, part := range parts {
		if isEnvironmentName(part) || i > 0 && holdsEnvironments(parts[i-1]) {
			end = i + 1
		}
	}
	return unit{root: path.Join(append([]string{t.layout.Folder}, parts[:end]...)...), severity: checks.Warning}
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
