// Package schema writes JSON Schemas (draft 2020-12) of Go types, as
// encoding/json writes and reads them.
//
// It knows types and struct tags and nothing of what they are for. It does not
// validate; editors and other programs do that with what it writes.
package schema

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Draft is the identifier of the dialect that For writes.
const Draft = "https://json-schema.org/draft/2020-12/schema"

// Options says of a schema what its type cannot say.
type Options struct {
	ID          string // address under which the schema is published
	Title       string
	Description string

	// Closed forbids keys that the types do not have.
	Closed bool

	// Enums lists the values of types that have few.
	Enums map[reflect.Type][]string

	// Either lists, for a struct, sets of keys of which one must be there whole,
	// besides those that are required by themselves.
	Either map[reflect.Type][][]string

	// Docs describes fields of types that cannot carry a doc tag, by type name and
	// key: "Finding.file".
	Docs map[string]string
}

// For returns the schema of t: indented JSON in the order of the fields, with a
// trailing newline. Equal arguments give equal bytes.
//
// Keys are taken from json tags. A key is required unless its tag says omitempty
// or omitzero. More comes from the tags
//
//	doc:"…"      the description
//	enum:"a,b"   the only values, of a string or a number
//	pattern:"…"  a regular expression for a string
//	format:"…"   a format, such as "date"
//	min:"1"      the least number, length of a string, or number of items
//
// Where the field is a list, enum, pattern and format hold for its items. A type
// that marshals itself as text is a string.
//
// For panics where a type has no form in JSON, a tag does not fit its field, or
// an entry of Docs names no field: all of these are faults in the source that any
// call finds.
func For(t reflect.Type, opts Options) []byte {
	w := &writer{opts: opts, names: map[reflect.Type]string{}, docs: map[string]bool{}}
	root := w.object(deref(t))
	for name := range opts.Docs {
		if !w.docs[name] {
			panic(fmt.Sprintf("schema: no field %s to describe", name))
		}
	}
	var doc object
	doc.set("$schema", Draft)
	doc.setText("$id", opts.ID)
	doc.setText("title", opts.Title)
	doc.setText("description", opts.Description)
	doc = append(doc, root...)
	if len(w.defs) > 0 {
		doc.set("$defs", w.defs)
	}
	return encode(doc)
}

func encode(doc object) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		panic(fmt.Sprintf("schema: %v", err)) // strings, numbers and lists of them always encode
	}
	return out.Bytes()
}

// object is a JSON object that keeps its order.
type object []member

type member struct {
	key   string
	value any
}

func (o *object) set(key string, value any) { *o = append(*o, member{key, value}) }

func (o *object) setText(key, value string) {
	if value != "" {
		o.set(key, value)
	}
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		key, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		var value bytes.Buffer
		enc := json.NewEncoder(&value)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(m.value); err != nil {
			return nil, err
		}
		out.Write(key)
		out.WriteByte(':')
		out.Write(bytes.TrimSpace(value.Bytes()))
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

type writer struct {
	opts  Options
	defs  object
	names map[reflect.Type]string
	docs  map[string]bool // entries of opts.Docs that were used
}

var (
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	timeType      = reflect.TypeFor[time.Time]()
)

func deref(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// typeOf returns the schema of one value of type t.
func (w *writer) typeOf(t reflect.Type) object {
	t = deref(t)
	if values, ok := w.opts.Enums[t]; ok {
		return object{{"type", "string"}, {"enum", values}}
	}
	switch {
	case t == timeType:
		return object{{"type", "string"}, {"format", "date-time"}}
	case implements(t, textMarshaler):
		return object{{"type", "string"}}
	case implements(t, jsonMarshaler):
		panic(fmt.Sprintf("schema: %s writes its own JSON", t))
	}
	switch t.Kind() {
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return object{{"type", "integer"}}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{{"type", "integer"}, {"minimum", 0}}
	case reflect.Float32, reflect.Float64:
		return object{{"type", "number"}}
	case reflect.String:
		return object{{"type", "string"}}
	case reflect.Slice, reflect.Array:
		return w.list(t)
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			panic(fmt.Sprintf("schema: the keys of %s are no strings", t))
		}
		return object{{"type", "object"}, {"additionalProperties", w.typeOf(t.Elem())}}
	case reflect.Struct:
		return w.reference(t)
	case reflect.Interface:
		return object{}
	}
	panic(fmt.Sprintf("schema: %s has no form in JSON", t))
}

func implements(t, marshaler reflect.Type) bool {
	return t.Kind() != reflect.Interface && (t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler))
}

