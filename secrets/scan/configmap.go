package scan

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// configMap walks a ConfigMap: each key may be a setting, or a file of its own.
func (w *walker) configMap(n *manifest.Node, st state) {
	st = w.ofKind(shape{kind: "ConfigMap", version: "v1"}, st)
	in := st
	in.place, in.key = ConfigMap, ""
	w.fields(n, func(child *manifest.Node) {
		switch {
		case child.Key == "data" && child.Kind == manifest.Map:
			w.fields(child, func(file *manifest.Node) { w.node(file, in) })
		case child.Key == "binaryData" && child.Kind == manifest.Map:
			w.fields(child, func(file *manifest.Node) { w.binaryFile(file, in) })
		default:
			w.plainField(shape{}, st, child)
		}
	})
}

// binaryFile judges what a key of binaryData decodes to.
func (w *walker) binaryFile(n *manifest.Node, st state) {
	decoded := decodeData(n.Text)
	if decoded == n.Text {
		decoded = w.unpacked(n)
	}
	if n.Kind != manifest.String || decoded == n.Text || w.isFilled(n) {
		w.node(n, st)
		return
	}
	plain := *n
	plain.Text, plain.Style = decoded, manifest.Plain
	before := len(w.found)
	if form := textForm(decoded); form != "" && !w.isTooDeep(n, decoded) {
		w.readInside(&plain, []byte(decoded), n.Key, st, form)
	} else if a := secrets.Classify(n.Key, decoded, secrets.Named); isLoud(a.Class, w.level(st, n.Key), false) {
		w.report(n, st.place, value{key: n.Key, text: decoded, raw: n.Text}, a)
	}
	for i := before; i < len(w.found); i++ {
		w.found[i].Raw = n.Text
	}
	w.noteTokens(n)
}

// unpacked is what an encoded value holds, or its text where it is not encoded. What
// is cut at a limit is said to be.
func (w *walker) unpacked(n *manifest.Node) string {
	plain, how, ok := secrets.Decode(n.Text)
	if !ok {
		return n.Text
	}
	if len(plain) >= maxInflated && strings.HasPrefix(how, "gzip") {
		w.over(LimitInflated, w.lineOf(n))
	}
	return plain
}

// annotations walks annotations and labels. The place of what stands in a text
// there, such as the last applied configuration, is the annotation.
func (w *walker) annotations(n *manifest.Node, st state) {
	st.place, st.above, st.pushed = Annotation, "", false
	w.fields(n, func(child *manifest.Node) {
		if isChecksum(child.Key) {
			w.tokensIn(child, child.Key, st)
			return
		}
		w.node(child, st)
	})
}

// isChecksum knows the annotations by which charts restart a Pod when a Secret has
// changed.
func isChecksum(key string) bool {
	key = strings.ToLower(key)
	return strings.HasPrefix(key, "checksum") || strings.Contains(key, "/checksum") || strings.Contains(key, "-checksum")
}
