package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// allocation is one field that the API server sets, changes or drops when it creates an object, and that is no default:
// allocated addresses and ports, what the admission plugins of a usual cluster add, generated selectors. A validating
// webhook sees them; a file does not have them.
type allocation struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
	Path    string `json:"path"`
	// How is set, appended (an item to a list), changed or dropped.
	How string `json:"how"`
	// Value is there if it is the same for every object of the kind.
	Value any `json:"value,omitempty"`
}

// allocations creates the valid objects of objects.yaml (dry run) in a cluster with the admission plugins that are on
// by default, and returns what the answers have besides what was written and the table.
func allocations(ctx context.Context, c *cluster.Cluster, t table) ([]allocation, error) {
	admin := c.Client(cluster.Admin)
	// The controller manager would have made it; without it no pod is admitted.
	response, err := admin.Create(ctx, object{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": object{"name": "default"}}, cluster.Write{})
	if err == nil {
		err = response.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("default service account: %w", err)
	}
	objects, err := objectsByHand()
	if err != nil {
		return nil, err
	}
	found := differences{}
	// Twice, so that a random value differs.
	for range 2 {
		for i, o := range objects {
			name := fmt.Sprintf("object-%d", i+1)
			input := named(o, &name)
			response, err := admin.Create(ctx, input, cluster.Write{DryRun: true})
			if err != nil {
				return nil, err
			}
			stored, err := response.Object()
			if err != nil {
				continue // some objects are there for their defaults only
			}
			kind := apiKindOf(input)
			want, got := normal(kind, input), normal(kind, stored)
			if err := t.apply(want); err != nil {
				return nil, err
			}
			t.removeComputed(kind, want, got)
			found.compare(kind, "", want, got)
		}
	}
	return found.sorted(), nil
}

// chosenPerObject are the kinds of which nothing that the API server sets is the same for all objects, although a dry run
// makes it look so: addresses, ports, identifiers.
func chosenPerObject() []string { return []string{"v1 Service", "batch/v1 Job"} }

func (a allocation) apiKind() string { return groupVersion(a.Group, a.Version) + " " + a.Kind }

// differences collects allocations by kind, path and way, with every value that was seen.
type differences map[string]*observed

type observed struct {
	allocation
	values []any
}

func (d differences) note(kind, path, how string, value any) {
	key := kind + " " + path + " " + how
	if d[key] == nil {
		r := newRow(kind, path)
		d[key] = &observed{allocation: allocation{Group: r.Group, Version: r.Version, Kind: r.Kind, Path: path, How: how}}
	}
	if !slices.ContainsFunc(d[key].values, func(seen any) bool { return reflect.DeepEqual(seen, value) }) {
		d[key].values = append(d[key].values, value)
	}
}

func (d differences) compare(kind, path string, want, got any) {
	switch want := want.(type) {
	case object:
		if got, is := got.(object); is {
			d.compareFields(kind, path, want, got)
			return
		}
	case []any:
		if got, is := got.([]any); is && len(got) >= len(want) {
			for i := range want {
				d.compare(kind, child(path, "[]"), want[i], got[i])
			}
			for _, item := range got[len(want):] {
				d.note(kind, child(path, "[]"), "appended", item)
			}
			return
		}
	}
	if !reflect.DeepEqual(want, got) {
		d.note(kind, path, "changed", got)
	}
}

func (d differences) compareFields(kind, path string, want, got object) {
	for name, value := range got {
		if was, there := want[name]; there {
			d.compare(kind, child(path, name), was, value)
		} else {
			d.note(kind, child(path, name), "set", value)
		}
	}
	for name := range want {
		if _, there := got[name]; !there {
			d.note(kind, child(path, name), "dropped", nil)
		}
	}
}

func (d differences) sorted() []allocation {
	var all []allocation
	for _, key := range slices.Sorted(maps.Keys(d)) {
		found := d[key].allocation
		if len(d[key].values) == 1 && !slices.Contains(chosenPerObject(), found.apiKind()) {
			found.Value = d[key].values[0]
		}
		all = append(all, found)
	}
	return all
}

func encodeAllocations(all []allocation) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("[\n")
	if err := encodeLines(&out, all); err != nil {
		return nil, err
	}
	out.WriteString("]\n")
	return out.Bytes(), nil
}
