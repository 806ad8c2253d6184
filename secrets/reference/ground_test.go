package reference_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

// Every rule has its source, and an example in the tables of these tests that breaks
// it.
func TestGrounds(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("the tests cannot be read: %v", err)
	}
	var tables strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tables.Write(text)
	}
	seen := map[string]bool{}
	for _, g := range reference.Grounds() {
		if g.ID == "" || g.Kind == "" || len(g.Fact) < 20 || len(g.Source) < 10 || !strings.HasSuffix(g.Fix, ".") || seen[g.ID] {
			t.Errorf("incomplete or twice: %+v", g)
		}
		seen[g.ID] = true
		if text := tables.String(); !strings.Contains(text, `"`+g.ID+`"`) && !strings.Contains(text, `"`+g.ID+" ") && !strings.Contains(text, "`"+g.ID+" ") && !strings.Contains(text, `"`+g.ID+`?"`) {
			t.Errorf("no table has an example of %s", g.ID)
		}
	}
}
