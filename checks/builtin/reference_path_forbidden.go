package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

const exampleReferencePaths = `-- .gatehouse/config.yaml --
version: 1
references:
  paths:
  - namespaces: [shop]
    prefixes: [secret/shop/]
`

func referencePathForbidden(s Settings) checks.Check {
	return checks.Check{
		ID:       string(reference.PathForbidden),
		Title:    "Reference to a path that is not for this namespace",
		Category: checks.References,
		Severity: checks.Error,
		Why: "A store that serves several teams can often read the secrets of all of them. Then only the path in a reference keeps them apart, and whoever may change one file " +
			"can fetch the secrets of another team into a namespace of their own.\n\n" +
			"`references.paths` in `.gatehouse/config.yaml` says which paths are for which namespaces; a namespace that is named nowhere may use all.",
		Fix: "Refer to a path of this namespace, or have the owners of the configuration allow this one.",
		Bad: []string{exampleReferencePaths + `-- shop.yaml --
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata:
  name: database
  namespace: shop
spec:
  vaultAuthRef: default
  type: kv-v2
  mount: secret
  path: bank/database
  destination:
    name: database
    create: true
`},
		Good: []string{exampleReferencePaths + `-- shop.yaml --
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata:
  name: database
  namespace: shop
spec:
  vaultAuthRef: default
  type: kv-v2
  mount: secret
  path: shop/database
  destination:
    name: database
    create: true
`},
		Document:  referenceDocument(s, reference.PathForbidden),
		FileFacts: referenceFacts(s),
		FactsOf:   referencesFacts,
		Tree:      referenceTree(s, reference.PathForbidden),
	}
}
