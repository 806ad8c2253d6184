package suite

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// rowsOf runs a suite of testdata/suite.txtar.
func rowsOf(t *testing.T, name string) []Row {
	t.Helper()
	a, err := txtar.ParseFile("testdata/suite.txtar")
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{Time: time.Unix(1_700_000_000, 0), Read: func(p string) ([]byte, error) {
		for _, f := range a.Files {
			if f.Name == p {
				return f.Data, nil
			}
		}
		return nil, fmt.Errorf("read %s: %w", p, fs.ErrNotExist)
	}}
	d, err := r.one(name)
	if err != nil {
		t.Fatal(err)
	}
	if !IsSuite(d) {
		t.Fatalf("%s is no suite", name)
	}
	return r.Run(t.Context(), d)
}

// TestSuitePasses: what gator passes passes.
func TestSuitePasses(t *testing.T) {
	counts := map[Status]int{}
	for _, row := range rowsOf(t, "suite.yaml") {
		counts[row.Status]++
		if row.Status == Failed {
			t.Errorf("%s/%s: %s", row.Test, row.Case, row.Reason)
		}
		if row.Line == 0 || row.Suite != "suite.yaml" || row.Status == Skipped && row.Reason == "" {
			t.Errorf("incomplete row %+v", row)
		}
	}
	if counts[Passed] != 9 || counts[Skipped] != 2 {
		t.Errorf("%v, want 9 passed and 2 skipped", counts)
	}
}

// TestSuiteFails: what gator fails fails, each with a reason.
func TestSuiteFails(t *testing.T) {
	rows := rowsOf(t, "failing.yaml")
	if len(rows) != 12 {
		t.Errorf("%d rows", len(rows))
	}
	for _, row := range rows {
		if row.Status != Failed || row.Reason == "" || !strings.Contains(row.Test+row.Case, "fails") {
			t.Errorf("%+v", row)
		}
	}
}
