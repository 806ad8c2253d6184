package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// File is one file that Run is to judge.
type File struct {
	Path string
	// Load returns the content. It is called at most once, from any goroutine.
	Load func() ([]byte, error)
	// Blob is the git object ID of the content, where the source knows it without
	// reading; else "".
	Blob string
	// Opaque says why the content lies outside the tree (a submodule, a link);
	// Load is not called then.
	Opaque *Opaque
	// Unchanged tells that the same content stands at the same path on the old side.
	Unchanged bool
	// Commit is set for content that only history holds: the commit that brought it.
	// Such a file is judged by the checks of secrets only, and it is not kept in a
	// Memory.
	Commit string
}

// Input is what one run judges, and by what.
type Input struct {
	Files []File
	// HasOld tells whether there is an old side. Then Before holds the files whose
	// old content differs from Files, or that are gone.
	HasOld bool
	Before []File

	Checks    []Check
	Given     []Need // what this gate can give a check
	Waivers   []Waiver
	Overrides []Override
	Layout    Layout
	Limits    manifest.Limits

	FailOn          FailOn
	RequireComplete bool
	// WholeTree tells that Files are a whole tree judged by all checks, so that a
	// waiver which nothing used is a fault.
	WholeTree bool

	Memory   Memory
	Time     time.Time
	Workers  int                   // 0: one for each processor
	Progress func(done, total int) // called from any goroutine; may be nil
}

// Override sets the severity of checks, in the whole tree or under some paths.
// Later ones win.
type Override struct {
	Paths    []string // globs; none for the whole tree
	Checks   []string // IDs or categories
	Severity Severity
}

// Run applies checks to files and gives the verdict. It is the only place with
// concurrency; the result does not depend on it. It never fails: what could not
// be judged is listed, and the verdict is then incomplete.
func Run(ctx context.Context, in Input) Result {
	r := newRunner(ctx, in)
	now, before := r.judgeAll(in.Files), r.judgeAll(in.Before)
	current := r.side(in.Files, now, func(File) bool { return true })
	result := Result{Counts: current.counts, NotRun: r.notRun(current)}
	findings := current.findings
	if in.HasOld {
		unchanged := r.side(in.Files, now, func(f File) bool { return f.Unchanged })
		gone := r.side(in.Before, before, func(File) bool { return true })
		old := gone.join(unchanged)
		findings = r.finish(&current, r.layout, nil)
		var debt []Finding
		if r.sameFacts(gone, r.side(in.Files, now, func(f File) bool { return !f.Unchanged && f.Commit == "" })) {
			debt = r.finish(&old, r.layout, &current)
		} else {
			debt = r.finish(&old, r.layoutOf(in.Before, in.Files), nil)
		}
		markOld(findings, debt)
		result.OldDebt = new(len(debt))
	} else {
		findings = r.finish(&current, r.layout, nil)
	}
	findings = append(findings, r.judgeChange(now, before, &current)...)
	uses := applyWaivers(findings, in.Waivers, in.Time)
	findings = append(findings, r.judgeWaivers(uses)...)
	r.override(findings)
	sortFindings(findings)
	result.Findings, result.NotJudged, result.Opaque = findings, current.notJudged, current.opaque
	return in.conclude(result)
}

// runner holds what is the same for all files of a run.
type runner struct {
	ctx    context.Context
	in     Input
	layout Layout
	rules  string // see Memory

	file, document, tree, change, waivers []*Check

	missing []NotRun // checks that this gate can never run
	done    atomic.Int64
}

func newRunner(ctx context.Context, in Input) *runner {
	r := &runner{ctx: ctx, in: in, rules: in.rulesOf()}
	r.layout = r.layoutOf(in.Files, nil)
	for i := range in.Checks {
		c := &in.Checks[i]
		if need, ok := unmet(c, in.Given); !ok {
			r.missing = append(r.missing, NotRun{Check: c.ID, Reason: "this gate cannot give it " + string(need)})
			continue
		}
		switch c.Kind() {
		case "file":
			r.file = append(r.file, c)
		case "document":
			r.document = append(r.document, c)
		case "tree":
			r.tree = append(r.tree, c)
		case "change":
			r.change = append(r.change, c)
		case "waivers":
			r.waivers = append(r.waivers, c)
		}
	}
	return r
}

func unmet(c *Check, given []Need) (Need, bool) {
	for _, need := range c.Needs {
		if !slices.Contains(given, need) {
			return need, false
		}
	}
	return "", true
}

