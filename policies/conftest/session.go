package conftest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// A Source is a file of policies or data. The path of data is below the folder that
// was named for it.
type Source struct {
	Path string
	Data []byte
}

// SessionOptions say how a Session reads policies and what it tells.
type SessionOptions struct {
	rego.Options
	Version rego.Version
	// Trace asks for the trace of every query, BuiltinErrors for errors where a
	// built-in function fails.
	Trace, BuiltinErrors bool
	Time                 time.Time
}

// A Session is policies as conftest runs them from its command line: all modules are
// compiled together, unit tests included, and a fault in one ends it.
type Session struct {
	options    SessionOptions
	modules    map[string]*ast.Module
	library    *rego.Library
	program    *rego.Program
	namespaces map[string]*Namespace
	data       ast.Object
	shared     rego.Data // data, for all files
	readsFile  bool
	// careful tells that every query is asked by itself, as conftest does: what is
	// printed and traced depends on it.
	careful bool
}

// NewSession parses and compiles policies.
func NewSession(files, data []Source, o SessionOptions) (*Session, error) {
	s := &Session{options: o, modules: map[string]*ast.Module{}, namespaces: map[string]*Namespace{}}
	for _, f := range files {
		m, faults := rego.Parse(f.Path, string(f.Data), o.Version)
		if len(faults) > 0 {
			return nil, faults[0]
		}
		s.modules[f.Path] = m
	}
	var err error
	if s.program, err = rego.CompileAs(s.modules, o.Options); err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	for _, file := range slices.Sorted(maps.Keys(s.modules)) {
		if faults := Unusable(s.modules[file]); len(faults) > 0 {
			return nil, faults[0]
		}
	}
	if s.data, err = dataOf(data); err != nil {
		return nil, err
	}
	s.shared = rego.NewData(s.data)
	s.library = rego.NewLibrary(s.modules)
	s.readsFile = rego.Reads(s.modules, "data.conftest")
	s.careful = o.Trace || o.BuiltinErrors || rego.HasPrints(s.modules) || len(rego.ReachesOut(s.modules)) > 0
	return s, nil
}

// Unusable finds rules that look as if they gave messages and give none: in Rego v1,
// deny[msg] if … makes an object that says true of each, and needs the word contains.
func Unusable(m *ast.Module) []rego.Fault {
	var faults []rego.Fault
	for _, r := range m.Rules {
		if r.Head.Name != "" || r.Head.Value == nil || len(r.Head.Reference) == 0 {
			continue
		}
		name, ok := r.Head.Reference[0].Value.(ast.Var)
		if ok && IsRule(string(name)) && r.Head.Value.Value.Compare(ast.Boolean(true)) == 0 {
			faults = append(faults, rego.Fault{File: r.Location.File, Line: r.Location.Row, Column: r.Location.Col, Message: fmt.Sprintf(
				"the rule %s is using 'if' keyword without 'contains' keyword, so that it gives no message: write %s contains msg if", name, name)})
		}
	}
	return faults
}

// ReachesOut lists where the policies ask for what they do not get here.
func (s *Session) ReachesOut() []rego.Fault { return rego.ReachesOut(s.modules) }

// Namespaces lists all packages, by name.
func (s *Session) Namespaces() []string {
	var names []string
	for _, p := range s.library.Packages() {
		names = append(names, strings.Replace(p, "data.", "", 1))
	}
	return names
}

// Said is what the rules of a namespace say of documents.
type Said struct {
	Successes  int
	Failures   []Result
	Warnings   []Result
	Exceptions []string // the queries that found them
	Queries    []Asked
}

// Asked is one query with what came up in it.
type Asked struct {
	Query  string
	Passed bool
	Prints []string
	Trace  []string
}

func (s *Said) add(o Said) {
	s.Successes += o.Successes
	s.Failures = append(s.Failures, o.Failures...)
	s.Warnings = append(s.Warnings, o.Warnings...)
	s.Exceptions = append(s.Exceptions, o.Exceptions...)
	s.Queries = append(s.Queries, o.Queries...)
}

// A File is an input: its path as messages show it and as it stands in the file
// system, and its documents.
type File struct {
	Name, Absolute string
	Documents      []*manifest.Node
	// Items are objects in the Lists among them, which conftest does not look at by
	// themselves. What a rule says of them counts unless it says it of a document.
	Items []*manifest.Node
}

// sessionDeadline is how long one evaluation may take on a person's own call, where the
// input may be all files together.
const sessionDeadline = time.Minute

// Check runs the rules of a namespace on every document of a file. A namespace that
// there is not says nothing.
func (s *Session) Check(ctx context.Context, namespace string, f File) (Said, error) {
	given := rego.Given{Time: s.options.Time, Data: s.dataFor(f.Absolute), Deadline: sessionDeadline}
	var all Said
	for i, d := range slices.Concat(f.Documents, f.Items) {
		said, err := s.check(ctx, namespace, given, d)
		if err != nil {
			return Said{}, fmt.Errorf("%s: %w", f.Name, err)
		}
		if i >= len(f.Documents) {
			said.Failures, said.Warnings = unsaid(said.Failures, all.Failures), unsaid(said.Warnings, all.Warnings)
		}
		all.add(said)
	}
	return all, nil
}

// unsaid are the results that are not among those that were said already.
func unsaid(results, said []Result) []Result {
	return slices.DeleteFunc(results, func(r Result) bool {
		return slices.ContainsFunc(said, func(o Result) bool { return o.Query == r.Query && o.Message == r.Message })
	})
}

