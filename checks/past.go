package checks

import "strings"

// Exposure is how far a value has got.
type Exposure uint8

// The exposures, in rising order of what they cost. The zero value says nothing.
const (
	Unknown   Exposure = iota
	Staged             // only in the index or the work tree: no commit has it
	Committed          // in commits of this clone only
	Pushed             // on a remote
)

// Past tells where content has been before. The zero Past is that of a gate where
// nothing has one, such as admission.
type Past struct {
	// Versions gives what commits have put at some paths. near is what stands there
	// now and what commits brought that were not pushed; far is all, and costs more.
	// Those of one path come with the first commit first. complete is false where
	// there may be others.
	Versions func(paths []string, far bool) (versions []Version, complete bool)
	// Commit tells what is known of a commit.
	Commit func(id string) Commit
}

// Version is what stood at a path.
type Version struct {
	Path   string
	Commit Commit
	Load   func() ([]byte, error)
}

// Commit is a commit that brought something.
type Commit struct {
	ID       string // "" where it is not known: it was pushed long ago
	Exposure Exposure
	Last     bool // HEAD is this commit
	Root     bool // it has no parent
}

// Short is the beginning of the ID.
func (c Commit) Short() string { return c.ID[:min(len(c.ID), 12)] }

// Rewrite is the git command that changes the commit.
func (c Commit) Rewrite() string {
	switch {
	case c.Last:
		return "git commit --amend"
	case c.Root:
		return "git rebase --interactive --root"
	}
	return "git rebase --interactive " + c.Short() + "^"
}

// maxVersionsJudged is how many earlier versions of files one run judges to tell
// how far values have got. Beyond it that is not known.
const maxVersionsJudged = 2000

// expose says of each finding that leaks a value how far the value has got, and so
// whether it must be rotated. It asks only about findings that block.
func (r *runner) expose(findings []Finding, now map[string]contentNow) {
	if r.in.Past.Versions == nil {
		return
	}
	e := exposer{detector: r.detectorOf(r.in.Checks), left: maxVersionsJudged, now: now, held: map[string][]heldVersion{}}
	var asked []*Finding
	for i := range findings {
		if f := &findings[i]; f.order == 0 && f.leaks() && f.Blocks() {
			asked = append(asked, f)
		}
	}
	if len(asked) == 0 {
		return
	}
	e.look(asked, false)
	var open []*Finding
	for _, f := range asked {
		if exposure, _ := e.of(f); exposure != Pushed {
			open = append(open, f)
		}
	}
	if len(open) > 0 {
		e.look(open, true)
	}
	for _, f := range asked {
		f.sayExposure(e.of(f))
	}
}

// leaks tells whether f gives away a value.
func (f *Finding) leaks() bool {
	return f.Category == Secrets && f.Severity >= Warning && !f.cites.IsZero()
}

// exposer knows which values earlier versions of files hold.
type exposer struct {
	detector *runner
	left     int
	now      map[string]contentNow    // by path
	held     map[string][]heldVersion // by path
	partial  bool                     // some version is not known
}

// contentNow is what a file with findings holds now.
type contentNow struct {
	hash   string
	values map[Plaintext]bool
}

// contentsNow gives the files that leak something.
func contentsNow(files []File, results []judged) map[string]contentNow {
	contents := map[string]contentNow{}
	for i, j := range results {
		if j.hash != "" && files[i].Commit == "" {
			contents[files[i].Path] = contentNow{j.hash, leakedValues(j.findings)}
		}
	}
	return contents
}

func leakedValues(findings []Finding) map[Plaintext]bool {
	values := map[Plaintext]bool{}
	for i := range findings {
		if findings[i].leaks() {
			values[findings[i].cites] = true
		}
	}
	return values
}

// heldVersion is a version and the values that it leaks.
type heldVersion struct {
	commit Commit
	values map[Plaintext]bool
}

// look judges the versions of the files in which findings are.
func (e *exposer) look(findings []*Finding, far bool) {
	var paths []string
	seen := map[string]bool{}
	for _, f := range findings {
		if !seen[f.subject] {
			seen[f.subject] = true
			paths = append(paths, f.subject)
		}
	}
	versions, complete := e.detector.in.Past.Versions(paths, far)
	e.partial = e.partial || !complete
	for _, v := range versions {
		e.held[v.Path] = append(e.held[v.Path], heldVersion{v.Commit, e.valuesOf(v)})
	}
}

// valuesOf judges a version, unless it is what stands there now.
func (e *exposer) valuesOf(v Version) map[Plaintext]bool {
	data, err := v.Load()
	if now := e.now[v.Path]; err == nil && now.hash == hashOf(data) {
		return now.values
	}
	if e.left--; e.left < 0 {
		e.partial = true
		return nil
	}
	j := e.detector.judge(File{Path: v.Path, Load: func() ([]byte, error) { return data, err }})
	if len(j.notJudged) > 0 {
		e.partial = true
	}
	return leakedValues(j.findings)
}

// of tells how far the value of a finding has got, and the first commit that has
// it where that was not pushed.
func (e *exposer) of(f *Finding) (Exposure, Commit) {
	var first *Commit
	for _, v := range e.held[f.subject] {
		switch {
		case !v.values[f.cites]:
		case v.commit.Exposure == Pushed:
			return Pushed, v.commit
		case first == nil:
			first = &v.commit
		}
	}
	switch {
	case e.partial || first != nil && first.Exposure != Committed:
		return Unknown, Commit{}
	case first != nil:
		return Committed, *first
	}
	return Staged, Commit{}
}

// sayExposure adds to a finding how far its value has got, and what follows.
func (f *Finding) sayExposure(e Exposure, c Commit) {
	switch e {
	case Staged:
		f.Message += " No commit of this file has it yet."
		f.Fix = sentences(f.Fix, "Nothing has leaked, so the value need not be rotated.")
	case Committed:
		f.Message += " It is committed and has not been pushed."
		f.Fix = sentences(f.Fix, "Then take it out of commit "+c.Short()+" with `"+c.Rewrite()+"` before you push; it need not be rotated.")
	case Pushed:
		f.Message += " It is on a remote, where others may have read it."
		f.Fix = sentences("Rotate the value, since it has been pushed.", f.Fix)
	default:
		f.Fix = sentences(f.Fix, "If it has been pushed, rotate it.")
	}
}

// rotateIfPushed is how a check says of a value what holds anywhere.
const rotateIfPushed = " If it has been pushed, rotate it."

func sentences(first, second string) string {
	trim := func(s string) string { return strings.TrimSuffix(s, rotateIfPushed) }
	return trim(first) + " " + trim(second)
}
