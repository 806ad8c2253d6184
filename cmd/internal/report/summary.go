package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// blocks tells whether f makes the verdict fail.
func (r Report) blocks(f checks.Finding) bool {
	return f.Blocks() && r.FailOn != 0 && f.Severity >= checks.Severity(r.FailOn)
}

// wouldBlock tells whether f makes the verdict fail, or would if errors did.
func (r Report) wouldBlock(f checks.Finding) bool {
	return f.Blocks() && f.Severity >= checks.Severity(cmp.Or(r.FailOn, checks.FailOn(checks.Error)))
}

// makesIncomplete tells whether something outside the tree makes the verdict
// incomplete. Without an old side nothing is new against it.
func (r Report) makesIncomplete(o checks.Opaque) bool {
	return r.RequireComplete || r.Result.OldDebt != nil && o.New
}

// leftOutCounts tells whether something that was not judged would make the verdict
// incomplete, if it does not fail.
func (r Report) leftOutCounts() bool {
	return slices.ContainsFunc(r.Result.NotJudged, func(n checks.NotJudged) bool { return n.New }) ||
		slices.ContainsFunc(r.Result.Opaque, r.makesIncomplete)
}

// parts are the findings of a report, each part with the worst first.
type parts struct {
	blocking []checks.Finding
	other    []checks.Finding // new, but not blocking
	old      []checks.Finding
	waived   []checks.Finding
}

func (r Report) parts() parts {
	var p parts
	for _, f := range r.Result.Findings {
		switch {
		case f.Waived != nil:
			p.waived = append(p.waived, f)
		case !f.New:
			p.old = append(p.old, f)
		case r.blocks(f):
			p.blocking = append(p.blocking, f)
		default:
			p.other = append(p.other, f)
		}
	}
	for _, list := range [][]checks.Finding{p.blocking, p.other, p.old, p.waived} {
		sortWorstFirst(list)
	}
	return p
}

// unwaived returns all findings but the waived ones: what blocks first, then what
// is new, then old debt.
func (p parts) unwaived() []checks.Finding { return slices.Concat(p.blocking, p.other, p.old) }

// sortWorstFirst sorts by severity, secrets before the rest, and keeps the order
// of places otherwise.
func sortWorstFirst(findings []checks.Finding) {
	slices.SortStableFunc(findings, func(a, b checks.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(isSecret(b), isSecret(a)))
	})
}

func isSecret(f checks.Finding) int {
	if f.Category == checks.Secrets {
		return 1
	}
	return 0
}

// verdictLine is the result in one line, the same in every format for people.
func (r Report) verdictLine() string {
	found, left := r.foundPhrase(), r.leftPhrase()
	if r.Result.Verdict == checks.VerdictIncomplete && left != "" {
		found, left = left, found
	}
	line := string(r.Result.Verdict) + ": " + found
	if left != "" {
		line += "; " + left
	}
	return line
}

func (r Report) foundPhrase() string {
	c := r.Result.Counts
	if c.Files.Found == 0 && len(r.Result.Findings) == 0 {
		return "no files found, so nothing was judged"
	}
	counts := nonZero(count{c.Errors, "error"}, count{c.Warnings, "warning"}, count{c.Notices, "notice"})
	if counts == "" {
		return "no " + newWord(r) + "findings in " + plural(c.Files.Found, "file")
	}
	files := map[string]bool{}
	for _, f := range r.Result.Findings {
		if f.Blocks() {
			files[f.File] = true
		}
	}
	if len(files) > c.Files.Found {
		// History holds files that the tree no longer has.
		return counts + " in " + plural(len(files), "file")
	}
	return fmt.Sprintf("%s in %d of %s", counts, len(files), plural(c.Files.Found, "file"))
}

// newWord says "new " where there are findings that are not.
func newWord(r Report) string {
	if r.Result.Counts.Old > 0 {
		return "new "
	}
	return ""
}

func (r Report) leftPhrase() string {
	var phrases []string
	if n := len(r.Result.NotJudged); n > 0 {
		phrases = append(phrases, plural(n, "place")+" not judged")
	}
	if n := len(r.Result.Opaque); n > 0 {
		phrases = append(phrases, plural(n, "place")+" outside the tree")
	}
	return strings.Join(phrases, ", ")
}

// nextStep says what to do about the verdict; "" where there is nothing to do.
func (r Report) nextStep(p parts) string {
	switch {
	case len(p.blocking) == 1:
		return "1 finding blocks: do what its fix says. `gatehouse explain " + show(p.blocking[0].Check, nameRunes) + "` says why it matters."
	case len(p.blocking) > 1:
		return fmt.Sprintf("%d findings block: do what the fixes say. `gatehouse explain CHECK` says why a check matters.", len(p.blocking))
	case r.Result.Verdict == checks.VerdictIncomplete && len(r.Result.NotJudged) > 0:
		return "What was not judged may hide anything: mend what is listed, then run again."
	case r.Result.Verdict == checks.VerdictIncomplete:
		return "What lies outside the tree was not judged: bring it into the tree, or let a waiver accept it."
	case r.Result.Counts.Files.Found == 0 && len(r.Result.Findings) == 0:
		return "Look at the path that was given, and at what is excluded."
	}
	return ""
}

