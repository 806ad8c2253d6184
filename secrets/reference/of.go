package reference

import (
	"path"
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// mostReferences is how many references of one document are told.
const mostReferences = 20_000

// Of returns the references that stand in a document, in the order of its dialects. The
// document need be no object: values files have references, too.
func Of(d *manifest.Document) []Reference {
	c := &collector{doc: d}
	if isDefinition(d) {
		return nil
	}
	switch d.Object.Group() {
	case groupVSO:
		c.vso()
	case groupESO:
		c.eso()
	case groupGenerators:
		c.generator()
	case groupCSI:
		c.csi()
	}
	if p := podOf(d); p != nil {
		c.injector(p.annotations, p.serviceAccount())
		c.mounted(p)
		c.bankPod(p)
	}
	for _, annotations := range annotated(d) {
		c.injector(annotations, "")
	}
	c.sops()
	c.inline()
	for i := range c.list {
		c.list[i].Object, c.list[i].Document = d.Object, d.Index
		c.list[i].Address = withoutUser(c.list[i].Address)
	}
	locate(d.Root, places(c.list, func(r *Reference) *Place { return &r.Place }))
	return c.list
}

// isDefinition tells a document whose texts speak of references and are none.
func isDefinition(d *manifest.Document) bool { return d.Object.Kind == "CustomResourceDefinition" }

// collector gathers the references of one document.
type collector struct {
	doc  *manifest.Document
	list []Reference
}

func (c *collector) add(r Reference) {
	if len(c.list) < mostReferences {
		c.list = append(c.list, r)
	}
}

// Options say what is known besides a document. The zero value knows nothing.
type Options struct {
	// Addresses are the servers that may be asked, as URLs. None means that all may.
	Addresses []string
	// Backends are those of vals that may be used though what they give is kept nowhere:
	// "file", "envsubst", "httpjson", "exec", "echo".
	Backends []string
	// Paths say which paths are for which namespaces. A namespace that no rule names may
	// use all.
	Paths []PathRule
	// Known are stores that are kept outside the tree. An empty Namespace is any, an
	// empty Kind any.
	Known []StoreName
}

// PathRule allows paths to namespaces. Where several rules name a namespace, each adds
// its prefixes.
type PathRule struct {
	// Namespaces are names, or globs as in path.Match.
	Namespaces []string
	// Prefixes are beginnings of paths, with the mount and without data/; {namespace} in
	// them stands for the namespace. One ends at a slash, whether it is written or not.
	Prefixes []string
}

// names tells whether a rule is for a namespace.
func (r PathRule) names(namespace string) bool {
	for _, glob := range r.Namespaces {
		if ok, err := path.Match(glob, namespace); ok && err == nil {
			return true
		}
	}
	return false
}

// Faults judges the references and the stores of one document, by themselves. What other
// objects say is judged by Resolve and Locate.
func Faults(d *manifest.Document, o Options) []Fault {
	if isDefinition(d) {
		return nil
	}
	j := &judge{doc: d, options: o}
	switch d.Object.Group() {
	case groupVSO:
		j.vso()
	case groupESO:
		j.eso()
	case groupGenerators:
		j.generator()
	case groupCSI:
		j.csi()
	}
	if p := podOf(d); p != nil {
		j.injector(p)
		j.misplaced(p)
		j.bankPod(p)
	}
	for _, annotations := range annotated(d) {
		j.values(annotations)
	}
	j.avp()
	j.inline()
	for _, r := range Of(d) {
		j.list = append(j.list, r.shared()...)
		j.list = append(j.list, r.foreign(o)...)
		if r.Store == (StoreName{}) || r.Dialect == VSO {
			j.list = append(j.list, r.forbidden(o)...)
		}
	}
	for _, s := range StoresOf(d) {
		j.list = append(j.list, s.foreign(o)...)
	}
	if d.Templated {
		j.list = slices.DeleteFunc(j.list, func(f Fault) bool { return hangsOnBranches(f.Rule) })
	}
	j.list = j.list[:min(len(j.list), mostFaults)]
	for i := range j.list {
		j.list[i].Document = d.Index
	}
	locate(d.Root, places(j.list, func(f *Fault) *Place { return &f.Place }))
	return j.list
}

// hangsOnBranches tells the rules about what is missing, stands twice or stands beside
// something else. In a template that is read without its actions, all branches stand side
// by side, and what an action would write is missing.
func hangsOnBranches(rule string) bool {
	switch rule {
	case grounds[onEmpty].ID, grounds[onNoStore].ID, grounds[onSecretKeyTwice].ID, grounds[onRemoteKey].ID, grounds[onDataFrom].ID, grounds[onPolicies].ID,
		grounds[onPushTwice].ID, grounds[onProvider].ID, grounds[onField].ID, grounds[onAuth].ID, grounds[onExpiryOffset].ID, grounds[onMountTwice].ID,
		grounds[onRole].ID, grounds[onOrphan].ID, grounds[onOtherPath].ID, grounds[onObjectTwice].ID, grounds[onObjectField].ID, grounds[onObjectUnknown].ID,
		grounds[onRoleName].ID, grounds[onKeyOnly].ID:
		return true
	}
	return false
}

// judge gathers the faults of one document.
type judge struct {
	faults
	doc     *manifest.Document
	options Options
}

// template parses what stands at a node as a Go template, and tells where it does not.
func (j *judge) template(n *manifest.Node, left, right string) goTemplate {
	t := parseTemplate(n.Text, left, right)
	if t.fault != "" && !j.doc.Templated {
		j.report(onTemplate, n, "the Go template does not parse: %s", t.fault)
	}
	return t
}

// oneOf judges a value that is one of a few words. External Secrets adds to its words
// from one version to the next, so that there only a misspelling is certain.
func (j *judge) oneOf(g ground, n *manifest.Node, words ...string) {
	text := scalar(n)
	if n == nil || text == "" || isHole(text) {
		return
	}
	for _, word := range words {
		if text == word {
			return
		}
	}
	f := fault(g, n, "%s is none of %s", n.Key, list(words))
	f.Certain = g != onESOValue || nearest(text, words) != ""
	j.add(f)
}

// list writes words as people do.
func list(words []string) string {
	text := ""
	for i, word := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			text += " and "
		default:
			text += ", "
		}
		text += word
	}
	return text
}
