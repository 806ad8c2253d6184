package manifest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// duplicates are texts with keys that stand twice: "object: path first again
// shadowed", with the Item of the object where it has one.
var duplicates = []struct {
	name string
	file string // "a.yaml" unless given
	text string
	want []string
}{
	{name: "none", text: "a: 1\nb: {a: 1}\n"},
	{name: "block", text: "a: 1\nb: 2\na: 3\n", want: []string{": a 1:1 3:1 1"}},
	{name: "three times", text: "a: 1\na: 2\na: 3\n", want: []string{": a 1:1 2:1 1", ": a 2:1 3:1 2"}},
	{name: "flow", text: "{a: 1, a: 2}\n", want: []string{": a 1:2 1:8 1"}},
	{name: "nested", text: "a:\n  b:\n    c: x\n    c: y\n", want: []string{": a.b.c 3:5 4:5 x"}},
	{name: "in the shadowed value", text: "a: {b: 1, b: 2}\na: {b: 3}\n", want: []string{": a.b 1:5 1:11 1", ": a 1:1 2:1 map[b:2]"}},
	{name: "in lists", text: "a:\n- name: x\n  b: 1\n  b: 2\n- {c: 3, c: 4}\n", want: []string{": a[name=x].b 3:3 4:3 1", ": a[1].c 5:4 5:10 3"}},
	{name: "the name itself", text: "a:\n- name: p\n  name: q\n", want: []string{": a[name=q].name 2:3 3:3 p"}},
	{name: "quoting", text: "a: 1\n\"a\": 2\n'b': 3\nb: 4\n\"\\x61\": 5\n", want: []string{": a 1:1 2:1 1", ": b 3:1 4:1 3", ": a 2:1 5:1 2"}},
	{name: "keys that are one as JSON", text: "1: a\n\"1\": b\ntrue: c\nyes: d\n0x1: e\n", want: []string{": 1 1:1 2:1 a", ": true 3:1 4:1 c", ": 1 2:1 5:1 b"}},
	{name: "not by case", text: "a: 1\nA: 2\n"},
	{name: "quoted path", text: "data:\n  tls.crt: 1\n  tls.crt: 2\n", want: []string{`: data["tls.crt"] 2:3 3:3 1`}},
	{name: "question mark", text: "? a\n: 1\n? a\n: 2\n", want: []string{": a 1:3 3:3 1"}},
	{name: "alias as key", text: "&x a: 1\n*x : 2\n", want: []string{": a 1:1 2:1 1"}},
	{name: "keys without a name", text: "[a]: 1\n[b]: 2\n~: 3\n"},
	{name: "many keys", text: "a: 0\nb: 0\nc: 0\nd: 0\ne: 0\nf: 0\ng: 0\nh: 0\ni: 0\nj: 0\nk: 0\nl: 0\nm: 0\no: 0\na: 1\no: 2\n", want: []string{": a 1:1 15:1 0", ": o 14:1 16:1 0"}},

	{name: "override of a merged key", text: "x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  a: 3\n"},
	{name: "merged over a written key", text: "x: &x {a: 1, b: 2}\ny:\n  a: 3\n  <<: *x\n"},
	{name: "merged twice", text: "x: &x {a: 1}\ny: &y {a: 2}\nz: {<<: [*x, *y]}\nw:\n  <<: *x\n  <<: *y\n"},
	{name: "twice besides a merge", text: "x: &x {a: 1}\nw:\n  <<: *x\n  a: 2\n  a: 3\n", want: []string{": w.a 4:3 5:3 2"}},
	{name: "within a merged map", text: "w:\n  <<: {a: 1, a: 2}\n", want: []string{": w.a 2:8 2:14 1"}},
	{name: "within an anchor, once", text: "x: &x {a: 1, a: 2}\ny: *x\nz: [*x]\n", want: []string{": x.a 1:8 1:14 1"}},

	{name: "JSON", file: "a.json", text: "{\"a\": 1,\n \"b\": [{\"c\": 2, \"c\": null}],\n \"a\": 3}", want: []string{": b[0].c 2:9 2:17 2", ": a 1:2 3:2 1"}},
	{name: "JSON escapes", file: "a.json", text: `{"a": 1, "\u0061": 2}`, want: []string{": a 1:2 1:10 1"}},

	{name: "second document", text: "a: 1\n---\nb: 1\nb: 2\n", want: []string{": b 3:1 4:1 1"}},
	{name: "in items of a List", text: "kind: List\napiVersion: v1\nitems:\n- {kind: A, apiVersion: v1, x: 1, x: 2}\n- {kind: B, apiVersion: v1, spec: {w: [{z: 1, z: 2}]}}\n",
		want: []string{"items[0]: x 4:29 4:35 1", "items[1]: spec.w[0].z 5:41 5:47 1"}},
	{name: "in an item far down", text: "kind: List\napiVersion: v1\nitems: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, {kind: A, apiVersion: v1, x: 1, x: 2}]\n", want: []string{"items[10]: x 3:66 3:72 1"}},
	{name: "in a List in a List", text: "kind: List\napiVersion: v1\nitems:\n- kind: List\n  apiVersion: v1\n  items:\n  - {kind: A, apiVersion: v1, x: 1, x: 2}\n", want: []string{"items[0].items[0]: x 7:31 7:37 1"}},
	{name: "the kind of an item", text: "kind: List\napiVersion: v1\nitems:\n- {kind: A, kind: B, apiVersion: v1}\n", want: []string{"items[0]: kind 4:4 4:13 A"}},
	{name: "in an item of a typed list", text: "kind: AList\napiVersion: v1\nitems:\n- {x: 1, x: 2}\n", want: []string{"items[0]: x 4:4 4:10 1"}},
	{name: "of the List itself", text: "kind: List\napiVersion: v1\nitems: [{kind: A, apiVersion: v1}]\nitems: [{kind: B, apiVersion: v1}]\n", want: []string{": items 3:1 4:1 [map[apiVersion:v1 kind:A]]"}},
	{name: "of an empty List", text: "kind: List\napiVersion: v1\nitems: [{kind: A, apiVersion: v1}]\nitems: []\n", want: []string{": items 3:1 4:1 [map[apiVersion:v1 kind:A]]"}},
	{name: "of a List in a List", text: "kind: List\napiVersion: v1\nitems:\n- {kind: List, apiVersion: v1, metadata: {a: 1, a: 2}, items: [{kind: A, apiVersion: v1}]}\n", want: []string{": items[0].metadata.a 4:43 4:49 1"}},
	{name: "items of another kind", text: "kind: A\napiVersion: v1\nx: 1\nx: 2\nitems:\n- {kind: B, apiVersion: v1, w: 1, w: 2}\n", want: []string{": x 3:1 4:1 1", "items[0]: w 6:29 6:35 1"}},
}

func TestDuplicateKeys(t *testing.T) {
	for _, test := range duplicates {
		t.Run(test.name, func(t *testing.T) {
			name := test.file
			if name == "" {
				name = "a.yaml"
			}
			f := Read(name, []byte(test.text), DefaultLimits())
			var got []string
			for _, d := range f.Documents {
				for _, dup := range d.Duplicates {
					got = append(got, fmt.Sprintf("%s: %s %d:%d %d:%d %v", d.Item, dup.Path,
						dup.First.Line, dup.First.Column, dup.Again.Line, dup.Again.Column, dup.Shadowed.Value()))
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s%v", diff, f.Broken)
			}
		})
	}
}

// TestLastValueCounts: a document with duplicate keys is judged by what
// Kubernetes keeps of it.
func TestLastValueCounts(t *testing.T) {
	for _, name := range []string{"a.yaml", "a.json"} {
		f := Read(name, []byte(`{"a": {"b": 1}, "c": 2, "a": {"d": 3}}`), DefaultLimits())
		want := map[string]any{"a": map[string]any{"d": 3.0}, "c": 2.0}
		if diff := cmp.Diff(any(want), plainNumbers(f.Documents[0].Root.Value())); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
