package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// TestEdits changes the SealedSecrets of testdata/edit. The comment of an archive says
// how, one word each and the rest of the line: "set: KEY VALUE", "unset: KEY",
// "reseal: KEY", which knows the value of that key, "reseal:", which has the private
// key, "file:", and "object:", "namespace:", "scope:" and "label:". In the files,
// SEALED("text") stands for a ciphertext of text for the certificate and the label,
// OLD("text") for one of another certificate, and FINGERPRINT and OLDPRINT for those of
// the two. Every file is changed as it stands, with the line ends of Windows and
// without its last line break; a change that is made twice changes nothing.
func TestEdits(t *testing.T) {
	files, err := filepath.Glob("testdata/edit/*.txtar")
	if err != nil || len(files) < 15 {
		t.Fatalf("found %d files (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := parseEdit(t, archive)
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
			want := fileNamed(c.want, "want")
			for _, v := range variants {
				if want == nil {
					break // it is refused, and the place of the error may be another one
				}
				if got := fileNamed(c.run(t, v.change(c.in)), "want"); !bytes.Equal(v.change(want), got) {
					t.Errorf("%s (-want +got):\n%s", v.name, cmp.Diff(string(v.change(want)), string(got)))
				}
			}
		})
	}
}

func fileNamed(files []txtar.File, name string) []byte {
	for _, f := range files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// editCase is one change of a file.
type editCase struct {
	name, how, key, value string
	label                 string
	object                Selector
	in                    []byte
	opts                  Options
	want                  []txtar.File
}

func parseEdit(t *testing.T, archive *txtar.Archive) editCase {
	t.Helper()
	c := editCase{label: "production/database", opts: Options{Certificate: theKeys().certificate}}
	for line := range strings.Lines(string(archive.Comment)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		rest = strings.TrimSpace(rest)
		switch word {
		case "set", "unset", "reseal", "file":
			c.how = word
			c.key, c.value, _ = strings.Cut(rest, " ")
		case "object":
			c.object = must(ParseSelector(rest))
		case "namespace":
			c.opts.Namespace = rest
		case "scope":
			c.opts.Scope = Scope(rest)
		case "label":
			c.label = rest
		}
	}
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "in/"); ok {
			c.name, c.in = name, f.Data
			continue
		}
		c.want = append(c.want, f)
	}
	if c.name == "" || c.how == "" {
		t.Fatal("the archive has no file in/NAME, or does not say what to do")
	}
	return c
}

// do makes the change.
func (c editCase) do(text []byte) (Result, error) {
	switch c.how {
	case "set":
		return Set(c.name, text, c.object, c.key, []byte(c.value), c.opts)
	case "unset":
		return Unset(c.name, text, c.object, c.key, c.opts)
	case "file":
		return File(c.name, text, c.opts)
	}
	how := Resealing{Object: c.object}
	if c.key == "" {
		how.Keys = must(ParsePrivateKeys(append(theKeys().privatePEM(), otherKeys().privatePEM()...)))
	} else {
		how.Given = []GivenValue{{Key: c.key, Plain: []byte("given")}}
	}
	return Reseal(c.name, text, how, c.opts)
}

var ciphertextMark = regexp.MustCompile(`(SEALED|OLD)\(("[^"]*")\)`)

// expanded puts ciphertexts in the place of their marks, and remembers the marks.
func (c editCase) expanded(t *testing.T, text []byte, marks map[string]string) []byte {
	t.Helper()
	text = bytes.ReplaceAll(text, []byte("FINGERPRINT"), []byte(theKeys().certificate.Fingerprint))
	text = bytes.ReplaceAll(text, []byte("OLDPRINT"), []byte(otherKeys().certificate.Fingerprint))
	return ciphertextMark.ReplaceAllFunc(text, func(mark []byte) []byte {
		parts := ciphertextMark.FindSubmatch(mark)
		k := theKeys()
		if string(parts[1]) == "OLD" {
			k = otherKeys()
		}
		made := must(encrypt(k.certificate, c.label, []byte(must(strconv.Unquote(string(parts[2]))))))
		marks[made] = string(mark)
		return []byte(made)
	})
}

var anyCiphertext = regexp.MustCompile(`A[QYg][A-D][A-Za-z0-9+/]{300,}=*`)

// collapsed puts marks in the place of ciphertexts. New ones must open.
func (c editCase) collapsed(t *testing.T, text []byte, marks map[string]string) []byte {
	t.Helper()
	text = bytes.ReplaceAll(text, []byte(theKeys().certificate.Fingerprint), []byte("FINGERPRINT"))
	text = bytes.ReplaceAll(text, []byte(otherKeys().certificate.Fingerprint), []byte("OLDPRINT"))
	return anyCiphertext.ReplaceAllFunc(text, func(found []byte) []byte {
		if mark, ok := marks[string(found)]; ok {
			return []byte(mark)
		}
		plain, ok := theKeys().open(t, string(found), c.label)
		if !ok {
			t.Errorf("a new value does not open under the label %q", c.label)
		}
		return fmt.Appendf(nil, "SEALED(%q)", plain)
	})
}

func (c editCase) run(t *testing.T, in []byte) []txtar.File {
	t.Helper()
	marks := map[string]string{}
	text := c.expanded(t, in, marks)
	before := bytes.Clone(text)
	c.opts.Known = &Known{}
	result, err := c.do(text)
	if !bytes.Equal(before, text) {
		t.Error("the text that was passed in has changed")
	}
	var refused *Error
	if errors.As(err, &refused) {
		out := refused.Error() + "\n"
		if refused.Fix != "" {
			out += "fix: " + refused.Fix + "\n"
		}
		if c.value != "" && strings.Contains(out, c.value) {
			t.Errorf("the error holds the value: %s", out)
		}
		return []txtar.File{{Name: "error", Data: []byte(out)}}
	}
	if err != nil {
		t.Fatal(err)
	}
	files := []txtar.File{{Name: "want", Data: c.collapsed(t, result.Text, marks)}}
	var notes strings.Builder
	for _, n := range append(result.Left, result.Notes...) {
		fmt.Fprintf(&notes, "%d: %s: %s\n", n.Line, n.Object, n.Text)
	}
	if notes.Len() > 0 {
		files = append(files, txtar.File{Name: "notes", Data: []byte(notes.String())})
	}
	if again, err := c.do(result.Text); c.how != "unset" && (err != nil || !bytes.Equal(again.Text, result.Text)) {
		t.Errorf("changing it twice is not changing it once: %v\n%s", err, cmp.Diff(string(result.Text), string(again.Text)))
	}
	noFaults(t, c.name, result)
	return files
}

// noFaults holds what was sealed against the gate. The keys of what is left are known to
// be faulty.
func noFaults(t *testing.T, name string, r Result) {
	t.Helper()
	read := manifest.Read(name, r.Text, manifest.DefaultLimits())
	for _, d := range read.Documents {
		for _, o := range r.Sealed {
			if d.Object != o.Object || d.At().Line != o.Line {
				continue
			}
			for _, f := range sealed.SealedSecret(d, sealed.Options{AllowEmpty: true}) {
				known := false
				for _, n := range r.Left {
					known = known || strings.Contains(n.Text, strconv.Quote(f.Key))
				}
				if !known && f.Rule != "sealed-data-key" {
					t.Errorf("%s: %s at %s: %s\n%s", o.Object, f.Rule, f.Field, f.Reason, r.Text)
				}
			}
		}
	}
}

// decoded is a ciphertext in bytes.
func decoded(text string) []byte { return must(base64.StdEncoding.DecodeString(text)) }
