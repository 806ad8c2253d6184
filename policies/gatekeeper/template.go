// Package gatekeeper runs ConstraintTemplates and their constraints as Gatekeeper
// does: the same templates are refused, the same objects match, the same
// violations come out.
//
// It knows no files and no cluster: objects, namespaces and the inventory are
// given to it. Rules are those of github.com/open-policy-agent/gatekeeper v3.23 and
// its constraint framework.
package gatekeeper

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/cel"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
	"github.com/open-policy-agent/opa/v1/ast"
)

// API groups of what Gatekeeper reads.
const (
	TemplateGroup   = "templates.gatekeeper.sh"
	ConstraintGroup = "constraints.gatekeeper.sh"
)

// target is the only target of templates that Gatekeeper has.
const target = "admission.k8s.gatekeeper.sh"

// A Template is a ConstraintTemplate that compiles.
type Template struct {
	Kind       string // of its constraints
	Name       string
	File       string
	Metadata   map[string]string // annotations: title, description
	Operations []string          // at which it is asked; none for all
	Asks       review.Asks       // what it asks of a request besides the object
	Inventory  bool              // it reads data.inventory, all objects of a cluster

	schema  *manifest.Node // of spec.parameters; nil where there are none
	legacy  bool           // parameters outside the schema are let through
	native  *manifest.Node // the code for the other engine; nil where there is none
	code    *cel.Code      // what is run of it; nil where there is Rego
	program func() (*rego.Program, []rego.Fault)
	query   func() (*rego.Query, error)
}

// IsTemplate tells whether d is a ConstraintTemplate.
func IsTemplate(d *manifest.Document) bool {
	return d.Object.Group() == TemplateGroup && d.Object.Kind == "ConstraintTemplate"
}

// ReadTemplate reads and compiles a template. Where it gives faults, Gatekeeper
// would refuse it.
func ReadTemplate(d *manifest.Document) (*Template, []rego.Fault) {
	t := &Template{
		Name:     d.Root.Lookup("metadata", "name").Str(),
		File:     d.File,
		Kind:     d.Root.Lookup("spec", "crd", "spec", "names", "kind").Str(),
		Metadata: map[string]string{},
	}
	if notes := d.Root.Lookup("metadata", "annotations"); notes != nil {
		for i := range notes.Items {
			t.Metadata[notes.Items[i].Key] = notes.Items[i].Str()
		}
	}
	if fault := t.head(d); fault != nil {
		return nil, []rego.Fault{*fault}
	}
	if t.native = codeOf(d, cel.Engine); t.native != nil && codeOf(d, engineRego) == nil && d.Root.Lookup("spec", "targets").Items[0].Get("rego").Str() == "" {
		return t, t.readNative(d)
	}
	source, fault := sourceOf(d)
	if fault != nil {
		return nil, []rego.Fault{*fault}
	}
	modules, faults := source.modules(d.File)
	if len(faults) > 0 {
		return nil, faults
	}
	t.Asks = review.AsksOf(modules)
	t.Inventory = rego.Reads(modules, "data.inventory")
	t.program = sync.OnceValues(func() (*rego.Program, []rego.Fault) { return rego.Compile(modules) })
	t.query = sync.OnceValues(func() (*rego.Query, error) {
		p, faults := t.program()
		if len(faults) > 0 {
			return nil, faults[0]
		}
		return p.Prepare(ast.NewBody(ast.NewExpr(ast.NewTerm(violations.Append(ast.VarTerm(string(violation)))))))
	})
	return t, nil
}

// readNative compiles a template that has expressions and no Rego.
func (t *Template) readNative(d *manifest.Document) (faults []rego.Fault) {
	source := t.native.Get("source")
	if source == nil {
		return []rego.Fault{*at(d, t.native, "the code for the engine "+cel.Engine+" has no source")}
	}
	if t.code, faults = cel.ReadCode(d, source); len(faults) > 0 {
		return faults
	}
	asks := t.code.Asks()
	t.Asks = review.Asks{Old: asks.Old, Operation: asks.Operation, User: asks.User, Removal: asks.Old || asks.Operation}
	t.program = func() (*rego.Program, []rego.Fault) { return nil, nil }
	return nil
}

