package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// Tree is the work tree at a path that exists, a folder or one file. In a
// repository (repo is what Open gives for the path) it is the files that git
// tracks, and those that it does not and does not ignore, at or below the path;
// a file or folder that is ignored is judged where the path names it. Outside
// (repo is nil) it is all files below the path but those of .git folders.
//
// Links are not followed: one that leads to a place in the tree is a file whose
// content is its text, one that leads out is opaque. Only the path itself may lead
// through links. What is listed as no regular file is never opened, and what takes the
// place of one is not read.
func Tree(ctx context.Context, repo *Repo, path string, opts Options) (Set, error) {
	start, err := resolved(path)
	if err != nil {
		return Set{}, err
	}
	info, err := os.Lstat(start)
	if err != nil {
		return Set{}, err
	}
	w := workTree{ctx: ctx, limit: opts.maxBytes(), root: start, folders: map[string]bool{}}
	switch {
	case repo != nil && repo.root == "":
		return Set{}, fmt.Errorf("%s is a bare repository, which has no work tree", printable(path))
	case repo != nil:
		w.root = repo.root
	case !info.IsDir():
		w.root = filepath.Dir(start)
	}
	if !within(start, w.root) {
		return Set{}, fmt.Errorf("%s is not in the repository at %s", printable(path), printable(w.root))
	}
	under := ""
	if start != w.root {
		under = filepath.ToSlash(strings.TrimPrefix(start[len(w.root):], string(filepath.Separator)))
	}
	ignored := false
	if repo != nil && info.IsDir() && under != "" {
		if ignored, err = repo.ignores(ctx, under); err != nil {
			return Set{}, err
		}
	}
	switch {
	case !info.IsDir():
		w.add(under)
	case repo == nil || ignored:
		err = w.walk(start)
	default:
		err = w.listed(repo, under)
	}
	if err != nil {
		return Set{}, err
	}
	sortFiles(w.files)
	set := Set{Root: w.root, Files: w.files, Past: noPast()}
	if repo != nil {
		set.Past = repo.past(ctx, "", opts)
	}
	return set, nil
}

// ignores tells whether git ignores the folder at a path, also if it tracks files
// in it all the same.
func (r *Repo) ignores(ctx context.Context, path string) (bool, error) {
	// It takes no literal, and "./" makes a path no pattern.
	_, err := r.git.run(ctx, "check-ignore", "--no-index", "--quiet", "--", "./"+path)
	if exitedWith(err, 1) {
		return false, nil
	}
	return err == nil, err
}

// workTree collects the files of a folder.
type workTree struct {
	ctx     context.Context
	root    string
	limit   int64
	files   []checks.File
	folders map[string]bool // whether a path is a folder, and not by a link
}

// walk adds all files below a folder. What cannot be looked into is a file that
// fails to load.
func (w *workTree) walk(start string) error {
	under := filepath.ToSlash(strings.TrimPrefix(start[len(w.root):], string(filepath.Separator)))
	return w.walkFolder(start, under)
}

// walkFolder does so for the folder at a path, which is called name.
func (w *workTree) walkFolder(name, rel string) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		w.files = append(w.files, unreadable(cmp.Or(rel, "."), fmt.Errorf("look into the folder: %w", withoutPath(err))))
		return nil
	}
	for _, d := range entries {
		name, rel := name+string(filepath.Separator)+d.Name(), path.Join(rel, d.Name())
		switch {
		case d.IsDir() && d.Name() == ".git":
		case d.IsDir():
			if err := w.walkFolder(name, rel); err != nil {
				return err
			}
		case d.Type().IsRegular():
			w.files = append(w.files, w.regular(name, rel))
		default:
			w.add(rel)
		}
	}
	return nil
}

// regular is a file that is read when it is loaded.
func (w *workTree) regular(name, rel string) checks.File {
	return checks.File{Path: rel, Load: func() ([]byte, error) { return readFile(name, w.limit) }}
}

