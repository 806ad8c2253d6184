package reference_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/reference"
	"github.com/google/go-cmp/cmp"
)

// reading is a Deployment in a namespace that reads Secrets: "name" or "name#key".
func reading(namespace string, names ...string) string {
	text := "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: reader\n"
	if namespace != "" {
		text += "  namespace: " + namespace + "\n"
	}
	text += "spec:\n  template:\n    spec:\n      containers:\n      - name: c\n        image: i\n        env:\n        - {name: X, value: x}\n"
	var from string
	for _, name := range names {
		name, key, keyed := strings.Cut(name, "#")
		if keyed {
			text += "        - {name: V, valueFrom: {secretKeyRef: {name: " + name + ", key: " + key + "}}}\n"
		} else {
			from += "        - {secretRef: {name: " + name + "}}\n"
		}
	}
	return text + "        envFrom:\n        - {configMapRef: {name: x}}\n" + from
}

// keeping is a SealedSecret with keys.
func keeping(namespace, name string, keys ...string) string {
	text := "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: " + name + "\n"
	if namespace != "" {
		text += "  namespace: " + namespace + "\n"
	}
	text += "spec:\n  encryptedData:\n"
	for _, key := range keys {
		text += "    " + key + ": AgA\n"
	}
	return text
}

const release = "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: redis, namespace: shop}\nspec: {chart: {spec: {chart: redis-ha}}, values: {auth: {existingSecret: elsewhere}}}\n"

func operators(namespace, name, spec string) string {
	return "---\napiVersion: example.com/v1\nkind: Database\nmetadata: {name: " + name + ", namespace: " + namespace + "}\nspec: {" + spec + "}\n"
}

