package reference_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/reference"
	"github.com/google/go-cmp/cmp"
)

// needing is an ExternalSecret in the namespace shop that names a store.
func needing(ref string) string {
	return "---\n" + eso("ExternalSecret", "secretStoreRef: "+ref+"\n"+one)
}

func store(kind, namespace, name, rest string) string {
	text := "---\napiVersion: external-secrets.io/v1\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n"
	if namespace != "" {
		text += "  namespace: " + namespace + "\n"
	}
	return text + "spec:\n  provider: {vault: {server: a}}\n" + rest
}

const static2 = "---\napiVersion: secrets.hashicorp.com/v1beta1\nkind: VaultStaticSecret\nmetadata: {name: x, namespace: shop}\nspec: {vaultAuthRef: vault/auth, mount: kv, type: kv-v2, path: a, destination: {name: db, create: true}}\n"

func auth(namespace, rest string) string {
	return "---\napiVersion: secrets.hashicorp.com/v1beta1\nkind: VaultAuth\nmetadata: {name: auth, namespace: " + namespace + "}\nspec: {method: kubernetes, mount: k, kubernetes: {role: a}" + rest + "}\n"
}

func TestResolve(t *testing.T) {
	known := func(names ...reference.StoreName) reference.Options { return reference.Options{Known: names} }
	for _, c := range []struct {
		name, yaml string
		options    reference.Options
		want       []string
	}{
		{"it is there", needing("{name: a}") + store("SecretStore", "shop", "a", ""), reference.Options{}, nil},
		{"it tells no namespace", needing("{name: a}") + store("SecretStore", "", "a", ""), reference.Options{}, nil},
		{"it is there for the cluster", needing("{name: a, kind: ClusterSecretStore}") + store("ClusterSecretStore", "", "a", ""), reference.Options{}, nil},
		{"it is misspelt", needing("{name: vualt}") + store("SecretStore", "shop", "vault", ""), reference.Options{}, []string{"store-missing spec.secretStoreRef.name? vault"}},
		{"it is of another kind", needing("{name: a}") + store("ClusterSecretStore", "", "a", ""), reference.Options{}, []string{"store-missing spec.secretStoreRef.name? ClusterSecretStore"}},
		{"it is of another namespace", needing("{name: a}") + store("SecretStore", "bank", "a", ""), reference.Options{}, []string{"store-elsewhere spec.secretStoreRef.name? bank"}},
		{"a generator of another kind", "---\n" + eso("ExternalSecret", "dataFrom: [{sourceRef: {generatorRef: {kind: Passwort, name: pw}}}]\n") +
			"---\napiVersion: generators.external-secrets.io/v1alpha1\nkind: Password\nmetadata: {name: pw, namespace: shop}\n", reference.Options{},
			[]string{"store-missing spec.dataFrom[0].sourceRef.generatorRef.name? Password"}},
		{"only generators are there", needing("{name: a, kind: ClusterSecretStore}") + "---\napiVersion: generators.external-secrets.io/v1alpha1\nkind: Password\nmetadata: {name: pw, namespace: shop}\n", reference.Options{}, nil},
		{"only stores of namespaces are there", needing("{name: a, kind: ClusterSecretStore}") + store("SecretStore", "shop", "zebra", ""), reference.Options{}, nil},
		{"it is misspelt, and of another kind", needing("{name: vualt, kind: ClusterSecretStore}") + store("SecretStore", "shop", "vault", ""), reference.Options{}, []string{"store-missing spec.secretStoreRef.name? vault"}},
		{"a chart makes it", needing("{name: a, kind: ClusterSecretStore}") + store("ClusterSecretStore", "", "b", "") + strings.Replace(release, "auth: {existingSecret: elsewhere}", "extra: [{apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: {name: a}}]", 1), reference.Options{}, nil},
		{"a chart makes another", needing("{name: zebra, kind: ClusterSecretStore}") + store("ClusterSecretStore", "", "b", "") + strings.Replace(release, "auth: {existingSecret: elsewhere}", "extra: [{apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: {name: a}}]", 1), reference.Options{},
			[]string{"store-missing spec.secretStoreRef.name?"}},
		{"a chart makes one of some name", needing("{name: a, kind: ClusterSecretStore}") + store("ClusterSecretStore", "", "b", "") + strings.Replace(release, "auth: {existingSecret: elsewhere}", "raw: {apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, spec: {}}", 1), reference.Options{}, nil},
		{"a chart makes one in a text", needing("{name: a, kind: ClusterSecretStore}") + store("ClusterSecretStore", "", "b", "") +
			"---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\nspec:\n  source:\n    helm:\n      values: |\n        extra:\n        - apiVersion: external-secrets.io/v1\n          kind: ClusterSecretStore\n          metadata: {name: a}\n", reference.Options{}, nil},
		{"a chart only names one in a text", needing("{name: zebra, kind: ClusterSecretStore}") + store("ClusterSecretStore", "", "b", "") +
			"---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\nspec:\n  source:\n    helm:\n      values: |\n        secretStoreRef:\n          kind: ClusterSecretStore\n          name: zebra\n", reference.Options{},
			[]string{"store-missing spec.secretStoreRef.name?"}},
		{"an auth of another kind", "---\napiVersion: secrets.hashicorp.com/v1beta1\nkind: HCPVaultSecretsApp\nmetadata: {name: h, namespace: shop}\nspec: {appName: x, hcpAuthRef: default, destination: {name: h, create: true}}\n" + auth("shop", ""), reference.Options{}, nil},
		{"nothing is known of stores", needing("{name: a}"), reference.Options{}, nil},
		{"it is known", needing("{name: a}"), known(reference.StoreName{Name: "a"}), nil},
		{"it is known by a glob", needing("{name: team-a}"), known(reference.StoreName{Kind: "SecretStore", Name: "team-*"}), nil},
		{"others are known", needing("{name: a}"), known(reference.StoreName{Name: "b"}), []string{"store-missing spec.secretStoreRef.name?"}},
		{"it is known elsewhere", needing("{name: a}"), known(reference.StoreName{Namespace: "bank", Name: "a"}), []string{"store-missing spec.secretStoreRef.name?"}},
		{"it is filled in", needing("{name: '${STORE}'}") + store("SecretStore", "shop", "b", ""), reference.Options{}, nil},
		{"it is made of a name that is filled in", needing("{name: team-a}") + store("SecretStore", "shop", "team-${T}", ""), reference.Options{}, nil},
		{"it admits the namespace by name", needing("{name: a, kind: ClusterSecretStore}") + store("ClusterSecretStore", "", "a", "  conditions: [{namespaces: [shop]}]\n"), reference.Options{}, nil},
		{"it admits it by an expression", needing("{name: a, kind: ClusterSecretStore}") + store("ClusterSecretStore", "", "a", "  conditions: [{namespaces: [x]}, {namespaceRegexes: ['^sh']}]\n"), reference.Options{}, nil},
		{"it may admit it by its labels", needing("{name: a, kind: ClusterSecretStore}") + store("ClusterSecretStore", "", "a", "  conditions: [{namespaceSelector: {matchLabels: {a: b}}}]\n"), reference.Options{}, nil},
		{"it does not admit it", needing("{name: a, kind: ClusterSecretStore}") + store("ClusterSecretStore", "", "a", "  conditions: [{namespaces: [bank]}, {namespaceRegexes: ['^b']}]\n"), reference.Options{},
			[]string{"store-denies spec.secretStoreRef.name"}},
		{"a patch that leaves out the kind", "---\n" + eso("ExternalSecret", "secretStoreRef: {name: a}\n") + store("ClusterSecretStore", "", "a", ""), reference.Options{}, nil},
		{"a generator", "---\n" + eso("ExternalSecret", "dataFrom: [{sourceRef: {generatorRef: {kind: Password, name: pw}}}]\n") +
			"---\napiVersion: generators.external-secrets.io/v1alpha1\nkind: Password\nmetadata: {name: pw2, namespace: shop}\n", reference.Options{},
			[]string{"store-missing spec.dataFrom[0].sourceRef.generatorRef.name? pw2"}},
		{"an auth of another namespace that allows it", static2 + auth("vault", ", allowedNamespaces: [shop]"), reference.Options{}, nil},
		{"one that allows all", static2 + auth("vault", ", allowedNamespaces: ['*']"), reference.Options{}, nil},
		{"one that allows others", static2 + auth("vault", ", allowedNamespaces: [bank]"), reference.Options{}, []string{"store-denies spec.vaultAuthRef"}},
		{"one that allows none", static2 + auth("vault", ""), reference.Options{}, []string{"store-denies spec.vaultAuthRef"}},
		{"no such auth", static2 + auth("other", ""), reference.Options{}, []string{"store-elsewhere spec.vaultAuthRef?"}},
		{"a connection", auth("vault", ", vaultConnectionRef: conn"), reference.Options{}, nil},
		{"a connection beside others", auth("vault", ", vaultConnectionRef: conn") + "---\napiVersion: secrets.hashicorp.com/v1beta1\nkind: VaultConnection\nmetadata: {name: zebra, namespace: vault}\nspec: {address: a}\n", reference.Options{}, []string{"store-missing spec.vaultConnectionRef?"}},
		{"a class that is mounted", "---\napiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: shop}\nspec: {volumes: [{name: s, csi: {driver: secrets-store.csi.k8s.io, volumeAttributes: {secretProviderClass: dbs}}}]}\n---\n" + class("- {objectName: a, secretPath: b/c}\n", ""),
			reference.Options{}, []string{"store-missing spec.volumes[name=s].csi.volumeAttributes.secretProviderClass? db"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var needs []reference.Need
			var stores []reference.Store
			for _, d := range read(t, "case.yaml", c.yaml).Documents {
				for _, n := range reference.Needs(d) {
					again, err := reference.DecodeNeed(n.Encode())
					if err != nil {
						t.Fatal(err)
					}
					needs = append(needs, again)
				}
				for _, s := range reference.StoresOf(d) {
					again, err := reference.DecodeStore(s.Encode())
					if err != nil {
						t.Fatal(err)
					}
					stores = append(stores, again)
				}
			}
			faults := reference.Resolve(needs, stores, c.options)
			if len(faults) != len(c.want) {
				t.Fatalf("got %+v, want %v", faults, c.want)
			}
			for i, f := range faults {
				sound(t, f)
				want := c.want[i]
				if got := told(f); len(want) < len(got) || want[:len(got)] != got || !contains(f.Reason, want[min(len(want), len(got)+1):]) {
					t.Errorf("got %s: %s, want %s", got, f.Reason, want)
				}
				if needs[f.Index].Field != f.Field {
					t.Errorf("%s: the index is that of another need", f.Rule)
				}
				if f.At.Line == 0 {
					t.Errorf("%s has no place", f.Rule)
				}
			}
		})
	}
}

