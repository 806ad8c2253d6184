package builtin

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

func ownersNotPortable(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-not-portable",
		Title:    "CODEOWNERS line means other owners on another host",
		Category: checks.Owners,
		Severity: checks.Warning,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "The same line names different people on GitHub, GitLab and Gitea: `/docs` is a whole folder on GitHub and one file on GitLab, `envs/prod/` is anchored to the root there and not here, " +
			"and Gitea takes patterns for regular expressions. Where the configuration says that another host reads the file as well (`owners.alsoOn`), " +
			"the paths are compared that are asked of other people there.",
		Fix: "Write the line in a form that both hosts read alike: from the root, with a slash at the end for a folder.",
		Bad: []string{`-- .gatehouse/config.yaml --
version: 1
owners:
  host: github
  alsoOn: [gitlab]
-- CODEOWNERS --
/docs @acme/writers
-- docs/intro.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`},
		Good: []string{`-- .gatehouse/config.yaml --
version: 1
owners:
  host: github
  alsoOn: [gitlab]
-- CODEOWNERS --
/docs/ @acme/writers
-- docs/intro.yaml --
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
			for _, there := range s.Owners.AlsoOn {
				if there != o.dialect {
					reportUnportable(p, o, there)
				}
			}
			return nil
		},
	}
}

// reportUnportable tells of each line once.
func reportUnportable(p *checks.Pass, o *ownership, there codeowners.Dialect) {
	at := map[[2]int]int{}
	var groups [][]codeowners.Unportable
	for _, u := range codeowners.Portability(o.text, o.dialect, there, o.paths) {
		k := [2]int{u.Here.Line, u.There.Line}
		n, ok := at[k]
		if !ok {
			n = len(groups)
			at[k] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], u)
	}
	for _, g := range groups {
		var paths []string
		for _, u := range g {
			paths = append(paths, u.Path)
		}
		first := g[0]
		line := first.Here.Line
		if line == 0 {
			line = first.There.Line
		}
		p.Report(checks.Report{
			Where: o.at(line), Inner: string(there) + "\x00" + patternOf(first.Here) + "\x00" + patternOf(first.There),
			Message: fmt.Sprintf("%s %s owned by %s on %s and by %s on %s.",
				some(paths), be(paths), named(first.Here.Owners), o.dialect.HostName(), named(first.There.Owners), there.HostName()),
		})
	}
}

func patternOf(a codeowners.Ownership) string {
	if len(a.Decisions) == 0 {
		return ""
	}
	return a.Decisions[len(a.Decisions)-1].Pattern
}
