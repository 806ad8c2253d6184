package main

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// apply fills in an object what the API server would, row by row in the table's order: first the rows of its kind, then
// those of PodSpec in its pod template. A row applies in every place to which the path of its field's holder leads, if
// the field is absent there and the conditions hold. It expects the object as the API's types encode it: no null, and no
// empty value in a field that those leave out when empty.
func (t table) apply(o object) error {
	apiKind := apiKindOf(o)
	for _, r := range t.Rows {
		if r.apiKind() == apiKind {
			if err := r.apply(o); err != nil {
				return err
			}
		}
	}
	path, has := t.PodSpecs[apiKind]
	if !has {
		return nil
	}
	spec, _ := site{}.resolve(o, path).(object)
	if spec == nil {
		return nil
	}
	for _, r := range t.Rows {
		if r.apiKind() == podSpec {
			if err := r.apply(spec); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r row) apply(root object) error {
	if r.Computed != "" {
		return nil
	}
	holder, field := lastStep(r.Path)
	if field == "*" {
		r.copyEntries(root, holder)
		return nil
	}
	for _, place := range sites(root, holder) {
		in, is := place.resolve(root, holder).(object)
		if !is || !r.holds(root, place) {
			continue
		}
		if r.Remove {
			delete(in, field)
			continue
		}
		if present, has := in[field]; has && !(r.Zero && isZero(present)) {
			continue
		}
		value, err := r.value(root, place)
		if err != nil {
			return err
		}
		if value != nil {
			in[field] = value
		}
	}
	return nil
}

// value returns what the absent field becomes, nil for nothing.
func (r row) value(root object, place site) (any, error) {
	if r.Value != nil {
		var value any
		return value, json.Unmarshal(r.Value, &value)
	}
	if r.From == "" {
		return nil, nil
	}
	value := copyOf(place.resolve(root, r.From))
	if isZero(value) {
		return nil, nil
	}
	text, isText := value.(string)
	switch {
	case r.As == "lower case" && isText:
		value = strings.ToLower(text)
	case r.As == "list kind" && isText:
		value = text + "List"
	}
	return value, nil
}

// copyEntries copies the entries of a map that are missing in another, which is made if need be.
func (r row) copyEntries(root object, target string) {
	source, _ := lastStep(r.From)
	holder, field := lastStep(target)
	for _, place := range sites(root, holder) {
		in, is := place.resolve(root, holder).(object)
		if !is || !r.holds(root, place) {
			continue
		}
		from, _ := place.resolve(root, source).(object)
		if len(from) == 0 {
			continue
		}
		to, _ := in[field].(object)
		merged := maps.Clone(from)
		maps.Copy(merged, to)
		in[field] = merged
	}
}

func (r row) holds(root object, place site) bool {
	for path, condition := range r.When {
		if !condition.holds(place.resolve(root, path)) {
			return false
		}
	}
	return true
}

func (c condition) holds(value any) bool {
	switch {
	case c.In != nil:
		text, is := value.(string)
		return is && slices.Contains(c.In, text)
	case c.Is != nil:
		flag, _ := value.(bool)
		return flag == *c.Is
	case c.Set != nil:
		return isSet(value) == *c.Set
	case c.Latest != nil:
		text, _ := value.(string)
		return isLatest(text) == *c.Latest
	}
	for name := range asObject(value) {
		if !slices.Contains(c.Only, name) {
			return false
		}
	}
	return true
}

func isSet(value any) bool { return value != nil && value != "" }

// imageReference is a name (of which the first part may be a host), a tag and a digest, after the grammar of
// https://pkg.go.dev/github.com/distribution/reference.
var imageReference = regexp.MustCompile(`^(?:` + imageHost + `/)?` + imageName + `(?:/` + imageName + `)*` +
	`(?::(\w[\w.-]{0,127}))?` + `(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,})?$`)

const (
	imageName = `[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`
	// A first part without dot, port and upper case is no host, unless it is localhost; it is a name then, and fits.
	imageHost = `(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?`
)

// hexadecimal64 is what a digest looks like, and no image may be named so.
var hexadecimal64 = regexp.MustCompile(`^[a-f0-9]{64}$`)

// isLatest tells whether the API server takes an image for one whose tag is latest. What is no reference is not.
func isLatest(image string) bool {
	parts := imageReference.FindStringSubmatch(image)
	if parts == nil || hexadecimal64.MatchString(image) {
		return false
	}
	tag, digest := parts[1], parts[2]
	return tag == "latest" || tag == "" && digest == ""
}

func apiKindOf(o object) string {
	apiVersion, _ := o["apiVersion"].(string)
	kind, _ := o["kind"].(string)
	return apiVersion + " " + kind
}

func asObject(value any) object {
	o, _ := value.(object)
	return o
}

func sortedKeys(o object) []string { return slices.Sorted(maps.Keys(o)) }
