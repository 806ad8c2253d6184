package report_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/schema/schematest"
)

// everyLook is every way in which a report is written.
func everyLook() map[string]report.Options {
	looks := map[string]report.Options{"": {}}
	for _, group := range report.Groups() {
		looks["by "+group] = report.Options{GroupBy: report.Group(group)}
		looks["all by "+group] = report.Options{GroupBy: report.Group(group), Verbose: true, Width: 40}
	}
	return looks
}

// inEveryFormat runs test on r in every format and look.
func inEveryFormat(t *testing.T, r report.Report, test func(t *testing.T, format string, out string)) {
	for _, format := range report.Formats() {
		looks := map[string]report.Options{"": {}}
		if format == report.Text {
			looks = everyLook()
		}
		for name, opt := range looks {
			t.Run(strings.TrimSpace(format+" "+name), func(t *testing.T) {
				test(t, format, string(write(t, format, r, opt)))
			})
		}
	}
}

func TestNothingHidesInAReport(t *testing.T) {
	inEveryFormat(t, hostile(300), func(t *testing.T, _, out string) {
		if !utf8.ValidString(out) {
			t.Error("not valid UTF-8")
		}
		for i, r := range out {
			if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
				t.Fatalf("the unseen character %U in %q", r, out[max(i-40, 0):min(i+40, len(out))])
			}
		}
	})
}

// anyLogCommand is what a build service takes for a command in a line of a log.
var anyLogCommand = regexp.MustCompile(`(?m)^\s*::|##[a-zA-Z]*\[`)

func TestNothingIsForgedInALog(t *testing.T) {
	inEveryFormat(t, hostile(300), func(t *testing.T, format, out string) {
		if format == report.GitHub {
			return // its own commands are looked at one by one
		}
		if found := anyLogCommand.FindStringIndex(out); found != nil {
			t.Errorf("like a command: %.80q", out[found[0]:])
		}
	})
}

func TestGitHubCommandsSayWhatWasMeant(t *testing.T) {
	const path, message = "a,b:c%2C::d=e\n.yaml", "50%0A ::error::x\r\n, done"
	r := empty()
	f := secret("db", "password", 4)
	f.File, f.Message, f.Fix, f.Check = path, message, "do: this,\nthen that %", "my,check:1"
	r.Result.Findings = []checks.Finding{f}
	counted(&r)
	var commands []command
	for line := range strings.Lines(string(write(t, report.GitHub, r, report.Options{}))) {
		if c, ok := parseCommand(strings.TrimSuffix(line, "\n")); ok {
			commands = append(commands, c)
		}
	}
	want := []command{{
		name: "error",
		properties: map[string]string{
			"file": `a,b:c%2C::d=e\n.yaml`, "line": "4", "endLine": "4", "col": "13", "title": "my,check:1",
		},
		data: `50%0A ::error::x\r\n, done` + "\nSecret production/db, data.password\nfix: do: this,\nthen that %",
	}}
	if diff := cmp.Diff(want, commands, cmp.AllowUnexported(command{})); diff != "" {
		t.Errorf("commands as the runner reads them (-want +got):\n%s", diff)
	}
}

func TestJSONKeepsEveryStringThatIsUTF8(t *testing.T) {
	r := hostile(60)
	out := write(t, report.JSON, r, report.Options{})
	var doc struct{ Findings []checks.Finding }
	decodeJSON(t, out, &doc)
	for i, f := range doc.Findings {
		for _, pair := range [][2]string{{r.Result.Findings[i].File, f.File}, {r.Result.Findings[i].Message, f.Message}} {
			want := pair[0]
			if !utf8.ValidString(want) {
				want = `\xff\xfe broken \xc3( UTF-8 \xed\xa0\x80`
			}
			if pair[1] != want {
				t.Errorf("%.60q came out as %.60q", pair[0], pair[1])
			}
		}
	}
	for name, r := range map[string]report.Report{"hostile": r, "middle": middle(), "incomplete": incomplete()} {
		out := write(t, report.JSON, r, report.Options{})
		faults, err := schematest.Check(report.Schema(), out)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults {
			t.Errorf("%s against the schema: %s", name, fault)
		}
	}
}