// Passed names the engine for which a template has code that is not run; "" where all of
// it is.
func (t *Template) Passed() string {
	if t.native != nil && t.code == nil {
		return cel.Engine
	}
	return ""
}

// engineRego is the name of the engine for Rego.
const engineRego = "Rego"

// codeOf is the code of a template for an engine, the first where there are several; nil
// where there is none.
func codeOf(d *manifest.Document, engine string) *manifest.Node {
	code := d.Root.Lookup("spec", "targets").Items[0].Get("code")
	if code == nil {
		return nil
	}
	for i := range code.Items {
		if code.Items[i].Get("engine").Str() == engine {
			return &code.Items[i]
		}
	}
	return nil
}

// violation is the variable that holds an element of the rule violations.
const violation = ast.Var("v")

var violations = ast.MustParseRef("data.template.violation")

// Check compiles the template and returns what is wrong with it.
func (t *Template) Check() []rego.Fault {
	_, faults := t.program()
	return faults
}

// head reads what stands around the Rego, and refuses what Gatekeeper refuses.
func (t *Template) head(d *manifest.Document) *rego.Fault {
	switch version := d.Object.Version(); version {
	case "v1", "v1beta1", "v1alpha1":
		t.legacy = version != "v1"
	default:
		return at(d, d.Root.Get("apiVersion"), fmt.Sprintf("unknown version %q of ConstraintTemplate: must be v1, v1beta1 or v1alpha1", version))
	}
	if t.Kind == "" {
		return at(d, d.Root.Get("spec"), "the template does not say the kind of its constraints (spec.crd.spec.names.kind)")
	}
	if !strings.EqualFold(t.Name, t.Kind) {
		return at(d, d.Root.Lookup("metadata", "name"), fmt.Sprintf("the template's name %q is not the lower case of its kind: %q", t.Name, strings.ToLower(t.Kind)))
	}
	targets := d.Root.Lookup("spec", "targets")
	if targets == nil || targets.Kind != manifest.List || len(targets.Items) != 1 {
		return at(d, targets, "the template must have exactly one target")
	}
	if name := targets.Items[0].Get("target").Str(); name != target {
		return at(d, &targets.Items[0], fmt.Sprintf("unknown target %q: must be %s", name, target))
	}
	if ops := targets.Items[0].Get("operations"); ops != nil {
		for i := range ops.Items {
			t.Operations = append(t.Operations, ops.Items[i].Str())
		}
	}
	validation := d.Root.Lookup("spec", "crd", "spec", "validation")
	if legacy := validation.Get("legacySchema"); legacy != nil && legacy.Kind == manifest.Bool {
		t.legacy = legacy.Text == "true"
	}
	t.schema = validation.Get("openAPIV3Schema")
	if t.schema == nil {
		return nil
	}
	if err := checkSchema(t.schema, "", t.legacy); err != nil {
		return at(d, t.schema, err.Error())
	}
	return nil
}

func at(d *manifest.Document, n *manifest.Node, message string) *rego.Fault {
	f := rego.Fault{File: d.File, Line: int(d.At().Line), Message: message}
	if n != nil && n.Place() != (manifest.Pos{}) {
		f.Line, f.Column = int(n.Place().Line), int(n.Place().Column)
	}
	return &f
}

// source is the Rego of a template.
type source struct {
	rego    *manifest.Node
	libs    []*manifest.Node
	version rego.Version
}

// ErrLanguage tells that a template has code only for an engine that Gatekeeper does not
// have.
var ErrLanguage = errors.New("the template has neither Rego nor expressions (K8sNativeValidation), only another language")

