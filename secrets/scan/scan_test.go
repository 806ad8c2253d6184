package scan

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// pw is a password that no list has; every table uses it.
const pw = "Xu7-kelp_Orbit42"

// place is a case of a table: what a file of that name and text must give.
type placeCase struct {
	name string
	file string // in.yaml where it is empty
	text string
	want []string // see describe
}

func run(t *testing.T, cases []placeCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, describe(t, c.file, c.text)); diff != "" {
				t.Errorf("-want +got:\n%s\nin\n%s", diff, c.text)
			}
		})
	}
}

// describe writes what File finds in a text as "place line:column field|inner class",
// and tests what holds for every finding.
func describe(t *testing.T, file, text string) []string {
	t.Helper()
	if file == "" {
		file = "in.yaml"
	}
	text = strings.ReplaceAll(text, "PW", pw)
	f := manifest.Read(file, []byte(text), manifest.DefaultLimits())
	var out []string
	for _, found := range File(f, Options{}) {
		check(t, f, found)
		field := found.Field
		if found.Inner != "" {
			field += "|" + found.Inner
		}
		out = append(out, fmt.Sprintf("%s %d:%d %s %s", found.Place, found.At.Line, found.At.Column, field, found.Answer.Class))
	}
	return out
}

// check tests what holds for every finding: it lies in the file and has a value.
func check(t *testing.T, f *manifest.File, found Found) {
	t.Helper()
	l := newLines(f.Text)
	if found.At.Line == 0 || found.At.Line > l.count() || found.EndLine < found.At.Line || found.EndLine > l.count()+1 {
		t.Errorf("%s: lines %d to %d of %d", found.Field, found.At.Line, found.EndLine, l.count())
	} else if width := utf16Length(l.line(found.At.Line)); found.At.Column == 0 || found.At.Column > width+1 {
		t.Errorf("%s: column %d of %d", found.Field, found.At.Column, width)
	}
	if found.Value == "" || found.Raw == "" || found.Answer.Class == "" {
		t.Errorf("%s: no value or no class", found.Field)
	}
}