// debtLine counts old debt and waived findings; "" where there are none.
func (r Report) debtLine() string {
	var phrases []string
	c := r.Result.Counts
	switch before := r.Result.OldDebt; {
	case before != nil && (*before > 0 || c.Old > 0):
		phrases = append(phrases, fmt.Sprintf("old debt, which does not block: %d -> %s", *before, plural(c.Old, "finding")))
	case c.Old > 0:
		phrases = append(phrases, "old debt, which does not block: "+plural(c.Old, "finding"))
	}
	if c.Waived > 0 {
		phrases = append(phrases, "waived: "+plural(c.Waived, "finding")+firstExpiry(r.Result.Findings))
	}
	return strings.Join(phrases, "; ")
}

// firstExpiry says when the first waiver ends, if any does.
func firstExpiry(findings []checks.Finding) string {
	first := ""
	for _, f := range findings {
		if f.Waived != nil && f.Waived.Expires != "" && (first == "" || f.Waived.Expires < first) {
			first = f.Waived.Expires
		}
	}
	if first == "" {
		return ""
	}
	return ", the first until " + show(first, nameRunes)
}

// waivedBy says who answers for a finding, and until when.
func waivedBy(w *checks.WaivedBy) string {
	if w.Expires == "" {
		return "waived by " + w.Owner
	}
	return "waived by " + w.Owner + " until " + w.Expires
}

// rulesLine says which program judged by which rules.
func rulesLine(tool Tool, rules Rules) string {
	line := "judged by " + show(tool.Name+" "+tool.Version, nameRunes)
	if rules.Bundle != "" {
		line += ", rules " + show(rules.Bundle, nameRunes)
	}
	if rules.Local != "" {
		line += ", local " + show(rules.Local, nameRunes)
	}
	return line
}

// title returns the title of a check, or "".
func (r Report) title(id string) string {
	for i := range r.Checks {
		if r.Checks[i].ID == id {
			return r.Checks[i].Title
		}
	}
	return ""
}

// A heap is what shares one reason: why it was not judged, lies outside the tree,
// or could not run.
type heap struct {
	reason string
	places []string
}

func (r Report) notJudgedHeaps() []heap {
	return heaps(r.Result.NotJudged, func(n checks.NotJudged) (reason, place string) {
		reason = n.Reason
		if n.Check != "" {
			reason = n.Check + ": " + reason
		}
		if !n.New {
			reason += " (as before, so it does not count)"
		}
		return reason, placeOf(n.File, n.Line)
	})
}

func (r Report) opaqueHeaps() []heap {
	return heaps(r.Result.Opaque, func(o checks.Opaque) (reason, place string) {
		return o.What + ": " + o.Reason, placeOf(o.File, o.Line)
	})
}

// notRunHeaps are the checks that could not run here, less those of another gate.
func (r Report) notRunHeaps() []heap {
	here := slices.DeleteFunc(slices.Clone(r.Result.NotRun), func(n checks.NotRun) bool { return n.Elsewhere })
	return heaps(here, func(n checks.NotRun) (reason, place string) {
		return n.Reason, show(n.Check, nameRunes)
	})
}

// heaps puts what shares a reason together, the largest heap first. Reasons and
// places come out fit to be shown.
func heaps[T any](items []T, say func(T) (reason, place string)) []heap {
	var out []heap
	index := map[string]int{}
	for _, item := range items {
		reason, place := say(item)
		reason = show(reason, messageRunes)
		i, ok := index[reason]
		if !ok {
			i = len(out)
			index[reason] = i
			out = append(out, heap{reason: reason})
		}
		out[i].places = append(out[i].places, place)
	}
	slices.SortStableFunc(out, func(a, b heap) int { return cmp.Compare(len(b.places), len(a.places)) })
	return out
}

// list writes the first n places of a heap, and counts the rest; n < 0 for all.
func (h heap) list(n int) string {
	if n < 0 || len(h.places) <= n {
		return strings.Join(h.places, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(h.places[:n], ", "), len(h.places)-n)
}

// placeOf writes a file and line fit to be shown.
func placeOf(file string, line uint32) string {
	if file == "" {
		return "the whole tree"
	}
	if line == 0 {
		return showPath(file)
	}
	return showPath(file) + ":" + strconv.FormatUint(uint64(line), 10)
}

func showPath(path string) string { return show(path, pathRunes) }

// subject names the object and field of a finding, fit to be shown; "" where it
// is about a file.
func subject(f checks.Finding) []string {
	var out []string
	for _, s := range []string{f.Object.String(), f.Field} {
		if s != "" {
			out = append(out, show(s, nameRunes))
		}
	}
	return out
}

type count struct {
	n    int
	word string
}

// nonZero writes the counts that are not 0: "3 errors, 1 warning".
func nonZero(counts ...count) string {
	var out []string
	for _, c := range counts {
		if c.n > 0 {
			out = append(out, plural(c.n, c.word))
		}
	}
	return strings.Join(out, ", ")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}
