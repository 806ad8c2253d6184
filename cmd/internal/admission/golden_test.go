package admission

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const reviews = "../../../testdata/admission"

// recorded are reviews in the form in which the API server sends them, by name.
func recorded(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(reviews, "*.json"))
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d reviews in %s (%v)", len(files), reviews, err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = text
	}
	return all
}

// TestReviewsAreAnsweredAsTheyWere holds the answers in all modes against those
// that are kept beside the reviews. UPDATE=1 writes them anew.
func TestReviewsAreAnsweredAsTheyWere(t *testing.T) {
	for name, text := range recorded(t) {
		for _, mode := range Modes() {
			t.Run(name+"/"+string(mode), func(t *testing.T) {
				req, err := decode(text)
				if err != nil {
					t.Fatal(err)
				}
				a := New(with(func(s *Settings) { s.Mode = mode })).Review(context.Background(), req)
				holdsContract(t, string(req.UID), mode, a.Response)
				out, err := encode(a.Response)
				if err != nil {
					t.Fatal(err)
				}
				var indented bytes.Buffer
				if err := json.Indent(&indented, append(out, '\n'), "", " "); err != nil {
					t.Fatal(err)
				}
				golden(t, filepath.Join(reviews, "responses", name+"."+string(mode)+".json"), indented.Bytes())
			})
		}
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", filepath.Base(file), diff)
	}
}

// TestNoValueInAnyAnswer looks for the values of all recorded Secrets, in the
// forms in which they stand there, in everything that goes out.
func TestNoValueInAnyAnswer(t *testing.T) {
	for name, text := range recorded(t) {
		for _, mode := range Modes() {
			req, err := decode(text)
			if err != nil {
				t.Fatal(err)
			}
			out, err := encode(New(with(func(s *Settings) { s.Mode = mode })).Review(context.Background(), req).Response)
			if err != nil {
				t.Fatal(err)
			}
			holdsNoValue(t, name+" in mode "+string(mode), string(out))
		}
	}
}

// holdsNoValue looks for the values that the tests use.
func holdsNoValue(t testing.TB, where, text string) {
	t.Helper()
	for _, value := range []string{"correct-horse", "another-horse", "Y29ycmVjdC1ob3JzZ", "YW5vdGhlci1ob3JzZ", "H4sI", "<path:", `\u003cpath:`, "secret/data/database"} {
		if strings.Contains(text, value) {
			t.Errorf("%s shows the value %q:\n%s", where, value, text)
		}
	}
}
