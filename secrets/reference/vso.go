package reference

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// The objects of the Vault Secrets Operator: vault-secrets-operator, api/v1beta1.

const groupVSO = "secrets.hashicorp.com"

// The kinds of objects on which those of the operator stand.
const (
	kindVaultAuth       = "VaultAuth"
	kindVaultAuthGlobal = "VaultAuthGlobal"
	kindVaultConnection = "VaultConnection"
	kindHCPAuth         = "HCPAuth"
	kindTransformation  = "SecretTransformation"
)

// vso adds the reference of an object of the operator.
func (c *collector) vso() {
	spec := c.doc.Root.Get("spec")
	r := Reference{Dialect: VSO, VaultNamespace: spec.Get("namespace").Str(), Version: scalar(spec.Get("version"))}
	r.Store = vaultAuthOf(c.doc)
	r.Produces = Target{Namespace: c.doc.Object.Namespace, Name: spec.Lookup("destination", "name").Str()}
	mount := spec.Get("mount").Str()
	switch c.doc.Object.Kind {
	case "VaultStaticSecret", "CSISecrets":
		n := spec.Get("path")
		if n == nil || n.Kind != manifest.String {
			return
		}
		r.whole(n)
		r.below(mount, n.Text, staticEngine(spec))
	case "VaultDynamicSecret":
		n := spec.Get("path")
		if n == nil || n.Kind != manifest.String {
			return
		}
		r.whole(n)
		r.below(mount, n.Text, Dynamic)
		if _, _, ok := splitData(r.Request); ok {
			r.readAt(r.Request)
		}
	case "VaultPKISecret":
		n := spec.Get("role")
		if n == nil || n.Kind != manifest.String {
			return
		}
		r.whole(n)
		path := "issue/" + n.Text
		if issuer := spec.Get("issuerRef").Str(); issuer != "" {
			path = "issuer/" + issuer + "/" + path
		}
		r.below(mount, path, PKI)
	case "HCPVaultSecretsApp":
		n := spec.Get("appName")
		if n == nil || n.Kind != manifest.String {
			return
		}
		r.whole(n)
		r.Backend, r.Path = "hcp", n.Text
	default:
		return
	}
	c.add(r)
}

func staticEngine(spec *manifest.Node) Engine {
	switch spec.Get("type").Str() {
	case "kv-v2":
		return KV2
	case "kv-v1":
		return KV1
	}
	return ""
}

// vaultAuthOf is the VaultAuth, or HCPAuth, that an object names: "name", or
// "namespace/name". One that names none uses that of the operator, which is zero here.
func vaultAuthOf(d *manifest.Document) StoreName {
	kind, field := kindVaultAuth, "vaultAuthRef"
	if d.Object.Kind == "HCPVaultSecretsApp" {
		kind, field = kindHCPAuth, "hcpAuthRef"
	}
	return namedIn(kind, d.Root.Lookup("spec", field).Str(), d.Object.Namespace)
}

// namedIn is an object that is named as "name", or "namespace/name".
func namedIn(kind, text, namespace string) StoreName {
	if text == "" {
		return StoreName{}
	}
	if ns, name, ok := strings.Cut(text, "/"); ok {
		return StoreName{kind, ns, name}
	}
	return StoreName{kind, namespace, text}
}

// needsVSO returns the objects on which one of the operator stands.
func needsVSO(d *manifest.Document) (needs []Need) {
	add := func(n *manifest.Node, s StoreName) {
		if n != nil && s.Name != "" {
			needs = append(needs, Need{Dialect: VSO, Store: s, Place: Place{Node: n, At: n.Place()}})
		}
	}
	spec := d.Root.Get("spec")
	ns := d.Object.Namespace
	switch d.Object.Kind {
	case "VaultStaticSecret", "VaultDynamicSecret", "VaultPKISecret", "CSISecrets":
		n := spec.Get("vaultAuthRef")
		add(n, namedIn(kindVaultAuth, n.Str(), ns))
	case "HCPVaultSecretsApp":
		n := spec.Get("hcpAuthRef")
		add(n, namedIn(kindHCPAuth, n.Str(), ns))
	case kindVaultAuth:
		n := spec.Get("vaultConnectionRef")
		add(n, namedIn(kindVaultConnection, n.Str(), ns))
		n = spec.Lookup("vaultAuthGlobalRef", "name")
		add(n, StoreName{kindVaultAuthGlobal, or(spec.Lookup("vaultAuthGlobalRef", "namespace").Str(), ns), n.Str()})
	}
	refs := spec.Lookup("destination", "transformation", "transformationRefs")
	for i := range items(refs) {
		n := refs.Items[i].Get("name")
		add(n, StoreName{kindTransformation, or(refs.Items[i].Get("namespace").Str(), ns), n.Str()})
	}
	return needs
}

