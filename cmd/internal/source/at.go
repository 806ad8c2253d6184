package source

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// Index stands for the git index where a revision is asked for.
const Index = ":"

// ListAt gives the files of a revision at prefix or below it, or all for "",
// sorted by path. None is no error. The error is an *Incomplete if this clone does
// not hold the revision.
func (r *Repo) ListAt(ctx context.Context, rev, prefix string, opts Options) ([]checks.File, error) {
	all := func(under string) ([]entry, error) { return r.entries(ctx, rev, under) }
	entries, err := all(prefix)
	if err != nil {
		return nil, err
	}
	s := sides{repo: r, ctx: ctx, limit: opts.maxBytes(), list: func() ([]entry, error) { return all("") }}
	var files []checks.File
	for _, e := range entries {
		file, err := s.file(e, e.stage != "0")
		if err != nil {
			return nil, err
		}
		if e.stage != "0" && len(files) > 0 && files[len(files)-1].Path == e.path {
			continue // a conflict has up to three entries
		}
		files = append(files, file)
	}
	sortFiles(files)
	return files, nil
}

// ReadAt gives the content of a file of a revision. The error is fs.ErrNotExist if
// it has none at that path, checks.ErrTooLarge over the limit, and an *Incomplete
// if this clone does not hold the revision.
func (r *Repo) ReadAt(ctx context.Context, rev, path string, opts Options) ([]byte, error) {
	entries, err := r.entries(ctx, rev, path)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(entries, func(e entry) bool { return e.path == path })
	if i < 0 {
		return nil, fmt.Errorf("read %s at %s: %w", printable(path), printable(rev), fs.ErrNotExist)
	}
	switch e := entries[i]; {
	case e.stage != "0":
		err = errUnmerged
	case !strings.HasPrefix(e.mode, "100"):
		err = fmt.Errorf("it is a link or a submodule, not a file")
	default:
		var data []byte
		if data, err = r.blobs.read(e.id, "blob", opts.maxBytes()); err == nil {
			return data, nil
		}
	}
	return nil, fmt.Errorf("read %s at %s: %w", printable(path), printable(rev), err)
}

// entries lists what stands at a path of a revision or below it.
func (r *Repo) entries(ctx context.Context, rev, under string) ([]entry, error) {
	under = strings.TrimSuffix(under, "/")
	if rev == Index {
		return r.index(ctx, under)
	}
	id, err := r.commit(ctx, rev)
	if err != nil {
		return nil, err
	}
	if id == "" {
		remote, _, err := r.remote(ctx)
		if err != nil {
			return nil, err
		}
		return nil, &Incomplete{
			Reason: "the revision " + printable(rev) + " is not in this clone",
			Mend:   fetchCommand(remote, rev),
		}
	}
	return r.tree(ctx, id, under)
}
