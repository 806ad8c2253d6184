package builtin

import (
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

func ownersShadowed(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-shadowed",
		Title:    "CODEOWNERS line never decides anything",
		Category: checks.Owners,
		Severity: checks.Warning,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "The last line that matches decides alone. A line whose every path a later one takes has no effect: its owners are never asked, " +
			"though the file names them. Most often a broad line was added at the end, below the narrow ones.",
		Fix: "Move the broad line up, before the narrow ones, or delete the line that decides nothing.",
		Bad: []string{`-- CODEOWNERS --
/clusters/production/  @acme/sre
/clusters/             @acme/apps
-- clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`},
		Good: []string{`-- CODEOWNERS --
/clusters/             @acme/apps
/clusters/production/  @acme/sre
-- clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`},
		Reads: readsOwners,
		Tree: func(p *checks.Pass, t checks.Tree) error {
			o, err := ownersOf(t, s.Owners)
			if err != nil || o.file == nil {
				return err
			}
			for _, shadowed := range o.file.Shadowed(o.paths) {
				r := checks.Report{
					Where: o.at(shadowed.Rule.Line), Inner: shadowed.Rule.Section + "\x00" + shadowed.Rule.Pattern,
					Message: fmt.Sprintf("%s %s decides nothing: %s all of its paths.", shadowed.Rule.Pattern, named(shadowed.Rule.Owners), take(shadowed.By)),
				}
				if shadowed.SameOwners {
					r.Severity = checks.Notice
					r.Message = fmt.Sprintf("%s is superfluous: %s all of its paths, for the same owners.", shadowed.Rule.Pattern, take(shadowed.By))
					r.Fix = "Delete the line."
				}
				p.Report(r)
			}
			return nil
		},
	}
}

// take says which lines take paths away.
func take(lines []int) string {
	if len(lines) == 1 {
		return fmt.Sprintf("line %d takes", lines[0])
	}
	var words []string
	for _, line := range lines[:min(len(lines), 3)] {
		words = append(words, fmt.Sprint(line))
	}
	if len(lines) > 3 {
		return fmt.Sprintf("lines %s and %d others take", strings.Join(words, ", "), len(lines)-3)
	}
	return "lines " + strings.Join(words, " and ") + " take"
}
