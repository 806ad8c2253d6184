package builtin

import (
	"fmt"
	"path"
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks"
)

func ownersNewDirectory(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-new-directory",
		Title:    "New folder has no owner of its own",
		Category: checks.Owners,
		Severity: checks.Warning,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "A folder that a change brings is a new thing that somebody has to look after: an application, an environment, a team. Now is when it is known who that is. " +
			"Where no line of CODEOWNERS but the one for everything covers it, later changes of it need nobody in particular.\n\n" +
			"It is judged where there is a CODEOWNERS file, for the topmost folder that is new.",
		Fix: "Add a line for the folder to CODEOWNERS, in the same change: `/apps/web/ @acme/web`.",
		Bad: []string{`-- base/CODEOWNERS --
*           @acme/everyone
/apps/shop/ @acme/shop
-- base/apps/shop/shop.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: shop}
-- head/CODEOWNERS --
*           @acme/everyone
/apps/shop/ @acme/shop
-- head/apps/shop/shop.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: shop}
-- head/apps/web/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`},
		Good: []string{`-- base/CODEOWNERS --
*           @acme/everyone
/apps/shop/ @acme/shop
-- base/apps/shop/shop.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: shop}
-- head/CODEOWNERS --
*           @acme/everyone
/apps/shop/ @acme/shop
/apps/web/  @acme/web
-- head/apps/shop/shop.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: shop}
-- head/apps/web/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`},
		Reads: readsOwners,
		Change: func(p *checks.Pass, c checks.Change) error {
			o, err := ownersOf(c.Now, s.Owners)
			if err != nil || o.file == nil {
				return err
			}
			for _, dir := range newFolders(c) {
				reportNewFolder(p, o, dir)
			}
			return nil
		},
	}
}

// newFolders are the topmost folders that only the side that is judged has, sorted.
func newFolders(c checks.Change) []string {
	came := func() (list []string) {
		for _, f := range c.Files {
			if f.Before == nil && f.Now != nil {
				list = append(list, f.Path)
			}
		}
		return list
	}()
	if len(came) == 0 {
		return nil
	}
	known := map[string]bool{".": true}
	for _, name := range c.Before.Paths {
		for dir := path.Dir(name); !known[dir]; dir = path.Dir(dir) {
			known[dir] = true
		}
	}
	var folders []string
	for _, name := range came {
		top := ""
		for dir := path.Dir(name); !known[dir]; dir = path.Dir(dir) {
			top = dir
		}
		if top != "" {
			folders = append(folders, top)
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

func reportNewFolder(p *checks.Pass, o *ownership, dir string) {
	var uncovered []string
	var first byAnswer
	for i, name := range o.paths {
		if len(name) > len(dir) && name[:len(dir)] == dir && name[len(dir)] == '/' && !o.covered(o.answers[i]) {
			if len(uncovered) == 0 {
				first.answer = o.answers[i]
			}
			uncovered = append(uncovered, name)
		}
	}
	if len(uncovered) == 0 {
		return
	}
	p.Report(checks.Report{
		Where: checks.Location{File: uncovered[0]}, Inner: dir,
		Message: fmt.Sprintf("The folder %s/ is new, and %s in it %s %s.", dir, some(uncovered), be(uncovered), o.state(first.answer)),
		Fix:     fmt.Sprintf("Add a line for it to %s, in the same change: /%s/ and its owners.", o.location.File, dir),
	})
}
