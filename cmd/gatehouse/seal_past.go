package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
)

// lookBack tells where the past of the files that were sealed holds one of their
// values in plain text. What was pushed must be rotated; what was only committed
// can still be taken back.
func (s *sealing) lookBack() {
	groups := map[*source.Repo][]sealedFile{}
	var order []*source.Repo
	for _, f := range s.done {
		var err error
		if f.repo == nil {
			f.repo, err = s.repoOf(f.folder)
		}
		if err == nil && f.repo != nil && f.name == "" {
			f.name, err = fromRoot(f.repo.Root(), f.path)
		}
		if err != nil {
			s.fail(unknownPast(f.path, err))
			continue
		}
		if f.repo == nil || f.name == "" {
			continue // nobody keeps its past
		}
		if groups[f.repo] == nil {
			order = append(order, f.repo)
		}
		groups[f.repo] = append(groups[f.repo], f)
	}
	for _, repo := range order {
		if err := s.lookInto(repo, groups[repo]); err != nil {
			s.fail(unknownPast(groups[repo][0].path, err))
		}
	}
}

// unknownPast is the exit where a file is sealed and its past could not be read.
func unknownPast(path string, err error) error {
	e := exitOf(sourceExitOf(err))
	e.code, e.message = exitIncomplete, fmt.Sprintf("%s is sealed; whether its values were committed before is not known: %s", path, e.message)
	return e
}

// fromRoot is the path of a file from the root of its repository; "" where it
// leads out.
func fromRoot(root, path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if absolute, err = filepath.EvalSymlinks(absolute); err != nil || root == "" {
		return "", err
	}
	name, err := filepath.Rel(root, absolute)
	if name = filepath.ToSlash(name); err != nil || name == ".." || strings.HasPrefix(name, "../") {
		return "", err
	}
	return name, nil
}

// past is what a repository holds of the values of one file.
type past struct {
	sealedFile
	indexed         []string // keys of values in the index
	pushed, unsaid  []string // keys of values in commits
	pushedIn, local string   // the first commit of each
	commits         int      // that were not pushed
}

// lookInto looks into the commits and the index of one repository.
func (s *sealing) lookInto(repo *source.Repo, files []sealedFile) error {
	pasts, names := map[string]*past{}, []string{}
	for _, f := range files {
		if pasts[f.name] == nil {
			pasts[f.name] = &past{sealedFile: f}
			names = append(names, f.name)
		}
	}
	versions, complete, err := repo.Versions(s.ctx, names, source.Options{})
	if err != nil {
		return err
	}
	pushed := map[string]bool{}
	for _, v := range versions {
		data, err := v.Load()
		if err != nil {
			complete = false
			continue
		}
		p := pasts[v.Path]
		keys := p.values.In(v.Path, data)
		if _, ok := pushed[v.Commit]; !ok && len(keys) > 0 && v.Commit != "" {
			if pushed[v.Commit], err = repo.Pushed(s.ctx, v.Commit); err != nil {
				return err
			}
		}
		p.hold(v.Commit, pushed[v.Commit], keys)
	}
	if !complete {
		fmt.Fprintln(s.told, "whether older commits hold the values is not known: this clone does not have all of them")
	}
	head, err := repo.Head(s.ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		pasts[name].tell(s, head)
	}
	return nil
}

func (p *past) hold(commit string, pushed bool, keys []string) {
	switch {
	case len(keys) == 0:
	case commit == "":
		p.indexed = append(p.indexed, keys...)
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
}

func (p *past) tell(s *sealing, head string) {
	path := printable(p.path)
	add := ""
	if len(p.indexed) > 0 && !s.dry {
		add = "git add " + shellWord(p.path)
		fmt.Fprintf(s.told, "%s: the index still holds %s in plain text: %s\n", path, named(p.indexed), add)
		add += " && "
	}
	if len(p.pushed) > 0 {
		s.exposed = true
		fmt.Fprintf(s.stderr, "gatehouse: %s: pushed in plain text with commit %.12s: rotate %s; sealing does not take back what others may have read\n", path, p.pushedIn, named(p.pushed))
	}
	if p.local == "" {
		return
	}
	fmt.Fprintf(s.stderr, "gatehouse: %s: commit %.12s holds %s in plain text, and was not pushed yet\n", path, p.local, named(p.unsaid))
	if p.commits == 1 && p.local == head {
		fmt.Fprintf(s.stderr, "hint: %sgit commit --amend --no-edit\n", add)
		return
	}
	fmt.Fprintf(s.stderr, "hint: commit the sealed file, and squash it into that commit with git rebase --interactive %.12s^ before you push\n", p.local)
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

// shellWord writes a word for a shell.
func shellWord(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+@%=:,") == "" {
		return s
	}
	return shellQuoted(printable(s))
}
