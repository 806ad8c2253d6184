package cel

import (
	"strconv"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// An Object is an object in the form in which expressions read it, which it gets when the
// first of them does. Policies may share it.
type Object struct {
	node  *manifest.Node
	value func() map[string]any
}

// NewObject takes the canonical form of an object; nil stands for none.
func NewObject(n *manifest.Node) *Object {
	if n == nil {
		return nil
	}
	return &Object{node: n, value: sync.OnceValue(func() map[string]any {
		fields, _ := native(n).(map[string]any)
		return fields
	})}
}

// native converts a node to the types of decoded JSON with whole numbers apart, as the
// API server keeps objects of any kind.
func native(n *manifest.Node) any {
	switch n.Kind {
	case manifest.Bool:
		return n.Text == "true"
	case manifest.Number:
		if i, err := strconv.ParseInt(n.Text, 10, 64); err == nil {
			return i
		}
		f, err := strconv.ParseFloat(n.Text, 64)
		if err != nil {
			return nil // a number that no JSON decoder takes
		}
		return f
	case manifest.String:
		return n.Text
	case manifest.Map:
		m := make(map[string]any, len(n.Items))
		for i := range n.Items {
			m[n.Items[i].Key] = native(&n.Items[i])
		}
		return m
	case manifest.List:
		l := make([]any, len(n.Items))
		for i := range n.Items {
			l[i] = native(&n.Items[i])
		}
		return l
	default:
		return nil
	}
}

// with copies a map and sets one field.
func with(m map[string]any, key string, value any) map[string]any {
	out := make(map[string]any, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	out[key] = value
	return out
}
