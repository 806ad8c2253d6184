package manifest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// positions say where the fields of a text stand: "path key value", with places as
// line:column and "-" for the key of a list item.
var positions = []struct {
	name string
	file string // "a.yaml" unless given
	text string
	want []string
}{
	{name: "block", text: "a: b\nc:\n  d: 1\n  e:\n    f: x\n", want: []string{"a 1:1 1:4", "c 2:1 3:3", "c.d 3:3 3:6", "c.e 4:3 5:5", "c.e.f 5:5 5:8"}},
	{name: "blanks and comments", text: "\n# c\na:   b # d\n\n\n  # e\nc:\n# f\n    d\n", want: []string{"a 3:1 3:6", "c 7:1 9:5"}},
	{name: "flow", text: "a: {b: 1, c: [x, {d: e}]}\n", want: []string{"a 1:1 1:4", "a.b 1:5 1:8", "a.c 1:11 1:14", "a.c[0] - 1:15", "a.c[1] - 1:18", "a.c[1].d 1:19 1:22"}},
	{name: "flow over lines", text: "{a: 1,\n  b:\n  2}\n", want: []string{"a 1:2 1:5", "b 2:3 3:3"}},
	{name: "quoted keys", text: "\"a b\": 'c'\n'd': \"e\"\n", want: []string{`["a b"] 1:1 1:8`, "d 2:1 2:6"}},
	{name: "lists", text: "a:\n- b\n-   c\n- - d\n  - e\n- f: g\n  h: i\n", want: []string{"a 1:1 2:1", "a[0] - 2:3", "a[1] - 3:5", "a[2] - 4:3", "a[2][0] - 4:5", "a[2][1] - 5:5", "a[3] - 6:3", "a[3].f 6:3 6:6", "a[3].h 7:3 7:6"}},
	{name: "merge keys of lists", text: "a:\n- name: x\n- name: y\n- {name: y}\n", want: []string{"a 1:1 2:1", "a[name=x] - 2:3", "a[name=x].name 2:3 2:9", "a[1] - 3:3", "a[1].name 3:3 3:9", "a[2] - 4:3", "a[2].name 4:4 4:10"}},
	{name: "block scalars", text: "a: |\n  x\n  y\nb: >-\n\n  z\nc: d\n", want: []string{"a 1:1 1:4", "b 4:1 4:4", "c 7:1 7:4"}},
	{name: "multi-line scalars", text: "a: x\n  y\nb: \"x\n\n  y\"\nc: d\n", want: []string{"a 1:1 1:4", "b 3:1 3:4", "c 6:1 6:4"}},
	{name: "nothing", text: "a:\nb: ~\nc: \"\"\n", want: []string{"a 1:1 1:3", "b 2:1 2:4", "c 3:1 3:4"}},
	{name: "question mark", text: "? a\n: b\n?   c\n:\n  - d\n", want: []string{"a 1:3 2:3", "c 3:5 5:3", "c[0] - 5:5"}},
	{name: "anchors and tags", text: "a: &x b\nc: !!str 1\nd: &y\n  e: f\n&z g: h\n", want: []string{"a 1:1 1:4", "c 2:1 2:4", "d 3:1 3:4", "d.e 4:3 4:6", "g 5:1 5:7"}},
	{name: "aliases", text: "a: &x {b: c}\nd: *x\ne: [*x]\n", want: []string{"a 1:1 1:4", "a.b 1:8 1:11", "d 2:1 1:4", "d.b 1:8 1:11", "e 3:1 3:4", "e[0] - 1:4", "e[0].b 1:8 1:11"}},
	{name: "alias to a key", text: "&x a: b\nc: *x\n*x : d\n", want: []string{"a 3:1 3:6", "c 2:1 1:1"}},
	{name: "merges", text: "a: &x\n  b: 1\n  c: 2\nd:\n  <<: *x\n  c: 3\ne:\n  <<: [{f: 1}, {f: 2, g: 3}]\n", want: []string{"a 1:1 1:4", "a.b 2:3 2:6", "a.c 3:3 3:6", "d 4:1 5:3", "d.b 2:3 2:6", "d.c 6:3 6:6", "e 7:1 8:3", "e.f 8:9 8:12", "e.g 8:23 8:26"}},
	{name: "JSON", file: "a.json", text: "{\n  \"a\": {\"b\" : 1,\"c\":[true,\n null]},\n\t\"d\": \"e\"}", want: []string{"a 2:3 2:8", "a.b 2:9 2:15", "a.c 2:17 2:21", "a.c[0] - 2:22", "a.c[1] - 3:2", "d 4:2 4:7"}},
	{name: "JSON on one line", file: "a.json", text: `{"é😀":"x","a":[1,{"b":2}]}`, want: []string{`["é😀"] 1:2 1:8`, "a 1:12 1:16", "a[0] - 1:17", "a[1] - 1:19", "a[1].b 1:20 1:24"}},
	{name: "JSON with CRLF", file: "a.json", text: "{\r\n\"a\": 1,\r\n\"b\":\r\n2}\r\n", want: []string{"a 2:1 2:6", "b 3:1 4:1"}},
	{name: "byte-order mark", text: "\ufeffa: b\n", want: []string{"a 1:1 1:4"}},
	{name: "UTF-16", text: inUTF16(binary.LittleEndian, "é: {😀: b}\n"), want: []string{`["é"] 1:1 1:4`, `["é"]["😀"] 1:5 1:9`}},
	{name: "CRLF", text: "a: b\r\nc:\r\n- d\r\n", want: []string{"a 1:1 1:4", "c 2:1 3:1", "c[0] - 3:3"}},
	{name: "CR", text: "a: b\rc:\r- d\r", want: []string{"a 1:1 1:4", "c 2:1 3:1", "c[0] - 3:3"}},
	{name: "UTF-16 units", text: "a: {é: 1, 😀: 2, b: 3}\n", want: []string{"a 1:1 1:4", `a["é"] 1:5 1:8`, `a["😀"] 1:11 1:15`, "a.b 1:18 1:21"}},
	{name: "emoji on another line", text: "# 😀\na: b\n", want: []string{"a 2:1 2:4"}},
	{name: "line ends of YAML alone", text: "a: \"x\u0085y\" # z\nb: {c: \"x\u2028\u2029y\", d: e}\n", want: []string{"a 1:1 1:4", "b 2:1 2:4", "b.c 2:5 2:8", "b.d 2:16 2:19"}},
	{name: "line end of YAML alone between fields", text: "a: b\u0085c: d\n", want: []string{"a 1:1 1:4", "c 1:6 1:9"}},
	{name: "non-specific tag", text: "a: ! 12\nb: &x ! 13\nc: 14\n", want: []string{"a 1:1 1:4", "b 2:1 2:4", "c 3:1 3:4"}},
	{name: "second document", text: "x: y\n--- # c\n\na: b\n---\n\n  c:   d\n", want: []string{"x 1:1 1:4", "a 4:1 4:4", "c 7:3 7:8"}},
	{name: "behind a separator", text: "x: y\n--- {a: b}\n", want: []string{"x 1:1 1:4", "a 2:6 2:9"}},
	{name: "JSON in the second document", text: "x: y\n---\n{\"a\":\n 1}\n", want: []string{"x 1:1 1:4", "a 3:2 4:2"}},
	{name: "JSON that YAML cannot read, in the second document", text: "x: y\n---\n{\"a\":\n \"\\/\"}\n", want: []string{"x 1:1 1:4", "a 3:2 4:2"}},
	{name: "items of a List", text: "kind: List\napiVersion: v1\nitems:\n- kind: A\n  apiVersion: v1\n  x: 1\n- kind: B\n  apiVersion: v1\n", want: []string{"kind 4:3 4:9", "apiVersion 5:3 5:15", "x 6:3 6:6", "kind 7:3 7:9", "apiVersion 8:3 8:15"}},
	{name: "items of a typed list", text: "{kind: AList, apiVersion: v1, items: [{x: 1}]}\n", want: []string{"apiVersion - 1:39", "kind - 1:39", "x 1:40 1:43"}},
	{name: "JSON, then YAML", text: "{\"a\": 1} {\"b\": 2}\n\nc: d\n", want: []string{"a 1:2 1:7", "b 1:11 1:16", "c 3:1 3:4"}},
}

