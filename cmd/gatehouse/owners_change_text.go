package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/codeowners"
)

// text tells people who must approve a change, and why.
func (a changeApproval) text(call ownersCall, sides changeSides) string {
	var b strings.Builder
	b.WriteString(a.verdict() + "\n\n")
	if a.File == "" {
		b.WriteString(a.title())
	} else {
		fmt.Fprintf(&b, "%s of %s, as %s reads it (because %s)\n", printable(a.File), printable(call.base), a.Dialect.HostName(), a.Because)
	}
	if a.HeadFile != a.File {
		fmt.Fprintf(&b, "after the change: %s\n", printable(cmp.Or(a.HeadFile, "no CODEOWNERS file")))
	}
	needs(&b, "\nmust approve, one of each line:\n", a.Required, call.verbose)
	needs(&b, "\nasked, and holding up nothing:\n", a.Suggested, call.verbose)
	if len(a.Unowned) > 0 {
		fmt.Fprintf(&b, "\nnobody is asked about %s:\n  %s\n", counted(len(a.Unowned), "changed file"), listing(a.Unowned, call.verbose))
	}
	if len(a.Weakened) > 0 {
		b.WriteString("\nweakened; those who owned it before must approve, though no host asks them:\n")
		for _, w := range a.Weakened {
			fmt.Fprintf(&b, "  %s: %s\n    %s\n", nobodyOrNames(w.Before), w.result(a.Dialect), w.where(call.verbose))
		}
	}
	if a.Live != nil {
		b.WriteString(a.Live.text(call.verbose))
	}
	return b.String()
}

// verdict is the shortest answer.
func (a changeApproval) verdict() string {
	names, of := eachPrintable(a.Reviewers.Names), counted(len(a.Changed), "changed file")
	switch {
	case len(a.Changed) == 0:
		return "Nothing is changed."
	case len(names) == 0 && a.Ignored:
		return fmt.Sprintf("Nobody is asked about the %s: %s does not use the CODEOWNERS file of the base.", of, a.Dialect.HostName())
	case len(names) == 0:
		return fmt.Sprintf("No owner has to approve: nobody owns the %s.", of)
	case !a.Reviewers.Exact:
		return fmt.Sprintf("%s can approve this change (%s); no fewer than %d can.", andList(names), of, a.Reviewers.AtLeast)
	case !a.Dialect.Enforces() && len(a.FormerOwners) == 0:
		return fmt.Sprintf("%s proposes %s to review this change (%s).", a.Dialect.HostName(), andList(names), of)
	}
	return fmt.Sprintf("%s must approve this change (%s)%s.", andList(names), of, a.choice())
}

// choice says that others could approve instead.
func (a changeApproval) choice() string {
	for _, n := range slices.Concat(a.Required, a.Suggested, a.FormerOwners) {
		if len(n.Owners) > n.Approvals {
			return "; other owners below can stand in"
		}
	}
	return ""
}

func andList(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func needs(b *strings.Builder, title string, list []approvalNeed, verbose bool) {
	if len(list) == 0 {
		return
	}
	b.WriteString(title)
	for _, n := range list {
		who := printable(strings.Join(n.Owners, " or "))
		if n.Approvals > 1 {
			who = fmt.Sprintf("%d of %s", n.Approvals, printable(strings.Join(n.Owners, ", ")))
		}
		if n.Section != "" {
			who = "[" + printable(n.Section) + "] " + who
		}
		fmt.Fprintf(b, "  %s (%s)\n    %s\n", who, linesOf(n.Lines), listing(n.Paths, verbose))
	}
}

func linesOf(lines []int) string {
	words := make([]string, len(lines))
	for i, n := range lines {
		words[i] = fmt.Sprint(n)
	}
	if len(words) == 1 {
		return "line " + words[0]
	}
	return "lines " + andList(words)
}

func listing(paths []string, verbose bool) string {
	if verbose {
		return strings.Join(eachPrintable(paths), "\n    ")
	}
	return aFew(paths)
}

// result says what becomes of the owners, and how.
func (w weakenedOwners) result(d codeowners.Dialect) string {
	fallback := ""
	if w.ToFallback {
		fallback = ", the fallback"
	}
	now := ""
	switch w.Kind {
	case codeowners.Removed:
		now = "nobody is asked any more"
	case codeowners.Emptied:
		now = "a line without owners decides"
	case codeowners.Widened:
		now = "enough is now any of " + nobodyOrNames(w.After) + fallback
	case codeowners.Lowered:
		now = "fewer approvals are asked for, or none has to be given"
	default:
		now = "asked is now " + nobodyOrNames(w.After) + fallback
	}
	return now + ", because " + w.because(d)
}

func (w weakenedOwners) because(d codeowners.Dialect) string {
	switch w.Cause {
	case codeowners.Hijacked:
		return fmt.Sprintf("line %d comes after the one that decided before and takes its paths", w.HeadLine)
	case codeowners.LineSkipped:
		return fmt.Sprintf("%s skips line %d as it is written now", d.HostName(), w.BaseLine)
	case codeowners.FileIgnored:
		return d.HostName() + " ignores the file as it is now"
	case codeowners.Renamed:
		return "the files are moved from " + aFew(w.Renamed)
	case codeowners.RuleEdited:
		return fmt.Sprintf("line %d has changed", w.HeadLine)
	}
	return fmt.Sprintf("line %d is gone", w.BaseLine)
}

// where names the paths that are there, else the folders of those yet to come.
func (w weakenedOwners) where(verbose bool) string {
	if len(w.Paths) > 0 {
		files := counted(len(w.Paths), "file") + ": " + listing(w.Paths, verbose)
		if len(w.NewFiles) > 0 {
			files += "; and new files beside them"
		}
		return files
	}
	var folders []string
	for _, path := range w.NewFiles {
		before, _, _ := strings.Cut(path, codeowners.NewName)
		folders = append(folders, cmp.Or(before[:strings.LastIndexByte(before, '/')+1], "the root"))
	}
	slices.Sort(folders)
	return "new files in " + listing(slices.Compact(folders), verbose)
}