func TestJSONIsNotEscapedForHTML(t *testing.T) {
	r := empty()
	f := secret("db", "password", 4)
	f.Message = `<a> & "b"`
	r.Result.Findings = []checks.Finding{f}
	counted(&r)
	for _, format := range []string{report.JSON, report.SARIF, report.GitLab} {
		if out := string(write(t, format, r, report.Options{})); !strings.Contains(out, `<a> & \"b\"`) {
			t.Errorf("%s does not hold the message as it is:\n%s", format, out)
		}
	}
}

// GitLab shows only the first entry of a fingerprint.
func TestGitLabGetsEveryFindingOnce(t *testing.T) {
	r := empty()
	for range 3 {
		r.Result.Findings = append(r.Result.Findings, secret("db", "password", 4))
	}
	counted(&r)
	holdsGitLab(t, r, write(t, report.GitLab, r, report.Options{}))
	for i := range r.Result.Findings {
		r.Result.Findings[i].Fingerprint = ""
	}
	holdsGitLab(t, r, write(t, report.GitLab, r, report.Options{}))
}

// The contract says which keys there are; this holds them one by one, so that none
// is renamed by accident.
func TestJSONHasTheKeysOfTheContract(t *testing.T) {
	var doc map[string]any
	decodeJSON(t, write(t, report.JSON, middle(), report.Options{}), &doc)
	want := map[string][]string{
		"":          {"version", "tool", "at", "commit", "base", "failOn", "rules", "verdict", "counts", "findings", "notJudged", "opaque", "notRun"},
		"tool":      {"name", "version"},
		"rules":     {"bundle", "local"},
		"counts":    {"files", "documents", "bytes", "objects", "rendered", "errors", "warnings", "notices", "new", "old", "waived", "notRun"},
		"findings":  {"check", "category", "severity", "message", "fix", "file", "line", "column", "endLine", "object", "field", "environment", "origins", "fingerprint", "new"},
		"notJudged": {"file", "line", "check", "reason"},
		"opaque":    {"file", "line", "what", "reason"},
		"notRun":    {"check", "reason"},
	}
	for place, keys := range want {
		value := any(doc)
		if place != "" {
			value = doc[place]
		}
		if list, ok := value.([]any); ok {
			value = list[0]
		}
		members, _ := value.(map[string]any)
		for _, key := range keys {
			if _, ok := members[key]; !ok {
				t.Errorf("%q has no %q", place, key)
			}
		}
	}
	waived := 0
	for _, f := range doc["findings"].([]any) {
		w, ok := f.(map[string]any)["waived"]
		if !ok {
			continue
		}
		waived++
		want := map[string]any{"reason": "rotated on 2026-02-01", "owner": "@org/platform", "expires": "2026-06-30"}
		if diff := cmp.Diff(any(want), w); diff != "" {
			t.Errorf("waived (-want +got):\n%s", diff)
		}
	}
	if waived != 1 {
		t.Errorf("%d findings have the key waived, want the one that is", waived)
	}
}

func TestSARIFLeadsToTheFile(t *testing.T) {
	for _, path := range hostileStrings() {
		if len(path) > 4096 {
			continue
		}
		r := empty()
		f := secret("db", "password", 4)
		f.File = path
		r.Result.Findings = []checks.Finding{f}
		counted(&r)
		var doc sarifFile
		decodeJSON(t, write(t, report.SARIF, r, report.Options{}), &doc)
		at := doc.Runs[0].Results[0].Locations[0].PhysicalLocation.ArtifactLocation
		if got, err := url.PathUnescape(at.URI); err != nil || got != path {
			t.Errorf("%q leads to %q, error %v, want %q", at.URI, got, err, path)
		}
		if parsed, err := url.Parse(at.URI); err != nil || parsed.IsAbs() || parsed.RawQuery != "" || parsed.Fragment != "" {
			t.Errorf("%q is no relative path: %v, error %v", at.URI, parsed, err)
		}
	}
}

