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

// ciphertext is how a sealed value is written: every reader of YAML takes it for a
// string without quotes.
var ciphertext = regexp.MustCompile(`^A[A-Za-z0-9+/]{63,}=*$`)

// scalarLike writes a scalar as a neighbour is written that begins with a byte: in its
// quotes, where the text can stand in them.
func scalarLike(neighbour byte, n *manifest.Node) string {
	switch {
	case n.Kind != manifest.String:
		return otherScalar(n)
	case neighbour == '"':
		return quoted(n.Text)
	case neighbour == '\'' && !strings.Contains(n.Text, "'") && strings.IndexFunc(n.Text, needsEscape) < 0:
		return "'" + n.Text + "'"
	case ciphertext.MatchString(n.Text):
		return n.Text
	}
	return yamlString(n.Text)
}

// blockLines writes fields in block style, one at a column, and maps in them indented
// by unit.
func blockLines(items []manifest.Node, column, unit int) (lines []string) {
	for i := range items {
		key := text("", items[i].Key)
		lines = append(lines, blockField(scalarLike(0, &key), &items[i], column, unit)...)
	}
	return lines
}

// blockField writes one field whose key is written already.
func blockField(key string, n *manifest.Node, column, unit int) []string {
	indent := strings.Repeat(" ", column)
	switch {
	case n.Kind == manifest.Map && len(n.Items) > 0:
		return append([]string{indent + key + ":"}, blockLines(n.Items, column+unit, unit)...)
	case n.Kind == manifest.List && len(n.Items) > 0:
		lines := []string{indent + key + ":"}
		for i := range n.Items {
			lines = append(lines, blockItem(&n.Items[i], column+unit, unit)...)
		}
		return lines
	case n.Kind == manifest.Map:
		return []string{indent + key + ": {}"}
	case n.Kind == manifest.List:
		return []string{indent + key + ": []"}
	}
	indicator, body, ok := literal(n.Text)
	if !ok || n.Kind != manifest.String {
		return []string{indent + key + ": " + scalarLike(0, n)}
	}
	lines := []string{indent + key + ": " + indicator}
	for _, line := range body {
		if line != "" {
			line = strings.Repeat(" ", column+unit) + line
		}
		lines = append(lines, line)
	}
	return lines
}

// dash is the mark of an item and what the fields of one are indented by.
const dash = "- "

// blockItem writes one item of a list, with its dash at a column.
func blockItem(n *manifest.Node, column, unit int) []string {
	indent := strings.Repeat(" ", column) + dash
	if n.Kind != manifest.Map || len(n.Items) == 0 {
		return []string{indent + scalarLike(0, n)}
	}
	lines := blockLines(n.Items, column+len(dash), unit)
	lines[0] = indent + lines[0][len(indent):]
	return lines
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
