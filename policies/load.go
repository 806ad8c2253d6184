package policies

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/cel"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/gatekeeper"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/suite"
	"github.com/open-policy-agent/opa/v1/ast"
)

// A File is one file of policies. Paths have slashes.
type File struct {
	Path string
	Data []byte
}

// Source is what policies are loaded from. What a file is, its content says.
type Source struct {
	// Policies are Rego modules, ConstraintTemplates, constraints, and the examples
	// and tests beside them.
	Policies []File
	// Data are JSON and YAML files that policies read under data. Their folders name
	// the place; the files at the top stand at the root.
	Data []File
	// Parameters are given to Gatehouse policies by their ID, over what they
	// themselves say.
	Parameters map[string]*manifest.Node
}

// A Set is policies that can judge objects. It may be shared.
type Set struct {
	// Namespaces are packages with conftest's rules.
	Namespaces []*conftest.Namespace
	// Own are Gatehouse policies, Constraints those of Gatekeeper.
	Own         []*Own
	Templates   []*gatekeeper.Template
	Constraints []*gatekeeper.Constraint
	// Expansions are ExpansionTemplates of Gatekeeper.
	Expansions []*gatekeeper.Expansion
	// Admission are the ValidatingAdmissionPolicies.
	Admission *cel.Set
	// Suites are the Suite files among the policies, Tests the modules of unit tests
	// with what they test.
	Suites []*manifest.Document
	Tests  *rego.Library
	// Notices are what is no fault and should be known.
	Notices []rego.Fault

	data   ast.Object
	base   rego.Data
	listed map[*conftest.Namespace]bool // rules of Kubescape, and whether they compare objects
}

// Fault is why a policy cannot be used, and where.
type Fault = rego.Fault