func (w *writer) list(t reflect.Type) object {
	if t.Elem().Kind() == reflect.Uint8 && t.Kind() == reflect.Slice {
		return object{{"type", "string"}, {"contentEncoding", "base64"}}
	}
	return object{{"type", "array"}, {"items", w.typeOf(t.Elem())}}
}

// reference returns a reference to the definition of a struct, and writes the
// definition the first time. The name stands before the fields are looked at, so
// that a type may hold itself.
func (w *writer) reference(t reflect.Type) object {
	if t.Name() == "" {
		return w.object(t)
	}
	name, ok := w.names[t]
	if !ok {
		name = w.name(t)
		w.names[t] = name
		i := len(w.defs)
		w.defs.set(name, nil)
		w.defs[i].value = w.object(t)
	}
	return object{{"$ref", "#/$defs/" + name}}
}

// name is the type's own, with its package where another type has it already.
func (w *writer) name(t reflect.Type) string {
	taken := slices.ContainsFunc(w.defs, func(m member) bool { return m.key == t.Name() })
	if !taken {
		return t.Name()
	}
	return t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:] + "." + t.Name()
}

// object returns the schema of a struct by its fields.
func (w *writer) object(t reflect.Type) object {
	if t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("schema: %s is no struct", t))
	}
	properties, required := object{}, []string{}
	for _, f := range fields(t) {
		properties.set(f.key, w.property(t, f))
		if !f.optional {
			required = append(required, f.key)
		}
	}
	out := object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		out.set("required", required)
	}
	if sets := w.opts.Either[t]; len(sets) > 0 {
		var either []object
		for _, keys := range sets {
			either = append(either, object{{"required", keys}})
		}
		out.set("anyOf", either)
	}
	if w.opts.Closed {
		out.set("additionalProperties", false)
	}
	return out
}

type field struct {
	reflect.StructField
	key      string
	optional bool
}

// fields returns the fields of a struct as encoding/json sees them; those of an
// embedded struct without a tag count as its own.
func fields(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Tag.Get("json") == "-" {
			continue
		}
		if f.Anonymous && key == "" && deref(f.Type).Kind() == reflect.Struct {
			out = append(out, fields(deref(f.Type))...)
			continue
		}
		if !f.IsExported() {
			continue
		}
		if key == "" {
			key = f.Name
		}
		list := strings.Split(options, ",")
		optional := slices.Contains(list, "omitempty") || slices.Contains(list, "omitzero")
		out = append(out, field{f, key, optional})
	}
	return out
}

// property returns the schema of one field: that of its type with what its tags
// add.
func (w *writer) property(owner reflect.Type, f field) object {
	var out object
	out.setText("description", w.doc(owner, f))
	kind := w.typeOf(f.Type)
	target := &kind
	if items := kind.get("items"); items != nil {
		target = items
	}
	base := deref(f.Type)
	if target != &kind {
		base = deref(base.Elem())
	}
	if list, ok := f.Tag.Lookup("enum"); ok {
		target.set("enum", enumValues(base, f, list))
	}
	target.setText("pattern", f.Tag.Get("pattern"))
	target.setText("format", f.Tag.Get("format"))
	if least, ok := f.Tag.Lookup("min"); ok {
		kind.replace(leastKeyword(f), number(f, least))
	}
	if target != &kind {
		kind.replace("items", *target)
	}
	if f.Type.Kind() == reflect.Pointer && !f.optional {
		return append(out, member{"anyOf", []object{kind, {{"type", "null"}}}})
	}
	return append(out, kind...)
}

func (w *writer) doc(owner reflect.Type, f field) string {
	if doc := f.Tag.Get("doc"); doc != "" {
		return doc
	}
	name := owner.Name() + "." + f.key
	if doc, ok := w.opts.Docs[name]; ok {
		w.docs[name] = true
		return doc
	}
	return ""
}

func (o object) get(key string) *object {
	for _, m := range o {
		if child, ok := m.value.(object); ok && m.key == key {
			return &child
		}
	}
	return nil
}

func (o *object) replace(key string, value any) {
	for i, m := range *o {
		if m.key == key {
			(*o)[i].value = value
			return
		}
	}
	o.set(key, value)
}

func enumValues(t reflect.Type, f field, list string) []any {
	var out []any
	for _, value := range strings.Split(list, ",") {
		if t.Kind() == reflect.String || implements(t, textMarshaler) {
			out = append(out, value)
			continue
		}
		out = append(out, number(f, value))
	}
	return out
}

func leastKeyword(f field) string {
	switch deref(f.Type).Kind() {
	case reflect.String:
		return "minLength"
	case reflect.Slice, reflect.Array:
		return "minItems"
	case reflect.Map:
		return "minProperties"
	}
	return "minimum"
}

func number(f field, text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("schema: the tag of %s: %v", f.Name, err))
	}
	return n
}
