package policies

import (
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/inventory"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// Policies that look at the objects around one are asked when all of a tree is known. By
// then the files are gone: what they see is what package inventory keeps of each object,
// under the name and the namespace that it has where it is applied. They are asked once
// for each place in which an object is applied, and of the same place only once.
//
// Beside data.inventory as Gatekeeper knows it there is inventory.all, the objects of all
// namespaces in one, for those whose namespace nothing tells; inventory.open, the namespaces in
// which more may come about than the tree shows, and inventory.labels, keys that are
// added to labels. In the input, tree says of the object itself whether it is applied
// with something that the tree does not show, and which of the names in it something
// unseen may make, and which stand somewhere else in the tree; of an Ingress also which others are certainly applied with it.

// judgedInTrees is the name under which the policies share what they find.
const judgedInTrees = "policies over the inventory"

// onTree makes a check of a policy that looks at all objects of a tree.
func (p *panel) onTree(policy *Shelved, check checks.Check) checks.Check {
	check.Facts, check.FileFacts, check.FactsOf = inventory.Facts, inventory.FileFacts, inventory.FactsName
	check.Reads = func(string) bool { return false } // it asks for paths alone
	check.Tree = func(pass *checks.Pass, t checks.Tree) error {
		if n := inventory.Size(t.Facts); t.Quick && n > MostQuick {
			pass.NotRun(fmt.Sprintf("the tree has %d objects, and at a commit policies judge trees of at most %d: check --base judges it", n, MostQuick))
			return nil
		}
		all := t.Share(judgedInTrees, func() any { return p.judgeTree(pass, t) }).(map[*Shelved]treeVerdict)
		v := all[policy]
		for _, report := range v.reports {
			pass.Report(report)
		}
		return v.err
	}
	return check
}

// MostQuick is how many objects a tree may have that policies judge where somebody waits.
const MostQuick = 1000

// treeVerdict is what one policy finds in a tree.
type treeVerdict struct {
	reports []checks.Report
	err     error
}

// candidateAt is an object in a place in which a policy may find something in it.
type candidateAt struct {
	inventory.Placed
	unit  *inventory.Unit
	asked rego.Numbers
}

// treeHearing is one tree with what is found in it.
type treeHearing struct {
	panel  *panel
	pass   *checks.Pass
	tree   checks.Tree
	units  []inventory.Unit
	names  map[string]bool // of all objects of the tree, as kind/name
	beside *surroundings
	claims *inventory.Claims
	said   map[said]bool
	found  map[*Shelved]treeVerdict
}

// said is a finding by what it is told from others.
type said struct {
	policy *Shelved
	where  checks.Location
}

func (p *panel) judgeTree(pass *checks.Pass, t checks.Tree) map[*Shelved]treeVerdict {
	units, err := inventory.Units(t)
	if err != nil {
		return unjudged(p, err)
	}
	h := &treeHearing{panel: p, pass: pass, tree: t, units: units, said: map[said]bool{}, found: map[*Shelved]treeVerdict{}}
	candidates, names := h.candidates(units)
	if len(candidates) == 0 {
		return h.found
	}
	h.names = inventory.Names(t.Facts)
	h.beside, h.claims = newSurroundings(units), inventory.ClaimsOf(units, t.Facts, names)
	for _, c := range candidates {
		if err := pass.Context.Err(); err != nil {
			return unjudged(p, err)
		}
		h.judge(c)
	}
	return h.found
}

// unjudged is that no policy has judged the tree, and why.
func unjudged(p *panel, why error) map[*Shelved]treeVerdict {
	found := map[*Shelved]treeVerdict{}
	for _, rule := range p.rules {
		found[rule.policy] = treeVerdict{err: why}
	}
	return found
}

// candidates are the objects in which a policy may find something, and the names that
// stand in them.
func (h *treeHearing) candidates(units []inventory.Unit) (list []candidateAt, names map[string]bool) {
	type place struct {
		object                     *inventory.Object
		namespace, as, environment string
		open                       bool
	}
	names = map[string]bool{}
	seen := map[place]bool{}
	for i := range units {
		u := &units[i]
		if u.Example {
			continue
		}
		for _, o := range u.Objects {
			if o.Touched || o.Made() || h.tree.Layout.InChart(o.Where.File) {
				continue
			}
			at := place{o.Object, o.Namespace, o.As, u.Environment, u.Open}
			if seen[at] {
				continue
			}
			seen[at] = true
			asked := h.panel.askedOf(o.Object.Object, false, o.Root, func() string { return h.tree.Layout.Environment(o.Where.File) })
			if asked == (rego.Numbers{}) {
				continue
			}
			list = append(list, candidateAt{o, u, asked})
			for _, name := range namesIn(o.Root()) {
				names[name] = true
			}
		}
	}
	return list, names
}

// judge asks of one object in one place.
func (h *treeHearing) judge(c candidateAt) {
	object := c.At()
	request := review.Request{
		Operation: review.Create, Object: object,
		Fields: append(placeOf(&manifest.Document{File: c.Where.File}, h.tree.Layout), h.around(c)),
	}
	for policy, v := range h.panel.judgeWith(h.pass, c.asked, request.View(false), h.beside.of(c.unit.Environment)) {
		found := h.found[policy]
		if v.err != nil && found.err == nil {
			found.err = v.err
		}
		for _, r := range v.results {
			report := h.reportOf(policy, c, r)
			if one := (said{policy, report.Where}); !h.said[one] {
				h.said[one] = true
				found.reports = append(found.reports, report)
			}
		}
		h.found[policy] = found
	}
}

// around is what the input says of the place of an object.
func (h *treeHearing) around(c candidateAt) manifest.Node {
	open := manifest.Node{Key: "open", Kind: manifest.Bool, Text: "false"}
	if c.unit.Open {
		open.Text = "true"
	}
	claimed, operated := manifest.Node{Key: "claimed", Kind: manifest.List}, manifest.Node{Key: "operated", Kind: manifest.List}
	elsewhere := manifest.Node{Key: "elsewhere", Kind: manifest.List}
	for _, name := range namesIn(c.Root()) {
		byOperator, byAny := h.claims.Claimed(name, c.unit.Environment, c.Namespace, c.Object)
		text := manifest.Node{Kind: manifest.String, Text: name}
		for _, kind := range []string{"ConfigMap", "Service", "ServiceAccount"} {
			if h.names[kind+"/"+name] {
				elsewhere.Items = append(elsewhere.Items, manifest.Node{Kind: manifest.String, Text: kind + "/" + name})
			}
		}
		if byOperator {
			operated.Items = append(operated.Items, text)
		}
		if byAny {
			claimed.Items = append(claimed.Items, text)
		}
	}
	return manifest.Node{Key: "tree", Kind: manifest.Map, Items: []manifest.Node{open, claimed, operated, elsewhere, h.together(c)}}
}

// together are the other objects of the kind, as namespace/name, that are certainly
// applied to the same place as an Ingress.
func (h *treeHearing) together(c candidateAt) manifest.Node {
	list := manifest.Node{Key: "together", Kind: manifest.List}
	if c.Kind != "Ingress" {
		return list
	}
	for i := range h.units {
		u := &h.units[i]
		if !inventory.Together(c.unit, u) {
			continue
		}
		for _, o := range u.Objects {
			if o.Kind == c.Kind && o.Object != c.Object {
				list.Items = append(list.Items, manifest.Node{Kind: manifest.String, Text: strings.TrimLeft(o.Namespace+"/"+o.As, "/")})
			}
		}
	}
	return list
}

// reportOf is what a policy says of an object, at the field of the file. Where another
// folder brings it there, the message says so.
func (h *treeHearing) reportOf(policy *Shelved, c candidateAt, r ruled) checks.Report {
	root := c.Root()
	d := &manifest.Document{File: c.Where.File, Root: root, Object: c.Object.Object}
	where, ok := rego.Place{Node: root}, false
	for _, path := range paths(r.Metadata["field"]) {
		if place, known := rego.FieldAt(root, path); known {
			where, ok = place, true
			break
		}
	}
	report := reportOf(d, r.Result, where, ok)
	if policy.rules[r.rule].warns {
		report.Severity = checks.Warning
	}
	if !strings.HasPrefix(c.Where.File, c.unit.Dir+"/") && c.unit.Dir != "." {
		report.Message += " (as " + c.unit.Dir + " applies it)"
	}
	return report
}
