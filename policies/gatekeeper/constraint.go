package gatekeeper

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/cel"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/util/validation"
)

// A Constraint is a template with parameters, for the objects that it matches.
type Constraint struct {
	Kind, Name string
	File       string
	Line       int
	Template   *Template
	Match      *Match

	action     string
	scoped     *manifest.Node
	parameters *ast.Term
	whole      *cel.Object // the constraint itself; nil for a template in Rego
}

// IsConstraint tells whether d is a constraint.
func IsConstraint(d *manifest.Document) bool { return d.Object.Group() == ConstraintGroup }

// A Refusal is why Gatekeeper would refuse a constraint. It wraps ErrSchema where
// the schema of the template is the reason.
type Refusal struct {
	rego.Fault
	Cause error
}

// Unwrap returns the cause.
func (r Refusal) Unwrap() error { return r.Cause }

// Actions of a constraint.
const (
	Deny   = "deny"
	Warn   = "warn"
	Dryrun = "dryrun"
	scoped = "scoped"
)

// Points at which a constraint may be enforced.
const (
	Webhook = "validation.gatekeeper.sh"
	Audit   = "audit.gatekeeper.sh"
	Gator   = "gator.gatekeeper.sh"
)

// ReadConstraint reads a constraint of a template. Its error is a Refusal.
func ReadConstraint(d *manifest.Document, t *Template) (*Constraint, error) {
	refuse := func(n *manifest.Node, err error) error {
		return Refusal{Fault: *at(d, n, err.Error()), Cause: err}
	}
	meta, spec := d.Root.Get("metadata"), d.Root.Get("spec")
	c := &Constraint{
		Kind: d.Object.Kind, Name: meta.Get("name").Str(), File: d.File, Line: int(d.At().Line),
		Template: t, action: Deny,
	}
	// Gatekeeper asks in this order, and says what it finds first.
	if err := checkSelectors(spec.Get("match")); err != nil {
		return nil, refuse(spec.Get("match"), err)
	}
	if faults := validation.IsDNS1123Subdomain(c.Name); len(faults) > 0 {
		return nil, refuse(meta.Get("name"), fmt.Errorf("the name %q of the constraint is not valid: %s", c.Name, strings.Join(faults, "; ")))
	}
	if c.Kind != t.Kind {
		return nil, refuse(d.Root.Get("kind"), fmt.Errorf("the constraint is of kind %q, its template makes %q", c.Kind, t.Kind))
	}
	if v := d.Object.Version(); v != "v1beta1" && v != "v1alpha1" {
		return nil, refuse(d.Root.Get("apiVersion"), fmt.Errorf("unknown version %q of a constraint: must be v1beta1 or v1alpha1", v))
	}
	unknown, err := validate(t.constraintSchema(), d.Root, "", false)
	if err != nil {
		return nil, refuse(spec, err)
	}
	if len(unknown) > 0 {
		return nil, refuse(spec, fmt.Errorf("the template does not know the field %s", strings.Join(unknown, ", ")))
	}
	if c.Match, err = readMatch(spec.Get("match")); err != nil {
		return nil, refuse(spec.Get("match"), err)
	}
	if action := spec.Get("enforcementAction"); action != nil {
		c.action = action.Str()
	}
	c.scoped = spec.Get("scopedEnforcementActions")
	if c.action == scoped && c.scoped == nil {
		return nil, refuse(spec, fmt.Errorf("the action is scoped, but scopedEnforcementActions is not there"))
	}
	c.parameters = c.readParameters(spec.Get("parameters"))
	if t.code != nil {
		c.whole = cel.NewObject(c.defaulted(d.Root))
	}
	return c, nil
}

// readParameters fills in the defaults of the template. Where there are no
// parameters at all, only a default for the whole of them counts.
func (c *Constraint) readParameters(given *manifest.Node) *ast.Term {
	if given = c.givenParameters(given); given == nil {
		return ast.ObjectTerm()
	}
	return rego.NewObject(given).Term
}

// givenParameters are parameters with the defaults of the template; nil where there are
// none.
func (c *Constraint) givenParameters(given *manifest.Node) *manifest.Node {
	if given == nil || given.Kind == manifest.Null {
		given = c.Template.schema.Get("default")
	}
	if given == nil || c.Template.schema == nil {
		return given
	}
	return withDefaults(c.Template.schema, given)
}

// defaulted is a constraint as the API server stores it, with the defaults of the
// template in its parameters.
func (c *Constraint) defaulted(root *manifest.Node) *manifest.Node {
	given := c.givenParameters(root.Lookup("spec", "parameters"))
	if given == nil {
		return root
	}
	out, parameters := *root, *given
	parameters.Key = "parameters"
	replace(&out, []string{"spec"}, func(spec *manifest.Node) {
		spec.Items = append(slices.DeleteFunc(spec.Items, func(n manifest.Node) bool { return n.Key == "parameters" }), parameters)
	})
	return &out
}

