// Package conftest runs policies as conftest does: rules named deny, violation and
// warn over one document, with exceptions, and all results of a rule as strings or
// objects with a message.
//
// It does not read files, and does not know what an object of Kubernetes is.
package conftest

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

var (
	failing = regexp.MustCompile(`^(deny|violation)(_[a-zA-Z0-9]+)*$`)
	warning = regexp.MustCompile(`^warn(_[a-zA-Z0-9]+)*$`)
)

// IsRule tells whether conftest runs a rule of this name.
func IsRule(name string) bool { return failing.MatchString(name) || warning.MatchString(name) }

// A Rule is all bodies of one name in a namespace.
type Rule struct {
	Name     string
	Warns    bool // its results are warnings
	Bodies   int
	File     string // where the first body stands
	Line     int
	Metadata rego.Metadata

	partial bool // it is a set or an object, which is always there
}

// A Namespace is one package with rules that conftest runs.
type Namespace struct {
	Path  string // data.main
	Rules []Rule // by name
	// AsksFile tells that a rule reads data.conftest.file, AsksCombined that the rules
	// are written for the input of --combine.
	AsksFile, AsksCombined bool

	root       ast.Ref         // Path
	guards     [][]guard       // by rule, of each of its bodies
	fields     rego.Fields     // that rules cannot do without
	known      map[string]bool // the kinds that any rule asks for
	exceptions bool
	program    func() (*rego.Program, []rego.Fault)
	plans      sync.Map // of *plan, by planKey
	planned    atomic.Int32
	exception  func() (*rego.Query, error)
	alone      []func() (*rego.Query, error) // each rule by itself
}

// A plan is which rules are asked for one kind of object, and how. It has no query
// where there are none.
type plan struct {
	asked []int
	query *rego.Query
}

// planKey is what a plan is for: a kind, "" for those that no rule asks for, and the
// rules that the object's fields leave; all where they are not looked at.
type planKey struct {
	kind  string
	rules rego.Numbers
}

// maxPlans is how many plans are made by fields: from there on a kind is enough.
const maxPlans = 64

// guard is what one body of a rule is for.
type guard struct {
	kinds     []string // nil for all
	needs     rego.Numbers
	condition *rego.Condition
}

// admits tells whether a body can hold for an object of a kind; nil is for one that
// cannot be looked at.
func (g guard) admits(kind string, fields rego.Numbers, object *manifest.Node) bool {
	return (g.kinds == nil || slices.Contains(g.kinds, kind)) &&
		(object == nil || g.needs.Within(fields) && g.condition.Possible(object))
}

// Name returns the namespace as conftest names it: main, or kubernetes.admission.
func (n *Namespace) Name() string { return strings.TrimPrefix(n.Path, "data.") }

// New reads a package of a library (data.main). Its rules are left out for objects
// of other kinds than they ask for, which stand in the input as shape says. A package
// without rules that conftest runs is a Namespace without Rules.
func New(l *rego.Library, path string, shape rego.Shape) *Namespace {
	modules := l.Closure(path)
	n := &Namespace{Path: path, known: map[string]bool{}, AsksFile: rego.Reads(modules, "data.conftest"), AsksCombined: asksCombined(modules)}
	closure := slices.Collect(maps.Values(modules))
	guards := rego.NewGuard(closure, shape)
	byName := map[string]int{}
	for _, m := range l.Modules(path) {
		n.root = m.Package.Path
		for _, r := range m.Rules {
			name := r.Head.Name.String()
			n.exceptions = n.exceptions || name == "exception"
			if !IsRule(name) {
				continue
			}
			i, ok := byName[name]
			if !ok {
				i = len(n.Rules)
				byName[name] = i
				n.Rules = append(n.Rules, Rule{
					Name: name, Warns: warning.MatchString(name),
					File: r.Location.File, Line: r.Location.Row, Metadata: rego.MetadataOf(m, r),
				})
				n.guards = append(n.guards, nil)
			}
			n.Rules[i].Bodies++
			n.Rules[i].partial = n.Rules[i].partial || r.Head.Key != nil
			n.guards[i] = append(n.guards[i], n.guardOf(guards, r))
		}
	}
	n.program = sync.OnceValues(func() (*rego.Program, []rego.Fault) {
		return l.Compile(path)
	})
	n.exception = sync.OnceValues(n.prepareException)
	for i := range n.Rules {
		n.alone = append(n.alone, sync.OnceValues(func() (*rego.Query, error) { return n.prepare(n.question([]int{i})) }))
	}
	return n
}

