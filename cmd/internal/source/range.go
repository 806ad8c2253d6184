package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// maxMessages bounds the bytes of all commit messages of a range together.
const maxMessages = 64 << 20

// Range is what commits bring: the commits that head holds and base does not. Its
// Set is the tree of head against the tree of the merge base.
type Range struct {
	Set
	Base, MergeBase, Head string // IDs of commits

	// History holds, sorted by path, what stands at neither end: every pair of path
	// and blob that a commit of the range has and none of its parents, and every blob
	// that is new in the range. Commit is the first commit that has it. The parents
	// count because what they have came with a commit of the range, and stands here
	// for that one, or from the base, and is not brought by the range. Versions of
	// submodules are no blobs and are not here.
	History []checks.File
	// Messages are those of all commits, parents first.
	Messages []Message

	// Counts, to compare with what a host says of a pull request: a range that a
	// clone shows too little of must not pass as a small one.
	Commits int // merge commits included; GitHub's commits
	Changed int // paths that differ between merge base and head; a rename is two
	Blobs   int // different new blobs
}

// Message is the message of a commit.
type Message struct{ Commit, Text string }

// Range gives what head brings over base; "" for head is HEAD. Both are
// revisions of this clone. The error is an *Incomplete where the clone does not
// hold all that is needed: it is shallow or partial, or a commit is not in it.
func (r *Repo) Range(ctx context.Context, base, head string, opts Options) (*Range, error) {
	if head == "" {
		head = "HEAD"
	}
	ends, err := r.preflight(ctx, base, head)
	if err != nil {
		return nil, err
	}
	w := walk{repo: r, ctx: ctx, limit: opts.maxBytes(), out: ends}
	for _, step := range []func(changedOnly bool) error{w.countBlobs, w.compareEnds, w.collectHistory, w.readMessages} {
		if err := step(opts.ChangedOnly); err != nil {
			return nil, err
		}
	}
	w.out.Past = r.past(ctx, w.out.Head, opts)
	return w.out, nil
}

// walk collects what a range brings.
type walk struct {
	repo  *Repo
	ctx   context.Context
	limit int64
	out   *Range

	blobs   []entry           // new blobs, each with one of its paths
	changes map[string]change // from the merge base to the head
	tree    []entry           // of the head
}

// countBlobs lists the new blobs.
//
// git rev-list uses a bitmap index only if told to. With one, a blob that the base
// had once, long ago, would not count as new.
func (w *walk) countBlobs(bool) error {
	reply, err := w.repo.git.run(w.ctx, "rev-list", "--objects", "--filter=object:type=blob", w.out.Head, "^"+w.out.Base, "--")
	if err != nil {
		return w.repo.cannotRead(w.ctx, err)
	}
	for line := range strings.Lines(string(reply.out)) {
		id, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if id != w.out.Head { // asked for by name, and so listed whatever the filter says
			w.blobs = append(w.blobs, entry{path: path, id: id})
		}
	}
	w.out.Blobs = len(w.blobs)
	return nil
}

// compareEnds makes the files of the head and the merge base.
func (w *walk) compareEnds(changedOnly bool) error {
	r := w.repo
	if err := r.haveAll(w.ctx, w.out.MergeBase, w.out.Head); err != nil {
		return err
	}
	reply, err := r.git.run(w.ctx, "diff-tree", "-r", "--raw", "-z", "--no-renames", "--no-abbrev",
		"--ignore-submodules=none", w.out.MergeBase, w.out.Head, "--")
	if err != nil {
		return r.cannotRead(w.ctx, err)
	}
	changes, err := parseChanges(reply.out)
	if err != nil {
		return fmt.Errorf("git diff-tree: %w", err)
	}
	w.changes, w.out.Changed = byPath(changes), len(changes)
	if w.tree, err = r.tree(w.ctx, w.out.Head, ""); err != nil {
		return err
	}
	list := func() ([]entry, error) { return w.tree, nil }
	s := sides{repo: r, ctx: w.ctx, limit: w.limit, list: list, changes: w.changes}
	w.out.Set, err = s.set(changedOnly)
	return err
}

