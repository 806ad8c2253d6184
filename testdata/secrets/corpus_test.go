package corpus

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

func generate(t *testing.T) []File {
	t.Helper()
	files, err := Generate(Seed)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestGenerateIsDeterministic(t *testing.T) {
	first, second := generate(t), generate(t)
	if diff := cmp.Diff(first, second, cmp.AllowUnexported(Label{})); diff != "" {
		t.Errorf("two runs with one seed differ:\n%s", diff)
	}
	other, err := Generate(Seed + 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range first {
		if holdsRandom(f) && bytes.Equal(f.Data, other[i].Data) {
			t.Errorf("%s: another seed gives the same bytes", f.Path)
		}
		if got, want := places(other[i]), places(f); !slices.Equal(got, want) {
			t.Errorf("%s: another seed moves the labels:\n%s", f.Path, cmp.Diff(want, got))
		}
	}
}

// holdsRandom tells whether a file holds a leak that is not a well-known word.
func holdsRandom(f File) bool {
	return slices.ContainsFunc(f.Labels, func(l Label) bool { return l.Verdict == Leak && l.Class != "weak" })
}

// places are the labels without their lines: a key of RSA or a certificate may be
// a line longer with another seed.
func places(f File) []string {
	var list []string
	for _, l := range f.Labels {
		list = append(list, strings.Join([]string{l.Path, l.Kind, string(l.Verdict), l.Class}, " "))
	}
	return list
}

func TestLabelsPointAtTheirValues(t *testing.T) {
	paths := map[string]bool{}
	for _, f := range generate(t) {
		if paths[f.Path] {
			t.Errorf("%s stands twice", f.Path)
		}
		paths[f.Path] = true
		seen := map[string]bool{}
		for _, l := range f.Labels {
			key := l.Path + " " + l.Reason
			for _, text := range linesOf(t, f, l) {
				key += text
			}
			if seen[key] {
				t.Errorf("%s:%d: the label %q stands twice", f.Path, l.Line, l.Path)
			}
			seen[key] = true
			checkLabel(t, f, l)
		}
	}
}

func checkLabel(t *testing.T, f File, l Label) {
	t.Helper()
	lines := linesOf(t, f, l)
	if len(lines) == 0 || strings.TrimSpace(strings.Join(lines, "")) == "" {
		t.Errorf("%s:%d: the label %q points at no text", f.Path, l.Line, l.Path)
		return
	}
	if l.Path == "" || l.Reason == "" {
		t.Errorf("%s:%d: a label without a path or a reason", f.Path, l.Line)
	}
	if l.Verdict != Leak {
		return
	}
	// what stands in git is a template: no leak is written out there
	if len(l.values) == 0 {
		t.Errorf("%s:%d: the leak %q was not made by the generator", f.Path, l.Line, l.Path)
	}
	text := strings.Join(lines, "\n")
	for _, v := range l.values {
		for line := range strings.Lines(v) {
			if line = strings.TrimSpace(line); !strings.Contains(text, line) {
				t.Errorf("%s:%d: lines %d to %d do not hold the value of %q", f.Path, l.Line, l.Line, l.EndLine, l.Path)
			}
		}
		for _, word := range []string{"example", "dummy", "changeme"} {
			if l.Class != "weak" && strings.Contains(strings.ToLower(v), word) {
				t.Errorf("%s:%d: the leak %q holds the word %s", f.Path, l.Line, l.Path, word)
			}
		}
	}
}

// linesOf are the lines that a label names, all those of its member in an archive.
func linesOf(t *testing.T, f File, l Label) []string {
	t.Helper()
	if l.member != "" {
		return strings.Split(member(t, f.Data, l.member), "\n")
	}
	lines := strings.Split(textOf(f.Data), "\n")
	if l.Line < 1 || l.EndLine < l.Line || l.EndLine > len(lines) {
		t.Errorf("%s: the label %q names lines %d to %d of %d", f.Path, l.Path, l.Line, l.EndLine, len(lines))
		return nil
	}
	return lines[l.Line-1 : l.EndLine]
}

func textOf(data []byte) string {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	default:
		return strings.ReplaceAll(string(data), "\r\n", "\n")
	}
	var units []uint16
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
	}
	return string(utf16.Decode(units))
}

func member(t *testing.T, data []byte, name string) string {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(unzipped); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			t.Fatalf("no member %s", name)
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Name != name {
			continue
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

func TestLeaksAndQuietCasesAreInBalance(t *testing.T) {
	count := map[Verdict]int{}
	for _, f := range generate(t) {
		for _, l := range f.Labels {
			count[l.Verdict]++
		}
	}
	quiet := count[Notice] + count[Clean]
	t.Logf("%d leaks, %d notices, %d clean", count[Leak], count[Notice], count[Clean])
	if count[Leak] < 400 || quiet < 400 {
		t.Errorf("%d leaks and %d quiet cases: at least 400 of each are wanted", count[Leak], quiet)
	}
	if count[Leak]*5 < quiet*4 || quiet*5 < count[Leak]*4 {
		t.Errorf("%d leaks and %d quiet cases are out of balance", count[Leak], quiet)
	}
}
