package reference_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/reference"
	"github.com/google/go-cmp/cmp"
)

// eso is an object of External Secrets.
func eso(kind, spec string) string {
	return "apiVersion: external-secrets.io/v1\nkind: " + kind + "\nmetadata:\n  name: db\n  namespace: shop\nspec:\n" + indent(spec, 2)
}

func TestESOReferences(t *testing.T) {
	testReferences(t, reference.ESO, []referenceCase{
		{"data", eso("ExternalSecret", `
secretStoreRef: {name: vault}
data:
- secretKey: password
  remoteRef: {key: shop/db, property: pw, version: "3"}
`), []string{"store=SecretStore/shop/vault path=shop/db key=pw version=3 makes=shop/db/password"}},
		{"a store of the cluster, a target, metadata", eso("ExternalSecret", `
secretStoreRef: {name: vault, kind: ClusterSecretStore}
target: {name: other}
data:
- secretKey: password
  remoteRef: {key: shop/db, metadataPolicy: Fetch}
`), []string{"store=ClusterSecretStore//vault path=shop/db metadata makes=shop/other/password"}},
		{"a source of its own", eso("ExternalSecret", `
secretStoreRef: {name: vault}
data:
- secretKey: password
  sourceRef: {storeRef: {name: aws, kind: ClusterSecretStore}}
  remoteRef: {key: db}
`), []string{"store=ClusterSecretStore//aws path=db makes=shop/db/password"}},
		{"dataFrom", eso("ExternalSecret", `
secretStoreRef: {name: vault}
dataFrom:
- extract: {key: shop/db}
- find: {name: {regexp: "^x"}}
- sourceRef: {generatorRef: {kind: Password, name: pw}}
`), []string{"store=SecretStore/shop/vault path=shop/db makes=shop/db"}},
		{"dataFrom of v1alpha1", eso("ExternalSecret", `
secretStoreRef: {name: vault}
dataFrom:
- key: shop/db
`), []string{"store=SecretStore/shop/vault path=shop/db makes=shop/db"}},
		{"with a template no key is told", eso("ExternalSecret", `
secretStoreRef: {name: vault}
target: {template: {data: {url: "x{{ .password }}"}}}
data:
- secretKey: password
  remoteRef: {key: shop/db}
`), []string{"store=SecretStore/shop/vault path=shop/db makes=shop/db"}},
		{"of the cluster", eso("ClusterExternalSecret", `
externalSecretName: all
externalSecretSpec:
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  data:
  - secretKey: a
    remoteRef: {key: k}
`), []string{"store=ClusterSecretStore//vault path=k makes=all/a"}},
		{"pushed to two stores", eso("PushSecret", `
secretStoreRefs: [{name: a}, {name: b, kind: ClusterSecretStore}]
selector: {secret: {name: s}}
data:
- match: {secretKey: k, remoteRef: {remoteKey: where, property: p}}
`), []string{"store=SecretStore/shop/a path=where key=p pushes", "store=ClusterSecretStore//b path=where key=p pushes"}},
		{"a generator that asks Vault", `apiVersion: generators.external-secrets.io/v1alpha1
kind: VaultDynamicSecret
metadata: {name: db, namespace: shop}
spec:
  path: /database/creds/shop
  provider: {server: "https://vault", auth: {kubernetes: {role: shop}}}
`, []string{"backend=vault address=https://vault role=shop engine=dynamic path=database/creds/shop request=database/creds/shop"}},
		{"the same in a generator of the cluster", `apiVersion: generators.external-secrets.io/v1alpha1
kind: ClusterGenerator
metadata: {name: db}
spec:
  kind: VaultDynamicSecret
  generator: {vaultDynamicSecretSpec: {path: database/creds/shop}}
`, []string{"backend=vault engine=dynamic path=database/creds/shop request=database/creds/shop"}},
	})
}

func external(spec string) string {
	return eso("ExternalSecret", "secretStoreRef: {name: vault}\n"+spec)
}

// inTemplate is an ExternalSecret that a template makes.
func inTemplate(spec string) string {
	return strings.Replace(eso("ExternalSecret", spec), "name: db", "name: {{ .Release.Name }}", 1)
}

const one = "data: [{secretKey: a, remoteRef: {key: k}}]\n"

