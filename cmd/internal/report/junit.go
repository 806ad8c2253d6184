package report

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// The JUnit elements that are written: those that GitLab and Jenkins read
// (docs.gitlab.com, unit test reports; github.com/testmoapp/junitxml).
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []*junitSuite `xml:"testsuite"`
	}
	junitCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Timestamp  string           `xml:"timestamp,attr"`
		Properties *junitProperties `xml:"properties"`
		Cases      []junitCase      `xml:"testcase"`

		names map[string]int
	}
	junitProperties struct {
		List []junitProperty `xml:"property"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    uint32        `xml:"line,attr,omitempty"`
		Failure *junitOutcome `xml:"failure"`
		Error   *junitOutcome `xml:"error"`
		Skipped *junitOutcome `xml:"skipped"`
	}
	junitOutcome struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// Elements that do not stand for one place: at most so many for the run, and for
// each check.
const (
	junitFixed    = 32
	junitPerCheck = 4
)

// junitMain is the suite that speaks of the run as a whole.
const junitMain = "gatehouse"

// writeJUnit writes one suite for each check. A finding that blocks, or would if
// errors did, is a failure; other findings are skipped tests that say why they do
// not count. What was not judged is an error. A check without findings is one test
// that passes. Where the file would be too large it first loses words and then the
// mildest findings, and says how many.
func writeJUnit(r Report) []byte { return junitWithin(r, junitElements, junitBytes) }

func junitWithin(r Report, elements, size int) []byte {
	// A test has one element beside its own. What is not a test of one place are the
	// suites with a few elements each, and the properties.
	cases := max((elements-junitFixed-junitPerCheck*(len(r.Checks)+len(r.Result.NotRun)))/2, 0)
	for words := messageRunes; ; {
		out := encodeJUnit(newJUnit(r, cases, words))
		if cases == 0 || len(out) <= size {
			return out
		}
		if words > nameRunes {
			words = nameRunes
			continue
		}
		cases = min(cases, len(r.Result.Findings)+len(r.Result.NotJudged)) / 2
	}
}

func encodeJUnit(doc junitSuites) []byte {
	var out bytes.Buffer
	out.WriteString(xml.Header)
	enc := xml.NewEncoder(&out)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		panic(fmt.Sprintf("report: %v", err)) // strings and numbers always encode
	}
	out.WriteByte('\n')
	return replaceLogCommands(out.Bytes(), "##$1&#91;")
}

// junitWriter fills the suites.
type junitWriter struct {
	r      Report
	suites []*junitSuite
	index  map[string]*junitSuite
	room   int // tests for single places that still fit
	left   int // of those that did not
	words  int
}

func newJUnit(r Report, cases, words int) junitSuites {
	w := &junitWriter{r: r, index: map[string]*junitSuite{}, room: cases, words: words}
	w.suite(junitMain).Properties = w.properties()
	for _, c := range r.Checks {
		w.suite(c.ID)
	}
	for _, n := range r.Result.NotJudged {
		w.notJudged(n)
	}
	p := r.parts()
	for _, list := range [][]checks.Finding{p.blocking, p.other, p.old, p.waived} {
		for _, f := range list {
			w.finding(f)
		}
	}
	w.notRun()
	w.passed()
	w.whole()
	doc := junitSuites{Name: junitMain, Suites: w.suites}
	for _, s := range w.suites {
		doc.Tests += s.Tests
		doc.Failures += s.Failures
		doc.Errors += s.Errors
		doc.Skipped += s.Skipped
	}
	return doc
}

func (w *junitWriter) suite(name string) *junitSuite {
	if s, ok := w.index[name]; ok {
		return s
	}
	s := &junitSuite{
		Name: show(name, nameRunes), Timestamp: w.r.At.UTC().Format("2006-01-02T15:04:05"),
		names: map[string]int{},
	}
	w.index[name] = s
	w.suites = append(w.suites, s)
	return s
}

func (w *junitWriter) properties() *junitProperties {
	r := w.r
	var out []junitProperty
	for _, p := range []junitProperty{
		{"verdict", string(r.Result.Verdict)}, {"failOn", r.FailOn.String()}, {"tool", r.Tool.Name + " " + r.Tool.Version},
		{"commit", r.Commit}, {"base", r.Base}, {"rules.bundle", r.Rules.Bundle}, {"rules.local", r.Rules.Local},
		{"files", strconv.Itoa(r.Result.Counts.Files.Found)}, {"filesJudged", strconv.Itoa(r.Result.Counts.Files.Judged)},
	} {
		if p.Value != "" {
			out = append(out, junitProperty{p.Name, show(p.Value, nameRunes)})
		}
	}
	return &junitProperties{List: out}
}

// add adds a test to a suite. Names are made unique, because GitLab ignores the
// second of one name; they have no lines in them, so that an edit above a finding
// does not make it new there.
func (s *junitSuite) add(c junitCase) {
	c.Class = s.Name
	s.names[c.Name]++
	if n := s.names[c.Name]; n > 1 {
		c.Name += " #" + strconv.Itoa(n)
	}
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// place adds a test for one place, while there is room.
func (w *junitWriter) place(suite string, c junitCase) {
	if w.room == 0 {
		w.left++
		return
	}
	w.room--
	w.suite(suite).add(c)
}

func (w *junitWriter) finding(f checks.Finding) {
	message := cmp.Or(show(f.Message, w.words), show(f.Check, nameRunes), "finding")
	c := junitCase{Name: cmp.Or(showPath(f.File), "the whole tree"), File: showPath(f.File), Line: f.Line}
	for _, about := range subject(f) {
		c.Name += " · " + about
	}
	switch {
	case f.Waived != nil:
		why := fmt.Sprintf("%s (%s): ", waivedBy(f.Waived), f.Waived.Reason)
		c.Skipped = &junitOutcome{Message: show(why, w.words) + message}
	case !f.New:
		c.Skipped = &junitOutcome{Message: "old debt, " + f.Severity.String() + ": " + message}
	case w.r.wouldBlock(f):
		c.Failure = &junitOutcome{Message: message, Type: f.Severity.String(), Text: w.details(f, message)}
	default:
		c.Skipped = &junitOutcome{Message: f.Severity.String() + ", does not block: " + message}
	}
	w.place(f.Check, c)
}

// details is what a reader of the test report gets to see beside the name.
func (w *junitWriter) details(f checks.Finding, message string) string {
	lines := []string{fmt.Sprintf("%s:%d", placeOf(f.File, f.Line), f.Column), message}
	lines = append(lines, subject(f)...)
	if fix := showLines(f.Fix, w.words); fix != "" {
		lines = append(lines, "fix: "+fix)
	}
	return strings.Join(lines, "\n")
}

func (w *junitWriter) notJudged(n checks.NotJudged) {
	outcome := &junitOutcome{Message: "not judged: " + show(n.Reason, w.words), Type: "notJudged"}
	c := junitCase{Name: cmp.Or(showPath(n.File), "the whole tree") + " · judged", File: showPath(n.File), Line: n.Line}
	if n.New {
		c.Error = outcome
	} else {
		c.Skipped = &junitOutcome{Message: outcome.Message + " (as before)"}
	}
	w.place(cmp.Or(n.Check, junitMain), c)
}

// notRun adds a skipped test for each reason for which a check did not run.
func (w *junitWriter) notRun() {
	for _, n := range w.r.Result.NotRun {
		w.suite(n.Check).add(junitCase{Name: "run", Skipped: &junitOutcome{Message: "not run here: " + show(n.Reason, w.words)}})
	}
}

// passed gives the checks of which there is nothing to say a test that passes.
func (w *junitWriter) passed() {
	for _, s := range w.suites {
		if s.Tests == 0 && s != w.index[junitMain] {
			s.add(junitCase{Name: "no findings"})
		}
	}
}

// whole adds what holds for the run as a whole: whether all was judged.
func (w *junitWriter) whole() {
	main := w.suite(junitMain)
	all := junitCase{Name: "everything was judged"}
	switch left := w.r.leftPhrase(); {
	case w.r.Result.Verdict == checks.VerdictIncomplete || w.r.leftOutCounts():
		all.Error = &junitOutcome{Message: cmp.Or(left, w.r.verdictLine()), Type: "incomplete"}
	case left != "":
		all.Skipped = &junitOutcome{Message: left}
	}
	main.add(all)
	if w.left > 0 {
		main.add(junitCase{Name: "report", Skipped: &junitOutcome{
			Message: plural(w.left, "more finding") + " left out to keep this file readable; the JSON report lists all",
		}})
	}
}
