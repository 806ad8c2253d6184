package checks

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// File is one file that Run is to judge.
type File struct {
	Path string
	// Load returns the content. It may be called again, and from any goroutine.
	Load func() ([]byte, error)
	// Blob is the git object ID of the content, where the source knows it without
	// reading; else "".
	Blob string
	// Opaque says why the content lies outside the tree (a submodule, a link);
	// Load is not called then.
	Opaque *Opaque
	// Unchanged tells that the same content stands at the same path on the old side.
	Unchanged bool
	// Link tells that it is a symbolic link in the tree; its content is where it leads.
	Link bool
	// Commit is set for content that only history holds: the commit that brought it.
	// Such a file is judged by the checks of secrets only, for a check of history, and
	// it is not kept in a Memory.
	Commit string
	// Message tells that it is no file but the message of Commit; Path is MessagePath.
	Message bool
}

// Input is what one run judges, and by what.
type Input struct {
	Files []File
	// HasOld tells whether there is an old side. Then Before holds the files whose
	// old content differs from Files, or that are gone.
	HasOld bool
	Before []File

	Checks []Check
	// InHistory are the checks of secrets that judge what only history holds where
	// Checks has none.
	InHistory []Check
	Past      Past        // where content has been before
	Rules     SecretRules // users' own rules of what a secret is
	Given     []Need      // what this gate can give a check
	Waivers   []Waiver
	Overrides []Override
	Layout    Layout
	Limits    manifest.Limits
	// Applied tells that Files are objects on their way to a cluster: their paths
	// name no files that a user has.
	Applied bool
	// Users are who may have made the change, each as the userInfo of an
	// AdmissionRequest; none where that is not known. What a user may not do, none of
	// several may have done.
	Users []*manifest.Node
	// Request are the other fields of the AdmissionRequest that brings an object; none
	// for files.
	Request []manifest.Node

	FailOn          FailOn
	RequireComplete bool
	// WholeTree tells that Files are a whole tree judged by all checks, so that a
	// waiver which nothing used is a fault.
	WholeTree bool

	// Quick tells that somebody waits, as at a commit: what takes long in a large tree is
	// then not run, and left to the other doors.
	Quick bool

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
	old := r.judgeAllGenerated(now, before)
	r.hideNames(now, before)
	current := r.side(in.Files, now, func(f File) bool { return f.Commit == "" })
	result := Result{NotRun: r.notRun(current)}
	r.runTree(&current, r.layout, r.now, nil, nil)
	findings := r.finish(&current, r.layout)
	var debt []Finding
	if in.HasOld {
		debt = r.debt(now, old, before, &current)
		markOld(findings, debt)
		result.OldDebt = new(len(debt))
	}
	findings = append(findings, r.judgeHistory(now, &current, findings, debt)...)
	findings = append(findings, r.judgeTransitions(now, before, &current)...)
	findings = append(findings, r.judgeChange(now, before, &current)...)
	uses := r.applyWaivers(findings)
	findings = append(findings, r.judgeWaivers(uses, current.notRun)...)
	r.override(findings)
	r.expose(findings, contentsNow(in.Files, now))
	sortFindings(findings)
	for i := range findings {
		findings[i].redactIdentity()
	}
	result.NotRun = sortedNotRun(append(result.NotRun, current.notRun...))
	result.Counts, result.Findings, result.NotJudged, result.Opaque = current.counts, findings, current.notJudged, current.opaque
	r.redactNames(&result)
	return in.conclude(result)
}

// runner holds what is the same for all files of a run.
type runner struct {
	ctx    context.Context
	in     Input
	layout Layout
	rules  string // see Memory

	secrets, file, document, tree, transition, change, history, waivers []*Check

	compares bool // some check leaves an object that may have changed to its transition

	sayers []*Check // the tree checks that extract facts for themselves and others
	says   []int    // which of them, by index into tree

	inHistory *runner             // judges what only history holds; nil where nothing does
	hidden    func(string) string // cuts out the credentials in names of files; nil for none
	sources   generated           // what generators read on the side that is judged; nil at first

	sweepers sync.Pool // of *scan.Sweeper
	stocks   [2]*stock // of the side that is judged and of the one before

	missing []NotRun // checks that this gate can never run
	done    atomic.Int64
}

func newRunner(ctx context.Context, in Input) *runner {
	r := &runner{ctx: ctx, in: in, rules: in.rulesOf()}
	r.layout = r.layoutOf(in.Files, nil)
	given := in.Given
	if !in.Applied {
		given = append(slices.Clip(given), NeedPath)
	}
	for i := range in.Checks {
		c := &in.Checks[i]
		if need, ok := unmet(c, given); !ok {
			r.missing = append(r.missing, NotRun{Check: c.ID, Reason: missingReason(need), Elsewhere: need == NeedHost})
			continue
		}
		r.compares = r.compares || c.Document != nil && c.Transition != nil
		for _, kind := range []struct {
			has  bool
			list *[]*Check
		}{
			{c.Secrets != nil, &r.secrets}, {c.File != nil, &r.file}, {c.Document != nil, &r.document}, {c.Tree != nil, &r.tree},
			{c.Transition != nil, &r.transition}, {c.Change != nil, &r.change}, {c.History != nil, &r.history}, {c.Waivers != nil, &r.waivers},
		} {
			if kind.has {
				*kind.list = append(*kind.list, c)
			}
		}
	}
	r.shareFacts()
	r.inHistory = r.detector()
	return r
}

// changed tells whether a file has an old side and may differ from it.
func (r *runner) changed(f File) bool { return r.in.HasOld && !f.Unchanged && f.Commit == "" }

func missingReason(need Need) string {
	switch need {
	case NeedTree:
		return "it judges a whole repository, and not all of one is judged here"
	case NeedHost:
		return "it judges what the host of the repository says, which is asked with --live"
	case NeedPath:
		return "it judges by where the file lies, and an object on its way to a cluster is in none"
	case NeedUserInfo:
		return "it judges by who makes a change, which is not known here"
	case NeedUserGroups:
		return "it judges by what the cluster knows of a user, such as the groups, which is not known here"
	}
	return "this gate cannot give it " + string(need)
}

func unmet(c *Check, given []Need) (Need, bool) {
	for _, need := range c.Needs {
		if need == NeedOldObject && c.Transition != nil {
			continue // a transition has it
		}
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

// notRun lists the checks that could not run here, and what they could not see.
func (r *runner) notRun(s side) []NotRun {
	list := append([]NotRun{}, r.missing...)
	if !r.in.HasOld {
		for _, c := range slices.Concat(r.transition, r.change) {
			if c.Document != nil || c.Tree != nil {
				continue // it judges what there is
			}
			list = append(list, NotRun{Check: c.ID, Reason: "there is no old side to compare with"})
		}
	}
	if s.templated > 0 {
		for _, c := range append(slices.Clone(r.document), r.tree...) {
			if c.Document == nil && c.Facts == nil {
				continue // it looks at no documents
			}
			list = append(list, NotRun{Check: c.ID, Reason: templatedReason(s.templated)})
		}
	}
	return list
}

func sortedNotRun(list []NotRun) []NotRun {
	slices.SortStableFunc(list, func(a, b NotRun) int { return compareStrings(a.Check, b.Check, a.Reason, b.Reason) })
	return slices.Compact(list)
}

func templatedReason(n int) string {
	if n == 1 {
		return "1 Helm template was read with its actions left out: what they write is known only once the chart is rendered"
	}
	return fmt.Sprintf("%d Helm templates were read with their actions left out: what they write is known only once the chart is rendered", n)
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
