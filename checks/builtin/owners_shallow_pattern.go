package builtin

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

func ownersShallowPattern(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-shallow-pattern",
		Title:    "CODEOWNERS pattern does not reach into folders",
		Category: checks.Owners,
		Severity: checks.Warning,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "On GitHub `/apps/base/*` owns the files that lie directly in `apps/base`, and nothing below: `apps/base/podinfo/release.yaml` falls to whatever line matched before, " +
			"usually the fallback. On GitLab `/apps/base` and `/apps/base/**` are such patterns, too. The line reads as if it owned the folder.",
		Fix: "End the pattern with a slash, `/apps/base/`: then it owns everything below the folder.",
		Bad: []string{`-- CODEOWNERS --
*             @global
/apps/base/*  @cloud-ops
-- apps/base/podinfo/release.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: podinfo}
`},
		Good: []string{`-- CODEOWNERS --
*            @global
/apps/base/  @cloud-ops
-- apps/base/podinfo/release.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: podinfo}
`, `-- CODEOWNERS --
*            @global
/apps/*      @cloud-ops
/apps/web/   @web
-- apps/web/release.yaml --
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
			for _, shallow := range o.file.Shallow(o.paths) {
				paths, to := falls(shallow.Falls)
				p.Report(checks.Report{
					Where: o.at(shallow.Rule.Line), Inner: shallow.Rule.Section + "\x00" + shallow.Rule.Pattern,
					Message: fmt.Sprintf("%s does not reach into folders: %s %s not owned by %s but by %s.",
						shallow.Rule.Pattern, some(paths), be(paths), named(shallow.Rule.Owners), to),
					Fix: fmt.Sprintf("Write %s to own everything below the folder.", shallow.Suggestion),
				})
			}
			return nil
		},
	}
}

// falls gives the paths that fall to others than they were meant for, and to whom.
func falls(list []codeowners.Fall) (paths []string, to string) {
	for i, f := range list {
		paths = append(paths, f.Path)
		if i == 0 {
			to = named(f.To.Owners)
		} else if to != named(f.To.Owners) {
			to = "others"
		}
	}
	return paths, to
}
