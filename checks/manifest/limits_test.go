package manifest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// smallLimits are limits that a test can reach.
func smallLimits() Limits {
	return Limits{FileBytes: 4096, Depth: 5, AliasExpansions: 10, AliasBytes: 100, Documents: 4, Nodes: 60, FileNodes: 100, Duplicates: 3}
}

// laughs is the "billion laughs" document: each line ten times the one before it.
func laughs(lines int, first string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "k0: &a0 %s\n", first)
	for i := 1; i <= lines; i++ {
		fmt.Fprintf(&b, "k%d: &a%d [%s]\n", i, i, strings.Join(repeated(fmt.Sprintf("*a%d", i-1), 10), ","))
	}
	return b.String()
}

func repeated(s string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = s
	}
	return all
}

// limits are texts at a limit and one over it. want is what Broken says: "index
// limit line:column", and the documents that are read besides.
var limits = []struct {
	name string
	file string // "a.yaml" unless given
	text string
	want string
	read int
}{
	{name: "file bytes", text: "a: b #" + strings.Repeat("c", 4090), read: 1},
	{name: "over file bytes", text: "a: b #" + strings.Repeat("c", 4091), want: "0 file-bytes 1:1"},
	{name: "depth", text: "a:\n  b: {c: [[x]]}\n", read: 1},
	{name: "over depth", text: "a:\n  b: {c: [[[x]]]}\n", want: "0 depth 2:12"},
	{name: "over depth, the others", text: "x: y\n---\na: [[[[[x]]]]]\n---\nx: y\n", want: "1 depth 3:8", read: 2},
	{name: "JSON depth", file: "a.json", text: `{"a": {"b": {"c": [[1]]}}}`, read: 1},
	{name: "over JSON depth, the others", file: "a.json", text: `{"x": 1} {"a": {"b": {"c": [[[1], {"d": []}], 2]}}, "e": 3} {"x": 2}`, want: "1 depth 1:30", read: 2},
	{name: "alias expansions", text: "a: &a x\nb: [" + strings.Join(repeated("*a", 10), ",") + "]\n", read: 1},
	{name: "over alias expansions", text: "a: &a x\nb: [" + strings.Join(repeated("*a", 11), ",") + "]\n", want: "0 alias-expansions 2:35"},
	{name: "alias expansions of a merge", text: "a: &a {b: c}\nb:\n- {<<: [*a, *a, *a, *a, *a, *a]}\n- {<<: [*a, *a, *a, *a, *a, *a]}\n", want: "0 alias-expansions 4:25"},
	{name: "alias expansions of keys", text: "&a x: y\nb:\n" + strings.Repeat("- {*a : 1}\n", 11), want: "0 alias-expansions 13:4"},
	{name: "laughs", text: laughs(2, "lol"), want: "0 alias-expansions 3:10"},
	{name: "alias bytes", text: "a: &a " + strings.Repeat("x", 50) + "\nb: [*a, *a]\n", read: 1},
	{name: "over alias bytes", text: "a: &a " + strings.Repeat("x", 51) + "\nb: [*a, *a]\n", want: "0 alias-bytes 2:9"},
	{name: "alias bytes of keys", text: "a: &a {" + strings.Repeat("x", 51) + ": 1}\nb: [*a, *a]\n", want: "0 alias-bytes 2:9"},
	{name: "alias bytes of a key", text: "a: &a " + strings.Repeat("x", 51) + "\nb: [{*a : 1}, {*a : 2}]\n", want: "0 alias-bytes 2:16"},
	{name: "documents", text: strings.Repeat("--- a\n", 4), read: 4},
	{name: "over documents", text: strings.Repeat("--- a\n", 6), want: "4 documents 5:1", read: 4},
	{name: "empty documents", text: strings.Repeat("---\n", 100) + "a: b\n", read: 1},
	{name: "documents between CRs", text: strings.Repeat("--- a\r", 6), want: "4 documents 1:1", read: 4},
	{name: "JSON documents", file: "a.json", text: strings.Repeat("{}\n", 4) + "\n", read: 4},
	{name: "over JSON documents", file: "a.json", text: strings.Repeat("{}\n", 6), want: "4 documents 5:1", read: 4},
	{name: "nodes", text: "[" + strings.Join(repeated("a", 59), ",") + "]", read: 1},
	{name: "over nodes", text: "[" + strings.Join(repeated("a", 60), ",\n") + "]", want: "0 nodes 60:1"},
	{name: "over nodes, by estimate", text: "# c\n[" + strings.Join(repeated("a", 62), ",") + "]", want: "0 nodes 2:1"},
	{name: "nodes of all documents", text: strings.Repeat("["+strings.Join(repeated("a", 24), ",")+"]\n---\n", 4), read: 4},
	{name: "over nodes of all documents", text: strings.Repeat("["+strings.Join(repeated("a", 32), ",")+"]\n---\n", 4), want: "3 file-nodes 7:1", read: 3},
	{name: "over nodes of all JSON documents", file: "a.json", text: strings.Repeat("["+strings.Join(repeated("1", 32), ",")+"]\n", 4), want: "3 file-nodes 4:2", read: 3},
	{name: "JSON nodes", file: "a.json", text: "[" + strings.Join(repeated("1", 59), ",") + "]", read: 1},
	{name: "over JSON nodes, the others", file: "a.json", text: `{"x": 1}{"a":[` + strings.Join(repeated("1", 60), ",") + `]}{"x": 2}`, want: "1 nodes 1:131", read: 2},
	{name: "nodes of aliases", text: "a: &a [1,2,3,4,5,6,7,8,9]\nb: [*a,*a,*a,*a,*a]\n", want: "0 nodes 2:17"},
	{name: "duplicates", text: "a: 0\na: 1\na: 2\na: 3\n", read: 1},
	{name: "over duplicates", text: "a: 0\na: 1\na: 2\na: 3\na: 4\n", want: "0 duplicate-keys 5:1"},
}

