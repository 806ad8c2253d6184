package manifest

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// brokenTexts are files that the readers refuse, each in a way of its own, and some
// that they only just read.
var brokenTexts = []string{
	"a: 1\n  b: 2\n", "a:\n  b: 1\n c: 2\n", "a:\n\tb: 1\n", "a: b\n\tc\n", "\ta: 1\n", "- a\n b: c\n", "- a\nb: c\n", "a: b: c\n", "a: b:\n",
	"a: [b\n", "a: [b]]\n", "a: {b: c\n", "a: {b: c]\n", "a: [b, c}\n", "a: [,]\n", "a: {b c: d\n e}\n", "a: [b] c\n", "a: {b: c} d: e\n", "a: [b\nc: d]\n", "a: {b: [c, {d: e}, [f]]}\n", "a: [b: c]\n", "a: [b: c, d: ]\n",
	"a: 'b\n", "a: \"b\n", "a: 'b' c\n", "a: \"b\" c\n", "a: 'it''s'\n", "a: \"b\\qc\"\n", "a: \"b\\/c\"\n", "a: \"b\\x4\"\n", "a: \"\\ud83d\\ude00\"\n", "a: \"b\\\n  c\"\nd: e\n", "a: 'b\n\n  c'\nd: e\n", "a: \"b\n--- c\"\n",
	"a: *b\n", "a: &b\nc: *b\n", "a: &b c\nd: *b\n", "a: &b c\nd: *b e\n", "a: &b {c: d}\ne: *b\n", "a: &b [*b]\n", "a: &b c\n*b : d\n", "a: &b c\n---\nd: *b\n", "a: &b c\nd: {<<: *b}\n", "<<: a\n", "<<: {a: b}\n", "&a b: c\n", "a: & b\n", "a: * b\n", "a: &b\n  - c\n", "a: &b c\nb: &b\n  c: d\ne: *b\n",
	"a: !b c\n", "a: !!int b\n", "a: !!binary b\n", "a: !b!c d\n", "!a b: c\n", "%YAML 1.2\n---\na: b\n", "%YAML 9.9\n---\na: b\n", "%YAML\na: b\n", "%TAG ! x\na: b\n", "%FOO\n---\na: b\n", "a: %b\n", "a: @b\n", "a: `b\n", "a: |b\n", "a: >b\n", "a: |0\n  b\n", "a: |2\n b\n", "a: |2\n   b\n  c\n", "a: |-2\n   b\n", "a: |2+\n  b\n\n", "a: |22\n  b\n",
	"a: |\n  b\n c\n", "a: |\n    \n  b\n", "a: |\n  b\n\tc\n", "a: |\n \tb\n", "a: |\n# b\n  c\n", "a: |\n  b\n# c\nd: e\n", "a: |\n  b\n # c\n  d\n", "a: |\nb: c\n", "a: |\n  b", "- |\n b\n- >\n c\n", "a: |  # b\n  c\n", "a: |# b\n  c\n",
	"a\n", "a b\n", "1 {}\n", "a: b\nc\n", "a: b\nc\nd: e\n", "a: b\n  c\n", "a: b\n  c\nd: e\n", "a: b # c\n  d\n", "a: b\n# c\n  d\n", "a: b\n\n\n  c\n", "a:\n  b\n", "a:\n  b\n  c\n", "a:\n  b: c\n  d\n", "a:\n  'b'\n  c: d\n", "a:\n  []\nb:\n  {}\n", "a:\n[]\n", "a:\n- b\n-c\n", "a:\n- b\n c: d\n", "a:\n - b\n- c\n", "a:\n- b: c\n  d: e\n- - f\n  - g\n", "- a: b\n   c: d\n", "- a: b\n  c: d\n", "-a: b\n", "- a\n-\n- \n", "-\n  a: b\n-\n", "- - - a\n    - b\n  - c\n", "- - a\n - b\n", "a: - b\n", "a: -\n", "a: ?\n", "a: ? b\n", "? a\n: b\n", "? a: b\n", "a: :b\n", "a: : b\n", ": a\n", "a : b\n", "a  :\n", "a:b\n", "a:b: c\n", "'a': b\n", "\"a\":b\n", "\"a\" : b\n", "'a' b: c\n", "a#b: c\n", "a #b: c\n", "{a: b}: c\n", "[a]: b\n",
	"a: .inf\nkind: a\napiVersion: b\n", "a: -.INF\nkind: a\napiVersion: b\n", "a: .NaN\nkind: a\napiVersion: b\n", "a: [+.inf]\nkind: a\napiVersion: b\n", "null: a\nkind: a\napiVersion: b\n", "~: a\nkind: a\napiVersion: b\n", "99999999999999999999: a\nkind: a\napiVersion: b\n", "0xFFFFFFFFFFFFFFFF: a\nkind: a\napiVersion: b\n", "a: {99999999999999999999: b}\nkind: a\napiVersion: b\n", "a: {-99999999999999999999: b}\nkind: a\napiVersion: b\n", "a: {null: b}\nkind: a\napiVersion: b\n", "a: {NULL : b}\nkind: a\napiVersion: b\n", "a: [Null: b]\nkind: a\napiVersion: b\n", "a: 1e999\nkind: a\napiVersion: b\n", ".inf: a\nkind: a\napiVersion: b\n", "a: {? b : c}\n", "a: {[b]: c}\nkind: a\napiVersion: b\n",
	"---\n", "--- a: b\n", "--- |\n  a\n", "---\n---\na: b\n", "---a: b\n", "a: b\n...\nc: d\n", "a: b\n... c\n", "...\n", "a: b\n---c\n", "a: |\n  b\n---\nc: d\n", "a: |\n---\n  b\n", "a: 'b\n---\nc'\n", "a: [b,\n---\nc]\n",
	"\ufeffa: b\n", "a: b\ufeff\n", "a: b\x00c\n", "a: b\x01c\n", "a: b\x7fc\n", "a: b\u0085c: d\n", "a: b\u2028c: d\n", "a: b\u2029 c: d\n", "a: \u00a0b\n", "a: b\rc: d\n", "a: b\r\nc: d\r\n", "a: |\r\n  b\r\nc: d\r\n", "a: \xff\n", "a: \xed\xa0\x80\n", "\xff\xfea\x00:\x00 \x00b\x00", "a: \ufffe\n", "a: \U0001f600\n",
	"{\"a\": 1,}", "{\"a\": 1", "{\"a\": 01}", "{\"a\": 1e999}", "{\"a\": 1e999, \"kind\": \"a\", \"apiVersion\": \"b\"}", "{\"a\": 'b'}", "{a: b}", "{a: b}\nc: d\n", "{\"a\": 1} {\"b\": 2}", "{\"a\": 1}\n---\nb: c\n", "{\"a\": \"\\q\"}", "{\"a\": \"b\tc\"}", "// c\n{\"a\": 1}", "[1, 2,]", "[1, 2]", "{\"a\": tru}", "{\"a\"}", "{\"a\": }", "{\"a\": 1}}", "{{\"a\": 1}}", "{{ .a }}\n", "a: {{ .b }}\n", "a: \"{{ .b }}\"\n", "{{ if .a }}\nb: c\n{{ end }}\n", "{% if a %}\nb: c\n{% endif %}\n", "{{- if .a }}\nb: c\n{{- end }}\n---\nd: [e\n", "a: {{ b }\n", "1 {{ .a }}\nkind: a\napiVersion: b\n", "{{ .a }}: b\n{{ .c }}: d\n",
	"a: b\na: c\n", strings.Repeat("a: b\n", 1100), "a:\n" + strings.Repeat("- b: c\n  b: d\n", 1100), "{" + strings.Repeat("\"a\": 1, ", 1100) + "\"a\": 1}", strings.Repeat("- ", 90) + "a\n", strings.Repeat("- ", 250) + "a\n", "a: " + strings.Repeat("[", 250) + strings.Repeat("]", 250) + "\n", strings.Repeat("{\"a\":", 250) + "1" + strings.Repeat("}", 250), "a: " + strings.Repeat("[", 50) + strings.Repeat("]", 50) + "\n",
	"a: &b " + strings.Repeat("c", 100) + "\n" + strings.Repeat("- *b\n", 3), "a: &b c\nd:\n" + strings.Repeat("- *b\n", 11_000), "a: &a [b]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e]\n",
	strings.Repeat("k", 1100) + ": a\n", "a: {" + strings.Repeat("k", 1100) + ": a}\n", "a: {\"" + strings.Repeat("k", 1100) + "\": a}\n", "# a\n", "\n\n", "a: b # c\n#d\n  # e\nf:\n# g\n  h: i\n", "a: # b\n  c: d\n", "- # a\n  b: c\n", "a: #b\n", "a:\n  # b\n  - c\n # d\n  - e\n", "a: 'b' # c\n", "a: 'b'# c\n", "a: [b] # c\n", "a: [b]# c\n", "a: [b, # c\n  d]\n", "a: [\n  b,\n  c\n]\n", "a: {\n  b: c,\n  d: [\n  e]}\nf: g\n", "a: {b:\n  c}\n", "a: {b\n  : c}\n", "a: [b\n  c]\n", "a: {\"b\":c}\n", "a: {'b':c}\n", "a: {b:c}\n", "a: {b: c:d}\n", "a: {b: c: d}\n", "a: [b?]\n", "a: [-, b]\n", "a: [- b]\n", "a: [--b, -c]\n", "a: {b: , c: d}\n", "a: {b, c}\n",
}

