package reference

import (
	"path"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// isKustomization tells a kustomization, also one that leaves out what it is.
func isKustomization(d *manifest.Document) bool {
	if d.Object.Group() == "kustomize.config.k8s.io" {
		return true
	}
	switch path.Base(d.File) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return d.Object.Kind == ""
	}
	return false
}

// kustomization adds what a kustomization makes and does: its generators, the names that
// it changes, and what it takes from where nothing is seen.
// https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
func (m *maker) kustomization() {
	namespace := m.root.Get("namespace").Str()
	prefix, suffix := m.root.Get("namePrefix").Str(), m.root.Get("nameSuffix").Str()
	if prefix != "" || suffix != "" || namespace != "" {
		m.list = append(m.list, Product{Namespace: namespace, Name: pattern(prefix) + "*" + pattern(suffix), Reach: Renamed, By: m.doc.Object})
	}
	list := m.root.Get("secretGenerator")
	for i := range items(list) {
		m.generated(&list.Items[i], namespace, prefix, suffix)
	}
	for _, field := range [...]string{"patches", "patchesJson6902", "patchesStrategicMerge"} {
		m.patches(m.root.Get(field))
	}
	m.replacements(m.root.Get("replacements"))
	if m.isOpen() {
		m.add(nil, Product{Namespace: namespace, Reach: Any})
	}
}

// generated adds a Secret of a generator, under its own name and under that with the
// prefix and suffix of its kustomization. A hash at its end is put into the names that
// refer to it as well.
func (m *maker) generated(g *manifest.Node, namespace, prefix, suffix string) {
	p := Product{Namespace: or(namespace, g.Get("namespace").Str()), Name: g.Get("name").Str(), Merges: g.Get("behavior").Str() == "merge"}
	for _, text := range texts(g.Get("literals")) {
		key, _, _ := strings.Cut(text, "=")
		p.addKey(key)
	}
	for _, text := range texts(g.Get("files")) {
		key, _, named := strings.Cut(text, "=")
		if !named {
			key = path.Base(text)
		}
		p.addKey(key)
	}
	p.Open = p.Open || g.Get("env") != nil || g.Get("envs") != nil || len(p.Keys) == 0
	m.add(g.Get("name"), p)
	if prefix+suffix != "" {
		p.Name = prefix + p.Name + suffix
		m.add(g.Get("name"), p)
	}
	if options := m.root.Get("generatorOptions"); !isTrue(options.Get("disableNameSuffixHash")) && !isTrue(g.Lookup("options", "disableNameSuffixHash")) {
		p.Name += "-*"
		m.add(g.Get("name"), p)
	}
}

// isOpen tells whether a kustomization takes in what is not seen, or changes the names
// of Secrets where they are used.
func (m *maker) isOpen() bool {
	for _, field := range [...]string{"helmCharts", "helmChartInflationGenerator", "generators", "transformers", "replacements", "vars"} {
		if len(items(m.root.Get(field))) > 0 {
			return true
		}
	}
	for _, field := range [...]string{"resources", "bases", "components"} {
		for _, text := range texts(m.root.Get(field)) {
			if isRemote(text) {
				return true
			}
		}
	}
	for _, field := range [...]string{"patches", "patchesJson6902", "patchesStrategicMerge"} {
		changes := false
		eachString(m.root.Get(field), func(n *manifest.Node) {
			changes = changes || strings.Contains(n.Text, "ecretName") || strings.Contains(n.Text, "ecretRef") || strings.Contains(n.Text, "ecretKeyRef") ||
				strings.Contains(n.Text, "kind: Secret") || strings.Contains(n.Text, "ullSecrets")
		})
		if changes {
			return true
		}
	}
	return false
}

// isRemote tells a base that is fetched: a URL, or the short forms of hosts that
// kustomize knows.
func isRemote(text string) bool {
	return strings.Contains(text, "://") || strings.HasPrefix(text, "git@") || strings.HasPrefix(text, "github.com/") || strings.HasPrefix(text, "github.com:") ||
		strings.Contains(text, "?ref=")
}
