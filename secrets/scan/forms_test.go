package scan

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"
	"testing"
)

// TestForms holds the forms of single tools in which a secret is written.
func TestForms(t *testing.T) {
	script := base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\nexport DB_PASSWORD=" + pw + "\n"))
	cloudInit := base64.StdEncoding.EncodeToString([]byte("#cloud-config\nchpasswd:\n  list: |\n    ops:" + pw + "\n"))
	run(t, []placeCase{
		{name: "args behind a command", text: `containers:
- name: a
  command: [curl]
  args: [-u, "deploy:PW"]
- name: b
  image: curlimages/curl:8
  args: ["-u", "deploy:PW"]
- name: c
  command: [server]
  args: ["-u", "a:b"]
`, want: []string{"args 4:14 containers[name=a].args[1] plaintext", "args 7:16 containers[name=b].args[1] plaintext"}},
		{name: "args in a JSON patch", file: "patch.json", text: `[{"op": "add", "path": "/spec/containers/0/args/-", "value": "--admin-password=PW"},
{"op": "replace", "path": "/spec/containers/0/args", "value": ["--port=80", "--token", "PW"]}]
`, want: []string{"patch 1:53 [0].value plaintext", "args 2:88 [1].value[2] plaintext"}},
		{name: "header of HTTP", text: `httpHeaders:
- name: Authorization
  value: Basic ` + base64.StdEncoding.EncodeToString([]byte("app:"+pw)) + `
- name: Authorization
  value: Bearer PW
- name: Authorization
  value: Bearer ${TOKEN}
`, want: []string{"env 3:3 httpHeaders[0].value plaintext", "env 5:3 httpHeaders[1].value plaintext"}},
		{name: "named templates", file: "templates/_helpers.tpl", text: `{{- define "app.password" -}}
{{- if .Values.x }}
{{- default "PW" .Values.x -}}
{{- end -}}
{{- end -}}
{{- define "app.name" -}}
{{- .Values.auth.password | default "PW" -}}
{{- default "PW" .Values.host -}}
{{- end -}}
{{- define "app.secretName" -}}
{{- default (printf "%s-credentials" .Release.Name) .Values.auth.existingSecret -}}
{{- end -}}
`, want: []string{"template 3:1  plaintext", "template 7:1  plaintext"}},
		{name: "what a literal stands in for", text: `a: {{ env "DB_PASSWORD" | default "PW" }}
b: {{ default "PW" .Values.auth.password }}
c: {{ getenv "API_TOKEN" "PW" }}
d: {{ db_password | default('PW') }}
e: {{ default "postgres-password" .Values.auth.secretKeys.adminPasswordKey }}
f: {{ .Values.host | default "PW" }}
`, want: []string{"template 1:1 a plaintext", "template 2:1 b plaintext", "template 3:1 c plaintext", "template 4:1 d plaintext"}},
		{name: "an action that goes on below", file: "templates/a.tpl", text: `password: {{ include "common.secret" (dict
  "name" .Values.name) }}
token: {{ .x | default "PW"
  }}
`, want: []string{"template 3:1  plaintext"}},
		{name: "printed into a Secret", text: `apiVersion: v1
kind: Secret
data:
  a: {{ printf "%s:%s" .Values.user "PW" | b64enc }}
  b: {{ printf "%s-%s" .Release.Name "admin" | b64enc }}
  c: {{ default "admin-password" .Values.secretKeys.passwordKey }}
`, want: []string{"template 4:3 data.a plaintext"}},
		{name: "base64 of a script", text: "Properties:\n  UserData: " + script + "\n  Other: [" + script + "]\n", want: []string{
			"setting 2:3 Properties.UserData|DB_PASSWORD plaintext", "setting 3:11 Properties.Other[0]|DB_PASSWORD plaintext",
		}},
		{name: "accounts of cloud-init", text: `chpasswd:
  list: |
    root:RANDOM
    ops:PW
---
chpasswd:
  list: ["ops:PW"]
---
chpasswd: {expire: false, users: [{name: ops, password: PW}]}
---
apiVersion: v1
kind: Secret
data: {userData: ` + cloudInit + `}
`, want: []string{
			"setting 4:5 chpasswd.list|ops plaintext", "setting 7:10 chpasswd.list[0] plaintext", "setting 9:47 chpasswd.users[name=ops].password plaintext", "secret 13:8 data.userData plaintext",
		}},
		{name: "files that are written out", text: `files:
- path: /etc/app/token
  content: TOKEN=PW
- path: /etc/app/password
  content: PW
- path: /etc/app/db.ini
  content: |
    [db]
    password = PW
- path: /etc/app/mode
  content: PW
`, want: []string{"setting 3:3 files[0].content|TOKEN plaintext", "setting 5:3 files[1].content plaintext", "setting 9:5 files[2].content|db.password plaintext"}},
		{name: "a store that gives out what it holds", text: `apiVersion: external-secrets.io/v1
kind: SecretStore
spec:
  provider:
    fake:
      data:
      - key: /app/code
        value: PW
        version: v1
      - key: /app/map
        valueMap: {code: PW}
`, want: []string{`secret 8:9 spec.provider.fake.data[key=/app/code].value plaintext`, `secret 11:20 spec.provider.fake.data[key=/app/map].valueMap.code plaintext`}},
		{name: "encrypted data bag", file: "data_bags/db.json", text: `{"id": "db", "password": {"encrypted_data": "duCx6xBONpfQ2XntAgTsFUqf", "iv": "hTblFKm6vRSGglFb", "cipher": "aes-256-gcm"}}`},
		{name: "JSON Web Keys", file: "keys.json", text: `{"keys": [{"kty": "EC", "x": "QArRfOy212R", "d": "e08ROHo9_Fc_3GxlohHxZPocycPhJLKOXOctssIRw9g"},
{"kty": "oct", "k": "GawgguFyGrWKav7AX4VKUg"}, {"kty": "RSA", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx"}]}`, want: []string{
			"setting 1:45 keys[0].d credential", "setting 2:16 keys[1].k credential",
		}},
		{name: "data of a Secret that Terraform makes", file: "main.tf", text: `resource "kubernetes_secret" "a" {
  metadata { name = "a" }
  data = { "code" = "PW" }
}
resource "kubernetes_config_map" "a" {
  data = { "code" = "PW" }
}
`, want: []string{"setting 3:13  plaintext"}},
		{name: "compressed", text: `apiVersion: v1
kind: ConfigMap
metadata: {name: a}
binaryData:
  packed: ` + gzipped("db.url=x\ndb.password="+pw+"\n") + `
`, want: []string{"configmap 5:3 binaryData.packed|db.password plaintext"}},
		{name: "a file that is one value", file: "config/master.key", text: "0a5f9c4cac243cf6da2842174c8533b1\n", want: []string{"setting 1:1  plaintext"}},
		{name: "names and values with a colon", file: "logins.txt", text: "user:app\npassword:PW\n", want: []string{"setting 2:1  plaintext"}},
		{name: "rows of a dump", file: "dump.sql", text: "CREATE TABLE users (\n  id int,\n  password varchar(64)\n);\nINSERT INTO users VALUES (1,'PW'),(2,'$2y$10$QGiZsGNKbOu7SEzy4I7O8dGbLbHIwGz8gNdJev9O/Nv7YHnqYe59Q');\n", want: []string{
			"setting 5:30  plaintext", "setting 5:53  hash",
		}},
		{name: "code of WordPress", file: "wp-config.php", text: "<?php\ndefine('DB_NAME', 'wp');\ndefine( 'DB_PASSWORD', 'PW' );\ndefine('AUTH_KEY', 'PW');\n$db_password = \"PW\";\n", want: []string{
			"setting 3:10  plaintext", "setting 4:9  plaintext", "setting 5:1  plaintext",
		}},
	})
}