func TestSecret(t *testing.T) {
	run(t, []placeCase{
		{name: "block", text: `apiVersion: v1
kind: Secret
metadata:
  name: db
data:
  password: WHU3LWtlbHBfT3JiaXQ0Mg==
stringData:
  token: PW
`, want: []string{"secret 6:3 data.password plaintext", "secret 8:3 data.token plaintext"}},
		{name: "kind last", text: `data:
  password: WHU3LWtlbHBfT3JiaXQ0Mg==
metadata:
  name: db
kind: Secret
apiVersion: v1
`, want: []string{"secret 2:3 data.password plaintext"}},
		{name: "flow", text: `{apiVersion: v1, kind: Secret, metadata: {name: db}, stringData: {password: PW}}
`, want: []string{"secret 1:67 data.password plaintext"}},
		{name: "json", file: "in.json", text: `{"apiVersion": "v1", "kind": "Secret", "stringData": {"password": "PW"}}
`, want: []string{"secret 1:55 data.password plaintext"}},
		{name: "no version, as in a patch", text: `kind: Secret
metadata: {name: db}
stringData:
  password: PW
`, want: []string{"secret 4:3 data.password plaintext"}},
		{name: "misspelt", text: `apiVersion: v1
kind: Secret
StringData:
  password: PW
string_data:
  token: PW
Data:
  secret: WHU3LWtlbHBfT3JiaXQ0Mg==
`, want: []string{"secret 4:3 data.password plaintext", "secret 6:3 data.token plaintext", "secret 8:3 data.secret plaintext"}},
		{name: "list and second document", text: `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: one}
  stringData:
    password: PW
---
apiVersion: v1
kind: Secret
metadata: {name: two}
stringData:
  password: PW
`, want: []string{"secret 8:5 data.password plaintext", "secret 14:3 data.password plaintext"}},
		{name: "block and folded scalars", text: `apiVersion: v1
kind: Secret
stringData:
  password: |
    PW
  token: >-
    PW
`, want: []string{"secret 4:3 data.password plaintext", "secret 6:3 data.token plaintext"}},
		{name: "wrapped base64", text: `apiVersion: v1
kind: Secret
data:
  password: |
    WHU3LWtlbHBf
    T3JiaXQ0Mg==
`, want: []string{"secret 4:3 data.password plaintext"}},
		{name: "anchors, aliases and merges", text: `apiVersion: v1
kind: Secret
metadata:
  name: db
stringData: &common
  password: &p PW
  token: *p
---
apiVersion: v1
kind: Secret
x: &x
  secret: PW
stringData:
  <<: *x
`, want: []string{"secret 6:3 data.password plaintext", "secret 7:3 data.token plaintext", "setting 12:3 x.secret plaintext", "secret 12:3 data.secret plaintext"}},
		{name: "duplicate keys", text: `apiVersion: v1
kind: Secret
stringData:
  password: PW
  password: <filled in later>
`, want: []string{"secret 4:3 data.password plaintext", "secret 5:3 data.password placeholder"}},
		{name: "duplicate kind", text: `apiVersion: v1
kind: Secret
kind: Sealed
stringData:
  password: PW
`, want: []string{"secret 5:3 data.password plaintext"}},
		{name: "duplicate data", text: `apiVersion: v1
kind: Secret
stringData:
  password: PW
stringData:
  token: PW
`, want: []string{"secret 4:3 data.password plaintext", "secret 6:3 data.token plaintext"}},
		{name: "public and placeholder", text: `apiVersion: v1
kind: Secret
stringData:
  username: app
  password: <filled in later>
  empty: ""
  ref: vault:secret/data/db#password
`, want: []string{"secret 4:3 data.username public", "secret 5:3 data.password placeholder"}},
		{name: "generate of Kyverno", text: `apiVersion: kyverno.io/v1
kind: ClusterPolicy
spec:
  rules:
  - name: make
    generate:
      kind: Secret
      data:
        kind: Secret
        data:
          password: WHU3LWtlbHBfT3JiaXQ0Mg==
`, want: []string{"secret 11:11 spec.rules[name=make].generate.data.data.password plaintext"}},
		{name: "template of an ExternalSecret", text: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
spec:
  secretStoreRef: {name: vault, kind: SecretStore}
  target:
    name: db
    template:
      data:
        password: PW
        uri: "{{ .password }}"
  data:
  - secretKey: password
    remoteRef: {key: prod/db, property: password}
`, want: []string{"secret 9:9 spec.target.template.data.password plaintext"}},
		{name: "Template of OpenShift", text: `apiVersion: template.openshift.io/v1
kind: Template
objects:
- apiVersion: v1
  kind: Secret
  stringData:
    password: ${PASSWORD}
    token: PW
parameters:
- name: PASSWORD
  description: The password of the database
  value: PW
`, want: []string{"secret 8:5 objects[0].data.token plaintext", "env 12:3 parameters[name=PASSWORD].value plaintext"}},
		{name: "Object of Crossplane", text: `apiVersion: kubernetes.crossplane.io/v1alpha2
kind: Object
spec:
  forProvider:
    manifest:
      apiVersion: v1
      kind: Secret
      stringData:
        password: PW
`, want: []string{"secret 9:9 spec.forProvider.manifest.data.password plaintext"}},
		{name: "extra objects of a chart", file: "values.yaml", text: `extraObjects:
- apiVersion: v1
  kind: Secret
  stringData:
    password: PW
`, want: []string{"secret 5:5 extraObjects[0].data.password plaintext"}},
		{name: "a Secret in a text", text: `apiVersion: v1
kind: ConfigMap
data:
  secret.yaml: |
    apiVersion: v1
    kind: Secret
    stringData:
      password: PW
`, want: []string{`secret 8:7 data["secret.yaml"]|data.password plaintext`}},
		{name: "SopsSecret", text: `apiVersion: isindir.github.com/v1alpha3
kind: SopsSecret
spec:
  secretTemplates:
  - name: db
    stringData:
      password: PW
`, want: []string{"secret 7:7 spec.secretTemplates[name=db].stringData.password plaintext"}},
	})
}

// TestEncodedSecret proves that encodings in encodings are undone.
func TestEncodedSecret(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write([]byte("password: " + pw + "\nuser: app\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	encode := base64.StdEncoding.EncodeToString
	for name, value := range map[string]string{
		"twice":  encode([]byte(encode([]byte(pw)))),
		"gzip":   encode(zipped.Bytes()),
		"docker": encode([]byte(`{"auths": {"registry.example.org": {"auth": "` + encode([]byte("app:"+pw)) + `"}}}`)),
	} {
		f := manifest.Read("in.yaml", []byte("apiVersion: v1\nkind: Secret\ndata:\n  .dockerconfigjson: "+value+"\n"), manifest.DefaultLimits())
		found := File(f, Options{})
		if len(found) != 1 || !found[0].Answer.Class.Leaks() || found[0].Field != `data[".dockerconfigjson"]` || found[0].Raw != value {
			t.Errorf("%s: %d findings", name, len(found))
		}
	}
}

func TestSealedSecret(t *testing.T) {
	run(t, []placeCase{
		{name: "literal in the template", text: `apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
spec:
  template:
    data:
      config.ini: "{{ .x }}"
      password: PW
    stringData:
      token: PW
`, want: []string{"sealed-template 7:7 spec.template.data.password plaintext", "sealed-template 9:7 spec.template.stringData.token plaintext"}},
		{name: "plaintext among the sealed", text: `apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
spec:
  encryptedData:
    password: PW
`, want: []string{"sealed-template 5:5 spec.encryptedData.password plaintext"}},
	})
}

func read(name, text string) *manifest.File {
	return manifest.Read(name, []byte(text), manifest.DefaultLimits())
}
