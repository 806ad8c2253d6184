package main

import (
	"maps"
	"slices"
	"strings"
)

type object = map[string]any

// probe is one object that is shown to the API server.
type probe struct {
	input   object
	purpose string // for messages
	zero    string // the path of a scalar that is written with its zero value, if any
}

// probesOf returns objects of a kind that together show its defaults:
//   - nothing but the kind, and a skeleton in which every struct is present but empty;
//   - for every place in the schema, an object with nothing else; for a scalar (or a list or map of scalars) one for
//     each value of interest and one for the zero value;
//   - for every scalar, the skeleton with it, and for every struct, the skeleton without it.
//
// Most of them are invalid. That does not matter where the webhook sees them: defaults are set before validation.
// Below brief there are only the objects with nothing else.
func probesOf(apiKind string, s *shape, brief string) []probe {
	base := newObject(apiKind)
	skeleton := skeletonOf(s).(object)
	for _, name := range []string{"apiVersion", "kind", "metadata", "status"} {
		delete(skeleton, name)
	}
	maps.Copy(skeleton, base)
	probes := append([]probe{{input: base, purpose: "nothing"}, {input: skeleton, purpose: "skeleton"}}, probesOn(base, s)...)
	for _, slot := range slotsOf(apiKind, s) {
		if brief != "" && atOrBelow(slot.path, brief) {
			continue
		}
		if !slot.scalar {
			without := copyOf(skeleton).(object)
			cut(without, steps(slot.path))
			probes = append(probes, probe{input: without, purpose: "skeleton without " + slot.path})
			continue
		}
		for _, value := range slot.values {
			with := copyOf(skeleton).(object)
			put(with, steps(slot.path), copyOf(value))
			probes = append(probes, probe{input: with, purpose: "skeleton with " + slot.path})
		}
	}
	return probes
}

// probesOn returns copies of an object with one more place filled, for every place that it leaves empty.
func probesOn(base object, s *shape) []probe {
	var probes []probe
	for _, slot := range slotsOf(apiKindOf(base), s) {
		if len(sites(base, slot.path)) > 0 {
			continue
		}
		for _, value := range slot.values {
			with := copyOf(base).(object)
			put(with, steps(slot.path), copyOf(value))
			probes = append(probes, probe{input: with, purpose: "only " + slot.path})
		}
		if slot.zero != nil {
			with := copyOf(base).(object)
			put(with, steps(slot.path), slot.zero)
			probes = append(probes, probe{input: with, purpose: "only the zero value of " + slot.path, zero: slot.path})
		}
	}
	return probes
}

func newObject(apiKind string) object {
	apiVersion, kind, _ := strings.Cut(apiKind, " ")
	return object{"apiVersion": apiVersion, "kind": kind}
}

// skeletonOf returns a value in which every struct is present, lists of structs have one item, maps of structs one
// entry, and there is no scalar.
func skeletonOf(s *shape) any {
	switch {
	case s.isStruct():
		made := object{}
		for name, field := range s.fields {
			if value := skeletonOf(field); value != nil {
				made[name] = value
			}
		}
		return made
	case s.item != nil:
		if item := skeletonOf(s.item); item != nil {
			return []any{item}
		}
	case s.entry != nil:
		if entry := skeletonOf(s.entry); entry != nil {
			return object{"entry": entry}
		}
	}
	return nil
}

// slot is a place in an object with the values that a probe may put there.
type slot struct {
	path   string
	values []any
	scalar bool
	zero   any // of a text, a number or a boolean; else nil
}

