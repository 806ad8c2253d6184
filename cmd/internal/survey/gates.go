package survey

import (
	"slices"
	"strings"
)

const (
	repositoryURL = "https://github.com/gatehouse-dev/gatehouse"
	// HookCommand puts the check into the pre-commit hook of a clone.
	HookCommand = "gatehouse hook install"
)

// Workflow returns the GitHub workflow for pull requests and merge queues. It
// pins Gatehouse to a release that a person fills in: the program cannot know the
// commit that it is released as.
func Workflow() string {
	return `name: gatehouse
on:
  pull_request:
  merge_group:
permissions:
  contents: read
jobs:
  gatehouse:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@8e8c483db84b4bee98b60c0593521ed34d9990e8 # v6.0.1
        with:
          fetch-depth: 0 # a change is judged against its merge base
          persist-credentials: false
      - uses: gatehouse-dev/gatehouse/action@<SHA of a release>
`
}

// PreCommitHooks returns what to put into .pre-commit-config.yaml: the whole file
// or, where there is one, the entry to add to its list of repositories; "" where
// it has the entry.
func (s Survey) PreCommitHooks() string {
	entry := `  - repo: ` + repositoryURL + `
    rev: <tag of a release>
    hooks:
      - id: ` + hookID + `
`
	at := slices.IndexFunc(s.Finds, func(f Find) bool { return f.Tool == PreCommit })
	switch {
	case at < 0:
		return "repos:\n" + entry
	case s.Finds[at].Note == runsAlready:
		return ""
	}
	return entry
}

// hookID is the hook that runs the gatehouse of the PATH. Others build it first,
// which takes minutes.
const hookID = "gatehouse-system"

// Config returns the text of .gatehouse/config.yaml with the environments. A key
// that stands behind "#" without a blank is an example to be uncommented.
func (s Survey) Config() string {
	var b strings.Builder
	b.WriteString(`# What Gatehouse should know of this repository. It was proposed from the names of
# folders and files: correct it. "gatehouse init --schema" prints its JSON Schema.
version: 1

# Under this name findings are remembered. Set it before the repository is renamed.
#repository: ` + exampleName(s.Repository) + `

# New findings of this severity and above make a check fail: error, warning or none.
#failOn: error

`)
	b.WriteString(s.environmentsText())
	b.WriteString(`
# Files that are not judged. They are counted as left out, never as passed.
#exclude:
#  - third_party

# How much the findings of a check or a category weigh: error, warning or notice.
#severities:
#  manifest: warning

# The same, under some paths only.
#overrides:
#  - paths: [sandbox]
#    checks: [manifest]
#    severity: notice

# Secrets of a form that only you know.
#secrets:
#  rules:
#    - id: acme-deploy-token
#      description: an Acme deploy token
#      regex: acme_[0-9a-z]{32}
#      keywords: [acme_]
`)
	return b.String()
}

func exampleName(repository string) string {
	if repository == "" {
		return "example/platform"
	}
	return yamlString(repository)
}

func (s Survey) environmentsText() string {
	var b strings.Builder
	switch {
	case len(s.Environments) == 0:
		return `# The places to which parts of the tree are deployed. None was found by its name.
# A folder covers everything below it; "**" is the whole repository.
#environments:
#  - name: staging
#    paths:
#      - clusters/staging
#  - name: production
#    paths:
#      - clusters/production
`
	case s.WholeRepository:
		b.WriteString("# The place to which this repository is deployed, by the repository's name.\n")
	default:
		b.WriteString(`# The places to which parts of the tree are deployed, from the first to the last. A
# file belongs to the first with a matching path; a folder covers everything below it.
`)
	}
	b.WriteString("environments:\n")
	for _, e := range s.Environments {
		b.WriteString("  - name: " + yamlString(e.Name) + "\n    paths:\n")
		for _, glob := range e.Paths {
			b.WriteString("      - " + yamlString(glob) + "\n")
		}
	}
	return b.String()
}
