package policies

import (
	"slices"

	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// Asked is for which requests a policy has to be asked before a cluster.
type Asked struct {
	Check string
	Kinds []string // nil for any
	// Resources stand in the place of Kinds for what is asked by resource.
	Resources []string
	Groups    []string // API groups; nil for any
	// Writing tells that it looks at what is made or changed, Removal at what is
	// deleted.
	Writing, Removal bool
}

// Asked lists for which requests the policies of a set have to be asked.
func (s *Set) Asked() []Asked {
	var list []Asked
	for _, o := range s.Own {
		list = append(list, Asked{Check: o.ID, Kinds: o.Namespace.Kinds(), Writing: true, Removal: o.asks.Removal})
	}
	for _, n := range s.Namespaces {
		list = append(list, Asked{Check: Kebab(n.Name()), Kinds: n.Kinds(), Writing: true})
	}
	for _, c := range s.Constraints {
		t := c.Template
		asked := Asked{
			Check: ConstraintID(c.Kind, c.Name), Writing: t.Asked(review.Create) || t.Asked(review.Update),
			Removal: t.Asked(review.Delete) && (t.Asks.Removal || len(t.Operations) > 0),
		}
		if len(c.Match.Kinds) == 0 {
			list = append(list, asked)
		}
		for _, k := range c.Match.Kinds {
			asked.Kinds, asked.Groups = anyIfOpen(k.Kinds), anyIfOpen(k.APIGroups)
			list = append(list, asked)
		}
	}
	for _, p := range s.Admission.Policies {
		for _, r := range p.Rules() {
			list = append(list, Asked{
				Check: AdmissionID(p.Name), Groups: anyIfOpen(r.Groups), Resources: anyIfOpen(r.Resources), Writing: r.Writing, Removal: r.Removal,
			})
		}
	}
	return list
}

// anyIfOpen is nil for a list that stands for all.
func anyIfOpen(list []string) []string {
	if len(list) == 0 || slices.Contains(list, "*") {
		return nil
	}
	return list
}

// Kinds returns the only kinds of objects for which a policy can find something, in
// order, or nil for any.
func (p *Shelved) Kinds() []string {
	kinds := []string{}
	for _, rule := range p.rules {
		for _, body := range rule.bodies {
			if body.kinds == nil {
				return nil
			}
			kinds = append(kinds, body.kinds...)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}
