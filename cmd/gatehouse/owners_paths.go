package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

// ownedPath is the answer about one path.
type ownedPath struct {
	Path     string           `json:"path"` // as it was written
	Owners   []string         `json:"owners"`
	Line     int              `json:"line"` // 0 where none decides
	State    codeowners.State `json:"state"`
	Fallback bool             `json:"fallback"`
	Pattern  string           `json:"pattern"`
	// Resolved is the path from the root of the repository, where it was written
	// otherwise.
	Resolved string `json:"resolved,omitempty"`
	// Decisions are the lines that speak, on hosts where several can.
	Decisions []ownersDecision `json:"decisions,omitempty"`
}

// ownersDecision is what one line says of a path.
type ownersDecision struct {
	Line      int      `json:"line"`
	Pattern   string   `json:"pattern"`
	Section   string   `json:"section,omitempty"`
	Owners    []string `json:"owners"`
	Approvals int      `json:"approvals"`
	Optional  bool     `json:"optional,omitempty"`
	Excluded  bool     `json:"excluded,omitempty"`
}

func (p program) ownersOfPaths(c *cli.Context, call ownersCall) error {
	if err := p.readPaths(&call); err != nil {
		return err
	}
	var f ownersFile
	var seen []string // what a dropped line is judged by
	resolved := call.paths
	if call.file != "" {
		var err error
		if f, err = p.openOwnersFile(call); err != nil {
			return err
		}
	} else {
		t, err := p.openOwnersTree(c.Context, call)
		if err != nil {
			return err
		}
		if resolved, err = t.resolve(call.paths); err != nil {
			return err
		}
		f, seen = t.file, t.paths
	}
	answers := make([]ownedPath, len(call.paths))
	for i, asked := range resolved {
		answers[i] = f.answer(call.paths[i], asked)
	}
	h := f.head(seen, resolved)
	p.warn(h, call.verbose)
	err := p.write(c, textOrJSON(), func(format string) (string, error) {
		if format == "json" {
			return withLines(h, "paths", answers)
		}
		return h.title() + "\n" + answersText(answers), nil
	})
	return cmp.Or(err, h.uncertain())
}

// readPaths puts the list on standard input in the place of "-".
func (p program) readPaths(call *ownersCall) error {
	i := slices.Index(call.paths, "-")
	if i < 0 {
		return nil
	}
	limit := manifest.DefaultLimits().FileBytes
	data, err := io.ReadAll(io.LimitReader(p.stdin, limit+1))
	switch {
	case err != nil:
		return exit{code: exitIncomplete, message: "the list of paths on standard input cannot be read: " + err.Error()}
	case int64(len(data)) > limit:
		return exit{code: exitIncomplete, message: "the list of paths on standard input: " + checks.ErrTooLarge.Error()}
	}
	var listed []string
	ends := "\n"
	if bytes.IndexByte(data, 0) >= 0 {
		ends = "\x00"
	}
	for one := range strings.SplitSeq(string(data), ends) {
		if ends == "\n" {
			one = strings.TrimSuffix(one, "\r")
		}
		if one != "" {
			listed = append(listed, one)
		}
	}
	rest := slices.DeleteFunc(slices.Clone(call.paths[i+1:]), func(word string) bool { return word == "-" })
	call.paths = slices.Concat(call.paths[:i], listed, rest)
	return nil
}

// resolve makes of paths as people write them those from the root of the
// repository. A folder that is there gets a slash at its end.
func (t ownersTree) resolve(written []string) ([]string, error) {
	here, err := below(t.root, ".")
	if err != nil {
		return nil, err
	}
	folders := foldersOf(t.paths)
	resolved := make([]string, len(written))
	for i, w := range written {
		slashed := filepath.ToSlash(w)
		if inside, ok := onDisk(t.root, w); ok {
			slashed = inside
		} else if !strings.HasPrefix(slashed, "/") {
			slashed = path.Join(here, slashed)
		}
		clean := path.Clean(slashed)
		if clean == ".." || strings.HasPrefix(clean, "../") {
			return nil, usage("%s lies outside of the repository at %s", shown(w), printable(t.root))
		}
		clean = strings.TrimPrefix(clean, "/")
		if clean == "." {
			clean = ""
		}
		if clean == "" || strings.HasSuffix(w, "/") || folders[clean] {
			clean += "/"
		}
		resolved[i] = clean
	}
	return resolved, nil
}

