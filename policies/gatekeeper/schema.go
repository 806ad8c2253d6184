package gatekeeper

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// The parts of OpenAPI v3 that a structural schema of a CustomResourceDefinition
// may hold:
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema

// checkSchema refuses a schema that the API server refuses: each level must say its
// type. A legacy schema need not.
func checkSchema(s *manifest.Node, path string, legacy bool) error {
	if s.Kind != manifest.Map {
		return fmt.Errorf("the schema of the parameters is no map at %q", path)
	}
	open := isTrue(s, "x-kubernetes-preserve-unknown-fields") || isTrue(s, "x-kubernetes-int-or-string")
	switch kind := s.Get("type").Str(); {
	case kind == "" && !open && !legacy:
		return fmt.Errorf("the schema of the parameters says no type at %q", path)
	case kind != "" && !slices.Contains([]string{"array", "boolean", "integer", "number", "object", "string"}, kind):
		return fmt.Errorf("the schema of the parameters has the unknown type %q at %q", kind, path)
	case kind == "array" && s.Get("items") == nil && !open:
		return fmt.Errorf("the schema of the parameters says nothing of the items of the list at %q", path)
	}
	if p := s.Get("pattern").Str(); p != "" {
		if _, err := regexp.Compile(p); err != nil {
			return fmt.Errorf("the pattern at %q is no regular expression", path)
		}
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if sub := s.Get(key); sub != nil && sub.Kind == manifest.Map {
			if err := checkSchema(sub, manifest.JoinField(path, key), legacy); err != nil {
				return err
			}
		}
	}
	if properties := s.Get("properties"); properties != nil {
		for i := range properties.Items {
			if err := checkSchema(&properties.Items[i], manifest.JoinField(path, properties.Items[i].Key), legacy); err != nil {
				return err
			}
		}
	}
	return nil
}

func isTrue(n *manifest.Node, key string) bool {
	v := n.Get(key)
	return v != nil && v.Kind == manifest.Bool && v.Text == "true"
}

// ErrSchema is wrapped by what a constraint has against the schema of its template.
var ErrSchema = errors.New("the schema of the template does not allow it")

// validate checks a value. Fields that the schema does not name are returned apart:
// they are another fault than a wrong value.
func validate(s, v *manifest.Node, path string, legacy bool) (unknown []string, err error) {
	c := schemaCheck{legacy: legacy}
	c.value(s, v, path)
	return c.unknown, errors.Join(c.errs...)
}

type schemaCheck struct {
	legacy  bool
	errs    []error
	unknown []string
}

func (c *schemaCheck) failf(path, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%w: %s %s", ErrSchema, path, fmt.Sprintf(format, args...)))
}

func (c *schemaCheck) value(s, v *manifest.Node, path string) {
	if v.Kind == manifest.Null && isTrue(s, "nullable") {
		return
	}
	if !c.typed(s, v, path) {
		return
	}
	if enum := s.Get("enum"); enum != nil && !slices.ContainsFunc(enum.Items, func(e manifest.Node) bool { return equal(&e, v) }) {
		c.failf(path, "is none of the allowed values")
	}
	switch v.Kind {
	case manifest.String:
		c.text(s, v.Text, path)
	case manifest.Number:
		c.number(s, v.Text, path)
	case manifest.List:
		c.list(s, v, path)
	case manifest.Map:
		c.fields(s, v, path)
	}
	c.combined(s, v, path)
}

func (c *schemaCheck) typed(s, v *manifest.Node, path string) bool {
	if isTrue(s, "x-kubernetes-int-or-string") {
		if v.Kind != manifest.String && !isInteger(v) {
			c.failf(path, "must be a whole number or a string")
			return false
		}
		return true
	}
	ok := true
	switch want := s.Get("type").Str(); want {
	case "object":
		ok = v.Kind == manifest.Map
	case "array":
		ok = v.Kind == manifest.List
	case "string":
		ok = v.Kind == manifest.String
	case "boolean":
		ok = v.Kind == manifest.Bool
	case "integer":
		ok = isInteger(v)
	case "number":
		ok = v.Kind == manifest.Number
	}
	if !ok {
		c.failf(path, "must be of type %s, not %s", s.Get("type").Str(), v.Kind)
	}
	return ok
}

func isInteger(v *manifest.Node) bool {
	if v.Kind != manifest.Number {
		return false
	}
	r, ok := new(big.Rat).SetString(v.Text)
	return ok && len(v.Text) < 64 && r.IsInt()
}

func (c *schemaCheck) text(s *manifest.Node, text, path string) {
	n := utf8.RuneCountInString(text)
	if limit, ok := whole(s, "minLength"); ok && n < limit {
		c.failf(path, "must be at least %d characters long", limit)
	}
	if limit, ok := whole(s, "maxLength"); ok && n > limit {
		c.failf(path, "must be at most %d characters long", limit)
	}
	if p := s.Get("pattern").Str(); p != "" {
		if re, err := regexp.Compile(p); err == nil && !re.MatchString(text) {
			c.failf(path, "must match %s", p)
		}
	}
}

