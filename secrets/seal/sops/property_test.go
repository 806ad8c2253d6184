package sops

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// rounds is how many files are generated; SOPS_TEST_ROUNDS sets another number.
func rounds(n int) int {
	if set, err := strconv.Atoi(os.Getenv("SOPS_TEST_ROUNDS")); err == nil {
		return set
	}
	return n
}

var testTime = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// TestGenerated encrypts generated files of YAML and JSON: decrypted again they are
// the same to the byte, outside of what was encrypted nothing changed, no value is
// left, and a second run changes nothing.
func TestGenerated(t *testing.T) {
	alice := newPerson(t)
	noted := 0
	for seed := range rounds(250) {
		name, source, o := generatedFile(seed, alice)
		r, err := Encrypt(name, source, o)
		if skipped(t, err) {
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, source)
		}
		if len(r.Notes) > 0 {
			noted++
		}
		checkEncrypted(t, name, source, r, o, alice)
		if t.Failed() {
			t.Fatalf("seed %d\n%s\n--- encrypted:\n%s", seed, source, r.Text)
		}
	}
	if noted == 0 || noted > rounds(250)/2 {
		t.Errorf("%d files have notes", noted)
	}
}

// generatedFile gives the file of a seed; every third has odd spellings.
func generatedFile(seed int, p person) (name string, source []byte, o Options) {
	g := newGenerator(seed, seed%3 == 0)
	g.rule.Groups = []Group{{p.recipient()}}
	o = Options{Rule: g.rule, Now: testTime}
	if seed%6 == 5 {
		return "a.json", []byte(g.jsonFile()), o
	}
	return "a.yaml", []byte(g.file()), o
}

// skipped tells an error that the rule of a generated file may have: it covers nothing.
func skipped(t testing.TB, err error) bool {
	t.Helper()
	var e *Error
	return errors.As(err, &e) && e.Cause == Uncovered
}

func checkEncrypted(t *testing.T, name string, source []byte, r Result, o Options, p person) {
	t.Helper()
	plain, err := Decrypt(name, r.Text, Options{Keys: p.keys()})
	if err != nil {
		t.Errorf("decrypt: %v", err)
		return
	}
	if len(r.Notes) == 0 && !bytes.Equal(plain, source) {
		t.Errorf("decrypted (-want +got):\n%s", cmp.Diff(string(source), string(plain)))
	}
	if len(r.Notes) > 0 {
		if diff := cmp.Diff(lineShape(source, r.Notes), lineShape(plain, r.Notes)); diff != "" && bytes.Count(source, []byte("\n")) == bytes.Count(plain, []byte("\n")) {
			t.Errorf("decrypted, lines with notes left out (-want +got):\n%s", diff)
		}
	}
	checkOutside(t, source, r)
	again, err := Encrypt(name, r.Text, o)
	if err != nil || again.Changed || !bytes.Equal(again.Text, r.Text) {
		t.Errorf("encrypted again: %v, changed %v", err, again.Changed)
	}
	edited, err := Edit(name, r.Text, plain, Options{Keys: p.keys()})
	if err != nil || edited.Changed || !bytes.Equal(edited.Text, r.Text) {
		t.Errorf("edited without a change: %v, changed %v", err, edited.Changed)
	}
}

// lineShape leaves out the lines that notes are about.
func lineShape(text []byte, notes []Note) []string {
	rows := strings.Split(string(text), "\n")
	for _, n := range notes {
		for i := n.Line - 1; i <= n.Line && i < len(rows); i++ {
			rows[i] = ""
		}
	}
	return rows
}

