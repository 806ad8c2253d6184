package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

const exampleStore = `-- store.yaml --
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata:
  name: vault
spec:
  conditions:
  - namespaces: [shop]
  provider:
    vault:
      server: https://vault.example.com
      version: v2
      path: secret
      auth: {kubernetes: {mountPath: kubernetes, role: external-secrets}}
`

func exampleExternalSecret(namespace, store string) string {
	return `-- ` + namespace + `.yaml --
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: database
  namespace: ` + namespace + `
spec:
  secretStoreRef:
    name: ` + store + `
    kind: ClusterSecretStore
  data:
  - secretKey: password
    remoteRef:
      key: shop/database
      property: password
`
}

func referenceStoreMissing(s Settings) checks.Check {
	return checks.Check{
		ID:       string(reference.StoreMissing),
		Title:    "Reference to a store that is not there, or not for this namespace",
		Category: checks.References,
		Severity: checks.Warning,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "An ExternalSecret, a VaultStaticSecret or a mounted SecretProviderClass names the object that says where the secrets are kept. Where that does not exist, " +
			"lies in another namespace or does not admit this one, nothing is fetched, which shows only in the cluster.\n\n" +
			"A store that is there and says that it is not for the namespace is an error. One that is nowhere in the environment is a warning: it may come of a chart, of Terraform " +
			"or of another repository. List those in `references.stores`. Where the tree holds no stores of the kind and none are listed, nothing is said.\n\n" +
			"With `gatehouse check --verify-references`, Vault is asked, too, whether the service account that reads the secrets may log in as the role that is named: " +
			"a role that does not exist, or is bound to others, is an error.",
		Fix: "Correct the name, let the store admit the namespace, or list it under `references.stores` in `.gatehouse/config.yaml` where it is kept elsewhere.",
		Bad: []string{
			exampleStore + exampleExternalSecret("shop", "vualt"),
			exampleStore + exampleExternalSecret("bank", "vault"),
		},
		Good: []string{
			exampleStore + exampleExternalSecret("shop", "vault"),
			`-- .gatehouse/config.yaml --
version: 1
references:
  stores:
  - kind: ClusterSecretStore
    name: central
` + exampleStore + exampleExternalSecret("shop", "central"),
		},
		FileFacts: referenceFacts(s),
		FactsOf:   referencesFacts,
		Tree: func(p *checks.Pass, t checks.Tree) error {
			needs, err := saidIn(t, factNeed, reference.DecodeNeed)
			if err != nil {
				return err
			}
			stores, err := saidIn(t, factStore, reference.DecodeStore)
			if err != nil {
				return err
			}
			if s.Roles != nil {
				if err := askRoles(p, t, s.References, s.Roles); err != nil {
					return err
				}
			}
			for _, in := range scopesOf(t) {
				among := needs.within(in)
				for _, f := range reference.Resolve(among.list, stores.within(in).list, s.References.options()) {
					if where := among.where[f.Index]; in.judges(where.File) {
						p.Report(referenceReport(where, f))
					}
				}
			}
			return nil
		},
	}
}