func TestESOFaults(t *testing.T) {
	testFaults(t, []faultCase{
		{"all is well", external("refreshInterval: 1h30m\ntarget: {creationPolicy: Owner, deletionPolicy: Retain}\n" + one), nil},
		{"no secretKey", external("data: [{remoteRef: {key: k}}]\n"), []string{"eso-secret-key spec.data[0]"}},
		{"no remoteRef", external("data: [{secretKey: a, remoteref: {key: k}}]\n"), []string{"eso-remote-key spec.data[0]"}},
		{"a remote key that is no text", external("data: [{secretKey: a, remoteRef: {key: yes}}, {secretKey: b, remoteRef: {key: 12}}]\n"),
			[]string{"eso-remote-key spec.data[0].remoteRef.key", "eso-remote-key spec.data[1].remoteRef.key"}},
		{"no store", eso("ExternalSecret", "refreshInterval: 1h\ntarget: {name: x}\n"+one), []string{"eso-no-store spec?"}},
		{"no store but a generator", eso("ExternalSecret", "refreshInterval: 1h\ntarget: {name: x}\ndataFrom: [{sourceRef: {generatorRef: {kind: Password, name: pw}}}]\n"), nil},
		{"a patch of what is fetched", eso("ExternalSecret", one), nil},
		{"a template that fills it in", strings.Replace(eso("ExternalSecret", "secretStoreRef: {name: vault}\ntarget: {name: x}\ndata:\n"), "data:\n", "data:\n    {{- toYaml .Values.data | nindent 4 }}\n", 1), nil},
		{"branches of a template", inTemplate("secretStoreRef: {name: vault}\ndata:\n{{- if .Values.a }}\n- secretKey: a\n  remoteRef: {key: k}\n{{- else }}\n- secretKey: a\n  remoteRef:\n    {{- toYaml .Values.b | nindent 4 }}\n{{- end }}\n"), nil},
		{"branches of a store", strings.Replace(inTemplate("provider:\n  {{- if .Values.a }}\n  aws: {service: SecretsManager}\n  {{- else }}\n  vault: {server: a}\n  {{- end }}\n"), "ExternalSecret", "SecretStore", 1), nil},
		{"what is wrong in any branch", inTemplate("secretStoreRef: {name: vault}\nrefreshInterval: 1d\ndata:\n{{- if .Values.a }}\n- secretKey: a/b\n  remoteRef: {key: k}\n{{- end }}\n"),
			[]string{"eso-interval spec.refreshInterval", "eso-secret-key spec.data[0].secretKey"}},
		{"an engine that there is not", external("target: {template: {engineVersion: v3, data: {x: '{{ .a }}'}}}\n" + one), []string{"eso-value spec.target.template.engineVersion"}},
		{"a service that there is not", eso("ClusterSecretStore", "provider: {aws: {service: SecretManager, region: a}}\n"), []string{"eso-value spec.provider.aws.service"}},
		{"nothing is fetched", external("target: {name: x}\n"), []string{"eso-empty spec?"}},
		{"a key twice", external("data: [{secretKey: a, remoteRef: {key: k}}, {secretKey: a, remoteRef: {key: l}}]\n"), []string{"eso-secret-key-twice spec.data[1].secretKey"}},
		{"a key that cannot be", external("data: [{secretKey: a/b, remoteRef: {key: k}}]\n"), []string{"eso-secret-key spec.data[0].secretKey"}},
		{"a key that is filled in", external("data: [{secretKey: '${KEY}', remoteRef: {key: k}}]\n"), nil},
		{"no remote key", external("data: [{secretKey: a, remoteRef: {property: p}}]\n"), []string{"eso-remote-key spec.data[0].remoteRef"}},
		{"a version as a number", external("data: [{secretKey: a, remoteRef: {key: k, version: 1}}]\n"), []string{"eso-value spec.data[0].remoteRef.version"}},
		{"a strategy that there is not", external("data: [{secretKey: a, remoteRef: {key: k, decodingStrategy: base64}}]\n"), []string{"eso-value spec.data[0].remoteRef.decodingStrategy"}},
		{"two sources in one entry", external("dataFrom: [{extract: {key: k}, find: {name: {regexp: x}}}]\n"), []string{"eso-data-from spec.dataFrom[0]"}},
		{"no source", external("dataFrom: [{rewrite: []}]\n"), []string{"eso-data-from spec.dataFrom[0]"}},
		{"a source that names nothing", external("dataFrom: [{sourceRef: {}}]\n"), []string{"eso-data-from spec.dataFrom[0].sourceRef"}},
		{"an expression that does not compile", external("dataFrom: [{find: {name: {regexp: '(?<!a)b'}}}]\n"), []string{"expression-syntax spec.dataFrom[0].find.name.regexp"}},
		{"a replacement of the wrong group", external("dataFrom: [{extract: {key: k}, rewrite: [{regexp: {source: '(.*)', target: '$1_suffix'}}]}]\n"),
			[]string{"eso-rewrite-group spec.dataFrom[0].rewrite[0].regexp.target"}},
		{"a replacement of the right one", external("dataFrom: [{extract: {key: k}, rewrite: [{regexp: {source: '(.*)', target: '${1}_suffix'}}, {regexp: {source: '(.*)', target: 'a_$1'}}]}]\n"), nil},
		{"policies that exclude each other", external("target: {creationPolicy: Merge, deletionPolicy: Delete}\n" + one), []string{"eso-policies spec.target.deletionPolicy"}},
		{"nothing to merge with", external("target: {creationPolicy: None, deletionPolicy: Merge}\n" + one), []string{"eso-policies spec.target.deletionPolicy"}},
		{"a policy that there is not", external("target: {creationPolicy: owner}\n" + one), []string{"eso-value spec.target.creationPolicy"}},
		{"an interval in days", external("refreshInterval: 1d\n" + one), []string{"eso-interval spec.refreshInterval"}},
		{"a template that does not parse", external("target: {template: {data: {x: '{{ .a'}}}\n" + one), []string{"template-syntax spec.target.template.data.x"}},
		{"a dash in a template", external("target: {template: {data: {x: '{{ .the-key }}'}}}\ndata: [{secretKey: the-key, remoteRef: {key: k}}]\n"),
			[]string{"template-syntax spec.target.template.data.x"}},
		{"a template that takes what there is not", external("target: {template: {data: {x: '{{ .a }}{{ .b }}{{ .b }}'}}}\n" + one), []string{"eso-template-key spec.target.template.data.x"}},
		{"the same in an annotation", external("target: {template: {metadata: {annotations: {x: '{{ .b }}'}}}}\n" + one), []string{"eso-template-key spec.target.template.metadata.annotations.x"}},
		{"by index, and by the variable of the whole", external("target: {template: {data: {x: '{{ index . \"b\" }}', z: '{{ range .a }}{{ $.c }}{{ end }}'}}}\n" + one),
			[]string{"eso-template-key spec.target.template.data.x", "eso-template-key spec.target.template.data.z"}},
		{"another dot inside", external("target: {template: {data: {x: '{{ with (fromJson .a) }}{{ .anything }}{{ end }}{{ range $k := tuple 1 }}{{ .x }}{{ end }}'}}}\n" + one), nil},
		{"functions that ask for a key", external("target: {template: {data: {x: '{{ get . \"b\" }}{{ hasKey . \"c\" }}{{ toJson . }}'}}}\n" + one), nil},
		{"all keys of one path", external("target: {template: {data: {x: '{{ .anything }}'}}}\ndataFrom: [{extract: {key: k}}]\n"), nil},
		{"keys with a prefix", external("target: {template: {data: {x: '{{ .db_user }}{{ .user }}'}}}\ndataFrom: [{extract: {key: k}, rewrite: [{regexp: {source: '(.*)', target: 'db_$1'}}]}]\n"),
			[]string{"eso-template-key spec.target.template.data.x"}},
		{"keys rewritten by what is not understood", external("target: {template: {data: {x: '{{ .user }}'}}}\ndataFrom: [{extract: {key: k}, rewrite: [{regexp: {source: 'a(.*)', target: 'db_$1'}}]}]\n"), nil},
		{"a template for Helm, too", external("target: {template: {data: {x: '{{ .Values.a }}{{ .b }}'}}}\n" + one), nil},
		{"a literal", external("target: {template: {templateFrom: [{literal: '{{ .b }}'}, {target: data}]}}\n" + one),
			[]string{"eso-template-key spec.target.template.templateFrom[0].literal", "eso-value spec.target.template.templateFrom[1].target"}},
		{"a policy of a later version", external("refreshPolicy: Scheduled\n" + one), []string{"eso-value spec.refreshPolicy?"}},
		{"an object of another kind", external("target: {manifest: {apiVersion: v1, kind: Widget}, template: {templateFrom: [{target: spec.text, literal: x}]}}\n" + one), nil},
		{"two values pushed to one place", eso("PushSecret", `
secretStoreRefs: [{name: a}]
data:
- match: {secretKey: a, remoteRef: {remoteKey: r}}
- match: {secretKey: b, remoteRef: {remoteKey: r}}
- match: {secretKey: b, remoteRef: {remoteKey: r, property: p}}
- match: {secretKey: c, remoteRef: {}}
`), []string{"eso-push-twice spec.data[1].match.remoteRef.remoteKey?", "eso-remote-key spec.data[3].match.remoteRef"}},
		{"in one of the cluster", eso("ClusterExternalSecret", "externalSecretSpec: {refreshInterval: 1d, secretStoreRef: {name: v}, data: [{secretKey: a, remoteRef: {key: k}}]}\n"),
			[]string{"eso-interval spec.externalSecretSpec.refreshInterval"}},
		{"a store with two providers", eso("SecretStore", "provider: {vault: {server: a}, aws: {region: b}}\n"), []string{"eso-provider spec.provider"}},
		{"a store of values", eso("ClusterSecretStore", "provider: {fake: {data: [{key: a, value: hunter2}]}}\n"), []string{"eso-fake spec.provider.fake.data"}},
		{"a generator of values", "apiVersion: generators.external-secrets.io/v1alpha1\nkind: Fake\nmetadata: {name: x}\nspec: {data: {a: hunter2}}\n", []string{"eso-fake spec.data"}},
		{"a generator of passwords", "apiVersion: generators.external-secrets.io/v1alpha1\nkind: Password\nmetadata: {name: x}\nspec: {length: 42}\n", nil},
		{"a Secret of another namespace", eso("SecretStore", "provider: {vault: {server: a, auth: {tokenSecretRef: {name: t, key: k, namespace: bank}}}}\n"),
			[]string{"eso-store-namespace spec.provider.vault.auth.tokenSecretRef.namespace"}},
		{"the same of the cluster", eso("ClusterSecretStore", "provider: {vault: {server: a, auth: {tokenSecretRef: {name: t, key: k, namespace: bank}}}}\n"), nil},
		{"a version of KV that there is not", eso("SecretStore", "provider: {vault: {server: a, version: v3}}\n"), []string{"eso-value spec.provider.vault.version"}},
		{"data/ in the path of a store", eso("SecretStore", "provider: {vault: {server: a, path: secret/data, version: v2}}\n"), []string{"path-with-data spec.provider.vault.path?"}},
		{"a condition that does not compile", eso("ClusterSecretStore", "provider: {aws: {}}\nconditions: [{namespaceRegexes: ['a(']}]\n"), []string{"expression-syntax spec.conditions[0].namespaceRegexes[0]"}},
	}, reference.Options{})
}