// storesVSO returns what an object of the operator is to others.
func storesVSO(d *manifest.Document) []Store {
	spec := d.Root.Get("spec")
	s := Store{Dialect: VSO, StoreName: StoreName{d.Object.Kind, d.Object.Namespace, d.Object.Name}, Backend: "vault",
		VaultNamespace: spec.Get("namespace").Str()}
	switch d.Object.Kind {
	case kindVaultAuth:
		s.Auth = vaultAuth(spec, d.Object.Namespace)
		s.Next = namedIn(kindVaultConnection, spec.Get("vaultConnectionRef").Str(), d.Object.Namespace)
		s.Limited, s.Namespaces = true, append([]string{d.Object.Namespace}, texts(spec.Get("allowedNamespaces"))...)
		s.place(spec.Get("method"))
	case kindVaultAuthGlobal:
		s.Limited, s.Namespaces = true, append([]string{d.Object.Namespace}, texts(spec.Get("allowedNamespaces"))...)
	case kindVaultConnection:
		s.Address = spec.Get("address").Str()
		s.place(spec.Get("address"))
	case kindHCPAuth:
		s.Backend = "hcp"
		s.Limited, s.Namespaces = true, append([]string{d.Object.Namespace}, texts(spec.Get("allowedNamespaces"))...)
	case kindTransformation:
	default:
		return nil
	}
	return []Store{s}
}

// place tells where a store says where it is.
func (s *Store) place(n *manifest.Node) {
	if n != nil {
		s.Place = Place{Node: n, At: n.Place()}
	}
}

func vaultAuth(spec *manifest.Node, namespace string) Auth {
	method := spec.Get("method").Str()
	of := spec.Get(method)
	return Auth{Method: method, Mount: spec.Get("mount").Str(), Role: or(of.Get("role").Str(), of.Get("roleId").Str()),
		ServiceAccount: of.Get("serviceAccount").Str(), Namespace: namespace}
}