// pieces are what changes to a text bring in.
var pieces = []string{
	" ", "  ", "\t", "\n", "\r", "\r\n", "\n\n", ":", ": ", ":\n", " :", "- ", "-", "? ", "#", " # x", "\n#x\n", "'", "\"", "''", "\\", "\\q", "{", "}", "[", "]", ",", "{}", "[]", "&a ", "*a", "!t ", "!!int ", "|", ">-", "|2", "\n  |\n", "%", "@", "`", "---", "\n---\n", "\n...\n", "--- x\n", "<<: ", "null: ", "~: ", ".inf", "{{ .a }}", "{{", "}}", "{% x %}", "\ufeff", "\u0085", "\u2028", "\x00", "\x01", "\x7f", "\xff", "é", "\U0001f600", "a: b\n", "  a: b\n", "- a\n", "0x", "1e999", "99999999999999999999", "apiVersion: v1\nkind: Pod\n",
}

// changed is a text with a few changes.
func changed(r *rand.Rand, text []byte) []byte {
	text = bytes.Clone(text)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(text) + 1)
		end := min(len(text), at+1+r.IntN(4))
		switch r.IntN(6) {
		case 0:
			text = append(text[:at:at], text[end:]...)
		case 1, 2:
			text = append(text[:at:at], append([]byte(pieces[r.IntN(len(pieces))]), text[at:]...)...)
		case 3:
			text = append(text[:at:at], append([]byte(pieces[r.IntN(len(pieces))]), text[end:]...)...)
		case 4: // a line is indented otherwise
			at = bytes.LastIndexByte(text[:at], '\n') + 1
			if r.IntN(2) == 0 {
				text = append(text[:at:at], append([]byte("  ")[:1+r.IntN(2)], text[at:]...)...)
			} else if at < len(text) && text[at] == ' ' {
				text = append(text[:at:at], text[at+1:]...)
			}
		case 5: // a line stands twice, or elsewhere
			from := bytes.LastIndexByte(text[:at], '\n') + 1
			line := bytes.Clone(text[from:min(len(text), from+1+max(0, bytes.IndexByte(text[from:], '\n')))])
			to := bytes.LastIndexByte(text[:r.IntN(len(text)+1)], '\n') + 1
			text = append(text[:to:to], append(line, text[to:]...)...)
		}
	}
	return text
}

