package inventory

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// FactsName is the name under which checks share these facts.
const FactsName = "inventory"

// The kinds of facts.
const (
	objectFact = "object" // Values: what is kept of it, the sums of what it mentions, names with which others begin
	buildFact  = "build"  // Key: the folder; Values: see settings
	agentFact  = "agent"  // Key: the folder that Flux or Argo CD applies, from the root; Values: see settings
	patchFact  = "patch"  // Key: the file; Values: what it changes
	unreadFact = "unread" // Key: the file, of which a part is not known
	chartFact  = "chart"  // Key: the folder of a chart; Values: its name, or names that it gives
)

// Facts are what a document says of objects and of what is applied together.
func Facts(d *manifest.Document) []checks.Fact {
	where := checks.At(d, "", nil)
	if isBuild(d) {
		return []checks.Fact{{Kind: buildFact, Key: path.Dir(d.File), Values: settingsOfBuild(d.Root).words(), Where: where}}
	}
	if !d.IsObject() {
		if touched := touchedBy(d.Root); len(touched) > 0 {
			return []checks.Fact{{Kind: patchFact, Key: d.File, Values: touched, Where: where}}
		}
		return nil
	}
	if d.Object.Name == "" {
		return nil
	}
	fact := checks.Fact{Kind: objectFact, Where: where}
	if keep, ok := shapeFor(d.Object); ok {
		fact.Values = []string{pack(d.Canonical(), keep)}
	}
	if mayMake(d.Object) {
		m := mentionsOf(d.Root)
		if fact.Values == nil {
			fact.Values = []string{""}
		}
		fact.Values = append(append(fact.Values, m.packed()), m.prefixes...)
	}
	return append([]checks.Fact{fact}, agentFacts(d, where)...)
}

// FileFacts tell of a file a part of which is not known, and of charts. A chart that
// brings objects of Flux or Argo CD may bring anything.
func FileFacts(f *manifest.File) []checks.Fact {
	where := checks.Location{File: f.Path}
	switch name := path.Base(f.Path); {
	case name == "Chart.yaml":
		return []checks.Fact{{Kind: chartFact, Key: path.Dir(f.Path), Values: []string{path.Base(path.Dir(f.Path))}, Where: where}}
	case strings.HasPrefix(name, "helmfile"), f.Form == manifest.FormHelmTemplate && slices.ContainsFunc(f.Documents, isAgent):
		return []checks.Fact{{Kind: agentFact, Key: chart, Values: settings{standard: "{{"}.words(), Where: where}}
	case f.Form == manifest.FormHelmTemplate:
		return []checks.Fact{{Kind: chartFact, Key: path.Dir(f.Path), Values: namesOfTemplate(f), Where: where}}
	}
	if len(f.Templated) == 0 && f.Form != manifest.FormTemplate && !slices.ContainsFunc(f.Broken, func(b manifest.Broken) bool { return b.Manifest }) {
		return nil
	}
	return []checks.Fact{{Kind: unreadFact, Key: f.Path, Where: where}}
}

// namesOfTemplate are the names that a template of a chart gives to objects, but for
// those that are filled in.
func namesOfTemplate(f *manifest.File) (names []string) {
	for _, d := range f.Documents {
		if name := d.Root.Lookup("metadata", "name").Str(); isName(name) {
			names = append(names, name)
		}
	}
	return names
}

func isBuild(d *manifest.Document) bool {
	switch path.Base(d.File) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return d.Root.Kind == manifest.Map && (d.Object.Kind == "" || strings.HasPrefix(d.Object.APIVersion, "kustomize.config.k8s.io/"))
	}
	return false
}

// settings are what a kustomization, or an object of Flux or Argo CD that applies a
// folder, does to what it brings together.
type settings struct {
	namespace, prefix, suffix string
	standard                  string   // the namespace of what names none
	resources, components     []string // as they are written
	configMaps, secrets       []string // what generators make
	labels                    []string // keys that are added
	patches                   []patch
	component                 bool
	open                      bool // more comes about than the tree shows
}