// UnknownAction returns the action where it is none that Gatekeeper knows, which
// its webhook refuses.
func (c *Constraint) UnknownAction() string {
	if slices.Contains([]string{Deny, Warn, Dryrun, scoped}, c.action) {
		return ""
	}
	return c.action
}

// Actions returns what follows from a violation at a point of enforcement; nothing
// where the constraint is not enforced there.
func (c *Constraint) Actions(point string) []string {
	if c.action != scoped {
		return []string{c.action}
	}
	var out []string
	for i := range c.scoped.Items {
		points := c.scoped.Items[i].Get("enforcementPoints")
		if points == nil {
			continue
		}
		for j := range points.Items {
			name := points.Items[j].Get("name").Str()
			action := c.scoped.Items[i].Get("action").Str()
			if (name == "*" || name == point) && !slices.Contains(out, action) {
				out = append(out, action)
			}
		}
	}
	slices.Sort(out)
	return out
}

// constraintSchema is the schema of a whole constraint: the fixed parts and the
// parameters.
func (t *Template) constraintSchema() *manifest.Node {
	root := *fixedSchema()
	root.Items = slices.Clone(root.Items)
	set := func(n *manifest.Node, key string, value manifest.Node) {
		value.Key = key
		n.Items = append(n.Items, value)
	}
	if t.schema == nil && !t.legacy {
		return &root
	}
	parameters := manifest.Node{Kind: manifest.Map, Items: []manifest.Node{{Key: "x-kubernetes-preserve-unknown-fields", Kind: manifest.Bool, Text: "true"}}}
	if t.schema != nil {
		parameters = *t.schema
		if t.legacy {
			parameters = open(parameters)
		}
	}
	replace(&root, []string{"properties", "spec", "properties"}, func(n *manifest.Node) { set(n, "parameters", parameters) })
	return &root
}

// open lets a legacy schema accept fields that it does not name.
func open(s manifest.Node) manifest.Node {
	if s.Kind != manifest.Map {
		return s
	}
	items := make([]manifest.Node, 0, len(s.Items)+1)
	for _, item := range s.Items {
		switch item.Key {
		case "properties":
			properties := item
			properties.Items = make([]manifest.Node, len(item.Items))
			for i := range item.Items {
				properties.Items[i] = open(item.Items[i])
			}
			item = properties
		case "items", "additionalProperties":
			item = open(item)
		}
		items = append(items, item)
	}
	s.Items = append(items, manifest.Node{Key: "x-kubernetes-preserve-unknown-fields", Kind: manifest.Bool, Text: "true"})
	return s
}

// replace copies the nodes on a path and changes the last.
func replace(n *manifest.Node, path []string, change func(*manifest.Node)) {
	n.Items = slices.Clone(n.Items)
	if len(path) == 0 {
		change(n)
		return
	}
	for i := range n.Items {
		if n.Items[i].Key == path[0] {
			replace(&n.Items[i], path[1:], change)
		}
	}
}

var fixedSchema = sync.OnceValue(func() *manifest.Node {
	f := manifest.Read("schema.yaml", []byte(fixedSchemaText), manifest.DefaultLimits())
	return f.Documents[0].Root
})

// fixedSchemaText is what every constraint may say: the schema that Gatekeeper
// v3.23 gives its CustomResourceDefinitions, without the parameters.
const fixedSchemaText = `
type: object
properties:
  apiVersion: {type: string}
  kind: {type: string}
  metadata:
    type: object
    x-kubernetes-preserve-unknown-fields: true
    properties:
      name: {type: string, maxLength: 63}
  status: {x-kubernetes-preserve-unknown-fields: true}
  spec:
    type: object
    properties:
      enforcementAction: {type: string}
      scopedEnforcementActions:
        type: array
        items:
          type: object
          properties:
            action: {type: string}
            enforcementPoints:
              type: array
              items: {type: object, properties: {name: {type: string}}}
      match:
        type: object
        properties:
          kinds:
            type: array
            items:
              type: object
              properties:
                apiGroups: {type: array, items: {type: string}}
                kinds: {type: array, items: {type: string}}
          namespaces: &globs {type: array, items: {type: string, pattern: '^\*?[-:a-z0-9]*\*?$'}}
          excludedNamespaces: *globs
          name: {type: string, pattern: '^\*?[-:a-z0-9]*\*?$'}
          scope: {type: string}
          source: {type: string, enum: [All, Generated, Original]}
          labelSelector: &selector
            type: object
            properties:
              matchLabels: {type: object, additionalProperties: {type: string}}
              matchExpressions:
                type: array
                items:
                  type: object
                  required: [key, operator]
                  properties:
                    key: {type: string}
                    operator: {type: string}
                    values: {type: array, items: {type: string}}
          namespaceSelector: *selector
`
