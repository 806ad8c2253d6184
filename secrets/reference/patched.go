package reference

import (
	"regexp"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// patches adds the Secrets to which patches of kustomize may add keys: those that a patch
// names, itself or in its target. A patch in a file is not seen here.
func (m *maker) patches(list *manifest.Node) {
	for i := range items(list) {
		patch := &list.Items[i]
		text := or(patch.Get("patch").Str(), patch.Str())
		if text != "" && !touchesKeys.MatchString(text) {
			continue
		}
		target := patch.Get("target")
		kind, name := target.Get("kind").Str(), target.Get("name").Str()
		if target == nil {
			kind, name = firstMatch(patchedKind, text), firstMatch(patchedName, text)
		}
		m.patched(patch, kind, name)
	}
}

// replacements adds the Secrets to which replacements of kustomize may add keys.
func (m *maker) replacements(list *manifest.Node) {
	for i := range items(list) {
		targets := list.Items[i].Get("targets")
		for k := range items(targets) {
			selects := targets.Items[k].Get("select")
			m.patched(selects, selects.Get("kind").Str(), selects.Get("name").Str())
		}
	}
}

// patched adds a Secret that may have more keys than its object says. Names of targets are
// expressions; one that is no plain name may be any.
func (m *maker) patched(n *manifest.Node, kind, name string) {
	switch kind {
	case "Secret", "SealedSecret", "ExternalSecret", "VaultStaticSecret", "SecretProviderClass":
	default:
		return
	}
	if !isName(name) {
		name = "*"
	}
	m.add(n, Product{Name: name, Reach: Mentioned, Open: true})
}

var (
	touchesKeys = regexp.MustCompile(`\b(data|dataFrom|stringData|encryptedData|secretKey|secretObjects|template|transformation)\b`)
	patchedKind = regexp.MustCompile(`(?m)^kind:[ \t]*["']?([A-Za-z]+)`)
	patchedName = regexp.MustCompile(`(?m)^metadata:[^\n]*(?:\n[ \t]+[^\n]*)*?[{ \t]name:[ \t]*["']?([a-z0-9.-]+)`)
)

// firstMatch returns what the first group of an expression finds, or "".
func firstMatch(e *regexp.Regexp, text string) string {
	found := e.FindStringSubmatch(strings.ReplaceAll(text, "\r\n", "\n"))
	if found == nil {
		return ""
	}
	return found[1]
}
