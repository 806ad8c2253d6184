package manifest

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// roundTrip decodes a value into its Go type and encodes it again.
func roundTrip(t *testing.T, v any, typ reflect.Type) (any, bool) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	typed := reflect.New(typ)
	if err := utiljson.Unmarshal(text, typed.Interface()); err != nil {
		return nil, false
	}
	text, err = json.Marshal(typed.Interface())
	if err != nil {
		return nil, false
	}
	out, err := jsonValue(text)
	if err != nil {
		t.Fatal(err)
	}
	return out, true
}

// dropZero removes the fields with a zero value: those that a round trip writes
// although nobody gave them, and those that it leaves out.
func dropZero(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if e = dropZero(e); e != nil && !(k == "divisor" && e == "0") {
				out[k] = e
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case []any:
		if len(v) == 0 {
			return nil
		}
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = dropZero(e)
		}
		return out
	case string:
		if v == "" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	case json.Number:
		if v == "0" {
			return nil
		}
	}
	return v
}

// canonicals are objects with what their canonical form holds at some paths; ""
// means that nothing stands there.
var canonicals = []struct {
	name string
	in   string
	want map[string]string
}{
	{"status", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nstatus: {phase: Running}\n", map[string]string{"status": "", "metadata.name": "a"}},
	{"status of a custom resource", "apiVersion: x/v1\nkind: X\nstatus: {a: b}\nspec: {status: kept}\n", map[string]string{"status": "", "spec.status": "kept"}},
	{"server-set metadata", `apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  uid: u
  resourceVersion: "1"
  generation: 1
  creationTimestamp: "2026-01-01T00:00:00Z"
  deletionTimestamp: "2026-01-01T00:00:00Z"
  deletionGracePeriodSeconds: 30
  selfLink: /x
  managedFields: [{manager: kubectl}]
  labels: {uid: kept}
  ownerReferences: [{name: o, uid: kept}]
  finalizers: [kept]
`, map[string]string{
		"metadata.uid": "", "metadata.resourceVersion": "", "metadata.generation": "", "metadata.creationTimestamp": "", "metadata.deletionTimestamp": "",
		"metadata.deletionGracePeriodSeconds": "", "metadata.selfLink": "", "metadata.managedFields": "",
		"metadata.name": "a", "metadata.labels.uid": "kept", "metadata.ownerReferences[name=o].uid": "kept", "metadata.finalizers[0]": "kept",
	}},
	{"server-set metadata of a custom resource", "apiVersion: x/v1\nkind: X\nmetadata: {uid: u, name: a}\n", map[string]string{"metadata.uid": "", "metadata.name": "a"}},
	{"last-applied alone", "apiVersion: v1\nkind: ConfigMap\nmetadata: {annotations: {kubectl.kubernetes.io/last-applied-configuration: x}}\n", map[string]string{"metadata.annotations": ""}},
	{"last-applied among others", "apiVersion: v1\nkind: ConfigMap\nmetadata: {annotations: {a: b, kubectl.kubernetes.io/last-applied-configuration: x}}\n", map[string]string{
		"metadata.annotations.a": "b", `metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]`: "",
	}},
	{"generated name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: job-x7k2p, generateName: job-}\n", map[string]string{"metadata.name": "", "metadata.generateName": "job-"}},
	{"name beside generateName", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, generateName: job-}\n", map[string]string{"metadata.name": "other"}},

	{"stringData", "apiVersion: v1\nkind: Secret\nstringData: {a: hello}\n", map[string]string{"stringData": "", "data.a": "aGVsbG8="}},
	{"stringData wins", "apiVersion: v1\nkind: Secret\nstringData: {a: hello}\ndata: {a: eA==, b: eQ==}\n", map[string]string{"data.a": "aGVsbG8=", "data.b": "eQ=="}},
	{"stringData null", "apiVersion: v1\nkind: Secret\nstringData: null\ndata: {b: eQ==}\n", map[string]string{"stringData": "", "data.b": "eQ=="}},
	{"stringData over data null", "apiVersion: v1\nkind: Secret\nstringData: {a: hello}\ndata: null\n", map[string]string{"data.a": "aGVsbG8="}},
	{"stringData of another kind", "apiVersion: x/v1\nkind: Secret\nstringData: {a: hello}\n", map[string]string{"stringData.a": "hello", "data": ""}},
	{"base64 with line breaks", "apiVersion: v1\nkind: Secret\ndata:\n  a: |\n    aGVs\n    bG8=\n", map[string]string{"data.a": "aGVsbG8="}},
	{"not base64", "apiVersion: v1\nkind: Secret\ndata: {a: hello!}\n", map[string]string{"data.a": "hello!"}},

	{"unknown fields", "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\nimagined: 1\nmetadata: {name: a, imagined: 1}\n", map[string]string{"imagined": "", "metadata.imagined": "", "data.a": "b"}},
	{"unknown fields of a custom resource", "apiVersion: x/v1\nkind: X\nimagined: z\nmetadata: {imagined: z}\nempty: {a: ''}\n", map[string]string{"imagined": "z", "metadata.imagined": "z", "empty": "map", "empty.a": "''"}},
	{"empty optional fields", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {}, annotations: null, finalizers: [], namespace: ''}\ndata:\n", map[string]string{
		"metadata.labels": "", "metadata.annotations": "", "metadata.finalizers": "", "metadata.namespace": "", "data": "",
	}},
	{"quantities", "apiVersion: v1\nkind: ResourceQuota\nspec: {hard: {cpu: 1000m, memory: 0.5, pods: 1Gi, x: 1024Mi}}\n", map[string]string{
		"spec.hard.cpu": "1", "spec.hard.memory": "500m", "spec.hard.pods": "1Gi", "spec.hard.x": "1Gi",
	}},
	{"quantities of a custom resource", "apiVersion: x/v1\nkind: X\nspec: {cpu: 1000m}\n", map[string]string{"spec.cpu": "1000m"}},
	{"times", "apiVersion: coordination.k8s.io/v1\nkind: Lease\nspec: {renewTime: '2026-01-01T02:00:00.000000+02:00'}\n", map[string]string{"spec.renewTime": "2026-01-01T00:00:00.000000Z"}},
	{"YAML 1.1", "apiVersion: v1\nkind: Pod\nspec: {hostNetwork: yes, containers: [{name: a, securityContext: {privileged: on, runAsUser: 0777}}]}\n", map[string]string{
		"spec.hostNetwork": "true", "spec.containers[name=a].securityContext.privileged": "true", "spec.containers[name=a].securityContext.runAsUser": "511",
	}},
	{"no object", "kind: X\nstatus: {a: b}\n", map[string]string{"status.a": "b"}},
	{"metadata that is none", "apiVersion: v1\nkind: ConfigMap\nmetadata: [1]\n", map[string]string{"metadata[0]": "1"}},
}

