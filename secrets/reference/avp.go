package reference

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// argocd-vault-plugin: pkg/kube/util.go, pkg/kube/modifiers.go, pkg/types/constants.go.

const avpPrefix = "avp.kubernetes.io/"

// avpModifiers are the functions of the plugin, with the number of arguments that they
// take; -1 is one or more.
var avpModifiers = map[string]int{"base64encode": 0, "base64decode": 0, "jsonPath": -1, "jsonParse": 0, "yamlParse": 0, "indent": 1, "sha256sum": 0}

// avp is what the annotations of an object say to the plugin.
type avp struct {
	annotations *manifest.Node
	path        string // for placeholders without one; "" where there is no annotation
	version     string
	kv          string
	ignore      bool
}

func avpOf(d *manifest.Document) avp {
	on := d.Root.Lookup("metadata", "annotations")
	get := func(key string) string { return scalar(on.Get(avpPrefix + key)) }
	return avp{annotations: on, path: get("path"), version: get("secret-version"), kv: get("kv-version"), ignore: isSet(on.Get(avpPrefix + "ignore"))}
}

// present tells whether an object has any annotation of the plugin.
func (a avp) present() bool {
	return slices.ContainsFunc(fields(a.annotations), func(n manifest.Node) bool { return strings.HasPrefix(n.Key, avpPrefix) })
}

// placeholder is <path:PATH#KEY#VERSION | modifier…>, or <KEY | modifier…> where the
// path is told by an annotation.
type placeholder struct {
	start, end         int
	path, key, version string
	modifiers          []string
}

// longestPlaceholder bounds one placeholder.
const longestPlaceholder = 4096

// placeholders finds the placeholders of a text.
func (a avp) placeholders(text string) (found []placeholder) {
	if a.ignore {
		return nil
	}
	closing := -1 // where the next > stands
	for at := 0; len(found) < mostReferences; {
		i := strings.IndexByte(text[at:], '<')
		if i < 0 {
			return found
		}
		start := at + i
		if closing < start {
			n := strings.IndexByte(text[start:], '>')
			if n < 0 {
				return found
			}
			closing = start + n
		}
		p, ok := pathPlaceholder(text[start:min(len(text), start+longestPlaceholder)])
		if !ok && a.path != "" && closing-start < longestPlaceholder {
			p, ok = keyPlaceholder(text[start : closing+1])
		}
		if !ok {
			at = start + 1
			continue
		}
		p.start, p.end = start, start+p.end
		found = append(found, p)
		at = p.end
	}
	return found
}

// pathPlaceholder reads a placeholder at the beginning of a text, as the expression of
// the plugin does: neither path, key nor version has a #, and the first > after the key
// ends it.
func pathPlaceholder(text string) (placeholder, bool) {
	rest, ok := strings.CutPrefix(text, "<path:")
	if !ok {
		return placeholder{}, false
	}
	path, rest, ok := strings.Cut(rest, "#")
	if !ok || path == "" || strings.Contains(path, "\n") || rest == "" {
		return placeholder{}, false
	}
	end := strings.IndexByte(rest[1:], '>')
	if end++; end == 0 {
		return placeholder{}, false
	}
	inner := rest[:end]
	if key, version, versioned := strings.Cut(inner, "#"); versioned && (key == "" || version == "" || strings.Contains(version, "#")) {
		return placeholder{}, false
	}
	parts := strings.Split(inner, "|")
	p := placeholder{path: path, end: len(text) - len(rest) + end + 1, modifiers: parts[1:]}
	p.key, p.version, _ = strings.Cut(strings.TrimSpace(parts[0]), "#")
	p.key, p.version = strings.TrimSpace(p.key), strings.TrimSpace(p.version)
	return p, true
}

// keyPlaceholder reads a placeholder without a path: a text from < to >.
func keyPlaceholder(text string) (placeholder, bool) {
	if strings.Contains(text, "\n") {
		return placeholder{}, false
	}
	parts := strings.Split(text[1:len(text)-1], "|")
	return placeholder{key: strings.TrimSpace(parts[0]), end: len(text), modifiers: parts[1:]}, true
}

// reference is what a placeholder names.
func (a avp) reference(p placeholder) (Reference, bool) {
	r := Reference{Dialect: AVP, Key: p.key, Version: p.version}
	path := p.path
	if path == "" {
		path, r.Version = a.path, a.version
	}
	r.readAt(path)
	switch {
	case a.kv == "1":
		r.Engine, r.Mount, r.Path = KV1, "", trimSlashes(path)
	case r.Engine == "":
		r.Backend = "" // the plugin has other backends, and they are told to Argo CD
	}
	return r, p.key != ""
}

