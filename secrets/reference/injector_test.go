package reference_test

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

func TestInjectorReferences(t *testing.T) {
	testReferences(t, reference.AgentInjector, []referenceCase{
		{"path of version 2", deployment(`
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/role: web
vault.hashicorp.com/agent-inject-secret-db: secret/data/shop/db
`), []string{"backend=vault role=web engine=kv-v2 mount=secret path=shop/db request=secret/data/shop/db"}},
		{"path of another engine", deployment(`
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/role: web
vault.hashicorp.com/agent-inject-secret-db: database/creds/shop
`), []string{"backend=vault role=web path=database/creds/shop"}},
		{"address, namespace and role by auth-config", deployment(`
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/auth-config-role: web
vault.hashicorp.com/namespace: team
vault.hashicorp.com/service: https://vault:8200
vault.hashicorp.com/agent-inject-secret-db: /secret/data/db
`), []string{"backend=vault address=https://vault:8200 vaultns=team role=web engine=kv-v2 mount=secret path=db request=secret/data/db"}},
		{"the key that a template takes", deployment(`
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/role: web
vault.hashicorp.com/agent-inject-secret-db: secret/data/db
vault.hashicorp.com/agent-inject-template-db: |
  {{- with secret "secret/data/db" -}}
  {{ .Data.data.password }}
  {{- end }}
`), []string{"backend=vault role=web engine=kv-v2 mount=secret path=db request=secret/data/db key=password"}},
		{"a template that reads a second secret", deployment(`
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/role: web
vault.hashicorp.com/agent-inject-secret-db: secret/data/db
vault.hashicorp.com/agent-inject-template-db: |
  {{ with secret "secret/data/db" }}{{ .Data.data.user }}{{ .Data.data.password }}{{ end }}
  {{ (secret "secret/data/tls?version=3").Data.data.cert }}
`), []string{"backend=vault role=web engine=kv-v2 mount=secret path=db request=secret/data/db",
			"backend=vault role=web engine=kv-v2 mount=secret path=tls request=secret/data/tls key=cert version=3"}},
		{"a template without a path", deployment(`
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/role: web
vault.hashicorp.com/agent-inject-secret-db: ""
vault.hashicorp.com/agent-inject-template-db: '{{ with secret "kv/db" }}{{ index .Data "the-key" }}{{ end }}'
`), []string{"backend=vault role=web path=kv/db key=the-key"}},
		{"a path that is filled in", deployment(`
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/role: web
vault.hashicorp.com/agent-inject-secret-db: secret/data/${ENV}/db
`), []string{"backend=vault role=web path=secret/data/${ENV}/db"}},
		{"a Pod and a CronJob", `apiVersion: v1
kind: Pod
metadata:
  name: one
  annotations:
    vault.hashicorp.com/agent-inject-secret-db: secret/data/a
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: two}
spec:
  jobTemplate:
    spec:
      template:
        metadata:
          annotations:
            vault.hashicorp.com/agent-inject-secret-db: secret/data/b
`, []string{"backend=vault engine=kv-v2 mount=secret path=a request=secret/data/a", "backend=vault engine=kv-v2 mount=secret path=b request=secret/data/b"}},
		{"values of a chart", "web:\n  podAnnotations:\n    vault.hashicorp.com/agent-inject: 'true'\n    vault.hashicorp.com/role: web\n    vault.hashicorp.com/agent-inject-secret-db: kv/data/db\n",
			[]string{"backend=vault role=web engine=kv-v2 mount=kv path=db request=kv/data/db"}},
		{"the same path with and without data/", deployment(`
vault.hashicorp.com/agent-inject-secret-db: secret/data/db
vault.hashicorp.com/agent-inject-template-db: '{{ with secret "secret/db" }}{{ .Data.data.password }}{{ end }}'
`), []string{"backend=vault engine=kv-v2 mount=secret path=db request=secret/data/db key=password"}},
		{"none of the injector", deployment("example.com/note: secret/data/db\n"), nil},
	})
}

const injected = `
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/role: web
`

func on(annotation string) string {
	return `spec.template.metadata.annotations["vault.hashicorp.com/` + annotation + `"]`
}