func TestCanonical(t *testing.T) {
	for _, test := range canonicals {
		t.Run(test.name, func(t *testing.T) {
			c := readDocument(t, test.in).Canonical()
			got := map[string]string{}
			for path := range test.want {
				got[path] = describeValue(at(c, path))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func describeValue(n *Node) string {
	switch {
	case n == nil:
		return ""
	case n.Kind == Map || n.Kind == List || n.Kind == Null:
		return n.Kind.String()
	case n.Text == "":
		return "''"
	}
	return n.Text
}

func readDocument(t *testing.T, text string) *Document {
	t.Helper()
	f := Read("a.yaml", []byte(text), DefaultLimits())
	if len(f.Documents) != 1 || len(f.Broken) > 0 {
		t.Fatalf("%d documents, broken: %v", len(f.Documents), f.Broken)
	}
	return f.Documents[0]
}

// TestCanonicalKeepsPlaces: what is moved or rewritten stays where it is written,
// and what is filled in stands at its nearest ancestor that is written.
func TestCanonicalKeepsPlaces(t *testing.T) {
	c := readDocument(t, "apiVersion: v1\nkind: Secret\nstringData:\n  a: hello\n  b: x\ndata:\n  b: eA==\n  c:\n    eA==\n").Canonical()
	pod := readDocument(t, "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    resources: {limits: {cpu: 1000m}}\n").Canonical()
	for _, test := range []struct {
		root      *Node
		path      string
		key, want Pos
	}{
		{c, "data.a", Pos{4, 3}, Pos{4, 6}},
		{c, "data.b", Pos{5, 3}, Pos{5, 6}},
		{c, "data.c", Pos{8, 3}, Pos{9, 5}},
		{c, "type", Pos{}, Pos{1, 1}},
		{pod, "spec.containers[name=a].resources.limits.cpu", Pos{6, 26}, Pos{6, 31}},
		{pod, "spec.containers[name=a].imagePullPolicy", Pos{}, Pos{5, 5}},
		{pod, "spec.restartPolicy", Pos{}, Pos{3, 1}},
	} {
		n := at(test.root, test.path)
		if n == nil || n.KeyAt != test.key || n.At != test.want {
			t.Errorf("%s: %+v, want it at %v, %v", test.path, n, test.key, test.want)
		}
	}
}

func TestLastApplied(t *testing.T) {
	d := readDocument(t, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {\"a\": 1}\n")
	if n := LastApplied(d.Root); n.Str() != "{\"a\": 1}\n" || n.KeyAt != (Pos{5, 5}) {
		t.Errorf("got %+v", n)
	}
	if n := LastApplied(d.Canonical()); n != nil {
		t.Errorf("the canonical form has %+v", n)
	}
	if n := LastApplied(readRoot(t, "a: b")); n != nil {
		t.Errorf("found %+v in a document without it", n)
	}
}

// tokenPod is a Pod as it comes from an API server, with the volume that the
// ServiceAccount admission plugin adds.
const tokenPod = `
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - name: a
    volumeMounts:
    - {name: data, mountPath: /data}
    - {name: kube-api-access-x7k2p, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
  - name: b
    volumeMounts:
    - {name: kube-api-access-x7k2p, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
  initContainers:
  - name: c
    volumeMounts:
    - {name: kube-api-access-x7k2p, mountPath: /elsewhere}
  volumes:
  - {name: data, emptyDir: {}}
  - name: kube-api-access-x7k2p
    projected:
      defaultMode: 420
      sources:
      - serviceAccountToken: {expirationSeconds: 3607, path: token}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      - downwardAPI: {items: [{path: namespace, fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}]}
`

func TestTokenVolumeIsStripped(t *testing.T) {
	c := readDocument(t, tokenPod).Canonical()
	got := map[string]string{}
	for _, path := range []string{
		"spec.volumes[name=data].emptyDir", "spec.volumes[1]", "spec.volumes[name=kube-api-access-x7k2p]",
		"spec.containers[name=a].volumeMounts[name=data]", "spec.containers[name=a].volumeMounts[1]", "spec.containers[name=b].volumeMounts",
		"spec.initContainers[name=c].volumeMounts[name=kube-api-access-x7k2p].mountPath",
	} {
		got[path] = describeValue(at(c, path))
	}
	want := map[string]string{
		"spec.volumes[name=data].emptyDir": "map", "spec.volumes[1]": "", "spec.volumes[name=kube-api-access-x7k2p]": "",
		"spec.containers[name=a].volumeMounts[name=data]": "map", "spec.containers[name=a].volumeMounts[1]": "", "spec.containers[name=b].volumeMounts": "",
		"spec.initContainers[name=c].volumeMounts[name=kube-api-access-x7k2p].mountPath": "/elsewhere",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTokenVolumeOfATemplateIsStripped(t *testing.T) {
	text := strings.Replace(tokenPod, "kind: Pod", "kind: Job", 1)
	head, spec, _ := strings.Cut(text, "spec:\n")
	text = strings.Replace(head, "apiVersion: v1", "apiVersion: batch/v1", 1) + "spec:\n  template:\n    spec:\n" + strings.ReplaceAll("\n"+spec, "\n  ", "\n      ")
	c := readDocument(t, text).Canonical()
	if n := c.Lookup("spec", "template", "spec", "volumes"); n == nil || len(n.Items) != 1 {
		t.Errorf("got volumes %v", n)
	}
}

// TestOtherTokenVolumesAreKept: a volume that is not the plugin's in anything is
// judged like all others.
func TestOtherTokenVolumesAreKept(t *testing.T) {
	for name, replace := range map[string][2]string{
		"another name":             {"kube-api-access-x7k2p\n", "kube-api-token-x7k2p\n"},
		"another suffix":           {"name: kube-api-access-x7k2p\n", "name: kube-api-access-admin1\n"},
		"a Secret":                 {"- configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}", "- secret: {name: database}"},
		"a Secret beside":          {"- configMap: {name", "- secret: {name: database}\n        configMap: {name"},
		"a Secret besides":         {"      - configMap", "      - secret: {name: database}\n      - configMap"},
		"a Secret for the token":   {"- serviceAccountToken: {expirationSeconds: 3607, path: token}", "- secret: {name: database}"},
		"an audience":              {"path: token}", "path: token, audience: vault}"},
		"another path":             {"path: token}", "path: vault-token}"},
		"another ConfigMap":        {"kube-root-ca.crt", "root-ca"},
		"more of the ConfigMap":    {"{key: ca.crt, path: ca.crt}", "{key: ca.crt, path: ca.crt}, {key: x, path: y}"},
		"all of the ConfigMap":     {", items: [{key: ca.crt, path: ca.crt}]", ""},
		"another field":            {"fieldPath: metadata.namespace", "fieldPath: metadata.annotations"},
		"another kind of volume":   {"    projected:\n", "    hostPath: {path: /}\n    projected:\n"},
		"an item that is no map":   {"- downwardAPI: {items: [{path: namespace, fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}]}", "- 5"},
		"sources that are no list": {"      sources:\n      - serviceAccountToken: {expirationSeconds: 3607, path: token}", "      sources:\n        serviceAccountToken: {path: token}\n      x:"},
	} {
		text := strings.Replace(tokenPod, replace[0], replace[1], 1)
		if text == tokenPod {
			t.Fatalf("%s: nothing is replaced", name)
		}
		if volumes := readDocument(t, text).Canonical().Lookup("spec", "volumes"); len(volumes.Items) != 2 {
			t.Errorf("%s: the volume is stripped", name)
		}
	}
}

// checkCanonical proves that Canonical gives the same when it is applied again,
// and leaves its input as it was.
func checkCanonical(t *testing.T, root *Node) {
	t.Helper()
	before := copyTree(root)
	once := Canonical(root)
	mustEqual(t, "the input is changed", before, *root)
	first := copyTree(once)
	twice := Canonical(once)
	mustEqual(t, "the input of the second time is changed", first, *once)
	mustEqual(t, "not the same the second time", first.Value(), twice.Value())
}

// mustEqual compares many values quickly, and words a difference with go-cmp.
func mustEqual(t *testing.T, what string, before, after any) {
	t.Helper()
	if !reflect.DeepEqual(before, after) {
		t.Fatalf("%s (-before +after):\n%s", what, cmp.Diff(before, after))
	}
}

func copyTree(n *Node) Node {
	out := *n
	out.Items = nil
	for i := range n.Items {
		out.Items = append(out.Items, copyTree(&n.Items[i]))
	}
	if n.Items != nil && out.Items == nil {
		out.Items = []Node{}
	}
	return out
}

func TestCanonicalIsStable(t *testing.T) {
	texts := append([]string{tokenPod}, typedObjects...)
	for _, test := range canonicals {
		texts = append(texts, test.in)
	}
	for _, text := range texts {
		checkCanonical(t, readRoot(t, text))
	}
}

// mutated is a copy of root in which a few values are others, as seed says: of
// another type, empty, or taken from elsewhere in it.
func mutated(root *Node, seed uint64) *Node {
	random := rand.New(rand.NewPCG(seed, 0))
	out := copyTree(root)
	var all []*Node
	out.Walk(func(_ func() string, n *Node) bool {
		all = append(all, n)
		return true
	})
	others := []Node{
		{}, {Kind: Map}, {Kind: List}, {Kind: String}, {Kind: Bool, Text: "false"}, {Kind: Bool, Text: "true"}, {Kind: Number, Text: "0"}, {Kind: Number, Text: "1.5"},
		{Kind: String, Text: "x"}, {Kind: String, Text: "1000m"}, {Kind: List, Items: []Node{{}}}, {Kind: Map, Items: []Node{{Key: "name", Kind: String, Text: "x"}}},
	}
	for range 1 + random.IntN(4) {
		target := all[random.IntN(len(all))]
		value := others[random.IntN(len(others))]
		if random.IntN(3) == 0 {
			value = copyTree(all[random.IntN(len(all))])
		}
		if target.Key != "apiVersion" && target.Key != "kind" && target != &out {
			target.Kind, target.Text, target.Items, target.Style = value.Kind, value.Text, value.Items, value.Style
		}
	}
	return &out
}

func TestCanonicalOfOddObjects(t *testing.T) {
	for i, text := range append(typedObjects, tokenPod) {
		root := readRoot(t, text)
		for seed := range uint64(100) {
			odd := mutated(root, uint64(i)<<32|seed)
			checkCanonical(t, odd)
			checkRoundTrip(t, odd)
		}
	}
}

// FuzzCanonical looks for an object that Canonical changes, that it brings to
// another form the second time, or that normalize and a round trip see otherwise.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte(tokenPod), uint64(0))
	for _, text := range typedObjects {
		f.Add([]byte(text), uint64(1))
	}
	for _, test := range canonicals {
		f.Add([]byte(test.in), uint64(2))
	}
	for i, d := range exampleDocuments(f) {
		if i%7 == 0 && d.IsObject() {
			text, err := json.Marshal(d.Root.Value())
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text, uint64(3))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		if len(data) > 8192 {
			return
		}
		for _, d := range Read("a.yaml", data, DefaultLimits()).Documents {
			for _, root := range []*Node{d.Root, mutated(d.Root, seed)} {
				checkCanonical(t, root)
				if d.IsObject() {
					checkRoundTrip(t, root)
				}
			}
		}
	})
}
