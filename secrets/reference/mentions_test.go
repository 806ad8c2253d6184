package reference_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

func TestMentions(t *testing.T) {
	const playbook = "- name: make\n  kubernetes.core.k8s:\n    definition:\n      apiVersion: v1\n      kind: Secret\n      metadata:\n        name: db-auth\n        namespace: shop\n"
	for _, c := range []struct {
		what, file, text string
		want             bool
	}{
		{"a script", "setup.sh", "kubectl -n shop create secret generic db-auth --from-literal=password=\"$PW\"\n", true},
		{"a script that makes another", "setup.sh", "kubectl create secret generic other\n", false},
		{"a page", "README.md", "Make it by hand: `kubectl create secret tls db-auth --cert=a`.\n", true},
		{"a page that names it", "README.md", "The Secret `db-auth` is made by hand.\n", true},
		{"a makefile", "Makefile", "secrets:\n\tkubectl create secret generic db-auth\n", true},
		{"a workflow", ".github/workflows/a.yaml", "on: push\njobs: {a: {steps: [{run: kubectl create secret generic db-auth}]}}\n", true},
		{"a comment in a manifest", "a.yaml", "# kubectl create secret generic db-auth -n shop\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", true},
		{"Terraform", "main.tf", "resource \"kubernetes_secret\" \"db\" {\n  metadata {\n    name      = \"db-auth\"\n  }\n}\n", true},
		{"Terraform of something else", "main.tf", "resource \"kubernetes_config_map\" \"db\" {\n  metadata {\n    name      = \"db-auth\"\n  }\n}\n", false},
		{"a playbook", "tasks.yaml", playbook, true},
		{"a program", "index.ts", "new k8s.core.v1.Secret(\"x\", {metadata: {name: \"db-auth\"}});\n", true},
		{"what reads it", "a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {volumes: [{name: v, secret: {secretName: db-auth}}]}\n", false},
		{"values that name it", "values.yaml", "auth:\n  existingSecret: db-auth\n", false},
		{"a file that is no text", "a.bin", "\x00create secret generic db-auth\n", false},
	} {
		t.Run(c.what, func(t *testing.T) {
			f := manifest.Read(c.file, []byte(c.text), manifest.DefaultLimits())
			found := false
			for _, p := range reference.Mentions(f) {
				found = found || p.Name == "db-auth" && p.Reach == reference.Mentioned
			}
			if found != c.want {
				t.Errorf("found: %v", found)
			}
		})
	}
	many := strings.Repeat("create secret generic "+strings.Repeat("abc-", 200)+"\n", 1) + manyNames(10_000)
	if n := len(reference.Mentions(manifest.Read("a.sh", []byte(many), manifest.DefaultLimits()))); n > 2000 {
		t.Errorf("%d names of one file are told", n)
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("create secret generic name-" + strings.Repeat("x", 1+i%40) + "-" + string(rune('a'+i%26)) + strings.Repeat("y", i/1000) + "\n")
	}
	return b.String()
}
