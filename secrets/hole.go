package secrets

import "strings"

// hole is a place in a text that an engine fills in: an action of a template, a
// variable, a reference.
type hole struct {
	from, to int    // byte offsets in the text
	inner    string // what stands between its marks
	form     holeForm
}

type holeForm uint8

const (
	actionHole     holeForm = iota // {{ … }}, <%= … %>, #{ … }, (( … )), $(( … ))
	variableHole                   // ${ … }
	plainHole                      // $NAME, $(NAME), %(name)s: nothing to fall back on
	referenceHole                  // <path:…>, ref+…
	expressionHole                 // ${{ … }}
)

// maxTemplate is the length up to which a value is judged as one template; a
// longer one is judged by the settings in it.
const maxTemplate = 1 << 16

// hasHole is a quick test for the marks of holes.
func hasHole(v string) bool { return strings.ContainsAny(v, "{$(%<@[") || strings.Contains(v, "ref+") }

// beginsWithHole tells a text that begins with a hole, and not with a bracket of its
// own.
func beginsWithHole(v string) bool {
	var s holeScanner
	_, ok := s.holeAt(v, 0)
	return ok
}

// holes visits the holes of a text in order, and stops where visit returns false.
func holes(v string, visit func(hole) bool) {
	var s holeScanner
	for at := 0; at < len(v); {
		h, ok := s.holeAt(v, at)
		if !ok {
			at++
			continue
		}
		if !visit(h) {
			return
		}
		at = h.to
	}
}

// holeScanner remembers which closing marks are not to be found any more, so that
// a text full of opening ones is read once.
type holeScanner struct{ missing map[string]bool }

// holeAt returns the hole that begins at v[at].
func (s *holeScanner) holeAt(v string, at int) (hole, bool) {
	rest := v[at:]
	switch v[at] {
	case '{':
		switch {
		case strings.HasPrefix(rest, "{{"):
			return s.between(v, at, "{{", "}}", actionHole)
		case strings.HasPrefix(rest, "{%"):
			return s.between(v, at, "{%", "%}", plainHole)
		}
	case '$':
		return s.dollar(v, at)
	case '<':
		switch {
		case strings.HasPrefix(rest, "<%"):
			return s.between(v, at, "<%", "%>", actionHole)
		case strings.HasPrefix(rest, "<path:"):
			return s.vaultPath(v, at)
		}
		if strings.HasPrefix(rest, "<< ") {
			h, ok := s.between(v, at, "<<", ">>", plainHole) // a parameter of CircleCI
			return h, ok && isIdentifier(strings.TrimSpace(h.inner)) && strings.Contains(h.inner, ".")
		}
		return s.named(v, at)
	case '#':
		if strings.HasPrefix(rest, "#{") {
			return s.between(v, at, "#{", "}", actionHole)
		}
	case '%':
		if strings.HasPrefix(rest, "%{") {
			return s.between(v, at, "%{", "}", actionHole)
		}
		return s.percent(v, at)
	case '(':
		if strings.HasPrefix(rest, "((") {
			return s.concourse(v, at)
		}
	case '[':
		if strings.HasPrefix(rest, "[[ ") || strings.HasPrefix(rest, "[[.") {
			return s.between(v, at, "[[", "]]", actionHole)
		}
	case 'r', 's':
		return vals(v, at)
	}
	return hole{}, false
}

// between returns the hole from an opening mark to the next closing one.
func (s *holeScanner) between(v string, at int, open, end string, form holeForm) (hole, bool) {
	if s.missing[end] {
		return hole{}, false
	}
	n := strings.Index(v[at+len(open):], end)
	if n < 0 {
		if s.missing == nil {
			s.missing = map[string]bool{}
		}
		s.missing[end] = true
		return hole{}, false
	}
	inner := v[at+len(open) : at+len(open)+n]
	return hole{at, at + len(open) + n + len(end), inner, form}, true
}

func (s *holeScanner) dollar(v string, at int) (hole, bool) {
	rest := v[at:]
	switch {
	case strings.HasPrefix(rest, "${{"):
		h, ok := s.between(v, at, "${{", "}}", expressionHole)
		return h, ok
	case strings.HasPrefix(rest, "${"), strings.HasPrefix(rest, "$[["), strings.HasPrefix(rest, "$[{"):
		return variable(v, at)
	case strings.HasPrefix(rest, "$("):
		h, ok := s.between(v, at, "$(", ")", plainHole)
		return h, ok && strings.TrimSpace(h.inner) != ""
	}
	return bareVariable(v, at)
}

// maxVariable is how long an expression in ${…} may be.
const maxVariable = 2048

// variable returns a hole of ${…}, which may hold others.
func variable(v string, at int) (hole, bool) {
	depth := 0
	for i := at + 1; i < min(len(v), at+maxVariable); i++ {
		switch v[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				inner := strings.TrimSpace(v[at+2 : i])
				return hole{at, i + 1, inner, variableHole}, inner != ""
			}
		case '\n':
			return hole{}, false
		}
	}
	return hole{}, false
}

