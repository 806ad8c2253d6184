package reference

import (
	"slices"
	"strings"
)

// Missing is a Secret, or a key of one, that is read and that nothing makes.
type Missing struct {
	Demand Demand
	Index  int // which of the demands that were handed in, from 0
	// Key tells that the Secret is made, but not with this key.
	Key bool
	// Certain tells that nothing in the environment could make it in a way that is not
	// seen: no chart, no remote base, nothing with the right to create Secrets, and that
	// nothing changes names.
	Certain bool
	// Suggestion is the name or the key that may be meant, or "".
	Suggestion string
	// Elsewhere is a namespace in which a Secret of this name is made, or "".
	Elsewhere string
	// Reason is one sentence for people, without a full stop; Fix says what to do.
	Reason, Fix string
}

// Join finds the demands of one environment that its products do not meet.
//
// A key is missing where all objects that make the Secret tell all keys that it will
// have, and this is none of them. That holds whatever else is there, unless something
// writes into a Secret of another.
//
// A Secret is missing where no object makes one of its name in its namespace, none
// mentions it that may make it, and its name is related to no chart and no object of an
// operator. It is certain where, besides, nothing is there that could make Secrets
// unseen, and the secrets of that namespace are kept here: others of it are. What is not certain is told
// only where a name much like it is made there, or the same one in another namespace: all
// else may be made by hand.
//
// A namespace that is not told may be any, and a name with a part that is filled in
// later any that it fits. What is optional, and what is needed before anything of the
// repository is applied, is never missing.
func Join(demands []Demand, products []Product) []Missing {
	j := newJoiner(products)
	var list []Missing
	for i := range demands {
		if m, ok := j.miss(&demands[i]); ok {
			m.Index = i
			list = append(list, m)
		}
	}
	return list
}

type joiner struct {
	byName   map[string][]*Product // those with an exact name
	patterns []*Product
	related  []*Product
	any      []*Product
	renamed  []*Product
	moved    bool // namespaces are changed

	listed    map[string]listing // what names returned, by namespace
	suggested int
}

// listing is what is made in a namespace.
type listing struct {
	names []string
	kept  bool
}

// mostSuggestions is for how many names one is looked for that is like them. Where more
// are missing, they are not misspelt.
const mostSuggestions = 1000

func newJoiner(products []Product) *joiner {
	j := &joiner{byName: map[string][]*Product{}, listed: map[string]listing{}}
	for i := range products {
		p := &products[i]
		switch {
		case p.Reach == Any:
			j.any = append(j.any, p)
		case p.Reach == Related:
			j.related = append(j.related, p)
		case p.Reach == Renamed:
			j.moved = j.moved || p.Namespace != ""
			if p.Name != "*" {
				j.renamed = append(j.renamed, p)
			}
		case strings.Contains(p.Name, "*"):
			j.patterns = append(j.patterns, p)
		default:
			j.byName[p.Name] = append(j.byName[p.Name], p)
		}
	}
	return j
}

// covers tells whether a product may be in the namespace of a demand.
func (j *joiner) covers(p *Product, d *Demand) bool {
	return j.moved || p.Namespace == "" || d.Namespace == "" || p.Namespace == d.Namespace
}

// candidates are the products that may be the Secret of a demand, by name alone.
func (j *joiner) candidates(name string) (found []*Product) {
	found = append(found, j.byName[name]...)
	for _, r := range j.renamed {
		prefix, suffix, _ := strings.Cut(r.Name, "*")
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			if rest, ok := strings.CutSuffix(rest, suffix); ok && rest != "" && rest != name {
				found = append(found, j.byName[rest]...)
			}
		}
		found = append(found, j.byName[prefix+name+suffix]...)
	}
	for _, p := range j.patterns {
		if matches(p.Name, name) {
			found = append(found, p)
		}
	}
	return found
}

func (j *joiner) miss(d *Demand) (Missing, bool) {
	if d.Optional || d.Early {
		return Missing{}, false
	}
	var here []*Product
	elsewhere := ""
	for _, p := range j.candidates(d.Name) {
		if j.covers(p, d) {
			here = append(here, p)
		} else if p.Reach == Named {
			elsewhere = p.Namespace
		}
	}
	if len(here) > 0 {
		return j.missKey(d, here)
	}
	if d.KeyOnly || j.isRelated(d) {
		return Missing{}, false
	}
	certain := !d.Soft && len(j.renamed) == 0 && !j.vague(d)
	for _, p := range j.any {
		if j.covers(p, d) {
			certain = false
		}
	}
	known, kept := j.names(d)
	suggestion := ""
	if j.suggested++; j.suggested <= mostSuggestions {
		suggestion = nearest(d.Name, known)
	}
	m := Missing{Demand: *d, Certain: certain && kept, Elsewhere: elsewhere, Suggestion: suggestion,
		Fix: "Correct the name, or commit the object that makes the Secret: a SealedSecret, an ExternalSecret or the like."}
	m.Reason = "nothing here makes the Secret " + d.Name + ", which is read for " + d.Use
	switch {
	case elsewhere != "":
		m.Reason += "; one of this name is made in the namespace " + elsewhere
		m.Fix = "Make the Secret in the namespace of the object that reads it."
	case m.Suggestion != "":
		m.Reason += "; is " + m.Suggestion + " meant?"
	}
	m.Reason = sentence(m.Reason)
	return m, m.Certain || elsewhere != "" || m.Suggestion != ""
}

