package source

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

var (
	errUnmerged = errors.New("it is unmerged: resolve the conflict and stage it")
	errBadPath  = errors.New("its path is one that git never writes")
)

// sides makes files of what git lists of two sides. It serves one call.
type sides struct {
	repo    *Repo
	ctx     context.Context
	limit   int64
	list    func() ([]entry, error) // all entries of the now side
	changes map[string]change

	links   map[string]string // text of all links of the now side; nil until needed
	modules [2]map[string]string
}

// set makes the files of both sides.
func (s *sides) set(changedOnly bool) (Set, error) {
	set := Set{Root: s.repo.root, HasOld: true}
	var now []entry
	if changedOnly {
		for _, c := range s.changes {
			if c.now.exists() || c.unmerged {
				now = append(now, c.now)
			}
		}
	} else {
		var err error
		if now, err = s.list(); err != nil {
			return Set{}, err
		}
	}
	set.Files = slices.Grow(set.Files, len(now))
	conflicts := map[string]bool{} // which have up to three entries
	for _, e := range now {
		c, changed := s.changes[e.path]
		unmerged := changed && c.unmerged || e.stage != "0"
		if conflicts[e.path] {
			continue
		}
		if unmerged {
			conflicts[e.path] = true
		}
		file, err := s.file(e, unmerged)
		if err != nil {
			return Set{}, err
		}
		if !unmerged {
			file.Unchanged = !changed || s.unchanged(c.old, e)
		}
		if !changedOnly || !file.Unchanged {
			set.Files = append(set.Files, file)
		}
	}
	for _, c := range s.changes {
		if c.old.exists() && (c.unmerged || !s.unchanged(c.old, c.now)) {
			set.Before = append(set.Before, s.repo.oldFile(c.old, s.limit))
		}
	}
	sortFiles(set.Files)
	sortFiles(set.Before)
	return set, nil
}

// file is the file of an entry of the now side.
func (s *sides) file(e entry, unmerged bool) (checks.File, error) {
	switch {
	case !validPath(e.path):
		return unreadable(e.path, errBadPath), nil
	case unmerged:
		return unreadable(e.path, errUnmerged), nil
	case e.mode == modeSubmodule:
		return opaqueSubmodule(e.path), nil
	case e.mode == modeLink:
		out, err := s.linkLeaves(e)
		if err != nil {
			return checks.File{}, err
		}
		if out {
			return opaqueLink(e.path), nil
		}
	}
	return s.repo.file(e, s.limit), nil
}

// file is the file of a blob. That of a link is its text.
func (r *Repo) file(e entry, limit int64) checks.File {
	return checks.File{Path: e.path, Blob: e.id, Link: e.mode == modeLink, Load: func() ([]byte, error) { return r.blobs.read(e.id, "blob", limit) }}
}

// oldFile is the file of an entry that no longer stands.
func (r *Repo) oldFile(e entry, limit int64) checks.File {
	switch {
	case !validPath(e.path):
		return unreadable(e.path, errBadPath)
	case e.mode == modeSubmodule:
		return opaqueSubmodule(e.path)
	}
	return r.file(e, limit)
}

// linkLeaves tells whether the link of an entry leads out of the tree. A link
// that cannot be read is left to its Load, which says why.
func (s *sides) linkLeaves(e entry) (bool, error) {
	text, err := s.repo.blobs.read(e.id, "blob", maxLinkBytes)
	if err != nil {
		return false, s.ctx.Err()
	}
	if err := s.readLinks(); err != nil {
		return false, err
	}
	return leaves(e.path, string(text), func(path string) (string, bool) {
		text, ok := s.links[path]
		return text, ok
	}), nil
}

func (s *sides) readLinks() error {
	if s.links != nil {
		return nil
	}
	all, err := s.list()
	if err != nil {
		return err
	}
	s.links = map[string]string{}
	for _, e := range all {
		if e.mode != modeLink {
			continue
		}
		if text, err := s.repo.blobs.read(e.id, "blob", maxLinkBytes); err == nil {
			s.links[e.path] = string(text)
		}
	}
	return s.ctx.Err()
}

// unchanged tells whether what is judged at a path is the same on both sides. A
// submodule is known by its source, whatever version of it is used.
func (s *sides) unchanged(old, now entry) bool {
	if old.same(now) && old.mode != modeSubmodule {
		return true
	}
	if old.mode != modeSubmodule || now.mode != modeSubmodule {
		return false
	}
	modules, changed := s.changes[".gitmodules"]
	if !changed || modules.old.same(modules.now) {
		return true
	}
	if s.modules[0] == nil {
		s.modules[0], s.modules[1] = s.sources(modules.old), s.sources(modules.now)
	}
	before, ok := s.modules[0][old.path]
	after, ok2 := s.modules[1][now.path]
	return ok && ok2 && before == after
}

// sources is where the submodules come from, by path. A .gitmodules file that
// cannot be read has none, so that they all count as new.
func (s *sides) sources(e entry) map[string]string {
	sources := map[string]string{}
	if !e.exists() {
		return sources
	}
	config, err := s.repo.config(s.ctx, `^submodule\..*\.(path|url)$`, "--blob="+e.id)
	if err != nil {
		return sources
	}
	urls := map[string]string{}
	for _, c := range config {
		if name, ok := strings.CutSuffix(c.key, ".url"); ok {
			urls[name] = c.value
		}
	}
	for _, c := range config {
		if name, ok := strings.CutSuffix(c.key, ".path"); ok {
			sources[c.value] += "\x00" + urls[name]
		}
	}
	return sources
}
