package policies

import (
	"context"
	"path"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Shelved declares policies of a Shelf as checks, in the order given. Parameters are given to
// them by their ID, over what they themselves say. Policies that look at all objects of
// a tree are not among them: there is one object at a time here.
func (o *Objects) Shelved(s *Shelf, running []*Shelved, parameters map[string]*manifest.Node) ([]checks.Check, error) {
	given := make([][2]*ast.Term, 0, len(running))
	for _, policy := range running {
		value, err := policy.parametersFor(parameters[policy.Check.ID])
		if err != nil {
			return nil, err
		}
		given = append(given, [2]*ast.Term{ast.StringTerm(policy.Check.ID), value})
	}
	p := newPanel(s, o, ast.ObjectTerm(given...))
	var list []checks.Check
	for _, policy := range running {
		check := policy.Check
		if slices.Contains(check.Needs, checks.NeedOldObject) {
			check.Transition = p.transition(policy)
		} else {
			check.Document = p.document(policy)
			if policy.settles != nil {
				check.Facts, check.Tree = p.facts(policy), p.tree
			}
			p.seat(policy)
		}
		list = append(list, check)
	}
	return list, nil
}

// panel is the policies that run together. Those that judge an object by itself are
// asked once of each, whichever check comes first.
type panel struct {
	shelf      *Shelf
	objects    *Objects
	parameters *ast.Term // of each policy, by its ID
	empty      rego.Data

	rules    []seated
	byKind   map[string][]candidate // what may hold for a kind
	anyKind  []candidate            // for each of the others
	plans    sync.Map               // of *panelPlan, by numbers
	programs atomic.Int32           // how many were linked for single plans
	whole    func() (*rego.Program, error)

	hearings *recent[*hearing]
}

func newPanel(s *Shelf, o *Objects, parameters *ast.Term) *panel {
	p := &panel{shelf: s, objects: o, parameters: parameters, empty: rego.NewData(ast.NewObject()), byKind: map[string][]candidate{}, hearings: newRecent[*hearing]()}
	p.whole = sync.OnceValues(func() (*rego.Program, error) {
		all := make([]int, len(p.rules))
		for i := range all {
			all[i] = i
		}
		return p.link(all)
	})
	return p
}

// seated is one rule of a policy on the panel; a negative one is settlesRule.
type seated struct {
	policy *Shelved
	rule   int
}

func (s seated) name() string {
	if s.rule < 0 {
		return settlesRule
	}
	return s.policy.rules[s.rule].name
}

// candidate is a rule by its number on the panel, with what its body asks for.
type candidate struct {
	number   int
	versions []string
	needs    numbers
	placed   bool
	settles  bool // only in what kustomize builds
}

// maxNumbers is how many rules, and how many fields, can be told apart.
const maxNumbers = 128

// numbers is a set of small numbers.
type numbers [maxNumbers / 64]uint64

func (n *numbers) add(i int) { n[i/64] |= 1 << (i % 64) }

func (n numbers) has(i int) bool { return n[i/64]&(1<<(i%64)) != 0 }

func (n numbers) within(other numbers) bool {
	for i := range n {
		if n[i]&^other[i] != 0 {
			return false
		}
	}
	return true
}

// list gives the numbers in rising order.
func (n numbers) list() []int {
	var out []int
	for i := range maxNumbers {
		if n.has(i) {
			out = append(out, i)
		}
	}
	return out
}

// seat takes a policy on the panel.
func (p *panel) seat(policy *Shelved) {
	for i, rule := range policy.rules {
		p.seatRule(seated{policy, i}, rule.bodies)
	}
	if policy.settles != nil {
		p.seatRule(seated{policy, -1}, policy.settles)
	}
}

func (p *panel) seatRule(rule seated, bodies []shelvedBody) {
	number := len(p.rules)
	p.rules = append(p.rules, rule)
	for _, body := range bodies {
		c := candidate{number: number, versions: body.versions, placed: body.placed, settles: rule.rule < 0}
		for _, field := range body.needs {
			c.needs.add(field)
		}
		if body.kinds == nil {
			p.anyKind = append(p.anyKind, c)
			for kind := range p.byKind {
				p.byKind[kind] = append(p.byKind[kind], c)
			}
			continue
		}
		for _, kind := range body.kinds {
			if _, known := p.byKind[kind]; !known {
				p.byKind[kind] = slices.Clone(p.anyKind)
			}
			p.byKind[kind] = append(p.byKind[kind], c)
		}
	}
}

// hearing is one document with what the panel says of it. It belongs to one goroutine.
type hearing struct {
	kustomized bool
	completed  *manifest.Node // see completed
	asked      numbers
	verdicts   map[*Shelved]verdict // nil until the panel is asked
}

// request is the request that would bring a document into a cluster.
func (p *panel) request(h *hearing, d *manifest.Document, layout checks.Layout) review.Request {
	r := requestOf(d, layout)
	if h.completed != nil {
		r.Object = h.completed
		return r
	}
	r.Term = p.objects.of(d)
	return r
}

// completed is a kustomization that does not say that it is one, which kustomize does not
// ask for (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/); nil
// for what is none.
func completed(d *manifest.Document) *manifest.Node {
	root := d.Canonical()
	switch path.Base(d.File) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
	default:
		return nil
	}
	if root.Kind != manifest.Map {
		return nil
	}
	full := *root
	full.Items = slices.Clone(root.Items)
	for _, standard := range []manifest.Node{
		{Key: "apiVersion", Kind: manifest.String, Text: "kustomize.config.k8s.io/v1beta1"},
		{Key: "kind", Kind: manifest.String, Text: "Kustomization"},
	} {
		if root.Get(standard.Key) == nil {
			full.Items = append(full.Items, standard)
		}
	}
	return &full
}

