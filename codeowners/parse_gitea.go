package codeowners

import "strings"

// giteaReader reads lines of Gitea, and of Forgejo, whose reading began as a
// copy of it (docs.gitea.com "Code Owners"): an expression and at least one
// owner, a backslash escapes the next character, an unescaped "#" begins a
// comment.
type giteaReader struct {
	budget int
}

func (g *giteaReader) line(f *File, number int, text string) {
	tokens := giteaWords(text)
	if len(tokens) == 0 {
		return
	}
	p, fault := expressionPattern(tokens[0], &g.budget)
	var owners []Owner
	for _, word := range tokens[1:] {
		owner, ok := giteaOwner(word)
		if !ok {
			f.remark(Issue{Line: number, Column: 1, Kind: MalformedOwner, Effect: Altered, Source: text,
				Message: "\"" + brief(word) + "\" names no owner and is dropped"})
			continue
		}
		if owner.Kind == Nobody {
			f.remark(Issue{Line: number, Column: 1, Kind: OwnedByNobody, Effect: Altered, Source: text,
				Message: "\"" + brief(word) + "\": " + f.Dialect.HostName() + " looks for a user of that name, not for an address"})
		}
		owners = append(owners, owner)
	}
	owners = uniqueOwners(owners)
	issue := Issue{Line: number, Column: 1, Source: text}
	switch {
	case fault != nil && fault.kind == RegexpUnjudged:
		issue.Kind, issue.Effect, issue.Message = fault.kind, Unjudged, fault.message
		f.remark(issue)
	case fault != nil:
		issue.Kind, issue.Message = fault.kind, fault.message
		f.skip(issue, owners)
	case len(owners) == 0:
		issue.Kind = MissingOwners
		issue.Message = f.Dialect.HostName() + " skips a line without owners; it takes no path away from anyone"
		f.skip(issue, nil, p)
	default:
		f.add(Rule{Line: number, Pattern: tokens[0], Owners: owners, Approvals: 1, pattern: p}, 0)
	}
}

// giteaWords splits a line as Gitea does. A backslash goes, the character after
// it stays whatever it is.
func giteaWords(text string) []string {
	var tokens []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			tokens = append(tokens, word.String())
			word.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\\':
			if i++; i < len(text) {
				word.WriteByte(text[i])
			}
		case '#':
			flush()
			return tokens
		case ' ', '\t':
			flush()
		default:
			word.WriteByte(c)
		}
	}
	flush()
	return tokens
}
