package sops

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// plainWord is a text that every reader of YAML takes for a string without quotes,
// unless it is one of otherWords.
var plainWord = regexp.MustCompile(`^[A-Za-z_/][A-Za-z0-9_./+=-]*$`)

// isOtherWord tells the words that stand for a boolean or null in YAML 1.1 or 1.2.
// Kubernetes reads those of 1.1, SOPS does not.
func isOtherWord(s string) bool {
	switch strings.ToLower(s) {
	case "y", "yes", "n", "no", "true", "false", "on", "off", "null":
		return true
	}
	return false
}

// isPrintable tells whether a text can stand for itself in YAML on one line.
func isPrintable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return strings.IndexFunc(s, needsEscape) < 0
}

// needsEscape tells a character that cannot stand for itself: control characters but
// the tab, what YAML takes for a line break, a byte-order mark, no characters.
func needsEscape(r rune) bool {
	return r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufeff' || r == '\ufffe' || r == '\uffff'
}

// plainFits tells whether a text can be written without quotes: whether a reader finds
// the same text, and Kubernetes no boolean.
func plainFits(s string, flow bool) bool {
	switch {
	case s == "" || isOtherWord(s) || !isPrintable(s) || strings.Contains(s, "\t"):
		return false
	case plainWord.MatchString(s):
		return true
	case flow:
		return readsAs("- ["+s+"]", s)
	}
	return readsAs("- "+s, s)
}

// keyFits tells the same of a key.
func keyFits(s string) bool {
	switch {
	case s == "" || len(s) > 1000 || isOtherWord(s) || !isPrintable(s) || strings.Contains(s, "\t"):
		return false
	}
	return plainWord.MatchString(s) || readsAs("- "+s+": x", s)
}

// readsAs tells whether the first scalar of a text is a given string without quotes,
// and whether there is no comment.
func readsAs(text, s string) bool {
	docs, err := parseYAML([]byte(text))
	if err != nil || len(docs) != 1 {
		return false
	}
	n := docs[0]
	for len(n.Content) > 0 {
		if n.HeadComment+n.LineComment+n.FootComment != "" || len(n.Content) > 2 || n.Kind != yaml.MappingNode && len(n.Content) > 1 {
			return false
		}
		n = n.Content[0]
	}
	return n.Kind == yaml.ScalarNode && n.Style == 0 && n.ShortTag() == "!!str" && n.Value == s && n.HeadComment+n.LineComment+n.FootComment == ""
}

// yamlText writes a text on one line.
func yamlText(s string, flow bool) string {
	if plainFits(s, flow) {
		return s
	}
	return quoted(s)
}

func yamlKey(s string) string {
	if keyFits(s) {
		return s
	}
	return inDouble(s)
}

// quoted writes a text in the quotes that need fewer escapes.
func quoted(s string) string {
	if strings.ContainsAny(s, `"\`) && !strings.Contains(s, "'") && isPrintable(s) {
		return inSingle(s)
	}
	return inDouble(s)
}

func inSingle(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func inDouble(s string) string {
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
		case r == '\r':
			b.WriteString(`\r`)
		case needsEscape(r) && r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case needsEscape(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// literal gives the header and the lines of a text as a literal block, whose lines are
// indented by column inside of a block at column above. ok is false for a text that a
// literal block cannot hold.
func literal(s string, above, column int) (header string, lines []string, ok bool) {
	body := strings.TrimRight(s, "\n")
	ends := len(s) - len(body)
	if body == "" || !isPrintable(strings.ReplaceAll(body, "\n", "")) {
		return "", nil, false
	}
	header = "|"
	first := strings.TrimLeft(body, "\n")
	if first[0] == ' ' || first[0] == '\t' {
		by := column - max(above, 0)
		if by < 1 || by > 9 {
			return "", nil, false
		}
		header += string(rune('0' + by))
	}
	header += chomping(ends)
	lines = strings.Split(body, "\n")
	for i := 1; i < ends; i++ {
		lines = append(lines, "")
	}
	return header, lines, true
}

// chomping is the sign of a block whose text ends with so many line breaks.
func chomping(ends int) string {
	switch ends {
	case 0:
		return "-"
	case 1:
		return ""
	}
	return "+"
}

// folded gives the same for a folded block, one line for each line of the text.
func folded(s string) (header string, lines []string, ok bool) {
	body := strings.TrimRight(s, "\n")
	ends := len(s) - len(body)
	if body == "" || ends > 1 || !isPrintable(strings.ReplaceAll(body, "\n", "")) {
		return "", nil, false
	}
	for i, line := range strings.Split(body, "\n") {
		if line == "" || isBlank(line[0]) || isBlank(line[len(line)-1]) {
			return "", nil, false
		}
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, line)
	}
	return ">" + chomping(ends), lines, true
}
