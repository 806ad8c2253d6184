package formats

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// nodeOf makes a tree of a decoded value.
func nodeOf(v any) (*manifest.Node, error) {
	n := &manifest.Node{}
	return n, fill(n, v)
}

// fill makes n a value. What policies see as a number is written as a decoder of
// float64 writes it.
func fill(n *manifest.Node, v any) error {
	switch v := v.(type) {
	case nil:
		n.Kind = manifest.Null
	case bool:
		n.Kind, n.Text = manifest.Bool, strconv.FormatBool(v)
	case string:
		n.Kind, n.Text = manifest.String, v
	case float64:
		n.Kind, n.Text = manifest.Number, number(v)
	case int64:
		n.Kind, n.Text = manifest.Number, strconv.FormatInt(v, 10)
	case time.Time:
		n.Kind, n.Text = manifest.String, v.Format(time.RFC3339Nano)
	case map[string]any:
		return fillMap(n, v)
	case []map[string]any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return fill(n, list)
	case []any:
		n.Kind, n.Items = manifest.List, make([]manifest.Node, len(v))
		for i := range v {
			if err := fill(&n.Items[i], v[i]); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("a value of the type %T has no form for policies", v)
	}
	return nil
}

func fillMap(n *manifest.Node, m map[string]any) error {
	n.Kind, n.Items = manifest.Map, make([]manifest.Node, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		n.Items = append(n.Items, manifest.Node{})
		item := &n.Items[len(n.Items)-1]
		if err := fill(item, m[key]); err != nil {
			return err
		}
		item.Key = key
	}
	return nil
}

// number writes a number as OPA writes a float64.
func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// asFloats writes the numbers of a tree as number does: conftest reads YAML by way of
// float64, and messages show how (1000000 is 1e+06).
func asFloats(n *manifest.Node) {
	if n.Kind == manifest.Number {
		if f, err := strconv.ParseFloat(n.Text, 64); err == nil {
			n.Text = number(f)
		}
	}
	for i := range n.Items {
		asFloats(&n.Items[i])
	}
}
