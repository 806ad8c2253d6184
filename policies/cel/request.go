package cel

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"k8s.io/apimachinery/pkg/labels"
)

// A Request is one object on its way into a cluster, or out of it.
type Request struct {
	Operation   string // CREATE, UPDATE or DELETE
	Object, Old *Object
	// Fields are what is known of the request besides, by the names of an
	// AdmissionRequest: resource, subResource, namespace, userInfo, dryRun, options.
	Fields []manifest.Node
}

func (r Request) field(key string) *manifest.Node {
	for i := range r.Fields {
		if r.Fields[i].Key == key {
			return &r.Fields[i]
		}
	}
	return nil
}

// subject is the object that a request is about.
func (r Request) subject() *manifest.Node {
	if r.Object != nil {
		return r.Object.node
	}
	return r.Old.node
}

// node is the node of an object; nil where there is none.
func (o *Object) root() *manifest.Node {
	if o == nil {
		return nil
	}
	return o.node
}

// targetOf is what a match looks at in a request.
func (s *surroundings) targetOf(r Request) *target {
	n := r.subject()
	meta := n.Get("metadata")
	t := &target{
		kind: n.Get("kind").Str(), name: meta.Get("name").Str(), namespace: meta.Get("namespace").Str(),
		operation: r.Operation, object: r.Object.root(), old: r.Old.root(),
	}
	group, version, ok := strings.Cut(n.Get("apiVersion").Str(), "/")
	if !ok {
		group, version = "", group
	}
	t.group, t.version = group, version
	known, ok := s.kinds.of(group, t.kind)
	t.known, t.resource, t.guessed = known, known.resource, !ok
	if given := r.field("resource").Get("resource").Str(); given != "" {
		t.resource, t.guessed = given, false
	}
	t.sub = r.field("subResource").Str()
	if given := r.field("namespace").Str(); given != "" {
		t.namespace = given
	}
	switch {
	case ok && known.namespaced, !ok && t.namespace != "":
		t.scope = inNamespace
	case ok:
		t.scope = inCluster
	}
	if t.isNamespace() {
		t.namespace = t.name // as the API server has it for requests about a Namespace
	} else if t.scope == inCluster {
		t.namespace = ""
	}
	t.namespaceLabels = func() (labels.Set, bool) {
		set := labels.Set{nameLabel: t.namespace}
		if n := s.namespaces[t.namespace]; n != nil {
			return labels.Merge(labelsOf(n), set), true
		}
		return set, false
	}
	return t
}

// values are what expressions read of a request.
type values struct {
	object, old, request, namespace any
	asked                           *asked
}

func (s *surroundings) values(r Request, t *target, version string) values {
	a := &asked{}
	return values{
		object: shown(a, r.Object, t, version, r.Operation), old: shown(a, r.Old, t, version, ""),
		request: r.value(a, t, version), namespace: s.namespaceValue(a, t), asked: a,
	}
}

// shown is an object with what the API server has added before it asks policies.
func shown(a *asked, o *Object, t *target, version, operation string) any {
	if o == nil {
		return nil
	}
	value := o.value()
	meta, _ := value["metadata"].(map[string]any)
	missing := func(key string, what any) {
		if _, there := meta[key]; !there {
			meta = with(meta, key, what)
		}
	}
	if t.scope == inNamespace {
		if t.namespace == "" {
			missing("namespace", unknown(unknownNamespaceOf))
		} else {
			missing("namespace", t.namespace)
		}
	}
	if t.name == "" {
		missing("name", unknown(unknownByServer))
	}
	if operation == "CREATE" {
		missing("uid", unknown(unknownByServer))
		missing("creationTimestamp", unknown(unknownByServer))
	}
	if t.isNamespace() {
		given, _ := meta["labels"].(map[string]any)
		meta = with(meta, "labels", with(given, nameLabel, t.name))
	}
	value = with(value, "metadata", meta)
	if _, there := value["status"]; !there && t.known.status {
		value["status"] = a.gap(unknownByServer)
	}
	if version != t.version {
		value["apiVersion"] = joined(t.group, version)
	}
	return value
}

func joined(group, version string) string {
	if group == "" {
		return version
	}
	return group + "/" + version
}

// value is the request as expressions see it.
func (r Request) value(a *asked, t *target, version string) map[string]any {
	kind := func(version string) map[string]any {
		return map[string]any{"group": t.group, "version": version, "kind": t.kind}
	}
	resource := func(version string) map[string]any {
		return map[string]any{"group": t.group, "version": version, "resource": t.resource}
	}
	out := map[string]any{
		"uid":  "",
		"kind": kind(version), "resource": resource(version), "requestKind": kind(t.version), "requestResource": resource(t.version),
		"name": t.name, "operation": t.operation, "dryRun": false,
		"userInfo": a.gap(unknownUser), "options": a.gap(unknownOptions),
		"object": nil, "oldObject": nil,
	}
	if t.name == "" {
		delete(out, "name") // it is made up after the request
	}
	if t.sub != "" {
		out["subResource"], out["requestSubResource"] = t.sub, t.sub
	}
	switch {
	case t.namespace != "":
		out["namespace"] = t.namespace
	case t.scope != inCluster:
		out["namespace"] = unknown(unknownNamespaceOf)
	}
	for _, key := range []string{"userInfo", "options", "dryRun"} {
		if given := r.field(key); given != nil {
			out[key] = native(given)
		}
	}
	if user, ok := out["userInfo"].(map[string]any); ok {
		out["userInfo"] = partly(a, user)
	}
	return out
}

// partly keeps unknown what is not given of a user.
func partly(a *asked, user map[string]any) map[string]any {
	for _, key := range []string{"username", "uid", "groups"} {
		if _, given := user[key]; !given {
			user = with(user, key, unknown(unknownUser))
		}
	}
	if _, given := user["extra"]; !given {
		user = with(user, "extra", a.gap(unknownUser))
	}
	return user
}

// namespaceValue is the Namespace of the object as expressions see it: null for what
// lies in none.
func (s *surroundings) namespaceValue(a *asked, t *target) any {
	switch {
	case t.scope == inCluster, t.isNamespace():
		return nil
	case t.namespace == "":
		return a.gap(unknownNamespaceOf)
	}
	missing := func(fields map[string]any, keys ...string) map[string]any {
		for _, key := range keys {
			if _, there := fields[key]; !there {
				fields = with(fields, key, unknown(unknownNamespace))
			}
		}
		return fields
	}
	set := map[string]any{}
	n := s.namespaces[t.namespace]
	if n == nil {
		meta := map[string]any{"name": t.namespace, "labels": a.gap(unknownNamespace), "annotations": a.gap(unknownNamespace)}
		return map[string]any{
			"metadata": missing(meta, "uid", "creationTimestamp", "resourceVersion"),
			"spec":     a.gap(unknownNamespace), "status": a.gap(unknownNamespace),
		}
	}
	l, _ := s.namespaceLabels(t)
	for key, text := range l {
		set[key] = text
	}
	value, _ := native(n).(map[string]any)
	meta, _ := value["metadata"].(map[string]any)
	return map[string]any{
		"metadata": missing(with(meta, "labels", set), "uid", "creationTimestamp", "resourceVersion"),
		"spec":     map[string]any{"finalizers": []any{"kubernetes"}},
		"status":   map[string]any{"phase": "Active"},
	}
}

func (s *surroundings) namespaceLabels(t *target) (labels.Set, bool) { return t.namespaceLabels() }