// guardOf reads the guard of a body.
func (n *Namespace) guardOf(guards *rego.Guard, r *ast.Rule) guard {
	g := guard{kinds: guards.Kinds(r), condition: guards.Condition(r)}
	for _, kind := range g.kinds {
		n.known[kind] = true
	}
	for _, need := range guards.Needs(r) {
		if number, ok := n.fields.Number(need); ok {
			g.needs.Add(number)
		}
	}
	return g
}

// Check compiles the namespace and returns what is wrong with it.
func (n *Namespace) Check() []rego.Fault {
	_, faults := n.program()
	return faults
}

// A Result is what one rule says of one document.
type Result struct {
	Rule     int    // index into Rules
	Query    string // what conftest calls the rule (data.main.deny); only from a Session
	Message  string
	Metadata map[string]any // the other keys of an object, without _loc
	Loc      Loc            // what the policy itself says of the place
	Element  *ast.Term      // as the evaluation gave it, for a Locator
}

// Loc is the place that a policy gives in _loc.
type Loc struct {
	File string
	Line int
}

// An Outcome is what the rules of a namespace say of one document, in the order of
// the rules.
type Outcome struct {
	Results []Result
	// Excepted are the indexes of the rules that an exception silences here, and
	// Exceptions how many do, all in all.
	Excepted   []int
	Exceptions int
	times      []int // of each in Excepted
	// Successes counts as conftest does: bodies of rules less results.
	Successes int
}

// Evaluate runs the rules that can say something of an object of this kind, "" for what
// has none. Where the object is given, those that ask for fields which it has not are
// left out, too; nil is for an input in another shape.
func (n *Namespace) Evaluate(ctx context.Context, g rego.Given, kind string, object *manifest.Node) (Outcome, error) {
	plan, err := n.planFor(kind, object)
	if err != nil {
		return Outcome{}, err
	}
	var out Outcome
	bodies := 0
	for _, r := range n.Rules {
		bodies += r.Bodies
	}
	if n.exceptions {
		if err = n.excepted(ctx, g, &out); err != nil {
			return Outcome{}, err
		}
	}
	passed, err := n.ask(ctx, g, plan, &out)
	if err != nil {
		return Outcome{}, err
	}
	out.Successes = passed + max(bodies-len(out.Results)-out.Exceptions-passed, 0)
	return out, nil
}

// ask runs the rules of a plan and returns how many gave a value without a result:
// conftest counts those as passed. A rule of a set always gives one, also where it
// need not be asked.
func (n *Namespace) ask(ctx context.Context, g rego.Given, p *plan, out *Outcome) (passed int, err error) {
	for i := range n.Rules {
		if n.Rules[i].partial && !slices.Contains(p.asked, i) && !slices.Contains(out.Excepted, i) {
			passed++
		}
	}
	if p.query == nil {
		return passed, nil
	}
	err = p.query.Each(ctx, g, func(row topdown.QueryResult) error {
		for i, rule := range p.asked {
			if slices.Contains(out.Excepted, rule) {
				continue
			}
			value := row[resultVar(i)]
			if !n.Rules[rule].partial {
				list, ok := value.Value.(*ast.Array)
				if !ok || list.Len() == 0 {
					continue
				}
				value = list.Elem(0)
			}
			results, without, err := n.Rules[rule].Results(value)
			if err != nil {
				return err
			}
			for _, result := range results {
				result.Rule = rule
				out.Results = append(out.Results, result)
			}
			passed += without
		}
		return nil
	})
	return passed, err
}