// The paths that External Secrets asks Vault for, as its own rules say (buildPath and the
// examples in its comment).
func TestESOPaths(t *testing.T) {
	for _, c := range []struct{ version, path, key, want, mount, below string }{
		{"v2", "secret/path", "foo", "secret/path/data/foo", "secret/path", "foo"},
		{"v2", "secret/path", "secret/path/foo", "secret/path/data/foo", "secret/path", "foo"},
		{"v2", "secret/path", "secret/path/data/foo", "secret/path/data/foo", "secret/path", "foo"},
		{"v2", "secret", "a/b/c", "secret/data/a/b/c", "secret", "a/b/c"},
		{"v2", "secret", "data/foo", "secret/data/data/foo", "secret", "data/foo"},
		{"v2", "secret", "secrets/foo", "secret/data/secrets/foo", "secret", "secrets/foo"},
		{"v2", "secret", "secret/secret/foo", "secret/data/secret/foo", "secret", "secret/foo"},
		{"v2", "", "secret/foo", "secret/data/foo", "secret", "foo"},
		{"v2", "", "secret/path/foo", "secret/data/path/foo", "secret", "path/foo"},
		{"v2", "", "secret/path/data/foo", "secret/path/data/foo", "secret/path", "foo"},
		{"v2", "", "secret/test/data/and/data/twice", "secret/test/data/and/data/twice", "secret/test", "and/data/twice"},
		{"v2", "", "my_data/foo", "my_data/data/foo", "my_data", "foo"},
		{"v1", "secret/path", "foo", "secret/path/foo", "secret/path", "foo"},
		{"v1", "secret/path", "secret/path/foo", "secret/path/foo", "secret/path", "foo"},
		{"v1", "secret/path", "secret/path/data/foo", "secret/path/data/foo", "secret/path", "data/foo"},
		{"v1", "", "secret/foo", "secret/foo", "", "secret/foo"},
		{"", "secret", "foo", "secret/data/foo", "secret", "foo"},
	} {
		provider := "server: https://vault\n"
		if c.version != "" {
			provider += "version: " + c.version + "\n"
		}
		if c.path != "" {
			provider += "path: " + c.path + "\n"
		}
		f := read(t, "case.yaml", eso("SecretStore", "provider:\n  vault:\n"+indent(provider, 4))+"---\n"+
			eso("ExternalSecret", "secretStoreRef: {name: db}\ndata: [{secretKey: a, remoteRef: {key: "+c.key+"}}]\n"))
		got, _ := reference.Locate(reference.Of(f.Documents[1]), reference.StoresOf(f.Documents[0]), reference.Options{})
		want := []string{c.want, c.mount, c.below, "vault", "https://vault"}
		if len(got) != 1 || !cmp.Equal(want, []string{got[0].Request, got[0].Mount, got[0].Path, got[0].Backend, got[0].Address}) {
			t.Errorf("version %s, path %q, key %s: %+v, want %v", c.version, c.path, c.key, got, want)
		}
	}
}

