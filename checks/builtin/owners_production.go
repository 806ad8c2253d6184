package builtin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

func ownersProduction(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-production",
		Title:    "Files of an environment do not have the owners that it must have",
		Category: checks.Owners,
		Severity: checks.Error,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "The configuration says who must own the files of an environment (`owners.include`), or who alone may (`owners.only`). " +
			"Where CODEOWNERS says otherwise, a change of production is approved by people who were not meant to. The usual reason is a later or shorter line: " +
			"the last line that matches decides alone, and `/clusters/production/*` does not reach into folders.",
		Fix: "Give the folder of the environment a line of its own in CODEOWNERS, after all others that match its files: `/clusters/production/ @acme/sre`.",
		Bad: []string{`-- .gatehouse/config.yaml --
version: 1
environments:
- name: production
  paths: [clusters/production]
  owners:
    include: ["@acme/sre"]
-- CODEOWNERS --
*                       @acme/everyone
/clusters/production/*  @acme/sre
-- clusters/production/web/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`, `-- .gatehouse/config.yaml --
version: 1
environments:
- name: production
  paths: [clusters/production]
  owners:
    only: ["@acme/sre"]
-- CODEOWNERS --
/clusters/production/  @acme/sre @intern
-- clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`, `-- .gatehouse/config.yaml --
version: 1
environments:
- name: production
  paths: [clusters/production]
  owners:
    include: ["@acme/sre"]
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
  owners:
    include: ["@acme/sre"]
    only: ["@acme/sre", "@acme/platform"]
-- CODEOWNERS --
*                      @acme/everyone
/clusters/production/  @acme/sre @acme/platform
-- clusters/production/web/web.yaml --
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
			for _, env := range s.Environments {
				if len(env.Include)+len(env.Only) > 0 {
					reportDemanded(p, o, t, env)
				}
			}
			return nil
		},
	}
}

func reportDemanded(p *checks.Pass, o *ownership, t checks.Tree, env Environment) {
	if o.file == nil {
		if slices.ContainsFunc(t.Paths, func(path string) bool { return t.Layout.Environment(path) == env.Name }) {
			p.Report(checks.Report{
				Where: checks.Location{File: configFile}, Inner: env.Name,
				Message: fmt.Sprintf("The files of environment %s must be owned by %s, and the repository has no CODEOWNERS file that %s reads.",
					env.Name, strings.Join(slices.Concat(env.Include, env.Only), " "), o.dialect.HostName()),
			})
		}
		return
	}
	include, only := codeowners.NewOwnerSet(env.Include...), codeowners.NewOwnerSet(env.Only...)
	for i, path := range o.paths {
		if t.Layout.Environment(path) != env.Name {
			continue
		}
		a := o.answers[i]
		if fault := demandFault(a, include, only); fault != "" {
			p.Report(checks.Report{
				Where: checks.Location{File: path}, Inner: env.Name,
				Message: fmt.Sprintf("In environment %s, %s %s; %s says so%s.", env.Name, path, fault, o.location.File, lineOf(a.Line)),
				Fix:     fmt.Sprintf("Below all other lines that match it, write `/%s %s` into %s.", folderPattern(path), strings.Join(slices.Concat(env.Include, env.Only)[:1], " "), o.location.File),
			})
		}
	}
}

// folderPattern is the pattern for the folder of a file; that of one in the root is the
// file itself.
func folderPattern(file string) string {
	if i := strings.LastIndexByte(file, '/'); i >= 0 {
		return file[:i+1]
	}
	return file
}

// demandFault says what is wrong with the owners of a path; "" for nothing.
func demandFault(a codeowners.Ownership, include, only codeowners.OwnerSet) string {
	if !a.Asks() {
		return "is owned by nobody, and must be owned by " + strings.Join(keys(include, only), " ")
	}
	if len(include) > 0 && !slices.ContainsFunc(a.Owners, include.Has) {
		return "is owned by " + named(a.Owners) + " and not by " + strings.Join(keys(include), " or ")
	}
	if len(only) > 0 {
		if i := slices.IndexFunc(a.Owners, func(owner codeowners.Owner) bool { return !only.Has(owner) }); i >= 0 {
			return "is also owned by " + a.Owners[i].String() + ", and may be owned by " + strings.Join(keys(only), " ") + " alone"
		}
	}
	return ""
}

func keys(sets ...codeowners.OwnerSet) []string {
	var list []string
	for _, set := range sets {
		for key := range set {
			list = append(list, key)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func lineOf(line int) string {
	if line == 0 {
		return ", as no line of it matches"
	}
	return fmt.Sprintf(" on line %d", line)
}