// pair is a blob at a path.
type pair struct{ path, id string }

// collectHistory lists the commits and the pairs that stand at neither end.
func (w *walk) collectHistory(bool) error {
	reply, err := w.repo.git.run(w.ctx, "rev-list", "--topo-order", "--reverse", w.out.Head, "^"+w.out.Base, "--")
	if err != nil {
		return w.repo.cannotRead(w.ctx, err)
	}
	commits := strings.Fields(string(reply.out))
	w.out.Commits = len(commits)
	for _, id := range commits {
		w.out.Messages = append(w.out.Messages, Message{Commit: id})
	}
	if len(commits) == 0 {
		return nil
	}
	ends, known := w.standing()
	// -c shows of a merge what no parent has: the rest came with a commit of its own.
	reply, err = w.repo.git.feed(w.ctx, reply.out, "diff-tree", "--stdin", "-r", "-c", "--root", "--raw", "-z",
		"--no-renames", "--no-abbrev", "--ignore-submodules=none")
	if err != nil {
		return w.repo.cannotRead(w.ctx, err)
	}
	for raw, err := range parseRaw(reply.out) {
		if err != nil {
			return fmt.Errorf("git diff-tree: %w", err)
		}
		last := len(raw.modes) - 1
		e := entry{path: raw.path, mode: raw.modes[last], id: raw.ids[last]}
		if e.mode == modeAbsent || e.mode == modeSubmodule || ends[pair{e.path, e.id}] {
			continue
		}
		ends[pair{e.path, e.id}], known[e.id] = true, true
		w.add(e, raw.commit)
	}
	// Each new blob has a pair by now. If git rev-list and git diff-tree should ever
	// disagree, about trees made by hand, a blob is still not left out.
	for _, e := range w.blobs {
		if !known[e.id] {
			w.add(e, w.out.Head)
		}
	}
	sortFiles(w.out.History)
	return nil
}

func (w *walk) add(e entry, commit string) {
	file := w.repo.oldFile(e, w.limit)
	file.Commit = commit
	w.out.History = append(w.out.History, file)
}

// standing gives the pairs that stand at the head or the merge base, and the
// blobs that stand at the head.
func (w *walk) standing() (pairs map[pair]bool, blobs map[string]bool) {
	pairs, blobs = make(map[pair]bool, len(w.tree)), make(map[string]bool, len(w.tree))
	for _, e := range w.tree {
		pairs[pair{e.path, e.id}], blobs[e.id] = true, true
	}
	for _, c := range w.changes {
		if c.old.exists() {
			pairs[pair{c.old.path, c.old.id}] = true
		}
	}
	return pairs, blobs
}

// readMessages reads the messages of all commits.
func (w *walk) readMessages(bool) error {
	left := int64(maxMessages)
	for i := range w.out.Messages {
		m := &w.out.Messages[i]
		data, err := w.repo.blobs.read(m.Commit, "commit", left)
		if errors.Is(err, checks.ErrTooLarge) {
			return &Incomplete{
				Reason: fmt.Sprintf("the commit messages of the range are larger than %d MiB", maxMessages>>20),
				Mend:   "git rebase --interactive " + w.out.MergeBase,
			}
		}
		if err != nil {
			return fmt.Errorf("read commit %s: %w", m.Commit, err)
		}
		// The headers end at the first empty line.
		_, m.Text, _ = strings.Cut(string(data), "\n\n")
		left -= int64(len(data))
	}
	return nil
}

