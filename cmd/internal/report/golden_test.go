package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestReportsAreWhatTheyWere(t *testing.T) {
	owner := func(file string) string {
		if filepath.Dir(file) == "apps/staging" {
			return "@org/web"
		}
		return ""
	}
	tests := []struct {
		golden, format string
		report         report.Report
		opt            report.Options
	}{
		{"middle.txt", report.Text, middle(), report.Options{}},
		{"middle-color.txt", report.Text, middle(), report.Options{Color: true, Width: 70}},
		{"middle-verbose.txt", report.Text, middle(), report.Options{Verbose: true}},
		{"middle-by-check.txt", report.Text, middle(), report.Options{GroupBy: report.ByCheck}},
		{"middle-by-owner.txt", report.Text, middle(), report.Options{GroupBy: report.ByOwner, Owner: owner, Verbose: true}},
		{"middle-by-environment.txt", report.Text, middle(), report.Options{GroupBy: report.ByEnvironment}},
		{"incomplete.txt", report.Text, incomplete(), report.Options{}},
		{"empty.txt", report.Text, empty(), report.Options{}},
		{"large.txt", report.Text, large(300), report.Options{}},
		{"middle.json", report.JSON, middle(), report.Options{}},
		{"empty.json", report.JSON, empty(), report.Options{}},
		{"middle.sarif", report.SARIF, middle(), report.Options{}},
		{"empty.sarif", report.SARIF, empty(), report.Options{}},
		{"middle.xml", report.JUnit, middle(), report.Options{}},
		{"empty.xml", report.JUnit, empty(), report.Options{}},
		{"incomplete.xml", report.JUnit, incomplete(), report.Options{}},
		{"middle.github", report.GitHub, middle(), report.Options{}},
		{"empty.github", report.GitHub, empty(), report.Options{}},
		{"middle.gitlab.json", report.GitLab, middle(), report.Options{}},
		{"empty.gitlab.json", report.GitLab, empty(), report.Options{}},
		{"middle.md", report.Markdown, middle(), report.Options{}},
		{"empty.md", report.Markdown, empty(), report.Options{}},
		{"middle.html", report.HTML, withCoverage(middle()), report.Options{}},
		{"empty.html", report.HTML, empty(), report.Options{}},
		{"incomplete.md", report.Markdown, incomplete(), report.Options{}},
	}
	for _, test := range tests {
		t.Run(test.golden, func(t *testing.T) {
			got := write(t, test.format, test.report, test.opt)
			compareGolden(t, test.golden, got)
			if again := write(t, test.format, test.report, test.opt); !bytes.Equal(got, again) {
				t.Error("the same report is written differently a second time")
			}
		})
	}
}

func TestSchemaIsWhatItWas(t *testing.T) {
	compareGolden(t, "report.schema.json", report.Schema())
}

func write(t *testing.T, format string, r report.Report, opt report.Options) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := report.Write(&out, format, r, opt); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s changed; look at it, then run with -update (-want +got):\n%s", name, diff)
	}
}
