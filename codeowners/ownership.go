package codeowners

import "slices"

// State says what the file makes of a path.
type State string

// The states. A path is Cleared where a line decides it and names no owner: a
// later rule without owners on GitHub, an exclusion or an entry without owners
// on GitLab. Unmatched paths are those no line speaks of. Neither asks anyone.
const (
	Owned     State = "owned"
	Cleared   State = "cleared"
	Unmatched State = "unmatched"
)

// Ownership is the answer about one path.
type Ownership struct {
	Path  string
	State State
	// Owners are all owners of the path. On one decision any of them is enough;
	// where there are several, each asks for its own.
	Owners []Owner
	// Line is the line that decides; with several decisions the last that names
	// owners; 0 where the path is unmatched.
	Line int
	// Fallback is set where only rules that match every path name owners.
	Fallback bool
	// Orphaned is set by [Ownership.Without] where every owner is gone: the host
	// asks no one, although the file names owners.
	Orphaned bool
	// Decisions are the lines that speak: one on GitHub and Bitbucket, one of
	// each section on GitLab, every matching line on Gitea.
	Decisions []Decision
}

// Decision is what one line says about a path.
type Decision struct {
	Line       int
	Pattern    string
	Section    string
	Owners     []Owner
	Approvals  int
	Optional   bool // the section asks, and does not hold up the merge
	Excluded   bool // the section has no say
	Everything bool // the line matches every path
}

// Owners answers for one path, relative to the root of the repository with
// slashes. A path that ends in a slash is a folder, "/" the root: the answer holds
// for all that comes to lie in it, as far as no rule speaks of names or of how deep.
func (f *File) Owners(path string) Ownership {
	o := Ownership{Path: path}
	path = cleanPath(path)
	switch f.Dialect {
	case GitLab:
		o.Decisions = f.sectionDecisions(path)
	case Gitea, Forgejo:
		for _, rank := range f.index.all(path) {
			o.Decisions = append(o.Decisions, f.decisions[rank])
		}
		slices.Reverse(o.Decisions)
	default:
		if rank := f.index.last(path); rank >= 0 {
			o.Decisions = f.decisions[rank : rank+1 : rank+1]
		}
	}
	o.settle()
	return o
}

// sectionDecisions takes the last entry of each section, unless the section
// excludes the path anywhere: docs.gitlab.com "Exclusion patterns".
func (f *File) sectionDecisions(path string) []Decision {
	ranks := f.index.all(path)
	if len(ranks) == 0 {
		return nil
	}
	bySection := map[int]Decision{}
	var sections []int
	for _, rank := range ranks {
		section := f.slots[rank].section
		known, seen := bySection[section]
		d := f.decisions[rank]
		if !seen {
			sections = append(sections, section)
		}
		if !seen || d.Excluded && !known.Excluded {
			bySection[section] = d
		}
	}
	slices.Sort(sections)
	decisions := make([]Decision, len(sections))
	for i, s := range sections {
		decisions[i] = bySection[s]
	}
	return decisions
}

func (f *File) decision(s slot) Decision {
	r := f.Rules[s.rule]
	d := Decision{Line: r.Line, Pattern: r.Pattern, Section: r.Section, Owners: r.Owners, Approvals: r.Approvals, Excluded: r.Excludes, Everything: r.Everything}
	if len(f.Sections) > 0 {
		d.Optional = f.Sections[s.section].Optional
	}
	return d
}

// settle draws state, owners and line from the decisions.
func (o *Ownership) settle() {
	o.State, o.Owners, o.Line, o.Fallback = Unmatched, nil, 0, false
	if len(o.Decisions) > 0 {
		o.State = Cleared
	}
	specific := false
	for i, d := range o.Decisions {
		if len(d.Owners) == 0 {
			if o.State == Cleared {
				o.Line = max(o.Line, d.Line)
			}
			continue
		}
		if o.State == Cleared {
			o.State, o.Line = Owned, 0
		}
		o.Line = max(o.Line, d.Line)
		specific = specific || !d.Everything
		if i == 0 || len(o.Owners) == 0 {
			o.Owners = d.Owners
		} else {
			o.Owners = uniqueOwners(slices.Concat(o.Owners, d.Owners))
		}
	}
	o.Fallback = o.State == Owned && !specific
}

// Without takes away owners that do not exist or cannot approve. Owners no
// spelling can give to anyone are taken away in any case. What is not known to
// be gone stays.
func (o Ownership) Without(gone OwnerSet) Ownership {
	var decisions []Decision
	changed := false
	for _, d := range o.Decisions {
		kept := living(d.Owners, gone)
		changed = changed || len(kept) != len(d.Owners)
		d.Owners = kept
		decisions = append(decisions, d)
	}
	if !changed {
		return o
	}
	was := o
	o.Decisions = decisions
	o.settle()
	if was.State == Owned && o.State != Owned {
		o.State, o.Line, o.Orphaned = Owned, was.Line, true
	}
	return o
}

func living(owners []Owner, gone OwnerSet) []Owner {
	kept := owners[:0:0]
	for _, o := range owners {
		if o.Kind != Nobody && !gone.Has(o) {
			kept = append(kept, o)
		}
	}
	return kept
}

// Asks reports whether the host asks anyone before the path changes.
func (o Ownership) Asks() bool { return len(o.Owners) > 0 }
