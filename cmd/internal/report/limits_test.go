package report_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
)

// limit returns what a host takes, from the table of the package.
func limit(t *testing.T, format, what string) int {
	t.Helper()
	for _, l := range report.HostLimits() {
		if l.Format == format && strings.Contains(l.What, what) {
			return l.Max
		}
	}
	t.Fatalf("no limit of %s for %q", format, what)
	return 0
}

func TestEveryLimitNamesItsSource(t *testing.T) {
	known := map[string]bool{}
	for _, format := range report.Formats() {
		known[format] = true
	}
	for _, l := range report.HostLimits() {
		if !known[l.Format] || l.What == "" || l.Max <= 0 || l.Source == "" {
			t.Errorf("incomplete: %+v", l)
		}
	}
}

// tenThousand are reports of 10,000 findings each: usual ones, ones in which
// every string is hostile, and ones that no compression makes smaller.
func tenThousand() map[string]report.Report {
	random := large(10_000)
	source := rand.New(rand.NewPCG(1, 2)) // the same every time
	for i := range random.Result.Findings {
		words := make([]rune, 3_000)
		for j := range words {
			words[j] = rune(0x4e00 + source.IntN(20_000))
		}
		random.Result.Findings[i].Message = string(words[:2_000])
		random.Result.Findings[i].Fix = string(words[1_000:])
	}
	return map[string]report.Report{"usual": large(10_000), "hostile": hostile(10_000), "random": random, "empty": empty()}
}

func TestHostLimits(t *testing.T) {
	for name, r := range tenThousand() {
		for _, format := range report.Formats() {
			if format == report.JSON && (name == "hostile" || name == "random") {
				continue // JSON has no limit and is never cut: the usual 10,000 say all
			}
			t.Run(name+"/"+format, func(t *testing.T) {
				out := write(t, format, r, report.Options{})
				switch format {
				case report.Text:
					holdsText(t, out)
				case report.JSON:
					holdsJSON(t, r, out)
				case report.SARIF:
					holdsSARIF(t, r, out)
				case report.JUnit:
					holdsJUnit(t, r, out)
				case report.GitHub:
					holdsGitHub(t, r, out)
				case report.GitLab:
					holdsGitLab(t, r, out)
				case report.Markdown:
					holdsMarkdown(t, r, out)
				case report.HTML:
					holdsHTML(t, out)
				default:
					t.Errorf("no limits are known for %s", format)
				}
			})
		}
	}
}

// holdsHTML: a page that a browser opens at once, and that is closed as it is opened.
func holdsHTML(t *testing.T, out []byte) {
	if len(out) > 32<<20 {
		t.Errorf("%d bytes", len(out))
	}
	if rows := bytes.Count(out, []byte("<tr>")); rows > 4*5_100 {
		t.Errorf("%d rows", rows)
	}
	if !bytes.HasSuffix(out, []byte("</html>\n")) {
		t.Error("the page has no end")
	}
}

// holdsText: a person reads a screen or two, and of what a stranger wrote no
// endless page.
func holdsText(t *testing.T, out []byte) {
	const screens = 200
	if n := bytes.Count(out, []byte("\n")); n > screens {
		t.Errorf("%d lines, want at most %d", n, screens)
	}
}

func holdsJSON(t *testing.T, r report.Report, out []byte) {
	var doc struct{ Findings []json.RawMessage }
	decodeJSON(t, out, &doc)
	if got, want := len(doc.Findings), len(r.Result.Findings); got != want {
		t.Errorf("%d findings, want %d", got, want)
	}
}

// sarifFile is what the tests read of SARIF.
type sarifFile struct {
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Rules []struct {
					ID                                string
					ShortDescription, FullDescription struct{ Text string }
					Help                              struct{ Text, Markdown string }
					HelpURI                           string
					DefaultConfiguration              struct{ Level string }
					Properties                        map[string]any
				}
			}
		}
		Invocations []struct {
			ExecutionSuccessful        bool
			ToolExecutionNotifications []struct {
				Level   string
				Message struct{ Text string }
			}
		}
		ColumnKind string
		Results    []struct {
			RuleID, Level       string
			RuleIndex           int
			Message             struct{ Text string }
			PartialFingerprints map[string]string
			Locations           []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI, URIBaseID string }
					Region           struct{ StartLine, StartColumn, EndLine int }
				}
			}
		}
		Properties map[string]any
	}
}

var leftOut = regexp.MustCompile(`^(\d+) findings? left out`)

