package reference

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// The objects of the External Secrets Operator: external-secrets, apis/externalsecrets
// v1, v1beta1 and v1alpha1, and apis/generators/v1alpha1.

const (
	groupESO        = "external-secrets.io"
	groupGenerators = "generators.external-secrets.io"
)

// The kinds of stores.
const (
	kindSecretStore      = "SecretStore"
	kindClusterStore     = "ClusterSecretStore"
	kindClusterGenerator = "ClusterGenerator"
)

// externalSecret is the specification of an ExternalSecret, or of those that a
// ClusterExternalSecret makes.
type externalSecret struct {
	spec *manifest.Node
	// namespace is "" where there are several, or where it is not told.
	namespace string
	target    string // the name of the Secret
}

// externalSecretOf returns what d says of an ExternalSecret; nil where it is none.
func externalSecretOf(d *manifest.Document) *externalSecret {
	spec := d.Root.Get("spec")
	e := externalSecret{spec: spec, namespace: d.Object.Namespace, target: d.Object.Name}
	switch {
	case d.Object.Group() != groupESO:
		return nil
	case d.Object.Kind == "ExternalSecret":
	case d.Object.Kind == "ClusterExternalSecret":
		e.namespace = ""
		e.target = or(spec.Get("externalSecretName").Str(), d.Object.Name)
		e.spec = spec.Get("externalSecretSpec")
	default:
		return nil
	}
	e.target = or(e.spec.Lookup("target", "name").Str(), e.target)
	return &e
}

// isSecret tells whether a Secret is made, and not an object of another kind, whose
// templates go to paths of their own (spec.target.manifest).
func (e *externalSecret) isSecret() bool {
	made := e.spec.Lookup("target", "manifest")
	return made == nil || made.Get("kind").Str() == "Secret"
}

// storeRef is a store that is named by kind and name.
func (e *externalSecret) storeRef(ref *manifest.Node) StoreName {
	s := StoreName{Kind: or(ref.Get("kind").Str(), kindSecretStore), Name: ref.Get("name").Str()}
	if s.Name == "" {
		return StoreName{}
	}
	if s.Kind != kindClusterStore {
		s.Namespace = e.namespace
	}
	return s
}

// generatorRef is a generator that is named by kind and name.
func (e *externalSecret) generatorRef(ref *manifest.Node) StoreName {
	s := StoreName{Kind: ref.Get("kind").Str(), Name: ref.Get("name").Str()}
	if s.Name == "" || s.Kind == "" || s.Kind == kindClusterGenerator {
		return StoreName{Kind: s.Kind, Name: s.Name}
	}
	s.Namespace = e.namespace
	return s
}

// eso adds the references of an object of the operator.
func (c *collector) eso() {
	if e := externalSecretOf(c.doc); e != nil {
		c.externalSecret(e)
		return
	}
	if p := pushSecretOf(c.doc); p != nil {
		c.pushSecret(p)
	}
}

func (c *collector) externalSecret(e *externalSecret) {
	base := Reference{Dialect: ESO, Store: e.storeRef(e.spec.Get("secretStoreRef"))}
	base.Produces = Target{Namespace: e.namespace, Name: e.target}
	templated := len(fields(e.spec.Lookup("target", "template", "data"))) > 0
	data := e.spec.Get("data")
	for i := range items(data) {
		entry := &data.Items[i]
		r := base
		if own := e.storeRef(entry.Lookup("sourceRef", "storeRef")); own.Name != "" {
			r.Store = own
		}
		if !templated {
			r.Produces.Key = entry.Get("secretKey").Str()
		}
		c.remote(r, entry.Get("remoteRef"))
	}
	from := e.spec.Get("dataFrom")
	for i := range items(from) {
		entry := &from.Items[i]
		r := base
		if own := e.storeRef(entry.Lookup("sourceRef", "storeRef")); own.Name != "" {
			r.Store = own
		}
		// v1alpha1 has key, property and version right here.
		if entry.Get("key") != nil {
			c.remote(r, entry)
		}
		c.remote(r, entry.Get("extract"))
	}
}

// remote adds a reference by the fields of a remoteRef.
func (c *collector) remote(r Reference, ref *manifest.Node) {
	n := ref.Get("key")
	if n == nil || n.Kind != manifest.String || n.Text == "" {
		return
	}
	r.whole(n)
	r.Path, r.Key, r.Version = n.Text, ref.Get("property").Str(), scalar(ref.Get("version"))
	r.Metadata = ref.Get("metadataPolicy").Str() == "Fetch"
	c.add(r)
}

// keysOf are the names that the values of an ExternalSecret have before a template is
// applied: exact ones and patterns, in which * is any text.
func (e *externalSecret) keysOf() []string {
	var keys []string
	data := e.spec.Get("data")
	for i := range items(data) {
		keys = append(keys, pattern(data.Items[i].Get("secretKey").Str()))
	}
	from := e.spec.Get("dataFrom")
	for i := range items(from) {
		keys = append(keys, rewritten(from.Items[i].Get("rewrite")))
	}
	return keys
}

