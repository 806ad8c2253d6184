package reference_test

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

// class is a SecretProviderClass of Vault.
func class(objects, rest string) string {
	return `apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: db, namespace: shop}
spec:
  provider: vault
  parameters:
    roleName: shop
    vaultAddress: https://vault:8200
    objects: |
` + indent(objects, 6) + rest
}

func TestCSIReferences(t *testing.T) {
	testReferences(t, reference.CSI, []referenceCase{
		{"objects and the Secret that is made of them", class(`
- objectName: pw
  secretPath: secret/data/db
  secretKey: password
- objectName: cert
  secretPath: pki/issue/web
  method: PUT
  secretArgs: {common_name: a}
`, "  secretObjects:\n  - secretName: db\n    data:\n    - {objectName: pw, key: PASSWORD}\n"),
			[]string{"backend=vault address=https://vault:8200 role=shop engine=kv-v2 mount=secret path=db request=secret/data/db key=password makes=shop/db/PASSWORD",
				"backend=vault address=https://vault:8200 role=shop engine=dynamic path=pki/issue/web request=pki/issue/web"}},
		{"a version", class("- {objectName: pw, secretPath: secret/data/db, secretKey: x, secretArgs: {version: 3}}\n", ""),
			[]string{"backend=vault address=https://vault:8200 role=shop engine=kv-v2 mount=secret path=db request=secret/data/db key=x version=3"}},
		{"the form of old", class("array:\n- |\n  objectPath: /foo\n  objectName: a\n  objectVersion: ''\n", ""), []string{"backend=vault address=https://vault:8200 role=shop path=foo request=foo"}},
		{"a pod that mounts one", "apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: shop}\nspec:\n  volumes:\n  - name: s\n    csi: {driver: secrets-store.csi.k8s.io, volumeAttributes: {secretProviderClass: db}}\n",
			[]string{"store=SecretProviderClass/shop/db"}},
		{"another provider", "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {name: x}\nspec: {provider: aws, parameters: {objects: '- objectName: a'}}\n", nil},
	})
}

func TestCSIFaults(t *testing.T) {
	testFaults(t, []faultCase{
		{"all is well", class("- {objectName: pw, secretPath: secret/data/db, secretKey: x}\n", "  secretObjects: [{secretName: a, data: [{objectName: pw, key: k}]}]\n"), nil},
		{"the text is no YAML", class("- objectName: pw\n secretPath: x\n", ""), []string{"csi-objects spec.parameters.objects"}},
		{"the text is no list", class("objectName: pw\n", ""), []string{"csi-objects spec.parameters.objects"}},
		{"a name twice", class("- {objectName: pw, secretPath: a/b}\n- {objectName: pw, secretPath: a/c}\n", ""), []string{"csi-object-twice spec.parameters.objects"}},
		{"no name, no path", class("- {secretPath: a/b}\n- {objectName: a}\n", ""), []string{"csi-object-field spec.parameters.objects", "csi-object-field spec.parameters.objects"}},
		{"a name that there is not", class("- {objectName: pw, secretPath: a/b}\n", "  secretObjects: [{secretName: a, data: [{objectName: pwd, key: k}]}]\n"),
			[]string{"csi-object-unknown spec.secretObjects[0].data[key=k].objectName"}},
		{"secretObjects in parameters", class("- {objectName: pw, secretPath: a/b}\n", "    secretObjects: x\n"), []string{"csi-secret-objects spec.parameters.secretObjects"}},
		{"no role", "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {name: x}\nspec: {provider: vault, parameters: {objects: '- {objectName: a, secretPath: b/c}'}}\n",
			[]string{"csi-no-role spec.parameters"}},
		{"a path that goes up", class("- {objectName: pw, secretPath: secret/data/../x}\n", ""), []string{"path-traversal spec.parameters.objects"}},
		{"a text that is filled in", class("- {objectName: pw, secretPath: '${PATH}'}\n", ""), nil},
	}, reference.Options{})
}
