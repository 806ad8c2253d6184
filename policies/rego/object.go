package rego

import (
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/open-policy-agent/opa/v1/ast"
)

// An Object is a tree of nodes as Rego sees it. Where it was made to be located,
// each of its terms says which node it stands for, and keeps saying so on its way
// through an evaluation.
type Object struct {
	Term  *ast.Term
	nodes []place
	asked int      // how many paths were asked for
	paths []string // of all nodes, once many were
}

// place is a node of the tree and the way to it; the root has no parent.
type place struct {
	node   *manifest.Node
	parent int32
	index  int32
}

// ofObject is the file name in the Location of the terms of an object. No policy
// can have it.
const ofObject = "\x00object"

// NewObject converts a tree.
func NewObject(root *manifest.Node) Object {
	c := converter{terms: make([]ast.Term, 0, count(root))}
	return Object{Term: c.term(root)}
}

// NewLocated converts a tree to be located.
func NewLocated(root *manifest.Node) Object {
	n := count(root)
	c := converter{
		terms:     make([]ast.Term, 0, n),
		locations: make([]ast.Location, 0, 2*n),
		nodes:     make([]place, 0, n),
	}
	return Object{Term: c.place(root, 0, 0), nodes: c.nodes}
}

// count returns the number of nodes in n. Nodes may be shared, and count as often
// as they are met; the reader of files bounds how often.
func count(n *manifest.Node) int {
	total := 1
	for i := range n.Items {
		total += count(&n.Items[i])
	}
	return total
}

type converter struct {
	terms     []ast.Term // taken in one piece: the terms of an object live and die together
	locations []ast.Location
	nodes     []place
	pairs     [][2]*ast.Term // of the maps that are being read, innermost last
}

// keyLocation is the Location of a field's name, which is told from that of its
// value by its text.
func (c *converter) keyLocation(value *ast.Location) *ast.Location {
	c.locations = append(c.locations, *value)
	at := &c.locations[len(c.locations)-1]
	at.Text = keyText
	return at
}

var keyText = []byte("key")

// isKey tells whether a term of the object is the name of a field.
func isKey(t *ast.Term) bool { return len(t.Location.Text) > 0 }

// object makes an object of the pairs from start on, which it does not keep.
func (c *converter) object(start int) ast.Object {
	o := ast.NewObject(c.pairs[start:]...)
	c.pairs = c.pairs[:start]
	return o
}

func (c *converter) new(v ast.Value) *ast.Term {
	c.terms = append(c.terms, ast.Term{Value: v})
	return &c.terms[len(c.terms)-1]
}

// term converts n without places.
func (c *converter) term(n *manifest.Node) *ast.Term {
	switch n.Kind {
	case manifest.Map:
		start := len(c.pairs)
		for i := range n.Items {
			pair := [2]*ast.Term{keyTerm(n.Items[i].Key), c.term(&n.Items[i])}
			c.pairs = append(c.pairs, pair)
		}
		return c.new(c.object(start))
	case manifest.List:
		items := make([]*ast.Term, len(n.Items))
		for i := range n.Items {
			items[i] = c.term(&n.Items[i])
		}
		return c.new(ast.NewArray(items...))
	case manifest.String:
		return c.new(ast.String(n.Text))
	default:
		return c.new(scalar(n))
	}
}

// place converts n and notes where it stands.
func (c *converter) place(n *manifest.Node, parent, index int32) *ast.Term {
	id := int32(len(c.nodes))
	c.nodes = append(c.nodes, place{node: n, parent: parent, index: index})
	c.locations = append(c.locations, ast.Location{File: ofObject, Row: int(n.At.Line), Col: int(n.At.Column), Offset: int(id)})
	at := &c.locations[len(c.locations)-1]
	var term *ast.Term
	switch n.Kind {
	case manifest.Map:
		start := len(c.pairs)
		for i := range n.Items {
			value := c.place(&n.Items[i], id, int32(i))
			key := &ast.Term{Value: ast.String(n.Items[i].Key), Location: c.keyLocation(value.Location)}
			c.pairs = append(c.pairs, [2]*ast.Term{key, value})
		}
		term = c.new(c.object(start))
	case manifest.List:
		items := make([]*ast.Term, len(n.Items))
		for i := range n.Items {
			items[i] = c.place(&n.Items[i], id, int32(i))
		}
		term = c.new(ast.NewArray(items...))
	default:
		term = c.new(scalar(n))
	}
	term.Location = at
	return term
}

func scalar(n *manifest.Node) ast.Value {
	switch n.Kind {
	case manifest.Bool:
		return ast.Boolean(n.Text == "true")
	case manifest.Number:
		return ast.Number(n.Text)
	case manifest.String:
		return ast.String(n.Text)
	default:
		return ast.Null{}
	}
}