func TestLimits(t *testing.T) {
	for _, test := range limits {
		t.Run(test.name, func(t *testing.T) {
			name := test.file
			if name == "" {
				name = "a.yaml"
			}
			f := Read(name, []byte(test.text), smallLimits())
			got := ""
			for _, b := range f.Broken {
				got = strings.TrimPrefix(fmt.Sprintf("%s, %d %s %d:%d", got, b.Index, b.Limit, b.At.Line, b.At.Column), ", ")
			}
			if got != test.want || len(f.Documents) != test.read {
				t.Errorf("got %q and %d documents, want %q and %d", got, len(f.Documents), test.want, test.read)
			}
		})
	}
}

func TestDefaultLimitsHold(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short: megabytes of hostile input")
	}
	nested := func(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }
	for _, test := range []struct{ name, text, want string }{
		{"depth 200", nested(200), ""},
		{"depth 201", nested(201), LimitDepth},
		{"10,000 aliases", "a: &a x\nb: [" + strings.Join(repeated("*a", 10_000), ",") + "]", ""},
		{"10,001 aliases", "a: &a x\nb: [" + strings.Join(repeated("*a", 10_001), ",") + "]", LimitAliasExpansions},
		{"billion laughs", laughs(9, "lol"), LimitAliasExpansions},
		{"billion laughs of merges", strings.ReplaceAll(laughs(9, "{a: b}"), "[", "[&x {<<: ["), ""},
		{"quadratic", "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Join(repeated("*a", 65), ",") + "]", LimitAliasBytes},
		{"quadratic by nodes", "a: &a [" + strings.Repeat("0,", 50_000) + "]\nb: [" + strings.Join(repeated("*a", 20), ",") + "]", LimitNodes},
		{"100,000 documents", strings.Repeat("--- a\n", 100_000), ""},
		{"100,001 documents", strings.Repeat("--- a\n", 100_001), LimitDocuments},
	} {
		f := Read("a.yaml", []byte(test.text), DefaultLimits())
		got := ""
		if len(f.Broken) > 0 {
			got = f.Broken[0].Limit
		}
		if got != test.want {
			t.Errorf("%s: over the limit %q, want %q", test.name, got, test.want)
		}
	}
}