func TestLocateFaults(t *testing.T) {
	for _, c := range []struct{ name, provider, ref, want string }{
		{"all is well", "vault: {server: a, path: kv}", "{key: a/b, version: '2'}", ""},
		{"data/ behind a path", "vault: {server: a, path: kv}", "{key: data/b}", "path-with-data spec.data[0].remoteRef.key?"},
		{"no mount", "vault: {server: a}", "{key: b}", "eso-no-mount spec.data[0].remoteRef.key"},
		{"data/ in version 1", "vault: {server: a, version: v1, path: kv}", "{key: kv/data/b}", "path-with-data spec.data[0].remoteRef.key?"},
		{"a version that is a word", "vault: {server: a, path: kv}", "{key: b, version: latest}", "eso-version spec.data[0].remoteRef.key"},
		{"a version elsewhere", "gcpsm: {projectID: a}", "{key: b, version: latest}", ""},
		{"metadata of version 1", "vault: {server: a, version: v1, path: kv}", "{key: b, metadataPolicy: Fetch}", "eso-metadata spec.data[0].remoteRef.key"},
		{"a key that is filled in", "vault: {server: a}", "{key: '${KEY}'}", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := read(t, "case.yaml", eso("SecretStore", "provider: {"+c.provider+"}\n")+"---\n"+eso("ExternalSecret", "secretStoreRef: {name: db}\ndata: [{secretKey: a, remoteRef: "+c.ref+"}]\n"))
			_, faults := reference.Locate(reference.Of(f.Documents[1]), reference.StoresOf(f.Documents[0]), reference.Options{})
			got := ""
			for _, f := range faults {
				sound(t, f)
				got += told(f)
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestDataSegmentIsMissing(t *testing.T) {
	f := read(t, "case.yaml", vso("VaultStaticSecret", "mount: kv\ntype: kv-v2\npath: a\ndestination: {name: db}\n")+"---\n"+
		secret("", "stringData: {a: <path:kv/db#x>, b: <path:kv/data/db#x>, c: <path:other/db#x>, d: <path:kv/metadata/db#x>}\n")+"---\n"+env("", "A", "vault:kv/db#x"))
	var references []reference.Reference
	for _, d := range f.Documents {
		references = append(references, reference.Of(d)...)
	}
	_, faults := reference.Locate(references, nil, reference.Options{})
	var got []string
	for _, f := range faults {
		sound(t, f)
		got = append(got, told(f))
	}
	want := []string{"path-without-data stringData.a?", "path-without-data spec.template.spec.containers[name=web].env[name=A].value?"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}
