package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// shape is what the API server's OpenAPI document says of a type. A type that would contain itself is cut off where
// it does: it is a scalar there.
type shape struct {
	fields   map[string]*shape // of a struct; nil for anything else
	required map[string]bool
	item     *shape // of a list
	entry    *shape // of a map
	scalar   schema // of anything else
}

// schema is the part of an OpenAPI v3 schema that is read here.
type schema struct {
	Ref                  string            `json:"$ref"`
	AllOf                []schema          `json:"allOf"`
	OneOf                []schema          `json:"oneOf"`
	Type                 string            `json:"type"`
	Format               string            `json:"format"`
	Enum                 []string          `json:"enum"`
	Properties           map[string]schema `json:"properties"`
	Required             []string          `json:"required"`
	Items                *schema           `json:"items"`
	AdditionalProperties *schema           `json:"additionalProperties"`
	Kinds                []struct {
		Group   string `json:"group"`
		Version string `json:"version"`
		Kind    string `json:"kind"`
	} `json:"x-kubernetes-group-version-kind"`
}

// shapesOf returns the shapes of the kinds of one apiVersion, by kind.
func shapesOf(ctx context.Context, admin *cluster.Client, apiVersion string) (map[string]*shape, error) {
	path := "/openapi/v3/api/" + apiVersion
	if strings.Contains(apiVersion, "/") {
		path = "/openapi/v3/apis/" + apiVersion
	}
	response, err := admin.Do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	if err := response.Err(); err != nil {
		return nil, fmt.Errorf("schema of %s: %w", apiVersion, err)
	}
	var document struct {
		Components struct {
			Schemas map[string]schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(response.Body, &document); err != nil {
		return nil, fmt.Errorf("schema of %s: %w", apiVersion, err)
	}
	types := document.Components.Schemas
	shapes := map[string]*shape{}
	for name, s := range types {
		for _, kind := range s.Kinds {
			if groupVersion(kind.Group, kind.Version) == apiVersion {
				shapes[kind.Kind] = shapeOf(types, schema{Ref: name}, nil)
			}
		}
	}
	return shapes, nil
}

// shapeOf resolves references; above are the names of the types that s lies in.
func shapeOf(types map[string]schema, s schema, above []string) *shape {
	for s.Ref != "" || len(s.AllOf) == 1 {
		if s.Ref == "" {
			s = s.AllOf[0]
			continue
		}
		name := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		for _, outer := range above {
			if outer == name {
				return &shape{}
			}
		}
		above = append(above[:len(above):len(above)], name)
		s = types[name]
	}
	switch {
	case len(s.Properties) > 0:
		made := &shape{fields: map[string]*shape{}, required: map[string]bool{}}
		for name, property := range s.Properties {
			made.fields[name] = shapeOf(types, property, above)
		}
		for _, name := range s.Required {
			made.required[name] = true
		}
		return made
	case s.Items != nil:
		return &shape{item: shapeOf(types, *s.Items, above)}
	case s.AdditionalProperties != nil:
		return &shape{entry: shapeOf(types, *s.AdditionalProperties, above)}
	case s.Type == "object":
		// A struct without fields, or free-form content.
		return &shape{fields: map[string]*shape{}}
	}
	return &shape{scalar: s}
}

// isStruct tells whether the empty object is a value of the shape.
func (s *shape) isStruct() bool { return s.fields != nil }

func groupVersion(group, version string) string {
	if group == "" {
		return version
	}
	return group + "/" + version
}
