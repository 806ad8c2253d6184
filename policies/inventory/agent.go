package inventory

import (
	"path"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// The agents that apply folders.
const (
	byFlux = "flux"
	byArgo = "argo"
)

// agentFacts are the folders that an object of Flux or Argo CD applies. One with a chart
// or without a path names none: what it brings is not in the tree.
func agentFacts(d *manifest.Document, where checks.Location) []checks.Fact {
	spec := d.Root.Get("spec")
	switch d.Object.Group() + " " + d.Object.Kind {
	case "kustomize.toolkit.fluxcd.io Kustomization":
		return []checks.Fact{fluxFact(spec, where)}
	case "argoproj.io Application":
		return argoFacts(spec, where)
	case "argoproj.io ApplicationSet":
		return argoFacts(spec.Lookup("template", "spec"), where)
	case "helm.cattle.io HelmChart":
		return []checks.Fact{{Kind: agentFact, Key: chart, Values: settings{namespace: spec.Get("targetNamespace").Str()}.words(), Where: where}}
	}
	return nil
}

// isAgent tells whether an object applies others, or installs a chart.
func isAgent(d *manifest.Document) bool {
	switch d.Object.Group() + " " + d.Object.Kind {
	case "kustomize.toolkit.fluxcd.io Kustomization", "helm.toolkit.fluxcd.io HelmRelease", "argoproj.io Application", "argoproj.io ApplicationSet":
		return true
	}
	return false
}

// chart stands for the folder of what comes from a chart, which is none.
const chart = "\x00chart"

// https://fluxcd.io/flux/components/kustomize/kustomizations/
func fluxFact(spec *manifest.Node, where checks.Location) checks.Fact {
	s := settings{
		namespace: spec.Get("targetNamespace").Str(), prefix: spec.Get("namePrefix").Str(), suffix: spec.Get("nameSuffix").Str(),
		components: texts(spec.Get("components")),
	}
	for _, n := range items(spec.Get("patches")) {
		s.patches = append(s.patches, patchOf(&n))
	}
	key := folder(spec.Get("path").Str())
	if spec.Lookup("sourceRef", "kind").Str() == "OCIRepository" || spec.Lookup("sourceRef", "kind").Str() == "Bucket" {
		key = chart
	}
	return checks.Fact{Kind: agentFact, Key: key, Values: append([]string{"by=" + byFlux}, s.words()...), Where: where}
}

// folder is a path of an agent from the root of the repository.
func folder(name string) string { return path.Clean("./" + strings.TrimPrefix(name, "/")) }

// https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml
func argoFacts(spec *manifest.Node, where checks.Location) []checks.Fact {
	sources := items(spec.Get("sources"))
	if one := spec.Get("source"); one != nil {
		sources = append(sources, *one)
	}
	var facts []checks.Fact
	for i := range sources {
		source := &sources[i]
		if source.Get("ref") != nil && source.Get("path") == nil && source.Get("chart") == nil {
			continue // its files are values of another source
		}
		k := source.Get("kustomize")
		s := settings{
			standard: spec.Lookup("destination", "namespace").Str(), namespace: k.Get("namespace").Str(),
			prefix: k.Get("namePrefix").Str(), suffix: k.Get("nameSuffix").Str(), components: texts(k.Get("components")),
		}
		for _, n := range items(k.Get("patches")) {
			s.patches = append(s.patches, patchOf(&n))
		}
		key := chart
		if name := source.Get("path"); name != nil && source.Get("chart") == nil {
			key = folder(name.Str())
		}
		by := byArgo
		if recurse := source.Lookup("directory", "recurse"); recurse != nil && recurse.Text == "true" {
			by = byFlux // all below it, too
		}
		facts = append(facts, checks.Fact{Kind: agentFact, Key: key, Values: append([]string{"by=" + by}, s.words()...), Where: where})
	}
	return facts
}