// onDisk is the path from the root of one that begins at the root of the disk, where
// its folder is there and in the repository.
func onDisk(root, written string) (inside string, ok bool) {
	if !filepath.IsAbs(written) {
		return "", false
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(filepath.Clean(written)))
	if err != nil {
		return "", false
	}
	relative, err := filepath.Rel(root, filepath.Join(folder, filepath.Base(written)))
	if err != nil || relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return "", false
	}
	return filepath.ToSlash(relative), true
}

// foldersOf are the folders of paths.
func foldersOf(paths []string) map[string]bool {
	folders := map[string]bool{}
	for _, p := range paths {
		for dir := path.Dir(p); dir != "." && !folders[dir]; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	return folders
}

// answer asks for one path.
func (f ownersFile) answer(written, path string) ownedPath {
	o := f.Owners(path)
	a := ownedPath{
		Path: uncredentialed(written), Owners: eachUncredentialed(codeowners.Names(o.Owners)), Line: o.Line, State: o.State,
		Fallback: f.fallbackOnly(o),
	}
	if path != written {
		a.Resolved = uncredentialed(path)
	}
	for _, d := range o.Decisions {
		if d.Excluded {
			d.Pattern = "!" + d.Pattern
		}
		if d.Line == o.Line {
			a.Pattern = uncredentialed(d.Pattern)
		}
		if severalSpeak(f.Dialect) {
			a.Decisions = append(a.Decisions, ownersDecision{
				d.Line, uncredentialed(d.Pattern), uncredentialed(d.Section), eachUncredentialed(codeowners.Names(d.Owners)), d.Approvals, d.Optional, d.Excluded,
			})
		}
	}
	return a
}

// widest is the column from which paths push what stands behind them to the right.
const widest = 60

func answersText(list []ownedPath) string {
	width, most := 0, 0
	for _, a := range list {
		width = max(width, min(utf8.RuneCountInString(printable(a.asked())), widest))
		most = max(most, min(utf8.RuneCountInString(a.who()), widest))
	}
	var b strings.Builder
	for _, a := range list {
		fmt.Fprintf(&b, "%-*s  ", width, printable(a.asked()))
		if len(a.Decisions) > 1 {
			b.WriteString(a.why() + "\n")
			for _, d := range a.Decisions {
				fmt.Fprintf(&b, "  %s\n", d.text())
			}
			continue
		}
		fmt.Fprintf(&b, "%-*s  %s\n", most, a.who(), a.why())
	}
	return b.String()
}

func (a ownedPath) asked() string { return cmp.Or(a.Resolved, a.Path) }

func (a ownedPath) who() string {
	if len(a.Owners) == 0 {
		return "nobody"
	}
	if len(a.Decisions) == 1 {
		return a.Decisions[0].who()
	}
	return printable(strings.Join(a.Owners, " "))
}

func (a ownedPath) why() string {
	switch {
	case a.State == codeowners.Unmatched:
		return "no line matches"
	case a.State == codeowners.Cleared && len(a.Decisions) > 1:
		return fmt.Sprintf("owned by nobody after %d lines:", len(a.Decisions))
	case len(a.Decisions) > 1:
		return fmt.Sprintf("decided by %d lines:", len(a.Decisions))
	case a.State == codeowners.Cleared:
		return fmt.Sprintf("line %d takes the owners away: %s", a.Line, printable(a.Pattern))
	case a.Fallback:
		return fmt.Sprintf("line %d, the fallback: %s", a.Line, printable(a.Pattern))
	}
	return fmt.Sprintf("line %d: %s", a.Line, printable(a.Pattern))
}

// who are the owners of a decision, and how they are asked.
func (d ownersDecision) who() string {
	who := nobodyOrNames(d.Owners)
	switch {
	case d.Excluded:
		who = "no say"
	case d.Approvals > 1:
		who = fmt.Sprintf("%d of %s", d.Approvals, who)
	}
	if d.Optional && !d.Excluded {
		who += " (optional)"
	}
	if d.Section != "" {
		who = "[" + printable(d.Section) + "] " + who
	}
	return who
}

func (d ownersDecision) text() string {
	return fmt.Sprintf("%-40s  line %d: %s", d.who(), d.Line, printable(d.Pattern))
}

func nobodyOrNames(owners []string) string {
	if len(owners) == 0 {
		return "nobody"
	}
	return printable(strings.Join(owners, " "))
}
