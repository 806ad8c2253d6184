package report

// What the hosts of reports take and show. A report over a limit is refused or
// cut by the host without a word, so the writers stay below and count what they
// leave out.
const (
	sarifResults   = 5_000    // results of a run that code scanning keeps, of 25,000 that it takes
	sarifGzipBytes = 10 << 20 // bytes of the compressed file
	sarifTextRunes = 1_024    // of a rule's shortDescription and fullDescription
	sarifTags      = 10       // tags of a rule that code scanning keeps, of 20 that it takes

	githubPerLevel     = 10    // annotations of one level that a step shows
	githubMessageRunes = 4_096 // of one annotation; the runner cuts the rest
	githubTitleRunes   = 255   // of an annotation's title

	summaryBytes = 1 << 20 // a step summary; a larger one is not shown at all

	junitBytes    = 30 << 20 // one report file
	junitElements = 250_000  // elements of one file

	gitlabBytes = 100 << 20 // a code quality artifact, as GitLab is installed
)

// HostLimit is a limit that a host sets to reports, for documentation.
type HostLimit struct {
	Format string
	What   string
	Max    int
	Source string
}

// HostLimits lists the limits that the writers keep to.
func HostLimits() []HostLimit {
	const (
		results = "docs.github.com, code scanning: SARIF results exceed one or more limits"
		support = "docs.github.com, code scanning: SARIF support"
		runner  = "github.com/actions/runner, ExecutionContext.cs"
		toolkit = "github.com/actions/toolkit, docs/problem-matchers.md"
		checks  = "docs.github.com, REST: check runs, annotations"
		summary = "docs.github.com, workflow commands: step isolation and limits"
		junit   = "docs.gitlab.com, unit test reports: file format and size limits"
		objects = "gitlab.com/gitlab-org/gitlab, issue 507482"
		gitlab  = "docs.gitlab.com, administration: maximum artifacts size"
	)
	return []HostLimit{
		{SARIF, "results of a run", sarifResults, results},
		{SARIF, "tags of a rule", sarifTags, results},
		{SARIF, "bytes of the file, compressed with gzip", sarifGzipBytes, support},
		{SARIF, "characters of a rule's description", sarifTextRunes, support},
		{GitHub, "annotations of one level in a step", githubPerLevel, toolkit},
		{GitHub, "characters of a message", githubMessageRunes, runner},
		{GitHub, "characters of a title", githubTitleRunes, checks},
		{Markdown, "bytes of a step summary", summaryBytes, summary},
		{JUnit, "bytes of the file", junitBytes, junit},
		{JUnit, "elements of the file", junitElements, objects},
		{GitLab, "bytes of the file", gitlabBytes, gitlab},
	}
}

// How much of one string from a file a report for people shows. JSON shows all.
const (
	pathRunes    = 400
	nameRunes    = 200 // objects, fields, environments, owners
	messageRunes = 1_000
	fixRunes     = 2_000
	helpRunes    = 20_000 // what a check says of itself
)

// longestPath is PATH_MAX of Linux: no checkout has a file of a longer path, so no
// host can show a line in it.
const longestPath = 4_096