// rewritten is the pattern of the keys that the rewriting of a dataFrom leaves. Only the
// last step counts, and only one that wraps the whole name is understood.
func rewritten(steps *manifest.Node) string {
	if len(items(steps)) == 0 {
		return "*"
	}
	last := &steps.Items[len(steps.Items)-1]
	if into := last.Lookup("merge", "into").Str(); into != "" && last.Lookup("merge", "strategy").Str() == "JSON" {
		return into
	}
	source, target := last.Lookup("regexp", "source").Str(), last.Lookup("regexp", "target").Str()
	switch source {
	case "(.*)", "^(.*)$", "(.+)", "^(.+)$", "(^.*$)":
	default:
		return "*"
	}
	for _, group := range [...]string{"${1}", "$1"} {
		before, after, ok := strings.Cut(target, group)
		if !ok || strings.Contains(before+after, "$") || group == "$1" && after != "" && isWordByte(after[0]) {
			continue
		}
		return before + "*" + after
	}
	return "*"
}

func isWordByte(b byte) bool { return isAlnum(b) || b == '_' }

// pushSecret is the specification of a PushSecret, or of those that a ClusterPushSecret
// makes.
type pushSecret struct{ externalSecret }

func pushSecretOf(d *manifest.Document) *pushSecret {
	spec := d.Root.Get("spec")
	switch {
	case d.Object.Group() != groupESO:
		return nil
	case d.Object.Kind == "PushSecret":
		return &pushSecret{externalSecret{spec: spec, namespace: d.Object.Namespace}}
	case d.Object.Kind == "ClusterPushSecret":
		return &pushSecret{externalSecret{spec: spec.Get("pushSecretSpec")}}
	}
	return nil
}

func (c *collector) pushSecret(p *pushSecret) {
	stores := p.spec.Get("secretStoreRefs")
	data := p.spec.Get("data")
	for i := range items(data) {
		match := data.Items[i].Get("match")
		n := match.Lookup("remoteRef", "remoteKey")
		if n == nil || n.Kind != manifest.String || n.Text == "" {
			continue
		}
		for k := range items(stores) {
			r := Reference{Dialect: ESO, Store: p.storeRef(&stores.Items[k]), Path: n.Text, Key: match.Lookup("remoteRef", "property").Str(), Pushes: true}
			r.whole(n)
			c.add(r)
		}
	}
}

// generator adds the reference of a generator that asks Vault.
func (c *collector) generator() {
	spec := generatorSpec(c.doc)
	if spec == nil || generatorKind(c.doc) != "VaultDynamicSecret" {
		return
	}
	n := spec.Get("path")
	if n == nil || n.Kind != manifest.String {
		return
	}
	provider := spec.Get("provider")
	r := Reference{Dialect: ESO, Address: provider.Get("server").Str(), VaultNamespace: provider.Get("namespace").Str(), Auth: storeAuth(provider.Get("auth"))}
	r.whole(n)
	r.readAt(n.Text)
	if r.Engine == "" {
		r.Engine = Dynamic
	}
	c.add(r)
}

// generatorKind is the kind of a generator, also inside a ClusterGenerator.
func generatorKind(d *manifest.Document) string {
	if d.Object.Kind == kindClusterGenerator {
		return d.Root.Lookup("spec", "kind").Str()
	}
	return d.Object.Kind
}

// generatorSpec is the specification of a generator, also inside a ClusterGenerator,
// where it stands under the name of its kind with "Spec" behind it.
func generatorSpec(d *manifest.Document) *manifest.Node {
	spec := d.Root.Get("spec")
	if d.Object.Kind != kindClusterGenerator {
		return spec
	}
	of := spec.Get("generator")
	for i := range fields(of) {
		if strings.HasSuffix(of.Items[i].Key, "Spec") {
			return &of.Items[i]
		}
	}
	return nil
}

// needsESO returns the stores and generators that an object of the operator names.
func needsESO(d *manifest.Document) (needs []Need) {
	add := func(n *manifest.Node, ns string, s StoreName) {
		if n != nil && s.Name != "" {
			needs = append(needs, Need{Dialect: ESO, Namespace: ns, Store: s, Place: Place{Node: n, At: n.Place()}})
		}
	}
	if e := externalSecretOf(d); e != nil {
		// A patch may leave out the kind that stands in its base.
		if ref := e.spec.Get("secretStoreRef"); ref.Get("kind") != nil || e.spec.Get("data") != nil || e.spec.Get("dataFrom") != nil {
			add(ref.Get("name"), e.namespace, e.storeRef(ref))
		}
		for _, list := range [...]*manifest.Node{e.spec.Get("data"), e.spec.Get("dataFrom")} {
			for i := range items(list) {
				source := list.Items[i].Get("sourceRef")
				add(source.Lookup("storeRef", "name"), e.namespace, e.storeRef(source.Get("storeRef")))
				add(source.Lookup("generatorRef", "name"), e.namespace, e.generatorRef(source.Get("generatorRef")))
			}
		}
		return needs
	}
	p := pushSecretOf(d)
	if p == nil {
		return nil
	}
	stores := p.spec.Get("secretStoreRefs")
	for i := range items(stores) {
		add(stores.Items[i].Get("name"), p.namespace, p.storeRef(&stores.Items[i]))
	}
	ref := p.spec.Lookup("selector", "generatorRef")
	add(ref.Get("name"), p.namespace, p.generatorRef(ref))
	return needs
}