func TestSARIFMessagesHoldNoLinks(t *testing.T) {
	r := empty()
	f := secret("db", "password", 4)
	f.Message, f.Fix, f.Object.Name = "see [this](https://evil.example)", "[fix](https://evil.example)", "[a](b)"
	r.Result.Findings = []checks.Finding{f}
	counted(&r)
	var doc sarifFile
	decodeJSON(t, write(t, report.SARIF, r, report.Options{}), &doc)
	got := doc.Runs[0].Results[0].Message.Text
	want := "see [this] (https://evil.example) (Secret production/[a] (b), data.password)\n[fix] (https://evil.example)"
	if got != want {
		t.Errorf("the message is %q, want %q", got, want)
	}
}

var (
	markdownTag  = regexp.MustCompile(`</?[a-zA-Z!][^>]*>`)
	knownTag     = regexp.MustCompile(`^(<br>|</?code>|</?details>|</?summary>|</?sub>|</a>|<a href="https://github\.com/gatehouse-dev/gatehouse/blob/main/docs/checks/[^"<>|]*">)$`)
	markdownLink = regexp.MustCompile(`\]\(|https?://|www\.|(^|[^a-zA-Z0-9])@[a-zA-Z]|\x60`)
)

func TestMarkdownIsOnlyOurs(t *testing.T) {
	out := string(write(t, report.Markdown, hostile(300), report.Options{}))
	for _, tag := range markdownTag.FindAllString(out, -1) {
		if !knownTag.MatchString(tag) {
			t.Errorf("the tag %q is not one of ours", tag)
		}
	}
	for _, pair := range []string{"details", "summary", "code", "a", "sub"} {
		if opened, closed := strings.Count(out, "<"+pair+">")+strings.Count(out, "<"+pair+" "), strings.Count(out, "</"+pair+">"); opened != closed {
			t.Errorf("<%s> is opened %d times and closed %d times", pair, opened, closed)
		}
	}
	for line := range strings.Lines(out) {
		bare := markdownTag.ReplaceAllString(line, " ")
		if found := markdownLink.FindString(bare); found != "" {
			t.Errorf("a link, a call or a span %q in %.200q", found, bare)
		}
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 4 {
			t.Errorf("a row has %d bars, want 4: %.200q", strings.Count(line, "|"), line)
		}
	}
	if want := `]]> --> <script>alert(1)</script> <!--`; !strings.Contains(html.UnescapeString(out), want) {
		t.Errorf("the page does not show %q to a reader", want)
	}
}

var (
	htmlTag = regexp.MustCompile(`<[^>]*>`)
	ownTag  = regexp.MustCompile(`^<(!doctype html|/?(html|head|body|table|tr|ul|li|h1|h2|p|small|strong|code|details|summary|style|title|a|span|td|th)|br|` +
		`html lang="en"|meta (charset|name|http-equiv)="[^"<>]*"( content="[^"<>]*")?|details open|h2 style="display:inline"|(td|th|span) class="[a-z ]+"|td colspan="[47]"|` +
		`a href="https://github\.com/gatehouse-dev/gatehouse/blob/main/docs/checks/[^"<>]*")>$`)
)

// TestHTMLIsOnlyOurs: nothing of a file becomes a tag, an attribute or a script.
func TestHTMLIsOnlyOurs(t *testing.T) {
	out := string(write(t, report.HTML, withCoverage(hostile(300)), report.Options{}))
	for _, tag := range htmlTag.FindAllString(out, -1) {
		if !ownTag.MatchString(tag) {
			t.Errorf("the tag %q is not one of ours", tag)
		}
	}
	if want := `]]> --> <script>alert(1)</script> <!--`; !strings.Contains(html.UnescapeString(out), want) {
		t.Errorf("the page does not show %q to a reader", want)
	}
	if !strings.Contains(out, "apps/&lt;b&gt;web") {
		t.Error("the name of a folder is not escaped")
	}
}

func TestTextGroupsAreHonest(t *testing.T) {
	out := string(write(t, report.Text, middle(), report.Options{GroupBy: report.ByOwner}))
	if !strings.Contains(out, "\nno owner known\n") {
		t.Errorf("without owners the text does not say so:\n%s", out)
	}
	r := middle()
	for i := range r.Result.Findings {
		r.Result.Findings[i].Environment = ""
	}
	out = string(write(t, report.Text, r, report.Options{GroupBy: report.ByEnvironment}))
	if !strings.Contains(out, "\nno environment\n") {
		t.Errorf("without environments the text does not say so:\n%s", out)
	}
}

