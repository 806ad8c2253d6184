package codeowners

import "strings"

// Fall is a path that falls to others than its line was written for.
type Fall struct {
	Path string
	// Meant are the owners the line names, To is the answer that holds.
	Meant []Owner
	To    Ownership
}

// Shallow is a rule that owns what lies directly in a folder, while files deeper
// down fall to someone else.
type Shallow struct {
	Rule Rule
	// Suggestion is the pattern that owns the whole folder.
	Suggestion string
	// Falls are the deeper files, in the order of the paths.
	Falls []Fall
}

// Shallow finds the rules like "/dir/*", by line, for which the tree has deeper
// files that the folder as a whole would have owned and that other people own
// now. "/*" is left alone: it says "the files of the root". On GitLab, where
// only a slash at the end descends, "/dir" and "/dir/**" are such rules too.
func (f *File) Shallow(paths []string) []Shallow {
	if f.Ignored {
		return nil
	}
	var found []Shallow
	var whole []pattern
	var ranks []int32
	for rank, s := range f.slots {
		r := f.Rules[s.rule]
		folder, suggestion, ok := f.wholeFolder(r)
		if !ok || r.Excludes {
			continue
		}
		found = append(found, Shallow{Rule: r, Suggestion: suggestion})
		whole = append(whole, folder)
		ranks = append(ranks, int32(rank))
	}
	x := newIndex(whole)
	for _, path := range paths {
		path = cleanPath(path)
		var to Ownership
		var taken []int32
		for _, i := range x.all(path) {
			if taken == nil {
				to, taken = f.Owners(path), append(f.index.all(path), -1)
			}
			s := &found[i]
			if !f.takesOver(ranks[i], taken) || SameOwners(s.Rule.Owners, f.ownersIn(s.Rule.Section, to)) {
				continue
			}
			s.Falls = append(s.Falls, Fall{Path: path, Meant: s.Rule.Owners, To: to})
		}
	}
	var kept []Shallow
	for _, s := range found {
		if len(s.Falls) > 0 {
			kept = append(kept, s)
		}
	}
	return kept
}

// wholeFolder is the pattern for the whole folder of a shallow rule.
func (f *File) wholeFolder(r Rule) (folder pattern, suggestion string, ok bool) {
	p := r.pattern
	n := len(p.segments)
	if p.expr != nil || p.tail != exactly || n == 0 {
		return pattern{}, "", false
	}
	switch last := p.segments[n-1]; {
	case last.shape == anything && n > 1:
		folder = pattern{segments: p.segments[:n-1], tail: inside}
		suggestion = strings.TrimRight(r.Pattern, "*")
	case f.Dialect == GitLab && last.shape == literal:
		folder = pattern{segments: p.segments, tail: inside}
		suggestion = r.Pattern + "/"
	default:
		return pattern{}, "", false
	}
	folder = folder.normal()
	return folder, suggestion, !folder.everything()
}

// takesOver reports whether a rule would decide a path if it matched it: it does
// not match, and nothing that does, in its section, comes later.
func (f *File) takesOver(rank int32, matching []int32) bool {
	for _, r := range matching {
		if r < 0 || f.slots[r].section != f.slots[rank].section {
			continue
		}
		if r >= rank || f.decisions[r].Excluded {
			return false
		}
	}
	return true
}

// ownersIn are the owners one section asks for a path.
func (f *File) ownersIn(section string, o Ownership) []Owner {
	if f.Dialect != GitLab {
		return o.Owners
	}
	for _, d := range o.Decisions {
		if strings.EqualFold(d.Section, section) {
			return d.Owners
		}
	}
	return nil
}