// verdict is what one policy says of one object.
type verdict struct {
	results []ruled
	settles []string
	err     error
}

// ruled is a result with the rule that gave it.
type ruled struct {
	rule int
	conftest.Result
}

func (p *panel) hear(d *manifest.Document, layout checks.Layout) *hearing {
	return p.hearings.of(d, func() *hearing {
		h := &hearing{kustomized: isKustomized(layout, d.File)}
		object := d.Object
		if !d.IsObject() {
			if h.completed = completed(d); h.completed == nil {
				return h
			}
			object = manifest.Object{APIVersion: h.completed.Get("apiVersion").Str(), Kind: h.completed.Get("kind").Str()}
		}
		h.asked = p.askedOf(object, h.kustomized, d.Canonical, func() string { return layout.Environment(d.File) })
		return h
	})
}

// askedOf are the rules that may hold for an object.
func (p *panel) askedOf(o manifest.Object, kustomized bool, root func() *manifest.Node, environment func() string) numbers {
	candidates, known := p.byKind[o.Kind]
	if !known {
		candidates = p.anyKind
	}
	var asked, fields numbers
	looked := false
	for _, c := range candidates {
		if asked.has(c.number) || c.settles && !kustomized || c.versions != nil && !slices.Contains(c.versions, o.APIVersion) || c.placed && environment() == "" {
			continue
		}
		if c.needs != (numbers{}) && !looked {
			fields, looked = p.shelf.fieldsOf(root()), true
		}
		if c.needs.within(fields) {
			asked.add(c.number)
		}
	}
	return asked
}

// fieldsOf are the fields that an object has somewhere, of those that rules ask for.
func (s *Shelf) fieldsOf(n *manifest.Node) numbers {
	var found numbers
	var walk func(*manifest.Node)
	walk = func(n *manifest.Node) {
		for i := range n.Items {
			item := &n.Items[i]
			if n.Kind == manifest.Map {
				if number, ok := s.fields[item.Key]; ok {
					found.add(number)
				}
				if item.Kind == manifest.Bool && item.Text == "true" {
					if number, ok := s.fields[item.Key+rego.IsTrue]; ok {
						found.add(number)
					}
				}
			}
			if len(item.Items) > 0 {
				walk(item)
			}
		}
	}
	walk(n)
	return found
}

// judge asks rules of one request together, or, where one of them fails, each policy
// by itself, so that its fault is its own.
func (p *panel) judge(pass *checks.Pass, asked numbers, view review.View) map[*Shelved]verdict {
	given := rego.Given{Input: view.Gatehouse(p.parameters), Data: p.empty, Time: pass.Time}
	all := map[*Shelved]verdict{}
	if err := p.ask(pass.Context, given, asked, all); err == nil {
		return all
	}
	clear(all)
	alone := map[*Shelved]*numbers{}
	for _, number := range asked.list() {
		policy := p.rules[number].policy
		if alone[policy] == nil {
			alone[policy] = &numbers{}
		}
		alone[policy].add(number)
	}
	for policy, rules := range alone {
		if err := p.ask(pass.Context, given, *rules, all); err != nil {
			all[policy] = verdict{err: err}
		}
	}
	return all
}

func (p *panel) ask(ctx context.Context, given rego.Given, asked numbers, all map[*Shelved]verdict) error {
	plan, err := p.planFor(asked)
	if err != nil {
		return err
	}
	return plan.query.Each(ctx, given, func(row topdown.QueryResult) error {
		for i, number := range plan.rules {
			if err := p.rules[number].read(row[planVars[i]], all); err != nil {
				return err
			}
		}
		return nil
	})
}

