package inventory

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// A View is what may stand beside the objects of an environment: its own units and those
// of none; beside units of none, all.
type View struct {
	Environment string
	Units       []*Unit
	// Spaces are namespaces in which anything may come about, "*" for all.
	Spaces map[string]bool
	Labels map[string]bool // keys that something adds to what it holds
}

// Views are the views of all environments of units, by their names.
func Views(units []Unit) map[string]*View {
	views := map[string]*View{}
	for i := range units {
		name := units[i].Environment
		if views[name] == nil {
			views[name] = &View{Environment: name, Spaces: map[string]bool{}, Labels: map[string]bool{}}
		}
	}
	for _, v := range views {
		for i := range units {
			if u := &units[i]; beside(v.Environment, u.Environment) {
				v.add(u)
			}
		}
	}
	return views
}

// beside tells whether what belongs to two environments may be in one place.
func beside(one, other string) bool { return one == "" || other == "" || one == other }

func (v *View) add(u *Unit) {
	v.Units = append(v.Units, u)
	for _, space := range u.Spaces {
		v.Spaces[space] = true
	}
	if u.Anywhere {
		v.Spaces["*"] = true
	}
	for _, key := range u.Labels {
		v.Labels[key] = true
	}
	for _, o := range u.Objects {
		if o.Kind == "HelmRelease" && o.Group() == "helm.toolkit.fluxcd.io" {
			space := o.Root().Lookup("spec", "targetNamespace").Str()
			if space == "" {
				space = o.Namespace
			}
			if space != "" {
				v.Spaces[space] = true
			}
		}
	}
}

// Claims are the names that operators and charts may give to what they make.
type Claims struct {
	bySum    map[uint32][]claim
	byPrefix map[string][]claim
	charts   map[string]bool // names of charts in the tree, and names in them
}

// claim is an object because of which something may come about.
type claim struct {
	object      *Object
	namespace   string
	environment string
}

// ClaimsOf looks through units for what mentions one of some names.
func ClaimsOf(units []Unit, facts []checks.Fact, names map[string]bool) *Claims {
	c := &Claims{bySum: map[uint32][]claim{}, byPrefix: map[string][]claim{}, charts: map[string]bool{}}
	for _, f := range facts {
		if f.Kind == chartFact {
			for _, name := range f.Values {
				c.charts[name] = true
			}
		}
	}
	wanted := make(map[uint32]bool, len(names))
	for name := range names {
		wanted[sum(name)] = true
	}
	for i := range units {
		for _, o := range units[i].Objects {
			if len(o.words) < 2 {
				continue
			}
			this := claim{o.Object, o.Namespace, units[i].Environment}
			sums := o.words[1]
			for ; len(sums) >= 4; sums = sums[4:] {
				if s := binary.LittleEndian.Uint32([]byte(sums[:4])); wanted[s] {
					c.bySum[s] = append(c.bySum[s], this)
				}
			}
			for _, prefix := range append(slices.Clone(o.words[2:]), o.Name, o.As) {
				c.byPrefix[prefix] = append(c.byPrefix[prefix], this)
			}
		}
	}
	return c
}

// Claimed tells whether an operator, and whether an operator or a chart, may make an
// object of a name for one that stands in an environment and a namespace.
func (c *Claims) Claimed(name, environment, namespace string, by *Object) (operated, claimed bool) {
	look := func(list []claim) {
		for _, one := range list {
			if one.object == by || !beside(one.environment, environment) {
				continue
			}
			switch {
			case installs(one.object.Group()) && one.object.Group() != "fluxcd.controlplane.io":
				claimed = true
			case one.namespace == "" || namespace == "" || one.namespace == namespace || clusterScoped(one.object.Object):
				operated, claimed = true, true
			}
		}
	}
	look(c.bySum[sum(name)])
	for prefix := name; prefix != ""; {
		look(c.byPrefix[prefix])
		claimed = claimed || c.charts[prefix]
		at := strings.LastIndexByte(prefix, '-')
		if at < 0 {
			break
		}
		prefix = prefix[:at]
	}
	return operated, claimed
}
