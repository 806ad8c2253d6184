package builtin

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

func ownersNewFileUnowned(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-new-file-unowned",
		Title:    "New file or environment would have no owner of its own",
		Category: checks.Owners,
		Severity: checks.Warning,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "Rules that name files one by one own what is there today. The next file beside them, or the next environment beside the others, " +
			"would belong to nobody in particular, and whoever adds it needs nobody's approval.\n\n" +
			"A new file in every folder of the environments that the configuration declares is tried, and a new environment beside them.",
		Fix: "Own the folder and not its files: a line such as `/clusters/ @acme/sre`, before those of the single environments.",
		Bad: []string{`-- .gatehouse/config.yaml --
version: 1
environments:
- name: production
  paths: [clusters/production]
-- CODEOWNERS --
*                             @acme/everyone
/clusters/production/web.yaml @acme/sre
-- clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`, `-- .gatehouse/config.yaml --
version: 1
environments:
- name: production
  paths: [clusters/production]
- name: staging
  paths: [clusters/staging]
-- CODEOWNERS --
*                      @acme/everyone
/clusters/production/  @acme/sre
/clusters/staging/     @acme/sre
-- clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
-- clusters/staging/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`},
		Good: []string{`-- .gatehouse/config.yaml --
version: 1
environments:
- name: production
  paths: [clusters/production]
- name: staging
  paths: [clusters/staging]
-- CODEOWNERS --
*                      @acme/everyone
/clusters/             @acme/platform
/clusters/production/  @acme/sre
-- clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
-- clusters/staging/web.yaml --
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
			for _, env := range t.Layout.Environments {
				reportNewFiles(p, o, t.Layout, env.Name)
			}
			reportNewEnvironments(p, o, t.Layout.Environments)
			return nil
		},
	}
}

// reportNewFiles tries a new file in every folder of an environment whose files are
// owned.
func reportNewFiles(p *checks.Pass, o *ownership, layout checks.Layout, env string) {
	owned := map[string]bool{}
	var folders []string
	for i, name := range o.paths {
		if layout.Environment(name) != env {
			continue
		}
		dir := path.Dir(name)
		all, known := owned[dir]
		if !known {
			folders = append(folders, dir)
			all = true
		}
		owned[dir] = all && o.covered(o.answers[i])
	}
	for _, g := range o.tried(folders, func(dir string) bool { return owned[dir] }) {
		p.Report(checks.Report{
			Where: o.at(g.answer.Line), Inner: env + "\x00" + g.identity(),
			Message: fmt.Sprintf("In environment %s, a new file in %s would be %s.", env, someFolders(g.paths), o.state(g.answer)),
		})
	}
}

// tried groups the folders in which a new file would belong to nobody in particular.
func (o *ownership) tried(folders []string, try func(dir string) bool) []byAnswer {
	at := map[string]int{}
	var groups []byAnswer
	for _, dir := range folders {
		a := o.file.Owners(path.Join(dir, codeowners.NewName)).Without(nil)
		if !try(dir) || o.covered(a) {
			continue
		}
		g := byAnswer{answer: a, paths: []string{dir}}
		if n, ok := at[g.identity()]; ok {
			groups[n].paths = append(groups[n].paths, dir)
			continue
		}
		at[g.identity()] = len(groups)
		groups = append(groups, g)
	}
	return groups
}

// reportNewEnvironments tries a new environment beside those that lie beside one
// another.
func reportNewEnvironments(p *checks.Pass, o *ownership, environments []checks.Environment) {
	beside := map[string][]string{}
	for _, env := range environments {
		for _, glob := range env.Paths {
			glob = strings.Trim(strings.TrimSuffix(strings.TrimSuffix(glob, "/**"), "/"), "/")
			if parent := path.Dir(glob); parent != "." && !strings.ContainsAny(parent, "*?[") && !slices.Contains(beside[parent], env.Name) {
				beside[parent] = append(beside[parent], env.Name)
			}
		}
	}
	for _, parent := range slices.Sorted(maps.Keys(beside)) {
		names := beside[parent]
		a := o.file.Owners(path.Join(parent, codeowners.NewName, codeowners.NewName)).Without(nil)
		if len(names) < 2 || o.covered(a) {
			continue
		}
		p.Report(checks.Report{
			Where: o.at(a.Line), Inner: "environment\x00" + parent,
			Message: fmt.Sprintf("A new environment in %s/, beside %s, would be %s.", parent, strings.Join(names, " and "), o.state(a)),
		})
	}
}

func someFolders(dirs []string) string {
	switch n := len(dirs); {
	case n == 1:
		return dirs[0] + "/"
	case n <= 3:
		return strings.Join(dirs[:n-1], "/, ") + "/ or " + dirs[n-1] + "/"
	}
	return fmt.Sprintf("%d folders, such as %s/", len(dirs), strings.Join(dirs[:3], "/, "))
}