// layoutOf adds the build roots that two lists of files show. The second list is
// for the old side, which shares its unchanged files with the new one.
func (r *runner) layoutOf(files, others []File) Layout {
	paths := make([]string, 0, len(files)+len(others))
	for _, f := range files {
		paths = append(paths, f.Path)
	}
	for _, f := range others {
		if f.Unchanged {
			paths = append(paths, f.Path)
		}
	}
	return r.in.Layout.WithFiles(paths)
}

// judged is what came of one file.
type judged struct {
	findings  []Finding
	facts     [][]Fact // by index into runner.tree
	notJudged []NotJudged
	opaque    []Opaque
	templated bool
	file      *manifest.File // only where a change check needs it

	bytes               int64
	found, read, broken int // documents
	objects             int
}

// judgeAll judges files on all workers.
func (r *runner) judgeAll(files []File) []judged {
	out := make([]judged, len(files))
	workers := r.in.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	total := len(r.in.Files) + len(r.in.Before)
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(workers, len(files)) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return
				}
				out[i] = r.judge(files[i])
				if done := int(r.done.Add(1)); r.in.Progress != nil {
					r.in.Progress(done, total)
				}
			}
		})
	}
	group.Wait()
	return out
}

// judge judges one file by itself.
func (r *runner) judge(f File) (out judged) {
	out.facts = make([][]Fact, len(r.tree))
	if f.Opaque != nil {
		out.opaque = append(out.opaque, *f.Opaque)
		return out
	}
	if err := r.ctx.Err(); err != nil {
		out.fail(f, NotJudged{Reason: "the run was stopped before this file was judged"})
		return out
	}
	remembers := r.remembers() && f.Commit == ""
	if f.Blob != "" && remembers {
		if known, ok := r.recall(f, r.key(f, f.Blob)); ok {
			return known
		}
	}
	data, err := f.Load()
	if err != nil {
		out.fail(f, NotJudged{Reason: loadReason(err)})
		return out
	}
	if !remembers {
		r.judgeContent(f, data, &out)
		return out
	}
	key := r.key(f, cmp.Or(f.Blob, hashOf(data)))
	if known, ok := r.recall(f, key); ok {
		return known
	}
	r.judgeContent(f, data, &out)
	r.keep(key, out)
	return out
}

// judgeContent judges a file whose content is there.
func (r *runner) judgeContent(f File, data []byte, out *judged) {
	out.bytes = int64(len(data))
	file, ok := r.read(f, data)
	if !ok {
		out.fail(f, NotJudged{Reason: "the reader failed on this file, which is a fault in Gatehouse"})
		return
	}
	r.account(f, file, out)
	r.check(f, file, out)
	if len(r.change) > 0 && r.in.HasOld && !f.Unchanged {
		out.file = file
	}
}

func (r *runner) read(f File, data []byte) (file *manifest.File, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return manifest.Read(f.Path, data, r.in.Limits), true
}

// ErrTooLarge is what a Load returns for a file over the limit, so that it need
// not be read to be refused.
var ErrTooLarge = errors.New("the file is larger than the limit " + manifest.LimitFileBytes)

// loadReason words an error of Load; those of the operating system name paths
// and nothing else.
func loadReason(err error) string {
	if errors.Is(err, ErrTooLarge) {
		return ErrTooLarge.Error()
	}
	return fmt.Sprintf("the file cannot be read: %v", err)
}

func (j *judged) fail(f File, n NotJudged) {
	n.File, n.Line, n.New = f.Path, max(n.Line, 1), !f.Unchanged
	j.notJudged = append(j.notJudged, n)
}

// account lists what of a file is judged and what is not.
func (r *runner) account(f File, file *manifest.File, out *judged) {
	out.found, out.broken = file.Found, len(file.Broken)
	out.read = out.found - out.broken
	for _, b := range file.Broken {
		if f.Commit != "" {
			// It cannot be applied any more; what is readable of it has been judged.
			continue
		}
		out.fail(f, NotJudged{Line: b.At.Line, Reason: b.Reason})
	}
	for _, d := range file.Documents {
		if d.IsObject() {
			out.objects++
		}
	}
	switch file.Form {
	case manifest.FormLFS:
		out.opaque = append(out.opaque, Opaque{File: f.Path, Line: 1, What: "Git LFS pointer", Reason: "the content is kept by Git LFS, outside the repository"})
	case manifest.FormTemplate:
		for _, at := range file.Templated {
			out.opaque = append(out.opaque, Opaque{File: f.Path, Line: at.Line, What: "template", Reason: "its objects exist only once a template engine outside the tree has filled it in"})
		}
	case manifest.FormHelmTemplate:
		out.templated = true
	}
}