// avp judges what the plugin would find in an object.
func (j *judge) avp() {
	a := avpOf(j.doc)
	if a.ignore {
		return
	}
	if n := a.annotations.Get(avpPrefix + "remove-missing"); isSet(n) && j.doc.Object.Kind != "Secret" && j.doc.Object.Kind != "ConfigMap" {
		j.report(onRemoveMissing, n, "remove-missing is for Secrets and ConfigMaps alone, and the plugin stops at this %s", j.doc.Object.Kind)
	}
	if n := a.annotations.Get(avpPrefix + "kv-version"); n != nil && a.kv != "1" && a.kv != "2" && !isHole(a.kv) {
		j.report(onKVVersion, n, "kv-version is 1 or 2")
	}
	j.avpPath(a, a.annotations.Get(avpPrefix+"path"), a.path)
	uses := a.present()
	var bare []*manifest.Node
	inlineTexts(j.doc, func(t inlineText) {
		found := a.placeholders(t.text)
		for _, p := range found {
			uses = uses || p.path != ""
			j.placeholder(a, t, p)
		}
		switch {
		case len(found) == 0 && isKeyPlaceholder(t.text):
			bare = append(bare, t.node)
		case brokenPlaceholder(t.text, found):
			j.report(onPlaceholder, t.node, "a placeholder begins here that the plugin does not read, so that it is shipped as it stands: it is <path:PATH#KEY>")
		}
	})
	if !uses || a.path != "" {
		return
	}
	for _, n := range bare {
		j.report(onKeyOnly, n, "the placeholder has no path and the object no annotation %spath, so that it is shipped as it stands", avpPrefix)
	}
}

// isKeyPlaceholder tells a text that is <KEY> and nothing else.
func isKeyPlaceholder(text string) bool {
	inner, ok := strings.CutPrefix(strings.TrimSpace(text), "<")
	inner, closed := strings.CutSuffix(inner, ">")
	inner, _, _ = strings.Cut(inner, "|")
	return ok && closed && isDataKey(strings.TrimSpace(inner))
}

// brokenPlaceholder tells a text in which <path: stands outside of all placeholders, and
// a path behind it.
func brokenPlaceholder(text string, found []placeholder) bool {
	const mark = "<path:"
	for at := 0; ; {
		i := strings.Index(text[at:], mark)
		if i < 0 {
			return false
		}
		at += i
		for len(found) > 0 && found[0].end <= at {
			found = found[1:]
		}
		inside := len(found) > 0 && found[0].start <= at
		at += len(mark)
		if rest := text[at:]; !inside && rest != "" && (isAlnum(rest[0]) || rest[0] == '/') && strings.Contains(firstWord(rest), "/") {
			return true
		}
	}
}

func firstWord(text string) string {
	text = text[:min(len(text), longestPlaceholder)]
	if i := strings.IndexAny(text, " \t\n\"'>"); i >= 0 {
		return text[:i]
	}
	return text
}

// avpPath judges a path against the version of the engine that the object tells.
func (j *judge) avpPath(a avp, n *manifest.Node, path string) {
	_, _, v2 := splitData(path)
	switch {
	case path == "" || isHole(path):
	case a.kv == "2" && !v2:
		j.report(onDataMissing, n, "the object says that the engine is KV version 2, and the path has no data/ segment behind the mount")
	case a.kv == "1" && v2:
		j.report(onDataExtra, n, "the object says that the engine is KV version 1, and the path has a data/ segment")
	}
}

func (j *judge) placeholder(a avp, t inlineText, p placeholder) {
	report := func(g ground, format string, args ...any) {
		j.add(t.mark(fault(g, t.node, format, args...), p.start, p.end))
	}
	for _, m := range p.modifiers {
		words := strings.Fields(m)
		if len(words) == 0 {
			report(onModifier, "there is nothing behind a |, where the plugin wants a modifier")
			continue
		}
		takes, known := avpModifiers[words[0]]
		switch {
		case !known:
			report(onModifier, "the plugin has no modifier of this name%s", meant(words[0], modifierNames()))
		case takes >= 0 && len(words)-1 != takes, takes < 0 && len(words) == 1:
			report(onModifierArguments, "the modifier %s takes %s", words[0], arguments(takes))
		case words[0] == "indent" && !isNumber(words[1]):
			report(onModifierArguments, "the modifier indent takes a number")
		}
	}
	if p.path == "" {
		return
	}
	before := len(j.list)
	j.avpPath(a, t.node, p.path)
	for i := before; i < len(j.list); i++ {
		j.list[i] = t.mark(j.list[i], p.start, p.end)
	}
	if _, _, v2 := splitData(p.path); v2 && p.version != "" && !isDigits(p.version) && !isHole(p.version) {
		report(onAVPVersion, "the path is one of KV version 2 of Vault, whose versions are whole numbers")
	}
}

func modifierNames() []string {
	out := make([]string, 0, len(avpModifiers))
	for name := range avpModifiers {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func isNumber(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}

func arguments(n int) string {
	switch n {
	case 0:
		return "no argument"
	case 1:
		return "one argument"
	}
	return "an argument"
}
