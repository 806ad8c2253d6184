package policies

import (
	"path"
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// hearing is one document with what the panel says of it. It belongs to one goroutine.
type hearing struct {
	kustomized bool
	completed  *manifest.Node // see completed
	asked      rego.Numbers
	verdicts   map[*Shelved]verdict // nil until the panel is asked
}

// request is the request that would bring a document into a cluster.
func (p *panel) request(h *hearing, d *manifest.Document, layout checks.Layout) review.Request {
	r := requestOf(d, layout)
	if h.kustomized {
		r.Fields = append(r.Fields, manifest.Node{Key: "kustomized", Kind: manifest.Bool, Text: "true"})
	}
	if h.completed != nil {
		r.Object = h.completed
		return r
	}
	r.Term = p.objects.of(d)
	return r
}

// completed is a kustomization that does not say that it is one, which kustomize does not
// ask for (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/); nil
// for what is none.
func completed(d *manifest.Document) *manifest.Node {
	root := d.Canonical()
	switch path.Base(d.File) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
	default:
		return nil
	}
	if root.Kind != manifest.Map {
		return nil
	}
	full := *root
	full.Items = slices.Clone(root.Items)
	for _, standard := range []manifest.Node{
		{Key: "apiVersion", Kind: manifest.String, Text: "kustomize.config.k8s.io/v1beta1"},
		{Key: "kind", Kind: manifest.String, Text: "Kustomization"},
	} {
		if root.Get(standard.Key) == nil {
			full.Items = append(full.Items, standard)
		}
	}
	return &full
}

// verdict is what one policy says of one object.
type verdict struct {
	results []ruled
	settles []string
	err     error
}

// ruled is a result with the rule that gave it.
type ruled struct {
	rule int
	conftest.Result
}

func (p *panel) hear(d *manifest.Document, layout checks.Layout) *hearing {
	return p.hearings.of(d, func() *hearing {
		h := &hearing{kustomized: isKustomized(layout, d.File)}
		object := d.Object
		if !d.IsObject() {
			if h.completed = completed(d); h.completed == nil {
				return h
			}
			object = manifest.Object{APIVersion: h.completed.Get("apiVersion").Str(), Kind: h.completed.Get("kind").Str()}
		}
		h.asked = p.askedOf(object, h.kustomized, d.Canonical, func() string { return layout.Environment(d.File) })
		return h
	})
}

// askedOf are the rules that may hold for an object.
func (p *panel) askedOf(o manifest.Object, kustomized bool, root func() *manifest.Node, environment func() string) rego.Numbers {
	candidates, known := p.byKind[o.Kind]
	if !known {
		candidates = p.anyKind
	}
	var asked, fields rego.Numbers
	looked := false
	for _, c := range candidates {
		if asked.Has(c.number) || c.settles && !kustomized || c.versions != nil && !slices.Contains(c.versions, o.APIVersion) || c.placed && environment() == "" {
			continue
		}
		if c.needs != (rego.Numbers{}) && !looked {
			fields, looked = p.shelf.fields.Of(root()), true
		}
		if c.needs.Within(fields) && (c.where == nil || slices.ContainsFunc(c.where, func(w where) bool { return w(root()) })) {
			asked.Add(c.number)
		}
	}
	return asked
}