// read adds what a rule gave to what its policy says.
func (s seated) read(value *ast.Term, all map[*Shelved]verdict) error {
	if s.rule < 0 {
		if words := wordsOf(value); len(words) > 0 {
			v := all[s.policy]
			v.settles = words
			all[s.policy] = v
		}
		return nil
	}
	r := s.policy.rules[s.rule]
	read := conftest.Rule{Name: r.name, File: r.file, Line: r.line}
	results, _, err := read.Results(value)
	if err != nil || len(results) == 0 {
		return err
	}
	v := all[s.policy]
	for _, result := range results {
		v.results = append(v.results, ruled{s.rule, result})
	}
	all[s.policy] = v
	return nil
}

// panelPlan is how some rules are asked together.
type panelPlan struct {
	rules []int
	query *rego.Query
}

// planVars are the variables of a plan's rules.
var planVars = func() (vars [maxNumbers]ast.Var) {
	for i := range vars {
		vars[i] = ast.Var("r" + strconv.Itoa(i))
	}
	return vars
}()

// planFor prepares, once for each set of rules, how to ask them.
func (p *panel) planFor(asked numbers) (*panelPlan, error) {
	if known, ok := p.plans.Load(asked); ok {
		return known.(*panelPlan), nil
	}
	plan := &panelPlan{rules: asked.list()}
	var body ast.Body
	for i, number := range plan.rules {
		ref := p.rules[number].policy.ref(p.rules[number].name())
		body.Append(ast.Equality.Expr(ast.VarTerm(string(planVars[i])), ast.NewTerm(ref)))
	}
	program, err := p.programFor(plan.rules)
	if err != nil {
		return nil, err
	}
	if plan.query, err = program.Prepare(body); err != nil {
		return nil, err
	}
	p.plans.Store(asked, plan)
	return plan, nil
}

// fewPrograms is for how many sets of rules only what they need is read and linked. A
// run that comes across more of them reads everything once.
const fewPrograms = 4

func (p *panel) programFor(rules []int) (*rego.Program, error) {
	if p.programs.Add(1) > fewPrograms {
		return p.whole()
	}
	return p.link(rules)
}

// link makes a program of all that some rules need.
func (p *panel) link(rules []int) (*rego.Program, error) {
	var needed numbers
	var modules []rego.Stored
	for _, number := range rules {
		for _, m := range p.rules[number].policy.modules {
			if needed.has(m) {
				continue
			}
			needed.add(m)
			module, err := p.shelf.modules[m]()
			if err != nil {
				return nil, err
			}
			modules = append(modules, module)
		}
	}
	return rego.Link(modules)
}

// document is the check of a policy that judges an object by itself.
func (p *panel) document(policy *Shelved) func(*checks.Pass, *manifest.Document) error {
	return func(pass *checks.Pass, d *manifest.Document) error {
		if d.Templated {
			return nil
		}
		h := p.hear(d, pass.Layout)
		if h.asked == (numbers{}) {
			return nil
		}
		if h.verdicts == nil {
			h.verdicts = p.judge(pass, h.asked, p.request(h, d, pass.Layout).View(false))
		}
		v := h.verdicts[policy]
		if h.kustomized && policy.settles != nil && v.err == nil {
			return nil // the tree decides
		}
		return policy.report(pass, d, v)
	}
}

// transition is the check of a policy that compares an object with what it was. What it
// finds stands in the object as it is, or as it was where it is gone.
func (p *panel) transition(policy *Shelved) func(*checks.Pass, checks.Transition) error {
	alone := newPanel(p.shelf, p.objects, p.parameters)
	alone.seat(policy)
	return func(pass *checks.Pass, t checks.Transition) error {
		d, request := changed(t, pass.Layout)
		asked := alone.askedOf(d.Object, false, d.Canonical, func() string { return pass.Layout.Environment(d.File) })
		if asked == (numbers{}) {
			return nil
		}
		return policy.report(pass, d, alone.judge(pass, asked, request.View(false))[policy])
	}
}

// report reports what a policy says of an object.
func (p *Shelved) report(pass *checks.Pass, d *manifest.Document, v verdict) error {
	if v.err != nil {
		return v.err
	}
	for _, r := range v.results {
		pass.Report(p.reportOf(d, r))
	}
	return nil
}

// reportOf is what a policy says, at the field that it names.
func (p *Shelved) reportOf(d *manifest.Document, r ruled) checks.Report {
	where, ok := saidOf(d, r.Result)
	if !ok {
		where = rego.Place{Node: d.Canonical()}
	}
	report := reportOf(d, r.Result, where, ok)
	if p.rules[r.rule].warns {
		report.Severity = checks.Warning
	}
	return report
}
