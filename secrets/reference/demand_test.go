package reference_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/reference"
	"github.com/google/go-cmp/cmp"
)

// asked writes a demand: namespace, name and key, marks, and the field.
func asked(d reference.Demand) string {
	text := d.Namespace + "/" + d.Name
	if d.Key != "" {
		text += "#" + d.Key
	}
	for _, m := range []struct {
		set  bool
		word string
	}{{d.Optional, "optional"}, {d.Early, "early"}, {d.KeyOnly, "keyOnly"}, {d.Soft, "soft"}} {
		if m.set {
			text += " " + m.word
		}
	}
	return text + " @" + d.Field
}

// pod is a Pod with a specification.
func pod(spec string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n" + indent(spec, 2)
}

// object is one of a custom kind.
func object(apiVersion, kind, spec string) string {
	return "apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata: {name: web, namespace: shop}\nspec:\n" + indent(spec, 2)
}

func TestDemands(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		want       []string
	}{
		{"a variable", pod("containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: pw}}}]}]\n"),
			[]string{"shop/db#pw @spec.containers[name=c].env[name=A].valueFrom.secretKeyRef.key"}},
		{"an optional one", pod("initContainers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: pw, optional: true}}}]}]\n"),
			[]string{"shop/db#pw optional @spec.initContainers[name=c].env[name=A].valueFrom.secretKeyRef.key"}},
		{"all variables", pod("containers: [{name: c, envFrom: [{secretRef: {name: db}}, {configMapRef: {name: x}}, {secretRef: {name: o, optional: true}}]}]\n"),
			[]string{"shop/db @spec.containers[name=c].envFrom[0].secretRef.name", "shop/o optional @spec.containers[name=c].envFrom[2].secretRef.name"}},
		{"a volume", pod("volumes: [{name: v, secret: {secretName: db}}]\n"), []string{"shop/db @spec.volumes[name=v].secret.secretName"}},
		{"items of a volume", pod("volumes: [{name: v, secret: {secretName: db, items: [{key: a, path: x}, {key: b, path: y}]}}]\n"),
			[]string{"shop/db#a @spec.volumes[name=v].secret.items[key=a].key", "shop/db#b @spec.volumes[name=v].secret.items[key=b].key"}},
		{"a projected volume", pod("volumes: [{name: v, projected: {sources: [{secret: {name: db, optional: true}}, {configMap: {name: x}}]}}]\n"),
			[]string{"shop/db optional @spec.volumes[name=v].projected.sources[0].secret.name"}},
		{"one file of a volume", pod("containers: [{name: c, volumeMounts: [{name: v, mountPath: /x, subPath: tls.key}]}]\nvolumes: [{name: v, secret: {secretName: db}}]\n"),
			[]string{"shop/db @spec.volumes[name=v].secret.secretName", "shop/db#tls.key @spec.containers[name=c].volumeMounts[name=v].subPath"}},
		{"drivers", pod("volumes: [{name: v, csi: {driver: x, nodePublishSecretRef: {name: a}}}, {name: w, cephfs: {secretRef: {name: b}}}, {name: z, azureFile: {secretName: c}}]\n"),
			[]string{"shop/a @spec.volumes[name=v].csi.nodePublishSecretRef.name", "shop/b @spec.volumes[name=w].cephfs.secretRef.name", "shop/c @spec.volumes[name=z].azureFile.secretName"}},
		{"images", pod("imagePullSecrets: [{name: pull}]\n"), []string{"shop/pull soft @spec.imagePullSecrets[name=pull].name"}},
		{"names that are filled in", pod("containers: [{name: c, envFrom: [{secretRef: {name: '${X}'}}, {secretRef: {name: NAME}}]}]\n"), nil},
		{"a rollout of Argo", object("argoproj.io/v1alpha1", "Rollout", "template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: db}}]}]}}\n"),
			[]string{"shop/db @spec.template.spec.containers[name=c].envFrom[0].secretRef.name"}},
		{"the agent of Vault", strings.Replace(deployment(injected+"vault.hashicorp.com/tls-secret: vault-ca\n"), "x", "x", 1),
			[]string{`shop/vault-ca @spec.template.metadata.annotations["vault.hashicorp.com/tls-secret"]`}},
		{"a service account", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: shop}\nimagePullSecrets: [{name: pull}]\nsecrets: [{name: a-token-x7f2k}, {name: own}]\n",
			[]string{"shop/pull soft @imagePullSecrets[name=pull].name", "shop/own soft @secrets[name=own].name"}},
		{"a persistent volume", "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}\nspec: {csi: {nodeStageSecretRef: {name: s, namespace: storage}}}\n", []string{"storage/s @spec.csi.nodeStageSecretRef.name"}},
		{"the settings of Argo CD", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm, namespace: argocd}\ndata: {oidc.config: 'clientSecret: $sso-client:secret $plain:x'}\n",
			[]string{`argocd/sso-client#secret @data["oidc.config"]`}},
		{"repositories of Argo CD", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm, namespace: argocd}\ndata:\n  repositories: |\n    - url: https://x\n      passwordSecret: {name: git, key: pw}\n",
			[]string{"argocd/git#pw @data.repositories"}},
		{"values of an application of Argo CD", object("argoproj.io/v1alpha1", "Application", "destination: {namespace: app}\nsource: {helm: {valuesObject: {secretKeyRef: {name: s, key: k}}}}\n"),
			[]string{"app/s#k keyOnly @spec.source.helm.valuesObject.secretKeyRef.key"}},
		{"an ingress", object("networking.k8s.io/v1", "Ingress", "tls: [{hosts: [a], secretName: web-tls}]\n"), []string{"shop/web-tls soft @spec.tls[0].secretName"}},
		{"an ingress of cert-manager", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, annotations: {cert-manager.io/cluster-issuer: x}}\nspec: {tls: [{secretName: web-tls}]}\n", nil},
		{"users of an ingress", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, namespace: shop, annotations: {nginx.ingress.kubernetes.io/auth-secret: auth/users}}\n",
			[]string{`auth/users @metadata.annotations["nginx.ingress.kubernetes.io/auth-secret"]`}},
		{"a gateway", object("gateway.networking.k8s.io/v1", "Gateway", "listeners: [{name: a, tls: {certificateRefs: [{name: cert, namespace: certs}, {kind: ConfigMap, name: x}]}}]\n"),
			[]string{"certs/cert soft @spec.listeners[name=a].tls.certificateRefs[name=cert].name"}},
		{"values of a chart", object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "targetNamespace: app\nvaluesFrom: [{kind: Secret, name: v}, {kind: ConfigMap, name: c}, {kind: Secret, name: w, valuesKey: k, optional: true}]\nvalues: {env: [{valueFrom: {secretKeyRef: {name: db, key: pw}}}]}\n"),
			[]string{"shop/v#values.yaml @spec.valuesFrom[name=v].name", "shop/w#k optional @spec.valuesFrom[name=w].valuesKey", "app/db#pw keyOnly @spec.values.env[0].valueFrom.secretKeyRef.key"}},
		{"a Kustomization of Flux", object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "decryption: {provider: sops, secretRef: {name: age}}\npostBuild: {substituteFrom: [{kind: Secret, name: vars}, {kind: ConfigMap, name: c}]}\n"),
			[]string{"shop/age early @spec.decryption.secretRef.name", "shop/vars @spec.postBuild.substituteFrom[name=vars].name"}},
		{"a source of Flux", object("source.toolkit.fluxcd.io/v1", "GitRepository", "secretRef: {name: key}\n"), []string{"shop/key early @spec.secretRef.name"}},
		{"a provider of notifications", object("notification.toolkit.fluxcd.io/v1", "Provider", "secretRef: {name: hook}\n"), []string{"shop/hook @spec.secretRef.name"}},
		{"an issuer", object("cert-manager.io/v1", "Issuer", "acme: {privateKeySecretRef: {name: account}, solvers: [{dns01: {cloudflare: {apiTokenSecretRef: {name: cf, key: token}}}}]}\n"),
			[]string{"shop/cf#token @spec.acme.solvers[0].dns01.cloudflare.apiTokenSecretRef.key"}},
		{"an issuer of the cluster", "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {name: a}\nspec: {ca: {secretName: root}}\n", []string{"/root soft @spec.ca.secretName"}},
		{"a key store", object("cert-manager.io/v1", "Certificate", "secretName: tls\nkeystores: {jks: {create: true, passwordSecretRef: {name: pw, key: p}}}\n"), []string{"shop/pw#p @spec.keystores.jks.passwordSecretRef.key"}},
		{"a monitor", object("monitoring.coreos.com/v1", "ServiceMonitor", "endpoints: [{basicAuth: {username: {name: m, key: u}, password: {name: m, key: p}}, tlsConfig: {ca: {configMap: {name: c, key: k}}}}]\n"),
			[]string{"shop/m#u @spec.endpoints[0].basicAuth.username.key", "shop/m#p @spec.endpoints[0].basicAuth.password.key"}},
		{"an Alertmanager", object("monitoring.coreos.com/v1", "Alertmanager", "configSecret: conf\nsecrets: [a]\n"), []string{"shop/conf @spec.configSecret", "shop/a @spec.secrets[0]"}},
		{"Traefik", object("traefik.io/v1alpha1", "Middleware", "basicAuth: {secret: users}\n"), []string{"shop/users @spec.basicAuth.secret"}},
		{"KEDA", object("keda.sh/v1alpha1", "TriggerAuthentication", "secretTargetRef: [{parameter: p, name: q, key: k}]\n"), []string{"shop/q#k @spec.secretTargetRef[name=q].key"}},
		{"CloudNativePG", object("postgresql.cnpg.io/v1", "Cluster", "bootstrap: {initdb: {secret: {name: app}}}\nbackup: {barmanObjectStore: {s3Credentials: {accessKeyId: {name: s3, key: id}}}}\n"),
			[]string{"shop/app @spec.bootstrap.initdb.secret.name", "shop/s3#id @spec.backup.barmanObjectStore.s3Credentials.accessKeyId.key"}},
		{"backups", object("volsync.backube/v1alpha1", "ReplicationSource", "restic: {repository: r}\n"), []string{"shop/r @spec.restic.repository"}},
		{"a kind that is not known", object("example.com/v1", "Thing", "auth: {secretKeyRef: {name: s, key: k}}\nsecretName: other\n"), []string{"shop/s#k keyOnly @spec.auth.secretKeyRef.key"}},
		{"a store", eso("SecretStore", "provider: {vault: {auth: {appRole: {secretRef: {name: s, key: id}}}}}\n"), []string{"shop/s#id soft @spec.provider.vault.auth.appRole.secretRef.key"}},
		{"a store of the cluster", eso("ClusterSecretStore", "provider: {vault: {auth: {tokenSecretRef: {name: s, key: t, namespace: vault}}}}\n"), []string{"vault/s#t soft @spec.provider.vault.auth.tokenSecretRef.key"}},
		{"what is pushed", eso("PushSecret", "selector: {secret: {name: s}}\ndata: [{match: {secretKey: k, remoteRef: {remoteKey: r}}}]\n"), []string{"shop/s soft @spec.selector.secret.name", "shop/s#k soft @spec.data[0].match.secretKey"}},
		{"what is merged into, and a template", external("target: {name: t, creationPolicy: Merge, template: {templateFrom: [{secret: {name: tpl, items: [{key: x}]}}]}}\n" + one),
			[]string{"shop/t soft @spec.target.name", "shop/tpl#x @spec.target.template.templateFrom[0].secret.items[key=x].key"}},
		{"logging in to Vault", vso("VaultAuth", "method: appRole\nappRole: {secretRef: s}\n"), []string{"/s#id soft @spec.appRole.secretRef"}},
		{"a Secret that is not created", vso("VaultStaticSecret", "mount: a\npath: b\ntype: kv-v2\ndestination: {name: d}\n"), []string{"shop/d @spec.destination.name"}},
		{"one that is", static(""), nil},
		{"a definition", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\nspec: {secretKeyRef: {name: a, key: b}}\n", nil},
		{"no object", "env: [{valueFrom: {secretKeyRef: {name: a, key: b}}}]\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, d := range reference.Demands(read(t, "case.yaml", c.yaml).Documents[0]) {
				got = append(got, asked(d))
				if d.Use == "" || d.At.Line == 0 {
					t.Errorf("incomplete: %+v", d)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("demands (-want +got):\n%s", diff)
			}
		})
	}
}

