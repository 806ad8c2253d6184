package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// table is what the API server fills in, in the order in which it is to be applied (see apply).
type table struct {
	// Kubernetes is the version of the API server that was asked.
	Kubernetes string `json:"kubernetes"`
	// PodSpecs says where the kinds ("apps/v1 Deployment") have the PodSpec to which the rows of kind PodSpec apply.
	PodSpecs map[string]string `json:"podSpecs"`
	Rows     []row             `json:"rows"`
}

// row is one default. Exactly one of Value, From, Remove and Computed says what the field becomes.
type row struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
	// Path is the field, from the root of the object (of the PodSpec, in rows of that kind).
	Path string `json:"path"`
	// Value is put there if the field is absent and what holds it is present.
	Value json.RawMessage `json:"value,omitempty"`
	// From is a field whose value is copied if it is present and not zero. Where both paths end in *, each entry that is missing is.
	From string `json:"from,omitempty"`
	// Zero: the zero value of the field's type (an empty text, 0, false) counts as absent, also where it is written.
	Zero bool `json:"zero,omitempty"`
	// As changes the copied text: "lower case", or "list kind", which appends List.
	As string `json:"as,omitempty"`
	// Remove: the API server drops the field.
	Remove bool `json:"remove,omitempty"`
	// Computed says in words how the API server fills the field, where no row can. Nothing is applied.
	Computed string `json:"computed,omitempty"`
	// When has to hold: conditions by path, which takes the same list items as Path.
	When map[string]condition `json:"when,omitempty"`

	// encoded: the schema requires the field, so that its zero value shows only that the API server accepts an object
	// without it. An object that is accepted has to be there for that, and it is not there for every kind.
	encoded bool
}

// condition has exactly one field set.
type condition struct {
	In     []string `json:"in,omitempty"`     // the text is one of these
	Is     *bool    `json:"is,omitempty"`     // the boolean is this
	Set    *bool    `json:"set,omitempty"`    // the field is present and no empty text, or is not
	Latest *bool    `json:"latest,omitempty"` // the text is an image reference whose tag is latest, or that has neither tag nor digest; or is not
	Only   []string `json:"only,omitempty"`   // the object has no other fields than these
}

// encode writes one row per line.
func (t table) encode() ([]byte, error) {
	var out bytes.Buffer
	podSpecs, err := json.Marshal(t.PodSpecs)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(&out, "{\n\"kubernetes\": %q,\n\"podSpecs\": %s,\n\"rows\": [\n", t.Kubernetes, podSpecs)
	if err := encodeLines(&out, t.Rows); err != nil {
		return nil, err
	}
	out.WriteString("]\n}\n")
	return out.Bytes(), nil
}

// encodeLines writes the items of a JSON list, one per line.
func encodeLines[T any](out *bytes.Buffer, items []T) error {
	for i, item := range items {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(item); err != nil {
			return err
		}
		if i < len(items)-1 {
			out.Truncate(out.Len() - 1)
			out.WriteString(",\n")
		}
	}
	return nil
}

func decodeTable(content []byte) (table, error) {
	var t table
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&t)
	return t, err
}

// apiKind is the apiVersion and kind of a row, as in an object: "apps/v1 Deployment".
func (r row) apiKind() string { return groupVersion(r.Group, r.Version) + " " + r.Kind }

func newRow(apiKind, path string) row {
	apiVersion, kind, _ := strings.Cut(apiKind, " ")
	group, version, grouped := strings.Cut(apiVersion, "/")
	if !grouped {
		group, version = "", apiVersion
	}
	return row{Group: group, Version: version, Kind: kind, Path: path}
}

// text identifies a row.
func (r row) text() string {
	content, err := json.Marshal(r)
	if err != nil {
		panic(err) // only strings, booleans and JSON that was read
	}
	return string(content)
}

// inOrder sorts rows so that applying them one after the other gives what the API server gives: a row comes after
// those that fill what its condition or its source reads, and before those that fill what its condition wants unset.
func inOrder(rows []row) ([]row, error) {
	slices.SortFunc(rows, func(a, b row) int {
		return strings.Compare(a.apiKind()+" "+a.Path+" "+a.From+a.text(), b.apiKind()+" "+b.Path+" "+b.From+b.text())
	})
	var ordered []row
	for len(rows) > 0 {
		i := slices.IndexFunc(rows, func(r row) bool {
			return !slices.ContainsFunc(rows, func(other row) bool { return other.apiKind() == r.apiKind() && other.precedes(r) })
		})
		if i < 0 {
			return nil, fmt.Errorf("rows of %s wait for each other: %s", rows[0].apiKind(), rows[0].text())
		}
		ordered = append(ordered, rows[i])
		rows = slices.Delete(rows, i, i+1)
	}
	return ordered, nil
}

func (r row) precedes(later row) bool {
	if r.Path == later.Path {
		return false
	}
	if atOrBelow(later.Path, r.Path) {
		return true
	}
	if condition, reads := later.When[r.Path]; reads && !condition.readsInput() {
		return true
	}
	if condition, reads := r.When[later.Path]; reads && condition.readsInput() {
		return true
	}
	if holder, _ := lastStep(later.Path); r.When[holder].Only != nil {
		return true
	}
	// Two fields may be copies of each other.
	return later.From == r.Path && r.From != later.Path
}

// readsInput tells whether a condition is about the object as written, before defaults.
func (c condition) readsInput() bool { return c.Set != nil || c.Only != nil }
