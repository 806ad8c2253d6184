package builtin

import (
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

func ownersUnknown(s Settings) checks.Check {
	return checks.Check{
		ID:       "owners-unknown",
		Title:    "CODEOWNERS names an owner who cannot approve",
		Category: checks.Owners,
		Severity: checks.Error,
		Needs:    []checks.Need{checks.NeedTree, checks.NeedHost},
		Why: "An owner who does not exist, cannot be seen or may not write to the repository is never asked. Where a line names nobody else, its files are owned by nobody, " +
			"and the host lets them in without an owner's approval. GitHub does not say which of the three it is.\n\n" +
			"It is judged by the host's own list, with `gatehouse check --live`.",
		Fix: "Correct the name, give the person or the team the right to write, or make the team visible; or name another owner.",
		Bad: []string{`-- CODEOWNERS --
/clusters/ @acme/gone
-- api.github.com/repos/acme/fleet/codeowners/errors --
{"errors": [{
  "line": 1, "column": 12, "kind": "Unknown owner", "source": "/clusters/ @acme/gone", "path": "CODEOWNERS",
  "message": "Unknown owner on line 1: make sure the team @acme/gone exists, is publicly visible, and has write access to the repository"
}]}
`},
		Good: []string{`-- CODEOWNERS --
/clusters/ @acme/sre
-- api.github.com/repos/acme/fleet/codeowners/errors --
{"errors": []}
`},
		Reads: readsOwners,
		Tree: func(p *checks.Pass, t checks.Tree) error {
			o, err := ownersOf(t, s.Owners)
			if err != nil || o.file == nil || s.Host == nil {
				return err
			}
			for _, u := range s.Host.Unknown {
				if u.Path != o.location.File {
					continue
				}
				p.Report(checks.Report{Where: o.at(u.Line), Inner: "unknown", Message: unknownMessage(o, u)})
			}
			return nil
		},
	}
}

func unknownMessage(o *ownership, u UnknownOwner) string {
	for _, rule := range o.file.Rules {
		if rule.Line == u.Line {
			return fmt.Sprintf("%s does not take an owner of this line (%s): %s", o.dialect.HostName(), named(rule.Owners), full(firstLine(u.Message)))
		}
	}
	return fmt.Sprintf("%s does not take an owner of this line: %s", o.dialect.HostName(), full(firstLine(u.Message)))
}

// firstLine is what a host says in its first line; the others quote the file.
func firstLine(message string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
	return line
}
