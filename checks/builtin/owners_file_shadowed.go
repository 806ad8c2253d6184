package builtin

import (
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

func ownersFileShadowed(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-file-shadowed",
		Title:    "CODEOWNERS file is not read",
		Category: checks.Owners,
		Severity: checks.Warning,
		Needs:    []checks.Need{checks.NeedTree},
		Why: "A host reads one CODEOWNERS file, the first that it finds (on GitHub `.github/`, then the root, then `docs/`). Every other one is decoration: " +
			"it names owners who are never asked. A file in another place, in other letters or of 3 MB and more is not read at all; where that leaves " +
			"the repository without owners it is an error.",
		Fix: "Keep one file, at the place that the host reads first, and delete the others.",
		Bad: []string{`-- .github/CODEOWNERS --
* @acme/everyone
-- CODEOWNERS --
/clusters/production/ @acme/sre
-- clusters/production/web.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web}
`, `-- .github/workflows/gate.yaml --
on: pull_request
-- .github/codeowners --
* @acme/everyone
`},
		Good: []string{`-- .github/CODEOWNERS --
* @acme/everyone
/clusters/production/ @acme/sre
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
			reportUnread(p, o, s.Owners.AlsoOn)
			return nil
		},
	}
}

func reportUnread(p *checks.Pass, o *ownership, others []codeowners.Dialect) {
	host := o.dialect.HostName()
	for _, file := range o.location.Shadowed {
		p.Report(checks.Report{
			Where:   checks.Location{File: file},
			Message: fmt.Sprintf("%s reads %s and never this file.", host, o.location.File),
		})
	}
	for _, file := range o.location.Unread {
		switch {
		case o.location.File == "":
			p.Report(checks.Report{
				Where: checks.Location{File: file}, Severity: checks.Error,
				Message: fmt.Sprintf("%s does not read a CODEOWNERS file here, and there is no other: the repository has no owners.", host),
				Fix:     "Move it to " + o.dialect.Locations()[0] + ".",
			})
		case !readThere(file, others):
			p.Report(checks.Report{
				Where: checks.Location{File: file}, Severity: checks.Notice,
				Message: fmt.Sprintf("%s reads %s and never this file.", host, o.location.File),
			})
		}
	}
	if o.file == nil {
		return
	}
	for _, issue := range o.file.Issues {
		switch issue.Kind {
		case codeowners.TooLarge:
			p.Report(checks.Report{
				Where: o.at(0), Inner: string(issue.Kind), Severity: checks.Error,
				Message: strings.TrimSuffix(issue.Message, ".") + fmt.Sprintf(": none of the %d files of the repository has an owner.", len(o.paths)),
				Fix:     "Make the file smaller: name folders and not files.",
			})
		case codeowners.NearTheLimit:
			p.Report(checks.Report{Where: o.at(0), Inner: string(issue.Kind), Message: full(issue.Message), Fix: "Make the file smaller: name folders and not files."})
		}
	}
}

// readThere tells whether one of some hosts reads a CODEOWNERS file at this place.
func readThere(file string, hosts []codeowners.Dialect) bool {
	for _, h := range hosts {
		for _, place := range h.Locations() {
			if place == file {
				return true
			}
		}
	}
	return false
}
