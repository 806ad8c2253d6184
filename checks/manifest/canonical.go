package manifest

import (
	"encoding/base64"
	"encoding/json"
	"slices"
)

// Canonical returns the one form of an object that every gate judges: what is
// written in a file and what the API server shows at admission become the same.
//
//   - what only the server sets is dropped: status, and of the metadata uid,
//     resourceVersion, generation, creationTimestamp, deletionTimestamp,
//     deletionGracePeriodSeconds, selfLink and managedFields, and a name that the
//     server made from generateName;
//   - the annotation kubectl.kubernetes.io/last-applied-configuration is dropped
//     (LastApplied returns it);
//   - the stringData of a Secret is merged into data, in base64;
//   - objects of built-in kinds are brought to the form that a typed round trip
//     gives: unknown fields, nulls and empty optional values dropped, quantities,
//     times and base64 in their normal spelling, and the defaults of the API
//     server filled in;
//   - of what admission plugins inject, exactly the projected service account
//     token volume kube-api-access-* and its mounts are dropped.
//
// The result shares nodes with root. Every node keeps its place in the source; a
// value that was filled in is placed at its nearest ancestor that is written.
func Canonical(root *Node) *Node {
	object := objectOf(root)
	if object.IsZero() {
		return root
	}
	out := *root
	out.Items = without(root.Items, "status")
	if meta := out.Get("metadata"); meta != nil && meta.Kind == Map {
		*meta = canonicalMeta(meta)
	}
	if object.Kind == "Secret" && object.APIVersion == "v1" {
		mergeStringData(&out)
	}
	if t := typeOf(object); t != nil {
		out = normalize(&out, t)
		applyDefaults(&out, object)
		stripTokenVolumes(&out)
	}
	return &out
}

// LastApplied returns the annotation in which kubectl apply keeps a copy of the
// whole manifest, or nil.
func LastApplied(root *Node) *Node {
	return root.Lookup("metadata", "annotations", lastApplied)
}

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// without returns fields less those named, in a slice of its own.
func without(fields []Node, names ...string) []Node {
	kept := make([]Node, 0, len(fields)+1)
next:
	for _, f := range fields {
		for _, name := range names {
			if f.Key == name {
				continue next
			}
		}
		kept = append(kept, f)
	}
	return kept
}

// serverSet are the metadata fields that the API server fills in
// (k8s.io/apimachinery/pkg/apis/meta/v1, ObjectMeta: "Read-only" and
// "Populated by the system").
var serverSet = []string{
	"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
	"deletionGracePeriodSeconds", "selfLink", "managedFields",
}

func canonicalMeta(meta *Node) Node {
	out := *meta
	out.Items = without(meta.Items, serverSet...)
	if name, prefix := meta.Get("name").Str(), meta.Get("generateName").Str(); prefix != "" && isGenerated(name, prefix) {
		out.Items = without(out.Items, "name")
	}
	annotations := out.Get("annotations")
	if annotations.Get(lastApplied) == nil {
		return out
	}
	kept := *annotations
	kept.Items = without(annotations.Items, lastApplied)
	if len(kept.Items) == 0 {
		out.Items = without(out.Items, "annotations")
		return out
	}
	*annotations = kept
	return out
}

// mergeStringData does what the conversion of a Secret from v1 to the internal
// version does: stringData wins over data.
func mergeStringData(root *Node) {
	plain := root.Get("stringData")
	if plain == nil || plain.Kind != Map {
		root.Items = dropNull(root.Items, "stringData")
		return
	}
	data := Node{Key: "data", KeyAt: plain.KeyAt, At: plain.At, Kind: Map}
	if written := root.Get("data"); written != nil && written.Kind == Map {
		data = *written
		data.Items = append([]Node(nil), written.Items...)
	}
	fields := fieldSet{node: &Node{Kind: Map}}
	for _, f := range data.Items {
		fields.set(f, true)
	}
	for _, f := range plain.Items {
		fields.set(encoded(f), true)
	}
	data.Items = fields.node.Items
	root.Items = append(without(root.Items, "stringData", "data"), data)
}

func dropNull(fields []Node, name string) []Node {
	for i := range fields {
		if fields[i].Key == name && fields[i].Kind == Null {
			return without(fields, name)
		}
	}
	return fields
}

// encoded is a value of stringData as a value of data.
func encoded(f Node) Node {
	if f.Kind == Map || f.Kind == List {
		return f
	}
	f.Text, f.Kind = base64.StdEncoding.EncodeToString([]byte(f.Text)), String
	return f
}

// tokenVolume is the prefix of the volume that the ServiceAccount admission
// plugin adds, and tokenMountPath where it mounts it
// (k8s.io/kubernetes/plugin/pkg/admission/serviceaccount).
const (
	tokenVolume    = "kube-api-access-"
	tokenMountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
)

// stripTokenVolumes drops that volume where it is exactly the projected one, and
// its mounts at the path of the plugin.
func stripTokenVolumes(root *Node) {
	for _, spec := range podSpecs(root) {
		name, ok := dropItem(spec, "volumes", isTokenVolume)
		if !ok {
			continue
		}
		isMount := func(m *Node) bool {
			return m.Get("name").Str() == name && m.Get("mountPath").Str() == tokenMountPath && m.Get("subPath") == nil && m.Get("subPathExpr") == nil
		}
		for _, containers := range []string{"containers", "initContainers", "ephemeralContainers"} {
			list := spec.Get(containers)
			for i := 0; list != nil && list.Kind == List && i < len(list.Items); i++ {
				dropItem(&list.Items[i], "volumeMounts", isMount)
			}
		}
	}
}

// dropItem drops the first item of a list for which is holds, and the list where
// no other is left. It returns the item's name.
func dropItem(parent *Node, key string, is func(*Node) bool) (name string, ok bool) {
	list := parent.Get(key)
	if list == nil || list.Kind != List {
		return "", false
	}
	for i := range list.Items {
		if !is(&list.Items[i]) {
			continue
		}
		name = list.Items[i].Get("name").Str()
		if len(list.Items) == 1 {
			parent.Items = without(parent.Items, key)
		} else {
			list.Items = slices.Concat(list.Items[:i], list.Items[i+1:])
		}
		return name, true
	}
	return "", false
}

// isTokenVolume tells whether a volume is the plugin's in every field but the
// lifetime of the token and the mode of the files.
func isTokenVolume(v *Node) bool {
	projected := v.Get("projected")
	sources := projected.Get("sources")
	return sources != nil && sources.Kind == List && len(sources.Items) == 3 &&
		isGenerated(v.Get("name").Str(), tokenVolume) && onlyHas(v, "name", "projected") && onlyHas(projected, "sources", "defaultMode") &&
		isToken(&sources.Items[0]) && isJSON(&sources.Items[1], clusterCA) && isJSON(&sources.Items[2], ownNamespace)
}

// The sources besides the token, as JSON with sorted keys.
const (
	clusterCA    = `{"configMap":{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"kube-root-ca.crt"}}`
	ownNamespace = `{"downwardAPI":{"items":[{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"},"path":"namespace"}]}}`
)

// isToken tells whether a source is a token for the API server.
func isToken(source *Node) bool {
	token := source.Get("serviceAccountToken")
	return token.Get("path").Str() == "token" && onlyHas(source, "serviceAccountToken") && onlyHas(token, "path", "expirationSeconds")
}

func onlyHas(n *Node, names ...string) bool { return len(without(n.Items, names...)) == 0 }

func isJSON(n *Node, text string) bool {
	value, err := json.Marshal(n.Value())
	return err == nil && string(value) == text
}