func places(f *File) []string {
	var all []string
	for _, d := range f.Documents {
		d.Root.Walk(func(path func() string, n *Node) bool {
			if n != d.Root {
				key := "-"
				if n.KeyAt != (Pos{}) {
					key = fmt.Sprintf("%d:%d", n.KeyAt.Line, n.KeyAt.Column)
				}
				all = append(all, fmt.Sprintf("%s %s %d:%d", path(), key, n.At.Line, n.At.Column))
			}
			return true
		})
	}
	return all
}

func TestPositions(t *testing.T) {
	for _, test := range positions {
		t.Run(test.name, func(t *testing.T) {
			name := test.file
			if name == "" {
				name = "a.yaml"
			}
			f := Read(name, []byte(test.text), DefaultLimits())
			if diff := cmp.Diff(test.want, places(f)); diff != "" {
				t.Errorf("(-want +got):\n%s%v", diff, f.Broken)
			}
			checkPositions(t, f)
		})
	}
}

// offsetOf is the byte offset of a place in text, or -1: the opposite of what the
// reader computes, by the definition of Pos.
func offsetOf(text []byte, p Pos) int {
	offset := 0
	for line := uint32(1); line < p.Line; line++ {
		i := bytes.IndexAny(text[offset:], "\r\n")
		if i < 0 {
			return -1
		}
		if offset += i + 1; text[offset-1] == '\r' && offset < len(text) && text[offset] == '\n' {
			offset++
		}
	}
	for column := uint32(1); column < p.Column; {
		r, size := utf8.DecodeRune(text[offset:])
		if size == 0 {
			return -1
		}
		offset += size
		if column++; r > 0xFFFF {
			column++
		}
	}
	return offset
}

