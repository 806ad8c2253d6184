package vault

import (
	"strconv"
	"strings"
	"unicode"
)

// isPrintable tells whether a text holds what people can see, and blanks.
func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// longestShown is the length in runes of a name in a sentence.
const longestShown = 120

// shown is a name from a repository or from Vault for people, without what would
// steer a terminal or hide in it.
func shown(name string) string {
	runes := []rune(name)
	if len(runes) > longestShown {
		name = string(runes[:longestShown]) + "…"
	}
	return strconv.Quote(name)
}

// shownPath is a path for people: in quotes only where it needs them.
func shownPath(path string) string {
	if quoted := shown(path); quoted != `"`+path+`"` || strings.Contains(path, " ") {
		return quoted
	}
	return path
}

// listed joins names for people.
func listed(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = shown(name)
	}
	switch n := len(quoted); n {
	case 0:
		return ""
	case 1:
		return quoted[0]
	default:
		return strings.Join(quoted[:n-1], ", ") + " or " + quoted[n-1]
	}
}
