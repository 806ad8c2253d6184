package reference

import (
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// The Secrets Store CSI driver, and its provider for Vault: vault-csi-provider,
// internal/config/config.go.

const (
	groupCSI          = "secrets-store.csi.x-k8s.io"
	kindProviderClass = "SecretProviderClass"
	driverCSI         = "secrets-store.csi.k8s.io"
)

// providerClass is what a SecretProviderClass says.
type providerClass struct {
	provider   string
	parameters *manifest.Node
	// text is the field objects, whose text is YAML of its own.
	text    *manifest.Node
	objects []classObject
	// broken says why the text cannot be read, or "".
	broken string
}

// classObject is one file that the driver writes.
type classObject struct {
	name, path, key, version, method string
	line                             int // in the text, from 1
}

// limitsOfText bound a text inside a document.
func limitsOfText() manifest.Limits {
	limits := manifest.DefaultLimits()
	limits.FileBytes, limits.Nodes, limits.Depth, limits.Documents = 1<<20, 100_000, 50, 1
	return limits
}

func providerClassOf(d *manifest.Document) *providerClass {
	if d.Object.Kind != kindProviderClass || d.Object.Group() != groupCSI {
		return nil
	}
	spec := d.Root.Get("spec")
	p := &providerClass{provider: spec.Get("provider").Str(), parameters: spec.Get("parameters")}
	p.text = p.parameters.Get("objects")
	if p.text == nil || p.text.Kind != manifest.String || isHole(p.text.Text) {
		return p
	}
	f := manifest.Read("objects.yaml", []byte(p.text.Text), limitsOfText())
	if len(f.Broken) > 0 || len(f.Documents) == 0 {
		p.broken = "it cannot be read as YAML"
		if len(f.Broken) > 0 && f.Broken[0].At.Line > 0 {
			p.broken = "line " + strconv.Itoa(int(f.Broken[0].At.Line)) + " of it cannot be read as YAML"
		}
		return p
	}
	root := f.Documents[0].Root
	if array := root.Get("array"); array != nil {
		p.array(array)
		return p
	}
	if root.Kind != manifest.List {
		p.broken = "it is a " + root.Kind.String()
		return p
	}
	for i := range root.Items {
		p.object(&root.Items[i])
	}
	return p
}

// array reads the form of other providers, and of this one before 2021: a list of texts,
// each of which is YAML.
func (p *providerClass) array(list *manifest.Node) {
	for i := range items(list) {
		item := &list.Items[i]
		if item.Kind == manifest.Map {
			p.object(item)
			continue
		}
		f := manifest.Read("object.yaml", []byte(item.Str()), limitsOfText())
		if len(f.Documents) == 1 && len(f.Broken) == 0 {
			p.object(f.Documents[0].Root)
		}
	}
}

func (p *providerClass) object(n *manifest.Node) {
	o := classObject{name: n.Get("objectName").Str(), path: or(n.Get("secretPath").Str(), n.Get("objectPath").Str()), key: n.Get("secretKey").Str(),
		version: scalar(n.Get("objectVersion")), method: n.Get("method").Str(), line: int(n.At.Line)}
	if version := n.Lookup("secretArgs", "version"); version != nil {
		o.version = scalar(version)
	}
	p.objects = append(p.objects, o)
}

func (p *providerClass) isVault() bool { return p.provider == "vault" || p.provider == "openbao" }

// csi adds the references of a SecretProviderClass of Vault.
func (c *collector) csi() {
	p := providerClassOf(c.doc)
	if p == nil || !p.isVault() {
		return
	}
	if p.text == nil {
		return
	}
	targets, lines := p.targets(c.doc), lineSpans(p.text.Text)
	for _, o := range p.objects {
		if o.path == "" {
			continue
		}
		get := func(key string) string { return p.parameters.Get(key).Str() }
		r := Reference{Dialect: CSI, Address: get("vaultAddress"), VaultNamespace: get("vaultNamespace"), Key: o.key, Version: o.version,
			Auth: Auth{Method: "kubernetes", Mount: or(get("vaultAuthMountPath"), get("vaultKubernetesMountPath")), Role: get("roleName")}}
		r.readAt(o.path)
		if o.method != "" && o.method != "GET" && r.Engine == "" {
			r.Engine = Dynamic
		}
		r.whole(p.text)
		r.Start, r.End = o.span(lines)
		r.Produces = targets[o.name]
		c.add(r)
	}
}

// lineSpans are where the lines of a text stand.
func lineSpans(text string) (found [][2]int) {
	at := 0
	for line := range strings.Lines(text) {
		found = append(found, [2]int{at, at + len(strings.TrimSuffix(line, "\n"))})
		at += len(line)
	}
	return found
}

// span is where the line of an object stands, or the whole text where it is not known.
func (o classObject) span(lines [][2]int) (start, end int) {
	if o.line < 1 || o.line > len(lines) {
		return 0, 0
	}
	return lines[o.line-1][0], lines[o.line-1][1]
}

// targets are the keys of Secrets that the driver makes of objects, by their names.
func (p *providerClass) targets(d *manifest.Document) map[string]Target {
	out := map[string]Target{}
	list := d.Root.Lookup("spec", "secretObjects")
	for i := range items(list) {
		data := list.Items[i].Get("data")
		for k := range items(data) {
			out[data.Items[k].Get("objectName").Str()] = Target{d.Object.Namespace, list.Items[i].Get("secretName").Str(), data.Items[k].Get("key").Str()}
		}
	}
	return out
}

// csi judges a SecretProviderClass.
func (j *judge) csi() {
	p := providerClassOf(j.doc)
	if p == nil {
		return
	}
	if n := p.parameters.Get("secretObjects"); n != nil {
		j.report(onSecretObjects, n, "secretObjects stands in parameters, where nothing reads it")
	}
	if !p.isVault() {
		return
	}
	if p.broken != "" {
		j.report(onObjects, p.text, "objects is a text that holds a list in YAML, and %s", p.broken)
		return
	}
	if p.text == nil || p.text.Kind != manifest.String {
		if p.parameters != nil && p.parameters.Get("roleName") != nil {
			j.report(onObjects, p.parameters, "objects is no text with a list in YAML, so that nothing is read")
		}
		return
	}
	if p.parameters.Get("roleName") == nil {
		j.report(onRoleName, p.parameters, "roleName is missing, without which the provider does not log in to Vault")
	}
	j.classObjects(p)
}

// classObjects judges the list inside the text.
func (j *judge) classObjects(p *providerClass) {
	known := map[string]bool{}
	var all []string
	lines := lineSpans(p.text.Text)
	for _, o := range p.objects {
		start, end := o.span(lines)
		at := func(f Fault) {
			f.Start, f.End = start, end
			j.add(f)
		}
		switch {
		case o.name == "":
			at(fault(onObjectField, p.text, "the object in line %d of objects has no objectName", o.line))
		case known[o.name]:
			at(fault(onObjectTwice, p.text, "the objectName %s stands twice in objects, and names one file", o.name))
		}
		if o.path == "" {
			at(fault(onObjectField, p.text, "the object in line %d of objects has no secretPath", o.line))
		}
		known[o.name] = true
		all = append(all, o.name)
	}
	if isHole(p.text.Text) {
		return
	}
	list := j.doc.Root.Lookup("spec", "secretObjects")
	for i := range items(list) {
		data := list.Items[i].Get("data")
		for k := range items(data) {
			n := data.Items[k].Get("objectName")
			if n.Str() != "" && !known[n.Text] && !isHole(n.Text) {
				j.report(onObjectUnknown, n, "objects has no objectName %s%s", n.Text, meant(n.Text, all))
			}
		}
	}
}

// mounted adds the SecretProviderClasses that a pod mounts, as references without a path.
func (c *collector) mounted(p *pod) {
	for _, n := range mountedClasses(p) {
		r := Reference{Dialect: CSI, Store: StoreName{kindProviderClass, c.doc.Object.Namespace, n.Text}}
		r.whole(n)
		c.add(r)
	}
}

// mountedClasses are the names of SecretProviderClasses that a pod mounts.
func mountedClasses(p *pod) (found []*manifest.Node) {
	volumes := p.spec.Get("volumes")
	for i := range items(volumes) {
		csi := volumes.Items[i].Get("csi")
		if n := csi.Lookup("volumeAttributes", "secretProviderClass"); csi.Get("driver").Str() == driverCSI && n.Str() != "" {
			found = append(found, n)
		}
	}
	return found
}
