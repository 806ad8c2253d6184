package builtin

import (
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

func ownersLineSkipped(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-line-skipped",
		Title:    "CODEOWNERS line is not taken as it reads",
		Category: checks.Owners,
		Severity: checks.Error,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "A host drops a line of CODEOWNERS that it cannot read, and says so at most on the page of the file. The paths of that line then belong to whoever " +
			"an earlier line names, or to nobody. What the line would have decided is told with it. It is an error where files of the repository fall to others, " +
			"and a warning where the host reads the line in another way than it looks, or where no file is concerned today.",
		Fix: "Write the line in a form that the host reads.",
		Bad: []string{`-- CODEOWNERS --
*                        @acme/everyone
/clusters/[production]/  @acme/sre
-- clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`, `-- CODEOWNERS --
*                      @acme/everyone
/clusters/production/  @acme/sre, @acme/platform
-- clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`},
		Good: []string{`-- CODEOWNERS --
*                      @acme/everyone   # whoever is there
/clusters/production/  @acme/sre @acme/platform
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
			reportSkipped(p, o)
			return nil
		},
	}
}

func reportSkipped(p *checks.Pass, o *ownership) {
	told := map[codeowners.Issue]bool{}
	for _, c := range o.file.Consequences(o.paths) {
		told[c.Issue] = true
		if c.Issue.Kind == codeowners.TooLarge {
			continue // owners-file-shadowed tells of it
		}
		r := checks.Report{Where: o.at(c.Issue.Line), Inner: c.Issue.Source, Message: full(c.Issue.Message), Fix: instead(c.Issue), Severity: checks.Warning}
		if paths, to := falls(c.Falls); len(paths) > 0 {
			r.Severity = checks.Error
			r.Message = fmt.Sprintf("%s So %s %s owned by %s%s.", full(c.Issue.Message), some(paths), be(paths), to, notBy(c.Falls[0].Meant))
		}
		p.Report(r)
	}
	for _, issue := range o.file.Issues {
		if !told[issue] && (issue.Effect == codeowners.Skipped || issue.Effect == codeowners.Altered) {
			p.Report(checks.Report{Where: o.at(issue.Line), Inner: issue.Source, Message: full(issue.Message), Fix: instead(issue), Severity: checks.Warning})
		}
	}
}

// full ends a sentence.
func full(sentence string) string { return strings.TrimSuffix(sentence, ".") + "." }

// instead says what to write; "" where nothing particular is known.
func instead(i codeowners.Issue) string {
	if i.Suggestion == "" {
		return ""
	}
	return "Write " + i.Suggestion
}

func notBy(meant []codeowners.Owner) string {
	if len(meant) == 0 {
		return ""
	}
	return ", not by " + named(meant)
}
