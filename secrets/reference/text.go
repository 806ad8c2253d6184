package reference

import (
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// isHole tells a text that has a part which is filled in before it is applied: by a
// template engine, by the substitution of Flux or a shell, or by argocd-vault-plugin.
func isHole(text string) bool {
	return strings.ContainsAny(text, "{$[<") &&
		(between(text, "{{", "}}") || between(text, "${", "}") || between(text, "$(", ")") || between(text, "[[", "]]") ||
			between(text, "<", ">") || isShellVariable(text) || between(text, "{%", "%}"))
}

// isShellVariable tells $NAME anywhere in a text.
func isShellVariable(text string) bool {
	i := strings.IndexByte(text, '$')
	return i >= 0 && i+1 < len(text) && (isAlnum(text[i+1]) || text[i+1] == '_')
}

func between(text, open, end string) bool {
	i := strings.Index(text, open)
	return i >= 0 && strings.Contains(text[i+len(open):], end)
}

// holeMarks are the brackets of parts that are filled in.
var holeMarks = [...][2]string{{"{{", "}}"}, {"${", "}"}, {"$(", ")"}, {"[[", "]]"}, {"<", ">"}}

// pattern returns a name with * for each part that is filled in.
func pattern(name string) string {
	if !isHole(name) {
		return name
	}
	var b strings.Builder
	for name != "" {
		at, end := len(name), len(name)
		for _, m := range holeMarks {
			i := strings.Index(name[:at], m[0])
			if i < 0 {
				continue
			}
			if j := strings.Index(name[i+len(m[0]):], m[1]); j >= 0 {
				at, end = i, i+len(m[0])+j+len(m[1])
			}
		}
		b.WriteString(name[:at])
		if at < len(name) {
			b.WriteByte('*')
		}
		name = name[end:]
	}
	if out := b.String(); strings.ContainsAny(out, "$%") {
		return "*"
	} else {
		return out
	}
}

// matches tells whether a name is one that a pattern stands for; * is any text.
func matches(pattern, name string) bool {
	first, rest, found := strings.Cut(pattern, "*")
	if !found {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	for {
		part, tail, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, rest)
		}
		_, after, ok := strings.Cut(name, part)
		if !ok {
			return false
		}
		name, rest = after, tail
	}
}

// longestName is the length of the longest name of an object (RFC 1123 subdomain).
const longestName = 253

// isName tells a text that can be the name of a Secret: letters in lower case, digits,
// dashes and dots.
func isName(text string) bool {
	if text == "" || len(text) > longestName || !isLowerAlnum(text[0]) || !isLowerAlnum(text[len(text)-1]) {
		return false
	}
	for i := 0; i < len(text); i++ {
		if c := text[i]; !isLowerAlnum(c) && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// isDataKey tells a text that can be a key of a Secret.
func isDataKey(text string) bool {
	if text == "" || len(text) > longestName || text == "." || text == ".." {
		return false
	}
	for i := 0; i < len(text); i++ {
		if c := text[i]; !isAlnum(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

func isLowerAlnum(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' }

func isAlnum(c byte) bool { return isLowerAlnum(c) || c >= 'A' && c <= 'Z' }

func isDigits(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// items returns the items of a list, or nothing.
func items(n *manifest.Node) []manifest.Node {
	if n == nil || n.Kind != manifest.List {
		return nil
	}
	return n.Items
}

// fields returns the fields of a map, or nothing.
func fields(n *manifest.Node) []manifest.Node {
	if n == nil || n.Kind != manifest.Map {
		return nil
	}
	return n.Items
}

// scalar returns the text of a string, number or boolean, or "".
func scalar(n *manifest.Node) string {
	if n == nil || n.Kind == manifest.Map || n.Kind == manifest.List {
		return ""
	}
	return n.Text
}

// isTrue tells a boolean that is set, also where it stands in quotes.
func isTrue(n *manifest.Node) bool { return scalar(n) == "true" }

// isSet tells a boolean in an annotation, as strconv.ParseBool reads it.
func isSet(n *manifest.Node) bool {
	set, err := strconv.ParseBool(scalar(n))
	return set && err == nil
}

// or returns the first of two texts that is not empty.
func or(text, other string) string {
	if text != "" {
		return text
	}
	return other
}

// texts returns the strings of a list.
func texts(n *manifest.Node) []string {
	var out []string
	for i := range items(n) {
		if s := n.Items[i].Str(); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// eachString calls visit for every string in n, n itself included.
func eachString(n *manifest.Node, visit func(*manifest.Node)) {
	if n == nil {
		return
	}
	if n.Kind == manifest.String {
		visit(n)
		return
	}
	for i := range n.Items {
		eachString(&n.Items[i], visit)
	}
}