// patch is a change to objects of a kind and a name, which may be a regular expression;
// "" stands for any.
type patch struct {
	kind, name string
	file       string // where it stands; "" for one that is written in place
	touches    bool   // it changes something that is kept of an object
}

// words writes settings as texts, and settingsOf reads them.
func (s settings) words() []string {
	var out []string
	add := func(key string, values ...string) {
		for _, v := range values {
			if v != "" {
				out = append(out, key+"="+v)
			}
		}
	}
	add("namespace", s.namespace)
	add("prefix", s.prefix)
	add("suffix", s.suffix)
	add("standard", s.standard)
	add("resource", s.resources...)
	add("component", s.components...)
	add("configMap", s.configMaps...)
	add("secret", s.secrets...)
	add("label", s.labels...)
	for _, p := range s.patches {
		touches := ""
		if p.touches {
			touches = "touches"
		}
		add("patch", strings.Join([]string{p.kind, p.name, p.file, touches}, "\x00"))
	}
	if s.component {
		add("is", "component")
	}
	if s.open {
		add("is", "open")
	}
	return out
}

func settingsOf(words []string) settings {
	var s settings
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "namespace":
			s.namespace = value
		case "prefix":
			s.prefix = value
		case "suffix":
			s.suffix = value
		case "standard":
			s.standard = value
		case "resource":
			s.resources = append(s.resources, value)
		case "component":
			s.components = append(s.components, value)
		case "configMap":
			s.configMaps = append(s.configMaps, value)
		case "secret":
			s.secrets = append(s.secrets, value)
		case "label":
			s.labels = append(s.labels, value)
		case "patch":
			if parts := strings.Split(value, "\x00"); len(parts) == 4 {
				s.patches = append(s.patches, patch{parts[0], parts[1], parts[2], parts[3] != ""})
			}
		case "is":
			s.component, s.open = s.component || value == "component", s.open || value == "open"
		}
	}
	return s
}

// settingsOfBuild reads a kustomization.
// https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
func settingsOfBuild(root *manifest.Node) settings {
	s := settings{
		namespace: root.Get("namespace").Str(), prefix: root.Get("namePrefix").Str(), suffix: root.Get("nameSuffix").Str(),
		resources: append(texts(root.Get("resources")), texts(root.Get("bases"))...), components: texts(root.Get("components")),
		configMaps: named(root.Get("configMapGenerator")), secrets: named(root.Get("secretGenerator")),
		labels:    append(keysOf(root.Get("commonLabels")), labelKeys(root.Get("labels"))...),
		component: root.Get("kind").Str() == "Component",
	}
	for _, field := range []string{"helmCharts", "helmChartInflationGenerator", "generators", "transformers", "vars"} {
		s.open = s.open || root.Get(field) != nil && len(root.Get(field).Items) > 0
	}
	for _, field := range []string{"patches", "patchesJson6902", "patchesStrategicMerge"} {
		for _, n := range items(root.Get(field)) {
			s.patches = append(s.patches, patchOf(&n))
		}
	}
	for _, n := range items(root.Get("replicas")) {
		s.patches = append(s.patches, patch{name: n.Get("name").Str(), touches: true})
	}
	for _, n := range items(root.Get("replacements")) {
		if n.Get("path") != nil {
			s.open = true
		}
		for _, target := range items(n.Get("targets")) {
			touches := slices.ContainsFunc(texts(target.Get("fieldPaths")), touchesPath)
			s.patches = append(s.patches, patch{kind: target.Lookup("select", "kind").Str(), name: target.Lookup("select", "name").Str(), touches: touches})
		}
	}
	return s
}

func items(n *manifest.Node) []manifest.Node {
	if n == nil || n.Kind != manifest.List {
		return nil
	}
	return n.Items
}

func texts(n *manifest.Node) []string {
	var list []string
	for _, item := range items(n) {
		if text := item.Str(); text != "" {
			list = append(list, text)
		}
	}
	return list
}

