package manifest

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// canary stands in broken texts for what must never be repeated.
const canary = "hunter2hunter2"

// faults are broken texts, with the place where a person would look and the
// beginning of the reason.
var faults = []struct {
	name string
	file string // "a.yaml" unless given
	text string
	want string
}{
	{name: "tab as indentation", text: "a:\n  b: CANARY\n\tc: d\n", want: "3:2 a tab is used for indentation"},
	{name: "tab as first indentation", text: "a:\n\tb: CANARY\n", want: "2:2 a value cannot begin with this character; a tab"},
	{name: "two colons", text: "a: b\nc: CANARY: e\nf: g\n", want: `2:1 there is a second ": "`},
	{name: "too little indentation", text: "a:\n    b: CANARY\n  c: d\ne: f\n", want: "3:3 a key was expected here"},
	{name: "too much indentation", text: "a: CANARY\n  b: c\n", want: `2:3 there is a second ": "`},
	{name: "item too far left", text: "a:\n  - b\n - CANARY\n", want: "3:2 a key was expected here"},
	{name: "item among keys", text: "a: b\n- CANARY\n", want: "2:1 a key was expected here"},
	{name: "key among items", text: "a:\n- b\nc: CANARY\n- d\n", want: "4:1 a key was expected here"},
	{name: "item behind a key", text: "a: - CANARY\n", want: "1:1 a list item (\"- \") cannot stand here"},
	{name: "no colon", text: "a: b\nCANARY\nc: d\n", want: `2:1 a key without ": " behind it`},
	{name: "no colon at the end", text: "a: b\nCANARY\n", want: `2:1 a key without ": " behind it`},
	{name: "open [", text: "a: b\nc: [CANARY, e\nf: g\nh: i\n", want: "2:1 a [ is not closed"},
	{name: "open {", text: "a: b\nc: {d: CANARY\nf: g\n", want: "2:1 a { is not closed"},
	{name: "wrong bracket", text: "a: [CANARY}\n", want: "1:1 a [ is not closed"},
	{name: "a bracket too many", text: "a: [CANARY]]\n", want: "1:1 a key was expected here"},
	{name: "open double quote", text: "a: b\nc: \"CANARY\nd: e\nf: g\n", want: "2:1 a quote is not closed"},
	{name: "open single quote", text: "a: b\nc: 'CANARY\n", want: "2:1 a quote is not closed"},
	{name: "open quote before a separator", text: "a: 'CANARY\n---\nb: c\n", want: "1:1 a quote is not closed"},
	{name: "text behind a quote", text: "a: b\nc: \"CANARY\" d\n", want: "2:1 a key was expected here"},
	{name: "unknown escape", text: "a: b\nc: \"CANARY\\q\"\n", want: "2:1 a backslash escape that YAML does not know"},
	{name: "bad Unicode escape", text: "a: \"CANARY\\ud800\"\n", want: "1:1 an escape that is not a Unicode character"},
	{name: "unknown alias", text: "a: b\nc: d\ne: *CANARY\n", want: "3:1 an alias (*) to an anchor that is not defined"},
	{name: "alias without a name", text: "a: b\nc: * CANARY\n", want: "2:1 an anchor (&) or alias (*) needs a name"},
	{name: "glob", text: "a: b\nc: *.CANARY\n", want: "2:1 an anchor (&) or alias (*) needs a name"},
	{name: "alias to itself", text: "a: b\nc: &x [CANARY, *x]\n", want: "2:24 an anchor's value contains an alias to itself"},
	{name: "at sign", text: "a: b\nc: @CANARY\n", want: "2:1 a value cannot begin with this character"},
	{name: "back quote", text: "a: b\nc: `CANARY`\n", want: "2:1 a value cannot begin with this character"},
	{name: "per cent sign", text: "a:\n  - %CANARY\n", want: "2:3 a value cannot begin with this character"},
	{name: "unknown tag handle", text: "a: b\nc: !x!y CANARY\n", want: "2:1 a tag (!) whose handle is not defined"},
	{name: "wrong tag", text: "a: b\nc: !!int CANARY\n", want: "2:4 the value does not fit its tag !!int"},
	{name: "not base64", text: "a: b\nc: !!binary \"CANARY!\"\n", want: "2:4 a !!binary value is not base64"},
	{name: "merge of text", text: "a: b\nc:\n  <<: CANARY\n", want: "3:7 a merge (<<) needs a map"},
	{name: "merge of a list of text", text: "a: &x {b: c}\nd: {<<: [*x, CANARY]}\n", want: "2:14 a merge (<<) needs a map"},
	{name: "content behind a block scalar's sign", text: "a: b\nc: | CANARY\n", want: "2:1 the line goes on where it must end"},
	{name: "directive without a document", text: "%CANARY x\na: b\n", want: "1:1 a line begins with % and is no directive"},
	{name: "merge conflict", text: "a: b\n<<<<<<< HEAD\nc: CANARY\n=======\nc: d\n>>>>>>> x\n", want: `2:1 a key without ": " behind it`},
	{name: "control character", text: "a: b\nc: CANARY\x01\n", want: "2:1 the file holds a control character"},
	{name: "not UTF-8", text: "a: b\nc: CANARY\xe9\n", want: "2:1 the file is not UTF-8"},
	{name: "not UTF-8 at the end", text: "a: b\nc: CANARY\xe2\x82", want: "2:1 the file is not UTF-8"},
	{name: "map as a key", text: "apiVersion: v1\nkind: CANARY\n? {a: b}\n: c\n", want: "3:3 a map or list cannot be a key"},
	{name: "null as a key", text: "apiVersion: v1\nkind: CANARY\nx: {~: 1}\n", want: "3:5 null or a number over 63 bits cannot be a key"},
	{name: "infinity", text: "apiVersion: v1\nkind: CANARY\nx: .inf\n", want: "3:4 the number .inf cannot be written as JSON"},
	{name: "CRLF", text: "a: b\r\nc: [CANARY\r\nd: e\r\n", want: "2:1 a [ is not closed"},
	{name: "CR", text: "a: b\rc: [CANARY\rd: e\r", want: "2:1 a [ is not closed"},
	{name: "second document", text: "a: b\n---\n# c\nd: CANARY: e\n", want: `4:1 there is a second ": "`},
	{name: "behind a byte-order mark", text: "\ufeffa: b\nc: CANARY: d\n", want: `2:1 there is a second ": "`},
	{name: "UTF-16", text: inUTF16(binary.LittleEndian, "a: b\nc: CANARY: d\n"), want: `2:1 there is a second ": "`},
	{name: "among many lines", text: strings.Repeat("a:\n  b: [c, {d: e}]\n", 400) + "f: CANARY: g\n" + strings.Repeat("a: b\n", 400), want: `801:1 there is a second ": "`},
	{name: "open { far above", text: "a: {\n" + strings.Repeat("b: CANARY,\n", 400), want: "1:1 a { is not closed"},

	{name: "JSON without a comma", file: "a.json", text: "{\"apiVersion\": \"v1\"\n \"kind\": \"CANARY\"}", want: "2:2 a comma or a } was expected here"},
	{name: "JSON with a comma too many", file: "a.json", text: "{\"apiVersion\": \"v1\",\n \"kind\": \"CANARY\",,\n}", want: "2:27 a key in double quotes was expected here"},
	{name: "JSON list with a comma too many", file: "a.json", text: "{\"apiVersion\": \"v1\", \"kind\":\n [\"CANARY\",, 2]}", want: "2:20 a value was expected here"},
	{name: "JSON list without a comma", file: "a.json", text: "{\"apiVersion\": \"v1\", \"kind\":\n [\"CANARY\" 2]}", want: "2:20 a comma or a ] was expected here"},
	{name: "JSON without a colon", file: "a.json", text: "{\"apiVersion\": \"v1\",\n \"kind\" \"CANARY\"}", want: "2:9 a : was expected here"},
	{name: "JSON with single quotes", file: "a.json", text: "{\"apiVersion\": \"v1\", \"kind\":\n  'CANARY}", want: "2:3 a value was expected here"},
	{name: "JSON with a bare key", file: "a.json", text: "{apiVersion: \"v1\" \"kind\": CANARY}", want: "1:2 a key in double quotes was expected here"},
	{name: "JSON with a bare word", file: "a.json", text: "{\"apiVersion\": \"v1\", \"kind\": nCANARY]", want: "1:31 a value was expected here; text must stand in double quotes"},
	{name: "JSON with a bare number", file: "a.json", text: "{\"apiVersion\": \"v1\",\n\"kind\": -x: CANARY: }", want: "2:10 this is not a number"},
	{name: "JSON with an unknown escape", file: "a.json", text: "{\"apiVersion\": \"v1\",\n \"kind\": \"CANARY\\q\"}", want: "2:26 a backslash escape that JSON does not know"},
	{name: "JSON with a bad Unicode escape", file: "a.json", text: "{\"apiVersion\": \"v1\",\n \"kind\": \"CANARY\\u12x\"}", want: "2:29 a \\u escape needs four"},
	{name: "JSON with an open string", file: "a.json", text: "{\"apiVersion\": \"v1\",\n \"kind\": \"CANARY\n}", want: "2:25 a line break or control character"},
	{name: "JSON that ends early", file: "a.json", text: "{\"apiVersion\": \"v1\",\n \"kind\": \"CANARY\",\n", want: "3:1 the JSON ends before it is complete"},
	{name: "JSON that ends in a string", file: "a.json", text: "{\"apiVersion\": \"v1\",\n \"kind\": \"CANARY", want: "2:25 a line break or control character stands in a string"},
	{name: "JSON in the second document", file: "a.json", text: "{\"apiVersion\": \"v1\", \"kind\": \"A\"}\n---\n{\"apiVersion\": \"v1\",\n \"kind\" \"CANARY\"}", want: "4:9 a : was expected here"},
}