func TestInjectorFaults(t *testing.T) {
	testFaults(t, []faultCase{
		{"all is well", deployment(injected + `
vault.hashicorp.com/agent-inject-secret-db: secret/data/db
vault.hashicorp.com/agent-inject-file-db: db.env
vault.hashicorp.com/agent-inject-perms-db: "0400"
vault.hashicorp.com/agent-telemetry-prefix: x
vault.hashicorp.com/agent-limits-ephemeral: 64Mi
`), nil},
		{"an annotation that there is not", deployment(injected + "vault.hashicorp.com/agent-inject-secrets-db: secret/data/db\n"),
			[]string{"injector-annotation " + on("agent-inject-secrets-db") + "?"}},
		{"a misspelt one", deployment(injected + "vault.hashicorp.com/agent-pre-populat: 'true'\n"), []string{"injector-annotation " + on("agent-pre-populat") + "?"}},
		{"no role", deployment("vault.hashicorp.com/agent-inject: 'true'\n"), []string{"injector-no-role " + on("agent-inject") + "?"}},
		{"no role, but a configuration", deployment("vault.hashicorp.com/agent-inject: 'true'\nvault.hashicorp.com/agent-configmap: agent\n"), nil},
		{"no role, but another way to log in", deployment("vault.hashicorp.com/agent-inject: 'true'\nvault.hashicorp.com/auth-type: approle\n"), nil},
		{"no role, and switched off", deployment("vault.hashicorp.com/agent-inject: 'false'\n"), nil},
		{"no role in a patch", `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata:
      annotations:
        vault.hashicorp.com/agent-inject: "true"
`, nil},
		{"a file of no secret", deployment(injected + "vault.hashicorp.com/agent-inject-file-dbb: x\nvault.hashicorp.com/agent-inject-secret-db: secret/data/db\n"),
			[]string{"injector-orphan " + on("agent-inject-file-dbb") + "?"}},
		{"a template of another path", deployment(injected + `
vault.hashicorp.com/agent-inject-secret-db: secret/data/db
vault.hashicorp.com/agent-inject-template-db: '{{ with secret "secret/data/dbs" }}{{ .Data.data.x }}{{ end }}'
`), []string{"injector-other-path " + on("agent-inject-template-db") + "?"}},
		{"a template that lists what is below", deployment(injected + `
vault.hashicorp.com/agent-inject-secret-db: secret/metadata/db/
vault.hashicorp.com/agent-inject-template-db: '{{ range secrets "secret/metadata/db/" }}{{ with secret (printf "secret/data/db/%s" .) }}{{ .Data.data.x }}{{ end }}{{ with secret "secret/data/all" }}{{ .Data.data.x }}{{ end }}{{ end }}'
`), nil},
		{"a query on both", deployment(injected + `
vault.hashicorp.com/agent-inject-secret-db: secret/data/db?version=2
vault.hashicorp.com/agent-inject-template-db: '{{ with secret "secret/data/db?version=2" }}{{ .Data.data.x }}{{ end }}'
`), nil},
		{"a template of the path with a query", deployment(injected + `
vault.hashicorp.com/agent-inject-secret-db: secret/data/db
vault.hashicorp.com/agent-inject-template-db: '{{ with secret "secret/data/db?version=2" }}{{ .Data.data.x }}{{ end }}'
`), nil},
		{".Data.x of version 2", deployment(injected + `
vault.hashicorp.com/agent-inject-secret-db: secret/data/db
vault.hashicorp.com/agent-inject-template-db: '{{ with secret "secret/data/db" }}{{ .Data.password }}{{ end }}'
`), []string{"injector-data-field " + on("agent-inject-template-db") + "?"}},
		{".Data.data.x without data/, which is put in", deployment(injected + `
vault.hashicorp.com/agent-inject-secret-db: secret/data/db
vault.hashicorp.com/agent-inject-template-db: '{{ with secret "secret/db" }}{{ .Data.data.password }}{{ end }}'
`), nil},
		{"in the values of a chart", `podAnnotations:
  vault.hashicorp.com/agent-inject-secrets-db: secret/data/db
  vault.hashicorp.com/agent-inject-secret-db: secret/data/db
  vault.hashicorp.com/agent-inject-template-db: '{{ with secret "secret/data/db" }}{{ .Data.password }}{{ end }}'
  vault.hashicorp.com/agent-inject-template-x: '{{ "{{" }} with {{ .Values.x'
`, []string{`injector-annotation podAnnotations["vault.hashicorp.com/agent-inject-secrets-db"]?`, `injector-data-field podAnnotations["vault.hashicorp.com/agent-inject-template-db"]?`}},
		{"the metadata of version 2, and all keys", deployment(injected + `
vault.hashicorp.com/agent-inject-secret-db: secret/data/db
vault.hashicorp.com/agent-inject-template-db: |
  {{ with secret "secret/data/db" }}{{ .Data.metadata.version }}{{ range $k, $v := .Data.data }}{{ $k }}{{ end }}{{ end }}
`), nil},
		{"a template that is not closed", deployment(injected + `
vault.hashicorp.com/agent-inject-secret-db: secret/data/db
vault.hashicorp.com/agent-inject-template-db: '{{ with secret "secret/data/db" }}{{ .Data.data.password }}'
`), []string{"template-syntax " + on("agent-inject-template-db")}},
		{"annotations of the workload", `apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web
  annotations:
    vault.hashicorp.com/agent-inject: "true"
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
`, []string{`injector-not-on-pod metadata.annotations["vault.hashicorp.com/agent-inject"]`}},
		{"annotations of both", `apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web
  annotations:
    vault.hashicorp.com/agent-inject: "true"
spec:
  template:
    metadata: {annotations: {vault.hashicorp.com/agent-inject: "true", vault.hashicorp.com/role: web}}
    spec: {containers: [{name: web, image: web}]}
`, nil},
		{"a path that goes up", deployment(injected + "vault.hashicorp.com/agent-inject-secret-db: secret/data/shop/../bank/db\n"),
			[]string{"path-traversal " + on("agent-inject-secret-db")}},
		{"annotations of a service account", `apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  annotations: {vault.hashicorp.com/alias-metadata-env: prod}
`, nil},
	}, reference.Options{})
}

func TestInjectorSuggestions(t *testing.T) {
	for annotation, want := range map[string]string{
		"agent-inject-secrets-db": "agent-inject-secret-db", "agent-injct": "agent-inject", "Role": "role", "agent-inject-tempalte-x": "agent-inject-template-x",
	} {
		d := read(t, "case.yaml", deployment(injected+"vault.hashicorp.com/"+annotation+": x\n")).Documents[0]
		faults := reference.Faults(d, reference.Options{})
		if len(faults) != 1 || !contains(faults[0].Reason, "is "+want+" meant?") {
			t.Errorf("%s: %+v, want a suggestion of %s", annotation, faults, want)
		}
	}
}
