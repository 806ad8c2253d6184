package policies

import (
	"slices"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/inventory"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
)

// surroundings make the inventories that policies see beside an object. What belongs to
// no environment is in all of them, so it is converted once.
type surroundings struct {
	views  map[string]*inventory.View
	common *branch
	data   map[string]rego.Data
	terms  map[*inventory.Object]*ast.Term
}

func newSurroundings(units []inventory.Unit) *surroundings {
	s := &surroundings{views: inventory.Views(units), common: &branch{}, data: map[string]rego.Data{}, terms: map[*inventory.Object]*ast.Term{}}
	for i := range units {
		if units[i].Environment == "" {
			s.add(s.common, &units[i])
		}
	}
	return s
}

// of is what stands beside the objects of an environment.
func (s *surroundings) of(environment string) rego.Data {
	if data, ok := s.data[environment]; ok {
		return data
	}
	view, own := s.views[environment], &branch{}
	for _, u := range view.Units {
		if u.Environment != "" {
			s.add(own, u)
		}
	}
	all := ast.NewObject()
	for _, part := range []string{"cluster", "namespace", "all"} {
		all.Insert(ast.StringTerm(part), own.below[part].over(s.common.below[part]))
	}
	all.Insert(ast.StringTerm("open"), truths(view.Spaces))
	all.Insert(ast.StringTerm("labels"), truths(view.Labels))
	s.data[environment] = rego.NewData(ast.NewObject([2]*ast.Term{ast.StringTerm("inventory"), ast.NewTerm(all)}))
	return s.data[environment]
}

func (s *surroundings) add(to *branch, u *inventory.Unit) {
	for _, o := range u.Objects {
		at := to.under("cluster")
		if o.Namespace != "" {
			at = to.under("namespace").under(o.Namespace)
		}
		term := s.termOf(o)
		for _, part := range []*branch{at, to.under("all")} {
			kind := part.under(o.APIVersion).under(o.Kind)
			kind.put(o.As, o.Object, term)
			if o.As != o.Name {
				// What is built together refers to it by the name in its file.
				kind.put(o.Name, o.Object, term)
			}
		}
	}
}

// termOf converts an object where it is applied. Most stand as they are written. Of one
// that is touched, or of which nothing but its name is kept, only that it exists is known.
func (s *surroundings) termOf(o inventory.Placed) *ast.Term {
	if o.Touched || !o.Kept() {
		return justThere
	}
	at := o.At()
	if at != o.Root() {
		return rego.NewObject(at).Term
	}
	if s.terms[o.Object] == nil {
		s.terms[o.Object] = rego.NewObject(at).Term
	}
	return s.terms[o.Object]
}

// justThere is an object of which nothing is known, and variants one of which as much as
// the objects beside it say.
var (
	justThere = ast.ObjectTerm()
	variants  = ast.ObjectTerm([2]*ast.Term{ast.StringTerm("variants"), ast.BooleanTerm(true)})
)

// branch is a level of an inventory, with what it holds by name. Two objects of one name
// may be variants of which only one is applied, so at their name nothing is known of
// either, and both stand beside it under names that nobody has.
type branch struct {
	below   map[string]*branch
	objects map[string][]entry
	term    *ast.Term
}

type entry struct {
	object *inventory.Object
	term   *ast.Term
}

func (b *branch) under(key string) *branch {
	if b.below == nil {
		b.below = map[string]*branch{}
	}
	if b.below[key] == nil {
		b.below[key] = &branch{}
	}
	return b.below[key]
}

func (b *branch) put(name string, object *inventory.Object, term *ast.Term) {
	if b.objects == nil {
		b.objects = map[string][]entry{}
	}
	if one := (entry{object, term}); !slices.Contains(b.objects[name], one) {
		b.objects[name] = append(b.objects[name], one)
	}
}

// over is b with what it does not have taken from base. Either may be nil.
func (b *branch) over(base *branch) *ast.Term {
	switch {
	case b == nil && base == nil:
		return justThere
	case b == nil:
		return base.whole()
	case base == nil:
		return b.whole()
	}
	o := ast.NewObject()
	for key, below := range b.below {
		o.Insert(ast.StringTerm(key), below.over(base.below[key]))
	}
	for key, below := range base.below {
		if b.below[key] == nil {
			o.Insert(ast.StringTerm(key), below.whole())
		}
	}
	for name, list := range b.objects {
		for _, other := range base.objects[name] {
			if !slices.Contains(list, other) {
				list = append(slices.Clip(list), other)
			}
		}
		insert(o, name, list)
	}
	for name, list := range base.objects {
		if b.objects[name] == nil {
			insert(o, name, list)
		}
	}
	return ast.NewTerm(o)
}

// whole is b by itself.
func (b *branch) whole() *ast.Term {
	if b.term != nil {
		return b.term
	}
	o := ast.NewObject()
	for key, below := range b.below {
		o.Insert(ast.StringTerm(key), below.whole())
	}
	for name, list := range b.objects {
		insert(o, name, list)
	}
	b.term = ast.NewTerm(o)
	return b.term
}

func insert(o ast.Object, name string, list []entry) {
	if len(list) == 1 {
		o.Insert(ast.StringTerm(name), list[0].term)
		return
	}
	o.Insert(ast.StringTerm(name), variants)
	for i, one := range list {
		o.Insert(ast.StringTerm(name+"\x00"+strconv.Itoa(i)), one.term)
	}
}

// truths are the words of a set, each with true.
func truths(words map[string]bool) *ast.Term {
	o := ast.NewObject()
	for word := range words {
		o.Insert(ast.StringTerm(word), ast.BooleanTerm(true))
	}
	return ast.NewTerm(o)
}

// namesIn are the texts in an object that may name another.
func namesIn(n *manifest.Node) (names []string) {
	if n.Kind == manifest.String && n.Text != "" && n.Key != "image" && n.Key != "apiVersion" {
		names = append(names, n.Text)
	}
	for i := range n.Items {
		if n.Items[i].Key != "annotations" {
			names = append(names, namesIn(&n.Items[i])...)
		}
	}
	return names
}