func holdsSARIF(t *testing.T, r report.Report, out []byte) {
	if got, most := gzipSize(t, out), limit(t, report.SARIF, "bytes of the file"); got > most {
		t.Errorf("%d bytes compressed, want at most %d", got, most)
	}
	var doc sarifFile
	decodeJSON(t, out, &doc)
	run := doc.Runs[0]
	if got, most := len(run.Results), limit(t, report.SARIF, "results"); got > most {
		t.Errorf("%d results, want at most %d", got, most)
	}
	left := 0
	for _, n := range run.Invocations[0].ToolExecutionNotifications {
		if m := leftOut.FindStringSubmatch(n.Message.Text); m != nil {
			left += atoi(t, m[1])
		}
	}
	if got, want := len(run.Results)+left, len(r.Result.Findings)-r.Result.Counts.Waived; got != want {
		t.Errorf("%d results and %d left out are %d, want %d", len(run.Results), left, got, want)
	}
	for _, rule := range run.Tool.Driver.Rules {
		for _, text := range []string{rule.ShortDescription.Text, rule.FullDescription.Text} {
			if n := utf8.RuneCountInString(text); n == 0 || n > limit(t, report.SARIF, "description") {
				t.Errorf("a description of %.50s has %d characters", rule.ID, n)
			}
		}
		if rule.ID == "" || rule.Help.Text == "" || rule.Help.Markdown == "" || rule.HelpURI == "" {
			t.Errorf("the rule %.200q says nothing", fmt.Sprint(rule))
		}
		if tags, _ := rule.Properties["tags"].([]any); len(tags) > limit(t, report.SARIF, "tags") {
			t.Errorf("%d tags", len(tags))
		}
	}
	old, level := false, map[string]int{"error": 3, "warning": 2, "note": 1}
	last := 4
	for _, result := range run.Results {
		if len(result.Locations) != 1 || result.Locations[0].PhysicalLocation.ArtifactLocation.URI == "" ||
			result.Locations[0].PhysicalLocation.Region.StartLine < 1 || result.Message.Text == "" ||
			result.PartialFingerprints["primaryLocationLineHash"] == "" {
			t.Fatalf("a result without place, words or identity: %.500q", fmt.Sprint(result))
		}
		if got := run.Tool.Driver.Rules[result.RuleIndex].ID; got != result.RuleID {
			t.Fatalf("the rule %q stands where %q should", got, result.RuleID)
		}
		if now := level[result.Level]; now > last && !old {
			old, last = true, now // what is old comes behind all that is new
		} else if now > last {
			t.Fatal("the worst do not come first")
		} else {
			last = now
		}
	}
}