// A secret that a check cites or repeats must not come out anywhere. The value is
// made here, so that no file holds it.
func TestNoReportHoldsASecret(t *testing.T) {
	canary := strings.Repeat("Zq7", 5) + "canary"
	leak := checks.Check{
		ID: "leak", Title: "Leaks", Category: checks.Secrets, Severity: checks.Error, Why: "w", Fix: "f",
		Document: func(p *checks.Pass, d *manifest.Document) error {
			n := d.Root.Get("stringData").Get("password")
			p.Report(checks.Report{
				Where: checks.At(d, "stringData.password", n), Cites: n.Text,
				Message: "the value is " + n.Text, Fix: "remove " + n.Text,
			})
			return nil
		},
	}
	broken := leak
	broken.ID = "broken"
	broken.Document = func(_ *checks.Pass, d *manifest.Document) error {
		return fmt.Errorf("cannot use %s", d.Root.Get("stringData").Get("password").Text)
	}
	source := "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n  password: " + canary + "\n"
	r := empty()
	r.Checks = []checks.Check{leak, broken}
	r.Result = checks.Run(context.Background(), checks.Input{
		Files:  []checks.File{{Path: "db.yaml", Load: func() ([]byte, error) { return []byte(source), nil }}},
		Checks: r.Checks, Limits: manifest.DefaultLimits(), FailOn: r.FailOn, Time: r.At,
	})
	if len(r.Result.Findings) != 1 || len(r.Result.NotJudged) != 1 {
		t.Fatalf("%d findings, %d not judged, want 1 and 1", len(r.Result.Findings), len(r.Result.NotJudged))
	}
	inEveryFormat(t, r, func(t *testing.T, _, out string) {
		if strings.Contains(out, canary) {
			t.Errorf("the value came out:\n%s", out)
		}
		if !strings.Contains(out, "[redacted]") && !strings.Contains(out, "&#91;redacted&#93;") {
			t.Errorf("the message did not come out:\n%s", out)
		}
	})
}

func TestTheVerdictIsTheSameInEveryFormat(t *testing.T) {
	pass := large(50)
	pass.FailOn = 0
	pass.Result.Verdict = checks.VerdictPass
	for want, r := range map[checks.Verdict]report.Report{
		checks.VerdictPass: pass, checks.VerdictFail: middle(), checks.VerdictIncomplete: incomplete(),
	} {
		got := map[string]string{}
		inEveryFormat(t, r, func(t *testing.T, format, out string) {
			switch format {
			case report.Text, report.GitHub:
				got[format], _, _ = strings.Cut(out, ":")
			case report.JSON:
				var doc struct{ Verdict string }
				decodeJSON(t, []byte(out), &doc)
				got[format] = doc.Verdict
			case report.SARIF:
				var doc sarifFile
				decodeJSON(t, []byte(out), &doc)
				got[format] = fmt.Sprint(doc.Runs[0].Properties["verdict"])
				if ok := doc.Runs[0].Invocations[0].ExecutionSuccessful; ok != (want != checks.VerdictIncomplete) {
					t.Errorf("executionSuccessful is %v for %s", ok, want)
				}
			case report.JUnit:
				var doc junitFile
				decodeXML(t, []byte(out), &doc)
				got[format] = doc.Suites[0].Properties[0].Value
				if (doc.Errors > 0) != (want == checks.VerdictIncomplete || len(r.Result.NotJudged) > 0) {
					t.Errorf("%d errors for %s", doc.Errors, want)
				}
			case report.Markdown:
				_, rest, _ := strings.Cut(out, "## Gatehouse: ")
				got[format], _, _ = strings.Cut(rest, "\n")
			case report.HTML:
				_, rest, _ := strings.Cut(out, "<title>Gatehouse: ")
				got[format], _, _ = strings.Cut(rest, "<")
			case report.GitLab:
				got[format] = string(want) // it has no place for a verdict
			}
		})
		for format, verdict := range got {
			if verdict != string(want) {
				t.Errorf("%s says %q, want %q", format, verdict, want)
			}
		}
	}
}

