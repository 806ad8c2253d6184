package report_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
)

func TestParseOutput(t *testing.T) {
	tests := []struct {
		in   string
		want report.Output
	}{
		{"text", report.Output{Format: "text"}},
		{"json=-", report.Output{Format: "json"}},
		{"sarif=out.sarif", report.Output{Format: "sarif", File: "out.sarif"}},
		{"junit=a=b.xml", report.Output{Format: "junit", File: "a=b.xml"}},
	}
	for _, test := range tests {
		got, err := report.ParseOutput(test.in)
		if err != nil {
			t.Errorf("%s: %v", test.in, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.in, diff)
		}
	}
}

func TestParseOutputRefuses(t *testing.T) {
	all := "text, json, sarif, junit, github, gitlab, markdown or html"
	tests := []struct{ in, want string }{
		{"srarif", `unknown output format "srarif" (did you mean "sarif"?): must be ` + all},
		{"jsn=x", `unknown output format "jsn" (did you mean "json"?): must be ` + all},
		{"yaml", `unknown output format "yaml": must be ` + all},
		{"", `unknown output format "": must be ` + all},
		{"=x", `unknown output format "": must be ` + all},
		{"sarif=", `output "sarif=" names no file: write sarif, or sarif=FILE`},
	}
	for _, test := range tests {
		if _, err := report.ParseOutput(test.in); err == nil || err.Error() != test.want {
			t.Errorf("%q: error %q, want %q", test.in, err, test.want)
		}
	}
}

func TestParseOutputs(t *testing.T) {
	got, err := report.ParseOutputs(nil)
	if diff := cmp.Diff([]report.Output{{Format: "text"}}, got); err != nil || diff != "" {
		t.Errorf("no wish: error %v (-want +got):\n%s", err, diff)
	}
	got, err = report.ParseOutputs([]string{"text", "sarif=a.sarif", "json=b.json"})
	want := []report.Output{{Format: "text"}, {Format: "sarif", File: "a.sarif"}, {Format: "json", File: "b.json"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("three wishes: error %v (-want +got):\n%s", err, diff)
	}
	for _, values := range [][]string{{"text", "json"}, {"text", "json=-"}, {"json=a", "sarif=./a"}} {
		if _, err := report.ParseOutputs(values); err == nil || !strings.Contains(err.Error(), "go to the same place") {
			t.Errorf("%q: error %v, want one about the place", values, err)
		}
	}
	if _, err := report.ParseOutputs([]string{"text", "xml=a"}); err == nil {
		t.Error("an unknown format passed behind a known one")
	}
}

func TestParseGroup(t *testing.T) {
	for _, name := range report.Groups() {
		if got, err := report.ParseGroup(name); err != nil || string(got) != name {
			t.Errorf("%s: got %q, error %v", name, got, err)
		}
	}
	_, err := report.ParseGroup("environments")
	want := `unknown group "environments" (did you mean "environment"?): must be file, check, owner or environment`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestWriteRefusesUnknownFormat(t *testing.T) {
	if err := report.Write(&bytes.Buffer{}, "marksdown", empty(), report.Options{}); err == nil ||
		!strings.Contains(err.Error(), `did you mean "markdown"?`) {
		t.Errorf("error %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteGivesTheErrorOfTheWriter(t *testing.T) {
	for _, format := range report.Formats() {
		if err := report.Write(brokenWriter{}, format, empty(), report.Options{}); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%s: error %v", format, err)
		}
	}
}

func TestWriteAll(t *testing.T) {
	folder := t.TempDir()
	outputs := []report.Output{
		{Format: "json", File: filepath.Join(folder, "missing", "a.json")},
		{Format: "text"},
		{Format: "text", File: filepath.Join(folder, "a.txt")},
	}
	var stdout bytes.Buffer
	err := report.WriteAll(&stdout, outputs, middle(), report.Options{Color: true, Width: 60})
	if err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("error %v, want one about the missing folder", err)
	}
	if got := stdout.String(); !strings.HasPrefix(got, "\x1b[31mfail\x1b[0m: ") {
		t.Errorf("standard output is %.40q…", got)
	}
	got, err := os.ReadFile(outputs[2].File)
	if err != nil {
		t.Fatal(err)
	}
	want := write(t, "text", middle(), report.Options{})
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the file has colours or line breaks (-want +got):\n%s", diff)
	}
}

func TestWriteFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "report.json")
	for _, text := range []string{"first, which is longer", "second"} {
		if err := report.WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("got %q, error %v, want %q", got, err, text)
		}
	}
	onlyFile(t, folder, "report.json")
}

func TestWriteFileLeavesTheOldOneWhereItFails(t *testing.T) {
	folder := t.TempDir()
	if err := report.WriteFile(folder, []byte("x")); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Errorf("error %v", err)
	}
	err := report.WriteFile(filepath.Join(folder, "no", "such"), []byte("x"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want one that says the folder is not there", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, error %v", entries, err)
	}
}

func onlyFile(t *testing.T, folder, name string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("the folder holds %v, error %v, want only %s", entries, err, name)
	}
}
