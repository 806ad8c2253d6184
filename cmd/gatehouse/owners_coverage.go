package main

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

// ownersTally counts files by what CODEOWNERS makes of them. Every file is in one of
// the last four.
type ownersTally struct {
	Files     int `json:"files"`
	Owned     int `json:"owned"`     // by owners below the fallback
	Fallback  int `json:"fallback"`  // only by owners of everything, or that stand for nobody in particular
	Cleared   int `json:"cleared"`   // by nobody: a line takes the owners away
	Unmatched int `json:"unmatched"` // by nobody: no line matches
}

// environmentOwners counts the files of one environment.
type environmentOwners struct {
	Environment string `json:"environment"`
	ownersTally
	// Include and Only are the owners that the configuration asks for; Misowned
	// counts the files that do not have them.
	Include  []string `json:"include,omitempty"`
	Only     []string `json:"only,omitempty"`
	Misowned int      `json:"misowned"`
}

// folderOwners counts the files in and below a folder; the root is "".
type folderOwners struct {
	Folder string `json:"folder"`
	ownersTally
}

// ownersGap is a folder in which no file has an owner below the fallback, or files
// directly in a folder where others have.
type ownersGap struct {
	Folder string `json:"folder"`
	Whole  bool   `json:"whole"` // no file in or below it has one
	ownersTally
	// Owners are those of the fallback.
	Owners []string `json:"owners"`
}

// ownersCovered is the answer of --coverage.
type ownersCovered struct {
	ownersHead
	Counts       ownersTally         `json:"counts"`
	Environments []environmentOwners `json:"environments"`
	Gaps         []ownersGap         `json:"gaps"`

	folders []folderOwners
}

func (p program) ownersCoverage(c *cli.Context, call ownersCall) error {
	t, err := p.openOwnersTree(c.Context, call)
	if err != nil {
		return err
	}
	covered := t.coverage()
	p.warn(covered.ownersHead, call.verbose)
	err = p.write(c, append(textOrJSON(), report.HTML), func(format string) (string, error) {
		switch format {
		case "json":
			return withLines(covered, "folders", covered.folders)
		case report.HTML:
			return string(report.CoveragePage(covered.page(), report.Tool{Name: "gatehouse", Version: version()})), nil
		}
		return covered.text(call.verbose), nil
	})
	return cmp.Or(err, covered.uncertain())
}

// coverage asks for every file of the tree.
func (t ownersTree) coverage() ownersCovered {
	covered := ownersCovered{ownersHead: t.file.head(t.paths, t.paths), Environments: []environmentOwners{}}
	byFolder := map[string]*folderOwners{"": {}}
	byEnvironment := map[string]*environmentOwners{}
	demands := t.demands(byEnvironment)
	layout := t.settings.Config.Layout()
	answers := make([]codeowners.Ownership, len(t.paths))
	for i, name := range t.paths {
		o := t.file.Owners(name)
		answers[i] = o
		state := t.file.tallyOf(o)
		for dir := folderOf(name); ; dir = folderOf(dir) {
			if byFolder[dir] == nil {
				byFolder[dir] = &folderOwners{Folder: dir}
			}
			byFolder[dir].add(state)
			if dir == "" {
				break
			}
		}
		if len(layout.Environments) == 0 {
			continue
		}
		env := layout.Environment(name)
		if byEnvironment[env] == nil {
			byEnvironment[env] = &environmentOwners{Environment: env}
		}
		byEnvironment[env].add(state)
		if !demands[env].met(o) {
			byEnvironment[env].Misowned++
		}
	}
	for _, f := range byFolder {
		covered.folders = append(covered.folders, *f)
	}
	slices.SortFunc(covered.folders, func(a, b folderOwners) int { return strings.Compare(a.Folder, b.Folder) })
	for _, e := range byEnvironment {
		covered.Environments = append(covered.Environments, *e)
	}
	slices.SortFunc(covered.Environments, func(a, b environmentOwners) int {
		return cmp.Or(b.Misowned-a.Misowned, worse(a.ownersTally, b.ownersTally), strings.Compare(a.Environment, b.Environment))
	})
	covered.Counts = byFolder[""].ownersTally
	covered.Gaps = t.file.gaps(t.paths, answers, byFolder)
	for i := range covered.folders {
		covered.folders[i].Folder = uncredentialed(covered.folders[i].Folder)
	}
	return covered
}