// checkOutside compares the lines of a file with those before: what has no ciphertext
// is as it was, and what has one is so up to it. Of a block its header stays, and one
// line.
func checkOutside(t *testing.T, source []byte, r Result) {
	t.Helper()
	before, after := strings.Split(string(source), "\n"), withoutMetadata(string(r.Text))
	j := 0
	for i := 0; i < len(after); i++ {
		if j >= len(before) {
			t.Errorf("the line %q was not there", after[i])
			return
		}
		lead, _, sealed := strings.Cut(after[i], "ENC[")
		lead = strings.TrimRight(lead, `'"`)
		was := before[j]
		switch {
		case i+1 < len(after) && isHeader(after[i]) && strings.HasPrefix(strings.TrimSpace(after[i+1]), "ENC["):
			if head := after[i][:strings.LastIndexAny(after[i], "|>")]; !strings.HasPrefix(was, head) {
				t.Errorf("%q became %q", was, after[i])
				return
			}
			j = behindBlock(before, j)
			i++
			for k := i + 1; k < len(after) && strings.TrimSpace(after[k]) == "" && strings.TrimSpace(before[j-1]) == ""; k++ {
				j--
			}
			continue
		case sealed && strings.HasPrefix(was, lead), was == after[i], was+"\r" == after[i] && j == len(before)-1:
		case strings.TrimRight(was, "\r") == strings.TrimRight(after[i], "\r") && strings.HasSuffix(strings.TrimSpace(string(source)), "}"):
			// The last line of JSON before the metadata.
		default:
			t.Errorf("%q became %q", was, after[i])
			return
		}
		j++
	}
	for ; j < len(before); j++ {
		if bare := strings.TrimSpace(before[j]); bare != "" && bare != "}" {
			t.Errorf("the line %q is gone", before[j])
		}
	}
}

func isHeader(line string) bool {
	line, _, _ = strings.Cut(line, " #")
	line = strings.TrimRight(line, " \r")
	return strings.HasSuffix(line, "|-") || strings.HasSuffix(line, ">-")
}

// behindBlock is the index of the line behind a block whose header is a line.
func behindBlock(lines []string, header int) int {
	column := len(lines[header]) - len(strings.TrimLeft(lines[header], " "))
	i := header + 1
	for ; i < len(lines); i++ {
		bare := strings.TrimLeft(lines[i], " ")
		if strings.TrimSpace(bare) != "" && len(lines[i])-len(bare) <= column {
			break
		}
		if strings.HasPrefix(bare, "#") && len(lines[i])-len(bare) <= column+1 {
			break
		}
	}
	return i
}

// withoutMetadata gives the lines of an encrypted file outside of its metadata.
func withoutMetadata(text string) []string {
	var rows []string
	inside := false
	for _, line := range strings.Split(text, "\n") {
		bare := strings.TrimRight(line, "\r")
		switch {
		case strings.HasPrefix(bare, "sops:"):
			inside = true
			continue
		case inside && (bare == "" || bare[0] == ' '):
			continue
		}
		inside = false
		if i := strings.Index(line, `"sops"`); i >= 0 {
			if line = strings.TrimRight(line[:i], " \t,"); line != "" { // all on one line
				rows = append(rows, line+"ENC[")
				continue
			}
			rows[len(rows)-1] = strings.TrimRight(rows[len(rows)-1], ",\r")
			return rows
		}
		rows = append(rows, line)
	}
	if n := len(rows); n > 0 && rows[n-1] == "" {
		rows = rows[:n-1]
	}
	return rows
}

// TestGeneratedOpenWithSOPS has the real sops decrypt generated files, which compares
// the MAC: the values are those that the reader of SOPS finds in the plain file.
func TestGeneratedOpenWithSOPS(t *testing.T) {
	alice := newPerson(t)
	c := realSOPS(t, alice)
	compared := 0
	for seed := range rounds(100) {
		name, source, o := generatedFile(seed, alice)
		r, err := Encrypt(name, source, o)
		if skipped(t, err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		out := c.decrypt(t, name, r.Text)
		if diff := cmp.Diff(valuesOf(t, source), valuesOf(t, out)); diff != "" {
			t.Errorf("(-plain +sops):\n%s", diff)
		}
		if bytes.Contains(out, []byte("ENC[")) {
			t.Error("sops leaves something encrypted")
		}
		compared++
		if t.Failed() {
			t.Fatalf("seed %d\n%s\n--- encrypted:\n%s\n--- sops:\n%s", seed, source, r.Text, out)
		}
	}
	if compared < rounds(100)/2 {
		t.Errorf("only %d files were compared", compared)
	}
}

// valuesOf reads all documents of YAML, of which JSON is a part.
func valuesOf(t testing.TB, text []byte) []any {
	t.Helper()
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var list []any
	for {
		var v any
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if v == nil {
			v = map[string]any{} // an empty document
		}
		list = append(list, asFloats(v))
	}
}

// asFloats makes every number the same type: SOPS writes 1e3 as 1000.
func asFloats(v any) any {
	switch v := v.(type) {
	case int:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = asFloats(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = asFloats(v[k])
		}
	}
	return v
}
