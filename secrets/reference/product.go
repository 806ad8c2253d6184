package reference

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Reach is which Secrets a Product stands for.
type Reach string

// The reaches.
const (
	// Named is a Secret of this name; * in it is any text.
	Named Reach = ""
	// Mentioned is a Secret that may come to be, since something that may make it names
	// it: a field of an operator's object, an argument of a command.
	Mentioned Reach = "mentioned"
	// Related is any Secret with the name in its own: operators and charts call what they
	// make after the object that they make it for.
	Related Reach = "related"
	// Any is any Secret of the namespace, of a chart or a source that is not seen.
	Any Reach = "any"
	// Renamed is no Secret: kustomize puts this around the names of all objects, and
	// Namespace, if told, in place of theirs.
	Renamed Reach = "renamed"
)

// Product is a Secret that an object makes, or may make.
type Product struct {
	Namespace string   `json:"ns,omitempty"` // "" where it is not told, or is any
	Name      string   `json:"name,omitempty"`
	Reach     Reach    `json:"reach,omitempty"`
	Keys      []string `json:"keys,omitempty"` // * is any text
	// Open tells that the Secret may have other keys, too.
	Open bool `json:"open,omitempty"`
	// Merges tells that it adds keys to a Secret which something else makes.
	Merges bool `json:"merges,omitempty"`
	// Owns tells that the object takes the Secret for its own, so that no other may.
	Owns bool            `json:"owns,omitempty"`
	By   manifest.Object `json:"by"`
	Place
}

// mostProducts is how many products of one document are told.
const mostProducts = 20_000

// Products returns the Secrets that a document makes or may make, in its order. A
// kustomization is a document, too, under its usual names. A document that is part of a
// template may make any.
func Products(d *manifest.Document) []Product {
	m := &maker{doc: d, root: d.Root, namespace: d.Object.Namespace}
	switch {
	case isDefinition(d):
		return nil
	case isKustomization(d):
		m.kustomization()
	case !d.IsObject():
		return nil
	case d.Templated:
		m.templated()
	default:
		m.object()
	}
	locate(d.Root, places(m.list, func(p *Product) *Place { return &p.Place }))
	return m.list
}

// maker gathers the products of one document.
type maker struct {
	doc       *manifest.Document
	root      *manifest.Node
	namespace string // "" where the Secret is copied to others
	copied    bool
	filled    bool // a controller puts in keys
	list      []Product
}

// add adds a product, which stands at n.
func (m *maker) add(n *manifest.Node, p Product) {
	if len(m.list) >= mostProducts || p.Name == "" && p.Reach != Any && p.Reach != Renamed {
		return
	}
	p.By, p.Name = m.doc.Object, pattern(p.Name)
	p.Open = p.Open || m.filled
	if isHole(p.Namespace) || m.copied {
		p.Namespace = ""
	}
	if n != nil {
		p.Place = Place{Node: n, At: n.Place()}
	}
	m.list = append(m.list, p)
}

// templated adds what a part of a template may make.
func (m *maker) templated() {
	switch m.doc.Object.Kind {
	case "Secret", "SealedSecret", "ExternalSecret", "Certificate":
		m.add(nil, Product{Reach: Any})
	}
}

// object adds what an object makes, by its kind.
func (m *maker) object() {
	m.copies()
	group, kind := m.doc.Object.Group(), m.doc.Object.Kind
	spec := m.root.Get("spec")
	switch {
	case group == "" && kind == "Secret":
		m.secret()
	case group == "bitnami.com" && kind == "SealedSecret":
		m.sealedSecret(spec)
	case group == groupESO:
		if e := externalSecretOf(m.doc); e != nil {
			m.externalSecret(e)
		}
	case group == groupVSO:
		m.vaultSecret(spec)
	case group == groupCSI:
		m.providerClass(spec)
	case group == "cert-manager.io":
		m.certManager(spec)
	case group == "networking.k8s.io" && kind == "Ingress", group == "extensions" && kind == "Ingress":
		m.issued("spec", "tls")
	case group == "gateway.networking.k8s.io" && kind == "Gateway":
		m.issuedGateway()
	case group == "isindir.github.com" && kind == "SopsSecret":
		m.sopsSecret(spec)
	case group == "" && kind == "Service":
		for _, version := range [...]string{"beta", "alpha"} {
			n := m.root.Lookup("metadata", "annotations").Get("service." + version + ".openshift.io/serving-cert-secret-name")
			m.add(n, Product{Namespace: m.namespace, Name: n.Str(), Keys: []string{"tls.crt", "tls.key"}})
		}
	case isPackage(group, kind):
		m.packages(group, kind, spec)
	case group == "rbac.authorization.k8s.io":
		m.rights()
	case isInert(group):
	default:
		m.operated(spec)
	}
	if p := podOf(m.doc); p != nil {
		m.commands(p)
	}
}

// copies looks for annotations, on the object and on the Secret that is made of it, by
// which a controller copies the Secret to other namespaces, or fills it.
func (m *maker) copies() {
	for _, path := range [...][]string{{"metadata", "annotations"}, {"spec", "template", "metadata", "annotations"}, {"spec", "destination", "annotations"},
		{"spec", "target", "template", "metadata", "annotations"}, {"spec", "secretTemplate", "annotations"}} {
		of := m.root.Lookup(path...)
		for i := range fields(of) {
			if key := of.Items[i].Key; isCopyAnnotation(key) {
				m.namespace, m.copied = "", true
				m.filled = m.filled || strings.Contains(key, "secret-generator")
			}
		}
	}
}