func TestPathsAreForNamespaces(t *testing.T) {
	options := reference.Options{Paths: []reference.PathRule{
		{Namespaces: []string{"shop", "bank"}, Prefixes: []string{"kv/{namespace}"}},
		{Namespaces: []string{"sh*"}, Prefixes: []string{"kv/common/"}},
	}}
	for _, c := range []struct{ path, namespace, want string }{
		{"kv/data/shop/db", "shop", ""},
		{"kv/data/common/db", "shop", ""},
		{"kv/data/common/db", "bank", "path-forbidden"},
		{"kv/data/shop/db", "bank", "path-forbidden"},
		{"kv/data/shopping/db", "shop", "path-forbidden"},
		{"kv/data/shop/../bank/db", "shop", "path-traversal path-forbidden"},
		{"kv/data/other", "free", ""},
		{"kv/data/${X}", "shop", ""},
	} {
		text := "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: " + c.namespace + "}\nstringData: {a: '<path:" + c.path + "#k>'}\n"
		got := ""
		for _, f := range reference.Faults(read(t, "case.yaml", text).Documents[0], options) {
			sound(t, f)
			got += " " + f.Rule
		}
		if got != "" {
			got = got[1:]
		}
		if got != c.want {
			t.Errorf("%s in %s: got %q, want %q", c.path, c.namespace, got, c.want)
		}
	}

	// What a store adds to the path counts, so that those of External Secrets are judged
	// once it is known.
	f := read(t, "case.yaml", store("SecretStore", "shop", "vault", "  provider: {vault: {server: a, path: kv}}\n")[4:]+"---\n"+external("data: [{secretKey: a, remoteRef: {key: bank/db}}, {secretKey: b, remoteRef: {key: shop/db}}]\n"))
	references := reference.Of(f.Documents[1])
	if faults := reference.Faults(f.Documents[1], options); len(faults) > 0 {
		t.Errorf("judged before the store is known: %+v", faults)
	}
	_, faults := reference.Locate(references, reference.StoresOf(f.Documents[0]), options)
	if len(faults) != 1 || told(faults[0]) != "path-forbidden spec.data[0].remoteRef.key" {
		t.Errorf("got %+v, want the path of the bank", faults)
	}
}

