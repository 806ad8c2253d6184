package seal

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// plainText is a text that every reader of YAML takes for a string without quotes,
// unless it is one of plainWords.
var plainText = regexp.MustCompile(`^[A-Za-z_/][A-Za-z0-9_./-]*$`)

// plainWords are the words that stand for a boolean or null in YAML 1.1 or 1.2.
var plainWords = []string{"y", "yes", "n", "no", "true", "false", "on", "off", "null"}

// yamlString writes a text as a YAML scalar on one line.
func yamlString(s string) string {
	switch {
	case plainText.MatchString(s) && !slices.Contains(plainWords, strings.ToLower(s)):
		return s
	case strings.ContainsAny(s, `"\`) && !strings.Contains(s, "'") && strings.IndexFunc(s, needsEscape) < 0:
		return "'" + s + "'"
	}
	return quoted(s)
}

// literal gives the lines of a text as a literal block scalar, and its indicator.
// ok is false for a text that has one line, or that a literal cannot hold.
func literal(s string) (indicator string, lines []string, ok bool) {
	body, ends := strings.CutSuffix(s, "\n")
	lines = strings.Split(body, "\n")
	escapes := func(r rune) bool { return r != '\n' && needsEscape(r) }
	if !strings.Contains(s, "\n") || lines[0] == "" || lines[0][0] == ' ' || lines[len(lines)-1] == "" || strings.ContainsFunc(s, escapes) {
		return "", nil, false
	}
	if ends {
		return "|", lines, true
	}
	return "|-", lines, true
}

// quoted writes a text in double quotes, in the escapes that JSON and YAML have in
// common.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case needsEscape(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// needsEscape tells whether a character cannot stand for itself: control
// characters, what YAML takes for a line break, and a byte-order mark.
func needsEscape(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufeff' || r == '\ufffe' || r == '\uffff'
}

// yamlScalar writes a scalar node as YAML.
func yamlScalar(n *manifest.Node) string {
	if n.Kind == manifest.String {
		return yamlString(n.Text)
	}
	return otherScalar(n)
}

// jsonScalar writes a scalar node as JSON.
func jsonScalar(n *manifest.Node) string {
	if n.Kind == manifest.String {
		return quoted(n.Text)
	}
	return otherScalar(n)
}

func otherScalar(n *manifest.Node) string {
	if n.Kind == manifest.Null {
		return "null"
	}
	return n.Text
}
