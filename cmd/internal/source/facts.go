package source

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// Name is host/owner/name of the repository by its remote origin, so that all
// clones have the same name however they were made; "" where there is none or
// where it is a folder. It never holds credentials.
func (r *Repo) Name(ctx context.Context) (string, error) {
	config, err := r.config(ctx, `^remote\.origin\.url$`)
	if err != nil || len(config) == 0 {
		return "", err
	}
	return normalName(config[0].value), nil
}

// Pushed tells whether a branch of a remote, as this clone last saw it, holds the
// commit, which must be an ID.
func (r *Repo) Pushed(ctx context.Context, commit string) (bool, error) {
	if !isID(commit) {
		return false, fmt.Errorf("%q is not the ID of a commit", commit)
	}
	reply, err := r.git.run(ctx, "for-each-ref", "--count=1", "--format=%(refname)", "--contains="+commit, "refs/remotes/")
	return len(reply.out) > 0, err
}

// setting is one line of git's configuration. A key has its section and variable
// in lower case.
type setting struct{ key, value string }

// config is the settings whose keys match an expression, in the order of git.
func (r *Repo) config(ctx context.Context, keys string, from ...string) ([]setting, error) {
	args := append([]string{"config"}, from...)
	reply, err := r.git.run(ctx, append(args, "-z", "--get-regexp", keys)...)
	if exitedWith(err, 1) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []setting
	for record := range strings.SplitSeq(strings.TrimSuffix(string(reply.out), "\x00"), "\x00") {
		key, value, _ := strings.Cut(record, "\n")
		list = append(list, setting{key, value})
	}
	return list, nil
}

// remote is the name of the remote to fetch from, and whether this clone is
// partial; "" where there is no remote.
func (r *Repo) remote(ctx context.Context) (name string, partial bool, err error) {
	config, err := r.config(ctx, `^remote\..*\.(url|promisor)$`)
	for _, s := range config {
		remote := strings.TrimPrefix(s.key, "remote.")
		if owner, ok := strings.CutSuffix(remote, ".promisor"); ok && s.value != "false" {
			name, partial = owner, true
		}
		if owner, ok := strings.CutSuffix(remote, ".url"); ok && !partial && (name == "" || owner == "origin") {
			name = owner
		}
	}
	return name, partial, err
}

// normalName makes host/path of the address of a remote, in the forms that
// git-fetch(1) lists under "GIT URLS". An address of any other form gives "": part
// of it could be a password.
func normalName(address string) string {
	host, path := "", ""
	switch {
	case strings.Contains(address, "://"):
		u, err := url.Parse(address)
		if err != nil || u.Scheme == "file" {
			return ""
		}
		host, path = u.Hostname(), u.Path
	default:
		// The short form of ssh; a slash before the first colon makes it a folder.
		login, rest, found := strings.Cut(address, ":")
		if !found || strings.Contains(login, "/") {
			return ""
		}
		host, path = login[strings.LastIndexByte(login, '@')+1:], rest
		if len(host) < 2 { // a drive of Windows
			return ""
		}
	}
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	if !plainName(host) || path == "" {
		return ""
	}
	for part := range strings.SplitSeq(path, "/") {
		if !plainName(part) {
			return ""
		}
	}
	return strings.ToLower(host) + "/" + path
}

func plainName(s string) bool {
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._-~+", c) >= 0 {
			continue
		}
		return false
	}
	return s != "" && s != "." && s != ".."
}