// slotsOf returns every place that is the writer's to fill, outer ones first, in order of their names.
func slotsOf(apiKind string, s *shape) []slot {
	var slots []slot
	var walk func(s *shape, path string)
	walk = func(s *shape, path string) {
		for _, name := range slices.Sorted(maps.Keys(s.fields)) {
			below, field := child(path, name), s.fields[name]
			if isServers(path, name) || slices.Contains(overwritten()[apiKind], below) {
				continue
			}
			switch {
			case field.isStruct():
				slots = append(slots, slot{path: below, values: []any{object{}}})
				walk(field, below)
			case field.item != nil && field.item.isStruct():
				slots = append(slots, slot{path: below, values: []any{[]any{object{}}}})
				walk(field.item, child(below, "[]"))
			case field.entry != nil && field.entry.isStruct():
				slots = append(slots, slot{path: below, values: []any{object{"entry": object{}}}})
				walk(field.entry, child(below, "*"))
			default:
				slots = append(slots, slot{path: below, values: scalarValues(field), scalar: true, zero: zeroValue(field)})
			}
		}
	}
	walk(s, "")
	return slots
}

// isServers tells whether a field of the root is the API server's own, or the same in every object.
func isServers(path, name string) bool {
	return path == "" && slices.Contains([]string{"apiVersion", "kind", "metadata", "status"}, name)
}

// scalarValues returns values of a shape without structs: those it enumerates, or one that is not the zero value.
func scalarValues(s *shape) []any {
	switch {
	case s.item != nil:
		return []any{[]any{scalarValues(s.item)[0]}}
	case s.entry != nil:
		return []any{object{"entry": scalarValues(s.entry)[0]}}
	case len(s.scalar.Enum) > 0:
		var values []any
		for _, value := range s.scalar.Enum {
			values = append(values, value)
		}
		return values
	}
	switch {
	case s.scalar.Format == "int-or-string":
		return []any{float64(7)}
	case s.scalar.Type == "boolean":
		return []any{true}
	case s.scalar.Type == "integer", s.scalar.Type == "number":
		return []any{float64(7)}
	case s.scalar.Format == "date-time":
		return []any{"2020-01-01T00:00:00Z"}
	case s.scalar.Format == "byte":
		return []any{"eA=="}
	case len(s.scalar.OneOf) > 0: // a quantity
		return []any{"7"}
	case s.scalar.Type == "string":
		return []any{"x"}
	}
	return []any{object{}} // free-form, or a type within itself
}

func zeroValue(s *shape) any {
	switch {
	case s.item != nil, s.entry != nil:
		return nil
	case s.scalar.Format == "int-or-string", s.scalar.Type == "integer", s.scalar.Type == "number":
		return float64(0)
	case s.scalar.Type == "boolean":
		return false
	case s.scalar.Type == "string" && (s.scalar.Format == "" || len(s.scalar.Enum) > 0):
		return ""
	}
	return nil
}

// put sets the value at the end of the steps and makes what is missing on the way; lists have one item.
func put(in any, at []string, value any) any {
	if len(at) == 0 {
		return value
	}
	if at[0] == "[]" {
		list, _ := in.([]any)
		if len(list) == 0 {
			list = []any{nil}
		}
		list[0] = put(list[0], at[1:], value)
		return list
	}
	m, _ := in.(object)
	if m == nil {
		m = object{}
	}
	name := at[0]
	if name == "*" {
		name = "entry"
	}
	m[name] = put(m[name], at[1:], value)
	return m
}

// cut removes what is at the end of the steps.
func cut(in any, at []string) {
	for ; len(at) > 1; at = at[1:] {
		if at[0] == "[]" {
			in = in.([]any)[0]
			continue
		}
		name := at[0]
		if name == "*" {
			name = "entry"
		}
		in = in.(object)[name]
	}
	delete(in.(object), at[0])
}

// copyOf returns a deep copy of a JSON value.
func copyOf(value any) any {
	switch value := value.(type) {
	case object:
		made := make(object, len(value))
		for name, field := range value {
			made[name] = copyOf(field)
		}
		return made
	case []any:
		made := make([]any, len(value))
		for i, item := range value {
			made[i] = copyOf(item)
		}
		return made
	}
	return value
}
