package reference_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// samples are texts with references of every dialect.
func samples() []string {
	return []string{
		deployment(injected + "vault.hashicorp.com/agent-inject-secret-db: secret/data/db\n"),
		static("version: 1\n"), vso("VaultPKISecret", "mount: pki\nrole: a\ndestination: {name: tls}\n"),
		external("data:\n- secretKey: a\n  remoteRef: {key: k, property: p}\ndataFrom: [{extract: {key: x}}]\n"),
		eso("PushSecret", "secretStoreRefs: [{name: a}]\nselector: {secret: {name: s}}\ndata: [{match: {secretKey: k, remoteRef: {remoteKey: r}}}]\n"),
		secret("", "stringData:\n  a: 'x <path:secret/data/db#password> y <path:kv/data/z#k | nothing>'\ndata:\n  b: "+encoded("<path:kv/data/a#x>")+"\n"),
		secret("avp.kubernetes.io/path: kv/data/db\n", "stringData: {a: 'é <password> 𝒳 <user>'}\n"),
		env(webhook, "A", "'a ${vault:secret/data/db#host} b ${vault:kv/x#y}'"), env("", "A", "vault:secret/data/db#x"),
		class("- objectName: a\n  secretPath: secret/data/a\n- objectName: b\n  secretPath: secret/data/b\n", ""),
		"a: 'é ref+vault://kv/db#/user+ 𝒳 ref+vault://kv/db#/pw'\nb: secretref+awssm://x\n",
		"sops: {hc_vault: [{vault_address: 'https://v', engine_path: a, key_name: b}]}\na: x\n",
		"anchor: &a {x: ref+vault://kv/db#/user}\nalias: *a\n",
		pod("containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: pw}}}]}]\nimagePullSecrets: [{name: pull}]\n"),
		eso("ClusterSecretStore", "provider: {vault: {server: 'https://x', auth: {tokenSecretRef: {name: s, key: t, namespace: v}}}}\n"),
		auth("vault", ", allowedNamespaces: [a]")[4:], release[4:], operators("a", "orders", "secretKeyRef: {name: db, key: pass}")[4:],
	}
}

// marks is what a reference must begin with, by its dialect, where it stands in a text.
var marks = map[reference.Dialect][]string{
	reference.AVP:  {"<"},
	reference.Vals: {"ref+", "secretref+"},
}

