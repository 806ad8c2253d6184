// Package source is where files come from: the work tree, the git index, a range
// of commits, standard input. It turns each into files that checks.Run judges,
// and it is the only package that talks to git, by the git command (2.32 or
// newer), hardened and read-only.
//
// It refuses to know what a file holds or what is judged in it. What it cannot
// give it says: as an error of a file's Load, as an opaque file, or as an
// *Incomplete with the command that mends it. It leaves nothing out in silence.
package source

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Options say what a source is to give. The zero value is useful.
type Options struct {
	// MaxBytes is the size of the largest file that is read; 0 stands for
	// manifest.DefaultLimits. Load of a larger one returns checks.ErrTooLarge.
	MaxBytes int64
	// ChangedOnly leaves out the files that are the same on the old side. It is for
	// Staged and Range and makes their cost grow with the change alone.
	ChangedOnly bool
	// OnRemote tells that the caller knows what is judged to be on a remote, as it is
	// in continuous integration.
	OnRemote bool
}

func (o Options) maxBytes() int64 {
	if o.MaxBytes > 0 {
		return o.MaxBytes
	}
	return manifest.DefaultLimits().FileBytes
}

// Set is the files of one source, sorted by path. Paths use slashes and are
// relative to Root; in a git repository that is the root of the repository. They
// are bytes as git or the file system has them and need not be UTF-8.
type Set struct {
	// Root is the absolute folder that paths are relative to; "" for standard
	// input and for a bare repository.
	Root  string
	Files []checks.File
	// HasOld tells whether there is an old side. Then Files have Unchanged set where
	// it has the same content at the same path, and Before holds the old content of
	// all other paths, the deleted ones among them.
	HasOld bool
	Before []checks.File
	// Past tells where the content of Files has been before.
	Past checks.Past
}

// Incomplete is the error of a source that cannot give all that should be
// judged, so that a verdict on the rest would be worth nothing.
type Incomplete struct {
	Reason string // what is missing, one sentence without a full stop
	Mend   string // the shell command that mends it
}

func (e *Incomplete) Error() string { return e.Reason + "; mend it with: " + e.Mend }

// ErrNotRepository is what Open returns, with the path and what to do, for a path
// that no git repository holds.
var ErrNotRepository = errors.New("not in a git repository")

// Stdin is the one file that r holds, under the given name. It is read when it
// is loaded. maxBytes is as in Options.
func Stdin(r io.Reader, name string, maxBytes int64) Set {
	limit := Options{MaxBytes: maxBytes}.maxBytes()
	load := func() ([]byte, error) { return readUpTo(r, limit, 0) }
	return Set{Files: []checks.File{{Path: name, Load: load}}, Past: noPast()}
}

// readUpTo reads all of r unless that is more than limit bytes. The hint is the
// size that r is believed to have.
func readUpTo(r io.Reader, limit, hint int64) ([]byte, error) {
	data := bytes.NewBuffer(make([]byte, 0, min(max(hint, 0), limit)+bytes.MinRead))
	n, err := data.ReadFrom(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	if n > limit {
		return nil, checks.ErrTooLarge
	}
	return data.Bytes(), nil
}

// withoutPath strips an error of the operating system of the path in it: whoever
// lists the error names the file already, relative to the root.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// unreadable is a file whose Load says why it cannot be judged.
func unreadable(path string, err error) checks.File {
	return checks.File{Path: path, Load: func() ([]byte, error) { return nil, err }}
}

func opaque(path, what, reason string) checks.File {
	return checks.File{Path: path, Opaque: &checks.Opaque{File: path, Line: 1, What: what, Reason: reason}}
}

func opaqueLink(path string) checks.File {
	return opaque(path, "symbolic link", "its target lies outside the tree")
}

func opaqueSubmodule(path string) checks.File {
	return opaque(path, "submodule", "its content is kept in another repository")
}

func sortFiles(files []checks.File) {
	slices.SortStableFunc(files, func(a, b checks.File) int { return strings.Compare(a.Path, b.Path) })
}

// quote writes s for a shell, so that a Mend can be pasted whatever a stranger
// called a branch.
func quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:@%+=,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(printable(s), "'", `'\''`) + "'"
}

// printable replaces control characters, which could rewrite what a terminal
// shows.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}
