package builtin

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

func ownersGateFilesUnowned(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-gate-files-unowned",
		Title:    "Files of the gate have no owner",
		Category: checks.Owners,
		Severity: checks.Warning,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "Whoever may change CODEOWNERS, the rules in `.gatehouse/`, the CI workflows, `.sops.yaml` or the certificates that Secrets are sealed with " +
			"decides what the gate lets through: one change takes the owners or the check away, and the next one does what they would have stopped. " +
			"So these files need owners as much as production does.\n\n" +
			"It is judged where CODEOWNERS has a rule. The owners of a rule for everything count here, unless the configuration lists them as a fallback.",
		Fix: "Own them in CODEOWNERS, at its end, so that no other line takes them: `/.github/ @acme/platform`.",
		Bad: []string{`-- CODEOWNERS --
/apps/ @acme/apps
-- apps/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`, `-- .github/CODEOWNERS --
*          @acme/platform
/.github/
`},
		Good: []string{`-- CODEOWNERS --
/apps/       @acme/apps
/CODEOWNERS  @acme/platform
-- apps/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`, `-- .github/CODEOWNERS --
*  @acme/platform
-- .github/workflows/gate.yaml --
on: pull_request
`},
		Reads: readsOwners,
		Tree: func(p *checks.Pass, t checks.Tree) error {
			o, err := ownersOf(t, s.Owners)
			if err != nil || o.file == nil || len(o.file.Rules) == 0 {
				return err
			}
			for _, part := range gateParts(s, o.location.File) {
				reportUnownedGate(p, o, part)
			}
			return nil
		},
	}
}

// gatePart is a kind of files that decide what the gate lets through.
type gatePart struct {
	name string
	is   func(path string) bool
}

func gateParts(s Settings, owners string) []gatePart {
	below := func(folders ...string) func(string) bool {
		return func(path string) bool {
			return slices.ContainsFunc(folders, func(f string) bool { return strings.HasPrefix(path, f) })
		}
	}
	return []gatePart{
		{"CODEOWNERS", func(p string) bool { return p == owners }},
		{"Gatehouse's configuration", below(".gatehouse/")},
		{"CI workflows", func(p string) bool {
			return below(".github/workflows/", ".github/actions/", ".gitea/workflows/", ".forgejo/workflows/", ".circleci/")(p) ||
				slices.Contains([]string{".gitlab-ci.yml", "bitbucket-pipelines.yml", "azure-pipelines.yml", "Jenkinsfile", ".pre-commit-config.yaml"}, p)
		}},
		{"SOPS rules", func(p string) bool { return path.Base(p) == ".sops.yaml" }},
		{"certificates", func(p string) bool {
			return slices.ContainsFunc(s.Certificates, func(c Certificate) bool { return c.Path == p })
		}},
		{"files that the configuration calls part of the gate", func(p string) bool {
			return slices.ContainsFunc(s.Owners.Gate, func(glob string) bool { return checks.MatchPath(glob, p) })
		}},
	}
}

func reportUnownedGate(p *checks.Pass, o *ownership, part gatePart) {
	groups := o.grouped(func(path string, a codeowners.Ownership) bool {
		return part.is(path) && (!a.Asks() || o.onlyNobody(a))
	})
	for _, g := range groups {
		p.Report(checks.Report{
			Where: o.at(g.answer.Line), Inner: part.name + "\x00" + g.identity(),
			Message: fmt.Sprintf("%s (%s) %s %s.", some(g.paths), part.name, be(g.paths), o.state(g.answer)),
		})
	}
}
