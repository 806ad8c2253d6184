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
)

// TestVaultEntry changes the keys of the objects of testdata/vaultentry. The comment of
// an archive says what is done: "set [--binary] KEY" or "unset KEY"; "entry" is where the
// value is kept. What is only read has no "want". Every file is changed as it stands,
// with the line ends of Windows, a byte-order mark, and without its last line break; a
// key that was added is there the second time, and taken out it leaves no trace.
func TestVaultEntry(t *testing.T) {
	files, err := filepath.Glob("testdata/vaultentry/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d files (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			words := strings.Fields(string(archive.Comment))
			in := archive.Files[0]
			name := strings.TrimPrefix(in.Name, "in/")
			got := changedEntry(t, name, in.Data, words)
			if os.Getenv("UPDATE") != "" {
				archive.Files = append([]txtar.File{in}, got...)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(show(archive.Files[1:]), show(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			want := fileNamed(got, "want")
			if want == nil {
				return
			}
			for _, v := range variants {
				if got := fileNamed(changedEntry(t, name, v.change(in.Data), words), "want"); !bytes.Equal(v.change(want), got) {
					t.Errorf("%s (-want +got):\n%s", v.name, cmp.Diff(string(v.change(want)), string(got)))
				}
			}
			if words[0] == "set" && fileNamed(changedEntry(t, name, want, words), "want") != nil {
				t.Error("the key is added a second time")
			}
			if words[0] == "set" {
				back := fileNamed(changedEntry(t, name, want, []string{"unset", words[len(words)-1]}), "want")
				if diff := cmp.Diff(string(in.Data), string(back)); diff != "" {
					t.Errorf("added and taken out again (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func changedEntry(t *testing.T, name string, in []byte, words []string) []txtar.File {
	t.Helper()
	var e VaultEntry
	var err error
	if key := words[len(words)-1]; words[0] == "unset" {
		e, err = UnsetVaultEntry(name, in, Selector{}, key, Options{})
	} else {
		e, err = SetVaultEntry(name, in, Selector{}, key, words[1] == "--binary", Options{})
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
	said := fmt.Sprintf("%s, lines %d to %d: mount %q, store %q, path %q, key %q\n", e.Object, e.Line, e.EndLine, e.Mount, e.Store, e.Path, e.Key)
	if e.Encoded {
		said += "in base64\n"
	}
	if len(e.Others) > 0 {
		said += fmt.Sprintf("also of %q\n", e.Others)
	}
	for _, n := range e.Notes {
		said += fmt.Sprintf("line %d: %s\n", n.Line, n.Text)
	}
	files := []txtar.File{{Name: "entry", Data: []byte(said)}}
	if e.Changed != !bytes.Equal(in, e.Text) {
		t.Errorf("changed is %v", e.Changed)
	}
	if e.Changed {
		files = append(files, txtar.File{Name: "want", Data: e.Text})
	}
	return files
}
