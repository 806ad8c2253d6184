package builtin

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

func ownersMissing(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-missing",
		Title:    "Files of an environment have no owner of their own",
		Category: checks.Owners,
		Severity: checks.Warning,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "What nobody owns in CODEOWNERS can be merged without anybody in particular having looked at it. A rule for everything (`*`) does not help: " +
			"it asks whoever is there, and once any other line matches it asks nobody.\n\n" +
			"The files of the environments that the configuration declares are judged, one finding for each line that leaves them so.",
		Fix: "Add a line to CODEOWNERS that names the owners of the environment's folder, with a slash at its end: `/clusters/production/ @acme/sre`.",
		Bad: []string{`-- .gatehouse/config.yaml --
version: 1
environments:
- name: production
  paths: [clusters/production]
-- CODEOWNERS --
*             @acme/everyone
/apps/        @acme/apps
-- clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`},
		Good: []string{`-- .gatehouse/config.yaml --
version: 1
environments:
- name: production
  paths: [clusters/production]
-- CODEOWNERS --
*                      @acme/everyone
/clusters/production/  @acme/sre
/.gatehouse/           @acme/sre
-- clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`},
		Reads: readsOwners,
		Tree: func(p *checks.Pass, t checks.Tree) error {
			o, err := ownersOf(t, s.Owners)
			if err != nil {
				return err
			}
			for _, env := range t.Layout.Environments {
				reportMissing(p, o, t.Layout, env.Name)
			}
			return nil
		},
	}
}

func reportMissing(p *checks.Pass, o *ownership, layout checks.Layout, env string) {
	if o.file == nil {
		return // owners-production tells of it where owners are asked for
	}
	groups := o.grouped(func(path string, a codeowners.Ownership) bool {
		return !o.covered(a) && layout.Environment(path) == env
	})
	for _, g := range groups {
		p.Report(checks.Report{
			Where: o.at(g.answer.Line), Inner: env + "\x00" + g.identity(),
			Message: fmt.Sprintf("In environment %s, %s %s %s.", env, some(g.paths), be(g.paths), o.state(g.answer)),
		})
	}
}
