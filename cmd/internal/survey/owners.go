package survey

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
)

// ownersPlaces are where GitHub looks for CODEOWNERS. The first that exists counts
// and the others do not (docs.github.com, "About code owners").
func ownersPlaces() []string { return []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"} }

// anybody stands for owners where the repository names none for everything.
const anybody = "@your-org/your-team"

// owners is what CODEOWNERS says of what guards the gates.
type owners struct {
	rules   []ownersRule // of the file that counts
	guarded []string     // patterns for files that exist, besides the fixed ones
	unnamed []string     // such files that CODEOWNERS cannot name
}

type ownersRule struct {
	pattern string
	owners  []string
}

// surveyOwners reads the CODEOWNERS that counts and collects the files that decide
// what is let through: those that any tool takes its rules from, and certificates.
func surveyOwners(c *contents) owners {
	var o owners
	if place, ok := effectiveOwners(c.tree); ok {
		if data, ok := c.content(place); ok {
			o.rules = ownersRules(data)
		}
	}
	for _, p := range c.files(func(p string) bool { return isSOPS(p) || isGitleaks(p) || slices.Contains(c.certificates, p) }) {
		if strings.HasPrefix(p, config.Folder+"/") {
			continue
		}
		if nameable.MatchString(p) {
			o.guarded = append(o.guarded, "/"+p)
		} else {
			o.unnamed = append(o.unnamed, p)
		}
	}
	return o
}

// nameable are the paths that a line of CODEOWNERS can name without an escape, on
// which the hosts of git repositories do not agree.
var nameable = regexp.MustCompile(`^[A-Za-z0-9_./@+=,-]+$`)

func effectiveOwners(t tree) (place string, ok bool) {
	for _, p := range ownersPlaces() {
		if t.has(p) {
			return p, true
		}
	}
	return "", false
}

func ownersNote(t tree) string {
	place, _ := effectiveOwners(t)
	others := 0
	for _, p := range ownersPlaces() {
		if t.has(p) {
			others++
		}
	}
	if others < 2 {
		return ""
	}
	return "GitHub reads only " + place
}

// ownersRules reads the lines of a CODEOWNERS file as far as a proposal needs:
// patterns without blanks, and owners that look like owners.
func ownersRules(data []byte) []ownersRule {
	var rules []ownersRule
	for line := range bytes.Lines(data) {
		text, _, _ := strings.Cut(string(line), "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		rule := ownersRule{pattern: fields[0]}
		for _, owner := range fields[1:] {
			if ownerName.MatchString(owner) {
				rule.owners = append(rule.owners, owner)
			}
		}
		rules = append(rules, rule)
	}
	return rules
}

// ownerName is a user, a team or an address of mail.
var ownerName = regexp.MustCompile(`^(@[A-Za-z0-9_.-]+(/[A-Za-z0-9_./-]+)?|[A-Za-z0-9_.+-]+@[A-Za-z0-9.-]+)$`)

// ofEverything returns the owners of the last rule for all files, or a placeholder.
func (o owners) ofEverything() string {
	for _, r := range slices.Backward(o.rules) {
		if r.pattern == "*" || r.pattern == "**" || r.pattern == "/**" {
			if len(r.owners) > 0 {
				return strings.Join(r.owners, " ")
			}
			break
		}
	}
	return anybody
}

// has tells whether a pattern of ours has owners already and no later rule can
// take its files away: each later one has owners and is ours too, or it begins in
// another folder.
func (o owners) has(pattern string, ours []string) bool {
	for _, r := range slices.Backward(o.rules) {
		isOurs := len(r.owners) > 0 && slices.Contains(ours, r.pattern)
		isBeside := strings.HasPrefix(pattern, "/") && topFolder(r.pattern) != "" && topFolder(r.pattern) != topFolder(pattern)
		switch {
		case r.pattern == pattern:
			return isOurs
		case !isOurs && !isBeside:
			return false
		}
	}
	return false
}

// topFolder is the first part of a pattern that begins at the root, if it is a
// plain name.
func topFolder(pattern string) string {
	rest, ok := strings.CutPrefix(pattern, "/")
	first, _, _ := strings.Cut(rest, "/")
	if !ok || strings.ContainsAny(first, `*?[\`) {
		return ""
	}
	return first
}

// OwnersPath is the CODEOWNERS file that counts on GitHub, or where one belongs.
func (s Survey) OwnersPath() string {
	for _, f := range s.Finds {
		if f.Tool != Codeowners {
			continue
		}
		for _, p := range ownersPlaces() {
			if slices.Contains(f.Paths, p) {
				return p
			}
		}
	}
	return ownersPlaces()[0]
}

// Owners returns the lines to add at the end of CODEOWNERS, so that a change of
// what guards the gates needs a review; "" if none is missing. The owners are
// those of everything, or a placeholder.
func (s Survey) Owners() string {
	ours := append([]string{"/" + config.Folder + "/", "CODEOWNERS", "/.github/workflows/"}, s.owners.guarded...)
	patterns := slices.DeleteFunc(slices.Clone(ours), func(p string) bool { return s.owners.has(p, ours) })
	if len(patterns) == 0 && len(s.owners.unnamed) == 0 {
		return ""
	}
	widest := 0
	for _, p := range patterns {
		widest = max(widest, len(p))
	}
	var b strings.Builder
	b.WriteString("# What guards the gates. The last line that matches a file decides, so these stay at the end.\n")
	who := s.owners.ofEverything()
	for _, p := range patterns {
		b.WriteString(p + strings.Repeat(" ", widest-len(p)+1) + who + "\n")
	}
	for _, p := range s.owners.unnamed {
		b.WriteString("# This file cannot be named here, so no line guards it: " + strconv.QuoteToASCII(p) + "\n")
	}
	return b.String()
}
