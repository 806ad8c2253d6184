package codeowners

import (
	"slices"
	"strings"
)

// Trees are the paths a change is judged over.
type Trees struct {
	// Base and Head are all paths before and after.
	Base, Head []string
	// Renames maps the new name of a file to its old one.
	Renames map[string]string
	// Probes are paths that exist in neither, see [Probes].
	Probes []string
}

// Shift says what becomes of the owners of a path.
type Shift string

// The shifts. Widened adds owners, any one of whom is now enough; Lowered asks
// for fewer approvals, or makes a section optional; Narrowed leaves some of the
// owners and adds none; Gained gives owners where there were none; Assigned gives
// owners of its own to what only those of everything would have owned: a path that
// the base does not have, or one that is moved.
const (
	Removed  Shift = "removed" // no line speaks of the path any more
	Emptied  Shift = "cleared" // a line without owners decides it
	Replaced Shift = "replaced"
	Widened  Shift = "widened"
	Lowered  Shift = "lowered"
	Narrowed Shift = "narrowed"
	Gained   Shift = "gained"
	Assigned Shift = "assigned"
)

// Cause says how the owners came to change.
type Cause string

// The causes. Hijacked is a line that stands after the one that decided before,
// which is still there; Skipped is that line in a form the host drops.
const (
	RuleDeleted Cause = "rule-deleted"
	RuleEdited  Cause = "rule-edited"
	Hijacked    Cause = "hijacked"
	LineSkipped Cause = "line-skipped"
	FileIgnored Cause = "file-ignored"
	Renamed     Cause = "renamed"
	RuleAdded   Cause = "rule-added" // of paths that had no owners
)

// Difference is one path, and section on GitLab, whose owners change.
type Difference struct {
	Path string
	// From is the old name where Cause is Renamed.
	From    string
	Section string
	Shift   Shift
	Cause   Cause
	// Before and After are the owners, BaseLine and HeadLine the lines that name
	// them in the two files; 0 where no line speaks.
	Before, After      []Owner
	BaseLine, HeadLine int
	// Approvals is how many of Before had to approve.
	Approvals int
	// ToFallback is set where only the owners of everything are left.
	ToFallback bool
}

// Weakens reports whether people who were asked before are no longer needed for
// the path. Such a difference is theirs to approve.
func (d Difference) Weakens() bool {
	return d.Shift != Narrowed && d.Shift != Gained && d.Shift != Assigned
}

// Compare asks both files about every path of the head and of the probes, and about
// both names of what was renamed, and returns what differs, by path. A nil file is a
// repository without one.
//
// Paths that the head does not have any more are left out, and so are probes in
// folders of the base that it does not have: whoever owned them is asked before they
// go.
func Compare(base, head *File, trees Trees) []Difference {
	c := comparison{base: orEmpty(base), head: orEmpty(head)}
	c.keepRules()
	stood := pathSet(trees.Base)
	var found []Difference
	for _, path := range remaining(trees) {
		found = append(found, c.differences(c.base.Owners(path), c.head.Owners(path), !stood[path])...)
	}
	for to, from := range trees.Renames {
		for _, d := range c.differences(c.base.Owners(from), c.head.Owners(to), true) {
			d.Path, d.From, d.Cause = to, from, Renamed
			found = append(found, d)
		}
	}
	slices.SortStableFunc(found, func(a, b Difference) int {
		if n := strings.Compare(a.Path, b.Path); n != 0 {
			return n
		}
		if n := strings.Compare(a.From, b.From); n != 0 {
			return n
		}
		return strings.Compare(a.Section, b.Section)
	})
	return found
}

func pathSet(paths []string) map[string]bool {
	set := make(map[string]bool, len(paths))
	for _, path := range paths {
		set[path] = true
	}
	return set
}