func gzipSize(t *testing.T, data []byte) int {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

func holdsJUnit(t *testing.T, r report.Report, out []byte) {
	if most := limit(t, report.JUnit, "bytes"); len(out) > most {
		t.Errorf("%d bytes, want at most %d", len(out), most)
	}
	var doc junitFile
	elements := decodeXML(t, out, &doc)
	if most := limit(t, report.JUnit, "elements"); elements > most {
		t.Errorf("%d elements, want at most %d", elements, most)
	}
	tests, failures := 0, 0
	for _, suite := range doc.Suites {
		names := map[string]bool{}
		for _, c := range suite.Cases {
			if names[c.Name] {
				t.Fatalf("two tests of %s are called %.200s", suite.Name, c.Name)
			}
			names[c.Name] = true
			if c.Failure != nil {
				failures++
			}
		}
		if suite.Tests != len(suite.Cases) {
			t.Errorf("the suite %.50s says %d tests and has %d", suite.Name, suite.Tests, len(suite.Cases))
		}
		tests += len(suite.Cases)
	}
	if doc.Tests != tests || doc.Failures != failures {
		t.Errorf("says %d tests and %d failures, has %d and %d", doc.Tests, doc.Failures, tests, failures)
	}
	if failures != r.Result.Counts.Errors {
		t.Errorf("%d failures, want %d", failures, r.Result.Counts.Errors)
	}
}

// junitFile is what the tests read of JUnit.
type junitFile struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Suites   []struct {
		Name       string `xml:"name,attr"`
		Tests      int    `xml:"tests,attr"`
		Properties []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"properties>property"`
		Cases []struct {
			Name    string  `xml:"name,attr"`
			Failure *string `xml:"failure"`
			Error   *string `xml:"error"`
			Skipped *string `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// decodeXML reads a document strictly and returns the number of its elements.
func decodeXML(t *testing.T, data []byte, into any) int {
	t.Helper()
	if err := xml.Unmarshal(data, into); err != nil {
		t.Fatalf("no XML: %v", err)
	}
	elements := 0
	for dec := xml.NewDecoder(bytes.NewReader(data)); ; {
		token, err := dec.Token()
		if err == io.EOF {
			return elements
		}
		if err != nil {
			t.Fatalf("no XML: %v", err)
		}
		if _, ok := token.(xml.StartElement); ok {
			elements++
		}
	}
}

// command is a workflow command as the runner reads it (actions/runner,
// ActionCommand.TryParseV2).
type command struct {
	name       string
	properties map[string]string
	data       string
}

func parseCommand(line string) (command, bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(line, " \t"), "::")
	info, data, found := strings.Cut(rest, "::")
	if !ok || !found {
		return command{}, false
	}
	c := command{properties: map[string]string{}, data: unescapeCommand(data)}
	name, properties, _ := strings.Cut(info, " ")
	c.name = name
	for _, p := range strings.Split(properties, ",") {
		if key, value, ok := strings.Cut(p, "="); ok {
			c.properties[key] = unescapeCommand(value)
		}
	}
	return c, true
}

func unescapeCommand(s string) string {
	for _, pair := range [][2]string{{"%0D", "\r"}, {"%0A", "\n"}, {"%3A", ":"}, {"%2C", ","}, {"%25", "%"}} {
		s = strings.ReplaceAll(s, pair[0], pair[1])
	}
	return s
}

var moreThanShown = regexp.MustCompile(`^\+(\d+) more: see the summary$`)

func holdsGitHub(t *testing.T, r report.Report, out []byte) {
	counts, total := map[string]int{}, 0
	for line := range strings.Lines(string(out)) {
		c, ok := parseCommand(strings.TrimSuffix(line, "\n"))
		if !ok {
			continue
		}
		if counts[c.name]++; counts[c.name] > limit(t, report.GitHub, "annotations") {
			t.Errorf("annotation %d of level %s", counts[c.name], c.name)
		}
		if n := utf8.RuneCountInString(c.data); n > limit(t, report.GitHub, "message") {
			t.Errorf("a message of %d characters", n)
		}
		if n := utf8.RuneCountInString(c.properties["title"]); n == 0 || n > limit(t, report.GitHub, "title") {
			t.Errorf("a title of %d characters", n)
		}
		if m := moreThanShown.FindStringSubmatch(c.data); m != nil {
			total += atoi(t, m[1])
		} else {
			total++
		}
	}
	want := r.Result.Counts.New
	for _, n := range r.Result.NotJudged {
		if n.New {
			want++
		}
	}
	if total != want {
		t.Errorf("annotations speak of %d, want %d", total, want)
	}
	for name := range counts {
		if name != "error" && name != "warning" && name != "notice" {
			t.Errorf("a forged command %q", name)
		}
	}
}

type qualityEntry struct {
	Description string
	CheckName   string `json:"check_name"`
	Fingerprint string
	Severity    string
	Location    struct {
		Path  string
		Lines struct{ Begin int }
	}
}

var moreInJUnit = regexp.MustCompile(`"(\d+) more findings? left out`)

var moreInList = regexp.MustCompile(`^(\d+) more findings? left out`)

func holdsGitLab(t *testing.T, r report.Report, out []byte) {
	if most := limit(t, report.GitLab, "bytes"); len(out) > most {
		t.Errorf("%d bytes, want at most %d", len(out), most)
	}
	var entries []qualityEntry
	decodeJSON(t, out, &entries)
	if entries == nil {
		t.Error("no list")
	}
	seen, total := map[string]bool{}, 0
	for _, e := range entries {
		if seen[e.Fingerprint] || e.Fingerprint == "" {
			t.Fatalf("the fingerprint %q is not alone", e.Fingerprint)
		}
		seen[e.Fingerprint] = true
		if !strings.Contains(" info minor major critical blocker ", " "+e.Severity+" ") ||
			e.Description == "" || e.CheckName == "" || e.Location.Path == "" || e.Location.Lines.Begin < 1 {
			t.Fatalf("an entry that GitLab does not show: %.300q", fmt.Sprint(e))
		}
		if m := moreInList.FindStringSubmatch(e.Description); m != nil {
			total += atoi(t, m[1])
		} else {
			total++
		}
	}
	want := len(r.Result.Findings) - r.Result.Counts.Waived + len(r.Result.NotJudged) + len(r.Result.Opaque)
	if total != want {
		t.Errorf("%d entries, want %d", total, want)
	}
}

var (
	summaryRow  = regexp.MustCompile(`(?m)^\| (error|warning|notice) \|`)
	summaryMore = regexp.MustCompile(`(?m)^\| \| \| … and (\d+) more findings?; `)
)

func holdsMarkdown(t *testing.T, r report.Report, out []byte) {
	if most := limit(t, report.Markdown, "bytes"); len(out) > most {
		t.Errorf("%d bytes, want at most %d", len(out), most)
	}
	total := len(summaryRow.FindAll(out, -1))
	for _, m := range summaryMore.FindAllSubmatch(out, -1) {
		total += atoi(t, string(m[1]))
	}
	if want := r.Result.Counts.New; total != want {
		t.Errorf("rows speak of %d findings, want %d", total, want)
	}
	if !bytes.Contains(out, []byte("judged by gatehouse v1.2.3")) {
		t.Error("the page lost its end")
	}
}

func decodeJSON(t *testing.T, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("no JSON: %v", err)
	}
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A gate that stops after a screen must not lose what matters: the blocking come
// before the rest in every format that is cut.
func TestWhatIsCutIsTheMildest(t *testing.T) {
	r := large(10_000)
	for i := range r.Result.Findings {
		f := &r.Result.Findings[i]
		f.Waived, f.New, f.Severity = nil, true, checks.Notice
	}
	worst := &r.Result.Findings[9_999]
	worst.Severity, worst.Message = checks.Error, "the worst of all"
	r.Result.Counts = checks.Counts{}
	counted(&r)
	for _, format := range report.Formats() {
		if out := write(t, format, r, report.Options{}); !bytes.Contains(out, []byte("the worst of all")) {
			t.Errorf("%s does not show the one error", format)
		}
	}
}
