package corpus

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// publicList is the list of what is found in public repositories, each with the
// label that a reader gave it. It holds no values.
const publicList = "public.tsv"

// labels are what a reader can say of a finding that blocks.
var labels = map[string]string{
	"REAL":  "a secret in the clear",
	"WEAK":  "a default or guessable password in the clear",
	"FALSE": "no secret: a false alarm",
}

// publicFinding is a row of publicList.
type publicFinding struct {
	repository, path string
	line             int
	check, severity  string
	label            string
}

func (f publicFinding) place() publicFinding {
	f.label = ""
	return f
}

func readPublic(t *testing.T) []publicFinding {
	t.Helper()
	data, err := os.ReadFile(publicList)
	if err != nil {
		t.Fatal(err)
	}
	reader := csv.NewReader(bytes.NewReader(data))
	reader.Comma = '\t'
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []publicFinding
	for _, r := range rows[1:] {
		line, err := strconv.Atoi(r[2])
		if err != nil || labels[r[5]] == "" && os.Getenv("UPDATE") == "" {
			t.Fatalf("%s: the row %q has no line or no label", publicList, r)
		}
		list = append(list, publicFinding{r[0], r[1], line, r[3], r[4], r[5]})
	}
	return list
}

func writePublic(t *testing.T, list []publicFinding) {
	t.Helper()
	var b strings.Builder
	b.WriteString("repository\tpath\tline\tcheck\tseverity\tlabel\n")
	for _, f := range list {
		fmt.Fprintf(&b, "%s\t%s\t%d\t%s\t%s\t%s\n", f.repository, f.path, f.line, f.check, f.severity, f.label)
	}
	if err := os.WriteFile(publicList, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestPublicRepositories holds the list against what is found: a finding that is not
// on it has been read by nobody, and one that is gone was a miss made silently.
// UPDATE=1 writes the list anew, with a question mark for what has no label yet.
func TestPublicRepositories(t *testing.T) {
	dir := os.Getenv("GATEHOUSE_CORPORA")
	if dir == "" {
		t.Skip("left out: GATEHOUSE_CORPORA names no folder of repositories; make corpora-test sets it")
	}
	var files []File
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files = append(files, File{Path: filepath.ToSlash(name), Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var found []publicFinding
	for _, f := range checks.Run(t.Context(), inputOf(files)).Findings {
		if f.Severity >= checks.Warning {
			repository, path, _ := strings.Cut(f.File, "/")
			found = append(found, publicFinding{repository, path, int(f.Line), f.Check, f.Severity.String(), ""})
		}
	}
	slices.SortFunc(found, func(a, b publicFinding) int {
		return cmp.Or(cmp.Compare(a.repository, b.repository), cmp.Compare(a.path, b.path), cmp.Compare(a.line, b.line), cmp.Compare(a.check, b.check))
	})
	known := readPublic(t)
	if os.Getenv("UPDATE") != "" {
		for i := range found {
			found[i].label = "?"
			if at := slices.IndexFunc(known, func(k publicFinding) bool { return k.place() == found[i].place() }); at >= 0 {
				found[i].label = known[at].label
			}
		}
		writePublic(t, found)
		return
	}
	for _, f := range found {
		if !slices.ContainsFunc(known, func(k publicFinding) bool { return k.place() == f.place() }) {
			t.Errorf("%s/%s:%d: %s is not on the list", f.repository, f.path, f.line, f.check)
		}
	}
	for _, k := range known {
		if !slices.Contains(found, k.place()) {
			t.Errorf("%s/%s:%d: %s is on the list, and was not found", k.repository, k.path, k.line, k.check)
		}
	}
}