func TestJoin(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		want       []string // "name", "name#key", then ? where it is not certain, then what is suggested
	}{
		{"all is there", reading("shop", "db", "db#pw") + keeping("shop", "db", "pw"), nil},
		{"a key is not", reading("shop", "db#pass") + keeping("shop", "db", "pw", "user"), []string{"db#pass"}},
		{"a key is misspelt", reading("shop", "db#pasword") + keeping("shop", "db", "password"), []string{"db#pasword password"}},
		{"a Secret is not", reading("shop", "cache") + keeping("shop", "db", "pw"), []string{"cache"}},
		{"a Secret is misspelt", reading("shop", "databse") + keeping("shop", "database", "pw"), []string{"databse database"}},
		{"it is made elsewhere", reading("shop", "db") + keeping("bank", "db", "pw"), []string{"db? bank"}},
		{"a Secret of a name to be filled in tells nothing of its keys", reading("shop", "db#pass") + keeping("shop", "${APP}", "pw"), nil},
		{"both tell no namespace", reading("", "db") + keeping("", "db", "pw"), nil},
		{"one tells no namespace", reading("shop", "db") + keeping("", "db", "pw"), nil},
		{"the environment keeps no secrets of that namespace", reading("shop", "db") + keeping("bank", "other", "pw"), nil},
		{"the environment keeps none at all", reading("shop", "db"), nil},
		{"only certificates are made", reading("shop", "cloud") + "---\n" + object("cert-manager.io/v1", "Certificate", "secretName: tls\n"), nil},
		{"a chart may make it", reading("shop", "cache") + keeping("shop", "db", "pw") + release, nil},
		{"a chart may, but the name is a slip", reading("shop", "databse") + keeping("shop", "database", "pw") + release, []string{"databse? database"}},
		{"a chart may not make a key of what is sealed", reading("shop", "db#pass") + keeping("shop", "db", "pw") + release, []string{"db#pass"}},
		{"a chart that reads a key of what is sealed", reading("shop", "db#pw") + keeping("shop", "db", "pw") + strings.Replace(release, "existingSecret: elsewhere", "secretKeyRef: {name: db, key: pass}", 1), []string{"db#pass"}},
		{"only what merges is seen", reading("shop", "db#x") + "---\n" + external("target: {creationPolicy: Merge}\n"+one), nil},
		{"a role that says it is written to", reading("shop", "db#x") + keeping("shop", "db", "pw") + "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: shop}\nrules: [{resources: [secrets], resourceNames: [db], verbs: [update]}]\n", nil},
		{"a chart of another namespace", reading("bank", "cache") + keeping("bank", "db", "pw") + release, []string{"cache"}},
		{"a name related to a chart", reading("bank", "cache") + keeping("bank", "cachx", "pw") + strings.ReplaceAll(release, "namespace: shop", "namespace: bank, labels: {}") + operators("bank", "cache", "size: 1"), nil},
		{"an operator's object of the name", reading("shop", "orders-app") + keeping("shop", "db", "pw") + operators("shop", "orders", "size: 1"), nil},
		{"an operator's object of a short name", reading("shop", "pg-app", "app-pg", "app.pg.credentials") + keeping("shop", "db", "pw") + operators("shop", "pg", "size: 1"), nil},
		{"one whose short name says nothing", reading("shop", "pgbouncer") + keeping("shop", "db", "pw") + operators("shop", "pg", "size: 1"), []string{"pgbouncer"}},
		{"an operator's object that mentions it", reading("shop", "cache") + keeping("shop", "db", "pw") + operators("shop", "orders", "out: cache"), nil},
		{"an operator's object of a name that is filled in", reading("shop", "cache") + keeping("shop", "db", "pw") + operators("shop", "'${APP}'", "size: 1"), nil},
		{"one of a name that is filled in, but the name is a slip", reading("shop", "databse") + keeping("shop", "database", "pw") + operators("shop", "'${APP}'", "size: 1"), []string{"databse? database"}},
		{"an operator's object of another name", reading("shop", "cache") + keeping("shop", "db", "pw") + operators("shop", "orders", "size: 1"), []string{"cache"}},
		{"an ExternalSecret of all keys", reading("shop", "db#any") + "---\n" + external("dataFrom: [{extract: {key: k}}]\n"), nil},
		{"one of all keys with a prefix", reading("shop", "db#pw_a", "db#any") + "---\n" + external("dataFrom: [{extract: {key: k}, rewrite: [{regexp: {source: '(.*)', target: 'pw_$1'}}]}]\n"), []string{"db#any"}},
		{"one that merges into a Secret", reading("shop", "db#a", "db#pw", "db#x") + keeping("shop", "db", "pw") + "---\n" + external("target: {creationPolicy: Merge}\n"+one), []string{"db#x"}},
		{"a key that a patch adds", reading("", "db#b", "other#b") + keeping("", "db", "a") + keeping("", "other", "a") + "---\n# kustomization.yaml\npatches: [{target: {kind: SealedSecret, name: db}, patch: '[{op: add, path: /spec/encryptedData/b, value: AgA}]'}]\n", []string{"other#b"}},
		{"a key that a patch in a file may add", reading("", "db#b") + keeping("", "db", "a") + "---\n# kustomization.yaml\npatches: [{target: {kind: SealedSecret, name: db}, path: p.yaml}]\n", nil},
		{"a key that a merged patch adds", reading("", "db#b") + keeping("", "db", "a") + "---\n# kustomization.yaml\npatches:\n- patch: |\n    apiVersion: v1\n    kind: SealedSecret\n    metadata:\n      labels: {a: b}\n      name: db\n    spec: {encryptedData: {b: AgA}}\n", nil},
		{"a patch of something else of it", reading("", "db#b") + keeping("", "db", "a") + "---\n# kustomization.yaml\npatches: [{target: {kind: SealedSecret, name: db}, patch: '[{op: add, path: /metadata/labels/b, value: x}]'}]\n", []string{"db#b"}},
		{"a patch of another kind", reading("", "db#b") + keeping("", "db", "a") + "---\n# kustomization.yaml\npatches: [{target: {kind: ConfigMap, name: db}, patch: '[{op: add, path: /data/b, value: x}]'}]\n", []string{"db#b"}},
		{"a patch of all of its kind", reading("", "db#b") + keeping("", "db", "a") + "---\n# kustomization.yaml\npatches: [{target: {kind: SealedSecret}, path: p.yaml}]\n", nil},
		{"a replacement that may add a key", reading("", "db#b") + keeping("", "db", "a") + "---\n# kustomization.yaml\nreplacements: [{source: {kind: ConfigMap, name: x}, targets: [{select: {kind: SealedSecret, name: db}, fieldPaths: [spec.encryptedData.b], options: {create: true}}]}]\n", nil},
		{"a key that a patch of Flux adds", reading("shop", "db#b") + keeping("shop", "db", "a") + "---\n" + object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "sourceRef: {kind: GitRepository, name: flux-system}\npatches: [{target: {kind: SealedSecret, name: db}, patch: '[{op: add, path: /spec/encryptedData/b, value: AgA}]'}]\n"), nil},
		{"what is filled in", reading("shop", "web-db") + keeping("shop", "${APP}-db", "pw"), nil},
		{"a generator", reading("", "db#a", "db#b") + "---\n# kustomization.yaml\nsecretGenerator: [{name: db, literals: [a=1]}]\n", []string{"db#b"}},
		{"a prefix", reading("", "p-db") + keeping("", "db", "a") + "---\n# kustomization.yaml\nnamePrefix: p-\n", nil},
		{"a prefix, seen from inside", reading("", "db", "other") + keeping("", "db", "a") + "---\n# kustomization.yaml\nnamePrefix: p-\n", nil},
		{"a namespace that is set", reading("shop", "db") + keeping("bank", "db", "pw") + "---\n# kustomization.yaml\nnamespace: prod\n", nil},
		{"a namespace that is set, and the Secret is nowhere", reading("shop", "cache") + keeping("bank", "db", "pw") + "---\n# kustomization.yaml\nnamespace: prod\n", []string{"cache"}},
		{"what pulls images is never certain", "---\n" + pod("imagePullSecrets: [{name: pull}]\n") + keeping("shop", "db", "pw"), nil},
		{"what is optional", "---\n" + pod("containers: [{name: c, envFrom: [{secretRef: {name: gone, optional: true}}]}]\n") + keeping("shop", "db", "pw"), nil},
		{"what comes before all", "---\n" + object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "sourceRef: {kind: GitRepository, name: flux-system}\ndecryption: {secretRef: {name: age}}\n") + keeping("shop", "db", "pw"), nil},
		{"an operator's object asks for a key", operators("shop", "orders", "secretKeyRef: {name: db, key: pass}") + keeping("shop", "db", "pw"), []string{"db#pass"}},
		{"an operator's object asks for a Secret", operators("shop", "orders", "secretKeyRef: {name: gone, key: pass}") + keeping("shop", "db", "pw"), nil},
		{"someone may create Secrets", reading("shop", "cache") + keeping("shop", "db", "pw") + "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: shop}\nrules: [{resources: [secrets], verbs: ['*']}]\n", nil},
		{"one that is copied here", reading("shop", "db") + strings.Replace(keeping("bank", "db", "pw"), "  name: db\n", "  name: db\n  annotations: {replicator.v1.mittwald.de/replicate-to: shop}\n", 1), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			demands, products := facts(t, c.yaml)
			var got []string
			for _, m := range reference.Join(demands, products) {
				text := m.Demand.Name
				if m.Key {
					text += "#" + m.Demand.Key
				}
				if !m.Certain {
					text += "?"
				}
				got = append(got, strings.TrimSpace(text+" "+m.Suggestion+m.Elsewhere))
				if diff := cmp.Diff(demands[m.Index], m.Demand); diff != "" {
					t.Errorf("the index is that of another demand:\n%s", diff)
				}
				sound(t, reference.Fault{Rule: "missing", Reason: m.Reason, Fix: m.Fix})
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}

// facts takes the demands and the products of the documents of a text, each through its
// code. A document that begins with the comment "# kustomization.yaml" is one.
func facts(t testing.TB, text string) (demands []reference.Demand, products []reference.Product) {
	t.Helper()
	for part := range strings.SplitSeq(text, "---\n") {
		name := "case.yaml"
		if strings.HasPrefix(part, "# kustomization.yaml") {
			name = "kustomization.yaml"
		}
		for _, d := range read(t, name, part).Documents {
			for _, x := range reference.Demands(d) {
				again, err := reference.DecodeDemand(x.Encode())
				if err != nil {
					t.Fatal(err)
				}
				demands = append(demands, again)
			}
			for _, x := range reference.Products(d) {
				again, err := reference.DecodeProduct(x.Encode())
				if err != nil {
					t.Fatal(err)
				}
				products = append(products, again)
			}
		}
	}
	return demands, products
}

func TestClashes(t *testing.T) {
	_, products := facts(t, "---\n"+external("target: {name: t}\n"+one)+
		"---\n"+strings.Replace(external("target: {name: t}\n"+one), "name: db", "name: other", 1)+
		"---\n"+strings.Replace(external("target: {name: t, creationPolicy: Merge}\n"+one), "name: db", "name: third", 1)+
		"---\n"+external("target: {name: t}\n"+one)+
		keeping("bank", "t", "a")+keeping("shop", "u", "a"))
	clashes := reference.Clashes(products)
	if len(clashes) != 1 || clashes[0].First.By.Name != "db" || clashes[0].Again.By.Name != "other" || told(clashes[0].Fault) != "two-writers spec.target.name?" {
		t.Errorf("got %+v, want one, of db and other", clashes)
	}
	for _, c := range clashes {
		if products[c.FirstIndex].By.Name != "db" || products[c.AgainIndex].By.Name != "other" {
			t.Errorf("the indexes are those of others: %d and %d", c.FirstIndex, c.AgainIndex)
		}
		sound(t, c.Fault)
	}
}
