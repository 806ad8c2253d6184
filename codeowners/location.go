package codeowners

import (
	"slices"
	"strings"
)

// Location says which of a tree's CODEOWNERS files the host reads.
type Location struct {
	// File is the one that counts; empty where the host finds none.
	File string
	// Shadowed are files at places the host would read had it not found File.
	Shadowed []string
	// Unread are files that look like a CODEOWNERS file of the repository but
	// stand where this host never looks: another host's folder, or a name in
	// another case.
	Unread []string
}

// Locations returns the places the host looks at, the first found counts.
//
// GitHub: docs.github.com "CODEOWNERS file location". GitLab: docs.gitlab.com
// "Code Owners". Bitbucket Cloud and Data Center: only their own folder. Gitea:
// docs.gitea.com "Code Owners". Forgejo documents none; these are the four its
// users find it to search.
func (d Dialect) Locations() []string {
	switch d.orDefault() {
	case GitHub, GitHubLegacy:
		return []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}
	case GitLab:
		return []string{"CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"}
	case Bitbucket:
		return []string{".bitbucket/CODEOWNERS"}
	case Gitea:
		return []string{"CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS"}
	case Forgejo:
		return []string{"CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS", ".forgejo/CODEOWNERS"}
	}
	return nil
}

// Locate finds the CODEOWNERS file among the paths of a tree, given relative to
// the root of the repository with slashes. An empty file counts as a file: the
// host does not look further.
func Locate(d Dialect, paths []string) Location {
	places := d.Locations()
	lookalikes := map[string]bool{}
	for _, other := range Dialects() {
		for _, place := range other.Locations() {
			lookalikes[strings.ToLower(place)] = true
		}
	}
	found := map[string]bool{}
	var l Location
	for _, path := range paths {
		path = cleanPath(path)
		switch {
		case slices.Contains(places, path):
			found[path] = true
		case lookalikes[strings.ToLower(path)]:
			l.Unread = append(l.Unread, path)
		}
	}
	slices.Sort(l.Unread)
	l.Unread = slices.Compact(l.Unread)
	for _, place := range places {
		switch {
		case !found[place]:
		case l.File == "":
			l.File = place
		default:
			l.Shadowed = append(l.Shadowed, place)
		}
	}
	return l
}

// cleanPath drops what a path of a repository never has: "./" and "/" in front.
func cleanPath(path string) string {
	for strings.HasPrefix(path, "./") {
		path = path[2:]
	}
	return strings.TrimLeft(path, "/")
}
