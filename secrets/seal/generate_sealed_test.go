package seal

import (
	"fmt"
	"slices"
	"strings"
)

// sealedObject is one generated SealedSecret.
type sealedObject struct {
	name, namespace string
	scope           Scope
	keys            []string
	values          map[string]string
}

func (o sealedObject) label() string { return identity{o.name, o.namespace, o.scope}.label() }

func (o sealedObject) selector() Selector { return Selector{Namespace: o.namespace, Name: o.name} }

// sealedFile writes a YAML file with SealedSecrets as people write and merge them by
// hand, between other documents.
func (g *generator) sealedFile() (string, []sealedObject) {
	var docs []string
	var objects []sealedObject
	for range 1 + g.IntN(3) {
		if g.chance(25) {
			docs = append(docs, g.other())
		}
		text, o := g.sealedSecret()
		objects = append(objects, o)
		if g.chance(25) {
			text = asItem(text, g.pick("", "  "))
		}
		docs = append(docs, text)
	}
	text := g.pick("", "# A file.\n", "---\n") + strings.Join(docs, g.pick("---\n", "--- # next\n"))
	if g.chance(20) {
		text = strings.TrimRight(text, "\n")
	}
	if g.chance(25) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if g.chance(10) {
		text = "\uFEFF" + text
	}
	return text, objects
}

// asItem makes an object the item of a List.
func asItem(text, indent string) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: List\nitems:\n" + indent + "- apiVersion: v1\n" + indent + "  kind: ConfigMap\n" + indent + "  metadata: {name: x}\n")
	for i, line := range strings.SplitAfter(text, "\n") {
		switch {
		case line == "" || line == "\n":
			b.WriteString(line)
		case i == 0:
			b.WriteString(indent + "- " + line)
		default:
			b.WriteString(indent + "  " + line)
		}
	}
	return b.String()
}

// drawSealed draws what a SealedSecret is.
func (g *generator) drawSealed() sealedObject {
	g.next++
	o := sealedObject{name: fmt.Sprintf("sealed-%d", g.next), namespace: g.pick("production", "n1", "a-b"),
		scope: []Scope{Strict, Strict, NamespaceWide, ClusterWide}[g.IntN(4)], values: map[string]string{}}
	for range g.IntN(4) + 1 {
		g.next++
		key := g.pick("password", "tls.crt", "API_KEY", "a-b") + fmt.Sprint(g.next)
		o.keys, o.values[key] = append(o.keys, key), g.pick("hunter2", "", "two\nlines\n", "\x00\x01\xff", "é😀")
	}
	if g.chance(60) {
		slices.Sort(o.keys)
	}
	return o
}

// sealedSecret writes one SealedSecret in block style.
func (g *generator) sealedSecret() (string, sealedObject) {
	o := g.drawSealed()
	unit := g.pick("  ", "  ", "    ", " ")
	annotations := ""
	if a := o.scope.annotation(); a != "" {
		annotations += unit + unit + a + ": \"true\"\n"
	}
	if g.chance(50) {
		annotations += unit + unit + "gatehouse.dev/sealed-with: " + g.pick(`"`+theKeys().certificate.Fingerprint+`"`, otherKeys().certificate.Fingerprint) + g.behind() + "\n"
	}
	meta := []string{unit + "name: " + o.name + g.behind() + "\n", unit + "namespace: " + g.pick(o.namespace, `"`+o.namespace+`"`) + "\n"}
	if annotations != "" {
		meta = append(meta, unit+"annotations:"+g.behind()+"\n"+annotations)
	}
	g.Shuffle(len(meta), func(i, j int) { meta[i], meta[j] = meta[j], meta[i] })
	metadata := "metadata:" + g.behind() + "\n" + strings.Join(meta, "")
	spec := []string{g.encryptedData(o, unit)}
	if template := g.sealedTemplate(o, unit); template != "" {
		spec = append(spec, template)
	}
	g.Shuffle(len(spec), func(i, j int) { spec[i], spec[j] = spec[j], spec[i] })
	fields := []string{metadata, "spec:" + g.behind() + "\n" + strings.Join(spec, "")}
	if g.chance(30) {
		fields[0], fields[1] = fields[1], fields[0]
	}
	return "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret" + g.behind() + "\n" + fields[0] + g.above("") + fields[1], o
}

func (g *generator) sealedTemplate(o sealedObject, unit string) string {
	two := unit + unit
	switch {
	case o.scope.annotation() != "" && g.chance(50):
		return unit + "template:\n" + two + "metadata:\n" + two + unit + "annotations:\n" + two + two + o.scope.annotation() + ": \"true\"\n"
	case g.chance(50):
		return unit + "template:" + g.behind() + "\n" + two + "type: Opaque\n" + g.above(two)
	}
	return ""
}

// encryptedData writes the sealed values.
func (g *generator) encryptedData(o sealedObject, unit string) string {
	seal := func(key string) string { return must(encrypt(theKeys().certificate, o.label(), []byte(o.values[key]))) }
	two := unit + unit
	quote := g.pick("", "", `"`, "'")
	if g.chance(20) {
		var fields []string
		for _, key := range o.keys {
			fields = append(fields, quote+key+quote+": "+quote+seal(key)+quote)
		}
		if g.chance(50) {
			return unit + "encryptedData: {" + strings.Join(fields, ", ") + "}" + g.behind() + "\n"
		}
		text := unit + "encryptedData: {" + g.behind() + "\n"
		for i, f := range fields {
			comma := ","
			if i+1 == len(fields) && g.chance(50) {
				comma = ""
			}
			text += two + f + comma + g.behind() + "\n"
		}
		return text + unit + "}" + g.behind() + "\n"
	}
	text := unit + "encryptedData:" + g.behind() + "\n"
	for _, key := range o.keys {
		text += g.above(two) + two + quote + key + quote + ":" + g.pick(" ", "  ")
		switch g.IntN(8) {
		case 0:
			text += g.pick("|", "|-", ">-") + g.behind() + "\n" + two + unit + seal(key) + "\n"
		case 1:
			text += "\n" + two + unit + quote + seal(key) + quote + g.behind() + "\n"
		default:
			text += quote + seal(key) + quote + g.behind() + "\n"
		}
	}
	if g.chance(20) {
		text += two + g.comment() + "\n"
	}
	return text
}

// sealedJSON writes one SealedSecret as JSON.
func (g *generator) sealedJSON() (string, []sealedObject) {
	o := g.drawSealed()
	seal := func(key string) string { return must(encrypt(theKeys().certificate, o.label(), []byte(o.values[key]))) }
	annotations := ""
	if a := o.scope.annotation(); a != "" {
		annotations = fmt.Sprintf(`, "annotations": {%q: "true"}`, a)
	}
	var fields []string
	for _, key := range o.keys {
		fields = append(fields, fmt.Sprintf("%q: %q", key, seal(key)))
	}
	data := "{" + strings.Join(fields, ", ") + "}"
	if indent := g.pick("  ", "\t", "    "); g.chance(60) {
		data = "{\n" + indent + indent + indent + strings.Join(fields, ",\n"+indent+indent+indent) + "\n" + indent + indent + "}"
	}
	return fmt.Sprintf("{\n  \"apiVersion\": \"bitnami.com/v1alpha1\",\n  \"kind\": \"SealedSecret\",\n  \"metadata\": {\"name\": %q, \"namespace\": %q%s},\n  \"spec\": {\n    \"encryptedData\": %s\n  }\n}", o.name, o.namespace, annotations, data) + g.pick("", "\n"), []sealedObject{o}
}
