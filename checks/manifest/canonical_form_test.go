package manifest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func canonicalOf(t *testing.T, text string) any {
	t.Helper()
	docs := Read("x.yaml", []byte(text), DefaultLimits()).Documents
	if len(docs) != 1 {
		t.Fatalf("%d documents in:\n%s", len(docs), text)
	}
	return docs[0].Canonical().Value()
}

func TestCanonical(t *testing.T) {
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: Opaque\n"
	const custom = "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: a}\n"
	tests := []struct{ name, text, want string }{
		{"stringData", secret + "stringData: {p: hunter2}\n", secret + "data: {p: aHVudGVyMg==}\n"},
		{"stringData wins", secret + "data: {p: b2xk, q: b2xk}\nstringData: {p: hunter2}\n", secret + "data: {p: aHVudGVyMg==, q: b2xk}\n"},
		{"type of a Secret", strings.Replace(secret, "type: Opaque\n", "", 1), secret},
		{"base64 over lines", secret + "data:\n  p: |\n    aHVu\n    dGVyMg==\n", secret + "data: {p: aHVudGVyMg==}\n"},
		{"null value", secret + "data: {p: null}\n", secret + "data: {p: \"\"}\n"},
		{"status", custom + "status: {ready: true}\n", custom},
		{"unknown field of a built-in kind", secret + "nonsense: 1\n", secret},
		{"unknown field of another kind", custom + "nonsense: 1\n", custom + "nonsense: 1\n"},
		{
			"what the server sets", "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: a, uid: u, resourceVersion: '1', generation: 2, creationTimestamp: null, selfLink: /x, managedFields: []}\n",
			custom,
		},
		{
			"last applied", "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: a, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{}'}}\n",
			custom,
		},
		{
			"generated name", "apiVersion: example.org/v1\nkind: Thing\nmetadata: {generateName: a-, name: a-x7k2p}\n",
			"apiVersion: example.org/v1\nkind: Thing\nmetadata: {generateName: a-}\n",
		},
		{
			"quantities and times", "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a}\nspec: {hard: {cpu: 1000m, memory: 1024Mi, pods: 0.5}}\n",
			"apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a}\nspec: {hard: {cpu: '1', memory: 1Gi, pods: 500m}}\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := Read("w.yaml", []byte(tt.want), DefaultLimits()).Documents[0].Root.Value()
			if diff := cmp.Diff(want, canonicalOf(t, tt.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCanonicalKeepsPlaces(t *testing.T) {
	d := Read("x.yaml", []byte("apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  p: hunter2\n"), DefaultLimits()).Documents[0]
	n := d.Canonical().Lookup("data", "p")
	if n == nil || n.Place() != (Pos{6, 3}) {
		t.Errorf("data.p is at %v, want 6:3", n)
	}
	if n := d.Canonical().Get("type"); n == nil || n.Place() == (Pos{}) {
		t.Errorf("a value that was filled in has no place: %v", n)
	}
}

func TestTokenVolumes(t *testing.T) {
	const volume = `{"name":"kube-api-access-x","projected":{"defaultMode":420,"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},` +
		`{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},{"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}]}}`
	pod := func(volume string) string {
		return `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i:1","volumeMounts":[{"name":"kube-api-access-x","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}],"volumes":[` + volume + `]}}`
	}
	if spec := canonicalOf(t, pod(volume)).(map[string]any)["spec"].(map[string]any); spec["volumes"] != nil || spec["containers"].([]any)[0].(map[string]any)["volumeMounts"] != nil {
		t.Errorf("the token volume or its mount stays: %v", spec)
	}
	for name, fake := range map[string]string{
		"another audience": strings.Replace(volume, `"path":"token"`, `"path":"token","audience":"vault"`, 1),
		"another source":   strings.Replace(volume, `{"downwardAPI"`, `{"secret":{"name":"x"}},{"downwardAPI"`, 1),
		"a host path":      `{"name":"kube-api-access-x","hostPath":{"path":"/"}}`,
	} {
		if spec := canonicalOf(t, pod(fake)).(map[string]any)["spec"].(map[string]any); spec["volumes"] == nil {
			t.Errorf("%s is taken for the token volume", name)
		}
	}
}

// TestNormalizeIsATypedRoundTrip holds every object of the example repositories
// against decoding it into its Go type and encoding it again.
func TestNormalizeIsATypedRoundTrip(t *testing.T) {
	compared := 0
	for _, d := range exampleDocuments(t) {
		typ := typeOf(d.Object)
		if typ == nil {
			continue
		}
		want, ok := roundTrip(t, d.Root.Value(), typ)
		if !ok {
			continue
		}
		compared++
		got := normalize(d.Root, typ)
		if diff := cmp.Diff(dropZero(want), dropZero(got.Value())); diff != "" {
			t.Errorf("%s: %s (-typed +normalize):\n%s", d.File, d.Object, diff)
		}
	}
	if compared < 150 {
		t.Errorf("compared %d objects, want those of all example repositories", compared)
	}
}

func exampleDocuments(t testing.TB) []*Document {
	t.Helper()
	var out []*Document
	err := filepath.WalkDir("../../testdata/repos", func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		out = append(out, Read(path, text, DefaultLimits()).Documents...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// FuzzCanonical holds the canonical form to be one form: made again it is the
// same, and what it is made of stays as it is.
func FuzzCanonical(f *testing.F) {
	for i, d := range exampleDocuments(f) {
		if i%7 == 0 && d.IsObject() {
			text, err := json.Marshal(d.Root.Value())
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		for _, d := range Read("x.yaml", text, DefaultLimits()).Documents {
			before := d.Root.Value()
			once := Canonical(d.Root)
			twice := Canonical(once)
			if !cmp.Equal(once.Value(), twice.Value()) {
				t.Errorf("made again it differs (-once +twice):\n%s\n%q", cmp.Diff(once.Value(), twice.Value()), text)
			}
			if !cmp.Equal(before, d.Root.Value()) {
				t.Errorf("the document was changed:\n%s\n%q", cmp.Diff(before, d.Root.Value()), text)
			}
		}
	})
}
