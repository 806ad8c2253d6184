package source

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
)

// entry is what stands at one path of the index or of a tree.
type entry struct {
	path  string
	mode  string // six octal digits, see gitformat-index(5)
	id    string
	stage string // "0", except for an unmerged path of the index
}

const (
	modeAbsent    = "000000"
	modeLink      = "120000"
	modeSubmodule = "160000"
)

func (e entry) exists() bool { return e.mode != modeAbsent && e.mode != "" }

// same tells whether two entries have the same content. The permission bit is
// not content.
func (e entry) same(other entry) bool {
	return e.exists() && other.exists() && e.id == other.id &&
		(e.mode == modeLink) == (other.mode == modeLink) && (e.mode == modeSubmodule) == (other.mode == modeSubmodule)
}

// change is a path whose entry differs between two sides.
type change struct {
	old, now entry // with the same path
	unmerged bool
}

var errListing = errors.New("git answered in a form that is not known")

// records splits an answer that was asked for with -z.
func records(out []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		rest := string(out)
		for rest != "" {
			record, after, _ := strings.Cut(rest, "\x00")
			if !yield(record) {
				return
			}
			rest = after
		}
	}
}

// parseIndex reads what git ls-files --stage writes: "mode ID stage", a tab, path.
func parseIndex(out []byte) ([]entry, error) {
	var list []entry
	for record := range records(out) {
		e, ok := parseStaged(record)
		if !ok {
			return nil, fmt.Errorf("git ls-files: %w", errListing)
		}
		list = append(list, e)
	}
	return list, nil
}

func parseStaged(record string) (entry, bool) {
	meta, path, found := strings.Cut(record, "\t")
	fields := strings.Fields(meta)
	if !found || len(fields) != 3 || path == "" {
		return entry{}, false
	}
	return entry{path: path, mode: fields[0], id: fields[1], stage: fields[2]}, true
}

// parseTree reads what git ls-tree writes: "mode type ID", a tab, path.
func parseTree(out []byte) ([]entry, error) {
	var list []entry
	for record := range records(out) {
		e, ok := parseStaged(record)
		if !ok {
			return nil, fmt.Errorf("git ls-tree: %w", errListing)
		}
		list = append(list, entry{path: e.path, mode: e.mode, id: e.stage, stage: "0"})
	}
	return list, nil
}

// parseChanges reads the raw format of git diff-index and git diff-tree, see "RAW
// OUTPUT FORMAT" in git-diff-tree(1): a colon, "oldmode newmode oldID newID
// status", path as the next record.
func parseChanges(out []byte) ([]change, error) {
	var list []change
	for raw, err := range parseRaw(out) {
		if err != nil {
			return nil, err
		}
		if len(raw.modes) != 2 {
			return nil, errListing
		}
		list = append(list, change{
			old:      entry{path: raw.path, mode: raw.modes[0], id: raw.ids[0], stage: "0"},
			now:      entry{path: raw.path, mode: raw.modes[1], id: raw.ids[1], stage: "0"},
			unmerged: raw.status == "U",
		})
	}
	return list, nil
}

// rawChange is a path that differs from all parents of a commit. The last mode
// and ID are those of the commit, the others of its parents.
type rawChange struct {
	commit     string // "" outside git diff-tree --stdin
	modes, ids []string
	status     string
	path       string
}

// parseRaw reads the raw format with any number of parents: as many colons as
// parents, then all modes, all IDs and the status. A record without a colon names
// the commit of those that follow.
func parseRaw(out []byte) iter.Seq2[rawChange, error] {
	return func(yield func(rawChange, error) bool) {
		raw, inPath := rawChange{}, false
		for record := range records(out) {
			switch {
			case inPath:
				raw.path, inPath = record, false
				if !yield(raw, nil) {
					return
				}
			case strings.HasPrefix(record, ":"):
				meta := strings.TrimLeft(record, ":")
				sides := len(record) - len(meta) + 1
				fields := strings.Fields(meta)
				if len(fields) != 2*sides+1 {
					yield(raw, errListing)
					return
				}
				raw.modes, raw.ids, raw.status = fields[:sides], fields[sides:2*sides], fields[2*sides]
				inPath = true
			case isID(record):
				raw.commit = record
			default:
				yield(raw, errListing)
				return
			}
		}
		if inPath {
			yield(raw, errListing)
		}
	}
}

// literal keeps git from reading a path such as * or :(top) as a pattern.
func literal(path string) string { return ":(literal)" + path }

// tree lists all files of a commit or tree, or those at or below a path.
func (r *Repo) tree(ctx context.Context, id, under string) ([]entry, error) {
	args := []string{"ls-tree", "-r", "-z", "--full-tree", id}
	if under != "" {
		args = append(args, "--", literal(under))
	}
	reply, err := r.git.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	return parseTree(reply.out)
}

// index lists all entries of the index, or those at or below a path.
func (r *Repo) index(ctx context.Context, under string) ([]entry, error) {
	args := []string{"ls-files", "--stage", "-z"}
	if under != "" {
		args = append(args, "--", literal(under))
	}
	reply, err := r.git.run(ctx, args...)
	if err != nil {
		return nil, indexError(err)
	}
	return parseIndex(reply.out)
}

// indexError names a broken index, for which git has several sentences.
func indexError(err error) error {
	e, ok := errors.AsType[*gitError](err)
	if !ok || !strings.Contains(e.said, "index") {
		return err
	}
	return &Incomplete{
		Reason: "the git index cannot be read (" + e.line() + "); make it anew and stage again",
		Mend:   `rm "$(git rev-parse --git-path index)" && git reset`,
	}
}
