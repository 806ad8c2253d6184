package codeowners

import (
	"slices"
	"strings"
)

// Change is one path of a change. From is its name before, where it was renamed:
// both names ask their owners.
type Change struct {
	Path string
	From string
}

// Requirement asks for approvals by any of its owners. All requirements of a
// change must be met.
type Requirement struct {
	// Section is the GitLab section that asks.
	Section string
	// Owners are those whose approval counts; any will do.
	Owners []Owner
	// Approvals is how many different people must approve.
	Approvals int
	// Lines are the lines that ask, Paths the paths they ask for, both sorted.
	Lines []int
	Paths []string
}

// Demand is what a change asks for.
type Demand struct {
	// Requirements must all be met before the host lets the change in, where it
	// holds merges up at all ([Dialect.Enforces]).
	Requirements []Requirement
	// Suggested are asked and hold up nothing: GitLab's optional sections, and
	// every owner on a host that only proposes reviewers.
	Suggested []Requirement
	// Unowned are the paths for which no one is asked. Orphaned are those whose
	// owners are all gone: no one is asked for them either.
	Unowned  []string
	Orphaned []string
}

// Required is what the changes ask for under this file, the one on the base.
// gone holds the owners known not to exist or not to have the right to approve.
// The order is that of the lines, so it does not depend on that of the changes.
func (f *File) Required(changes []Change, gone OwnerSet) Demand {
	var d Demand
	must, may := gathering{}, gathering{}
	for _, path := range changedPaths(changes) {
		o := f.Owners(path).Without(gone)
		switch {
		case o.Orphaned:
			d.Orphaned = append(d.Orphaned, path)
		case o.State != Owned:
			d.Unowned = append(d.Unowned, path)
		}
		for _, decision := range o.Decisions {
			switch {
			case len(decision.Owners) == 0:
			case decision.Optional || !f.Dialect.Enforces():
				may.add(path, decision)
			default:
				must.add(path, decision)
			}
		}
	}
	d.Requirements, d.Suggested = must.sorted(), may.sorted()
	return d
}

// changedPaths are all names of the changes, once each, in order.
func changedPaths(changes []Change) []string {
	var paths []string
	for _, c := range changes {
		if c.Path != "" {
			paths = append(paths, c.Path)
		}
		if c.From != "" {
			paths = append(paths, c.From)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// A gathering joins what asks the same people the same thing.
type gathering map[requirementKey]*Requirement

type requirementKey struct {
	section, owners string
	approvals       int
}

func (g gathering) add(path string, d Decision) {
	key := requirementKey{strings.ToLower(d.Section), setKey(d.Owners), d.Approvals}
	r := g[key]
	if r == nil {
		r = &Requirement{Section: d.Section, Owners: d.Owners, Approvals: d.Approvals}
		g[key] = r
	}
	if at, found := slices.BinarySearch(r.Lines, d.Line); !found {
		r.Lines = slices.Insert(r.Lines, at, d.Line)
	}
	if n := len(r.Paths); n == 0 || r.Paths[n-1] != path {
		r.Paths = append(r.Paths, path)
	}
}

func (g gathering) sorted() []Requirement {
	var all []Requirement
	for _, r := range g {
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, b Requirement) int {
		if a.Lines[0] != b.Lines[0] {
			return a.Lines[0] - b.Lines[0]
		}
		return strings.Compare(setKey(a.Owners), setKey(b.Owners))
	})
	return all
}

// Missing are the requirements the approvals do not meet; Approvals says how
// many are left. approvers are the people who approved, each counted once;
// stands reports whether a person ("octocat", no sign) stands behind an owner.
// Without stands only users are known, by their name.
func Missing(requirements []Requirement, approvers []string, stands func(person string, owner Owner) bool) []Requirement {
	people := slices.Clone(approvers)
	for i, p := range people {
		people[i] = strings.ToLower(strings.TrimPrefix(p, "@"))
	}
	slices.Sort(people)
	people = slices.Compact(people)

	var missing []Requirement
	for _, r := range requirements {
		given := 0
		for _, person := range people {
			if slices.ContainsFunc(r.Owners, func(o Owner) bool { return isPerson(person, o) || stands != nil && stands(person, o) }) {
				given++
			}
		}
		if r.Approvals -= given; r.Approvals > 0 {
			missing = append(missing, r)
		}
	}
	return missing
}

func isPerson(person string, o Owner) bool { return o.Kind == User && o.Key() == "@"+person }
