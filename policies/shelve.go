package policies

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policies/packed"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
)

// Shelve compiles Gatehouse policies, with what they share, for ReadShelf. All rules
// must be sets, and a module that is shared must not read parameters, since all
// policies are asked at once.
func Shelve(files []File) ([]byte, []Fault) {
	set, faults := Load(Source{Policies: files})
	if len(faults) > 0 {
		return nil, faults
	}
	s := shelver{modules: map[string]*ast.Module{}}
	for _, f := range sorted(files) {
		if strings.HasSuffix(f.Path, ".rego") && !strings.HasSuffix(f.Path, "_test.rego") {
			s.names = append(s.names, f.Path)
			s.modules[f.Path], _ = rego.Parse(f.Path, string(f.Data), rego.V1)
		}
	}
	s.library = rego.NewLibrary(s.modules)
	for _, o := range set.Own {
		s.policy(o)
	}
	return s.bytes()
}

// shelver collects what the policies ask for.
type shelver struct {
	library *rego.Library
	names   []string // of modules
	modules map[string]*ast.Module
	fields  rego.Fields
	shelved []*Shelved
	faults  []Fault
}

func (s *shelver) policy(o *Own) {
	on, said := o.Metadata.Custom["default_on"].(bool)
	standard, _ := o.Metadata.Custom["parameters"].(map[string]any)
	closure := s.library.Closure(o.Namespace.Path)
	p := &Shelved{
		Check: o.declared(), On: on || !said, Inventory: o.Inventory, Parameters: slices.Sorted(maps.Keys(standard)),
		path: o.Namespace.Path, standard: o.parameters,
	}
	for name := range closure {
		p.modules = append(p.modules, slices.Index(s.names, name))
	}
	slices.Sort(p.modules)
	guard := rego.NewGuard(slices.Collect(maps.Values(closure)), requested)
	for _, rule := range o.Namespace.Rules {
		p.rules = append(p.rules, shelvedRule{name: rule.Name, file: rule.File, line: rule.Line, warns: rule.Warns, bodies: s.bodies(o, guard, rule.Name)})
	}
	p.settles = s.bodies(o, guard, settlesRule)
	s.shelved = append(s.shelved, p)
}

func (s *shelver) bodies(o *Own, guard *rego.Guard, name string) []shelvedBody {
	var list []shelvedBody
	for _, m := range s.library.Modules(o.Namespace.Path) {
		for _, r := range m.Rules {
			if r.Head.Name.String() == name {
				list = append(list, s.body(guard, r))
			}
		}
	}
	return list
}

func (s *shelver) body(guard *rego.Guard, r *ast.Rule) shelvedBody {
	if r.Head.RuleKind() != ast.MultiValue {
		s.fault(r.Location.File, r.Location.Row, fmt.Sprintf("the rule %s is no set", r.Head.Name))
	}
	body := shelvedBody{kinds: guard.Kinds(r), versions: guard.Versions(r), placed: guard.Filled(r, "input.environment"), switches: guard.Switches(r, "input.parameters")}
	for _, a := range r.Annotations {
		body.said = append(body.said, textsOf(a.Custom[askedWhere])...)
	}
	for _, text := range body.said {
		if _, err := parseWhere(text); err != nil {
			s.fault(r.Location.File, r.Location.Row, err.Error())
		}
	}
	for _, name := range guard.Needs(r) {
		if number, ok := s.fields.Number(name); ok {
			body.needs = append(body.needs, number)
		}
	}
	return body
}

func (s *shelver) fault(file string, line int, message string) {
	s.faults = append(s.faults, Fault{File: file, Line: line, Message: message})
}

// compile compiles all modules together and stores them.
func (s *shelver) compile() map[string][]byte {
	id := map[string]string{}
	for _, p := range s.shelved {
		id[p.path] = p.Check.ID
	}
	for _, name := range s.names {
		m := s.modules[name]
		switch policy, ok := id[m.Package.Path.String()]; {
		case ok:
			addressParameters(m, policy)
		case rego.Reads(map[string]*ast.Module{name: m}, "input.parameters"):
			s.fault(name, 1, "a shared module reads parameters: give them to a function")
		}
	}
	program, faults := rego.Compile(maps.Clone(s.modules))
	if s.faults = append(s.faults, faults...); len(s.faults) > 0 {
		return nil
	}
	stored, err := program.Store()
	if err != nil {
		s.fault("", 0, err.Error())
	}
	return stored
}

// addressParameters makes a policy read its parameters below its own ID, so that one
// input serves all.
func addressParameters(m *ast.Module, id string) {
	at := ast.MustParseRef("input.parameters")
	ast.WalkTerms(m, func(t *ast.Term) bool {
		if r, ok := t.Value.(ast.Ref); ok && r.HasPrefix(at) {
			t.Value = at.Append(ast.StringTerm(id)).Concat(r[len(at):])
		}
		return false
	})
}

// bytes are the fields, the modules and the policies.
func (s *shelver) bytes() ([]byte, []Fault) {
	var w packed.Writer
	w.Words(s.fields.Names())
	w.Int(len(s.names))
	stored := s.compile()
	for _, name := range s.names {
		w.Word(string(stored[name]))
	}
	w.Int(len(s.shelved))
	rules := 0
	for _, p := range s.shelved {
		rules += len(p.rules) + 1
		s.write(&w, p)
	}
	if len(s.names) > rego.MaxNumbers || rules > rego.MaxNumbers {
		s.fault("", 0, fmt.Sprintf("there are %d modules and %d rules, and %d can be told apart", len(s.names), rules, rego.MaxNumbers))
	}
	return w.Bytes(), s.faults
}

// write writes a policy as readShelved reads it.
func (s *shelver) write(w *packed.Writer, p *Shelved) {
	c := p.Check
	w.Word(c.ID)
	w.Word(c.Title)
	w.Word(string(c.Category))
	w.Int(int(c.Severity))
	w.Word(c.Why)
	w.Word(c.Fix)
	w.Int(len(c.Needs))
	for _, need := range c.Needs {
		w.Word(string(need))
	}
	w.Bool(p.On)
	w.Bool(p.Inventory)
	w.Words(p.Parameters)
	standard, err := rego.StoreTerm(p.standard)
	if err != nil {
		s.fault(p.rules[0].file, 1, err.Error())
	}
	w.Word(string(standard))
	w.Word(p.path)
	writeInts(w, p.modules)
	w.Int(len(p.rules))
	for _, rule := range p.rules {
		w.Word(rule.name)
		w.Word(rule.file)
		w.Int(rule.line)
		w.Bool(rule.warns)
		writeBodies(w, rule.bodies)
	}
	writeBodies(w, p.settles)
}

func writeBodies(w *packed.Writer, list []shelvedBody) {
	w.Int(len(list))
	for _, b := range list {
		w.Words(b.kinds)
		w.Words(b.versions)
		writeInts(w, b.needs)
		w.Bool(b.placed)
		w.Words(b.switches)
		w.Words(b.said)
	}
}

func writeInts(w *packed.Writer, list []int) {
	w.Int(len(list))
	for _, n := range list {
		w.Int(n)
	}
}
