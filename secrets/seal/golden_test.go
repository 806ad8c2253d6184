package seal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestGolden seals the files of testdata. Each archive holds a file "in", with its
// name behind a slash, and either "want", in which every sealed value is shown as
// SEALED and its plaintext and the fingerprint of the certificate as FINGERPRINT, or
// "error". "notes" are what a person is told.
//
// Every file is sealed as it stands and again with the line ends of Windows, with
// a byte-order mark, and without its last line break.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 15 {
		t.Fatalf("found %d files (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			golden(t, file)
		})
	}
}

func golden(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := parseCase(t, archive)
	got := c.run(t, c.in)
	if os.Getenv("UPDATE") != "" {
		archive.Files = append([]txtar.File{{Name: "in/" + c.name, Data: c.in}}, got...)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(show(c.want), show(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			want := make([]txtar.File, len(c.want))
			for i, f := range c.want {
				want[i] = f
				if f.Name == "want" {
					want[i].Data = v.change(f.Data)
				}
			}
			if diff := cmp.Diff(show(want), show(c.run(t, v.change(c.in)))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

var variants = []struct {
	name   string
	change func([]byte) []byte
}{
	{"CRLF", func(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")) }},
	{"BOM", func(text []byte) []byte { return append([]byte("\uFEFF"), text...) }},
	{"no last line break", func(text []byte) []byte { return bytes.TrimRight(text, "\n") }},
}

func show(files []txtar.File) string {
	return string(txtar.Format(&txtar.Archive{Files: files}))
}

type goldenCase struct {
	name string
	in   []byte
	opts Options
	want []txtar.File
}

// parseCase reads an archive. A line "namespace: NAME" in its comment gives the
// option.
func parseCase(t *testing.T, archive *txtar.Archive) goldenCase {
	t.Helper()
	c := goldenCase{opts: Options{Certificate: theKeys().certificate}}
	for line := range strings.Lines(string(archive.Comment)) {
		if namespace, ok := strings.CutPrefix(line, "namespace: "); ok {
			c.opts.Namespace = strings.TrimSpace(namespace)
		}
	}
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "in/"); ok {
			c.name, c.in = name, f.Data
			continue
		}
		c.want = append(c.want, f)
	}
	if c.name == "" {
		t.Fatal("the archive has no file in/NAME")
	}
	return c
}

func (c goldenCase) run(t *testing.T, in []byte) []txtar.File {
	t.Helper()
	before := bytes.Clone(in)
	result, err := File(c.name, in, c.opts)
	if !bytes.Equal(before, in) {
		t.Error("the text that was passed in has changed")
	}
	var refused *Error
	if errors.As(err, &refused) {
		text := refused.Error() + "\n"
		if refused.Fix != "" {
			text += "fix: " + refused.Fix + "\n"
		}
		return []txtar.File{{Name: "error", Data: []byte(text)}}
	}
	if err != nil {
		t.Fatal(err)
	}
	files := []txtar.File{{Name: "want", Data: c.opened(t, result)}}
	var notes strings.Builder
	for _, n := range append(result.Left, result.Notes...) {
		fmt.Fprintf(&notes, "%d: %s: %s\n", n.Line, n.Object, n.Text)
	}
	if notes.Len() > 0 {
		files = append(files, txtar.File{Name: "notes", Data: []byte(notes.String())})
	}
	again, err := File(c.name, result.Text, c.opts)
	if err != nil || !bytes.Equal(again.Text, result.Text) || len(again.Sealed) > 0 {
		t.Errorf("sealing twice is not sealing once: %v", err)
	}
	return files
}

// opened puts SEALED and the plaintext in the place of each sealed value, which
// must open under the label of its scope and no other.
func (c goldenCase) opened(t *testing.T, r Result) []byte {
	t.Helper()
	text := r.Text
	for i, v := range sealedValues(t, c.name, r) {
		label := v.object.Namespace + "/" + v.object.Name
		switch r.Sealed[v.index].Scope {
		case NamespaceWide:
			label = v.object.Namespace
		case ClusterWide:
			label = ""
		}
		plain, ok := theKeys().open(t, v.text, label)
		if !ok {
			t.Errorf("value %d does not open under the label %q", i, label)
		}
		if _, ok := theKeys().open(t, v.text, label+"x"); ok {
			t.Errorf("value %d opens under another label", i)
		}
		if n := bytes.Count(text, []byte(v.text)); n != 1 {
			t.Errorf("value %d stands %d times in the text", i, n)
		}
		text = bytes.Replace(text, []byte(v.text), fmt.Appendf(nil, "SEALED(%q)", plain), 1)
	}
	return bytes.ReplaceAll(text, []byte(theKeys().certificate.Fingerprint), []byte("FINGERPRINT"))
}

type sealedValue struct {
	index     int // into Result.Sealed
	object    manifest.Object
	key, text string
}

// sealedValues lists what stands in the encryptedData of what was sealed.
func sealedValues(t *testing.T, name string, r Result) []sealedValue {
	t.Helper()
	var list []sealedValue
	for _, d := range manifest.Read(name, r.Text, manifest.DefaultLimits()).Documents {
		for i, o := range r.Sealed {
			if d.Object != o.Object || d.At().Line != o.Line {
				continue
			}
			for _, f := range d.Root.Lookup("spec", "encryptedData").Items {
				list = append(list, sealedValue{i, d.Object, f.Key, f.Text})
			}
		}
	}
	return list
}
