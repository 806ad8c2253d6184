package survey

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/secrets/rules"
)

// ignorePath is the list of single findings that Gitleaks leaves out.
const ignorePath = ".gitleaksignore"

// The limits of what is told of a configuration of Gitleaks.
const (
	mostSilencedPaths = 100     // path patterns that are held against the tree
	mostPathMatches   = 100_000 // of a pattern with a path
	mostIgnoredLines  = 20_000  // of a .gitleaksignore
)

// silenced is what a configuration of Gitleaks says at the root of a repository.
// Of what it silences by content only the number is kept: people put the very
// values there.
type silenced struct {
	fault    string // why it cannot be read
	rules    int
	disabled int // rules of Gitleaks itself

	paths    []silencedPath
	contents int // regular expressions and stop words
	commits  int
	ignored  []silencedPath // by .gitleaksignore
}

// silencedPath is a path, or a pattern of paths, and what it stands for here.
type silencedPath struct {
	pattern string
	exact   bool     // the pattern is a path
	files   []string // the first of the tree
	count   int      // all of them; -1 where nobody has counted
}

// meaning tells what the pattern stands for in this repository.
func (p silencedPath) meaning() string {
	switch {
	case p.exact && len(p.files) == 0:
		return counted(p.count, "finding", "findings") + " in a file that is no more"
	case p.exact:
		return counted(p.count, "finding", "findings")
	case p.count < 0:
		return "not looked up"
	case p.count == 0:
		return "no file here"
	}
	return shown(p.files, p.count)
}

func (s silenced) entries() int { return len(s.paths) + s.contents + s.commits }

func (c *contents) readSilenced() silenced {
	var s silenced
	if c.tree.has(config.GitleaksPath) {
		if data, ok := c.content(config.GitleaksPath); ok {
			s.readConfiguration(data, c.tree)
		}
	}
	if c.tree.has(ignorePath) {
		if data, ok := c.content(ignorePath); ok {
			s.readIgnored(data, c.tree)
		}
	}
	return s
}

func (s *silenced) readConfiguration(data []byte, t tree) {
	set, err := rules.ReadGitleaks(data)
	if err != nil {
		s.fault = err.Error()
		return
	}
	s.rules, s.disabled = len(set.Rules), len(set.Disabled)
	budget := mostPathMatches
	for _, a := range set.Allowlists {
		s.contents += len(a.Regexes) + len(a.StopWords)
		s.commits += len(a.Commits)
		for _, pattern := range a.Paths {
			p := silencedPath{pattern: pattern, count: -1}
			if budget -= len(t.paths); budget >= 0 && len(s.paths) < mostSilencedPaths {
				p.matchIn(t)
			}
			s.paths = append(s.paths, p)
		}
	}
}

// matchIn counts the files that the pattern finds.
func (p *silencedPath) matchIn(t tree) {
	re, err := regexp.Compile(p.pattern)
	if err != nil {
		return
	}
	p.count = 0
	for _, file := range t.paths {
		if re.MatchString(file) {
			if p.count++; p.count <= mostPathsShown {
				p.files = append(p.files, file)
			}
		}
	}
}

// readIgnored reads the lines "file:rule:line" and "commit:file:rule:line".
func (s *silenced) readIgnored(data []byte, t tree) {
	at := map[string]int{}
	lines := 0
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if lines++; lines > mostIgnoredLines {
			return
		}
		parts := strings.Split(line, ":")
		if len(parts) == 4 {
			parts = parts[1:]
		}
		if len(parts) != 3 {
			continue
		}
		file := path.Clean(strings.ReplaceAll(parts[0], `\`, "/"))
		i, ok := at[file]
		if !ok {
			i, at[file] = len(s.ignored), len(s.ignored)
			p := silencedPath{pattern: file, exact: true}
			if t.has(file) {
				p.files = []string{file}
			}
			s.ignored = append(s.ignored, p)
		}
		s.ignored[i].count++
	}
}

// note is what the account of tools says of it.
func (s silenced) note() string {
	var parts []string
	switch {
	case s.fault != "":
		parts = append(parts, "cannot be read: "+s.fault)
	case s.rules > 0:
		parts = append(parts, counted(s.rules, "rule is read as it stands", "rules are read as they stand"))
	}
	if n := s.entries(); n > 0 {
		parts = append(parts, counted(n, "allowlist entry waives", "allowlist entries waive")+" nothing")
	}
	if n := len(s.ignored); n > 0 {
		parts = append(parts, "what is ignored in "+counted(n, "file", "files")+" is judged")
	}
	return strings.Join(parts, "; ")
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Silenced tells what a configuration of Gitleaks at the root of the repository
// silences, and what to do instead for each kind of entry; "" where it silences
// nothing. A waiver of Gatehouse names one place and is bound to one value, so a
// pattern is never turned into waivers unseen.
func (s Survey) Silenced() string {
	g := s.silenced
	if g.entries()+g.disabled+len(g.ignored) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("Nothing of this is silent in Gatehouse: a waiver names one finding, and is bound to its value.\n")
	g.writePaths(&b)
	if g.contents > 0 {
		fmt.Fprintf(&b, "\n%s: references, placeholders, sealed values and the examples of\n"+
			"vendors' documentation are told apart without them. Waive what is left.\n", counted(g.contents, "regular expression or stop word", "regular expressions and stop words"))
	}
	if g.commits > 0 {
		fmt.Fprintf(&b, "\n%s: what was pushed is known to others. Rotate it, and say so:\n  %s\n", counted(g.commits, "commit", "commits"), rotateCommand)
	}
	if g.disabled > 0 {
		fmt.Fprintf(&b, "\n%s of Gitleaks: no family of tokens is left out here. Waive what is found.\n", counted(g.disabled, "disabled rule", "disabled rules"))
	}
	if len(g.ignored) > 0 {
		fmt.Fprintf(&b, "\n%s: waive what is found in these files.\n", ignorePath)
		writePatterns(&b, g.ignored)
	}
	fmt.Fprintf(&b, "\nTo see what they hid, and to waive one finding of it:\n  gatehouse check --only secrets -o json\n  %s\n", waiveCommand)
	return b.String()
}

// The commands that answer one finding.
const (
	waiveCommand  = `gatehouse waive FINGERPRINT --owner TEAM --expires YYYY-MM-DD --reason "WHY"`
	rotateCommand = "gatehouse waive FINGERPRINT --rotated-by TEAM"
)

func (s silenced) writePaths(b *strings.Builder) {
	if len(s.paths) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s: where nothing is to be judged at all, such as in the code of others, write the\n"+
		"folder under exclude in %s, and it is counted as left out. Else waive what is found there.\n",
		counted(len(s.paths), "path", "paths"), config.ConfigPath)
	writePatterns(b, s.paths)
}

// mostPatternsShown of one kind; the others are counted.
const mostPatternsShown = 20

func writePatterns(b *strings.Builder, list []silencedPath) {
	var rows [][2]string
	for _, p := range list[:min(len(list), mostPatternsShown)] {
		rows = append(rows, [2]string{asText(p.pattern), p.meaning()})
	}
	writeRows(b, rows)
	if more := len(list) - mostPatternsShown; more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}

// asText returns a pattern for a terminal, on its line: as it is where every
// character is seen as itself, else in quotes with escapes.
func asText(pattern string) string {
	const most = 60
	if !utf8.ValidString(pattern) || strings.ContainsFunc(pattern, func(r rune) bool { return !unicode.IsPrint(r) }) {
		pattern = strconv.Quote(pattern)
	}
	if runes := []rune(pattern); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return pattern
}
