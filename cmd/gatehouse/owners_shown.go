package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/codeowners"
	"github.com/gatehouse-dev/gatehouse/secrets/token"
)

// uncredentialed is a path or a text of a repository without the credentials of a
// known form in it: people name files by them.
func uncredentialed(s string) string {
	text := []byte(s)
	if !token.MayHold(text) {
		return s
	}
	// A credential ends where a part of a path does, unless a slash belongs to it.
	for _, hits := range [][]token.Hit{token.Find(text), token.Find(bytes.ReplaceAll(text, []byte("/"), []byte("\n")))} {
		for _, h := range hits {
			for i := h.Start; i < h.End; i++ {
				text[i] = 0
			}
		}
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] != 0 || s[i] == 0:
			b.WriteByte(text[i])
		case i == 0 || text[i-1] != 0:
			b.WriteString("[redacted]")
		}
	}
	return b.String()
}

// shown is uncredentialed, and cannot rewrite what a terminal shows.
func shown(s string) string { return printable(uncredentialed(s)) }

func eachUncredentialed(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = uncredentialed(s)
	}
	return out
}

// ownersHead is what the JSON of every answer says of the file.
type ownersHead struct {
	Version int                `json:"version"`
	File    string             `json:"file"`
	Dialect codeowners.Dialect `json:"dialect"`
	Because string             `json:"dialectBecause"`
	// Shadowed are files that the host would read had it not found File.
	Shadowed []string `json:"shadowed"`
	// Unread are those that it never reads, though they look as if it did.
	Unread  []string        `json:"unread"`
	Ignored bool            `json:"ignored"`
	Skipped []skippedLine   `json:"skipped"`
	Remarks []ownersRemark  `json:"remarks"`
	Hints   []shallowRemark `json:"hints"`
}

// ownersRemark is about a line; line 0 stands for the file.
type ownersRemark struct {
	Line       int                  `json:"line"`
	Column     int                  `json:"column"`
	Kind       codeowners.IssueKind `json:"kind"`
	Effect     codeowners.Effect    `json:"effect"`
	Reason     string               `json:"reason"`
	Suggestion string               `json:"suggestion,omitempty"`
}

// skippedLine is a line that the host drops, or the file.
type skippedLine struct {
	ownersRemark
	Consequence string   `json:"consequence"`
	Paths       []string `json:"paths"` // that others decide, or nobody
}

// shallowRemark is a line such as /dir/*, which paths seem to belong to and do not.
type shallowRemark struct {
	Line       int      `json:"line"`
	Pattern    string   `json:"pattern"`
	Suggestion string   `json:"suggestion"`
	Paths      []string `json:"paths"`
}

// head says what there is to say of the file: what becomes of the paths of the tree
// and of those asked for where lines are dropped, and which of those asked for seem
// to belong to a line and do not.
func (f ownersFile) head(tree, asked []string) ownersHead {
	h := ownersHead{
		Version: 1, File: uncredentialed(f.name), Dialect: f.Dialect, Because: f.because,
		Shadowed: eachUncredentialed(f.location.Shadowed), Unread: eachUncredentialed(f.location.Unread), Ignored: f.Ignored,
		Skipped: []skippedLine{}, Remarks: []ownersRemark{}, Hints: []shallowRemark{},
	}
	for _, c := range f.Consequences(f.affected(tree, asked)) {
		h.Skipped = append(h.Skipped, skippedLine{remarkOn(c.Issue), f.consequence(c), fallen(c.Falls)})
	}
	for _, i := range f.Issues {
		// Of an ignored file, the lines that the host would skip are remarks, too.
		if i.Effect != codeowners.Ignored && (i.Effect != codeowners.Skipped || f.Ignored) {
			h.Remarks = append(h.Remarks, remarkOn(i))
		}
	}
	for _, s := range f.Shallow(asked) {
		h.Hints = append(h.Hints, shallowRemark{s.Rule.Line, uncredentialed(s.Rule.Pattern), uncredentialed(s.Suggestion), fallen(s.Falls)})
	}
	return h
}

// affected are all paths, once each, if a line is dropped that could matter to them.
func (f ownersFile) affected(tree, asked []string) []string {
	if !f.Ignored && len(f.IssuesWith(codeowners.Skipped)) == 0 {
		return nil
	}
	all := slices.Concat(tree, asked)
	slices.Sort(all)
	return slices.Compact(all)
}

func remarkOn(i codeowners.Issue) ownersRemark {
	return ownersRemark{i.Line, i.Column, i.Kind, i.Effect, uncredentialed(i.Message), uncredentialed(i.Suggestion)}
}

func fallen(falls []codeowners.Fall) []string {
	paths := []string{}
	for _, f := range falls {
		paths = append(paths, uncredentialed(f.Path))
	}
	return paths
}

// consequence says to whom the paths of a dropped line fall, most first.
func (f ownersFile) consequence(c codeowners.Consequence) string {
	switch {
	case f.Ignored && len(c.Falls) == 0:
		return "no path has an owner"
	case !f.Ignored && severalSpeak(f.Dialect):
		return "whom it would have asked cannot be said"
	}
	if len(c.Falls) == 0 {
		return "no path that was looked at is decided otherwise"
	}
	count := map[string]int{}
	for _, fall := range c.Falls {
		count[nobodyOr(fall.To.Owners)]++
	}
	var to []string
	for owners := range count {
		to = append(to, owners)
	}
	slices.SortFunc(to, func(a, b string) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return strings.Compare(a, b)
	})
	for i, owners := range to {
		to[i] = counted(count[owners], "path") + " to " + owners
		if i == 0 {
			to[i] = counted(count[owners], "path") + fallsTo(count[owners]) + owners
		}
	}
	const most = 5
	if len(to) > most {
		to = append(to[:most], fmt.Sprintf("others to %d more", len(to)-most))
	}
	return strings.Join(to, ", ")
}

