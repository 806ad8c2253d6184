package codeowners

import "strings"

// fault is why a host does not take a pattern.
type fault struct {
	kind       IssueKind
	message    string
	suggestion string
}

// gitFault finds what the host reports as an invalid pattern.
func gitFault(raw string) *fault {
	switch {
	case strings.HasPrefix(raw, "!"):
		return &fault{InvalidPattern, "a pattern cannot be negated with \"!\"", ""}
	case strings.HasPrefix(raw, `\#`):
		return &fault{InvalidPattern, "a pattern cannot begin with an escaped \"#\"", ""}
	case strings.Contains(raw, "***"):
		return &fault{InvalidPattern, "three stars in a row mean nothing", shortenStars(raw)}
	case strings.Trim(raw, "/") == "":
		return &fault{NeverMatches, "the pattern matches no path", "*"}
	case strings.Contains(raw, "//"):
		return &fault{NeverMatches, "two slashes in a row match no path", squeezeSlashes(raw)}
	case endsInBackslash(raw):
		return &fault{InvalidPattern, "the last backslash escapes nothing", strings.TrimSuffix(raw, `\`)}
	case hasBareBracket(raw):
		return &fault{InvalidPattern, `"[" and "]" must be escaped with a backslash`, escapeBrackets(raw)}
	}
	return nil
}

// compileGit compiles a pattern of GitHub, or of Bitbucket where a last "*" is not
// shallow and goes as deep as in a gitignore file. It does not ask whether the
// host takes the pattern; with classes it reads "[a-z]" as gitignore does.
//
// Rules: git-scm.com/docs/gitignore "Pattern format", with the exceptions of
// docs.github.com "CODEOWNERS syntax".
func compileGit(raw string, shallowStar, classes bool) pattern {
	parts := splitUnescaped(raw)
	anchored := false
	if parts[0] == "" && len(parts) > 1 {
		parts, anchored = parts[1:], true
	}
	p := pattern{tail: orBelow}
	if last := len(parts) - 1; last > 0 && parts[last] == "" {
		parts, p.tail = parts[:last], inside
	}
	anchored = anchored || len(parts) > 1
	last := len(parts) - 1
	slashed := anchored
	for i, part := range parts {
		switch {
		case part == "**" && i == last && !anchored && p.tail == inside:
			// A bare "**/" is any folder.
			p.segments = append(p.segments, segment{shape: deep, source: part}, newSegment("*", []token{{op: star}}))
		case part == "**" && i == last && p.tail == inside && !shallowStar:
			// gitignore: "foo/**/" is any folder below foo.
			p.segments = append(p.segments, segment{shape: deep, source: part}, newSegment("*", []token{{op: star}}))
		case part == "**":
			p.segments = append(p.segments, segment{shape: deep, source: part})
		default:
			p.segments = append(p.segments, newSegment(part, gitTokens(part, classes)))
		}
	}
	if parts[last] == "**" && p.tail == orBelow {
		p.tail = inside
	}
	if parts[last] == "*" && slashed && shallowStar && p.tail == orBelow {
		p.tail = exactly
	}
	if !anchored {
		p.segments = append([]segment{{shape: deep, source: "**"}}, p.segments...)
	}
	return p.normal()
}

// gitTokens reads one part between slashes.
func gitTokens(part string, classes bool) []token {
	var list tokenList
	for i := 0; i < len(part); i++ {
		switch c := part[i]; c {
		case '\\':
			if i++; i < len(part) {
				list.literal(part[i])
			}
		case '*':
			list.star()
		case '?':
			list.add(token{op: one})
		case '[':
			if !classes {
				list.literal('[')
				continue
			}
			class, end, ok := bracket(part, i)
			if classes = ok; !ok {
				list.literal('[')
				continue
			}
			list.add(class)
			i = end - 1
		default:
			list.literal(part[i])
		}
	}
	return list.done()
}

// splitUnescaped splits at slashes. An escaped slash is a slash.
func splitUnescaped(raw string) []string {
	if !strings.Contains(raw, `\/`) {
		return strings.Split(raw, "/")
	}
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' && i+1 < len(raw) {
			if raw[i+1] != '/' {
				b.WriteByte('\\')
			}
			i++
		}
		b.WriteByte(raw[i])
	}
	return strings.Split(b.String(), "/")
}

func hasBareBracket(raw string) bool {
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '[', ']':
			return true
		}
	}
	return false
}

func escapeBrackets(raw string) string {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			b.WriteByte(raw[i])
			if i++; i == len(raw) {
				return b.String()
			}
		case '[', ']':
			b.WriteByte('\\')
		}
		b.WriteByte(raw[i])
	}
	return b.String()
}

func endsInBackslash(raw string) bool {
	n := len(raw) - len(strings.TrimRight(raw, `\`))
	return n%2 == 1
}

func shortenStars(raw string) string {
	var b strings.Builder
	run := 0
	for i := 0; i < len(raw); i++ {
		if raw[i] != '*' {
			run = 0
		} else if run++; run > 2 {
			continue
		}
		b.WriteByte(raw[i])
	}
	return b.String()
}

func squeezeSlashes(raw string) string {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] == '/' && i > 0 && raw[i-1] == '/' {
			continue
		}
		b.WriteByte(raw[i])
	}
	return b.String()
}
