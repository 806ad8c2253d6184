package survey

import (
	"regexp"
	"strconv"
	"strings"
)

// plainScalar is text that every reader of YAML takes for just that string,
// besides some words.
var plainScalar = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./*?-]*$`)

// yamlString writes a string as a YAML scalar on one line: plain where that is
// safe by YAML 1.1 and 1.2, else in double quotes, with escapes that both know.
func yamlString(s string) string {
	if plainScalar.MatchString(s) {
		switch strings.ToLower(s) {
		case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		default:
			return s
		}
	}
	return strconv.Quote(strings.ToValidUTF8(s, "\uFFFD"))
}

// visible returns a path for a terminal: as it is where every character is seen
// as itself, else in quotes with escapes.
func visible(p string) string {
	quoted := strconv.Quote(p)
	if inner := quoted[1 : len(quoted)-1]; inner == p && strings.TrimSpace(p) == p && !strings.Contains(p, ", ") {
		return p
	}
	return quoted
}
