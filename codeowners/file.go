package codeowners

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// File is a CODEOWNERS file as one host reads it. It does not change after
// [Parse] and may be used by several goroutines.
type File struct {
	Dialect Dialect
	// Rules are the lines the host takes, in the order of the file.
	Rules []Rule
	// Sections are GitLab's, the unnamed one first; empty for other hosts.
	Sections []Section
	// Issues are all remarks, in the order of lines.
	Issues []Issue
	// Ignored is set where the host does not use the file: every path of the
	// repository is without owners.
	Ignored bool

	skipped   []skipped
	slots     []slot // what the index ranks
	index     *index
	decisions []Decision // of each slot
}

// Rule is one line that names owners, or takes them away.
type Rule struct {
	Line    int
	Pattern string // as written, without the "!" of an exclusion
	// Owners are the owners that count. Inherited says that the section names
	// them and the line does not.
	Owners    []Owner
	Inherited bool
	// Section is the GitLab section as first spelled; empty for the unnamed one.
	Section string
	// Approvals is how many owners must approve; 1 except under a GitLab heading
	// with a number.
	Approvals int
	// Excludes is set for GitLab's "!pattern": the section has no say there.
	Excludes bool
	// Everything is set where the rule matches every path: a fallback.
	Everything bool
	// ReplacedBy is the line of a later entry with the same pattern, which takes
	// this one's place in its section (GitLab).
	ReplacedBy int

	pattern pattern
}

// Matches reports whether the rule's pattern matches the path, whoever decides
// it in the end. Paths are relative to the root of the repository; one that ends
// in a slash is a folder and stands for what is new in it.
func (r Rule) Matches(path string) bool { return r.pattern.matches(path) }

// Section is a GitLab section: entries under headings of one name.
type Section struct {
	Name string // as first spelled; empty for the entries before any heading
	// Optional is set where every heading of the name says so.
	Optional bool
	// Lines are the headings; none for the unnamed section.
	Lines []int
}

// slot is a place in the order that decides, and the rule that holds it.
type slot struct {
	rule    int
	section int
}

// skipped is a line the host drops, with what its writer meant.
type skipped struct {
	issue    int    // in File.Issues
	raw      string // the pattern
	at       int    // the rules before it
	owners   []Owner
	patterns []pattern
}

// Parse reads a file as the host of the dialect reads it. It never fails: what
// the host drops, or cannot be judged here, is in [File.Issues] and shows in
// [File.Ignored] and [File.Unjudged].
func Parse(data []byte, dialect Dialect) *File {
	f := &File{Dialect: dialect.orDefault()}
	switch {
	case !f.Dialect.known():
		f.remark(Issue{Kind: UnknownDialect, Effect: Unjudged, Message: fmt.Sprintf("%q is no dialect of CODEOWNERS", brief(string(dialect)))})
	case f.checkSize(len(data)):
		f.read(data)
	}
	f.finish()
	return f
}

// Unjudged reports whether part of the file could not be judged here, so that
// an answer about any path may be wrong.
func (f *File) Unjudged() bool {
	for _, i := range f.Issues {
		if i.Effect == Unjudged {
			return true
		}
	}
	return false
}

// IssuesWith returns the issues of one effect.
func (f *File) IssuesWith(effect Effect) []Issue {
	var found []Issue
	for _, i := range f.Issues {
		if i.Effect == effect {
			found = append(found, i)
		}
	}
	return found
}

// checkSize reports whether the file is to be read on. One the host ignores is
// read all the same, for the sake of the consequences.
func (f *File) checkSize(size int) bool {
	github := f.Dialect == GitHub || f.Dialect == GitHubLegacy
	switch {
	case github && size >= HostLimit:
		f.Ignored = true
		f.remark(Issue{Kind: TooLarge, Effect: Ignored,
			Message: fmt.Sprintf("the file has %d bytes; %s does not load one of 3 MB or more, so no path has an owner", size, f.Dialect.HostName())})
		return size <= MaxSize
	case size > MaxSize:
		f.remark(Issue{Kind: TooLarge, Effect: Unjudged, Message: fmt.Sprintf("the file has %d bytes, more than the %d that are read", size, MaxSize)})
		return false
	case github && size >= NearLimit:
		f.remark(Issue{Kind: NearTheLimit, Effect: Noted,
			Message: fmt.Sprintf("the file has %d bytes; at 3 MB %s stops loading it", size, f.Dialect.HostName())})
	}
	return true
}

