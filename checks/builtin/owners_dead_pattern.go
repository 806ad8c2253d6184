package builtin

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/checks"
)

func ownersDeadPattern(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-dead-pattern",
		Title:    "CODEOWNERS pattern matches no file",
		Category: checks.Owners,
		Severity: checks.Notice,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "A line that matches nothing is a folder that has moved, or a name that is misspelled: what it was to protect belongs to somebody else now. " +
			"Where only the case of the letters differs it is a warning, since hosts compare paths by case. It may also be meant for files to come.",
		Fix: "Correct the path, or delete the line if what it speaks of is gone.",
		Bad: []string{`-- CODEOWNERS --
*            @acme/platform
/Apps/Base/  @acme/apps
-- apps/base/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`},
		Good: []string{`-- CODEOWNERS --
*            @acme/platform
/apps/base/  @acme/apps
-- apps/base/web.yaml --
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
			shallow := map[int]bool{}
			for _, s := range o.file.Shallow(o.paths) {
				shallow[s.Rule.Line] = true // it is told why
			}
			for _, dead := range o.file.Dead(o.paths) {
				if shallow[dead.Rule.Line] {
					continue
				}
				r := checks.Report{
					Where: o.at(dead.Rule.Line), Inner: dead.Rule.Section + "\x00" + dead.Rule.Pattern,
					Message: fmt.Sprintf("%s matches no file of the repository.", dead.Rule.Pattern),
				}
				if len(dead.OtherCase) > 0 {
					r.Severity = checks.Warning
					r.Message = fmt.Sprintf("%s matches no file: only in other letters does it fit %s.", dead.Rule.Pattern, some(dead.OtherCase))
				}
				p.Report(r)
			}
			return nil
		},
	}
}
