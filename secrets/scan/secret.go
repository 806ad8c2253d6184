package scan

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// secret walks a v1 Secret, at the root of a document or inside another object.
func (w *walker) secret(n *manifest.Node, st state) {
	st = w.ofKind(shape{kind: "Secret", version: "v1"}, st)
	st.quiet = false
	w.fields(n, func(child *manifest.Node) {
		switch dataKey(child.Key) {
		case "data":
			if isSecretInside(child) {
				w.secret(child, st)
				return
			}
			w.heldAs(child, "data", Secret, true)
		case "stringdata":
			w.heldAs(child, "data", Secret, false)
		default:
			w.plainField(shape{}, st, child)
		}
	})
}

// isSecretInside tells whether what stands under data is an object itself, as in a
// generate rule of Kyverno.
func isSecretInside(data *manifest.Node) bool {
	for _, key := range []string{"data", "stringData"} {
		if n := data.Get(key); n != nil && n.Kind == manifest.Map {
			return true
		}
	}
	return false
}

// dataKey returns "data" or "stringdata" for a key that is one of them or is meant
// as one: the API server drops "StringData", and whoever wrote it leaks all the same.
func dataKey(key string) string {
	if len(key) < len("data") || len(key) > len("string_data") || key[len(key)-1] != 'a' {
		return ""
	}
	key = strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(key))
	if key == "data" || key == "stringdata" {
		return key
	}
	return ""
}

// heldAs walks the values of a map whose name in the object is another than the one
// that is written.
func (w *walker) heldAs(n *manifest.Node, name string, place Place, encoded bool) {
	w.steps[len(w.steps)-1].name = name
	w.heldMap(n, place, encoded)
}

// heldMap judges every value in n: one for each key, where it is what the API
// server takes, and each leaf of what it would refuse.
func (w *walker) heldMap(n *manifest.Node, place Place, encoded bool) {
	w.held(n, state{place: place, in: secrets.Held, encoded: encoded, key: n.Key})
}

func (w *walker) held(n *manifest.Node, st state) {
	switch n.Kind {
	case manifest.Map:
		w.fields(n, func(child *manifest.Node) { w.held(child, st) })
	case manifest.List:
		if n.Key != "" {
			st.key = short(n.Key)
		}
		w.items(n, func(_ int, item *manifest.Node) { w.held(item, st) })
	case manifest.Null:
	default:
		w.heldValue(n, st)
	}
}

// heldValue reports the value of one key.
func (w *walker) heldValue(n *manifest.Node, st state) {
	key := n.Key
	if key == "" {
		key = st.key
	}
	st.key = key
	if w.isFilled(n) {
		w.filled(n, key, st)
		return
	}
	w.noteTokens(n)
	text := n.Text
	if st.encoded {
		text = decodeData(text)
	}
	w.judge(n, value{key: key, text: text, raw: n.Text}, st)
}

// isWorthSaying tells whether a value that stands where a secret belongs is
// reported: everything that is there.
func isWorthSaying(c secrets.Class) bool {
	return c.Leaks() || c == secrets.Public || c == secrets.Hash || c == secrets.Placeholder
}

// templatePlace is the place of the values of a template of a Secret.
func (w *walker) templatePlace(st state) Place {
	if st.kind == "SealedSecret" {
		return SealedTemplate
	}
	return Secret
}

// isSecretTemplate tells whether the field "data" that was entered is that of the
// template of a Secret: spec.template.data of a SealedSecret, spec.target.template.data
// of an ExternalSecret, an item of secretTemplates of a SopsSecret.
func (w *walker) isSecretTemplate(kind string) bool {
	switch kind {
	case "SealedSecret", "ExternalSecret", "ClusterExternalSecret", "PushSecret":
		return w.above(1) == "template"
	case "SopsSecret":
		return w.above(2) == "secretTemplates"
	}
	return false
}

// above returns the key of the step n above the current one, or "".
func (w *walker) above(n int) string {
	if n = len(w.steps) - 1 - n; n < 0 {
		return ""
	}
	return w.steps[n].key
}

// sealedValues judges what stands where a SealedSecret keeps ciphertexts.
func (w *walker) sealedValues(n *manifest.Node) {
	w.heldMap(n, SealedTemplate, false)
}