func named(n *manifest.Node) []string {
	var list []string
	for _, item := range items(n) {
		list = append(list, item.Get("name").Str())
	}
	return list
}

func keysOf(n *manifest.Node) []string {
	if n == nil || n.Kind != manifest.Map {
		return nil
	}
	var list []string
	for i := range n.Items {
		list = append(list, n.Items[i].Key)
	}
	return list
}

func labelKeys(n *manifest.Node) []string {
	var list []string
	for _, item := range items(n) {
		list = append(list, keysOf(item.Get("pairs"))...)
	}
	return list
}

// patchOf reads one patch: an entry with a target, a path or a text, or just a path or a
// text.
func patchOf(n *manifest.Node) patch {
	p := patch{kind: n.Lookup("target", "kind").Str(), name: n.Lookup("target", "name").Str(), file: n.Get("path").Str()}
	text := n.Get("patch").Str()
	if n.Kind == manifest.String {
		if p.file = n.Text; strings.ContainsAny(n.Text, "\n:") {
			p.file, text = "", n.Text
		}
	}
	if text == "" {
		return p
	}
	for _, d := range manifest.Read("patch.yaml", []byte(text), manifest.DefaultLimits()).Documents {
		p.touches = p.touches || len(touchedBy(d.Root)) > 0
		if p.kind == "" && p.name == "" && d.IsObject() {
			p.kind, p.name = d.Object.Kind, regexp.QuoteMeta(d.Object.Name)
		}
	}
	return p
}

// touching are the fields that lead from one object to another.
var touching = []string{
	"envFrom", "configMap", "configMapRef", "configMapKeyRef", "valueFrom", "volumes", "serviceAccountName", "labels", "selector", "matchLabels",
	"ports", "port", "targetPort", "replicas", "scaleTargetRef", "minAvailable", "maxUnavailable", "rules", "host", "backend", "subjects", "sourceRef",
	"dependsOn", "valuesFrom", "substituteFrom", "$patch", "$retainKeys", "namespace", "targetNamespace", "podSelector", "ingressClassName",
}

// touchedBy lists which of them a patch changes: an object, or a list of steps of JSON
// Patch.
func touchedBy(root *manifest.Node) []string {
	found := map[string]bool{}
	if root.Kind == manifest.List {
		for i := range root.Items {
			at := root.Items[i].Get("path").Str()
			if root.Items[i].Get("op").Str() == "" {
				return nil
			}
			if touchesPath(at) {
				found[at] = true
			}
			touchedIn(root.Items[i].Get("value"), found)
		}
	} else {
		spec := *root
		spec.Items = slices.DeleteFunc(slices.Clone(root.Items), func(n manifest.Node) bool { return n.Key == "metadata" })
		touchedIn(&spec, found)
		touchedIn(root.Lookup("metadata", "labels"), found)
	}
	var list []string
	for _, word := range touching {
		if found[word] {
			list = append(list, word)
		}
		delete(found, word)
	}
	if len(found) > 0 {
		list = append(list, "more")
	}
	return list
}

func touchedIn(n *manifest.Node, found map[string]bool) {
	if n == nil {
		return
	}
	for i := range n.Items {
		item := &n.Items[i]
		if slices.Contains(touching, item.Key) && item.KeyAt.Line > 0 { // a default stands nowhere
			found[item.Key] = true
		}
		touchedIn(item, found)
	}
}

// touchesPath tells whether a path of a patch or a replacement leads to such a field, or
// to the name of an object.
func touchesPath(at string) bool {
	if strings.HasSuffix(at, "metadata/name") || at == "metadata.name" {
		return true
	}
	return slices.ContainsFunc(strings.FieldsFunc(at, func(r rune) bool { return r == '/' || r == '.' }), func(step string) bool { return slices.Contains(touching, step) })
}

// Size is how many objects a tree has.
func Size(facts []checks.Fact) (n int) {
	for i := range facts {
		if facts[i].Kind == objectFact {
			n++
		}
	}
	return n
}
