package reference

import "github.com/gatehouse-dev/gatehouse/checks/manifest"

// pod is the pod of a document: its own, or the template of those that it makes.
type pod struct {
	annotations *manifest.Node
	spec        *manifest.Node
	// template is the node that has both; nil for a Pod.
	template *manifest.Node
	// complete tells that this is no patch: it has containers with images.
	complete bool
}

// podOf returns the pod of a document, or nil. Any kind counts whose spec.template has
// a pod, as those of Argo Rollouts and Knative do.
func podOf(d *manifest.Document) *pod {
	p := &pod{}
	switch {
	case d.Object.Kind == "Pod" && d.Object.Group() == "":
		p.annotations, p.spec = d.Root.Lookup("metadata", "annotations"), d.Root.Get("spec")
	case d.Object.Kind == "PodTemplate" && d.Object.Group() == "":
		p.template = d.Root.Get("template")
	case d.Object.Kind == "CronJob":
		p.template = d.Root.Lookup("spec", "jobTemplate", "spec", "template")
	default:
		p.template = d.Root.Lookup("spec", "template")
		if d.Object.Group() != "apps" && d.Object.Group() != "batch" && d.Object.Group() != "extensions" &&
			len(items(p.template.Lookup("spec", "containers"))) == 0 {
			return nil
		}
	}
	if p.template != nil {
		p.annotations, p.spec = p.template.Lookup("metadata", "annotations"), p.template.Get("spec")
	}
	if p.annotations == nil && p.spec == nil {
		return nil
	}
	for i := range items(p.spec.Get("containers")) {
		p.complete = p.complete || p.spec.Get("containers").Items[i].Get("image") != nil
	}
	return p
}

func (p *pod) serviceAccount() string {
	return or(p.spec.Get("serviceAccountName").Str(), p.spec.Get("serviceAccount").Str())
}

// containers visits the containers of a pod.
func (p *pod) containers(visit func(*manifest.Node)) {
	for _, list := range [...]string{"initContainers", "containers", "ephemeralContainers"} {
		of := p.spec.Get(list)
		for i := range items(of) {
			visit(&of.Items[i])
		}
	}
}
