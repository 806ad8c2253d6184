package config

import (
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

// Owners is what a repository says of CODEOWNERS.
type Owners struct {
	Host     Host     `json:"host,omitempty" doc:"The host whose reading of CODEOWNERS counts: github, github-legacy, gitlab, bitbucket, gitea or forgejo. Without it the files of the repository tell, and else it is github."`
	AlsoOn   []Host   `json:"alsoOn,omitempty" min:"1" doc:"Other hosts that read the same file, as of a mirror. A rule that means other owners there is a finding."`
	Fallback []string `json:"fallback,omitempty" min:"1" doc:"Owners who stand for nobody in particular, such as \"@acme/everyone\": what only they own counts as not owned. The owners of a rule for everything (*) always do."`
	Gate     []string `json:"gate,omitempty" min:"1" doc:"Globs of further files that are part of the gate and must have an owner below the fallback, besides CODEOWNERS, .gatehouse/, CI workflows, .sops.yaml and certificates."`
}

// EnvironmentOwners says who must own the files of an environment.
type EnvironmentOwners struct {
	Include []string `json:"include,omitempty" min:"1" doc:"Owners of whom at least one must own every file of the environment, such as \"@acme/sre\"."`
	Only    []string `json:"only,omitempty" min:"1" doc:"The only owners that files of the environment may have."`
}

// Host is the name of a host in the file.
type Host string

func hosts() []string {
	var names []string
	for _, d := range codeowners.Dialects() {
		names = append(names, string(d))
	}
	return names
}

func (r configReader) owners(o *Owners) {
	if o != nil {
		r.globs(o.Gate, "owners.gate", r.root.Lookup("owners", "gate"))
	}
}
