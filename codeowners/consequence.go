package codeowners

import "slices"

// Consequence is what a dropped line, or a dropped file, does to a tree.
type Consequence struct {
	Issue Issue
	// Falls are the paths that would have other owners had the host taken the
	// line, in the order of the paths.
	Falls []Fall
}

// Consequences says for every line the host skips which of the paths the line
// was meant to decide, and to whom they fall. What the line was meant for is
// taken generously: brackets as characters and as a class, the readable owners
// of a line with a bad one. Where the host ignores the whole file there is one
// consequence, with every path that would have had owners.
//
// A line without effect on these paths has no falls. On GitLab and Gitea a
// dropped line is too broken to say what it was meant for.
func (f *File) Consequences(paths []string) []Consequence {
	if f.Ignored {
		return f.wholeConsequence(paths)
	}
	if len(f.skipped) == 0 {
		return nil
	}
	consequences := make([]Consequence, len(f.skipped))
	for i, s := range f.skipped {
		consequences[i].Issue = f.Issues[s.issue]
	}
	if !f.lastMatchWins() {
		return consequences
	}
	x, meaning := f.intended()
	for _, path := range paths {
		rank := x.last(cleanPath(path))
		if rank < 0 || meaning[rank].skipped < 0 {
			continue
		}
		at := meaning[rank].skipped
		meant, to := f.skipped[at].owners, f.Owners(path)
		if len(meant) > 0 && SameOwners(meant, to.Owners) {
			continue
		}
		consequences[at].Falls = append(consequences[at].Falls, Fall{Path: path, Meant: meant, To: to})
	}
	return consequences
}

// lastMatchWins reports whether one line decides a path.
func (f *File) lastMatchWins() bool {
	return f.Dialect == GitHub || f.Dialect == GitHubLegacy || f.Dialect == Bitbucket
}

// meaning says where a rank of the intended order comes from.
type meaning struct {
	skipped int // in File.skipped, -1 for a rule
	rule    int
}

// intended is the order with the skipped lines back in their places.
func (f *File) intended() (*index, []meaning) {
	var patterns []pattern
	var origin []meaning
	next := 0
	for at := 0; at <= len(f.slots); at++ {
		for ; next < len(f.skipped) && f.skipped[next].at == at; next++ {
			for _, p := range f.skipped[next].patterns {
				patterns = append(patterns, p)
				origin = append(origin, meaning{skipped: next})
			}
		}
		if at < len(f.slots) {
			rule := f.slots[at].rule
			patterns = append(patterns, f.Rules[rule].pattern)
			origin = append(origin, meaning{skipped: -1, rule: rule})
		}
	}
	return newIndex(patterns), origin
}

func (f *File) wholeConsequence(paths []string) []Consequence {
	at := slices.IndexFunc(f.Issues, func(i Issue) bool { return i.Effect == Ignored })
	c := Consequence{Issue: f.Issues[at]}
	x, origin := f.intended()
	for _, path := range paths {
		rank := x.last(cleanPath(path))
		if rank < 0 {
			continue
		}
		meant := f.meant(origin[rank])
		if len(meant) > 0 {
			c.Falls = append(c.Falls, Fall{Path: path, Meant: meant, To: f.Owners(path)})
		}
	}
	return []Consequence{c}
}

func (f *File) meant(m meaning) []Owner {
	if m.skipped >= 0 {
		return f.skipped[m.skipped].owners
	}
	return f.Rules[m.rule].Owners
}
