package reference

import (
	"encoding/base64"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Three dialects write a reference into a value, wherever it stands: argocd-vault-plugin,
// bank-vaults and vals.

// inlineText is a text that may hold references, and where it stands.
type inlineText struct {
	node *manifest.Node
	text string
	// decoded tells that text is what the node holds in base64.
	decoded bool
	// env is the name of the environment variable whose value it is, or "".
	env string
	// produces is the key of a Secret whose value it is.
	produces Target
}

// looksInline is a quick test for the marks of the dialects.
func looksInline(text string) bool {
	return strings.Contains(text, "vault:") || strings.Contains(text, "ref+") || strings.Contains(text, "<") || strings.HasPrefix(text, "secrets")
}

// inlineTexts visits the texts of a document that may hold references.
func inlineTexts(d *manifest.Document, visit func(inlineText)) {
	isSecret := d.Object.Kind == "Secret" && d.Object.Group() == ""
	sops := d.Root.Get("sops")
	for i := range fields(d.Root) {
		top := &d.Root.Items[i]
		held := isSecret && (top.Key == "data" || top.Key == "stringData")
		if top == sops {
			continue
		}
		eachNamed(top, "", func(n *manifest.Node, env string) {
			t := inlineText{node: n, text: n.Text, env: env}
			if held {
				t.produces = Target{Namespace: d.Object.Namespace, Name: d.Object.Name, Key: n.Key}
			}
			if held && top.Key == "data" {
				if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(n.Text)); err == nil && len(plain) > 0 {
					t.text, t.decoded = string(plain), true
				}
			}
			if looksInline(t.text) || t.produces.Key == registryKey {
				visit(t)
			}
		})
	}
}

// eachNamed visits every string, with the name of the environment variable whose value
// it is.
func eachNamed(n *manifest.Node, env string, visit func(*manifest.Node, string)) {
	if n.Kind == manifest.String {
		if n.Key != "value" {
			env = ""
		}
		visit(n, env)
		return
	}
	name := ""
	if n.Kind == manifest.Map {
		name = n.Get("name").Str()
	}
	for i := range n.Items {
		eachNamed(&n.Items[i], name, visit)
	}
}

// span writes to r where it stands: from start to end of the text of t, or the whole
// node where that had to be decoded.
func (t inlineText) span(r *Reference, start, end int) {
	r.whole(t.node)
	if !t.decoded {
		r.Start, r.End = start, end
	}
	r.Produces = t.produces
}

// mark writes the same to a fault.
func (t inlineText) mark(f Fault, start, end int) Fault {
	if !t.decoded {
		f.Start, f.End = start, end
	}
	return f
}

// inline adds the references that stand inside values.
func (c *collector) inline() {
	avp := avpOf(c.doc)
	bank := bankAnnotations(c.doc)
	inlineTexts(c.doc, func(t inlineText) {
		for _, p := range avp.placeholders(t.text) {
			if r, ok := avp.reference(p); ok {
				t.span(&r, p.start, p.end)
				c.add(r)
			}
		}
		for _, b := range bankValues(t) {
			if r, ok := b.reference(); ok {
				t.span(&r, b.start, b.end)
				r.Address, r.Auth.Role = bank.address, bank.role
				c.add(r)
			}
		}
		for _, v := range valsValues(t.text, false) {
			r := v.reference()
			t.span(&r, v.start, v.end)
			c.add(r)
		}
		for _, b := range registryValues(t) {
			if r, ok := b.reference(); ok {
				t.decoded = true
				t.span(&r, 0, 0)
				c.add(r)
			}
		}
	})
}

// inline judges the references that stand inside values.
func (j *judge) inline() {
	bank := bankAnnotations(j.doc)
	inlineTexts(j.doc, func(t inlineText) {
		for _, b := range bankValues(t) {
			for _, f := range b.faults(t, bank.present) {
				j.add(t.mark(f, b.start, b.end))
			}
		}
		for _, v := range valsValues(t.text, false) {
			for _, f := range v.faults(t.node, j.options) {
				j.add(t.mark(f, v.start, v.end))
			}
		}
		for _, credentials := range registries(t) {
			if strings.Count(credentials, ":") != 3 {
				j.report(onRegistry, t.node, "the credentials of a registry are two references with a colon between them, vault:PATH#KEY:vault:PATH#KEY, and no other colon")
			}
		}
	})
}
