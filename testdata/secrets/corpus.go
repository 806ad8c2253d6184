// Package corpus is a labelled collection of leaks and of clean idioms in config
// repositories, value by value: which line of which file holds a secret, and
// which line only looks as if it did.
//
// The files are made, not stored. The folder cases holds them as templates in
// which every secret is a marker; Generate fills the markers from a seeded
// generator, so that neither a real token nor a complete secret lies in git, and
// the same seed always gives the same bytes. The package knows nothing of the
// engine that is measured with it.
package corpus

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Seed is the seed of the published list of cases.
const Seed = 20240229

// File is one file of the corpus.
type File struct {
	Path   string
	Data   []byte
	Labels []Label
	// Tolerated are lines where a finding is as right as none: an alias of a value
	// that is labelled where it is written.
	Tolerated []int
}

// Verdict is what a scanner has to say about a label.
type Verdict string

// The verdicts.
const (
	Leak   Verdict = "leak"   // has to be a finding of severity error
	Notice Verdict = "notice" // may be a notice, must be neither warning nor error
	Clean  Verdict = "clean"  // must be neither warning nor error
)

// Label says what stands on some lines of a file.
type Label struct {
	Line, EndLine int    // from 1: the value and, where it stands on a line of its own, its key
	Path          string // of the value within the file: "data.password"; "member!key" in an archive
	Kind          string // of place: "Secret data", "env"
	Verdict       Verdict
	Class         string // credential, plaintext, weak, hash, public, placeholder, template, encrypted, sealed, reference or empty
	Reason        string

	member string   // of an archive, else ""
	values []string // that were made for these lines, as they are written
}

// Leaks returns the values that the labels of f call leaks, as they are written.
func (f File) Leaks() []string {
	var values []string
	for _, l := range f.Labels {
		if l.Verdict == Leak {
			values = append(values, l.values...)
		}
	}
	return values
}

//go:embed cases
var cases embed.FS

// Generate makes the corpus, in path order. Equal seeds give equal bytes.
func Generate(seed uint64) ([]File, error) {
	names, err := fs.Glob(cases, "cases/*.txtar")
	if err != nil {
		return nil, fmt.Errorf("list the cases: %w", err)
	}
	maker := newMaker(seed)
	var files []File
	for _, name := range names {
		text, err := cases.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		made, err := expandArchive(maker, txtar.Parse(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files = append(files, made...)
	}
	files, err = pack(files)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for i := range files {
		slices.SortStableFunc(files[i].Labels, func(a, b Label) int { return cmp.Compare(a.Line, b.Line) })
	}
	return files, nil
}
