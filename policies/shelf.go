package policies

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/packed"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
)

// A Shelf is Gatehouse policies as Shelve has compiled them. What they say of
// themselves is there at once; a module is read when an object comes for which a rule
// in it may hold, and those that are asked of one object are asked together.
type Shelf struct {
	policies []*Shelved
	modules  []func() (rego.Stored, error)
	fields   rego.Fields // that rules cannot do without
}

// Shelved is one policy of a Shelf.
type Shelved struct {
	// Check is what the policy says of itself, without its examples and without a
	// function that judges.
	Check checks.Check
	// On tells that it is meant to run where nobody says anything.
	On bool
	// Inventory tells that it reads data.inventory, all objects of a tree.
	Inventory bool
	// Parameters are the names of its parameters.
	Parameters []string

	path     string
	rules    []shelvedRule
	settles  []shelvedBody // see settlesRule
	modules  []int
	standard *ast.Term // its parameters without a configuration
}

// shelvedRule is one name of rule, with what an object must be for it to hold.
type shelvedRule struct {
	name   string
	file   string
	line   int
	warns  bool
	bodies []shelvedBody
}

// shelvedBody is what one body of a rule asks of an object. Nil stands for any.
type shelvedBody struct {
	kinds    []string
	versions []string
	needs    []int    // numbers of fields
	placed   bool     // only where an environment is known
	switches []string // parameters that must be true
	said     []string // see askedWhere
	where    []where  // what that means
}

// ReadShelf reads what Shelve has made. The text is kept.
func ReadShelf(text string) (*Shelf, error) {
	r := packed.NewReader(text)
	s := &Shelf{}
	for _, name := range r.Words() {
		if _, ok := s.fields.Number(name); !ok {
			r.Fail()
		}
	}
	for range r.Count() {
		stored := r.Word()
		s.modules = append(s.modules, sync.OnceValues(func() (rego.Stored, error) { return rego.ReadStored(stored) }))
	}
	for range r.Count() {
		p, err := readShelved(r)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(p.modules, func(m int) bool { return m >= len(s.modules) }) {
			r.Fail()
		}
		s.policies = append(s.policies, p)
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("read compiled policies: %w", err)
	}
	return s, nil
}

var errShelf = errors.New("a compiled policy is not in the form of this version")

func readShelved(r *packed.Reader) (*Shelved, error) {
	p := &Shelved{}
	c := &p.Check
	c.ID, c.Title, c.Category, c.Severity = r.Word(), r.Word(), checks.Category(r.Word()), checks.Severity(r.Int())
	c.Why, c.Fix = r.Word(), r.Word()
	for _, need := range r.Words() {
		c.Needs = append(c.Needs, checks.Need(need))
	}
	p.On, p.Inventory, p.Parameters = r.Bool(), r.Bool(), r.Words()
	standard, err := rego.ReadStoredTerm(r.Word())
	if err != nil || standard == nil {
		return nil, errShelf
	}
	p.path, p.standard, p.modules = r.Word(), standard, readInts(r)
	for range r.Count() {
		p.rules = append(p.rules, shelvedRule{name: r.Word(), file: r.Word(), line: r.Int(), warns: r.Bool(), bodies: readBodies(r)})
	}
	p.settles = readBodies(r)
	return p, nil
}

func readBodies(r *packed.Reader) []shelvedBody {
	var list []shelvedBody
	for range r.Count() {
		body := shelvedBody{kinds: r.Words(), versions: r.Words(), needs: readInts(r), placed: r.Bool(), switches: r.Words(), said: r.Words()}
		for _, text := range body.said {
			where, err := parseWhere(text)
			if err != nil {
				r.Fail()
			}
			body.where = append(body.where, where)
		}
		list = append(list, body)
	}
	return list
}

func readInts(r *packed.Reader) []int {
	list := make([]int, r.Count())
	for i := range list {
		list[i] = r.Int()
	}
	return list
}

// Policies lists what is in s.
func (s *Shelf) Policies() []*Shelved { return s.policies }

// ParameterKinds is what the standard value of each parameter is.
func (p *Shelved) ParameterKinds() map[string]manifest.Kind {
	kinds := map[string]manifest.Kind{}
	standard, ok := p.standard.Value.(ast.Object)
	if !ok {
		return kinds
	}
	standard.Foreach(func(key, value *ast.Term) {
		name, _ := key.Value.(ast.String)
		switch value.Value.(type) {
		case ast.String:
			kinds[string(name)] = manifest.String
		case ast.Number:
			kinds[string(name)] = manifest.Number
		case ast.Boolean:
			kinds[string(name)] = manifest.Bool
		case *ast.Array:
			kinds[string(name)] = manifest.List
		case ast.Object:
			kinds[string(name)] = manifest.Map
		}
	})
	return kinds
}

// parametersFor are the parameters of p with those that are given over them.
func (p *Shelved) parametersFor(given *manifest.Node) (*ast.Term, error) {
	standard, ok := p.standard.Value.(ast.Object)
	if !ok {
		return nil, errShelf
	}
	if given == nil {
		return p.standard, nil
	}
	merged, err := merged(p.Check.ID, standard.Copy(), given)
	if err != nil {
		return nil, err
	}
	return ast.NewTerm(merged), nil
}

// ref is the reference to a rule of p.
func (p *Shelved) ref(name string) ast.Ref {
	ref := ast.Ref{ast.DefaultRootDocument}
	for step := range strings.SplitSeq(strings.TrimPrefix(p.path, "data.")+"."+name, ".") {
		ref = append(ref, ast.StringTerm(step))
	}
	return ref
}