// listed adds the files that git lists at or below a path.
func (w *workTree) listed(repo *Repo, under string) error {
	args := []string{"ls-files", "-z", "-t", "--stage", "--cached", "--others", "--exclude-standard"}
	if under != "" {
		args = append(args, "--", literal(under))
	}
	reply, err := repo.git.run(w.ctx, args...)
	if err != nil {
		return indexError(err)
	}
	seen := map[string]bool{}
	for record := range records(reply.out) {
		tag, rest, _ := strings.Cut(record, " ")
		e := entry{path: rest}
		if tag != "?" {
			ok := false
			if e, ok = parseStaged(rest); !ok {
				return fmt.Errorf("git ls-files: %w", errListing)
			}
		}
		if seen[e.path] {
			continue // a conflict has up to three entries
		}
		seen[e.path] = true
		w.addListed(e, tag)
	}
	w.addUnseen(reply.warnings)
	return nil
}

// addListed adds one path that git lists, if it is there. The tags are those of
// git-ls-files(1).
func (w *workTree) addListed(e entry, tag string) {
	switch {
	case strings.HasSuffix(e.path, "/"):
		w.files = append(w.files, opaque(strings.TrimSuffix(e.path, "/"), "nested repository", "it is a git repository of its own"))
	case e.mode == modeSubmodule:
		w.files = append(w.files, opaqueSubmodule(e.path))
	case w.add(e.path):
	case tag == "S":
		w.files = append(w.files, opaque(e.path, "sparse checkout", "the file is in the index and not in the work tree"))
	}
}

// addUnseen adds the folders that git says it could not look into; it goes on
// without them.
func (w *workTree) addUnseen(warnings string) {
	for line := range strings.Lines(warnings) {
		rest, ok := strings.CutPrefix(line, "warning: could not open directory '")
		if !ok {
			continue
		}
		folder, reason := rest, ""
		if i := strings.LastIndex(rest, "': "); i >= 0 {
			folder, reason = rest[:i], strings.TrimSpace(rest[i+3:])
		}
		w.files = append(w.files, unreadable(strings.TrimSuffix(folder, "/"), errors.New("look into the folder: "+strings.ToLower(printable(reason)))))
	}
}

// add adds the file at a path and tells whether there is one: a folder or nothing
// at all is none, nor is what git would reach only through a link.
func (w *workTree) add(rel string) bool {
	if !w.isFolder(path.Dir(rel)) {
		return false
	}
	name := filepath.Join(w.root, filepath.FromSlash(rel))
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return false
	case err != nil:
		w.files = append(w.files, unreadable(rel, withoutPath(err)))
	case info.IsDir():
		return false
	case info.Mode()&fs.ModeSymlink != 0:
		w.files = append(w.files, w.link(rel, name))
	case !info.Mode().IsRegular():
		w.files = append(w.files, unreadable(rel, irregular(info.Mode())))
	default:
		w.files = append(w.files, w.regular(name, rel))
	}
	return true
}

// isFolder tells whether a path below the root is a folder without a link on the
// way. One that cannot be looked at is taken for one: its files say why not.
func (w *workTree) isFolder(rel string) bool {
	if rel == "." {
		return true
	}
	known, ok := w.folders[rel]
	if !ok {
		info, err := os.Lstat(filepath.Join(w.root, filepath.FromSlash(rel)))
		gone := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
		known = w.isFolder(path.Dir(rel)) && !gone && (err != nil || info.IsDir())
		w.folders[rel] = known
	}
	return known
}

// link is the file of a link.
func (w *workTree) link(rel, name string) checks.File {
	text, err := os.Readlink(name)
	if err != nil {
		return unreadable(rel, withoutPath(err))
	}
	text = filepath.ToSlash(text)
	readlink := func(p string) (string, bool) {
		text, err := os.Readlink(filepath.Join(w.root, filepath.FromSlash(p)))
		return filepath.ToSlash(text), err == nil
	}
	if filepath.IsAbs(text) || leaves(rel, text, readlink) {
		return opaqueLink(rel)
	}
	return checks.File{Path: rel, Link: true, Load: func() ([]byte, error) { return []byte(text), nil }}
}

// irregular says what kind of thing is not read.
func irregular(mode fs.FileMode) error {
	kind := "a device"
	switch {
	case mode&fs.ModeNamedPipe != 0:
		kind = "a named pipe"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	case mode&fs.ModeSymlink != 0:
		kind = "a symbolic link"
	case mode.IsDir():
		kind = "a folder"
	}
	return fmt.Errorf("it is %s, not a regular file", kind)
}
