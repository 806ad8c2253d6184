package manifest

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	kubernetesyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// kubectlObjects returns the objects that kubectl would apply, with the libraries
// and in the steps of kubectl (k8s.io/cli-runtime/pkg/resource, StreamVisitor and
// FlattenListVisitor): those of a file up to its first syntax error.
func kubectlObjects(data []byte) []map[string]any {
	dec := kubernetesyaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096)
	var all []map[string]any
	for {
		var raw runtime.RawExtension
		if err := dec.Decode(&raw); err != nil {
			return all
		}
		root, _, err := unstructured.UnstructuredJSONScheme.Decode(raw.Raw, nil, nil)
		if err != nil {
			continue
		}
		for queue := []runtime.Object{root}; len(queue) > 0; queue = queue[1:] {
			if meta.IsListType(queue[0]) {
				items, err := meta.ExtractList(queue[0])
				if err == nil {
					queue = append(queue, items...)
				}
				continue
			}
			if u, ok := queue[0].(*unstructured.Unstructured); ok && u.GetKind() != "" && u.GetAPIVersion() != "" {
				all = append(all, u.Object)
			}
		}
	}
}

// plainNumbers makes all numbers float64, except integers that are none.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[key] = plainNumbers(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = plainNumbers(value)
		}
		return out
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return plainNumbers(i)
		}
		f, err := v.Float64()
		if err != nil {
			return v
		}
		return f
	case int64:
		if v > -1<<53 && v < 1<<53 {
			return float64(v)
		}
	case float64:
		if math.Trunc(v) == v && math.Abs(v) >= 1<<53 && math.Abs(v) < 1<<63 {
			return int64(v)
		}
	}
	return v
}

// checkNothingUnseen proves that every object which kubectl would apply is among
// the Documents, with the same value.
func checkNothingUnseen(t *testing.T, name string, data []byte) {
	t.Helper()
	f := Read(name, data, DefaultLimits())
	var ours []any
	for _, d := range f.Documents {
		ours = append(ours, plainNumbers(d.Root.Value()))
	}
	for _, b := range f.Broken {
		if b.Limit != "" {
			return
		}
	}
next:
	for _, theirs := range kubectlObjects(data) {
		want := plainNumbers(theirs)
		for i, have := range ours {
			if cmp.Equal(want, have) {
				ours[i] = nil
				continue next
			}
		}
		t.Errorf("kubectl would apply %v\nours: %v\nbroken: %v\n%q", want, ours, f.Broken, data)
	}
}

// FuzzNothingUnseen looks for an object that kubectl would apply and Read does not
// return.
func FuzzNothingUnseen(f *testing.F) {
	for _, test := range splits {
		if len(test.text) < 1000 {
			f.Add([]byte(test.text))
		}
	}
	for _, seed := range yamlSeeds {
		f.Add([]byte("apiVersion: v1\nkind: A\nx:\n- " + seed))
		f.Add([]byte("apiVersion: v1\nkind: A\n---\napiVersion: v1\nkind: B\n" + seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		checkNothingUnseen(t, "a.yaml", data)
		checkNothingUnseen(t, "a.json", data)
		checkNothingUnseen(t, "a.txt", data)
		checkCounts(t, Read("a.yaml", data, DefaultLimits()))
	})
}
