package source

import (
	"context"
	"fmt"
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

// Restage puts other content in the place of what the index holds at a path. The
// content is taken as it is, without the filters of .gitattributes; the mode
// stays. It is the one thing in this package that writes, and it writes an object
// and one entry of the index. It fails where the index does not hold what f is any
// more; then the index is as it was.
func (r *Repo) Restage(ctx context.Context, f StagedFile, content []byte) error {
	if !isRegular(f.entry) {
		return fmt.Errorf("%s is not a regular file of the index", printable(f.Path))
	}
	if content == nil {
		content = []byte{} // an empty file, and not no input
	}
	reply, err := r.git.feed(ctx, content, "hash-object", "-w", "-t", "blob", "--stdin")
	if err != nil {
		return err
	}
	id := strings.TrimSpace(string(reply.out))
	if !isID(id) {
		return fmt.Errorf("git hash-object: %w", errListing)
	}
	now, err := r.index(ctx, f.Path)
	if err != nil {
		return err
	}
	if len(now) != 1 || now[0] != f.entry {
		return fmt.Errorf("%s was staged anew meanwhile", printable(f.Path))
	}
	line := f.entry.mode + " " + id + "\t" + f.Path + "\x00"
	_, err = r.git.feed(ctx, []byte(line), "update-index", "-z", "--index-info")
	return err
}

// A Version is what a commit put at a path.
type Version struct {
	Commit string
	Load   func() ([]byte, error)
}

// maxVersions is how many commits Versions looks at, the newest first.
const maxVersions = 10_000

// Versions lists what the commits of HEAD and of the branches of remotes, as this
// clone last saw them, put at a path: each regular file once, with the first
// commit that has it, parents first. complete is false where the clone is shallow
// or there are more commits than are looked at.
func (r *Repo) Versions(ctx context.Context, path string, opts Options) (list []Version, complete bool, err error) {
	commits, complete, err := r.commitsOf(ctx, path)
	if err != nil || len(commits) == 0 {
		return nil, complete, err
	}
	reply, err := r.git.feed(ctx, commits, "diff-tree", "--stdin", "-r", "-m", "--root", "--raw", "-z", "--no-renames", "--no-abbrev",
		"--", literal(path))
	if err != nil {
		return nil, false, r.cannotRead(ctx, err)
	}
	seen := map[string]bool{}
	for raw, err := range parseRaw(reply.out) {
		if err != nil {
			return nil, false, fmt.Errorf("git diff-tree: %w", err)
		}
		last := len(raw.modes) - 1
		e := entry{path: raw.path, mode: raw.modes[last], id: raw.ids[last], stage: "0"}
		if e.path != path || !isRegular(e) || seen[e.id] {
			continue
		}
		seen[e.id] = true
		list = append(list, Version{Commit: raw.commit, Load: r.file(e, opts.maxBytes()).Load})
	}
	return list, complete, nil
}

// commitsOf lists the commits that change a path, parents first, one on a line.
func (r *Repo) commitsOf(ctx context.Context, path string) (commits []byte, complete bool, err error) {
	shallow, err := r.git.run(ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return nil, false, err
	}
	head, err := r.Head(ctx)
	if err != nil {
		return nil, false, err
	}
	args := []string{"rev-list", "--full-history", "--topo-order", "--reverse", fmt.Sprintf("--max-count=%d", maxVersions), "--remotes"}
	if head != "" {
		args = append(args, head)
	}
	reply, err := r.git.run(ctx, append(args, "--", literal(path))...)
	if err != nil {
		return nil, false, r.cannotRead(ctx, err)
	}
	complete = strings.TrimSpace(string(shallow.out)) != "true" && strings.Count(string(reply.out), "\n") < maxVersions
	return reply.out, complete, nil
}
