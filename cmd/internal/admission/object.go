package admission

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// object is one side of a request, ready to be judged.
type object struct {
	path    string
	text    []byte
	root    *manifest.Document // nil where the object is a list of others
	release *release           // what the object holds where it is a Helm release
}

// readObject reads the object of a request, or the old one. path is the name
// under which the engine sees it. The error says why it cannot be judged, without
// any of its content.
func readObject(raw []byte, path string, kind metav1.GroupVersionKind, releases releases) (object, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		return object{}, errors.New("the object is no JSON object")
	}
	limits := manifest.DefaultLimits()
	switch depth, values := measure(raw); {
	case depth > limits.Depth:
		return object{}, errors.New("the object is over the limit " + manifest.LimitDepth)
	case values > objectValues:
		return object{}, errors.New("the object is over the limit object-values")
	}
	o := object{path: path, text: lines(raw)}
	file := manifest.Read(path, o.text, limits)
	switch {
	case len(file.Broken) > 0:
		return object{}, fmt.Errorf("the object cannot be read: %s", file.Broken[0].Reason)
	case len(file.Documents) == 0:
		return object{}, errors.New("the object is empty")
	}
	for _, d := range file.Documents {
		if err := bound(d); err != nil {
			return object{}, err
		}
	}
	if file.Documents[0].Item != "" {
		return o, nil
	}
	o.root = file.Documents[0]
	switch named := o.root.Object; {
	case !o.root.IsObject():
		return object{}, errors.New("the object has no apiVersion or no kind")
	case named.Kind != kind.Kind || named.Group() != kind.Group:
		return object{}, errors.New("the object is not of the kind that the request names")
	}
	if isRelease(o.root) {
		if r, err := releases.read(releaseText(o.root)); err == nil {
			o.release = &r
		}
	}
	return o, nil
}

// bound refuses what would make far more findings than anyone reads.
func bound(d *manifest.Document) error {
	if len(d.Duplicates) > duplicateKeys {
		return errors.New("the object is over the limit duplicate-keys")
	}
	if d.Object.Kind != "Secret" {
		return nil
	}
	keys := 0
	for _, field := range []string{"data", "stringData"} {
		if values := d.Root.Get(field); values != nil {
			keys += len(values.Items)
		}
	}
	if keys > secretKeys {
		return errors.New("the object is over the limit secret-keys")
	}
	return nil
}

// lines puts every token of a JSON text on a line of its own. The text of the API
// server is one line, and where a value stands in it is counted from the
// beginning of the line, for each value.
func lines(raw []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(raw) + len(raw)/4)
	if err := json.Indent(&out, raw, "", ""); err != nil {
		return raw // what is no JSON is told by the reader
	}
	return out.Bytes()
}

// measure tells how deep the maps and lists of a JSON text are nested, and how
// many values it has at most, without reading it: a value takes far more memory
// than the two bytes that it may be written in.
func measure(raw []byte) (depth, values int) {
	now, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case quoted:
		case c == '{' || c == '[':
			now++
			values++
			depth = max(depth, now)
		case c == '}' || c == ']':
			now--
		case c == ',':
			values++
		}
	}
	return depth, values
}

// files are the object, and what it holds, as the engine takes them.
func (o object) files() []checks.File {
	files := []checks.File{fileOf(o.path, o.text)}
	if o.release == nil {
		return files
	}
	for _, r := range o.release.rendered {
		files = append(files, fileOf(o.path+"/"+r.name, r.text))
	}
	return files
}

// prefix is the generateName of an object whose name was made from it, or "".
func (o object) prefix() string {
	if o.root == nil || o.root.Object.Name == o.root.Root.Lookup("metadata", "name").Str() {
		return ""
	}
	return o.root.Object.Name
}

func fileOf(path string, text []byte) checks.File {
	return checks.File{Path: path, Load: func() ([]byte, error) { return text, nil }}
}

// subject is what a request is about, as the user knows it.
type subject struct {
	kind       string
	apiVersion string // only where it is not the one that is judged
	namespace  string
	name       string
}

// subjectOf names what the user sent: with matchPolicy Equivalent the object may
// be of another version than the one of the request, and a name may have been
// made up by the API server.
func subjectOf(req *admissionv1.AdmissionRequest) subject {
	s := subject{kind: req.Kind.Kind, namespace: req.Namespace, name: req.Name}
	if sent := req.RequestKind; sent != nil && *sent != req.Kind {
		s.kind, s.apiVersion = sent.Kind, metav1.GroupVersion{Group: sent.Group, Version: sent.Version}.String()
	}
	return s
}

// String writes s for people, as one line without anything that hides.
func (s subject) String() string {
	name := s.name
	if s.namespace != "" {
		name = s.namespace + "/" + name
	}
	text := strings.TrimSpace(s.kind + " " + name)
	if s.apiVersion != "" {
		text += " (" + s.apiVersion + ")"
	}
	return shown(text, 2*nameRunes)
}

// pathOf is the name under which the engine sees the object of a request. Nobody
// else does: it is in no answer.
func pathOf(req *admissionv1.AdmissionRequest, name string) string {
	part := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return strings.ReplaceAll(s, "/", "_")
	}
	return part(req.Namespace, "cluster") + "/" + part(req.Kind.Kind, "object") + "/" + part(name, "unnamed") + ".json"
}

// sameContent tells whether two objects differ in nothing but their metadata and
// status, as where a label is set or a finalizer is taken away.
func sameContent(now, old []byte) bool {
	var a, b map[string]json.RawMessage
	if json.Unmarshal(now, &a) != nil || json.Unmarshal(old, &b) != nil {
		return false
	}
	for _, field := range []string{"metadata", "status"} {
		delete(a, field)
		delete(b, field)
	}
	return len(a) > 0 && maps.EqualFunc(a, b, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) })
}

// nothing tells whether a request carries no object on a side.
func nothing(raw []byte) bool {
	trimmed := bytes.TrimSpace(raw)
	return len(trimmed) == 0 || string(trimmed) == "null"
}
