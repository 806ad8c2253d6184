package rego

import (
	"github.com/open-policy-agent/opa/v1/ast"
)

// Metadata is what the METADATA comments of a policy say of it.
type Metadata struct {
	Title       string
	Description string
	Custom      map[string]any
	Line        int
}

// MetadataOf returns the annotations of a rule, or else those of its package; of a
// nil rule, those of the package. What the rule does not say is taken from the
// package.
func MetadataOf(m *ast.Module, r *ast.Rule) Metadata {
	var out Metadata
	for _, a := range m.Annotations {
		if a.Scope == "package" || a.Scope == "subpackages" {
			out.add(a)
		}
	}
	if r == nil {
		return out
	}
	own := Metadata{Custom: map[string]any{}}
	for _, a := range r.Annotations {
		own.add(a)
	}
	return own.over(out)
}

func (m *Metadata) add(a *ast.Annotations) {
	if m.Title == "" {
		m.Title = a.Title
	}
	if m.Description == "" {
		m.Description = a.Description
	}
	if m.Line == 0 && a.Location != nil {
		m.Line = a.Location.Row
	}
	for key, value := range a.Custom {
		if m.Custom == nil {
			m.Custom = map[string]any{}
		}
		if _, ok := m.Custom[key]; !ok {
			m.Custom[key] = value
		}
	}
}

// over fills in from base what m does not say.
func (m Metadata) over(base Metadata) Metadata {
	if m.Title == "" {
		m.Title = base.Title
	}
	if m.Description == "" {
		m.Description = base.Description
	}
	for key, value := range base.Custom {
		if _, ok := m.Custom[key]; !ok {
			m.Custom[key] = value
		}
	}
	return m
}

// String returns a text of the custom annotations, or "".
func (m Metadata) String(key string) string {
	s, _ := m.Custom[key].(string)
	return s
}
