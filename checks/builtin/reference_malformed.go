package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

// exampleOwner is an ExternalSecret that takes the Secret database for its own.
func exampleOwner(name, key string) string {
	return `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: ` + name + `
  namespace: shop
spec:
  secretStoreRef:
    name: vault
    kind: ClusterSecretStore
  target:
    name: database
  dataFrom:
  - extract:
      key: ` + key + "\n"
}

func referenceMalformed(s Settings) checks.Check {
	return checks.Check{
		ID:       string(reference.Malformed),
		Title:    "Reference to a secret cannot work as it is written",
		Category: checks.References,
		Severity: checks.Error,
		Why: "A reference is resolved in the cluster, after the merge. What is wrong with it shows as an object that is not ready, a pod that does not start, " +
			"or not at all: an annotation with a misspelt name is passed over, and a placeholder that no tool matches is shipped as the value.\n\n" +
			"Vault Agent annotations, objects of the Vault Secrets Operator and of External Secrets, placeholders of argocd-vault-plugin and bank-vaults, classes of the " +
			"Secrets Store CSI driver, `ref+` of vals and helm-secrets and data sources of Terraform are read, each by the rules of its tool. " +
			"What the text proves is an error; what is only likely, such as a path of KV version 2 without `data/`, a warning.",
		Fix: "Write the reference as its tool reads it; docs/REFERENCES.md tells what each one takes.",
		Bad: []string{`apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: database
  namespace: shop
spec:
  refreshInterval: 1 hour
  secretStoreRef:
    name: vault
    kind: ClusterSecretStore
  data:
  - secretKey: password
    remoteRef:
      key: shop/database
      property: password
`, `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations:
    vault.hashicorp.com/agent-inject: "true"
    vault.hashicorp.com/role: web
    vault.hashicorp.com/agent-inject-secret-database: secret/data/shop/database
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.4.2
`, `-- store.yaml --
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata:
  name: vault
spec:
  provider:
    vault:
      server: https://vault.example.com
      version: v1
      path: kv
      auth: {tokenSecretRef: {name: vault-token, namespace: external-secrets, key: token}}
-- shop.yaml --
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: database
  namespace: shop
spec:
  secretStoreRef:
    name: vault
    kind: ClusterSecretStore
  data:
  - secretKey: password
    remoteRef:
      key: shop/database
      property: password
      metadataPolicy: Fetch
`, exampleOwner("database", "shop/database") + "---\n" + exampleOwner("database-copy", "shop/other"), `-- main.tf --
data "vault_kv_secret_v2" "database" {
  mount = "secret"
  name  = "data/shop/database"
}
`},
		Good: []string{`apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: database
  namespace: shop
spec:
  refreshInterval: 1h
  secretStoreRef:
    name: vault
    kind: ClusterSecretStore
  data:
  - secretKey: password
    remoteRef:
      key: shop/database
      property: password
`, `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
      annotations:
        vault.hashicorp.com/agent-inject: "true"
        vault.hashicorp.com/role: web
        vault.hashicorp.com/agent-inject-secret-database: secret/data/shop/database
    spec:
      serviceAccountName: web
      containers:
      - name: web
        image: registry.example.com/web:1.4.2
`},
		Document:  referenceDocument(s, reference.Malformed),
		FileFacts: referenceFacts(s),
		FactsOf:   referencesFacts,
		Tree:      referenceMalformedTree(s),
	}
}

// referenceMalformedTree judges what referenceTree does, and the Secrets that two objects
// take for their own.
func referenceMalformedTree(s Settings) func(*checks.Pass, checks.Tree) error {
	rest := referenceTree(s, reference.Malformed)
	return func(p *checks.Pass, t checks.Tree) error {
		if err := rest(p, t); err != nil {
			return err
		}
		products, err := saidIn(t, factProduct, reference.DecodeProduct)
		if err != nil {
			return err
		}
		for _, in := range scopesOf(t) {
			among := products.within(in)
			for _, c := range reference.Clashes(among.list) {
				where, first := among.where[c.AgainIndex], among.where[c.FirstIndex]
				if in.name == "" && where.File != first.File {
					continue // files of no environment may never be applied together
				}
				if in.judges(where.File) || in.judges(first.File) {
					p.Report(referenceReport(where, c.Fault))
				}
			}
		}
		return nil
	}
}
