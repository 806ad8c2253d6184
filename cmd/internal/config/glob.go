package config

import (
	"path"
	"slices"
	"strings"
)

// globFault tells why a glob would never match, or not what it seems to say, by
// the rules of checks.MatchPath; "" where it is sound.
func globFault(glob string) (message, hint string) {
	parts := strings.Split(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(glob, "/"), "./"), "/"), "/")
	switch {
	case slices.Equal(parts, []string{""}), slices.Equal(parts, []string{"."}):
		return "the glob " + quote(glob) + " matches nothing", `write "**" for the whole tree`
	case strings.HasPrefix(glob, "!"):
		return "the glob " + quote(glob) + " begins with !, which does not negate here", "list what is meant instead"
	case strings.Contains(glob, `\`):
		return "the glob " + quote(glob) + " holds a backslash", "write / between folders"
	case hasAlternatives(glob):
		return "the glob " + quote(glob) + " has alternatives in braces, which are not known here", "write one glob for each"
	}
	for _, part := range parts {
		switch {
		case part == "":
			return "the glob " + quote(glob) + " has an empty folder name", "write one / between folders"
		case part == "." || part == "..":
			return "the glob " + quote(glob) + " leads through " + quote(part), "begin it at the root of the repository"
		case part != "**" && strings.Contains(part, "**"):
			return "the glob " + quote(glob) + ` has "**" beside other characters`, `"**" stands alone between slashes, as in "apps/**/*.yaml"`
		}
		if _, err := path.Match(part, ""); err != nil {
			return "the glob " + quote(glob) + " is malformed", "every [ needs its ]"
		}
	}
	return "", ""
}

// hasAlternatives finds the form {a,b} of shells.
func hasAlternatives(s string) bool {
	_, inside, open := strings.Cut(s, "{")
	inside, _, closed := strings.Cut(inside, "}")
	return open && closed && strings.Contains(inside, ",")
}

// inexactPath tells why a text is not the exact path of one file, or "". Brackets
// are no fault: files are called [id].ts, and a path is compared byte for byte.
func inexactPath(p string) (message, hint string) {
	const exact = "a waiver names one exact path, from the root of the repository"
	switch {
	case p == "":
	case strings.ContainsAny(p, "*?") || hasAlternatives(p):
		return quote(p) + " is a glob", exact
	case strings.HasPrefix(p, "^") || strings.HasSuffix(p, "$"):
		return quote(p) + " is a regular expression", exact
	case strings.Contains(p, `\`):
		return quote(p) + " holds a backslash", "write / between folders"
	case strings.HasSuffix(p, "/"):
		return quote(p) + " is a folder", exact
	case strings.HasPrefix(p, "/") || p == "." || p == ".." || strings.HasPrefix(p, "../"):
		return quote(p) + " does not lie in the repository", exact
	case path.Clean(p) != p:
		return quote(p) + " is not the shortest form of the path", "write " + quote(path.Clean(p))
	}
	return "", ""
}

// outsidePath tells why a text is not the path of a file or a folder in the
// repository, or "".
func outsidePath(p string) (message, hint string) {
	const inside = "name it from the root of the repository"
	switch {
	case strings.Contains(p, `\`):
		return quote(p) + " holds a backslash", "write / between folders"
	case strings.ContainsAny(p, "*?"):
		return quote(p) + " is a glob", "name the folder; all below it is read"
	case strings.HasPrefix(p, "/") || p == ".." || strings.HasPrefix(p, "../"):
		return quote(p) + " does not lie in the repository", inside
	case p == ".":
		return quote(p) + " is the whole repository", "name a folder of it"
	case path.Clean(p) != strings.TrimSuffix(p, "/"):
		return quote(p) + " is not the shortest form of the path", "write " + quote(path.Clean(p))
	}
	return "", ""
}

// inexactName tells why a text is not a part of the name of one object, or "".
// Braces and $ are no fault: Flux fills in names such as ${cluster}-config.
func inexactName(name string) (message, hint string) {
	const exact = "a waiver names one exact object"
	switch {
	case strings.ContainsAny(name, "*?") || hasAlternatives(name):
		return quote(name) + " is a glob", exact
	case strings.ContainsAny(name, `^|[]()\`) && !strings.Contains(name, "$("):
		return quote(name) + " is a regular expression", exact
	case strings.ContainsAny(name, " \t\n"):
		return quote(name) + " holds a blank", exact
	}
	return "", ""
}

// inexactField tells why a text is not the exact path of one field, or "". What
// stands in quotes is a key, and exact.
func inexactField(field string) (message, hint string) {
	if outside := strings.Split(field, `"`); strings.Contains(outside[0], "*") || len(outside) == 1 && strings.Contains(field, "[]") {
		return quote(field) + " is a glob", `a waiver names one exact field, as findings do, such as spec.containers[name=app].image`
	}
	return "", ""
}
