package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
)

// At whatever limit, a report stays within it, is well formed, and accounts for
// every finding.
func TestReportsAreCutToAnyLimit(t *testing.T) {
	r := large(400)
	t.Run("sarif", func(t *testing.T) {
		for _, size := range []int{1 << 20, 30_000, 10_000, 5_000} {
			out := report.SARIFWithin(r, 5_000, size)
			holdsSARIF(t, r, out)
			if got := gzipSize(t, out); got > size {
				t.Errorf("%d bytes compressed, want at most %d", got, size)
			}
		}
		for _, results := range []int{400, 100, 1, 0} {
			var doc sarifFile
			out := report.SARIFWithin(r, results, 1<<20)
			decodeJSON(t, out, &doc)
			holdsSARIF(t, r, out)
			if got, want := len(doc.Runs[0].Results), min(results, 380); got != want {
				t.Errorf("%d results, want %d", got, want)
			}
		}
	})
	t.Run("junit", func(t *testing.T) {
		for _, size := range []int{1 << 20, 100_000, 30_000, 8_000} {
			out := report.JUnitWithin(r, 250_000, size)
			if len(out) > size {
				t.Errorf("%d bytes, want at most %d", len(out), size)
			}
			accountsJUnit(t, r, out)
		}
		for _, elements := range []int{1_000, 300, 100, 50} {
			out := report.JUnitWithin(r, elements, 1<<20)
			var doc junitFile
			if got := decodeXML(t, out, &doc); got > elements {
				t.Errorf("%d elements, want at most %d", got, elements)
			}
			accountsJUnit(t, r, out)
		}
	})
	t.Run("gitlab", func(t *testing.T) {
		for _, size := range []int{1 << 20, 50_000, 10_000, 1_300} {
			out := report.GitLabWithin(r, size)
			if len(out) > size {
				t.Errorf("%d bytes, want at most %d", len(out), size)
			}
			holdsGitLab(t, r, out)
		}
	})
	t.Run("markdown", func(t *testing.T) {
		for _, size := range []int{1 << 20, 50_000, 20_000, 16 << 10} {
			out := report.MarkdownWithin(r, size)
			if len(out) > size {
				t.Errorf("%d bytes, want at most %d", len(out), size)
			}
			holdsMarkdown(t, r, out)
		}
	})
}

// accountsJUnit tells whether every finding is a test, or counted as left out.
func accountsJUnit(t *testing.T, r report.Report, out []byte) {
	t.Helper()
	var doc junitFile
	decodeXML(t, out, &doc)
	total := 0
	for _, suite := range doc.Suites {
		for _, c := range suite.Cases {
			switch {
			case strings.HasPrefix(c.Name, "apps/"):
				total++
			case c.Name == "report":
				m := moreInJUnit.FindSubmatch(out)
				total += atoi(t, string(m[1]))
			}
		}
	}
	if want := len(r.Result.Findings); total != want {
		t.Errorf("the tests speak of %d findings, want %d", total, want)
	}
}

func TestTextOf300FindingsIsNoWall(t *testing.T) {
	out := write(t, report.Text, large(300), report.Options{})
	if n := bytes.Count(out, []byte("\n")); n > 90 {
		t.Errorf("%d lines, want at most 90", n)
	}
	verbose := write(t, report.Text, large(300), report.Options{Verbose: true})
	if n := bytes.Count(verbose, []byte("data.key-")); n != 300 {
		t.Errorf("verbose text lists %d findings, want all 300", n)
	}
}