// Places point to what they speak of: Field leads to Node, At is where it stands in the
// text, and the span is the reference itself.
func TestPlacesPointToTheText(t *testing.T) {
	seen := 0
	for _, text := range samples() {
		f := read(t, "case.yaml", text)
		for _, d := range f.Documents {
			at := fieldsOf(d.Root)
			check := func(what string, p reference.Place) {
				seen++
				if p.Node == nil || p.Field == "" || p.At != p.Node.Place() {
					t.Errorf("%s has no place: %+v", what, p)
					return
				}
				if n := at[p.Field]; n != p.Node {
					t.Errorf("%s: the field %s is another node", what, p.Field)
				}
				line := strings.Split(text, "\n")[p.At.Line-1]
				if word := p.Node.Key; word != "" && !strings.Contains(line, word) {
					t.Errorf("%s: line %d has no %s: %s", what, p.At.Line, word, line)
				}
			}
			for _, r := range reference.Of(d) {
				check(string(r.Dialect), r.Place)
				if r.Start < 0 || r.End > len(r.Node.Text) || r.Start > r.End {
					t.Errorf("%s: the span %d to %d is none of a text of %d bytes", r.Dialect, r.Start, r.End, len(r.Node.Text))
					continue
				}
				span := r.Node.Text[r.Start:r.End]
				if plain, err := base64.StdEncoding.DecodeString(span); err == nil && r.Object.Kind == "Secret" {
					span = string(plain)
				}
				if !begins(span, marks[r.Dialect]) || r.Path != "" && r.Mount == "" && r.Store.Name == "" && !strings.Contains(span, r.Path) && r.Dialect != reference.AVP {
					t.Errorf("%s: the span is %q", r.Dialect, span)
				}
			}
			for _, f := range reference.Faults(d, reference.Options{}) {
				check(f.Rule, f.Place)
			}
			for _, n := range reference.Needs(d) {
				check(n.Store.Kind, n.Place)
			}
			for _, x := range reference.Demands(d) {
				check(x.Name, x.Place)
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d places were looked at", seen)
	}
}

func begins(text string, marks []string) bool {
	for _, mark := range marks {
		if strings.HasPrefix(text, mark) {
			return true
		}
	}
	return len(marks) == 0
}

// fieldsOf returns the nodes of a tree by their fields; the first counts.
func fieldsOf(root *manifest.Node) map[string]*manifest.Node {
	out := map[string]*manifest.Node{}
	root.Walk(func(path func() string, n *manifest.Node) bool {
		if out[path()] == nil {
			out[path()] = n
		}
		return true
	})
	return out
}

// In a text the place is that of the first byte, in UTF-16 units.
func TestPlacesInATextPointToIt(t *testing.T) {
	text := "A=1\nB=\"é𝒳 ref+vault://kv/db#/pw\"\n\nC=<path:kv/data/a#b>\n"
	f := manifest.Read("a.env", []byte(text), manifest.DefaultLimits())
	want := []struct {
		span string
		at   manifest.Pos
	}{{"ref+vault://kv/db#/pw", manifest.Pos{Line: 2, Column: 8}}, {"<path:kv/data/a#b>", manifest.Pos{Line: 4, Column: 3}}}
	got := reference.OfText(f)
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i, r := range got {
		if text[r.Start:r.End] != want[i].span || r.At != want[i].at {
			t.Errorf("got %q at %v, want %+v", text[r.Start:r.End], r.At, want[i])
		}
	}
}

// What is encoded and decoded again is the same, less its node.
func TestEncodeKeepsAll(t *testing.T) {
	ignore := cmpopts.IgnoreFields(reference.Place{}, "Node")
	same := func(what string, was, is any, err error) {
		if diff := cmp.Diff(was, is, ignore); diff != "" || err != nil {
			t.Errorf("%s: %v (-was +is):\n%s", what, err, diff)
		}
	}
	for _, text := range samples() {
		for _, d := range read(t, "case.yaml", text).Documents {
			for _, x := range reference.Of(d) {
				again, err := reference.DecodeReference(x.Encode())
				same("reference", x, again, err)
			}
			for _, x := range reference.Needs(d) {
				again, err := reference.DecodeNeed(x.Encode())
				same("need", x, again, err)
			}
			for _, x := range reference.StoresOf(d) {
				again, err := reference.DecodeStore(x.Encode())
				same("store", x, again, err)
			}
			for _, x := range reference.Demands(d) {
				again, err := reference.DecodeDemand(x.Encode())
				same("demand", x, again, err)
			}
			for _, x := range reference.Products(d) {
				again, err := reference.DecodeProduct(x.Encode())
				same("product", x, again, err)
			}
		}
	}
	for _, text := range []string{"", "x", "[]", `{"name": 1}`} {
		if _, err := reference.DecodeDemand(text); err == nil {
			t.Errorf("%q is decoded", text)
		}
	}
}

// The same input gives the same output, in the same order.
func TestOutputIsStable(t *testing.T) {
	texts := append(samples(), external("target: {template: {data: {x: '{{ define \"a\" }}{{ $.k }}{{ end }}{{ define \"b\" }}{{ $.l }}{{ end }}{{ define \"c\" }}{{ $.m }}{{ end }}'}}}\n"+one),
		env("", "A", `'>>vault:kv/data/a#b#{"x":"1","password":"2","y":"3","z":"4"}'`),
		"web:\n  vault.hashicorp.com/agent-inject-template-a: '{{ with secret \"a/data/b\" }}{{ .Data.x }}{{ end }}'\n  vault.hashicorp.com/agent-inject-template-b: '{{ with secret \"a/data/b\" }}{{ .Data.x }}{{ end }}'\n")
	for _, text := range texts {
		first := ""
		for range 20 {
			got := ""
			for _, d := range read(t, "case.yaml", text).Documents {
				for _, r := range reference.Of(d) {
					got += r.Encode() + "\n"
				}
				for _, f := range reference.Faults(d, reference.Options{}) {
					got += told(f) + f.Reason + "\n"
				}
				for _, p := range reference.Products(d) {
					got += p.Encode() + "\n"
				}
			}
			if first == "" {
				first = got
			}
			if got != first {
				t.Fatalf("the output changes:\n%s\n%s", first, got)
			}
		}
	}
}
