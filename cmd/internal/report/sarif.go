package report

import (
	"cmp"
	"compress/gzip"
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// The SARIF 2.1.0 objects that are written
// (docs.oasis-open.org/sarif/sarif/v2.1.0), limited to what code scanning of
// GitHub reads and what says where a report comes from.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool               sarifTool                `json:"tool"`
		Invocations        []sarifInvocation        `json:"invocations"`
		OriginalURIBaseIDs map[string]sarifArtifact `json:"originalUriBaseIds"`
		ColumnKind         string                   `json:"columnKind"`
		Results            []sarifResult            `json:"results"`
		Properties         sarifRunProperties       `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string              `json:"id"`
		ShortDescription     sarifMessage        `json:"shortDescription"`
		FullDescription      sarifMessage        `json:"fullDescription"`
		Help                 sarifMessage        `json:"help"`
		HelpURI              string              `json:"helpUri,omitempty"`
		DefaultConfiguration sarifConfiguration  `json:"defaultConfiguration"`
		Properties           sarifRuleProperties `json:"properties"`
	}
	sarifMessage struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifRuleProperties struct {
		Tags             []string `json:"tags"`
		SecuritySeverity string   `json:"security-severity,omitempty"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		EndTimeUTC          string              `json:"endTimeUtc,omitempty"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifArtifact struct {
		Description sarifMessage `json:"description"`
	}
	sarifResult struct {
		RuleID              string            `json:"ruleId"`
		RuleIndex           int               `json:"ruleIndex"`
		Level               string            `json:"level"`
		Message             sarifMessage      `json:"message"`
		Locations           []sarifLocation   `json:"locations"`
		PartialFingerprints map[string]string `json:"partialFingerprints,omitempty"`
		BaselineState       string            `json:"baselineState,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifactLocation `json:"artifactLocation"`
		Region   sarifRegion           `json:"region"`
	}
	sarifArtifactLocation struct {
		URI       string `json:"uri"`
		URIBaseID string `json:"uriBaseId"`
	}
	sarifRegion struct {
		StartLine   uint32 `json:"startLine"`
		StartColumn uint32 `json:"startColumn,omitempty"`
		EndLine     uint32 `json:"endLine,omitempty"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
		Kind               string `json:"kind"`
	}
	sarifRunProperties struct {
		Verdict checks.Verdict `json:"verdict"`
		FailOn  string         `json:"failOn"`
		Commit  string         `json:"commit"`
		Base    string         `json:"base"`
		Rules   Rules          `json:"rules"`
		Counts  checks.Counts  `json:"counts"`
	}
)

const (
	sarifSchema  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	sarifRoot    = "%SRCROOT%"
	sarifHome    = "https://github.com/gatehouse-dev/gatehouse"
	sarifNotices = 100 // places that could not be judged and are listed one by one
)

// writeSARIF writes results worst first. Waived findings are left out: code
// scanning shows suppressed results as if they were not. Where the file would be
// too large for an upload it first loses words and then the mildest results, and
// says how many.
func writeSARIF(r Report) []byte { return sarifWithin(r, sarifResults, sarifGzipBytes) }

func sarifWithin(r Report, results, gzipBytes int) []byte {
	for words := messageRunes; ; {
		out := encodeJSON(newSARIF(r, results, words))
		if results == 0 || gzipFits(out, gzipBytes) {
			return out
		}
		if words > nameRunes {
			words = nameRunes
			continue
		}
		results /= 2
	}
}

// gzipFits tells whether data compressed has at most limit bytes. Data that is
// not larger as it stands cannot grow by more than the spare 1 %.
func gzipFits(data []byte, limit int) bool {
	if len(data) <= limit-limit/100 {
		return true
	}
	var counted counter
	z := gzip.NewWriter(&counted)
	_, _ = z.Write(data) // a counter takes everything
	_ = z.Close()
	return int(counted) <= limit
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func newSARIF(r Report, results, words int) sarifLog {
	rules := newSARIFRules(r)
	var kept []sarifResult
	var nowhere, left int
	for _, f := range r.parts().unwaived() {
		switch {
		case f.File == "" || len(f.File) > longestPath:
			nowhere++
		case len(kept) >= results:
			left++
		default:
			kept = append(kept, rules.result(r, f, words))
		}
	}
	return sarifLog{
		Schema:  sarifSchema,
		Version: "2.1.0",
		Runs: []sarifRun{{
			Tool: sarifTool{sarifDriver{
				Name: show(cmp.Or(r.Tool.Name, "gatehouse"), nameRunes), Version: show(r.Tool.Version, nameRunes), InformationURI: sarifHome, Rules: rules.list,
			}},
			Invocations: []sarifInvocation{{
				ExecutionSuccessful: r.Result.Verdict != checks.VerdictIncomplete,
				EndTimeUTC:          r.At.UTC().Format("2006-01-02T15:04:05Z"),
				Notifications:       sarifNotifications(r, left, nowhere, words),
			}},
			OriginalURIBaseIDs: map[string]sarifArtifact{sarifRoot: {sarifMessage{Text: "the root of the repository"}}},
			ColumnKind:         "utf16CodeUnits",
			Results:            append([]sarifResult{}, kept...),
			Properties: sarifRunProperties{
				Verdict: r.Result.Verdict, FailOn: r.FailOn.String(), Commit: show(r.Commit, nameRunes), Base: show(r.Base, nameRunes),
				Rules: Rules{Bundle: show(r.Rules.Bundle, nameRunes), Local: show(r.Rules.Local, nameRunes)}, Counts: r.Result.Counts,
			},
		}},
	}
}

// sarifRules are the rules of a run, and where each stands.
type sarifRules struct {
	list  []sarifRule
	index map[string]int
}

func newSARIFRules(r Report) *sarifRules {
	rules := &sarifRules{list: []sarifRule{}, index: map[string]int{}}
	for _, c := range r.Checks {
		rules.add(c.ID, sarifRuleOf(c, r.page(c.ID)))
	}
	return rules
}

func (s *sarifRules) add(id string, rule sarifRule) int {
	if i, ok := s.index[id]; ok {
		return i
	}
	s.list = append(s.list, rule)
	s.index[id] = len(s.list) - 1
	return len(s.list) - 1
}

// ruleOf returns the rule of a finding and its index. A secret that only informs
// (a placeholder, a public value) gets a rule of its own, because the
// security-severity of a rule holds for all its results: a placeholder would be
// an alert of critical severity.
func (s *sarifRules) ruleOf(f checks.Finding) (id string, index int) {
	c := checks.Check{ID: f.Check, Title: f.Check, Category: f.Category, Severity: f.Severity}
	i, known := s.index[f.Check]
	if !known {
		i = s.add(f.Check, sarifRuleOf(c, HelpURL(c.ID)))
	}
	rule := s.list[i]
	if f.Severity > checks.Notice || rule.Properties.SecuritySeverity == "" {
		return rule.ID, i
	}
	rule.ID += "/notice"
	rule.DefaultConfiguration.Level = sarifLevel(checks.Notice)
	rule.Properties = sarifRuleProperties{Tags: rule.Properties.Tags[:1]} // the category, and no longer security
	i = s.add(f.Check+"/notice", rule)
	return rule.ID, i
}

func sarifRuleOf(c checks.Check, page string) sarifRule {
	title := cmp.Or(show(c.Title, sarifTextRunes), show(c.ID, nameRunes))
	help := showLines(c.Fix, helpRunes)
	return sarifRule{
		ID:                   show(c.ID, nameRunes),
		ShortDescription:     sarifMessage{Text: title},
		FullDescription:      sarifMessage{Text: cmp.Or(showLines(c.Why, sarifTextRunes), title)},
		Help:                 sarifMessage{Text: cmp.Or(help, title), Markdown: sarifHelp(c, page)},
		HelpURI:              page,
		DefaultConfiguration: sarifConfiguration{sarifLevel(c.Severity)},
		Properties: sarifRuleProperties{
			Tags: sarifTagsOf(c), SecuritySeverity: sarifSeverity(c),
		},
	}
}

func sarifHelp(c checks.Check, page string) string {
	var out []string
	if why := showLines(c.Why, helpRunes); why != "" {
		out = append(out, "## Why it matters\n\n"+why)
	}
	if fix := showLines(c.Fix, helpRunes); fix != "" {
		out = append(out, "## What to do\n\n"+fix)
	}
	if page != "" {
		out = append(out, "[More about this check]("+page+")")
	}
	return strings.Join(out, "\n\n")
}

func sarifTagsOf(c checks.Check) []string {
	tags := []string{}
	if c.Category != "" {
		tags = append(tags, show(string(c.Category), nameRunes))
	}
	if c.Category == checks.Secrets {
		tags = append(tags, "security")
	}
	return tags
}

// sarifSeverity scores secrets as code scanning does: above 9.0 is critical, from
// 4.0 medium, from 0.1 low. Other checks are no security rules there.
func sarifSeverity(c checks.Check) string {
	if c.Category != checks.Secrets {
		return ""
	}
	switch c.Severity {
	case checks.Error:
		return "9.5"
	case checks.Warning:
		return "5.0"
	}
	return "2.0"
}

func sarifLevel(s checks.Severity) string {
	switch s {
	case checks.Error:
		return "error"
	case checks.Warning:
		return "warning"
	}
	return "note"
}

func (s *sarifRules) result(r Report, f checks.Finding, words int) sarifResult {
	id, index := s.ruleOf(f)
	location := sarifLocationOf(f.File, f.Line)
	location.Physical.Region.StartColumn = f.Column
	location.Physical.Region.EndLine = max(f.EndLine, location.Physical.Region.StartLine)
	if name := strings.Join(subject(f), " "); name != "" {
		location.Logical = []sarifLogical{{FullyQualifiedName: name, Kind: "object"}}
	}
	return sarifResult{
		RuleID:              id,
		RuleIndex:           index,
		Level:               sarifLevel(f.Severity),
		Message:             sarifMessage{Text: sarifText(f, words)},
		Locations:           []sarifLocation{location},
		PartialFingerprints: sarifFingerprints(f.Fingerprint),
		BaselineState:       r.baselineState(f),
	}
}

// sarifText is the message with object, field and fix. Code scanning shows the
// first sentence where there is little room.
func sarifText(f checks.Finding, words int) string {
	text := cmp.Or(show(f.Message, words), show(f.Check, nameRunes), "finding")
	if about := strings.Join(subject(f), ", "); about != "" {
		text += " (" + about + ")"
	}
	if fix := showLines(f.Fix, words); fix != "" {
		text += "\n" + fix
	}
	// "[words](address)" is a link in a message (SARIF 2.1.0, section 3.11.6).
	return strings.ReplaceAll(text, "](", "] (")
}

// sarifFingerprints gives the fingerprint under a name of its own, and under the
// one name that code scanning reads, so that an alert follows its finding through
// edits.
func sarifFingerprints(fingerprint string) map[string]string {
	if fingerprint == "" {
		return nil
	}
	fingerprint = show(fingerprint, nameRunes)
	return map[string]string{"gatehouse/v1": fingerprint, "primaryLocationLineHash": fingerprint}
}

func (r Report) baselineState(f checks.Finding) string {
	switch {
	case r.Result.OldDebt == nil:
		return ""
	case f.New:
		return "new"
	}
	return "unchanged"
}

func sarifLocationOf(file string, line uint32) sarifLocation {
	return sarifLocation{Physical: sarifPhysical{
		Artifact: sarifArtifactLocation{URI: uriPath(file), URIBaseID: sarifRoot},
		Region:   sarifRegion{StartLine: max(line, 1)},
	}}
}

// sarifNotifications say what the results do not: what was left out of them, and
// what could not be judged.
func sarifNotifications(r Report, left, nowhere, words int) []sarifNotification {
	out := []sarifNotification{{Level: "note", Message: sarifMessage{Text: r.verdictLine()}}}
	if left > 0 {
		out = append(out, sarifNotification{Level: "warning", Message: sarifMessage{Text: fmt.Sprintf(
			"%s left out, the mildest, to stay within what code scanning takes; the JSON report lists all", plural(left, "finding"))}})
	}
	if nowhere > 0 {
		out = append(out, sarifNotification{Level: "warning", Message: sarifMessage{Text: fmt.Sprintf(
			"%s left out, being about no file that a checkout can hold; the JSON report lists all", plural(nowhere, "finding"))}})
	}
	for i, n := range r.Result.NotJudged {
		if i == sarifNotices {
			out = append(out, sarifNotification{Level: "error", Message: sarifMessage{Text: fmt.Sprintf(
				"%s more not judged; the JSON report lists all", plural(len(r.Result.NotJudged)-i, "place"))}})
			break
		}
		out = append(out, sarifNotJudged(n, words))
	}
	for _, h := range r.opaqueHeaps() {
		if len(out) > 2*sarifNotices {
			break
		}
		out = append(out, sarifNotification{Level: "warning", Message: sarifMessage{Text: clip(fmt.Sprintf(
			"outside the tree: %s (%s)", h.reason, h.list(textPlaces)), 4*words)}})
	}
	return out
}

func sarifNotJudged(n checks.NotJudged, words int) sarifNotification {
	text := "not judged: " + show(n.Reason, words)
	if n.Check != "" {
		text = show(n.Check, nameRunes) + " " + text
	}
	out := sarifNotification{Level: "error", Message: sarifMessage{Text: text}}
	if !n.New {
		out.Level = "note"
	}
	if n.File != "" && len(n.File) <= longestPath {
		out.Locations = []sarifLocation{sarifLocationOf(n.File, n.Line)}
	}
	return out
}