func TestFaultsSayWhereAndWhy(t *testing.T) {
	for _, test := range faults {
		t.Run(test.name, func(t *testing.T) {
			name := test.file
			if name == "" {
				name = "a.yaml"
			}
			text := strings.ReplaceAll(test.text, "CANARY", canary)
			if strings.HasPrefix(text, "\xff\xfe") {
				text = test.text
			}
			f := Read(name, []byte(text), DefaultLimits())
			if len(f.Broken) == 0 {
				t.Fatalf("nothing is broken; read %d documents", len(f.Documents))
			}
			b := f.Broken[0]
			if got := fmt.Sprintf("%d:%d %s", b.At.Line, b.At.Column, b.Reason); !strings.HasPrefix(got, test.want) {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if strings.Contains(b.Reason, canary) || strings.Contains(b.Reason, canary[:4]) {
				t.Errorf("the reason repeats the text: %s", b.Reason)
			}
		})
	}
}

// TestEveryReasonIsWorded: no fault of the table falls back on words that help
// nobody.
func TestEveryReasonIsWorded(t *testing.T) {
	for _, test := range faults {
		for _, vague := range []string{"this is not valid YAML", "this is not valid JSON"} {
			if strings.HasSuffix(test.want, vague) {
				t.Errorf("%s: %s", test.name, test.want)
			}
		}
	}
}

// TestManyFaultsInOneFile: placing faults stays cheap, and each has a line within
// its document.
func TestManyFaultsInOneFile(t *testing.T) {
	text := strings.Repeat("a: b\nc: [d\n---\n", 20_000)
	f := Read("a.yaml", []byte(text), DefaultLimits())
	if len(f.Broken) != 20_000 {
		t.Fatalf("%d broken", len(f.Broken))
	}
	for i, b := range f.Broken {
		if first := uint32(3*i + 1); b.At.Line < first || b.At.Line > first+1 {
			t.Fatalf("document %d begins on line %d, its fault stands on line %d", i, first, b.At.Line)
		}
	}
}