// check runs all file and document checks on one file.
func (r *runner) check(f File, file *manifest.File, out *judged) {
	redactFile := sync.OnceValue(func() func(string) string { return redactor(file.Documents) })
	redact := func(s string) string { return redactFile()(s) }
	for _, c := range r.file {
		if f.judgedBy(c) {
			r.guard(f, c, redact, out, func(p *Pass) error { return c.File(p, file) })
		}
	}
	for _, d := range file.Documents {
		for _, c := range r.document {
			if f.judgedBy(c) {
				r.guard(f, c, redact, out, func(p *Pass) error { return c.Document(p, d) })
			}
		}
		if f.Commit != "" {
			continue
		}
		for i, c := range r.tree {
			r.guard(f, c, redact, out, func(*Pass) error {
				out.facts[i] = append(out.facts[i], c.Facts(d)...)
				return nil
			})
		}
	}
}

// judgedBy tells whether a check judges f. What only history holds is never
// applied, but it can be read: only its secrets count.
func (f File) judgedBy(c *Check) bool { return f.Commit == "" || c.Category == Secrets }

// inHistory marks a finding in content that only history holds.
func (f *Finding) inHistory(commit string) {
	f.Origins = append(f.Origins, Origin{File: f.File, Line: f.Line, What: "commit " + commit})
	f.Message += " It is gone from the latest state and stays in the history, in commit " + commit[:min(len(commit), 12)] + "."
	f.Fix = "Rotate the value: squashing or deleting does not take back what has been pushed."
}

// guard runs one check on one subject. An error or a panic becomes not judged,
// with the check's name and, of a panic, nothing of its value.
func (r *runner) guard(f File, c *Check, redact func(string) string, out *judged, run func(*Pass) error) {
	p := r.pass(c, redact)
	defer func() {
		if recover() != nil {
			out.fail(f, NotJudged{Check: c.ID, Reason: "the check failed on this file, which is a fault in Gatehouse"})
		}
	}()
	if err := run(p); err != nil {
		out.fail(f, NotJudged{Check: c.ID, Reason: redact(err.Error())})
		return
	}
	if f.Commit != "" {
		for i := range p.findings {
			p.findings[i].inHistory(f.Commit)
		}
	}
	out.findings = append(out.findings, p.findings...)
}

func (r *runner) pass(c *Check, redact func(string) string) *Pass {
	return &Pass{Context: r.ctx, Time: r.in.Time, Layout: r.layout, check: c, redact: redact}
}

// side is one side of a change: all files of a tree together.
type side struct {
	findings  []Finding
	facts     [][]Fact
	notJudged []NotJudged
	opaque    []Opaque
	counts    Counts
	templated int
	tree      []Finding // of the tree checks, once finish has run them
}

