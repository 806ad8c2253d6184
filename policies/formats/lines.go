package formats

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/ini.v1"
)

// readINI reads the sections of a file, without the values before the first. What
// looks like a number or a boolean is one.
func readINI(data []byte) (any, error) {
	file, err := ini.Load(data)
	if err != nil {
		return nil, errors.New("this is no INI")
	}
	out := map[string]any{}
	for _, s := range file.Sections() {
		if s.Name() == ini.DefaultSection {
			continue
		}
		section := map[string]any{}
		for key, text := range s.KeysHash() {
			section[key] = guessed(text)
		}
		out[s.Name()] = section
	}
	return out, nil
}

func guessed(text string) any {
	if f, err := strconv.ParseFloat(text, 64); err == nil && f-f == 0 { // neither infinite nor NaN
		return f
	}
	if b, err := strconv.ParseBool(text); err == nil {
		return b
	}
	return text
}

var (
	dotenvLine  = regexp.MustCompile(`\A\s*(?:export\s+)?([\w.]+)(?:\s*=\s*|:\s+?)('[^']*'|"(?:\\"|[^"])*"|[^#\n]+)?\s*(?:#.*)?\z`)
	dotenvVar   = regexp.MustCompile(`\\?\$\{?[A-Z0-9_]*\}?`)
	dotenvName  = regexp.MustCompile(`[A-Z0-9_]+`)
	dotenvSlash = regexp.MustCompile(`\\([^$])`)
)

// readDotenv reads KEY=value lines. A $NAME stands for a value above it in the file;
// there is no environment.
func readDotenv(data []byte) (any, error) {
	out := map[string]any{}
	lines := strings.FieldsFunc(strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n"), func(r rune) bool { return r == '\n' || r == '\r' })
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if line == "" || line[0] == '#' {
			continue
		}
		for first := i; openQuote(line); {
			if i++; i == len(lines) {
				return nil, fmt.Errorf("the quotes of the value number %d are not closed", first+1)
			}
			line += "\n" + lines[i]
		}
		parts := dotenvLine.FindStringSubmatch(line)
		if parts == nil {
			return nil, fmt.Errorf("the line number %d that is not empty is no KEY=value", i+1)
		}
		out[parts[1]] = dotenvValue(strings.TrimSpace(parts[2]), out)
	}
	return out, nil
}

// openQuote tells whether the value of a line begins with a quote that the line does
// not close.
func openQuote(line string) bool {
	at := strings.IndexByte(line, '=')
	if at < 0 {
		at = strings.IndexByte(line, ':')
	}
	if at < 1 {
		return false
	}
	value := strings.TrimSpace(line[at+1:])
	if value == "" || value[0] != '"' && value[0] != '\'' {
		return false
	}
	end := strings.LastIndexByte(value[1:], value[0])
	return end < 0 || value[end] == '\\'
}

func dotenvValue(text string, known map[string]any) string {
	quote := byte(0)
	if n := len(text); n >= 2 && (text[0] == '"' || text[0] == '\'') && text[n-1] == text[0] {
		quote, text = text[0], text[1:n-1]
	}
	switch quote {
	case '\'':
		return text
	case '"':
		text = strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(text)
		text = dotenvSlash.ReplaceAllString(text, "$1")
	}
	return dotenvVar.ReplaceAllStringFunc(text, func(s string) string {
		if s[0] == '\\' {
			return s[1:]
		}
		name := dotenvName.FindString(s)
		if name == "" {
			return s
		}
		value, _ := known[name].(string)
		return value
	})
}

// readIgnore reads a .gitignore or .dockerignore: one document, a list with an entry
// for each line.
func readIgnore(data []byte) (any, error) {
	var entries []any
	for _, line := range strings.Split(string(data), "\n") {
		text := strings.TrimRight(line, " ")
		if strings.HasSuffix(text, `\`) && len(text) < len(line) {
			text += " "
		}
		kind, value := "Path", withoutSlashes(text)
		switch {
		case text == "":
			kind, value = "Empty", line
		case text[0] == '#':
			kind, value = "Comment", strings.TrimSpace(text[1:])
		case text[0] == '!':
			kind, value = "NegatedPath", withoutSlashes(text[1:])
		}
		entries = append(entries, map[string]any{"Kind": kind, "Value": value, "Original": line})
	}
	return []any{entries}, nil
}

// withoutSlashes drops backslashes that escape; of two, one stays.
func withoutSlashes(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\`, "").Replace(s)
}

var (
	ownerEmail = regexp.MustCompile(`\A[A-Za-z0-9.\-_%+]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,6}\z`)
	ownerTeam  = regexp.MustCompile(`\A@([A-Za-z0-9\-]+/[A-Za-z0-9_\-]+)\z`)
	ownerUser  = regexp.MustCompile(`\A@([A-Za-z0-9\-_]+)\z`)
	// ownersLine takes a pattern, in which a backslash keeps a blank, and owners.
	ownersLine = regexp.MustCompile(`\A((?:\\[ \t]|[A-Za-z0-9*?./@_+\-()]|\\)+)([ \t][A-Za-z0-9.@/_%+\- \t]*)?\z`)
)

// readCodeowners reads the rules of a CODEOWNERS file.
func readCodeowners(data []byte) (any, error) {
	var rules []any
	lines := bufio.NewScanner(bytes.NewReader(data))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		text, comment, _ := strings.Cut(line, "#")
		parts := ownersLine.FindStringSubmatch(strings.TrimRight(text, " \t"))
		if parts == nil {
			return nil, fmt.Errorf("line %d is no rule", number)
		}
		owners := []any{}
		for _, word := range strings.Fields(parts[2]) {
			owner, ok := ownerOf(word)
			if !ok {
				return nil, fmt.Errorf("line %d names an owner that is no user, team or address", number)
			}
			owners = append(owners, owner)
		}
		rules = append(rules, map[string]any{"pattern": parts[1], "owners": owners, "comment": strings.TrimSpace(comment), "lineNumber": int64(number)})
	}
	if rules == nil {
		return map[string]any{"rules": nil}, lines.Err()
	}
	return map[string]any{"rules": rules}, lines.Err()
}

func ownerOf(word string) (any, bool) {
	if ownerEmail.MatchString(word) {
		return map[string]any{"type": "email", "value": word}, true
	}
	if m := ownerTeam.FindStringSubmatch(word); m != nil {
		return map[string]any{"type": "team", "value": m[1]}, true
	}
	if m := ownerUser.FindStringSubmatch(word); m != nil {
		return map[string]any{"type": "username", "value": m[1]}, true
	}
	return nil, false
}
