package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible returns s as one line in which nothing is hidden: what is neither a
// letter, mark, number, sign nor plain blank (control characters, line ends,
// bidirectional and zero-width characters, bytes that are no UTF-8) is written as
// an escape such as \n, \u202e or \xff.
func visible(s string) string { return escaped(s, func(rune) bool { return false }) }

// visibleLines is visible for a text of several lines, which it keeps.
func visibleLines(s string) string {
	return escaped(strings.ReplaceAll(s, "\r\n", "\n"), func(r rune) bool { return r == '\n' || r == '\t' })
}

// validUTF8 returns s with the bytes that are no UTF-8 written as \xff, for
// formats whose own strings escape the rest.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return escaped(s, func(rune) bool { return true })
}

func escaped(s string, keep func(rune) bool) string {
	if isPlain(s) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, s[i])
		case unicode.IsPrint(r) || keep(r):
			out.WriteRune(r)
		default:
			out.WriteString(escapeRune(r))
		}
		i += size
	}
	return out.String()
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func escapeRune(r rune) string {
	switch r {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	if r > 0xffff {
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// show is visible, of which at most n runes. The end is cut off before the rest is
// looked at, so that an endless string costs no more than a long one.
func show(s string, n int) string { return clip(visible(clip(s, n+1)), n) }

// showLines is visibleLines, without blanks around, of which at most n runes.
func showLines(s string, n int) string {
	// A line end of two characters becomes one, so twice as many may be needed.
	return clip(visibleLines(clip(strings.TrimSpace(s), 2*(n+1))), n)
}

// clip returns at most n runes of s; where it cuts, the last of them is "…".
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	count := 0
	cut := 0 // where n-1 runes end
	for i := range s {
		if count == n-1 {
			cut = i
		}
		if count == n {
			return s[:cut] + "…"
		}
		count++
	}
	return s
}

// logCommand is what build services take for a command anywhere in a line of a
// log: "##[" of GitHub (actions/runner, ActionCommand.TryParse) and "##vso[" of
// Azure Pipelines, "##teamcity[" of TeamCity.
var logCommand = regexp.MustCompile(`##([a-zA-Z]*)\[`)

// replaceLogCommands replaces all that logCommand finds.
func replaceLogCommands(text []byte, with string) []byte {
	if !bytes.Contains(text, []byte("##")) {
		return text
	}
	return logCommand.ReplaceAll(text, []byte(with))
}

// logLine makes sure that a line of a log is no command to the build service that
// keeps the log. GitHub takes a line for one that begins with "::" after blanks
// (actions/runner, ActionCommand.TryParseV2).
func logLine(line string) string {
	line = logCommand.ReplaceAllString(line, `##$1\u005b`)
	trimmed := strings.TrimLeft(line, " \t")
	if rest, ok := strings.CutPrefix(trimmed, "::"); ok {
		return line[:len(line)-len(trimmed)] + `\u003a:` + rest
	}
	return line
}

// uriPath writes a path as a relative reference of a URI (RFC 3986, section 3.3):
// all but unreserved characters and slashes is percent-encoded, byte by byte, so
// that the reference leads to this very file.
func uriPath(path string) string {
	var out strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			out.WriteByte(c)
		default:
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}
