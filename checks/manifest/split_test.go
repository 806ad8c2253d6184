package manifest

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// object is a manifest of three lines.
func object(name string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\n"
}

// jsonObject is a manifest of one line, without its end.
func jsonObject(name string) string {
	return `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "` + name + `"}}`
}

func withCRLF(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

func withCR(text string) string { return strings.ReplaceAll(text, "\n", "\r") }

func inUTF16(order binary.AppendByteOrder, text string) string {
	data := order.AppendUint16(nil, 0xFEFF)
	for _, unit := range utf16.Encode([]rune(text)) {
		data = order.AppendUint16(data, unit)
	}
	return string(data)
}

// splits are texts in which other tools do not see every object. want holds, in
// the order of the file, each object as "line name" and each broken document as
// "line !".
var splits = []struct {
	name string
	file string // "a.yaml" unless given
	text string
	want string
}{
	{name: "plain", text: object("a") + "---\n" + object("b"), want: "1 a, 5 b"},
	{name: "separator first", text: "---\n" + object("a"), want: "2 a"},
	{name: "separator with a comment", text: object("a") + "--- # comment\n" + object("b"), want: "1 a, 5 b"},
	{name: "separator with a comment at once", text: object("a") + "---#c\n" + object("b"), want: "1 a, 5 b"},
	{name: "separator with a blank", text: object("a") + "--- \n" + object("b"), want: "1 a, 5 b"},
	{name: "separator with a tab", text: object("a") + "---\t\n" + object("b"), want: "1 a, 5 b"},
	{name: "separator with a no-break space", text: object("a") + "---\u00a0\n" + object("b"), want: "1 a, 5 b"},
	{name: "CRLF", text: withCRLF(object("a") + "---\n" + object("b")), want: "1 a, 5 b"},
	{name: "CRLF, then LF", text: withCRLF(object("a")) + "---\n" + object("b"), want: "1 a, 5 b"},
	{name: "LF, then CRLF", text: object("a") + "---\r\n" + object("b"), want: "1 a, 5 b"},
	{name: "CR alone", text: withCR(object("a") + "---\n" + object("b")), want: "1 a, 5 b"},
	{name: "CR alone within LF", text: withCR(object("a")) + "x: y\n---\n" + object("b"), want: "1 a, 6 b"},
	{name: "byte-order mark", text: "\ufeff" + object("a") + "---\n" + object("b"), want: "1 a, 5 b"},
	{name: "byte-order mark before a separator", text: "\ufeff---\n" + object("a"), want: "2 a"},
	{name: "byte-order mark in the second document", text: object("a") + "---\n\ufeff" + object("b"), want: "1 a, 5 b"},
	{name: "directive", text: "%YAML 1.1\n---\n" + object("a") + "---\n" + object("b"), want: "3 a, 7 b"},
	{name: "directive behind a document end", text: object("a") + "...\n# c\n%YAML 1.1\n---\n" + object("b"), want: "1 a, 8 b"},
	{name: "document end", text: object("a") + "...\n" + object("b") + "...\n", want: "1 a, 5 b"},
	{name: "document end with a comment", text: object("a") + "... # end\n" + object("b"), want: "1 a, 5 b"},
	{name: "dots that end nothing", text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"a\n...\u00a0\nb\"}\n", want: "1 a ...\u00a0 b"},
	{name: "document end and separator", text: object("a") + "...\n---\n" + object("b"), want: "1 a, 6 b"},
	{name: "empty documents", text: "---\n---\n\n---\n" + object("a") + "---\n---\n", want: "5 a"},
	{name: "documents of comments", text: "# one\n---\n# two\n  # three\n---\n" + object("a") + "---\n# four", want: "6 a"},
	{name: "null documents", text: "null\n---\n~\n---\n" + object("a"), want: "5 a"},
	{name: "map behind the separator", text: object("a") + "--- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n---\n" + object("c"), want: "1 a, 4 b, 6 c"},
	{name: "map and separator first", text: "--- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n", want: "1 a"},
	{name: "text behind the separator", text: object("a") + "--- |\n  apiVersion: v1\n---\n" + object("b"), want: "1 a, 7 b"},
	{name: "tag behind the separator", text: "--- !!map\n" + object("a") + "---\n" + object("b"), want: "2 a, 6 b"},
	{name: "separator in a block scalar", text: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: |\n    ---\n    x: y\n---\n" + object("b"), want: "1 a, 10 b"},
	{name: "separator in quotes at the margin", text: "apiVersion: v1\nkind: ConfigMap\ndata: \"\n---\n\"\n---\n" + object("b"), want: "3 !, 5 !, 7 b"},
	{name: "four hyphens", text: object("a") + "----\n---\n" + object("b"), want: "4 !, 6 b"},
	{name: "no line end at the end", text: object("a") + "---\n" + strings.TrimSuffix(object("b"), "\n"), want: "1 a, 5 b"},
	{name: "block scalar without a line end", text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: |\n    v", want: "1 a"},
	{name: "garbage behind a flow map, of another name", file: "a.txt", text: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}0", want: "1 a, 1 !"},
	{name: "lenient document first, of another name", file: "a.txt", text: "&00,\n---\n" + object("a"), want: "1 !, 3 a"},
	{name: "broken behind a document end, of another name", file: "a.txt", text: "0\n...\n\"\n---\n" + object("a"), want: "3 !, 5 a"},
	{name: "separator at the end", text: object("a") + "---", want: "1 a"},
	{name: "broken first", text: "a: [\n---\n" + object("a") + "---\n" + object("b"), want: "1 !, 3 a, 7 b"},
	{name: "broken between", text: object("a") + "---\nkind: X\n\tbad: y\n---\n" + object("b"), want: "1 a, 6 !, 8 b"},
	{name: "broken last", text: object("a") + "---\n" + object("b") + "---\nx: y: z\n", want: "1 a, 5 b, 9 !"},
	{name: "broken, CRLF", text: withCRLF("a: [\n---\n" + object("a") + "---\nx: y: z\n"), want: "1 !, 3 a, 7 !"},
	{name: "garbage behind a flow map", text: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n]\n---\n" + object("b"), want: "1 a, 2 !, 4 b"},
	{name: "flow", text: "{apiVersion: v1, kind: ConfigMap,\n metadata: {name: a}}\n---\n" + object("b"), want: "1 a, 4 b"},
	{name: "very long lines", text: "# " + strings.Repeat("x", 300_000) + "\n" + object("a") + "---\n# " + strings.Repeat("y", 300_000) + "\n" + object("b"), want: "2 a, 7 b"},

	{name: "List", text: "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n", want: "4 a, 7 b"},
	{name: "List in a List", text: `{apiVersion: v1, kind: List, items: [
		{apiVersion: v1, kind: List, items: [
		{apiVersion: v1, kind: Secret, metadata: {name: a}}]},
		{apiVersion: v1, kind: Secret, metadata: {name: b}}]}`, want: "3 a, 4 b"},
	{name: "typed list", text: "apiVersion: v1\nkind: SecretList\nitems:\n- metadata: {name: a}\n- {metadata: {name: b}, kind: \"\"}\n- {metadata: {name: c}, kind: ConfigMap, apiVersion: v1}\n- ~\n", want: "4 a, 5 b, 6 c, 7 "},
	{name: "items of another kind", text: "apiVersion: example.com/v1\nkind: Bundle\nmetadata: {name: outer}\nitems:\n- " + strings.ReplaceAll(object("a"), "\n", "\n  "), want: "1 outer, 5 a"},
	{name: "List without an apiVersion", text: "kind: List\nitems:\n- " + strings.ReplaceAll(object("a"), "\n", "\n  "), want: "3 a"},
	{name: "no items", text: "apiVersion: v1\nkind: List\nitems: []\n", want: ""},
	{name: "List without a list", text: "apiVersion: v1\nkind: List\nmetadata: {name: a}\nitems: null\n", want: "1 a"},

	{name: "JSON", file: "a.json", text: jsonObject("a"), want: "1 a"},
	{name: "JSON stream", file: "a.json", text: jsonObject("a") + jsonObject("b") + "\n" + jsonObject("c"), want: "1 a, 1 b, 2 c"},
	{name: "JSON in YAML", text: jsonObject("a") + "\n" + jsonObject("b"), want: "1 a, 2 b"},
	{name: "JSON behind a separator", text: object("a") + "---\n" + jsonObject("b") + "\n", want: "1 a, 5 b"},
	{name: "JSON stream behind a separator", text: object("a") + "---\n" + jsonObject("b") + "\n" + jsonObject("c"), want: "1 a, 5 b, 6 c"},
	{name: "JSON that YAML cannot read", text: "---\n" + `{"apiVersion": "v1", "kind": "A\/\ud83d\ude00", "metadata": {"name": "a"}}`, want: "2 a"},
	{name: "JSON, then YAML", text: jsonObject("a") + "\n---\n" + object("b"), want: "1 a, 3 b"},
	{name: "JSON, then YAML without a separator", text: jsonObject("a") + "\n" + object("b"), want: "1 a, 2 b"},
	{name: "JSON, then YAML on the line", text: jsonObject("a") + "  " + object("b"), want: "1 a, 1 b"},
	{name: "JSON stream, then garbage", text: jsonObject("a") + jsonObject("b") + "\n}", want: "1 a, 1 b, 2 !"},
	{name: "JSON, then a comment", text: jsonObject("a") + "\n# end\n", want: "1 a"},
	{name: "JSON behind a byte-order mark", text: "\ufeff" + jsonObject("a") + "\n", want: "1 a"},
	{name: "JSON list", file: "a.json", text: "[" + jsonObject("a") + "]", want: ""},
	{name: "JSON List", file: "a.json", text: `{"kind": "List", "apiVersion": "v1", "items": [` + jsonObject("a") + ",\n" + jsonObject("b") + `]}`, want: "1 a, 2 b"},
	{name: "broken JSON", file: "a.json", text: "{\"apiVersion\": \"v1\",\n \"kind\" \"ConfigMap\"}", want: "2 !"},

	{name: "UTF-16LE", text: inUTF16(binary.LittleEndian, object("a")+"---\n"+object("😀")), want: "1 a, 5 😀"},
	{name: "UTF-16BE", text: inUTF16(binary.BigEndian, withCRLF(object("a")+"---\n"+object("b"))), want: "1 a, 5 b"},
	{name: "UTF-16, half a character at the end", text: inUTF16(binary.LittleEndian, strings.TrimSuffix(object("a"), "\n")) + "A", want: "3 !"},
	{name: "UTF-16 JSON", file: "a.json", text: inUTF16(binary.LittleEndian, jsonObject("a")), want: "1 a"},
	{name: "not UTF-8", text: object("a") + "---\n" + object("b\xe9") + "---\n" + object("c"), want: "1 a, 7 !, 9 c"},
	{name: "NUL", text: object("a") + "---\n\x00\n---\n" + object("b"), want: "1 a, 5 !, 7 b"},
}

// outline writes what was read as the table does.
func outline(f *File) string {
	type entry struct {
		index int
		text  string
	}
	var entries []entry
	for _, d := range f.Documents {
		if d.IsObject() {
			entries = append(entries, entry{d.Index, fmt.Sprintf("%d %s", d.At().Line, d.Object.Name)})
		}
	}
	for _, b := range f.Broken {
		at := len(entries)
		for at > 0 && entries[at-1].index > b.Index {
			at--
		}
		entries = append(entries[:at], append([]entry{{b.Index, fmt.Sprintf("%d !", b.At.Line)}}, entries[at:]...)...)
	}
	var texts []string
	for _, e := range entries {
		texts = append(texts, e.text)
	}
	return strings.Join(texts, ", ")
}

func TestEveryDocumentIsSeen(t *testing.T) {
	for _, test := range splits {
		t.Run(test.name, func(t *testing.T) {
			name := test.file
			if name == "" {
				name = "a.yaml"
			}
			f := Read(name, []byte(test.text), DefaultLimits())
			if diff := cmp.Diff(test.want, outline(f)); diff != "" {
				t.Errorf("(-want +got):\n%s%v", diff, f.Broken)
			}
			checkCounts(t, f)
			checkNothingUnseen(t, name, []byte(test.text))
		})
	}
}

// checkCounts proves that each document of a file is judged or broken, once.
func checkCounts(t *testing.T, f *File) {
	t.Helper()
	seen := map[int]string{}
	for _, d := range f.Documents {
		if d.Templated {
			continue
		}
		if seen[d.Index] == "broken" {
			t.Errorf("document %d is read twice", d.Index)
		}
		seen[d.Index] = "read"
	}
	for _, b := range f.Broken {
		if seen[b.Index] != "" {
			t.Errorf("document %d is broken and %s", b.Index, seen[b.Index])
		}
		seen[b.Index] = "broken"
	}
	empty := 0 // a List without items is counted and yields no Document
	for i := range f.Found {
		if seen[i] == "" {
			empty++
		}
	}
	if len(seen)+empty != f.Found {
		t.Errorf("%d documents found, %d read or broken", f.Found, len(seen))
	}
}