// elementsOf returns the elements of a set or a list. Other values have none: for
// conftest they are no results.
func elementsOf(t *ast.Term) []*ast.Term {
	switch v := t.Value.(type) {
	case ast.Set:
		return v.Slice()
	case *ast.Array:
		out := make([]*ast.Term, v.Len())
		for i := range out {
			out[i] = v.Elem(i)
		}
		return out
	}
	return nil
}

// planFor chooses and prepares, once for each kind and what the fields of objects leave,
// the rules that can say something.
func (n *Namespace) planFor(kind string, object *manifest.Node) (*plan, error) {
	if !n.known[kind] {
		kind = ""
	}
	key := planKey{kind: kind}
	if object != nil && len(n.Rules) <= rego.MaxNumbers && n.planned.Load() < maxPlans {
		for _, rule := range n.asked(kind, object) {
			key.rules.Add(rule)
		}
		if key.rules.Empty() {
			return &plan{}, nil
		}
	}
	if known, ok := n.plans.Load(key); ok {
		return known.(*plan), nil
	}
	p := &plan{asked: key.rules.List()}
	if key.rules.Empty() {
		p.asked = n.asked(kind, nil)
	}
	if len(p.asked) > 0 {
		var err error
		if p.query, err = n.prepare(n.question(p.asked)); err != nil {
			return nil, err
		}
	}
	n.planned.Add(1)
	n.plans.Store(key, p)
	return p, nil
}

// AskedOf tells how many rules are asked of an object, or of any of its kind.
func (n *Namespace) AskedOf(kind string, object *manifest.Node) int {
	return len(n.asked(kind, object))
}

// asked are the rules that can hold for an object, nil for any of its kind.
func (n *Namespace) asked(kind string, object *manifest.Node) []int {
	var fields rego.Numbers
	if object != nil {
		fields = n.fields.Of(object)
	}
	var rules []int
	for i := range n.Rules {
		if slices.ContainsFunc(n.guards[i], func(g guard) bool { return g.admits(kind, fields, object) }) {
			rules = append(rules, i)
		}
	}
	return rules
}

// Results reads what a rule gave, and tells how many times it gave nothing that is a
// result: conftest counts those as passed.
func (r *Rule) Results(value *ast.Term) (list []Result, passed int, err error) {
	elements := elementsOf(value)
	if len(elements) == 0 {
		return nil, 1, nil
	}
	for _, element := range elements {
		result, ok, err := r.result(element)
		switch {
		case err != nil:
			return nil, 0, err
		case !ok:
		case result.Message == "":
			passed++
		default:
			list = append(list, result)
		}
	}
	return list, passed, nil
}

// result reads one element of a rule. What is neither text nor an object says
// nothing; an object without a message is a fault of the policy.
func (r *Rule) result(element *ast.Term) (Result, bool, error) {
	out := Result{Element: element}
	switch v := element.Value.(type) {
	case ast.String:
		out.Message = string(v)
		return out, true, nil
	case ast.Object:
		msg := v.Get(msgKey)
		if msg == nil {
			msg = v.Get(alertKey)
		}
		if msg == nil {
			return out, false, r.noMessage()
		}
		text, ok := msg.Value.(ast.String)
		if !ok {
			return out, false, r.noMessage()
		}
		out.Message, out.Metadata = string(text), map[string]any{}
		v.Foreach(func(key, value *ast.Term) {
			if name, ok := key.Value.(ast.String); ok && name != "msg" && name != "_loc" {
				if plain, err := ast.JSON(value.Value); err == nil {
					out.Metadata[string(name)] = plain
				}
			}
		})
		if loc := v.Get(locKey); loc != nil {
			out.Loc = locOf(loc)
		}
		return out, true, nil
	}
	return out, false, nil
}

var (
	msgKey = ast.StringTerm("msg")
	// alertKey words results of rules for Kubescape.
	alertKey = ast.StringTerm("alertMessage")
	locKey   = ast.StringTerm("_loc")
	fileKey  = ast.StringTerm("file")
	lineKey  = ast.StringTerm("line")
)

