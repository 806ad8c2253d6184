package scan

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	corpus "github.com/gatehouse-dev/gatehouse/testdata/secrets"
)

// missed gives what File finds in a text that MayHold says holds nothing. A text that
// may be broken is left out: it is always read.
func missed(name string, text []byte) []Found {
	if MayHold(name, text) {
		return nil
	}
	if _, wanted := manifest.ReadWhere(name, text, manifest.DefaultLimits(), func([]byte) bool { return false }); wanted {
		return nil
	}
	return File(manifest.Read(name, text, manifest.DefaultLimits()), Options{})
}

// TestMayHoldMissesNothing holds the short way against the long one over every file
// of the labelled corpus, and over every document and every single line of them.
func TestMayHoldMissesNothing(t *testing.T) {
	for _, seed := range []uint64{corpus.Seed, 1, 2} {
		files, err := corpus.Generate(seed)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !strings.HasSuffix(f.Path, ".yaml") && !strings.HasSuffix(f.Path, ".yml") && !strings.HasSuffix(f.Path, ".json") {
				continue
			}
			parts := append([]string{string(f.Data)}, strings.Split(string(f.Data), "\n---\n")...)
			if seed == corpus.Seed {
				parts = append(parts, strings.Split(string(f.Data), "\n")...)
			}
			for _, part := range parts {
				for _, found := range missed(f.Path, []byte(part)) {
					t.Errorf("%s: %s %q is %s, and MayHold says that there is nothing in\n%s", f.Path, found.Place, found.Field, found.Answer.Class, part)
				}
			}
		}
	}
}

// TestMayHoldSeesEveryForm holds the forms in which a line hides what it holds.
func TestMayHoldSeesEveryForm(t *testing.T) {
	script := base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\nexport DB_PASSWORD=" + pw + "\n"))
	for _, text := range []string{
		`{"apiVersion":"v1","kind":"Secret","data":{"a":"aHVudGVyMg=="}}`,
		`{"apiVersion":"v1","kind": "Secret","stringData":{"a":"PW"}}`,
		"a: {kind: Secret, stringData: {a: PW}}\n",
		"kind: >-\n  Secret\napiVersion: v1\ndata: {a: PW}\n",
		"kind:\n  Secret\napiVersion: v1\ndata: {a: PW}\n",
		"!!str kind: Secret\napiVersion: v1\ndata: {a: PW}\n",
		"&k kind: Secret\napiVersion: v1\ndata: {a: PW}\n",
		"? kind\n: Secret\napiVersion: v1\ndata: {a: PW}\n",
		"kind: Role\napiVersion: v1\npassword: PW\nkind: Pod\n",
		"a: {secretGenerator: [{literals: [a=PW]}]}\n",
		`{"a":{"secretGenerator":[{"literals":["a=PW"]}]}}`,
		`{"a.conf": "requirepass PW\nport 1\n"}`,
		"a.conf: \"requirepass PW\\nport 1\\n\"\n",
		"a.conf: 'requirepass PW'\n",
		"a.conf: |\n  server a b c d e f g h i j k password PW\n",
		"command: [rabbitmqctl, add_user, bob, PW]\n",
		"command:\n- rabbitmqctl\n- add_user\n- bob\n- PW\n",
		"run: rabbitmqctl add_user bob PW\n",
		"run: echo bob:PW | chpasswd\n",
		"run: vault login PW\n",
		"a: {kty: oct, k: Xq7kelpOrbit42Xq7kelpOrbit42}\n",
		"{encryptedData: {a: PW}}\n",
		"{chpasswd: {list: [\"bob:PW\"]}}\n",
		"files: [{path: /etc/token, content: PW}]\n",
		"files:\n- path: /etc/token\n  content: PW\n",
		"files:\n- content: PW\n  path: /etc/token\n",
		"a:\n- - kind: SecretStore\n    apiVersion: v1\n    provider: {fake: {data: [{key: a, value: PW}]}}\n",
		`{"kind":"ExternalSecret","apiVersion":"v1","spec":{"target":{"template":{"data":{"a":"PW"}}}}}`,
		"[{op: add, path: /data/password, value: PW}]\n",
		"# adminPassword: PW\na: b\n",
		"# mysql -u root -pPW\na: b\n",
		"# - name: DB_PASSWORD\n#   value: PW\na: b\n",
		"x.conf: |\n  # requirepass PW\n  port 1\n",
		"x.py: |\n  # PASSWORD = 'PW'\n  import os\n",
		"x.conf: |\n  /* secret PW */\n  port 1\n",
		"cmd: \"# mysql -u root -pPW\\necho\\n\"\n",
		"headers: {Authorization: Bearer PW}\n",
		"- name: my DB PASSWORD\n  value: PW\n",
		"UserData: " + script + "\n",
		"a: [x, " + script + "]\n",
		"args: [-u, \"deploy:PW\"]\ncommand: [curl]\n",
		"image: curlimages/curl:8\nargs:\n- -u\n- deploy:PW\n",
		"x: {{ .Values.auth.password | default \"PW\" }}\n",
		"x: {{ default \"PW\" .Values.auth.password }}\n",
		"x: {{ env \"DB_PASSWORD\" | default \"PW\" }}\n",
		"{{- define \"shop.password\" -}}\n{{ default \"PW\" .x }}\n{{- end }}\na: b\n",
		"a: {\"name\": \"DB_PASSWORD\",\n  \"value\": \"PW\"}\n",
		"{\"a\": [{\"value\": \"PW\",\n      \"name\": \"DB_PASSWORD\"}]}\n",
		"- {name: DB_PASSWORD,\n   value: PW}\n",
		"{\"a\": {\"description\": \"x\", \"b\": {\n      \"password\": \"PW\"}}}\n",
		"{\"tokens\": [\n  \"PW\",\n  \"x\"\n]}\n",
		"kind: Role\npassword: PW\n",
		"tokens:\n- PW  # XXX: edit\n",
		"secretConfig: true\n  PW\n",
		"endpoint: https://store.example.org/c?sv=1&sig=PW\n",
	} {
		text = strings.ReplaceAll(text, "PW", pw)
		if len(File(manifest.Read("in.yaml", []byte(text), manifest.DefaultLimits()), Options{})) == 0 {
			t.Errorf("nothing is found in\n%s", text)
		}
		if !MayHold("in.yaml", []byte(text)) {
			t.Errorf("MayHold says that there is nothing in\n%s", text)
		}
	}
}

