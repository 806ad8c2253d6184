package seal

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bitnami-labs/sealed-secrets/pkg/apis/sealedsecrets/v1alpha1"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// TestControllerUnseals reads files as kubectl does, before and after, and lets the
// code of the controller unseal what came out: the same Secrets must come in.
func TestControllerUnseals(t *testing.T) {
	codecs := serializer.NewCodecFactory(runtime.NewScheme())
	compared := 0
	check := func(name string, text []byte, o Options) {
		t.Helper()
		r, err := File(name, text, o)
		if err != nil || len(r.Sealed) == 0 {
			return
		}
		want, got := map[string]corev1.Secret{}, map[string]corev1.Secret{}
		for _, object := range objects(t, text) {
			if s := asSecret(t, object, o.Namespace); s.Kind == "Secret" && object["sops"] == nil {
				want[s.Namespace+"/"+s.Name] = s
			}
		}
		for _, object := range objects(t, r.Text) {
			if object["kind"] != "SealedSecret" {
				continue
			}
			s := unseal(t, codecs, object)
			got[s.Namespace+"/"+s.Name] = s
		}
		for _, o := range r.Sealed {
			id := o.Namespace + "/" + o.Name
			compared++
			if diff := cmp.Diff(want[id], got[id]); diff != "" {
				t.Errorf("%s in %s (-before +after):\n%s", id, name, diff)
			}
		}
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if c := parseCase(t, archive); !strings.Contains(file, "nothing") {
			check(c.name, c.in, c.opts)
		}
	}
	for seed := range 60 {
		g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 3))}
		text := g.file()
		if strings.HasPrefix(text, "%") { // kubectl takes a directive for a document
			_, text, _ = strings.Cut(text, "\n")
		}
		// Nor does it take the end of a document for one.
		text = strings.ReplaceAll(strings.ReplaceAll(text, "...\n---", "---"), "...\r\n---", "---")
		check("a.yaml", []byte(text), Options{Certificate: theKeys().certificate})
		check("a.json", []byte(g.jsonFile()), Options{Certificate: theKeys().certificate})
	}
	if compared < 150 {
		t.Errorf("only %d Secrets were compared", compared)
	}
}

// objects reads a file as kubectl does, the items of lists included.
func objects(t *testing.T, text []byte) (list []map[string]any) {
	t.Helper()
	dec := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\uFEFF"))), 4096)
	for {
		var object map[string]any
		err := dec.Decode(&object)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if items, ok := object["items"].([]any); ok {
			for _, item := range items {
				list = append(list, item.(map[string]any))
			}
			continue
		}
		list = append(list, object)
	}
}

func into(t *testing.T, object map[string]any, v any) {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

// asSecret is a Secret as the cluster should have it: without what only the server
// or an old apply wrote.
func asSecret(t *testing.T, object map[string]any, namespace string) corev1.Secret {
	if object["kind"] != "Secret" {
		return corev1.Secret{}
	}
	var s corev1.Secret
	into(t, object, &s)
	out := corev1.Secret{TypeMeta: s.TypeMeta, Type: s.Type, Immutable: s.Immutable, Data: map[string][]byte{}}
	out.Name, out.Namespace, out.Labels = s.Name, s.Namespace, s.Labels
	if out.Namespace == "" {
		out.Namespace = namespace
	}
	maps.DeleteFunc(s.Annotations, func(name, _ string) bool { return slices.Contains(copies, name) })
	if len(s.Annotations) > 0 {
		out.Annotations = s.Annotations
	}
	for k, v := range s.Data {
		out.Data[k] = append([]byte{}, v...)
	}
	for k, v := range s.StringData {
		out.Data[k] = []byte(v)
	}
	return out
}

func unseal(t *testing.T, codecs serializer.CodecFactory, object map[string]any) corev1.Secret {
	t.Helper()
	var sealed v1alpha1.SealedSecret
	into(t, object, &sealed)
	s, err := sealed.Unseal(codecs, map[string]*rsa.PrivateKey{"": theKeys().private})
	if err != nil {
		return corev1.Secret{} // a SealedSecret that the file had before
	}
	out := corev1.Secret{Type: s.Type, Immutable: s.Immutable, Data: map[string][]byte{}}
	out.Kind, out.APIVersion = "Secret", "v1"
	out.Name, out.Namespace, out.Labels, out.Annotations = s.Name, s.Namespace, s.Labels, s.Annotations
	for k, v := range s.Data {
		out.Data[k] = append([]byte{}, v...)
	}
	return out
}
