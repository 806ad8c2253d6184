package codeowners

import (
	"strconv"
	"strings"
)

// gitlabReader reads lines of GitLab (docs.gitlab.com "Syntax of CODEOWNERS
// file", "Advanced CODEOWNERS configuration").
type gitlabReader struct {
	current  heading
	sections map[string]int // by lower-case name, in File.Sections
	places   map[entryKey]int
}

// heading is the state the lines below it inherit.
type heading struct {
	section   int
	approvals int
	defaults  []Owner
}

// entryKey is what makes two lines the same entry: GitLab keeps the entries of a
// section in a table by pattern, so a repeated one keeps its first place.
type entryKey struct {
	section int
	exclude bool
	pattern string
}

func newGitLabReader(f *File) *gitlabReader {
	f.Sections = []Section{{}}
	return &gitlabReader{current: heading{approvals: 1}, sections: map[string]int{}, places: map[entryKey]int{}}
}

func (g *gitlabReader) line(f *File, number int, text string) {
	if name, rest, optional, ok := cutHeading(text); ok {
		g.heading(f, number, text, name, rest, optional)
		return
	}
	if strings.HasPrefix(strings.TrimPrefix(text, "^"), "[") {
		f.remark(Issue{Line: number, Column: 1, Kind: BrokenHeading, Effect: Altered, Source: text,
			Message: "the heading is not closed, so GitLab reads the line as an entry of the section above"})
	}
	g.entry(f, number, text)
}

// cutHeading splits "[Name]" or "^[Name]" off a line.
func cutHeading(text string) (name, rest string, optional, ok bool) {
	text, optional = strings.CutPrefix(text, "^")
	text, ok = strings.CutPrefix(text, "[")
	if !ok {
		return "", "", false, false
	}
	name, rest, ok = strings.Cut(text, "]")
	return name, rest, optional, ok
}

func (g *gitlabReader) heading(f *File, number int, text, name, rest string, optional bool) {
	key := strings.ToLower(name)
	at, known := g.sections[key]
	if !known {
		at = len(f.Sections)
		g.sections[key] = at
		f.Sections = append(f.Sections, Section{Name: name, Optional: true})
	}
	section := &f.Sections[at]
	section.Optional = section.Optional && optional
	section.Lines = append(section.Lines, number)
	if strings.TrimSpace(name) == "" {
		f.remark(Issue{Line: number, Column: 1, Kind: NamelessHeading, Effect: Noted, Source: text, Message: "a section must have a name"})
	}
	approvals, rest, good := cutApprovals(rest)
	if !good {
		f.remark(Issue{Line: number, Column: len(text) - len(rest) + 1, Kind: BadApprovals, Effect: Altered, Source: text,
			Message: "the number of approvals is none, so one approval is enough"})
	}
	g.current = heading{section: at, approvals: approvals}
	if rest == "" {
		return
	}
	if strings.IndexByte(lineSpace, rest[0]) < 0 {
		f.remark(Issue{Line: number, Column: len(text) - len(rest) + 1, Kind: HeadingText, Effect: Altered, Source: text,
			Message: "GitLab reads the line as the heading of a section and drops what follows the bracket"})
		return
	}
	g.current.defaults = f.gitlabOwners(number, text, rest)
}

