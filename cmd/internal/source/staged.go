package source

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// Staged is the git index, which the next commit will hold, against HEAD; before
// the first commit the old side is empty. It reads no file of the work tree. A
// path in conflict fails to load; one that is only intended to be added is left
// out, as git leaves it out of the commit. A broken index is an *Incomplete.
func (r *Repo) Staged(ctx context.Context, opts Options) (Set, error) {
	old, err := r.Head(ctx)
	if err != nil {
		return Set{}, err
	}
	if old == "" {
		if old, err = r.emptyTree(ctx); err != nil {
			return Set{}, err
		}
	}
	changes, intended, err := r.staged(ctx, old)
	if err != nil {
		return Set{}, err
	}
	list := func() ([]entry, error) {
		all, err := r.index(ctx, "")
		return slices.DeleteFunc(all, func(e entry) bool { return intended[e.path] }), err
	}
	s := sides{repo: r, ctx: ctx, limit: opts.maxBytes(), list: list, changes: changes}
	set, err := s.set(opts.ChangedOnly)
	set.Past = r.past(ctx, "", opts)
	return set, err
}

// emptyTree is the ID of the tree without files, which git knows without having
// it; it depends on the hash of the repository.
func (r *Repo) emptyTree(ctx context.Context) (string, error) {
	reply, err := r.git.run(ctx, "hash-object", "-t", "tree", "--stdin")
	return strings.TrimSpace(string(reply.out)), err
}

// staged gives what differs between a commit or tree and the index, and the paths
// that are only intended to be added (git add --intent-to-add).
func (r *Repo) staged(ctx context.Context, old string) (changes map[string]change, intended map[string]bool, err error) {
	visible, err := r.diffIndex(ctx, old, "--ita-visible-in-index")
	if err != nil {
		return nil, nil, err
	}
	// An intended entry has the ID of an empty blob, which few others have.
	mayBeIntended := func(c change) bool { return c.now.exists() && isEmptyBlob(c.now.id) }
	if !slices.ContainsFunc(visible, mayBeIntended) {
		return byPath(visible), nil, nil
	}
	real, err := r.diffIndex(ctx, old, "--ita-invisible-in-index")
	if err != nil {
		return nil, nil, err
	}
	changes, intended = byPath(real), map[string]bool{}
	for _, c := range visible {
		if mayBeIntended(c) && !changes[c.now.path].now.exists() {
			intended[c.now.path] = true
		}
	}
	return changes, intended, nil
}

func isEmptyBlob(id string) bool {
	return id == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391" ||
		id == "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"
}

func (r *Repo) diffIndex(ctx context.Context, old, intended string) ([]change, error) {
	reply, err := r.git.run(ctx, "diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev",
		"--ignore-submodules=none", intended, old, "--")
	if err != nil {
		return nil, indexError(err)
	}
	changes, err := parseChanges(reply.out)
	if errors.Is(err, errListing) {
		return nil, errors.New("git diff-index: " + err.Error())
	}
	return changes, err
}

func byPath(list []change) map[string]change {
	changes := make(map[string]change, len(list))
	for _, c := range list {
		changes[c.now.path] = c
	}
	return changes
}
