package scan

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	corpus "github.com/gatehouse-dev/gatehouse/testdata/secrets"
)

// TestAnObjectIsJudgedAsItsFile proves, for every document of the labelled corpus and
// of the example repositories, that the bare object in JSON, as an API server gets
// it, gives the same findings as the file.
func TestAnObjectIsJudgedAsItsFile(t *testing.T) {
	files, err := corpus.Generate(corpus.Seed)
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join("..", "..", "testdata", "repos")
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		name, err = filepath.Rel(root, name)
		files = append(files, corpus.File{Path: filepath.ToSlash(name), Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, file := range files {
		f := manifest.Read(file.Path, file.Data, manifest.DefaultLimits())
		for _, d := range f.Documents {
			if !d.IsObject() || d.Templated || len(d.Duplicates) > 0 {
				continue
			}
			text, err := json.Marshal(d.Root.Value())
			if err != nil {
				continue // a number that JSON has not, such as .inf
			}
			compared++
			if diff := cmp.Diff(ofDocument(t, f, d), ofObject(t, text)); diff != "" {
				t.Errorf("%s: -file +object:\n%s", file.Path, diff)
			}
		}
	}
	if compared < 200 {
		t.Errorf("only %d documents were compared", compared)
	}
}

// ofDocument are the findings in d, without what the file says besides.
func ofDocument(t *testing.T, f *manifest.File, d *manifest.Document) []string {
	t.Helper()
	alone := *f
	alone.Documents = []*manifest.Document{d}
	alone.Templated, alone.Broken = nil, nil
	var out []string
	for _, found := range File(&alone, Options{}) {
		if found.Document == d {
			out = append(out, fmt.Sprintf("%s %s %s %s", found.Place, found.Field, found.Inner, found.Answer.Class))
		}
	}
	slices.Sort(out)
	return out
}

func ofObject(t *testing.T, text []byte) []string {
	t.Helper()
	f := manifest.Read("object.json", text, manifest.DefaultLimits())
	if len(f.Broken) > 0 || len(f.Documents) == 0 {
		t.Fatalf("cannot be read: %s", text)
	}
	return ofDocument(t, f, f.Documents[0])
}
