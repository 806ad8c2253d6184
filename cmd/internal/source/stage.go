package source

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// A StagedFile is a regular file that the index holds and HEAD does not, or not
// with the same content.
type StagedFile struct {
	Path string
	// Load returns the content in the index. A path in conflict fails to load.
	Load func() ([]byte, error)

	entry entry
}

// StagedFiles lists the regular files that the next commit changes, sorted by
// path. A broken index is an *Incomplete.
func (r *Repo) StagedFiles(ctx context.Context, opts Options) ([]StagedFile, error) {
	old, err := r.Head(ctx)
	if err != nil {
		return nil, err
	}
	if old == "" {
		if old, err = r.emptyTree(ctx); err != nil {
			return nil, err
		}
	}
	changes, _, err := r.staged(ctx, old)
	if err != nil {
		return nil, err
	}
	var list []StagedFile
	for _, c := range changes {
		switch {
		case c.unmerged:
			list = append(list, StagedFile{Path: c.now.path, Load: unreadable(c.now.path, errUnmerged).Load})
		case isRegular(c.now) && !c.old.same(c.now) && validPath(c.now.path):
			list = append(list, StagedFile{Path: c.now.path, Load: r.file(c.now, opts.maxBytes()).Load, entry: c.now})
		}
	}
	slices.SortFunc(list, func(a, b StagedFile) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

func isRegular(e entry) bool { return strings.HasPrefix(e.mode, "100") }

// A Restaged is what is to take the place of a staged file.
type Restaged struct {
	File    StagedFile
	Content []byte
}

// Restage puts other content in the place of what the index holds: all of it, or
// nothing where that fails, as when the index does not hold one of the files any
// more. The content is taken as it is, without the filters of .gitattributes; modes
// stay. It is the one thing in this package that writes, and it writes objects and
// entries of the index.
func (r *Repo) Restage(ctx context.Context, list []Restaged) error {
	var lines bytes.Buffer
	paths := make([]string, len(list))
	for i, c := range list {
		e := c.File.entry
		if !isRegular(e) {
			return fmt.Errorf("%s is not a regular file of the index", printable(c.File.Path))
		}
		id, err := r.store(ctx, c.Content)
		if err != nil {
			return err
		}
		fmt.Fprintf(&lines, "%s %s\t%s\x00", e.mode, id, e.path)
		paths[i] = e.path
	}
	now, err := r.indexAt(ctx, paths)
	if err != nil {
		return err
	}
	for _, c := range list {
		if !slices.Contains(now[c.File.Path], c.File.entry) || len(now[c.File.Path]) != 1 {
			return fmt.Errorf("%s was staged anew meanwhile", printable(c.File.Path))
		}
	}
	_, err = r.git.feed(ctx, lines.Bytes(), "update-index", "-z", "--index-info")
	return err
}

// store writes a blob and gives its ID.
func (r *Repo) store(ctx context.Context, content []byte) (string, error) {
	if content == nil {
		content = []byte{} // an empty file, and not no input
	}
	reply, err := r.git.feed(ctx, content, "hash-object", "-w", "-t", "blob", "--stdin")
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(reply.out))
	if !isID(id) {
		return "", fmt.Errorf("git hash-object: %w", errListing)
	}
	return id, nil
}

// indexAt gives the entries of the index at exactly these paths.
func (r *Repo) indexAt(ctx context.Context, paths []string) (map[string][]entry, error) {
	found := map[string][]entry{}
	for some := range someLiterals(paths) {
		reply, err := r.git.run(ctx, append([]string{"ls-files", "--stage", "-z", "--"}, some...)...)
		if err != nil {
			return nil, indexError(err)
		}
		list, err := parseIndex(reply.out)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			found[e.path] = append(found[e.path], e)
		}
	}
	return found, nil
}

// The size of one list of paths on a command line.
const (
	maxListed      = 500
	maxListedBytes = 64 << 10
)