// cutApprovals splits "[2]" off; numbers below one and words count as one. Of a
// word, nothing is split off: GitLab's heading ends before it.
func cutApprovals(rest string) (approvals int, after string, good bool) {
	inner, opened := strings.CutPrefix(rest, "[")
	if !opened {
		return 1, rest, true
	}
	digits, after, closed := strings.Cut(inner, "]")
	if !closed || strings.Trim(digits, "0123456789") != "" {
		return 1, rest, false
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 {
		return 1, after, false
	}
	return n, after, true
}

func (g *gitlabReader) entry(f *File, number int, text string) {
	raw, rest := cutPattern(text)
	raw, exclude := strings.CutPrefix(raw, "!")
	section := f.Sections[g.current.section]
	r := Rule{Line: number, Pattern: raw, Section: section.Name, Approvals: g.current.approvals, Excludes: exclude}
	if raw == "" {
		f.skip(Issue{Line: number, Column: 1, Kind: InvalidPattern, Source: text, Message: "the exclusion names no pattern"}, nil)
		return
	}
	normal := normalGitLab(raw)
	r.pattern = fnmatchPattern(normal)
	if !exclude {
		r.Owners = f.gitlabOwners(number, text, rest)
		if strings.Trim(rest, lineSpace) == "" {
			r.Owners, r.Inherited = g.current.defaults, len(g.current.defaults) > 0
		}
		if len(r.Owners) == 0 {
			f.remark(Issue{Line: number, Column: 1, Kind: MissingOwners, Effect: Noted, Source: text,
				Message: "the entry has no owner, so GitLab approves it by itself"})
		}
	}
	key := entryKey{g.current.section, exclude, normal}
	place, again := g.places[key]
	if !again {
		g.places[key] = len(f.slots)
		f.add(r, g.current.section)
		return
	}
	r.Everything = r.pattern.everything()
	f.Rules = append(f.Rules, r)
	earlier := &f.Rules[f.slots[place].rule]
	earlier.ReplacedBy = number
	f.slots[place].rule = len(f.Rules) - 1
	f.remark(Issue{Line: number, Column: 1, Kind: Redeclared, Effect: Altered, Source: text,
		Message: "the pattern stands in line " + strconv.Itoa(earlier.Line) + " already; GitLab takes these owners, but at that place in the order"})
}

// gitlabOwners reads the owners out of the text after a pattern or a heading.
// GitLab knows no comment there: a name in it is an owner like any other.
func (f *File) gitlabOwners(number int, text, rest string) []Owner {
	var owners []Owner
	at := len(text) - len(rest) + 1
	inComment := false
	for start, word := range words(rest) {
		if !inComment && strings.HasPrefix(word, "#") {
			inComment = true
		}
		owner, ok := gitlabOwner(word)
		switch {
		case ok && inComment:
			f.remark(Issue{Line: number, Column: at + start, Kind: InlineComment, Effect: Altered, Source: text,
				Message: "GitLab has no comments at the end of a line: \"" + brief(owner.Text) + "\" is an owner too"})
		case !ok && !inComment:
			f.remark(Issue{Line: number, Column: at + start, Kind: MalformedOwner, Effect: Altered, Source: text,
				Message: "\"" + brief(word) + "\" names no owner and is dropped"})
		}
		if ok {
			owners = append(owners, owner)
		}
	}
	return uniqueOwners(owners)
}

// gitlabOwner finds the reference in a word: "@user", "@group/subgroup",
// "@@role" or an e-mail address. Signs around it are prose.
func gitlabOwner(word string) (o Owner, ok bool) {
	word = strings.Trim(word, "#,;:.()<>\"'`")
	if role, is := strings.CutPrefix(word, "@@"); is {
		switch strings.TrimSuffix(strings.ToLower(role), "s") {
		case "developer", "maintainer", "owner":
			return Owner{Kind: Role, Text: word}, true
		}
		return Owner{}, false
	}
	name, at := strings.CutPrefix(word, "@")
	if !at {
		local, domain, found := strings.Cut(word, "@")
		if found && local != "" && domain != "" && !strings.Contains(domain, "@") {
			return Owner{Kind: Email, Text: word}, true
		}
		return Owner{}, false
	}
	kind := User
	for part := range strings.SplitSeq(name, "/") {
		if !isName(part, "-_.") || strings.IndexByte("-.", part[0]) >= 0 {
			return Owner{}, false
		}
	}
	if strings.Contains(name, "/") {
		kind = Team
	}
	return Owner{Kind: kind, Text: word}, true
}