// bareVariable returns a hole of $NAME, which begins a word: a dollar within a
// word is a sign of a password. A name of small letters must be one that is used
// for variables.
func bareVariable(v string, at int) (hole, bool) {
	i := at + 1
	if i < len(v) && v[i] == '$' {
		i++
	}
	if i < len(v) && v[i] == ':' {
		i = at + 1 + len("::")
	}
	from := i
	small := 0
	for i < len(v) && (isAlnum(v[i]) || v[i] == '_' || v[i] == ':' && i+2 < len(v) && v[i+1] == ':' && isLetter(v[i+2])) {
		if isLower(v[i]) {
			small++
		}
		if v[i] == ':' {
			i++
		}
		i++
	}
	if i > len(v) || from >= i || i-from < 2 || isDigit(v[from]) || at > 0 && (isAlnum(v[at-1]) || v[at-1] == '$') {
		return hole{}, false
	}
	name := v[from:i]
	if small > 0 && !strings.ContainsAny(name, "_:") && Promise(name) == SaysNothing && !(from == at+1 && i == len(v) && at == 0 && isWordy(name) && isPlainWord(name)) {
		return hole{}, false
	}
	if looksRandom(name) {
		return hole{}, false
	}
	return hole{at, i, name, plainHole}, true
}

// isPlainWord tells a word of letters alone.
func isPlainWord(v string) bool { return isOnly(v, isLetter) }

// vaultPath returns a hole of argocd-vault-plugin: <path:some/path#key | modifier>.
func (s *holeScanner) vaultPath(v string, at int) (hole, bool) {
	h, ok := s.between(v, at, "<", ">", referenceHole)
	return h, ok && strings.Contains(h.inner, "#") && !strings.Contains(h.inner, "\n")
}

// named returns a hole of argocd-vault-plugin without a path, which has a modifier:
// <name | base64encode>. Without one it cannot be told from any other placeholder.
func (s *holeScanner) named(v string, at int) (hole, bool) {
	h, ok := s.between(v, at, "<", ">", referenceHole)
	name, modifier, found := strings.Cut(h.inner, "|")
	switch strings.TrimSpace(modifier) {
	case "base64encode", "base64decode", "jsonParse", "yamlParse", "sha256sum", "indent":
	default:
		found = false
	}
	return h, ok && found && isIdentifier(strings.TrimSpace(name))
}

// percent returns a hole of %(name)s, %NAME% or %d.
func (s *holeScanner) percent(v string, at int) (hole, bool) {
	if strings.HasPrefix(v[at:], "%(") {
		h, ok := s.between(v, at, "%(", ")", plainHole)
		if ok && isIdentifier(h.inner) && h.to < len(v) && strings.IndexByte("sdi", v[h.to]) >= 0 {
			h.to++
			return h, true
		}
		return hole{}, false
	}
	n := 0
	for at+1+n < len(v) && (isAlnum(v[at+1+n]) || v[at+1+n] == '_' || v[at+1+n] == '.') && n < 100 {
		n++
	}
	if n < 3 || at+1+n >= len(v) || v[at+1+n] != '%' {
		return hole{}, false
	}
	name := v[at+1 : at+1+n]
	if source, _, found := strings.Cut(name, "."); found {
		// A parameter of TeamCity.
		return hole{at, at + n + 2, name, plainHole}, (source == "env" || source == "system" || source == "teamcity" || source == "secure" || source == "vault") && !looksRandom(name)
	}
	return hole{at, at + n + 2, name, plainHole}, strings.ToUpper(name) == name && !looksRandom(name) && isLetter(name[0])
}

// concourse returns a hole of ((name)).
func (s *holeScanner) concourse(v string, at int) (hole, bool) {
	h, ok := s.between(v, at, "((", "))", plainHole)
	name := strings.TrimSpace(h.inner)
	return h, ok && isOnly(name, func(c byte) bool { return isAlnum(c) || strings.IndexByte("_.-/:!\"' ", c) >= 0 }) && !looksRandom(name)
}

// vals returns a hole of vals in a text: ref+backend://path#/key, up to a blank or
// a plus sign.
func vals(v string, at int) (hole, bool) {
	rest := v[at:]
	prefix := "ref+"
	if rest[0] == 's' {
		prefix = "secretref+"
	}
	if !strings.HasPrefix(rest, prefix) || at > 0 && isAlnum(v[at-1]) {
		return hole{}, false
	}
	backend, path, found := strings.Cut(rest[len(prefix):min(len(rest), 600)], "://")
	if !found || !isValsBackend(backend) {
		return hole{}, false
	}
	n := strings.IndexAny(path, " \t\r\n\"'+,;")
	if n < 0 {
		n = len(path)
	}
	if n == 0 {
		return hole{}, false
	}
	to := at + len(prefix) + len(backend) + len("://") + n
	if to < len(v) && v[to] == '+' {
		to++
	}
	return hole{at, to, path[:n], referenceHole}, true
}
