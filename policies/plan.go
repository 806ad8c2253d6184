package policies

import (
	"strconv"

	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
)

// panelPlan is how some rules are asked together.
type panelPlan struct {
	rules []int
	query *rego.Query
}

// planVars are the variables of a plan's rules.
var planVars = func() (vars [rego.MaxNumbers]ast.Var) {
	for i := range vars {
		vars[i] = ast.Var("r" + strconv.Itoa(i))
	}
	return vars
}()

// planFor prepares, once for each set of rules, how to ask them.
func (p *panel) planFor(asked rego.Numbers) (*panelPlan, error) {
	if known, ok := p.plans.Load(asked); ok {
		return known.(*panelPlan), nil
	}
	plan := &panelPlan{rules: asked.List()}
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
	var needed rego.Numbers
	var modules []rego.Stored
	for _, number := range rules {
		for _, m := range p.rules[number].policy.modules {
			if needed.Has(m) {
				continue
			}
			needed.Add(m)
			module, err := p.shelf.modules[m]()
			if err != nil {
				return nil, err
			}
			modules = append(modules, module)
		}
	}
	return rego.Link(modules)
}