// A lineReader takes one line that is no comment and not empty.
type lineReader interface {
	line(f *File, number int, text string)
}

func (f *File) read(data []byte) {
	if rest, ok := bytes.CutPrefix(data, []byte("\uFEFF")); ok {
		data = rest
		f.remark(Issue{Line: 1, Column: 1, Kind: ByteOrderMark, Effect: Noted, Message: "the file begins with a byte-order mark, which a host may take for part of the first pattern"})
	}
	var reader lineReader
	switch f.Dialect {
	case GitLab:
		reader = newGitLabReader(f)
	case Gitea, Forgejo:
		reader = &giteaReader{budget: maxRegexpCost}
	default:
		reader = githubReader{}
	}
	text := string(data)
	number, read := 0, 0
	for more := true; more; {
		var line string
		line, text, more = strings.Cut(text, "\n")
		number++
		trimmed := strings.Trim(line, lineSpace)
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		if read++; read > MaxRules {
			f.remark(Issue{Line: number, Kind: TooManyRules, Effect: Unjudged, Message: fmt.Sprintf("there are more than %d lines; those from here on are not read", MaxRules)})
			return
		}
		f.checkText(number, trimmed)
		reader.line(f, number, trimmed)
	}
}

// lineSpace is the white space around a line that no host gives a meaning.
const lineSpace = " \t\r\f\v"

// checkText remarks on bytes that do not mean what they look like.
func (f *File) checkText(number int, line string) {
	if !utf8.ValidString(line) {
		f.remark(Issue{Line: number, Kind: NotUTF8, Effect: Noted, Source: line, Message: "the line is not UTF-8; it is compared byte by byte"})
	}
	for i, r := range line {
		if r == '\u00A0' || r == '\u3000' || '\u2000' <= r && r <= '\u200B' || r == '\u2060' {
			f.remark(Issue{Line: number, Column: i + 1, Kind: OddSpace, Effect: Noted, Source: line, Message: fmt.Sprintf("the line has the space U+%04X, which separates nothing", r)})
			return
		}
	}
}

func (f *File) remark(i Issue) {
	i.Source = brief(i.Source)
	f.Issues = append(f.Issues, i)
}

// skip drops a line, and keeps what it was meant to do.
func (f *File) skip(i Issue, owners []Owner, meant ...pattern) {
	i.Effect = Skipped
	raw, _ := cutPattern(i.Source)
	f.remark(i)
	f.skipped = append(f.skipped, skipped{issue: len(f.Issues) - 1, raw: raw, at: len(f.slots), owners: owners, patterns: meant})
}

// add takes a rule at the end of the order.
func (f *File) add(r Rule, section int) {
	r.Everything = r.pattern.everything()
	f.Rules = append(f.Rules, r)
	f.slots = append(f.slots, slot{rule: len(f.Rules) - 1, section: section})
}

// finish drops all where one bad line is enough, and builds the index.
func (f *File) finish() {
	if bad := f.IssuesWith(Skipped); f.Dialect == GitHubLegacy && len(bad) > 0 && !f.Ignored {
		f.Ignored = true
		f.remark(Issue{Line: bad[0].Line, Column: bad[0].Column, Kind: WholeFile, Effect: Ignored, Source: bad[0].Source,
			Message: "one invalid line makes " + f.Dialect.HostName() + " ignore the whole file, so no path has an owner"})
	}
	if f.Ignored {
		f.index = newIndex(nil)
		return
	}
	f.index = newIndex(f.patterns())
	f.decisions = make([]Decision, len(f.slots))
	for i, s := range f.slots {
		f.decisions[i] = f.decision(s)
	}
}

// patterns are those of the slots, in their order.
func (f *File) patterns() []pattern {
	patterns := make([]pattern, len(f.slots))
	for i, s := range f.slots {
		patterns[i] = f.Rules[s.rule].pattern
	}
	return patterns
}