// checkPositions proves of every scalar with text of its own, in a file without
// tags, anchors and escapes, that its place is where its quote or first character
// stands. Left out is YAML that goes on where JSON ends, since on that line columns
// count from there, and what is read leniently.
func checkPositions(t *testing.T, f *File) {
	t.Helper()
	if bytes.ContainsAny(f.Text, "!&*\\") || bytes.Contains(f.Text, []byte("\ufeff")) || !utf8.Valid(f.Text) {
		return
	}
	if _, err := parseJSON(chunk{f.Text, 1}, DefaultLimits()); looksLikeJSON(f.Text) && err != nil {
		return
	}
	for c := range splitYAML(chunk{f.Text, 1}) {
		if docs, err := parseYAML(c, DefaultLimits()); err != nil && len(docs) == 0 {
			return
		}
	}
	for _, d := range f.Documents {
		d.Root.Walk(func(path func() string, n *Node) bool {
			if n.Key != "" && n.KeyAt == (Pos{}) {
				return true // the kind of an item, which stands at its list
			}
			begin := map[Style]string{SingleQuoted: "'", DoubleQuoted: `"`, Literal: "|", Folded: ">"}[n.Style]
			if n.Kind == String && n.Style == Plain {
				_, size := utf8.DecodeRuneInString(n.Text)
				begin = n.Text[:size]
			}
			if offset := offsetOf(f.Text, n.At); begin != "" && (offset < 0 || !bytes.HasPrefix(f.Text[offset:], []byte(begin))) {
				t.Errorf("%s: at %v stands no %q\n%q", path(), n.At, begin, f.Text)
			}
			return true
		})
	}
}

// FuzzPositions looks for a scalar that is not where the reader says.
func FuzzPositions(f *testing.F) {
	for _, test := range positions {
		f.Add([]byte(test.text))
	}
	for _, test := range splits {
		if len(test.text) < 1000 {
			f.Add([]byte(test.text))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		checkPositions(t, Read("a.yaml", data, DefaultLimits()))
		checkPositions(t, Read("a.json", data, DefaultLimits()))
	})
}

func TestDocumentsAtTheirFirstField(t *testing.T) {
	text := "# c\n\n  # d\n" + object("a") + "---\n\n- x\n---\n" + strings.Repeat("\n", 3) + "text\n"
	f := Read("a.yaml", []byte(text), DefaultLimits())
	var got []Pos
	for _, d := range f.Documents {
		got = append(got, d.At())
	}
	if diff := cmp.Diff([]Pos{{4, 1}, {9, 3}, {14, 1}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestEndLine(t *testing.T) {
	f := Read("a.yaml", []byte("a: |\n  x\n  y\nb: {c: d,\n  e: f}\ng: |+\n  h\n\n"), DefaultLimits())
	root := f.Documents[0].Root
	got := map[string]uint32{}
	for i := range root.Items {
		got[root.Items[i].Key] = root.Items[i].EndLine()
	}
	if diff := cmp.Diff(map[string]uint32{"a": 3, "b": 5, "g": 7}, got); diff != "" {
		t.Error(diff)
	}
}
