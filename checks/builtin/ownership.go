package builtin

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

// ownership is who owns the files of one side.
type ownership struct {
	dialect  codeowners.Dialect
	location codeowners.Location
	file     *codeowners.File // nil where there is none
	text     []byte
	paths    []string
	answers  []codeowners.Ownership // of the paths
	fallback codeowners.OwnerSet
	err      error // why the file cannot be had
}

// configFile is the file in which a repository says what its environments are.
const configFile = ".gatehouse/config.yaml"

// errOwnersUnjudged is a file of CODEOWNERS that only its host can read to its end.
var errOwnersUnjudged = errors.New("CODEOWNERS holds what could not be judged here, so no answer about owners is certain")

// ownersOf reads CODEOWNERS on one side. The error says that the file is there and
// nothing certain can be said of it; that there is none is none.
func ownersOf(t checks.Tree, s Owners) (*ownership, error) {
	o := t.Share("owners "+string(s.Dialect), func() any { return readOwners(t, s) }).(*ownership)
	return o, o.err
}

func readOwners(t checks.Tree, s Owners) *ownership {
	o := &ownership{dialect: s.Dialect, paths: t.Paths, fallback: codeowners.NewOwnerSet(s.Fallback...)}
	if o.dialect == "" {
		o.dialect, _ = codeowners.Guess("", t.Paths)
	}
	o.location = codeowners.Locate(o.dialect, t.Paths)
	if o.location.File == "" {
		return o
	}
	if o.text, o.err = t.Bytes(o.location.File); o.err != nil {
		return o
	}
	o.file = codeowners.Parse(o.text, o.dialect)
	if o.file.Unjudged() {
		o.err = errOwnersUnjudged
		return o
	}
	o.answers = make([]codeowners.Ownership, len(t.Paths))
	for i, p := range t.Paths {
		o.answers[i] = o.file.Owners(p).Without(nil)
	}
	return o
}

// readsOwners are the files that say who owns what.
func readsOwners(name string) bool { return path.Base(name) == "CODEOWNERS" }

// covered tells whether somebody in particular is asked about a path.
func (o *ownership) covered(a codeowners.Ownership) bool {
	return a.Asks() && !o.onlyFallback(a)
}

// onlyFallback tells of an owned path whose owners stand for nobody in particular.
func (o *ownership) onlyFallback(a codeowners.Ownership) bool {
	return a.Asks() && (a.Fallback || o.onlyNobody(a))
}

// onlyNobody tells whether all owners are those that are configured to stand for
// nobody in particular.
func (o *ownership) onlyNobody(a codeowners.Ownership) bool {
	return a.Asks() && !slices.ContainsFunc(a.Owners, func(owner codeowners.Owner) bool { return !o.fallback.Has(owner) })
}

// at is a line of CODEOWNERS; 0 stands for the whole file. inner tells faults of one
// file apart.
func (o *ownership) at(line int) checks.Location {
	l := checks.Location{File: o.location.File}
	if line > 0 {
		l.At.Line, l.At.Column = uint32(line), 1
	}
	return l
}

// state says what a path has instead of owners.
func (o *ownership) state(a codeowners.Ownership) string {
	switch {
	case a.Orphaned:
		return fmt.Sprintf("owned only by owners that do not exist (line %d)", a.Line)
	case a.State == codeowners.Cleared:
		return fmt.Sprintf("owned by nobody: line %d takes the owners away", a.Line)
	case a.State == codeowners.Unmatched:
		return "owned by nobody: no line matches"
	}
	return fmt.Sprintf("owned only by the fallback %s (line %d)", named(a.Owners), a.Line)
}

// named lists owners for a sentence.
func named(owners []codeowners.Owner) string {
	if len(owners) == 0 {
		return "nobody"
	}
	return strings.Join(codeowners.Names(owners), " ")
}

// some names a few paths of many, with their number.
func some(paths []string) string {
	const shown = 3
	switch n := len(paths); {
	case n == 1:
		return paths[0]
	case n <= shown:
		return strings.Join(paths[:n-1], ", ") + " and " + paths[n-1]
	}
	return fmt.Sprintf("%d files, such as %s", len(paths), strings.Join(paths[:shown], ", "))
}

// be is the verb for some paths.
func be(paths []string) string {
	if len(paths) == 1 {
		return "is"
	}
	return "are"
}

// byAnswer groups paths that have their answer from the same line.
type byAnswer struct {
	answer codeowners.Ownership
	paths  []string
}

// grouped groups the paths of which keep is true, in the order of their first path.
func (o *ownership) grouped(keep func(path string, a codeowners.Ownership) bool) []byAnswer {
	type key struct {
		line  int
		state codeowners.State
	}
	at := map[key]int{}
	var groups []byAnswer
	for i, p := range o.paths {
		a := o.answers[i]
		if !keep(p, a) {
			continue
		}
		k := key{a.Line, a.State}
		n, ok := at[k]
		if !ok {
			n = len(groups)
			at[k] = n
			groups = append(groups, byAnswer{answer: a})
		}
		groups[n].paths = append(groups[n].paths, p)
	}
	return groups
}

// identity tells groups of one file apart, whatever their lines are.
func (g byAnswer) identity() string {
	var parts []string
	for _, d := range g.answer.Decisions {
		parts = append(parts, d.Section, d.Pattern)
	}
	return strings.Join(append(parts, string(g.answer.State)), "\x00")
}