func sourceOf(d *manifest.Document) (source, *rego.Fault) {
	t := &d.Root.Lookup("spec", "targets").Items[0]
	if text := t.Get("rego"); text.Str() != "" {
		return source{rego: text, libs: texts(t.Get("libs")), version: rego.V0}, nil
	}
	code := t.Get("code")
	if code == nil || code.Kind != manifest.List {
		return source{}, at(d, t, "the template has no Rego")
	}
	for i := range code.Items {
		if code.Items[i].Get("engine").Str() != engineRego {
			continue
		}
		src := code.Items[i].Get("source")
		text := src.Get("rego")
		if text == nil || text.Kind != manifest.String {
			return source{}, at(d, &code.Items[i], "the source of the template has no text in rego")
		}
		version := rego.V0
		if src.Get("version").Str() == "v1" {
			version = rego.V1
		}
		return source{rego: text, libs: texts(src.Get("libs")), version: version}, nil
	}
	return source{}, at(d, code, ErrLanguage.Error())
}

func texts(list *manifest.Node) []*manifest.Node {
	if list == nil {
		return nil
	}
	var out []*manifest.Node
	for i := range list.Items {
		out = append(out, &list.Items[i])
	}
	return out
}

// modules parses the Rego of a template; its own becomes the package template.
func (s source) modules(file string) (map[string]*ast.Module, []rego.Fault) {
	entry, faults := parse(file, s.rego, s.version)
	if len(faults) > 0 {
		return nil, faults
	}
	named := false
	for _, r := range entry.Rules {
		named = named || r.Head.Name == "violation"
	}
	if !named {
		return nil, []rego.Fault{{File: file, Line: int(s.rego.At.Line), Message: "the template has no rule named violation"}}
	}
	if fault := checkReferences(entry); fault != nil {
		return nil, []rego.Fault{*fault}
	}
	entry.Package.Path = violations[:2]
	out := map[string]*ast.Module{"template": entry}
	for i, lib := range s.libs {
		m, faults := parse(file, lib, s.version)
		if len(faults) > 0 {
			return nil, faults
		}
		if !strings.HasPrefix(m.Package.Path.String(), "data.lib.") && !strings.HasPrefix(m.Package.Path.String(), "data.lib[") {
			return nil, []rego.Fault{{File: file, Line: m.Package.Location.Row, Message: fmt.Sprintf("a library must be a package below lib, not %s", m.Package.Path)}}
		}
		if fault := checkReferences(m); fault != nil {
			return nil, []rego.Fault{*fault}
		}
		out[fmt.Sprintf("lib_%d", i)] = m
	}
	return out, nil
}

// parse parses Rego inside YAML so that its lines are those of the file.
func parse(file string, n *manifest.Node, version rego.Version) (*ast.Module, []rego.Fault) {
	above := int(n.At.Line)
	if n.Style == manifest.Plain || n.Style == manifest.SingleQuoted || n.Style == manifest.DoubleQuoted {
		above--
	}
	m, faults := rego.Parse(file, strings.Repeat("\n", max(above, 0))+n.Text, version)
	for i := range faults {
		faults[i].Column = 0 // the text is indented in the file
	}
	return m, faults
}

// checkReferences refuses the references under data that Gatekeeper refuses: all
// but libraries and the inventory, also where they are only imported.
func checkReferences(m *ast.Module) *rego.Fault {
	for _, i := range m.Imports {
		path, ok := i.Path.Value.(ast.Ref)
		if !ok || !(path.HasPrefix(libraries) || path[0].Equal(ast.FutureRootDocument)) {
			return &rego.Fault{File: i.Location.File, Line: i.Location.Row, Message: fmt.Sprintf("Gatekeeper refuses the import %s: only libraries (data.lib) and future keywords may be imported", i.Path)}
		}
	}
	for _, r := range m.Rules {
		var refused ast.Ref
		ast.WalkRefs(r, func(ref ast.Ref) bool {
			if refused == nil && ref[0].Equal(ast.DefaultRootDocument) && !ref.HasPrefix(libraries) && !ref.HasPrefix(inventory) {
				refused = ref
			}
			return true
		})
		if refused != nil {
			row := r.Location.Row
			if refused[0].Location != nil {
				row = refused[0].Location.Row
			}
			return &rego.Fault{File: r.Location.File, Line: row, Message: fmt.Sprintf("Gatekeeper refuses the reference %s: a template may read data.lib and data.inventory only", refused)}
		}
	}
	return nil
}

var (
	libraries = ast.MustParseRef("data.lib")
	inventory = ast.MustParseRef("data.inventory")
)