// made writes a product: reach, namespace, name and keys, marks.
func made(p reference.Product) string {
	text := p.Namespace + "/" + p.Name
	if p.Reach != "" {
		text = string(p.Reach) + " " + text
	}
	if len(p.Keys) > 0 {
		text += fmt.Sprint(p.Keys)
	}
	for _, m := range []struct {
		set  bool
		word string
	}{{p.Open, "open"}, {p.Merges, "merges"}, {p.Owns, "owns"}} {
		if m.set {
			text += " " + m.word
		}
	}
	return text
}

func TestProducts(t *testing.T) {
	for _, c := range []struct {
		name, file, yaml string
		want             []string
	}{
		{"a Secret", "", secret("", "data: {a: YQ==}\nstringData: {b: c}\n"), []string{"shop/db[a b]"}},
		{"an empty one", "", secret("", "type: Opaque\n"), []string{"shop/db open"}},
		{"one of SOPS", "", secret("", "stringData: {a: 'ENC[AES256_GCM,data:x]'}\nsops: {mac: x}\n"), []string{"shop/db[a]"}},
		{"one with a key that is filled in", "", secret("", "stringData: {'${KEY}': c, b: d}\n"), []string{"shop/db[b] open"}},
		{"one with a name that is filled in", "", strings.Replace(secret("", "stringData: {b: d}\n"), "name: db", "name: ${APP}-db", 1), []string{"shop/*-db[b]"}},
		{"the token of a service account", "", secret("kubernetes.io/service-account.name: a\n", "type: kubernetes.io/service-account-token\n"), []string{"shop/db[token ca.crt namespace]"}},
		{"one that is copied", "", secret("reflector.v1.k8s.emberstack.com/reflection-allowed: 'true'\n", "stringData: {b: d}\n"), []string{"/db[b]"}},
		{"one that is filled", "", secret("secret-generator.v1.mittwald.de/autogenerate: password\n", "stringData: {b: d}\n"), []string{"/db[b] open"}},
		{"one of Vault that is copied", "", static("destination: {name: db, create: true, annotations: {reflector.v1.k8s.emberstack.com/reflection-allowed: 'true'}}\n"), []string{"/db open owns"}},
		{"a SealedSecret", "", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db, namespace: shop}\nspec: {encryptedData: {a: Ag}, template: {data: {url: x}}}\n", []string{"shop/db[a url] owns"}},
		{"an ExternalSecret", "", external("data: [{secretKey: a, remoteRef: {key: k}}]\n"), []string{"shop/db[a] owns"}},
		{"with a target", "", external("target: {name: t, creationPolicy: Orphan}\n" + one), []string{"shop/t[a]"}},
		{"that merges", "", external("target: {name: t, creationPolicy: Merge}\n" + one), []string{"shop/t[a] merges"}},
		{"that makes none", "", external("target: {creationPolicy: None}\n" + one), nil},
		{"of another kind", "", external("target: {manifest: {apiVersion: v1, kind: ConfigMap}}\n" + one), nil},
		{"of all keys of a path", "", external("dataFrom: [{extract: {key: k}}]\n"), []string{"shop/db[*] owns"}},
		{"of all with a prefix", "", external("dataFrom: [{extract: {key: k}, rewrite: [{regexp: {source: '(.*)', target: 'x_$1'}}]}]\n"), []string{"shop/db[x_*] owns"}},
		{"of a template", "", external("target: {template: {data: {url: x}}}\n" + one), []string{"shop/db[url] owns"}},
		{"of a template beside what is fetched", "", external("target: {template: {mergePolicy: Merge, data: {url: x}}}\n" + one), []string{"shop/db[url a] owns"}},
		{"of a template elsewhere", "", external("target: {template: {templateFrom: [{configMap: {name: c, items: [{key: conf}]}}]}}\n" + one), []string{"shop/db[conf] owns"}},
		{"of a literal template", "", external("target: {template: {templateFrom: [{literal: x}]}}\n" + one), []string{"shop/db open owns"}},
		{"of the cluster", "", eso("ClusterExternalSecret", "externalSecretSpec: {data: [{secretKey: a, remoteRef: {key: k}}]}\n"), []string{"/db[a] owns"}},
		{"of Vault", "", static(""), []string{"shop/db open owns"}},
		{"of Vault, written into", "", vso("VaultStaticSecret", "destination: {name: d}\n"), []string{"shop/d open merges"}},
		{"of Vault, by templates alone", "", vso("VaultDynamicSecret", "destination: {name: d, create: true, transformation: {excludes: ['.*'], templates: {url: {text: x}}}}\n"), []string{"shop/d[url _raw] owns"}},
		{"of the CSI driver", "", class("- {objectName: a, secretPath: b/c}\n", "  secretObjects: [{secretName: s, data: [{objectName: a, key: k}]}]\n"), []string{"shop/s[k]"}},
		{"a certificate", "", object("cert-manager.io/v1", "Certificate", "secretName: tls\nkeystores: {jks: {create: true}}\n"), []string{"shop/tls[tls.crt tls.key ca.crt keystore.jks truststore.jks]"}},
		{"an account", "", object("cert-manager.io/v1", "Issuer", "acme: {privateKeySecretRef: {name: acc}}\n"), []string{"shop/acc[tls.key]"}},
		{"a certificate for an ingress", "", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, namespace: shop, annotations: {cert-manager.io/issuer: x}}\nspec: {tls: [{secretName: t}]}\n", []string{"shop/t[tls.crt tls.key ca.crt]"}},
		{"a serving certificate", "", "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop, annotations: {service.beta.openshift.io/serving-cert-secret-name: s}}\n", []string{"shop/s[tls.crt tls.key]"}},
		{"secrets of sops-secrets-operator", "", object("isindir.github.com/v1alpha3", "SopsSecret", "secretTemplates: [{name: a, stringData: {k: v}}]\n"), []string{"shop/a[k]"}},
		{"a release", "", object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "targetNamespace: app\nchart: {spec: {chart: redis}}\nvalues: {auth: {existingSecret: redis-pw}}\n"),
			[]string{"any app/", "related app/web open", "related app/redis open", "mentioned /app", "mentioned /redis", "mentioned /redis-pw"}},
		{"an application of Argo CD", "", object("argoproj.io/v1alpha1", "Application", "destination: {namespace: app}\n"), []string{"any app/", "related app/web open", "mentioned /app"}},
		{"an operator's object", "", object("example.com/v1", "Database", "secretName: web-pw\nsize: 3\n"), []string{"related shop/web open", "mentioned /web-pw"}},
		{"a job that makes one", "", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, namespace: shop}\nspec: {template: {spec: {containers: [{name: c, image: i, args: [create, '--secret-name=hook-tls']}]}}}\n",
			[]string{"mentioned /create open", "mentioned /hook-tls open"}},
		{"a role for one", "", "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: shop}\nrules: [{resources: [secrets], resourceNames: [lock], verbs: [update]}]\n", []string{"mentioned shop/lock open"}},
		{"a role for all", "", "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: shop}\nrules: [{resources: [secrets], verbs: [get, create]}]\n", []string{"any shop/"}},
		{"a role that reads", "", "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: shop}\nrules: [{resources: [secrets], verbs: [get]}]\n", nil},
		{"Flux, this repository", "", object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "sourceRef: {kind: GitRepository, name: flux-system}\ntargetNamespace: app\n"), []string{"renamed app/*"}},
		{"Flux, another one", "", object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "sourceRef: {kind: GitRepository, name: other}\n"), []string{"any /"}},
		{"a deployment", "", deployment(injected), nil},
		{"generators", "kustomization.yaml", "namespace: shop\nsecretGenerator:\n- name: a\n  literals: [x=hunter2, y=1]\n  files: [conf/z.pem, k=other]\n- name: b\n  envs: [.env]\n  options: {disableNameSuffixHash: true}\n",
			[]string{"renamed shop/*", "shop/a[x y z.pem k]", "shop/a-*[x y z.pem k]", "shop/b open"}},
		{"prefixes", "kustomization.yaml", "namePrefix: p-\nnameSuffix: -s\nsecretGenerator: [{name: a, literals: [x=1]}]\ngeneratorOptions: {disableNameSuffixHash: true}\n",
			[]string{"renamed /p-*-s", "/a[x]", "/p-a-s[x]"}},
		{"a remote base", "kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml, 'https://example.com/b.yaml']\n", []string{"any /"}},
		{"a chart", "kustomization.yaml", "namespace: x\nhelmCharts: [{name: redis}]\n", []string{"renamed x/*", "any x/"}},
		{"a patch of a Secret's name", "kustomization.yaml", "patches: [{patch: '- {op: replace, path: /spec/volumes/0/secret/secretName, value: x}'}]\n", []string{"any /"}},
		{"local files", "kustomization.yaml", "resources: [a.yaml]\npatches: [{path: p.yaml}]\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := c.file
			if file == "" {
				file = "case.yaml"
			}
			var got []string
			for _, p := range reference.Products(read(t, file, c.yaml).Documents[0]) {
				got = append(got, made(p))
				if strings.Contains(p.Encode(), "hunter2") {
					t.Errorf("a value is kept: %s", p.Encode())
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("products (-want +got):\n%s", diff)
			}
		})
	}
}