func TestTableNamesEveryLimit(t *testing.T) {
	var got []string
	for _, row := range DefaultLimits().Table() {
		got = append(got, row[0]+" "+row[1])
	}
	want := []string{"file-bytes 32 MiB", "depth 200", "alias-expansions 10000", "alias-bytes 64 MiB", "documents 100000", "nodes 1000000", "file-nodes 2000000", "duplicate-keys 1000"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// hostile are texts that, repeated, cost a careless reader more than linear time
// or memory.
var hostile = []string{
	"[", "{a:", "- ", "? ", "&a ", "!", "\"", "# c\n", "a: b: ", "x", " ", "\t", "---\n", "😀", "a,", "- a # c\n",
}

// moreHostile are tried behind beginnings that lead the reader elsewhere.
var moreHostile = []string{
	"[[a],", "! 1,", "'", "# c\n\n", "a:\n#\n", "\n", "\r", "\u0085", "---\r", "---\u0085", "--- a\n", "...\n", "%YAML 1.1\n---\n",
	"a: [\n---\n", "-\n", "- - a\n", "a: b\n", "{a: 1, a: 2}\n---\n", "{\"a\":1}", "{\"a\":1}\n---\n", "1,", "\"😀\",", "{{",
	"{{ x }}\n---\n", "a: {{ x }}\n", "{{ x }}", "--- {{ x }}\r", "--- {apiVersion: a, kind: b, ~: c}\r", `{"apiVersion":"a","kind":"b","x":1e400}`, strings.Repeat(`{"a":`, 201) + "1" + strings.Repeat("}", 201),
	"apiVersion: kind: ", "*a ", "&a 1,", "{<<: {a: b}},", "\"\\x61\": ", "\x00", "\xff", "a: |\n", "a: >\n b\n\n",
}

// TestHostileTextTakesLinearTime reads 8 MiB of the one and a quarter of a MiB of
// the others. What is quadratic takes many minutes.
func TestHostileTextTakesLinearTime(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short: megabytes of hostile input")
	}
	for _, unit := range hostile {
		readInTime(t, "", unit, 8<<20)
	}
	for _, begin := range []string{"", "[", "{\"x\": [", "a: ! \"😀\"\nb: [", "apiVersion: v1\nkind: AList\nitems:\n"} {
		for _, unit := range append(moreHostile, hostile...) {
			readInTime(t, begin, unit, 1<<18)
		}
	}
}

func readInTime(t *testing.T, begin, unit string, size int) {
	t.Helper()
	const deadline = 2 * time.Minute
	data := append([]byte(begin), bytes.Repeat([]byte(unit), size/len(unit))...)
	done := make(chan struct{})
	go func() {
		Read("a.yaml", data, DefaultLimits())
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(deadline):
		t.Fatalf("%q, then %d times %q: not read in %v", begin, size/len(unit), unit, deadline)
	}
}

// TestHostileNamesTakeLinearTime writes the path of every item of a long list.
func TestHostileNamesTakeLinearTime(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short: megabytes of hostile input")
	}
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: A\nlist:\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "- {name: x%d, key: y}\n", i)
	}
	f := Read("a.yaml", []byte(b.String()), DefaultLimits())
	start, last := time.Now(), ""
	f.Documents[0].Root.Walk(func(path func() string, n *Node) bool {
		last = path()
		return true
	})
	if want := "list[name=x99999].key"; last != want {
		t.Errorf("last path %q, want %q", last, want)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestLongKeysAreCutInPaths(t *testing.T) {
	key := strings.Repeat("k", 10_000)
	f := Read("a.json", []byte(`{"`+key+`": {"a": 1, "a": 2}}`), DefaultLimits())
	if path := f.Documents[0].Duplicates[0].Path; len(path) > 2*maxPathKey {
		t.Errorf("a path of %d bytes", len(path))
	}
}
