package reference

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// storesESO returns what an object of External Secrets is to others.
func storesESO(d *manifest.Document) []Store {
	s := Store{Dialect: ESO, StoreName: StoreName{d.Object.Kind, d.Object.Namespace, d.Object.Name}}
	switch {
	case d.Object.Group() == groupGenerators:
		if d.Object.Kind == kindClusterGenerator {
			s.Namespace = ""
		}
		s.Backend = "generator"
		if spec := generatorSpec(d); generatorKind(d) == "VaultDynamicSecret" {
			s.vaultProvider(spec.Get("provider"))
		}
		return []Store{s}
	case d.Object.Kind == kindClusterStore:
		s.Namespace = ""
		s.conditions(d.Root.Lookup("spec", "conditions"))
	case d.Object.Kind == kindSecretStore:
	default:
		return nil
	}
	for i := range fields(d.Root.Lookup("spec", "provider")) {
		p := &d.Root.Lookup("spec", "provider").Items[i]
		s.Backend = p.Key
		s.place(p)
		if p.Key == "vault" {
			s.vaultProvider(p)
		}
	}
	return []Store{s}
}

// vaultProvider reads the provider of Vault.
func (s *Store) vaultProvider(p *manifest.Node) {
	s.Backend = "vault"
	s.Address, s.VaultNamespace = p.Get("server").Str(), p.Get("namespace").Str()
	s.Auth = storeAuth(p.Get("auth"))
	s.Engine = KV2
	switch version := p.Get("version").Str(); {
	case version == "v1":
		s.Engine = KV1
	case isHole(version):
		s.Engine = ""
	}
	if path := p.Get("path"); path != nil && path.Kind == manifest.String {
		s.Mount, s.HasMount = path.Text, true
	}
	s.place(p.Get("server"))
}

// storeAuth reads how Vault is logged in to.
func storeAuth(auth *manifest.Node) Auth {
	for i := range fields(auth) {
		method := &auth.Items[i]
		if method.Key == "namespace" {
			continue
		}
		a := Auth{Method: method.Key, Mount: or(method.Get("mountPath").Str(), method.Get("path").Str()), Role: method.Get("role").Str()}
		account := method.Get("serviceAccountRef")
		if account == nil {
			account = method.Lookup("kubernetesServiceAccountToken", "serviceAccountRef")
		}
		a.ServiceAccount, a.Namespace = account.Get("name").Str(), account.Get("namespace").Str()
		return a
	}
	return Auth{}
}

// conditions reads for which namespaces a ClusterSecretStore is: those that meet one of
// them.
func (s *Store) conditions(list *manifest.Node) {
	for i := range items(list) {
		c := &list.Items[i]
		s.Limited = true
		s.Namespaces = append(s.Namespaces, texts(c.Get("namespaces"))...)
		s.Expressions = append(s.Expressions, texts(c.Get("namespaceRegexes"))...)
		s.Selects = s.Selects || c.Get("namespaceSelector") != nil
	}
}

// secretStore judges a SecretStore or a ClusterSecretStore.
func (j *judge) secretStore() {
	spec := j.doc.Root.Get("spec")
	provider := spec.Get("provider")
	if n := len(fields(provider)); n > 1 {
		j.report(onProvider, provider, "the store has %d providers, and must have one", n)
	}
	if data := provider.Lookup("fake", "data"); len(items(data)) > 0 {
		j.fake(data)
	}
	j.oneOf(onESOValue, provider.Lookup("vault", "version"), "v1", "v2")
	j.oneOf(onESOValue, provider.Lookup("aws", "service"), "SecretsManager", "ParameterStore")
	if list := spec.Get("conditions"); list != nil {
		for i := range items(list) {
			expressions := list.Items[i].Get("namespaceRegexes")
			for k := range items(expressions) {
				j.expression(&expressions.Items[k])
			}
		}
	}
	if j.doc.Object.Kind == kindSecretStore && j.doc.Object.Namespace != "" {
		j.ownSecrets(provider)
	}
	if path := provider.Lookup("vault", "path"); provider.Lookup("vault", "version").Str() != "v1" && strings.HasSuffix(trimSlashes(path.Str()), "/data") {
		j.report(onDataExtra, path, "the path ends in /data, which is put in once more for KV version 2")
	}
}

// fake judges the values of a provider or generator that is none.
func (j *judge) fake(data *manifest.Node) {
	if allIn(data, isHole) {
		return
	}
	j.report(onFake, data, "the values stand here in the clear: a fake provider keeps no secrets")
}

// allIn tells whether all strings in a node are such.
func allIn(n *manifest.Node, is func(string) bool) bool {
	all := true
	eachString(n, func(s *manifest.Node) { all = all && is(s.Text) })
	return all
}

// ownSecrets judges the Secrets by which a SecretStore logs in: they must be of its own
// namespace.
func (j *judge) ownSecrets(n *manifest.Node) {
	ns := n.Get("namespace")
	if ns.Str() != "" && n.Get("name") != nil && n.Get("key") != nil && ns.Text != j.doc.Object.Namespace && !isHole(ns.Text) {
		j.report(onStoreNamespace, ns, "a SecretStore logs in with Secrets of its own namespace, and this is one of %s", ns.Text)
		return
	}
	for i := range n.Items {
		j.ownSecrets(&n.Items[i])
	}
}

// generator judges a generator.
func (j *judge) generator() {
	spec := generatorSpec(j.doc)
	switch generatorKind(j.doc) {
	case "Fake":
		if data := spec.Get("data"); len(fields(data)) > 0 {
			j.fake(data)
		}
	case "VaultDynamicSecret":
		j.oneOf(onESOValue, spec.Get("resultType"), "Data", "Auth", "Raw")
	}
}
