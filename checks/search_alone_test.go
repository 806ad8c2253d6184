package checks

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	corpus "github.com/gatehouse-dev/gatehouse/testdata/secrets"
)

// answer is what a run says of files, as far as a search for secrets goes.
type answer struct {
	Findings, NotJudged, Opaque []string
}

// answerOf runs a check of secrets over files, and other checks beside it where asked for:
// then every file is read.
func answerOf(files []File, others bool) answer {
	in := Input{Checks: []Check{seeing("seen")}, Files: files, Limits: manifest.DefaultLimits(), FailOn: FailOn(Error), Time: time.Unix(0, 0)}
	if others {
		in.Checks = append(in.Checks, Check{ID: "nothing", Category: Policy, Document: func(*Pass, *manifest.Document) error { return nil }})
	}
	var s answer
	result := Run(context.Background(), in)
	for _, f := range result.Findings {
		s.Findings = append(s.Findings, fmt.Sprintf("%s:%d:%d %s %s %s %s", f.File, f.Line, f.Column, f.Check, f.Object, f.Field, f.Fingerprint))
	}
	for _, n := range result.NotJudged {
		s.NotJudged = append(s.NotJudged, fmt.Sprintf("%s:%d %s", n.File, n.Line, n.Reason))
	}
	for _, o := range result.Opaque {
		s.Opaque = append(s.Opaque, fmt.Sprintf("%s:%d %s", o.File, o.Line, o.What))
	}
	return s
}

// unreadable are texts that cannot be read, or only just, and hold no secret.
var unreadable = []string{
	"a: 1\n  b: 2\n", "a:\n\tb: 1\n", "a: b: c\n", "- a\n b: c\n", "a: [b\n", "a: {b: c]\n", "a: 'b\n", "a: \"b\n", "a: \"\\q\"\n", "a: \"\\x4\"\n", "a: *b\n", "a: &b\nc: *b\n",
	"%YAML\na: b\n", "%YAML 9.9\n---\na: b\n", "a: !b!c d\n", "a: !!int b\n", "a: \x01\n", "a: \xff\n", "a: \x7f\n", "\ufeffa: b\n", "\xff\xfea\x00:\x00 \x00b\x00\n\x00", "a: b\rc: d: e\n", "a: b\u2028c: d: e\n",
	"{\"a\": 1,}", "{\"a\": 1", "{\"a\": 'b'}", "{a: b", "[1, 2", "{\"a\": 1e999, \"kind\": \"Pod\", \"apiVersion\": \"v1\"}", "kind: Pod\napiVersion: v1\na: .inf\n", "kind: Pod\napiVersion: v1\nnull: a\n",
	strings.Repeat("- ", 250) + "a\n", "a: " + strings.Repeat("[", 250) + strings.Repeat("]", 250), strings.Repeat("{\"a\":", 250) + "1" + strings.Repeat("}", 250),
	"a: &b c\nd:\n" + strings.Repeat("- *b\n", 11_000), strings.Repeat("a: b\n", 1100), "a: |\n  b\n c\n", "a: |0\n  b\n", "a: b # c\n  d\n", "a: @b\n", "a: %b\n", "a: `b\n", "a\nb: c\n", "1 {}\nkind: Pod\napiVersion: v1\n",
	"a: {{ .b }}\n", "{% if a %}\nb: c\n{% endif %}\n", "a: b\n---\nc: [d\n---\ne: f\n", "a: b\n...\nc: d: e\n", "--- a: b\n", "<<: a\n", "? a: b\n", "a: [b\n---\npassword: Tiger-Lily-48\n", "a: b\n---\npassword: Tiger-Lily-48\n",
	"description: |\n  # password: Tiger-Lily-48\n---\npassword: Tiger-Lily-48\n", "a: {\"name\": \"DB_PASSWORD\",\n  \"value\": \"Tiger-Lily-48\"}\n",
}

