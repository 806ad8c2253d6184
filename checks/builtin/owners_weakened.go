package builtin

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

func ownersWeakened(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-weakened",
		Title:    "Change takes a say away from owners",
		Category: checks.Owners,
		Severity: checks.Error,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "After this change, files need no longer the approval of the people whose approval they need today: a line is deleted, cleared, given to others or to more people, " +
			"put above a line that takes its paths, written so that the host drops it, or a file leaves the folder of its owners. The host asks nobody about that: " +
			"what counts for a pull request is the file on its base, and CODEOWNERS itself may well be owned by others. So it is for the old owners to approve.\n\n" +
			"Every path of both sides is compared, and paths that do not exist yet: a new file in each folder, and what the lines themselves speak of. Where a line is gone that matched nothing, it is a warning. A line for a new folder that only the rule for everything owned is none of this.",
		Fix: "Let the owners who lose their say approve the change (`gatehouse check --live` sees it; else waive the finding with their names), or keep them.",
		Bad: []string{`-- base/CODEOWNERS --
*                      @acme/everyone
/clusters/production/  @acme/sre
-- base/clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
-- head/CODEOWNERS --
*                      @acme/everyone
/clusters/production/  @acme/sre
/clusters/             @acme/apps
-- head/clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`},
		Good: []string{`-- base/CODEOWNERS --
*                      @acme/everyone
/clusters/production/  @acme/sre
-- base/clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
-- head/CODEOWNERS --
*                      @acme/everyone
/clusters/             @acme/apps
/clusters/production/  @acme/sre
-- head/clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`},
		Reads: readsOwners,
		Change: func(p *checks.Pass, c checks.Change) error {
			before, err := ownersOf(c.Before, s.Owners)
			if err != nil {
				return fmt.Errorf("before the change: %w", err)
			}
			// By the base's reading, so that a change cannot choose one that suits it.
			now, err := ownersOf(c.Now, Owners{Dialect: before.dialect, Fallback: s.Owners.Fallback})
			if err != nil || before.file == nil {
				return err
			}
			renames := renamesIn(c)
			if !touchesOwners(c) && len(renames) == 0 {
				return nil // the same file decides, and every path that it decides has its name still
			}
			reportWeakened(p, before, now, renames, s.agreed)
			return nil
		},
	}
}

// touchesOwners tells whether a file that may say who owns what differs.
func touchesOwners(c checks.Change) bool {
	for _, f := range c.Files {
		if strings.EqualFold(path.Base(f.Path), "CODEOWNERS") {
			return true
		}
	}
	return false
}

// renamesIn finds the files that only have another name now: the same content, gone
// in one place and new in one other.
func renamesIn(c checks.Change) map[string]string {
	gone, came := map[string][]string{}, map[string][]string{}
	for _, f := range c.Files {
		switch {
		case f.Now == nil && f.Before != nil && len(f.Before.Text) > 0:
			gone[string(f.Before.Text)] = append(gone[string(f.Before.Text)], f.Path)
		case f.Before == nil && f.Now != nil && len(f.Now.Text) > 0:
			came[string(f.Now.Text)] = append(came[string(f.Now.Text)], f.Path)
		}
	}
	renames := map[string]string{}
	for text, to := range came {
		if from := gone[text]; len(from) == 1 && len(to) == 1 {
			renames[to[0]] = from[0]
		}
	}
	return renames
}

func reportWeakened(p *checks.Pass, before, now *ownership, renames map[string]string, agreed func(codeowners.Difference) bool) {
	trees := codeowners.Trees{
		Base: before.paths, Head: now.paths, Renames: renames,
		Probes: codeowners.Probes(slices.Concat(before.paths, now.paths), before.file, now.file),
	}
	var weak []codeowners.Difference
	for _, d := range codeowners.Compare(before.file, now.file, trees) {
		if d.Weakens() && !agreed(d) {
			weak = append(weak, d)
		}
	}
	for _, g := range codeowners.GroupDifferences(weak) {
		where := checks.Location{File: now.location.File}
		switch {
		case g.Cause == codeowners.Renamed:
			where.File = g.Path
		case now.file == nil:
			where.File = before.location.File
		case g.HeadLine > 0:
			where = now.at(g.HeadLine)
		}
		p.Report(checks.Report{
			Where: where, Inner: string(g.Cause) + "\x00" + string(g.Shift) + "\x00" + g.Section + "\x00" + named(g.Before) + "\x00" + named(g.After) + "\x00" + g.Paths[0],
			Message:  weakenedMessage(g, before),
			Fix:      fmt.Sprintf("Let %s approve this change and waive the finding, or keep them as owners.", named(g.Before)),
			Severity: weight(g, before),
		})
	}
}

// agreed tells whether one of those who lose their say has approved the change.
func (s Settings) agreed(d codeowners.Difference) bool {
	return s.Host != nil && s.Host.Approved != nil && s.Host.Approved(codeowners.Names(d.Before))
}

// weight is an error, unless the line that is gone matched nothing that is there.
func weight(g codeowners.DifferenceGroup, before *ownership) checks.Severity {
	for _, rule := range before.file.Rules {
		if rule.Line == g.BaseLine && !rule.Everything && !slices.ContainsFunc(before.paths, rule.Matches) {
			return checks.Warning
		}
	}
	return checks.Error
}

func weakenedMessage(g codeowners.DifferenceGroup, before *ownership) string {
	paths := shownPaths(g.Paths)
	asked := fmt.Sprintf("%s no longer %s the approval of %s (line %d of %s before)", paths, needs(g.Paths), named(g.Before), g.BaseLine, before.location.File)
	var becomes string
	switch g.Shift {
	case codeowners.Removed:
		becomes = "nobody is asked now"
	case codeowners.Emptied:
		becomes = fmt.Sprintf("line %d takes the owners away", g.HeadLine)
	case codeowners.Widened:
		becomes = named(g.After) + " may approve alone now"
	case codeowners.Lowered:
		becomes = "fewer approvals are asked for now"
	default:
		becomes = "it is for " + named(g.After) + " now"
	}
	if why := causeOf(g); why != "" {
		becomes += ", since " + why
	}
	return asked + ": " + becomes + "."
}

// causeOf says how it came about.
func causeOf(g codeowners.DifferenceGroup) string {
	switch g.Cause {
	case codeowners.RuleDeleted:
		return "the line is gone"
	case codeowners.Hijacked:
		return fmt.Sprintf("line %d stands after the one that decided", g.HeadLine)
	case codeowners.LineSkipped:
		return "the host cannot read the line any more"
	case codeowners.FileIgnored:
		return "the host does not read the file any more"
	case codeowners.Renamed:
		return "it was " + g.From
	}
	return ""
}

// shownPaths names paths; one that does not exist yet stands for new files.
func shownPaths(paths []string) string {
	var real []string
	for _, name := range paths {
		if !strings.Contains(name, codeowners.NewName) {
			real = append(real, name)
		}
	}
	if len(real) == 0 {
		return "New files in " + path.Dir(strings.ReplaceAll(paths[0], codeowners.NewName, "…")) + "/"
	}
	return some(real)
}

func needs(paths []string) string {
	n := 0
	for _, name := range paths {
		if !strings.Contains(name, codeowners.NewName) {
			n++
		}
	}
	if n == 1 {
		return "needs"
	}
	return "need"
}
