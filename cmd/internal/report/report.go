// Package report writes the result of a run: as text for people, and as JSON,
// SARIF, JUnit, GitHub workflow commands, GitLab code quality, Markdown and HTML.
//
// It judges nothing: the verdict comes in with the result and is the same in
// every format. It knows what each host shows and how much it takes, and never a
// repository, a network or a secret value. What comes from files (paths, names,
// messages) is written so that it can neither forge a line nor hide in one.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

// Report is all that a writer needs to know of a run.
type Report struct {
	Tool   Tool
	At     time.Time // the one clock of the run
	Commit string    // what was judged; "" where it is no commit
	Base   string    // against what; "" where there is no base

	FailOn          checks.FailOn
	RequireComplete bool // whatever lies outside the tree makes the run incomplete

	Rules  Rules
	Result checks.Result
	Checks []checks.Check // those that were asked for: titles, reasons and fixes come from them
	// Local are the IDs of the checks that the judged repository brings itself. No
	// page is published for them.
	Local []string
	// Coverage says who owns what, in formats that have a place for it; nil where that
	// was not asked.
	Coverage *Coverage
}

// Tool names the program that made a report.
type Tool struct {
	Name    string `json:"name" doc:"the program that wrote this report"`
	Version string `json:"version" doc:"its version"`
}

// Rules are the digests of the rules that judged, as "sha256:…".
type Rules struct {
	Bundle string `json:"bundle" doc:"digest of the shared rules"`
	Local  string `json:"local" doc:"digest of what the repository adds to them: waivers, overrides and policies"`
}

// Options are a reader's wishes. They change how text looks, and no other format;
// the zero value is a good choice.
type Options struct {
	Color   bool // with ANSI colours; the caller knows the terminal and NO_COLOR
	Width   int  // columns at which text is broken; 0 for never
	GroupBy Group
	Verbose bool // list everything, however long

	// Owner names who answers for a file, for grouping by owner; "" where nobody
	// does. It may be nil.
	Owner func(file string) string
}

// Group is what text puts findings together by; the zero value is by file.
type Group string

// The groups.
const (
	ByFile        Group = "file"
	ByCheck       Group = "check"
	ByOwner       Group = "owner"
	ByEnvironment Group = "environment"
)

// Groups lists the names of all groups.
func Groups() []string {
	return []string{string(ByFile), string(ByCheck), string(ByOwner), string(ByEnvironment)}
}

// ParseGroup reads one of Groups.
func ParseGroup(s string) (Group, error) {
	if !slices.Contains(Groups(), s) {
		return "", unknown("group", s, Groups())
	}
	return Group(s), nil
}

// The formats.
const (
	Text     = "text"
	JSON     = "json"
	SARIF    = "sarif"
	JUnit    = "junit"
	GitHub   = "github"
	GitLab   = "gitlab"
	Markdown = "markdown"
	HTML     = "html"
)

// Formats lists the names of all formats.
func Formats() []string { return []string{Text, JSON, SARIF, JUnit, GitHub, GitLab, Markdown, HTML} }

// Write writes r in one of Formats. Equal arguments give equal bytes. The error
// is that of w, or tells of an unknown format.
func Write(w io.Writer, format string, r Report, opt Options) error {
	var out []byte
	switch format {
	case Text:
		out = writeText(r, opt)
	case JSON:
		out = writeJSON(r)
	case SARIF:
		out = writeSARIF(r)
	case JUnit:
		out = writeJUnit(r)
	case GitHub:
		out = writeGitHub(r)
	case GitLab:
		out = writeGitLab(r)
	case Markdown:
		out = writeMarkdown(r)
	case HTML:
		out = writeHTML(r)
	default:
		return unknown("format", format, Formats())
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("write the %s report: %w", format, err)
	}
	return nil
}

func unknown(what, word string, known []string) error {
	return fmt.Errorf("unknown %s %q%s: must be %s", what, clip(word, 100), suggest.Sentence(word, known), either(known))
}

// either joins words as "a, b or c".
func either(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// checkPages is where the pages of the checks are published.
const checkPages = "https://github.com/gatehouse-dev/gatehouse/blob/main/docs/checks/"

// page is the address of the page that explains a check, "" where there is none.
func (r Report) page(id string) string {
	if slices.Contains(r.Local, id) {
		return ""
	}
	return HelpURL(id)
}

// HelpURL returns the address of the page that explains a check.
func HelpURL(check string) string { return checkPages + uriPath(check) + ".md" }