func TestAddresses(t *testing.T) {
	options := reference.Options{Addresses: []string{"https://vault.example.com/"}}
	for text, want := range map[string][]string{
		eso("SecretStore", "provider: {vault: {server: 'https://vault.example.com'}}\n"):                                     {},
		eso("SecretStore", "provider: {vault: {server: 'https://evil.example.com'}}\n"):                                      {"foreign-address spec.provider.vault.server"},
		vso("VaultConnection", "address: http://vault.example.com\n"):                                                        {"foreign-address spec.address"},
		class("- {objectName: a, secretPath: b/c}\n", ""):                                                                    {"foreign-address spec.parameters.objects"},
		env("vault.security.banzaicloud.io/vault-addr: https://evil\n", "A", "vault:a/b#c"):                                  {"foreign-address spec.template.spec.containers[name=web].env[name=A].value"},
		deployment(injected + "vault.hashicorp.com/service: https://evil\nvault.hashicorp.com/agent-inject-secret-a: b/c\n"): {"foreign-address " + on("agent-inject-secret-a")},
		"a: b\nsops: {hc_vault: [{vault_address: 'https://evil', engine_path: a, key_name: b}]}\n":                           {"foreign-address sops.hc_vault[0].vault_address"},
	} {
		got := []string{}
		for _, f := range reference.Faults(read(t, "case.yaml", text).Documents[0], options) {
			sound(t, f)
			got = append(got, told(f))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\nfaults (-want +got):\n%s", text, diff)
		}
	}
}

func TestVaultAuthSaysWhere(t *testing.T) {
	f := read(t, "case.yaml", "---\n"+static2[4:]+auth("vault", ", vaultConnectionRef: conn")+"---\napiVersion: secrets.hashicorp.com/v1beta1\nkind: VaultConnection\nmetadata: {name: conn, namespace: vault}\nspec: {address: 'https://vault'}\n")
	var stores []reference.Store
	for _, d := range f.Documents {
		stores = append(stores, reference.StoresOf(d)...)
	}
	got, _ := reference.Locate(reference.Of(f.Documents[0]), stores, reference.Options{})
	if len(got) != 1 || got[0].Address != "https://vault" || got[0].Auth.Role != "a" || got[0].Request != "kv/data/a" {
		t.Errorf("got %+v", got)
	}
}
