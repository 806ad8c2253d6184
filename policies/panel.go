package policies

import (
	"context"
	"slices"
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
// them by their ID, over what they themselves say.
func (o *Objects) Shelved(s *Shelf, running []*Shelved, parameters map[string]*manifest.Node) ([]checks.Check, error) {
	given := make([][2]*ast.Term, 0, len(running))
	for _, policy := range running {
		value, err := policy.parametersFor(parameters[policy.Check.ID])
		if err != nil {
			return nil, err
		}
		given = append(given, [2]*ast.Term{ast.StringTerm(policy.Check.ID), value})
	}
	p, trees := newPanel(s, o, ast.ObjectTerm(given...)), newPanel(s, o, ast.ObjectTerm(given...))
	var list []checks.Check
	for _, policy := range running {
		check := policy.Check
		switch {
		case slices.Contains(check.Needs, checks.NeedOldObject):
			check.Transition = p.transition(policy)
		case policy.Inventory:
			check = trees.onTree(policy, check)
			trees.seat(policy)
		default:
			check.Document = p.document(policy)
			if policy.settles != nil {
				check.Facts, check.FactsOf, check.Tree = p.facts, factsOfPolicies, policy.tree
				p.settling = append(p.settling, policy)
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
	settling []*Shelved             // those that look at what is settled elsewhere
	byKind   map[string][]candidate // what may hold for a kind
	anyKind  []candidate            // for each of the others
	plans    sync.Map               // of *panelPlan, by rego.Numbers
	programs atomic.Int32           // how many were linked for single plans
	whole    func() (*rego.Program, error)

	hearings *recent[*hearing]
	// unsettled are the documents of which facts are yet to be asked, with what was heard
	// of them: what is recent may be forgotten until then.
	unsettled sync.Map // of *hearing, by *manifest.Document
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
	needs    rego.Numbers
	placed   bool
	settles  bool    // only in what kustomize builds
	where    []where // one of them must be true; none for any object
}

// seat takes a policy on the panel. What it says of where it is to be asked holds with the
// parameters that it gives itself.
func (p *panel) seat(policy *Shelved) {
	given := p.given(policy)
	standard := given.Equal(policy.standard)
	for i, rule := range policy.rules {
		p.seatRule(seated{policy, i}, rule.bodies, given, standard)
	}
	if policy.settles != nil {
		p.seatRule(seated{policy, -1}, policy.settles, given, standard)
	}
}

// given are the parameters of a policy.
func (p *panel) given(policy *Shelved) *ast.Term {
	if all, ok := p.parameters.Value.(ast.Object); ok {
		if given := all.Get(ast.StringTerm(policy.Check.ID)); given != nil {
			return given
		}
	}
	return ast.ObjectTerm()
}

// on tells whether parameters switch a body on.
func (b shelvedBody) on(given *ast.Term) bool {
	all, ok := given.Value.(ast.Object)
	return !ok || !slices.ContainsFunc(b.switches, func(name string) bool {
		value := all.Get(ast.StringTerm(name))
		return value == nil || value.Value.Compare(ast.Boolean(true)) != 0
	})
}

func (p *panel) seatRule(rule seated, bodies []shelvedBody, given *ast.Term, standard bool) {
	number := len(p.rules)
	p.rules = append(p.rules, rule)
	for _, body := range bodies {
		if !body.on(given) {
			continue
		}
		c := candidate{number: number, versions: body.versions, placed: body.placed, settles: rule.rule < 0}
		for _, field := range body.needs {
			c.needs.Add(field)
		}
		if standard {
			c.where = body.where
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

// judge asks rules of one request together, or, where one of them fails, each policy
// by itself, so that its fault is its own.
func (p *panel) judge(pass *checks.Pass, asked rego.Numbers, view review.View) map[*Shelved]verdict {
	return p.judgeWith(pass, asked, view, p.empty)
}

// judgeWith does so with data.
func (p *panel) judgeWith(pass *checks.Pass, asked rego.Numbers, view review.View, data rego.Data) map[*Shelved]verdict {
	given := rego.Given{Input: view.Gatehouse(p.parameters), Data: data, Time: pass.Time}
	all := map[*Shelved]verdict{}
	if err := p.ask(pass.Context, given, asked, all); err == nil {
		return all
	}
	clear(all)
	alone := map[*Shelved]*rego.Numbers{}
	for _, number := range asked.List() {
		policy := p.rules[number].policy
		if alone[policy] == nil {
			alone[policy] = &rego.Numbers{}
		}
		alone[policy].Add(number)
	}
	for policy, rules := range alone {
		if err := p.ask(pass.Context, given, *rules, all); err != nil {
			all[policy] = verdict{err: err}
		}
	}
	return all
}

func (p *panel) ask(ctx context.Context, given rego.Given, asked rego.Numbers, all map[*Shelved]verdict) error {
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

// document is the check of a policy that judges an object by itself.
func (p *panel) document(policy *Shelved) func(*checks.Pass, *manifest.Document) error {
	return func(pass *checks.Pass, d *manifest.Document) error {
		if d.Templated {
			return nil
		}
		h := p.hear(d, pass.Layout)
		if h.asked == (rego.Numbers{}) {
			return nil
		}
		if h.verdicts == nil {
			h.verdicts = p.judge(pass, h.asked, p.request(h, d, pass.Layout).View(false))
		}
		v := h.verdicts[policy]
		if h.kustomized && policy.settles != nil {
			p.unsettled.Store(d, h)
		}
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
		d, request := changed(pass, t)
		asked := alone.askedOf(d.Object, false, d.Canonical, func() string { return pass.Layout.Environment(d.File) })
		if asked == (rego.Numbers{}) {
			return nil
		}
		for _, r := range byUser(pass, request, policy.asks()) {
			said := alone.judge(pass, asked, r.View(false))[policy]
			if said.err != nil || len(said.results) > 0 {
				return policy.report(pass, d, said)
			}
		}
		return nil
	}
}

// asks is what a policy asks of a request besides its object.
func (p *Shelved) asks() review.Asks {
	return review.Asks{User: slices.Contains(p.Check.Needs, checks.NeedUserInfo)}
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
