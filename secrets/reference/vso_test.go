package reference_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// vso is an object of the Vault Secrets Operator.
func vso(kind, spec string) string {
	return "apiVersion: secrets.hashicorp.com/v1beta1\nkind: " + kind + "\nmetadata:\n  name: db\n  namespace: shop\nspec:\n" + indent(spec, 2)
}

func TestVSOReferences(t *testing.T) {
	testReferences(t, reference.VSO, []referenceCase{
		{"static, version 2", vso("VaultStaticSecret", `
vaultAuthRef: auth
mount: kv
type: kv-v2
path: shop/db
version: 3
namespace: team
destination: {name: db, create: true}
`), []string{"store=VaultAuth/shop/auth backend=vault vaultns=team engine=kv-v2 mount=kv path=shop/db request=kv/data/shop/db version=3 makes=shop/db"}},
		{"static, version 1, auth elsewhere", vso("VaultStaticSecret", `
vaultAuthRef: vault/auth
mount: kv
type: kv-v1
path: /shop/db/
destination: {name: db}
`), []string{"store=VaultAuth/vault/auth backend=vault engine=kv-v1 mount=kv path=shop/db request=kv/shop/db makes=shop/db"}},
		{"dynamic", vso("VaultDynamicSecret", "mount: database\npath: creds/shop\ndestination: {name: db}\n"),
			[]string{"backend=vault engine=dynamic mount=database path=creds/shop request=database/creds/shop makes=shop/db"}},
		{"pki", vso("VaultPKISecret", "mount: pki\nrole: shop\nissuerRef: root\ndestination: {name: tls}\n"),
			[]string{"backend=vault engine=pki mount=pki path=issuer/root/issue/shop request=pki/issuer/root/issue/shop makes=shop/tls"}},
		{"hcp", vso("HCPVaultSecretsApp", "appName: shop\nhcpAuthRef: hcp\ndestination: {name: db}\n"),
			[]string{"store=HCPAuth/shop/hcp backend=hcp path=shop makes=shop/db"}},
		{"a path that is filled in", vso("VaultStaticSecret", "mount: kv\ntype: kv-v2\npath: ${ENV}/db\ndestination: {name: db}\n"),
			[]string{"backend=vault engine=kv-v2 mount=kv path=${ENV}/db makes=shop/db"}},
		{"a connection has none", vso("VaultConnection", "address: https://vault\n"), nil},
	})
}

func static(spec string) string {
	return vso("VaultStaticSecret", "vaultAuthRef: auth\nmount: kv\ntype: kv-v2\npath: shop/db\ndestination: {name: db, create: true}\n"+spec)
}

func TestVSOFaults(t *testing.T) {
	testFaults(t, []faultCase{
		{"all is well", static("refreshAfter: 1.5h\nversion: 0\n"), nil},
		{"an engine that there is not", vso("VaultStaticSecret", "mount: kv\ntype: kv2\npath: a\ndestination: {name: db}\n"), []string{"vso-value spec.type"}},
		{"no name of the Secret", vso("VaultStaticSecret", "mount: kv\ntype: kv-v2\npath: a\ndestination: {create: true}\n"), []string{"vso-field spec.destination?"}},
		{"no mount", vso("VaultStaticSecret", "type: kv-v2\npath: a\ndestination: {name: db}\n"), []string{"vso-field spec?"}},
		{"a patch has few fields", vso("VaultStaticSecret", "path: a\n"), nil},
		{"version of version 1", vso("VaultStaticSecret", "mount: kv\ntype: kv-v1\npath: a\nversion: 2\ndestination: {name: db}\n"), []string{"vso-version spec.version"}},
		{"version as a text", static(`version: "2"`), []string{"vso-version spec.version"}},
		{"version below zero", static(`version: -1`), []string{"vso-version spec.version"}},
		{"data/ in the path", vso("VaultStaticSecret", "mount: kv\ntype: kv-v2\npath: data/a\ndestination: {name: db}\n"), []string{"path-with-data spec.path?"}},
		{"the mount in the path", vso("VaultStaticSecret", "mount: kv\ntype: kv-v2\npath: kv/a\ndestination: {name: db}\n"), []string{"path-with-mount spec.path?"}},
		{"a path that goes up", vso("VaultStaticSecret", "mount: kv\ntype: kv-v2\npath: a/../b\ndestination: {name: db}\n"), []string{"path-traversal spec.path"}},
		{"a period in days", static("refreshAfter: 1d"), []string{"vso-period spec.refreshAfter"}},
		{"a period of two units", static("refreshAfter: 1h30m"), []string{"vso-period spec.refreshAfter"}},
		{"a period as a number", static("refreshAfter: 30"), []string{"vso-period spec.refreshAfter"}},
		{"a period that is filled in", static("refreshAfter: ${EVERY}"), nil},
		{"a KV path where a lease is wanted", vso("VaultDynamicSecret", "mount: kv\npath: data/a\ndestination: {name: db}\n"), []string{"vso-dynamic-kv spec.path?"}},
		{"a percentage above 90", vso("VaultDynamicSecret", "mount: database\npath: creds/a\nrenewalPercent: 95\ndestination: {name: db}\n"), []string{"vso-value spec.renewalPercent"}},
		{"a method of HTTP that is not allowed", vso("VaultDynamicSecret", "mount: database\npath: creds/a\nrequestHTTPMethod: PATCH\ndestination: {name: db}\n"),
			[]string{"vso-value spec.requestHTTPMethod"}},
		{"a certificate that is always due", vso("VaultPKISecret", "mount: pki\nrole: a\nttl: 24h\nexpiryOffset: 1440m\ndestination: {name: tls}\n"), []string{"vso-expiry-offset spec.expiryOffset"}},
		{"a certificate that lives long enough", vso("VaultPKISecret", "mount: pki\nrole: a\nttl: 24h\nexpiryOffset: 1h\ndestination: {name: tls}\n"), nil},
		{"a template that does not parse", static("destination: {name: db, transformation: {templates: {url: {text: '{{ .Secrets.a'}}}}"),
			[]string{"template-syntax spec.destination.transformation.templates.url.text"}},
		{"an expression that does not compile", vso("SecretTransformation", "excludes: ['(a']\n"), []string{"expression-syntax spec.excludes[0]"}},
		{"templates of a transformation", vso("SecretTransformation", "templates: {a: {text: '{{ get .Secrets \"a\" }}'}}\nsourceTemplates: [{name: x, text: '{{ end }}'}]\n"),
			[]string{"template-syntax spec.sourceTemplates[name=x].text"}},
		{"a method without its field", vso("VaultAuth", "method: jwt\nmount: jwt\nkubernetes: {role: a}\n"), []string{"vso-auth spec.method?"}},
		{"a method that there is not", vso("VaultAuth", "method: k8s\nmount: kubernetes\nk8s: {role: a}\n"), []string{"vso-value spec.method"}},
	}, reference.Options{})
}