// Load reads and compiles policies. What has faults is left out of the Set; the
// others are in it, and judge.
func Load(s Source) (*Set, []Fault) {
	l := loader{set: &Set{data: ast.NewObject(), listed: map[*conftest.Namespace]bool{}}, source: s, modules: map[string]*ast.Module{}, tests: map[string]*ast.Module{}, files: map[string][]byte{}}
	for _, f := range sorted(s.Policies) {
		l.files[f.Path] = f.Data
		switch {
		case strings.HasSuffix(f.Path, ".rego"):
			l.module(f)
		case isDocument(f.Path):
			l.documents(f)
		}
	}
	for _, f := range sorted(s.Data) {
		l.dataFile(f)
	}
	l.templates()
	l.expansions()
	l.admissionPolicies()
	l.rego()
	l.set.base = rego.NewData(l.set.data)
	slices.SortStableFunc(l.faults, func(a, b Fault) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return l.set, l.faults
}

func sorted(files []File) []File {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files
}

func isDocument(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// isExample tells whether a file holds the examples of a Gatehouse policy.
func isExample(name string) bool {
	base := path.Base(name)
	return base == "bad.yaml" || base == "good.yaml"
}

// loader collects what stands in the files.
type loader struct {
	set     *Set
	source  Source
	faults  []Fault
	files   map[string][]byte
	modules map[string]*ast.Module // without unit tests
	tests   map[string]*ast.Module // all

	templateDocs   []*manifest.Document
	constraintDocs []*manifest.Document
	others         []*manifest.Document // objects that are none of these
}

func (l *loader) fault(faults ...Fault) { l.faults = append(l.faults, faults...) }

func (l *loader) module(f File) {
	m, faults := rego.Parse(f.Path, string(f.Data), rego.Detect)
	if len(faults) > 0 {
		l.fault(faults...)
		return
	}
	l.tests[f.Path] = m
	if strings.HasSuffix(f.Path, "_test.rego") {
		return
	}
	if ofKubescape(m) {
		m = kubescapeRule(f.Path, m)
	}
	if m != nil {
		l.modules[f.Path] = m
	}
}

// documents sorts the documents of a file by what they are. A file that cannot be
// read is a fault only where it looks like one of ours.
func (l *loader) documents(f File) {
	file := manifest.Read(f.Path, f.Data, manifest.DefaultLimits())
	for _, d := range file.Documents {
		switch {
		case gatekeeper.IsTemplate(d):
			l.templateDocs = append(l.templateDocs, d)
		case gatekeeper.IsConstraint(d):
			l.constraintDocs = append(l.constraintDocs, d)
		case gatekeeper.IsExpansion(d):
			l.expansion(d)
		case suite.IsSuite(d):
			l.set.Suites = append(l.set.Suites, d)
		case d.IsObject() && !isExample(f.Path):
			l.others = append(l.others, d)
		}
	}
	for _, b := range file.Broken {
		if text := string(file.Text); strings.Contains(text, "gatekeeper.sh/") || strings.Contains(text, "ValidatingAdmissionPolicy") {
			l.fault(Fault{File: f.Path, Line: int(b.At.Line), Message: b.Reason})
		}
	}
}

// dataFile puts a file where its folder says.
func (l *loader) dataFile(f File) {
	file := manifest.Read(f.Path, f.Data, manifest.DefaultLimits())
	for _, b := range file.Broken {
		l.fault(Fault{File: f.Path, Line: int(b.At.Line), Message: b.Reason})
	}
	for _, d := range file.Documents {
		if d.Root.Kind != manifest.Map {
			l.fault(Fault{File: f.Path, Line: int(d.At().Line), Message: "data of policies must be a map"})
			continue
		}
		value, ok := rego.NewObject(d.Root).Term.Value.(ast.Object)
		if !ok {
			continue
		}
		if dir := path.Dir(f.Path); dir != "." && dir != "/" {
			names := strings.Split(strings.Trim(dir, "/"), "/")
			for _, name := range slices.Backward(names) {
				value = ast.NewObject([2]*ast.Term{ast.StringTerm(name), ast.NewTerm(value)})
			}
		}
		merged, ok := merge(l.set.data, value)
		if !ok {
			l.fault(Fault{File: f.Path, Line: 1, Message: "two files of data give different values at one place"})
			continue
		}
		l.set.data = merged
	}
}

// merge puts two objects into one; ok is false where they differ in a value.
func merge(a, b ast.Object) (ast.Object, bool) {
	conflict := false
	merged, ok := a.MergeWith(b, func(x, y *ast.Term) (*ast.Term, bool) {
		if ast.Compare(x.Value, y.Value) == 0 {
			return x, false
		}
		conflict = true
		return nil, true
	})
	return merged, ok && !conflict
}

// templates reads templates, then the constraints that they make.
func (l *loader) templates() {
	byKind := map[string]*gatekeeper.Template{}
	refused := map[string]bool{}
	for _, d := range l.templateDocs {
		kind := d.Root.Lookup("spec", "crd", "spec", "names", "kind").Str()
		t, faults := gatekeeper.ReadTemplate(d)
		if len(faults) == 0 {
			faults = t.Check()
		}
		if len(faults) > 0 {
			refused[kind] = true
			l.fault(faults...)
			continue
		}
		if byKind[t.Kind] != nil {
			l.fault(Fault{File: d.File, Line: int(d.At().Line), Message: "there are two ConstraintTemplates for the kind " + t.Kind})
			continue
		}
		if engine := t.Passed(); engine != "" {
			l.set.Notices = append(l.set.Notices, Fault{File: d.File, Line: int(d.At().Line), Message: "the template " + t.Name + " has code in Rego and for " + engine + ": the Rego is run"})
		}
		byKind[t.Kind] = t
		l.set.Templates = append(l.set.Templates, t)
	}
	for _, d := range l.constraintDocs {
		line := int(d.At().Line)
		t := byKind[d.Object.Kind]
		if t == nil {
			why := "there is no ConstraintTemplate for the constraint "
			if refused[d.Object.Kind] {
				why = "Gatekeeper refuses the ConstraintTemplate of the constraint "
			}
			l.fault(Fault{File: d.File, Line: line, Message: why + d.Object.Kind + " " + d.Object.Name})
			continue
		}
		c, err := gatekeeper.ReadConstraint(d, t)
		if err != nil {
			l.fault(asFault(d.File, line, err))
			continue
		}
		if action := c.UnknownAction(); action != "" {
			l.fault(Fault{File: d.File, Line: line, Message: fmt.Sprintf("unknown enforcementAction %q: must be deny, warn, dryrun or scoped", action)})
			continue
		}
		id := ConstraintID(c.Kind, c.Name)
		if slices.ContainsFunc(l.set.Constraints, func(o *gatekeeper.Constraint) bool { return ConstraintID(o.Kind, o.Name) == id }) {
			l.fault(Fault{File: d.File, Line: line, Message: "there are two constraints with the check ID " + id})
			continue
		}
		l.set.Constraints = append(l.set.Constraints, c)
	}
}

// expansion reads an ExpansionTemplate.
func (l *loader) expansion(d *manifest.Document) {
	e, fault := gatekeeper.ReadExpansion(d)
	switch {
	case fault != nil:
		l.fault(*fault)
	case slices.ContainsFunc(l.set.Expansions, func(o *gatekeeper.Expansion) bool { return o.Name == e.Name }):
		l.fault(Fault{File: e.File, Line: e.Line, Message: "there are two ExpansionTemplates with the name " + e.Name})
	default:
		l.set.Expansions = append(l.set.Expansions, e)
	}
}

// expansions leaves out what leads back to itself.
func (l *loader) expansions() {
	for e := gatekeeper.Cycle(l.set.Expansions); e != nil; e = gatekeeper.Cycle(l.set.Expansions) {
		l.fault(Fault{File: e.File, Line: e.Line, Message: "the ExpansionTemplate " + e.Name + " leads back to itself"})
		l.set.Expansions = slices.DeleteFunc(l.set.Expansions, func(o *gatekeeper.Expansion) bool { return o == e })
	}
}

func asFault(file string, line int, err error) Fault {
	if r, ok := err.(gatekeeper.Refusal); ok {
		return r.Fault
	}
	return Fault{File: file, Line: line, Message: err.Error()}
}

// rego tells Gatehouse policies from those of conftest.
func (l *loader) rego() {
	library := rego.NewLibrary(l.modules)
	l.set.Tests = rego.NewLibrary(l.tests)
	library.Read, l.set.Tests.Read = l.read, l.read
	for _, file := range slices.Sorted(maps.Keys(l.modules)) {
		l.fault(conftest.Unusable(l.modules[file])...)
	}
	for _, f := range rego.ReachesOut(l.modules) {
		if strings.HasPrefix(f.Message, "opa.runtime") { // the network is refused by the compiler
			l.set.Notices = append(l.set.Notices, f)
		}
	}
	own := map[string]bool{}
	for file, m := range l.modules {
		if IsOwn(file, m) {
			own[m.Package.Path.String()] = true
		}
	}
	asked := slices.Collect(maps.Keys(own))
	for _, p := range library.Packages() {
		if own[p] {
			l.own(library, p)
			continue
		}
		if n := conftest.New(library, p, bare); len(n.Rules) > 0 {
			asked = append(asked, p)
			if faults := append(n.Check(), l.kubescape(n, library)...); len(faults) > 0 {
				l.fault(faults...)
				continue
			}
			l.set.Namespaces = append(l.set.Namespaces, n)
			l.tested(library, p)
		}
	}
	l.unknownData(library)
	l.unheard(library, asked)
}

// read gives policies that parse files those that lie among them.
func (l *loader) read(name string) ([]byte, error) {
	if data, ok := l.files[name]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("%s: no such file among the policies", name)
}

// Data is what policies read under data besides their rules.
func (s *Set) Data() rego.Data { return s.base }

// tested notes a package without unit tests.
func (l *loader) tested(library *rego.Library, p string) {
	for file := range l.tests {
		if _, plain := l.modules[file]; !plain && path.Dir(file) == path.Dir(library.Modules(p)[0].Package.Location.File) {
			return
		}
	}
	file := library.Modules(p)[0].Package.Location.File
	l.set.Notices = append(l.set.Notices, Fault{File: file, Line: 1, Message: "the policy has no tests"})
}