// leavesOut holds ReadWhere against Read, for a caller that wants nothing: where it
// leaves out everything, nothing of the file is broken. It tells whether it does.
func leavesOut(t *testing.T, name string, text []byte) (all, broken bool) {
	t.Helper()
	skimmed, wanted := ReadWhere(name, text, DefaultLimits(), func([]byte) bool { return false })
	read := Read(name, text, DefaultLimits())
	broken = len(read.Broken) > 0
	if wanted {
		if diff := cmp.Diff(read.Broken, skimmed.Broken); diff != "" || len(read.Templated) != len(skimmed.Templated) {
			t.Errorf("%s: what is not left out is read otherwise: %s\n%q", name, diff, text)
		}
		return false, broken
	}
	switch {
	case broken:
		t.Errorf("%s: it is left out and cannot be read: %s\n%q", name, read.Broken[0].Reason, text)
	case len(read.Templated) > 0 && !isChartTemplate(name):
		t.Errorf("%s: a template is left out\n%q", name, text)
	case skimmed.Found != read.Found && len(read.Templated) == 0:
		t.Errorf("%s: %d documents are counted, and %d are there\n%q", name, skimmed.Found, read.Found, text)
	}
	return true, broken
}

// leavesSome holds ReadWhere against Read, for a caller that wants some documents: those
// are read as they always are.
func leavesSome(t *testing.T, r *rand.Rand, name string, text []byte) {
	t.Helper()
	some, _ := ReadWhere(name, text, DefaultLimits(), func([]byte) bool { return r.IntN(2) == 0 })
	all := Read(name, text, DefaultLimits())
	if diff := cmp.Diff(all.Broken, some.Broken); diff != "" || some.Found != all.Found && len(all.Templated) == 0 {
		t.Fatalf("%s: %d of %d documents are counted, and what is broken differs: %s\n%q", name, some.Found, all.Found, diff, text)
	}
	at := 0
	for _, d := range some.Documents {
		for at < len(all.Documents) && (all.Documents[at].Index != d.Index || all.Documents[at].Item != d.Item) {
			at++
		}
		if at == len(all.Documents) {
			t.Fatalf("%s: document %d%s is not there\n%q", name, d.Index, d.Item, text)
		}
		if !reflect.DeepEqual(all.Documents[at].Root, d.Root) {
			t.Fatalf("%s: document %d%s is read otherwise: %s\n%q", name, d.Index, d.Item, cmp.Diff(all.Documents[at].Root, d.Root), text)
		}
		at++
	}
	if got, want := bytes.Count(some.Text, []byte("\n")), bytes.Count(all.Text, []byte("\n")); got != want {
		t.Fatalf("%s: there are %d line ends, not %d\n%q", name, got, want, text)
	}
}

