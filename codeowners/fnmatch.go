package codeowners

import (
	"strings"
	"unicode/utf8"
)

// normalGitLab brings a GitLab pattern into the form GitLab compares, which is
// also what makes two entries of a section the same entry: rooted, "*" meaning
// everything, a folder meaning all that lies in it.
//
// docs.gitlab.com "Path matching": relative paths are treated as globstar paths.
func normalGitLab(raw string) string {
	if raw == "*" {
		return "/**/*"
	}
	if strings.HasPrefix(raw, `\#`) {
		raw = raw[1:]
	}
	raw = strings.ReplaceAll(raw, `\ `, " ")
	if !strings.HasPrefix(raw, "/") {
		raw = "/**/" + raw
	}
	if strings.HasSuffix(raw, "/") {
		raw += "**/*"
	}
	return raw
}

// fnmatchPattern compiles a normal GitLab pattern. GitLab compares it with Ruby's
// File.fnmatch and the flags FNM_PATHNAME and FNM_DOTMATCH: "**" before a slash
// is any number of folders, "*" elsewhere stops at a slash, "[ ]" is a class, a
// backslash escapes, braces are literal (docs.ruby-lang.org, File.fnmatch).
func fnmatchPattern(normal string) pattern {
	p := pattern{tail: exactly}
	rest := strings.TrimPrefix(normal, "/")
	for {
		tokens, source, after, more, ok := fnmatchPart(rest)
		switch {
		case !ok:
			p.segments = append(p.segments, segment{shape: nothing, source: source})
		case source == "**" && more:
			p.segments = append(p.segments, segment{shape: deep, source: source})
		default:
			p.segments = append(p.segments, newSegment(source, tokens))
		}
		if !more {
			return p.normal()
		}
		rest = after
	}
}

// fnmatchPart reads up to the next slash; one inside a class does not count. ok
// is false where a class is not closed, which matches nothing in Ruby.
func fnmatchPart(s string) (tokens []token, source, rest string, more, ok bool) {
	var list tokenList
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '/':
			return list.done(), s[:i], s[i+1:], true, true
		case '*':
			list.star()
		case '?':
			list.add(token{op: one})
		case '[':
			class, end, closed := bracket(s, i)
			if !closed {
				return nil, s, "", false, false
			}
			list.add(class)
			i = end - 1
		case '\\':
			if i+1 < len(s) && s[i+1] == '/' {
				return list.done(), s[:i], s[i+2:], true, true
			}
			if i+1 < len(s) {
				i++
			}
			list.literal(s[i])
		default:
			list.literal(s[i])
		}
	}
	return list.done(), s, "", false, true
}

// bracket reads the class that opens at s[at]; end is the place after its "]".
// "[]" takes nothing and "[!]" everything, as in Ruby.
func bracket(s string, at int) (class token, end int, ok bool) {
	class.op = set
	i := at + 1
	if i < len(s) && (s[i] == '!' || s[i] == '^') {
		class.not = true
		i++
	}
	for i < len(s) && s[i] != ']' {
		low, next, found := classRune(s, i)
		if !found {
			return token{}, 0, false
		}
		high := low
		if next+1 < len(s) && s[next] == '-' && s[next+1] != ']' {
			high, next, found = classRune(s, next+1)
			if !found {
				return token{}, 0, false
			}
		}
		class.ranges = append(class.ranges, runes{low, high})
		i = next
	}
	if i >= len(s) {
		return token{}, 0, false
	}
	return class, i + 1, true
}

func classRune(s string, i int) (r rune, next int, ok bool) {
	if s[i] == '\\' {
		if i++; i >= len(s) {
			return 0, 0, false
		}
	}
	r, width := utf8.DecodeRuneInString(s[i:])
	return r, i + width, true
}
