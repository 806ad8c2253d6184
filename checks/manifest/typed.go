package manifest

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// normalize brings a value to the form that decoding it into a Go type of
// k8s.io/api and encoding it again gives, with the places of its nodes kept. A
// value that does not fit its type stays as it is: the API server refuses it.
//
// Zero values are left out: a round trip writes some of them for fields that
// nobody gave.
func normalize(n *Node, t reflect.Type) Node {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if leaf, ok := leaves[t]; ok {
		return leaf(n)
	}
	switch t.Kind() {
	case reflect.Struct:
		return normalizeStruct(n, t)
	case reflect.Map:
		return normalizeItems(n, Map, t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return normalizeBytes(n)
		}
		return normalizeItems(n, List, t.Elem())
	}
	return misfit(n)
}

// leaves are the types with a JSON form of their own.
var leaves = map[reflect.Type]func(*Node) Node{
	reflect.TypeFor[resource.Quantity]():    normalizeQuantity,
	reflect.TypeFor[intstr.IntOrString]():   asIs,
	reflect.TypeFor[runtime.RawExtension](): asIs,
	reflect.TypeFor[metav1.Duration]():      normalizeDuration,
	reflect.TypeFor[metav1.FieldsV1]():      asIs,
	reflect.TypeFor[metav1.Time]():          func(n *Node) Node { return normalizeTime(n, time.RFC3339) },
	reflect.TypeFor[metav1.MicroTime]():     func(n *Node) Node { return normalizeTime(n, metav1.RFC3339Micro) },
}

func asIs(n *Node) Node { return *n }

// misfit is a value as it stands, in a tree of its own: what is normalized may be
// changed.
func misfit(n *Node) Node {
	out := *n
	out.Items = slices.Clone(n.Items)
	for i := range out.Items {
		out.Items[i] = misfit(&out.Items[i])
	}
	return out
}

func normalizeQuantity(n *Node) Node {
	out := *n
	if n.Kind != String && n.Kind != Number {
		return out
	}
	text := strings.TrimSpace(n.Text)
	if !isShortQuantity(text) {
		return out
	}
	if q, err := resource.ParseQuantity(text); err == nil {
		out.Kind, out.Text = String, q.String()
	}
	return out
}

// isShortQuantity guards resource.ParseQuantity, which takes hours for "1e-999999999".
func isShortQuantity(text string) bool {
	const longest, longestExponent = 64, 4
	exponent := strings.IndexAny(text, "eE")
	return len(text) <= longest && (exponent < 0 || len(text)-exponent <= len("e-")+longestExponent)
}

func normalizeTime(n *Node, layout string) Node {
	out := *n
	if n.Kind != String {
		return out
	}
	t, err := time.Parse(layout, n.Text)
	switch {
	case err != nil:
	case t.IsZero():
		out.Kind, out.Text = Null, ""
	default:
		out.Text = t.UTC().Format(layout)
	}
	return out
}

// normalizeBytes writes bytes in base64 without line breaks. JSON may give them as
// a list of numbers as well.
func normalizeBytes(n *Node) Node {
	out := *n
	if n.Kind == String {
		if data, err := base64.StdEncoding.DecodeString(n.Text); err == nil {
			out.Text = base64.StdEncoding.EncodeToString(data)
		}
		return out
	}
	if data, ok := numbersAsBytes(n); ok {
		out.Kind, out.Text, out.Items = String, base64.StdEncoding.EncodeToString(data), nil
		return out
	}
	return misfit(n)
}

func numbersAsBytes(n *Node) (data []byte, ok bool) {
	if n.Kind != List {
		return nil, false
	}
	for _, item := range n.Items {
		value, err := strconv.ParseUint(item.Text, 10, 8)
		if item.Kind != Null && (item.Kind != Number || err != nil) {
			return nil, false
		}
		data = append(data, byte(value))
	}
	return data, true
}

// normalizeDuration writes a duration as metav1.Duration does: 60s as 1m0s.
func normalizeDuration(n *Node) Node {
	out := *n
	if n.Kind != String {
		return out
	}
	if d, err := time.ParseDuration(n.Text); err == nil {
		out.Text = d.String()
	}
	return out
}

// normalizeItems brings the items of a list or the values of a map to their form.
func normalizeItems(n *Node, want Kind, elem reflect.Type) Node {
	if n.Kind != want {
		return misfit(n)
	}
	out := *n
	out.Items = make([]Node, len(n.Items))
	for i := range n.Items {
		out.Items[i] = normalize(&n.Items[i], elem)
		if out.Items[i].Kind == Null {
			fillNull(&out.Items[i], elem)
		}
	}
	return out
}

// fillNull makes a null in a list or map what it is decoded to: the zero value.
func fillNull(n *Node, t reflect.Type) {
	switch {
	case t == reflect.TypeFor[resource.Quantity]():
		n.Kind, n.Text = String, "0"
	case t.Kind() == reflect.String, t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		n.Kind = String
	case t.Kind() == reflect.Struct && fieldsOf(t) != nil:
		n.Kind = Map
	}
}

func normalizeStruct(n *Node, t reflect.Type) Node {
	if n.Kind != Map {
		return misfit(n)
	}
	out := *n
	known := fieldsOf(t)
	out.Items = make([]Node, 0, len(n.Items))
	for i := range n.Items {
		fieldType, ok := known[n.Items[i].Key]
		if !ok {
			continue
		}
		value := normalize(&n.Items[i], fieldType)
		if !isZero(&value, fieldType) {
			out.Items = append(out.Items, value)
		}
	}
	return out
}

// isZero tells whether a value decodes to the zero value of its Go type, which
// is the same as not giving the field. An empty map or list behind a pointer is
// kept: "emptyDir: {}" says something.
func isZero(n *Node, t reflect.Type) bool {
	if n.Kind == Null {
		return true
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Map:
		return n.Kind == List && len(n.Items) == 0 || n.Kind == Map && len(n.Items) == 0 || n.Kind == String && n.Text == ""
	case reflect.String:
		return n.Kind == String && n.Text == ""
	case reflect.Bool:
		return n.Kind == Bool && n.Text == "false"
	case reflect.Int32, reflect.Int64, reflect.Int:
		return n.Kind == Number && n.Text == "0"
	case reflect.Struct:
		return n.Kind == Map && len(n.Items) == 0
	}
	return false
}

// structFields are the fields of every struct that a built-in kind is made of.
var structFields = sync.OnceValue(func() map[reflect.Type]map[string]reflect.Type {
	all := map[reflect.Type]map[string]reflect.Type{}
	for _, t := range builtinKinds() {
		collectStructs(all, t)
	}
	return all
})

func fieldsOf(t reflect.Type) map[string]reflect.Type { return structFields()[t] }

func collectStructs(all map[reflect.Type]map[string]reflect.Type, t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		collectStructs(all, t.Elem())
	case reflect.Struct:
		if _, isLeaf := leaves[t]; isLeaf || all[t] != nil {
			return
		}
		fields := map[string]reflect.Type{}
		all[t] = fields
		collectFields(fields, t)
		for _, f := range fields {
			collectStructs(all, f)
		}
	}
}

func collectFields(fields map[string]reflect.Type, t reflect.Type) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && (name == "" || strings.Contains(options, "inline")) {
			embedded := f.Type
			for embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			collectFields(fields, embedded)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		fields[name] = f.Type
	}
}
