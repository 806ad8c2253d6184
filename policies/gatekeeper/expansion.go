package gatekeeper

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// ExpansionGroup is the API group of ExpansionTemplates.
const ExpansionGroup = "expansion.gatekeeper.sh"

// maxExpansions is how often what came of an object is expanded again, as in Gatekeeper.
const maxExpansions = 30

// An Expansion is an ExpansionTemplate: what a controller will make of objects of some
// kinds, so that it is judged before it is made
// (https://open-policy-agent.github.io/gatekeeper/website/docs/expansion).
type Expansion struct {
	Name string
	File string
	Line int

	applies       []appliesTo
	source        []string
	version, kind string // of what is made
	action        string // instead of that of the constraint; "" for none
}

// appliesTo are the kinds of some groups and versions; there are no globs.
type appliesTo struct{ groups, versions, kinds []string }

func (a appliesTo) matches(apiVersion, kind string) bool {
	group, version := splitVersion(apiVersion)
	return slices.Contains(a.groups, group) && slices.Contains(a.versions, version) && slices.Contains(a.kinds, kind)
}

func splitVersion(apiVersion string) (group, version string) {
	if group, version, ok := strings.Cut(apiVersion, "/"); ok {
		return group, version
	}
	return "", apiVersion
}

// IsExpansion tells whether d is an ExpansionTemplate.
func IsExpansion(d *manifest.Document) bool {
	return d.Object.Group() == ExpansionGroup && d.Object.Kind == "ExpansionTemplate"
}

// ReadExpansion reads an ExpansionTemplate. Where it gives a fault, Gatekeeper would
// refuse it.
func ReadExpansion(d *manifest.Document) (*Expansion, *rego.Fault) {
	spec := d.Root.Get("spec")
	made := spec.Get("generatedGVK")
	e := &Expansion{
		Name: d.Root.Lookup("metadata", "name").Str(), File: d.File, Line: int(d.At().Line),
		kind: made.Get("kind").Str(), version: made.Get("version").Str(), action: spec.Get("enforcementAction").Str(),
	}
	if group := made.Get("group").Str(); group != "" {
		e.version = group + "/" + e.version
	}
	if applies := spec.Get("applyTo"); applies != nil {
		for i := range applies.Items {
			a := &applies.Items[i]
			e.applies = append(e.applies, appliesTo{words(a.Get("groups")), words(a.Get("versions")), words(a.Get("kinds"))})
		}
	}
	source := spec.Get("templateSource").Str()
	e.source = strings.Split(source, ".")
	refuse := func(n *manifest.Node, format string, args ...any) (*Expansion, *rego.Fault) {
		return nil, at(d, n, fmt.Sprintf(format, args...))
	}
	switch v := d.Object.Version(); {
	case v != "v1alpha1" && v != "v1beta1":
		return refuse(d.Root.Get("apiVersion"), "unknown version %q of ExpansionTemplate: must be v1alpha1 or v1beta1", v)
	case e.Name == "":
		return refuse(d.Root.Get("metadata"), "the ExpansionTemplate has no name")
	case len(e.Name) >= 64:
		return refuse(d.Root.Lookup("metadata", "name"), "the name of an ExpansionTemplate must have fewer than 64 characters")
	case source == "":
		return refuse(spec, "the ExpansionTemplate %s does not say where the template stands (templateSource)", e.Name)
	case e.kind == "" && e.version == "":
		return refuse(spec, "the ExpansionTemplate %s does not say what is made (generatedGVK)", e.Name)
	case len(e.applies) == 0:
		return refuse(spec, "the ExpansionTemplate %s does not say for which kinds it is (applyTo)", e.Name)
	case e.appliesTo(e.version, e.kind):
		return refuse(spec.Get("applyTo"), "the ExpansionTemplate %s is for the kind that it makes", e.Name)
	}
	return e, nil
}

func words(list *manifest.Node) []string {
	if list == nil {
		return nil
	}
	var out []string
	for i := range list.Items {
		out = append(out, list.Items[i].Str())
	}
	return out
}

func (e *Expansion) appliesTo(apiVersion, kind string) bool {
	return slices.ContainsFunc(e.applies, func(a appliesTo) bool { return a.matches(apiVersion, kind) })
}

// Generated is an object that will be made of another one.
type Generated struct {
	Object *manifest.Node
	By     *Expansion
	// Path is where in the first object the template of this one stands.
	Path []string
}

// Message words what is said of g, as Gatekeeper words it.
func (g Generated) Message(message string) string {
	return "[Implied by " + g.By.Name + "] " + message
}

// Action is what follows from a violation of g instead of what the constraint says; ""
// for that.
func (g Generated) Action() string { return g.By.action }

