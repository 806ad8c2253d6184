package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// TestCorpora judges public repositories, one folder each below
// GATEHOUSE_CORPORA.
func TestCorpora(t *testing.T) {
	root := os.Getenv("GATEHOUSE_CORPORA")
	if root == "" {
		t.Skip("left out: GATEHOUSE_CORPORA names no folder of repositories; make corpora-test sets it")
	}
	entries, err := os.ReadDir(root)
	if err != nil || len(entries) == 0 {
		t.Fatalf("no repositories in %s (%v)", root, err)
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) { testCorpus(t, filepath.Join(root, e.Name())) })
	}
}

func testCorpus(t *testing.T, dir string) {
	first, _, code := call(t, "", "check", "-o", "json", "-j", "1", dir)
	if code == exitUsage {
		t.Fatalf("exit %d", code)
	}
	for _, jobs := range []string{"1", "8"} {
		again, _, _ := call(t, "", "check", "-o", "json", "-j", jobs, dir)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("with %s workers the result differs:\n%s", jobs, diff)
		}
	}
	r := checkJSON(t, dir)
	files, docs := r.Counts.Files, r.Counts.Documents
	if files.Found != files.Judged+files.Opaque+files.NotJudged || docs.Found != docs.Judged+docs.NotJudged {
		t.Errorf("the counts do not add up: %+v", r.Counts)
	}
	if found := countFiles(t, dir); files.Found != found {
		t.Errorf("found %d files, there are %d", files.Found, found)
	}
	for _, f := range r.Findings {
		if f.Check == "manifest-unreadable" && kubectlReads(t, filepath.Join(dir, f.File)) {
			t.Errorf("%s:%d is said to be unreadable, and kubectl reads it", f.File, f.Line)
		}
	}
	t.Logf("%s: %+v, %d findings", r.Verdict, r.Counts, len(r.Findings))
}

func countFiles(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// kubectlReads tells whether the reader that kubectl uses gets through a file.
func kubectlReads(t *testing.T, file string) bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec := kubeyaml.NewYAMLOrJSONDecoder(bufio.NewReader(bytes.NewReader(text)), 4096)
	for {
		var v any
		if err := dec.Decode(&v); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}
