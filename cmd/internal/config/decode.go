package config

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

// open reads the one YAML or JSON document of a configuration file, by the rules
// and limits of all other files. It returns nil where there is none: the file is
// empty, or it cannot be read, which is then in f.
//
// The name under which it is read is not the file's own, so that it is read as
// YAML whatever it is called.
func open(data []byte, f *faults) *manifest.Document {
	if at, message := notText(data); message != "" {
		f.add("", at, message, "save the file as UTF-8 text")
		return nil
	}
	file := manifest.Read("configuration.yaml", data, manifest.DefaultLimits())
	for _, b := range file.Broken {
		f.add("", b.At, b.Reason, "")
	}
	for _, at := range file.Templated {
		f.add("", at, "the file holds template actions and is no YAML", "this file is read as it stands; no template engine is run")
	}
	switch {
	case len(f.list) > 0:
		return nil
	case file.Form == manifest.FormLFS || file.Form == manifest.FormGitCrypt:
		f.add("", manifest.Pos{}, "the file is a "+string(file.Form), "keep it in the repository as plain text")
		return nil
	case file.Found > 1:
		f.add("", secondDocument(file), "a second document begins here", "the file holds one document; remove the other")
		return nil
	case file.Found == 0:
		f.add("", manifest.Pos{}, "the file is empty", firstLine)
		return nil
	case len(file.Documents) != 1 || file.Documents[0].IsObject():
		f.add("", manifest.Pos{}, "the file holds a Kubernetes object", firstLine+" and has neither apiVersion nor kind")
		return nil
	}
	if root := file.Documents[0].Root; root.Kind != manifest.Map {
		f.add("", root.At, "the file must be a map, not "+written(root.Kind), firstLine)
		return nil
	}
	for _, d := range file.Documents[0].Duplicates {
		if d.Shadowed.Key == "" {
			continue // neither is a word, which the decoder tells
		}
		f.add("", d.Again, "duplicate key "+quote(d.Shadowed.Key), "it stands on line "+strconv.Itoa(int(d.First.Line))+" already")
	}
	return file.Documents[0]
}

const firstLine = `it begins with "version: 1"`

// notText finds what keeps data from being UTF-8 text.
func notText(data []byte) (at manifest.Pos, message string) {
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		return manifest.Pos{}, "the file is UTF-16"
	}
	line := uint32(0)
	for text := range bytes.Lines(data) {
		line++
		if bytes.IndexByte(text, 0) >= 0 {
			return manifest.Pos{Line: line}, "the file holds a NUL byte"
		}
		if !utf8.Valid(text) {
			return manifest.Pos{Line: line}, "the file is not UTF-8"
		}
	}
	return manifest.Pos{}, ""
}

func secondDocument(file *manifest.File) manifest.Pos {
	for _, d := range file.Documents {
		if d.Index == 1 {
			return d.At()
		}
	}
	return manifest.Pos{}
}

// decoder fills Go values from Nodes, strictly: an unknown key and a value of
// another type are faults. It knows structs whose fields have a json tag, lists,
// maps by string, pointers, strings, booleans, ints, floats, and any for whatever
// stands there. A field without
// "omitempty" is required, and a list with the tag min:"1" has an item.
type decoder struct {
	faults *faults
	enums  map[reflect.Type][]string // the only values of some types
}

func newDecoder(f *faults) decoder { return decoder{f, enums()} }

// decode fills into, which is a pointer, from the root of a document.
func (d decoder) decode(root *manifest.Node, into any) {
	d.value(root, "", reflect.ValueOf(into).Elem())
}

func (d decoder) value(n *manifest.Node, path string, into reflect.Value) {
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.value(n, path, into.Elem())
	case reflect.Struct:
		if d.is(n, path, manifest.Map) {
			d.fields(n, path, into)
		}
	case reflect.Slice:
		if d.isMany(n, path, manifest.List) {
			d.items(n, path, into)
		}
	case reflect.Map:
		if d.isMany(n, path, manifest.Map) {
			d.entries(n, path, into)
		}
	case reflect.Interface:
		if v := n.Value(); v != nil {
			into.Set(reflect.ValueOf(v))
		}
	case reflect.String:
		if d.is(n, path, manifest.String) {
			d.text(n, path, into)
		}
	case reflect.Bool:
		if d.is(n, path, manifest.Bool) {
			into.SetBool(n.Text == "true")
		}
	case reflect.Int:
		if d.is(n, path, manifest.Number) {
			d.integer(n, path, into)
		}
	case reflect.Float64:
		if d.is(n, path, manifest.Number) {
			d.number(n, path, into)
		}
	}
}

// is tells whether n has the wanted kind.
func (d decoder) is(n *manifest.Node, path string, want manifest.Kind) bool {
	switch n.Kind {
	case want:
		return true
	case manifest.Null:
		d.faults.add(path, n.Place(), path+" has no value", "")
	default:
		d.faults.add(path, n.Place(), path+" must be "+kindNames[want]+", not "+written(n.Kind), typeHint(n, want))
	}
	return false
}

// isMany is is for a list or a map of any keys, which may be left empty, as where
// all that is in it is commented out.
func (d decoder) isMany(n *manifest.Node, path string, want manifest.Kind) bool {
	return n.Kind != manifest.Null && d.is(n, path, want)
}

var kindNames = [...]string{
	manifest.Null: "null", manifest.Bool: "true or false", manifest.Number: "a number",
	manifest.String: "a string", manifest.Map: "a map", manifest.List: "a list",
}

// written names the kind of a value that stands in a file.
func written(k manifest.Kind) string {
	if k == manifest.Bool {
		return "a boolean"
	}
	return kindNames[k]
}

