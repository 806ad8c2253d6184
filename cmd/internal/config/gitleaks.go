package config

import (
	"errors"
	"path"
	"strings"
	"unicode/utf16"

	"github.com/gatehouse-dev/gatehouse/secrets/rules"
)

// mostExtended is the number of files, one building on the other, that Gitleaks
// reads (config.maxExtendDepth of v8.30.1).
const mostExtended = 2

// gitleaks is what was read of a .gitleaks.toml and of what it builds on.
type gitleaks struct {
	set    rules.Set
	files  [][]byte
	faults Errors
}

// readGitleaks reads the rules of a .gitleaks.toml. A file on which it builds is
// read as well where it lies in the repository.
func readGitleaks(read func(string) ([]byte, error)) (gitleaks, error) {
	var g gitleaks
	found, err := g.add(read, GitleaksPath)
	for depth := 0; err == nil && found && len(g.faults) == 0 && g.set.Extends != "" && depth < mostExtended; depth++ {
		name := path.Clean(strings.ReplaceAll(g.set.Extends, `\`, "/"))
		if path.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") {
			found = false
		} else {
			found, err = g.add(read, name)
		}
	}
	if g.set.Extends != "" {
		g.set.Notes = append(g.set.Notes, "extend.path names a file that is not in the repository, or one too deep; its rules are not read")
	}
	return g, err
}

// add reads one file and builds what was read before on it.
func (g *gitleaks) add(read func(string) ([]byte, error), name string) (found bool, err error) {
	data, found, err := readFile(read, name)
	if err != nil || !found {
		return false, err
	}
	set, err := rules.ReadGitleaks(data)
	if err == nil && len(g.files) > 0 {
		set, err = g.set.Extend(set)
	}
	g.files = append(g.files, data)
	var fault *rules.Error
	if errors.As(err, &fault) {
		g.faults = append(g.faults, Error{
			File: name, Line: fault.Line, Column: utf16Column(data, fault.Line, fault.Column),
			Message: fault.Error(), Hint: "it is read as Gitleaks v8.30.1 reads it",
		})
		return true, nil
	}
	g.set = set
	return true, err
}

// utf16Column turns a column in bytes into one in UTF-16 units.
func utf16Column(data []byte, line, column int) int {
	for text := range strings.Lines(string(data)) {
		if line--; line == 0 {
			before := text[:min(max(0, column-1), len(text))]
			return len(utf16.Encode([]rune(before))) + 1
		}
	}
	return 1
}
