package builtin

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

const exampleReader = `-- web.yaml --
apiVersion: apps/v1
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
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.4.2
        env:
        - name: DATABASE_PASSWORD
          valueFrom:
            secretKeyRef:
              name: database
              key: password
`

func exampleProduct(key string) string {
	return `-- database.yaml --
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
  - secretKey: ` + key + `
    remoteRef:
      key: shop/database
      property: password
`
}

// exampleEnvironments builds one base for two environments.
func exampleEnvironments() string {
	return `-- .gatehouse/config.yaml --
version: 1
environments:
- name: production
  paths: [production/**]
- name: staging
  paths: [staging/**]
` + strings.Replace(exampleReader, "-- web.yaml", "-- base/web.yaml", 1) + `-- base/kustomization.yaml --
resources: [web.yaml]
`
}

func exampleSealedIn(environment, key string) string {
	return "-- " + environment + "/kustomization.yaml --\nresources: [../base, database.yaml]\n-- " + environment + `/database.yaml --
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: database
  namespace: shop
spec:
  encryptedData:
    ` + key + ": " + exampleCiphertext(5) + "\n"
}

func secretProducerMissing(s Settings) checks.Check {
	return checks.Check{
		ID:       "secret-producer-missing",
		Title:    "Secret, or a key of it, is read and nothing makes it",
		Category: checks.References,
		Severity: checks.Error,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "A pod whose Secret or key is not there does not start. A name that was misspelt on one of the two sides, a SealedSecret that was forgotten in one environment or a key " +
			"that was renamed in the ExternalSecret alone shows only after the merge.\n\n" +
			"What reads Secrets (variables, `envFrom`, volumes, pull secrets, fields of operators) is joined with what makes them: Secrets, encrypted ones among them, SealedSecrets, " +
			"ExternalSecrets, objects of the Vault Secrets Operator, classes of the CSI driver, certificates, generators of kustomize. An environment is judged with what belongs to no environment, and a common base in every environment whose kustomizations take it. " +
			"A missing key is an error. A missing Secret, which somebody may have made by hand, is a warning: where others of its namespace are kept here and nothing is there that could make it unseen, " +
			"such as a chart, and where a name much like it is made, or the same one in another namespace. Of all else nothing is said.",
		Fix: "Correct the name or the key, commit what makes the Secret (a SealedSecret, an ExternalSecret), or mark the reference `optional: true`.",
		Bad: []string{
			exampleReader + exampleProduct("pasword"),
			exampleReader + `-- cache.yaml --
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: cache
  namespace: shop
spec:
  encryptedData:
    password: ` + exampleCiphertext(5) + "\n",
			exampleEnvironments() + exampleSealedIn("production", "password") + exampleSealedIn("staging", "pass"),
		},
		Good: []string{
			exampleEnvironments() + exampleSealedIn("production", "password") + exampleSealedIn("staging", "password"),
			exampleReader + exampleProduct("password"),
			exampleReader,
			exampleReader + `-- database.yaml --
apiVersion: v1
kind: Secret
metadata:
  name: database
  namespace: shop
stringData:
  password: ENC[AES256_GCM,data:Y3Jvc3M=,iv:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=,tag:MDEyMzQ1Njc4OTAxMjM0NQ==,type:str]
sops:
  encrypted_regex: ^(data|stringData)$
  lastmodified: "2026-05-04T12:00:00Z"
  version: 3.13.0
`,
		},
		FileFacts: referenceFacts(s),
		FactsOf:   referencesFacts,
		Tree: func(p *checks.Pass, t checks.Tree) error {
			demands, err := saidIn(t, factDemand, reference.DecodeDemand)
			if err != nil {
				return err
			}
			products, err := saidIn(t, factProduct, reference.DecodeProduct)
			if err != nil {
				return err
			}
			said := map[missingAt]bool{} // what is missing wherever one looks
			for _, in := range scopesOf(t) {
				among := judgedDemands(t.Layout, in, demands)
				made := products.within(in).list
				for _, m := range reference.Join(among.list, made) {
					said[missingAt{among.where[m.Index].File, m.Demand.Name, m.Demand.Key}] = true
					p.Report(missingReport(among.where[m.Index], m))
				}
				if in.name == "" {
					continue
				}
				built := builtOf(t, in)
				common := builtDemands(t.Layout, built, demands)
				for _, m := range reference.Join(common.list, made) {
					where := common.where[m.Index]
					if said[missingAt{where.File, m.Demand.Name, m.Demand.Key}] {
						continue
					}
					p.Report(missingInReport(where, m, in.name, built[where.File] == changesUnseen))
				}
			}
			return nil
		},
	}
}

// missingAt is what is missing in a file.
type missingAt struct{ file, name, key string }

// builtDemands are the demands in what belongs to no environment, of which a
// kustomization of one is built.
func builtDemands(layout checks.Layout, built map[string]string, all said[reference.Demand]) (out said[reference.Demand]) {
	for i, where := range all.where {
		changes, taken := built[where.File]
		if taken && changes != changesReaders && layout.Environment(where.File) == "" && !layout.InChart(where.File) {
			out.list, out.where = append(out.list, all.list[i]), append(out.where, where)
		}
	}
	return out
}

// missingInReport says that something is missing in one of the environments that a file is
// built for.
func missingInReport(where checks.Location, m reference.Missing, environment string, changed bool) checks.Report {
	m.Certain = m.Certain && !changed
	r := missingReport(where, m)
	r.Inner += " in " + environment
	first, size := utf8.DecodeRuneInString(r.Message)
	r.Message = "In the environment " + environment + ", " + string(unicode.ToLower(first)) + r.Message[size:]
	return r
}

// judgedDemands are the demands that are judged in a scope. Those of charts are not:
// their values decide what is read.
func judgedDemands(layout checks.Layout, in scope, all said[reference.Demand]) (out said[reference.Demand]) {
	for i, where := range all.where {
		if in.judges(where.File) && !layout.InChart(where.File) {
			out.list, out.where = append(out.list, all.list[i]), append(out.where, where)
		}
	}
	return out
}

func missingReport(where checks.Location, m reference.Missing) checks.Report {
	r := checks.Report{Where: where, Inner: m.Demand.Name, Message: told(m.Reason), Fix: m.Fix, Severity: checks.Error}
	if m.Key {
		r.Inner = m.Demand.Name + " " + m.Demand.Key
	}
	if !m.Certain || !m.Key {
		// Somebody may have made a Secret by hand; a key that the object here lacks
		// nobody adds.
		r.Severity = checks.Warning
	}
	return r
}
