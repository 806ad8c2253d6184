package codeowners

import (
	"slices"
	"strings"
)

// Usage is what a rule does in a tree.
type Usage struct {
	Rule Rule
	// Matched paths fit the pattern; Decided are those no later line takes.
	Matched, Decided int
	// By are the lines that take the others, sorted.
	By []int
}

// Usage tells for every rule that has a place in the order, by line, what it
// does to these paths.
func (f *File) Usage(paths []string) []Usage {
	use := f.tally(paths)
	slices.SortFunc(use, func(a, b Usage) int { return a.Rule.Line - b.Rule.Line })
	return use
}

// tally is the usage by slot; nothing is used of a file the host ignores.
func (f *File) tally(paths []string) []Usage {
	if f.Ignored {
		return nil
	}
	use := make([]Usage, len(f.slots))
	for i, s := range f.slots {
		use[i].Rule = f.Rules[s.rule]
	}
	for _, path := range paths {
		ranks := f.index.all(cleanPath(path))
		for _, rank := range ranks {
			u := &use[rank]
			u.Matched++
			if by := f.decider(rank, ranks); by == rank {
				u.Decided++
			} else {
				u.takenBy(use[by].Rule.Line)
			}
		}
	}
	return use
}

func (u *Usage) takenBy(line int) {
	if at, found := slices.BinarySearch(u.By, line); !found {
		u.By = slices.Insert(u.By, at, line)
	}
}

// decider is, of the ranks that match a path, highest first, the one that decides
// where rank could have.
func (f *File) decider(rank int32, ranks []int32) int32 {
	switch f.Dialect {
	case Gitea, Forgejo:
		return rank
	case GitLab:
		decides := int32(-1)
		for _, r := range ranks {
			if f.slots[r].section != f.slots[rank].section {
				continue
			}
			if f.decisions[r].Excluded {
				return r
			}
			decides = max(decides, r)
		}
		return decides
	}
	return ranks[0]
}

// Dead is a rule that matches nothing in a tree.
type Dead struct {
	Rule Rule
	// OtherCase are paths it would match if case did not count, at most ten.
	OtherCase []string
}

// Dead are the rules that match none of the paths, by line.
func (f *File) Dead(paths []string) []Dead {
	var dead []Dead
	var folded []pattern
	for _, u := range f.Usage(paths) {
		if u.Matched == 0 {
			dead = append(dead, Dead{Rule: u.Rule})
			folded = append(folded, u.Rule.pattern.lower())
		}
	}
	if len(dead) == 0 {
		return nil
	}
	x := newIndex(folded)
	for _, path := range paths {
		for _, rank := range x.all(strings.ToLower(cleanPath(path))) {
			if d := &dead[rank]; len(d.OtherCase) < 10 && d.Rule.pattern.expr == nil {
				d.OtherCase = append(d.OtherCase, path)
			}
		}
	}
	return dead
}

// lower is the pattern in lower case. An expression stays as it is.
func (p pattern) lower() pattern {
	segments := make([]segment, len(p.segments))
	for i, s := range p.segments {
		s.text = strings.ToLower(s.text)
		s.source = strings.ToLower(s.source)
		s.tokens = slices.Clone(s.tokens)
		for j := range s.tokens {
			s.tokens[j].text = strings.ToLower(s.tokens[j].text)
		}
		segments[i] = s
	}
	p.segments = segments
	return p
}

// Shadowed is a rule that never decides: whatever it matches, another line takes.
type Shadowed struct {
	Rule Rule
	// By are the lines that take its paths.
	By []int
	// Matched is how many paths of the tree it matches all the same.
	Matched int
	// SameOwners is set where those lines name the same owners, so that the rule
	// is only superfluous.
	SameOwners bool
}

// Shadowed finds the rules that decide neither a path of the tree nor any of the
// paths made up from their own patterns, by line. A rule that other lines take
// the present files from, but not every future one, is not shadowed.
func (f *File) Shadowed(paths []string) []Shadowed {
	byLine := map[int]Rule{}
	for _, s := range f.slots {
		byLine[f.Rules[s.rule].Line] = f.Rules[s.rule]
	}
	var shadowed []Shadowed
	for rank, u := range f.tally(paths) {
		if u.Decided > 0 || !f.shadowedInFuture(int32(rank), &u) {
			continue
		}
		s := Shadowed{Rule: u.Rule, By: u.By, Matched: u.Matched, SameOwners: true}
		for _, line := range u.By {
			s.SameOwners = s.SameOwners && SameOwners(byLine[line].Owners, u.Rule.Owners) && !byLine[line].Excludes
		}
		shadowed = append(shadowed, s)
	}
	slices.SortFunc(shadowed, func(a, b Shadowed) int { return a.Rule.Line - b.Rule.Line })
	return shadowed
}

// shadowedInFuture reports whether other lines take every made-up path of a rule.
func (f *File) shadowedInFuture(rank int32, u *Usage) bool {
	samples := u.Rule.pattern.samples()
	for _, path := range samples {
		by := f.decider(rank, f.index.all(path))
		if by == rank {
			return false
		}
		u.takenBy(f.Rules[f.slots[by].rule].Line)
	}
	return len(samples) > 0
}