func typeHint(n *manifest.Node, want manifest.Kind) string {
	scalar := n.Kind == manifest.Bool || n.Kind == manifest.Number
	switch {
	case want == manifest.String && scalar:
		return "put the value in quotes"
	case n.Kind == manifest.String && n.Style != manifest.Plain && (want == manifest.Bool || want == manifest.Number):
		return "write the value without quotes"
	case want == manifest.List && (n.Kind == manifest.String || scalar):
		return `write the value on a line of its own, with "- " before it`
	}
	return ""
}

// property is a field of a Go struct as it stands in the file.
type property struct {
	name     string
	required bool
	filled   bool // a list with at least one item
	index    int
}

func propertiesOf(t reflect.Type) []property {
	var list []property
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		list = append(list, property{
			name:     name,
			required: !strings.Contains(options, "omitempty"),
			filled:   f.Type.Kind() == reflect.Slice && f.Tag.Get("min") != "",
			index:    i,
		})
	}
	return list
}

func (d decoder) fields(n *manifest.Node, path string, into reflect.Value) {
	properties := propertiesOf(into.Type())
	names := make([]string, len(properties))
	for i, p := range properties {
		names[i] = p.name
		if p.required && n.Get(p.name) == nil {
			d.faults.add(manifest.JoinField(path, p.name), placeOf(n), p.name+" is missing", "")
		}
	}
	for i := range n.Items {
		item := &n.Items[i]
		at := propertyNamed(properties, item.Key)
		if at < 0 {
			d.unknown(item, path, names)
			continue
		}
		p := properties[at]
		d.value(item, manifest.JoinField(path, p.name), into.Field(p.index))
		if p.filled && len(item.Items) == 0 {
			d.faults.add(manifest.JoinField(path, p.name), item.Place(), p.name+" is empty", "name at least one")
		}
	}
}

func (d decoder) unknown(item *manifest.Node, path string, names []string) {
	message, hint := "unknown key "+quote(item.Key), ""
	switch {
	case item.Key == "":
		message = "a key must be a word"
	case !d.faults.full():
		hint = didYouMean(suggest.Nearest(item.Key, names))
	}
	d.faults.add(manifest.JoinField(path, shorten(item.Key)), item.Place(), message, hint)
}

func propertyNamed(properties []property, name string) int {
	for i := range properties {
		if properties[i].name == name {
			return i
		}
	}
	return -1
}

func (d decoder) items(n *manifest.Node, path string, into reflect.Value) {
	into.Set(reflect.MakeSlice(into.Type(), len(n.Items), len(n.Items)))
	for i := range n.Items {
		d.value(&n.Items[i], itemPath(path, i), into.Index(i))
	}
}

// itemPath is the path of a list item in messages: always by its number, since
// an item of a configuration has no other name.
func itemPath(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func (d decoder) entries(n *manifest.Node, path string, into reflect.Value) {
	into.Set(reflect.MakeMapWithSize(into.Type(), len(n.Items)))
	for i := range n.Items {
		value := reflect.New(into.Type().Elem()).Elem()
		d.value(&n.Items[i], manifest.JoinField(path, shorten(n.Items[i].Key)), value)
		into.SetMapIndex(reflect.ValueOf(n.Items[i].Key), value)
	}
}

func (d decoder) text(n *manifest.Node, path string, into reflect.Value) {
	if strings.TrimSpace(n.Text) == "" {
		d.faults.add(path, n.Place(), path+" is empty", "")
		return
	}
	if strings.ContainsFunc(n.Text, isControl) {
		d.faults.add(path, n.Place(), path+" holds a control character", "")
		return
	}
	if enum := d.enums[into.Type()]; enum != nil && !slices.Contains(enum, n.Text) {
		d.faults.add(path, n.Place(), path+" must be "+orList(enum)+", not "+quote(n.Text), didYouMean(suggest.Nearest(n.Text, enum)))
		return
	}
	into.SetString(n.Text)
}

// isControl knows the characters that may steer a terminal or end a line early.
func isControl(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

func (d decoder) integer(n *manifest.Node, path string, into reflect.Value) {
	i, err := strconv.ParseInt(n.Text, 10, 32)
	if err != nil {
		d.faults.add(path, n.Place(), path+" must be a whole number", "")
		return
	}
	into.SetInt(i)
}

func (d decoder) number(n *manifest.Node, path string, into reflect.Value) {
	f, err := strconv.ParseFloat(n.Text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		d.faults.add(path, n.Place(), path+" must be a number", "")
		return
	}
	into.SetFloat(f)
}

// placeOf is where a reader should look for something that n lacks: the key of
// n, or its first field.
func placeOf(n *manifest.Node) manifest.Pos {
	if n.KeyAt == (manifest.Pos{}) && len(n.Items) > 0 {
		return n.Items[0].Place()
	}
	return n.Place()
}

// theVersion is the version of both files that this program reads.
const theVersion = 1

// checkVersion tells whether the document is of version 1; what else it says is
// of no interest where it is not.
func checkVersion(root *manifest.Node, f *faults) bool {
	n := root.Get("version")
	switch {
	case n == nil:
		f.add("version", placeOf(root), "version is missing", "begin the file with version: 1")
	case n.Kind == manifest.Number && n.Text == strconv.Itoa(theVersion):
	case n.Kind == manifest.Number:
		f.add("version", n.Place(), "version "+quote(n.Text)+" is not known to this Gatehouse, which reads version 1", "use a newer Gatehouse, or write version: 1")
		return false
	default:
		f.add("version", n.Place(), "version must be the number 1", "write version: 1")
	}
	return true
}