// remaining are the paths of the head, and the probes that are not in a folder of
// the base that is gone; sorted, each once.
func remaining(trees Trees) []string {
	before, after := foldersOf(trees.Base), foldersOf(trees.Head)
	paths := slices.Clone(trees.Head)
	for _, probe := range trees.Probes {
		gone := false
		for folder := range parents(probe) {
			gone = gone || before[folder] && !after[folder]
		}
		if !gone {
			paths = append(paths, probe)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// foldersOf are all folders of paths but the root.
func foldersOf(paths []string) map[string]bool {
	folders := map[string]bool{}
	for _, path := range paths {
		for folder := range parents(path) {
			if folders[folder] {
				break
			}
			folders[folder] = true
		}
	}
	return folders
}

// parents yields the folders that a path lies in, the nearest first.
func parents(path string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for at := strings.LastIndexByte(path, '/'); at > 0; at = strings.LastIndexByte(path[:at], '/') {
			if !yield(path[:at]) {
				return
			}
		}
	}
}

func orEmpty(f *File) *File {
	if f == nil {
		return Parse(nil, GitHub)
	}
	return f
}

type comparison struct {
	base, head *File
	kept       map[ruleKey][]Rule // of head
	dropped    map[string]bool    // patterns of lines head's host skips
}

type ruleKey struct{ section, pattern string }

func (c *comparison) keepRules() {
	c.kept, c.dropped = map[ruleKey][]Rule{}, map[string]bool{}
	for _, s := range c.head.slots {
		r := c.head.Rules[s.rule]
		if !r.Excludes {
			key := ruleKey{strings.ToLower(r.Section), r.Pattern}
			c.kept[key] = append(c.kept[key], r)
		}
	}
	for _, s := range c.head.skipped {
		c.dropped[s.raw] = true
	}
}

// differences compares what each section asks. Where all matching lines speak,
// as on Gitea, they speak together. isNew tells that the base has nothing at this
// path.
func (c *comparison) differences(before, after Ownership, isNew bool) []Difference {
	old, now := c.asks(before), c.asks(after)
	var found []Difference
	for _, b := range old {
		a, spoke := ofSection(now, b.Section)
		shift, changed := shiftOf(b, a, spoke)
		if !changed || !spoke && underAnotherName(b, old, now) {
			continue
		}
		if isNew && b.Everything && !a.Everything && len(a.Owners) > 0 {
			shift = Assigned
		}
		d := Difference{Path: after.Path, Section: b.Section, Shift: shift, Before: b.Owners, After: a.Owners, BaseLine: b.Line, HeadLine: a.Line, Approvals: b.Approvals}
		d.ToFallback = after.Fallback && !before.Fallback
		d.Cause = c.cause(b, a)
		found = append(found, d)
	}
	for _, a := range now {
		if _, spoke := ofSection(old, a.Section); !spoke && len(a.Owners) > 0 {
			found = append(found, Difference{Path: after.Path, Section: a.Section, Shift: Gained, Cause: RuleAdded, After: a.Owners, HeadLine: a.Line})
		}
	}
	return found
}

// ofSection is what a section decides.
func ofSection(decisions []Decision, section string) (d Decision, spoke bool) {
	for _, d := range decisions {
		if strings.EqualFold(d.Section, section) {
			return d, true
		}
	}
	return Decision{}, false
}

// underAnotherName tells of a section that is gone that another one, which is new,
// asks all of what it asked: it was given another name.
func underAnotherName(b Decision, old, now []Decision) bool {
	return slices.ContainsFunc(now, func(a Decision) bool {
		if _, stood := ofSection(old, a.Section); stood {
			return false
		}
		_, changed := shiftOf(b, a, true)
		return !changed
	})
}

func (c *comparison) asks(o Ownership) []Decision {
	if len(o.Decisions) < 2 || c.base.Dialect == GitLab {
		return o.Decisions
	}
	last := o.Decisions[len(o.Decisions)-1]
	last.Owners = o.Owners
	return []Decision{last}
}

// shiftOf compares two decisions of one section. changed is false where the same
// is asked of the same people, or of no one either time.
func shiftOf(before, after Decision, spoke bool) (shift Shift, changed bool) {
	switch {
	case len(before.Owners) == 0 && len(after.Owners) == 0:
		return "", false
	case len(before.Owners) == 0:
		return Gained, true
	case !spoke:
		return Removed, true
	case len(after.Owners) == 0:
		return Emptied, true
	case SameOwners(before.Owners, after.Owners):
		weaker := after.Approvals < before.Approvals || after.Optional && !before.Optional
		return Lowered, weaker
	case within(before.Owners, after.Owners):
		return Widened, true
	case within(after.Owners, before.Owners):
		return Narrowed, true
	}
	return Replaced, true
}

func (c *comparison) cause(before, after Decision) Cause {
	if c.head.Ignored {
		return FileIgnored
	}
	if len(before.Owners) == 0 {
		return RuleAdded
	}
	kept := c.kept[ruleKey{strings.ToLower(before.Section), before.Pattern}]
	unchanged := func(r Rule) bool { return r.Line != after.Line && SameOwners(r.Owners, before.Owners) }
	decides := func(r Rule) bool { return r.Line == after.Line }
	switch {
	case slices.ContainsFunc(kept, decides) && !slices.ContainsFunc(kept, unchanged):
		return RuleEdited
	case len(kept) > 0 && after.Line > 0:
		return Hijacked
	case c.dropped[before.Pattern]:
		return LineSkipped
	}
	return RuleDeleted
}

// DifferenceGroup is one change of the file as it shows in many paths.
type DifferenceGroup struct {
	// Difference is the first of them.
	Difference
	Paths []string
}

// GroupDifferences joins differences that come from the same lines with the same
// result, in the order of their first paths.
func GroupDifferences(differences []Difference) []DifferenceGroup {
	type key struct {
		section, before, after string
		shift                  Shift
		cause                  Cause
		baseLine, headLine     int
		toFallback             bool
	}
	at := map[key]int{}
	var groups []DifferenceGroup
	for _, d := range differences {
		k := key{strings.ToLower(d.Section), setKey(d.Before), setKey(d.After), d.Shift, d.Cause, d.BaseLine, d.HeadLine, d.ToFallback}
		i, known := at[k]
		if !known {
			i = len(groups)
			at[k] = i
			groups = append(groups, DifferenceGroup{Difference: d})
		}
		groups[i].Paths = append(groups[i].Paths, d.Path)
	}
	return groups
}

// FormerOwners are the approvals the weakening differences ask for: of those who
// owned the paths before. gone holds owners known not to exist.
func FormerOwners(differences []Difference, gone OwnerSet) []Requirement {
	asked := gathering{}
	for _, d := range differences {
		if owners := living(d.Before, gone); d.Weakens() && len(owners) > 0 {
			path := d.Path
			if d.From != "" {
				path = d.From
			}
			asked.add(path, Decision{Line: d.BaseLine, Section: d.Section, Owners: owners, Approvals: d.Approvals})
		}
	}
	return asked.sorted()
}
