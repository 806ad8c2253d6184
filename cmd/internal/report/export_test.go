package report

// The writers with limits of a test's choice, to see what they do at them.
var (
	SARIFWithin    = sarifWithin
	JUnitWithin    = junitWithin
	GitLabWithin   = gitlabWithin
	MarkdownWithin = markdownWithin
)
