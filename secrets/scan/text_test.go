package scan

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// id has the form of an access key of AWS; it is put together here so that it
// stands nowhere in this repository.
const id = "AKIA" + "3SGWR7QZLXJ2MVKD"

func TestText(t *testing.T) {
	at := func(s string) string { return strings.ReplaceAll(s, "ID", id) }
	run(t, []placeCase{
		{name: "comment", text: at(`# the key was ID once
apiVersion: v1
kind: ConfigMap
data:
  a: b # and ID
`), want: []string{"text 1:15  credential", "text 5:14  credential"}},
		{name: "prose", file: "README.md", text: at("Take ID for this.\n"), want: []string{"text 1:6  credential"}},
		{name: "a value under any key is found once", text: at(`apiVersion: v1
kind: ConfigMap
data:
  note: take ID
`), want: []string{"configmap 4:3 data.note credential"}},
		{name: "inside a schema", text: at(`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  description: take ID
`), want: []string{"setting 4:3 spec.description credential"}},
		{name: "in a block scalar", text: at(`apiVersion: v1
kind: ConfigMap
data:
  notes.txt: |
    First of all,
    take ID for this.
`), want: []string{`configmap 6:10 data["notes.txt"] credential`}},
		{name: "behind escapes", file: "in.json", text: at(`{"a": "x\n` + `\u0041` + id[1:] + ` y"}
`), want: []string{"setting 1:2 a credential"}},
		{name: "twice at two keys", text: at(`a: ID
b: ID
`), want: []string{"setting 1:1 a credential", "setting 2:1 b credential"}},
		{name: "in a Secret once", text: at(`apiVersion: v1
kind: Secret
stringData:
  id: ID
`), want: []string{"secret 4:3 data.id credential"}},
	})
}

func TestRules(t *testing.T) {
	text := []byte("apiVersion: v1\nkind: ConfigMap\ndata:\n  a: ticket-4711 # ticket-4712\n")
	rules := func(path string, text []byte) []Range {
		var out []Range
		for at := 0; ; at++ {
			i := bytes.Index(text[at:], []byte("ticket-"))
			if i < 0 {
				return out
			}
			at += i
			out = append(out, Range{Start: at, End: at + len("ticket-4711"), ID: "ticket", Title: "Ticket"})
		}
	}
	f := manifest.Read("in.yaml", text, manifest.DefaultLimits())
	found := File(f, Options{Rules: rules})
	if len(found) != 2 {
		t.Fatalf("%d findings, want 2", len(found))
	}
	if a := found[0]; a.Field != "data.a" || a.Value != "ticket-4711" || a.Answer.Family != "ticket" || a.Answer.Class != secrets.Credential {
		t.Errorf("in a document: %s %s", a.Field, a.Answer.Family)
	}
	if b := found[1]; b.Value != "ticket-4712" {
		t.Errorf("in a comment: %s", b.Field)
	}
}

func TestSources(t *testing.T) {
	text := `secretGenerator:
- name: db
  files: [password.txt, "tls.key=certs/key.pem", ../../../out, /etc/passwd]
  envs: [db.env]
  env: one.env
configMapGenerator:
- name: settings
  files: [app.properties]
`
	f := manifest.Read("apps/db/kustomization.yaml", []byte(text), manifest.DefaultLimits())
	want := []Source{
		{"apps/db/password.txt", secrets.Held, "password.txt", "db"},
		{"apps/db/certs/key.pem", secrets.Held, "tls.key", "db"},
		{"apps/db/db.env", secrets.Held, "", "db"},
		{"apps/db/one.env", secrets.Held, "", "db"},
		{"apps/db/app.properties", secrets.Named, "app.properties", "settings"},
	}
	if diff := cmp.Diff(want, Sources(f)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSource(t *testing.T) {
	whole := manifest.Read("password.txt", []byte(pw+"\n"), manifest.DefaultLimits())
	found := File(whole, Options{Source: &Source{Path: "password.txt", As: secrets.Held, Key: "password"}})
	if len(found) != 1 || found[0].Place != Generator || found[0].Key != "password" || found[0].Answer.Class != secrets.Plaintext {
		t.Errorf("a whole file: %d findings", len(found))
	}
	lines := manifest.Read("db.env", []byte("# one\nuser=app\ncode="+pw+"\n"), manifest.DefaultLimits())
	found = File(lines, Options{Source: &Source{Path: "db.env", As: secrets.Held}})
	if len(found) != 2 || found[1].At.Line != 3 || found[1].Key != "code" || !found[1].Answer.Class.Leaks() {
		t.Errorf("a file of lines: %d findings", len(found))
	}
	found = File(lines, Options{Source: &Source{Path: "db.env", As: secrets.Named}})
	for _, f := range found {
		if f.Key == "code" {
			t.Error("a key that promises nothing is found in a file for a ConfigMap")
		}
	}
}

func TestBinaryIsNotRead(t *testing.T) {
	f := manifest.Read("a.bin", []byte("\x00\x01password="+pw), manifest.DefaultLimits())
	if found := File(f, Options{}); len(found) != 0 {
		t.Errorf("%d findings in a binary file", len(found))
	}
}
