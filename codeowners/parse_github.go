package codeowners

import "strings"

// githubReader reads lines of GitHub, and of Bitbucket, which documents the
// same syntax with other owners (support.atlassian.com "Set up and use code
// owners").
type githubReader struct{}

func (githubReader) line(f *File, number int, text string) {
	raw, rest := cutPattern(text)
	at := len(text) - len(rest) + 1
	owners, bad, comment := f.githubOwners(rest)
	shallow := f.Dialect != Bitbucket
	if fault := gitFault(raw); fault != nil {
		f.skip(Issue{Line: number, Column: 1, Kind: fault.kind, Source: text, Message: fault.message, Suggestion: fault.suggestion}, owners, meantByGit(raw, shallow)...)
		return
	}
	p := compileGit(raw, shallow, false)
	if bad.word != "" {
		f.skip(Issue{Line: number, Column: at + bad.at, Kind: InvalidOwner, Source: text,
			Message: "\"" + brief(bad.word) + "\" names no owner, so " + f.Dialect.HostName() + " skips the line"}, owners, p)
		return
	}
	if comment >= 0 && f.Dialect == GitHubLegacy {
		f.skip(Issue{Line: number, Column: at + comment, Kind: InlineComment, Source: text,
			Message: f.Dialect.HostName() + " takes a comment at the end of a line for invalid syntax"}, owners, p)
		return
	}
	f.remarkPattern(number, text, raw, len(owners))
	for _, o := range owners {
		if o.Kind == Nobody {
			f.remark(Issue{Line: number, Column: at + strings.Index(rest, o.Text), Kind: OwnedByNobody, Effect: Altered, Source: text,
				Message: "\"" + brief(o.Text) + "\" is one word to the host and names nobody"})
		}
	}
	f.add(Rule{Line: number, Pattern: raw, Owners: owners, Approvals: 1, pattern: p}, 0)
}

// cutPattern splits a line at the first space or tab that is not escaped.
func cutPattern(text string) (raw, rest string) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case ' ', '\t':
			return text[:i], text[i:]
		}
	}
	return text, ""
}

// badWord is the first word that is no owner, and where it stands.
type badWord struct {
	word string
	at   int
}

// githubOwners reads what follows the pattern. comment is where a comment
// begins, -1 without one.
func (f *File) githubOwners(rest string) (owners []Owner, bad badWord, comment int) {
	comment = strings.IndexByte(rest, '#')
	if comment >= 0 {
		rest = rest[:comment]
	}
	parse := githubOwner
	if f.Dialect == Bitbucket {
		parse = bitbucketOwner
	}
	for at, word := range words(rest) {
		owner, ok := parse(word)
		if !ok {
			if bad.word == "" {
				bad = badWord{word, at}
			}
			continue
		}
		owners = append(owners, owner)
	}
	return uniqueOwners(owners), bad, comment
}

// words yields the words of s and where they start, separated by spaces and tabs.
func words(s string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i := 0; i < len(s); {
			if strings.IndexByte(lineSpace, s[i]) >= 0 {
				i++
				continue
			}
			end := strings.IndexAny(s[i:], lineSpace)
			if end < 0 {
				end = len(s) - i
			}
			if !yield(i, s[i:i+end]) {
				return
			}
			i += end
		}
	}
}

// remarkPattern says what a pattern does not mean although it looks like it.
func (f *File) remarkPattern(number int, text, raw string, owners int) {
	open := strings.IndexByte(raw, '{')
	switch {
	case owners == 0 && looksLikeOwner(raw):
		f.remark(Issue{Line: number, Column: 1, Kind: LooksLikeOwner, Effect: Altered, Source: text,
			Message: "the line names an owner where the pattern belongs, so it is a pattern without owners", Suggestion: "* " + raw})
	case strings.Contains(strings.ReplaceAll(raw, `\#`, ""), "#"):
		f.remark(Issue{Line: number, Column: strings.IndexByte(raw, '#') + 1, Kind: HashInPattern, Effect: Noted, Source: text,
			Message: "\"#\" without a space before it is read as part of the pattern"})
	case open >= 0 && strings.Contains(raw[open:], ",") && strings.Contains(raw[open:], "}"):
		f.remark(Issue{Line: number, Column: open + 1, Kind: LiteralBraces, Effect: Noted, Source: text,
			Message: "braces are literal characters here, no choice"})
	}
}

func looksLikeOwner(raw string) bool {
	if !strings.HasPrefix(raw, "@") {
		return false
	}
	o, ok := githubOwner(raw)
	return ok && o.Kind != Nobody
}

// meantByGit are the readings the writer of an invalid pattern may have had in
// mind: brackets as characters or as a class, "!" dropped.
func meantByGit(raw string, shallow bool) []pattern {
	raw = strings.TrimPrefix(raw, "!")
	raw = squeezeSlashes(shortenStars(raw))
	if endsInBackslash(raw) {
		raw = strings.TrimSuffix(raw, `\`)
	}
	if strings.Trim(raw, "/") == "" {
		raw = "*"
	}
	meant := []pattern{compileGit(escapeBrackets(raw), shallow, false)}
	if hasBareBracket(raw) {
		meant = append(meant, compileGit(raw, shallow, true))
	}
	return meant
}