// skimmedNames are names that ReadWhere treats each in a way of its own.
var skimmedNames = []string{"in.yaml", "in.json", "chart/templates/in.yaml", "kustomization.yaml"}

// TestReadWhereLeavesOutNothingBroken holds ReadWhere against Read over texts that are broken in
// many ways, over the files of testdata and of GATEHOUSE_CORPORA, and over thousands of
// changes to all of them.
func TestReadWhereLeavesOutNothingBroken(t *testing.T) {
	texts := map[string][]byte{}
	for i, text := range brokenTexts {
		texts[fmt.Sprintf("%03d", i)] = []byte(text)
	}
	for i, text := range yamlSeeds {
		texts[fmt.Sprintf("seed %03d", i)] = []byte(text)
	}
	roots := []string{"../../testdata"}
	if corpora := os.Getenv("GATEHOUSE_CORPORA"); corpora != "" {
		roots = append(roots, corpora)
	}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || !isYAMLName(path) {
				return err
			}
			text, err := os.ReadFile(path)
			texts[filepath.ToSlash(path)] = text
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(4, 20))
	sure, broken, all := 0, 0, 0
	count := func(name string, text []byte) {
		isSure, isBroken := leavesOut(t, name, text)
		leavesSome(t, r, name, text)
		all++
		if isSure {
			sure++
		}
		if isBroken {
			broken++
		}
	}
	for _, path := range slices.Sorted(maps.Keys(texts)) {
		text, rounds := texts[path], 4
		if !isYAMLName(path) {
			rounds = 30
			for _, name := range skimmedNames {
				count(name, text)
			}
		} else {
			count(path, text)
		}
		if len(text) > 32<<10 {
			continue
		}
		for range rounds {
			name := path
			if !isYAMLName(path) {
				name = skimmedNames[r.IntN(len(skimmedNames))]
			}
			count(name, changed(r, text))
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d texts, of which %d are broken; %d can be left out", all, broken, sure)
	if sure < all/8 || broken < all/10 {
		t.Errorf("of %d texts %d are broken, and %d can be left out: this tests too little", all, broken, sure)
	}
}

// TestReadWhereLeavesOutWhatPeopleWrite holds that the example repositories need not be read.
func TestReadWhereLeavesOutWhatPeopleWrite(t *testing.T) {
	files, unsure := 0, 0
	err := filepath.WalkDir("../../testdata/repos", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !isYAMLName(path) {
			return err
		}
		text, err := os.ReadFile(path)
		if _, wanted := ReadWhere(filepath.ToSlash(path), text, DefaultLimits(), func([]byte) bool { return false }); wanted {
			unsure++
		}
		files++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 || unsure*20 > files {
		t.Errorf("of %d files %d are not left out", files, unsure)
	}
}

func FuzzReadWhere(f *testing.F) {
	for i, text := range append(brokenTexts, yamlSeeds...) {
		f.Add(text, byte(i))
	}
	f.Fuzz(func(t *testing.T, text string, name byte) {
		leavesOut(t, skimmedNames[int(name)%len(skimmedNames)], []byte(text))
	})
}
