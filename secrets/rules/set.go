package rules

import (
	"slices"
	"strings"
	"sync"
)

// Set is the rules of one origin, or of several that Join has put together.
type Set struct {
	Rules []Rule
	// Allowlists is what the file silences in Gitleaks. It silences nothing here.
	Allowlists []Allowlist
	// ExtendsDefault tells that the file builds on the rules that Gitleaks itself
	// brings. They are not in the set.
	ExtendsDefault bool
	// Extends is the path of another file that this one builds on, as written, or
	// "". See Extend.
	Extends string
	// Disabled are the IDs of the rules that the file leaves out of what it builds on.
	Disabled []string
	// Notes tell what of the file has no effect here. They quote keys and IDs of
	// the file, no values.
	Notes []string

	// changes are entries that only change a rule of what the file builds on.
	changes []Spec
	plan    func() *plan
}

// Allowlist is what a file silences in Gitleaks: what all, or with the Condition
// "OR" any, of its lists match.
type Allowlist struct {
	Description string
	Paths       []string // regular expressions
	Regexes     []string
	StopWords   []string
	Commits     []string
	RegexTarget string // what Regexes are held against: "secret", "match" or "line"
	Condition   string // "AND" or "OR"
	Rule        string // ID of the only rule that is silenced, or "" for all
}

// NewSet makes a set of rules.
func NewSet(list []Rule) Set { return Set{Rules: list}.ready() }

// Join puts sets together: all of their rules, in their order.
func Join(sets ...Set) Set {
	var all Set
	for _, s := range sets {
		all.Rules = append(all.Rules, s.Rules...)
		all.Allowlists = append(all.Allowlists, s.Allowlists...)
		all.ExtendsDefault = all.ExtendsDefault || s.ExtendsDefault
		all.Disabled = append(all.Disabled, s.Disabled...)
		all.Notes = append(all.Notes, s.Notes...)
	}
	return all.ready()
}

// Extend builds s on base, which is what s.Extends names: the rules of base are
// added, but for those that s disables; where both have a rule of the same ID,
// they are one, by the fields that s gives, with the keywords of both.
//
// The error is an *Error, where a rule that is put together so cannot work.
func (s Set) Extend(base Set) (Set, error) {
	inBase := map[string]bool{}
	for _, b := range base.Rules {
		inBase[b.ID] = !slices.Contains(s.Disabled, b.ID)
	}
	out := s
	out.Extends, out.Rules, out.changes = base.Extends, nil, nil
	own := map[string]Spec{}
	for _, r := range s.Rules {
		own[r.ID] = r.Spec
		if !inBase[r.ID] {
			out.Rules = append(out.Rules, r)
		}
	}
	for _, spec := range s.changes {
		own[spec.ID] = spec
	}
	for _, r := range base.Rules {
		if !inBase[r.ID] {
			continue
		}
		if spec, ok := own[r.ID]; ok {
			var err error
			if r, _, err = build(merged(r.Spec, spec)); err != nil {
				return Set{}, faultOf(spec.ID, err)
			}
		}
		out.Rules = append(out.Rules, r)
	}
	for _, spec := range slices.Concat(s.changes, base.changes) {
		if _, ok := inBase[spec.ID]; !ok {
			out.changes = append(out.changes, spec)
		}
	}
	out.Allowlists = slices.Concat(s.Allowlists, base.Allowlists)
	out.Disabled = slices.Concat(s.Disabled, base.Disabled)
	out.Notes = slices.Concat(s.Notes, base.Notes)
	out.ExtendsDefault = s.ExtendsDefault || base.ExtendsDefault
	return out.ready(), nil
}

// merged is a rule of a base with what a file changes of it, as config.extend of
// Gitleaks v8.30.1 does it.
func merged(base, change Spec) Spec {
	out := base
	if change.Description != "" {
		out.Description = change.Description
	}
	if change.Entropy != 0 {
		out.Entropy = change.Entropy
	}
	if change.SecretGroup != 0 {
		out.SecretGroup = change.SecretGroup
	}
	if change.Regex != "" {
		out.Regex = change.Regex
	}
	if change.Path != "" {
		out.Path = change.Path
	}
	out.Tags = slices.Concat(base.Tags, change.Tags)
	out.Keywords = slices.Concat(base.Keywords, change.Keywords)
	return out
}

// plan is what is worked out once for all texts: which words to look for, and
// which of them each rule waits for.
type plan struct {
	words    *automaton
	count    int
	ascii    bool // all keywords are
	keywords [][]int
	implied  [][]int
	byID     map[string]int
}

func (s Set) ready() Set {
	list := s.Rules
	s.plan = sync.OnceValue(func() *plan { return newPlan(list) })
	return s
}

func newPlan(list []Rule) *plan {
	p := &plan{ascii: true, byID: map[string]int{}}
	var words []string
	known := map[string]int{}
	number := func(list []string) (numbers []int) {
		for _, w := range list {
			w = strings.ToLower(w)
			if w == "" {
				continue
			}
			if _, ok := known[w]; !ok {
				known[w] = len(words)
				words = append(words, w)
			}
			p.ascii = p.ascii && isASCII(w)
			numbers = append(numbers, known[w])
		}
		return numbers
	}
	for i, r := range list {
		p.keywords = append(p.keywords, number(r.Keywords))
		p.implied = append(p.implied, number(r.implied))
		p.byID[r.ID] = i
	}
	p.words, p.count = newAutomaton(words), len(words)
	return p
}
