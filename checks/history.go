package checks

import "github.com/gatehouse-dev/gatehouse/checks/manifest"

// MessagePath stands in findings for the path of a commit message, which has none.
// It is the same for all commits, so that a finding keeps its identity when a branch
// is rebased.
const MessagePath = "commit message"

// A Bygone is what a check of secrets found in content that only the history of a
// change holds: a version of a file that stands at neither end, or a message.
type Bygone struct {
	Finding Finding // as that check made it
	Commit  Commit  // the first one that has it
	Message bool    // it stands in the message of the commit
}

// Where is the place of the finding.
func (b Bygone) Where() Location {
	f := b.Finding
	return Location{
		File: f.File, At: manifest.Pos{Line: f.Line, Column: f.Column}, EndLine: f.EndLine, Object: f.Object, Field: f.Field,
	}
}

// detector is r for content that only history holds: it is never applied, but it
// can be read, so only its secrets count. It is nil where no check looks at
// history.
func (r *runner) detector() *runner {
	if len(r.history) == 0 {
		return nil
	}
	if d := r.detectorOf(r.in.Checks); len(d.secrets)+len(d.file)+len(d.document) > 0 {
		return d
	}
	return r.detectorOf(r.in.InHistory)
}

// detectorOf is r with those of some checks that find secrets in files, and no
// others. It remembers nothing.
func (r *runner) detectorOf(list []Check) *runner {
	d := &runner{ctx: r.ctx, in: r.in, layout: r.layout, sources: r.sources}
	d.in.Memory = Memory{}
	for i := range list {
		c := &list[i]
		if c.Category != Secrets || len(c.Needs) > 0 {
			continue
		}
		switch c.Kind() {
		case "secrets":
			d.secrets = append(d.secrets, c)
		case "file":
			d.file = append(d.file, c)
		case "document":
			d.document = append(d.document, c)
		}
	}
	return d
}

// judgeHistory makes findings of what only history holds, and accounts for it in
// current. It leaves out what the tree of either side has at the same place: there
// it is a finding already, or old debt.
func (r *runner) judgeHistory(results []judged, current *side, known ...[]Finding) []Finding {
	if len(r.history) == 0 {
		return nil
	}
	seen := map[value]bool{}
	for _, findings := range known {
		for i := range findings {
			seen[value{findings[i].key, findings[i].cites}] = true
		}
	}
	var out judged
	var bygones []Bygone
	for i, file := range r.in.Files {
		if file.Commit == "" {
			continue
		}
		current.account(file, results[i])
		found := results[i].findings
		r.override(found)
		for k := range found {
			f := &found[k]
			f.order = i + 1
			if at := (value{f.identity(r.layout, r.shown), f.cites}); f.Severity > Notice && !seen[at] {
				bygones = append(bygones, Bygone{Finding: *f, Commit: Commit{ID: file.Commit}, Message: file.Message})
			}
		}
	}
	for _, c := range r.history {
		r.reportBygones(c, bygones, &out)
	}
	current.notJudged = append(current.notJudged, out.notJudged...)
	findings := onceEach(out.findings, r)
	sortFindings(findings)
	r.fingerprint(findings, r.layout)
	return findings
}

// value is a value at a place.
type value struct {
	key   string
	cites Plaintext
}

// reportBygones runs one check of history. What it reports keeps the value, the
// weight and the order of what was found.
func (r *runner) reportBygones(c *Check, bygones []Bygone, out *judged) {
	for _, b := range bygones {
		if r.in.Past.Commit != nil {
			b.Commit = r.in.Past.Commit(b.Commit.ID)
		}
		n := len(out.findings)
		r.guard(File{Path: b.Finding.File}, c, func(s string) string { return s }, out, func(p *Pass) error { return c.History(p, b) })
		for i := n; i < len(out.findings); i++ {
			f := &out.findings[i]
			f.cites, f.inner, f.order, f.Severity = b.Finding.cites, b.Finding.inner, b.Finding.order, b.Finding.Severity
			f.identityRedactor, f.subject = b.Finding.identityRedactor, b.Finding.subject
			f.Origins = append(f.Origins, Origin{File: f.File, Line: f.Line, What: "commit " + b.Commit.ID})
		}
	}
}

// onceEach keeps of the findings of one value at one place the first: the other
// commits have it from there.
func onceEach(findings []Finding, r *runner) []Finding {
	seen := map[value]bool{}
	var kept []Finding
	for _, f := range findings {
		at := value{f.identity(r.layout, r.shown), f.cites}
		if !f.cites.IsZero() && seen[at] {
			continue
		}
		seen[at] = true
		kept = append(kept, f)
	}
	return kept
}