// pieces are what changes to a text bring in.
var pieces = []string{
	" ", "  ", "\n", "\r\n", ":", ": ", "- ", "? ", "#", " # ", "\n# ", "'", "\"", "\\", "{", "}", "[", "]", ",", "&a ", "*a", "!t ", "|", ">-", "\n---\n", "= ",
	"{{ .a }}", "{{", "}}", "{{ if .a }}\n", "{{ end }}\n", "{{ default \"x\" .a }}", "password: " + pw + "\n", "token: ", "kind: Secret\n", "kind: Role\n", "stringData:\n", "data:\n",
	"description: |\n", "description: ", "name: DB_PASSWORD\n", "value: " + pw + "\n", "password=" + pw, "env:\n", "args: [", "--password ", "path: ",
}

// changed is a text with a few changes.
func changed(r *rand.Rand, text []byte) []byte {
	text = bytes.Clone(text)
	for range 1 + r.IntN(4) {
		at := r.IntN(len(text) + 1)
		end, piece := min(len(text), at+1+r.IntN(4)), pieces[r.IntN(len(pieces))]
		switch r.IntN(4) {
		case 0:
			piece = ""
		case 1:
			end = at
		case 2: // where a line begins
			at = bytes.LastIndexByte(text[:at], '\n') + 1
			at += len(text[at:]) - len(bytes.TrimLeft(text[at:], " "))
			end = at
		}
		text = append(text[:at:at], append([]byte(piece), text[end:]...)...)
	}
	return text
}

// TestMayHoldMissesNothingInChanges does so over changes to the labelled corpus and to
// the files of GATEHOUSE_CORPORA.
func TestMayHoldMissesNothingInChanges(t *testing.T) {
	files, err := corpus.Generate(corpus.Seed)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string][]byte{}
	for _, f := range files {
		texts[f.Path] = f.Data
	}
	if root := os.Getenv("GATEHOUSE_CORPORA"); root != "" {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				texts[filepath.ToSlash(name)], err = os.ReadFile(name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(4, 2))
	quiet := 0
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		text := texts[name]
		if !isYAMLName(name) || len(text) > 16<<10 {
			continue
		}
		for range 16 {
			path, text := name, changed(r, text)
			if r.IntN(2) == 0 {
				path = "chart/templates/in.yaml"
			}
			if !MayHold(path, text) {
				quiet++
			}
			for _, found := range missed(path, text) {
				t.Errorf("%s:%d: %s %q is %s, and MayHold says that there is nothing in\n%s", path, found.At.Line, found.Place, found.Field, found.Answer.Class, text)
			}
		}
	}
	if quiet < 100 {
		t.Errorf("MayHold is false of %d texts: this tests too little", quiet)
	}
}

func TestMayHoldIsOftenFalse(t *testing.T) {
	for name, text := range map[string]string{
		"references": `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      imagePullSecrets: [{name: registry}]
      containers:
      - name: web
        image: registry.example.org/web:1.2.3
        env:
        - name: DB_PASSWORD
          valueFrom: {secretKeyRef: {name: database, key: password}}
        - name: MODE
          value: safe
        volumeMounts:
        - {name: tls, mountPath: /tls}
      volumes:
      - name: tls
        secret: {secretName: web-tls}
`,
		"schema": `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  versions:
  - schema:
      openAPIV3Schema:
        properties:
          password:
            description: |-
              The password of the user.
              It is kept in a Secret: password of the token.
            type: string
`,
		"comments": "# The password of the user; see https://example.org/docs/v2 for the token.\n# adminPassword: changeme\n# key: value1\na: b\n",
		"digests":  "image: app@sha256:0841715398b1b5b4b81f816ad0acc71f7eee455b65a10b07bfe72ad208699450\nchecksum: CMovYrwhdsT76WNJvXhQ3XcK9lG6L8AbDTjRkz4fOqE=\n",
		"switches": "auth:\n  enabled: true\n  existingSecret: database\npassword: \"\"\ntoken: ${{ secrets.TOKEN }}\n",
	} {
		if MayHold("file.yaml", []byte(text)) {
			t.Errorf("%s: a file without a secret has to be parsed", name)
		}
	}
}

func FuzzMayHold(f *testing.F) {
	files, err := corpus.Generate(corpus.Seed)
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file.Path, ".yaml") && len(file.Data) < 4096 {
			f.Add(file.Data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, found := range missed("file.yaml", data) {
			t.Errorf("%s %q is %s, and MayHold says that there is nothing", found.Place, found.Field, found.Answer.Class)
		}
	})
}
