package admission

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shown returns s as one line of at most n runes in which nothing is hidden: what
// is not printable (control characters, line ends, bidirectional and zero-width
// characters, bytes that are no UTF-8) is written as an escape. Kubernetes drops
// a warning with a control character in it (k8s.io/apimachinery, net.NewWarningHeader).
func shown(s string, n int) string {
	if printable(s) {
		return cut(s, n)
	}
	var out strings.Builder
	for i, count := 0, 0; i < len(s) && count <= n; count++ {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			out.WriteRune(r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		i += size
	}
	return cut(out.String(), n)
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// cut returns at most n runes of s; where it cuts, the last of them is "…".
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	count, end := 0, 0
	for i := range s {
		if count == n-1 {
			end = i
		}
		if count == n {
			return s[:end] + "…"
		}
		count++
	}
	return s
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
