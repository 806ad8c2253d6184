package reference

import (
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// eso judges an object of External Secrets. What its webhook and its definitions refuse
// is certain.
func (j *judge) eso() {
	switch j.doc.Object.Kind {
	case kindSecretStore, kindClusterStore:
		j.secretStore()
	}
	if e := externalSecretOf(j.doc); e != nil {
		j.externalSecret(e)
	}
	if p := pushSecretOf(j.doc); p != nil {
		j.pushSecret(p)
	}
}

func (j *judge) externalSecret(e *externalSecret) {
	target := e.spec.Get("target")
	j.policies(target)
	j.interval(e.spec.Get("refreshInterval"))
	j.oneOf(onESOValue, e.spec.Get("refreshPolicy"), "CreatedOnce", "Periodic", "OnChange")
	data, from := e.spec.Get("data"), e.spec.Get("dataFrom")
	if len(items(data)) == 0 && len(items(from)) == 0 && e.spec.Get("secretStoreRef") != nil && target != nil {
		j.report(onEmpty, e.spec, "neither data nor dataFrom says what is fetched")
	}
	j.store(e, data, from)
	j.data(data)
	for i := range items(from) {
		j.dataFrom(&from.Items[i])
	}
	j.secretTemplate(target.Get("template"), e)
}

// store judges an ExternalSecret that names no store where one is needed. A patch may
// leave out what stands in its base, but does not have all the rest.
func (j *judge) store(e *externalSecret, data, from *manifest.Node) {
	if e.spec.Get("secretStoreRef") != nil || e.spec.Get("target") == nil || e.spec.Get("refreshInterval") == nil {
		return
	}
	for _, list := range [...]*manifest.Node{data, from} {
		for i := range items(list) {
			if list.Items[i].Kind == manifest.Map && list.Items[i].Get("sourceRef") == nil {
				j.report(onNoStore, e.spec, "no store is named: secretStoreRef is missing")
				return
			}
		}
	}
}

// data judges the entries that fetch one value each.
func (j *judge) data(data *manifest.Node) {
	seen := map[string]bool{}
	for i := range items(data) {
		entry := &data.Items[i]
		key := entry.Get("secretKey")
		ref := entry.Get("remoteRef")
		switch {
		case key == nil && ref != nil && !j.doc.Templated:
			j.report(onSecretKey, entry, "the entry has no secretKey, so that nothing says under which key the value goes")
		case key.Str() == "" || isHole(key.Text):
		case !isDataKey(key.Text):
			j.report(onSecretKey, key, "a Secret cannot have this key: letters, digits, -, _ and . are all that it may have")
		case seen[key.Text]:
			j.report(onSecretKeyTwice, key, "the key %s stands twice, so that one of the two values is lost", key.Text)
		default:
			seen[key.Text] = true
		}
		j.remoteKey(entry, ref)
		j.remoteRef(ref)
	}
}

// remoteKey judges what an entry fetches.
func (j *judge) remoteKey(entry, ref *manifest.Node) {
	if entry.Lookup("sourceRef", "generatorRef") != nil {
		return
	}
	key := ref.Get("key")
	switch {
	case ref == nil && entry.Get("secretKey") != nil:
		j.report(onRemoteKey, entry, "the entry has no remoteRef, so that nothing says what is fetched")
	case ref == nil:
	case key != nil && key.Kind != manifest.String && key.Kind != manifest.Null:
		j.report(onRemoteKey, key, "key is read as a %s, and must be a text; put it in quotes", key.Kind)
	case key.Str() == "":
		j.report(onRemoteKey, ref, "remoteRef has no key, so that nothing says what is fetched")
	}
}

func (j *judge) remoteRef(ref *manifest.Node) {
	j.oneOf(onESOValue, ref.Get("metadataPolicy"), "None", "Fetch")
	j.oneOf(onESOValue, ref.Get("conversionStrategy"), "Default", "Unicode")
	j.oneOf(onESOValue, ref.Get("decodingStrategy"), "Auto", "Base64", "Base64URL", "None")
	if v := ref.Get("version"); v != nil && v.Kind == manifest.Number {
		j.report(onESOValue, v, "version is a text; put it in quotes")
	}
}

// dataFrom judges an entry that fetches many values.
func (j *judge) dataFrom(entry *manifest.Node) {
	if entry.Kind != manifest.Map || entry.Get("key") != nil {
		return // v1alpha1
	}
	source := entry.Get("sourceRef")
	ways := 0
	for _, n := range [...]*manifest.Node{entry.Get("extract"), entry.Get("find"), source.Get("generatorRef")} {
		if n != nil {
			ways++
		}
	}
	switch {
	case ways > 1:
		j.report(onDataFrom, entry, "of extract, find and sourceRef.generatorRef only one may be given")
	case ways == 0 && source == nil:
		j.report(onDataFrom, entry, "nothing says what is fetched: extract, find or sourceRef is missing")
	case source != nil && source.Get("storeRef") == nil && source.Get("generatorRef") == nil:
		j.report(onDataFrom, source, "sourceRef names neither a storeRef nor a generatorRef")
	}
	j.remoteRef(entry.Get("extract"))
	j.expression(entry.Lookup("find", "name", "regexp"))
	for i := range items(entry.Get("rewrite")) {
		step := &entry.Get("rewrite").Items[i]
		j.expression(step.Lookup("regexp", "source"))
		j.rewriteTarget(step.Lookup("regexp", "target"))
		if t := step.Lookup("transform", "template"); t.Str() != "" {
			j.template(t, "{{", "}}")
		}
	}
}

// rewriteTarget judges $1_x: Go reads the longest name, so that this is the group
// "1_x", which is empty (regexp.Expand).
func (j *judge) rewriteTarget(n *manifest.Node) {
	text := n.Str()
	for i := 0; i+2 < len(text); i++ {
		if text[i] != '$' || text[i+1] < '0' || text[i+1] > '9' {
			continue
		}
		end := i + 1
		for end < len(text) && isWordByte(text[end]) {
			end++
		}
		if name := text[i+1 : end]; !isDigits(name) {
			rest := strings.TrimLeft(name, "0123456789")
			j.report(onRewriteGroup, n, "$%s is read as the group %s, which there is not; write ${%s}%s", name, name, strings.TrimSuffix(name, rest), rest)
			return
		}
	}
}

// policies judges what becomes of the Secret.
func (j *judge) policies(target *manifest.Node) {
	creation, deletion := target.Get("creationPolicy"), target.Get("deletionPolicy")
	j.oneOf(onESOValue, creation, "Owner", "Orphan", "Merge", "None")
	j.oneOf(onESOValue, deletion, "Delete", "Merge", "Retain")
	switch {
	case deletion.Str() == "Delete" && (creation.Str() == "Merge" || creation.Str() == "None"):
		j.report(onPolicies, deletion, "deletionPolicy Delete needs a Secret of its own, and creationPolicy is %s", creation.Text)
	case deletion.Str() == "Merge" && creation.Str() == "None":
		j.report(onPolicies, deletion, "with creationPolicy None there is no Secret to merge with")
	}
}

// interval judges a duration of Go.
func (j *judge) interval(n *manifest.Node) {
	if n == nil || n.Kind != manifest.String || isHole(n.Text) {
		return
	}
	if _, err := time.ParseDuration(n.Text); err != nil {
		j.report(onInterval, n, "this is no duration of Go: numbers with ns, us, ms, s, m or h behind them, such as 1h30m")
	}
}

// secretTemplate judges the template of a Secret, and the keys that it uses of what is
// fetched. e is nil where those are not known.
func (j *judge) secretTemplate(t *manifest.Node, e *externalSecret) {
	if t == nil {
		return
	}
	j.oneOf(onESOValue, t.Get("mergePolicy"), "Replace", "Merge")
	j.oneOf(onESOValue, t.Get("engineVersion"), "v1", "v2")
	var known []string
	if e != nil {
		known = e.keysOf()
	}
	judgeOne := func(n *manifest.Node) {
		if n.Str() == "" {
			return
		}
		parsed := j.template(n, "{{", "}}")
		if parsed.fault == "" && len(known) > 0 {
			j.templateKeys(n, parsed, known)
		}
	}
	for _, of := range [...]*manifest.Node{t.Get("data"), t.Lookup("metadata", "annotations"), t.Lookup("metadata", "labels")} {
		for i := range fields(of) {
			judgeOne(&of.Items[i])
		}
	}
	from := t.Get("templateFrom")
	for i := range items(from) {
		if e != nil && e.isSecret() {
			j.oneOf(onESOValue, from.Items[i].Get("target"), "Data", "Annotations", "Labels")
		}
		judgeOne(from.Items[i].Get("literal"))
	}
}

// templateKeys judges the keys that a template takes. One that is not there is an error
// of the operator ("referencing a non-existing key in the template will raise an
// error", its guide on templating).
func (j *judge) templateKeys(n *manifest.Node, t goTemplate, known []string) {
	if j.doc.Templated || slices.ContainsFunc(t.fields, isHelmField) {
		return
	}
	said := map[string]bool{}
	for _, key := range t.fields {
		if said[key] || slices.ContainsFunc(known, func(k string) bool { return matches(k, key) }) {
			continue
		}
		said[key] = true
		j.report(onTemplateKey, n, "the template takes %s, and nothing of that name is fetched%s", key, meant(key, exact(known)))
	}
}

// exact returns the patterns that stand for one text.
func exact(patterns []string) []string {
	return slices.DeleteFunc(slices.Clone(patterns), func(p string) bool { return strings.Contains(p, "*") })
}

// isHelmField tells the fields that Helm hands to its templates: such a one is filled in
// before the operator sees it.
func isHelmField(name string) bool {
	switch name {
	case "Values", "Release", "Chart", "Files", "Capabilities", "Template":
		return true
	}
	return false
}

// pushSecret judges a PushSecret.
func (j *judge) pushSecret(p *pushSecret) {
	j.interval(p.spec.Get("refreshInterval"))
	j.oneOf(onESOValue, p.spec.Get("updatePolicy"), "Replace", "IfNotExists")
	j.oneOf(onESOValue, p.spec.Get("deletionPolicy"), "Delete", "None")
	seen := map[[2]string]bool{}
	data := p.spec.Get("data")
	for i := range items(data) {
		ref := data.Items[i].Lookup("match", "remoteRef")
		n := ref.Get("remoteKey")
		if n.Str() == "" {
			if ref != nil {
				j.report(onRemoteKey, ref, "remoteRef has no remoteKey, so that nothing says where the value goes")
			}
			continue
		}
		where := [2]string{n.Text, ref.Get("property").Str()}
		if seen[where] && !isHole(n.Text) {
			j.report(onPushTwice, n, "two values are pushed to the same place, so that one of them is lost")
		}
		seen[where] = true
	}
	j.secretTemplate(p.spec.Get("template"), nil)
}
