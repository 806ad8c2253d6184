package secrets

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// fact is a line of a table in testdata.
type fact struct {
	table      string
	line       int
	in         Context
	want       Class
	key, value string
}

func facts(t testing.TB) []fact {
	t.Helper()
	var out []fact
	for _, table := range []string{"testdata/classes.txt", "testdata/field.txt"} {
		text, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, factsIn(t, table, string(text))...)
	}
	if len(out) < 900 {
		t.Fatalf("%d facts, want at least 700", len(out))
	}
	return out
}

func factsIn(t testing.TB, table, text string) []fact {
	t.Helper()
	contexts := map[string]Context{"held": Held, "named": Named, "free": Free}
	var out []fact
	var block fact
	for i, line := range strings.Split(text, "\n") {
		if head, ok := strings.CutPrefix(line, "== "); ok {
			in, want, _ := strings.Cut(head, " ")
			block = fact{in: contexts[in], want: Class(want)}
			continue
		}
		key, value, ok := strings.Cut(line, " = ")
		if !ok || strings.HasPrefix(line, "#") && block.want == "" {
			continue
		}
		if strings.HasPrefix(value, `"`) {
			unquoted, err := strconv.Unquote(value)
			if err != nil {
				t.Fatalf("%s:%d: %v", table, i+1, err)
			}
			value = unquoted
		}
		out = append(out, fact{table, i + 1, block.in, block.want, key, value})
	}
	return out
}

func TestClasses(t *testing.T) {
	for _, f := range facts(t) {
		got := Classify(f.key, f.value, f.in)
		if f.want == "leaks" && got.Class.Leaks() || f.want == "quiet" && !got.Class.Leaks() {
			continue
		}
		if got.Class != f.want {
			t.Errorf("%s:%d: %s = %q is %s (%s), want %s", f.table, f.line, f.key, f.value, got.Class, got.Evidence, f.want)
		}
	}
}