// someLiterals yields paths as literal patterns, as many at a time as fit on a
// command line.
func someLiterals(paths []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		var some []string
		size := 0
		for _, path := range paths {
			if len(some) == maxListed || size+len(path) > maxListedBytes && len(some) > 0 {
				if !yield(some) {
					return
				}
				some, size = nil, 0
			}
			some, size = append(some, literal(path)), size+len(path)
		}
		if len(some) > 0 {
			yield(some)
		}
	}
}

// A Version is what a commit, or the index, has at a path.
type Version struct {
	Path   string
	Commit string // "" for the index
	Load   func() ([]byte, error)
}

// maxVersions is how many commits Versions looks at, the newest first.
const maxVersions = 10_000

// Versions lists what the commits of HEAD and of the branches of remotes, as this
// clone last saw them, put at some paths, and what the index has there: of each
// path every regular file once, with the first commit that has it, parents first
// and the index last. complete is false where the clone is shallow or there are
// more commits than are looked at.
func (r *Repo) Versions(ctx context.Context, paths []string, opts Options) (list []Version, complete bool, err error) {
	shallow, err := r.git.run(ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return nil, false, err
	}
	head, err := r.Head(ctx)
	if err != nil {
		return nil, false, err
	}
	v := versions{repo: r, ctx: ctx, limit: opts.maxBytes(), wanted: wantedPaths(paths), seen: map[pair]bool{}}
	v.complete = strings.TrimSpace(string(shallow.out)) != "true"
	for some := range someLiterals(paths) {
		if err := v.ofCommits([]byte(head+"\n"), some, "--remotes"); err != nil {
			return nil, false, err
		}
	}
	staged, err := r.indexAt(ctx, paths)
	if err != nil {
		return nil, false, err
	}
	for _, path := range paths {
		for _, e := range staged[path] {
			v.add(e, "")
		}
	}
	return v.list, v.complete, nil
}

// versions collects what was at some paths.
type versions struct {
	repo     *Repo
	ctx      context.Context
	limit    int64
	wanted   map[string]bool
	seen     map[pair]bool
	complete bool
	list     []Version
}

func (v *versions) add(e entry, commit string) {
	// What is staged may have been committed before, and is listed nevertheless.
	if !v.wanted[e.path] || !isRegular(e) || commit != "" && v.seen[pair{e.path, e.id}] {
		return
	}
	v.seen[pair{e.path, e.id}] = true
	v.list = append(v.list, Version{Path: e.path, Commit: commit, Load: v.repo.file(e, v.limit).Load})
}

// ofCommits adds what commits put at some paths, given as patterns. Which commits,
// the standard input and the options of git rev-list say.
func (v *versions) ofCommits(in []byte, patterns []string, which ...string) error {
	args := append([]string{"rev-list", "--ignore-missing", "--stdin", "--full-history", "--topo-order", "--reverse", fmt.Sprintf("--max-count=%d", maxVersions)}, which...)
	commits, err := v.repo.git.feed(v.ctx, bytes.TrimLeft(in, "\n"), append(append(args, "--"), patterns...)...)
	if err != nil {
		return v.repo.cannotRead(v.ctx, err)
	}
	if bytes.Count(commits.out, []byte("\n")) >= maxVersions {
		v.complete = false
	}
	if len(commits.out) == 0 {
		return nil
	}
	args = []string{"diff-tree", "--stdin", "-r", "-m", "--root", "--raw", "-z", "--no-renames", "--no-abbrev", "--"}
	reply, err := v.repo.git.feed(v.ctx, commits.out, append(args, patterns...)...)
	if err != nil {
		return v.repo.cannotRead(v.ctx, err)
	}
	for raw, err := range parseRaw(reply.out) {
		if err != nil {
			return fmt.Errorf("git diff-tree: %w", err)
		}
		last := len(raw.modes) - 1
		v.add(entry{path: raw.path, mode: raw.modes[last], id: raw.ids[last], stage: "0"}, raw.commit)
	}
	return nil
}