// disturbances are what a change to a text brings in.
var disturbances = []string{
	" ", "  ", "\t", "\n", "\r", "\r\n", ":", ": ", "- ", "? ", "#", " # ", "'", "\"", "\\", "{", "}", "[", "]", ",", "&a ", "*a", "!t ", "|", ">-", "|2", "%", "@", "\n---\n", "\n...\n", "<<: ", "null: ", ".inf", "{{ .a }}", "{{", "}}", "{% x %}",
	"\ufeff", "\u2028", "\x00", "\x7f", "\xff", "é", "1e999", "apiVersion: v1\nkind: Pod\n", "kind: Role\n", "password: Tiger-Lily-48\n", "token: ", "description: |\n", "name: DB_PASSWORD\n", "value: Tiger-Lily-48\n",
}

// disturbed is a text with a few changes.
func disturbed(r *rand.Rand, text []byte) []byte {
	text = bytes.Clone(text)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(text) + 1)
		end, piece := min(len(text), at+r.IntN(4)), disturbances[r.IntN(len(disturbances))]
		switch r.IntN(4) {
		case 0:
			piece = ""
		case 1: // at the beginning of a line
			at = bytes.LastIndexByte(text[:at], '\n') + 1
			end = at
		}
		text = append(text[:at:at], append([]byte(piece), text[end:]...)...)
	}
	return text
}

// TestSearchAloneSaysTheSame holds a run that looks for nothing but secrets, and so
// leaves most files unread, against one that reads them all: what is found, what could
// not be judged and what is opaque is the same, for texts that are broken in many ways,
// for the labelled corpus, for GATEHOUSE_CORPORA, and for changes to all of them.
func TestSearchAloneSaysTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	var files []File
	add := func(path string, text []byte) {
		files = append(files, File{Path: fmt.Sprintf("%05d/%s", len(files), path), Load: func() ([]byte, error) { return text, nil }})
	}
	for i, text := range unreadable {
		for _, name := range []string{"in.yaml", "in.json", "chart/templates/in.yaml", "values.yaml"} {
			add(name, []byte(text))
			for range 5 {
				add(name, disturbed(r, []byte(text)))
			}
			add(name, []byte(text+"---\n"+unreadable[(i+1)%len(unreadable)]))
		}
	}
	made, err := corpus.Generate(corpus.Seed)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range made {
		add(f.Path, f.Data)
		for range 3 {
			add(f.Path, disturbed(r, f.Data))
		}
	}
	for path, text := range publicFiles(t) {
		add(path, text)
		if len(text) < 16<<10 {
			add(path, disturbed(r, text))
		}
	}
	alone, whole := answerOf(files, false), answerOf(files, true)
	if diff := cmp.Diff(whole, alone); diff != "" {
		t.Errorf("a run for secrets alone says something else:\n%s", diff)
	}
	t.Logf("%d files, %d findings, %d not judged, %d opaque", len(files), len(alone.Findings), len(alone.NotJudged), len(alone.Opaque))
	if len(alone.Findings) < 500 || len(alone.NotJudged) < 500 || len(alone.Opaque) < 5 {
		t.Errorf("%d findings, %d not judged, %d opaque: this tests too little", len(alone.Findings), len(alone.NotJudged), len(alone.Opaque))
	}
}

// publicFiles yields the YAML and JSON of GATEHOUSE_CORPORA.
func publicFiles(t *testing.T) func(yield func(path string, text []byte) bool) {
	root := os.Getenv("GATEHOUSE_CORPORA")
	return func(yield func(path string, text []byte) bool) {
		if root == "" {
			t.Log("without GATEHOUSE_CORPORA, no public repository is looked at")
			return
		}
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if ext := filepath.Ext(path); err != nil || !d.Type().IsRegular() || ext != ".yaml" && ext != ".yml" && ext != ".json" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if !yield(filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator))), text) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func FuzzSearchAlone(f *testing.F) {
	for _, text := range unreadable {
		f.Add([]byte(text), false)
		f.Add([]byte(text), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, template bool) {
		path := "in.yaml"
		if template {
			path = "chart/templates/in.yaml"
		}
		files := []File{{Path: path, Load: func() ([]byte, error) { return text, nil }}}
		if diff := cmp.Diff(answerOf(files, true), answerOf(files, false)); diff != "" {
			t.Errorf("a run for secrets alone says something else of\n%s\n%s", text, diff)
		}
	})
}