func (r *Rule) noMessage() error {
	return rego.Fault{File: r.File, Line: r.Line, Message: "a result of " + r.Name + ` has no text in the key "msg"`}
}

func locOf(t *ast.Term) Loc {
	var l Loc
	o, ok := t.Value.(ast.Object)
	if !ok {
		return l
	}
	if file := o.Get(fileKey); file != nil {
		if s, ok := file.Value.(ast.String); ok {
			l.File = string(s)
		}
	}
	if line := o.Get(lineKey); line != nil {
		if number, ok := line.Value.(ast.Number); ok {
			l.Line, _ = number.Int()
		}
	}
	return l
}

// Locate evaluates one rule again, to tell where in the object each of its results
// comes from.
func (n *Namespace) Locate(ctx context.Context, g rego.Given, rule int, o *rego.Object) (*rego.Locator, error) {
	query, err := n.alone[rule]()
	if err != nil {
		return nil, err
	}
	return query.Locate(ctx, g, o)
}

// RulePath is the name of a rule for a Locator.
func (n *Namespace) RulePath(rule int) string { return n.ref(n.Rules[rule].Name).String() }

func (n *Namespace) ref(name string) ast.Ref { return n.root.Append(ast.StringTerm(name)) }

func (n *Namespace) prepare(body ast.Body) (*rego.Query, error) {
	program, faults := n.program()
	if len(faults) > 0 {
		return nil, faults[0]
	}
	return program.Prepare(body)
}

// question asks all rules at once: r0 = [v | v = data.main.deny], …, so that they
// share what they compute, and a rule that has no value does not end the query.
func (n *Namespace) question(asked []int) ast.Body {
	var body ast.Body
	for i, rule := range asked {
		if n.Rules[rule].partial {
			body.Append(ast.Equality.Expr(ast.VarTerm(string(resultVar(i))), ast.NewTerm(n.ref(n.Rules[rule].Name))))
			continue
		}
		value := ast.VarTerm("v")
		all := ast.ArrayComprehensionTerm(value, ast.NewBody(ast.Equality.Expr(value, ast.NewTerm(n.ref(n.Rules[rule].Name)))))
		body.Append(ast.Equality.Expr(ast.VarTerm(string(resultVar(i))), all))
	}
	return body
}

func resultVar(i int) ast.Var { return ast.Var("r" + strconv.Itoa(i)) }

// exceptionNames is the variable with the names that exceptions list.
const exceptionNames = ast.Var("names")

func (n *Namespace) prepareException() (*rego.Query, error) {
	value := ast.VarTerm("v")
	ref := n.ref("exception").Append(ast.VarTerm("i")).Append(ast.VarTerm("j"))
	all := ast.ArrayComprehensionTerm(value, ast.NewBody(ast.Equality.Expr(value, ast.NewTerm(ref))))
	return n.prepare(ast.NewBody(ast.Equality.Expr(ast.VarTerm(string(exceptionNames)), all)))
}

// excepted notes the rules whose name, without its prefix, an exception lists, and
// how often.
func (n *Namespace) excepted(ctx context.Context, g rego.Given, out *Outcome) error {
	query, err := n.exception()
	if err != nil {
		return err
	}
	return query.Each(ctx, g, func(row topdown.QueryResult) error {
		listed := map[string]int{}
		for _, name := range elementsOf(row[exceptionNames]) {
			if text, ok := name.Value.(ast.String); ok {
				listed[string(text)]++
			}
		}
		for i, r := range n.Rules {
			if times := listed[suffix(r.Name)]; times > 0 {
				out.Excepted, out.times = append(out.Excepted, i), append(out.times, times)
				out.Exceptions += times
			}
		}
		return nil
	})
}

// suffix returns what exceptions call a rule: its name without the prefixes, ""
// for one that is a prefix alone.
func suffix(name string) string {
	switch name {
	case "violation", "deny", "warn":
		return ""
	}
	for _, prefix := range []string{"violation_", "deny_", "warn_"} {
		name = strings.TrimPrefix(name, prefix)
	}
	return name
}