// periodPattern is what the definition of the operator asks of refreshAfter.
var periodPattern = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(s|m|h)$`)

// vso judges one object of the operator.
func (j *judge) vso() {
	spec := j.doc.Root.Get("spec")
	switch j.doc.Object.Kind {
	case "VaultStaticSecret":
		j.oneOf(onVSOValue, spec.Get("type"), "kv-v1", "kv-v2")
		j.required(spec, "path", "mount", "type")
		j.staticVersion(spec)
		j.staticPath(spec)
	case "VaultDynamicSecret":
		j.required(spec, "path", "mount")
		j.oneOf(onVSOValue, spec.Get("requestHTTPMethod"), "GET", "POST", "PUT")
		j.renewal(spec.Get("renewalPercent"))
		j.dynamicPath(spec)
	case "VaultPKISecret":
		j.required(spec, "role", "mount")
		j.expiryOffset(spec)
	case "HCPVaultSecretsApp":
		j.renewal(spec.Lookup("syncConfig", "dynamic", "renewalPercent"))
	case kindVaultAuth:
		j.vaultAuth(spec)
	case kindTransformation:
		j.transformation(spec)
	}
	if destination := spec.Get("destination"); destination.Get("create") != nil && destination.Get("name") == nil {
		j.report(onField, destination, "destination has no name")
	}
	j.period(spec.Get("refreshAfter"))
	j.transformation(spec.Lookup("destination", "transformation"))
}

// required judges fields that an object must have, where it is no patch: it has the
// others.
func (j *judge) required(spec *manifest.Node, names ...string) {
	missing := ""
	for _, name := range append(names, "destination") {
		if spec.Get(name) == nil {
			if missing != "" {
				return
			}
			missing = name
		}
	}
	if missing != "" && missing != "destination" {
		j.report(onField, spec, "spec has no %s", missing)
	}
}

func (j *judge) staticVersion(spec *manifest.Node) {
	n := spec.Get("version")
	switch {
	case n == nil || isHole(n.Text):
	case n.Kind != manifest.Number || strings.ContainsAny(n.Text, ".eE-"):
		j.report(onVersion, n, "version is a whole number from 0, without quotes")
	case spec.Get("type").Str() == "kv-v1":
		j.report(onVersion, n, "version says which version is read, and an engine of kv-v1 has none")
	}
}

func (j *judge) staticPath(spec *manifest.Node) {
	n, mount := spec.Get("path"), trimSlashes(spec.Get("mount").Str())
	path := trimSlashes(n.Str())
	switch {
	case path == "" || isHole(path):
	case strings.HasPrefix(path, "data/"):
		j.report(onDataExtra, n, "the path begins with data/, which the operator puts in by itself where the engine is kv-v2 and which kv-v1 does not have")
	case mount != "" && strings.HasPrefix(path, mount+"/"):
		j.report(onMountTwice, n, "the path begins with %s/, which is the mount already", mount)
	}
}

func (j *judge) dynamicPath(spec *manifest.Node) {
	n := spec.Get("path")
	path := trimSlashes(n.Str())
	if strings.HasPrefix(path, "data/") || strings.HasPrefix(path, "metadata/") {
		j.report(onDynamicKV, n, "this is a path of a KV engine, which makes no dynamic secrets")
	}
}

func (j *judge) renewal(n *manifest.Node) {
	if n == nil || isHole(n.Text) {
		return
	}
	if v, err := strconv.Atoi(scalar(n)); err != nil || v < 0 || v > 90 || n.Kind != manifest.Number {
		j.report(onVSOValue, n, "renewalPercent is a whole number from 0 to 90")
	}
}

func (j *judge) period(n *manifest.Node) {
	if n == nil || isHole(n.Text) || n.Kind == manifest.String && n.Text == "" {
		return
	}
	if n.Kind != manifest.String || !periodPattern.MatchString(n.Text) {
		j.report(onPeriod, n, "refreshAfter is one number with s, m or h behind it, such as 30s or 1.5h")
	}
}

func (j *judge) expiryOffset(spec *manifest.Node) {
	n := spec.Get("expiryOffset")
	offset, err := time.ParseDuration(n.Str())
	ttl, other := time.ParseDuration(spec.Get("ttl").Str())
	if err == nil && other == nil && offset >= ttl && offset > 0 {
		j.report(onExpiryOffset, n, "the certificate is renewed %s before it expires, and lives for %s", offset, ttl)
	}
}

// vaultAuth judges how Vault is logged in to.
func (j *judge) vaultAuth(spec *manifest.Node) {
	n := spec.Get("method")
	methods := []string{"kubernetes", "jwt", "appRole", "aws", "gcp"}
	j.oneOf(onVSOValue, n, methods...)
	if method := n.Str(); slices.Contains(methods, method) && spec.Get(method) == nil && spec.Get("vaultAuthGlobalRef") == nil && spec.Get("mount") != nil {
		j.report(onAuth, n, "the method is %s, and spec has no %s that says how", method, method)
	}
}

// transformation judges templates and filters.
func (j *judge) transformation(t *manifest.Node) {
	for i := range fields(t.Get("templates")) {
		if text := t.Get("templates").Items[i].Get("text"); text.Str() != "" {
			j.template(text, "{{", "}}")
		}
	}
	for i := range items(t.Get("sourceTemplates")) {
		if text := t.Get("sourceTemplates").Items[i].Get("text"); text.Str() != "" {
			j.template(text, "{{", "}}")
		}
	}
	for _, name := range [...]string{"includes", "excludes"} {
		for i := range items(t.Get(name)) {
			j.expression(&t.Get(name).Items[i])
		}
	}
}

// expression judges a regular expression of Go.
func (j *judge) expression(n *manifest.Node) {
	if n == nil || n.Kind != manifest.String || len(n.Text) > mostExpressionBytes {
		return
	}
	if _, err := regexp.Compile(n.Text); err != nil {
		j.report(onExpression, n, "the regular expression does not compile")
	}
}

// mostExpressionBytes is the length up to which an expression is compiled.
const mostExpressionBytes = 4096
