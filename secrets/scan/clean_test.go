package scan

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestCleanIdioms proves that nothing leaks in files that are full of words for
// secrets and hold none: references, paths, names, settings about passwords.
func TestCleanIdioms(t *testing.T) {
	files, err := filepath.Glob("testdata/clean/*")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f := manifest.Read(filepath.Base(file), text, manifest.DefaultLimits())
		if len(f.Broken) > 0 || len(f.Documents) == 0 {
			t.Fatalf("%s cannot be read", file)
		}
		for _, found := range File(f, Options{}) {
			check(t, f, found)
			if found.Answer.Class.Leaks() {
				t.Errorf("%s:%d: %s %s|%s is %s, because %s", file, found.At.Line, found.Place, found.Field, found.Inner, found.Answer.Class, found.Answer.Evidence)
			}
		}
	}
}