// dataFor is the data with what policies are told of a file, where they ask.
func (s *Session) dataFor(file string) rego.Data {
	if !s.readsFile {
		return s.shared
	}
	return WithFile(s.data, filepath.Base(file), filepath.Dir(file))
}

// plainShape is where the document stands in the input.
var plainShape = rego.Shape{Object: "input", Kinds: []string{"input.kind"}, Versions: []string{"input.apiVersion"}}

func (s *Session) namespace(name string) *Namespace {
	n := s.namespaces[name]
	if n == nil {
		n = New(s.library, "data."+name, plainShape)
		n.program = func() (*rego.Program, []rego.Fault) { return s.program, nil }
		s.namespaces[name] = n
	}
	return n
}

func (s *Session) check(ctx context.Context, namespace string, g rego.Given, d *manifest.Node) (Said, error) {
	n := s.namespace(namespace)
	g.Input = rego.NewObject(d).Term
	if s.careful {
		return s.carefully(ctx, n, g)
	}
	out, err := n.Evaluate(ctx, g, d.Get("kind").Str(), d)
	if err != nil {
		return Said{}, err
	}
	said := Said{Successes: out.Successes}
	for _, r := range out.Results {
		said.result(n, r)
	}
	for i, rule := range out.Excepted {
		query := n.exceptionQuery(rule)
		for range out.times[i] {
			said.Exceptions = append(said.Exceptions, query)
		}
	}
	return said, nil
}

func (s *Said) result(n *Namespace, r Result) {
	rule := n.Rules[r.Rule]
	r.Query = n.Path + "." + rule.Name
	if rule.Warns {
		s.Warnings = append(s.Warnings, r)
	} else {
		s.Failures = append(s.Failures, r)
	}
}

func (n *Namespace) exceptionQuery(rule int) string {
	return fmt.Sprintf("%s.exception[_][_] == %q", n.Path, suffix(n.Rules[rule].Name))
}

// carefully asks each rule as conftest does: whether there is an exception, and then
// what the rule says.
func (s *Session) carefully(ctx context.Context, n *Namespace, g rego.Given) (Said, error) {
	var said Said
	bodies := 0
	for i := range n.Rules {
		bodies += n.Rules[i].Bodies
		query := n.exceptionQuery(i)
		answer, err := s.ask(ctx, g, query)
		if err != nil {
			return Said{}, err
		}
		excepted := false
		for _, v := range answer.Values {
			if v.Value.Compare(ast.Boolean(true)) == 0 {
				excepted = true
				said.Exceptions = append(said.Exceptions, query)
			}
		}
		said.Queries = append(said.Queries, Asked{query, true, answer.Prints, answer.Trace})
		if err := s.rule(ctx, n, g, i, excepted, &said); err != nil {
			return Said{}, err
		}
	}
	results := len(said.Failures) + len(said.Warnings) + len(said.Exceptions) + said.Successes
	said.Successes += max(bodies-results, 0)
	return said, nil
}

// rule asks what one rule says.
func (s *Session) rule(ctx context.Context, n *Namespace, g rego.Given, rule int, excepted bool, said *Said) error {
	query := n.Path + "." + n.Rules[rule].Name
	answer, err := s.ask(ctx, g, query)
	if err != nil {
		return err
	}
	asked := Asked{query, true, answer.Prints, answer.Trace}
	for _, v := range answer.Values {
		results, passed, err := n.Rules[rule].Results(v)
		if err != nil {
			return err
		}
		asked.Passed = asked.Passed && len(results) == 0
		if excepted {
			continue
		}
		said.Successes += passed
		for _, r := range results {
			r.Rule = rule
			said.result(n, r)
		}
	}
	said.Queries = append(said.Queries, asked)
	return nil
}

func (s *Session) ask(ctx context.Context, g rego.Given, query string) (rego.Answer, error) {
	answer, err := s.program.Ask(ctx, g, query, s.options.Trace)
	if s.options.BuiltinErrors && len(answer.Errors) > 0 {
		return answer, errors.New("built-in error: " + strings.Join(answer.Errors, "; "))
	}
	return answer, err
}

// dataOf puts files of data where their folders say, read as OPA reads them.
func dataOf(files []Source) (ast.Object, error) {
	root := ast.NewObject()
	for _, f := range slices.SortedFunc(slices.Values(files), func(a, b Source) int { return cmp.Compare(a.Path, b.Path) }) {
		var v any
		if err := util.Unmarshal(f.Data, &v); err != nil {
			return nil, fmt.Errorf("data: %s cannot be read", f.Path)
		}
		value, err := ast.InterfaceToValue(v)
		if err != nil {
			return nil, fmt.Errorf("data: %s: %w", f.Path, err)
		}
		object, ok := value.(ast.Object)
		if !ok {
			return nil, fmt.Errorf("data: %s must be a map", f.Path)
		}
		if dir := path.Dir(f.Path); dir != "." && dir != "/" {
			for _, name := range slices.Backward(strings.Split(strings.Trim(dir, "/"), "/")) {
				object = ast.NewObject([2]*ast.Term{ast.StringTerm(name), ast.NewTerm(object)})
			}
		}
		merged, ok := root.Merge(object)
		if !ok {
			return nil, fmt.Errorf("data: %s gives another value at a place than a file before it", f.Path)
		}
		root = merged
	}
	return root, nil
}

// Modules are the modules of all policies, which must not be changed.
func (s *Session) Modules() map[string]*ast.Module { return s.modules }

// Data is what policies read under data, without what is told of a file.
func (s *Session) Data() rego.Data { return s.shared }
