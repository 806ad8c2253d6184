package codeowners

import (
	"slices"
	"strings"
)

// Guess says which host's reading of a repository counts where nobody has said
// so, and why: completing "because …". server is the name of the machine its
// remote is on, empty where that is not known, and paths are those of its tree.
// The server counts before the tree, since a tree can be mirrored; what speaks
// for two hosts speaks for none, and GitHub is left.
func Guess(server string, paths []string) (d Dialect, because string) {
	server = strings.ToLower(server)
	for _, known := range servers() {
		if strings.Contains(server, known.word) {
			return known.dialect, "its remote is on " + server
		}
	}
	for _, signs := range [][]sign{locationSigns(), pipelineSigns()} {
		if s, found := onlySign(signs, paths); found {
			return s.dialect, "it has " + s.path
		}
	}
	return GitHub, "nothing says otherwise"
}

// servers are words in the names of hosts' machines, their own and those that
// people give to installations. Codeberg runs Forgejo.
func servers() []struct {
	word    string
	dialect Dialect
} {
	return []struct {
		word    string
		dialect Dialect
	}{
		{"github", GitHub}, {"gitlab", GitLab}, {"bitbucket", Bitbucket},
		{"codeberg.org", Forgejo}, {"forgejo", Forgejo}, {"gitea", Gitea},
	}
}

// sign is a path, or a folder where it ends in a slash, that only one host reads.
type sign struct {
	path    string
	dialect Dialect
}

func locationSigns() []sign {
	return []sign{
		{".github/CODEOWNERS", GitHub}, {".gitlab/CODEOWNERS", GitLab}, {".bitbucket/CODEOWNERS", Bitbucket},
		{".gitea/CODEOWNERS", Gitea}, {".forgejo/CODEOWNERS", Forgejo},
	}
}

func pipelineSigns() []sign {
	return []sign{
		{".github/", GitHub}, {".gitlab-ci.yml", GitLab}, {".gitlab/", GitLab}, {"bitbucket-pipelines.yml", Bitbucket},
		{".gitea/", Gitea}, {".forgejo/", Forgejo},
	}
}

// onlySign is the first sign among the paths, if none speaks for another host.
func onlySign(signs []sign, paths []string) (sign, bool) {
	var seen []sign
	for _, s := range signs {
		if slices.ContainsFunc(paths, func(path string) bool {
			path = cleanPath(path)
			return path == s.path || strings.HasSuffix(s.path, "/") && strings.HasPrefix(path, s.path)
		}) {
			seen = append(seen, s)
		}
	}
	for _, s := range seen {
		if s.dialect != seen[0].dialect {
			return sign{}, false
		}
	}
	if len(seen) == 0 {
		return sign{}, false
	}
	return seen[0], true
}