func (c *schemaCheck) number(s *manifest.Node, text, path string) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return
	}
	if limit, ok := decimal(s, "minimum"); ok && (v < limit || isTrue(s, "exclusiveMinimum") && v == limit) {
		c.failf(path, "must be at least %v", limit)
	}
	if limit, ok := decimal(s, "maximum"); ok && (v > limit || isTrue(s, "exclusiveMaximum") && v == limit) {
		c.failf(path, "must be at most %v", limit)
	}
}

func (c *schemaCheck) list(s, v *manifest.Node, path string) {
	if limit, ok := whole(s, "minItems"); ok && len(v.Items) < limit {
		c.failf(path, "must have at least %d items", limit)
	}
	if limit, ok := whole(s, "maxItems"); ok && len(v.Items) > limit {
		c.failf(path, "must have at most %d items", limit)
	}
	items := s.Get("items")
	if items == nil || items.Kind != manifest.Map {
		return
	}
	for i := range v.Items {
		c.value(items, &v.Items[i], manifest.JoinItem(path, v, i))
	}
}

func (c *schemaCheck) fields(s, v *manifest.Node, path string) {
	if required := s.Get("required"); required != nil {
		for i := range required.Items {
			if v.Get(required.Items[i].Text) == nil {
				c.failf(manifest.JoinField(path, required.Items[i].Text), "is required")
			}
		}
	}
	if limit, ok := whole(s, "minProperties"); ok && len(v.Items) < limit {
		c.failf(path, "must have at least %d fields", limit)
	}
	if limit, ok := whole(s, "maxProperties"); ok && len(v.Items) > limit {
		c.failf(path, "must have at most %d fields", limit)
	}
	properties, more := s.Get("properties"), s.Get("additionalProperties")
	for i := range v.Items {
		field := &v.Items[i]
		at := manifest.JoinField(path, field.Key)
		switch sub := properties.Get(field.Key); {
		case sub != nil:
			c.value(sub, field, at)
		case more != nil && more.Kind == manifest.Map:
			c.value(more, field, at)
		case more != nil && more.Text == "true", isTrue(s, "x-kubernetes-preserve-unknown-fields"), c.legacy:
		default:
			c.unknown = append(c.unknown, at)
		}
	}
}

// combined checks allOf, anyOf, oneOf and not, which look at values only.
func (c *schemaCheck) combined(s, v *manifest.Node, path string) {
	fits := func(sub *manifest.Node) bool {
		_, err := validate(sub, v, path, true)
		return err == nil
	}
	number := func(key string) (fit, of int) {
		list := s.Get(key)
		if list == nil {
			return 0, 0
		}
		for i := range list.Items {
			if fits(&list.Items[i]) {
				fit++
			}
		}
		return fit, len(list.Items)
	}
	if fit, of := number("allOf"); fit < of {
		c.failf(path, "does not fit all that is asked of it")
	}
	if fit, of := number("anyOf"); of > 0 && fit == 0 {
		c.failf(path, "fits nothing that it may be")
	}
	if fit, of := number("oneOf"); of > 0 && fit != 1 {
		c.failf(path, "does not fit exactly one of what it may be")
	}
	if not := s.Get("not"); not != nil && fits(not) {
		c.failf(path, "is what it must not be")
	}
}

func whole(s *manifest.Node, key string) (int, bool) {
	n := s.Get(key)
	if n == nil || n.Kind != manifest.Number {
		return 0, false
	}
	i, err := strconv.Atoi(n.Text)
	return i, err == nil
}

func decimal(s *manifest.Node, key string) (float64, bool) {
	n := s.Get(key)
	if n == nil || n.Kind != manifest.Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(n.Text, 64)
	return f, err == nil
}

func equal(a, b *manifest.Node) bool {
	x, errX := json.Marshal(a.Value())
	y, errY := json.Marshal(b.Value())
	return errX == nil && errY == nil && string(x) == string(y)
}

// withDefaults fills in what a schema says and a value does not.
func withDefaults(s, v *manifest.Node) *manifest.Node {
	switch v.Kind {
	case manifest.Map:
		return mapWithDefaults(s, v)
	case manifest.List:
		items := s.Get("items")
		if items == nil || items.Kind != manifest.Map {
			return v
		}
		out := *v
		out.Items = make([]manifest.Node, len(v.Items))
		for i := range v.Items {
			out.Items[i] = *withDefaults(items, &v.Items[i])
		}
		return &out
	}
	return v
}

func mapWithDefaults(s, v *manifest.Node) *manifest.Node {
	out := *v
	out.Items = nil
	properties, more := s.Get("properties"), s.Get("additionalProperties")
	for i := range v.Items {
		field := v.Items[i]
		sub := properties.Get(field.Key)
		if sub == nil && more != nil && more.Kind == manifest.Map {
			sub = more
		}
		if sub != nil {
			// A null gives way to the default where the field may not be null.
			if field.Kind == manifest.Null && !isTrue(sub, "nullable") && sub.Get("default") != nil {
				continue
			}
			field = *withDefaults(sub, &field)
		}
		out.Items = append(out.Items, field)
	}
	if properties == nil {
		return &out
	}
	for i := range properties.Items {
		sub := &properties.Items[i]
		standard := sub.Get("default")
		if standard == nil || out.Get(sub.Key) != nil {
			continue
		}
		field := *withDefaults(sub, standard)
		field.Key = sub.Key
		out.Items = append(out.Items, field)
	}
	return &out
}
