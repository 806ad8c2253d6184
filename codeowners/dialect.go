package codeowners

import (
	"fmt"
	"strings"
)

// Dialect names the host whose reading of a CODEOWNERS file counts. The empty
// value is GitHub.
type Dialect string

// The dialects. GitHubLegacy is GitHub Enterprise Server as documented until
// 2022: one invalid line, an inline comment among them, and the whole file goes
// undetected.
const (
	GitHub       Dialect = "github"
	GitHubLegacy Dialect = "github-legacy"
	GitLab       Dialect = "gitlab"
	Bitbucket    Dialect = "bitbucket"
	Gitea        Dialect = "gitea"
	Forgejo      Dialect = "forgejo"
)

// Dialects returns every dialect, GitHub first.
func Dialects() []Dialect {
	return []Dialect{GitHub, GitHubLegacy, GitLab, Bitbucket, Gitea, Forgejo}
}

// ParseDialect returns the dialect of that name; the empty name is GitHub. The
// error of another name lists the names there are.
func ParseDialect(name string) (Dialect, error) {
	if name == "" {
		return GitHub, nil
	}
	var names []string
	for _, d := range Dialects() {
		if strings.EqualFold(name, string(d)) {
			return d, nil
		}
		names = append(names, string(d))
	}
	return "", fmt.Errorf("unknown CODEOWNERS dialect %q: use %s", brief(name), strings.Join(names, ", "))
}

// Enforces reports whether the host can hold a merge until the owners of a path
// have approved. The others propose reviewers and no more, so no approval is
// ever required there.
func (d Dialect) Enforces() bool {
	switch d.orDefault() {
	case GitHub, GitHubLegacy, GitLab:
		return true
	}
	return false
}

func (d Dialect) orDefault() Dialect {
	if d == "" {
		return GitHub
	}
	return d
}

func (d Dialect) known() bool {
	for _, k := range Dialects() {
		if d == k {
			return true
		}
	}
	return false
}

// HostName is the name people know the host by.
func (d Dialect) HostName() string {
	switch d.orDefault() {
	case GitHub:
		return "GitHub"
	case GitHubLegacy:
		return "an older GitHub Enterprise"
	case GitLab:
		return "GitLab"
	case Bitbucket:
		return "Bitbucket"
	case Gitea:
		return "Gitea"
	case Forgejo:
		return "Forgejo"
	}
	return string(d)
}

// Limits of one file.
const (
	// HostLimit is the size from which GitHub does not load a CODEOWNERS file
	// (docs.github.com, "CODEOWNERS file size": it must be under 3 MB).
	HostLimit = 3 << 20
	// NearLimit is the size from which a file is reported as close to HostLimit,
	// or over it should the host count in thousands.
	NearLimit = 2_500_000
	// MaxSize is the largest file this package reads for a host that documents
	// no limit. A larger one is not judged.
	MaxSize = 4 << 20
	// MaxRules is the number of lines, but for comments, this package reads. A
	// file with more is not judged to its end.
	MaxRules = 200_000
	// maxRegexpCost bounds the instructions of all regular expressions of a file,
	// each of which counts for regexpCost at least; maxRegexpLength bounds the
	// bytes of one.
	maxRegexpCost   = 1 << 18
	regexpCost      = 50
	maxRegexpLength = 16 << 10
)
