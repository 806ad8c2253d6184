package scan

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// judge asks what v is, which is the text of n or a part of it, and reports it
// where that is worth saying. It tells whether it is.
func (w *walker) judge(n *manifest.Node, v value, st state) bool {
	if w.halted() {
		return false
	}
	v, level := w.underPlural(v, st)
	hole := hasHole(v.text) && !st.comment
	if st.in != secrets.Held && level < secrets.Suggests {
		if hole && w.fallbacks(n, v, st) {
			return true
		}
		if !isURL(v.text) {
			return false
		}
	}
	key := v.path
	if key == "" {
		key = v.key
		if st.in != secrets.Held {
			key = keyPath(st.above, key)
		}
	}
	a := classify(key, v.text, st.in)
	if a.Truncated {
		w.over(LimitInflated, w.lineOfValue(n, v))
	}
	if st.in == secrets.Held && !a.Class.Leaks() && a.Class != secrets.Template {
		a = w.worstInside(n, v, st, a)
	}
	switch {
	case a.Class == secrets.Placeholder && w.isFilledByPlugin(v.text):
		return false
	case st.comment && (!countsInComment(a.Class, v.text) || a.Class == secrets.Plaintext && level < secrets.Promises):
		return false
	case st.in == secrets.Held && !isWorthSaying(a.Class), st.in != secrets.Held && !isLoud(a.Class, level, st.quiet):
		return hole && w.fallbacks(n, v, st)
	case st.in != secrets.Held && a.Class != secrets.Credential && w.isReference(n, v, st):
		return false
	case hole && a.Class.Leaks() && w.writtenOut(n, key, v, st):
	default:
		w.report(n, st.place, v, a)
	}
	return true
}

// lineOfValue is the line on which a value stands.
func (w *walker) lineOfValue(n *manifest.Node, v value) uint32 {
	if v.at.Line > 0 {
		return v.at.Line
	}
	return w.lineOf(n)
}

// classify is secrets.Classify for the places of a document, where the scheme of a
// header of HTTP may stand before the credential (RFC 9110, section 11.4).
func classify(key, text string, in secrets.Context) secrets.Answer {
	if scheme, credential, ok := strings.Cut(text, " "); ok && in != secrets.Free && isAuthorization(key) {
		switch strings.ToLower(scheme) {
		case "bearer", "token", "apikey", "api-key", "splunk", "geniekey", "bot", "key", "sso-key":
			return secrets.Classify("token", strings.TrimSpace(credential), in)
		}
	}
	return secrets.Classify(key, text, in)
}

// isAuthorization tells whether a key is the name of the header for credentials.
func isAuthorization(key string) bool {
	const name = "authorization"
	return len(key) >= len(name) && strings.EqualFold(key[len(key)-len(name):], name)
}

// underPlural gives a value under a key that says nothing the promise of the map or
// list around it, where that is one of passwords: the key is a user or a service.
func (w *walker) underPlural(v value, st state) (value, secrets.Level) {
	if v.path != "" {
		return v, w.promise(v.path)
	}
	level := w.level(st, v.key)
	if level == secrets.Promises || level == secrets.NamesPublic || !st.pushed || st.in == secrets.Held {
		return v, level
	}
	if above := lastPart(st.above); isPlural(above) || isUsers(above) {
		v.path, level = above, secrets.Promises
	}
	return v, level
}

// isPlural knows the keys of maps that have secrets by the name of their owner.
func isPlural(key string) bool {
	switch strings.ToLower(key) {
	case "passwords", "userpasswords", "passphrases", "tokens", "apitokens", "api_tokens":
		return true
	}
	return false
}

// isUsers knows the keys of maps that have the users of basic authentication by their
// names, with a password or a hash each.
func isUsers(key string) bool {
	return strings.EqualFold(key, "basic_auth_users") || strings.EqualFold(key, "basicAuthUsers")
}

// lastPart is a key without those above it.
func lastPart(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// hasHole tells whether a text has a part that an engine fills in.
func hasHole(text string) bool { return strings.Contains(text, "{{") || strings.Contains(text, "${") }

// writtenOut reports the literals of a text with holes that make it a leak, and
// tells whether there are any: the text itself leaks where there are none.
func (w *walker) writtenOut(n *manifest.Node, key string, v value, st state) bool {
	if bare := withoutLiterals(v.text); secrets.Classify(key, bare, st.in).Class.Leaks() {
		return false
	}
	any := false
	for _, l := range w.literals(n, v.text) {
		if l.isName() {
			any = true
			continue
		}
		in := st.in
		if l.format {
			in = secrets.Free
		}
		if a := secrets.Classify(key, l.text, in); a.Class.Leaks() {
			v.text, v.raw = l.text, l.text
			w.report(n, Template, v, a)
			any = true
		}
	}
	return any
}

// withoutLiterals is a text with nothing written out in its holes.
func withoutLiterals(text string) string {
	var out strings.Builder
	for {
		start, end := nextHole(text)
		if start < 0 {
			out.WriteString(text)
			return out.String()
		}
		out.WriteString(text[:start])
		out.WriteString("${VALUE}")
		text = text[end:]
	}
}

// nextHole returns where the next part that an engine fills in begins and ends, or
// -1.
func nextHole(text string) (start, end int) {
	for at := 0; ; {
		i := strings.IndexAny(text[at:], "{$")
		if i < 0 || at+i+1 >= len(text) {
			return -1, -1
		}
		at += i
		switch text[at : at+2] {
		case "{{":
			if end := strings.Index(text[at:], "}}"); end >= 0 {
				return at, at + end + len("}}")
			}
			return at, len(text)
		case "${":
			return at, braceEnd(text, at)
		}
		at++
	}
}

// braceEnd returns where a variable that begins at start ends, with those in it.
func braceEnd(text string, start int) int {
	depth := 0
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// fallbacks reports the literals that the variables of a text fall back on, by the
// names of the variables, where the key of the text promises nothing.
func (w *walker) fallbacks(n *manifest.Node, v value, st state) bool {
	any := false
	for _, l := range w.literals(n, v.text) {
		if l.printed && st.in == secrets.Held && holdsChosen(l.text, isChosen) {
			v.text, v.raw = l.text, l.text
			w.report(n, Template, v, secrets.Answer{Class: secrets.Plaintext, Evidence: "the template writes a literal out"})
			any = true
			continue
		}
		if l.variable == "" || st.quiet || l.isName() {
			continue
		}
		level := w.promise(l.variable)
		if level < secrets.Suggests {
			continue
		}
		if a := secrets.Classify(l.variable, l.text, secrets.Named); isLoud(a.Class, level, false) {
			v.key, v.text, v.raw = l.variable, l.text, l.text
			w.report(n, Template, v, a)
			any = true
		}
	}
	return any
}