// ownersDemand is who must own the files of an environment.
type ownersDemand struct{ include, only codeowners.OwnerSet }

// demands reads what the configuration asks of environments, each of which gets a
// row, files or not.
func (t ownersTree) demands(rows map[string]*environmentOwners) map[string]ownersDemand {
	demands := map[string]ownersDemand{}
	for _, e := range t.settings.Config.Environments {
		row := &environmentOwners{Environment: e.Name}
		if e.Owners == nil {
			e.Owners = &config.EnvironmentOwners{}
		}
		row.Include, row.Only = e.Owners.Include, e.Owners.Only
		rows[e.Name] = row
		demands[e.Name] = ownersDemand{codeowners.NewOwnerSet(row.Include...), codeowners.NewOwnerSet(row.Only...)}
	}
	return demands
}

// met tells whether a file has the owners that are asked for.
func (d ownersDemand) met(o codeowners.Ownership) bool {
	switch {
	case len(d.include)+len(d.only) == 0:
		return true
	case !o.Asks():
		return false
	case len(d.include) > 0 && !slices.ContainsFunc(o.Owners, d.include.Has):
		return false
	}
	return len(d.only) == 0 || !slices.ContainsFunc(o.Owners, func(owner codeowners.Owner) bool { return !d.only.Has(owner) })
}

// folderOf is the folder of a path, "" for the root.
func folderOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}

// tallyOf counts one file.
func (f ownersFile) tallyOf(o codeowners.Ownership) ownersTally {
	switch {
	case o.State == codeowners.Unmatched:
		return ownersTally{Files: 1, Unmatched: 1}
	case o.State == codeowners.Cleared:
		return ownersTally{Files: 1, Cleared: 1}
	case f.fallbackOnly(o):
		return ownersTally{Files: 1, Fallback: 1}
	}
	return ownersTally{Files: 1, Owned: 1}
}

func (t *ownersTally) add(o ownersTally) {
	t.Files += o.Files
	t.Owned += o.Owned
	t.Fallback += o.Fallback
	t.Cleared += o.Cleared
	t.Unmatched += o.Unmatched
}

// worse puts first what nobody owns, then what only the fallback owns.
func worse(a, b ownersTally) int {
	return cmp.Or((b.Cleared+b.Unmatched)-(a.Cleared+a.Unmatched), b.Fallback-a.Fallback)
}

// gaps finds the topmost folders in which no file has an owner below the fallback,
// and the folders where only some files directly in them have none; the worst first.
func (f ownersFile) gaps(paths []string, answers []codeowners.Ownership, folders map[string]*folderOwners) []ownersGap {
	found := map[string]*ownersGap{}
	for i, name := range paths {
		state := f.tallyOf(answers[i])
		if state.Owned > 0 {
			continue
		}
		in, whole := folderOf(name), false
		for dir := in; ; dir = folderOf(dir) {
			if folders[dir].Owned > 0 {
				break
			}
			in, whole = dir, true
			if dir == "" {
				break
			}
		}
		if found[in] == nil {
			found[in] = &ownersGap{Folder: uncredentialed(in), Whole: whole, Owners: []string{}}
		}
		g := found[in]
		g.add(state)
		for _, owner := range eachUncredentialed(codeowners.Names(answers[i].Owners)) {
			if !slices.Contains(g.Owners, owner) {
				g.Owners = append(g.Owners, owner)
			}
		}
	}
	list := []ownersGap{}
	for _, g := range found {
		list = append(list, *g)
	}
	slices.SortFunc(list, func(a, b ownersGap) int {
		return cmp.Or(worse(a.ownersTally, b.ownersTally), strings.Compare(a.Folder, b.Folder))
	})
	return list
}