func fallsTo(n int) string {
	if n == 1 {
		return " falls to "
	}
	return " fall to "
}

func nobodyOr(owners []codeowners.Owner) string {
	return nobodyOrNames(eachUncredentialed(codeowners.Names(owners)))
}

// uncertain ends a call whose answer says nothing of who will be asked: the host
// does not use the file, or the file holds what could not be judged. It is nil for
// all others.
func (h ownersHead) uncertain() error {
	for _, s := range h.Skipped {
		if s.Effect == codeowners.Ignored {
			return exit{code: exitIncomplete, message: at(h.File, s.Line) + ": " + printable(s.Reason) + "; " + printable(s.Consequence)}
		}
	}
	for _, r := range h.Remarks {
		if r.Effect == codeowners.Unjudged {
			return exit{code: exitIncomplete, message: at(h.File, r.Line) + ": " + printable(r.Reason)}
		}
	}
	return nil
}

// severalSpeak tells of hosts on which several lines can have a say in one path.
func severalSpeak(d codeowners.Dialect) bool {
	return d == codeowners.GitLab || d == codeowners.Gitea || d == codeowners.Forgejo
}

// title tells people which file was read, how, and why so.
func (h ownersHead) title() string {
	if h.File == "" {
		return fmt.Sprintf("There is no CODEOWNERS file that %s reads (because %s), so nobody owns anything.\n", h.Dialect.HostName(), h.Because)
	}
	return fmt.Sprintf("%s, as %s reads it (because %s)\n", printable(h.File), h.Dialect.HostName(), h.Because)
}

// mostRemarks is how many remarks people are shown.
const mostRemarks = 20

// warn tells people on standard error what the host makes of the file that its
// writer did not mean.
func (p program) warn(h ownersHead, verbose bool) {
	var lines []string
	for _, name := range h.Shadowed {
		lines = append(lines, fmt.Sprintf("warning: %s is not read: %s takes %s", printable(name), h.Dialect.HostName(), printable(h.File)))
	}
	for _, name := range h.Unread {
		if h.File == "" || slices.ContainsFunc(h.Dialect.Locations(), func(place string) bool { return strings.EqualFold(place, name) }) {
			lines = append(lines, fmt.Sprintf("warning: %s is not read: %s looks for %s", printable(name), h.Dialect.HostName(), orList(h.Dialect.Locations())))
		}
	}
	for _, s := range h.Skipped {
		if s.Effect == codeowners.Ignored {
			continue // the command ends with it
		}
		lines = append(lines, "warning: "+s.text(h.File))
	}
	for _, r := range h.Remarks {
		if r.Effect == codeowners.Altered || r.Effect == codeowners.Noted {
			lines = append(lines, fmt.Sprintf("warning: %s: %s%s", at(h.File, r.Line), printable(r.Reason), insteadWrite(r.Suggestion)))
		}
	}
	for _, s := range h.Hints {
		lines = append(lines, fmt.Sprintf("hint: %s, %s, owns only what lies directly in its folder: write %s to own %s, too",
			at(h.File, s.Line), printable(s.Pattern), printable(s.Suggestion), aFew(s.Paths)))
	}
	if len(lines) > mostRemarks && !verbose {
		lines = append(lines[:mostRemarks], fmt.Sprintf("warning: %d remarks more: --verbose lists them", len(lines)-mostRemarks))
	}
	for _, line := range lines {
		fmt.Fprintln(p.stderr, line)
	}
}

func (s skippedLine) text(file string) string {
	return fmt.Sprintf("%s is skipped: %s; %s%s", at(file, s.Line), printable(s.Reason), printable(s.Consequence), insteadWrite(s.Suggestion))
}

func insteadWrite(suggestion string) string {
	if suggestion == "" {
		return ""
	}
	return "; write " + printable(suggestion)
}

// aFew names the first of many paths.
func aFew(paths []string) string {
	const most = 3
	if len(paths) > most {
		return strings.Join(eachPrintable(paths[:most]), ", ") + fmt.Sprintf(" and %d more", len(paths)-most)
	}
	return strings.Join(eachPrintable(paths), ", ")
}

func eachPrintable(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = printable(s)
	}
	return out
}

// withLines writes JSON of which one list is long: each of its entries has a line
// of its own.
func withLines[T any](rest any, name string, list []T) (string, error) {
	text, err := asJSON(rest)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	b.WriteString(strings.TrimSuffix(text, "\n}\n"))
	fmt.Fprintf(&b, ",\n  %q: [", name)
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for i := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    ")
		if err := enc.Encode(&list[i]); err != nil {
			return "", fmt.Errorf("write the result as JSON: %w", err)
		}
		b.Truncate(b.Len() - 1) // the line end
	}
	if len(list) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteString("]\n}\n")
	return b.String(), nil
}
