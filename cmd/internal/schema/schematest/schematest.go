// Package schematest checks documents against schemas that package schema wrote,
// for tests.
//
// It knows only the keywords that package schema writes, and refuses a schema
// with any other, so that nothing passes unseen.
package schematest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Check returns every way in which document breaks schema, sorted; none means
// that it is valid. Both are JSON. The error tells that one of them is not JSON,
// or that schema has a keyword which is not known here.
func Check(schema, document []byte) ([]string, error) {
	var root, value any
	if err := decode(schema, &root); err != nil {
		return nil, fmt.Errorf("decode the schema: %w", err)
	}
	if err := decode(document, &value); err != nil {
		return nil, fmt.Errorf("decode the document: %w", err)
	}
	top, ok := root.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the schema is no object")
	}
	c := checker{root: top}
	c.check(top, value, "$")
	slices.Sort(c.faults)
	return c.faults, c.err
}

func decode(data []byte, into *any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return dec.Decode(into)
}

type checker struct {
	root   map[string]any
	faults []string
	err    error
}

func (c *checker) fault(at, format string, args ...any) {
	c.faults = append(c.faults, at+": "+fmt.Sprintf(format, args...))
}

func (c *checker) check(schema map[string]any, value any, at string) {
	for _, keyword := range slices.Sorted(maps.Keys(schema)) {
		c.keyword(keyword, schema, value, at)
	}
}

func (c *checker) keyword(keyword string, schema map[string]any, value any, at string) {
	rule := schema[keyword]
	switch keyword {
	case "$schema", "$id", "$defs", "title", "description", "contentEncoding":
	case "$ref":
		c.reference(rule, value, at)
	case "anyOf":
		c.anyOf(rule, value, at)
	case "type":
		if got := typeName(value); got != rule && (got != "integer" || rule != "number") {
			c.fault(at, "is %s, want %v", got, rule)
		}
	case "enum":
		if !slices.ContainsFunc(rule.([]any), func(one any) bool { return reflect.DeepEqual(one, value) }) {
			c.fault(at, "is %v, want one of %v", value, rule)
		}
	case "pattern", "format", "minLength":
		if text, ok := value.(string); ok {
			c.text(keyword, rule, text, at)
		}
	case "minimum", "minItems", "minProperties":
		c.least(keyword, rule, value, at)
	case "items":
		for i, item := range list(value) {
			c.check(rule.(map[string]any), item, fmt.Sprintf("%s[%d]", at, i))
		}
	case "properties", "required", "additionalProperties":
		if members, ok := value.(map[string]any); ok {
			c.members(keyword, schema, members, at)
		}
	default:
		c.err = fmt.Errorf("%s: unknown keyword %q", at, keyword)
	}
}

func (c *checker) reference(rule, value any, at string) {
	name, _ := strings.CutPrefix(fmt.Sprint(rule), "#/$defs/")
	defs, _ := c.root["$defs"].(map[string]any)
	target, ok := defs[name].(map[string]any)
	if !ok {
		c.err = fmt.Errorf("%s: no definition %v", at, rule)
		return
	}
	c.check(target, value, at)
}

func (c *checker) anyOf(rule, value any, at string) {
	for _, one := range rule.([]any) {
		branch := checker{root: c.root}
		branch.check(one.(map[string]any), value, at)
		if branch.err == nil && len(branch.faults) == 0 {
			return
		}
	}
	c.fault(at, "fits none of %v", rule)
}

func (c *checker) text(keyword string, rule any, text, at string) {
	switch keyword {
	case "pattern":
		if !regexp.MustCompile(rule.(string)).MatchString(text) {
			c.fault(at, "%q does not match %v", text, rule)
		}
	case "minLength":
		if n, _ := rule.(json.Number).Int64(); int64(utf8.RuneCountInString(text)) < n {
			c.fault(at, "%q is shorter than %v", text, rule)
		}
	case "format":
		c.format(rule, text, at)
	}
}

func (c *checker) format(rule any, text, at string) {
	layouts := map[any]string{"date-time": time.RFC3339, "date": time.DateOnly}
	layout, ok := layouts[rule]
	if !ok {
		c.err = fmt.Errorf("%s: unknown format %v", at, rule)
		return
	}
	if _, err := time.Parse(layout, text); err != nil {
		c.fault(at, "%q is no %v", text, rule)
	}
}

func (c *checker) least(keyword string, rule, value any, at string) {
	var got float64
	switch value := value.(type) {
	case json.Number:
		got, _ = value.Float64()
	case []any:
		got = float64(len(value))
	case map[string]any:
		got = float64(len(value))
	default:
		return
	}
	if least, _ := rule.(json.Number).Float64(); got < least {
		c.fault(at, "%s is %v, want at least %v", keyword, got, least)
	}
}

func (c *checker) members(keyword string, schema, members map[string]any, at string) {
	properties, _ := schema["properties"].(map[string]any)
	switch keyword {
	case "properties":
		for key, rule := range properties {
			if value, ok := members[key]; ok {
				c.check(rule.(map[string]any), value, at+"."+key)
			}
		}
	case "required":
		for _, key := range schema["required"].([]any) {
			if _, ok := members[key.(string)]; !ok {
				c.fault(at, "has no %v", key)
			}
		}
	case "additionalProperties":
		for key, value := range members {
			if _, known := properties[key]; known {
				continue
			}
			if rule, ok := schema["additionalProperties"].(map[string]any); ok {
				c.check(rule, value, at+"."+key)
			} else {
				c.fault(at, "has the unknown key %q", key)
			}
		}
	}
}

func list(value any) []any {
	items, _ := value.([]any)
	return items
}

func typeName(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case json.Number:
		if _, err := value.Int64(); err == nil {
			return "integer"
		}
		return "number"
	}
	return "object"
}
