package seal

import (
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// reference is what is left of one Secret.
type reference struct {
	target VaultTarget
	secret *secret
	path   string
}

// external is an ExternalSecret. Its template is always written, since without one the
// operator copies all labels and annotations of the ExternalSecret to the Secret.
func (r reference) external() secretForm {
	data := list("data")
	for _, v := range r.secret.values {
		data.Items = append(data.Items, r.externalItem(v))
	}
	before := []manifest.Node{text("refreshInterval", r.target.refresh()), r.storeRef(), r.externalTarget()}
	return secretForm{
		apiVersion: "external-secrets.io/v1", kind: "ExternalSecret",
		metadata: r.secret.cleanMetadata(), spec: fields("spec", append(before, data)...),
		lines: func(b *blockWriter, rows []row) {
			b.line(0, "spec:")
			b.rowRemarks(rows)
			b.tree(1, before, place{})
			b.values(rows, "data", func(it item) {
				n := r.externalItem(*it.value)
				lines := blockItem(&n, b.column+2*b.unit, b.unit)
				lines[0] += it.trail
				b.lines = append(b.lines, lines...)
			})
		},
	}
}

// externalItem fetches one value.
func (r reference) externalItem(v value) manifest.Node {
	ref := fields("remoteRef", text("key", r.remoteKey()), text("property", v.key))
	if v.binary {
		ref.Items = append(ref.Items, text("decodingStrategy", "Base64"))
	}
	return fields("", text("secretKey", v.key), ref)
}

// remoteKey is the path as the store wants it. Without a mount in the store, the operator
// takes the first part for the mount and puts data behind it, unless it is there already
// (provider/vault/client_get.go, buildPath).
func (r reference) remoteKey() string {
	switch {
	case !r.target.KeyHasMount:
		return r.path
	case r.target.version() == 2 && strings.Contains(r.target.Mount, "/"):
		return r.target.Mount + "/data/" + r.path
	}
	return r.target.Mount + "/" + r.path
}

func (r reference) storeRef() manifest.Node {
	kind := r.target.StoreKind
	if kind == "" {
		kind = "SecretStore"
	}
	return fields("secretStoreRef", text("name", r.target.Store), text("kind", kind))
}

// externalTarget says what Secret comes out.
func (r reference) externalTarget() manifest.Node {
	template := fields("template", text("type", r.kind()))
	meta := fields("metadata")
	if labels := r.labels(); labels != nil {
		meta.Items = append(meta.Items, *labels)
	}
	if kept := r.secret.keptAnnotations(); len(kept.Items) > 0 {
		meta.Items = append(meta.Items, kept)
	}
	if len(meta.Items) > 0 {
		template.Items = append(template.Items, meta)
	}
	target := fields("target", text("name", r.secret.name), template)
	if n := r.secret.doc.Root.Get("immutable"); n != nil && n.Text == "true" {
		target.Items = append(target.Items, yes("immutable"))
	}
	return target
}

// kind is the type of the Secret.
func (r reference) kind() string {
	if kind := r.secret.doc.Root.Get("type").Str(); kind != "" {
		return kind
	}
	return typeOpaque
}

func (r reference) labels() *manifest.Node {
	if labels := r.secret.metadata().Get("labels"); labels != nil && len(labels.Items) > 0 {
		return labels
	}
	return nil
}

// static is a VaultStaticSecret. The operator fetches all keys of the path, and adds one
// with the whole answer of Vault if it is not told otherwise.
func (r reference) static() secretForm {
	spec := fields("spec")
	if r.target.Auth != "" {
		spec.Items = append(spec.Items, text("vaultAuthRef", r.target.Auth))
	}
	spec.Items = append(spec.Items, text("mount", r.target.Mount), text("type", fmt.Sprintf("kv-v%d", r.target.version())),
		text("path", r.path), text("refreshAfter", r.target.refresh()), r.destination())
	return secretForm{
		apiVersion: "secrets.hashicorp.com/v1beta1", kind: "VaultStaticSecret",
		metadata: r.secret.cleanMetadata(), spec: spec,
		lines: func(b *blockWriter, rows []row) {
			b.line(0, "spec:")
			b.rowRemarks(rows)
			b.valueRemarks(rows)
			b.tree(1, spec.Items, place{})
		},
	}
}

// destination says what Secret comes out.
func (r reference) destination() manifest.Node {
	to := fields("destination", text("name", r.secret.name), yes("create"), text("type", r.kind()))
	if labels := r.labels(); labels != nil {
		to.Items = append(to.Items, *labels)
	}
	if kept := r.secret.keptAnnotations(); len(kept.Items) > 0 {
		to.Items = append(to.Items, kept)
	}
	transformation, templates := fields("transformation", yes("excludeRaw")), fields("templates")
	for _, v := range r.secret.values {
		if v.binary {
			templates.Items = append(templates.Items, fields(v.key, text("text", fmt.Sprintf("{{ get .Secrets %q | b64dec }}", v.key))))
		}
	}
	if len(templates.Items) > 0 {
		transformation.Items = append(transformation.Items, templates)
	}
	to.Items = append(to.Items, transformation)
	return to
}

// placeholders is the Secret with placeholders of argocd-vault-plugin in the place of
// its values.
func (r reference) placeholders() manifest.Node {
	root := put(*r.secret.doc.Root, r.secret.cleanMetadata(), last, "metadata")
	annotate := func(name, value string) {
		root = put(root, text("", value), last, "metadata", "annotations", "avp.kubernetes.io/"+name)
	}
	api := r.target.Mount + "/" + r.path
	if r.target.version() == 2 {
		api = r.target.Mount + "/data/" + r.path
	}
	if r.target.Form == AnnotatedPlaceholder {
		annotate("path", api)
	}
	if r.target.version() == 1 {
		annotate("kv-version", "1")
	}
	for _, section := range []string{"data", "stringData"} {
		there, gone := map[string]manifest.Node{}, map[string]bool{}
		eachField(r.secret.doc.Root, []string{section}, func(n *manifest.Node) {
			if v := r.secret.valueOf(n); v != nil {
				there[n.Key] = text("", r.placeholder(section, v, api))
			} else {
				gone[n.Key] = true // the other section has the value of this key
			}
		})
		if len(there) > 0 {
			root = putAll(root, there, section)
		}
		root = takeAll(root, gone, section)
	}
	return root
}

// placeholder is what stands for one value. What Vault has in base64 is what data wants.
func (r reference) placeholder(section string, v *value, api string) string {
	inner := v.key
	if r.target.Form == PathPlaceholder {
		inner = "path:" + api + "#" + v.key
	}
	if section == "data" && !v.binary {
		inner += " | base64encode"
	}
	return "<" + inner + ">"
}
