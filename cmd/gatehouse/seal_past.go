package main

import (
	"fmt"
	"slices"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
)

// lookIntoCommits tells where a commit holds one of the values in plain text, in
// the same file. What was pushed must be rotated; what was only committed can
// still be taken back.
func (s *sealing) lookIntoCommits(repo *source.Repo, past past, values seal.Values) error {
	name := past.name
	versions, complete, err := repo.Versions(s.ctx, name, source.Options{})
	if err != nil {
		return err
	}
	for _, v := range versions {
		data, err := v.Load()
		if err != nil {
			complete = false
			continue
		}
		if err := past.hold(s, repo, v.Commit, values.In(name, data)); err != nil {
			return err
		}
	}
	if !complete {
		fmt.Fprintf(s.told, "%s: whether older commits hold the values is not known: this clone does not have all of them\n", printableName(name))
	}
	return past.tell(s, repo)
}

// past is what the commits hold of the values of one file.
type past struct {
	name            string   // from the root of the repository
	add             string   // the command, with its "&&", that stages the file
	pushed, unsaid  []string // keys
	pushedIn, local string   // the first commit of each
	commits         int      // that were not pushed
}

func (p *past) hold(s *sealing, repo *source.Repo, commit string, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	pushed, err := repo.Pushed(s.ctx, commit)
	switch {
	case err != nil:
		return err
	case pushed:
		p.pushed = append(p.pushed, keys...)
		if p.pushedIn == "" {
			p.pushedIn = commit
		}
	default:
		p.unsaid = append(p.unsaid, keys...)
		p.commits++
		if p.local == "" {
			p.local = commit
		}
	}
	return nil
}

func (p *past) tell(s *sealing, repo *source.Repo) error {
	name := printableName(p.name)
	if len(p.pushed) > 0 {
		s.exposed = true
		fmt.Fprintf(s.stderr, "gatehouse: %s: pushed in plain text with commit %.12s: rotate %s; sealing does not take back what others may have read\n", name, p.pushedIn, named(p.pushed))
	}
	if p.local == "" {
		return nil
	}
	head, err := repo.Head(s.ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "gatehouse: %s: commit %.12s holds %s in plain text, and was not pushed yet\n", name, p.local, named(p.unsaid))
	if p.commits == 1 && p.local == head {
		fmt.Fprintf(s.stderr, "hint: %sgit commit --amend --no-edit\n", p.add)
		return nil
	}
	fmt.Fprintf(s.stderr, "hint: commit the sealed file, and squash it into that commit with git rebase --interactive %.12s^ before you push\n", p.local)
	return nil
}

// named lists keys, each once.
func named(keys []string) string {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) == 1 {
		return fmt.Sprintf("the value of %q", keys[0])
	}
	text := "the values of"
	for i, key := range keys {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(" %q", key)
	}
	return text
}
