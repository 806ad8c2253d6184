package manifest

import (
	"os"
	"path/filepath"
	"testing"
)

// TestNormalizeIsATypedRoundTrip holds every object of the example repositories
// against decoding it into its Go type and encoding it again.
func TestNormalizeIsATypedRoundTrip(t *testing.T) {
	compared := 0
	for _, d := range exampleDocuments(t) {
		typ := typeOf(d.Object)
		if typ == nil {
			continue
		}
		if _, ok := roundTrip(t, d.Root.Value(), typ); !ok {
			continue
		}
		compared++
		checkRoundTrip(t, d.Root)
		checkCanonical(t, d.Root)
	}
	if compared < 150 {
		t.Errorf("compared %d objects, want those of all example repositories", compared)
	}
}

func exampleDocuments(t testing.TB) []*Document {
	t.Helper()
	var out []*Document
	err := filepath.WalkDir("../../testdata/repos", func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		out = append(out, Read(path, text, DefaultLimits()).Documents...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