// What blocks is what is new, not waived and as severe as FailOn; a table of all.
func TestWhatBlocks(t *testing.T) {
	tests := []struct {
		name     string
		change   func(*checks.Finding)
		failOn   checks.FailOn
		says     string // how text begins its second line, or ""
		failures int    // in JUnit
		results  int    // in SARIF
		commands int    // for GitHub
	}{
		{"new error", func(*checks.Finding) {}, checks.FailOn(checks.Error), "1 finding blocks", 1, 1, 1},
		{"new error, nothing fails", func(*checks.Finding) {}, 0, "", 1, 1, 1},
		{"new warning", func(f *checks.Finding) { f.Severity = checks.Warning }, checks.FailOn(checks.Error), "", 0, 1, 1},
		{"new warning, warnings fail", func(f *checks.Finding) { f.Severity = checks.Warning }, checks.FailOn(checks.Warning), "1 finding blocks", 1, 1, 1},
		{"notice", func(f *checks.Finding) { f.Severity = checks.Notice }, checks.FailOn(checks.Warning), "", 0, 1, 1},
		{"old error", func(f *checks.Finding) { f.New = false }, checks.FailOn(checks.Error), "", 0, 1, 0},
		{"waived error", func(f *checks.Finding) { f.Waived = &checks.WaivedBy{Owner: "o", Expires: "2026-06-30"} }, checks.FailOn(checks.Error), "", 0, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := empty()
			r.FailOn = test.failOn
			f := secret("db", "password", 4)
			test.change(&f)
			r.Result.Findings = []checks.Finding{f}
			counted(&r)
			lines := strings.Split(string(write(t, report.Text, r, report.Options{})), "\n")
			if blocks := strings.Contains(lines[1], " blocks: "); blocks != (test.says != "") || !strings.HasPrefix(lines[1], test.says) {
				t.Errorf("text goes on with %q, want %q", lines[1], test.says)
			}
			var junit junitFile
			decodeXML(t, write(t, report.JUnit, r, report.Options{}), &junit)
			if junit.Failures != test.failures {
				t.Errorf("%d failures in JUnit, want %d", junit.Failures, test.failures)
			}
			var sarif sarifFile
			decodeJSON(t, write(t, report.SARIF, r, report.Options{}), &sarif)
			if got := len(sarif.Runs[0].Results); got != test.results {
				t.Errorf("%d results in SARIF, want %d", got, test.results)
			}
			var quality []json.RawMessage
			decodeJSON(t, write(t, report.GitLab, r, report.Options{}), &quality)
			if got := len(quality); got != test.results {
				t.Errorf("%d entries for GitLab, want %d", got, test.results)
			}
			github := string(write(t, report.GitHub, r, report.Options{}))
			if got := strings.Count("\n"+github, "\n::"); got != test.commands {
				t.Errorf("%d commands for GitHub, want %d", got, test.commands)
			}
		})
	}
}

// A placeholder is no critical alert, however its check is scored.
func TestSARIFScoresSecretsBySeverity(t *testing.T) {
	var doc sarifFile
	decodeJSON(t, write(t, report.SARIF, middle(), report.Options{}), &doc)
	scores := map[string]any{}
	for _, rule := range doc.Runs[0].Tool.Driver.Rules {
		scores[rule.ID] = rule.Properties["security-severity"]
	}
	want := map[string]any{
		"plaintext-secret": "9.5", "plaintext-secret/notice": nil,
		"duplicate-key": nil, "latest-tag": nil, "volume-claim-deleted": nil,
	}
	if diff := cmp.Diff(want, scores); diff != "" {
		t.Errorf("security-severity by rule (-want +got):\n%s", diff)
	}
	for _, result := range doc.Runs[0].Results {
		if (result.RuleID == "plaintext-secret/notice") != (result.Level == "note") {
			t.Errorf("a result of level %s has the rule %s", result.Level, result.RuleID)
		}
	}
}

func TestHelpURL(t *testing.T) {
	for id, want := range map[string]string{
		"plaintext-secret": "https://github.com/gatehouse-dev/gatehouse/blob/main/docs/checks/plaintext-secret.md",
		`a"b ?`:            "https://github.com/gatehouse-dev/gatehouse/blob/main/docs/checks/a%22b%20%3F.md",
	} {
		if got := report.HelpURL(id); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