// missKey judges the key of a demand among the products that may be its Secret.
func (j *joiner) missKey(d *Demand, here []*Product) (Missing, bool) {
	if d.Key == "" {
		return Missing{}, false
	}
	var known []string
	made := false
	for _, p := range here {
		if p.Open || slices.ContainsFunc(p.Keys, func(k string) bool { return matches(k, d.Key) }) {
			return Missing{}, false
		}
		made = made || p.Reach == Named && !p.Merges && !strings.Contains(p.Name, "*")
		known = append(known, p.Keys...)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	if !made || len(known) == 0 {
		return Missing{}, false
	}
	m := Missing{Demand: *d, Key: true, Certain: !d.Soft, Suggestion: nearest(d.Key, exact(known)),
		Reason: "the Secret " + d.Name + " is made without the key " + d.Key + ", which is read for " + d.Use,
		Fix:    "Correct the key, or add it where the Secret is made."}
	if m.Suggestion != "" {
		m.Reason += "; is " + m.Suggestion + " meant?"
	}
	m.Reason = sentence(m.Reason)
	return m, true
}

// isRelated tells whether the name of a demand has that of something in it that makes
// Secrets of its own, or the other way round.
func (j *joiner) isRelated(d *Demand) bool {
	for _, p := range j.related {
		if !j.covers(p, d) {
			continue
		}
		part := strings.Trim(p.Name, "*-.")
		if part == "" {
			continue // ${APP} says nothing of names: see vague
		}
		if strings.Contains(p.Name, "*") && matches("*"+p.Name+"*", d.Name) || part != "" && strings.Contains(d.Name, part) {
			return true
		}
	}
	return false
}

// vague tells whether something that makes Secrets of its own has a name that is filled
// in later: any Secret may be one of those.
func (j *joiner) vague(d *Demand) bool {
	return slices.ContainsFunc(j.related, func(p *Product) bool { return j.covers(p, d) && strings.Trim(p.Name, "*-.") == "" })
}

// names are the Secrets that are made where a demand looks for one. kept tells that the
// secrets of that namespace are kept here: that at least one is no mere certificate.
func (j *joiner) names(d *Demand) (found []string, kept bool) {
	if l, ok := j.listed[d.Namespace]; ok {
		return l.names, l.kept
	}
	for name, list := range j.byName {
		named := false
		for _, p := range list {
			if p.Reach == Named && j.covers(p, d) {
				named, kept = true, kept || !isIssuer(p.By.Kind)
			}
		}
		if named {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	j.listed[d.Namespace] = listing{found, kept}
	return found, kept
}

// isIssuer knows the kinds for which keys and certificates are made anew.
func isIssuer(kind string) bool {
	switch kind {
	case "Certificate", "Issuer", "ClusterIssuer", "Ingress", "Gateway", "Service":
		return true
	}
	return false
}

// Clash is two objects that each take one Secret for their own.
type Clash struct {
	First, Again           Product
	FirstIndex, AgainIndex int   // which of the products that were handed in, from 0
	Fault                  Fault // placed at Again
}

// Clashes finds the Secrets of one environment that two objects own. Both must tell
// their namespace and their name.
func Clashes(products []Product) []Clash {
	type id struct{ namespace, name string }
	first := map[id]int{}
	var list []Clash
	for i := range products {
		p := &products[i]
		if !p.Owns || p.Reach != Named || p.Namespace == "" || strings.Contains(p.Name, "*") {
			continue
		}
		key := id{p.Namespace, p.Name}
		at, found := first[key]
		if !found {
			first[key] = i
			continue
		}
		other := &products[at]
		if other.By.Kind == p.By.Kind && other.By.Name == p.By.Name {
			continue // the same object, as in a base and its patch
		}
		f := fault(onTwoWriters, nil, "the Secret %s is owned by the %s %s, too", p.Name, other.By.Kind, other.By.Name)
		f.Place = p.Place
		list = append(list, Clash{*other, *p, at, i, f})
	}
	return list
}
