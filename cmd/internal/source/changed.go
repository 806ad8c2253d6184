package source

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Changed is what a head changes over a base, by name: what a host lists as the
// changed files of a pull request. Unlike Range it reads no history, and nothing
// counts as unchanged: a new mode and a new version of a submodule are changes.
type Changed struct {
	Base, MergeBase, Head string // IDs of commits
	Files                 []ChangedFile
}

// ChangedFile is one path that differs between the merge base and the head.
type ChangedFile struct {
	Path string
	// From is the name that the file had before, where git takes it for renamed.
	From string
	// Added and Deleted tell that only one side has it; a renamed file is neither.
	Added, Deleted bool
}

// maxRenamed bounds how many deleted and added files are compared with one another
// for what they hold. Over it, only files that were moved as they are count as
// renamed; the others are listed as deleted and added.
const maxRenamed = "1000"

// Changed lists what head changes over base; "" for head is HEAD. The files are
// sorted by path. The error is an *Incomplete as that of Range.
func (r *Repo) Changed(ctx context.Context, base, head string) (*Changed, error) {
	if head == "" {
		head = "HEAD"
	}
	ends, err := r.preflight(ctx, base, head)
	if err != nil {
		return nil, err
	}
	// A rename is found by what files hold; the base is there to be read by the caller.
	for _, other := range []string{ends.MergeBase, ends.Base} {
		if err := r.haveAll(ctx, other, ends.Head); err != nil {
			return nil, err
		}
	}
	reply, err := r.git.run(ctx, "diff-tree", "-r", "-z", "--name-status", "--find-renames=50%", "-l"+maxRenamed,
		"--ignore-submodules=none", ends.MergeBase, ends.Head, "--")
	if err != nil {
		return nil, r.cannotRead(ctx, err)
	}
	files, err := parseNameStatus(reply.out)
	if err != nil {
		return nil, fmt.Errorf("git diff-tree: %w", err)
	}
	return &Changed{Base: ends.Base, MergeBase: ends.MergeBase, Head: ends.Head, Files: files}, nil
}

// parseNameStatus reads what git diff-tree --name-status -z writes: a letter, for
// renames with a number behind it, and one path, or two of a rename.
func parseNameStatus(out []byte) ([]ChangedFile, error) {
	var files []ChangedFile
	f, status := ChangedFile{}, ""
	for record := range records(out) {
		switch {
		case status == "":
			if record == "" || !strings.Contains("ADMTR", record[:1]) {
				return nil, errListing
			}
			status = record[:1]
			f = ChangedFile{Added: status == "A", Deleted: status == "D"}
			continue
		case status == "R":
			f.From, status = record, "to"
			continue
		}
		f.Path, status = record, ""
		files = append(files, f)
	}
	if status != "" {
		return nil, errListing
	}
	slices.SortFunc(files, func(a, b ChangedFile) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}