// preflight finds the ends of a range, or what this clone lacks for it.
func (r *Repo) preflight(ctx context.Context, base, head string) (*Range, error) {
	ends := &Range{}
	var err error
	if ends.Base, err = r.commit(ctx, base); err != nil {
		return nil, err
	}
	if ends.Head, err = r.commit(ctx, head); err != nil {
		return nil, err
	}
	shallow, err := r.git.run(ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return nil, err
	}
	lack := &Incomplete{}
	var mends []string
	remote, _, err := r.remote(ctx)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(string(shallow.out)) == "true" {
		lack.Reason = "the clone is shallow, so that commits of the range may be missing"
		mend := "git fetch --unshallow"
		if remote != "" {
			mend += " " + quote(remote)
		}
		mends = append(mends, mend)
	}
	for _, end := range []struct{ name, rev, id string }{{"base", base, ends.Base}, {"head", head, ends.Head}} {
		if end.id != "" {
			continue
		}
		if lack.Reason == "" {
			lack.Reason = "the " + end.name + " " + printable(end.rev) + " is not in this clone"
		}
		if mend := fetchCommand(remote, end.rev); !slices.Contains(mends, mend) {
			mends = append(mends, mend)
		}
	}
	if len(mends) > 0 {
		lack.Mend = strings.Join(mends, " && ")
		return nil, lack
	}
	ends.MergeBase, err = r.mergeBase(ctx, ends.Base, ends.Head)
	if err != nil {
		return nil, r.cannotRead(ctx, err)
	}
	if ends.MergeBase == "" {
		return nil, &Incomplete{
			Reason: "the base " + printable(base) + " and the head " + printable(head) + " have no commit in common",
			Mend:   "git merge --allow-unrelated-histories " + quote(base),
		}
	}
	return ends, nil
}

// mergeBase is the best commit that two commits have in common; "" if none.
func (r *Repo) mergeBase(ctx context.Context, a, b string) (string, error) {
	reply, err := r.git.run(ctx, "merge-base", a, b)
	if exitedWith(err, 1) {
		return "", nil
	}
	return strings.TrimSpace(string(reply.out)), err
}

// fetchCommand is the command after which a revision is in this clone.
func fetchCommand(remote, rev string) string {
	switch name, isRemote := strings.CutPrefix(strings.TrimPrefix(rev, "refs/remotes/"), remote+"/"); {
	case rev == "HEAD":
		return "git commit"
	case remote == "":
		return "git remote add origin URL && git fetch origin"
	case isID(rev):
		return "git fetch " + quote(remote) + " " + rev
	case strings.ContainsAny(rev, "~^@:"):
		return "git fetch " + quote(remote)
	case isRemote:
		return "git fetch " + quote(remote) + " " + quote("+refs/heads/"+name+":refs/remotes/"+remote+"/"+name)
	default:
		return "git fetch " + quote(remote) + " " + quote(rev+":"+rev)
	}
}

// haveAll makes sure of a partial clone that it holds the files of two commits.
func (r *Repo) haveAll(ctx context.Context, a, b string) error {
	_, partial, err := r.remote(ctx)
	if err != nil || !partial {
		return err
	}
	if _, err := r.git.run(ctx, "rev-list", "--objects", "--no-walk", "--quiet", a, b, "--"); err != nil {
		return r.cannotRead(ctx, err)
	}
	return nil
}

// cannotRead makes an *Incomplete of the error of a command that read commits and
// trees by their IDs: all that it can fail of are objects that are not there or
// damaged. A partial clone has a remote that promised to give them.
func (r *Repo) cannotRead(ctx context.Context, failure error) error {
	e, ok := errors.AsType[*gitError](failure)
	if !ok || !exitedWith(failure, 128) {
		return failure
	}
	remote, partial, err := r.remote(ctx)
	if err != nil {
		return err
	}
	lack := &Incomplete{
		Reason: "objects of the range cannot be read (" + e.line() + ")",
		Mend:   "git fsck --full",
	}
	if partial {
		lack.Reason = "objects of the range are missing from this clone, which is a partial one"
		lack.Mend = "git fetch --refetch --no-filter " + quote(remote)
	}
	return lack
}