// keyTerm returns the term of a field name. The usual ones are shared.
func keyTerm(key string) *ast.Term {
	if t, ok := usualKeys[key]; ok {
		return t
	}
	return ast.StringTerm(key)
}

var usualKeys = termsOf(
	"apiVersion", "kind", "metadata", "name", "namespace", "labels", "annotations", "spec", "template", "containers",
	"initContainers", "image", "env", "value", "valueFrom", "ports", "containerPort", "protocol", "port", "targetPort",
	"resources", "limits", "requests", "cpu", "memory", "selector", "matchLabels", "replicas", "type", "data",
	"securityContext", "runAsNonRoot", "runAsUser", "privileged", "allowPrivilegeEscalation", "readOnlyRootFilesystem",
	"capabilities", "drop", "add", "seccompProfile", "livenessProbe", "readinessProbe", "httpGet", "path", "volumes",
	"volumeMounts", "mountPath", "imagePullPolicy", "serviceAccountName", "strategy", "configMap", "secret", "key",
	"app", "app.kubernetes.io/name", "rules", "host", "command", "args", "restartPolicy", "dnsPolicy", "nodePort",
	"terminationMessagePath", "terminationMessagePolicy", "terminationGracePeriodSeconds", "schedulerName", "enableServiceLinks",
	"periodSeconds", "timeoutSeconds", "failureThreshold", "successThreshold", "initialDelaySeconds", "scheme", "tcpSocket", "exec",
	"revisionHistoryLimit", "progressDeadlineSeconds", "rollingUpdate", "maxSurge", "maxUnavailable", "updateStrategy", "serviceName",
	"sessionAffinity", "internalTrafficPolicy", "ipFamilyPolicy", "clusterIP", "matchExpressions", "operator", "values", "operation",
	"emptyDir", "hostPath", "subPath", "readOnly", "persistentVolumeClaim", "claimName", "secretName", "configMapRef", "secretRef",
	"configMapKeyRef", "secretKeyRef", "fieldRef", "fieldPath", "envFrom", "optional", "items", "defaultMode", "runAsGroup", "fsGroup",
	"serviceAccount", "automountServiceAccountToken", "hostNetwork", "affinity", "nodeSelector", "tolerations", "effect",
	"app.kubernetes.io/instance", "app.kubernetes.io/component", "app.kubernetes.io/part-of", "app.kubernetes.io/version",
	"app.kubernetes.io/managed-by", "apiGroups", "verbs", "apiGroup", "roleRef", "subjects", "group", "version", "resource", "object",
	"oldObject", "userInfo", "uid", "options", "parameters", "environment", "environments", "patches", "patch", "target", "images",
	"newTag", "newName", "interval", "sourceRef", "prune", "chart", "chartRef", "url", "ref", "tag", "enabled", "dependsOn", "timeout",
	"targetNamespace", "storage", "accessModes", "storageClassName", "volumeMode", "http", "paths", "pathType", "backend", "service",
	"number", "tls", "hosts", "schedule", "jobTemplate", "backoffLimit", "storageClass", "ephemeral-storage", "repository", "source",
)

func termsOf(keys ...string) map[string]*ast.Term {
	terms := make(map[string]*ast.Term, len(keys))
	for _, key := range keys {
		terms[key] = ast.StringTerm(key)
	}
	return terms
}

// idOf returns the node that a term stands for.
func (o *Object) idOf(t *ast.Term) (id int32, ok bool) {
	if t == nil || t.Location == nil || t.Location.File != ofObject || t.Location.Offset >= len(o.nodes) {
		return 0, false
	}
	return int32(t.Location.Offset), true
}

// written goes up from a node to the first that stands in the file.
func (o *Object) written(id int32) int32 {
	for id != 0 && o.nodes[id].node.Place() == (manifest.Pos{}) {
		id = o.nodes[id].parent
	}
	return id
}

// manyPaths is from how many paths on all are made at once: naming an item means
// looking at its whole list.
const manyPaths = 16

// path returns the path of a node in the notation of manifest.Walk.
func (o *Object) path(id int32) string {
	if o.asked++; o.asked > manyPaths && o.paths == nil {
		// Nodes are numbered in the order of Walk.
		o.nodes[0].node.Walk(func(path func() string, _ *manifest.Node) bool {
			o.paths = append(o.paths, path())
			return true
		})
	}
	if int(id) < len(o.paths) {
		return o.paths[id]
	}
	return o.join(id)
}

func (o *Object) join(id int32) string {
	if id == 0 {
		return ""
	}
	p := o.nodes[id]
	above := o.join(p.parent)
	parent := o.nodes[p.parent].node
	if parent.Kind == manifest.Map {
		return manifest.JoinField(above, p.node.Key)
	}
	return manifest.JoinItem(above, parent, int(p.index))
}
