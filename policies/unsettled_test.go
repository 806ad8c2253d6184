package policies

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/library"
)

// TestFactsOfWhatIsNoLongerRecent judges many documents before facts are asked of any:
// what was found in each must not be forgotten by then.
func TestFactsOfWhatIsNoLongerRecent(t *testing.T) {
	shelf, err := ReadShelf(library.Compiled())
	if err != nil {
		t.Fatal(err)
	}
	var running []*Shelved
	for _, p := range shelf.Policies() {
		if p.Check.ID == "container-without-limits" {
			running = append(running, p)
		}
	}
	list, err := NewObjects().Shelved(shelf, running, nil)
	if err != nil || len(list) != 1 {
		t.Fatal(err)
	}
	check := list[0]
	var documents []*manifest.Document
	var files []checks.File
	for i := range 4 * sets * ways {
		file := fmt.Sprintf("apps/job-%d.yaml", i)
		text := fmt.Appendf(nil, "apiVersion: batch/v1\nkind: Job\nmetadata: {name: job-%d}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: registry.example.org/a:1}]}}}\n", i)
		documents = append(documents, manifest.Read(file, text, manifest.DefaultLimits()).Documents...)
		files = append(files, checks.File{Path: file})
	}
	files = append(files, checks.File{Path: "apps/kustomization.yaml"})
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.Path
	}
	pass := &checks.Pass{Context: context.Background(), Time: time.Unix(0, 0), Layout: checks.Layout{}.WithFiles(paths)}
	for _, d := range documents {
		if err := check.Document(pass, d); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range documents {
		if len(check.Facts(d)) != 1 {
			t.Fatalf("%s: %d facts", d.File, len(check.Facts(d)))
		}
	}
}