// side sums up the files that keep.
func (r *runner) side(files []File, results []judged, keep func(File) bool) side {
	s := side{facts: make([][]Fact, len(r.tree)), notJudged: []NotJudged{}, opaque: []Opaque{}}
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
	s.notJudged = append(s.notJudged, j.notJudged...)
	for _, o := range j.opaque {
		o.New = !f.Unchanged
		s.opaque = append(s.opaque, o)
	}
	for i := range j.facts {
		s.facts[i] = append(s.facts[i], j.facts[i]...)
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

// sameFacts tells whether the files that differ between two sides say the same to
// the tree checks, wherever in the file they say it. Then the tree checks find the
// same on both sides.
func (r *runner) sameFacts(a, b side) bool {
	for i := range r.tree {
		if !slices.EqualFunc(a.facts[i], b.facts[i], Fact.says) {
			return false
		}
	}
	return true
}

// says tells whether two facts differ at most in their line and column.
func (f Fact) says(other Fact) bool {
	return f.Kind == other.Kind && f.Key == other.Key && slices.Equal(f.Values, other.Values) &&
		f.Where.File == other.Where.File && f.Where.Object == other.Where.Object && f.Where.Field == other.Where.Field
}

// finish runs the tree checks of one side and gives all its findings, sorted and
// with fingerprints. Where another side is known to have the same ones, like is
// that side.
func (r *runner) finish(s *side, layout Layout, like *side) []Finding {
	if like != nil {
		s.tree = like.tree
	} else {
		r.runTree(s, layout)
	}
	findings := append(slices.Clone(s.findings), s.tree...)
	sortFindings(findings)
	fingerprint(findings, layout)
	return findings
}

func (r *runner) runTree(s *side, layout Layout) {
	for i, c := range r.tree {
		facts := s.facts[i]
		slices.SortStableFunc(facts, compareFacts)
		var out judged
		r.guard(File{}, c, func(s string) string { return s }, &out, func(p *Pass) error {
			p.Layout = layout
			return c.Tree(p, Tree{Facts: facts, Layout: layout})
		})
		s.tree = append(s.tree, out.findings...)
		s.notJudged = append(s.notJudged, out.notJudged...)
	}
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
		r.guard(File{}, c, func(s string) string { return s }, &out, func(p *Pass) error { return c.Change(p, change) })
	}
	current.notJudged = append(current.notJudged, out.notJudged...)
	sortFindings(out.findings)
	fingerprint(out.findings, r.layout)
	return out.findings
}

// judgeWaivers runs the checks that look at the waivers themselves.
func (r *runner) judgeWaivers(uses []WaiverUse) []Finding {
	for i := range uses {
		uses[i].Known = r.in.WholeTree && slices.ContainsFunc(r.in.Checks, func(c Check) bool { return c.ID == uses[i].Waiver.Check })
	}
	var out judged
	for _, c := range r.waivers {
		r.guard(File{}, c, func(s string) string { return s }, &out, func(p *Pass) error { return c.Waivers(p, uses) })
	}
	sortFindings(out.findings)
	fingerprint(out.findings, r.layout)
	return out.findings
}

// notRun lists the checks that could not run here, and what they could not see.
func (r *runner) notRun(s side) []NotRun {
	list := append([]NotRun{}, r.missing...)
	if !r.in.HasOld {
		for _, c := range r.change {
			list = append(list, NotRun{Check: c.ID, Reason: "there is no old side to compare with"})
		}
	}
	if s.templated > 0 {
		for _, c := range append(slices.Clone(r.document), r.tree...) {
			list = append(list, NotRun{Check: c.ID, Reason: templatedReason(s.templated)})
		}
	}
	slices.SortStableFunc(list, func(a, b NotRun) int { return compareStrings(a.Check, b.Check, a.Reason, b.Reason) })
	return list
}

func templatedReason(n int) string {
	if n == 1 {
		return "1 Helm template was read as text: its objects exist only once the chart is rendered"
	}
	return fmt.Sprintf("%d Helm templates were read as text: their objects exist only once the chart is rendered", n)
}

// override applies the configured severities.
func (r *runner) override(findings []Finding) {
	own := map[string]Severity{}
	for _, c := range r.in.Checks {
		own[c.ID] = c.Severity
	}
	for i := range findings {
		f := &findings[i]
		severity, found := r.overridden(*f)
		switch {
		case !found:
		case f.Severity == own[f.Check]:
			f.Severity = severity
		default:
			// The check itself graded this finding below its usual severity; a
			// configuration may lower it further but not undo that.
			f.Severity = min(f.Severity, severity)
		}
	}
}

func (r *runner) overridden(f Finding) (severity Severity, found bool) {
	for _, o := range r.in.Overrides {
		if !slices.Contains(o.Checks, f.Check) && !slices.Contains(o.Checks, string(f.Category)) {
			continue
		}
		if len(o.Paths) == 0 || slices.ContainsFunc(o.Paths, func(glob string) bool { return MatchPath(glob, f.File) }) {
			severity, found = o.Severity, true
		}
	}
	return severity, found
}

// conclude sorts the lists, counts the findings and gives the verdict.
func (in Input) conclude(r Result) Result {
	slices.SortStableFunc(r.NotJudged, func(a, b NotJudged) int {
		return compareAt(a.File, b.File, a.Line, b.Line, a.Check+a.Reason, b.Check+b.Reason)
	})
	slices.SortStableFunc(r.Opaque, func(a, b Opaque) int {
		return compareAt(a.File, b.File, a.Line, b.Line, a.What, b.What)
	})
	r.Counts.NotRun = len(r.NotRun)
	failed := false
	for _, f := range r.Findings {
		r.Counts.add(f)
		failed = failed || f.Blocks() && in.FailOn != 0 && f.Severity >= Severity(in.FailOn)
	}
	incomplete := slices.ContainsFunc(r.NotJudged, func(n NotJudged) bool { return n.New }) ||
		in.RequireComplete && len(r.Opaque) > 0 ||
		in.HasOld && slices.ContainsFunc(r.Opaque, func(o Opaque) bool { return o.New })
	switch {
	case failed:
		r.Verdict = VerdictFail
	case incomplete:
		r.Verdict = VerdictIncomplete
	default:
		r.Verdict = VerdictPass
	}
	return r
}

func (c *Counts) add(f Finding) {
	switch {
	case f.Waived != nil:
		c.Waived++
		return
	case !f.New:
		c.Old++
		return
	}
	c.New++
	switch f.Severity {
	case Error:
		c.Errors++
	case Warning:
		c.Warnings++
	case Notice:
		c.Notices++
	}
}