// gzipped is what gzip makes of a text, in base64.
func gzipped(text string) string {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	io.WriteString(w, text)
	w.Close()
	return base64.StdEncoding.EncodeToString(zipped.Bytes())
}

func TestLimitsAreSaid(t *testing.T) {
	known := map[string]bool{}
	for _, limit := range Limits() {
		if limit[0] == "" || limit[1] == "" || limit[2] == "" || known[limit[0]] {
			t.Errorf("limit %q", limit)
		}
		known[limit[0]] = true
	}
	for _, c := range []struct{ name, file, text, want string }{
		{name: "nothing", file: "in.yaml", text: nestedText(2), want: ""},
		{name: "nested texts", file: "in.yaml", text: nestedText(6), want: LimitDepth},
		{name: "a large text", file: "in.yaml", text: "a: |\n" + strings.Repeat("  b=c\n", maxEmbeddedBytes/4+1), want: LimitBytes},
		{name: "what is inflated", file: "in.yaml", text: "kind: ConfigMap\nbinaryData:\n  a: " + gzipped(strings.Repeat("a=b\n", 1<<19)) + "\n", want: LimitInflated},
		{name: "what is inflated in a Secret", file: "in.yaml", text: "apiVersion: v1\nkind: Secret\ndata:\n  a: " + gzipped(strings.Repeat("word ", 1<<19)) + "\n", want: LimitInflated},
		{name: "what is inflated under a key", file: "in.yaml", text: "password: " + gzipped(strings.Repeat("word ", 1<<19)) + "\n", want: LimitInflated},
		{name: "what is inflated and not cut", file: "in.yaml", text: "password: " + gzipped(strings.Repeat("word ", 1<<10)) + "\n", want: ""},
		{name: "a literal", file: "in.tpl", text: "password: {{ default \"" + strings.Repeat("x", maxLiteral+1) + "\" .x }}\n", want: LimitLiteral},
		{name: "a line", file: "in.yaml", text: "a: x --password y " + strings.Repeat("z", maxLine) + "\n", want: LimitLine},
		{name: "one value", file: "master.key", text: strings.Repeat("x", maxOneValue+1), want: LimitOneValue},
		{name: "scripts in scripts", file: "run.sh", text: "$(a $(b $(c $(d $(e $(f --password x))))))\n", want: "settings-nesting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := map[string]int{}
			f := read(c.file, c.text)
			File(f, Options{Limit: func(name string, line uint32) {
				if said[name]++; said[name] > 1 || line == 0 || !known[name] {
					t.Errorf("%q at line %d, %d times", name, line, said[name])
				}
			}})
			if c.want == "" && len(said) > 0 || c.want != "" && said[c.want] == 0 {
				t.Errorf("said: %v, want %q", said, c.want)
			}
			File(f, Options{})
		})
	}
}

func TestRulesOfPaths(t *testing.T) {
	f := read("keys/server.p12.yaml", "a: b\n")
	found := File(f, Options{Rules: func(path string, _ []byte) []Range { return []Range{{ID: "store"}, {ID: "store2"}} }})
	if len(found) != 2 || found[0].At.Line != 1 || found[0].Value != f.Path || found[0].Answer.Family != "store" || found[0].Place != Text {
		t.Fatalf("%d findings", len(found))
	}
	for _, g := range found {
		check(t, f, g)
	}
}
