package checks

import (
	"maps"
	"slices"
)

// side is one side of a change: all files of a tree together.
type side struct {
	findings  []Finding
	facts     [][]Fact // by index into runner.sayers
	notJudged []NotJudged
	notRun    []NotRun // of tree checks, once runTree has run them
	opaque    []Opaque
	counts    Counts
	templated int
	tree      [][]Finding // of each tree check, once runTree has run them
}

// side sums up the files that keep.
func (r *runner) side(files []File, results []judged, keep func(File) bool) side {
	s := side{facts: make([][]Fact, len(r.sayers)), notJudged: []NotJudged{}, opaque: []Opaque{}}
	for check := range s.facts {
		n := 0
		for i := range results {
			if keep(files[i]) {
				n += len(results[i].facts[check])
			}
		}
		s.facts[check] = make([]Fact, 0, n)
	}
	for i, j := range results {
		if !keep(files[i]) {
			continue
		}
		s.add(files[i], j)
	}
	return s
}

func (s *side) add(f File, j judged) {
	s.findings = append(s.findings, j.findings...)
	for i := range j.facts {
		s.facts[i] = append(s.facts[i], j.facts[i]...)
	}
	s.account(f, j)
}

// account adds what was judged of a file and what was not.
func (s *side) account(f File, j judged) {
	s.notJudged, s.notRun = append(s.notJudged, j.notJudged...), append(s.notRun, j.notRun...)
	for _, o := range j.opaque {
		o.New = !f.Unchanged
		s.opaque = append(s.opaque, o)
	}
	if f.Message {
		return // the counts are those of files
	}
	c := &s.counts
	c.Files.Found++
	switch {
	case len(j.notJudged) > 0:
		c.Files.NotJudged++
	case len(j.opaque) > 0:
		c.Files.Opaque++
	default:
		c.Files.Judged++
	}
	c.Documents.Found += j.found
	c.Documents.Judged += j.read
	c.Documents.NotJudged += j.broken
	c.Bytes += j.bytes
	c.Objects += j.objects
	if j.templated {
		s.templated++
	}
}

// join puts two parts of one side together.
func (s side) join(other side) side {
	s.findings = append(slices.Clip(s.findings), other.findings...)
	facts := make([][]Fact, len(s.facts))
	for i := range facts {
		facts[i] = append(slices.Clip(s.facts[i]), other.facts[i]...)
	}
	s.facts = facts
	return s
}

// debt gives the findings of the old side. old are the results of the files as they
// are there, where they are unchanged.
func (r *runner) debt(now, old, before []judged, current *side) []Finding {
	gone := r.side(r.in.Before, before, func(File) bool { return true })
	brought := r.side(r.in.Files, now, func(f File) bool { return !f.Unchanged && f.Commit == "" })
	all := gone.join(r.side(r.in.Files, old, func(f File) bool { return f.Unchanged }))
	same, layout := r.sameTrees(gone, brought), r.layout
	if slices.Contains(same, false) {
		layout = r.layoutOf(r.in.Before, r.in.Files)
	}
	r.runTree(&all, layout, r.before, current, same)
	return r.finish(&all, layout)
}

// says tells whether two facts differ at most in their line and column.
func (f Fact) says(other Fact) bool {
	return f.Kind == other.Kind && f.Key == other.Key && slices.Equal(f.Values, other.Values) &&
		f.Where.File == other.Where.File && f.Where.Object == other.Where.Object && f.Where.Field == other.Where.Field
}

// finish gives all findings of one side, sorted and with fingerprints.
func (r *runner) finish(s *side, layout Layout) []Finding {
	findings := slices.Concat(slices.Clone(s.findings), slices.Concat(s.tree...))
	sortFindings(findings)
	r.fingerprint(findings, layout)
	return findings
}

// judgeChange runs the checks that compare both sides.
func (r *runner) judgeChange(now, before []judged, current *side) []Finding {
	if !r.in.HasOld || len(r.change) == 0 {
		return nil
	}
	files := map[string]*ChangedFile{}
	at := func(path string) *ChangedFile {
		if files[path] == nil {
			files[path] = &ChangedFile{Path: path}
		}
		return files[path]
	}
	for i, f := range r.in.Before {
		at(f.Path).Before = before[i].file
	}
	for i, f := range r.in.Files {
		if !f.Unchanged && f.Commit == "" {
			at(f.Path).Now = now[i].file
		}
	}
	var change Change
	for _, path := range slices.Sorted(maps.Keys(files)) {
		change.Files = append(change.Files, *files[path])
	}
	var out judged
	for _, c := range r.change {
		first := len(out.findings)
		r.guard(File{}, c, func(s string) string { return s }, &out, func(p *Pass) error {
			change := change
			change.Before = r.treeOf(c, r.before, r.layoutOf(r.in.Before, r.in.Files), nil)
			change.Now = r.treeOf(c, r.now, r.layout, nil)
			return c.Change(p, change)
		})
		if c.Reads != nil {
			r.redactRead(out.findings[first:], r.now())
		}
	}
	current.notJudged = append(current.notJudged, out.notJudged...)
	sortFindings(out.findings)
	r.fingerprint(out.findings, r.layout)
	return out.findings
}

// judgeWaivers runs the checks that look at the waivers themselves.
func (r *runner) judgeWaivers(uses []WaiverUse, notRun []NotRun) []Finding {
	for i := range uses {
		w := uses[i].Waiver
		// What only history holds is seen by the change that brings it, and then no more.
		uses[i].Known = r.in.WholeTree && w.Rotated.By == "" && !slices.ContainsFunc(notRun, func(n NotRun) bool { return n.Check == w.Check }) &&
			slices.ContainsFunc(r.in.Checks, func(c Check) bool { return c.ID == w.Check && c.History == nil })
	}
	var out judged
	for _, c := range r.waivers {
		r.guard(File{}, c, func(s string) string { return s }, &out, func(p *Pass) error { return c.Waivers(p, uses) })
	}
	sortFindings(out.findings)
	r.fingerprint(out.findings, r.layout)
	return out.findings
}
