package scan

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// patchOperation walks one operation of a JSON patch (RFC 6902): its path says what
// the value is for.
func (w *walker) patchOperation(n *manifest.Node, s shape, st state) {
	segments := pointerSegments(s.pointer.Text)
	held, encoded := w.patchesSecret(segments, st)
	w.fields(n, func(child *manifest.Node) {
		if child.Key != "value" {
			return
		}
		below := st
		below.place, below.above, below.pushed = Patch, "", false
		switch {
		case held && len(segments) == 2:
			below.in, below.encoded = secrets.Held, encoded
			w.patchedKey(child, segments[1], below)
		case held && len(segments) == 1:
			w.heldMap(child, Patch, encoded)
		default:
			w.patchedValue(child, segments, below)
		}
	})
}

// patchesSecret tells whether a path leads into the values of a Secret, and whether
// they are base64 there.
func (w *walker) patchesSecret(segments []string, st state) (held, encoded bool) {
	switch {
	case len(segments) == 0 || len(segments) > 2:
		return false, false
	case segments[0] == "stringData":
		return true, false
	}
	return segments[0] == "data" && st.kind == "Secret", true
}

// patchedKey judges the value of one key of a Secret.
func (w *walker) patchedKey(n *manifest.Node, key string, st state) {
	if n.Kind == manifest.Map || n.Kind == manifest.List {
		w.held(n, st)
		return
	}
	named := *n
	named.Key = key
	if n.Kind != manifest.Null {
		w.heldValue(&named, st)
	}
}

// patchedValue walks a value that is put into any object: under the last segment
// that is a name, with those above it.
func (w *walker) patchedValue(n *manifest.Node, segments []string, st state) {
	key := ""
	for _, segment := range segments {
		if segment == "-" || isIndex(segment) {
			continue
		}
		if key != "" {
			st.above = pushed(st.above, key)
		}
		key = segment
	}
	st.pushed = st.above != "" && w.promise(st.above) >= secrets.Suggests
	st.key = key
	if isReferenceKey(key) || key == "secrets" {
		st.quiet = true
	}
	switch n.Kind {
	case manifest.List:
		if isWordsKey(key) {
			w.words(n, nil, st)
			return
		}
		w.node(n, st)
	case manifest.Map:
		w.node(n, st)
	case manifest.String, manifest.Number:
		if isWordsKey(key) && !st.quiet {
			w.word(n, settings.Command([]string{n.Text}), st)
			return
		}
		w.namedAs(n, key, st)
	}
}

func isIndex(segment string) bool {
	return segment != "" && strings.Trim(segment, "0123456789") == ""
}

// pointerSegments cuts a JSON pointer (RFC 6901).
func pointerSegments(pointer string) []string {
	segments := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
	}
	return segments
}

// decodeData gives what a program sees of a value of data. A value that is not
// base64 is taken as it stands: a template or a reference is filled in before the
// API server sees it.
func decodeData(text string) string {
	compact := text
	if strings.ContainsAny(text, " \t\r\n") {
		compact = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(text)
	}
	plain, err := base64.StdEncoding.DecodeString(compact)
	if err != nil || !utf8.Valid(plain) {
		return text
	}
	return string(plain)
}
