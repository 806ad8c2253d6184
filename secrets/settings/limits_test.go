package settings

import (
	"fmt"
	"strings"
	"testing"
)

func TestLimitsAreSaid(t *testing.T) {
	known := map[string]bool{}
	for _, limit := range Limits() {
		known[limit[0]] = true
	}
	for _, c := range []struct {
		name, text, want string
	}{
		{"run.sh", "a $(b $(c --password x | sort) | sort)\n", ""},
		{"run.sh", "echo $(find . -printf '%f' | sort)\n", ""},
		{"run.sh", strings.Repeat("$(a ", 6) + "--password x" + strings.Repeat(")", 6), LimitNesting},
		{"a.csv", strings.Repeat("a,", maxColumns) + "password\n" + strings.Repeat("1,", maxColumns) + "x\n", LimitColumns},
		{"a.sql", strings.Repeat("CREATE TABLE t (a int);\n", maxTables), ""},
		{"a.sql", manyTables(maxTables + 1), LimitTables},
		{"run.sh", strings.Repeat("\"$(", 1<<14), LimitAhead},
	} {
		said := map[string]bool{}
		ReadWithin(FormatOf(c.name, []byte(c.text)), []byte(c.text), func(limit string, at int) {
			said[limit] = true
			if !known[limit] || at < 0 || at > len(c.text) {
				t.Errorf("%s: %q at %d", c.name, limit, at)
			}
		})
		if c.want == "" && len(said) > 0 || c.want != "" && !said[c.want] {
			t.Errorf("%s, %.40q: said %v, want %q", c.name, c.text, said, c.want)
		}
	}
}

// manyTables makes n tables of different names.
func manyTables(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "CREATE TABLE t%d (a int);\n", i)
	}
	return b.String()
}
