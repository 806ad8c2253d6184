package codeowners

import "testing"

func TestGuess(t *testing.T) {
	for _, c := range []struct {
		server string
		paths  []string
		want   Dialect
		why    string
	}{
		{"github.com", []string{".gitlab/CODEOWNERS", ".gitlab-ci.yml"}, GitHub, "its remote is on github.com"},
		{"GitHub.example.com", nil, GitHub, "its remote is on github.example.com"},
		{"gitlab.com", []string{".github/CODEOWNERS"}, GitLab, "its remote is on gitlab.com"},
		{"my-gitlab.corp", nil, GitLab, "its remote is on my-gitlab.corp"},
		{"bitbucket.org", nil, Bitbucket, "its remote is on bitbucket.org"},
		{"codeberg.org", nil, Forgejo, "its remote is on codeberg.org"},
		{"gitea.example.com", nil, Gitea, "its remote is on gitea.example.com"},
		{"git.example.com", []string{"CODEOWNERS"}, GitHub, "nothing says otherwise"},
		{"git.example.com", []string{"./.gitlab/CODEOWNERS"}, GitLab, "it has .gitlab/CODEOWNERS"},
		{"", []string{"CODEOWNERS", ".gitlab-ci.yml"}, GitLab, "it has .gitlab-ci.yml"},
		{"", []string{"CODEOWNERS", ".gitlab-ci.yml", ".github/workflows/a.yml"}, GitHub, "nothing says otherwise"},
		{"", []string{".github/workflows/a.yml", ".gitlab/CODEOWNERS"}, GitLab, "it has .gitlab/CODEOWNERS"},
		{"", []string{".github/CODEOWNERS", ".gitlab/CODEOWNERS"}, GitHub, "nothing says otherwise"},
		{"", []string{"x/.gitlab-ci.yml", "x/.gitlab/CODEOWNERS"}, GitHub, "nothing says otherwise"},
		{"", []string{"bitbucket-pipelines.yml"}, Bitbucket, "it has bitbucket-pipelines.yml"},
		{"", []string{".forgejo/workflows/a.yml"}, Forgejo, "it has .forgejo/"},
		{"", nil, GitHub, "nothing says otherwise"},
	} {
		d, why := Guess(c.server, c.paths)
		if d != c.want || why != c.why {
			t.Errorf("%s %v: %s, because %s; want %s, because %s", c.server, c.paths, d, why, c.want, c.why)
		}
	}
}