// Field writes a path in g as one in the first object.
func (g Generated) Field(field string) string {
	head, _, _ := strings.Cut(field, ".")
	switch field {
	case "", "apiVersion", "kind", "metadata.name", "metadata.namespace":
		return field
	}
	if head == "metadata" && strings.HasPrefix(field, "metadata.ownerReferences") {
		return ""
	}
	return strings.Join(g.Path, ".") + "." + field
}

// Generate expands an object, and what comes of it. The nodes of what is made stand where
// those of its template stand. An error means that Gatekeeper rejects the object.
func Generate(list []*Expansion, object *manifest.Node) ([]Generated, error) {
	if len(list) == 0 {
		return nil, nil
	}
	return generate(list, object, nil, 0)
}

var errDeep = errors.New("the ExpansionTemplates make ever more objects of one")

func generate(list []*Expansion, object *manifest.Node, path []string, depth int) ([]Generated, error) {
	if depth >= maxExpansions {
		return nil, errDeep
	}
	var out, made []Generated
	for _, e := range list {
		if !e.appliesTo(object.Get("apiVersion").Str(), object.Get("kind").Str()) {
			continue
		}
		g, err := e.expand(object)
		if err != nil {
			return nil, err
		}
		g.Path = slices.Concat(path, g.Path)
		made = append(made, g)
	}
	for _, g := range made {
		more, err := generate(list, g.Object, g.Path, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return append(out, made...), nil
}

// expand makes one object of another.
func (e *Expansion) expand(object *manifest.Node) (Generated, error) {
	from := object.Lookup(e.source...)
	if from == nil || from.Kind != manifest.Map {
		return Generated{}, fmt.Errorf("the ExpansionTemplate %s finds no map at %s of the %s", e.Name, strings.Join(e.source, "."), object.Get("kind").Str())
	}
	made := *from
	made.Key, made.Items = "", nil
	given := object.Get("metadata")
	name := strings.ToLower(given.Get("name").Str() + "-" + e.kind)
	set(&made, "apiVersion", manifest.Node{Kind: manifest.String, Text: e.version, At: object.At})
	set(&made, "kind", manifest.Node{Kind: manifest.String, Text: e.kind, At: object.At})
	metadata := manifest.Node{Kind: manifest.Map, At: from.At}
	if own := from.Get("metadata"); own != nil && own.Kind == manifest.Map {
		metadata = *own
		metadata.Items = slices.Clone(own.Items)
	}
	set(&metadata, "name", manifest.Node{Kind: manifest.String, Text: name, At: given.Get("name").Place()})
	if namespace := given.Get("namespace"); namespace != nil {
		set(&metadata, "namespace", *namespace)
	}
	own(&metadata, object)
	set(&made, "metadata", metadata)
	for i := range from.Items {
		if made.Get(from.Items[i].Key) == nil {
			made.Items = append(made.Items, from.Items[i])
		}
	}
	return Generated{Object: &made, By: e, Path: e.source}, nil
}

// own names the object of which another is made as its owner, as Gatekeeper does.
func own(metadata, object *manifest.Node) {
	owner := manifest.Node{Kind: manifest.Map, At: object.At}
	for _, key := range []string{"apiVersion", "kind", "name"} {
		value := object.Get(key)
		if key == "name" {
			value = object.Lookup("metadata", "name")
		}
		if value.Str() == "" {
			return
		}
		set(&owner, key, *value)
	}
	references := manifest.Node{Kind: manifest.List, At: object.At}
	if known := metadata.Get("ownerReferences"); known != nil && known.Kind == manifest.List {
		references = *known
	}
	references.Items = append(slices.Clip(references.Items), owner)
	set(metadata, "ownerReferences", references)
}

// set puts a field into a map whose list of fields is its own.
func set(n *manifest.Node, key string, value manifest.Node) {
	value.Key = key
	for i := range n.Items {
		if n.Items[i].Key == key {
			n.Items[i] = value
			return
		}
	}
	n.Items = append(n.Items, value)
}

// Cycle finds expansions that make what leads back to themselves. Gatekeeper uses none of
// those.
func Cycle(list []*Expansion) *Expansion {
	const walking, done = 1, 2
	state := map[*Expansion]int{}
	var visit func(e *Expansion) bool
	visit = func(e *Expansion) bool {
		state[e] = walking
		for _, next := range list {
			if next.appliesTo(e.version, e.kind) && (state[next] == walking || state[next] == 0 && visit(next)) {
				return true
			}
		}
		state[e] = done
		return false
	}
	for _, e := range list {
		if state[e] == 0 && visit(e) {
			return e
		}
	}
	return nil
}
