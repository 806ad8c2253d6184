package seal

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func TestStatus(t *testing.T) {
	blob := func(k keys, text string) string { return must(encrypt(k.certificate, "x/a", []byte(text))) }
	text := "# A file.\n" + `apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: a
  namespace: x
  annotations:
    gatehouse.dev/sealed-with: ` + theKeys().certificate.Fingerprint + " old=" + otherKeys().certificate.Fingerprint + `
spec:
  encryptedData:
    new: ` + blob(theKeys(), "n") + `
    old: ` + blob(otherKeys(), "o") + `
    clear: hunter2-is-my-password!
    todo: <SEALED_TODO>
    cut: ` + blob(theKeys(), "n")[:200] + `
  template:
    data:
      token: hunter2-is-my-password
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: b
  annotations:
    sealedsecrets.bitnami.com/cluster-wide: "true"
spec:
  encryptedData:
    k: ` + must(encrypt(theKeys().certificate, "", []byte("x"))) + `
---
apiVersion: v1
kind: Secret
metadata: {name: plain}
data: {a: YQ==, b: "no base64"}
stringData: {a: c, ref: <path:a/b#c>}
---
apiVersion: v1
kind: Secret
metadata: {name: reference}
stringData: {ref: <path:a/b#c>}
---
apiVersion: v1
kind: Secret
metadata: {name: empty}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
---
kind: [
---
name: {{ x }}
`
	o := func(version, kind, namespace, name string) manifest.Object {
		return manifest.Object{APIVersion: version, Kind: kind, Namespace: namespace, Name: name}
	}
	prints := []string{otherKeys().certificate.Fingerprint, theKeys().certificate.Fingerprint}
	want := []ObjectStatus{
		{Object: o(sealedAPIVersion, sealedKind, "x", "a"), Line: 2, Method: MethodSealedSecret, Scope: Strict, Bits: 2048, Keys: 2, Certificates: prints,
			Outdated: []string{"old"}, Clear: []string{"clear", "token"}, Awaiting: []string{"todo"}, Broken: []string{"cut"}},
		{Object: o(sealedAPIVersion, sealedKind, "", "b"), Line: 20, Method: MethodSealedSecret, Scope: ClusterWide, Bits: 2048, Keys: 1, Unrecorded: []string{"k"}},
		{Object: o("v1", "Secret", "", "plain"), Line: 30, Method: MethodPlain, Clear: []string{"a", "b"}},
		{Object: o("v1", "Secret", "", "reference"), Line: 36, Method: MethodReference},
		{Object: o("v1", "Secret", "", "empty"), Line: 41, Method: MethodEmpty},
		{Line: 49, Method: MethodUnread},
		{Line: 51, Method: MethodUnread},
	}
	got := Status("a.yaml", []byte(text), theKeys().certificate)
	sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(ObjectStatus{}, "Reason"), sorted); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, s := range got {
		if (s.Reason == "") == (s.Method == MethodUnread) {
			t.Errorf("the reason of %s is %q", s.Method, s.Reason)
		}
	}
	without := Status("a.yaml", []byte(text), Certificate{})
	if len(without[0].Outdated) > 0 {
		t.Errorf("without a certificate %v are outdated", without[0].Outdated)
	}
	if got := Status("a.txt", []byte("nothing"), Certificate{}); len(got) > 0 {
		t.Errorf("got %+v", got)
	}
}

func TestStatusOfSOPS(t *testing.T) {
	enc := "ENC[AES256_GCM,data:p673w9aEnw==,iv:" + strings.Repeat("A", 43) + "=,tag:" + strings.Repeat("A", 22) + "==,type:str]"
	meta := `sops:
  age:
  - recipient: age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
    enc: x
  lastmodified: "2026-05-04T12:00:00Z"
  mac: ` + enc + `
  encrypted_regex: ^(data|stringData)$
  version: 3.13.0
`
	text := "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: x}\nstringData:\n  p: " + enc + "\n  q: hunter2-is-my-password\n" + meta
	want := []ObjectStatus{{
		Object: manifest.Object{APIVersion: "v1", Kind: "Secret", Namespace: "x", Name: "a"}, Line: 1, Method: MethodSOPS, Keys: 1,
		Clear: []string{"stringData.q"}, Recipients: []string{"age:age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"},
		Modified: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC),
	}}
	if diff := cmp.Diff(want, Status("a.yaml", []byte(text), Certificate{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	dotenv := "A=" + enc + "\nB=" + enc + "\nsops_lastmodified=2026-05-04T12:00:00Z\nsops_mac=" + enc + "\nsops_version=3.13.0\n"
	got := Status("a.env", []byte(dotenv), Certificate{})
	if len(got) != 1 || got[0].Method != MethodSOPS || got[0].Keys != 2 || got[0].Line != 1 {
		t.Errorf("got %+v", got)
	}
}

// Status tells of every file of the examples.
func TestStatusOfExamples(t *testing.T) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		text := must(os.ReadFile("testdata/" + e.Name()))
		for _, s := range Status("a.yaml", text, theKeys().certificate) {
			if s.Method == "" || s.Line == 0 {
				t.Errorf("%s: %+v", e.Name(), s)
			}
		}
	}
}