// isCopyAnnotation knows the annotations of reflector, replicator, config-syncer and
// generators of values.
func isCopyAnnotation(key string) bool {
	for _, prefix := range [...]string{"reflector.v1.k8s.emberstack.com/", "replicator.v1.mittwald.de/", "secret-generator.v1.mittwald.de/", "kubed.appscode.com/sync",
		"config-syncer.appscode.com/", "secret-generator.cs.sap.com/", "clustersecret.io/", "kyverno.io/"} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// secret adds a Secret, encrypted or not. One without data is filled by something else.
func (m *maker) secret() {
	p := Product{Namespace: m.namespace, Name: m.doc.Object.Name}
	for _, of := range [...]*manifest.Node{m.root.Get("data"), m.root.Get("stringData")} {
		for i := range fields(of) {
			p.addKey(of.Items[i].Key)
		}
		p.Open = p.Open || of != nil && of.Kind != manifest.Map && of.Kind != manifest.Null
	}
	switch m.root.Get("type").Str() {
	case "kubernetes.io/service-account-token":
		p.Keys = append(p.Keys, "token", "ca.crt", "namespace")
	}
	p.Open = p.Open || len(p.Keys) == 0 || m.root.Lookup("metadata", "generateName") != nil
	m.add(m.root.Lookup("metadata", "name"), p)
}

// addKey adds a key; one that is filled in later may be any.
func (p *Product) addKey(key string) {
	if isHole(key) || key == "<<" {
		p.Open = true
		return
	}
	p.Keys = append(p.Keys, key)
}

// sealedSecret adds what a SealedSecret opens to.
func (m *maker) sealedSecret(spec *manifest.Node) {
	name, n := m.doc.Object.Name, m.root.Lookup("metadata", "name")
	p := Product{Namespace: m.namespace, Name: name, Owns: true}
	for _, of := range [...]*manifest.Node{spec.Get("encryptedData"), spec.Lookup("template", "data")} {
		for i := range fields(of) {
			p.addKey(of.Items[i].Key)
		}
	}
	p.Open = len(p.Keys) == 0
	m.add(n, p)
}

// externalSecret adds what an ExternalSecret makes: the keys of its template, or those
// that are fetched.
func (m *maker) externalSecret(e *externalSecret) {
	target := e.spec.Get("target")
	policy := target.Get("creationPolicy").Str()
	if policy == "None" || !e.isSecret() {
		return
	}
	p := Product{Namespace: e.namespace, Name: e.target, Merges: policy == "Merge", Owns: policy == "" || policy == "Owner"}
	template := target.Get("template")
	for i := range fields(template.Get("data")) {
		p.addKey(template.Get("data").Items[i].Key)
	}
	from := template.Get("templateFrom")
	for i := range items(from) {
		p.templateFrom(&from.Items[i])
	}
	if len(p.Keys) == 0 && !p.Open || template.Get("mergePolicy").Str() == "Merge" {
		p.Keys = append(p.Keys, e.keysOf()...)
	}
	n := target.Get("name")
	if n == nil {
		n = m.root.Lookup("metadata", "name")
	}
	m.add(n, p)
}

// templateFrom adds the keys of a template that is kept elsewhere: the names under which
// it is kept there. One whose keys are templates, too, and a literal have any.
func (p *Product) templateFrom(from *manifest.Node) {
	if target := from.Get("target").Str(); target != "" && target != "Data" {
		return
	}
	if from.Get("literal") != nil {
		p.Open = true
		return
	}
	for _, of := range [...]string{"configMap", "secret"} {
		list := from.Lookup(of, "items")
		for i := range items(list) {
			if list.Items[i].Get("templateAs").Str() == "KeysAndValues" {
				p.Open = true
				continue
			}
			p.addKey(list.Items[i].Get("key").Str())
		}
	}
}

// vaultSecret adds what an object of the Vault Secrets Operator makes. The keys are those
// in Vault, unless all of them are left out.
func (m *maker) vaultSecret(spec *manifest.Node) {
	destination := spec.Get("destination")
	n := destination.Get("name")
	if n.Str() == "" {
		return
	}
	p := Product{Namespace: m.namespace, Name: n.Text, Open: true, Merges: !isTrue(destination.Get("create")), Owns: isTrue(destination.Get("create"))}
	t := destination.Get("transformation")
	for i := range fields(t.Get("templates")) {
		p.addKey(t.Get("templates").Items[i].Key)
	}
	for _, text := range texts(t.Get("excludes")) {
		if text == ".*" && len(items(t.Get("transformationRefs"))) == 0 && len(items(t.Get("includes"))) == 0 {
			p.Open = false
			p.Keys = append(p.Keys, "_raw")
		}
	}
	m.add(n, p)
}

// providerClass adds the Secrets that the CSI driver makes once a pod mounts the class.
func (m *maker) providerClass(spec *manifest.Node) {
	list := spec.Get("secretObjects")
	for i := range items(list) {
		p := Product{Namespace: m.namespace, Name: list.Items[i].Get("secretName").Str()}
		data := list.Items[i].Get("data")
		for k := range items(data) {
			p.addKey(data.Items[k].Get("key").Str())
		}
		m.add(list.Items[i].Get("secretName"), p)
	}
}

// sopsSecret adds the Secrets of the operator sops-secrets-operator.
func (m *maker) sopsSecret(spec *manifest.Node) {
	list := spec.Get("secretTemplates")
	for i := range items(list) {
		one := &list.Items[i]
		p := Product{Namespace: m.namespace, Name: one.Get("name").Str()}
		for _, of := range [...]*manifest.Node{one.Get("data"), one.Get("stringData")} {
			for k := range fields(of) {
				p.addKey(of.Items[k].Key)
			}
		}
		p.Open = p.Open || len(p.Keys) == 0
		if strings.HasPrefix(p.Name, "ENC[") {
			p.Name, p.Open = "*", true
		}
		m.add(one.Get("name"), p)
	}
}
