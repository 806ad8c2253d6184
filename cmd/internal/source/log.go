package source

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Branch is a branch, as this clone last saw it.
type Branch struct {
	Name   string // for people, such as origin/main
	Commit string // its ID
}

// DefaultBranch is the branch that everybody has agreed to: that which the remote
// origin names, else main or master there, else main or master here. It is zero where
// there is none of them.
func (r *Repo) DefaultBranch(ctx context.Context) (Branch, error) {
	for _, ref := range []string{"refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master"} {
		id, err := r.commit(ctx, ref)
		if err != nil {
			return Branch{}, err
		}
		if id != "" {
			return Branch{Name: r.shortName(ctx, ref), Commit: id}, nil
		}
	}
	return Branch{}, nil
}

// shortName is the name of a reference for people; of one that stands for another, the
// name of that.
func (r *Repo) shortName(ctx context.Context, ref string) string {
	if reply, err := r.git.run(ctx, "symbolic-ref", "--quiet", ref); err == nil {
		ref = strings.TrimSpace(string(reply.out))
	}
	for _, prefix := range []string{"refs/remotes/", "refs/heads/"} {
		if short, ok := strings.CutPrefix(ref, prefix); ok {
			return printable(short)
		}
	}
	return printable(ref)
}

// HasRemoteBranches tells whether this clone knows a branch of any remote.
func (r *Repo) HasRemoteBranches(ctx context.Context) (bool, error) {
	reply, err := r.git.run(ctx, "for-each-ref", "--count=1", "--format=%(refname)", "refs/remotes/")
	return len(reply.out) > 0, err
}

// LastChanges gives the times of the newest commits of HEAD that changed each of some
// paths; a path that none did has none. complete is false where the clone is shallow or
// there are more commits than are looked at: then a change may be older than it seems,
// or not be found.
func (r *Repo) LastChanges(ctx context.Context, paths []string) (last map[string]time.Time, complete bool, err error) {
	head, err := r.Head(ctx)
	if err != nil || head == "" {
		return nil, err == nil, err
	}
	shallow, err := r.git.run(ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return nil, false, err
	}
	last, complete = map[string]time.Time{}, strings.TrimSpace(string(shallow.out)) != "true"
	for some := range someLiterals(paths) {
		all, err := r.lastChanges(ctx, head, some, last)
		if err != nil {
			return nil, false, err
		}
		complete = complete && all
	}
	return last, complete, nil
}

// lastChanges adds the times for some paths, given as patterns.
func (r *Repo) lastChanges(ctx context.Context, head string, patterns []string, last map[string]time.Time) (complete bool, err error) {
	args := []string{"rev-list", "--timestamp", fmt.Sprintf("--max-count=%d", maxVersions), head, "--"}
	reply, err := r.git.run(ctx, append(args, patterns...)...)
	if err != nil {
		return false, r.cannotRead(ctx, err)
	}
	times, commits := map[string]time.Time{}, bytes.Buffer{}
	for line := range strings.Lines(string(reply.out)) {
		stamp, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		seconds, err := strconv.ParseInt(stamp, 10, 64)
		if err != nil || !isID(id) {
			return false, fmt.Errorf("git rev-list: %w", errListing)
		}
		times[id] = time.Unix(seconds, 0).UTC()
		fmt.Fprintln(&commits, id)
	}
	if commits.Len() == 0 {
		return true, nil
	}
	// With -c a merge has only the paths that differ from all of its parents.
	args = []string{"diff-tree", "--stdin", "-r", "-c", "--root", "--raw", "-z", "--no-renames", "--no-abbrev", "--"}
	if reply, err = r.git.feed(ctx, commits.Bytes(), append(args, patterns...)...); err != nil {
		return false, r.cannotRead(ctx, err)
	}
	for raw, err := range parseRaw(reply.out) {
		if err != nil {
			return false, fmt.Errorf("git diff-tree: %w", err)
		}
		if at := times[raw.commit]; at.After(last[raw.path]) {
			last[raw.path] = at
		}
	}
	return len(times) < maxVersions, nil
}
