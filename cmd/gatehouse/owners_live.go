package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/github"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

// liveApproval is what GitHub says of the approvals that a change needs.
type liveApproval struct {
	// Approved are the people who have approved the head, without its author.
	Approved []string `json:"approved"`
	// Missing are the approvals that are left, those of former owners among them. Null
	// where it is not known who has approved.
	Missing []approvalNeed `json:"missing"`
	// CannotApprove are owners who are named and whom GitHub asks for nothing: what they
	// alone own nobody is asked about.
	CannotApprove []ownerStanding `json:"cannotApprove"`
	// Unknown are owners of whom the token may not see whether they can.
	Unknown []ownerStanding `json:"unknown"`
	// Unseen says what else GitHub did not show.
	Unseen []string `json:"unseen"`
}

// ownerStanding is what GitHub says of one owner.
type ownerStanding struct {
	Owner  string `json:"owner"`
	Reason string `json:"reason"`
}

// whoApprovesLive draws the approvals from both sides and from what GitHub says: of
// owners who cannot approve, none is asked for.
func (s changeSides) whoApprovesLive(l *live) (changeApproval, error) {
	gone, standing, err := l.standing(s.owners())
	if err != nil {
		return changeApproval{}, err
	}
	asked := s.whoApproves(gone, l.people)
	asked.Live = &standing
	for _, n := range l.notRun {
		standing.Unseen = append(standing.Unseen, n.Reason)
	}
	standing.Approved = append([]string{}, l.people.approvers...)
	if l.host.Approved != nil {
		changes, _ := s.changes()
		needed := slices.Concat(s.baseTip.file.Required(changes, gone).Requirements, codeowners.FormerOwners(s.differences(), gone))
		standing.Missing = needsOf(codeowners.Missing(needed, l.people.approvers, func(person string, owner codeowners.Owner) bool {
			return l.people.standsFor(person, owner.Text)
		}))
	}
	return asked, nil
}

// owners are those whose approval may be asked for, each once.
func (s changeSides) owners() []codeowners.Owner {
	changes, _ := s.changes()
	demand := s.baseTip.file.Required(changes, nil)
	seen := map[string]bool{}
	var list []codeowners.Owner
	for _, r := range slices.Concat(demand.Requirements, demand.Suggested, codeowners.FormerOwners(s.differences(), nil)) {
		for _, owner := range r.Owners {
			if !seen[owner.Key()] {
				seen[owner.Key()] = true
				list = append(list, owner)
			}
		}
	}
	return list
}

// standing asks of each owner whether they can approve.
func (l *live) standing(owners []codeowners.Owner) (gone codeowners.OwnerSet, a liveApproval, err error) {
	a = liveApproval{CannotApprove: []ownerStanding{}, Unknown: []ownerStanding{}, Unseen: []string{}}
	var names []string
	for _, owner := range owners {
		access, err := l.people.of(owner.Text)
		if err != nil {
			return nil, a, err
		}
		said := ownerStanding{uncredentialed(owner.Text), access.Reason}
		switch access.Standing {
		case github.CannotApprove:
			names = append(names, owner.Text)
			a.CannotApprove = append(a.CannotApprove, said)
		case github.Unknown:
			a.Unknown = append(a.Unknown, said)
		}
	}
	return codeowners.NewOwnerSet(names...), a, nil
}

// members are the people behind an owner, as "@login", where GitHub tells.
func (p people) members(owner codeowners.Owner) (names []string, known bool) {
	if owner.Kind != codeowners.Team || p.client == nil {
		return nil, false
	}
	a, err := p.of(owner.Text)
	if err != nil || a.Members == nil {
		return nil, false
	}
	for _, login := range a.Members {
		names = append(names, "@"+login)
	}
	return names, true
}

// text tells people what GitHub says.
func (a liveApproval) text(verbose bool) string {
	var b strings.Builder
	if a.Missing != nil {
		fmt.Fprintf(&b, "\napproved by %s\n", nobodyOrNames(a.Approved))
		if len(a.Missing) == 0 {
			b.WriteString("no approval is missing\n")
		}
		needs(&b, "\nmissing:\n", a.Missing, verbose)
	}
	standings(&b, "\ncannot approve, so that nobody is asked for them:\n", a.CannotApprove)
	standings(&b, "\nnot known whether they can approve:\n", a.Unknown)
	for _, what := range a.Unseen {
		fmt.Fprintf(&b, "\nnot seen: %s\n", printable(what))
	}
	return b.String()
}

func standings(b *strings.Builder, title string, list []ownerStanding) {
	if len(list) == 0 {
		return
	}
	b.WriteString(title)
	for _, s := range list {
		fmt.Fprintf(b, "  %s: %s\n", printable(s.Owner), printable(s.Reason))
	}
}
